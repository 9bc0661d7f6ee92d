#!/usr/bin/env bats
# restart, pause, unpause, rename, top, port, stats.
load helpers

setup_file() { make_world; load_image busybox; }
teardown_file() { remove_world; }
teardown() { lichen rm -f -a -t 0 >/dev/null 2>&1 || true; }

sleeper() { lichen run -d --name "$1" --network none "${@:2}" $BUSYBOX sleep 1000 >/dev/null; }
counter() { # one dot every 20 ms
  lichen run -d --name "$1" --network none $BUSYBOX sh -c 'while :; do echo .; sleep 0.02; done' >/dev/null
}
lines_of() { lichen logs "$1" | wc -l; }
# halted CONTAINER: the kernel runs none of its processes, by a frozen cgroup or one by one (T in proc(5); Z has ended).
halted() {
  local pid pids
  pids=$(lichen top "$1" hpid | tail -n +2)
  [ -n "$pids" ] || return 1
  for pid in $pids; do
    grep -qsx 'frozen 1' "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$pid/cgroup")/cgroup.events" ||
      grep -q '^State:.[TZ]' "/proc/$pid/status" || return 1
  done
}
first_pid() { lichen inspect -f '{{.State.Pid}}' "$1"; }
names() { lichen ps -a --format '{{.Names}}' | sort | xargs; }

@test "restart: another process in the same container, the same monitor, the log goes on" {
  lichen run -d --name web --network none $BUSYBOX sh -c 'trap "echo bye; exit 0" TERM; echo up; while :; do sleep 0.02; done' >/dev/null
  wait_until 5 sh -c "'$LICHEN' logs web | grep -q up"
  local pid monitor id
  pid=$(first_pid web)
  monitor=$(lichen inspect -f '{{.State.ConmonPid}}' web)
  id=$(lichen inspect -f '{{.Id}}' web)
  run_lichen restart web
  assert_success
  assert_output web
  [ "$(first_pid web)" != "$pid" ]
  assert_equal "$(lichen inspect -f '{{.State.ConmonPid}} {{.Id}} {{.State.Status}} {{.RestartCount}}' web)" "$monitor $id running 0"
  wait_until 5 sh -c "[ \$('$LICHEN' logs web | grep -c up) = 2 ]"
  assert_equal "$(lichen logs web | xargs)" "up bye up"
}

@test "restart: a stopped container is started; -t and --signal are used" {
  sleeper one
  lichen stop -t 0 one
  lichen restart one
  is_state one running
  lichen run -d --name stubborn --network none $BUSYBOX sh -c 'trap "" TERM; echo up; while :; do sleep 0.02; done' >/dev/null
  wait_until 5 sh -c "'$LICHEN' logs stubborn | grep -q up"
  assert_less "$(milliseconds "$LICHEN" restart -t 0 stubborn)" 5000 "milliseconds"
  lichen run -d --name usr --network none $BUSYBOX sh -c 'trap "echo usr; exit 0" USR1; echo up; while :; do sleep 0.02; done' >/dev/null
  wait_until 5 sh -c "'$LICHEN' logs usr | grep -q up"
  lichen restart --signal USR1 usr
  lichen logs usr | grep -qx usr
}

@test "restart: a --rm container is not removed by it; what is attached stays attached" {
  sleeper gone --rm
  lichen restart -t 0 gone
  is_state gone running
  lichen stop -t 0 gone
  wait_until 5 sh -c "! '$LICHEN' container exists gone"
}

@test "restart: of a name that is not there, the others are done" {
  sleeper one
  run_lichen restart -t 0 nosuch one
  assert_failure 1 "nosuch"
  assert_output one
}

@test "pause: nothing runs; unpause: it goes on" {
  counter clock
  wait_until 5 sh -c "[ \$('$LICHEN' logs clock | wc -l) -gt 3 ]"
  run_lichen pause clock
  assert_success
  assert_output clock
  is_state clock paused
  halted clock
  local before
  before=$(lines_of clock)
  lichen ps --format '{{.Status}}' | grep -q "(Paused)"
  run_lichen exec clock true
  assert_failure 125 "paused"
  run_lichen pause clock
  assert_failure 1 "already paused"
  lichen unpause clock
  is_state clock running
  run halted clock
  assert_status 1
  wait_until 5 sh -c "[ \$('$LICHEN' logs clock | wc -l) -gt $before ]"
  run_lichen unpause clock
  assert_failure 1 "not paused"
}

