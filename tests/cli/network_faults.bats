#!/usr/bin/env bats
# Networks when things go wrong: helpers killed under traffic, many at once, no address or port left; and nothing stays behind.
# ctest: timeout=400
load helpers
load network_helpers

setup_file() {
  make_world
  load_image busybox
}
teardown_file() { remove_world; }
setup() {
  need slirp4netns
  [ -w /dev/net/tun ] || skip "/dev/net/tun is closed to this user"
}
teardown() {
  lichen rm -f -a -t 0 >/dev/null 2>&1 || true
  lichen network prune -f >/dev/null 2>&1 || true
}

web() { # NAME [FLAGS...]: says its name on port 80, gives back on port 7 what comes
  lichen run -d --name "$1" "${@:2}" $BUSYBOX sh -c "echo '$1' >/tmp/index.html; nc -ll -p 7 -e cat & exec httpd -f -h /tmp -p 80" >/dev/null
}
box() { lichen run -d --name "$1" "${@:2}" $BUSYBOX sleep 100000 >/dev/null; }
gets() { [ "$(lichen exec "$1" timeout 5 wget -q -O- "http://$2/" 2>/dev/null)" = "$3" ]; } # CONTAINER HOST TEXT
says() { # PORT TEXT: a web server on the host's loopback
  [ "$( (exec 3<>"/dev/tcp/127.0.0.1/$1" && printf 'GET / HTTP/1.0\r\n\r\n' >&3 && timeout 5 tail -n 1 <&3) 2>/dev/null)" = "$2" ]
}
address() { lichen inspect -f "{{(index .NetworkSettings.Networks \"$2\").IPAddress}}" "$1"; } # CONTAINER NETWORK
leases() { find "$LICHEN_ROOT/networks/$1/leases" -mindepth 1 -type l 2>/dev/null | wc -l; }
hub_folder() { find "$XDG_RUNTIME_DIR" -path '*/hub/hub.sock' -printf '%h\n' -quit; }
hub() { pgrep -o -u "$(id -u)" -f "^lichen-hub $FOLDER "; }
spare() { pgrep -n -u "$(id -u)" -P "$(hub)" -f "^lichen-hub $FOLDER "; }
hub_child() { pgrep -u "$(id -u)" -P "$(hub)" -x "$1"; } # PROGRAM
names_server() { hub_child lichen-names; }
ports_server() { hub_child lichen-ports; }
at_once() { xargs -P "$1" -I{} timeout --kill-after=5 60 "$LICHEN" "${@:2}" 3>&- 4>&-; } # WORKERS COMMAND WITH {}: for each line of standard input

@test "R03 helpers killed one after the other, the spare too: an open connection, names, the way out and a published port go on" {
  lichen network create app >/dev/null
  web web --network app -p 127.0.0.1::80
  box box --network app
  FOLDER=$(hub_folder)
  local port pids answer round old in out
  port=$(lichen port web 80/tcp)
  port=${port##*:}
  pids=$(lichen inspect -f '{{.State.Pid}}' web box)
  wait_until 20 gets box web web
  echoes() { [ "$(echo hello | lichen exec -i box timeout 5 nc "$(address web app)" 7 2>/dev/null)" = hello ]; }
  wait_until 20 echoes
  coproc HOLD { "$LICHEN" exec -i box nc "$(address web app)" 7 3>&- 4>&-; }
  in=${HOLD[1]} out=${HOLD[0]}
  for round in spare slirp4netns names_server ports_server hub hub; do
    case $round in
      slirp4netns) old=$(hub_child slirp4netns) ;;
      *) wait_until 20 "$round" >/dev/null && old=$($round) ;;
    esac
    kill -9 "$old"
    echo "$round" >&"$in"
    read -r -t 20 -u "$out" answer
    assert_equal "$answer" "$round" || return 1
    wait_until 20 gets box web web || fail_with "$round killed" "names" "none" || return 1
    wait_until 20 says "$port" web || fail_with "$round killed" "the published port" "none" || return 1
    # The next round needs who takes over the next time.
    wait_until 20 eval '[ -n "$(spare)" ] && [ "$(spare)" != "'"$old"'" ]' || fail_with "$round killed" "a spare" "none" || return 1
  done
  exec {in}>&-
  wait "$HOLD_PID" || true
  assert_equal "$(lichen inspect -f '{{.State.Pid}}' web box)" "$pids"
}

@test "a published port without descriptors left: who comes too late is sent away, nobody else is, and later all is well" {
  # The hub has the limit of whoever starts it.
  (ulimit -n 200 && web web -p 127.0.0.1::80)
  local port before
  port=$(lichen port web 80/tcp)
  port=${port##*:}
  wait_until 20 says "$port" web
  FOLDER=$(hub_folder)
  before=$(hub_child lichen-ports)
  run python3 - "$port" <<'END'
import socket, sys
held = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(300)]
held[0].sendall(b"GET / HTTP/1.0\r\n\r\n")
print(b"web" in b"".join(iter(lambda: held[0].recv(4096), b"")))
END
  assert_output True
  wait_until 20 says "$port" web
  assert_equal "$(hub_child lichen-ports)" "$before" "the process that carries the bytes"
}

@test "R03 the hub killed again and again under load: what is sent on a network does not notice" {
  lichen network create app >/dev/null
  web web --network app
  lichen run -d --name load --network app $BUSYBOX sh -c "
    n=0
    while [ ! -e /tmp/end ]; do
      [ \"\$(timeout 20 wget -q -O- http://$(address web app)/)\" = web ] || echo failed after \$n
      n=\$((n + 1)); echo \$n >/tmp/n
    done
    echo \$n fetched" >/dev/null
  FOLDER=$(hub_folder)
  fetched() { lichen exec load cat /tmp/n 2>/dev/null || echo 0; }
  more_than() { [ "$(fetched)" -gt "$1" ]; }
  local round old
  for ((round = 0; round < 5 * ${LICHEN_TEST_ROUNDS:-1}; round++)); do
    wait_until 20 eval '[ -n "$(spare)" ]'
    old=$(hub)
    kill -9 "$old"
    wait_until 20 more_than $(($(fetched) + 20))
    wait_until 20 eval '[ -n "$(hub)" ] && [ "$(hub)" != "'"$old"'" ]'
  done
  lichen exec load touch /tmp/end
  lichen wait load >/dev/null
  run_lichen logs load
  assert_matches '^[0-9]+ fetched$'
}

@test "50 containers join and leave one network at the same time: each its own address, in the end no lease, no process, no file" {
  lichen network create app >/dev/null
  seq 25 | at_once 10 run -d --name first{} --network app $BUSYBOX sleep 100000 >"$BASE/ids"
  assert_equal "$(wc -l <"$BASE/ids")" 25 || return 1
  FOLDER=$(hub_folder)
  { seq 25 | sed 's/.*/rm -f -t 0 first&/'; seq 25 | sed "s#.*#run -d --name second& --network app $BUSYBOX sleep 100000#"; } | shuf >"$BASE/work"
  xargs -P 10 -L 1 timeout --kill-after=5 60 "$LICHEN" <"$BASE/work" >/dev/null 3>&- 4>&-
  assert_equal "$(lichen ps -q | wc -l)" 25 "containers"
  assert_equal "$(leases app)" 25 "leases"
  assert_equal "$(lichen ps -q | xargs "$LICHEN" inspect -f '{{.NetworkSettings.Networks.app.IPAddress}}' | sort -u | wc -l)" 25 "addresses"
  run_lichen run --rm --network app $BUSYBOX sh -c 'for i in $(seq 25); do nslookup second$i >/dev/null || echo second$i; done; nslookup first7 >/dev/null 2>&1 && echo first7'
  assert_output ""
  lichen ps -q | at_once 10 rm -f -t 0 {} >/dev/null
  assert_equal "$(leases app)" 0 "leases"
  wait_until 20 hub_is_gone
  assert_equal "$(wait_until_empty 20 leftover_processes)" "" "processes"
  # What has a fixed name is written over by the next hub; nothing of a member stays.
  assert_equal "$(find "$FOLDER" -mindepth 1 ! -type d ! -name lock ! -name start.lock ! -name hub.sock)" "" "files"
}

@test "40 networks created at once: subnets of their own; a few are used, those in use stay, all the others go" {
  seq 40 | at_once 8 network create n{} >"$BASE/ids"
  assert_equal "$(sort -u "$BASE/ids" | wc -l)" 40 "ids"
  assert_equal "$(lichen network ls -q --filter type=custom | wc -l)" 40 "networks"
  lichen network ls -q --filter type=custom | xargs "$LICHEN" network inspect -f '{{(index .IPAM.Config 0).Subnet}}' >"$BASE/subnets"
  python3 - "$BASE/subnets" <<'END'
import ipaddress, sys
nets = sorted(map(ipaddress.ip_network, open(sys.argv[1]).read().split()))
assert len(nets) == 40
clashes = [pair for pair in zip(nets, nets[1:]) if pair[0].overlaps(pair[1])]
assert not clashes, clashes
END
  web web --network n7
  box both --network n7 --network n40
  box far --network n40
  wait_until 20 gets both web web
  run_lichen exec far nslookup web
  [ "$status" != 0 ]
  run_lichen network rm n7 n8 n40
  assert_failure 1 n7 n40
  assert_output n8
  run_lichen network prune -f
  assert_equal "$(grep -cx 'n[0-9]*' <<<"$output")" 37
  run_lichen network ls --filter type=custom --format '{{.Name}}'
  assert_output "n40
n7"
  gets both web web
}

@test "no address left: an error that says so, nothing half made, and the one that is freed is given again" {
  lichen network create --subnet 10.94.7.0/29 small >/dev/null
  local i freed
  for i in 1 2 3 4 5; do box full$i --network small; done
  run_lichen run -d --name more --network small $BUSYBOX sleep 100000
  assert_failure 125 small 10.94.7.0/29 address
  assert_equal "$(leases small)" 5
  assert_equal "$(lichen ps -q | wc -l)" 5
  freed=$(address full3 small)
  lichen rm -f -t 0 full3 >/dev/null
  lichen rm -f more >/dev/null 2>&1 || true
  box more --network small
  assert_equal "$(address more small)" "$freed"
}

@test "one port wanted by two at the same moment: one has it, the other is told which; also when a foreign program is faster" {
  lichen network create app >/dev/null
  local round port won pid
  for ((round = 0; round < 5 * ${LICHEN_TEST_ROUNDS:-1}; round++)); do
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("", 0)); print(s.getsockname()[1])')
    rm -f "$BASE"/status.?
    for i in a b; do
      (code=0; timeout 60 "$LICHEN" run -d --name "$i" --network app -p "127.0.0.1:$port:80" $BUSYBOX sh -c "echo $i >/tmp/index.html; exec httpd -f -h /tmp -p 80" >/dev/null 2>"$BASE/error.$i" 3>&- 4>&- || code=$?; echo $code >"$BASE/status.$i") &
    done
    wait
    assert_equal "$(sort "$BASE/status.a" "$BASE/status.b" | xargs)" "0 125" "round $round, exit codes" || return 1
    won=a
    [ "$(<"$BASE/status.a")" = 0 ] || won=b
    grep -q "$port" "$BASE/error.$([ $won = a ] && echo b || echo a)" || fail_with "round $round" "the port $port" "$(cat "$BASE"/error.?)" || return 1
    wait_until 20 says "$port" $won || return 1
    lichen rm -f -a -t 0 >/dev/null
  done
  python3 -c 'import socket, sys, time
s = socket.create_server(("127.0.0.1", int(sys.argv[1]))); print("ready", flush=True); time.sleep(1000)' "$port" >"$BASE/held" 3>&- 4>&- &
  pid=$!
  wait_until 20 grep -q ready "$BASE/held"
  run_lichen run -d --network app -p "127.0.0.1:$port:80" $BUSYBOX sleep 100000
  kill $pid
  assert_failure 125 "$port"
  assert_equal "$(lichen ps -q)" "" "running"
}
