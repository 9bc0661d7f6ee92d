#!/usr/bin/env bats
# The compose part of what courses teach, typed word for word, in order. Images are stand-ins under the names that courses use.
# ctest: timeout=300
load helpers
load tutorial_helpers
load compose_helpers

setup_file() {
  make_world
  load_image busybox
  stand_in nginx:latest 'CMD ["sh", "-c", "echo hello from nginx >/tmp/index.html; echo ready; exec httpd -f -p 80 -h /tmp"]' 'EXPOSE 80'
  stand_in alpine 'CMD ["sh"]'
  import_servers
  [ -n "${NO_SERVERS:-}" ] || real_images
}
teardown_file() { remove_world; }
setup() { project_folder shop; }
teardown() {
  docker-compose down -v -t 0 --remove-orphans >/dev/null 2>&1 || true
  lichen rm -f -a -t 0 >/dev/null 2>&1 || true
}

# redis and python of Debian's packages, under the courses' names.
real_images() {
  mkdir "$BASE/tmp/images"
  cat >"$BASE/tmp/images/Dockerfile" <<'FILE'
FROM servers AS redis
RUN mkdir /data && chown redis:redis /data
VOLUME /data
WORKDIR /data
USER redis
CMD ["redis-server", "--protected-mode", "no"]
FROM servers AS python
RUN ln -s python3 /usr/bin/python
CMD ["python"]
FILE
  lichen build -q --target redis -t docker.io/library/redis:alpine "$BASE/tmp/images" >/dev/null
  lichen build -q --target python -t docker.io/library/python:alpine "$BASE/tmp/images" >/dev/null
}

# A web server and a worker, in the form that courses write: the file that most tests begin with.
two_services() {
  cat >docker-compose.yml <<'FILE'
services:
  web:
    image: nginx
    init: true
  worker:
    image: alpine
    init: true
    command: sh -c 'echo at work; sleep 1000'
FILE
}
fast_stop() { printf 'services:\n  %s:\n    stop_grace_period: 0s\n' "$1" >docker-compose.override.yml; } # SERVICE

@test "up shows what all say, with their names, and Ctrl-C stops them; up -d, ps, logs, stop, start, rm, down" {
  two_services
  run_split "$HELPERS/terminal.py" --timeout 30 --step 'expect:at work' --step 'send:\x03' -- "$LICHEN" compose up
  assert_status 130
  assert_contains "web-1"
  assert_contains "worker-1"
  assert_contains "at work"
  assert_contains "Gracefully Stopping"
  assert_equal "$(names)" "" "what runs after Ctrl-C"
  assert_equal "$(names -a)" "shop-web-1 shop-worker-1" "what is there after Ctrl-C"
  docker-compose up -d
  run_lichen compose ps
  assert_matches '^NAME +IMAGE +COMMAND +SERVICE +CREATED +STATUS +PORTS'
  assert_matches $'\nshop-web-1 +nginx .* web .* Up '
  run_lichen compose logs
  assert_matches 'worker-1 +\| at work'
  docker-compose stop
  assert_equal "$(docker-compose ps --format '{{.Name}}')" "" "ps after stop"
  assert_equal "$(docker-compose ps -a --format '{{.Service}} {{.State}}')" "web exited
worker exited"
  docker-compose start
  assert_equal "$(docker-compose ps --format '{{.Service}} {{.State}}')" "web running
worker running"
  run_split "$LICHEN" compose rm <<<y
  assert_success
  assert_equal "$(names)" "shop-web-1 shop-worker-1" "rm leaves alone what runs"
  docker-compose stop -t 0
  run_split "$HELPERS/terminal.py" --step 'expect:[y/N]' --step 'send:y\r' -- "$LICHEN" compose rm
  assert_success
  assert_equal "$(names -a)" ""
  docker-compose up -d
  docker-compose down
  assert_nothing_left shop
}

@test "logs -f -t follow with times until the services end" {
  two_services
  fast_stop web
  docker-compose up -d
  timeout 30 "$LICHEN" compose logs -f -t >"$BASE/tmp/followed" 2>&1 3>&- 4>&- &
  local follower=$!
  wait_until 10 grep -q 'at work' "$BASE/tmp/followed"
  docker-compose exec -T worker sh -c 'echo said later >/proc/1/fd/1'
  wait_until 10 grep -q 'said later' "$BASE/tmp/followed"
  docker-compose stop -t 0
  wait "$follower"
  grep -qE '^worker-1 +\| [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z said later' "$BASE/tmp/followed" || fail_with "logs -f -t" "time and text" "$(cat "$BASE/tmp/followed")"
}

