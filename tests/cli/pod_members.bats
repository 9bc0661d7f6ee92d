#!/usr/bin/env bats
# Pods: what a pod gives to its containers, what is shown of them, clones, containers that come at once, damage.
# ctest: timeout=300
load helpers

setup_file() {
  make_world
  load_image busybox
}
teardown_file() {
  lichen pod rm -f -a -t 0 >/dev/null 2>&1 || true
  remove_world
}
teardown() {
  lichen pod rm -f -a -t 0 >/dev/null 2>&1 || true
  lichen rm -f -a -t 0 >/dev/null 2>&1 || true
  lichen volume prune -a -f >/dev/null 2>&1 || true
}

readonly STAY='trap "exit 0" TERM; while :; do sleep 1000 & wait $!; done'
member() { # POD NAME [FLAGS...]: one that stays
  lichen run -d --pod "$1" --name "$2" "${@:3}" $BUSYBOX sh -c "$STAY" >/dev/null
}
pod_field() { lichen pod inspect -f "{{.$2}}" "$1"; } # POD FIELD
is_pod() { [ "$(lichen pod ps --noheading --filter "name=^$1\$" --format '{{.Status}}')" = "$2" ]; } # POD STATE
in_pod() { run_lichen run --rm --pod "$1" $BUSYBOX "${@:2}"; } # POD COMMAND...

@test "volumes, devices, security options and the restart policy of a pod are its containers'" {
  mkdir -p "$BASE/data"
  lichen pod create --name app -v "$BASE/data:/data" -v cache:/cache --restart on-failure:2 --security-opt no-new-privileges --device /dev/zero:/dev/nil >/dev/null
  in_pod app sh -c 'echo one >/data/one; echo two >/cache/two; ls -l /dev/nil | cut -c 1; grep NoNewPrivs /proc/self/status'
  assert_output "c
NoNewPrivs:	1"
  assert_equal "$(cat "$BASE/data/one")" one
  in_pod app cat /cache/two
  assert_output two
  run_lichen run --rm --pod app -v "$BASE:/data" $BUSYBOX ls /data # the container's own counts
  assert_contains data
  member app one
  member app other --restart no
  assert_equal "$(lichen inspect -f '{{.HostConfig.RestartPolicy.Name}} {{.HostConfig.RestartPolicy.MaximumRetryCount}}' one)" "on-failure 2"
  assert_equal "$(lichen inspect -f '{{.HostConfig.RestartPolicy.Name}}' other)" no
  assert_equal "$(pod_field app RestartPolicy)" on-failure
}

@test "hosts, name servers and sysctls of a pod" {
  lichen pod create --name app --network none --add-host db:10.9.8.7 --dns 10.1.2.3 --dns-search example.test --dns-option ndots:2 \
    --hostname front --sysctl net.ipv4.ip_default_ttl=77 --sysctl kernel.shm_rmid_forced=1 >/dev/null
  in_pod app sh -c 'grep 10.9.8.7 /etc/hosts | tr "\t" " "; cat /proc/sys/net/ipv4/ip_default_ttl /proc/sys/kernel/shm_rmid_forced; hostname'
  assert_output "10.9.8.7 db
77
1
front"
  in_pod app cat /etc/resolv.conf
  assert_contains 10.1.2.3
  assert_contains example.test
  assert_contains ndots:2
  assert_equal "$(pod_field app InfraConfig.HostAdd)" "[db:10.9.8.7]"
  lichen pod create --name plain --no-hosts --no-hostname --network none >/dev/null
  in_pod plain sh -c 'ls -l /etc/hosts 2>/dev/null | wc -l; grep -c /etc/hosts /proc/mounts'
  [[ $output == *0 ]]
}

