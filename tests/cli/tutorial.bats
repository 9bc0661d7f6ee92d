#!/usr/bin/env bats
# What courses teach, typed word for word: images are stand-ins under the names that the courses use.
load helpers

setup_file() {
  make_world
  load_image busybox
  local name
  for name in ubuntu:20.04 ubuntu fedora alpine; do lichen tag $BUSYBOX "docker.io/library/$name"; done
  # A server that answers on port 80, and one that waits: what nginx and redis stand for here.
  image nginx:latest 'CMD ["sh", "-c", "echo hello from nginx >/tmp/index.html; exec httpd -f -p 80 -h /tmp"]' 'EXPOSE 80'
  image redis 'CMD ["sleep", "1000"]' 'VOLUME /data'
  image redis:4.0 'CMD ["echo", "redis 4.0"]'
  image hello-world 'CMD ["echo", "Hello from Docker!"]'
  image postgres 'ENV PGDATA=/var/lib/postgresql/data' 'VOLUME /var/lib/postgresql/data' 'CMD ["sleep", "1000"]'
}
teardown_file() { remove_world; }
teardown() { lichen rm -f -a -t 0 >/dev/null 2>&1 || true; }

image() { # NAME CHANGE...
  local name=$1 changes=()
  shift
  local change
  for change; do changes+=(--change "$change"); done
  [ -e "$BASE/base.tar" ] || tar -C "$LICHEN_TEST_FIXTURES/rootfs" --owner=0 --group=0 --numeric-owner -cf "$BASE/base.tar" .
  lichen import "${changes[@]}" "$BASE/base.tar" "docker.io/library/$name" >/dev/null
}

docker() { lichen "$@"; }
fetch() { python3 -c 'import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode().strip())' "$1"; }

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

@test "first steps: run in the foreground, with and without a terminal" {
  docker run ubuntu sleep 0.2
  assert_equal "$(docker run redis:4.0)" "redis 4.0"
  run_split "$HELPERS/terminal.py" --step 'expect:# ' --step 'send:exit 4\r' -- "$LICHEN" run --rm -it ubuntu /bin/sh
  assert_status 4
}

@test "first steps: in the background, attach and leave it running" {
  docker run -it -d --name=akhilredis redis sh >/dev/null
  docker run -d redis >/dev/null
  run_split "$HELPERS/terminal.py" --step 'send:\r' --step 'expect:# ' --step 'send:\x10\x11' -- "$LICHEN" attach akhilredis
  assert_success
  is_state akhilredis running
  [ "$(docker ps -q | wc -l)" = 2 ]
}

@test "first steps: create and start with a terminal; the host name is the short id" {
  local id
  id=$(docker container create -it fedora sh)
  run_split "$HELPERS/terminal.py" --step 'send:hostname\r' --step "expect:${id:0:12}" --step 'send:exit\r' -- "$LICHEN" container start -i "$id"
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
}

@test "first steps: logs, exec, top, stats, inspect" {
  docker run -d --name test redis sh -c 'echo line 1; echo line 2; exec sleep 1000' >/dev/null
  wait_until 5 sh -c "'$LICHEN' logs test | grep -q 'line 2'"
  assert_equal "$(docker logs -n 1 test)" "line 2"
  assert_equal "$(docker logs -f --until=1s test; echo ended)" ended
  assert_equal "$(docker exec test echo inside)" inside
  docker top test | grep -q "sleep 1000"
  docker stats --no-stream test | grep -q test
  docker ps -q | xargs "$LICHEN" stats --no-stream | grep -q test
  docker inspect test | python3 -m json.tool >/dev/null
  docker container inspect test >/dev/null
  docker image inspect redis >/dev/null
  docker inspect -f '{{.Config}}' test | grep -q .
  docker inspect -f '{{.NetworkSettings.IPAddress}}' test >/dev/null
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

@test "first steps: pruning and what the disk holds" {
  docker run --name finished redis true
  docker container prune -f | grep -q "Deleted Containers"
  docker image prune -f
  docker system df | grep -q Images
  docker system prune -f
  docker ps -aq | xargs -r "$LICHEN" rm -f
}

@test "first steps: restart policies; stopping is not restarting" {
  docker run -d --name always --restart always ubuntu sh -c 'sleep 0.2; exit 1' >/dev/null
  wait_until 10 sh -c "[ \$('$LICHEN' inspect -f '{{.RestartCount}}' always) -ge 1 ]"
  assert_equal "$(docker inspect -f '{{.HostConfig.RestartPolicy.Name}}' always)" always
  docker stop -t 0 always
  is_state always exited
  docker run --cpus=0.5 --memory=100m --rm ubuntu true
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

@test "images: commit, history, tag, save, load, export, import" {
  docker run --name work ubuntu sh -c 'echo changed >/etc/motd'
  docker container commit work mine | grep -qE '^sha256:[0-9a-f]{64}$'
  assert_equal "$(docker run --rm mine cat /etc/motd)" changed
  docker commit work user/app:v1.0
  docker history mine | grep -q IMAGE
  assert_equal "$(docker run --rm --entrypoint echo mine PARAM)" PARAM
  docker tag mine other/name:1
  docker save mine >"$BASE/x.tar"
  docker save -o "$BASE/y.tar" mine
  docker rmi -f mine other/name:1 user/app:v1.0
  docker load -i "$BASE/x.tar"
  assert_equal "$(docker run --rm mine cat /etc/motd)" changed
  docker export work >"$BASE/fs.tar"
  docker import "$BASE/fs.tar" flat
  assert_equal "$(docker run --rm flat cat /etc/motd)" changed
}

# The stand-in of registry:2 is Debian's docker-registry on the busybox files.
registry_image() {
  local place=$BASE/registry-rootfs file
  cp -a "$LICHEN_TEST_FIXTURES/rootfs" "$place"
  for file in /usr/bin/docker-registry $(ldd /usr/bin/docker-registry | grep -o '/[^ ]*'); do install -D -m 755 "$file" "$place/$file"; done
  install -d "$place/etc/registry"
  echo '{version: 0.1, storage: {filesystem: {rootdirectory: /var/lib/registry}}, http: {addr: ":5000"}}' >"$place/etc/registry/config.yml"
  tar -C "$place" --owner=0 --group=0 --numeric-owner -c . |
    docker import --change 'ENTRYPOINT ["/usr/bin/docker-registry"]' --change 'CMD ["serve", "/etc/registry/config.yml"]' \
      --change 'VOLUME /var/lib/registry' --change 'EXPOSE 5000' - docker.io/library/registry:2 >/dev/null
  rm -r "$place"
}

@test "images: a registry in a container, tag, push, pull, login and logout" {
  registry_image
  docker run --name work2 ubuntu sh -c 'echo mine >/etc/motd'
  docker commit work2 my
  local port
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  docker run -d -p "$port:5000" --name registry registry:2
  wait_until 10 fetch "http://localhost:$port/v2/"
  docker image tag my "localhost:$port/my"
  docker push "localhost:$port/my"
  run_lichen push "localhost:$port/my"
  [[ $stderr == *"Layer already exists"* ]] || fail_with "words" "already exists" "$stderr"
  docker rmi -f my "localhost:$port/my"
  docker pull "localhost:$port/my"
  assert_equal "$(docker run --rm "localhost:$port/my" cat /etc/motd)" mine
  # This registry takes any name; who asks for nothing else but a login is told so all the same.
  assert_equal "$(docker login -u me --password-stdin "localhost:$port" <<<secret)" "Login Succeeded"
  assert_equal "$(docker logout "localhost:$port")" "Removing login credentials for localhost:$port"
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
