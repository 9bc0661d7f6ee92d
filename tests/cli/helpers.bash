# shellcheck shell=bash
# For every .bats file: load it with `load helpers`. It gives each file a lichen of its own (home, store, runtime
# directory, user namespace), so that files run side by side and what is left over belongs to the file that left it.
#
# Programs: LICHEN_TEST_BIN (tests/run sets it; else build/bin of this tree). Images: LICHEN_TEST_FIXTURES (else made).
# Assertions print what was expected and what came. After `run_lichen ARGS`: $status, $output (stdout), $stderr.

: "${LICHEN_TEST_BIN:=$(cd "${BATS_TEST_DIRNAME}/../.." && pwd)/build/bin}"
HELPERS=$(cd "${BATS_TEST_DIRNAME}/../helpers" && pwd)
export LICHEN_TEST_BIN HELPERS
LICHEN=$LICHEN_TEST_BIN/lichen
BUSYBOX=localhost/busybox:latest

# ---- the file's own world

# Call in setup_file. BASE is short: socket paths below it must stay under 108 bytes.
make_world() {
  BASE=$(mktemp -d "${XDG_RUNTIME_DIR:-/tmp}/w.XXXX")
  export BASE
  export HOME=$BASE/home XDG_RUNTIME_DIR=$BASE/run TMPDIR=$BASE/tmp
  export LICHEN_ROOT="${LICHEN_TEST_WORK:-/var/tmp}/roots/${BASE##*/}"
  unset XDG_DATA_HOME XDG_CONFIG_HOME XDG_CACHE_HOME DOCKER_CONFIG REGISTRY_AUTH_FILE
  install -d -m 700 "$HOME" "$XDG_RUNTIME_DIR" "$TMPDIR"
  mkdir -p "${LICHEN_ROOT%/*}"
  chmod 1777 "${LICHEN_ROOT%/*}" 2>/dev/null || true
  if [ -z "${LICHEN_TEST_FIXTURES:-}" ]; then
    export LICHEN_TEST_FIXTURES="$BASE/fixtures"
    "$HELPERS/images.sh" "$LICHEN_TEST_FIXTURES" >/dev/null
  fi
  [ -x "$LICHEN" ] || { echo "no program at $LICHEN (build it, or set LICHEN_TEST_BIN)" >&2; return 1; }
}

# Call in teardown_file: removes everything and fails if a process or mount of this file's lichen is left.
remove_world() {
  local left
  lichen rm -f -a -t 0 >/dev/null 2>&1 || lichen ps -aq | xargs -r "$LICHEN" rm -f >/dev/null 2>&1 || true
  left=$(wait_until_empty 5 leftover_processes) || true
  lichen unshare rm -rf "$LICHEN_ROOT" >/dev/null 2>&1 || rm -rf "$LICHEN_ROOT"
  rm -rf "$BASE" 2>/dev/null || unshare --user --map-auto --map-root-user rm -rf "$BASE"
  [ -z "$left" ] || { echo "left running after everything was removed:"; echo "$left"; return 1; }
}

# Processes started from this file's world: they carry its runtime directory in their environment. A container's own
# processes do not; their monitor does, and with the monitor alive they are found below it.
leftover_processes() {
  local pid
  for pid in $(pgrep -u "$(id -u)" -f 'lichen-conmon|lichen-oci|lichen-hub|slirp4netns|fuse-overlayfs' || true); do
    tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ" | grep -qxF "LICHEN_ROOT=$LICHEN_ROOT" || tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$LICHEN_ROOT" || continue
    printf '%s %s\n' "$pid" "$(tr '\0' ' ' <"/proc/$pid/cmdline" | cut -c1-160)"
  done
}

# Bytes half made: folders in staging that nobody holds. Empty output = clean.
leftover_staging() {
  find "$LICHEN_ROOT/staging" -mindepth 1 -maxdepth 1 2>/dev/null
}

load_image() { # NAME...: fixtures into the store
  local name
  for name; do
    lichen load -q -i "$LICHEN_TEST_FIXTURES/$name.tar" >/dev/null || return 1
  done
}

# ---- running

# Descriptor 3 is bats' own: a monitor that kept it would make bats wait for ever. A command that hangs fails its test (124),
# not the whole file.
readonly kLimit=${LICHEN_TEST_LIMIT:-60}
lichen() { timeout --kill-after=5 "$kLimit" "$LICHEN" "$@" 3>&- 4>&-; }

run_lichen() { run_split timeout --kill-after=5 "$kLimit" "$LICHEN" "$@"; }

# Like bats' run, with stdout and stderr apart. Standard input is the caller's.
run_split() {
  local out=$BASE/out.$$ err=$BASE/err.$$
  status=0
  "$@" >"$out" 2>"$err" 3>&- 4>&- || status=$?
  output=$(tr -d '\0' <"$out")
  stderr=$(tr -d '\0' <"$err")
  # shellcheck disable=SC2034 # for the tests
  mapfile -t lines <<<"$output"
  COMMAND=$*
  export COMMAND
}

