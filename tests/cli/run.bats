#!/usr/bin/env bats
# run and create: exit codes, streams, and the flags that say what the process sees.
load helpers

setup_file() { make_world; load_image busybox layers; }
teardown_file() { remove_world; }

@test "the exit code is the command's" {
  inside -- sh -c 'exit 0'; assert_status 0
  inside -- sh -c 'exit 1'; assert_status 1
  inside -- sh -c 'exit 42'; assert_status 42
}

@test "a command that is not there: 127, and a message that names it" {
  inside -- no-such-command
  assert_failure 127 "no-such-command" "not found"
}

@test "a command that cannot be executed: 126" {
  inside -- /etc/passwd
  assert_failure 126 "/etc/passwd" "ermission denied"
}

@test "a command killed by a signal: 128 + its number" {
  # The kernel drops signals without a handler for PID 1, even KILL from inside: one level down it dies.
  inside -- sh -c 'sh -c "kill -9 \$\$"; exit $?'
  assert_status 137
}

@test "stdout and stderr stay apart" {
  inside -- sh -c 'echo out; echo err >&2'
  assert_success
  assert_output "out"
  assert_equal "$stderr" "err" "stderr"
}

@test "-i pipes standard input through, byte for byte, both ways" {
  head -c 3000000 /dev/urandom >"$BASE/bytes"
  lichen run --rm -i --network none $BUSYBOX cat <"$BASE/bytes" >"$BASE/back"
  cmp "$BASE/bytes" "$BASE/back"
}

@test "without -i standard input is empty" {
  run_lichen run --rm --network none $BUSYBOX cat <<<"not for you"
  assert_success
  assert_output ""
}

@test "-i: the end of standard input reaches the command" {
  run_lichen run --rm -i --network none $BUSYBOX sh -c 'cat; echo end' <<<"line"
  assert_output "line
end"
}

@test "large output comes through whole" {
  local sum
  sum=$(lichen run --rm --network none $BUSYBOX sh -c 'yes 0123456789abcdef | head -c 20000000' | sha256sum)
  assert_equal "$sum" "$(yes 0123456789abcdef | head -c 20000000 | sha256sum)" "sha256 of 20 MB"
}

@test "-d prints the full id and returns at once" {
  run_lichen run -d --name detached --network none $BUSYBOX sleep 100
  assert_success
  assert_matches '^[0-9a-f]{64}$'
  assert_equal "$(lichen inspect -f '{{.State.Running}}' detached)" true Running
  lichen rm -f detached
}

@test "-d: a command that cannot start is an error with 127 and leaves no running container" {
  run_lichen run -d --name broken --network none $BUSYBOX no-such-command
  assert_failure 127 "no-such-command"
  assert_equal "$(lichen ps -q --filter name=broken)" "" "running containers named broken"
  lichen rm -f broken
}

@test "--rm leaves nothing; without it the container stays, exited" {
  lichen run --name stays --network none $BUSYBOX true
  lichen run --rm --name goes --network none $BUSYBOX true
  run_lichen ps -a --format '{{.Names}} {{.State}}'
  assert_contains "stays exited"
  refute_contains "goes"
  lichen rm stays
}

@test "--name: a name in use is refused, with the holder and the way out" {
  lichen create --name taken $BUSYBOX true
  run_lichen create --name taken $BUSYBOX true
  assert_failure 125 "taken" "in use"
  run_lichen create --replace --name taken $BUSYBOX true
  assert_success
  assert_equal "$(lichen ps -a --filter name=taken -q | wc -l)" 1 "containers named taken"
  lichen rm taken
}

@test "--name: what is no name is refused" {
  for name in "-x" "a b" "a/b" ".hidden" "x"; do
    run_lichen create --name "$name" $BUSYBOX true
    [ "$name" != x ] || { assert_success; lichen rm x; continue; }
    assert_failure 125 "$name"
  done
}

