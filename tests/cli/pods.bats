#!/usr/bin/env bats
# Pods: what their containers share, ports, life cycle, init containers, exit policy, degraded pods, removal.
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
  lichen network prune -f >/dev/null 2>&1 || true
}

# A container that ends at once when it is asked to.
readonly STAY='trap "exit 0" TERM; while :; do sleep 1000 & wait $!; done'
member() { # POD NAME [FLAGS...]: one that stays
  lichen run -d --pod "$1" --name "$2" "${@:3}" $BUSYBOX sh -c "$STAY" >/dev/null
}
serve() { # POD NAME TEXT: a web server on port 80
  lichen run -d --pod "$1" --name "$2" $BUSYBOX sh -c "echo '$3' >/tmp/index.html; exec httpd -f -h /tmp -p 80" >/dev/null
}
pod_field() { lichen pod inspect -f "{{.$2}}" "$1"; } # POD FIELD
is_pod() { [ "$(lichen pod ps --noheading --filter "name=^$1\$" --format '{{.Status}}')" = "$2" ]; } # POD STATE
namespace() { lichen exec "$1" readlink "/proc/self/ns/$2"; } # CONTAINER KIND
holder_of() { pod_field "$1" InfraContainerID; }
pid_of() { lichen inspect -f '{{.State.Pid}}' "$1"; }
monitor_of() { pgrep -u "$(id -u)" -f "lichen-conmon --id $1"; } # CONTAINER ID

@test "two containers of a pod meet on localhost, in /dev/shm and by one host name" {
  run_lichen pod create --name app --shm-size 8m
  assert_success
  assert_matches '^[0-9a-f]{64}$'
  is_pod app Created
  serve app web hello
  is_pod app Running
  # shellcheck disable=SC2016 # expanded in the container
  run_lichen run --rm --pod app $BUSYBOX sh -c 'wget -q -O- http://localhost/; hostname; cat /etc/hostname; echo $HOSTNAME'
  assert_output "hello
app
app
app"
  lichen exec web sh -c 'echo shared >/dev/shm/note'
  run_lichen run --rm --pod app $BUSYBOX sh -c 'cat /dev/shm/note; df -k /dev/shm | tail -n 1 | tr -s " " | cut -d " " -f 2'
  assert_output "shared
8192"
  for kind in net ipc uts; do assert_equal "$(namespace web $kind)" "$(lichen run --rm --pod app $BUSYBOX readlink /proc/self/ns/$kind)"; done
  [ "$(namespace web pid)" != "$(lichen run --rm --pod app $BUSYBOX readlink /proc/self/ns/pid)" ]
}

@test "a pod's holder is listed by pod commands only, and goes with its pod" {
  lichen pod create --name app >/dev/null
  member app one
  run_lichen ps -a --format '{{.Names}}'
  assert_output one
  run_lichen pod ps --noheading --format '{{.Name}} {{.NumberOfContainers}} {{.ContainerNames}}'
  assert_matches '^app 2 [0-9a-f]{12}-infra,one$'
  local holder
  holder=$(holder_of app)
  run_lichen rm -f "$holder"
  assert_failure 1 "holds the namespaces of pod app" "lichen pod rm app"
  lichen rm -f -a -t 0 >/dev/null
  lichen container prune -f >/dev/null
  run_lichen inspect -f '{{.State.Status}}' "$holder"
  assert_output running
  run_lichen pod rm app
  assert_success
  run_lichen inspect "$holder"
  assert_failure 1 "no such object"
  run_lichen pod exists app
  assert_status 1
}

