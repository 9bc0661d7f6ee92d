# shellcheck shell=bash
# For every .bats file here: load it with `load vm`. A file has a machine of its own, started in setup_file and ended in
# teardown_file; its cases share it, in their order. Assertions are those of the cli suite.
#
#   user SCRIPT, root SCRIPT     a bash script in the machine: $status, $output (stdout), $stderr
#   user_says SCRIPT             prints what it prints; fails as it fails
#   user_waits SECONDS SCRIPT    until the script succeeds there
# What scripts may call there: guest/usr/local/lib/helpers.bash.
load ../cli/helpers

MACHINE=$BATS_TEST_DIRNAME/machine.py

# Call in setup_file, with the arguments of `machine.py start`.
start_machine() {
  BASE=$(mktemp -d "${LICHEN_TEST_WORK:-/var/tmp}/vm.XXXXXX")
  export BASE
  if [ -z "${LICHEN_TEST_VM:-}" ]; then
    export LICHEN_TEST_VM=$BASE/images
    [ -n "${LICHEN_TEST_FIXTURES:-}" ] || { LICHEN_TEST_FIXTURES=$BASE/fixtures; "$HELPERS/images.sh" "$LICHEN_TEST_FIXTURES" >/dev/null; }
    "$BATS_TEST_DIRNAME/make_images" "$LICHEN_TEST_VM" "$LICHEN_TEST_BIN" "$LICHEN_TEST_FIXTURES"
  fi
  [ -e "$LICHEN_TEST_VM/debian.img" ] || skip "$(<"$LICHEN_TEST_VM/reason")"
  "$MACHINE" start "$BASE/machine" "$@" 3>&- 4>&-
  user 'lichen load -q -i /opt/lichen/images/busybox.tar'
  assert_success
}

# Call in teardown_file.
stop_machine() {
  [ -n "${BASE:-}" ] || return 0
  [ ! -d "$BASE/machine" ] || "$MACHINE" stop "$BASE/machine"
  rm -rf "$BASE"
}

user() { run_split "$MACHINE" run "$BASE/machine" user --limit "${LIMIT:-60}" "$1"; }
root() { run_split "$MACHINE" run "$BASE/machine" root --limit "${LIMIT:-60}" "$1"; }
user_says() { "$MACHINE" run "$BASE/machine" user --limit "${LIMIT:-60}" "$1"; }
user_waits() { user_says "wait_until $1 $(printf %q "$2")"; }
restart_machine() { "$MACHINE" start "$BASE/machine" "$@" 3>&- 4>&-; }
await_machine() { "$MACHINE" await "$BASE/machine" root && "$MACHINE" await "$BASE/machine" user; }
