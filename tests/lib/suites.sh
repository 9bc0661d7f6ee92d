# shellcheck shell=bash
# What a test run consists of: writes $LICHEN_TEST_WORK/ctest/CTestTestfile.cmake, one add_test per test program.
#
# One list for all suites, so that one ctest runs them side by side, times them, and ends in one summary. Labels are
# the names that `tests/run NAME` takes. Container tests start through tests/lib/as_user (see user.sh).

# Storage drivers besides the default one get the suites that touch storage.
readonly kStorageSuites='run images volumes exec archives rootfs'
# The sanitizer programs get the broadest and quickest suites.
readonly kAsanSuites='run exec logs bad_input'

add_test() { # NAME LABEL KIND TIMEOUT PROPERTIES COMMAND...
  local name=$1 label=$2 kind=$3 timeout=$4 properties=$5
  shift 5
  printf 'add_test([=[%s]=]' "$name"
  printf ' [=[%s]=]' python3 "$LICHEN_TEST_REPO/tests/lib/case.py" "$name" "$label" "$LICHEN_TEST_WORK/results" "$kind" \
    timeout --kill-after=10 $((timeout - 15)) "$@"
  printf ')\nset_tests_properties([=[%s]=] PROPERTIES LABELS %s TIMEOUT %d SKIP_RETURN_CODE 77 %s)\n' \
    "$name" "$label" "$timeout" "$properties"
}

add_user_test() { # NAME LABEL KIND TIMEOUT PROPERTIES COMMAND...
  local head=("${@:1:5}")
  shift 5
  add_test "${head[@]}" "$LICHEN_TEST_REPO/tests/lib/as_user" "$@"
}

style_tests() {
  local repo=$LICHEN_TEST_REPO
  add_test layers style plain 60 "" python3 "$repo/tests/check_layers.py"
  add_test layers_self style plain 60 "" python3 "$repo/tests/check_layers.py" --self-test
  add_test paths style plain 60 "" python3 "$repo/tests/check_paths.py"
  add_test paths_self style plain 60 "" python3 "$repo/tests/check_paths.py" --self-test
  add_test flags style plain 60 "" python3 "$repo/tests/check_flags.py" --report "$LICHEN_TEST_WORK/results/flags.tsv"
  add_test flags_self style plain 60 "" python3 "$repo/tests/check_flags.py" --self-test
  add_test sizes style plain 60 "" python3 "$repo/tests/check_sizes.py"
  add_test headers style plain 600 "" "$repo/tests/lib/check_headers" "$repo"
  add_test format style plain 120 "" "$repo/tests/lib/check_format" "$repo"
  add_test shellcheck style plain 120 "" "$repo/tests/lib/check_scripts" "$repo"
}

# Built programs below FOLDER, named PATTERN, as GoogleTest programs.
gtest_programs() { # FOLDER PATTERN PREFIX LABEL TIMEOUT
  local program
  for program in "$1"/$2; do
    [ ! -x "$program" ] || add_user_test "$3$(basename "$program")" "$4" gtest "$5" "" env LICHEN_TEST_SOURCE="$LICHEN_TEST_STAGE" "$program" --gtest_brief=0
  done
}

unit_tests() {
  gtest_programs "$LICHEN_TEST_STAGE/units" 'unit_*' '' unit 300
}

runtime_tests() {
  local program
  for program in "$LICHEN_TEST_STAGE"/programs/runtime_*; do
    [ ! -x "$program" ] || add_user_test "$(basename "$program")" runtime gtest 600 "" "$program"
  done
  for program in "$LICHEN_TEST_STAGE"/tests/runtime/*.bats; do
    [ ! -e "$program" ] || add_user_test "runtime_$(basename "$program" .bats)" runtime bats 600 "" bats --timing --tap "$program"
  done
}

# A file asks for its own time, for the whole machine, or for a delegated cgroup v2 tree in a comment:
#   # ctest: timeout=900 serial cgroup2
bats_file() { # NAME LABEL FILE [VARIABLE=VALUE...]
  local name=$1 label=$2 file=$3 wishes timeout=300 properties=${BATS_PROPERTIES:-} start=as_user
  shift 3
  wishes=$(sed -n 's/^# ctest: //p' "$file")
  [[ ! $wishes =~ timeout=([0-9]+) ]] || timeout=${BASH_REMATCH[1]}
  [[ ! $wishes =~ serial ]] || properties+=" RUN_SERIAL TRUE"
  [[ ! $wishes =~ cgroup2 ]] || start=in_cgroup2
  add_test "$name" "$label" bats "$timeout" "$properties" "$LICHEN_TEST_REPO/tests/lib/$start" env "$@" bats --timing --tap "$file"
}

cli_tests() {
  local file
  for file in "$LICHEN_TEST_STAGE"/tests/cli/*.bats; do
    bats_file "cli_$(basename "$file" .bats)" cli "$file"
  done
}

storage_tests() {
  local driver suite file
  for driver in fuse-overlayfs vfs; do
    for suite in $kStorageSuites; do
      file=$LICHEN_TEST_STAGE/tests/cli/$suite.bats
      [ ! -e "$file" ] || bats_file "${driver}_$suite" storage "$file" "LICHEN_STORAGE_DRIVER=$driver"
    done
  done
}

asan_tests() {
  local suite file
  # LeakSanitizer's tracer cannot be started by a process that has entered another pid namespace, as `exec` does; the unit
  # tests look for leaks.
  for suite in $kAsanSuites; do
    file=$LICHEN_TEST_STAGE/tests/cli/$suite.bats
    [ ! -e "$file" ] || bats_file "asan_$suite" asan "$file" "LICHEN_TEST_BIN=$LICHEN_TEST_STAGE/asan" ASAN_OPTIONS=detect_leaks=0
  done
}

fuzz_tests() {
  local program corpus seconds=${LICHEN_FUZZ_SECONDS:-10}
  for program in "$LICHEN_TEST_REPO"/build/asan/tests/*_fuzz; do
    [ -x "$program" ] || continue
    corpus=$LICHEN_TEST_REPO/tests/fuzz/corpus/$(basename "$program")
    add_test "$(basename "$program")" fuzz plain $((seconds + 120)) "" \
      "$LICHEN_TEST_REPO/tests/lib/fuzz" "$program" "$corpus" "$seconds" "$LICHEN_TEST_WORK"
  done
}

packaging_tests() {
  add_test install packaging plain 120 "" "$LICHEN_TEST_REPO/tests/lib/check_install" "$LICHEN_TEST_REPO" "$LICHEN_TEST_WORK"
}

# A machine works on two processors, but waits half of the time: others may run beside it, though no second machine. First,
# since they take longest.
vm_tests() {
  local file BATS_PROPERTIES="COST 1000 RESOURCE_LOCK vm"
  for file in "$LICHEN_TEST_STAGE"/tests/vm/*.bats; do
    bats_file "vm_$(basename "$file" .bats)" vm "$file"
  done
  add_user_test vm_power_cut vm bats 900 "$BATS_PROPERTIES" "$LICHEN_TEST_STAGE/tests/vm/power_cut.py" "$LICHEN_TEST_WORK/tmp/power_cut"
}

write_ctest_file() { # SUITE...
  local suite
  mkdir -p "$LICHEN_TEST_WORK/ctest" "$LICHEN_TEST_WORK/results"
  for suite; do
    "${suite}_tests"
  done >"$LICHEN_TEST_WORK/ctest/CTestTestfile.cmake"
}
