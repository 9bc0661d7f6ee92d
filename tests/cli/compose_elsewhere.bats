#!/usr/bin/env bats
# Compose files written for a machine with docker and root: what cannot be here is told or left out, and the rest runs.
# ctest: timeout=200
load helpers
load compose_helpers

readonly kIdle="image: $BUSYBOX, init: true, command: sleep 1000"
field() { lichen inspect -f "$2" "shop-$1-1"; } # SERVICE TEMPLATE

@test "logging: drivers and options that are not here are left out, logs shows the lines" {
  file <<END
services:
  elsewhere: {image: $BUSYBOX, command: echo elsewhere, logging: {driver: gelf, options: {gelf-address: "udp://x:1", max-size: 1m}}}
  plain: {image: $BUSYBOX, command: echo plain, logging: {options: {max-file: "3", tag: "{{.Name}}", compress: "true"}}}
  local: {image: $BUSYBOX, command: echo local, logging: {driver: local, options: {max-size: 2m, max-file: "3"}}}
END
  compose up -d
  assert_success
  assert_stderr "services.elsewhere.logging.driver has no effect: 'gelf' is not here"
  assert_stderr "services.plain.logging.options.max-file has no effect: it goes with max-size"
  assert_stderr "services.plain.logging.options.compress has no effect"
  refute_stderr services.local
  lichen compose wait elsewhere plain local >/dev/null
  assert_equal "$(service_logs | sort | xargs)" "elsewhere local plain"
  assert_equal "$(field elsewhere '{{index .HostConfig.LogConfig.Config "max-size"}}')" 1m
}

@test "ulimits above what this user can have are lowered, with a warning" {
  local hard
  hard=$(ulimit -H -n)
  [ "$hard" != unlimited ] || skip "this user may open any number of files"
  file <<END
services:
  web: {image: $BUSYBOX, command: sh -c 'ulimit -S -n; ulimit -H -n', ulimits: {nofile: {soft: 64, hard: $((hard + 1))}, core: 0}}
END
  compose up -d
  assert_success
  assert_stderr "services.web.ulimits.nofile: without root it can be no more than $hard here, so it is that"
  lichen compose wait web >/dev/null
  assert_equal "$(service_logs web | xargs)" "64 $hard"
}

@test "a bind source that only root could make: what is missing is named, and for docker.sock why" {
  file <<END
services: {web: {$kIdle, volumes: ["/sys/gone/docker.sock:/var/run/docker.sock"]}}
END
  compose up -d
  assert_failure 1 "bind mount '/sys/gone/docker.sock': it is not there"
  assert_stderr "lichen has no daemon behind a socket"
  sed -i 's,/sys/gone/docker.sock,/sys/gone/settings,' compose.yaml
  compose up -d
  assert_failure 1 "bind mount '/sys/gone/settings': it is not there"
  assert_stderr "mount a folder of your own"
}

@test "a path of Windows is in config as it is, and refused where it would be mounted" {
  file <<'END'
services: {web: {image: any, volumes: ['C:\Users\me:/home:ro']}}
END
  compose config --format json
  assert_success
  assert_equal "$(jq -r '.services.web.volumes[0] | .type, .source, .target' <<<"$output" | xargs -d '\n')" 'bind C:\Users\me /home'
  sed -i "s,image: any,image: $BUSYBOX," compose.yaml
  compose up -d
  assert_failure 1 "'C:\\Users\\me' is no path of this machine"
}

@test "ipc: shareable, service:NAME and private" {
  file <<END
services:
  one: {$kIdle, ipc: shareable}
  two: {$kIdle, ipc: "service:one", depends_on: [one]}
  three: {$kIdle, ipc: private}
END
  compose up -d
  assert_success
  local one two three
  one=$(lichen compose exec -T one readlink /proc/1/ns/ipc)
  two=$(lichen compose exec -T two readlink /proc/1/ns/ipc)
  three=$(lichen compose exec -T three readlink /proc/1/ns/ipc)
  assert_equal "$two" "$one"
  [ "$three" != "$one" ]
}

@test "deploy.restart_policy: the words of restart are taken too" {
  file <<END
services:
  a: {$kIdle, deploy: {restart_policy: {condition: unless-stopped}}}
  b: {$kIdle, deploy: {restart_policy: {condition: always}}}
  c: {$kIdle, deploy: {restart_policy: {condition: "no"}}}
  d: {$kIdle, deploy: {restart_policy: {condition: on-failure, max_attempts: 2}}}
  e: {$kIdle, deploy: {restart_policy: {delay: 5s}}}
END
  compose up -d
  assert_success
  local name policies=""
  for name in a b c d e; do policies+="$(field "$name" '{{.HostConfig.RestartPolicy.Name}}{{.HostConfig.RestartPolicy.MaximumRetryCount}}') "; done
  assert_equal "$policies" "unless-stopped0 always0 no0 on-failure2 always0 "
}

@test "the owner of a secret is a number: a name is refused in a sentence" {
  echo hush >secret
  file <<END
services: {web: {$kIdle, secrets: [{source: s, uid: root}]}}
secrets: {s: {file: ./secret}}
END
  compose up -d
  assert_failure 1 "secret 's': 'root' is no number of a user or group"
  assert_stderr "names are not looked up"
}

@test "an env_file that is missing matters only to who needs what is in it" {
  file <<END
services:
  web: {$kIdle}
  other: {env_file: gone.env, build: {context: ., dockerfile_inline: "FROM $BUSYBOX"}}
END
  compose up -d web
  assert_success
  local command
  for command in "ps -q" "logs" "build" "config --services" "exec -T web true" "restart -t 0 web"; do
    # shellcheck disable=SC2086  # words of a command
    compose $command
    assert_success
  done
  compose up -d
  assert_failure 1 "services.other.env_file: 'gone.env': no such file" "required: false"
  compose config -q
  assert_failure 1 "'gone.env': no such file"
  compose down -t 0 --rmi local
  assert_success
  assert_nothing_left shop
}

@test "an address that a variable leaves empty is refused when the container is made" {
  file <<END
services: {web: {$kIdle, extra_hosts: ["db:\${DB_ADDRESS}"]}}
END
  compose config -q
  assert_success
  assert_stderr "the variable 'DB_ADDRESS' is not set"
  compose up -d
  assert_failure 1 "db"
}
