#!/usr/bin/env bats
# Damaged records: the object is named and set aside, everything else works, `system check --repair` mends. And a reboot.
load helpers

setup() { make_world; load_image busybox layers; lichen run -d --name good --network none $BUSYBOX sleep 1000; lichen create --name hurt --network none $BUSYBOX true; }
teardown() { remove_world; }

folder() { echo "$LICHEN_ROOT/containers/$(basename "$(readlink "$LICHEN_ROOT/names/$1")")"; }

others_work() {
  run_lichen ps -a --format '{{.Names}}'
  assert_success
  assert_contains "good"
  run_lichen exec good echo fine
  assert_output "fine"
  run_lichen run --rm --network none $BUSYBOX echo new
  assert_output "new"
}

@test "a torn config.json" {
  echo '{"version": 1, "na' >"$(folder hurt)/config.json"
  others_work
  run_lichen ps -a; assert_stderr "hurt" || assert_stderr "$(basename "$(folder hurt)" | cut -c1-12)"
  run_lichen system check; [ "$status" != 0 ]; [[ $output$stderr == *config.json* ]] || fail_with "system check" "names config.json" "$output$stderr"
  run_lichen system check --repair; assert_success
  run_lichen system check; assert_success
  others_work
}

@test "an empty state.json, and one of zeros" {
  : >"$(folder hurt)/state.json"
  others_work
  head -c 4096 /dev/zero >"$(folder hurt)/state.json"
  others_work
  run_lichen rm -f hurt
  assert_success
}

@test "a missing container folder behind a name" {
  lichen unshare rm -rf "$(folder hurt)"
  others_work
  run_lichen create --name hurt --network none $BUSYBOX true
  assert_success
}

@test "a record of a newer version is refused by name, not misread" {
  sed -i 's/"version": *[0-9]*/"version": 9999/' "$(folder hurt)/config.json"
  grep -q 9999 "$(folder hurt)/config.json"
  others_work
  run_lichen start hurt; [ "$status" != 0 ]
  [[ $stderr == *version* || $stderr == *newer* ]] || fail_with message "says that the version is newer" "$stderr"
}

@test "a damaged image configuration, reference and layer" {
  local id
  id=$(lichen image inspect -f '{{.Id}}' localhost/layers | sed 's/^sha256://')
  echo 'x' >"$LICHEN_ROOT/images/$id/config.json"
  others_work
  run_lichen images; assert_success; assert_contains "busybox"
  run_lichen run --rm --network none localhost/layers true
  [ "$status" != 0 ]
  run_lichen system check --repair
  run_lichen images; assert_success
  run_lichen load -q -i "$LICHEN_TEST_FIXTURES/layers.tar"; assert_success
  run_lichen run --rm --network none --entrypoint "" localhost/layers echo mended; assert_output "mended"
}

@test "a layer without its folder is named; check finds it" {
  local layer
  layer=$(lichen unshare find "$LICHEN_ROOT/layers" -mindepth 1 -maxdepth 1 -newermt 1970-01-01 | tail -n 1)
  lichen unshare rm -rf "$layer/diff"
  run_lichen system check
  [ "$status" != 0 ]
  run_lichen system check --repair
  run_lichen ps -a; assert_success
}

@test "R11 a byte of a layer's file that has turned: check finds it, --repair and a new load bring it back" {
  run_lichen system check
  assert_success
  # shellcheck disable=SC2016
  lichen unshare sh -c 'for file in "$1"/layers/*/diff/bin/busybox; do printf X | dd of="$file" bs=1 seek=100000 conv=notrunc status=none; done' sh "$LICHEN_ROOT"
  run_lichen system check --quick
  assert_success
  run_lichen system check
  assert_status 1
  assert_contains "its files are not those that came with it"
  run_lichen system check --repair
  lichen rm -f -t 0 good >/dev/null
  run_lichen load -q -i "$LICHEN_TEST_FIXTURES/busybox.tar"
  assert_success
  run_lichen load -q -i "$LICHEN_TEST_FIXTURES/layers.tar"
  run_lichen system check
  assert_success
  run_lichen run --rm --network none $BUSYBOX echo sound
  assert_output sound
}

