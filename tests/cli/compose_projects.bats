#!/usr/bin/env bats
# Real projects of real programs: nginx, redis, postgres and python of Debian's packages, brought up, used, and taken down without a trace.
# More of them, smaller ones: compose_projects_more.bats.
# ctest: timeout=400
load helpers
load compose_helpers

setup_file() {
  make_world
  load_image busybox
  import_servers
}
setup() {
  need_servers
  project_folder shop
}
teardown() {
  lichen compose down -v -t 0 --rmi local --remove-orphans >/dev/null 2>&1 || true
  lichen rm -f -a -t 0 >/dev/null 2>&1 || true
}

compose_file() { cat >compose.yaml; }
down() { # everything goes, the images that were built too; then there is nothing to do
  compose down -v -t 5 --rmi local
  assert_success || return 1
  assert_nothing_left shop || return 1
  assert_equal "$(lichen images --format '{{.Repository}}' | grep 'shop-')" "" "images" || return 1
  compose down -v
  assert_success
}
# redis that keeps each write, and postgres, as services of their own users; both say when they are ready.
redis_image() {
  cat >"$1" <<'FILE'
FROM servers
RUN mkdir -m 750 /data && chown redis:redis /data
VOLUME /data
WORKDIR /data
USER redis:redis
HEALTHCHECK --interval=1s --start-period=30s --start-interval=100ms CMD redis-cli ping | grep -q PONG
CMD ["redis-server", "--protected-mode", "no", "--appendonly", "yes", "--appendfsync", "always"]
FILE
}
postgres_image() {
  cat >"$1" <<'FILE'
FROM servers
ENV PGDATA=/var/lib/postgresql/data
COPY --chmod=755 <<"EOF" /usr/bin/start-postgres
#!/bin/sh -e
# Until the database is made it answers to nobody but this script.
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb -A scram-sha-256 --pwfile="$POSTGRES_PASSWORD_FILE" -N --locale=C.UTF-8 >/dev/null
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
fi
exec postgres -c "listen_addresses=*" -c fsync=off "$@"
EOF
RUN mkdir -p -m 700 $PGDATA && chown -R postgres:postgres $PGDATA
VOLUME $PGDATA
USER postgres
STOPSIGNAL SIGINT
HEALTHCHECK --interval=1s --start-period=60s --start-interval=200ms CMD pg_isready -q -h 127.0.0.1
CMD ["start-postgres"]
FILE
}
seen() { page "$1" | sed -n 's/.* seen \([0-9]*\) times.*/\1/p'; } # PORT

@test "the counter app: the page counts up, over down and up with the volume, from the start without it" {
  local port
  port=$(free_port)
  mkdir app cache
  cp "$SAMPLE_APP" app/app.py
  cat >app/Dockerfile <<'FILE'
FROM servers
WORKDIR /app
COPY app.py .
USER nobody
EXPOSE 8080
HEALTHCHECK --interval=1s --start-period=30s --start-interval=100ms CMD wget -q -O /dev/null http://127.0.0.1:8080/health
CMD ["python3", "app.py"]
FILE
  redis_image cache/Dockerfile
  compose_file <<FILE
services:
  web:
    build: app
    ports: ["127.0.0.1:$port:8080"]
    networks: [counter]
    depends_on: {redis: {condition: service_healthy}}
  redis:
    build: cache
    volumes: ["hits:/data"]
    networks: [counter]
networks: {counter: {}}
volumes: {hits: {}}
FILE
  compose up -d --wait
  assert_success
  assert_equal "$(seen "$port") $(seen "$port") $(seen "$port")" "1 2 3"
  compose ps --format '{{.Service}} {{.Health}}'
  assert_output "redis healthy
web healthy"
  assert_equal "$(page "$port" /name)" "$(lichen inspect -f '{{.Config.Hostname}}' shop-web-1)"
  compose exec -T redis sh -c 'id -un; redis-cli get hits'
  assert_output "redis
3"
  compose restart -t 5 redis
  assert_success
  assert_equal "$(seen "$port")" 4
  compose down
  assert_success
  assert_equal "$(left_of shop)" "volume shop_hits"
  compose up -d --wait
  assert_success
  assert_equal "$(seen "$port")" 5
  compose logs web
  assert_contains "web-1  | serving on 8080"
  down
  compose up -d --wait
  assert_success
  assert_equal "$(seen "$port")" 1
  down
}

