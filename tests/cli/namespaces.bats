#!/usr/bin/env bats
# --pid, --ipc, --uts and --cgroupns: whose namespace a container is in, and what comes with it.
load helpers

setup_file() {
  make_world
  load_image busybox
  lichen run -d --name other --network none $BUSYBOX sh -c 'echo from other >/dev/shm/note; sleep 1000'
  wait_until 5 lichen exec other test -s /dev/shm/note
}
teardown_file() { remove_world; }

inode_of() { # NAMESPACE [FLAGS]: of a fresh container
  inside "${@:2}" -- readlink "/proc/self/ns/$1"
  assert_success
}
survivors() { pgrep -u "$(id -u)" -f "sleep $1\$" || true; }
are_there() { [ "$(survivors "$2" | wc -l)" = "$1" ]; }
is_gone() { [ -z "$(survivors "$1")" ]; }

@test "--pid, --ipc, --uts, --cgroupns: an own namespace by default and with private" {
  local kind
  for kind in pid ipc uts; do
    inode_of $kind
    [ "$output" != "$(readlink /proc/self/ns/$kind)" ] || fail_with "$kind namespace" "an own one" "$output"
    inode_of $kind "--$kind" private
    [ "$output" != "$(readlink /proc/self/ns/$kind)" ] || fail_with "--$kind private" "an own one" "$output"
  done
  inode_of cgroup --cgroupns private
  [ "$output" != "$(readlink /proc/self/ns/cgroup)" ]
}

@test "--pid host, --ipc host, --uts host, --cgroupns host: the caller's" {
  local kind
  for kind in pid ipc uts; do
    inode_of $kind "--$kind" host
    assert_output "$(readlink /proc/self/ns/$kind)"
  done
  inode_of cgroup --cgroupns host
  assert_output "$(readlink /proc/self/ns/cgroup)"
  inside --pid host -- test -d /proc/$$
  assert_success
  inside --uts host -- hostname
  assert_output "$(hostname)"
  # What is hidden stays hidden in the host's /proc.
  inside --pid host -- sh -c 'cat /proc/timer_list /proc/kcore 2>/dev/null | wc -c; echo x >/proc/sys/kernel/hostname'
  assert_output 0
  assert_stderr "Read-only"
}

@test "--pid container:NAME: it sees the other's processes, and its own end is its own" {
  inside --pid container:other -- sh -c 'cat /proc/1/cmdline | tr "\0" " "; exit 6'
  assert_status 6
  assert_output "sleep 1000 "
  is_state other running
}

@test "--ipc container:NAME: /dev/shm is shared too, both ways" {
  inside --ipc container:other -- sh -c 'cat /dev/shm/note; echo back >/dev/shm/back; ipcmk -M 4096 >/dev/null 2>&1; readlink /proc/self/ns/ipc'
  assert_contains "from other"
  assert_contains "$(lichen exec other readlink /proc/self/ns/ipc)"
  run_lichen exec other cat /dev/shm/back
  assert_output back
}

@test "--uts container:NAME: one host name; --hostname with it is refused" {
  inside --uts container:other -- hostname
  assert_output "$(lichen exec other hostname)"
  run_lichen create --uts container:other --hostname mine $BUSYBOX true
  assert_failure 125 "--hostname" "--uts container:other"
}

@test "--ipc none has no /dev/shm; private and none are joined by nobody, shareable by others" {
  inside --ipc none -- ls -d /dev/shm
  assert_failure 1 "/dev/shm"
  local mode
  for mode in none private; do
    lichen run -d --name "keeps-$mode" --ipc $mode --network none $BUSYBOX sleep 100
    run_lichen create --ipc "container:keeps-$mode" $BUSYBOX true
    assert_failure 125 "keeps-$mode" "--ipc $mode" "shareable"
    lichen rm -f -t 0 "keeps-$mode"
  done
  lichen run -d --name shares --ipc shareable --network none $BUSYBOX sleep 100
  inode_of ipc --ipc container:shares
  assert_output "$(lichen exec shares readlink /proc/self/ns/ipc)"
  lichen rm -f -t 0 shares
}

@test "the other is found by its id when it was renamed; missing or stopped it is named" {
  lichen run -d --name before --network none $BUSYBOX sleep 100
  lichen create --name joins --pid container:before --network none $BUSYBOX sh -c 'tr "\0" " " </proc/1/cmdline'
  lichen rename before after
  run_lichen start -a joins
  assert_output "sleep 100 "
  lichen stop -t 0 after
  run_lichen start joins
  assert_failure 1 "pid namespace" "after" "not running" "lichen start after"
  lichen rm joins after
  run_lichen create --ipc container:nosuch $BUSYBOX true
  assert_failure 125 "--ipc container:nosuch" "nosuch"
  run_lichen create --pid nonsense $BUSYBOX true
  assert_failure 125 "--pid 'nonsense'" "private, host, container:NAME"
}

@test "in a shared pid namespace nothing outlives the container: at its end, at stop, and what exec started" {
  local marker=7$RANDOM
  inside --pid host -- sh -c "sleep $marker & sh -c 'setsid sleep $marker &' & exit 3"
  assert_status 3
  wait_until 5 is_gone $marker
  inside --pid container:other -- sh -c "sleep $marker & exit 4"
  assert_status 4
  wait_until 5 is_gone $marker
  lichen run -d --name stays --pid host --network none $BUSYBOX sh -c "sleep $marker & wait"
  lichen exec -d stays sleep $marker
  wait_until 5 are_there 2 $marker
  lichen stop -t 0 stays
  wait_until 5 is_gone $marker
  lichen rm stays
  is_state other running
}

@test "inspect tells the modes" {
  lichen create --name told --pid host --ipc container:other --uts host --cgroupns host $BUSYBOX true
  run_lichen inspect -f '{{.HostConfig.PidMode}} {{.HostConfig.IpcMode}} {{.HostConfig.UTSMode}} {{.HostConfig.CgroupnsMode}}' told
  assert_output "host container:$(lichen inspect -f '{{.Id}}' other) host host"
  lichen rm told
}
