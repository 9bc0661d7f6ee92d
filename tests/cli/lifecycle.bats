#!/usr/bin/env bats
# stop, kill, wait, rm, attach, and what they leave behind.
load helpers

setup_file() { make_world; load_image busybox; }
teardown_file() { remove_world; }
teardown() { lichen rm -f -a -t 0 >/dev/null 2>&1 || true; }

sleeper() { lichen run -d --name "$1" --network none $BUSYBOX sleep 1000 >/dev/null; }

@test "stop: PID 1 without a handler is not waited for" {
  sleeper deaf
  # The kernel drops SIGTERM for a PID 1 that has not asked for it: waiting ten seconds would be for nothing.
  assert_less "$(milliseconds "$LICHEN" stop deaf)" 3000 "milliseconds of stop"
  is_state deaf exited
  assert_equal "$(lichen inspect -f '{{.State.ExitCode}}' deaf)" 137 "exit code"
}

@test "stop: a handler runs to its end, its exit code is kept" {
  lichen run -d --name polite --network none $BUSYBOX sh -c 'trap "echo bye; exit 5" TERM; echo up; while :; do sleep 0.02; done'
  wait_until 5 sh -c "'$LICHEN' logs polite | grep -q up"
  run_lichen stop polite
  assert_success
  assert_output "polite"
  assert_equal "$(lichen inspect -f '{{.State.ExitCode}}' polite)" 5 "exit code"
  assert_equal "$(lichen logs polite)" "up
bye" logs
}

@test "stop -t: a handler that does not end is killed after the time" {
  lichen run -d --name stubborn --network none $BUSYBOX sh -c 'trap "" TERM; echo up; while :; do sleep 0.05; done'
  wait_until 5 sh -c "'$LICHEN' logs stubborn | grep -q up"
  local took
  took=$(milliseconds "$LICHEN" stop -t 1 stubborn)
  assert_less "$took" 4000 "milliseconds of stop -t 1"
  assert_equal "$(lichen inspect -f '{{.State.ExitCode}}' stubborn)" 137 "exit code"
}

@test "a monitor that waits takes little memory" {
  sleeper quiet
  local monitor
  monitor=$(lichen inspect -f '{{.State.ConmonPid}}' quiet)
  assert_equal "$(readlink "/proc/$monitor/exe" | sed 's|.*/||')" lichen-conmon
  # Design, section 9. It gives pages back after a moment of silence.
  wait_until 10 awk '$1 == "Pss:" { exit !($2 < 600) }' "/proc/$monitor/smaps_rollup"
}

@test "--stop-signal and --stop-timeout of the container are used" {
  lichen run -d --name usr --stop-signal USR2 --stop-timeout 20 --network none $BUSYBOX \
    sh -c 'trap "exit 8" USR2; echo up; while :; do sleep 0.02; done'
  wait_until 5 sh -c "'$LICHEN' logs usr | grep -q up"
  lichen stop usr
  assert_equal "$(lichen inspect -f '{{.State.ExitCode}}' usr)" 8 "exit code"
}

@test "stop of a stopped container is no error; of a missing one it is" {
  sleeper once
  lichen stop -t 0 once
  run_lichen stop once; assert_success
  run_lichen stop nothere; assert_failure 1 "nothere"
}

@test "stop of several: each is done, the missing one is named, the status tells" {
  sleeper one
  sleeper two
  run_lichen stop -t 0 one missing two
  [ "$status" != 0 ]
  assert_contains "one"
  assert_contains "two"
  assert_stderr "missing"
  is_state one exited
  is_state two exited
}

@test "kill: KILL by default, another with -s, by name and number" {
  lichen run -d --name victim --network none $BUSYBOX sh -c 'trap "echo hup" HUP; trap "echo usr1" USR1; echo up; while :; do sleep 0.02; done'
  wait_until 5 sh -c "'$LICHEN' logs victim | grep -q up"
  lichen kill -s HUP victim
  lichen kill -s SIGUSR1 victim
  wait_until 5 sh -c "'$LICHEN' logs victim | grep -q usr1"
  lichen kill -s 1 victim
  run_lichen kill -s NOSUCH victim; assert_failure 1 "NOSUCH"
  lichen kill victim
  wait_until 5 is_state victim exited
  assert_equal "$(lichen inspect -f '{{.State.ExitCode}}' victim)" 137 "exit code"
  run_lichen kill victim; assert_failure 1 "victim" "not running"
}

@test "wait prints the exit code, of several in their order" {
  lichen run -d --name w1 --network none $BUSYBOX sh -c 'sleep 0.3; exit 3'
  lichen run -d --name w2 --network none $BUSYBOX sh -c 'exit 4'
  run_lichen wait w1 w2
  assert_success
  assert_output "3
4"
  run_lichen wait w1
  assert_output "3"
}

@test "rm refuses a running container and says how; rm -f kills it" {
  sleeper running
  run_lichen rm running
  assert_failure 1 "running" "stop"
  run_lichen rm -f running
  assert_success
  assert_output "running"
  assert_equal "$(lichen ps -aq)" "" "containers"
}

@test "rm: by short id, several at once, missing ones named; -f of a missing one is fine" {
  local a b
  a=$(lichen create --network none $BUSYBOX true)
  b=$(lichen create --network none $BUSYBOX true)
  run_lichen rm "${a:0:12}" missing "${b:0:6}"
  [ "$status" != 0 ]
  assert_stderr "missing"
  assert_equal "$(lichen ps -aq)" "" "containers"
  run_lichen rm -f missing
  assert_success
}