@test "ports belong to the pod: published, and refused at its containers" {
  need slirp4netns
  [ -w /dev/net/tun ] || skip "/dev/net/tun is closed to this user"
  local port=$((20000 + RANDOM % 10000))
  lichen pod create --name app -p "127.0.0.1:$port:80" >/dev/null
  serve app web published
  assert_equal "$(wait_until 5 curl -sf "http://127.0.0.1:$port/")" published
  local words
  while read -r words; do
    # shellcheck disable=SC2086
    run_lichen create --pod app $words $BUSYBOX true
    assert_failure 125 "pod 'app' shares its" "lichen pod create" || fail_with "$words" refused "$status" || return 1
  done <<'END'
-p 81:81
--network none
--dns 1.1.1.1
--add-host a:10.0.0.1
--hostname other
--no-hosts
--sysctl net.ipv4.ip_default_ttl=9
END
  run_lichen create --pod app --userns keep-id $BUSYBOX true
  assert_failure 125 "--userns and --pod cannot be set together"
  run_lichen create --pod nothing $BUSYBOX true
  assert_failure 125 "no such pod: nothing"
  run_lichen ps -aq
  assert_equal "$(wc -w <<<"$output")" 1 "containers"
}

@test "pod create: what cannot be is refused, and nothing is made" {
  lichen pod create --name taken >/dev/null
  lichen create --name container $BUSYBOX true >/dev/null
  local words
  while read -r words; do
    # shellcheck disable=SC2086
    run_lichen pod create $words
    ((status == 125)) || fail_with "$words" "exit status 125" "$status" || return 1
    [ -n "$stderr" ] || fail_with "$words" "a message" "none" || return 1
  done <<'END'
--name taken
--name container
--name a/b
--share net,foo
--exit-policy maybe
--network nothing
--infra=false -p 80:80
--restart sometimes
--replace
--pid container:x:y
END
  run_lichen create --name taken $BUSYBOX true
  assert_failure 125 "in use by pod"
  run_lichen pod ps -q
  assert_equal "$(wc -l <<<"$output")" 1 "pods"
}

@test "--share pid: the holder is process 1, and reaps" {
  lichen pod create --name app --share +pid >/dev/null
  member app one
  run_lichen run --rm --pod app $BUSYBOX sh -c 'ps -o args | grep -c "^sleep 1000"; tr "\0" " " </proc/1/cmdline'
  assert_output "1
/run/lichen-init --hold "
  assert_equal "$(namespace one pid)" "$(lichen run --rm --pod app $BUSYBOX readlink /proc/self/ns/pid)"
  lichen exec one sh -c '(sleep 0.01 &) ; exit' # an orphan
  lichen stop -t 2 one >/dev/null
  is_state one exited
  run_lichen run --rm --pod app $BUSYBOX sh -c 'ps -o stat,args | grep -c "^Z" || true'
  assert_output 0
  lichen pod create --name apart --share none >/dev/null
  member apart two
  for kind in net ipc uts; do [ "$(namespace two $kind)" != "$(lichen run --rm --pod apart $BUSYBOX readlink /proc/self/ns/$kind)" ]; done
  lichen pod create --name bare --infra=false >/dev/null
  member bare three
  is_pod bare Running
  assert_equal "$(pod_field bare InfraContainerID)" ""
}

@test "pod start, stop, restart, pause, kill: all containers, in the states that podman names" {
  lichen pod create --name app >/dev/null
  lichen create --pod app --name one $BUSYBOX sh -c "$STAY" >/dev/null
  member app two
  is_pod app Degraded
  run_lichen pod start app
  assert_output "$(pod_field app Id)"
  is_pod app Running
  lichen stop -t 2 two >/dev/null
  is_pod app Degraded
  lichen pod stop -t 2 app >/dev/null
  is_pod app Exited
  lichen pod start app >/dev/null
  is_pod app Running
  local before after
  before=$(pid_of one)
  lichen pod restart app >/dev/null
  after=$(pid_of one)
  [ "$before" != "$after" ]
  is_pod app Running
  lichen pod pause app >/dev/null
  is_pod app Paused
  run_lichen pod pause app
  assert_failure 1 "no container of it runs"
  run_lichen pod start app
  assert_failure 1 "paused" "lichen pod unpause app"
  lichen pod unpause app >/dev/null
  is_pod app Running
  lichen pod kill app >/dev/null
  wait_until 5 is_pod app Exited
  run_lichen pod kill app
  assert_failure 1 "no container of it runs"
  run_lichen pod stop nothing
  assert_failure 1 "no such pod: nothing"
  run_lichen pod stop --ignore nothing
  assert_success
  run_lichen events --since 5m --until 0s --filter type=pod --format '{{.Action}}'
  for action in create start stop pause unpause kill; do assert_contains "$action"; done
}

