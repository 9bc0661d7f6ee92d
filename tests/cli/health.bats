#!/usr/bin/env bats
# Health checks: the monitor runs them, ps, inspect, events, wait and filters tell of them.

load helpers

setup_file() { make_world; load_image busybox; }
teardown_file() { remove_world; }
teardown() { lichen rm -f -a -t 0 >/dev/null 2>&1 || true; }

health_of() { lichen inspect --format '{{.State.Health.Status}}' "$1"; }
is_log_full() { [ "$(lichen inspect --format '{{len .State.Health.Log}}' "$1")" -eq 5 ]; }
is_health() { [ "$(health_of "$1")" = "$2" ]; }

@test "starting, healthy, unhealthy: seen by ps, inspect, filter and events, one event per change" {
  run_lichen run -d --network none --name web --health-cmd 'test -e /well || { echo missing; exit 3; }' --health-interval 50ms --health-retries 2 \
    $BUSYBOX sh -c 'sleep 1000 & wait'
  assert_success
  wait_until 10 is_health web unhealthy
  run_lichen ps --format '{{.Status}}'
  assert_contains "(unhealthy)"
  run_lichen inspect --format '{{(index .State.Health.Log 0).ExitCode}} {{(index .State.Health.Log 0).Output}}' web
  assert_contains "3 missing"
  lichen exec web touch /well
  wait_until 10 is_health web healthy
  run_lichen inspect --format '{{.State.Health.FailingStreak}} {{json .Config.Healthcheck.Test}} {{.Config.Healthcheck.Retries}}' web
  assert_output '0 ["CMD-SHELL","test -e /well || { echo missing; exit 3; }"] 2'
  run_lichen ps -q --filter health=healthy
  [ -n "$output" ]
  run_lichen ps -q --filter health=unhealthy
  assert_output ""
  # More checks than the log keeps have run: the events are two all the same.
  wait_until 10 is_log_full web
  run_lichen events --since 1h --until 0s --filter container=web --format '{{.Action}}'
  [ "$(grep -c '^health_status' <<<"$output")" -eq 2 ]
  assert_contains "health_status: unhealthy"
  assert_contains "health_status: healthy"
}

@test "within the start period failures do not count, and a success ends it" {
  lichen run -d --network none --name slow --health-cmd 'test -e /well' --health-interval 1h --health-start-period 1h \
    --health-start-interval 30ms --health-retries 1 $BUSYBOX sleep 1000
  wait_until 10 is_log_full slow
  is_health slow starting
  run_lichen ps --format '{{.Status}}'
  assert_contains "(health: starting)"
  lichen exec slow touch /well
  wait_until 10 is_health slow healthy
}

@test "a check that takes too long is killed and has failed" {
  lichen run -d --network none --name stuck --health-cmd 'echo begun; exec sleep 777' --health-interval 20ms --health-timeout 100ms \
    --health-retries 1 $BUSYBOX sleep 1000
  wait_until 10 is_health stuck unhealthy
  run_lichen inspect --format '{{(index .State.Health.Log 0).ExitCode}} {{(index .State.Health.Log 0).Output}}' stuck
  assert_contains "-1 Health check exceeded timeout (100ms)"
  assert_contains "begun"
  none_left() { [ "$(lichen top stuck | grep -c 'sleep 777')" -le 1 ]; }
  wait_until 10 none_left
}

@test "healthcheck run: the program's word as exit status; without a check or not running: 125" {
  lichen run -d --network none --name asked --health-cmd 'test -e /well' --health-interval disable $BUSYBOX sleep 1000 >/dev/null
  run_lichen healthcheck run asked
  assert_status 1
  assert_output unhealthy
  run_lichen healthcheck run --ignore-result asked
  assert_success
  lichen exec asked touch /well
  run_lichen healthcheck run asked
  assert_success
  assert_output ""
  is_health asked healthy
  lichen stop -t 0 asked
  is_health asked unhealthy
  run_lichen healthcheck run asked
  assert_failure 125
  assert_stderr "is not running"
  lichen rm asked
  lichen run -d --network none --name plain $BUSYBOX sleep 1000 >/dev/null
  run_lichen healthcheck run plain
  assert_failure 125
  assert_stderr "--health-cmd"
}