# What a Flask course builds; it needs apt and PyPI from inside a container.
@test "the counter app with Flask from PyPI" {
  [ -e "$LICHEN_TEST_FIXTURES/debian.tar" ] || skip "no image of Debian (tests/helpers/images.sh debian could not make one)"
  lichen import -q "$LICHEN_TEST_FIXTURES/debian.tar" debian:12 >/dev/null
  local port
  port=$(free_port)
  mkdir cache
  redis_image cache/Dockerfile
  cat >app.py <<'FILE'
import redis
from flask import Flask
app, cache = Flask(__name__), redis.Redis(host="redis", port=6379)
@app.route("/")
def hello():
    return f"Hello World! I have been seen {cache.incr('hits')} times.\n"
FILE
  printf 'flask\nredis\n' >requirements.txt
  cat >Dockerfile <<'FILE'
# syntax=docker/dockerfile:1
FROM debian:12
WORKDIR /code
ENV FLASK_APP=app.py FLASK_RUN_HOST=0.0.0.0 PIP_BREAK_SYSTEM_PACKAGES=1
RUN apt-get update -q && apt-get install -y --no-install-recommends python3-pip
COPY requirements.txt requirements.txt
RUN --mount=type=secret,id=authorities PIP_CERT=/run/secrets/authorities pip install -r requirements.txt
EXPOSE 5000
COPY . .
CMD ["flask", "run"]
FILE
  # The authorities that this machine trusts: between it and PyPI there may be a proxy with one of its own.
  compose_file <<FILE
services:
  web: {build: {context: ., secrets: [authorities]}, ports: ["$port:5000"]}
  redis: {build: cache, volumes: ["hits:/data"]}
volumes: {hits: {}}
secrets: {authorities: {file: /etc/ssl/certs/ca-certificates.crt}}
FILE
  run_split timeout 300 "$LICHEN" compose build
  if [ "$status" != 0 ] && grep -qiE 'Temporary failure|Could not (resolve|connect|find a version)|Unable to connect|Failed to fetch|SSLError' <<<"$stderr"; then
    skip "apt's or PyPI's registry is not reachable from a container"
  fi
  assert_success
  compose up -d
  assert_success
  assert_equal "$(seen "$port") $(seen "$port")" "1 2"
  down
  lichen rmi -f debian:12 >/dev/null
}

@test "a voting app: two web pages, redis, a worker, postgres; two networks, health, a password" {
  local port
  port=$(free_ports 2)
  mkdir app cache db
  cp "$SAMPLE_APP" app/app.py
  printf 'FROM servers\nWORKDIR /app\nCOPY app.py .\nUSER nobody\nENTRYPOINT ["python3", "app.py"]\n' >app/Dockerfile
  redis_image cache/Dockerfile
  postgres_image db/Dockerfile
  echo tell-nobody >password.txt
  compose_file <<FILE
x-app: &app
  build: app
  healthcheck: {test: "wget -q -O /dev/null http://127.0.0.1:8080/health", interval: 1s, start_period: 30s, start_interval: 100ms}
services:
  vote:
    <<: *app
    command: vote
    ports: ["127.0.0.1:$port:8080"]
    networks: [front, back]
    depends_on: {redis: {condition: service_healthy}}
  result:
    <<: *app
    command: result
    ports: ["127.0.0.1:$((port + 1)):8080"]
    networks: [front, back]
    environment: {PGPASSWORD: tell-nobody}
    depends_on: {db: {condition: service_healthy}}
  worker:
    build: app
    command: worker
    networks: [back]
    environment: {PGPASSWORD: tell-nobody}
    depends_on: {redis: {condition: service_healthy}, db: {condition: service_healthy}}
  redis: {build: cache, networks: [back]}
  db:
    build: db
    networks: [back]
    environment: {POSTGRES_PASSWORD_FILE: /run/secrets/password}
    secrets: [password]
    volumes: ["data:/var/lib/postgresql/data"]
  visitor: {image: servers, command: sleep 1000, init: true, networks: [front]}
networks: {front: {}, back: {internal: true}}
volumes: {data: {}}
secrets: {password: {file: password.txt}}
FILE
  compose up -d --wait
  assert_success
  assert_equal "$(page "$port" /cat) $(page "$port" /cat) $(page "$port" /dog)" "voted for cat voted for cat voted for dog"
  counted() { [ "$(page $((port + 1)))" = "cat 2, dog 1" ]; }
  wait_until 20 counted
  compose exec -T -e PGPASSWORD=wrong result psql -h db -U postgres -c 'select 1'
  assert_status 2
  # Who is on the front network alone reaches the pages, and does not know the databases.
  compose exec -T visitor wget -q -O - http://vote:8080/bird
  assert_output "voted for bird"
  compose exec -T visitor getent hosts db
  assert_status 2
  compose stop -t 10
  assert_success
  compose start --wait
  assert_success
  wait_until 20 eval '[ "$(page $((port + 1)))" = "bird 1, cat 2, dog 1" ]'
  down
}

