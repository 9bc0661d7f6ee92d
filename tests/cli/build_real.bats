#!/usr/bin/env bats
# Dockerfiles of the kind that people have, on Debian's packages: compiled in one stage and shipped in another, python with a virtual
# environment, nginx, redis and postgres as services, static binaries, scripts, ONBUILD, and a graph of sixty stages.
# With LICHEN_TEST_SWEEP=1 the compiler is g++ (250 MB), else tcc.
# ctest: timeout=600
load helpers

setup_file() {
  make_world
  load_image busybox
  [ ! -e "$LICHEN_TEST_FIXTURES/debian.tar" ] || lichen import -q "$LICHEN_TEST_FIXTURES/debian.tar" debian:12 >/dev/null
  [ ! -e "$LICHEN_TEST_FIXTURES/servers.tar" ] ||
    lichen import -q -c 'ENV PATH=/usr/lib/postgresql/15/bin:/usr/sbin:/usr/bin:/sbin:/bin' "$LICHEN_TEST_FIXTURES/servers.tar" servers >/dev/null
}
teardown_file() { remove_world; }
setup() {
  CONTEXT=$(mktemp -d "$BASE/tmp/context.XXXXXX")
  cd "$CONTEXT" || return 1
}
teardown() { lichen rm -f -a -t 0 >/dev/null 2>&1 || true; }

need_image() { lichen image exists "$1" || skip "no image '$1' (tests/helpers/images.sh could not make it)"; }
dockerfile() { cat >"$CONTEXT/Dockerfile"; }
build() { run_split timeout 500 "$LICHEN" build --progress plain "$@" "$CONTEXT"; }
becomes_healthy() { wait_until 40 eval '[ "$(lichen inspect -f "{{.State.Health.Status}}" '"$1"')" = healthy ]'; }

@test "multi-stage: packages by apt with cache mounts, compiled in one stage, shipped alone in another" {
  need_image debian:12
  local compiler=tcc final=debian:12 layers=2 flags=""
  [ -z "${LICHEN_TEST_SWEEP:-}" ] || compiler=g++ final=scratch layers=1 flags=-static
  if [ $compiler = g++ ]; then
    printf '#include <iostream>\n#include "greeting.h"\nint main() { std::cout << GREETING << std::endl; }\n' >main.cc
  else
    printf '#include <stdio.h>\n#include "greeting.h"\nint main(void) { puts(GREETING); return 0; }\n' >main.c
  fi
  echo '#define GREETING "compiled"' >greeting.h
  dockerfile <<END
# syntax=docker/dockerfile:1
ARG COMPILER=$compiler FINAL=$final
FROM debian:12 AS build
ARG COMPILER
RUN rm -f /etc/apt/apt.conf.d/docker-clean && sed -i 1q /etc/apt/sources.list
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked --mount=type=cache,target=/var/lib/apt,sharing=locked \\
    apt-get update -q && apt-get install -y --no-install-recommends \$COMPILER libc6-dev
WORKDIR /src
COPY . .
RUN \$COMPILER $flags -o /app main.c*

FROM \$FINAL
COPY --from=build /app /app
USER 65534:65534
ENTRYPOINT ["/app"]
END
  build -t compiled
  if [ "$status" != 0 ] && grep -qiE 'Temporary failure|Could not (resolve|connect)|Unable to connect|Failed to fetch' <<<"$stderr"; then
    skip "the package registry is not reachable from a container"
  fi
  assert_success
  run_lichen run --rm --network none compiled
  assert_output compiled
  assert_equal "$(lichen image inspect -f '{{len .RootFS.Layers}} {{.Config.User}}' compiled)" "$layers 65534:65534"
  # A change of the source compiles again, and installs nothing.
  echo '#define GREETING "compiled again"' >greeting.h
  build -t compiled
  assert_equal "$(grep -c ' CACHED$' <<<"$stderr")" 3
  run_lichen run --rm --network none compiled
  assert_output "compiled again"
}

@test "python: a virtual environment, packages through a cache of downloads, an unprivileged user" {
  need_image debian:12
  mkdir -p wheels/greet app
  echo 'def hello(): return "hello from the environment"' >wheels/greet/__init__.py
  printf 'import greet, os, sys\nprint(greet.hello(), sys.prefix, os.getuid())\n' >app/main.py
  printf '__pycache__\n*.pyc\n' >.dockerignore
  dockerfile <<'END'
FROM debian:12 AS base
ENV PYTHONDONTWRITEBYTECODE=1 VIRTUAL_ENV=/venv PATH=/venv/bin:$PATH
FROM base AS packages
RUN python3 -m venv --without-pip $VIRTUAL_ENV
# What pip does: what was fetched once is in a directory that all builds share.
RUN --mount=type=cache,target=/root/.cache/packages --mount=type=bind,source=wheels,target=/wheels <<EOF
#!/venv/bin/python
import os, shutil, sysconfig
cache, site = "/root/.cache/packages", sysconfig.get_path("purelib")
if not os.path.exists(cache + "/greet"):
    print("fetched")
    shutil.copytree("/wheels/greet", cache + "/greet")
shutil.copytree(cache + "/greet", site + "/greet")
EOF
FROM base
RUN useradd --create-home --uid 10001 app
COPY --from=packages --link /venv /venv
WORKDIR /home/app
COPY --chown=app:app app .
USER app
CMD ["python", "main.py"]
END
  build -t python-app
  assert_success
  assert_stderr fetched
  run_lichen run --rm --network none python-app
  assert_output "hello from the environment /venv 10001"
  build --no-cache-filter packages -t python-app
  assert_success
  refute_stderr fetched
}