@test "-e: values, values from here, empty ones and equal signs" {
  HERE="from here" inside -e A=1 -e "B=two words" -e HERE -e EMPTY= -e C=x=y -e NOT_SET_HERE -- env
  assert_contains "A=1"
  assert_contains "B=two words"
  assert_contains "HERE=from here"
  assert_contains "
EMPTY="
  assert_contains "C=x=y"
  refute_contains "NOT_SET_HERE"
}

@test "the environment is the image's and ours, nothing of the caller's" {
  SECRET_OF_HOST=1 inside -- env
  refute_contains "SECRET_OF_HOST"
  assert_contains "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
  assert_contains "HOME=/root"
  assert_contains "HOSTNAME="
}

@test "--env-file: comments, empty lines, and -e wins" {
  printf '# comment\n\nFILE_A=1\nFILE_B=with space\nTAKEN\n' >"$BASE/env"
  TAKEN=here inside --env-file "$BASE/env" -e FILE_A=2 -- env
  assert_contains "FILE_A=2"
  assert_contains "FILE_B=with space"
  assert_contains "TAKEN=here"
  run_lichen run --rm --env-file "$BASE/none" $BUSYBOX true
  assert_failure 125 "$BASE/none" "No such file"
}

@test "-w: the working directory, made when missing" {
  inside -w /some/new/place -- pwd
  assert_output "/some/new/place"
  inside -w relative -- pwd
  assert_failure 125 "relative"
}

@test "-u: by number, by name, with a group; supplementary groups from the image" {
  inside -u 1234 -- id; assert_contains "uid=1234 gid=0"
  inside -u user -- id; assert_contains "uid=1000(user) gid=1000(user) groups=1000(user),10(wheel),50(staff)" ||
    assert_contains "uid=1000(user) gid=1000(user)"
  inside -u user:staff -- id; assert_contains "uid=1000(user) gid=50(staff)"
  inside -u 7:8 -- id; assert_contains "uid=7 gid=8"
  inside -u nosuchuser -- id; assert_failure 125 "nosuchuser"
}

@test "-u: HOME follows the user" {
  inside -u user -- sh -c 'echo $HOME'
  assert_output "/home/user"
}

@test "--group-add by name and number" {
  inside -u user --group-add daemon --group-add 4242 -- id -G
  assert_contains "4242"
  assert_contains " 1"
}

@test "--entrypoint replaces, an empty one clears, and CMD goes with it" {
  inside --entrypoint /bin/echo -- one two
  assert_output "one two"
  run_lichen run --rm --network none localhost/layers
  assert_output "entry:echo from-cmd
from-cmd"
  run_lichen run --rm --network none --entrypoint "" localhost/layers echo plain
  assert_output "plain"
  run_lichen run --rm --network none --entrypoint /bin/echo localhost/layers
  assert_output ""
}

@test "the image's user, directory, environment and entrypoint are used" {
  run_lichen run --rm --network none localhost/layers sh -c 'id -un; pwd; echo "$COLOUR|$SPACED"'
  assert_output "entry:sh -c id -un; pwd; echo \"\$COLOUR|\$SPACED\"
user
/work
green|a b  c"
}

@test "an image without a command and none given is an error" {
  python3 "$HELPERS/make_image.py" tiny "$BASE/tiny.tar" --tag localhost/nocmd
  run_lichen run --rm --entrypoint "" $BUSYBOX
  assert_failure 125 "command"
}

@test "--hostname, and the short id without it; hosts file has it" {
  inside --hostname box.example -- sh -c 'hostname; grep -c box.example /etc/hosts'
  assert_output "box.example
1"
  local id
  id=$(lichen create --network none $BUSYBOX hostname)
  run_lichen start -a "$id"
  assert_output "${id:0:12}"
  lichen rm "$id"
}

@test "--read-only: the root is not writable; --tmpfs is" {
  inside --read-only --tmpfs /scratch:size=1m -- sh -c 'touch /x; touch /scratch/ok && echo written'
  assert_output "written"
  assert_stderr "Read-only file system"
}

