#!/usr/bin/env bats
# Whole builds that stand in tests/golden/build_cases: a context, and what must come of it (helpers/build_cases.py says how). A group
# is the cases whose names begin with a word; LICHEN_TEST_ACCEPT=1 writes what came out, in the copy of the tests that runs.
load helpers

setup_file() {
  make_world
  load_image busybox layers
}
teardown_file() { remove_world; }

readonly kCases=$BATS_TEST_DIRNAME/../golden/build_cases
readonly kGroups='add arg copy entrypoint env expose file from healthcheck ignore label onbuild run shell stage stages stopsignal target timestamp user volume workdir'

cases() { # GROUP...
  local group
  local -a found=()
  for group; do found+=("$kCases/${group}"_*); done
  run_split timeout 200 python3 "$HELPERS/build_cases.py" --lichen "$LICHEN" --world "$BASE/tmp" "${found[@]}"
  echo "$output"
  assert_success
}

@test "each case belongs to a group, and each group has one" {
  # shellcheck disable=SC2012 # names of ours
  assert_same_lines "$(ls "$kCases" | sed 's/_.*//' | sort -u)" "$(tr ' ' '\n' <<<"$kGroups" | sort -u)" groups
}

@test "ADD and COPY: destinations, globs, owners, modes, links, --parents, --exclude, --from, heredocs, archives" { cases add copy; }
@test ".dockerignore: order, !, **, the Dockerfile's own" { cases ignore; }
@test "RUN: forms, heredocs, interpreters, mounts, users, what a layer holds" { cases run; }
@test "ARG and ENV: scopes, forms of expansion, --platform, proxies" { cases arg env from; }
@test "CMD, ENTRYPOINT, EXPOSE, HEALTHCHECK, LABEL, SHELL, STOPSIGNAL, USER, VOLUME, WORKDIR" {
  cases entrypoint expose healthcheck label shell stopsignal user volume workdir
}
@test "ONBUILD: of an image, of a stage, what it takes from" { cases onbuild; }
@test "the file: directives, spelling, unknown words; stages, targets, times" { cases file stage stages target timestamp; }
