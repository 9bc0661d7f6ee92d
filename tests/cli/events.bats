#!/usr/bin/env bats
# events: the stream, the past, filters and formats.
load helpers

setup_file() { make_world; load_image busybox; }
teardown_file() { remove_world; }
teardown() { lichen rm -f -a -t 0 >/dev/null 2>&1 || true; }

told() { [ "$(actions --filter container="$1")" = "$2" ]; } # CONTAINER ACTIONS
heard() { # the stream shows what happens now
  lichen create --name mark --network none $BUSYBOX true >/dev/null
  lichen rm mark >/dev/null
  grep -q ' mark$' "$BASE/stream"
}
actions() { lichen events --stream=false --filter type=container "$@" --format '{{.Action}}' | xargs; }

@test "the life of a container, one line for each step" {
  lichen run --name one --network none $BUSYBOX true
  lichen rm one >/dev/null
  assert_equal "$(actions --filter container=one)" "create start die destroy"
  run_lichen events --stream=false --filter container=one --filter event=die
  assert_matches '^[0-9]{4}-.*Z container die [0-9a-f]{64} \(.*exitCode=0.*image=.*name=one.*\)$'
  run_lichen events --stream=false --no-trunc=false --filter container=one --filter event=die
  assert_matches '^[0-9]{4}-.*Z container die [0-9a-f]{12} \(.*exitCode=0.*\)$'
}

@test "pause, rename, kill and restart are told" {
  lichen run -d --name two --network none $BUSYBOX sleep 1000 >/dev/null
  lichen pause two
  lichen unpause two
  lichen rename two three
  lichen restart -t 0 three
  lichen kill three
  wait_until 5 is_state three exited
  assert_equal "$(actions --filter container="$(lichen inspect -f '{{.Id}}' three)")" \
    "create start pause unpause rename stop die restart kill die"
}

@test "--format json has docker's fields" {
  lichen run --name four --network none $BUSYBOX true
  lichen events --stream=false --filter container=four --filter event=start --format json | python3 -c '
import json, sys
event = json.load(sys.stdin)
assert event["Type"] == "container" and event["Action"] == event["status"] == "start", event
assert event["Actor"]["ID"] == event["id"] and event["Actor"]["Attributes"]["name"] == "four", event
assert event["scope"] == "local" and event["timeNano"] // 10**9 == event["time"], event'
}

@test "--since and --until cut; a bad time and an unknown filter are refused" {
  local before
  lichen run --name five --network none $BUSYBOX true
  wait_until 5 told five "create start die"
  before=$(date +%s.%N)
  lichen rm five >/dev/null
  assert_equal "$(actions --filter container=five --since "$before")" destroy
  assert_equal "$(actions --filter container=five --until "$before")" "create start die"
  run_lichen events --since soon
  assert_failure 125 "soon"
  run_lichen events --stream=false --filter nosuch=1
  assert_failure 125 "nosuch"
}

@test "the stream shows what happens from now on, at once, and ends at --until" {
  lichen run --name earlier --network none $BUSYBOX true
  timeout 20 "$LICHEN" events --filter type=container --format '{{.Action}} {{.Name}}' >"$BASE/stream" 3>&- &
  local stream=$!
  wait_until 10 heard # it listens by now
  lichen run --rm --name now --network none $BUSYBOX true
  wait_until 5 grep -qx "destroy now" "$BASE/stream"
  kill "$stream"
  assert_equal "$(grep ' now$' "$BASE/stream" | xargs)" "create now start now die now destroy now"
  assert_equal "$(grep -c earlier "$BASE/stream")" 0 "events of before"
  run_lichen events --until "$(date -d '+1 second' --iso-8601=ns | tr , .)"
  assert_success
}

@test "lines that are damaged are left out" {
  lichen run --name six --network none $BUSYBOX true
  printf 'rubbish\n{"time": 5}\n[]\n' >>"$(ls "$LICHEN_ROOT"/events/*.jsonl | tail -1)"
  lichen rm six >/dev/null
  assert_equal "$(actions --filter container=six)" "create start die destroy"
}