@test "--tmpfs honours size, mode and options" {
  inside --tmpfs /t:size=2m,mode=1770,noexec -- sh -c 'grep " /t " /proc/mounts; stat -c %a /t'
  assert_contains "tmpfs"
  assert_contains "size=2048k"
  assert_contains "noexec"
  assert_contains "1770"
}

@test "--shm-size and its default of 64 MiB" {
  inside -- sh -c 'df -k /dev/shm | tail -1 | awk "{print \$2}"'; assert_output "65536"
  inside --shm-size 8m -- sh -c 'df -k /dev/shm | tail -1 | awk "{print \$2}"'; assert_output "8192"
}

@test "--ulimit: soft and hard; asking for more than allowed says so" {
  inside --ulimit nofile=100:200 -- sh -c 'ulimit -Sn; ulimit -Hn'
  assert_output "100
200"
  inside --ulimit core=0 -- sh -c 'ulimit -c'; assert_output "0"
  inside --ulimit nosuch=1 -- true; assert_failure 125 "nosuch"
  inside --ulimit nofile=300:200 -- true; assert_failure 125 "300"
}

@test "--init: our init is PID 1, reaps, and passes signals and the exit code on" {
  inside --init -- sh -c 'cat /proc/1/comm; (sleep 0.01 &) ; sleep 0.1; ps -o stat | grep -c Z; exit 7'
  assert_status 7
  refute_contains "sh
"
  [ "${lines[1]}" = 0 ] || fail_with "zombies" 0 "$output"
  lichen run -d --init --name initted --network none $BUSYBOX sh -c 'trap "exit 9" TERM; echo up; while :; do sleep 0.01; done'
  wait_until 5 sh -c "'$LICHEN' logs initted | grep -qx up"
  lichen stop initted
  assert_equal "$(lichen inspect -f '{{.State.ExitCode}}' initted)" 9 "exit code"
  lichen rm initted
}

# After its first second a container is killed at once when its first process would not get the signal. One that waits in
# sigtimedwait(2), as an init does, gets it.
@test "--init: a container of some age ends by the signal, and is not killed" {
  local i ids=()
  for i in 1 2 3 4 5 6 7 8; do ids+=("$(lichen run -d --init --network none $BUSYBOX sh -c 'sleep 1000; echo')"); done
  touch "$BASE/begun"
  wait_until 5 eval '[ -n "$(find "$BASE/begun" ! -newermt "-1.2 seconds")" ]'
  for i in "${ids[@]}"; do lichen stop "$i" >/dev/null; done
  assert_equal "$(lichen inspect -f '{{.State.ExitCode}}' "${ids[@]}" | sort | uniq -c | xargs)" "8 143" "exit codes"
  lichen rm "${ids[@]}"
}

@test "--label and inspect and filter" {
  lichen create --name labelled --label a=1 --label b $BUSYBOX true
  assert_equal "$(lichen inspect -f '{{index .Config.Labels "a"}}' labelled)" 1 "label a"
  assert_equal "$(lichen ps -a --filter label=b --format '{{.Names}}')" labelled "filter by label"
  lichen rm labelled
}

@test "--cidfile and --pidfile" {
  run_lichen run -d --name filed --cidfile "$BASE/cid" --pidfile "$BASE/pid" --network none $BUSYBOX sleep 100
  assert_success
  assert_equal "$(cat "$BASE/cid")" "$output" cidfile
  assert_equal "$(cat "$BASE/pid")" "$(lichen inspect -f '{{.State.Pid}}' filed)" pidfile
  grep -q sleep "/proc/$(cat "$BASE/pid")/cmdline"
  run_lichen run --cidfile "$BASE/cid" --network none $BUSYBOX true
  assert_failure 125 "$BASE/cid"
  lichen rm -f filed
}

@test "--sysctl: a namespaced one works, another is refused" {
  inside --sysctl kernel.msgmax=4096 -- cat /proc/sys/kernel/msgmax
  assert_output "4096"
  inside --sysctl kernel.panic=1 -- true
  assert_failure 125 "kernel.panic"
}

