#!/usr/bin/env bats
# update: the record, what a running container gets of it at once, and what it keeps over a restart.
load helpers

setup_file() { make_world; load_image busybox; }
setup() { need jq; }
teardown_file() { remove_world; }
teardown() { lichen rm -f -a -t 0 >/dev/null 2>&1 || true; }

sleeper() { lichen run -d --name "$1" --network none "${@:2}" $BUSYBOX sleep 1000 >/dev/null; }
asked() { lichen inspect -f '{{json .HostConfig}}' "$1" | jq -r "$2"; } # CONTAINER JQ
first_pid() { lichen inspect -f '{{.State.Pid}}' "$1"; }
came_back() { is_state "$1" running && [ "$(first_pid "$1")" != "$2" ]; } # CONTAINER OLD-PID

@test "update: each limit is in the record, the names are printed, an event tells" {
  sleeper one
  sleeper two
  run_lichen update -m 64m --memory-reservation 32m --memory-swap 128m --cpus 1.5 -c 512 --cpuset-cpus 0 --cpuset-mems 0 \
    --pids-limit 50 --blkio-weight 300 one two
  assert_success
  assert_output "one
two"
  local name
  for name in one two; do
    assert_equal "$(asked $name '[.Memory,.MemoryReservation,.MemorySwap,.NanoCpus,.CpuShares,.CpusetCpus,.CpusetMems,.PidsLimit,.BlkioWeight]|@csv')" \
      '67108864,33554432,134217728,1500000000,512,"0","0",50,300' "record of $name"
  done
  lichen update --cpu-period 50000 --cpu-quota 20000 one >/dev/null
  assert_equal "$(asked one '[.CpuPeriod,.CpuQuota,.NanoCpus]|@csv')" 50000,20000,0 "the last word about CPU time"
  run_lichen events --since 1m --until 0s --filter event=update --format '{{.Actor.Attributes.name}}'
  assert_output "one
two
one"
}

@test "update: 0 lifts a limit; the swap of a container that has a memory limit is twice that" {
  sleeper one -m 64m --cpus 1 --pids-limit 5
  assert_equal "$(asked one .MemorySwap)" 134217728
  lichen update -m 32m one >/dev/null
  assert_equal "$(asked one '[.Memory,.MemorySwap]|@csv')" 33554432,67108864
  lichen update -m 0 --cpus 0 --pids-limit 0 one >/dev/null
  assert_equal "$(asked one '[.Memory,.MemorySwap,.NanoCpus,.PidsLimit]|@csv')" 0,0,0,-1
}

@test "update: a limit that nobody can enforce is one warning" {
  [ -z "${LICHEN_TEST_CGROUP:-}" ] || skip "there may be controllers"
  sleeper one
  run_lichen update -m 64m --cpus 1 one
  assert_success
  assert_stderr "--memory, --cpus cannot be enforced"
  assert_equal "$(grep -c warning <<<"$stderr")" 1 "warnings"
  run_lichen update --restart always one
  assert_equal "$stderr" "" "warnings about limits that nobody asked for now"
}

@test "update: docker's checks, and nothing is changed by a line that is refused" {
  sleeper one -m 64m
  run_lichen update --memory 64m --memory-swap 32m one
  assert_failure 1 "--memory-swap" "less than --memory"
  run_lichen update --cpus 1 --cpu-quota 5000 one
  assert_failure 1 "--cpus" "--cpu-quota"
  run_lichen update --memory 1m one
  assert_failure 1 "--memory" "6 MB"
  run_lichen update --memory 32m --memory-reservation 48m one
  assert_failure 1 "--memory-reservation"
  assert_equal "$(asked one '[.Memory,.MemorySwap,.MemoryReservation,.NanoCpus]|@csv')" 67108864,134217728,0,0
  lichen update --memory-swap 100m one >/dev/null
  run_lichen update --memory 200m one
  assert_failure 1 "--memory-swap" "less than --memory"
  run_lichen update one
  assert_failure 125 "nothing to update"
  run_lichen update --cpuset-cpus "" one
  assert_failure 125 "--cpuset-cpus"
  run_lichen update --memory 64m
  assert_failure 125 "at least one container"
  run_lichen update --restart sometimes one
  assert_failure 125 "sometimes"
}

@test "update: a name that is not there is 1, the others are done" {
  sleeper one
  run_lichen update --pids-limit 9 nosuch one
  assert_failure 1 "nosuch"
  assert_output one
  assert_equal "$(asked one .PidsLimit)" 9
}

