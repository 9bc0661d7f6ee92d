#!/usr/bin/env bats
# Kill -9 at random moments: of each program, during run, stop, rm, pull and load. The driver is tests/helpers/kill_rounds.py;
# LICHEN_KILL_ROUNDS is the number of rounds in all (300), LICHEN_KILL_SEED repeats a run.
# ctest: timeout=900 serial
load helpers

setup_file() {
  make_world
  load_image busybox
  export PLAIN
  PLAIN=$("$HELPERS/registry.sh" start "$BASE/plain")
  "$HELPERS/registry.sh" push "$BASE/plain" "$LICHEN_TEST_FIXTURES/layers.tar" team/layers:1
}
teardown_file() { "$HELPERS/registry.sh" stop "$BASE/plain"; remove_world; }

rounds() { # SCENARIO SHARE-OF-300
  local count=$((${LICHEN_KILL_ROUNDS:-300} * $2 / 300))
  run_split timeout 600 "$HELPERS/kill_rounds.py" --lichen "$LICHEN" --scenario "$1" --rounds "$count" \
    --registry "$PLAIN" --archive "$LICHEN_TEST_FIXTURES/layers.tar" --seed "${LICHEN_KILL_SEED:-0}"
  echo "$output"
  assert_success
}

@test "run -d, killed: the session" { rounds run-detached 60; }
@test "run --rm in the foreground, killed: the session" { rounds run-foreground 40; }
@test "run, killed: one program of it" { rounds run-one 50; }
@test "stop, killed" { rounds stop 40; }
@test "rm -f, killed" { rounds remove 40; }
@test "load, killed" { rounds load 30; }
@test "pull, killed" { rounds pull 30; }
@test "create and rmi, killed" { rounds create 20; }
