#!/usr/bin/env bats
# Real servers on networks: nginx, redis and postgres of Debian's packages, asked by name, alias, IPv6 and published port.
# ctest: timeout=400
load helpers

setup_file() {
  make_world
  local archive=$LICHEN_TEST_FIXTURES/servers.tar
  [ -e "$archive" ] || { export NO_SERVERS=1; return 0; }
  lichen import -q -c 'ENV PATH=/usr/lib/postgresql/15/bin:/usr/sbin:/usr/bin:/sbin:/bin' "$archive" servers >/dev/null
  export TOOLS=$BASE/tools
  mkdir -m 755 "$TOOLS"
  cp "$HELPERS/net_client.py" "$TOOLS/"
  head -c 5000000 /dev/urandom >"$TOOLS/big"
  # shellcheck disable=SC2016 # nginx's own variables
  echo 'daemon off; error_log stderr; pid /tmp/nginx.pid; events {}
http { access_log off; server { listen 80; listen [::]:80; listen 81; listen 82; root /t;
  location = /client { return 200 "$remote_addr\n"; }
  location = / { return 200 "$hostname $server_port\n"; } } }' >"$TOOLS/nginx.conf"
  echo 'initdb -D /tmp/db -A scram-sha-256 --pwfile=/t/password -N --locale=C.UTF-8 &&
echo "host all all all scram-sha-256" >>/tmp/db/pg_hba.conf && exec postgres -D /tmp/db -c "listen_addresses=*" -c fsync=off' >"$TOOLS/postgres.sh"
  echo tell-nobody >"$TOOLS/password"
  chmod -R a+rX "$TOOLS"
}
teardown_file() { remove_world; }
setup() {
  [ -z "${NO_SERVERS:-}" ] || skip "no image of servers (tests/helpers/images.sh servers could not make one)"
  need slirp4netns
  [ -w /dev/net/tun ] || skip "/dev/net/tun is closed to this user"
}
teardown() {
  lichen rm -f -a -t 0 >/dev/null 2>&1 || true
  lichen network prune -f >/dev/null 2>&1 || true
}

serve() { # NAME [FLAGS...] -- COMMAND...
  local name=$1 flags=()
  shift
  while [ "$1" != -- ]; do
    flags+=("$1")
    shift
  done
  lichen run -d --name "$name" --hostname "$name" -v "$TOOLS:/t:ro" "${flags[@]}" servers "${@:2}" >/dev/null
}
web() { serve "$@" -- nginx -c /t/nginx.conf; }                # NAME [FLAGS...]
box() { serve "$@" -- sleep 100000; }                          # NAME [FLAGS...]: a place to ask from
client() { run_lichen exec "$1" python3 /t/net_client.py "${@:2}"; } # CONTAINER ARGUMENTS...
host() { run_split python3 "$HELPERS/net_client.py" "$@"; }
address() { lichen inspect -f "{{(index .NetworkSettings.Networks \"$2\").${3:-IPAddress}}}" "$1"; } # CONTAINER NETWORK [FIELD]
name_server() { lichen exec "$1" sed -n 's/^nameserver //p' /etc/resolv.conf | head -n 1; }
host_address() { ip -4 -o addr show scope global 2>/dev/null | sed -n 's/.* inet \([0-9.]*\).*/\1/p' | head -n 1; }
ready() { lichen logs "$1" 2>/dev/null | grep -q "^ready"; }

@test "web, redis and postgres by name on one network; a role with a password, asked by another user" {
  lichen network create app >/dev/null
  serve db --network app -u postgres -- sh /t/postgres.sh
  serve cache --network app -- redis-server --protected-mode no --save ''
  web web --network app
  box ask --network app
  client ask get web 80
  assert_output "web 80"
  run_lichen exec ask sh -c 'until redis-cli -h cache set colour green; do :; done 2>/dev/null'
  assert_output OK
  run_lichen run --rm --network app servers redis-cli -h cache get colour
  assert_output green
  psql() { run_lichen exec -u nobody -e PGPASSWORD="$1" web psql -h db -U postgres -At -c "$2"; } # PASSWORD QUERY
  answers() { psql tell-nobody 'select 40 + 2' && [ "$output" = 42 ]; }
  wait_until 60 answers
  psql tell-nobody 'create table t (word text); insert into t select md5(i::text) from generate_series(1, 20000) i'
  assert_success
  psql tell-nobody 'select count(distinct word), sum(length(word)) from t'
  assert_output "20000|640000"
  psql wrong 'select 1'
  assert_status 2
  assert_stderr "password authentication failed"
}

