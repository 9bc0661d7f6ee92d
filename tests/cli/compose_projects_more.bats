#!/usr/bin/env bats
# Projects as people write them, on busybox: profiles, override files, mounts over mounts, port ranges, env files, extends and include.
# Those with real servers: compose_projects.bats.
# ctest: timeout=300
load helpers
load compose_helpers

compose_file() { cat >"${1:-compose.yaml}"; } # [NAME]
down() { # GLOBAL-FLAGS...: everything goes, and nothing is left
  compose "$@" down -v -t 0
  assert_success || return 1
  assert_nothing_left shop
}
readonly kIdle="image: $BUSYBOX, init: true, command: sleep 1000"
# A web server that says its container's name.
readonly kWeb="image: $BUSYBOX, init: true, command: \"sh -c 'hostname >/tmp/index.html; exec httpd -f -p 80 -h /tmp'\""

@test "profiles: what has one comes with it, by flag, by variable, or by its name; depends_on of one that is off" {
  compose_file <<END
services:
  web: {$kIdle}
  debug: {$kIdle, profiles: [debug], depends_on: [web]}
  test: {$kIdle, profiles: [test, ci], volumes: ["cache:/cache"]}
volumes: {cache: {}}
END
  compose up -d
  assert_success
  assert_equal "$(names)" shop-web-1
  assert_equal "$(lichen volume ls -q)" "" "a volume that only a service of a profile uses"
  compose --profile debug up -d
  assert_success
  assert_equal "$(names)" "shop-debug-1 shop-web-1"
  COMPOSE_PROFILES=ci,none compose up -d
  assert_success
  assert_equal "$(names)" "shop-debug-1 shop-test-1 shop-web-1"
  refute_stderr orphan
  # What a profile has brought is left alone without it, and is no orphan.
  compose stop -t 0
  assert_success
  assert_equal "$(lichen ps --format '{{.Names}}' | sort | tr '\n' ' ')" "shop-debug-1 shop-test-1 "
  compose down -t 0 --remove-orphans
  assert_success
  assert_equal "$(names)" "shop-debug-1 shop-test-1"
  down --profile '*'
  compose up -d debug
  assert_success
  assert_equal "$(names)" "shop-debug-1 shop-web-1"
  sed -i 's/web: {/web: {depends_on: [test], /' compose.yaml
  compose up -d
  assert_failure 1 test
  down --profile '*'
}

@test "override files: development by itself, production by -f and by COMPOSE_FILE, with !reset and !override" {
  local port
  port=$(free_ports 2)
  mkdir page
  echo mine >page/index.html
  compose_file <<END
services:
  web:
    image: $BUSYBOX
    init: true
    command: httpd -f -p 80 -h /srv
    ports: ["127.0.0.1:$port:80"]
    environment: {MODE: base, LEVEL: info}
    labels: [tier=front]
END
  compose_file compose.override.yaml <<'END'
services:
  web: {volumes: ["./page:/srv:ro"], environment: [MODE=development]}
  mail: {extends: {file: compose.yaml, service: web}, command: sleep 1000, ports: !reset []}
END
  compose_file prod.yaml <<END
services:
  web:
    command: !override ["sh", "-c", "mkdir /srv; echo theirs >/srv/index.html; exec httpd -f -p 80 -h /srv"]
    ports: !override ["127.0.0.1:$((port + 1)):80"]
    environment: {MODE: production, LEVEL: !reset null}
    restart: always
END
  compose up -d
  assert_success
  assert_equal "$(names)" "shop-mail-1 shop-web-1"
  assert_equal "$(page "$port")" mine
  echo changed >page/index.html
  assert_equal "$(page "$port")" changed
  assert_equal "$(lichen port shop-mail-1)" ""
  compose -f compose.yaml -f prod.yaml up -d --remove-orphans
  assert_success
  assert_equal "$(names)" shop-web-1
  assert_equal "$(page $((port + 1)))" theirs
  assert_equal "$(lichen port shop-web-1)" "80/tcp -> 127.0.0.1:$((port + 1))"
  compose -f compose.yaml -f prod.yaml exec -T web sh -c 'echo $MODE [$LEVEL]'
  assert_output "production []"
  assert_equal "$(lichen inspect -f '{{.HostConfig.RestartPolicy.Name}} {{.Config.Labels.tier}}' shop-web-1)" "always front"
  local before
  before=$(id_of shop-web-1)
  COMPOSE_FILE=compose.yaml:prod.yaml compose up -d
  assert_success
  assert_equal "$(id_of shop-web-1)" "$before"
  down
}