@test "services: nginx, redis and postgres as their own users, with volumes and health checks that become healthy" {
  need_image servers
  need slirp4netns
  mkdir conf
  echo 'daemon off; error_log stderr; pid /tmp/nginx.pid; events {}
http { access_log off; client_body_temp_path /tmp/b; proxy_temp_path /tmp/p; fastcgi_temp_path /tmp/f; uwsgi_temp_path /tmp/u; scgi_temp_path /tmp/s;
  server { listen 8080; root /srv/www; } }' >conf/nginx.conf
  dockerfile <<'END'
FROM servers AS web
COPY conf/nginx.conf /etc/nginx/nginx.conf
COPY --chown=www-data:www-data <<EOF /srv/www/index.html
built page
EOF
EXPOSE 8080
VOLUME /srv/www
USER www-data
STOPSIGNAL SIGQUIT
HEALTHCHECK --interval=200ms --start-period=20s --start-interval=100ms CMD wget -q -O /dev/null http://127.0.0.1:8080/ || exit 1
CMD ["nginx"]

FROM servers AS cache
RUN mkdir -m 750 /data && chown redis:redis /data
VOLUME /data
WORKDIR /data
USER redis:redis
EXPOSE 6379
HEALTHCHECK --interval=200ms --start-period=20s --start-interval=100ms CMD ["redis-cli", "ping"]
ENTRYPOINT ["redis-server", "--dir", "/data"]
CMD ["--protected-mode", "no"]

FROM servers AS db
ENV PGDATA=/var/lib/postgresql/data
COPY --chmod=755 <<"EOF" /usr/bin/start-postgres
#!/bin/sh -e
[ -s "$PGDATA/PG_VERSION" ] || initdb -A trust -N --locale=C.UTF-8 >/dev/null
exec postgres -c listen_addresses= -c fsync=off "$@"
EOF
RUN mkdir -p -m 700 $PGDATA && chown -R postgres:postgres $PGDATA
VOLUME $PGDATA
USER postgres
STOPSIGNAL SIGINT
HEALTHCHECK --interval=200ms --start-period=40s --start-interval=200ms --retries=100 CMD pg_isready -q
ENTRYPOINT ["start-postgres"]
END
  local name
  for name in web cache db; do
    build --target $name -t service-$name
    assert_success || return 1
    lichen run -d --name $name service-$name >/dev/null
  done
  for name in web cache db; do becomes_healthy $name || { lichen logs $name; return 1; }; done
  run_lichen exec web wget -q -O - http://127.0.0.1:8080/
  assert_output "built page"
  run_lichen exec cache sh -c 'redis-cli set a b && redis-cli save && stat -c %U /data/dump.rdb'
  assert_output "OK
OK
redis"
  run_lichen exec db psql -At -c 'create table t (x int); insert into t values (1), (2); select sum(x) from t'
  assert_equal "${lines[-1]}" 3
  assert_equal "$(lichen inspect -f '{{len .Mounts}}' web cache db | tr '\n' ' ')" "1 1 1 "
  lichen stop -t 20 web cache db >/dev/null
  assert_equal "$(lichen inspect -f '{{.State.ExitCode}}' web cache db | tr '\n' ' ')" "0 0 0 "
}

@test "FROM scratch: one static binary, no shell, no user database; the image is as large as the file" {
  cp "$LICHEN_TEST_FIXTURES/rootfs/bin/busybox" busybox
  dockerfile <<'END'
FROM scratch
COPY --chmod=555 busybox /busybox
USER 1234:5678
ENV HOME=/nowhere
ENTRYPOINT ["/busybox"]
CMD ["echo", "alone"]
END
  build -t static
  assert_success
  run_lichen run --rm --network none static
  assert_output alone
  run_lichen run --rm --network none static id
  assert_output "uid=1234 gid=5678 groups=5678"
  assert_less "$(lichen image inspect -f '{{.Size}}' static)" $(($(stat -c %s busybox) + 10000)) bytes
}

@test "ONBUILD: a framework's image builds whoever is based on it" {
  mkdir -p framework project/src
  cat >framework/Dockerfile <<'END'
FROM localhost/busybox
RUN printf '#!/bin/sh\ncat /app/src/* | tr a-z A-Z >/app/bundle\n' >/bin/bundle && chmod +x /bin/bundle
ONBUILD WORKDIR /app
ONBUILD ARG MODE=production
ONBUILD ENV MODE=$MODE
ONBUILD COPY src/ src/
ONBUILD RUN bundle
CMD ["sh", "-c", "echo $MODE; cat bundle"]
END
  echo one >project/src/1
  printf 'FROM framework\n' >project/Dockerfile
  run_lichen build -q -t framework framework
  assert_success
  run_lichen build -q -t project --build-arg MODE=test project
  assert_success
  run_lichen run --rm --network none project
  assert_output "test
ONE"
}