@test "two networks: who is on both reaches both, the others stay apart by name and address" {
  lichen network create front >/dev/null
  lichen network create back >/dev/null
  web web --network front
  serve cache --network back -- redis-server --protected-mode no --save ''
  box both --network front --network back
  box outside --network front
  client both get web 80
  assert_output "web 80"
  client both tcp cache 6379 'PING
'
  assert_output +PONG
  client outside get web 80
  assert_output "web 80"
  run_lichen exec outside getent hosts cache
  assert_status 2
  run_lichen exec outside timeout 2 redis-cli -h "$(address cache back)" ping
  [ "$status" != 0 ]
  refute_contains PONG
}

@test "two containers with one alias: both are answered, both serve; one goes, and only the other is answered" {
  lichen network create app >/dev/null
  web one --network app --network-alias www
  web two --network app --network-alias www
  box ask --network app
  local server
  server=$(name_server ask)
  client ask dns "$server" www A
  assert_equal "$(sort <<<"$output")" "$(printf '%s\n' "$(address one app)" "$(address two app)" | sort)"
  client ask get "$(address one app)" 80
  assert_output "one 80"
  client ask get "$(address two app)" 80
  assert_output "two 80"
  lichen rm -f -t 0 one
  only_two() { client ask dns "$server" www A && [ "$output" = "$(address two app)" ]; }
  wait_until 20 only_two
  client ask get www 80
  assert_output "two 80"
}

@test "IPv6: AAAA and its PTR, ping, HTTP by name and address; IPv4 beside it" {
  lichen network create --ipv6 app >/dev/null
  web web --network app
  box ask --network app --cap-add NET_RAW
  local v6 server
  v6=$(address web app GlobalIPv6Address)
  server=$(name_server ask)
  client ask dns "$server" web AAAA
  assert_output "$v6"
  client ask dns "$server" "$v6" PTR
  assert_equal "$(grep -cx web <<<"$output")" 1
  run_lichen exec ask ping -6 -c 1 -w 10 web
  assert_contains "64 bytes from $v6"
  client ask get "$v6" 80
  assert_output "web 80"
  client ask get "$(address web app)" 80
  assert_output "web 80"
}

@test "UDP: echo between containers by name, and through a published port, large messages too" {
  lichen network create app >/dev/null
  local port text outside
  outside=$(host_address)
  [ -n "$outside" ] || skip "this machine has no address but loopback"
  port=$(free_ports 1)
  text=$(printf '%01400d' 7)
  serve echo --network app -p "$port:7007/udp" -- python3 /t/net_client.py echo udp 0.0.0.0 7007
  box ask --network app
  wait_until 20 ready echo
  client ask udp echo 7007 hello
  assert_output hello
  client ask udp echo 7007 "$text$text"
  assert_output "$text$text"
  host udp "$outside" "$port" hello
  assert_output hello
  host udp "$outside" "$port" "$text$text"
  assert_output "$text$text"
  host udp 127.0.0.1 "$port" hello
  assert_output hello
}

@test "a published port shows the client's own address, over UDP too; one on loopback is seen as the gateway" {
  local outside port
  outside=$(host_address)
  [ -n "$outside" ] || skip "this machine has no address but loopback"
  port=$(free_ports 2)
  lichen network create app >/dev/null
  lichen network create --internal inner >/dev/null
  web web --network inner --network app -p "$port:80" -p "$((port + 1)):7007/udp"
  wait_until 20 eval 'host get "$outside" "$port" /client && [ "$output" = "$outside" ]'
  host get 127.0.0.1 "$port" /client
  assert_output "$(address web app Gateway)"
  lichen exec -d web python3 -c '
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("", 7007))
while True:
    _, peer = server.recvfrom(9000)
    server.sendto(peer[0].encode(), peer)'
  wait_until 20 eval 'host udp "$outside" "$((port + 1))" hello && [ "$output" = "$outside" ]'
  # Of two networks that lead out, the answers go by one: the other one's ports work too.
  lichen network create other >/dev/null
  lichen network connect --gw-priority 5 other web
  wait_until 20 eval 'host get "$outside" "$port" /client && [ "$output" = "$outside" ]'
}

