#!/usr/bin/env bats
# A real Debian: unpacked, run, its package tools and python inside.
# ctest: timeout=400
load helpers

setup_file() {
  make_world
  local archive=$LICHEN_TEST_FIXTURES/debian.tar
  [ -e "$archive" ] || { export NO_DEBIAN=1; return 0; }
  lichen import -q -c 'CMD ["bash"]' "$archive" debian:12 >/dev/null
}
teardown_file() { remove_world; }
setup() { [ -z "${NO_DEBIAN:-}" ] || skip "no Debian image (tests/helpers/images.sh debian could not make one)"; }

drun() { run_lichen run --rm --network none debian:12 "$@"; }

@test "bash, dpkg and python run" {
  drun cat /etc/debian_version; assert_matches '^12'
  drun dpkg -l apt; assert_contains "apt"
  drun python3 -c 'import json, sys; print(json.dumps([1, 2]), sys.version_info[0])'; assert_output "[1, 2] 3"
}

@test "setuid, setgid and owners of the distribution are right" {
  has_subids || skip "no subordinate ids: owners are recorded, not set"
  drun stat -c '%U:%G %a' /usr/bin/passwd; assert_output "root:root 4755"
  drun stat -c '%U:%G' /var/mail; assert_output "root:mail"
  drun find / -xdev -nouser; assert_output ""
}

@test "dpkg --verify finds every file as the packages have it" {
  drun sh -c 'dpkg --verify | grep -v "^??5?????? c " || true'
  assert_output ""
}

@test "su to another user, and apt's sandbox user" {
  has_subids || skip "no subordinate ids"
  drun su -s /bin/sh -c 'id -un' _apt; assert_output "_apt"
}

@test "threads, sockets and a compiler's worth of processes" {
  drun python3 -c 'import threading, socket, subprocess
t = [threading.Thread(target=lambda: None) for _ in range(50)]; [x.start() for x in t]; [x.join() for x in t]
socket.create_server(("127.0.0.1", 0)); print(sum(subprocess.call(["true"]) == 0 for _ in range(100)))'
  assert_output "100"
}

@test "a shell in a terminal" {
  run_split "$HELPERS/terminal.py" --step 'expect:# ' --step 'send:echo $((40+2))\r' --step 'expect:42' --step 'send:exit\r' -- "$LICHEN" run --rm -it --network none debian:12
  assert_success
}
