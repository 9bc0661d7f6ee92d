#!/usr/bin/env bats
# Containers through bad times: monitors killed and stopped, everything at once, pids that belong to others, growth. The drivers are
# tests/helpers/life_rounds.py, byte_rounds.py and damage_rounds.py; LICHEN_TEST_ROUNDS=N makes the rounds N times as many (README.md has the counts tried).
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

@test "R11 every file of the store damaged in seven ways, one by one: no crash, the others work, the damaged one is named" { rounds damage_rounds files 12; }

@test "R11 after damage 'system check --repair' leaves a store in which all that is there works" { rounds damage_rounds repair 10; }

@test "R12 pull, run, rmi, prune, tag and rm at once: only honest errors, and a sound store" {
  need docker-registry skopeo
  local place
  place=$("$HELPERS/registry.sh" start "$BASE/registry")
  "$HELPERS/registry.sh" push "$BASE/registry" "$LICHEN_TEST_FIXTURES/busybox.tar" team/busybox:1
  "$HELPERS/registry.sh" push "$BASE/registry" "$LICHEN_TEST_FIXTURES/layers.tar" team/layers:1
  lichen run --name base -u 0 --entrypoint "" --network none localhost/layers touch /made
  lichen commit -q base localhost/made >/dev/null
  lichen save -q -o "$BASE/made.tar" localhost/made
  lichen rm base
  "$HELPERS/registry.sh" push "$BASE/registry" "$BASE/made.tar" team/made:1
  rounds life_rounds parallel 2 "$place"
  "$HELPERS/registry.sh" stop "$BASE/registry"
}

@test "R13 many run -d at once, and as many removals" { rounds life_rounds many 2; }

@test "R16 records that name a living process of somebody else: it is never signalled" { rounds life_rounds pids 8; }

@test "R18 ten writers at once: without a cap no line is lost; with one it is held, and logs -f shows all or says that it is late" { rounds byte_rounds flood 2 3; }

@test "R18 logs -f across rotations shows every line once" { rounds byte_rounds rotations 100; }

@test "R19 random bytes of every size through run, exec, attach and logs; readers and writers that go early" { rounds byte_rounds exact 16; }

@test "C45 a client that does not read does not stop the container; two hundred clients come and go" { rounds byte_rounds stalled 1; }

@test "C46 random, torn, slow and lying packets at the monitor's socket" { rounds byte_rounds frames 150; }

@test "R26 containers, exec sessions and clients leave no descriptor, page, mount or file behind" { rounds life_rounds growth 40; }
