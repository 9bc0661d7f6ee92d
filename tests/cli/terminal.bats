#!/usr/bin/env bats
# Terminals and signals of attached clients: detach keys, signals that are passed on, sizes, terminals that go away.
# ctest: timeout=600
# The rounds of R22-R24 are short; LICHEN_TEST_ROUNDS=N multiplies them (50 gives the catalogue's counts).
load helpers

setup_file() { make_world; load_image busybox; }
teardown_file() { remove_world; }
teardown() { lichen rm -f -a -t 0 >/dev/null 2>&1 || true; }

terminal() { run_split "$HELPERS/terminal.py" "$@"; }
rounds() { # SCENARIO COUNT ARGUMENT...
  run_split timeout $((60 * ${LICHEN_TEST_ROUNDS:-1})) "$HELPERS/terminal_rounds.py" "$1" $(($2 * ${LICHEN_TEST_ROUNDS:-1})) "$LICHEN" "${@:3}"
  echo "$output"
  assert_success
}

@test "run, start, attach and exec --detach-keys: the keys leave, and the container goes on" {
  terminal --step 'expect:# ' --step 'send:ab' -- "$LICHEN" run -it --detach-keys a,b --name one --network none $BUSYBOX sh
  assert_success
  assert_stderr "modes: same"
  is_state one running
  terminal --step 'send:\r' --step 'expect:# ' --step 'send:c' --step 'send:d' -- "$LICHEN" attach --detach-keys c,d one
  assert_success
  is_state one running
  lichen stop -t 0 one
  terminal --step 'send:\r' --step 'expect:# ' --step 'send:\x05' -- "$LICHEN" start -a -i --detach-keys ctrl-e one
  assert_success
  is_state one running
  terminal --step 'expect:# ' --step 'send:sleep 1000 # \x06f' -- "$LICHEN" exec -it --detach-keys ctrl-f,f one sh
  assert_success
  assert_stderr "modes: same"
  is_state one running
}

@test "--detach-keys '' turns them off; what is no key is refused" {
  terminal --step 'expect:# ' --step 'send:\x10\x11exit 4\r' -- "$LICHEN" run --rm -it --detach-keys '' --network none $BUSYBOX sh
  assert_status 4
  run_lichen run --rm -it --detach-keys ctrl-1 $BUSYBOX sh
  assert_failure 125 "--detach-keys" "ctrl-1"
}

@test "--sig-proxy=false of run, start and attach: the signal ends the client, the container goes on" {
  local command client
  lichen create --name run --network none $BUSYBOX sh -c 'trap "echo got; exit 3" TERM; echo up; while :; do sleep 0.02; done'
  for command in "run --sig-proxy=false --name fresh --network none $BUSYBOX sleep 1000" "start --sig-proxy=false -a run" "attach --sig-proxy=false run"; do
    # flags: run --sig-proxy
    # flags: start --sig-proxy
    # flags: attach --sig-proxy
    # shellcheck disable=SC2086
    "$LICHEN" $command >/dev/null 2>&1 3>&- 4>&- &
    client=$!
    wait_until 5 is_state "$([[ $command == run* ]] && echo fresh || echo run)" running
    wait_until 5 is_waiting $client
    kill -TERM $client
    status=0
    wait $client || status=$?
    assert_status 143 || return 1
  done
  is_state fresh running
  is_state run running
  refute_contains "got"
  # With it the container gets the signal, and the client the exit code.
  "$LICHEN" attach run >/dev/null 2>&1 3>&- 4>&- &
  client=$!
  wait_until 5 is_waiting $client
  kill -TERM $client
  status=0
  wait $client || status=$?
  assert_status 3
}
# It has blocked the signals that it handles by itself.
is_waiting() { [ "$(sed -n 's/^SigBlk:[[:space:]]*//p' "/proc/$1/status")" != 0000000000000000 ]; }