wait_until() { # SECONDS COMMAND...
  local deadline=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
  shift
  until "$@"; do
    if ((${EPOCHREALTIME/[.,]/} > deadline)); then
      echo "still not after the time: $*"
      return 1
    fi
    sleep 0.02
  done
}

wait_until_empty() { # SECONDS COMMAND: prints what is left
  local deadline=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000)) text
  while text=$("$2") && [ -n "$text" ]; do
    ((${EPOCHREALTIME/[.,]/} <= deadline)) || { echo "$text"; return 1; }
    sleep 0.05
  done
}

is_state() { [ "$(lichen inspect -f '{{.State.Status}}' "$1" 2>/dev/null)" = "$2" ]; } # CONTAINER STATE

milliseconds() { # COMMAND...: how long it took
  local start=${EPOCHREALTIME/[.,]/}
  "$@" >/dev/null 2>&1 3>&- 4>&-
  echo $(((${EPOCHREALTIME/[.,]/} - start) / 1000))
}

# ---- assertions

fail_with() { # WHAT EXPECTED ACTUAL
  {
    echo "-- $1"
    [ -z "${COMMAND:-}" ] || echo "command:  $COMMAND"
    echo "expected: $2"
    echo "actual:   $3"
    [ -z "${status:-}" ] || echo "status:   $status"
    [ -z "${stderr:-}" ] || printf 'stderr:   %s\n' "$stderr"
  } >&2
  return 1
}

assert_status() { [ "$status" = "$1" ] || fail_with "exit status" "$1" "$status; stdout: $output"; }
assert_success() { assert_status 0; }
assert_output() { [ "$output" = "$1" ] || fail_with "stdout" "$1" "$output"; }
assert_contains() { # TEXT...
  local text
  for text; do
    [[ $output == *"$text"* ]] || { fail_with "stdout contains" "$text" "$output"; return 1; }
  done
}
refute_contains() { [[ $output != *"$1"* ]] || fail_with "stdout must not contain" "$1" "$output"; }
assert_matches() { [[ $output =~ $1 ]] || fail_with "stdout matches" "$1" "$output"; }
assert_stderr() { [[ $stderr == *"$1"* ]] || fail_with "stderr contains" "$1" "$stderr"; }
refute_stderr() { [[ $stderr != *"$1"* ]] || fail_with "stderr must not contain" "$1" "$stderr"; }
assert_equal() { [ "$1" = "$2" ] || fail_with "${3:-values}" "$2" "$1"; }
# Many lines: only those that differ are shown.
assert_same_lines() { # ACTUAL EXPECTED WHAT
  [ "$1" = "$2" ] || { diff <(echo "$2") <(echo "$1") | head -n 20 >&2; fail_with "$3" "$(wc -l <<<"$2") lines" "$(wc -l <<<"$1") lines; the difference is above"; }
}
assert_less() { (($1 < $2)) || fail_with "${3:-number}" "less than $2" "$1"; }

# An expected failure: Docker's exit code, nothing on stdout, and the words of the message. 125 object cause [way out]
assert_failure() { # STATUS TEXT...
  assert_status "$1" || return 1
  shift
  local text
  for text; do
    [[ $stderr == *"$text"* ]] || { fail_with "the message contains" "$text" "$stderr"; return 1; }
  done
}

# What a command prints inside a fresh container: inside [FLAGS] -- COMMAND...
inside() {
  local flags=()
  while [ "$1" != -- ]; do
    flags+=("$1")
    shift
  done
  shift
  run_lichen run --rm --network none "${flags[@]}" "$BUSYBOX" "$@"
}

# ---- what this machine can do

need() { # COMMAND...: skips the test when a program is not installed
  local program
  for program; do
    command -v "$program" >/dev/null || skip "$program is not installed"
  done
}

has_subids() { grep -q "^$(id -un):" /etc/subuid 2>/dev/null && command -v newuidmap >/dev/null; }
has_delegated_cgroup() {
  [ -e /sys/fs/cgroup/cgroup.controllers ] && [ -w "/sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)/cgroup.procs" ]
}
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
free_ports() { # COUNT: the first of so many in a row, free for TCP and UDP
  python3 - "$1" <<'END'
import random, socket, sys
while True:
    first, held = random.randrange(20000, 30000), []
    try:
        for port in range(first, first + int(sys.argv[1])):
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                held.append(socket.socket(socket.AF_INET, kind))
                held[-1].bind(("", port))
    except OSError:
        continue
    print(first)
    break
END
}
fetch() { curl --silent --show-error --max-time 5 --retry 20 --retry-all-errors --retry-delay 0 "$@"; }
