#!/usr/bin/env bats
# Limits bind for an ordinary user under systemd: read back, and felt.
# ctest: timeout=600
load vm

setup_file() { start_machine; }
teardown_file() { stop_machine; }
teardown() { [ -z "${BASE:-}" ] || user 'lichen rm -f -a -t 0 >/dev/null'; }

# A container that only waits, with these flags; its cgroup is $cgroup.
waiting() { # NAME FLAGS
  user "lichen run -d --network none --name $1 $2 busybox sleep 100000"
  assert_success
  assert_equal "$stderr" "" "warnings"
  cgroup=$(user_says "cgroup_of $1")
}

@test "the machine is what doctor asks for: overlay of the kernel, delegated controllers" {
  user 'lichen doctor'
  assert_success
  assert_matches "ok +overlay "
  assert_matches "ok +cgroup +v2, .*, delegated with: cpu memory pids"
  user 'lichen info -f "{{.Driver}}"'
  assert_output overlay
}

@test "limits are read back outside and inside, and nothing is warned about" {
  waiting tight '--memory 64m --cpus 0.5 --pids-limit 20 --cpu-shares 512'
  [[ $cgroup == /sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/* ]] || fail_with "its place" "below the user's own manager" "$cgroup"
  local expected='67108864
67108864
50000 100000
20
20'
  assert_equal "$(user_says "cd '$cgroup' && cat memory.max memory.swap.max cpu.max cpu.weight pids.max")" "$expected"
  assert_equal "$(user_says 'lichen exec tight sh -c "cd /sys/fs/cgroup && cat memory.max memory.swap.max cpu.max cpu.weight pids.max"')" "$expected"
}

@test "memory: PID 1 takes too much, is killed, and everybody says so" {
  user 'lichen run --network none --name hog --memory 64m busybox tail /dev/zero'
  assert_status 137
  assert_equal "$(user_says 'lichen inspect -f "{{.State.OOMKilled}} {{.State.ExitCode}} {{.State.Status}}" hog')" "true 137 exited"
  assert_equal "$(user_says 'lichen events --since 5m --until 0s --filter container=hog --format "{{.Action}}"')" "create
start
oom
die"
  user 'lichen rm hog && lichen ps -aq'
  assert_success
  assert_output hog
}

@test "memory: a child takes too much and is killed; the container and its monitor live" {
  waiting box '--memory 64m'
  user 'lichen exec box sh -c "tail /dev/zero; echo status \$?"'
  assert_output "status 137"
  user_waits 10 '[ "$(lichen inspect -f "{{.State.OOMKilled}} {{.State.Status}}" box)" = "true running" ]'
  assert_equal "$(user_says 'lichen events --since 5m --until 0s --filter container=box --filter event=oom --format "{{.Action}}"')" oom
  user 'lichen exec box echo alive'
  assert_output alive
  user 'lichen stop -t 0 box && lichen inspect -f "{{.State.ExitCode}}" box && lichen rm box'
  assert_success
}

@test "memory: the program of exec is killed with 137, and the container lives" {
  waiting box '--memory 64m'
  user 'lichen exec box tail /dev/zero'
  assert_status 137
  assert_equal "$(user_says 'lichen exec box cat /proc/1/comm; state_of box')" "sleep
running"
}

@test "memory: what fits is not killed" {
  user 'lichen run --rm --network none --memory 64m busybox sh -c "head -c 30m /dev/zero | tail | wc -c"'
  assert_success
  assert_output 31457280
}

@test "cpus: a busy loop gets its share and no more" {
  user 'lichen run -d --network none --name busy --cpus 0.5 busybox sh -c "while :; do :; done" >/dev/null
    cd "$(cgroup_of busy)"
    used() { sed -n "s/^usage_usec //p" cpu.stat; }
    wait_until 20 "[ \$(sed -n \"s/^nr_throttled //p\" cpu.stat) -gt 2 ]"
    start=${EPOCHREALTIME/[.,]/} before=$(used)
    sleep 2
    after=$(used)
    echo $(((after - before) * 1000 / (${EPOCHREALTIME/[.,]/} - start)))'
  assert_success
  # Per mille of one processor. A period more than the quota at either end, as the clock is read apart from the use.
  assert_less "$output" 600 "share of a processor"
  assert_less 100 "$output" "share of a processor"
}

@test "pids: a fork bomb stays within, others are not touched, and it can be removed" {
  waiting bomb '--pids-limit 20'
  user 'lichen exec -d bomb sh -c "bomb() { bomb | bomb & }; while :; do bomb; done"
    wait_until 20 "[ \$(sed -n \"s/^max //p\" \"$(cgroup_of bomb)/pids.events\") -gt 0 ]"
    cat "$(cgroup_of bomb)/pids.current"
    lichen run --rm --network none busybox echo beside'
  assert_success
  assert_less "${lines[0]}" 21 "processes"
  assert_equal "${lines[1]}" beside
  user 'lichen rm -f -t 0 bomb && lichen ps -aq'
  assert_success
}

@test "pause freezes the cgroup; unpause lets it go on" {
  user 'lichen run -d --network none --name ticker busybox sh -c "while :; do echo tick; done >/dev/null" >/dev/null
    cgroup=$(cgroup_of ticker)
    lichen pause ticker >/dev/null
    grep -x "frozen 1" "$cgroup/cgroup.events"; cat "$cgroup/cgroup.freeze"; state_of ticker
    lichen exec ticker true 2>/dev/null || echo refused
    lichen unpause ticker >/dev/null
    grep -x "frozen 0" "$cgroup/cgroup.events"; state_of ticker'
  assert_output "frozen 1
1
paused
refused
frozen 0
running"
}

@test "a paused container is removed at once" {
  waiting still ''
  user 'lichen pause still && lichen rm -f -t 0 still && lichen ps -aq'
  assert_success
  assert_output "still
still"
  user "[ ! -e '$cgroup' ]"
  assert_success
}

@test "stats come from the cgroup: its limit, its memory, its processes" {
  waiting box '--memory 64m --pids-limit 50'
  # A tmpfs counts for the cgroup and for no process.
  user 'lichen exec box dd if=/dev/zero of=/dev/shm/file bs=1M count=20 2>/dev/null
    lichen stats --no-stream --format "{{.MemLimit}} {{.PIDs}} {{.MemUsageBytes}}" box'
  assert_success
  read -r limit pids bytes <<<"$output"
  assert_equal "$limit $pids" "67108864 1"
  assert_less 20000000 "$bytes" "memory"
}

@test "kill -9 of the monitor and everything else leaves no cgroup behind" {
  waiting one '--memory 64m'
  user "monitor=\$(ps -o ppid= -p \$(pid_of one)); lichen exec -d one sleep 5000
    kill -9 \$monitor \$(cat '$cgroup/cgroup.procs')
    lichen ps -a --format '{{.Names}} {{.State}}'
    lichen rm one
    find \$(user_cgroup) -type d -name '*lichen*'"
  assert_success
  assert_output "one exited
one"
}

@test "kill -9 of the monitor alone takes the container with it" {
  waiting one '--memory 64m'
  user "init=\$(pid_of one); kill -9 \$(ps -o ppid= -p \$init)
    wait_until 10 \"! kill -0 \$init 2>/dev/null\"
    lichen run --rm --network none busybox true
    state_of one
    lichen start one && state_of one && cat \$(cgroup_of one)/memory.max"
  assert_success
  assert_output "exited
one
running
67108864"
}

@test "update: new limits bind at once and stay over a restart; 0 lifts them" {
  waiting box '--memory 64m --pids-limit 50'
  user 'lichen update --memory 96m --memory-swap 128m --memory-reservation 16m --cpus 0.5 --cpu-shares 2 --pids-limit 30 box'
  assert_success
  assert_output box
  assert_equal "$stderr" "" "warnings"
  local files='memory.max memory.swap.max memory.low cpu.max cpu.weight pids.max' expected='100663296 33554432 16777216 50000 100000 1 30'
  assert_equal "$(user_says "cd '$cgroup' && cat $files | xargs")" "$expected"
  user 'lichen restart -t 0 box'
  cgroup=$(user_says 'cgroup_of box')
  assert_equal "$(user_says "cd '$cgroup' && cat $files | xargs")" "$expected" "after a restart"
  user 'lichen update --memory 0 --memory-reservation 0 --cpus 0 --cpu-shares 0 --pids-limit -1 box'
  assert_equal "$(user_says "cd '$cgroup' && cat $files | xargs")" "max max 0 max 100000 100 max" "lifted"
}

@test "update: a smaller memory limit is felt; a container without a cgroup says that it has none" {
  waiting box '--memory 256m'
  user 'lichen update --memory 32m box && lichen exec box sh -c "tail /dev/zero; echo status \$?"'
  assert_contains "status 137"
  user 'lichen run -d --network none --name two --memory 256m busybox sleep 100000 && lichen update --memory 16m --memory-swap 8m two'
  assert_failure 1 "less than --memory"
  assert_equal "$(user_says 'lichen inspect -f "{{.HostConfig.Memory}}" two; cat "$(cgroup_of two)"/memory.max' | xargs)" "268435456 268435456"
}

@test "a restarted container has the same limits" {
  waiting one '--memory 64m --pids-limit 30'
  user 'lichen restart -t 0 one && cd "$(cgroup_of one)" && cat memory.max pids.max'
  assert_output "one
67108864
30"
}

@test "an image of 100 layers runs on the overlay of an older kernel" {
  user 'lichen load -q -i /opt/lichen/images/many.tar && lichen run --rm --network none many sh -c "cat /layer-2 /layer-100; ls -d /layer-* | wc -l"'
  assert_success
  assert_equal "${lines[*]:1}" "210099"
}

@test "a pod's limits bind all its containers together, and go with it" {
  user 'lichen pod create --name app --network none --memory 64m --cpus 0.5 && lichen run -d --pod app --name one --memory 32m busybox sleep 100000'
  assert_success
  assert_equal "$stderr" "" "warnings"
  local pod
  cgroup=$(user_says "cgroup_of one")
  pod=${cgroup%/*}
  assert_equal "$(user_says "cd '$pod' && cat memory.max memory.swap.max cpu.max; cat '$cgroup/memory.max'; ls -d lichen-* | wc -l")" "67108864
67108864
50000 100000
33554432
2"
  user 'lichen run -d --pod app --name two busybox sleep 100000 >/dev/null && lichen exec two tail /dev/zero'
  assert_status 137
  user "lichen pod rm -f -t 0 app >/dev/null && ls -d '$pod'"
  assert_status 2
}