@test "a node project: sources by a bind mount, node_modules of the image under it, kept when made anew, until -V" {
  mkdir src
  echo 'first source' >src/index.js
  echo '{"dependencies": {"one": "1"}}' >package.json
  # What `npm install` does, without npm.
  compose_file Dockerfile <<END
FROM $BUSYBOX
WORKDIR /usr/src/app
COPY package.json .
RUN mkdir -p node_modules/one && cp package.json node_modules/one/
COPY src src
CMD ["sh", "-c", "cat src/index.js node_modules/*/package.json; exec sleep 1000"]
END
  compose_file <<'END'
services:
  app:
    build: .
    init: true
    working_dir: /usr/src/app
    volumes: [".:/usr/src/app", "/usr/src/app/node_modules"]
    environment: {NODE_ENV: development}
END
  compose up -d
  assert_success
  wait_until 10 logs_have app '"one"'
  assert_equal "$(service_logs app | head -n 1)" "first source"
  echo 'second source' >src/index.js
  compose exec -T app cat src/index.js
  assert_output "second source"
  compose exec -T app sh -c 'mkdir node_modules/added; echo built >dist'
  assert_success
  assert_equal "$(cat dist)" built "a file that the container wrote"
  [ ! -e node_modules/one ] || fail_with "node_modules of the host" "nothing of the image" "$(ls node_modules)"
  sed -i 's/development/test/' compose.yaml
  compose up -d --build
  assert_success
  compose exec -T app ls node_modules
  assert_output "added
one"
  compose up -d -V --force-recreate
  assert_success
  compose exec -T app ls node_modules
  assert_output one
  assert_equal "$(lichen volume ls -q | wc -l)" 1 "volumes: the old one went with -V"
  down
}

