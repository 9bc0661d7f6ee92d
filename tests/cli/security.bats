#!/usr/bin/env bats
# Security defaults of design section 7: each test tries the bad thing from inside, or with a hostile image, and has an
# innocent twin that must work.
load helpers

setup_file() { make_world; load_image busybox; }
teardown_file() { remove_world; }

image_with() { # TAG PYTHON-CALLS-ON-layer [CONFIG-JSON]: busybox with a hostile layer above
  python3 - "$HELPERS" "$BASE/$1.tar" "localhost/$1" "$2" "${3:-{\}}" <<'EOF'
import json, sys
sys.path.insert(0, sys.argv[1])
import make_image
layer = make_image.Layer()
exec(sys.argv[4])
config = {"Cmd": ["sh"], "Env": ["PATH=/usr/bin:/bin"], **json.loads(sys.argv[5])}
make_image.write_archive(sys.argv[2], sys.argv[3] + ":latest", [make_image.busybox_layer(), layer.bytes()], config)
EOF
  lichen load -q -i "$BASE/$1.tar" >/dev/null 2>"$BASE/load.err"
}

@test "C12 capabilities: the eleven, nothing inheritable or ambient" {
  inside -- grep Cap /proc/self/status
  assert_matches $'CapInh:\t0000000000000000'
  assert_matches $'CapBnd:\t00000000800405fb'
  assert_matches $'CapAmb:\t0000000000000000'
  inside -u user -- grep CapEff /proc/self/status
  assert_contains "0000000000000000"
}

@test "C43 seccomp is on in the first process, its children, exec of all kinds and health checks, with the same NoNewPrivs" {
  inside -- sh -c 'grep Seccomp: /proc/self/status; sh -c "grep Seccomp: /proc/self/status"'
  assert_equal "$(grep -c '2$' <<<"$output")" 2 "processes under a filter"
  local option bit=0
  for option in "" "--security-opt no-new-privileges"; do
    # shellcheck disable=SC2086
    lichen run -d --name all --network none $option --health-cmd 'until [ -e /checked ]; do grep -E "Seccomp:|NoNew" /proc/self/status >/health; : >/checked; done; sleep 100' \
      --health-interval 1s --health-timeout 100s $BUSYBOX sh -c 'sleep 1000 & sleep 1000' >/dev/null
    lichen exec -d all sleep 1000
    lichen exec -d -t all sh -c 'sleep 1000 & sleep 1000'
    wait_until 20 lichen exec all test -e /checked
    # shellcheck disable=SC2016
    wait_until 10 lichen exec all sh -c '[ "$(cat /proc/[0-9]*/comm | grep -c sleep)" -ge 5 ]'
    run_lichen exec all sh -c 'cat /health /proc/[0-9]*/task/*/status | grep -E "Seccomp:|NoNew" | tr "\t" " " | sort | uniq -c | sed "s/^ *[0-9]* //"'
    assert_output "NoNewPrivs: $bit
Seccomp: 2" || return 1
    lichen rm -f -t 0 all >/dev/null
    bit=1
  done
}