@test "pod stop asks all containers at once" {
  lichen pod create --name app >/dev/null
  for name in one two three; do lichen run -d --pod app --name $name $BUSYBOX sh -c 'trap "" TERM; while :; do sleep 1; done' >/dev/null; done
  run_split milliseconds lichen pod stop -t 3 app
  # One after the other would take nine seconds.
  ((output < 8000)) || fail_with "three containers with three seconds each" "less than 8000 ms" "$output"
  is_pod app Exited
}

@test "a member's start starts the holder, also after the pod was stopped" {
  lichen pod create --name app >/dev/null
  member app one
  lichen pod stop -t 2 app >/dev/null
  lichen start one >/dev/null
  is_pod app Running
  assert_equal "$(namespace one net)" "$(lichen run --rm --pod app $BUSYBOX readlink /proc/self/ns/net)"
}

@test "init containers run to their end, in order, before the others" {
  lichen volume create work >/dev/null
  lichen pod create --name app -v work:/work >/dev/null
  lichen create --pod app --name first --init-ctr once $BUSYBOX sh -c 'echo first >>/work/log' >/dev/null
  lichen create --pod app --name second --init-ctr always $BUSYBOX sh -c 'echo second >>/work/log' >/dev/null
  lichen create --pod app --name main $BUSYBOX sh -c "echo main >>/work/log; $STAY" >/dev/null
  lichen pod start app >/dev/null
  is_pod app Running
  wait_until 5 sh -c "'$LICHEN' exec main grep -q main /work/log"
  assert_equal "$(lichen exec main cat /work/log)" "first
second
main"
  run_lichen ps -a --format '{{.Names}}'
  refute_contains first
  lichen pod restart app >/dev/null
  wait_until 5 sh -c "[ \$('$LICHEN' exec main grep -c main /work/log) = 2 ]"
  assert_equal "$(lichen exec main tail -n 2 /work/log)" "second
main"
  run_lichen create --pod app --init-ctr sometimes $BUSYBOX true
  assert_failure 125 "init-ctr"
  run_lichen create --init-ctr once $BUSYBOX true
  assert_failure 125 "--init-ctr needs --pod"
  lichen pod rm -f -t 0 app >/dev/null
  lichen volume rm work >/dev/null
}

@test "an init container that fails stops the start" {
  lichen pod create --name app >/dev/null
  lichen create --pod app --name broken --init-ctr once $BUSYBOX sh -c 'echo no >&2; exit 3' >/dev/null
  lichen create --pod app --name main $BUSYBOX sh -c "$STAY" >/dev/null
  # Again and again: it may end at any moment of our waiting for it.
  for _ in $(seq 12); do
    run_lichen pod start app
    assert_failure 1 "init container broken ended with exit code 3" "lichen logs broken" || return 1
  done
  is_state main created
}

@test "exit policy stop: the holder ends with the last container" {
  lichen pod create --name app --exit-policy stop >/dev/null
  member app one
  member app two
  lichen stop -t 2 one >/dev/null
  is_pod app Degraded
  lichen stop -t 2 two >/dev/null
  wait_until 5 is_pod app Exited
  lichen start one >/dev/null
  is_pod app Degraded # two is not started
  lichen kill one >/dev/null
  wait_until 5 is_pod app Exited
  # Of two that end at once one is the last.
  lichen pod start app >/dev/null
  lichen stop -t 2 one two >/dev/null
  wait_until 5 is_pod app Exited
  lichen pod create --name stays >/dev/null
  lichen run --rm --pod stays $BUSYBOX true
  is_pod stays Running
}

