#!/usr/bin/env bats
# Containers through bad times: monitors killed and stopped, everything at once, pids that belong to others, growth. The drivers are
# tests/helpers/life_rounds.py and damage_rounds.py; LICHEN_TEST_ROUNDS=N makes the rounds N times as many (README.md has the counts tried).
# ctest: timeout=600
load helpers

setup_file() {
  make_world
  load_image busybox layers
}
teardown_file() { remove_world; }
teardown() { lichen rm -f -a -t 0 >/dev/null 2>&1 || true; }

rounds() { # DRIVER SCENARIO COUNT ARGUMENT...
  run_split timeout $((100 * ${LICHEN_TEST_ROUNDS:-1})) "$HELPERS/$1.py" "$2" $(($3 * ${LICHEN_TEST_ROUNDS:-1})) "$LICHEN" "${@:4}"
  echo "$output"
  assert_success
}

@test "R04 a killed monitor: the state is true within two seconds, and every command works" { rounds life_rounds monitors 12; }

@test "R05 a stopped monitor, client or container holds nobody else up" { rounds life_rounds stopped 9; }

@test "R13 many run -d at once, and as many removals" { rounds life_rounds many 2; }

@test "R16 records that name a living process of somebody else: it is never signalled" { rounds life_rounds pids 8; }
