#!/usr/bin/env bats
# compose run and scale: containers beside those that the file asks for, and more or fewer of those.
# ctest: timeout=200
load helpers
load compose_helpers

setup() {
  project_folder shop
  cat >compose.yaml <<END
name: shop
services:
  web:
    image: $BUSYBOX
    init: true
    command: sleep 1000
    ports: ["127.0.0.1::80"]
    environment: {A: file, B: file}
    depends_on: [db]
  db: {image: $BUSYBOX, init: true, command: sleep 1000}
END
}

@test "run: dependencies come up, the command is another, variables win, the exit code is the command's" {
  # shellcheck disable=SC2016 # for the shell inside
  compose run --rm -e A=line -u 5:6 -w /tmp web sh -c 'echo $A $B; id -u; pwd; exit 7'
  assert_status 7
  assert_output "line file
5
/tmp"
  assert_equal "$(lichen ps -a --format '{{.Names}}')" shop-db-1
  compose run web echo kept
  assert_success
  assert_output kept
  assert_equal "$(lichen ps -a --filter label=com.docker.compose.oneoff=True --format '{{.Names}}' | sed 's/run-.*/run-N/')" shop-web-run-N
  compose ps --services
  assert_output db
  compose down
  assert_success
  assert_equal "$(lichen ps -aq)" "" "what is left"
}

@test "run: no ports without -P, --name, -v, --no-deps, -d" {
  compose run -d --no-deps --name plain -v "$PROJECT:/here" web sh -c 'echo x >/here/written; sleep 1000'
  assert_success
  assert_output plain
  wait_until 5 test -s written
  assert_equal "$(lichen port plain)" ""
  assert_equal "$(lichen ps --format '{{.Names}}')" plain
  compose run -d --no-deps -P --name ports web
  assert_success
  assert_equal "$(lichen port ports | sed 's/:[0-9]*$/:N/')" "80/tcp -> 127.0.0.1:N"
  echo input >in
  run_split "$LICHEN" compose run --rm --no-deps web cat <in
  assert_output input
  compose run gone true
  assert_failure 1 "gone"
}

@test "scale: more and fewer, the others stay" {
  compose up -d
  assert_success
  local id
  id=$(lichen inspect -f '{{.Id}}' shop-db-1)
  compose scale web=3
  assert_success
  assert_equal "$(lichen ps --format '{{.Names}}' | sort | tr '\n' ' ')" "shop-db-1 shop-web-1 shop-web-2 shop-web-3 "
  compose scale web=1
  assert_equal "$(lichen ps -a --format '{{.Names}}' | sort | tr '\n' ' ')" "shop-db-1 shop-web-1 "
  assert_equal "$(lichen inspect -f '{{.Id}}' shop-db-1)" "$id"
  compose scale web
  assert_failure 1 "SERVICE=COUNT"
}

@test "pre_start: containers before the first start, once for a service or for each replica" {
  cat >compose.yaml <<END
name: shop
services:
  web:
    image: $BUSYBOX
    init: true
    command: sleep 1000
    scale: 2
    user: "1000"
    environment: {FROM: service}
    volumes: [data:/data, /scratch]
    pre_start:
      - {command: [sh, -c, 'echo "once \$\$FROM \$\$(id -u)" >>/data/log; chown 1000 /scratch'], user: root, environment: {FROM: hook}}
      - {command: [sh, -c, 'echo each >>/data/log'], user: root, per_replica: true}
volumes: {data: {}}
END
  compose up -d
  assert_success
  assert_equal "$(lichen exec shop-web-1 cat /data/log)" "once hook 0
each
each"
  assert_equal "$(lichen exec shop-web-1 stat -c %u /scratch)" 1000
  assert_equal "$(lichen ps -aq | wc -l)" 2
  # It has run: a restart and a second up do not repeat it.
  compose stop -t 0
  assert_success
  compose up -d
  assert_success
  assert_equal "$(lichen exec shop-web-1 cat /data/log | wc -l)" 3
  sed -i 's/each >>/each; exit 3 >>/' compose.yaml
  compose up -d
  assert_failure 1 "pre_start" "exit code 3"
  compose down -v -t 0
  assert_success
}
