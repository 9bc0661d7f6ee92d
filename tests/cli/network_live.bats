#!/usr/bin/env bats
# Networks of containers that run: connect, disconnect, links, renames, reload, the host, removal.
load helpers
load network_helpers

setup_file() {
  make_world
  load_image busybox
}
teardown_file() { remove_world; }
teardown() { remove_networks; }

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
  run_lichen network connect --driver-opt com.docker.network.endpoint.ifname=eth1 app web
  assert_failure 125 "eth1"
  run_lichen network rm app
  assert_success
  lichen network create app >/dev/null
  assert_equal "$(fetch_from back "$(address_of web back)")" hello "after a connect that failed"
  run_lichen network connect host web
  assert_failure 125 "cannot be connected"
  lichen stop -t 0 web
  lichen network disconnect third web
  lichen network connect app web
  lichen start web
  assert_equal "$(lichen inspect -f '{{range $name, $net := .NetworkSettings.Networks}}{{$name}} {{end}}' web)" "app back "
  run_lichen run --network app --network host $BUSYBOX true
  assert_failure 125 "together"
}

@test "--gw-priority chooses the way out, also while it runs" {
  need_hub
  lichen network create --subnet 10.93.0.0/24 app >/dev/null
  lichen network create --subnet 10.92.0.0/24 back >/dev/null
  lichen network create --subnet 10.91.0.0/24 third >/dev/null
  idle one --network app
  way_out() { lichen exec one ip route | sed -n 's/^default via \([0-9.]*\).*/\1/p'; }
  lichen network connect --gw-priority 0 back one
  assert_equal "$(way_out)" 10.93.0.1
  lichen network connect --gw-priority 7 --driver-opt com.docker.network.endpoint.ifname=up0 third one
  assert_equal "$(way_out)" 10.91.0.1
  assert_equal "$(lichen exec one ls /sys/class/net | xargs)" "eth0 eth1 lo up0"
  run_lichen inspect -f '{{.NetworkSettings.Networks.third.GwPriority}} {{.NetworkSettings.Networks.third.DriverOpts}}' one
  assert_output "7 map[com.docker.network.endpoint.ifname:up0]"
  lichen restart -t 0 one
  assert_equal "$(way_out)" 10.91.0.1
  lichen network disconnect third one
  assert_equal "$(way_out)" 10.93.0.1
  run_lichen network connect --driver-opt a=b third one
  assert_failure 125 "no such option"
  run_lichen network connect --link-local-ip 169.254.1.1 third one
  assert_failure 125 "169.254.0.0/16"
  run_lichen run --rm --network app --link-local-ip 169.254.1.1 $BUSYBOX true
  assert_failure 125 "169.254.0.0/16"
}

@test "--link: another container's name and alias in /etc/hosts, at run and at connect" {
  need_hub
  lichen network create --disable-dns app >/dev/null
  lichen network create --disable-dns back >/dev/null
  serve db hello --network app --network back
  local address
  address=$(address_of db app)
  run_lichen run --rm --network app --link db:database $BUSYBOX sh -c 'cat /etc/hosts; wget -q -O- http://database/'
  assert_contains "$address	database"
  assert_contains "$address	db"
  assert_contains hello
  idle one --network app --link db
  run_lichen exec one timeout 5 wget -q -O- http://db/
  assert_output hello
  lichen network connect --link db:behind back one
  assert_contains_line "$(address_of db back)	behind" "$(lichen exec one cat /etc/hosts)"
  run_lichen inspect -f '{{.NetworkSettings.Networks.app.Links}} {{.NetworkSettings.Networks.back.Links}}' one
  assert_output "[db:db] [db:behind]"
  lichen network disconnect back one
  [[ $(lichen exec one cat /etc/hosts) != *behind* ]]
  lichen network connect --link db:behind back one
  lichen network disconnect back db
  lichen network disconnect back one
  run_lichen inspect -f '{{range $name, $net := .NetworkSettings.Networks}}{{$name}} {{end}}' one
  assert_output "app "
  idle lone --network back
  run_lichen run --rm --network app --link lone $BUSYBOX true
  assert_failure 125 "not on the network 'app'"
  run_lichen run --rm --network app --link nobody $BUSYBOX true
  assert_failure 125 nobody
  run_lichen run --rm --network none --link db $BUSYBOX true
  assert_failure 125 "needs a network"
  run_lichen run --rm --network app --no-hosts --link db $BUSYBOX true
  assert_failure 125 "--no-hosts"
  lichen create --name later --network app $BUSYBOX true >/dev/null
  run_lichen run --rm --network app --link later $BUSYBOX true
  assert_failure 125 "no address" "lichen start later"
}
assert_contains_line() { grep -qxF -- "$1" <<<"$2" || fail_with "line" "$1" "$2"; } # LINE TEXT