@test "pause: children that fork all the time are caught too" {
  lichen run -d --name forks --network none $BUSYBOX sh -c 'for i in 1 2 3 4; do (while :; do true & wait; echo x >>/tmp/x; done) & done; wait' >/dev/null
  wait_until 5 lichen exec forks test -s /tmp/x
  lichen pause forks
  halted forks
  lichen rm -f -t 0 forks
}

@test "a paused container can be stopped, killed, restarted and removed" {
  sleeper one
  lichen pause one
  assert_less "$(milliseconds "$LICHEN" stop one)" 8000 "milliseconds of stop"
  is_state one exited
  lichen start one
  lichen pause one
  lichen restart -t 0 one
  is_state one running
  lichen pause one
  lichen kill one
  wait_until 5 is_state one exited
  lichen start one
  lichen pause one
  lichen rm -f one
}

@test "rename: the new name works, the old one is free, events and files follow" {
  sleeper old
  lichen rename old new
  is_state new running
  run_lichen inspect old
  assert_failure 1 "old"
  lichen run --rm --name old --network none $BUSYBOX true
  lichen stop -t 0 new
  lichen start new
  assert_equal "$(lichen inspect -f '{{.Name}}' new)" /new
}

@test "rename: taken, equal and impossible names are refused and change nothing" {
  sleeper a
  sleeper b
  run_lichen rename a b
  assert_failure 125 "in use"
  run_lichen rename a a
  assert_failure 125 "called so already"
  run_lichen rename a 'x y'
  assert_failure 125 "invalid container name 'x y'"
  run_lichen rename nosuch c
  assert_failure 125 "no such container: nosuch"
  assert_equal "$(names)" "a b"
}

@test "rename: of a running --rm container, no name is left" {
  sleeper one --rm
  lichen rename one two
  lichen stop -t 0 two
  wait_until 5 sh -c "! '$LICHEN' container exists two"
  assert_equal "$(ls "$LICHEN_ROOT/names")" ""
}

@test "rename: killed between its steps, the container has one name and the other is free" {
  sleeper one
  local id
  id=$(lichen inspect -f '{{.Id}}' one)
  ln -s "$id" "$LICHEN_ROOT/names/two" # as far as the first step gets
  lichen run --rm --name two --network none $BUSYBOX true
  is_state one running
}

@test "top: docker's columns, podman's descriptors, ps options" {
  sleeper one
  lichen exec -d one sleep 2000
  run_lichen top one
  assert_success
  assert_equal "$(head -1 <<<"$output" | xargs)" "UID PID PPID C STIME TTY TIME CMD"
  assert_contains "sleep 1000"
  assert_contains "sleep 2000"
  assert_equal "$(wc -l <<<"$output")" 3 "lines: nothing of the host"
  assert_equal "$(lichen top one pid,user args | sed -n 2p | xargs)" "1 root sleep 1000"
  command -v ps >/dev/null || skip "no ps here"
  assert_equal "$(lichen top one -o pid,args | sed -n 2p | xargs)" "$(first_pid one) sleep 1000"
  run_lichen top one bogus
  assert_failure 125 "bogus"
}

@test "top: a container that does not run" {
  lichen create --name made --network none $BUSYBOX true >/dev/null
  run_lichen top made
  assert_failure 125 "not running"
}

@test "port: all, one, none" {
  lichen run -d --name web -p 127.0.0.1:0:80 -p 127.0.0.1:0:53/udp $BUSYBOX sleep 1000 >/dev/null
  run_lichen port web
  [[ ${lines[*]} =~ 80/tcp\ -\>\ 127\.0\.0\.1:[0-9]+ ]] || fail_with lines "80/tcp -> 127.0.0.1:N" "$output"
  [[ ${lines[*]} =~ 53/udp\ -\>\ 127\.0\.0\.1:[0-9]+ ]] || fail_with lines "53/udp -> 127.0.0.1:N" "$output"
  local one
  one=$(lichen port web 80)
  [[ $one =~ ^127\.0\.0\.1:[0-9]+$ ]]
  assert_equal "$(lichen port web 80/tcp)" "$one"
  run_lichen port web 99
  assert_failure 1 "99/tcp"
}

