#!/usr/bin/env bats
# compose export script: plain commands that make the same project.
# ctest: timeout=300
load helpers
load compose_helpers

run_script() { run_split timeout 60 env PATH="$LICHEN_TEST_BIN:$PATH" sh "$1"; }
# What a container is, without what every new one has of its own.
facts() {
  lichen inspect "$1" | jq -S '.[0] | {Config, HostConfig, Mounts: [.Mounts[] | del(.Name, .Source)] | sort_by(.Destination),
    Networks: (.NetworkSettings.Networks // {} | map_values({Aliases: (.Aliases // [] | map(select(test("^[0-9a-f]{12}$") | not)) | sort)}))}
    | del(.Config.Labels["com.docker.compose.image"], .Config.CreateCommand, .HostConfig.ContainerIDFile)
    | walk(if type == "string" then gsub("[0-9a-f]{25,64}"; "ID") else . end)
    | del(.. | .Hostname? | select(. != null and test("^[0-9a-f]{12}$")))' |
    sed 's/"shop-\(db\|web\)-1:ro"/"ID:ro"/; s/container:[A-Za-z0-9-]*/container:ID/'
}

@test "the script makes what up makes: containers, networks, volumes, files; up finds nothing to do afterwards" {
  mkdir bind app
  printf 'FROM %s\nRUN echo built >/what\n' "$BUSYBOX" >app/Dockerfile
  cat >compose.yaml <<END
name: shop
services:
  web:
    image: $BUSYBOX
    init: true
    entrypoint: ["/bin/sh", "-c"]
    command: ["echo \"it's \$\$A\" >/data/said; exec sleep 1000"]
    scale: 2
    environment: {A: "a 'b' \$\$c", B: ""}
    depends_on: {db: {condition: service_healthy}, job: {condition: service_completed_successfully}}
    ports: ["127.0.0.1::80", "127.0.0.1:28731-28741:81"]
    networks: {front: {aliases: [shopfront], priority: 10}, back: {}}
    volumes: [data:/data, ./bind:/bind:ro, /anon, {type: tmpfs, target: /t, tmpfs: {size: 1m}}, {type: bind, source: ./bind, target: /b2, bind: {create_host_path: false}}]
    tmpfs: ["/run:size=2m"]
    deploy: {resources: {limits: {pids: 50}}}
    ulimits: {nofile: {soft: 100, hard: 200}, nproc: 77}
    cap_add: [NET_ADMIN]
    cap_drop: [CHOWN]
    sysctls: {net.core.somaxconn: 100}
    security_opt: ["no-new-privileges:true"]
    read_only: true
    labels: {x: "y z", empty: ""}
    stop_grace_period: 3s
    stop_signal: SIGUSR1
    working_dir: /tmp
    hostname: thehost
    domainname: example.org
    dns: [192.0.2.1]
    dns_search: [x.org]
    extra_hosts: ["a:192.0.2.4"]
    expose: ["99"]
    group_add: ["5"]
    logging: {driver: json-file, options: {max-size: 1m}}
    restart: on-failure:3
    secrets: [word]
    configs: [{source: text, target: /etc/text, mode: 0400}]
    shm_size: 1m
    user: "0:0"
    post_start: [{command: ["touch", "/data/hooked"], user: "0"}]
    oom_score_adj: 100
  db:
    image: $BUSYBOX
    init: true
    command: sleep 1000
    entrypoint: []
    stdin_open: true
    networks: [back]
    healthcheck: {test: ["CMD", "true"], interval: 1s, start_period: 500ms, retries: 2, timeout: 2s}
  job: {image: $BUSYBOX, command: "true", network_mode: none, healthcheck: {disable: true}}
  side: {image: $BUSYBOX, init: true, command: sleep 1000, network_mode: "service:db", pid: "service:db", volumes_from: ["web:ro"], healthcheck: {disable: false}}
  built: {build: {context: app, labels: {a: b}}, init: true, command: sleep 1000, networks: [back]}
networks: {front: {driver_opts: {mtu: "1400"}}, back: {internal: true, ipam: {config: [{subnet: 10.88.77.0/24}]}}}
volumes: {data: {labels: {q: r}}}
secrets: {word: {environment: WORD}}
configs: {text: {content: "it's\na config\n"}}
END
  export WORD='se"cret'
  compose export -o shop.sh script
  assert_success
  assert_output ""
  if grep -q 'se"cret' shop.sh; then return 1; fi
  lichen compose up -d 2>/dev/null
  local name
  for name in web-1 web-2 db-1 job-1 side-1 built-1; do facts "shop-$name" >"$name.up"; done
  lichen network inspect shop_front shop_back | jq -S 'map({Name, Labels, Options, Internal, IPAM})' >networks.up
  lichen compose down -v --rmi local -t 0 2>/dev/null
  assert_equal "$(lichen ps -aq; lichen volume ls -q; lichen secret ls -q)" ""

  run_script shop.sh
  assert_success
  for name in web-1 web-2 db-1 job-1 side-1 built-1; do assert_same_lines "$(facts "shop-$name")" "$(cat "$name.up")" "$name"; done
  lichen network inspect shop_front shop_back | jq -S 'map({Name, Labels, Options, Internal, IPAM})' >networks.script
  # Without a subnet of its own each new network gets the next free one.
  assert_same_lines "$(jq '.[1]' networks.script)" "$(jq '.[1]' networks.up)" networks
  assert_equal "$(lichen exec shop-web-1 cat /data/said)" "it's a 'b' \$c"
  assert_equal "$(lichen exec shop-web-2 cat /run/secrets/word)" 'se"cret'
  assert_equal "$(lichen exec shop-web-2 cat /etc/text)" "it's
a config"
  lichen exec shop-web-1 test -e /data/hooked
  assert_equal "$(lichen exec shop-built-1 cat /what)" built
  compose up -d
  assert_success
  assert_stderr " Container shop-web-2  Running"
  refute_stderr Recreate
  refute_stderr Creating
  compose down -v -t 0
  assert_success
  assert_equal "$(lichen ps -aq; lichen volume ls -q; lichen secret ls -q)" ""
}

@test "a condition that is not met ends the script; what it needs from outside is asked for" {
  cat >compose.yaml <<END
name: shop
services:
  web: {image: $BUSYBOX, command: sleep 1000, depends_on: {job: {condition: service_completed_successfully}}}
  job: {image: $BUSYBOX, command: "false"}
END
  lichen compose export script >shop.sh
  run_script shop.sh
  assert_failure 1 "container shop-job-1 did not complete successfully"
  assert_equal "$(lichen ps -a --format '{{.Names}}')" shop-job-1
  lichen compose down -t 0 2>/dev/null
  cat >compose.yaml <<END
name: shop
services:
  web: {image: $BUSYBOX, command: sleep 1000, secrets: [word]}
secrets: {word: {environment: WORD}}
END
  WORD=x lichen compose export -o shop.sh script
  run_script shop.sh
  if [ "$status" = 0 ]; then return 1; fi
  assert_stderr WORD
}

@test "a service called script is exported as any other" {
  cat >compose.yaml <<END
name: shop
services:
  script: {image: $BUSYBOX, init: true, command: sleep 1000}
END
  lichen compose up -d 2>/dev/null
  lichen compose export script >files.tar
  tar -tf files.tar bin/busybox
}

@test "what a script cannot have is an error: pre_start, and a variable whose name is a program" {
  printf 'name: shop\nservices: {web: {image: x, pre_start: [{command: "true"}]}}\n' >compose.yaml
  compose export script
  assert_failure 1 "pre_start cannot be written"
  # shellcheck disable=SC2016 # that is the attack
  printf 'name: shop\nservices: {web: {image: x, secrets: [s]}}\nsecrets: {s: {environment: "%s"}}\n' 'A}$$(touch /tmp/owned)$${B' >compose.yaml
  compose export script
  assert_failure 1 "no variable of this name"
  printf 'name: shop\nservices: {"we\\nb": {image: x}}\n' >compose.yaml
  compose export script
  assert_failure 1
}