@test "an ambiguous id prefix is refused with the candidates" {
  local ids first
  seq 20 | while read -r; do lichen create --network none $BUSYBOX true >/dev/null; done
  ids=$(lichen ps -aq --no-trunc)
  first=$(cut -c1 <<<"$ids" | sort | uniq -d | head -n 1)
  [ -n "$first" ] || skip "20 random ids without a common first digit"
  run_lichen inspect "$first"
  assert_failure 1 "$first"
  lichen container prune -f
}

@test "attach shows the output and takes input; ctrl-p ctrl-q leaves the container running" {
  lichen run -dit --name att --network none $BUSYBOX sh
  run_split "$HELPERS/terminal.py" --step 'send:echo $((20+3))\r' --step 'expect:23' --step 'send:\x10\x11' -- "$LICHEN" attach att
  assert_stderr "modes: same"
  is_state att running
  run_split "$HELPERS/terminal.py" --step 'send:exit 9\r' -- "$LICHEN" attach att
  assert_status 9
}

@test "attach --detach-keys" {
  lichen run -dit --name keys --network none $BUSYBOX sh
  run_split "$HELPERS/terminal.py" --step 'send:echo hi\r' --step 'expect:hi' --step 'send:x' --step 'send:yz' -- "$LICHEN" attach --detach-keys x,y,z keys
  is_state keys running
}

@test "run -it: ctrl-p ctrl-q detaches" {
  run_split "$HELPERS/terminal.py" --step 'expect:# ' --step 'send:\x10\x11' -- "$LICHEN" run -it --name detach --network none $BUSYBOX sh
  assert_stderr "modes: same"
  is_state detach running
}

@test "several clients attach and see the same" {
  lichen run -di --name many --network none $BUSYBOX sh -c '(while :; do echo tick; sleep 0.05; done) & read x; kill $!; echo "got $x"; sleep 1000'
  "$LICHEN" attach --no-stdin many >"$BASE/m1" 2>/dev/null 3>&- 4>&- &
  local first=$!
  "$LICHEN" attach --no-stdin many >"$BASE/m2" 2>/dev/null 3>&- 4>&- &
  local second=$!
  wait_until 5 grep -q tick "$BASE/m1"
  wait_until 5 grep -q tick "$BASE/m2"
  mkfifo "$BASE/typed"
  timeout 20 "$LICHEN" attach many <"$BASE/typed" >"$BASE/m3" 2>/dev/null 3>&- 4>&- &
  local third=$!
  exec 8>"$BASE/typed" # held open: its end would end the attachment
  echo word >&8
  wait_until 5 grep -q "got word" "$BASE/m1"
  wait_until 5 grep -q "got word" "$BASE/m2"
  wait_until 5 grep -q "got word" "$BASE/m3"
  exec 8>&-
  lichen kill many
  wait $first $second $third || true
}

@test "attach to a container that is not running" {
  lichen create --name idle --network none $BUSYBOX true
  run_lichen attach idle
  assert_failure 125 "idle"
}

@test "a killed monitor: the container is seen as ended, and can be removed and started" {
  sleeper orphan
  local monitor
  monitor=$(pgrep -u "$(id -u)" -f "lichen-conmon.*$(lichen inspect -f '{{.Id}}' orphan)" | head -n 1)
  [ -n "$monitor" ] || fail_with "monitor" "a process" "none"
  kill -9 "$monitor"
  wait_until 5 is_state orphan exited
  run_lichen start orphan
  assert_success
  is_state orphan running
  run_lichen rm -f orphan
  assert_success
}

@test "SIGTERM to the monitor stops the container" {
  sleeper termed
  local monitor
  monitor=$(pgrep -u "$(id -u)" -f "lichen-conmon.*$(lichen inspect -f '{{.Id}}' termed)" | head -n 1)
  kill -TERM "$monitor"
  wait_until 15 is_state termed exited
}

@test "a dead container's monitor is gone, its mounts too" {
  sleeper short
  lichen stop -t 0 short
  assert_equal "$(wait_until_empty 5 leftover_processes)" "" "processes"
  assert_equal "$(grep -c "$LICHEN_ROOT" /proc/self/mountinfo)" 0 "mounts"
  assert_equal "$(wait_until_empty 5 leftover_staging)" "" staging
}

@test "container prune asks, and removes only what is not running" {
  sleeper up
  lichen create --name down --network none $BUSYBOX true
  run_lichen container prune <<<"n"
  assert_equal "$(lichen ps -aq | wc -l)" 2 containers
  run_lichen container prune -f
  assert_success
  assert_equal "$(lichen ps -a --format '{{.Names}}')" up containers
}

@test "the container-prefixed forms are the same commands" {
  run_lichen container run --rm --network none $BUSYBOX echo hi; assert_output "hi"
  lichen container create --name pre --network none $BUSYBOX true
  run_lichen container ls -a --format '{{.Names}}'; assert_output "pre"
  run_lichen container exists pre; assert_success
  run_lichen container exists post; assert_status 1
  run_lichen container rm pre; assert_success
}

@test "start, killed at any moment: the next start works, and stop too" {
  local rounds=$((20 * ${LICHEN_TEST_ROUNDS:-1}))
  lichen create --name again --network none $BUSYBOX sh -c 'trap "exit 0" TERM; while :; do sleep 1000 & wait $!; done' >/dev/null
  while ((rounds-- > 0)); do
    timeout -s KILL "0.0$((RANDOM % 2))$((RANDOM % 10))" "$LICHEN" start again >/dev/null 2>&1 3>&- || true
    run_lichen start again
    assert_success || return 1
    is_state again running || return 1
    lichen stop -t 0 again >/dev/null
    is_state again exited || return 1
  done
  lichen rm again >/dev/null
}
