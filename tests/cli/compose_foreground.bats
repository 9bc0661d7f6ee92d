#!/usr/bin/env bats
# compose up in the foreground: what it shows and when, whom it follows, what Ctrl-C ends; compose logs -f and wait.
# ctest: timeout=300
load helpers
load compose_helpers

readonly kIdle="image: $BUSYBOX, init: true, command: sleep 1000"
# The command in the background; what it prints goes to $BASE/said. UP is its pid.
begin() { # COMPOSE-ARGUMENT...
  timeout 60 "$LICHEN" compose "$@" >"$BASE/said" 2>&1 3>&- 4>&- &
  UP=$!
}
ends_with() { # STATUS
  local status=0
  wait "$UP" || status=$?
  assert_equal "$status" "$1" "exit code"
}
says() { grep -qF -- "$1" "$BASE/said"; } # TEXT
is_state() { [ "$(lichen inspect -f '{{.State.Status}}' "$1" 2>/dev/null)" = "$2" ]; } # CONTAINER STATE

@test "up in the foreground: lines with names, Ctrl-C stops, the terminal is left as it was" {
  file <<END
services:
  one: {image: $BUSYBOX, init: true, command: "sh -c 'trap \"echo bye; exit 0\" TERM; echo first; touch /up; while :; do sleep 0.02; done'", healthcheck: {test: test -e /up, interval: 50ms, start_interval: 50ms, start_period: 10s}}
  longer: {image: $BUSYBOX, init: true, command: "sh -c 'echo second >&2; sleep 1000'", depends_on: {one: {condition: service_healthy}}}
END
  run_split "$HELPERS/terminal.py" --timeout 30 --step 'expect:second' --step 'send:\x03' -- "$LICHEN" compose --ansi never up
  assert_status 130
  assert_contains "one-1     | first" "longer-1  | second" "Gracefully Stopping" "one-1     | bye" "one-1 exited with code 0"
  assert_stderr "modes: same"
  assert_equal "$(lichen ps -q)" "" "what runs"
  assert_equal "$(lichen ps -aq | wc -l)" 2
}

@test "exit codes: --exit-code-from, --abort-on-container-exit and -failure" {
  file <<END
services:
  server: {image: $BUSYBOX, init: true, command: sleep 1000}
  test: {image: $BUSYBOX, command: "sh -c 'exit 7'", depends_on: [server]}
END
  compose up --exit-code-from test
  assert_status 7
  assert_equal "$(lichen ps -q)" "" "what runs"
  compose up --abort-on-container-exit
  assert_status 7
  compose up --abort-on-container-failure
  assert_status 7
}

@test "what a dependency says is seen while others wait for it, and so is what a failed one has said" {
  file <<END
services:
  db: {image: $BUSYBOX, init: true, command: "sh -c 'echo preparing; while [ ! -e /ready ]; do sleep 0.02; done; echo prepared; sleep 1000'", healthcheck: {test: test -e /ready, interval: 50ms, start_interval: 50ms, start_period: 30s}}
  web: {$kIdle, depends_on: {db: {condition: service_healthy}}}
END
  begin --progress plain up
  wait_until 20 says "db-1   | preparing"
  is_state shop-web-1 created
  says "Attaching to db-1, web-1"
  says "Container shop-web-1  Created"
  lichen exec shop-db-1 touch /ready
  wait_until 20 says "db-1   | prepared"
  wait_until 20 is_state shop-web-1 running
  kill -INT "$UP"
  ends_with 130
  assert_equal "$(names)" "" "what runs"
  file <<END
services:
  job: {image: $BUSYBOX, command: "sh -c 'echo the reason; exit 3'"}
  web: {$kIdle, depends_on: {job: {condition: service_completed_successfully}}}
END
  compose up
  assert_failure 1 "job-1 exited with code 3" 'service "job" didn'
  assert_contains "job-1  | the reason"
}

@test "nothing is started when one service cannot be made" {
  file <<END
services:
  good: {$kIdle}
  bad: {image: $BUSYBOX, command: "true", depends_on: [good], volumes: ["/nowhere/at/all:/data:ro,nonsense"]}
END
  compose up -d
  assert_failure 1
  assert_equal "$(names)" "" "what runs"
}

@test "Ctrl-C of up SERVICE stops it and what it has started; what ran before goes on" {
  file <<END
services:
  web: {$kIdle, depends_on: [cache, db]}
  cache: {$kIdle}
  db: {$kIdle}
  other: {$kIdle}
END
  lichen compose up -d db other >/dev/null 2>&1
  begin up web
  wait_until 20 is_state shop-web-1 running
  wait_until 20 says "Attaching to web-1"
  kill -INT "$UP"
  ends_with 130
  assert_equal "$(names)" "shop-db-1 shop-other-1" "what runs"
}

@test "Ctrl-C in the middle of pre_start: its container goes" {
  file <<END
services:
  web: {$kIdle, pre_start: [{command: [sh, -c, "echo stuck; trap '' TERM; sleep 1000"]}]}
END
  begin up
  wait_until 20 says stuck
  kill -INT "$UP"
  ends_with 130
  assert_equal "$(names -a)" shop-web-1
}

