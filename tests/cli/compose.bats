#!/usr/bin/env bats
# compose: projects come up in the order they ask for, change where something has changed, and go without a trace.
# ctest: timeout=300
load helpers
load compose_helpers

left() { lichen ps -aq; lichen network ls -q --filter label=com.docker.compose.project=shop; lichen volume ls -q; lichen secret ls -q; }

@test "up -d, ps, logs, down: names, labels, networks, volumes; down leaves nothing" {
  file <<END
services:
  web:
    image: $BUSYBOX
    init: true
    command: sh -c 'echo ready; exec sleep 1000'
    volumes: [data:/data]
    environment: {COLOR: blue}
  worker:
    image: $BUSYBOX
    init: true
    command: sleep 1000
    deploy: {replicas: 2}
volumes: {data: {}}
END
  compose up -d
  assert_success
  assert_stderr " Network shop_default  Created"
  assert_stderr " Volume shop_data  Created"
  assert_stderr " Container shop-web-1  Started"
  assert_equal "$(lichen ps --format '{{.Names}}' | sort | tr '\n' ' ')" "shop-web-1 shop-worker-1 shop-worker-2 "
  assert_equal "$(lichen inspect -f '{{index .Config.Labels "com.docker.compose.service"}} {{index .Config.Labels "com.docker.compose.container-number"}} {{index .Config.Labels "com.docker.compose.oneoff"}}' shop-worker-2)" "worker 2 False"
  assert_equal "$(lichen network inspect -f '{{index .Labels "com.docker.compose.network"}}' shop_default)" default
  compose ps --format '{{.Service}} {{.State}}'
  assert_output "web running
worker running
worker running"
  compose ps --services
  assert_output "web
worker"
  wait_until 5 sh -c "'$LICHEN' compose logs web | grep -q ready"
  compose logs web
  assert_output "web-1  | ready"
  compose logs --no-log-prefix web
  assert_output ready
  compose exec -T web sh -c 'echo $COLOR; nslookup worker | grep -c ^Address' 
  assert_success
  assert_equal "$output" "blue
3"
  compose ls --format json
  assert_contains '"Name":"shop"' '"Status":"running(3)"'
  compose down -v
  assert_success
  assert_equal "$(left)" "" "what is left"
  compose down
  assert_success
}

@test "up again changes nothing; a change of one service makes that one anew, and keeps its anonymous volume" {
  file <<END
services:
  a: {image: $BUSYBOX, init: true, command: sleep 1000, volumes: [/anon], environment: {V: "1"}}
  b: {image: $BUSYBOX, init: true, command: sleep 1000}
END
  compose up -d
  assert_success
  local a b
  a=$(id_of shop-a-1) b=$(id_of shop-b-1)
  lichen exec shop-a-1 sh -c 'echo kept >/anon/file'
  compose up -d
  assert_success
  assert_equal "$(id_of shop-a-1) $(id_of shop-b-1)" "$a $b"
  sed -i 's/V: "1"/V: "2"/' compose.yaml
  compose up -d
  assert_success
  assert_equal "$(id_of shop-b-1)" "$b"
  if [ "$(id_of shop-a-1)" = "$a" ]; then return 1; fi
  assert_equal "$(lichen exec shop-a-1 sh -c 'cat /anon/file; echo $V')" "kept
2"
  compose up -d -V --force-recreate a
  assert_success
  assert_equal "$(lichen exec shop-a-1 ls /anon)" ""
  assert_equal "$(id_of shop-b-1)" "$b"
  a=$(id_of shop-a-1)
  compose up -d --no-recreate
  assert_equal "$(id_of shop-a-1)" "$a"
}

@test "depends_on: healthy and completed are waited for; who never gets there is named" {
  file <<END
services:
  app:
    image: $BUSYBOX
    init: true
    command: sh -c 'cat /data/migrated /data/healthy; sleep 1000'
    volumes: [data:/data]
    depends_on: {db: {condition: service_healthy}, migrate: {condition: service_completed_successfully}}
  db:
    image: $BUSYBOX
    init: true
    command: sh -c 'sleep 0.2; echo healthy >/data/healthy; sleep 1000'
    volumes: [data:/data]
    healthcheck: {test: test -e /data/healthy, interval: 50ms, start_interval: 50ms, start_period: 10s}
  migrate: {image: $BUSYBOX, command: "sh -c 'echo migrated >/data/migrated'", volumes: [data:/data]}
volumes: {data: {}}
END
  compose up -d
  assert_success
  assert_stderr "Container shop-db-1  Healthy"
  assert_stderr "Container shop-migrate-1  Exited"
  wait_until 5 sh -c "'$LICHEN' compose logs --no-log-prefix app | grep -q '^healthy'"
  compose down -v
  sed -i 's|echo migrated >/data/migrated|exit 3|' compose.yaml
  compose up -d
  assert_failure 1 "service \"migrate\" didn't complete successfully: exit 3"
  assert_equal "$(lichen inspect -f '{{.State.Status}}' shop-app-1)" created
  compose down -v
  file <<END
services:
  app: {image: $BUSYBOX, init: true, command: sleep 1000, depends_on: {db: {condition: service_healthy}}}
  db: {image: $BUSYBOX, init: true, command: sleep 1000, healthcheck: {test: "false", interval: 50ms, retries: 2}}
END
  compose up -d
  assert_failure 1 "container shop-db-1 is unhealthy"
  compose up -d --wait --wait-timeout 1 db
  assert_failure 1 "shop-db-1"
}