@test "host ports by range and scale: each replica has one, all answer; port says which; a fixed one serves one alone" {
  local first i
  first=$(free_ports 3)
  compose_file <<END
services:
  web: {$kWeb, ports: ["127.0.0.1:$first-$((first + 2)):80"]}
END
  compose up -d --scale web=3
  assert_success
  for i in 0 1 2; do page $((first + i)); done >answers
  assert_same_lines "$(sort answers)" "$(lichen inspect -f '{{.Config.Hostname}}' shop-web-1 shop-web-2 shop-web-3 | sort)" "who answers"
  for i in 1 2 3; do
    compose port --index $i web 80
    assert_success || return 1
    assert_equal "$(page "${output##*:}")" "$(lichen inspect -f '{{.Config.Hostname}}' "shop-web-$i")" "the port of replica $i" || return 1
  done
  compose up -d --scale web=4
  assert_failure 1 "none of $first to $((first + 2)) is free"
  compose up -d --scale web=1
  assert_success
  assert_equal "$(names -a)" shop-web-1
  down
  compose_file <<END
services:
  web: {$kWeb, ports: ["127.0.0.1:$first:80"]}
END
  compose up -d --scale web=2
  assert_failure 1 "$first"
  down
}

@test "env files and interpolation: who wins, what is optional, what stays as it is written" {
  compose_file .env <<'END'
TAG=latest
NAME=dot-env
GREETING="hello ${NAME}"
ONLY='$literal'
END
  printf 'SHARED=first\nFIRST=1\nFROM_SHELL\n' >first.env
  printf 'SHARED=second # a comment\nQUOTED="a b"\nGREETED=${GREETING}\n' >second.env
  printf 'RAW="$as it is" # all of it\n' >raw.env
  compose_file <<END
services:
  web:
    image: ${BUSYBOX%:*}:\${TAG:?which image}
    init: true
    command: sleep 1000
    env_file:
      - first.env
      - second.env
      - {path: raw.env, format: raw}
      - {path: none.env, required: false}
    environment:
      FIRST: \${GREETING} \$\$HOME
      NAME:
      ABSENT:
      EMPTY: ""
      DEFAULTS: \${NONE:-\${ONLY}}-\${TAG:+set}-\${NONE-}
END
  FROM_SHELL=shell NAME=shell compose up -d
  assert_success
  compose exec -T web sh -c 'env | grep -E "^(SHARED|FIRST|FROM_SHELL|QUOTED|GREETED|RAW|NAME|ABSENT|EMPTY|DEFAULTS)=" | sort'
  assert_output 'DEFAULTS=$literal-set-
EMPTY=
FIRST=hello shell $HOME
FROM_SHELL=shell
GREETED=hello shell
NAME=shell
QUOTED=a b
RAW="$as it is" # all of it
SHARED=second'
  printf 'TAG=latest\nNAME=of another file\n' >other.env
  compose --env-file other.env up -d
  assert_success
  assert_stderr GREETING
  compose --env-file other.env exec -T web sh -c 'echo $NAME; echo "$FIRST"'
  assert_output 'of another file
 $HOME'
  sed -i '/TAG/d' .env
  compose up -d
  assert_failure 1 TAG "which image"
  down --env-file other.env
}

@test "extends and include: parts of other directories, with their own paths and variables" {
  mkdir -p common parts/store/data parts/page
  printf 'KEY=common\n' >common/base.env
  compose_file common/base.yaml <<END
services:
  base:
    image: $BUSYBOX
    init: true
    command: sleep 1000
    env_file: base.env
    environment: {LEVEL: base, MODE: base}
    labels: {from: base}
    volumes: [".:/common:ro"]
END
  echo 'VALUE=of the store' >parts/store/.env
  echo stored >parts/store/data/file
  compose_file parts/store/compose.yaml <<END
services:
  store: {$kIdle, volumes: ["./data:/data", "kept:/kept"], environment: {VALUE: "\${VALUE}"}, networks: [store]}
networks: {store: {}}
volumes: {kept: {}}
END
  compose_file parts/page/compose.yaml <<END
services:
  page: {$kIdle, environment: {VALUE: "\${VALUE:-none}"}}
END
  compose_file <<'END'
include:
  - parts/store/compose.yaml
  - path: parts/page/compose.yaml
services:
  web:
    extends: {file: common/base.yaml, service: base}
    environment: {MODE: web}
    depends_on: [store]
    networks: [default, store]
  worker:
    extends: {service: web}
    command: sleep 2000
END
  compose up -d
  assert_success
  assert_equal "$(names)" "shop-page-1 shop-store-1 shop-web-1 shop-worker-1"
  compose exec -T web sh -c 'echo $KEY $LEVEL $MODE; ls /common; nslookup store | grep -c ^Name'
  assert_output "common base web
base.env
base.yaml
1"
  compose exec -T store sh -c 'echo $VALUE; cat /data/file'
  assert_output "of the store
stored"
  compose exec -T page sh -c 'echo $VALUE'
  assert_output none
  assert_equal "$(lichen inspect -f '{{index .Config.Labels "from"}} {{json .Config.Cmd}}' shop-worker-1)" 'base ["sleep","2000"]'
  sed 's/service: base/service: nosuch/' compose.yaml >wrong.yaml
  compose -f wrong.yaml up -d
  assert_failure 1 nosuch
  down
}