@test "kill -9 of the holder or its monitor: degraded, containers go on, restart and start mend it" {
  local holder verb what before
  lichen pod create --name app >/dev/null
  serve app web hello
  holder=$(holder_of app)
  for what in process monitor; do
    for verb in restart start; do
      before=$(pid_of web)
      if [ $what = monitor ]; then
        kill -9 "$(monitor_of "$holder")"
      else
        lichen unshare kill -9 "$(pid_of "$holder")"
      fi
      wait_until 5 is_pod app Degraded
      run_lichen exec web wget -q -O- http://localhost/
      assert_output hello
      lichen pod "$verb" app >/dev/null
      is_pod app Running
      [ "$(pid_of web)" != "$before" ]
      assert_equal "$(namespace web net)" "$(lichen run --rm --pod app $BUSYBOX readlink /proc/self/ns/net)"
      run_lichen run --rm --pod app $BUSYBOX wget -q -O- http://localhost/
      assert_output hello
    done
  done
}

@test "a container that its policy restarts without a holder comes back in the old namespaces" {
  lichen pod create --name app --restart always >/dev/null
  member app one
  member app two
  local before
  before=$(pid_of one)
  kill -9 "$(monitor_of "$(holder_of app)")"
  wait_until 5 is_pod app Degraded
  lichen unshare kill -9 "$before"
  wait_until 5 sh -c "[ \"\$('$LICHEN' inspect -f '{{.State.Pid}} {{.State.Running}}' one)\" != '$before true' ] && '$LICHEN' exec one true 2>/dev/null"
  for kind in net ipc uts; do assert_equal "$(namespace one $kind)" "$(namespace two $kind)" || return 1; done
  lichen exec one sh -c 'echo again >/dev/shm/note'
  assert_equal "$(lichen exec two cat /dev/shm/note)" again
}

@test "run --pod new:NAME makes the pod with the ports and names of the container" {
  need slirp4netns
  [ -w /dev/net/tun ] || skip "/dev/net/tun is closed to this user"
  local port=$((20000 + RANDOM % 10000))
  lichen run -d --pod new:fresh --name web --hostname other -p "127.0.0.1:$port:80" $BUSYBOX \
    sh -c 'hostname >/tmp/index.html; exec httpd -f -h /tmp -p 80' >/dev/null
  assert_equal "$(wait_until 5 curl -sf "http://127.0.0.1:$port/")" other
  run_lichen run --rm --pod fresh $BUSYBOX wget -q -O- http://localhost/
  assert_output other
  run_lichen run --rm --pod new:broken nothing/here:1 true
  assert_status 125
  run_lichen pod exists broken
  assert_status 1
}

@test "a pod on a network with a name is found by its name" {
  need slirp4netns
  [ -w /dev/net/tun ] || skip "/dev/net/tun is closed to this user"
  lichen network create net1 >/dev/null
  lichen pod create --name app --network net1 --network-alias web >/dev/null
  serve app one hello
  for name in app web; do
    run_lichen run --rm --network net1 $BUSYBOX sh -c "wget -q -O- http://$name/"
    assert_output hello
  done
  run_lichen network rm net1
  assert_status 1
  lichen pod rm -f -t 0 app >/dev/null
  lichen network rm net1 >/dev/null
}

@test "--pod-id-file, --replace, --latest, --all" {
  local id again
  id=$(lichen pod create --name app --pod-id-file "$BASE/pod.id")
  assert_equal "$(cat "$BASE/pod.id")" "$id"
  run_lichen pod create --pod-id-file "$BASE/pod.id" other
  assert_failure 125 "pod ID file found"
  lichen run -d --pod-id-file "$BASE/pod.id" --name one $BUSYBOX sh -c "$STAY" >/dev/null
  assert_equal "$(lichen inspect -f '{{.Pod}}' one)" "$id"
  lichen pod stop -t 1 --pod-id-file "$BASE/pod.id" >/dev/null
  lichen pod start --pod-id-file "$BASE/pod.id" >/dev/null
  again=$(lichen pod create --replace --name app)
  [ "$id" != "$again" ]
  run_lichen ps -aq
  assert_output ""
  run_lichen pod start "${again:0:10}"
  assert_output "$again"
  lichen pod create second >/dev/null
  run_lichen pod inspect -l -f '{{.Name}}'
  assert_output second
  run_lichen pod start --all
  assert_success
  run_lichen pod ps --noheading --sort name --format '{{.Name}} {{.Status}}'
  assert_output "app Running
second Running"
  run_lichen pod rm -a -f
  assert_success
  run_lichen pod ps -q
  assert_output ""
  rm "$BASE/pod.id"
}