@test "who is started again or made anew by another command is followed, by up and by logs -f" {
  file <<END
services:
  web: {image: $BUSYBOX, init: true, command: "sh -c 'echo \"hello \$\$WHO\"; sleep 1000'", environment: {WHO: one}}
  db: {$kIdle}
END
  local logs
  begin up
  wait_until 20 says "web-1  | hello one"
  timeout 60 "$LICHEN" compose logs -f >"$BASE/logs" 2>&1 3>&- 4>&- &
  logs=$!
  wait_until 10 grep -qF "hello one" "$BASE/logs"
  lichen compose restart -t 0 web >/dev/null 2>&1
  twice() { [ "$(grep -cF "hello one" "$BASE/said")" = 2 ] && [ "$(grep -cF "hello one" "$BASE/logs")" = 2 ]; }
  wait_until 10 twice
  sed -i 's/WHO: one/WHO: two/' compose.yaml
  lichen compose up -d -t 0 >/dev/null 2>&1
  wait_until 10 says "web-1  | hello two"
  wait_until 10 grep -qF "web-1  | hello two" "$BASE/logs"
  lichen compose up -d --scale web=2 >/dev/null 2>&1
  wait_until 10 says "web-2  | hello two"
  kill -INT "$UP"
  ends_with 130
  wait "$logs"
  assert_equal "$(names)" "" "what runs"
}

@test "wait: told in the order of the ends; --down-project takes all down with the first" {
  file <<END
services:
  slow: {image: $BUSYBOX, init: true, command: "sh -c 'while [ ! -e /go ]; do sleep 0.02; done; exit 4'"}
  fast: {image: $BUSYBOX, init: true, command: "sh -c 'while [ ! -e /go ]; do sleep 0.02; done; exit 5'"}
  db: {$kIdle}
END
  lichen compose up -d >/dev/null 2>&1
  begin wait slow fast
  lichen exec shop-fast-1 touch /go
  wait_until 10 says 'container "shop-fast-1" exited with status code 5'
  if says slow; then return 1; fi
  lichen exec shop-slow-1 touch /go
  ends_with 4
  lichen compose up -d --force-recreate >/dev/null 2>&1
  begin wait --down-project slow fast
  lichen exec shop-slow-1 touch /go
  ends_with 4
  assert_nothing_left shop
  compose wait slow
  assert_failure 1 "slow has no container" "lichen compose up"
}

@test "--compatibility: names of version 1, by the flag, the variable and .env; without it they are named anew" {
  file <<END
services:
  web: {image: $BUSYBOX, init: true, command: "sh -c 'echo hello; sleep 1000'", scale: 2}
END
  compose --compatibility up -d
  assert_success
  assert_equal "$(names)" "shop_web_1 shop_web_2"
  wait_until 10 logs_have web hello
  assert_equal "$(lichen compose logs web --index 1 2>&1)" "web_1  | hello"
  assert_equal "$(COMPOSE_COMPATIBILITY=1 lichen compose --dry-run run --rm web true 2>&1 | grep -c shop-)" 0
  echo COMPOSE_COMPATIBILITY=true >.env
  printf 'name: shop\nservices: {web: {build: .}}\n' >built.yaml
  assert_equal "$(lichen compose -f built.yaml config --images)" shop_web
  compose up -d
  assert_equal "$(names)" "shop_web_1 shop_web_2"
  rm .env
  compose up -d
  assert_success
  assert_equal "$(names)" "shop-web-1 shop-web-2"
  compose --verbose ps
  assert_success
}

@test "--menu: w watches, w again does not, d leaves all running; the terminal is left as it was" {
  mkdir -p src
  file <<END
services:
  web: {$kIdle, develop: {watch: [{action: sync, path: ./src, target: /site}]}}
  db: {$kIdle}
END
  run_split "$HELPERS/terminal.py" --timeout 30 --step 'expect:w Enable Watch   d Detach' --step 'send:w' --step 'expect:Watch enabled' \
    --step 'send:w' --step 'expect:Watch disabled' --step 'expect:w Enable Watch' --step 'send:x' --step 'send:d' -- "$LICHEN" compose --ansi never up --menu
  assert_status 0
  assert_stderr "modes: same"
  assert_equal "$(names)" "shop-db-1 shop-web-1" "what runs"
  run_split "$HELPERS/terminal.py" --timeout 30 --step 'expect:w Enable Watch' --step 'send:\x03' -- env COMPOSE_MENU=true "$LICHEN" compose --ansi never up
  assert_status 130
  assert_stderr "modes: same"
  compose up --menu -d
  assert_failure 1 "--menu is for the foreground"
  sed -i 's/, develop: .*}/}/' compose.yaml
  run_split "$HELPERS/terminal.py" --timeout 30 --step 'expect:w Enable' --step 'send:w' --step 'expect:no service has develop.watch' --step 'send:d' -- "$LICHEN" compose --ansi never up --menu
  assert_status 0
  # Without a terminal there are no keys: the flag is for people.
  begin up --menu
  wait_until 20 says "Attaching to"
  kill -INT "$UP"
  ends_with 130
}