@test "exec SVC cmd; exec -it SVC bash" {
  two_services
  docker-compose up -d
  assert_equal "$(docker-compose exec web cat /tmp/index.html)" "hello from nginx"
  run_lichen compose exec web sh -c 'exit 5'
  assert_status 5
  run_split "$HELPERS/terminal.py" --step 'expect:# ' --step 'send:echo $BASH; tty\r' --step 'expect:/bin/bash' --step 'expect:/dev/pts' \
    --step 'send:exit 3\r' -- "$LICHEN" compose exec -it web bash
  assert_status 3
  assert_stderr "modes: same"
}

@test "build, build --no-cache, up --build: what changed is built and made anew" {
  cat >Dockerfile <<'FILE'
FROM alpine
RUN cat /proc/sys/kernel/random/uuid >/stamp
COPY page /page
CMD ["sh", "-c", "cat /page; sleep 1000"]
FILE
  echo first >page
  cat >docker-compose.yml <<'FILE'
services:
  web: {build: ., init: true}
FILE
  stamp() { docker run --rm --network none shop-web cat /stamp; }
  docker-compose build
  assert_equal "$(docker images --format '{{.Repository}}:{{.Tag}}' | grep -c 'shop-web:latest$')" 1
  local first
  first=$(stamp)
  docker-compose build
  assert_equal "$(stamp)" "$first" "a step from the cache"
  docker-compose build --no-cache
  if [ "$(stamp)" = "$first" ]; then return 1; fi
  docker-compose up -d
  wait_until 10 logs_have web first
  local before
  before=$(id_of shop-web-1)
  echo second >page
  docker-compose up -d
  assert_equal "$(id_of shop-web-1)" "$before" "up alone builds nothing anew"
  docker-compose up -d --build
  if [ "$(id_of shop-web-1)" = "$before" ]; then return 1; fi
  wait_until 10 logs_have web second
  docker-compose down -v
  assert_nothing_left shop
}

@test "pull brings images from the hub" {
  start_hub
  two_services
  stand_in httpd 'CMD ["sleep", "1000"]'
  publish httpd
  sed -i 's/image: nginx/image: httpd/; /worker:/,$d' docker-compose.yml
  run_lichen compose pull
  stop_hub
  assert_success
  assert_stderr " Image httpd  Pulled"
  assert_equal "$(docker images --format '{{.Repository}}' | grep -c '^httpd$')" 1 "pulled images"
  docker-compose up -d
  assert_equal "$(docker-compose ps --format '{{.Image}}')" httpd
}

@test "images and top show what runs" {
  two_services
  docker-compose up -d
  run_lichen compose images
  assert_success
  assert_matches '^CONTAINER +REPOSITORY +TAG +'
  assert_matches $'\nshop-web-1 +(docker.io/library/)?nginx +latest '
  run_lichen compose top
  assert_success
  assert_matches 'UID +PID'
  assert_matches $'\n(shop-)?worker.* sleep 1000'
  assert_matches $'\n(shop-)?web.* httpd '
}

@test "scale WEB=3; up --scale web=3: the names count, one service name answers with all" {
  cat >docker-compose.yml <<'FILE'
services:
  WEB: {image: alpine, init: true, command: sleep 1000}
  web: {image: alpine, init: true, command: sleep 1000}
FILE
  docker-compose up -d
  docker-compose scale WEB=3
  assert_equal "$(names)" "shop-WEB-1 shop-WEB-2 shop-WEB-3 shop-web-1"
  docker-compose up -d --scale web=3 --scale WEB=1
  assert_equal "$(names)" "shop-WEB-1 shop-web-1 shop-web-2 shop-web-3"
}

@test "-f docker-compose.yml -f docker-compose.test.yml; the override file by itself; config prints the merge" {
  cat >docker-compose.yml <<'FILE'
services:
  web:
    image: alpine
    init: true
    command: sleep 1000
    environment: {MODE: production, LEVEL: "1"}
FILE
  printf 'services:\n  web:\n    environment: {MODE: test}\n' >docker-compose.test.yml
  docker-compose -f docker-compose.yml -f docker-compose.test.yml up -d
  assert_equal "$(docker-compose exec web sh -c 'echo $MODE $LEVEL')" "test 1"
  run_lichen compose -f docker-compose.yml -f docker-compose.test.yml config
  assert_contains "MODE: test"
  assert_contains 'LEVEL: "1"'
  refute_contains production
  printf 'services:\n  web:\n    environment: {MODE: development}\n' >docker-compose.override.yml
  docker-compose up -d
  assert_equal "$(docker-compose exec web sh -c 'echo $MODE $LEVEL')" "development 1"
  docker-compose -f docker-compose.yml up -d
  assert_equal "$(docker-compose exec web sh -c 'echo $MODE $LEVEL')" "production 1"
}