@test "update --restart: a running container obeys at once" {
  local pid
  sleeper one
  run_lichen update --restart on-failure:2 one
  assert_success
  assert_equal "$(asked one '[.RestartPolicy.Name,.RestartPolicy.MaximumRetryCount]|@csv')" '"on-failure",2'
  pid=$(first_pid one)
  lichen unshare kill -9 "$pid"
  wait_until 10 came_back one "$pid"
  lichen update --restart no one >/dev/null
  lichen unshare kill -9 "$(first_pid one)"
  wait_until 10 is_state one exited
}

@test "update --restart: not for a container that is removed with its end" {
  sleeper one --rm
  run_lichen update --restart always one
  assert_failure 1 "is removed with its end" "--rm"
  assert_equal "$(asked one .RestartPolicy.Name)" no
}

@test "update: a container that does not run has it at its next start" {
  lichen create --name one --network none $BUSYBOX sh -c 'echo $A; ulimit -n; sleep 1000' >/dev/null
  run_lichen update -e A=new --ulimit nofile=321 --restart always one
  assert_success
  lichen start one >/dev/null
  wait_until 5 sh -c "'$LICHEN' logs one | grep -qx 321"
  assert_equal "$(lichen logs one)" "new
321"
  local pid
  pid=$(first_pid one)
  lichen unshare kill -9 "$pid"
  wait_until 10 came_back one "$pid"
}

@test "update --env --unsetenv --ulimit: for exec at once, for the container at its restart" {
  lichen run -d --name one --network none -e A=old -e B=b $BUSYBOX sh -c 'echo "$A,$B,$(ulimit -n)"; exec sleep 1000' >/dev/null
  wait_until 5 sh -c "'$LICHEN' logs one | grep -q old"
  A=caller run_lichen update -e A --unsetenv B --ulimit nofile=123 one
  assert_success
  run_lichen exec one sh -c 'echo "$A,$B,$(ulimit -n)"'
  assert_output "caller,,123"
  lichen restart -t 0 one
  wait_until 5 sh -c "'$LICHEN' logs one | grep -qx caller,,123"
}

@test "update --latest" {
  sleeper one
  sleeper two
  run_lichen update -l --pids-limit 7
  assert_success
  assert_output two
  assert_equal "$(asked one .PidsLimit),$(asked two .PidsLimit)" null,7
  run_lichen update -l --pids-limit 7 one
  assert_failure 125 "exclude each other"
}

@test "update: many at once are all kept" {
  sleeper one
  local i
  for i in 1 2 3 4 5 6 7 8; do lichen update -e "V$i=$i" one >/dev/null & done
  wait
  assert_equal "$(lichen exec one env | grep -c '^V')" 8 "variables"
}

@test "update --health-*: a running container is checked by the new words at once, and keeps them" {
  is_health() { [ "$(lichen inspect --format '{{with .State.Health}}{{.Status}}{{end}}' one)" = "$1" ]; }
  lichen run -d --name one --network none $BUSYBOX sleep 1000 >/dev/null
  run_lichen update --health-interval 1s one
  assert_failure 1 "has no health check" "--health-cmd"
  lichen update --health-cmd 'test -e /well' --health-interval 30ms --health-retries 2 one >/dev/null
  wait_until 10 is_health unhealthy
  lichen exec one touch /well
  wait_until 10 is_health healthy
  lichen update --health-cmd 'echo new; exit 4' --health-timeout 9s --health-start-period 0s --health-on-failure none one >/dev/null
  wait_until 10 is_health unhealthy
  run_lichen inspect --format '{{json .Config.Healthcheck}} {{(index .State.Health.Log 0).Output}}' one
  assert_contains '{"Test":["CMD-SHELL","echo new; exit 4"],"Interval":30000000,"Timeout":9000000000,"Retries":2} new'
  lichen restart -t 0 one >/dev/null
  wait_until 10 is_health unhealthy
  lichen update --health-startup-cmd 'test -e /up' --health-startup-interval 30ms --health-startup-retries 0 --health-startup-success 2 \
    --health-startup-timeout 5s --health-cmd true one >/dev/null
  is_health starting
  lichen exec one touch /up
  wait_until 10 is_health healthy
  run_lichen inspect --format '{{json .Config.StartupHealthCheck}}' one
  assert_output '{"Test":["CMD-SHELL","test -e /up"],"Interval":30000000,"Timeout":5000000000,"Successes":2}'
  lichen update --no-healthcheck one >/dev/null
  is_health ""
  run_lichen healthcheck run one
  assert_failure 125 "has no health check"
  run_lichen update --no-healthcheck --health-cmd true one
  assert_failure 125 "--no-healthcheck conflicts"
  run_lichen update --health-retries -1 one
  assert_failure 125 "--health-retries"
  lichen rm -f -t 0 one >/dev/null
}
