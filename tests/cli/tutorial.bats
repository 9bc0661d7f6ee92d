#!/usr/bin/env bats
# What courses teach first, and about data, typed word for word: images are stand-ins under the names that the courses use.
# More: tutorial_images.bats, tutorial_networks.bats, tutorial_compose.bats.
# ctest: timeout=300
# shellcheck disable=SC2046 # as courses type it
load helpers
load tutorial_helpers

setup_file() {
  make_world
  load_image busybox
  setup_images
}
setup_images() {
  local name
  for name in ubuntu:20.04 ubuntu fedora alpine; do stand_in "$name" 'CMD ["bash"]'; done
  # A server that answers on port 80, and one that waits: what nginx and redis stand for here.
  stand_in nginx:latest 'CMD ["sh", "-c", "echo hello from nginx >/tmp/index.html; exec httpd -f -p 80 -h /tmp"]' 'EXPOSE 80'
  stand_in redis 'CMD ["sleep", "1000"]' 'VOLUME /data'
  stand_in redis:4.0 'CMD ["echo", "redis 4.0"]'
  stand_in hello-world 'CMD ["echo", "Hello from Docker!"]'
  stand_in postgres 'ENV PGDATA=/var/lib/postgresql/data' 'VOLUME /var/lib/postgresql/data' 'CMD ["sleep", "1000"]'
}
teardown_file() { remove_world; }
teardown() { lichen rm -f -a -t 0 >/dev/null 2>&1 || true; }

fetch() { python3 -c 'import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode().strip())' "$1"; }
in_terminal() { run_split "$HELPERS/terminal.py" --timeout 20 "$@"; } # STEPS... -- COMMAND...

@test "first steps: help, version, images" {
  docker --help | grep -q "Usage"
  docker --version | grep -q .
  docker version | grep -q Version
  docker version --format '{{json .}}' | python3 -m json.tool >/dev/null
  docker info | grep -qi driver
  docker pull --help | grep -q Usage
  assert_equal "$(docker container run hello-world)" "Hello from Docker!"
  docker image ls | grep -q "^redis *4.0"
  docker images | grep -q "^ubuntu *20.04"
  [ "$(docker image ls -q | wc -l)" -ge 5 ]
}

@test "first steps: pull by name, by tag, of the latest; help" {
  stand_in ubuntu:22.04
  stand_in mongo
  stand_in rocky:latest
  start_hub
  publish ubuntu:22.04 mongo rocky:latest
  docker pull ubuntu:22.04
  run_lichen pull mongo
  assert_success
  assert_contains "Status: Downloaded newer image for docker.io/library/mongo:latest"
  docker image pull rocky:latest
  run_lichen pull mongo
  stop_hub
  assert_contains "Status: Image is up to date for docker.io/library/mongo:latest"
  assert_equal "$(docker images --format '{{.Repository}}:{{.Tag}}' | grep -cE '^(ubuntu:22.04|mongo:latest|rocky:latest)$')" 3
  docker run --rm rocky true
}

@test "first steps: search the hub, with filters" {
  coproc FAKE { exec python3 "$HELPERS/fake_registry.py" "$BASE/fake.log" 3>&- 4>&-; }
  local place _ input=${FAKE[1]}
  read -r place _ <&"${FAKE[0]}"
  mkdir -p "$HOME/.config/containers"
  printf 'unqualified-search-registries = ["127.0.0.1:%s"]\n[[registry]]\nlocation = "127.0.0.1:%s"\ninsecure = true\n' "$place" "$place" \
    >"$HOME/.config/containers/registries.conf"
  run_lichen search web
  assert_success
  assert_matches '^NAME +DESCRIPTION +STARS +OFFICIAL'
  run_lichen search --filter=stars=20 --no-trunc --limit 10 web
  rm "$HOME/.config/containers/registries.conf"
  exec {input}>&-
  wait "$FAKE_PID" || true
  assert_success
  assert_contains web-3
  refute_contains web-1
}

