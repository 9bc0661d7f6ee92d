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
