#!/usr/bin/env bats
# Many at once: parallel runs, many containers, name races.
# ctest: timeout=400 serial
load helpers

setup_file() { make_world; load_image busybox; }
teardown_file() { remove_world; }

@test "200 parallel run --rm, twenty at a time: no error, nothing left" {
  seq 200 | xargs -P 20 -I{} sh -c '"$0" run --rm --network none '"$BUSYBOX"' echo {} 3>&- 4>&- || echo failed {}' "$LICHEN" >"$BASE/runs" 2>&1
  assert_same_lines "$(sort -n "$BASE/runs")" "$(seq 200)" "the output of 200 runs"
  assert_equal "$(lichen ps -aq)" "" containers
  assert_equal "$(wait_until_empty 5 leftover_processes)" "" processes
  assert_equal "$(wait_until_empty 5 leftover_staging)" "" staging
}

@test "all at once in the first second of a fresh session: one user namespace" {
  local n
  for n in $(seq 20); do
    "$LICHEN" run --rm --network none $BUSYBOX readlink /proc/self/ns/user >"$BASE/ns.$n" 2>&1 3>&- 4>&- &
  done
  wait
  assert_equal "$(cat "$BASE"/ns.* | grep -vc '^user:')" 0 "errors: $(cat "$BASE"/ns.*)"
}

@test "one name, many creators: exactly one wins" {
  local n
  for n in $(seq 20); do
    "$LICHEN" create --name race --network none $BUSYBOX true >"$BASE/race.$n" 2>&1 3>&- 4>&- &
  done
  wait
  assert_equal "$(cat "$BASE"/race.* | grep -cE '^[0-9a-f]{64}$')" 1 winners
  assert_equal "$(cat "$BASE"/race.* | grep -c 'in use')" 19 "losers, each told why"
  lichen rm race
}

@test "1000 created containers: ps -a shows them quickly, rm -a removes them" {
  seq 1000 | xargs -P 4 -I{} sh -c '"$0" create --name n{} --network none '"$BUSYBOX"' true >/dev/null 2>&1 3>&- 4>&- || echo failed {}' "$LICHEN" >"$BASE/creates"
  assert_equal "$(cat "$BASE/creates")" "" "failed creations"
  assert_equal "$(lichen ps -aq | wc -l)" 1000 containers
  # The budget is 40 ms on a quiet machine; a test machine is not, so only a change of the order is caught here.
  assert_less "$(milliseconds "$LICHEN" ps -a)" 1000 "milliseconds of ps -a"
  run_lichen rm -a
  assert_success
  assert_equal "$(lichen ps -aq)" "" containers
}

@test "parallel create, start, stop and rm of the same container: errors are clean, the end is clean" {
  lichen create --name shared --network none $BUSYBOX sleep 100
  local n
  for n in $(seq 6); do
    "$LICHEN" start shared >"$BASE/p.$n" 2>&1 3>&- 4>&- &
    "$LICHEN" stop -t 0 shared >"$BASE/q.$n" 2>&1 3>&- 4>&- &
    "$LICHEN" inspect shared >"$BASE/r.$n" 2>&1 3>&- 4>&- &
  done
  wait
  assert_equal "$(cat "$BASE"/[pqr].* | grep -ciE 'terminate|assert|internal|abort')" 0 "internal errors: $(cat "$BASE"/[pqr].* | grep -iE 'terminate|assert|internal|abort' | head -n 3)"
  run_lichen rm -f shared
  assert_success
  assert_equal "$(wait_until_empty 5 leftover_processes)" "" processes
}