@test "R22 a signal that nobody handles: 128 + its number, by run --init and by exec" {
  local name number client
  lichen run -d --name box --network none $BUSYBOX sleep 1000
  for name in HUP INT QUIT USR1 USR2 ALRM TERM; do
    number=$(kill -l $name)
    lichen run -d --init --name one --network none $BUSYBOX sleep 1000 >/dev/null
    lichen kill -s $name one
    run_lichen wait one
    assert_output $((128 + number)) || return 1
    lichen rm one
    "$LICHEN" exec box sh -c 'echo up >/up; exec sleep 1000' >/dev/null 2>&1 3>&- 4>&- &
    client=$!
    wait_until 5 lichen exec box test -e /up
    lichen exec box rm /up
    kill -s $name $client
    status=0
    wait $client || status=$?
    assert_status $((128 + number)) || return 1
  done
}

@test "R22 every signal to run, attach and exec, with and without a terminal, arrives once" { rounds signals 5 $BUSYBOX; }

@test "R22 storms of window sizes: the last one holds" { rounds resize 3 $BUSYBOX; }

@test "R23 detach keys in pieces, false starts and ctrl-@: no byte lost or added, the container goes on" {
  lichen run -dit --name typed --network none $BUSYBOX sh -c 'stty raw -echo; : >/typed; echo ready; exec cat >/typed'
  wait_until 5 sh -c "'$LICHEN' logs typed | grep -q ready"
  rounds keys 20 typed
}

@test "R24 the client ends by a signal or loses its terminal: settings as before, the container does as it would" { rounds lost 7 $BUSYBOX; }

@test "C20 TIOCSTI and TIOCLINUX from the container do not type into the caller's terminal" {
  local python
  python=$(command -v python3)
  # The program of the host, with its libraries, in the container: what a distribution's python3 would be.
  cat >"$BASE/inject.py" <<'END'
import fcntl, os, sys, termios
tried = 0
for number in range(3):
    for byte in b"INJECTED\n":
        for request, data in ((termios.TIOCSTI, bytes([byte])), (0x541C, bytes([3]))):
            try:
                fcntl.ioctl(number, request, data)
            except OSError:
                tried += 1
print("tried", tried > 0, flush=True)
END
  local mounts=(-v /usr:/usr:ro -v /lib:/lib:ro -v /lib64:/lib64:ro -v "$BASE/inject.py:/inject.py:ro")
  # The outer terminal belongs to a shell that reads a line after the container has ended: it must be the one typed here.
  terminal --step 'expect:tried' --step 'expect:next' --step 'send:typed\r' --step 'expect:read [typed]' -- \
    sh -c '"$@"; echo next; read -r line; echo "read [$line]"' sh "$LICHEN" run --rm -t --network none "${mounts[@]}" $BUSYBOX "$python" /inject.py
  assert_success
  # Without -t, and by exec, whose process was born with the caller's terminal at hand.
  lichen run -d --name box --network none "${mounts[@]}" $BUSYBOX sleep 1000
  local command
  for command in "run --rm --network none ${mounts[*]} $BUSYBOX" "exec box" "exec -i box" "exec --privileged -i box" "run --rm -i --privileged --network none ${mounts[*]} $BUSYBOX"; do
    # shellcheck disable=SC2086
    terminal --step 'expect:tried' --step 'expect:next' --step 'send:typed\r' --step 'expect:read [typed]' -- \
      sh -c '"$@"; echo next; read -r line; echo "read [$line]"' sh "$LICHEN" $command "$python" /inject.py
    assert_success || return 1
    refute_contains "INJECTED" || return 1
  done
  # The same program injects where it may, so that the test bites.
  terminal --step 'expect:tried' --step 'expect:read [INJECTED]' -- sh -c '"$@"; read -r line; echo "read [$line]"' sh "$python" "$BASE/inject.py"
  if [ "$(cat /proc/sys/dev/tty/legacy_tiocsti 2>/dev/null)" != 0 ]; then assert_success; fi
}
