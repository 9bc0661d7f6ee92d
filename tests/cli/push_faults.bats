#!/usr/bin/env bats
# push to a registry that breaks, lies, leads astray or is busy (helpers/push_faults.py), and kill -9 in the middle of one.
# ctest: timeout=300
load helpers

setup_file() {
  make_world
  need python3
  load_image busybox
  export LOG=$BASE/faults.log
  # 48 MB that gzip cannot make smaller: more than one piece of an upload.
  mkdir "$BASE/big"
  python3 -c 'import random, sys; open(sys.argv[1], "wb").write(random.Random(3).randbytes(48_000_000))' "$BASE/big/noise"
  tar -C "$BASE/big" --owner=0 --group=0 -cf "$BASE/big.tar" .
  lichen import -q "$BASE/big.tar" localhost/big:1 >/dev/null
}
teardown_file() { remove_world; }
setup() {
  coproc FAKE { exec "$HELPERS/push_faults.py" "$LOG" 3>&- 4>&-; }
  read -r A _ <&"${FAKE[0]}"
}
teardown() {
  local input=${FAKE[1]}
  exec {input}>&-
  wait "$FAKE_PID" || true
}

push() { run_lichen push "$@"; }
# How many requests of METHOD on SERVER; of what path contains.
requests() { jq -s --arg s "$1" --arg m "$2" --arg p "${3:-}" '[.[] | select(.server == $s and .method == $m and (.path | contains($p)))] | length' "$LOG"; }

@test "the harmless twin: a layer goes up while it is compressed, in one PATCH; small ones in one PUT" {
  push localhost/big:1 "127.0.0.1:$A/good/big:1"
  assert_success
  assert_equal "$(requests A PATCH) $(requests A PUT /blobs/)" "1 2" "PATCH, and PUT of its digest and of the configuration"
  push $BUSYBOX "127.0.0.1:$A/good/small:1"
  assert_equal "$(requests A PATCH)" 1 "none for a small layer"
}

@test "busy: tried again, as long as --retry says, after --retry-delay" {
  push --retry-delay 1ms localhost/big:1 "127.0.0.1:$A/busy/big:1"
  assert_success
  teardown
  setup
  push --retry 0 --retry-delay 1ms localhost/big:1 "127.0.0.1:$A/busy/big:1"
  assert_failure 125 "127.0.0.1:$A" "429"
  push --retry-delay soon localhost/big:1 "127.0.0.1:$A/busy/big:1"
  assert_failure 125 "--retry-delay 'soon'"
}

@test "a registry without PATCH, one that breaks it off, one that breaks all but pieces, one with a limit" {
  local fault
  for fault in nopatch cut broken small; do
    push --retry-delay 1ms localhost/big:1 "127.0.0.1:$A/$fault/big:1"
    assert_success || return 1
    assert_contains "digest: sha256:" || return 1
  done
  assert_equal "$(jq -s '[.[] | select(.path | contains("/broken/")) | .headers["Content-Range"] // empty] | length' "$LOG")" 3 "pieces, one of them twice"
}

@test "C30 an upload that is led to another host goes there without credentials" {
  push --creds tester:s3cret-marker localhost/big:1 "127.0.0.1:$A/away/big:1"
  assert_success
  assert_less 0 "$(requests B PATCH)" "uploads at the other host"
  assert_equal "$(jq -s '[.[] | select(.server == "A" and .headers.Authorization)] | length > 3' "$LOG")" true "A got them"
  assert_equal "$(jq -s '[.[] | select(.server == "B" and .headers.Authorization)] | length' "$LOG")" 0 "B got none"
  if jq -c 'select(.server == "B")' "$LOG" | grep -q "s3cret-marker\|dGVzdGVyOnMzY3JldC1tYXJrZXI"; then return 1; fi
}

@test "a 401 for everything ends soon; one in the middle is answered once" {
  push --creds tester:s3cret-marker localhost/big:1 "127.0.0.1:$A/loop/big:1"
  assert_failure 125 "access denied" "lichen login"
  assert_less "$(jq -s length "$LOG")" 20 "requests"
  push --creds tester:s3cret-marker localhost/big:1 "127.0.0.1:$A/expired/big:1"
  assert_success
}

@test "answers that are none: no Location, a strange one, no end, words with escape sequences" {
  push --retry 0 $BUSYBOX "127.0.0.1:$A/nowhere/x:1"
  assert_failure 125 "127.0.0.1:$A" "where an upload goes"
  push --retry 0 $BUSYBOX "127.0.0.1:$A/strange/x:1"
  assert_failure 125 "127.0.0.1:$A/strange/x"
  push --retry 0 $BUSYBOX "127.0.0.1:$A/endless/x:1"
  assert_success
  push --retry 0 $BUSYBOX "127.0.0.1:$A/wrong/x:1"
  assert_failure 125 "MANIFEST_INVALID" "status 400"
  refute_stderr $'\x1b'
  [ -z "$(leftover_staging)" ]
}

@test "kill -9 during a push: the store is as it was, the registry has no such tag, the next push works" {
  need docker-registry
  local plain pid n
  plain=$("$HELPERS/registry.sh" start "$BASE/plain")
  uploads() { [ -n "$(find "$BASE/plain/data/docker/registry/v2/repositories/killed/_uploads" -name startedat 2>/dev/null)" ]; }
  for n in 1 2 3; do
    rm -rf "$BASE/plain/data"
    setsid "$LICHEN" push -q localhost/big:1 "$plain/killed:$n" >/dev/null 2>&1 3>&- 4>&- &
    pid=$!
    wait_until 20 uploads
    kill -9 "$pid" 2>/dev/null || true
    wait "$pid" || true
    lichen system check >/dev/null
    [ -z "$(leftover_staging)" ]
    run_lichen manifest inspect "docker://$plain/killed:$n"
    [ "$status" = 125 ] || skip "the push was done before it was killed"
    lichen push -q localhost/big:1 "$plain/killed:$n" >/dev/null
    lichen rmi "$plain/killed:$n" >/dev/null 2>&1 || true
    lichen pull -q "$plain/killed:$n" >/dev/null
    assert_equal "$(lichen image inspect -f '{{.Id}}' "$plain/killed:$n")" "$(lichen image inspect -f '{{.Id}}' localhost/big:1)" || return 1
  done
  "$HELPERS/registry.sh" stop "$BASE/plain"
}

@test "a layer that a registry has although nobody here knows: not sent to its end, and no upload is left open" {
  need docker-registry
  local plain
  plain=$("$HELPERS/registry.sh" start "$BASE/has")
  lichen push -q localhost/big:1 "$plain/has/big:1" >/dev/null
  other() { timeout 60 "$LICHEN" --root "$BASE/other" --runroot "$BASE/other-run" "$@" 3>&- 4>&-; }
  other import -q "$BASE/big.tar" localhost/same:1 >/dev/null
  run_split other push localhost/same:1 "$plain/has/big:2"
  assert_success
  assert_stderr "Layer already exists"
  assert_equal "$(find "$BASE/has/data/docker/registry/v2/repositories/has/big/_uploads" -name data -size +0 2>/dev/null)" "" "uploads left open"
  lichen unshare rm -rf "$BASE/other" "$BASE/other-run"
  "$HELPERS/registry.sh" stop "$BASE/has"
}
