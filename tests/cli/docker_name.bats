#!/usr/bin/env bats
# Through a link named `docker`: where docker and podman differ, it is docker. The list is in src/README.md.
load helpers

setup_file() {
  make_world
  load_image busybox
  mkdir "$BASE/bin"
  ln -s "$LICHEN" "$BASE/bin/docker"
}
teardown_file() { remove_world; }
teardown() { lichen rm -f -a -t 0 >/dev/null 2>&1 || true; }

docker() { "$BASE/bin/docker" "$@" 3>&- 4>&-; }
run_docker() { run_split timeout --kill-after=5 "$kLimit" "$BASE/bin/docker" "$@"; }

@test "docker --version, -v, version and info speak of a docker version" {
  run_docker --version
  assert_matches '^Docker version 28\.[0-9.]+, build lichen-'
  run_docker -v
  assert_matches '^Docker version 28\.'
  run_docker version --format '{{.Server.Version}} {{.Client.ApiVersion}} {{.Server.Platform.Name}}'
  assert_matches '^28\.[0-9.]+ 1\.[0-9]+ lichen '
  run_docker version
  assert_contains "API version:"
  assert_contains "Server: lichen"
  run_docker info --format '{{.ServerVersion}}'
  assert_matches '^28\.'
  run_lichen --version
  assert_matches '^lichen version '
  run_lichen version --format '{{.Client.Version}}'
  refute_contains 28
}

@test "exit codes: 1 for what fails, 125 for a wrong flag and for run" {
  local line
  for line in "logs nosuch" "inspect nosuch" "exec nosuch true" "cp nosuch:/x /tmp" "tag nosuch x" "nosuchcommand" "port nosuch" "create --pull never nosuch"; do
    # shellcheck disable=SC2086 # words
    run_docker $line
    assert_failure 1 nosuch || fail_with "docker $line" 1 "$status"
  done
  run_docker ps --nosuch
  assert_failure 125 "unknown flag: --nosuch"
  run_docker create -m 1 $BUSYBOX
  assert_failure 125 "6 MB"
  run_docker run --rm --pull never nosuch
  assert_failure 125 nosuch
  run_docker run --rm --network none $BUSYBOX /nosuch
  assert_failure 127 nosuch
  run_docker run --rm --network none $BUSYBOX sh -c 'exit 9'
  assert_status 9
  run_lichen exec nosuch true
  assert_failure 125 nosuch
}

@test "messages and help name docker" {
  run_docker rm nosuch
  assert_failure 1 "docker: No such container: nosuch" '`docker ps -a`'
  run_docker ps --help
  assert_equal "${lines[0]}" "Usage:  docker ps [OPTIONS]"
  assert_contains "  docker ps -a"
  refute_contains "  lichen "
  run_docker container --help
  assert_contains "'docker container COMMAND --help'"
  run_docker help run
  assert_equal "${lines[0]}" "Usage:  docker run [OPTIONS] IMAGE [COMMAND] [ARG...]"
  run_docker pss
  assert_failure 1 "did you mean 'docker ps'" "unknown command: docker pss"
  run_lichen ps --help
  assert_equal "${lines[0]}" "Usage:  lichen ps [OPTIONS]"
}

@test "a short name is docker.io's, whatever registries.conf searches; mirrors and aliases of full names hold" {
  mkdir -p "$HOME/.config/containers"
  printf '%s\n' 'unqualified-search-registries = ["127.0.0.1:1"]' '[aliases]' 'named = "127.0.0.1:1/aliased"' '[[registry]]' \
    'prefix = "docker.io"' 'location = "127.0.0.1:2"' 'insecure = true' >"$HOME/.config/containers/registries.conf"
  local name
  for name in nosuchname named; do
    run_lichen pull -q $name
    assert_status 125
    assert_stderr "127.0.0.1:1"
    run_docker pull -q $name
    assert_failure 1 "docker.io/library/$name" "127.0.0.1:2"
    run_docker run --rm --pull always $name
    assert_failure 125 "docker.io/library/$name" "127.0.0.1:2"
  done
  run_docker pull -q 127.0.0.1:1/other
  assert_stderr "127.0.0.1:1"
  run_lichen search debian
  assert_stderr "127.0.0.1:1"
  run_docker search debian
  assert_stderr "index.docker.io"
  rm "$HOME/.config/containers/registries.conf"
}

@test "credentials: docker's config.json, also by --config" {
  need jq docker-registry htpasswd
  mkdir "$BASE/registry"
  local address
  address=$("$HELPERS/registry.sh" start "$BASE/registry" auth | tail -n 1)
  run_split sh -c 'echo s3cret | timeout 20 "$0" login --tls-verify=false -u tester --password-stdin "$1"' "$BASE/bin/docker" "$address"
  assert_success
  jq -e --arg host "$address" '.auths[$host]' "$HOME/.docker/config.json" >/dev/null
  [ ! -e "$XDG_RUNTIME_DIR/containers/auth.json" ]
  run_split sh -c 'echo s3cret | timeout 20 "$0" --config "$2" login --tls-verify=false -u tester --password-stdin "$1"' "$BASE/bin/docker" "$address" "$BASE/config"
  assert_success
  jq -e --arg host "$address" '.auths[$host]' "$BASE/config/config.json" >/dev/null
  "$HELPERS/registry.sh" stop "$BASE/registry"
}

@test "DOCKER_HOST on another machine is refused, not ignored" {
  export DOCKER_HOST=ssh://elsewhere
  run_docker ps
  assert_failure 1 "ssh://elsewhere" "unset DOCKER_HOST"
  run_docker version
  assert_success
  run_lichen ps
  assert_success
  export DOCKER_HOST=unix:///var/run/docker.sock
  run_docker ps
  assert_success
  unset DOCKER_HOST
}

@test "what docker prints is printed: ps, images, pull, JSON by lines" {
  docker run -d --name one --network none $BUSYBOX sleep 1000 >/dev/null
  docker run -d --name two --network none $BUSYBOX sleep 1000 >/dev/null
  run_docker ps
  assert_matches '^CONTAINER ID +IMAGE +COMMAND +CREATED +STATUS +PORTS +NAMES'
  assert_contains '"sleep 1000"'
  run_docker ps --format json
  assert_equal "${#lines[@]}" 2 "one line a container"
  assert_equal "$(docker container ls -q | wc -l)" 2
  run_docker images
  assert_matches '^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE'
}
