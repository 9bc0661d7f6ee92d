#!/usr/bin/env bats
# ctest: cgroup2
# Containers in a delegated cgroup v2 tree, and another runtime that insists on one.
load helpers

setup_file() { make_world; load_image busybox; }
teardown_file() { remove_world; }
teardown() { lichen rm -f -a -t 0 >/dev/null 2>&1 || true; }

setup() {
  [ -n "${LICHEN_TEST_CGROUP:-}" ] && [ -w "$LICHEN_TEST_CGROUP/cgroup.procs" ] || skip "no delegated cgroup v2 directory"
}

need_controller() { grep -qw "$1" "$LICHEN_TEST_CGROUP/cgroup.subtree_control" || skip "controller $1 is not switched on for $LICHEN_TEST_CGROUP"; }

own_cgroup() { # CONTAINER: the directory of its first process
  echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(lichen inspect -f '{{.State.Pid}}' "$1")/cgroup")"
}

directories() { find "$LICHEN_TEST_CGROUP" -mindepth 1 -type d -name '*lichen*'; }

@test "a container has a cgroup of its own below the delegated one, gone with it" {
  lichen run -d --name one --network none $BUSYBOX sleep 1000 >/dev/null
  local directory
  directory=$(own_cgroup one)
  [[ $directory == "$LICHEN_TEST_CGROUP"/* ]] || fail_with "where it is" "below $LICHEN_TEST_CGROUP" "$directory"
  grep -qx "$(lichen inspect -f '{{.State.Pid}}' one)" "$directory/cgroup.procs"
  lichen rm -f -t 0 one
  [ ! -e "$directory" ]
  assert_equal "$(directories)" "" "cgroups left"
}

@test "exec's process joins the container's cgroup and dies with it" {
  lichen run -d --name one --network none $BUSYBOX sleep 1000 >/dev/null
  lichen exec -d one sleep 2000
  local directory
  directory=$(own_cgroup one)
  wait_until 5 sh -c "[ \$(wc -l <'$directory/cgroup.procs') = 2 ]"
  lichen rm -f -t 0 one
  assert_equal "$(pgrep -u "$(id -u)" -fx 'sleep 2000' || true)" "" "processes left"
}

@test "inside, the cgroup is the root and cannot be written" {
  run_lichen run --rm --network none $BUSYBOX sh -c 'sed -n s/^0:://p /proc/self/cgroup; echo 1 >/sys/fs/cgroup/cgroup.freeze || echo refused'
  assert_success
  assert_equal "$output" "/
refused"
}

@test "limits are read back inside and outside" {
  need_controller memory
  need_controller pids
  need_controller cpu
  lichen run -d --name tight --memory 64m --pids-limit 20 --cpus 0.5 --network none $BUSYBOX sleep 1000 >/dev/null
  local directory
  directory=$(own_cgroup tight)
  assert_equal "$(cat "$directory/memory.max")" 67108864
  assert_equal "$(cat "$directory/pids.max")" 20
  assert_equal "$(cat "$directory/cpu.max")" "50000 100000"
  assert_equal "$(lichen exec tight cat /sys/fs/cgroup/memory.max)" 67108864
}

@test "update: a running container has the limits at once, and after a restart; 0 lifts them" {
  need_controller memory
  need_controller pids
  need_controller cpu
  lichen run -d --name tight --memory 64m --network none $BUSYBOX sleep 1000 >/dev/null
  local directory
  directory=$(own_cgroup tight)
  run_lichen update --memory 96m --memory-swap 96m --memory-reservation 16m --cpus 0.5 --cpu-shares 2 --pids-limit 30 tight
  assert_success
  assert_equal "$stderr" "" "warnings"
  assert_equal "$(cd "$directory" && cat memory.max memory.swap.max memory.low cpu.max cpu.weight pids.max | xargs)" \
    "100663296 0 16777216 50000 100000 1 30"
  lichen restart -t 0 tight
  directory=$(own_cgroup tight)
  assert_equal "$(cd "$directory" && cat memory.max cpu.max pids.max | xargs)" "100663296 50000 100000 30"
  lichen update --memory 0 --memory-reservation 0 --cpus 0 --cpu-shares 0 --pids-limit -1 tight
  assert_equal "$(cd "$directory" && cat memory.max memory.swap.max memory.low cpu.max cpu.weight pids.max | xargs)" \
    "max max 0 max 100000 100 max"
}

@test "update --pids-limit is felt by a container that runs" {
  need_controller pids
  lichen run -d --name forks --network none $BUSYBOX sleep 1000 >/dev/null
  lichen update --pids-limit 3 forks
  run_lichen exec forks sh -c 'for i in 1 2 3 4 5; do sleep 1 & done; wait'
  assert_stderr "fork"
}

@test "update: a runtime that refuses leaves all as it was" {
  need_controller pids
  need jq
  printf '#!/bin/sh\nfor word; do [ "$word" != update ] || { echo "no such limit" >&2; exit 1; }; done\nexec "%s" "$@"\n' \
    "$LICHEN_TEST_BIN/lichen-oci" >"$BASE/refuses"
  chmod +x "$BASE/refuses"
  lichen run -d --name one --pids-limit 5 --network none $BUSYBOX sleep 1000 >/dev/null
  lichen run -d --name two --runtime "$BASE/refuses" --pids-limit 5 --network none $BUSYBOX sleep 1000 >/dev/null
  run_lichen update --pids-limit 6 two one
  assert_failure 1 "no such limit"
  assert_output one
  assert_equal "$(lichen inspect -f '{{.HostConfig.PidsLimit}}' two)" 5
  assert_equal "$(jq .linux.resources.pids.limit "$XDG_RUNTIME_DIR"/lichen/*/containers/"$(lichen inspect -f '{{.Id}}' two)"/config.json)" 5
}

@test "update --runtime crun: the limits bind" {
  command -v crun >/dev/null || skip "crun is not installed"
  need_controller pids
  lichen run -d --name other --runtime "$(command -v crun)" --network none $BUSYBOX sleep 1000 >/dev/null
  run_lichen update --pids-limit 31 other
  assert_success
  assert_equal "$(cat "$(own_cgroup other)/pids.max")" 31
}

@test "the pids limit is felt" {
  need_controller pids
  run_lichen run --rm --pids-limit 5 --network none $BUSYBOX sh -c 'for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait'
  assert_stderr "fork"
}

@test "a limit whose controller is missing is one warning, and the container runs" {
  ! grep -qw memory "$LICHEN_TEST_CGROUP/cgroup.subtree_control" || skip "the memory controller is there"
  run_lichen run --rm --memory 64m --network none $BUSYBOX echo ran
  assert_success
  assert_output ran
  assert_stderr "memory"
  assert_equal "$(grep -c warning <<<"$stderr")" 1 "warnings"
}

@test "--runtime crun: run, exit code, logs, exec, stop" {
  command -v crun >/dev/null || skip "crun is not installed"
  run_lichen run --rm --runtime "$(command -v crun)" --network none $BUSYBOX sh -c 'echo by-crun; exit 7'
  assert_equal "$status" 7
  assert_output by-crun
  lichen run -d --name other --runtime "$(command -v crun)" --network none $BUSYBOX sh -c 'echo up; exec sleep 1000' >/dev/null
  wait_until 5 sh -c "'$LICHEN' logs other | grep -qx up"
  assert_equal "$(lichen exec other sh -c 'echo inside; id -u')" "inside
0"
  lichen stop -t 1 other
  assert_equal "$(lichen inspect -f '{{.State.ExitCode}}' other)" 137
}

@test "--cgroup-parent: the container's cgroup is made below it, and never above the delegated one" {
  lichen run -d --name nested --network none --cgroup-parent /team/web $BUSYBOX sleep 1000 >/dev/null
  # Without controllers in this tree containers are below our own cgroup, else beside it.
  [[ $(own_cgroup nested) == "$LICHEN_TEST_CGROUP"/?(session/)team/web/lichen-* ]] || fail_with "place" "team/web" "$(own_cgroup nested)"
  assert_equal "$(lichen inspect -f '{{.HostConfig.CgroupParent}}' nested)" /team/web
  lichen run -d --name out --network none --cgroup-parent ../../escape $BUSYBOX sleep 1000 >/dev/null
  [[ $(own_cgroup out) == "$LICHEN_TEST_CGROUP"/* ]] || fail_with "place" "below $LICHEN_TEST_CGROUP" "$(own_cgroup out)"
  lichen rm -f -t 0 nested out
  find "$LICHEN_TEST_CGROUP" -depth -mindepth 1 -type d \( -name web -o -name team -o -name escape \) -exec rmdir {} +
}
