# shellcheck shell=bash
# For the files about compose projects: `load compose_helpers` after `load helpers`. A file defines again what it wants otherwise.

readonly kProjectLabel=com.docker.compose.project
export SAMPLE_APP=$HELPERS/sample_app.py

setup_file() {
  make_world
  load_image busybox
}
teardown_file() { remove_world; }
setup() { project_folder shop; }
teardown() {
  lichen compose -p shop --profile '*' down -v -t 0 --remove-orphans >/dev/null 2>&1 || true
  lichen rm -f -a -t 0 >/dev/null 2>&1 || true
}

compose() { run_lichen compose "$@"; }
file() { { echo 'name: shop'; cat; } >compose.yaml; } # the project's, from standard input

# The image `servers` (nginx, redis, postgres, python), when this machine could make it; NO_SERVERS says that it could not.
import_servers() {
  local archive=$LICHEN_TEST_FIXTURES/servers.tar
  [ -e "$archive" ] || { export NO_SERVERS=1; return 0; }
  lichen import -q -c 'ENV PATH=/usr/lib/postgresql/15/bin:/usr/sbin:/usr/bin:/sbin:/bin' "$archive" servers >/dev/null
}
need_servers() {
  [ -z "${NO_SERVERS:-}" ] || skip "no image of servers (tests/helpers/images.sh servers could not make one)"
  need slirp4netns
  [ -w /dev/net/tun ] || skip "/dev/net/tun is closed to this user"
}

# A directory of its own below $BASE/tmp, named as its project shall be; the current one from then on, and PROJECT.
project_folder() { # NAME
  rm -rf "$BASE/tmp/$1"
  mkdir -p "$BASE/tmp/$1"
  cd "$BASE/tmp/$1" || return 1
  export PROJECT=$PWD
}

names() { lichen ps "$@" --format '{{.Names}}' | sort | xargs; }     # [PS-FLAGS...]: of the containers, in one line
id_of() { lichen inspect -f '{{.Id}}' "$1"; }                        # CONTAINER
page() { python3 "$HELPERS/net_client.py" get 127.0.0.1 "$@"; }      # PORT [PATH [COUNT]]: waits until somebody answers
service_logs() { lichen compose logs --no-log-prefix "$@" 2>&1; }    # SERVICE...
logs_have() { service_logs "$1" | grep -q -- "$2"; }                 # SERVICE TEXT

# What a project left behind. Anonymous volumes do not say whose they were: a file's tests leave none at all.
left_of() { # PROJECT
  lichen ps -a --filter "label=$kProjectLabel=$1" --format 'container {{.Names}}'
  lichen network ls --filter "label=$kProjectLabel=$1" --format 'network {{.Name}}'
  lichen volume ls --format 'volume {{.Name}}'
  lichen secret ls --format 'secret {{.Name}}'
}
assert_nothing_left() { assert_equal "$(left_of "$1")" "" "what is left of $1"; } # PROJECT
