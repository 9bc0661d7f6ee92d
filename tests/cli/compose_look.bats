#!/usr/bin/env bats
# compose: the commands on what a project has made, each as docker compose has it.
# ctest: timeout=300
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
    scale: 2
    volumes: [data:/data, /own]
    labels: {team: red}
  db: {image: $BUSYBOX, init: true, command: sleep 1000, volumes: ["base:/base"]}
volumes: {data: {}, base: {}}
END
}
up() { lichen compose up -d >/dev/null 2>&1; }

@test "attach: the output of the container that --index names; --no-stdin, and its signals" {
  cat >compose.yaml <<END
name: shop
services:
  web:
    image: $BUSYBOX
    scale: 2
    stdin_open: true
    command: sh -c 'read word; echo got \$\$word; exit 5'
END
  up
  echo second >in
  run_split "$LICHEN" compose attach --index 2 web <in
  assert_status 5
  assert_output "got second"
  is_state shop-web-1 running
  compose attach --index 2 web
  assert_failure 1 'service "web" is not running container #2'
  compose attach gone
  assert_failure 1 'service "gone" is not running'
}

@test "attach: --sig-proxy hands SIGINT on, --detach-keys leave it running" {
  cat >compose.yaml <<END
name: shop
services:
  web: {image: $BUSYBOX, command: ["sh", "-c", "trap 'echo caught; exit 3' INT; echo ready; while :; do sleep 0.1; done"]}
END
  up
  "$LICHEN" compose attach --no-stdin web >out 2>&1 3>&- &
  local client=$!
  takes_signals() { (($((16#$(sed -n 's/^SigBlk:[[:space:]]*//p' "/proc/$client/status"))) & 2)); } # bit of SIGINT (proc(5))
  wait_until 10 takes_signals
  kill -INT "$client"
  wait_until 10 is_state shop-web-1 exited
  local code=0
  wait "$client" || code=$?
  assert_equal "$code" 3
  assert_equal "$(tail -n 1 out)" caught
}

@test "commit: an image of one container, with --author, --message, --change and its own name" {
  up
  lichen exec shop-web-2 sh -c 'echo mine >/mark'
  compose commit --index 2 -a me -m "a mark" -c 'ENV COLOR=red' --pause=false web shop/marked:1
  assert_success
  assert_matches '^sha256:[0-9a-f]{64}$'
  assert_equal "$(lichen run --rm --network none shop/marked:1 cat /mark)" mine
  assert_equal "$(lichen image inspect -f '{{.Author}} {{.Comment}}' shop/marked:1)" "me a mark"
  # shellcheck disable=SC2016 # for the shell inside
  assert_equal "$(lichen run --rm --network none shop/marked:1 sh -c 'echo $COLOR')" red
  lichen run -d --name stranger --init --network none shop/marked:1 sleep 1000 >/dev/null
  compose ps -a --format '{{.Name}}'
  refute_contains stranger
  lichen rm -f -t 0 stranger >/dev/null
  lichen rmi -f shop/marked:1 >/dev/null
}

@test "cp: out of the first or --index, into all or one; archives through - both ways; -a and -L" {
  up
  echo host >from
  compose cp from web:/tmp/to
  assert_success
  assert_stderr " shop-web-1 copy from to shop-web-1:/tmp/to  Copied"
  assert_equal "$(lichen exec shop-web-1 cat /tmp/to) $(lichen exec shop-web-2 cat /tmp/to)" "host host"
  lichen exec shop-web-2 sh -c 'echo two >/tmp/to; ln -s to /tmp/link; chown 5:6 /tmp/to'
  compose cp web:/tmp/to first
  compose cp --index 2 web:/tmp/to second
  assert_success
  assert_equal "$(cat first) $(cat second)" "host two"
  compose cp --index 2 web:/tmp/link kept
  test -L kept
  compose cp --index 2 -L web:/tmp/link followed
  assert_equal "$(cat followed)" two
  lichen compose cp --index 2 web:/tmp/to - 2>/dev/null >out.tar
  assert_equal "$(tar -xOf out.tar)" two
  tar --owner 7 --group 8 -cf in.tar from
  run_split "$LICHEN" compose cp -a --index 1 - web:/own <in.tar
  assert_success
  assert_equal "$(lichen exec shop-web-1 stat -c %u:%g /own/from)" 7:8
  run_split "$LICHEN" compose cp - web:/own <in.tar
  assert_failure 1 "one archive, but 2 containers" "--index"
}

@test "cp: --all reaches the containers of run too; between services; errors" {
  up
  lichen compose run -d --name single web >/dev/null 2>&1
  echo host >from
  compose cp from web:/plain
  assert_success
  if lichen exec single test -e /plain; then return 1; fi
  compose cp --all from web:/every
  assert_success
  assert_equal "$(lichen exec single cat /every)" host
  compose cp web:/every db:/other
  assert_success
  assert_equal "$(lichen exec shop-db-1 cat /other)" host
  compose cp from to
  assert_failure 1 "neither of the two is SERVICE:PATH"
  compose cp --index 3 web:/x .
  assert_failure 1 'service "web" has no container #3'
  compose cp gone:/x .
  assert_failure 1 "no such service: gone"
  compose cp web:/nothing .
  assert_failure 1 "/nothing"
}

@test "events: of this project's containers only; --json, --since, --until, a service" {
  local begin
  begin=$(date +%s.%N)
  up
  lichen run --name stranger --network none "$BUSYBOX" true
  lichen compose run --rm db true 2>/dev/null
  lichen compose down -t 0 2>/dev/null
  compose events --since "$begin" --until 0s
  assert_success
  assert_matches '^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\.[0-9]{6} container create [0-9a-f]{64} \(.*image=localhost/busybox:latest.*name=shop-'
  assert_contains "container start" "container destroy"
  refute_contains stranger
  refute_contains shop-db-run
  refute_contains com.docker.compose
  compose events --since "$begin" --until 0s --json web
  assert_success
  assert_equal "$(jq -r .service <<<"$output" | sort -u) $(jq -r .type <<<"$output" | sort -u)" "web container"
  assert_equal "$(jq -r 'select(.action == "create") | .attributes.name' <<<"$output" | sort | tr '\n' ' ')" "shop-web-1 shop-web-2 "
  assert_equal "$(jq -r 'select(.action == "destroy") | .attributes.team' <<<"$output" | sort -u)" red
  compose events --since "$begin" --until 0s gone
  assert_failure 1 "no such service: gone"
  lichen rm stranger >/dev/null
}

@test "events: what happens while it is watched" {
  up
  "$LICHEN" compose events --json web >out 2>&1 3>&- &
  local watcher=$!
  wait_until 10 sh -c "'$LICHEN' compose kill -s WINCH >/dev/null 2>&1; grep -q kill '$PROJECT/out'"
  lichen compose down -t 0 2>/dev/null
  wait_until 10 grep -q destroy out
  kill "$watcher"
  wait "$watcher" || true
  assert_equal "$(jq -r .service out | sort -u)" web
}

@test "export: the files of one container as a tar, to a file and to standard output" {
  up
  lichen exec shop-web-2 sh -c 'echo two >/mark'
  compose export --index 2 -o two.tar web
  assert_success
  assert_equal "$(tar -xOf two.tar mark)" two
  lichen compose export web >one.tar
  if tar -tf one.tar mark 2>/dev/null; then return 1; fi
  tar -tf one.tar bin/busybox
}

@test "images: a row for each container; -q, --format json, a service" {
  up
  local id
  id=$(lichen image inspect -f '{{.Id}}' "$BUSYBOX")
  compose images
  assert_success
  assert_matches '^CONTAINER +REPOSITORY +TAG +PLATFORM +IMAGE ID +SIZE +CREATED'
  assert_matches "shop-web-2 +localhost/busybox +latest +linux/[a-z0-9/]+ +${id:7:12} +[0-9.]+.B +"
  assert_equal "${#lines[@]}" 4
  compose images -q
  assert_output "${id#sha256:}"
  compose images --format json db
  assert_equal "$(jq -r '.[] | .ContainerName, .Repository, .Tag, .ID' <<<"$output" | tr '\n' ' ')" "shop-db-1 localhost/busybox latest $id "
  assert_equal "$(jq -r '.[0].Size' <<<"$output")" "$(lichen image inspect -f '{{.Size}}' "$BUSYBOX")"
  compose images gone
  assert_failure 1 "no such service: gone"
}

@test "push: images of services that are built, under all their names; others are skipped" {
  local address
  address=$("$HELPERS/registry.sh" start "$BASE/registry")
  mkdir app
  printf 'FROM %s\nRUN echo app >/app\n' "$BUSYBOX" >app/Dockerfile
  cat >compose.yaml <<END
name: shop
services:
  app:
    image: $address/shop/app:1
    build: {context: app, tags: ["$address/shop/app:stable"]}
    depends_on: [low]
  low: {image: $address/shop/low, build: app}
  db: {image: $BUSYBOX}
END
  lichen compose build >/dev/null 2>&1
  compose push app db
  assert_success
  assert_stderr " Image $address/shop/app:1  Pushed"
  assert_stderr " Image $address/shop/app:stable  Pushed"
  assert_stderr " db  Skipped"
  assert_equal "$(curl -s "http://$address/v2/shop/app/tags/list" | jq -r '.tags | sort | join(" ")')" "1 stable"
  assert_equal "$(curl -s -o /dev/null -w '%{http_code}' "http://$address/v2/shop/low/tags/list")" 404
  compose push -q --include-deps app
  assert_success
  assert_equal "$stderr" ""
  assert_equal "$(curl -s "http://$address/v2/shop/low/tags/list" | jq -r '.tags[]')" latest
  lichen rmi -f "$address/shop/app:1" >/dev/null
  compose push
  assert_failure 1 "no such image"
  compose push --ignore-push-failures
  assert_success
  assert_stderr "no such image"
  "$HELPERS/registry.sh" stop "$BASE/registry"
}

@test "stats: of the project or one service; --no-stream, --all, --format, --no-trunc" {
  up
  lichen run -d --name stranger --init --network none "$BUSYBOX" sleep 1000 >/dev/null
  lichen stop -t 0 shop-db-1 >/dev/null
  compose stats --no-stream --format '{{.Name}}'
  assert_success
  assert_output "shop-web-1
shop-web-2"
  compose stats --no-stream --all --format '{{.Name}}'
  assert_contains shop-db-1
  compose stats --no-stream --no-trunc --format json web
  assert_equal "$(jq -r .ID <<<"$output" | head -n 1)" "$(lichen inspect -f '{{.Id}}' shop-web-1)"
  compose stats --no-stream
  assert_matches '^CONTAINER ID +NAME +CPU %'
  refute_contains stranger
  compose stats --no-stream gone
  assert_failure 1 "no such service: gone"
  lichen rm -f -t 0 stranger >/dev/null
}

@test "top: one table of the processes of all containers that run" {
  up
  lichen stop -t 0 shop-web-2 >/dev/null
  compose top
  assert_success
  assert_matches '^SERVICE +# +UID +PID +PPID +C +STIME +TTY +TIME +CMD'
  assert_matches $'\n''db +1 +[^ ]+ +[0-9]+ .* sleep 1000'
  assert_matches $'\n''web +1 .* sleep 1000'
  refute_contains "web       2"
  compose top web
  refute_contains "db "
  compose top gone
  assert_failure 1 "no such service: gone"
  lichen compose stop -t 0 2>/dev/null
  compose top
  assert_success
  assert_output ""
}

@test "volumes: those of the project, of a service; -q, --format" {
  up
  lichen volume create stranger >/dev/null
  compose volumes
  assert_success
  assert_matches '^DRIVER +VOLUME NAME'
  assert_matches 'local +shop_data'
  refute_contains stranger
  compose volumes -q
  assert_output "shop_base
shop_data"
  compose volumes -q web
  assert_output shop_data
  compose volumes --format '{{.Name}} {{.Scope}}' db
  assert_output "shop_base local"
  compose volumes gone
  assert_failure 1 "no such service: gone"
  lichen volume rm stranger >/dev/null
}

@test "publish says what there is instead" {
  compose publish somewhere/shop
  assert_failure 1 "there is no 'lichen compose publish'" "compose config"
}

@test "--version and -v before a command are compose version" {
  local version
  version=$(lichen compose version)
  compose --version
  assert_success
  assert_output "$version"
  compose -v
  assert_output "$version"
  assert_matches '^Docker Compose version v[0-9.]+'
}

@test "restart: who says restart: true goes along; --no-deps leaves it" {
  cat >compose.yaml <<END
name: shop
services:
  web: {image: $BUSYBOX, init: true, command: sleep 1000, depends_on: {db: {condition: service_started, restart: true}}}
  front: {image: $BUSYBOX, init: true, command: sleep 1000, depends_on: [db]}
  db: {image: $BUSYBOX, init: true, command: sleep 1000}
END
  up
  started() { lichen inspect -f '{{.State.StartedAt}}' "shop-$1-1"; }
  local web front db
  web=$(started web) front=$(started front) db=$(started db)
  compose restart --no-deps -t 0 db
  assert_success
  assert_equal "$(started web) $(started front)" "$web $front"
  [ "$(started db)" != "$db" ]
  compose restart -t 0 db
  assert_success
  [ "$(started web)" != "$web" ]
  assert_equal "$(started front)" "$front"
}

@test "--remove-orphans of kill and run: containers of services that the file does not have go" {
  up
  cat >compose.yaml <<END
name: shop
services:
  db: {image: $BUSYBOX, init: true, command: sleep 1000}
END
  compose kill
  assert_success
  is_state shop-db-1 exited
  is_state shop-web-1 running
  compose kill --remove-orphans
  assert_success
  assert_equal "$(lichen ps -a --format '{{.Names}}')" shop-db-1
  lichen compose up -d >/dev/null 2>&1
  sed -i 's/db:/other:/' compose.yaml
  compose run --rm --no-deps other true
  assert_success
  is_state shop-db-1 running
  compose run --rm --no-deps --remove-orphans other true
  assert_success
  assert_equal "$(lichen ps -aq)" ""
}

@test "--quiet-build of up and run; run --env-from-file" {
  mkdir app
  printf 'FROM %s\nRUN echo a-step-speaks\n' "$BUSYBOX" >app/Dockerfile
  cat >compose.yaml <<'END'
name: shop
services: {app: {build: app, command: echo started, environment: {A: file, B: file}}}
END
  compose build --no-cache
  assert_stderr a-step-speaks
  sed -i 's/speaks/talks/' app/Dockerfile
  compose up --build --quiet-build
  assert_success
  refute_stderr a-step-talks
  assert_contains started
  sed -i 's/talks/whispers/' app/Dockerfile
  printf 'A=env-file\nC=env-file\n' >vars
  # shellcheck disable=SC2016 # for the shell inside
  compose run --rm --build --quiet-build --env-from-file vars -e C=line app sh -c 'echo $A $B $C'
  assert_success
  refute_stderr a-step-whispers
  assert_output "env-file file line"
}

@test "up SERVICE shows the output of what it was asked for, --attach-dependencies that of the others too" {
  cat >compose.yaml <<END
name: shop
services:
  web: {image: $BUSYBOX, command: echo front, depends_on: [db]}
  db: {image: $BUSYBOX, command: echo back}
END
  compose up web
  assert_success
  assert_contains front
  refute_contains back
  compose up --attach-dependencies web
  assert_contains front
  assert_contains back
}

@test "build --check, --print, --parallel=false, --progress, --memory, --ssh, --push" {
  local address
  address=$("$HELPERS/registry.sh" start "$BASE/registry")
  mkdir app
  printf 'FROM %s\nARG A=1\nLABEL x=y\nRUN echo $A\n' "$BUSYBOX" >app/Dockerfile
  cat >compose.yaml <<END
name: shop
services:
  app:
    image: $address/shop/built:1
    build: {context: app, args: {A: "2"}, target: ""}
  bad:
    build: {context: app, dockerfile_inline: "from $BUSYBOX\nMAINTAINER me\n"}
END
  compose build --check app
  assert_success
  assert_output "Check complete, no warnings found."
  compose build --check
  assert_status 1
  assert_contains "bad:"
  assert_contains MaintainerDeprecated
  A='env' compose build --print --no-cache --build-arg A app bad
  assert_success
  assert_equal "$(jq -c .group <<<"$output")" '{"default":{"targets":["app","bad"]}}'
  assert_equal "$(jq -c '.target.app | [.context, .dockerfile, .args.A, .tags[0], .["no-cache"]]' <<<"$output")" "[\"$PWD/app\",\"Dockerfile\",\"env\",\"$address/shop/built:1\",true]"
  assert_equal "$(lichen images -q --filter reference="$address/shop/built")" "" "nothing was built"
  compose build --ssh nowhere=/nothing --memory 64m --parallel=false --progress quiet --push app
  assert_success
  assert_equal "$stderr" ""
  assert_equal "$(curl -s "http://$address/v2/shop/built/tags/list" | jq -r '.tags[]')" 1
  compose build --memory much app
  assert_failure 1 "--memory"
  compose build --ssh
  assert_failure 1 "--ssh"
  "$HELPERS/registry.sh" stop "$BASE/registry"
}

@test "config --resolve-image-digests and --lock-image-digests ask the registry" {
  local address digest
  address=$("$HELPERS/registry.sh" start "$BASE/registry")
  lichen push -q "$BUSYBOX" "$address/team/tool:1" >/dev/null
  digest=$(curl -sI -H 'Accept: application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json' "http://$address/v2/team/tool/manifests/1" | tr -d '\r' | awk 'tolower($1) == "docker-content-digest:" { print $2 }')
  cat >compose.yaml <<END
name: shop
services:
  one: {image: $address/team/tool:1, command: "true"}
  two: {image: "$address/team/tool:1@$digest"}
  three: {build: .}
END
  compose config --resolve-image-digests --images
  assert_success
  assert_output "$address/team/tool:1@$digest
shop-three
$address/team/tool@$digest"
  compose config --resolve-image-digests one
  assert_contains "command:"
  assert_contains "image: $address/team/tool:1@$digest"
  compose config --lock-image-digests
  assert_output "services:
  one:
    image: $address/team/tool:1@$digest
  two:
    image: $address/team/tool@$digest"
  sed -i "s|tool:1, |tool:gone, |" compose.yaml
  compose config --resolve-image-digests
  assert_failure 1 "service 'one'" "'team/tool': not found"
  compose config --no-interpolate --lock-image-digests
  assert_failure 1 "--lock-image-digests does not go together with --no-interpolate"
  "$HELPERS/registry.sh" stop "$BASE/registry"
}