@test "wait --condition healthy; one that ends before is an error" {
  lichen run -d --network none --name ready --health-cmd 'test -e /well' --health-interval 30ms $BUSYBOX sleep 1000 >/dev/null
  "$LICHEN" wait --condition healthy ready >"$BATS_TEST_TMPDIR/out" 3>&- 4>&- &
  local waiter=$!
  lichen exec ready touch /well
  wait $waiter
  [ "$(cat "$BATS_TEST_TMPDIR/out")" = -1 ]
  "$LICHEN" wait --condition unhealthy ready 2>"$BATS_TEST_TMPDIR/err" 3>&- 4>&- &
  waiter=$!
  lichen stop -t 0 ready
  if wait $waiter; then return 1; fi
  grep -q "ended before it was unhealthy" "$BATS_TEST_TMPDIR/err"
}

@test "on failure: kill, stop and restart" {
  for action in kill stop; do
    run_lichen run --network none --name "$action" --health-cmd false --health-interval 30ms --health-retries 1 --health-on-failure $action \
      $BUSYBOX sh -c 'trap "exit 9" TERM; while :; do sleep 0.05; done'
    if [ $action = kill ]; then assert_failure 137; else assert_failure 9; fi
    lichen rm "$action"
  done
  lichen run -d --network none --name again --health-cmd 'test -e /run/well' --health-interval 30ms --health-retries 1 --health-on-failure restart \
    --health-start-period 0s $BUSYBOX sh -c 'trap "exit 0" TERM; while :; do sleep 0.05; done'
  restarted() { [ "$(lichen inspect --format '{{.RestartCount}}' again)" -ge 2 ]; }
  wait_until 10 restarted
}

@test "the image's check is taken, changed field by field, or switched off" {
  printf '#!/bin/sh\nexit 0\n' >"$BATS_TEST_TMPDIR/x"
  tar -C "$BATS_TEST_TMPDIR" -c x | lichen import --change 'HEALTHCHECK --interval=7s --retries=9 CMD ["/x","a b"]' - checked
  lichen create --name c1 checked /x >/dev/null
  run_lichen inspect --format '{{json .Config.Healthcheck.Test}} {{.Config.Healthcheck.Interval}} {{.Config.Healthcheck.Retries}}' c1
  assert_output '["CMD","/x","a b"] 7000000000 9'
  lichen create --name c2 --health-interval 2m checked /x >/dev/null
  run_lichen inspect --format '{{json .Config.Healthcheck.Test}} {{.Config.Healthcheck.Interval}} {{.Config.Healthcheck.Retries}}' c2
  assert_output '["CMD","/x","a b"] 120000000000 9'
  lichen create --name c3 --no-healthcheck checked /x >/dev/null
  run_lichen inspect --format '{{json .Config.Healthcheck.Test}}' c3
  assert_output '["NONE"]'
}

@test "bad values are refused before anything is made" {
  run_lichen run --health-cmd true --health-interval 5 $BUSYBOX true
  assert_failure 125
  assert_stderr "--health-interval '5'"
  run_lichen run --health-cmd true --health-timeout 10us $BUSYBOX true
  assert_failure 125
  run_lichen run --health-cmd true --no-healthcheck $BUSYBOX true
  assert_failure 125
  assert_stderr "--no-healthcheck conflicts"
  run_lichen ps -aq
  assert_output ""
}