@test "first steps: run in the foreground, with and without a terminal" {
  docker run ubuntu sleep 0.2
  assert_equal "$(docker run redis:4.0)" "redis 4.0"
  in_terminal --step 'expect:# ' --step 'send:exit 4\r' -- "$LICHEN" run --rm -it ubuntu /bin/bash
  assert_status 4
  in_terminal --step 'expect:# ' --step 'send:echo $BASH_VERSION; exit\r' -- "$LICHEN" run -it ubuntu
  assert_success
  assert_matches '[0-9]+\.[0-9]+\.'
}

@test "first steps: in the background, attach and leave it running" {
  docker run -it -d --name=akhilredis redis bash >/dev/null
  docker run -d redis >/dev/null
  in_terminal --step 'send:\r' --step 'expect:# ' --step 'send:\x10\x11' -- "$LICHEN" attach akhilredis
  assert_success
  is_state akhilredis running
  [ "$(docker ps -q | wc -l)" = 2 ]
}

@test "first steps: create and start with a terminal; the host name is the short id" {
  local id
  id=$(docker container create -it fedora bash)
  in_terminal --step 'send:hostname\r' --step "expect:${id:0:12}" --step 'send:exit\r' -- "$LICHEN" container start -i "$id"
  assert_success
  is_state "$id" exited
}

@test "first steps: a web server on a port: there, gone, there again" {
  local port
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  docker run -d --name webserver -p "$port:80" nginx:latest >/dev/null
  wait_until 10 fetch "http://127.0.0.1:$port/index.html"
  assert_equal "$(fetch "http://127.0.0.1:$port/index.html")" "hello from nginx"
  docker stop -t 0 webserver
  if fetch "http://127.0.0.1:$port/index.html" 2>/dev/null; then false; fi
  docker start webserver
  wait_until 10 fetch "http://127.0.0.1:$port/index.html"
  docker rm -f webserver
  docker run -d -P --name any nginx >/dev/null
  docker port any | grep -qE '^80/tcp -> 0\.0\.0\.0:[0-9]+$'
}

@test "first steps: lists and the verbs by name and by the beginning of an id" {
  docker run -d --name one redis >/dev/null
  local id
  id=$(docker inspect -f '{{.Id}}' one)
  docker ps | grep -q one
  docker ps -a | grep -q one
  docker ps -l | grep -q one
  assert_equal "$(docker ps -q)" "${id:0:12}"
  docker container ls -a | grep -q one
  docker pause "${id:0:5}"
  docker unpause "${id:0:5}"
  docker restart -t 0 "${id:0:5}"
  docker kill "${id:0:5}"
  wait_until 5 is_state one exited
  docker start "${id:0:5}"
  docker stop -t 0 one
  docker rename one two
  docker container rm "${id:0:3}"
  docker run -d redis >/dev/null
  docker run -d redis >/dev/null
  docker container stop -t 0 $(docker ps -q)
  docker container rm $(docker ps -aq | cut -c 1-5)
  docker run -d redis >/dev/null
  docker rm -f $(docker ps -aq)
  assert_equal "$(docker ps -aq)" ""
}