@test "--umask and --tz" {
  inside --umask 0077 -- sh -c 'umask'; assert_output "0077"
  inside -- sh -c 'umask'; assert_output "0022"
  [ -e /usr/share/zoneinfo/Asia/Tokyo ] || skip "this machine has no zoneinfo (tzdata)"
  inside --tz Asia/Tokyo -- date +%z; assert_output "+0900"
}

@test "--tz: an unknown zone is refused" {
  inside --tz Nowhere/Land -- true
  assert_failure 125 "Nowhere/Land"
}

@test "--add-host, --dns, --no-hosts" {
  inside --add-host web:10.1.2.3 -- cat /etc/hosts
  assert_matches $'10\.1\.2\.3[ \t]+web'
  inside --dns 9.9.9.9 --dns-search example.org --dns-option ndots:3 -- cat /etc/resolv.conf
  assert_contains "nameserver 9.9.9.9"
  assert_contains "search example.org"
  assert_contains "ndots:3"
  inside --no-hosts -- sh -c 'cat /etc/hosts 2>/dev/null | wc -l'
  assert_output "0"
  inside --add-host broken -- true
  assert_failure 125 "broken"
}

@test "--device: a device of the host appears" {
  inside --device /dev/fuse:/dev/myfuse -- sh -c 'test -c /dev/myfuse && echo there'
  assert_output "there"
  inside --device /dev/nosuch -- true
  assert_failure 125 "/dev/nosuch"
}

@test "--cap-add, --cap-drop and --privileged" {
  inside -- grep CapEff /proc/self/status; assert_contains "00000000800405fb"
  inside --cap-drop ALL -- grep CapEff /proc/self/status; assert_contains "0000000000000000"
  inside --cap-drop ALL --cap-add NET_RAW -- grep CapEff /proc/self/status; assert_contains "0000000000002000"
  inside --cap-add sys_time -- grep CapEff /proc/self/status; assert_contains "00000000820405fb"
  inside --cap-add NOSUCH -- true; assert_failure 125 "NOSUCH"
  inside --privileged -- sh -c 'mount -t tmpfs none /tmp && echo mounted'; assert_output "mounted"
}

@test "-t: a terminal with the caller's size" {
  run_split "$HELPERS/terminal.py" --size 33x121 -- "$LICHEN" run --rm -it --network none $BUSYBOX sh -c 'tty; stty size'
  assert_success
  assert_contains "/dev/pts/0"
  assert_contains "33 121"
  assert_stderr "modes: same"
}

# The inner sh prints from its own process group in the foreground: a ctrl-c before that would be the outer shell's alone.
@test "-t: job control, ctrl-c and a resize" {
  run_split "$HELPERS/terminal.py" --step 'expect:# ' --step 'send:trap "echo caught" INT; sh -c "echo go\"\"ing; exec sleep 30"\r' --step 'expect:going' \
    --step 'send:\x03' --step 'expect:caught' --step 'resize:40x100' --step 'send:stty size\r' --step 'expect:40 100' --step 'send:exit 5\r' \
    -- "$LICHEN" run --rm -it --network none $BUSYBOX sh
  assert_status 5
  assert_stderr "modes: same"
}

@test "-t: the terminal is sane after the container was killed from outside" {
  (for _ in $(seq 100); do sleep 0.2; "$LICHEN" kill sane && break; done) >/dev/null 2>&1 3>&- 4>&- &
  run_split "$HELPERS/terminal.py" -- "$LICHEN" run --rm -it --name sane --network none $BUSYBOX sleep 50
  assert_status 137
  assert_stderr "modes: same"
}

@test "-t without a terminal on standard input works; -it with a pipe is refused" {
  run_lichen run --rm -t --network none $BUSYBOX tty </dev/null
  assert_success
  assert_contains "/dev/pts/0"
  run_lichen run --rm -it --network none $BUSYBOX true <<<x
  assert_failure 1 "TTY"
}