@test "files of version 1, 2 and 3" {
  cat >docker-compose.yml <<'FILE'
web:
  image: alpine
  command: sh -c 'nslookup redis; sleep 1000'
  links:
    - redis
redis:
  image: alpine
  command: sleep 1000
FILE
  compose up -d
  assert_success
  assert_stderr "version 1"
  assert_equal "$(names)" "shop-redis-1 shop-web-1"
  wait_until 10 logs_have web '^Name:.*redis'
  docker-compose down -t 0
  local version
  for version in 2 3.8; do
    printf 'version: "%s"\nservices:\n  web: {image: alpine, init: true, command: sleep 1000}\n' "$version" >docker-compose.yml
    compose up -d
    assert_success || return 1
    assert_stderr "version" || return 1
    assert_equal "$(names)" shop-web-1 "containers of version $version" || return 1
    docker-compose down -t 0
    assert_nothing_left shop || return 1
  done
}

@test "the project is named after its directory, and all that is in it after the project" {
  project_folder 'My App.v1'
  cat >docker-compose.yml <<'FILE'
services:
  web: {image: alpine, init: true, command: sleep 1000, volumes: [data:/data], networks: [default, front]}
networks: {front: {}}
volumes: {data: {}}
FILE
  docker-compose up -d
  assert_equal "$(docker ps --format '{{.Names}}')" myappv1-web-1
  assert_equal "$(docker network ls --format '{{.Name}}' --filter type=custom | xargs)" "myappv1_default myappv1_front"
  assert_equal "$(docker volume ls -q)" myappv1_data
  docker-compose -p other up -d
  assert_equal "$(names)" "myappv1-web-1 other-web-1"
  assert_equal "$(docker-compose ls -q | sort | xargs)" "myappv1 other"
  docker-compose -p other down -v -t 0
  docker-compose down -t 0
  assert_equal "$(left_of myappv1)" "volume myappv1_data"
  docker-compose down -v
  assert_nothing_left myappv1
}

@test "the counter app: builds, counts up, keeps its volume over down, is edited in place" {
  need_servers
  project_folder counter-app
  local port
  port=$(free_port)
  cp "$SAMPLE_APP" app.py
  printf 'FROM python:alpine\nADD . /code\nWORKDIR /code\nEXPOSE 8080\nCMD ["python", "app.py"]\n' >Dockerfile
  cat >docker-compose.yml <<FILE
version: "3.5"
services:
  web-fe:
    build: .
    command: python app.py
    ports:
      - target: 8080
        published: $port
    networks:
      - counter-net
    volumes:
      - type: volume
        source: counter-vol
        target: /code
  redis:
    image: "redis:alpine"
    networks:
      counter-net:

networks:
  counter-net:

volumes:
  counter-vol:
FILE
  docker-compose up -d
  assert_equal "$(page "$port" | sed 's/ by .*//')" "Hello World! I have been seen 1 times"
  assert_equal "$(page "$port" | sed 's/ by .*//')" "Hello World! I have been seen 2 times"
  assert_equal "$(docker image ls --format '{{.Repository}}' | grep -c 'counter-app-web-fe$')" 1
  assert_equal "$(docker network ls -q --filter name=counter-app_counter-net | wc -l)" 1
  assert_equal "$(docker volume ls -q --filter name=counter-app_counter-vol)" counter-app_counter-vol
  run_lichen compose ps
  assert_matches "counter-app-web-fe-1 .*:$port->8080/tcp"
  docker-compose stop -t 0
  docker-compose restart
  page "$port" | grep -q "Hello World!"
  sed -i 's/Hello World!/Hello again!/' app.py
  docker cp app.py counter-app-web-fe-1:/code/app.py
  docker-compose restart -t 0 web-fe
  page "$port" | grep -q "Hello again!"
  docker-compose down -t 0
  # The volume of /code holds the edited file, which an image built anew does not change.
  docker-compose up -d
  page "$port" | grep -q "Hello again! I have been seen 1 times"
  docker-compose down -v -t 0
  # The anonymous volume of the redis that the first `down` removed.
  docker volume prune -f
  assert_nothing_left counter-app
}

@test "internal: true cuts the way out" {
  need slirp4netns
  cat >docker-compose.yml <<FILE
services:
  web: {image: nginx, init: true, networks: [inside]}
  shut: {image: alpine, init: true, command: sleep 1000, networks: [inside]}
  open: {image: alpine, init: true, command: sleep 1000, networks: [inside, outside]}
networks:
  inside: {internal: true}
  outside: {}
FILE
  docker-compose up -d
  assert_equal "$(docker network inspect -f '{{.Internal}}' shop_inside shop_outside | xargs)" "true false"
  assert_equal "$(docker-compose exec shut wget -q -O- http://web/)" "hello from nginx"
  # The default route is the way out.
  docker-compose exec open ip route | grep -q '^default via'
  assert_equal "$(docker-compose exec shut ip route | grep '^default')" ""
}
