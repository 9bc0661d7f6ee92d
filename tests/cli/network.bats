#!/usr/bin/env bats
# Networks: none, host, slirp4netns with published ports, container:X; and the files that name things.
load helpers

setup_file() { make_world; load_image busybox; }
teardown_file() { remove_world; }
teardown() { lichen rm -f -a -t 0 >/dev/null 2>&1 || true; }

need_slirp() {
  need slirp4netns
  [ -w /dev/net/tun ] || skip "/dev/net/tun is closed to this user"
}
# A web server of busybox that answers with its argument.
serve() { # NAME TEXT FLAGS...
  local name=$1 text=$2
  shift 2
  lichen run -d --name "$name" "$@" $BUSYBOX sh -c "mkdir /www; echo '$text' >/www/index.html; exec httpd -f -p 8080 -h /www" >/dev/null
}
# A fetch for inside. (Debian's static busybox has a wget that crashes on every name lookup.)
get() { echo "printf 'GET /index.html HTTP/1.0\\r\\n\\r\\n' | nc -w 3 $1 $2"; } # ADDRESS PORT

@test "none: only loopback, and it is up" {
  run_lichen run --rm --network none $BUSYBOX sh -c 'ip -o link | wc -l; ip link show lo | grep -c LOWER_UP'
  assert_output "1
1"
}

@test "host: the host's interfaces and its loopback" {
  run_lichen run --rm --network host $BUSYBOX cat /proc/net/dev
  assert_equal "$(grep -c : <<<"$output")" "$(grep -c : /proc/net/dev)" interfaces
  run_lichen run --rm --network host $BUSYBOX hostname
  assert_output "$(hostname)"
}

@test "slirp4netns: an address, a route, and the host's services outside loopback are reachable" {
  need_slirp
  run_lichen run --rm --network slirp4netns $BUSYBOX sh -c 'ip -4 addr show tap0 | grep -o "10\.0\.2\.[0-9]*/24"; ip route | grep -c default; cat /etc/resolv.conf'
  assert_contains "10.0.2.100/24"
  assert_contains "nameserver 10.0.2.3"
}

@test "slirp4netns: the host's loopback is not reachable by default, and is when asked" {
  need_slirp
  local port pid
  port=$(free_port)
  (cd "$BASE/tmp" && echo secret >index.html && exec python3 -m http.server --bind 127.0.0.1 "$port" >/dev/null 2>&1 3>&- 4>&-) &
  pid=$!
  fetch -o /dev/null "http://127.0.0.1:$port/"
  run_lichen run --rm --network slirp4netns $BUSYBOX sh -c "$(get 10.0.2.2 "$port")"
  refute_contains "secret"
  run_lichen run --rm --network slirp4netns:allow_host_loopback=true $BUSYBOX sh -c "$(get 10.0.2.2 "$port")"
  kill $pid
  assert_contains "secret"
}

@test "-p: a published port answers on every address; -p IP: only there; ps and inspect show it" {
  need_slirp
  local port
  port=$(free_port)
  serve web hello -p "$port:8080"
  assert_equal "$(fetch "http://127.0.0.1:$port/")" hello "answer"
  run_lichen ps --format '{{.Ports}}'; assert_contains "0.0.0.0:$port->8080/tcp"
  run_lichen inspect -f '{{(index (index .NetworkSettings.Ports "8080/tcp") 0).HostPort}}' web; assert_output "$port"
  lichen rm -f web
  wait_until 5 sh -c "! curl --silent --max-time 1 http://127.0.0.1:$port/ >/dev/null"
  serve local hello -p "127.0.0.1:$port:8080"
  assert_equal "$(fetch "http://127.0.0.1:$port/")" hello "answer"
  ! ss -Hltn "sport = :$port" | grep -vq 127.0.0.1
}

@test "-p without a host port takes a free one; -P publishes what the image exposes" {
  need_slirp
  serve any hello -p 8080
  local port
  port=$(lichen inspect -f '{{(index (index .NetworkSettings.Ports "8080/tcp") 0).HostPort}}' any)
  assert_equal "$(fetch "http://127.0.0.1:$port/")" hello "answer"
  serve exposed hi --expose 8080 -P
  port=$(lichen inspect -f '{{(index (index .NetworkSettings.Ports "8080/tcp") 0).HostPort}}' exposed)
  assert_equal "$(fetch "http://127.0.0.1:$port/")" hi "answer"
}

@test "a port in use is an error that names the port, 125, and leaves no running container" {
  need_slirp
  local port pid
  port=$(free_port)
  python3 -m http.server --bind 0.0.0.0 "$port" >/dev/null 2>&1 3>&- 4>&- &
  pid=$!
  wait_until 5 sh -c "ss -Hltn 'sport = :$port' | grep -q ."
  run_lichen run -d --name clash -p "$port:80" $BUSYBOX sleep 100
  kill $pid
  assert_failure 125 "$port" "in use"
  assert_equal "$(lichen ps -q)" "" "running containers"
}

@test "bad ports are refused" {
  local text
  for text in 99999:80 80:0x50 a:b 80:80/nosuch 1.2.3:80:80 ""; do
    run_lichen run -p "$text" --network slirp4netns $BUSYBOX true
    assert_failure 125 "$text"
  done
}

@test "ports with --network none or host are not silently ignored" {
  run_lichen run --rm -p 8080:80 --network none $BUSYBOX true
  [ -n "$stderr" ]
  assert_stderr "port"
}

@test "container:X shares the network; both names work; the peer must run" {
  serve first shared --network none
  run_lichen run --rm --network container:first $BUSYBOX sh -c "$(get 127.0.0.1 8080)"
  assert_contains "shared"
  assert_equal "$(lichen run --rm --network container:first $BUSYBOX readlink /proc/self/ns/net)" "$(lichen exec first readlink /proc/self/ns/net)" "network namespace"
  run_lichen run --rm --network container:nosuch $BUSYBOX true; assert_failure 125 "nosuch"
  lichen stop -t 0 first
  run_lichen run --rm --network container:first $BUSYBOX true; assert_failure 125 "first" "running"
}

@test "/etc/hosts names the container and localhost" {
  run_lichen run --rm --network none --hostname me $BUSYBOX cat /etc/hosts
  assert_matches $'127\.0\.0\.1[ \t]+localhost'
  assert_contains "me"
}

@test "the network helper goes with its container" {
  need_slirp
  lichen run -d --name net --network slirp4netns $BUSYBOX sleep 100
  local count
  pgrep -u "$(id -u)" slirp4netns >/dev/null
  lichen rm -f net
  count=$(wait_until_empty 5 leftover_processes) || true
  assert_equal "$count" "" processes
}

@test "an unknown network is refused with the known ones" {
  run_lichen run --network nosuch $BUSYBOX true
  assert_failure 125 "nosuch"
}

@test "the source address is loopback-safe: the server sees no host loopback peer by a published port" {
  need_slirp
  local port
  port=$(free_port)
  lichen run -d --name peer -p "$port:8080" $BUSYBOX sh -c 'nc -l -p 8080 >/dev/null; echo done; sleep 100' >/dev/null
  wait_until 5 lichen exec peer sh -c 'netstat -tln | grep -q ":8080 "'
  (exec 7<>"/dev/tcp/127.0.0.1/$port"; "$LICHEN" exec peer netstat -tn 3>&- 4>&- | grep ':8080' >"$BASE/peer"; exec 7>&-)
  ! awk '{print $5}' "$BASE/peer" | grep -q '^127\.'
}