@test "--userns keep-id of a pod, and the host's network" {
  has_subids || skip "no subordinate ids"
  lichen pod create --name mine --userns keep-id >/dev/null
  in_pod mine id -u
  assert_output "$(id -u)"
  member mine one
  in_pod mine readlink /proc/self/ns/user
  assert_output "$(lichen exec one readlink /proc/self/ns/user)"
  lichen pod create --name open --network host --uts host >/dev/null
  in_pod open sh -c 'readlink /proc/self/ns/net; readlink /proc/self/ns/uts'
  assert_output "$(readlink /proc/self/ns/net)
$(readlink /proc/self/ns/uts)"
}

@test "containers may have namespaces of their own in a pod" {
  lichen pod create --name app --share net,ipc,uts,pid,cgroup >/dev/null
  member app one
  in_pod app sh -c 'for kind in net ipc uts pid cgroup; do readlink /proc/self/ns/$kind; done'
  assert_output "$(lichen exec one sh -c 'for kind in net ipc uts pid cgroup; do readlink /proc/self/ns/$kind; done')"
  run_lichen run --rm --pod app --ipc private --pid private --uts private --hostname own $BUSYBOX sh -c 'hostname; readlink /proc/self/ns/ipc; echo $$'
  [[ $output == own$'\n'ipc:*$'\n'1 ]] || fail_with "own namespaces" "own, ipc:, 1" "$output"
  [[ $output != *"$(lichen exec one readlink /proc/self/ns/ipc)"* ]]
}

@test "pod logs, top and stats" {
  lichen pod create --name app >/dev/null
  lichen run -d --pod app --name one $BUSYBOX sh -c "echo from one; $STAY" >/dev/null
  lichen run -d --pod app --name two $BUSYBOX sh -c "echo from two; echo more; $STAY" >/dev/null
  wait_until 5 sh -c "'$LICHEN' logs one | grep -q one && '$LICHEN' logs two | grep -q more"
  run_lichen pod logs --names app
  assert_output "one from one
two from two
two more"
  run_lichen pod logs -c two --tail 1 app
  assert_output more
  lichen run -d --name alone $BUSYBOX true >/dev/null
  run_lichen pod logs -c alone app
  assert_failure 125 "not in pod app"
  run_lichen pod logs -l --since 1h --until 0s -t -n
  assert_contains "from one"
  run_lichen pod top app pid,args
  assert_matches '^PID +'
  assert_equal "$(grep -c 'PID' <<<"$output")" 1 "headings"
  assert_equal "$(grep -c 'sleep 1000$' <<<"$output")" 2 "processes"
  run_lichen pod top app
  assert_matches '^USER +PID +PPID'
  run_lichen pod stats --no-stream app
  assert_matches '^POD +CID +NAME +CPU'
  assert_matches "$(pod_field app Id | cut -c 1-12) +[0-9a-f]{12} +(one|two) "
  run_lichen pod stats --no-stream --format '{{.Name}}'
  assert_equal "$(sort <<<"$output" | tr '\n' ' ')" "one two "
  lichen pod stop -t 1 app >/dev/null
  run_lichen pod top app
  assert_failure 125 "no container of pod app runs" "lichen pod start app"
  run_lichen pod stats -a --no-stream --no-reset --format json app
  assert_contains '"one"'
}

@test "pod clone" {
  lichen pod create --name app --label kind=web --label level=one -v store:/store --hostname front >/dev/null
  lichen create --pod app --name main -e A=b --user 1000 -w /tmp --entrypoint sh $BUSYBOX -c "echo \$A \$(id -u) \$(pwd) \$(hostname); $STAY" >/dev/null
  run_lichen pod clone --start app
  assert_matches '^[0-9a-f]{64}$'
  is_pod app-clone Running
  wait_until 5 sh -c "[ \"\$('$LICHEN' logs main-clone)\" = 'b 1000 /tmp front' ]"
  lichen pod clone --destroy --label level=two --name second --hostname back app >/dev/null
  run_lichen pod exists app
  assert_status 1
  assert_equal "$(lichen pod inspect -f '{{.Labels.kind}} {{.Labels.level}} {{.Hostname}}' second)" "web two back"
  run_lichen pod ps --noheading --filter name=second --format '{{.Status}} {{.NumberOfContainers}}'
  assert_output "Created 2"
  run_lichen pod clone --destroy app-clone x
  assert_failure 125 "is running" "lichen pod stop app-clone"
  run_lichen pod clone second app-clone
  assert_failure 125 "already in use by pod"
}