@test "first steps: logs, exec, top, stats, inspect" {
  docker run -d --name test redis sh -c 'echo line 1; echo line 2; exec sleep 1000' >/dev/null
  wait_until 5 sh -c "'$LICHEN' logs test | grep -q 'line 2'"
  assert_equal "$(docker logs -n 1 test)" "line 2"
  assert_equal "$(docker logs -n 5 test)" "$(docker container logs "$(docker ps -q | cut -c 1-4)")"
  assert_equal "$(docker logs -f --until=1s test; echo ended)" ended
  docker logs --follow test >"$BASE/followed" &
  wait_until 5 grep -q "line 2" "$BASE/followed"
  docker exec test sh -c 'echo line 3 >/proc/1/fd/1'
  wait_until 5 grep -q "line 3" "$BASE/followed"
  assert_equal "$(docker exec test echo inside)" inside
  in_terminal --step 'expect:# ' --step 'send:exit 6\r' -- "$LICHEN" exec -it test bash
  assert_status 6
  docker top test | grep -q "sleep 1000"
  in_terminal --step 'expect:test' --step 'expect:test' --step 'send:\x03' -- "$LICHEN" stats
  assert_stderr "modes: same"
  docker stats --no-stream test | grep -q test
  docker ps -q | xargs "$LICHEN" stats --no-stream | grep -q test
  docker inspect test | python3 -m json.tool >/dev/null
  docker container inspect test >/dev/null
  docker image inspect redis >/dev/null
  docker inspect -f '{{.Config}}' test | grep -q .
  docker inspect -f '{{.NetworkSettings.IPAddress}}' test | grep -qE '^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$'
  run_lichen inspect -f '{{.Name}} ---> {{.NetworkSettings.Networks.bridge.IPAddress}}' $(docker container ls -aq)
  assert_matches '^/test ---> [0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$'
  docker run -e VARIABLE=value --name env redis true
  docker inspect -f '{{.Config.Env}}' env | grep -q VARIABLE=value
}

@test "first steps: files in and out" {
  docker run -d --name NAME redis >/dev/null
  mkdir -p "$BASE/here"
  echo 'print("hello")' >"$BASE/here/hello.py"
  cd "$BASE/here"
  docker cp . NAME:/data
  assert_equal "$(docker exec NAME cat /data/hello.py)" 'print("hello")'
  docker container cp ./hello.py NAME:/tmp/hello.py
  docker cp NAME:/etc/hosts ./x
  grep -q localhost ./x
  docker diff NAME | grep -qx "A /tmp/hello.py"
}

@test "first steps: exec NAME apt-get update, in Debian" {
  [ -e "$LICHEN_TEST_FIXTURES/debian.tar" ] || skip "no image of Debian (tests/helpers/images.sh debian could not make one)"
  docker import -q "$LICHEN_TEST_FIXTURES/debian.tar" debian >/dev/null
  docker run -d --name NAME debian sleep 1000 >/dev/null
  # A repository of no packages in the container: what is shown does not need the network.
  docker exec NAME bash -c 'rm -rf /etc/apt/sources.list*; mkdir /repository; touch /repository/Packages; echo "deb [trusted=yes] file:/repository ./" >/etc/apt/sources.list'
  run_lichen exec NAME apt-get update
  assert_success
  assert_contains "Reading package lists..."
  docker rm -f NAME
  docker rmi debian
}

@test "first steps: events in a second terminal" {
  docker events >"$BASE/events" &
  local follower=$!
  mark() { docker volume create mark >/dev/null && docker volume rm mark >/dev/null && grep -q mark "$BASE/events"; }
  wait_until 10 mark
  docker run --rm --name seen redis true
  wait_until 10 grep -q 'container destroy' "$BASE/events"
  assert_equal "$(grep -oE 'container (create|start|die|destroy)' "$BASE/events" | xargs)" "container create container start container die container destroy"
  kill "$follower"
  wait "$follower" || true
}

@test "first steps: pruning and what the disk holds" {
  docker run --name finished redis true
  docker container prune -f | grep -q "Deleted Containers"
  docker image prune -f
  docker system df | grep -q Images
  docker system prune -f
  docker tag ubuntu only:here
  docker rmi ubuntu
  docker image prune -a -f
  assert_equal "$(docker images -q | wc -l)" 0
  setup_images
  docker ps -aq | xargs -r "$LICHEN" rm -f
}