@test "signals sent to a foreground run reach the command" {
  "$LICHEN" run --name proxied --network none $BUSYBOX sh -c 'trap "echo got-usr1; exit 3" USR1; echo ready; while :; do sleep 0.02; done' \
    >"$BASE/proxied" 2>&1 3>&- 4>&- &
  local pid=$! code=0
  wait_until 5 grep -q ready "$BASE/proxied"
  kill -USR1 $pid
  wait $pid || code=$?
  assert_equal "$code" 3 "exit code"
  grep -q got-usr1 "$BASE/proxied"
  lichen rm proxied
}

@test "--restart on-failure starts again and counts" {
  lichen run -d --name restarts --restart on-failure:3 --network none $BUSYBOX sh -c 'echo run; exit 1'
  wait_until 20 is_state restarts exited
  assert_equal "$(lichen logs restarts | grep -c run)" 4 "runs"
  assert_equal "$(lichen inspect -f '{{.RestartCount}}' restarts)" 3 RestartCount
  lichen rm restarts
}

@test "--restart always: exit restarts it, stop ends it" {
  lichen run -d --name always --restart always --network none $BUSYBOX sh -c 'echo run; sleep 0.1'
  wait_until 20 sh -c "[ \$('$LICHEN' logs always | grep -c run) -ge 3 ]"
  local monitor
  monitor=$(lichen inspect -f '{{.State.ConmonPid}}' always)
  run_lichen stop -t 0 always
  assert_success
  wait_until 5 sh -c "! kill -0 $monitor 2>/dev/null" # nobody is left who could start it again
  is_state always exited
  lichen rm always
}

@test "--restart with --rm and an unknown policy are refused" {
  run_lichen run --rm --restart always $BUSYBOX true
  assert_failure 125 "--restart" "--rm"
  run_lichen run --restart sometimes $BUSYBOX true
  assert_failure 125 "sometimes"
}

@test "create, then start -a" {
  run_lichen create --name made --network none $BUSYBOX sh -c 'echo hello; exit 4'
  assert_success
  is_state made created
  run_lichen start -a made
  assert_status 4
  assert_output "hello"
  run_lichen start -a made
  assert_status 4
  lichen rm made
}

@test "start of a running container is no error; a stopped one keeps its files" {
  lichen run -d --name keeps --network none $BUSYBOX sh -c 'echo x >>/count; sleep 100'
  run_lichen start keeps; assert_success
  lichen stop -t 0 keeps
  lichen start keeps
  wait_until 5 sh -c "[ \$('$LICHEN' exec keeps wc -l </dev/null /count | cut -d' ' -f1) = 2 ]"
  lichen rm -f keeps
}

@test "run of an image that is not there: --pull never says so, with the near name" {
  run_lichen run --rm --pull never localhost/busybux true
  assert_failure 125 "localhost/busybux" "localhost/busybox"
}

@test "--pull with an unknown policy" {
  run_lichen run --pull maybe $BUSYBOX true
  assert_failure 125 "maybe" "always"
}

@test "--platform of another machine is refused for a local image" {
  run_lichen run --rm --pull never --platform linux/s390x $BUSYBOX true
  assert_failure 125 "s390x"
}

@test "--memory where nothing is delegated is said in one sentence and not ignored" {
  ! has_delegated_cgroup || skip "cgroups are delegated here; limits are tested in limits.bats"
  run_lichen run --rm --network none --memory 64m $BUSYBOX true
  assert_stderr "memory"
  assert_stderr "cgroup"
}

@test "--log-driver none keeps nothing and says so" {
  lichen run --name quiet --log-driver none --network none $BUSYBOX echo hi
  run_lichen logs quiet
  assert_failure 1 "none"
  lichen rm quiet
}

@test "flags stop at the image: what follows belongs to the command" {
  inside -- echo --rm -d --name x
  assert_output "--rm -d --name x"
}

@test "--runtime: one that is not there is named" {
  inside --runtime /nosuch -- true
  assert_failure 125 "/nosuch"
}