@test "port ranges: each port leads to its own, port lists them, they are free again" {
  local first
  first=$(free_ports 3)
  lichen network create app >/dev/null
  web web --network app -p "127.0.0.1:$first-$((first + 2)):80-82"
  local i
  for i in 0 1 2; do
    host get 127.0.0.1 $((first + i))
    assert_output "web $((80 + i))" || return 1
  done
  run_lichen port web
  assert_output "80/tcp -> 127.0.0.1:$first
81/tcp -> 127.0.0.1:$((first + 1))
82/tcp -> 127.0.0.1:$((first + 2))"
  run_lichen run -d --network app -p "$first-$((first + 2)):80-81" servers true
  assert_failure 125 "$first-$((first + 2))"
  lichen rm -f -t 0 web
  web again --network app -p "127.0.0.1:$((first + 1)):82"
  host get 127.0.0.1 $((first + 1))
  assert_output "again 82"
}

@test "connect and disconnect under an open connection: it goes on over the network that stays" {
  lichen network create app >/dev/null
  lichen network create other >/dev/null
  serve cache --network app -- redis-server --protected-mode no --save ''
  box near --network app
  box far --network other
  local answer in out
  coproc HOLD { "$LICHEN" exec -i near python3 /t/net_client.py hold cache 6379 3>&- 4>&-; }
  in=${HOLD[1]} out=${HOLD[0]}
  ping_held() { echo PING >&"$in" && read -r -t 20 -u "$out" answer && assert_equal "$answer" "+PONG"; }
  ping_held
  lichen network connect --alias store other cache
  ping_held
  run_lichen exec far redis-cli -h store ping
  assert_output PONG
  lichen network disconnect other cache
  ping_held
  run_lichen exec far timeout 2 redis-cli -h store ping
  refute_contains PONG
  exec {in}>&-
  wait "$HOLD_PID" || true
}

@test "an address is kept: over restart, over the crash of a server that is restarted, over stop and start" {
  lichen network create app >/dev/null
  web web --network app --restart always
  box ask --network app
  local old pid
  old=$(address web app)
  lichen restart -t 0 web
  client ask get "$old" 80
  assert_output "web 80"
  pid=$(lichen inspect -f '{{.State.Pid}}' web)
  kill -9 "$pid"
  wait_until 20 eval 'is_state web running && [ "$(lichen inspect -f "{{.State.Pid}}" web)" != "'"$pid"'" ]'
  client ask get "$old" 80
  assert_output "web 80"
  lichen stop -t 0 web
  web other --network app
  lichen start web >/dev/null
  assert_equal "$(address web app)" "$old"
  client ask get "$old" 80
  assert_output "web 80"
}

@test "hairpin: a container reaches its own published port and its neighbour's by an address of the host" {
  local port outside
  outside=$(host_address)
  [ -n "$outside" ] || skip "this machine has no address but loopback"
  port=$(free_ports 1)
  lichen network create app >/dev/null
  web web --network app -p "$port:80"
  box ask --network app
  host get "$outside" "$port"
  assert_output "web 80"
  client web get "$outside" "$port"
  assert_output "web 80"
  client ask get "$outside" "$port"
  assert_output "web 80"
}

@test "2000 requests through the way out: no connection finds the helper out of descriptors" {
  local port outside
  outside=$(host_address)
  [ -n "$outside" ] || skip "this machine has no address but loopback"
  [ "$(ulimit -Hn)" -ge 8192 ] || skip "this machine allows $(ulimit -Hn) descriptors"
  port=$(free_ports 1)
  lichen network create app >/dev/null
  web web --network app -p "$port:80"
  box ask --network app
  client ask get "$outside" "$port"
  assert_output "web 80"
  run_lichen exec ask sh -c "ulimit -n 4096; exec ab -q -n 2000 -c 8 http://$outside:$port/"
  assert_matches 'Failed requests: +0'
  assert_matches 'Complete requests: +2000'
}

