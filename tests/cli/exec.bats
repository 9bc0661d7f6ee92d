#!/usr/bin/env bats
# exec: a command in a running container, with that container's view and limits.
load helpers

setup_file() {
  make_world
  load_image busybox layers
  lichen run -d --name box --network none -e FROM_RUN=1 -w /tmp $BUSYBOX sleep 1000
}
teardown_file() { remove_world; }

runs_in_box() { lichen exec box ps 2>/dev/null | grep -q "$1"; }
not_in_box() { ! runs_in_box "$1"; }

@test "exec prints the output and returns the exit code" {
  run_lichen exec box sh -c 'echo hi; exit 6'
  assert_status 6
  assert_output "hi"
}

@test "exec: not found 127, not executable 126, killed 137" {
  run_lichen exec box no-such-command; assert_failure 127 "no-such-command"
  run_lichen exec box /etc/passwd; assert_failure 126 "/etc/passwd"
  run_lichen exec box sh -c 'kill -9 $$'; assert_status 137
}

@test "exec -i pipes bytes both ways" {
  head -c 2000000 /dev/urandom >"$BASE/bytes"
  lichen exec -i box cat <"$BASE/bytes" | cmp - "$BASE/bytes"
}

@test "exec without -i has no standard input" {
  run_lichen exec box cat <<<"no"
  assert_success
  assert_output ""
}

@test "exec sees the container's environment, and -e and --env-file add" {
  echo FILED=2 >"$BASE/env"
  run_lichen exec -e ADDED=1 --env-file "$BASE/env" box env
  assert_contains "FROM_RUN=1"
  assert_contains "ADDED=1"
  assert_contains "FILED=2"
  assert_contains "HOME=/root"
}

@test "exec runs in the container's working directory, or in -w" {
  run_lichen exec box pwd; assert_output "/tmp"
  run_lichen exec -w /etc box pwd; assert_output "/etc"
  run_lichen exec -w /nosuch box pwd; assert_failure 127 "/nosuch"
}

@test "exec -u by name, number and group" {
  run_lichen exec -u user box id -un; assert_output "user"
  run_lichen exec -u 5:6 box sh -c 'id -u; id -g'; assert_output "5
6"
  run_lichen exec -u nobodyhere box true; assert_failure 125 "nobodyhere"
}

@test "exec has the container's capabilities, none for an ordinary user" {
  run_lichen exec box grep CapEff /proc/self/status; assert_contains "00000000800405fb"
  run_lichen exec -u user box grep -E 'Cap(Prm|Eff|Inh|Amb)' /proc/self/status
  refute_contains "8004"
}

@test "exec is under the same seccomp filter" {
  run_lichen exec box grep Seccomp: /proc/self/status
  assert_contains "2"
  run_lichen exec box unshare -m true
  assert_status 1
}

@test "exec shares the namespaces of the container, and nothing else" {
  assert_equal "$(lichen exec box readlink /proc/self/ns/mnt)" "$(lichen exec box readlink /proc/1/ns/mnt)" "mount namespace"
  assert_equal "$(lichen exec box readlink /proc/self/ns/pid)" "$(lichen exec box readlink /proc/1/ns/pid)" "pid namespace"
  assert_equal "$(lichen exec box readlink /proc/self/ns/net)" "$(lichen exec box readlink /proc/1/ns/net)" "network namespace"
  assert_equal "$(lichen exec box readlink /proc/self/ns/cgroup)" "$(lichen exec box readlink /proc/1/ns/cgroup)" "cgroup namespace"
}

@test "exec -t has a terminal of its own, with the caller's size" {
  run_split "$HELPERS/terminal.py" --size 30x90 -- "$LICHEN" exec -it box sh -c 'tty; stty size'
  assert_success
  assert_contains "/dev/pts/"
  assert_contains "30 90"
  assert_stderr "modes: same"
}

@test "exec -it: a shell with job control" {
  run_split "$HELPERS/terminal.py" --step 'expect:# ' --step 'send:echo $((6*7))\r' --step 'expect:42' --step 'send:exit 2\r' -- "$LICHEN" exec -it box sh
  assert_status 2
  assert_stderr "modes: same"
}

@test "exec -d runs in the background" {
  run_lichen exec -d box sh -c 'echo done >/tmp/background'
  assert_success
  wait_until 5 sh -c "'$LICHEN' exec box cat /tmp/background 3>&- | grep -q done"
}

@test "a signal to a foreground exec ends the command inside" {
  "$LICHEN" exec box sleep 777 >/dev/null 2>&1 3>&- 4>&- &
  local pid=$!
  wait_until 5 runs_in_box "sleep 777"
  kill -TERM $pid
  wait $pid || true
  wait_until 5 not_in_box "sleep 777"
}

@test "exec --privileged has every capability of the user namespace, exec alone has not" {
  run_lichen exec --privileged box grep CapEff /proc/self/status
  assert_contains "$(unshare -r grep CapEff /proc/self/status)"
  run_lichen exec box grep CapEff /proc/self/status
  assert_contains "00000000800405fb"
}

@test "exec in a container that is not running, or not there" {
  lichen create --name idle --network none $BUSYBOX true
  run_lichen exec idle true
  assert_failure 125 "idle" "not running"
  lichen rm idle
  run_lichen exec bux true
  assert_failure 125 "bux" "box"
}

@test "exec ends when the container dies" {
  lichen run -d --name dying --network none $BUSYBOX sleep 1000
  "$LICHEN" exec dying sleep 1000 >/dev/null 2>&1 3>&- 4>&- &
  local pid=$!
  wait_until 5 sh -c "[ \$('$LICHEN' top dying args | grep -c sleep) = 2 ]"
  lichen kill dying
  wait_until 5 sh -c "! kill -0 $pid 2>/dev/null"
  lichen rm -f dying
}

@test "200 exec, twenty at a time: no error" {
  seq 200 | xargs -P 20 -I{} sh -c '"$0" exec box sh -c "echo {}" 3>&- 4>&- || echo failed {}' "$LICHEN" >"$BASE/execs" 2>&1
  assert_same_lines "$(sort -n "$BASE/execs")" "$(seq 200)" "the output of 200 execs"
}
