#!/usr/bin/env bats
# What the one who starts lichen hands to a container: sd_notify, sockets, streams. And what runs in it with nobody looking.
load helpers

setup_file() { make_world; load_image busybox; }
teardown_file() { remove_world; }
teardown() {
  lichen rm -f -a -t 0 >/dev/null 2>&1 || true
  [ -z "${LISTENER:-}" ] || kill "$LISTENER" 2>/dev/null || true
}

# A manager that writes each message it gets as a line to $GOT.
listen_as_manager() {
  GOT=$BATS_TEST_TMPDIR/got
  export NOTIFY_SOCKET=$BASE/notify.sock
  rm -f "$NOTIFY_SOCKET"
  python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
with open(sys.argv[2], "w", buffering=1) as out:
    while True:
        out.write(s.recv(4096).decode().replace("\n", "|") + "\n")' "$NOTIFY_SOCKET" "$GOT" 3>&- 4>&- &
  LISTENER=$!
  wait_until 5 test -S "$NOTIFY_SOCKET"
}
got() { grep -qxF -- "$1" "$GOT"; }
monitor_of() { lichen inspect -f '{{.State.ConmonPid}}' "$1"; }
# busybox has no program for unix datagrams: the container's side is this one.
sender() { echo "import socket; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect('$1'); s.send(b'$2')"; }

@test "sdnotify conmon: the monitor is the main process, ready once the container runs; nothing reaches the container" {
  listen_as_manager
  run_lichen run -d --name c --network none --sdnotify conmon $BUSYBOX sh -c 'env; ls /run; sleep 1000'
  assert_success
  wait_until 5 got "MAINPID=$(monitor_of c)|READY=1"
  wait_until 5 sh -c "'$LICHEN' logs c | grep -q PATH="
  run_lichen logs c
  refute_contains NOTIFY
}

@test "sdnotify healthy: ready with the first good check; without a check it is refused" {
  listen_as_manager
  run_lichen run -d --name h --network none --sdnotify healthy --health-cmd 'test -e /well' --health-interval 30ms $BUSYBOX sleep 1000
  assert_success
  wait_until 5 got "MAINPID=$(monitor_of h)"
  if got READY=1; then return 1; fi
  lichen exec h touch /well
  wait_until 5 got READY=1
  run_lichen run -d --sdnotify healthy --network none $BUSYBOX sleep 1000
  assert_failure 125 "--sdnotify healthy" "--health-cmd"
}

@test "sdnotify container: its own program says it is ready, and cannot say more" {
  listen_as_manager
  run_lichen run -d --name own --network none $BUSYBOX sh -c 'echo $NOTIFY_SOCKET; sleep 1000'
  assert_success
  wait_until 5 got "MAINPID=$(monitor_of own)"
  wait_until 5 sh -c "'$LICHEN' logs own | grep -qx /run/notify/notify.sock"
  # The very socket that the container sees.
  local inside
  inside="/proc/$(lichen inspect -f '{{.State.Pid}}' own)/root/run/notify/notify.sock"
  python3 -c "$(sender "$inside" 'MAINPID=1\nREADY=1\nFDSTORE=1\nSTATUS=up')"
  wait_until 5 got "READY=1|STATUS=up|"
  if grep -q 'MAINPID=1$\|MAINPID=1|\|FDSTORE' "$GOT"; then return 1; fi
}

@test "sdnotify ignore: nothing is said, and nobody asks: nothing is there" {
  listen_as_manager
  lichen run --rm --network none --sdnotify ignore $BUSYBOX sh -c 'env | grep NOTIFY; true' >"$BATS_TEST_TMPDIR/out"
  assert_equal "$(cat "$BATS_TEST_TMPDIR/out" "$GOT")" ""
  unset NOTIFY_SOCKET
  inside -- sh -c 'env | grep NOTIFY; test ! -e /run/notify'
  assert_success
  assert_output ""
}

@test "socket activation: the sockets are the container's descriptors from 3 on, again after a restart" {
  cat >"$BATS_TEST_TMPDIR/activate.py" <<'PY'
import os, socket, sys
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen()
print(server.getsockname()[1], flush=True)
os.dup2(server.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="web")
os.dup2(2, 1)
os.execvp(sys.argv[1], sys.argv[1:])
PY
  PORT=$(python3 "$BATS_TEST_TMPDIR/activate.py" "$LICHEN" run -d --name act --network none $BUSYBOX \
    sh -c 'echo "$LISTEN_PID $LISTEN_FDS $LISTEN_FDNAMES"; ls -l /proc/self/fd/3 >/dev/null && echo open; sleep 1000' 2>/dev/null 3>&- 4>&-)
  wait_until 5 sh -c "'$LICHEN' logs act | grep -qx open"
  run_lichen logs act
  assert_output "1 1 web
open"
  # The port is held by the container, which has no network of its own.
  local inode
  inode=$(awk -v port="$(printf ':%04X' "$PORT")" '$2 ~ port {print $10}' /proc/net/tcp)
  [ -n "$inode" ]
  readlink "/proc/$(lichen inspect -f '{{.State.Pid}}' act)/fd/3" | grep -q "$inode" || lichen exec act true
  lichen restart -t 0 act
  wait_until 5 sh -c "[ \$('$LICHEN' logs act | grep -cx open) = 2 ]"
}

@test "variables of another process's activation are not ours" {
  LISTEN_PID=1 LISTEN_FDS=1 run_lichen run --rm --network none $BUSYBOX sh -c 'echo "[$LISTEN_FDS]"'
  assert_success
  assert_output "[]"
}

@test "log driver passthrough: the container writes where lichen would have; there is no log and nothing to attach to" {
  run_lichen run --rm --network none --log-driver passthrough $BUSYBOX sh -c 'echo out; echo err >&2'
  assert_success
  assert_output out
  assert_equal "$stderr" err
  "$LICHEN" run -d --name p --network none --log-driver passthrough $BUSYBOX sh -c 'echo begun; sleep 1000' >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- 4>&- </dev/null
  wait_until 5 grep -qx begun "$BATS_TEST_TMPDIR/out"
  run_lichen logs p
  assert_failure 1 "passthrough"
  run_lichen attach p
  assert_failure 1 "passed through"
  run_lichen run --rm -t --log-driver passthrough $BUSYBOX true
  assert_failure 125 "--tty"
}

@test "log driver journald: without a journal it says so and makes nothing" {
  [ ! -S /run/systemd/journal/socket ] || skip "there is a journal here: tests/vm looks at it"
  run_lichen run --network none --log-driver journald $BUSYBOX true
  assert_failure 125 "there is no journal" "--log-driver"
  run_lichen ps -aq
  assert_output ""
}

@test "exec -d -t: a terminal that nobody looks at; the program goes on however much it prints" {
  lichen run -d --name t --network none $BUSYBOX sleep 1000 >/dev/null
  run_lichen exec -d -t t sh -c 'tty >/tmp/tty; seq 100000; echo done >/tmp/done; sleep 1000'
  assert_success
  assert_output ""
  wait_until 10 lichen exec t test -e /tmp/done
  assert_equal "$(lichen exec t cat /tmp/tty)" /dev/pts/0
  run_lichen exec -d -t t /no/such
  assert_failure 127 "/no/such"
  run_lichen exec -d t sh -c 'tty >/tmp/tty2; true'
  wait_until 5 lichen exec t test -e /tmp/tty2
  assert_equal "$(lichen exec t cat /tmp/tty2)" "not a tty"
}