@test "a paused container is not asked; after its restart it starts anew" {
  lichen run -d --network none --name p --health-cmd 'date +%s%N >>/asked' --health-interval 20ms $BUSYBOX sleep 1000
  wait_until 10 is_health p healthy
  lichen pause p
  run_lichen healthcheck run p
  assert_failure 125
  lichen unpause p
  wait_until 10 is_health p healthy
  lichen restart -t 0 p
  wait_until 10 is_health p healthy
}

@test "--health-startup-cmd: the other check waits until it has succeeded --health-startup-success times" {
  lichen run -d --network none --name boot --health-startup-cmd 'echo starting; test -e /up' --health-startup-interval 30ms --health-startup-success 3 \
    --health-startup-timeout 20s --health-cmd 'echo regular' --health-interval 1h $BUSYBOX sleep 1000
  wait_until 10 is_log_full boot
  is_health boot starting
  run_lichen inspect --format '{{range .State.Health.Log}}{{.Output}}{{end}}{{.State.Health.FailingStreak}}' boot
  assert_output "$(printf 'starting\n%.0s' 1 2 3 4 5; echo 0)"
  run_lichen healthcheck run boot
  assert_failure 1
  lichen exec boot touch /up
  wait_until 10 is_health boot healthy
  # The interval of the other check is an hour: it was due at once when the third success in a row came.
  run_lichen inspect --format '{{range .State.Health.Log}}{{.ExitCode}}{{.Output}}{{end}}' boot
  assert_output "$(printf '1starting\n0starting\n0starting\n0starting\n0regular\n')"
  run_lichen inspect --format '{{json .Config.StartupHealthCheck}}' boot
  assert_output '{"Test":["CMD-SHELL","echo starting; test -e /up"],"Interval":30000000,"Timeout":20000000000,"Successes":3}'
}

@test "--health-startup-retries: the container is restarted, and starts up anew" {
  lichen run -d --network none --name again -v "$BASE:/host" --health-startup-cmd 'test -e /host/up' --health-startup-interval 20ms \
    --health-startup-retries 2 --health-cmd true --health-interval 30ms $BUSYBOX sh -c 'echo begun; trap "exit 0" TERM; sleep 1000 & wait'
  was_restarted() { [ "$(lichen logs again | grep -c begun)" -ge 3 ]; }
  wait_until 20 was_restarted
  is_health again starting
  touch "$BASE/up"
  wait_until 10 is_health again healthy
  local times
  times=$(lichen logs again | grep -c begun)
  wait_until 10 is_log_full again
  assert_equal "$(lichen logs again | grep -c begun)" "$times" "starts"
}

@test "a startup check that hangs is killed; one on demand only, and wrong combinations" {
  lichen run -d --network none --name hangs --health-startup-cmd 'exec sleep 778' --health-startup-interval 20ms --health-startup-timeout 100ms --health-cmd true $BUSYBOX sleep 1000
  has_timeout() { [[ $(lichen inspect --format '{{with .State.Health.Log}}{{(index . 0).Output}}{{end}}' hangs) == *"exceeded timeout (100ms)"* ]]; }
  wait_until 10 has_timeout
  lichen run -d --network none --name asked --health-startup-cmd 'true' --health-startup-interval disable --health-cmd 'echo late' --health-interval 20ms $BUSYBOX sleep 1000
  is_health asked starting
  assert_equal "$(lichen inspect --format '{{len .State.Health.Log}}' asked)" 0 checks
  lichen healthcheck run asked
  wait_until 10 is_health asked healthy
  run_lichen create --health-startup-cmd true $BUSYBOX true
  assert_failure 125 "--health-startup-cmd" "--health-cmd"
  run_lichen create --health-startup-retries 1 --health-cmd true $BUSYBOX true
  assert_failure 125 "--health-startup-cmd"
  run_lichen create --health-startup-cmd true --no-healthcheck $BUSYBOX true
  assert_failure 125 "--no-healthcheck"
  run_lichen create --health-startup-cmd true --health-cmd true --health-startup-success -1 $BUSYBOX true
  assert_failure 125 "--health-startup-success"
}
