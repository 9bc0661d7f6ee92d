#!/usr/bin/env bats
# doctor, info, version, unshare, system check; and every way to log in sees the same state.
load helpers

setup_file() { make_world; load_image busybox; }
teardown_file() { remove_world; }

@test "version: text, template, json; --version" {
  run_lichen version; assert_success; assert_contains "0.1.0"
  run_lichen version --format '{{.Client.Version}}'; assert_output "0.1.0"
  run_lichen --version; assert_contains "0.1.0"
}

@test "doctor: each finding has a state, what fails has its fix" {
  run_lichen doctor
  assert_contains "user namespaces"
  assert_contains "cgroup"
  run_lichen doctor --format json
  jq -e 'if type == "object" then (.checks // .findings) else . end | length > 5' <<<"$output" >/dev/null
  jq -e '[if type == "object" then (.checks // .findings) else . end | .[] | select((.state // .status) == "failed" or (.state // .status) == "bad") | .fix] | all(. != null and . != "")' \
    <<<"$output" >/dev/null
}

@test "doctor without an id range gives the exact command" {
  mkdir -p "$BASE/noidmap"
  local program
  for program in /usr/bin/* /bin/*; do
    case ${program##*/} in newuidmap | newgidmap) ;; *) ln -sf "$program" "$BASE/noidmap/" ;; esac
  done
  PATH=$BASE/noidmap run_lichen doctor
  [[ $output == *newuidmap* && $output == *uidmap* ]] || fail_with "doctor" "names newuidmap and the package uidmap" "$output"
}

@test "info: storage, cgroup, runtime, counts" {
  run_lichen info
  assert_success
  assert_matches 'Driver: (overlay|fuse-overlayfs|vfs)'
  run_lichen info --format '{{json .}}'
  jq -e . <<<"$output" >/dev/null
}

@test "unshare: root inside, the store's owner" {
  run_lichen unshare id -u; assert_output "0"
  run_lichen unshare cat /proc/self/uid_map
  [ "${output//[[:space:]]/}" != "" ]
  run_lichen unshare sh -c 'exit 5'; assert_status 5
  run_lichen unshare no-such-command; assert_failure 127 "no-such-command"
}

@test "one user namespace for all containers" {
  local first second
  first=$(lichen run --rm --network none $BUSYBOX readlink /proc/self/ns/user)
  lichen run -d --name keeper --network none $BUSYBOX sleep 100
  first=$(lichen exec keeper readlink /proc/self/ns/user)
  second=$(lichen run --rm --network none $BUSYBOX readlink /proc/self/ns/user)
  assert_equal "$second" "$first" "user namespace"
  lichen rm -f keeper
}

@test "without XDG_RUNTIME_DIR, by su or cron, the same containers are seen" {
  (
    unset XDG_RUNTIME_DIR LICHEN_RUN_ROOT
    lichen run -d --name nordir --network none $BUSYBOX sleep 100
  )
  run_lichen ps --format '{{.Names}}'
  assert_contains "nordir"
  run_lichen exec nordir echo same
  assert_output "same"
  (unset XDG_RUNTIME_DIR; run_lichen exec nordir echo same; assert_output "same")
  (unset XDG_RUNTIME_DIR; run_split env -i HOME="$HOME" PATH="$PATH" LICHEN_ROOT="$LICHEN_ROOT" "$LICHEN" ps --format '{{.Names}}'; assert_contains "nordir")
  lichen rm -f nordir
}

@test "state is private: folders 0700 whatever the umask, files not readable by others" {
  (umask 000; lichen run --rm --network none $BUSYBOX true)
  assert_equal "$(stat -c %a "$LICHEN_ROOT")" 700 "mode of the root"
  assert_equal "$(find "$XDG_RUNTIME_DIR/lichen" -type d -perm /077 2>/dev/null | head -n 1)" "" "open folders"
}

@test "a runtime directory with a very long name works" {
  local long
  long=$BASE/$(printf 'x%.0s' $(seq 180))
  mkdir -m 700 "$long"
  (
    export XDG_RUNTIME_DIR=$long
    lichen run -d --name far --network none $BUSYBOX sleep 100
    run_lichen exec far echo reached; assert_output "reached"
    run_split "$HELPERS/terminal.py" --step 'send:\x10\x11' -- "$LICHEN" attach far
    lichen rm -f far
  )
}

@test "system check finds nothing wrong in a healthy store" {
  run_lichen system check
  assert_success
}

@test "start-up loads no heavy library for ps, inspect, version" {
  local loaded
  loaded=$(LD_DEBUG=files "$LICHEN" ps 2>&1 3>&- 4>&- | grep -oE '(libcurl|libcrypto|libssl|libarchive|libyaml-cpp|libsystemd|libnftables)[^ ]*' | sort -u)
  assert_equal "$loaded" "" "libraries loaded by ps"
}
