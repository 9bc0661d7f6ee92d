#!/usr/bin/env bats
# Wrong input: the object, the cause and the way out on stderr, Docker's exit code, and nothing half-made.
load helpers

setup_file() { make_world; load_image busybox; lichen create --name database --network none $BUSYBOX true; }
teardown_file() { remove_world; }
teardown() { rm -rf "$HOME/.config"; }

refused() { # STATUS-PATTERN TEXT... -- COMMAND...
  local pattern=$1 texts=() text
  shift
  while [ "$1" != -- ]; do texts+=("$1"); shift; done
  shift
  run_lichen "$@"
  [[ $status =~ ^($pattern)$ ]] || fail_with "exit status" "$pattern" "$status"
  for text in "${texts[@]}"; do assert_stderr "$text"; done
  assert_equal "$output" "" stdout
}

@test "an unknown command, with the near one" {
  refused '1|125' "psx" "ps" -- psx
  refused '1|125' "inspct" "inspect" -- inspct
}

@test "an unknown flag, with the near one" {
  refused '125' "--detatch" "--detach" -- run --detatch $BUSYBOX
  refused '125' "--nmae" "--name" -- create --nmae x $BUSYBOX
  refused '1|125' "--formt" "--format" -- ps --formt x
}

@test "a flag without its value, a value that is none" {
  refused '125' "--name" -- run --name
  refused '125' "stop-timeout" "soon" -- run --stop-timeout soon $BUSYBOX
  refused '125' "memory" "lots" -- run --memory lots $BUSYBOX
  refused '125' "shm-size" "-5" -- run --shm-size=-5 $BUSYBOX
  refused '125' "cpus" "many" -- run --cpus many $BUSYBOX
  refused '1|125' "tail" "x" -- logs --tail x database
}

@test "too few and too many arguments show the usage" {
  refused '125' "run" -- run
  refused '1|125' "exec" -- exec database
  refused '1|125' "tag" -- tag one
  refused '1|125' "ps" "no arguments" -- ps extra
}

@test "a container that is not there, with the near one" {
  local command
  for command in "start" "stop" "kill" "rm" "logs" "wait" "attach"; do
    refused '1|125' "databse" "database" -- $command databse
  done
  refused '1|125' "databse" -- exec databse true
  run_lichen inspect databse # prints what it found, as Docker does: an empty array
  assert_failure 1 "databse" "database"
  assert_output "[]"
}

@test "an image that is not there, with the near one" {
  refused '125' "localhost/busybix" "localhost/busybox" -- run --pull never localhost/busybix true
  refused '1|125' "busybix" -- rmi localhost/busybix
  refused '1|125' "busybix" -- save localhost/busybix -o "$BASE/none.tar"
  [ ! -e "$BASE/none.tar" ]
}

@test "malformed references" {
  local reference
  for reference in "UPPER/case" "a//b" "-x" "a:b:c" "x@sha256:short" "http://x/y" " " "a/../b"; do
    run_lichen run --pull never -- "$reference" true
    assert_status 125
    assert_stderr "$reference"
  done
}

@test "a known flag and a known command that are not done yet say so" {
  refused '125' "--uidmap" -- run --uidmap 0:1:1 $BUSYBOX
  refused '125' "swarm" "one machine" -- swarm init
  refused '125' "'lichen kube' is not done yet" -- kube play file.yaml
}

@test "no space, no permission: the file is named" {
  mkdir -p "$BASE/closed"
  chmod 500 "$BASE/closed"
  LICHEN_ROOT=$BASE/closed/root refused '1|125' "$BASE/closed" "ermission denied" -- ps
  chmod 700 "$BASE/closed"
  [ -w /dev/full ] || skip "/dev/full is closed to this user"
  run_split sh -c "'$LICHEN' save $BUSYBOX >/dev/full"
  assert_failure 125 "write 'standard output': No space left on device"
}

@test "a root that is a file" {
  echo x >"$BASE/file"
  LICHEN_ROOT=$BASE/file refused '1|125' "$BASE/file" -- ps
}

@test "an unknown storage driver, with the known ones" {
  LICHEN_STORAGE_DRIVER=zfs refused '1|125' "zfs" "overlay" -- run $BUSYBOX true
}

@test "a broken configuration file is named with its line" {
  mkdir -p "$HOME/.config/lichen"
  printf '[network]\ndefault = "none"\nnosuchkey = 1\n' >"$HOME/.config/lichen/config.toml"
  run_lichen ps
  [ "$status" != 0 ]
  assert_stderr "config.toml:3"
  assert_stderr "nosuchkey"
  printf '[network\n' >"$HOME/.config/lichen/config.toml"
  run_lichen ps
  [ "$status" != 0 ]
  assert_stderr "config.toml"
}

@test "what is written to a closed pipe ends quietly" {
  lichen ps -a 2>"$BASE/pipe" | true
  refute_contains "terminate"
  assert_equal "$(grep -ciE 'abort|terminate|core' "$BASE/pipe")" 0 "crash words"
}

@test "after all of that nothing half-made is left" {
  assert_equal "$(lichen ps -a --format '{{.Names}}')" database containers
  assert_equal "$(wait_until_empty 5 leftover_staging)" "" staging
}
