#!/usr/bin/env bats
# Projects when things go wrong: interrupted, killed, started twice, unhealthy. What is left is whole, and `down` leaves nothing.
# Random moments are played by helpers/compose_rounds.py; LICHEN_TEST_ROUNDS=N makes N times as many, LICHEN_TEST_SEED repeats a run.
# ctest: timeout=400
load helpers
load compose_helpers

teardown() {
  lichen compose -p shop down -v -t 0 --remove-orphans >/dev/null 2>&1 || true
  lichen rm -f -a -t 0 >/dev/null 2>&1 || true
  lichen network prune -f >/dev/null 2>&1 || true
  lichen volume prune -a -f >/dev/null 2>&1 || true
}

compose_file() { cat >compose.yaml; }
readonly kIdle="image: $BUSYBOX, init: true, command: sleep 1000"
rounds() { # SCENARIO COUNT
  run_split timeout $((100 * ${LICHEN_TEST_ROUNDS:-1})) "$HELPERS/compose_rounds.py" "$1" $(($2 * ${LICHEN_TEST_ROUNDS:-1})) "$LICHEN" "$BASE/tmp/shop"
  echo "$output"
  assert_success
}

@test "Ctrl-C and SIGTERM at random moments of up: what was started is stopped, down leaves nothing" { rounds interrupted 6; }

@test "kill -9 of up at random moments: the next up is right, down leaves nothing" { rounds killed 15; }

@test "two up -d of one project at the same time: both succeed, there is one project" { rounds twice 4; }

@test "20 projects come up and go at the same time" { rounds crowd 20; }

@test "the monitor of a service is killed: ps tells, the next up starts it again" {
  compose_file <<END
services:
  web: {$kIdle}
  other: {$kIdle}
END
  compose up -d
  assert_success
  local other
  other=$(lichen inspect -f '{{.Id}} {{.State.Pid}}' shop-other-1)
  kill -9 "$(lichen inspect -f '{{.State.ConmonPid}}' shop-web-1)"
  wait_until 10 is_state shop-web-1 exited
  assert_equal "$(lichen compose ps --services)" other
  compose up -d
  assert_success
  assert_equal "$(lichen compose ps --services)" "other
web"
  assert_equal "$(lichen inspect -f '{{.Id}} {{.State.Pid}}' shop-other-1)" "$other"
  compose exec -T web echo works
  assert_output works
  compose down -t 0
  assert_success
  assert_nothing_left shop
}

@test "the monitor of a dependency is killed while up waits for it: up ends, and names it" {
  compose_file <<END
services:
  web: {$kIdle, depends_on: {db: {condition: service_healthy}}}
  db: {$kIdle, healthcheck: {test: "false", interval: 100ms, start_interval: 100ms, start_period: 1000s}}
END
  local up
  timeout 60 "$LICHEN" compose up -d >said 2>&1 3>&- 4>&- &
  up=$!
  wait_until 20 grep -q 'shop-db-1  Waiting' said
  kill -9 "$(lichen inspect -f '{{.State.ConmonPid}}' shop-db-1)"
  status=0
  wait "$up" || status=$?
  assert_status 1
  grep -q 'container shop-db-1 exited' said
  compose down -t 0
  assert_success
  assert_nothing_left shop
}

@test "the process of a service is killed: its policy starts it again, or the next up does" {
  compose_file <<END
services:
  always: {$kIdle, restart: always}
  once: {$kIdle}
END
  compose up -d
  assert_success
  local pid
  pid=$(lichen inspect -f '{{.State.Pid}}' shop-always-1)
  kill -9 "$pid" "$(lichen inspect -f '{{.State.Pid}}' shop-once-1)"
  wait_until 10 is_state shop-once-1 exited
  wait_until 10 eval 'is_state shop-always-1 running && [ "$(lichen inspect -f "{{.State.Pid}}" shop-always-1)" != "'"$pid"'" ]'
  compose ps -a --format '{{.Service}} {{.State}} {{.ExitCode}}'
  assert_output "always running 0
once exited 137"
  compose up -d
  assert_success
  is_state shop-once-1 running
  compose down -t 0
  assert_success
  assert_nothing_left shop
}

@test "a health check that never gets healthy: the time of --wait-timeout ends it with the service's name" {
  compose_file <<END
services:
  web: {$kIdle, depends_on: {db: {condition: service_healthy}}}
  db: {$kIdle, healthcheck: {test: "false", interval: 100ms, start_interval: 100ms, start_period: 1000s}}
  other: {$kIdle}
END
  compose up -d --wait --wait-timeout 1
  assert_failure 1 shop-db-1
  assert_equal "$(lichen compose ps -a --format '{{.Service}} {{.State}}')" "db running
other running
web created"
  compose up -d --wait --wait-timeout 1 db
  assert_failure 1 shop-db-1
  compose up -d --wait --wait-timeout 20 other
  assert_success
  sed -i 's/start_period: 1000s/retries: 2/' compose.yaml
  compose up -d
  assert_failure 1 "container shop-db-1 is unhealthy"
  compose down -t 0
  assert_success
  assert_nothing_left shop
}

@test "a dependency that fails is named, who needs it is not started, what does not need it runs; mended, all comes up" {
  local wrong words
  while IFS='|' read -r wrong words; do
    compose_file <<END
services:
  web: {$kIdle, depends_on: {db: {condition: service_healthy}}}
  db: {image: $BUSYBOX, healthcheck: {test: "true", interval: 1s, start_interval: 100ms, start_period: 10s}, $wrong}
  other: {$kIdle}
END
    compose up -d
    assert_failure 1 "$words" || return 1
    [ "$(lichen inspect -f '{{.State.Status}}' shop-web-1)" = created ] || fail_with "web beside: $wrong" created other || return 1
    is_state shop-other-1 running
    compose_file <<END
services:
  web: {$kIdle, depends_on: {db: {condition: service_healthy}}}
  db: {$kIdle, healthcheck: {test: "true", interval: 1s, start_interval: 100ms, start_period: 10s}}
  other: {$kIdle}
END
    compose up -d
    assert_success || return 1
    assert_equal "$(names)" "shop-db-1 shop-other-1 shop-web-1" || return 1
    compose down -t 0
    assert_nothing_left shop || return 1
  done <<'CASES'
command: "sh -c 'exit 3'"|container shop-db-1 exited (3)
command: /nosuchprogram|/nosuchprogram
user: nosuchuser|nosuchuser
CASES
}

@test "what cannot be had fails before anything is made: an image, a network, a volume, a port" {
  local port pid
  compose_file <<END
services:
  web: {$kIdle}
  db: {image: "localhost/nosuch:1", pull_policy: never}
END
  compose up -d
  assert_failure 1 nosuch
  assert_equal "$(lichen ps -aq)" "" "containers"
  compose_file <<END
services:
  web: {$kIdle, volumes: ["v:/v"]}
volumes: {v: {external: true, name: elsewhere}}
END
  compose up -d
  assert_failure 1 elsewhere
  assert_equal "$(lichen ps -aq)" "" "containers"
  python3 -c 'import socket, time
s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1], flush=True); time.sleep(1000)' >held 3>&- 4>&- &
  pid=$!
  wait_until 20 test -s held
  port=$(<held)
  printf 'services:\n  web: {%s, ports: ["127.0.0.1:%s:80"]}\n' "$kIdle" "$port" >compose.yaml
  compose up -d
  kill "$pid"
  assert_failure 1 "$port"
  compose up -d
  assert_success
  compose down -v -t 0
  assert_nothing_left shop
}