@test "containers that are started at once share one holder" {
  lichen pod create --name app >/dev/null
  local i pids=()
  for i in 1 2 3 4 5 6; do
    member app "m$i" &
    pids+=($!)
  done
  for i in "${pids[@]}"; do wait "$i"; done
  is_pod app Running
  assert_equal "$(for i in 1 2 3 4 5 6; do lichen exec "m$i" readlink /proc/self/ns/net; done | sort -u | wc -l)" 1 "networks"
  assert_equal "$(pgrep -u "$(id -u)" -fc "lichen-conmon --id $(pod_field app InfraContainerID)")" 1 "holders' monitors"
}

@test "pod rm while containers come: nothing is left of the pod" {
  local i pids
  for _ in 1 2 3; do
    lichen pod create --name app >/dev/null
    pids=()
    for name in a b c d; do
      lichen run -d --pod app --name "$name" $BUSYBOX sh -c "$STAY" >/dev/null 2>&1 &
      pids+=($!)
    done
    lichen pod rm -f -t 0 app >/dev/null
    for i in "${pids[@]}"; do wait "$i" || true; done
    run_lichen ps -aq
    assert_output "" || return 1
    run_lichen pod ps -q
    assert_output "" || return 1
  done
}

@test "exit policy stop under load: whoever starts has a holder" {
  lichen pod create --name app --exit-policy stop >/dev/null
  local i pids=()
  for i in 1 2 3 4; do
    (for _ in 1 2 3 4 5; do lichen run --rm --pod app $BUSYBOX true || exit 1; done) &
    pids+=($!)
  done
  for i in "${pids[@]}"; do wait "$i" || fail_with "a container of the pod" "exit status 0" "$?" || return 1; done
  wait_until 5 is_pod app Exited
}

@test "kill -9 of run --pod and pod start at any point leaves a pod that works" {
  local rounds=$((10 * ${LICHEN_TEST_ROUNDS:-1})) verb
  lichen pod create --name app >/dev/null
  lichen create --pod app --name kept $BUSYBOX sh -c "$STAY" >/dev/null
  while ((rounds-- > 0)); do
    verb=(run -d --pod app --name killed "$BUSYBOX" sh -c "$STAY")
    ((rounds % 2)) || verb=(pod start app)
    timeout -s KILL "0.0$((RANDOM % 4))$((RANDOM % 10))" "$LICHEN" "${verb[@]}" >/dev/null 2>&1 3>&- || true
    run_lichen pod start app
    assert_success || return 1
    assert_equal "$(lichen run --rm --pod app $BUSYBOX readlink /proc/self/ns/net)" "$(lichen exec kept readlink /proc/self/ns/net)" || return 1
    is_pod app Running || fail_with "the pod" Running "$(lichen pod ps --ctr-names --ctr-status)" || return 1
    lichen rm -f -t 0 killed >/dev/null 2>&1 || true
    lichen pod stop -t 0 app >/dev/null
    is_pod app Exited || return 1
  done
  assert_equal "$(leftover_staging)" ""
}