@test "rename of a running container: its new name answers, the old one does not" {
  need_hub
  lichen network create app >/dev/null
  serve web hello --network app
  wait_until 10 eval '[ "$(fetch_from app web)" = hello ]'
  lichen rename web site
  wait_until 10 eval '[ "$(fetch_from app site)" = hello ]'
  [ "$(fetch_from app web)" != hello ]
}

@test "network reload: rules that were flushed are there again, and so are ports and names" {
  need_hub
  lichen network create app >/dev/null
  serve web hello --network app -p 127.0.0.1::80
  command -v nft >/dev/null || skip "nft is not installed: nothing here can flush rules"
  local id port
  id=$(lichen inspect -f '{{.Id}}' web)
  port=$(lichen port web 80/tcp | head -n 1)
  wait_until 10 says "${port##*:}" hello
  has_rules() { in_hub nft list set bridge lichen addresses4 2>/dev/null | grep -qwF "$(address_of web app)"; }
  has_rules
  in_hub nft flush ruleset
  if has_rules; then return 1; fi
  run_lichen network reload web
  assert_output "$id"
  has_rules
  says "${port##*:}" hello
  in_hub nft flush ruleset
  run_lichen network reload --all
  assert_output "$id"
  has_rules
  says "${port##*:}" hello
  run_lichen network reload --latest
  assert_output "$id"
  run_lichen network reload
  assert_failure 125
  lichen run -d --name alone --network none $BUSYBOX sleep 1000 >/dev/null
  run_lichen network reload alone
  assert_failure 1 "no bridge network"
  lichen stop -t 0 web
  run_lichen network reload web
  assert_failure 1 "not running"
}

