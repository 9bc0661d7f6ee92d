# shellcheck shell=bash
# Sourced by tests/run and the helpers: messages, and what kind of machine this is.

say() { printf '%s\n' "$*"; }
step() { printf '\n== %s\n' "$*"; }
die() {
  printf 'tests/run: %s\n' "$1" >&2
  [ $# -lt 2 ] || printf '  hint: %s\n' "$2" >&2
  exit 1
}
is_root() { [ "$(id -u)" = 0 ]; }

# Run a noisy command: its output goes to a file, which is shown (the end of it) only when the command fails.
quietly() { # LOG COMMAND...
  local log=$1
  shift
  if ! "$@" >"$log" 2>&1 </dev/null; then
    tail -n "${QUIETLY_LINES:-60}" "$log" >&2
    say "failed: $*  (whole output: $log)" >&2
    return 1
  fi
}

# Where things are kept that are made of packages and take long: not in the tree, not in /tmp.
cache_folder() {
  if [ -n "${LICHEN_TEST_CACHE:-}" ]; then
    echo "$LICHEN_TEST_CACHE"
  elif [ "$(id -u)" = 0 ]; then
    echo /var/tmp/lichen-tests-0
  else
    echo "${XDG_CACHE_HOME:-$HOME/.cache}/lichen-tests"
  fi
}
