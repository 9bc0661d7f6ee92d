#!/usr/bin/env bats
# No subordinate ids: one id is enough to run real images. The same mode is entered without a range (LDAP users, clusters)
# and without newuidmap; here newuidmap is taken off the path.
load helpers

setup_file() {
  make_world
  mkdir "$BASE/bin"
  local program
  for program in /usr/bin/* /bin/* /usr/sbin/ip /sbin/ip; do
    case ${program##*/} in newuidmap | newgidmap) ;; *) ln -sf "$program" "$BASE/bin/" 2>/dev/null || true ;; esac
  done
  export PATH=$BASE/bin
  load_image busybox layers
}
teardown_file() { remove_world; }

@test "newuidmap is really out of reach" {
  ! command -v newuidmap
}

@test "run works and root inside is the caller outside" {
  mkdir "$BASE/tmp/d"
  run_lichen run --rm --network none -v "$BASE/tmp/d:/d" $BUSYBOX sh -c 'id -u; touch /d/f'
  assert_success
  assert_output "0"
  assert_equal "$(stat -c %u "$BASE/tmp/d/f")" "$(id -u)" owner
}

@test "a line says once that there is one id only" {
  run_lichen run --rm --network none $BUSYBOX true
  run_lichen doctor
  [[ $output == *newuidmap* ]] || fail_with doctor "names newuidmap" "$output"
}

@test "an image with files of other owners unpacks and shows what it can" {
  run_lichen run --rm --network none --entrypoint "" -u root -w / localhost/layers cat /data/owned
  assert_output "owned"
}

@test "a user that is not root inside is refused with the way out, or run as root is explained" {
  run_lichen run --rm --network none -u 1000 $BUSYBOX id -u
  [ "$status" = 0 ] && assert_output "1000" || { assert_failure 125 "1000"; assert_stderr "subuid"; }
}

@test "an image round trip keeps its ids, though chown was only recorded" {
  lichen save -q -o "$BASE/s.tar" localhost/layers
  local layer expected
  expected=$(lichen image inspect -f '{{range .RootFS.Layers}}{{.}} {{end}}' localhost/layers | tr ' ' '\n' | sed 's/^sha256://;/^$/d')
  for layer in $(tar -xOf "$BASE/s.tar" manifest.json | jq -r '.[0].Layers[]'); do
    tar -xOf "$BASE/s.tar" "$layer" | sha256sum | cut -d' ' -f1
  done >"$BASE/sums"
  assert_equal "$(cat "$BASE/sums")" "$expected" "layer digests"
}

@test "stop, exec and rm work" {
  lichen run -d --name one --network none $BUSYBOX sleep 100
  run_lichen exec one id -u; assert_output "0"
  run_lichen rm -f one; assert_success
}

@test "keep-id maps the one id; what needs more says so" {
  mkdir -p "$BASE/tmp/k"
  run_lichen run --rm --network none --userns keep-id -v "$BASE/tmp/k:/k" $BUSYBOX sh -c 'id -u; whoami; touch /k/f; stat -c %u /k/f /bin'
  assert_success
  assert_output "$(id -u)
$(id -un)
$(id -u)
$(id -u)"
  assert_equal "$(stat -c %u "$BASE/tmp/k/f")" "$(id -u)" owner
  run_lichen run --rm --network none --userns keep-id -u 0 $BUSYBOX true
  assert_failure 125 "0:0"
  run_lichen run --rm --network none --userns nomap $BUSYBOX true
  assert_failure 125 "nomap" "subordinate ids" "lichen doctor"
  run_lichen run --rm --network none --userns auto $BUSYBOX true
  assert_failure 125 "auto" "subordinate ids"
}

@test "build: what gives files away and becomes other users works, apt-get install and useradd too" {
  [ -f "$LICHEN_TEST_FIXTURES/debian.tar" ] || skip "no Debian root file system here"
  command -v dpkg-deb >/dev/null || skip "dpkg-deb is not here"
  local context=$BASE/tmp/context
  mkdir -p "$context/deb/DEBIAN" "$context/deb/opt"
  printf 'Package: probe\nVersion: 1\nArchitecture: all\nMaintainer: nobody <n@example.org>\nDescription: probe\n' >"$context/deb/DEBIAN/control"
  printf '#!/bin/sh\nset -e\nchown games:games /opt/probe\n' >"$context/deb/DEBIAN/postinst"
  chmod 755 "$context/deb/DEBIAN/postinst"
  echo probe >"$context/deb/opt/probe"
  dpkg-deb --root-owner-group -b "$context/deb" "$context/probe.deb" >/dev/null
  lichen import -q "$LICHEN_TEST_FIXTURES/debian.tar" localhost/debian >/dev/null
  cat >"$context/Dockerfile" <<END
FROM localhost/debian
COPY --chown=33:33 probe.deb /
RUN apt-get install -y /probe.deb && useradd -m someone && chown -R someone /opt
CMD ["sh", "-c", "cat /opt/probe; grep -c someone /etc/passwd"]
END
  run_split timeout 180 "$LICHEN" build -t app "$context"
  assert_success
  [[ $stderr == *"one user id only"* ]] || fail_with "a word about it" "said" "$stderr"
  run_lichen run --rm --network none app
  assert_output "probe
1"
}
