#!/usr/bin/env bats
# Networks with names: made and listed, containers on them by name and address, isolation, ports, connect and disconnect.
load helpers

setup_file() {
  make_world
  load_image busybox
}
teardown_file() { remove_world; }
teardown() {
  lichen rm -f -a -t 0 >/dev/null 2>&1 || true
  lichen network prune -f >/dev/null 2>&1 || true
}

need_hub() {
  need slirp4netns
  [ -w /dev/net/tun ] || skip "/dev/net/tun is closed to this user"
}
serve() { # NAME TEXT [FLAGS...]: a web server that says TEXT
  lichen run -d --name "$1" "${@:3}" $BUSYBOX sh -c "echo '$2' >/tmp/index.html; exec httpd -f -h /tmp -p 80" >/dev/null
}
fetch_from() { lichen run --rm --network "$1" $BUSYBOX timeout 5 wget -q -O- "http://$2/" 2>&1; } # NETWORK HOST

@test "network create, ls, inspect, exists, rm, prune" {
  run_lichen network create --label a=b --opt mtu=1400 one
  assert_success
  local id=$output
  assert_matches '^[0-9a-f]{64}$'
  lichen network create --internal --subnet 10.99.1.0/24 --gateway 10.99.1.9 --ip-range 10.99.1.128/25 two >/dev/null
  run_lichen network ls --format '{{.Name}} {{.Driver}} {{.Scope}}'
  assert_output "bridge bridge local
host host local
none null local
one bridge local
two bridge local"
  run_lichen network ls -q --filter name=^one
  assert_output "${id:0:12}"
  run_lichen network ls --no-trunc -n --filter label=a=b --format '{{.ID}}'
  assert_output "$id"
  run_lichen network ls -q --filter type=custom --filter driver=bridge
  assert_equal "$(wc -w <<<"$output")" 2
  run_lichen network inspect -f '{{.Name}} {{.Internal}} {{(index .IPAM.Config 0).Subnet}} {{(index .IPAM.Config 0).Gateway}} {{(index .IPAM.Config 0).IPRange}}' two
  assert_output "two true 10.99.1.0/24 10.99.1.9 10.99.1.128/25"
  run_lichen network inspect "${id:0:9}" host
  assert_equal "$(python3 -c 'import json,sys; print([n["Name"] for n in json.load(sys.stdin)])' <<<"$output")" "['one', 'host']"
  run_lichen network exists two
  assert_success
  run_lichen network exists three
  assert_status 1
  run_lichen network create one
  assert_failure 125 "the name is taken"
  run_lichen network create --ignore one
  assert_output "$id"
  run_lichen network rm one two
  assert_output "one
two"
  lichen network create three >/dev/null
  run_lichen network prune -f
  assert_contains three
  run_lichen network rm bridge
  assert_failure 1 "it is always there"
  run_lichen network rm nothing
  assert_failure 1 "no such network: nothing"
  run_lichen network rm -f nothing
  assert_success
}

@test "network create: what cannot be is refused, and nothing is made" {
  local words
  while read -r words; do
    # shellcheck disable=SC2086
    run_lichen network create $words
    ((status == 125 || status == 1)) || fail_with "$words" "a refusal" "$status" || return 1
    [ -n "$stderr" ]
  done <<'END'
a/b
host
--subnet 10.9.0.0 x
--subnet 10.9.0.0/31 x
--gateway 10.9.0.1 x
--subnet 10.9.0.0/24 --gateway 10.8.0.1 x
--subnet 10.9.0.0/24 --gateway 10.9.0.255 x
--subnet 10.9.0.0/24 --ip-range 10.9.0.0/16 x
--driver overlay x
--driver macvlan x
--opt mtu=10 x
--opt unknown=1 x
--dns nobody x
--interface-name way-too-long-for-linux x
--subnet 172.17.3.0/24 x
END
  run_lichen network ls -q --filter type=custom
  assert_output ""
}

