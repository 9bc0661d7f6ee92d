#!/usr/bin/env bats
# The machine is started again, politely and not: what ran is shown as ended, what was asked to vanish is gone, and all works.
# ctest: timeout=600
load vm

setup_file() { start_machine; }
teardown_file() { stop_machine; }

# One container of each kind, before the reboot; the rest of the store too.
populate() {
  user 'set -e
    lichen volume create data >/dev/null
    lichen run -d --network none --stop-timeout 1 --name runs -v data:/data busybox sh -c "echo kept >/data/file; echo said; sync; exec sleep 100000" >/dev/null
    lichen run -d --network none --stop-timeout 1 --name paused busybox sleep 100000 >/dev/null
    lichen pause paused >/dev/null
    lichen run -d --rm --network none --stop-timeout 1 --name vanishes busybox sleep 100000 >/dev/null
    lichen run -d -p 8080:80 --stop-timeout 1 --name served busybox httpd -f -p 80 >/dev/null
    lichen create --network none --name created busybox echo started >/dev/null
    lichen run --network none --name ended busybox sh -c "exit 3" || [ $? = 3 ]
    lichen exec -d runs sleep 5000
    lichen tag busybox kept:1
    wait_until 20 "lichen logs runs | grep -qx said"
    boot=$(</proc/sys/kernel/random/boot_id); echo "$boot" >~/boot'
  assert_success
}

# The first commands after it are those a person would type; no repair is asked for.
look_around() {
  user '[ "$(<~/boot)" != "$(</proc/sys/kernel/random/boot_id)" ] || fail "this is the same boot"
    lichen ps -q; lichen ps -a --format "{{.Names}} {{.State}}" | sort'
  assert_success
  assert_equal "$stderr" "" "warnings"
  assert_output "created created
ended exited
paused exited
runs exited
served exited"
  user 'lichen inspect -f "{{.State.Running}} {{.State.Paused}} {{.State.Pid}} {{.State.Status}}" runs paused ended; lichen inspect -f "{{.State.ExitCode}}" ended'
  assert_output "false false 0 exited
false false 0 exited
false false 0 exited
3"
  user 'lichen logs runs; lichen run --rm -v data:/data --network none kept:1 cat /data/file'
  assert_output "said
kept"
  user 'lichen system check'
  assert_success
}

# Nothing of the last boot stands in the way.
use_again() {
  user 'set -e
    lichen start runs paused served >/dev/null
    state_of runs; state_of paused; state_of served
    lichen start -a created
    lichen run -d --rm --network none --stop-timeout 1 --name vanishes busybox sleep 100000 >/dev/null
    lichen exec runs echo inside
    wait_until 20 "exec 3<>/dev/tcp/127.0.0.1/8080" 2>/dev/null && echo published
    lichen rm -f -a -t 0 >/dev/null
    lichen volume rm data
    lichen ps -aq; find "$(user_cgroup)" -type d -name "*lichen*"'
  assert_success
  assert_output "running
running
running
started
inside
published
data"
}

@test "a reboot by systemd: containers are ended in order, then shown as exited" {
  populate
  root 'systemd-run -q --on-active=1s --timer-property=AccuracySec=100ms systemctl reboot'
  await_machine
  look_around
}

@test "after it all of them can be used again" { use_again; }

@test "a reset: no process had a chance to end anything" {
  populate
  # What was published before is on disk: no sync.
  root 'systemd-run -q --on-active=1s --timer-property=AccuracySec=100ms sh -c "echo b >/proc/sysrq-trigger"'
  await_machine
  look_around
}

@test "after the reset all of them can be used again" { use_again; }