@test "-P and --expose publish on a bridge network; --no-hosts leaves the file alone" {
  need_hub
  lichen network create app >/dev/null
  serve web hello --network app --expose 80 -P
  local port
  port=$(lichen port web 80/tcp | head -n 1)
  wait_until 10 says "${port##*:}" hello
  if [ -e /proc/net/if_inet6 ]; then
    serve six hello --network app -p '[::1]::80'
    port=$(lichen port six 80/tcp)
    says_six() { [ "$(python3 "$HELPERS/net_client.py" get ::1 "${port##*:}")" = hello ]; }
    wait_until 10 says_six
    if says "${port##*:}" hello; then return 1; fi
  fi
  run_lichen run --rm --network app -p 80/sctp $BUSYBOX true
  assert_failure 125 "only tcp and udp"
  run_lichen inspect -f '{{json .Config.ExposedPorts}}' web
  assert_output '{"80/tcp":{}}'
  run_lichen run --rm --network app --hostname inside $BUSYBOX grep -c inside /etc/hosts
  assert_output 1
  run_lichen run --rm --network app --hostname inside --no-hosts $BUSYBOX sh -c '! grep -q inside /etc/hosts'
  assert_success
}

@test "the host by name: services on its own address are reached, those on its loopback are not" {
  need_hub
  local own port
  own=$(ip -4 route get 192.0.2.1 2>/dev/null | sed -n 's/.* src \([0-9.]*\).*/\1/p')
  [ -n "$own" ] || skip "this host has no address but loopback"
  lichen network create app >/dev/null
  mkdir -p "$BASE/tmp/www"
  echo outer >"$BASE/tmp/www/index.html"
  python3 - "$own" "$BASE" 3>&- 4>&- <<'END' &
import http.server, os, sys, threading
os.chdir(sys.argv[2] + "/tmp/www")
class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words): pass
servers = [http.server.ThreadingHTTPServer((address, 0), Quiet) for address in (sys.argv[1], "127.0.0.1")]
for server in servers: threading.Thread(target=server.serve_forever, daemon=True).start()
with open(sys.argv[2] + "/tmp/ports.new", "w") as out: out.write(" ".join(str(server.server_port) for server in servers))
os.rename(sys.argv[2] + "/tmp/ports.new", sys.argv[2] + "/tmp/ports")
threading.Event().wait()
END
  local server=$! open closed
  wait_until 10 test -e "$BASE/tmp/ports"
  read -r open closed <"$BASE/tmp/ports" || true
  run_lichen run --rm --network app --add-host me:host-gateway $BUSYBOX sh -c "
    for name in me host.containers.internal host.docker.internal; do timeout 5 wget -q -O- http://\$name:$open/; done
    for name in me 10.0.2.2 127.0.0.1; do timeout 2 wget -q -O- http://\$name:$closed/ && echo reached; done; true"
  kill $server
  assert_output "outer
outer
outer"
}

@test "network rm -f: its containers get the time that -t gives" {
  need_hub
  lichen network create app >/dev/null
  mkdir "$BASE/tmp/out"
  chmod 777 "$BASE/tmp/out"
  lichen run -d --name polite --network app -v "$BASE/tmp/out:/out" $BUSYBOX sh -c 'trap "echo bye >/out/said; exit 0" TERM; echo ready; while :; do sleep 0.1; done' >/dev/null
  wait_until 10 eval '[ "$(lichen logs polite)" = ready ]'
  run_lichen network rm -f -t 10 app
  assert_output app
  assert_equal "$(cat "$BASE/tmp/out/said")" bye
  run_lichen ps -aq
  assert_output ""
  rm -rf "$BASE/tmp/out"
}

@test "network rm: a pod on it keeps it, and goes with it by -f" {
  need_hub
  lichen network create app >/dev/null
  lichen pod create --name group --network app >/dev/null
  run_lichen network rm app
  assert_failure 1 "in use by"
  run_lichen network rm -f app
  assert_output app
  run_lichen pod ps -q
  assert_output ""
}

@test "networks go while containers start on them: each start works or says that there is no network" {
  need_hub
  local round pids=() pid i
  for round in 1 2 3 4; do
    lichen network create app >/dev/null
    pids=()
    for i in 1 2 3; do
      (lichen run -d --name "c$round$i" --network app $BUSYBOX sleep 1000 >/dev/null 2>"$BASE/tmp/err$i" || grep -q "no such network" "$BASE/tmp/err$i") 3>&- 4>&- &
      pids+=($!)
    done
    lichen network rm app >/dev/null 2>"$BASE/tmp/rm" || grep -q "in use by" "$BASE/tmp/rm" || fail_with "rm" "in use" "$(cat "$BASE/tmp/rm")" || return 1
    for pid in "${pids[@]}"; do wait "$pid" || fail_with "run" "no such network" "$(cat "$BASE"/tmp/err?)" || return 1; done
    # What is there works; what is not there has left nothing.
    if lichen network exists app; then
      for i in $(lichen ps -q); do lichen exec "$i" ip addr show eth0 >/dev/null || return 1; done
      lichen network rm -f app >/dev/null
    fi
    assert_equal "$(lichen ps -aq)" ""
    assert_equal "$(find "$LICHEN_ROOT/networks" -mindepth 1 -maxdepth 1 ! -name bridge)" ""
  done
}

@test "network.isolation = false: without nftables; names, addresses, ports and the way out as ever, what is internal is refused" {
  need_hub
  local port pid address
  lichen network create app >/dev/null
  lichen network create --internal inner >/dev/null
  idle first
  # shellcheck disable=SC2034 # hub_is_gone looks for it
  FOLDER=$(dirname "$(find "$XDG_RUNTIME_DIR" -name hub.sock -print -quit)")
  lichen rm -f -t 0 first >/dev/null
  wait_until 20 hub_is_gone
  mkdir -p "$HOME/.config/lichen"
  printf '[network]\nisolation = false\n' >"$HOME/.config/lichen/config.toml"
  run_lichen run -d --name web --network app -p 127.0.0.1::80 $BUSYBOX sh -c 'echo hello >/tmp/index.html; exec httpd -f -h /tmp -p 80'
  assert_success
  [[ $stderr == *"nothing separates networks"* ]] || fail_with "a warning" "said once" "$stderr"
  assert_equal "$(fetch_from app web)" hello "by name"
  assert_equal "$(fetch_from bridge "$(address_of web app)")" hello "from another network"
  port=$(lichen port web 80/tcp)
  wait_until 20 says "${port##*:}" hello
  run in_hub nft list ruleset
  refute_contains lichen
  run_lichen run --rm --network inner $BUSYBOX true
  rm "$HOME/.config/lichen/config.toml"
  assert_equal "$status" 125
  [[ $stderr == *"nothing would keep it internal"* ]] || fail_with "the reason" "it" "$stderr"
  address=$(hostname -I | tr ' ' '\n' | grep -m 1 -F .) || skip "the host has no address but loopback's"
  port=$(free_port)
  (cd "$BASE/tmp" && echo outside >index.html && exec python3 -m http.server --bind "$address" "$port" >/dev/null 2>&1 3>&- 4>&-) &
  pid=$!
  fetch -o /dev/null "http://$address:$port/"
  run_lichen run --rm --network app $BUSYBOX timeout 5 wget -q -O- "http://$address:$port/"
  kill $pid
  assert_output outside
  remove_networks
  wait_until 20 hub_is_gone # the next test's has rules again
}
