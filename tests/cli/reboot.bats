#!/usr/bin/env bats
# Restart policies over a reboot: what starts again, what the unit of packaging/systemd does, stop of many.
load helpers

setup_file() { make_world; load_image busybox; }
teardown_file() { remove_world; }
teardown() { lichen rm -f -a -t 0 >/dev/null 2>&1 || true; unset LICHEN_TEST_BOOT_ID; }

sleeper() { lichen run -d --name "$1" --network none "${@:2}" $BUSYBOX sleep 1000 >/dev/null; }
running() { lichen ps --format '{{.Names}}' | sort | xargs; }
at_boot() { lichen start --all --filter should-start-on-boot=true; }

power_cut() { # BOOT-ID: nothing survives, and nobody has time for a word
  local pid
  for pid in $(leftover_processes | cut -d' ' -f1); do kill -9 "$pid" 2>/dev/null || true; done
  wait_until_empty 5 leftover_processes
  export LICHEN_TEST_BOOT_ID=$1
}

@test "after a power cut: always and unless-stopped come back, what the user has stopped only with always" {
  sleeper always --restart always
  sleeper unless --restart unless-stopped
  sleeper failure --restart on-failure
  sleeper none
  sleeper always-stopped --restart always
  sleeper unless-stopped --restart unless-stopped
  lichen create --name never-started --restart always $BUSYBOX true >/dev/null
  lichen stop -t 0 always-stopped unless-stopped
  power_cut 11111111-2222-3333-4444-555555555555
  run_lichen ps -q
  assert_output ""
  run_lichen ps -a --filter should-start-on-boot=true --format '{{.Names}}'
  assert_equal "$(sort <<<"$output" | xargs)" "always always-stopped unless"
  run_lichen ps -a --filter should-start-on-boot=false --format '{{.Names}}'
  assert_equal "$(sort <<<"$output" | xargs)" "failure never-started none unless-stopped"

  run_split at_boot
  assert_success
  assert_equal "$(running)" "always always-stopped unless"
  assert_equal "$(lichen inspect -f '{{.State.ExitCode}} {{.State.Error}}' none)" "255 the machine was restarted"
}

@test "the user's stop of unless-stopped is forgotten with the next start" {
  sleeper one --restart unless-stopped
  lichen stop -t 0 one
  lichen start one
  power_cut 22222222-2222-3333-4444-555555555555
  at_boot
  assert_equal "$(running)" one
}

@test "stop --for-reboot is not the user's stop; update changes what comes back" {
  sleeper unless --restart unless-stopped
  sleeper always --restart always
  sleeper none
  run_lichen stop --for-reboot --filter should-start-on-boot=true
  assert_success
  assert_equal "$(sort <<<"$output" | xargs)" "always unless"
  assert_equal "$(running)" none
  is_state unless exited
  lichen update --restart no always >/dev/null
  lichen update --restart always none >/dev/null
  power_cut 33333333-2222-3333-4444-555555555555
  at_boot
  assert_equal "$(running)" "none unless"
  run_lichen stop --for-reboot -t 0 none
  assert_failure 125 "--for-reboot"
  run_lichen start --filter should-start-on-boot=maybe
  assert_failure 125 "true or false"
}

@test "stop --for-reboot gives the container its signal and its time" {
  lichen run -d --name slow --restart always --network none --stop-signal USR1 $BUSYBOX \
    sh -c 'trap "echo bye; exit 3" USR1; echo up; while :; do sleep 0.02; done' >/dev/null
  wait_until 5 sh -c "'$LICHEN' logs slow | grep -q up"
  lichen stop --for-reboot slow
  assert_equal "$(lichen inspect -f '{{.State.Status}} {{.State.ExitCode}}' slow)" "exited 3"
  assert_equal "$(lichen logs slow | xargs)" "up bye"
}

@test "stop: all are asked before the first is waited for" {
  local name
  for name in a b c; do
    lichen run -d --name $name --network none -v "$BASE:/shared" $BUSYBOX \
      sh -c "trap 'touch /shared/asked-$name; until [ -e /shared/asked-a ] && [ -e /shared/asked-b ] && [ -e /shared/asked-c ]; do sleep 0.02; done; exit 7' TERM
        touch /shared/up-$name; while :; do sleep 0.02; done" >/dev/null
    wait_until 5 test -e "$BASE/up-$name"
  done
  run_lichen stop -t 30 a nosuch b c
  assert_failure 1 nosuch
  assert_output "a
b
c"
  assert_equal "$(lichen inspect -f '{{.State.ExitCode}}' a b c | xargs)" "7 7 7" "who was asked late was killed"
}
