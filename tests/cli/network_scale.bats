#!/usr/bin/env bats
# ctest: timeout=400
# Many networks, and many containers that come to one network and go at the same time.
load helpers
load network_helpers

setup_file() {
  make_world
  load_image busybox
}
teardown_file() { remove_world; }
teardown() { remove_networks; }

@test "200 networks: each has a subnet of its own, the last one works, prune takes them all" {
  need_hub
  local i
  for i in $(seq 200); do lichen network create "n$i" >/dev/null || return 1; done
  run_lichen network inspect -f '{{range .subnets}}{{.subnet}}{{end}}' $(seq -f 'n%g' 200)
  assert_success
  assert_equal "$(sort -u <<<"$output" | wc -l)" 200 "different subnets"
  assert_equal "$(python3 -c 'import ipaddress, sys
networks = [ipaddress.ip_network(line.strip()) for line in sys.stdin]
print(sum(a.overlaps(b) for i, a in enumerate(networks) for b in networks[:i]))' <<<"$output")" 0 "overlaps"
  serve web hello --network n200
  wait_until 10 eval '[ "$(fetch_from n200 "$(address_of web n200)")" = hello ]'
  lichen rm -f -t 0 web >/dev/null
  run_lichen network prune -f
  run_lichen network ls -q --filter type=custom
  assert_output ""
}

# Containers of one worker, one after the other; each says its address once it has it.
worker() { # NUMBER ROUNDS
  local round name
  for round in $(seq "$2"); do
    name=c$1x$round
    lichen run -d --name "$name" --network app $BUSYBOX sleep 1000 >/dev/null || return 1
    address_of "$name" app >>"$BASE/tmp/addresses.$1.$round" || return 1
    lichen rm -f -t 0 "$name" >/dev/null || return 1
  done
}

@test "50 containers come and go at once in a subnet for 13: addresses are given again, none twice, none is lost" {
  need_hub
  lichen network create --subnet 10.90.0.0/28 app >/dev/null
  local workers=() number pid
  for number in $(seq 10); do
    worker "$number" 5 3>&- 4>&- &
    workers+=($!)
  done
  for pid in "${workers[@]}"; do wait "$pid"; done
  assert_equal "$(cat "$BASE"/tmp/addresses.* | wc -l)" 50
  assert_equal "$(find "$LICHEN_ROOT/networks/app/leases" -mindepth 1 | wc -l)" 0 "addresses that are left"
  for number in $(seq 13); do idle "one$number" --network app; done
  run_lichen run --rm --network app $BUSYBOX true
  assert_failure 125 "no address of 10.90.0.0/28 is free"
  assert_equal "$(for number in $(seq 13); do address_of "one$number" app; done | sort -u | wc -l)" 13 "different addresses"
}