@test "pod rm refuses running containers without force; prune takes the stopped pods" {
  lichen pod create --name app >/dev/null
  member app one
  run_lichen pod rm app
  assert_failure 1 "container one is running" "lichen pod rm -f app"
  lichen pod create --name idle >/dev/null
  lichen pod create --name ended >/dev/null
  lichen run --pod ended $BUSYBOX true
  lichen pod stop ended >/dev/null
  run_lichen pod prune -f
  assert_matches '^[0-9a-f]{64}$'
  run_lichen pod ps --noheading --sort name --format '{{.Name}}'
  assert_output "app
idle"
  run_lichen pod rm -f -t 0 app
  assert_success
  run_lichen pod rm app
  assert_failure 1 "no such pod: app"
  run_lichen pod rm -i app
  assert_success
}

@test "pod ps and inspect: filters, formats" {
  lichen pod create --name app --label a=b --label c >/dev/null
  lichen pod create --name other >/dev/null
  member app one
  run_lichen pod ps
  assert_matches 'POD ID +NAME +STATUS +CREATED +INFRA ID +# OF CONTAINERS'
  for filter in label=a=b status=running ctr-names=one ctr-number=2 name=^app ctr-status=running; do
    run_lichen pod ps --noheading --filter $filter --format '{{.Name}}'
    assert_output app
  done
  run_lichen pod ps --filter status=nice
  assert_failure 125 "no such state"
  run_lichen pod ps --format json
  assert_equal "$(python3 -c 'import json,sys; print(sorted(p["Name"] + p["Status"] for p in json.load(sys.stdin)))' <<<"$output")" "['appRunning', 'otherCreated']"
  run_lichen pod inspect -f '{{.Name}} {{.State}} {{.Hostname}} {{.NumContainers}} {{.ExitPolicy}} {{.SharedNamespaces}} {{(index .Containers 1).Name}}' app
  assert_output "app Running app 2 continue [ipc net uts] one"
  run_lichen inspect --type pod -f '{{.Name}}' app
  assert_output app
  run_lichen inspect -f '{{.ExitPolicy}}' app
  assert_output continue
  for filter in "pod=$(pod_field app Id)" pod=app; do
    run_lichen ps --filter "$filter" --format '{{.Names}}'
    assert_output one
  done
  lichen run -d --name alone $BUSYBOX sh -c "$STAY" >/dev/null
  run_lichen ps --pod --sort names
  assert_matches 'NAMES +POD ID +PODNAME'
  assert_matches " one +$(pod_field app Id | cut -c 1-12) +app"
  assert_matches ' alone *$|alone *'$'\n'
}

@test "kill -9 of pod create and pod rm at any point leaves a store that works" {
  local rounds=$((12 * ${LICHEN_TEST_ROUNDS:-1})) delay
  while ((rounds-- > 0)); do
    delay=$((RANDOM % 9))
    timeout -s KILL "0.00$delay" "$LICHEN" pod create --name app >/dev/null 2>&1 3>&- || true
    lichen pod create --replace --name app >/dev/null
    lichen create --pod app --name one $BUSYBOX true >/dev/null
    timeout -s KILL "0.00$delay" "$LICHEN" pod rm -f -t 0 app >/dev/null 2>&1 3>&- || true
    run_lichen pod create --replace --name app
    assert_success || return 1
    lichen run --rm --pod app --name one --replace $BUSYBOX true
    lichen pod rm -f -t 0 app >/dev/null
  done
  run_lichen pod ps -q
  assert_output ""
  run_lichen ps -aq
  assert_output ""
  assert_equal "$(leftover_staging)" ""
  # A name without a container is no harm, but is seen: whoever wants it takes it over.
  run_lichen system check
  ((status == 0)) || [ -z "$(tail -n +2 <<<"$output" | grep -v '^name \|^$\|can be mended')" ] || fail_with "system check" "names at most" "$output"
}