@test "scale, orphans, one verb for all: stop, start, restart, pause, kill, rm" {
  file <<END
services:
  web: {image: $BUSYBOX, init: true, command: sleep 1000}
  old: {image: $BUSYBOX, init: true, command: sleep 1000}
END
  compose up -d --scale web=3
  assert_success
  assert_equal "$(lichen ps --format '{{.Names}}' | sort | tr '\n' ' ')" "shop-old-1 shop-web-1 shop-web-2 shop-web-3 "
  compose up -d --scale web=1
  assert_equal "$(lichen ps --format '{{.Names}}' | sort | tr '\n' ' ')" "shop-old-1 shop-web-1 "
  sed -i '/old:/d' compose.yaml
  compose up -d
  assert_stderr "Found orphan containers ([shop-old-1])"
  compose up -d --remove-orphans
  assert_equal "$(lichen ps -a --format '{{.Names}}')" shop-web-1
  compose pause
  assert_success
  assert_equal "$(lichen inspect -f '{{.State.Status}}' shop-web-1)" paused
  compose unpause
  assert_success
  assert_equal "$(lichen inspect -f '{{.State.Status}}' shop-web-1)" running
  compose stop -t 0
  assert_success
  assert_equal "$(lichen inspect -f '{{.State.Status}}' shop-web-1)" exited
  compose start
  assert_success
  assert_equal "$(lichen inspect -f '{{.State.Status}}' shop-web-1)" running
  compose restart -t 0
  assert_success
  assert_equal "$(lichen inspect -f '{{.State.Status}}' shop-web-1)" running
  compose kill -s KILL
  assert_success
  lichen wait shop-web-1 >/dev/null
  assert_equal "$(lichen inspect -f '{{.State.ExitCode}}' shop-web-1)" 137
  compose rm -f
  assert_success
  assert_equal "$(lichen ps -aq)" ""
}

@test "configs and secrets: from files, variables and text, with modes and owners" {
  echo host-file >token
  file <<END
services:
  web:
    image: $BUSYBOX
    init: true
    command: sleep 1000
    user: "5:6"
    secrets: [token, {source: word, target: renamed, uid: "5", gid: "6", mode: 0400}]
    configs: [{source: text, target: /etc/app.conf, mode: 0440, uid: "5"}]
secrets: {token: {file: token}, word: {environment: WORD}}
configs: {text: {content: "colour=\${COLOUR:-red}\n"}}
END
  WORD=secret-word compose up -d
  assert_success
  compose exec -T web sh -c 'cat /run/secrets/token /run/secrets/renamed; echo; cat /etc/app.conf; stat -c "%a %u:%g" /run/secrets/renamed /etc/app.conf'
  assert_output "host-file
secret-word
colour=red
400 5:6
440 5:0"
  unset WORD
  compose up -d
  assert_failure 1 "the variable WORD is not set"
}

@test "build: images are built side by side, when they are missing or with --build" {
  mkdir one two
  printf 'FROM %s\nARG WHAT=nothing\nRUN echo one-$WHAT >/what\n' "$BUSYBOX" >one/Dockerfile
  printf 'FROM base\nRUN echo two >>/what\n' >two/Dockerfile
  file <<'END'
services:
  one: {build: {context: one, args: {WHAT: built}}, command: cat /what}
  two: {build: {context: two, additional_contexts: {base: "service:one"}}, command: cat /what}
END
  compose up
  assert_success
  assert_contains "one-1  | one-built" "two-1  | two"
  assert_equal "$(lichen images --format '{{.Repository}}' | grep -c '^localhost/shop-\|^shop-')" 2
  local first
  first=$(id_of shop-one-1)
  printf 'FROM %s\nRUN echo changed >/what\n' "$BUSYBOX" >one/Dockerfile
  compose up -d
  assert_equal "$(id_of shop-one-1)" "$first"
  compose up --build one
  assert_success
  assert_contains "changed"
  compose down --rmi local
  assert_success
  assert_equal "$(lichen images -q --filter reference='*shop-*' | wc -l)" 0
}

@test "hooks: post_start before others see it, pre_stop before it ends" {
  file <<END
services:
  web:
    image: $BUSYBOX
    init: true
    command: sleep 1000
    volumes: ["$PROJECT:/out"]
    post_start: [{command: ["sh", "-c", "echo started >/out/trace"]}]
    pre_stop: [{command: ["sh", "-c", "echo stopping >>/out/trace"]}]
END
  compose up -d
  assert_success
  assert_equal "$(cat trace)" started
  compose down
  assert_equal "$(cat trace)" "started
stopping"
}