@test "nginx in front of three replicas: all three answer, also after one was killed and made anew" {
  local port
  port=$(free_port)
  cp "$SAMPLE_APP" app.py
  # shellcheck disable=SC2016 # nginx's own variables
  echo 'daemon off; error_log stderr; pid /tmp/nginx.pid; events {}
http { access_log off; upstream app { server app:8080; }
  server { listen 80; location / { proxy_pass http://app; proxy_next_upstream error timeout; } } }' >nginx.conf
  compose_file <<FILE
services:
  proxy:
    image: servers
    command: nginx -c /etc/proxy.conf
    volumes: ["./nginx.conf:/etc/proxy.conf:ro"]
    ports: ["127.0.0.1:$port:80"]
    depends_on: {app: {condition: service_healthy, restart: true}}
  app:
    image: servers
    command: python3 /app.py
    init: true
    volumes: ["./app.py:/app.py:ro"]
    deploy: {replicas: 3}
    healthcheck: {test: "wget -q -O /dev/null http://127.0.0.1:8080/health", interval: 1s, start_period: 30s, start_interval: 100ms}
FILE
  hosts() { lichen inspect -f '{{.Config.Hostname}}' shop-app-1 shop-app-2 shop-app-3 | sort; }
  compose up -d
  assert_success
  page "$port" /name >/dev/null
  assert_same_lines "$(page "$port" /name 30)" "$(hosts)" "the replicas that answer"
  lichen rm -f -t 0 shop-app-2 >/dev/null
  compose up -d
  assert_success
  compose restart -t 0 proxy
  assert_success
  page "$port" /name >/dev/null
  assert_same_lines "$(page "$port" /name 30)" "$(hosts)" "the replicas that answer"
  down
}

@test "a one-shot migration runs before the app, and again at each up, while the app stays" {
  mkdir cache
  redis_image cache/Dockerfile
  compose_file <<'FILE'
services:
  app:
    image: servers
    init: true
    command: sh -c 'echo schema $$(redis-cli -h db get schema); exec sleep 1000'
    depends_on:
      migrate: {condition: service_completed_successfully}
      db: {condition: service_healthy}
  migrate:
    image: servers
    command: sh -c 'redis-cli -h db incr schema'
    depends_on: {db: {condition: service_healthy}}
  db: {build: cache}
FILE
  compose up -d
  assert_success
  assert_stderr "Container shop-migrate-1  Exited"
  wait_until 20 logs_have app "schema 1"
  compose ps -a --format '{{.Service}} {{.State}} {{.ExitCode}}'
  assert_output "app running 0
db running 0
migrate exited 0"
  local app
  app=$(id_of shop-app-1)
  compose up -d
  assert_success
  assert_equal "$(id_of shop-app-1)" "$app"
  compose exec -T db redis-cli get schema
  assert_output 2
  sed -i 's/incr schema/nosuchcommand; exit 9/' compose.yaml
  compose up -d --force-recreate app
  assert_failure 1 'service "migrate" didn'"'"'t complete successfully: exit 9'
  down
}

@test "secrets and configs: a real nginx reads them as its own user, with modes, owners and targets; others do not have them" {
  local port
  port=$(free_port)
  echo 'guest:{PLAIN}welcome' >users
  cat >nginx.conf <<'FILE'
daemon off; error_log stderr; pid /tmp/nginx.pid; events {}
http { access_log off; client_body_temp_path /tmp/b; proxy_temp_path /tmp/p; fastcgi_temp_path /tmp/f; uwsgi_temp_path /tmp/u; scgi_temp_path /tmp/s;
  server { listen 8080; root /srv; auth_basic "who"; auth_basic_user_file /run/secrets/htpasswd; } }
FILE
  compose_file <<FILE
services:
  web:
    image: servers
    user: www-data
    command: nginx -c /etc/site.conf
    ports: ["127.0.0.1:$port:8080"]
    configs:
      - {source: site, target: /etc/site.conf, uid: "33", gid: "33", mode: 0440}
      - {source: page, target: /srv/index.html}
    secrets:
      - {source: users, target: htpasswd, uid: "33", mode: 0400}
      - token
  other: {image: servers, command: sleep 1000, init: true}
configs:
  site: {file: nginx.conf}
  page: {content: "a page for \${WHO:-everybody}\n"}
secrets:
  users: {file: users}
  token: {environment: TOKEN}
FILE
  TOKEN=s3cret WHO=guests compose up -d
  assert_success
  page "$port" >/dev/null
  assert_equal "$(fetch -u guest:welcome "http://127.0.0.1:$port/")" "a page for guests"
  assert_equal "$(fetch -u guest:wrong -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/")" 401
  compose exec -T web sh -c 'stat -c "%a %u:%g %n" /etc/site.conf /srv/index.html /run/secrets/*; cat /run/secrets/token'
  assert_output "440 33:33 /etc/site.conf
444 0:0 /srv/index.html
400 33:0 /run/secrets/htpasswd
444 0:0 /run/secrets/token
s3cret"
  compose exec -T web sh -c 'echo x >>/srv/index.html'
  if [ "$status" = 0 ]; then return 1; fi
  compose exec -T other ls /run/secrets
  if [ "$status" = 0 ]; then return 1; fi
  TOKEN=s3cret down
}