@test "R11 a reference that is a directory or may not be read is named and left out; tag and --repair mend it" {
  local ref id listed
  ref=$LICHEN_ROOT/refs/localhost/layers/:tags/latest
  id=$(lichen image inspect -f '{{.Id}}' localhost/layers)
  rm "$ref"
  mkdir "$ref"
  for listed in images "system df" "system df -v"; do
    # shellcheck disable=SC2086
    run_lichen $listed
    assert_success || return 1
  done
  run_lichen images
  assert_contains busybox
  assert_contains "<none>"
  assert_stderr "localhost/layers:latest"
  assert_stderr "system check"
  others_work
  run_lichen run --rm --network none --entrypoint "" "$id" echo by-id
  assert_output by-id
  run_lichen image inspect localhost/layers
  assert_failure 1 "name 'localhost/layers:latest' is damaged" "Is a directory" "system check --repair"
  run_lichen tag "$id" localhost/layers
  assert_success
  run_lichen images
  assert_equal "$stderr" ""
  chmod 0 "$ref"
  if ! cat "$ref" 2>/dev/null; then
    run_lichen images
    assert_success
    assert_stderr "localhost/layers:latest"
  fi
  run_lichen system check
  assert_status 1
  assert_contains "mode is 0000"
  run_lichen system check --repair
  assert_success
  run_lichen image inspect -f '{{.Id}}' localhost/layers
  assert_output "$id"
}

@test "R11 caches and events that are directories: no command fails, and they are made anew or set aside" {
  local seccomp
  run_lichen run --rm --network none $BUSYBOX true
  for seccomp in "$LICHEN_ROOT"/cache/seccomp/*.bpf; do
    rm "$seccomp"
    mkdir "$seccomp"
  done
  rm -f "$LICHEN_ROOT/cache/storage-driver"
  mkdir "$LICHEN_ROOT/cache/storage-driver"
  others_work
  [ -f "$seccomp" ]
  [ -f "$LICHEN_ROOT/cache/storage-driver" ]
  local events
  events=$(echo "$LICHEN_ROOT"/events/*.jsonl)
  rm "$events"
  mkdir "$events"
  others_work
  run_lichen events --stream=false
  assert_success
  assert_stderr "event file $(basename "$events") is left out"
  run_lichen system check --repair
  assert_success
  lichen rm hurt >/dev/null
  run_lichen events --stream=false --filter event=destroy --format '{{.Name}}'
  assert_contains hurt
}

@test "files that belong to nobody are no obstacle" {
  echo junk >"$LICHEN_ROOT/containers/junk"
  mkdir "$LICHEN_ROOT/images/notanid" "$LICHEN_ROOT/staging/left-by-a-dead-one"
  ln -s nowhere "$LICHEN_ROOT/names/dangling"
  others_work
  run_lichen images; assert_success
  run_lichen system check --repair
  [ ! -e "$LICHEN_ROOT/staging/left-by-a-dead-one" ]
}

@test "after a reboot: running ones have exited, --rm ones are gone, names are free, start works" {
  lichen run -d --rm --name fleeting --network none $BUSYBOX sleep 1000
  lichen run -d --name steady --network none $BUSYBOX sleep 1000
  # Processes do not survive a reboot: end them as the power would, without a word to anybody.
  local pid
  for pid in $(leftover_processes | cut -d' ' -f1); do kill -9 "$pid" 2>/dev/null || true; done
  wait_until_empty 5 leftover_processes
  export LICHEN_TEST_BOOT_ID=11111111-2222-3333-4444-555555555555
  run_lichen ps -q; assert_output ""
  is_state steady exited
  run_lichen ps -a --format '{{.Names}}'; refute_contains "fleeting"
  run_lichen create --name fleeting --network none $BUSYBOX true; assert_success
  run_lichen start steady; assert_success
  run_lichen exec steady echo up; assert_output "up"
  lichen rm -f -a -t 0
  unset LICHEN_TEST_BOOT_ID
}