@test "limits of a pod bind all its containers together" {
  has_delegated_cgroup || skip "no delegated cgroup v2"
  grep -qw memory "/sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)/cgroup.controllers" || skip "no memory controller is delegated"
  run_lichen pod create --name app --memory 64m --cpus 0.5
  assert_success
  member app one
  local path
  path=/sys/fs/cgroup$(cut -d: -f3 "/proc/$(lichen inspect -f '{{.State.Pid}}' one)/cgroup")
  assert_equal "$(cat "${path%/*}/memory.max")" $((64 << 20))
  assert_equal "$(cat "${path%/*}/cpu.max")" "50000 100000"
  lichen pod rm -f -t 0 app >/dev/null
  [ ! -e "${path%/*}" ]
}

@test "limits that cannot be kept are said once, and the pod works" {
  ! has_delegated_cgroup || skip "a cgroup is delegated here"
  lichen pod create --name app --memory 64m >/dev/null
  member app one 2>"$BASE/said"
  grep -q 'cannot be enforced' "$BASE/said"
  is_pod app Running
  assert_equal "$(pod_field app memory_limit)" $((64 << 20))
}

@test "a damaged record of a pod: named, repaired, in nobody's way" {
  local id
  id=$(lichen pod create --name app)
  lichen pod create --name sound >/dev/null
  member app one
  echo '{' >"$LICHEN_ROOT/pods/$id/config.json"
  run_lichen pod ps --noheading --format '{{.Name}}'
  assert_output sound
  assert_stderr "${id:0:12}"
  run_lichen exec one echo alive
  assert_output alive
  run_lichen system check
  assert_status 1
  assert_contains "pod ${id:0:12}"
  run_lichen system check --repair
  run_lichen ps -a --format '{{.Names}}'
  assert_contains one
  run_lichen pod create --name app
  assert_success
  lichen rm -f -t 0 one >/dev/null
  # The old holder is a container like others now.
  run_lichen system check
  assert_contains "its pod ${id:0:12} does not exist"
  lichen rm -f "${id:0:12}-infra" >/dev/null
  id=$(lichen pod inspect -f '{{.Id}}' sound)
  echo '{' >"$LICHEN_ROOT/pods/$id/config.json"
  lichen pod rm -f sound >/dev/null
  rm "$LICHEN_ROOT/pod-names/app"
  run_lichen system check --repair
  run_lichen system check
  assert_success
  run_lichen pod rm app
  assert_success
}

@test "verbs for all pods, the newest, and those in files" {
  lichen pod create --name old --net none --pod-id-file "$BASE/old.id" >/dev/null
  lichen pod create --name new --net none >/dev/null
  member old one
  member new two
  lichen pod pause --all >/dev/null
  is_pod old Paused
  is_pod new Paused
  lichen pod unpause --all >/dev/null
  is_pod old Running
  lichen pod restart --all >/dev/null
  is_pod new Running
  lichen run -d --pod new --name hears $BUSYBOX sh -c 'trap "echo heard" HUP; echo ready; while :; do sleep 1000 & wait $!; done' >/dev/null
  wait_until 5 sh -c "'$LICHEN' logs hears | grep -q ready"
  lichen pod kill -s HUP new >/dev/null || true # the shell without a trap ends by it
  wait_until 5 sh -c "'$LICHEN' logs hears | grep -q heard"
  run_lichen pod top --latest args
  assert_contains "sleep 1000"
  timeout 10 "$LICHEN" pod logs --follow -c hears new >"$BASE/followed" 3>&- &
  local reader=$!
  wait_until 5 grep -q heard "$BASE/followed"
  lichen pod stop --all -t 1 >/dev/null
  wait "$reader"
  is_pod old Exited
  is_pod new Exited
  lichen pod start --all >/dev/null
  lichen pod kill --all --signal KILL >/dev/null
  wait_until 5 is_pod old Exited
  run_lichen pod ps --latest --noheading --no-trunc --ctr-ids --ctr-names --ctr-status
  assert_matches "^$(pod_field new Id) +new +Exited .* $(pod_field new InfraContainerID),.*-infra,two,hears +exited,exited,exited"
  lichen pod rm --pod-id-file "$BASE/old.id" >/dev/null
  run_lichen pod ps -n --format '{{.Name}}'
  assert_output new
  run_lichen __complete -- pod rm n
  assert_contains new
  rm "$BASE/old.id"
}