@test "20 fetches of 5 MB at once bring the right bytes: from a container, and through a published port" {
  local port wanted
  port=$(free_ports 1)
  wanted="200 5000000 $(sha256sum "$TOOLS/big" | cut -d' ' -f1)"
  lichen network create app >/dev/null
  web web --network app -p "127.0.0.1:$port:80"
  box ask --network app
  client ask get web 80 /big 20
  assert_output "$wanted"
  host get 127.0.0.1 "$port" /big 20
  assert_output "$wanted"
}

@test "a member with raw sockets hears nothing of what two others say, and cannot take their place" {
  lichen network create app >/dev/null
  web web --network app
  box ask --network app
  box spy --network app --cap-add NET_RAW --cap-add NET_ADMIN
  local victim mac
  victim=$(address web app)
  mac=$(address web app MacAddress)
  client ask get web 80 # both know each other
  assert_output "web 80"
  # Says who the other is, in the other's name and in its own, while it listens; at the end, what it heard.
  cat >"$TOOLS/spy.py" <<'END'
import socket, struct, sys, time
victim, mac = socket.inet_aton(sys.argv[1]), bytes.fromhex(sys.argv[2].replace(":", ""))
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
raw.bind(("eth0", 3))
raw.setsockopt(263, 1, struct.pack("iHH8s", socket.if_nametoindex("eth0"), 1, 0, b""))  # PACKET_MR_PROMISC
raw.settimeout(0.05)
own = raw.getsockname()[4]
def claim(source, sender):  # "the address is here"
    return b"\xff" * 6 + source + b"\x08\x06" + struct.pack("!HHBBH", 1, 0x800, 6, 4, 2) + sender + victim + b"\xff" * 6 + victim
heard, end = b"", None
print("listening", flush=True)
while end is None or time.monotonic() < end:
    for source, sender in ((own, own), (mac, mac), (own, mac)):
        raw.send(claim(source, sender))
    try:
        heard += raw.recv(65535)
    except TimeoutError:
        pass
    if end is None and b"the end" in heard:
        end = time.monotonic()
print("heard" if b"HTTP/" in heard or b"GET /" in heard else "nothing")
END
  coproc SPY { "$LICHEN" exec spy python3 /t/spy.py "$victim" "$mac" 3>&- 4>&-; }
  local line out=${SPY[0]} i
  read -r -t 20 -u "$out" line
  assert_equal "$line" listening || return 1
  for i in 1 2 3 4 5; do
    client ask get web 80
    assert_output "web 80" || return 1
  done
  client ask get "$victim" 80
  assert_output "web 80"
  lichen exec ask python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1); s.sendto(b"the end", ("255.255.255.255", 9))'
  read -r -t 20 -u "$out" line
  assert_equal "$line" nothing
}

@test "names: PTR, forwarding to the server of --dns; web of two networks by name on both" {
  lichen network create --subnet 10.93.1.0/24 app >/dev/null
  lichen network create --internal --subnet 10.93.2.0/24 inner >/dev/null
  serve names --network app:ip=10.93.1.53 -- python3 /t/net_client.py answer 0.0.0.0 192.0.2.7
  web web --network app --network inner
  box ask --network app --dns 10.93.1.53
  box shut --network inner
  wait_until 20 ready names
  local server
  server=$(name_server ask)
  client ask dns "$server" "$(address web app)" PTR
  assert_equal "$(grep -cx web <<<"$output")" 1
  client ask dns "$server" there.example.org A
  assert_output 192.0.2.7
  client ask dns "$server" web A tcp
  assert_output "$(address web app)"
  client ask get web 80
  assert_output "web 80"
  client shut get web 80
  assert_output "web 80"
  run_lichen logs names
  assert_contains "asked there.example.org 1"
}
