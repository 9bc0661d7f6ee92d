# shellcheck shell=bash
# For the files about what courses teach: `load tutorial_helpers` after `load helpers`. The commands stand there as the courses
# type them; images are stand-ins under the courses' names.

docker() { lichen "$@"; }
docker-compose() { lichen compose "$@"; }

# A program of this machine and the libraries that it needs, into a directory.
add_program() { # FOLDER PROGRAM
  local file
  for file in "$2" $(ldd "$2" | grep -o '/[^ ]*'); do install -D -m 755 "$file" "$1/$file"; done
}

# An image under the name that a course uses: busybox, with a real bash.
stand_in() { # NAME CHANGE...
  local name=$1 changes=() change
  shift
  for change; do changes+=(--change "$change"); done
  if [ ! -e "$BASE/base.tar" ]; then
    cp -a "$LICHEN_TEST_FIXTURES/rootfs" "$BASE/base"
    add_program "$BASE/base" /bin/bash
    tar -C "$BASE/base" --owner=0 --group=0 --numeric-owner -cf "$BASE/base.tar" .
    rm -r "$BASE/base"
  fi
  lichen import "${changes[@]}" "$BASE/base.tar" "docker.io/library/$name" >/dev/null
}

# A registry that stands for Docker Hub: what is asked of docker.io is asked there.
start_hub() {
  need docker-registry
  HUB=$("$HELPERS/registry.sh" start "$BASE/hub")
  mkdir -p "$HOME/.config/containers"
  cat >"$HOME/.config/containers/registries.conf" <<CONF
unqualified-search-registries = ["docker.io"]
[[registry]]
location = "docker.io"
[[registry.mirror]]
location = "$HUB"
insecure = true
CONF
}
publish() { # NAME...: local images become those of the hub alone
  local name
  for name; do
    lichen tag "$name" "$HUB/library/$name"
    lichen push -q --tls-verify=false "$HUB/library/$name" >/dev/null
    lichen rmi "$HUB/library/$name" "$name" >/dev/null
  done
}
stop_hub() {
  "$HELPERS/registry.sh" stop "$BASE/hub"
  rm -f "$HOME/.config/containers/registries.conf"
}