@test "C18 mount, unshare, keyctl, io_uring, userfaultfd, AF_ALG, AF_VSOCK are refused" {
  inside -- mount -t tmpfs none /tmp; [ "$status" != 0 ]; assert_stderr "not permitted" || assert_stderr "denied"
  inside -- unshare -U true; [ "$status" != 0 ]; assert_stderr "not permitted"
  need cc
  cat >"$BASE/calls.c" <<'EOF'
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
static void call(const char* name, long number, long a, long b) { errno = 0; long r = syscall(number, a, b, 0, 0, 0); printf("%s %ld %d\n", name, r, errno); }
int main(void) {
  call("keyctl", SYS_keyctl, 0, -3); call("add_key", SYS_add_key, 0, 0); call("io_uring_setup", SYS_io_uring_setup, 1, 0);
  call("userfaultfd", SYS_userfaultfd, 0, 0); call("bpf", SYS_bpf, 0, 0); call("perf_event_open", SYS_perf_event_open, 0, 0);
  call("clone3", SYS_clone3, 0, 0); call("setns", SYS_setns, 0, 0); call("unshare", SYS_unshare, 0x10000000, 0);
  call("kexec_load", SYS_kexec_load, 0, 0); call("open_by_handle_at", SYS_open_by_handle_at, 0, 0); call("fsopen", SYS_fsopen, 0, 0);
  call("move_mount", SYS_move_mount, 0, 0); call("unknown", 480, 0, 0);
  call("clone_newuser", SYS_clone, 0x10000000 | 17, 0);
  errno = 0; printf("af_alg %d %d\n", socket(38, SOCK_SEQPACKET, 0), errno);
  errno = 0; printf("af_vsock %d %d\n", socket(40, SOCK_STREAM, 0), errno);
  printf("af_unix %d\n", socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
}
EOF
  cc -static -o "$BASE/calls" "$BASE/calls.c"
  inside -v "$BASE/calls:/calls:ro" -- /calls
  assert_success
  refute_contains " 0 0"
  assert_contains "clone3 -1 38"
  assert_contains "unknown -1 38"
  assert_contains "keyctl -1 1"
  assert_contains "io_uring_setup -1 1" || assert_contains "io_uring_setup -1 38"
  assert_contains "unshare -1 1"
  assert_contains "af_alg -1"
  assert_contains "af_vsock -1"
  assert_contains "af_unix 1"
}

@test "C09 masked paths show nothing, read-only paths are read-only" {
  inside -- sh -c 'for p in /proc/kcore /proc/keys /proc/timer_list /proc/sched_debug /proc/interrupts; do [ -e $p ] || continue; [ "$(head -c 10 $p 2>/dev/null | wc -c)" = 0 ] || echo open $p; done
    for d in /proc/acpi /proc/scsi /sys/firmware /sys/devices/virtual/powercap; do [ -d $d ] && [ -n "$(ls $d)" ] && echo listed $d; done
    for p in /proc/sys/kernel/hostname /proc/sysrq-trigger /proc/irq/default_smp_affinity; do (echo x >$p) 2>/dev/null && echo wrote $p; done; true'
  assert_output ""
}

@test "C10 cgroup files refuse writes, also where nothing is delegated" {
  inside -- sh -c 'find /sys/fs/cgroup -type f -maxdepth 3 2>/dev/null | while read f; do (echo 1 >"$f") 2>/dev/null && echo "wrote $f"; done; true'
  assert_output ""
}

@test "/dev has the six, and no device of the host" {
  inside -- sh -c 'find /dev -type c -o -type b | sort | tr "\n" " "'
  assert_matches '^/dev/full /dev/null (/dev/pts/ptmx )?/dev/random /dev/tty /dev/urandom /dev/zero $'
}

@test "C01 descriptors of the caller do not reach the container, WORKDIR through /proc/self/fd stays inside" {
  exec 30</ 31<"$HOME"
  inside -- ls /proc/self/fd
  assert_output "0
1
2
3"
  local number
  for number in 3 4 5 6 7 8 9 10 11 12 13 14 15 30 31; do
    inside -w "/proc/self/fd/$number" -- sh -c 'ls -d ./home/dev ./../../../etc/subuid 2>/dev/null; cat ../../../../etc/hostname 2>/dev/null'
    refute_contains "subuid"
  done
  exec 30<&- 31<&-
}

@test "namespaces are the container's own" {
  local kind
  for kind in mnt pid ipc uts net cgroup; do
    [ "$(lichen run --rm --network none $BUSYBOX readlink /proc/self/ns/$kind)" != "$(readlink /proc/self/ns/$kind)" ] ||
      fail_with "$kind namespace" "another than the host's" "the host's"
  done
}

@test "C02 the program behind /proc/1/exe is not ours and ours does not change" {
  local sum
  sum=$(sha256sum "$LICHEN_TEST_BIN"/lichen* | sha256sum)
  inside -- sh -c 'readlink /proc/1/exe; for i in 1 2 3; do (echo x >/proc/self/exe) 2>/dev/null; done; true'
  assert_contains "/bin/sh"
  run_lichen run --rm --network none --entrypoint /proc/self/exe $BUSYBOX --version
  assert_equal "$(sha256sum "$LICHEN_TEST_BIN"/lichen* | sha256sum)" "$sum" "our programs"
}

@test "C03 C08 an image whose /proc, /dev, /etc or workdir are symlinks to the host: contained; /var/run -> /run works" {
  local target
  mkdir -p "$BASE/canary"
  echo canary >"$BASE/canary/file"
  local before
  before=$(find "$BASE/canary" -printf '%p %i %m %U %T@ %s\n' | sha256sum)
  for target in proc sys dev dev/pts dev/shm etc etc/hosts etc/resolv.conf etc/hostname etc/passwd run tmp; do
    image_with "link$(tr -d / <<<$target)" "layer.whiteout('$target').symlink('$target', '../../../../../../../..$BASE/canary')" || continue
    run_lichen run --rm --network none -u user -w /tmp/x "localhost/link$(tr -d / <<<$target)" true
  done
  assert_equal "$(find "$BASE/canary" -printf '%p %i %m %U %T@ %s\n' | sha256sum)" "$before" "the canary: $(ls -la "$BASE/canary")"
  image_with varrun "layer.directory('var').symlink('var/run', '/run')"
  run_lichen run --rm --network none localhost/varrun sh -c 'echo x >/var/run/f; cat /run/f'
  assert_output "x"
}

@test "C26 hostile layer names never leave the layer; the harmless twin unpacks" {
  echo untouched >"$BASE/tmp/victim"
  local calls
  for calls in "layer.file('../../../../../../../..$BASE/tmp/victim', 'x')" "layer.file('$BASE/tmp/victim', 'x')" \
    "layer.symlink('esc', '/').file('esc$BASE/tmp/victim', 'x')" "layer.symlink('esc', '../../../../../../../../..').file('esc$BASE/tmp/victim', 'x')" \
    "layer.hardlink('h', '../../../../../../..$BASE/tmp/victim').file('h', 'x')" "layer.whiteout('../../../../../../../..$BASE/tmp/victim')" \
    "layer.add('.wh...')" "layer.add('.wh.')" "layer.symlink('.', '/tmp')"; do
    image_with hostile "$calls" || true
    assert_equal "$(cat "$BASE/tmp/victim")" untouched "the victim after: $calls"
  done
  image_with harmless "layer.directory('etc').directory('a').symlink('a/b', '../etc').file('a/b/inside', 'ok\\n')"
  run_lichen run --rm --network none localhost/harmless cat /etc/inside
  assert_output "ok"
}

@test "C15 image environment is exact: nothing of the host by name or wildcard" {
  image_with envs "layer.file('x', '')" '{"Env": ["HOME", "*", "USER*", "=x", "GOOD=1", "PATH=/bin"]}'
  SECRET_HERE=1 run_lichen run --rm --network none localhost/envs env
  refute_contains "SECRET"
  refute_contains "$BASE"
  [ "$status" != 0 ] || assert_contains "GOOD=1"
}

@test "C15 a newline in a user, host name, label or added host makes no second line" {
  local nl=$'evil\nroot2:x:0:0::/:/bin/sh'
  run_lichen run --rm --network none --hostname "$nl" $BUSYBOX true; [ "$status" != 0 ]
  run_lichen run --rm --network none --add-host "$nl:1.2.3.4" $BUSYBOX true; [ "$status" != 0 ]
  run_lichen run --rm --network none -u "$nl" $BUSYBOX true; [ "$status" != 0 ]
  run_lichen run --rm --network none -e "HOME=/x"$'\n'"evil:x:0:0::/:/bin/sh" $BUSYBOX grep -c evil /etc/passwd
  assert_output "0"
}

@test "C13 user names that are numbers are uids, and overflows are refused" {
  image_with numbers "layer.file('etc/passwd', 'root:x:0:0::/root:/bin/sh\\n1000:x:0:0::/:/bin/sh\\n')"
  run_lichen run --rm --network none -u 1000 localhost/numbers id -u; assert_output "1000"
  for uid in 4294967296 -1 4294967295 99999999999999999999 0x0; do
    run_lichen run --rm --network none -u "$uid" $BUSYBOX id -u
    [ "$output" != 0 ] || fail_with "uid $uid" "refused" "root"
    [ "$status" != 0 ] || fail_with "uid $uid" "refused" "$output"
  done
}

@test "C12 no-new-privileges: setuid does nothing; without it setuid works" {
  image_with suid "layer.file('bin/sid', open('/bin/busybox', 'rb').read(), 0o4755)"
  # busybox drops privileges by itself in most applets; cat keeps them.
  run_lichen run --rm --network none -u user localhost/suid sh -c 'grep NoNewPrivs /proc/self/status'; assert_contains "0"
  run_lichen run --rm --network none -u user --security-opt no-new-privileges localhost/suid grep NoNewPrivs /proc/self/status; assert_contains "1"
}

@test "C48 sysctl names that try to escape" {
  local name
  for name in 'kernel/../../x' 'net.ipv4.ip_forward+x' '../../etc/x' 'kernel.core_pattern' 'net..x' $'kernel.shm_rmid_forced\n'; do
    run_lichen run --rm --network none --sysctl "$name=1" $BUSYBOX true
    assert_status 125
  done
  inside --sysctl kernel.shm_rmid_forced=1 -- cat /proc/sys/kernel/shm_rmid_forced
  assert_output "1"
}

@test "C47 labels and annotations choose nothing on the host" {
  image_with labels "layer.file('x', '')" '{"Labels": {"run.oci.handler": "krun", "io.podman.annotations.privileged": "TRUE", "run.oci.hooks.stderr": "/tmp/x", "org.opencontainers.image.stopSignal": "KILL"}}'
  run_lichen run --rm --network none --annotation run.oci.keep_original_groups=1 localhost/labels grep CapEff /proc/self/status
  assert_contains "800405fb"
}

@test "a user of another container or the host cannot be signalled from inside" {
  sleep 300 3>&- 4>&- &
  local pid=$!
  inside -- kill -9 $pid
  kill -0 $pid
  kill $pid
}

@test "--security-opt: seccomp=unconfined, a profile file, systempaths, and unknown ones" {
  inside --security-opt seccomp=unconfined -- grep Seccomp: /proc/self/status; assert_contains "0"
  echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO"}]}' >"$BASE/profile.json"
  inside --security-opt "seccomp=$BASE/profile.json" -- mkdir /x; assert_status 1; assert_stderr "not permitted"
  inside --security-opt seccomp=/nosuch -- true; assert_failure 125 "/nosuch"
  echo '{' >"$BASE/profile.json"
  inside --security-opt "seccomp=$BASE/profile.json" -- true; assert_failure 125 "profile.json"
  inside --security-opt nosuch=1 -- true; assert_failure 125 "nosuch"
}