@test "subnets are chosen that nobody uses; two families" {
  lichen network create a >/dev/null
  lichen network create --ipv6 b >/dev/null
  run_lichen network inspect -f '{{range .IPAM.Config}}{{.Subnet}} {{end}}' a b
  local subnets
  subnets=$(tr ' ' '\n' <<<"$output" | grep -c /)
  assert_equal "$(tr ' ' '\n' <<<"$output" | grep / | sort -u | wc -l)" "$subnets"
  assert_contains "fd"
}

@test "containers of a network reach each other by name, alias, id and address, and nobody else does" {
  need_hub
  lichen network create app >/dev/null
  lichen network create other >/dev/null
  serve web hello --network app --network-alias www --network-alias w3
  local address id host
  address=$(lichen inspect -f '{{.NetworkSettings.Networks.app.IPAddress}}' web)
  id=$(lichen inspect -f '{{.Id}}' web)
  for host in web www w3 "${id:0:12}" "$address"; do
    assert_equal "$(fetch_from app "$host")" hello "$host" || return 1
  done
  for host in web "$address"; do
    [ "$(fetch_from other "$host")" != hello ] || fail_with "from the other network" "nothing" "$host" || return 1
  done
}

@test "an alias of several containers answers with all of them" {
  need_hub
  lichen network create app >/dev/null
  local name
  for name in one two three; do serve $name $name --network app --network-alias all; done
  run_lichen run --rm --network app $BUSYBOX nslookup all
  assert_equal "$(grep '^Address: [0-9]' <<<"$output" | sort -u | wc -l)" 3 "addresses"
}

@test "an internal network has no way out and none in" {
  need_hub
  lichen network create --internal inner >/dev/null
  run_lichen run --rm --network inner $BUSYBOX sh -c 'ip route | grep -c default; nc -w 2 10.0.2.2 1 2>&1'
  assert_contains "0"
  assert_contains "unreachable"
}

@test "addresses: chosen, wanted, kept over a restart, freed by rm; wrong ones are refused" {
  need_hub
  lichen network create --subnet 10.97.0.0/24 --subnet fd97::/64 app >/dev/null
  lichen run -d --name one --network app:ip=10.97.0.77,ip6=fd97::77,mac=92:d0:c6:0a:29:33,interface_name=net7,alias=first $BUSYBOX sleep 1000 >/dev/null
  run_lichen exec one ip addr show net7
  assert_contains "inet 10.97.0.77/24"
  assert_contains "inet6 fd97::77/64"
  assert_contains "92:d0:c6:0a:29:33"
  lichen run -d --name two --network app $BUSYBOX sleep 1000 >/dev/null
  local address
  address=$(lichen inspect -f '{{.NetworkSettings.Networks.app.IPAddress}}' two)
  lichen run -d --name three --network app $BUSYBOX sleep 1000 >/dev/null
  lichen restart -t 0 two
  assert_equal "$(lichen inspect -f '{{.NetworkSettings.Networks.app.IPAddress}}' two)" "$address"
  run_lichen run --rm --network app --ip 10.97.0.77 $BUSYBOX true
  assert_failure 125 "10.97.0.77" "in use"
  run_lichen run --rm --network app --ip 10.98.0.1 $BUSYBOX true
  assert_failure 125 "10.98.0.1"
  run_lichen run --rm --network none --ip 10.97.0.5 $BUSYBOX true
  assert_failure 125 "--ip"
  lichen rm -f -t 0 one
  run_lichen run --rm --network app --ip 10.97.0.77 --ip6 fd97::77 --mac-address 92:d0:c6:0a:29:44 $BUSYBOX ip addr show eth0
  assert_contains "10.97.0.77/24"
  assert_contains "fd97::77/64"
  assert_contains "92:d0:c6:0a:29:44"
}