@test "sixty stages in chains: each after what it needs, chains side by side, never more than --jobs" {
  # Two chains wait for each other in their middle: one after the other they would never end.
  python3 - <<'END' >Dockerfile
base = "localhost/busybox"
mount = "--mount=type=cache,id=sixty,target=/m"
for chain in range(6):
    for number in range(10):
        source = base if number == 0 else f"c{chain}n{number - 1}"
        meet = f"touch /m/met{chain}; until [ -e /m/met{1 - chain} ]; do usleep 1000; done; " if chain < 2 and number == 5 else ""
        print(f"FROM {source} AS c{chain}n{number}")
        print(f"RUN --network=none {mount} touch /m/run.{chain}; {meet}ls /m | grep -c run >>/m/peak; echo {number} >>/log{chain}; rm /m/run.{chain}")
print(f"FROM {base}")
for chain in range(6):
    print(f"COPY --from=c{chain}n9 /log{chain} /")
print(f"RUN --network=none {mount} sort -n /m/peak | tail -n 1 >/peak")
END
  build --jobs 3 -t sixty
  assert_success
  run_lichen run --rm --network none sixty sh -c 'for i in 0 1 2 3 4 5; do tr -d "\n" </log$i; echo; done; cat /peak'
  assert_equal "$(head -n 6 <<<"$output" | sort -u)" 0123456789
  [[ ${lines[6]} =~ ^[23]$ ]] || fail_with "steps at a time" "2 or 3" "${lines[6]}"
  build --jobs 3 -t sixty
  assert_equal "$(grep -c ' CACHED$' <<<"$stderr")" 67
}

@test "a layer of more than 4 GB: whole, counted right, and not in memory" {
  dockerfile <<END
FROM $BUSYBOX
RUN truncate -s 4400M /big && echo end >>/big
RUN tail -c 4 /big >/end
END
  python3 "$HELPERS/peak.py" "$BASE/tmp/peak" "$LICHEN" build -q -t big "$CONTEXT" >/dev/null
  assert_equal "$(lichen run --rm big sh -c 'stat -c %s /big; cat /end')" "4613734404
end"
  [ "$(lichen image inspect -f '{{.Size}}' big)" -gt 4613734404 ]
  read -r peak_kb _ <"$BASE/tmp/peak"
  [ "$peak_kb" -lt 153600 ]
  lichen rmi big >/dev/null
}

# 400 packages of Debian come first, so it runs in the sweep only.
@test "node: npm ci from a lock file, with its cache mounted, dependencies in a layer of their own" {
  [ -n "${LICHEN_TEST_SWEEP:-}" ] || skip "npm's packages take minutes: LICHEN_TEST_SWEEP=1 runs it"
  need_image debian:12
  dockerfile <<'END'
FROM debian:12 AS node
RUN --mount=type=cache,target=/var/lib/apt,sharing=locked apt-get update -q && apt-get install -y --no-install-recommends npm ca-certificates
FROM node AS lock
WORKDIR /app
COPY package.json .
RUN --mount=type=cache,target=/root/.npm --mount=type=secret,id=ca NODE_EXTRA_CA_CERTS=/run/secrets/ca npm install --package-lock-only
FROM node
WORKDIR /app
COPY package.json .
COPY --from=lock /app/package-lock.json .
RUN --mount=type=cache,target=/root/.npm --mount=type=secret,id=ca NODE_EXTRA_CA_CERTS=/run/secrets/ca npm ci --omit=dev
COPY . .
USER 65534:65534
CMD ["node", "main.js"]
END
  echo '{"name": "app", "version": "1.0.0", "dependencies": {"is-number": "^7.0.0"}}' >package.json
  echo 'console.log(require("is-number")("5"), process.getuid())' >main.js
  printf 'node_modules\n' >.dockerignore
  build -t node-app --secret id=ca,src=/etc/ssl/certs/ca-certificates.crt
  if [ "$status" != 0 ] && grep -qiE 'Temporary failure|Could not (resolve|connect)|Unable to connect|Failed to fetch|EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ETIMEDOUT' <<<"$stderr"; then
    skip "a package registry is not reachable from a container"
  fi
  assert_success
  run_lichen run --rm --network none node-app
  assert_output "true 65534"
  # A change of the source installs nothing again.
  echo 'console.log("changed")' >main.js
  build -t node-app --secret id=ca,src=/etc/ssl/certs/ca-certificates.crt
  assert_success
  [ "$(grep -c ' CACHED$' <<<"$stderr")" -ge 6 ]
  if grep -q 'added .* package' <<<"$stderr"; then return 1; fi
  run_lichen run --rm --network none node-app
  assert_output changed
}