@test "two up at once, and a killed up: the next one is right, down leaves nothing" {
  file <<END
services:
  a: {image: $BUSYBOX, init: true, command: sleep 1000}
  b: {image: $BUSYBOX, init: true, command: sleep 1000, depends_on: [a]}
  c: {image: $BUSYBOX, init: true, command: sleep 1000}
END
  local n pid
  for n in 1 2 3 4 5 6; do
    "$LICHEN" compose up -d >/dev/null 2>&1 3>&- &
    pid=$!
    sleep "0.0$n"
    kill -9 "$pid" 2>/dev/null || true
    wait "$pid" || true
    [ $((n % 2)) = 0 ] || sed -i "s/sleep 1000/sleep 100$n/" compose.yaml
  done
  compose up -d
  assert_success
  assert_equal "$(lichen ps -a --format '{{.Names}}' | sort | tr '\n' ' ')" "shop-a-1 shop-b-1 shop-c-1 "
  compose down -t 0
  assert_success
  assert_equal "$(left)" "" "what is left"
}

@test "errors: no file, unknown keys, undefined things, a dependency cycle; nothing is made" {
  compose up -d
  assert_failure 1 "find a compose file" "compose.yaml"
  printf 'services: {web: {image: x, prots: ["80:80"]}}\n' >compose.yaml
  compose up -d
  assert_failure 1 "compose.yaml:1:" "prots" "ports"
  printf 'services: {web: {image: x, networks: [gone]}}\n' >compose.yaml
  compose up -d
  assert_failure 1 "gone"
  printf 'services: {a: {image: x, depends_on: [b]}, b: {image: x, depends_on: [a]}}\n' >compose.yaml
  compose up -d
  assert_failure 1 "services depend on each other: a -> b -> a"
  printf 'services: {a: {image: %s, command: "true", networks: [n]}}\nnetworks: {n: {external: true}}\n' "$BUSYBOX" >compose.yaml
  compose up -d
  assert_failure 1 "network n declared as external, but could not be found"
  assert_equal "$(lichen ps -aq)" ""
  compose up -d other
  assert_failure 1 "find service 'other'"
}

@test "a network that the file changes is made anew, with its containers; a changed volume stays" {
  file <<END
services:
  web: {image: $BUSYBOX, command: sleep 1000, init: true, networks: [inner], volumes: ["data:/data"]}
  other: {image: $BUSYBOX, command: sleep 1000, init: true}
networks: {inner: {}}
volumes: {data: {}}
END
  compose up -d
  assert_success
  local web other
  web=$(lichen inspect -f '{{.Id}}' shop-web-1) other=$(lichen inspect -f '{{.Id}}' shop-other-1)
  sed -i 's/inner: {}/inner: {internal: true}/; s/data: {}/data: {labels: {x: y}}/' compose.yaml
  compose up -d
  assert_success
  assert_stderr "Network shop_inner  Recreat"
  assert_stderr "volume shop_data is not as the file says now"
  assert_equal "$(lichen network inspect -f '{{.Internal}}' shop_inner)" true
  assert_equal "$(lichen inspect -f '{{.Id}}' shop-other-1)" "$other"
  [ "$(lichen inspect -f '{{.Id}}' shop-web-1)" != "$web" ]
  assert_equal "$(lichen inspect -f '{{.State.Status}}' shop-web-1)" running
  # One that was taken off its network is made anew too.
  lichen network disconnect shop_inner shop-web-1
  compose up -d
  assert_success
  lichen inspect -f '{{json .NetworkSettings.Networks}}' shop-web-1 | grep -q shop_inner
  compose up -d
  assert_success
  if grep -q 'Recreat' <<<"$stderr"; then return 1; fi
  compose down -v
  assert_success
}

@test "--dry-run tells what would be done, and does nothing" {
  file <<END
services:
  web: {image: $BUSYBOX, command: sleep 1000, init: true, volumes: ["data:/data"], depends_on: {db: {condition: service_healthy}}}
  db: {image: $BUSYBOX, command: sleep 1000, init: true, healthcheck: {test: "true"}}
volumes: {data: {}}
END
  compose --dry-run up -d
  assert_success
  assert_stderr "DRY-RUN MODE - Network shop_default  Created"
  assert_stderr "DRY-RUN MODE - Volume shop_data  Created"
  assert_stderr "DRY-RUN MODE - Container shop-web-1  Started"
  assert_equal "$(left)" ""
  compose up -d
  assert_success
  local before
  before=$(left)
  compose --dry-run down -v
  assert_success
  assert_stderr "DRY-RUN MODE - Container shop-db-1  Removed"
  assert_stderr "DRY-RUN MODE - Volume shop_data  Removed"
  assert_equal "$(left)" "$before"
  is_state shop-web-1 running
  compose --dry-run exec web true
  assert_failure 1 "no --dry-run of this command"
  compose down -v
  assert_success
}