@test "several networks; connect and disconnect while it runs and while it does not" {
  need_hub
  lichen network create app >/dev/null
  lichen network create back >/dev/null
  lichen network create third >/dev/null
  serve web hello --network app --network back
  assert_equal "$(lichen exec web ls /sys/class/net | xargs)" "eth0 eth1 lo"
  local address
  address=$(lichen inspect -f '{{.NetworkSettings.Networks.back.IPAddress}}' web)
  assert_equal "$(fetch_from back "$address")" hello
  lichen network connect --alias tri third web
  address=$(lichen inspect -f '{{.NetworkSettings.Networks.third.IPAddress}}' web)
  assert_equal "$(fetch_from third "$address")" hello
  run_lichen network connect third web
  assert_failure 125 "connected"
  lichen network disconnect app web
  assert_equal "$(lichen exec web sh -c 'ip route | grep -c default')" 1 "default routes"
  assert_equal "$(lichen exec web ls /sys/class/net | xargs)" "eth1 eth2 lo"
  run_lichen network rm third
  assert_failure 1 "web"
  lichen stop -t 0 web
  lichen network disconnect third web
  lichen network connect app web
  lichen start web
  assert_equal "$(lichen inspect -f '{{range $name, $net := .NetworkSettings.Networks}}{{$name}} {{end}}' web)" "app back "
  run_lichen run --network app --network host $BUSYBOX true
  assert_failure 125 "together"
}

says() { # PORT TEXT: a web server on the host's loopback answers TEXT
  [ "$( (exec 3<>"/dev/tcp/127.0.0.1/$1"; printf 'GET / HTTP/1.0\r\n\r\n' >&3; tail -n 1 <&3) 2>/dev/null)" = "$2" ]
}

@test "published ports lead to a container on a network, and are free again" {
  need_hub
  lichen network create app >/dev/null
  serve web hello --network app -p 127.0.0.1::80
  local port
  port=$(lichen port web 80/tcp | head -n 1)
  wait_until 10 says "${port##*:}" hello
  run_lichen run --rm --network app -p "$port:80" $BUSYBOX true
  assert_failure 125 "${port##*:}" "web"
  lichen rm -f -t 0 web
  serve web again --network bridge -p "$port:80"
  wait_until 10 says "${port##*:}" again
}

@test "a member sends from its own addresses only" {
  need_hub
  lichen network create app >/dev/null
  serve web hello --network app
  local address
  address=$(lichen inspect -f '{{.NetworkSettings.Networks.app.IPAddress}}' web)
  run_lichen run --rm --network app --cap-add NET_ADMIN $BUSYBOX sh -c "
    timeout 5 wget -q -O- http://$address/
    own=\$(ip -4 addr show eth0 | sed -n 's/.*inet \\([0-9.]*\\).*/\\1/p')
    ip addr add \${own%.*}.200/16 dev eth0; ip addr del \$own/16 dev eth0
    timeout 2 wget -q -O- http://$address/ && echo spoofed; true"
  assert_contains hello
  refute_contains spoofed
}

@test "the hub, slirp4netns and who answers names killed: they come back, containers go on; the hub goes with the last" {
  need_hub
  lichen network create app >/dev/null
  serve web hello --network app
  local hub round
  hub=$(find "$XDG_RUNTIME_DIR" -path '*/hub/hub.sock' -printf '%h\n' -quit)
  for round in hub slirp names; do
    case $round in
      hub) kill -9 "$(pgrep -o -u "$(id -u)" -f "^lichen-hub $hub ")" ;;
      slirp) kill -9 "$(pgrep -P "$(pgrep -o -u "$(id -u)" -f "^lichen-hub $hub ")" -x slirp4netns)" ;;
      names) kill -9 "$(pgrep -P "$(pgrep -o -u "$(id -u)" -f "^lichen-hub $hub ")" -x lichen-names)" ;;
    esac
    wait_until 10 eval '[ "$(fetch_from app web)" = hello ]' || fail_with "$round killed" "names and traffic" "none" || return 1
  done
  lichen rm -f -a -t 0 >/dev/null
  wait_until 10 eval '! pgrep -u "$(id -u)" -f "^lichen-hub $hub " >/dev/null'
  [ -z "$(ls "$hub/members")" ]
}