@test "stats: CPU, memory and processes of a container are seen" {
  lichen run -d --name busy --network none $BUSYBOX sh -c 'x=$(head -c 20000000 /dev/zero | tr "\0" x); while :; do :; done' >/dev/null
  sleeper idle
  # It has its text and is alone: the loop has begun.
  wait_until 20 sh -c "'$LICHEN' stats --no-stream --format '{{.MemUsageBytes}} {{.PIDs}}' busy | grep -qE '^[2-9][0-9]{7} 1\$'"
  local row
  row=$(lichen stats --no-stream --format '{{.CPUPerc}} {{.PIDs}}' busy)
  [[ $row =~ ^[1-9][0-9]*\.[0-9][0-9]%\ 1$ ]] || fail_with "a busy container" "CPU above 1 %, 1 process" "$row"
  assert_equal "$(lichen stats --no-stream --format '{{.CPUPerc}} {{.PIDs}}' idle)" "0.00% 1"
  assert_equal "$(lichen stats --no-stream --format '{{.Name}}' | sort | xargs)" "busy idle"
  lichen stats --no-stream --format json busy | python3 -c 'import json, sys; row = json.load(sys.stdin); assert row["Name"] == "busy" and "/" in row["MemUsage"]'
}

@test "stats: a terminal is drawn over, with --no-reset each time comes below the last one" {
  sleeper idle
  run_split python3 "$HELPERS/terminal.py" --step 'expect:idle' --step 'expect:idle' --step signal:SIGINT -- "$LICHEN" stats --format '{{.Name}}'
  assert_contains $'\x1b[H'
  run_split python3 "$HELPERS/terminal.py" --step 'expect:idle' --step 'expect:idle' --step signal:SIGINT -- "$LICHEN" stats --no-reset --format '{{.Name}}'
  refute_contains $'\x1b'
}

@test "--filter, --latest, --cidfile choose the containers" {
  lichen run -d --name keep --restart always --cidfile "$BASE/cid" --network none $BUSYBOX sleep 1000 >/dev/null
  sleeper once
  run_lichen stop -t 0 --filter restart-policy=always
  assert_output keep
  assert_equal "$(lichen ps --format '{{.Names}}')" once
  run_lichen start --filter restart-policy=always
  assert_output keep
  run_lichen restart -t 0 --latest
  assert_output once
  run_lichen kill --cidfile "$BASE/cid"
  assert_success
  wait_until 5 is_state keep exited
  run_lichen rm --cidfile "$BASE/cid"
  assert_success
  run_lichen stop --filter restart-policy=always once
  assert_failure 125 "exclude"
  echo rubbish >"$BASE/cid"
  run_lichen stop --cidfile "$BASE/cid"
  assert_failure 125 "holds no container id"
}

@test "restart --all, --running and --time" {
  sleeper runs
  lichen create --name rests --network none $BUSYBOX sleep 1000
  local pid
  pid=$(first_pid runs)
  run_lichen restart --running --time 0
  assert_output runs
  [ "$(first_pid runs)" != "$pid" ]
  is_state rests created
  lichen run -d --name stubborn --network none $BUSYBOX sh -c 'trap "" TERM; echo up; while :; do sleep 0.02; done' >/dev/null
  wait_until 5 sh -c "'$LICHEN' logs stubborn | grep -q up"
  # --time is --timeout: the container's own ten seconds are not waited for.
  assert_less "$(milliseconds "$LICHEN" restart --all --time 1)" 8000 "milliseconds"
  is_state rests running
  is_state stubborn running
}

@test "port --all, stats --all and --no-trunc" {
  lichen run -d --name web --network slirp4netns -p 127.0.0.1::80 -p 127.0.0.1::53/udp $BUSYBOX sleep 1000 >/dev/null
  local id
  id=$(lichen inspect -f '{{.Id}}' web)
  run_lichen port --all
  assert_matches "(${id:0:12}|web)[[:space:]]+53/udp -> 127\.0\.0\.1:[0-9]+"
  assert_matches "80/tcp -> 127\.0\.0\.1:[0-9]+"
  lichen create --name rests --network none $BUSYBOX true
  run_lichen stats --no-stream --format '{{.Name}}'
  assert_output web
  run_lichen stats --no-stream --all --format '{{.Name}} {{.PIDs}}'
  assert_equal "$(sort <<<"$output")" $'rests 0\nweb 1'
  run_lichen stats --no-stream; assert_contains "${id:0:12} "; refute_contains "$id"
  run_lichen stats --no-stream --no-trunc; assert_contains "$id"
}

@test "stop --time is --timeout" {
  lichen run -d --name stubborn --network none $BUSYBOX sh -c 'trap "" TERM; echo up; while :; do sleep 0.02; done' >/dev/null
  wait_until 5 sh -c "'$LICHEN' logs stubborn | grep -q up"
  assert_less "$(milliseconds "$LICHEN" stop --time 1 stubborn)" 8000 "milliseconds"
  assert_equal "$(lichen inspect -f '{{.State.ExitCode}}' stubborn)" 137
}
