#!/usr/bin/env bats
# What courses teach about networks, typed word for word. Images are stand-ins under the names that the courses use.
# ctest: timeout=300
load helpers
load tutorial_helpers

setup_file() {
  make_world
  load_image busybox
  stand_in alpine 'CMD ["sleep", "1000"]'
  stand_in nginx 'CMD ["sh", "-c", "hostname >/tmp/index.html; exec httpd -f -p 80 -h /tmp"]' 'EXPOSE 80'
  stand_in redis 'CMD ["sleep", "1000"]' 'EXPOSE 6379'
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

address() { docker inspect -f "{{.NetworkSettings.Networks.$2.IPAddress}}" "$1"; } # CONTAINER NETWORK
asks() { docker exec "$1" timeout 5 wget -q -O - "http://$2/"; }                   # CONTAINER HOST

@test "network ls, create, inspect, rm, prune" {
  assert_equal "$(docker network ls --format '{{.Name}} {{.Driver}}' | sort)" "bridge bridge
host host
none null"
  docker network create mynet
  docker network create --driver bridge --subnet 10.90.0.0/24 --gateway 10.90.0.1 n
  assert_equal "$(docker network inspect -f '{{(index .IPAM.Config 0).Subnet}} {{(index .IPAM.Config 0).Gateway}}' n)" "10.90.0.0/24 10.90.0.1"
  docker network ls | grep -qE ' mynet +bridge +local$'
  docker network inspect n | python3 -m json.tool >/dev/null
  run_lichen run --rm --network n alpine ip address show eth0
  assert_contains "inet 10.90.0."
  docker run -d --name user --network n alpine
  run_lichen network rm n
  assert_failure 1 n "user"
  docker network prune -f
  assert_equal "$(docker network ls -q --filter type=custom --format '{{.Name}}')" n
  docker rm -f user
  docker network rm n
}

@test "names resolve on networks of one's own; connect, disconnect, aliases; a network with no way out" {
  docker network create n1
  docker network create n2
  docker network create --internal n3
  docker run -d --name web --net=n1 nginx
  docker run -d --name c --network n2 alpine
  if asks c web; then return 1; fi
  docker network connect --alias a n1 c
  assert_equal "$(asks c web)" "$(docker inspect -f '{{.Config.Hostname}}' web)"
  docker exec web nslookup a | grep -q "$(address c n1)"
  docker network disconnect n1 c
  if asks c web; then return 1; fi
  docker network connect n3 c
  docker network inspect -f '{{range .Containers}}{{.Name}} {{end}}' n3 | grep -q c
  docker run --rm --network n3 alpine sh -c 'ip route | grep ^default || echo none' | grep -qx none
  docker run --rm --network n2 alpine sh -c 'ip route | grep ^default || echo none' | grep -q ^default
}

@test "one alias of two containers: both answer" {
  docker network create n
  docker run -d --net n --network-alias search nginx
  docker run -d --net n --network-alias search nginx
  docker run -d --name ask --net n alpine
  run_lichen exec ask nslookup search
  assert_equal "$(grep -c '^Address.*: 172' <<<"$output")" 2
  all_asked() { asks ask search >>"$BASE/answers" && [ "$(sort -u "$BASE/answers" | wc -l)" = 2 ]; }
  wait_until 20 all_asked
}

@test "links, added hosts; none and host; published ports are discarded on the host's network" {
  docker run -d --name db redis
  docker run -d --name app --link db:redis -e X=y alpine
  docker exec app cat /etc/hosts | grep -qE "^$(address db bridge)[[:space:]].*redis"
  docker exec app env >"$BASE/env"
  grep -qx "REDIS_PORT=tcp://$(address db bridge):6379" "$BASE/env"
  grep -qx "REDIS_PORT_6379_TCP_ADDR=$(address db bridge)" "$BASE/env"
  grep -qx REDIS_NAME=/app/redis "$BASE/env"
  assert_equal "$(docker run --rm --add-host web:10.1.2.3 alpine sh -c 'grep web /etc/hosts' | xargs)" "10.1.2.3 web"
  assert_equal "$(docker run --rm --network none alpine sh -c 'ls /sys/class/net')" lo
  assert_equal "$(docker run --rm --network host alpine readlink /proc/self/ns/net)" "$(readlink /proc/self/ns/net)"
  run_lichen run --rm --network host -p 8080:80 alpine true
  assert_success
  assert_stderr "published ports are discarded"
}

# A link of the host's is not an ordinary user's to give away.
@test "macvlan is refused with the reason and what to do instead" {
  run_lichen network create --driver macvlan --subnet 192.168.1.0/24 --gateway 192.168.1.1 -o parent=eth0 m
  assert_failure 125 macvlan "only the host's administrator" "--network pasta"
}