@test "first steps: restart policies; stopping is not restarting" {
  docker run -d --name always --restart always ubuntu sh -c 'sleep 0.2; exit 1' >/dev/null
  wait_until 10 sh -c "[ \$('$LICHEN' inspect -f '{{.RestartCount}}' always) -ge 1 ]"
  assert_equal "$(docker inspect -f '{{.HostConfig.RestartPolicy.Name}}' always)" always
  docker stop -t 0 always
  is_state always exited
  docker run -d --name unless --restart unless-stopped ubuntu sleep 1000 >/dev/null
  kill -9 "$(docker inspect -f '{{.State.Pid}}' unless)"
  restarted() { [ "$(docker inspect -f '{{.RestartCount}} {{.State.Status}}' unless)" = "1 running" ]; }
  wait_until 10 restarted
  docker run -d --name failing --restart on-failure:2 ubuntu sh -c 'exit 1' >/dev/null
  wait_until 10 is_state failing exited
  assert_equal "$(docker inspect -f '{{.RestartCount}} {{.HostConfig.RestartPolicy.MaximumRetryCount}}' failing)" "2 2"
  docker run -d --name well --restart on-failure ubuntu true >/dev/null
  wait_until 10 is_state well exited
  assert_equal "$(docker inspect -f '{{.RestartCount}}' well)" 0
  docker run --cpus=0.5 --memory=100m --rm ubuntu true
}

@test "first steps: a health check of one's own, shown by ps" {
  docker run -d --name db --health-cmd="pg_isready -U postgres || exit 1" --health-interval=100ms --health-retries=1000 postgres >/dev/null
  docker ps | grep -q '(health: starting)'
  docker exec db sh -c 'printf "#!/bin/sh\n[ \"\$*\" = \"-U postgres\" ]\n" >/bin/pg_isready; chmod +x /bin/pg_isready'
  wait_until 10 sh -c "'$LICHEN' ps | grep -q '(healthy)'"
}

@test "first steps: exit codes of stop" {
  docker run -d --name soft ubuntu sh -c 'trap "exit 143" TERM; echo up; while :; do sleep 0.02; done' >/dev/null
  wait_until 5 sh -c "'$LICHEN' logs soft | grep -q up"
  docker container stop soft
  assert_equal "$(docker inspect -f '{{.State.ExitCode}}' soft)" 143
  docker run -d --name hard ubuntu sleep 1000 >/dev/null
  docker container stop hard
  assert_equal "$(docker inspect -f '{{.State.ExitCode}}' hard)" 137
}

@test "data: volumes by name, anonymous, binds, mounts" {
  docker volume create v
  docker volume ls | grep -q "v$"
  docker volume inspect v | grep -q Mountpoint
  docker run --rm -v v:/app/code ubuntu sh -c 'echo kept >/app/code/file'
  assert_equal "$(docker run --rm -v v:/app/code ubuntu cat /app/code/file)" kept
  docker run -d --name user -v v:/x redis >/dev/null
  run_lichen volume rm v
  assert_failure 1 "in use"
  docker rm -f user
  docker volume rm v
  mkdir -p "$BASE/site"
  echo page >"$BASE/site/index.html"
  assert_equal "$(docker run --rm -v "$BASE/site:/usr/share/nginx/html" nginx cat /usr/share/nginx/html/index.html)" page
  assert_equal "$(docker run --rm -v "$BASE/site:/usr/app" -v /usr/app/node_modules ubuntu ls /usr/app | xargs)" "index.html node_modules"
  docker volume create new-vol
  run_lichen run --rm --mount source=new-vol,target=/app,readonly ubuntu touch /app/x
  assert_stderr "Read-only"
  docker run --rm --mount "type=bind,source=$BASE/site,target=/t" ubuntu test -f /t/index.html
  docker run --rm --mount type=tmpfs,destination=/t ubuntu touch /t/x
  docker volume prune -a -f
}

@test "data: an empty volume takes the image's content, and data outlives the container" {
  docker run --rm -v etc:/etc ubuntu true
  docker run --rm -v etc:/other ubuntu test -f /other/passwd
  docker run -d --name db1 -v psql:/var/lib/postgresql/data postgres >/dev/null
  docker exec db1 sh -c 'echo rows >$PGDATA/table'
  docker stop -t 0 db1
  docker run -d --name db2 -v psql:/var/lib/postgresql/data postgres >/dev/null
  assert_equal "$(docker exec db2 sh -c 'cat $PGDATA/table')" rows
}
