#!/usr/bin/env bats
# network create, ls, inspect, update, rm, prune: what networks there are, which addresses they have and give.
load helpers
load network_helpers

setup_file() {
  make_world
  load_image busybox
}
teardown_file() { remove_world; }
teardown() { remove_networks; }

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

@test "network create: what cannot be is refused with the reason, and nothing is made" {
  local words reason
  while IFS='|' read -r words reason; do
    # shellcheck disable=SC2086
    run_lichen network create $words
    ((status == 125)) || fail_with "$words" "a refusal" "$status" || return 1
    [[ $stderr == *"${reason# }"* ]] || fail_with "$words" "$reason" "$stderr" || return 1
  done <<'END'
a/b | not a valid name
host | means something else
--subnet 10.9.0.0 x | not a network
--subnet 10.9.0.0/31 x | no room
--gateway 10.9.0.1 x | give --subnet too
--subnet 10.9.0.0/24 --gateway 10.8.0.1 x | in none of its subnets
--subnet 10.9.0.0/24 --gateway 10.9.0.255 x | no host's address
--subnet 10.9.0.0/24 --gateway 10.9.0.1 --gateway 10.9.0.2 x | has one already
--subnet 10.9.0.0/24 --ip-range 10.9.0.0/16 x | larger than the subnet
--subnet 10.9.0.0/24 --ip-range 10.9.0.0/26 --ip-range 10.9.0.64/26 x | has one already
--subnet 10.9.0.0/24 --subnet 10.9.0.128/25 x | overlaps its own
--subnet 172.17.3.0/24 x | of network 'bridge'
--subnet 10.0.2.0/25 x | the way out of all networks
--driver overlay x | no network driver 'overlay'
--driver macvlan x | administrator
--driver ipvlan x | administrator
--driver host x | no second one
--driver none x | no second one
--opt parent=eth0 x | administrator
--opt vlan=7 x | administrator
--opt mtu=10 x | from 68
--opt unknown=1 x | no option
--opt isolate=false x | always isolated
--opt com.docker.network.bridge.enable_icc=false x | always reach each other
--opt com.docker.network.bridge.trusted_host_interfaces=x x | no option
--dns nobody x | not an address
--dns 192.0.2.1 --disable-dns x | exclude each other
--interface-name way-too-long-for-linux x | cannot be the name
--ipam-driver dhcp x | no IPAM driver
--scope swarm x | needs a cluster
--ipv4=false x | neither IPv4 nor IPv6
--ipv4=false --ipv6 --subnet 10.9.0.0/24 x | --ipv4=false
--aux-address a=10.9.0.9 x | give --subnet too
--subnet 10.9.0.0/24 --aux-address a=10.9.0.1 x | the gateway's
--subnet 10.9.0.0/24 --aux-address 10.9.0.7 x | not NAME=ADDRESS
--route 10.20.0.0/16 x | not DESTINATION,GATEWAY
--subnet 10.9.0.0/24 --route 10.20.0.0/16,10.8.0.1 x | in none of its subnets
END
  run_lichen network ls -q --filter type=custom
  assert_output ""
}

