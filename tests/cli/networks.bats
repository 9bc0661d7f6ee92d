#!/usr/bin/env bats
# Networks with names: containers on them by name and address, isolation, ports, and what happens when helpers die.
load helpers
load network_helpers

setup_file() {
  make_world
  load_image busybox
}
teardown_file() { remove_world; }
teardown() { remove_networks; }

@test "containers of a network reach each other by name, alias, id and address, and nobody else does" {
  # flags: run --network-alias
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
  run_lichen run --rm --network inner $BUSYBOX sh -c 'ip route; ip -6 route; nc -w 2 10.0.2.2 1 2>&1'
  assert_contains "dev eth0"
  refute_contains "default"
  assert_contains "unreachable"
  run_lichen run --rm --network inner --add-host me:host-gateway $BUSYBOX true
  assert_failure 125 "an internal network does not lead to the host"
}

@test "a start that fails leaves no bridge behind that would be in the way of the next network" {
  need_hub
  local round port
  for round in 1 2 3; do
    lichen network create "one$round" >/dev/null
    # Fails in the child that becomes the monitor, which has made the bridge by then.
    run_lichen run --rm --network "one$round" --user nobody-of-this-name $BUSYBOX true
    assert_failure 125 nobody-of-this-name
    lichen network rm "one$round" >/dev/null
    lichen network create "two$round" >/dev/null
    serve web hello --network "two$round" -p 127.0.0.1::80
    port=$(lichen port web 80/tcp)
    wait_until 10 says "${port##*:}" hello
    lichen rm -f -t 0 web >/dev/null
  done
}

@test "published ports: many at once, whole both ways, an end of one side is an end of one side" {
  need_hub
  lichen run -d --name echo -p 127.0.0.1::7 $BUSYBOX nc -ll -p 7 -e cat >/dev/null
  local port
  port=$(lichen port echo 7/tcp)
  run python3 - "${port##*:}" <<'END'
import os, socket, sys, threading, time
address = ("127.0.0.1", int(sys.argv[1]))
for _ in range(1000):  # until the server listens
    try:
        with socket.create_connection(address) as s:
            s.sendall(b"x")
            if s.recv(1): break
    except OSError: pass
    time.sleep(0.01)
failures = []
def one(size):
    data = os.urandom(size)
    with socket.create_connection(address) as s:
        sender = threading.Thread(target=lambda: (s.sendall(data), s.shutdown(socket.SHUT_WR)))
        sender.start()
        got = b"".join(iter(lambda: s.recv(65536), b""))
        sender.join()
    if got != data: failures.append((size, len(got)))
def several(sizes):
    for size in sizes: one(size)
# No more at once than the server's queue holds.
work = [[0, 1, 5_000_000], [300_000] * 10, [30_000] * 20, [3_000] * 30]
threads = [threading.Thread(target=several, args=(sizes,)) for sizes in work]
for t in threads: t.start()
for t in threads: t.join()
print("failures:", failures)
END
  assert_output "failures: []"
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