@test "network create: words for what is so anyway are taken" {
  run_lichen network create --driver bridge --ipam-driver host-local --scope local --ipv4 --attachable --opt isolate=true \
    --opt com.docker.network.bridge.enable_icc=1 --opt com.docker.network.bridge.enable_ip_masquerade=true \
    --opt com.docker.network.bridge.name=mine --opt com.docker.network.driver.mtu=1400 x
  assert_success
  run_lichen network inspect -f '{{.network_interface}} {{index .Options "com.docker.network.bridge.enable_icc"}}' x
  assert_output "mine 1"
  run_lichen network create --interface-name mine other
  assert_failure 125 "the bridge 'mine' is that of network 'x'"
  run_lichen network create --opt com.docker.network.bridge.name=lichen0 other
  assert_failure 125 "that of network 'bridge'"
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

@test "several subnets, each with its gateway and range; addresses kept for others; routes" {
  need_hub
  lichen network create --subnet 10.97.0.0/24 --gateway 10.97.0.9 --ip-range 10.97.0.128/25 --subnet 10.98.0.0/24 \
    --subnet fd97::/64 --gateway fd97::9 --aux-address printer=10.97.0.129 --route 10.20.0.0/16,10.97.0.200 \
    --route 10.21.0.0/16,10.98.0.7,5 app >/dev/null
  run_lichen network inspect -f '{{range .IPAM.Config}}{{.Subnet}},{{.Gateway}} {{end}}{{.EnableIPv4}} {{.EnableIPv6}}' app
  assert_output "10.97.0.0/24,10.97.0.9 10.98.0.0/24,10.98.0.1 fd97::/64,fd97::9 true true"
  run_lichen network inspect -f '{{(index .IPAM.Config 0).AuxiliaryAddresses.printer}} {{(index .subnets 0).lease_range.start_ip}} {{range .routes}}{{.destination}} by {{.gateway}} {{end}}' app
  assert_output "10.97.0.129 10.97.0.128 10.20.0.0/16 by 10.97.0.200 10.21.0.0/16 by 10.98.0.7 "
  run_lichen network ls --filter name=app --format '{{.DNSEnabled}} {{.IPv6Enabled}} {{range .Subnets}}{{.Subnet}} {{end}}'
  assert_output "true true 10.97.0.0/24 10.98.0.0/24 fd97::/64 "
  idle one --network app
  run_lichen exec one sh -c 'ip addr show eth0; ip route; ip -6 route'
  assert_contains "inet 10.97.0.128/24"
  assert_contains "inet 10.98.0.2/24"
  assert_contains "inet6 fd97::1/64"
  assert_contains "default via 10.97.0.9"
  assert_contains "default via fd97::9"
  assert_contains "10.20.0.0/16 via 10.97.0.200"
  assert_contains "10.21.0.0/16 via 10.98.0.7 dev eth0  metric 5"
  run_lichen exec one grep -c "^\(10.97.0.128\|fd97::1\)[[:space:]]*$(lichen inspect -f '{{.Config.Hostname}}' one)\$" /etc/hosts
  assert_output 2
  run_lichen inspect -f '{{.NetworkSettings.IPAddress}} {{(index .NetworkSettings.Networks.app.SecondaryIPAddresses 0).Addr}}' one
  assert_output "10.97.0.128 10.98.0.2"
  idle two --network app --ip 10.98.0.50
  run_lichen exec two ip addr show eth0
  assert_contains "10.97.0.130/24"
  assert_contains "10.98.0.50/24"
  lichen exec -d one sh -c 'echo hello >/tmp/index.html; exec httpd -f -h /tmp -p 80'
  wait_until 5 eval '[ "$(lichen exec two timeout 5 wget -q -O- http://10.98.0.2/)" = hello ]'
  run_lichen run --rm --network app --ip 10.97.0.129 $BUSYBOX true
  assert_failure 125 "10.97.0.129 cannot be used"
}

@test "IPv6 only: no IPv4 address, names and neighbours work" {
  need_hub
  lichen network create --ipv6 --ipv4=false six >/dev/null
  run_lichen network ls --filter name=six --format '{{.IPv4}} {{.IPv6}}'
  assert_output "false true"
  serve one hello --network six
  run_lichen run --rm --network six $BUSYBOX sh -c 'ip -4 addr show eth0 | grep -c inet; timeout 5 wget -q -O- http://one/'
  assert_output "0
hello"
}

@test "a subnet without a free address: the error says so, nothing is left of the container, rm makes room" {
  need_hub
  lichen network create --subnet 10.96.0.0/30 tiny >/dev/null
  idle one --network tiny
  run_lichen run -d --name two --network tiny $BUSYBOX sleep 1000
  assert_failure 125 "no address of 10.96.0.0/30 is free" "larger --subnet"
  run_lichen ps -aq --filter name=two
  assert_output ""
  lichen rm -f -t 0 one >/dev/null
  idle two --network tiny
  assert_equal "$(address_of two tiny)" 10.96.0.2
}

@test "network inspect: docker's document and podman's keys, for who runs and who does not" {
  need_hub
  lichen network create --subnet 10.95.0.0/24 --label a=b --dns 192.0.2.53 app >/dev/null
  idle one --network app
  lichen create --name two --network app $BUSYBOX true >/dev/null
  local id
  id=$(lichen inspect -f '{{.Id}}' one)
  run_lichen network inspect app
  python3 - "$id" 3<<<"$output" <<'END'
import json, sys
network = json.load(open(3))[0]
ours = sys.argv[1]
assert list(network["Containers"]) == [ours] == list(network["containers"]), network
there = network["Containers"][ours]
assert there["Name"] == "one" and there["IPv4Address"] == "10.95.0.2/24" and there["IPv6Address"] == "", there
place = network["containers"][ours]["interfaces"]["eth0"]
assert place["subnets"] == [{"ipnet": "10.95.0.2/24", "gateway": "10.95.0.1"}] and place["mac_address"] == there["MacAddress"], place
assert network["Name"] == network["name"] == "app" and network["Scope"] == "local" and network["IPAM"]["Driver"] == "default", network
assert network["subnets"] == [{"subnet": "10.95.0.0/24", "gateway": "10.95.0.1"}] and network["dns_enabled"], network
assert network["network_dns_servers"] == ["192.0.2.53"] and network["Labels"] == network["labels"] == {"a": "b"}, network
END
  run_lichen inspect -f '{{.NetworkSettings.Networks.app.Gateway}} {{.NetworkSettings.Gateway}} {{.NetworkSettings.Networks.app.NetworkID}}' one
  assert_output "10.95.0.1 10.95.0.1 $(lichen network inspect -f '{{.Id}}' app)"
  run_lichen inspect -f '<{{.NetworkSettings.Networks.app.IPAddress}}> {{.NetworkSettings.Networks.app.NetworkID}}' two
  assert_output "<> $(lichen network inspect -f '{{.Id}}' app)"
}

@test "every field of docker's and podman's inspect is there, of networks and of containers on them" {
  need_hub
  lichen network create --ipv6 --subnet 10.95.0.0/24 --subnet 10.96.0.0/24 --subnet fd95::/64 --subnet fd96::/64 --ip-range 10.95.0.64/26 \
    --ip-range 10.96.0.64/26 --ip-range fd95::/80 --ip-range fd96::/80 --aux-address a=10.95.0.9 --aux-address b=10.96.0.9 --aux-address c=fd95::9 \
    --aux-address d=fd96::9 --route 10.20.0.0/16,10.95.0.7,9 --dns 192.0.2.53 app >/dev/null
  idle one --network app --ip 10.95.0.5 --ip6 fd95::5 -p 127.0.0.1::80
  lichen network inspect app >"$BASE/tmp/network"
  assert_equal "$("$HELPERS/has_fields.py" "$BATS_TEST_DIRNAME/network-inspect-fields.txt" <"$BASE/tmp/network")" "" "missing of the network"
  lichen inspect one >"$BASE/tmp/container"
  assert_equal "$("$HELPERS/has_fields.py" "$BATS_TEST_DIRNAME/network-settings-fields.txt" <"$BASE/tmp/container")" "" "missing of the container"
}

name_server() { # NAME IP ANSWER: with the host's python3
  local folder folders=()
  for folder in /usr /lib /lib64; do [ ! -d $folder ] || folders+=(-v "$folder:$folder:ro"); done
  lichen run -d --name "$1" --network app --ip "$2" "${folders[@]}" -v "$HELPERS:/helpers:ro" $BUSYBOX /usr/bin/python3 /helpers/name_server.py "$3" >/dev/null
}
outside_of() { lichen exec "$1" nslookup outside.example 2>&1; } # CONTAINER

@test "--dns of a network: asked for names that are not containers'; update changes it while they run" {
  need_hub
  lichen network create --subnet 10.94.0.0/24 --dns 10.94.0.50 app >/dev/null
  name_server ns1 10.94.0.50 192.0.2.71
  name_server ns2 10.94.0.60 192.0.2.72
  idle one --network app
  idle own --network app --dns 10.94.0.60
  wait_until 10 eval '[[ $(outside_of one) == *192.0.2.71* ]]'
  wait_until 10 eval '[[ $(outside_of own) == *192.0.2.72* ]]'
  run_lichen network update --dns-drop 10.94.0.50 --dns-add 10.94.0.60 app
  assert_output app
  wait_until 10 eval '[[ $(outside_of one) == *192.0.2.72* ]]'
  run_lichen network inspect -f '{{.network_dns_servers}}' app
  assert_output "[10.94.0.60]"
  run_lichen network update --dns-add nobody app
  assert_failure 125 "not an address"
  run_lichen network update --dns-add 192.0.2.1 bridge
  assert_failure 125 "always there"
  run_lichen network update --dns-add 192.0.2.1 nothing
  assert_failure 125 "no such network"
  lichen network create --disable-dns silent >/dev/null
  run_lichen network update --dns-add 192.0.2.1 silent
  assert_failure 125 "--disable-dns"
}
