#!/usr/bin/env bats
# Builds that are killed, race, meet a full disk, or run commands that do not behave: what is left, and what the next build makes.
# The kills are played by helpers/build_rounds.py; LICHEN_TEST_ROUNDS=N makes N times as many, LICHEN_TEST_SEED repeats a run.
# ctest: timeout=600
load helpers

setup_file() {
  make_world
  load_image busybox
}
teardown_file() { remove_world; }
setup() {
  CONTEXT=$(mktemp -d "$BASE/tmp/context.XXXXXX")
  cd "$CONTEXT" || return 1
}

dockerfile() { cat >"$CONTEXT/Dockerfile"; }
build() { run_lichen build --progress plain "$@" "$CONTEXT"; }
# The hub of the networks lingers by design.
leftover_of_builds() { leftover_processes | grep -v 'lichen-hub\|slirp4netns' || true; }
clean() { # what every failure must leave: a store that works, no process, nothing half-made
  assert_equal "$(wait_until_empty 5 leftover_of_builds)" "" "processes" || return 1
  run_lichen system check
  assert_success || return 1
  assert_equal "$(leftover_staging)" "" "staging"
}
running() { pgrep -c -u "$(id -u)" -f "^$1" || true; } # COMMAND: how many

rounds() { # SCENARIO COUNT
  run_split timeout 300 "$HELPERS/build_rounds.py" --lichen "$LICHEN" --world "$BASE/tmp" --scenario "$1" \
    --rounds $(($2 * ${LICHEN_TEST_ROUNDS:-1})) --seed "${LICHEN_TEST_SEED:-0}"
  echo "$output"
  assert_success
  lichen builder prune --all --force >/dev/null
}

@test "kill -9 at random moments: of RUN steps and of hashing beside them" { rounds run 12; }
@test "kill -9 at random moments: of COPY" { rounds copy 30; }
@test "kill -9 at random moments: of stages side by side, of publishing and of the image" { rounds commit 8; }

@test "a network's keeper whose starter is gone does not stand in the way of the next user namespace" {
  lichen run -d --name here --network none $BUSYBOX sleep 1000
  local members
  members=$(echo "$XDG_RUNTIME_DIR"/lichen/*/userns)
  mkdir "$BASE/tmp/keeper"
  run_split timeout 20 unshare -Ur "$LICHEN_TEST_BIN/lichen-hub" "$BASE/tmp/keeper" "$members" "$XDG_RUNTIME_DIR/lichen/userns.lock" 9 rules 9>/dev/null
  assert_status 1
  lichen rm -f -t 0 here
}

@test "two builds of one Dockerfile at once, each doing every step: both succeed, with one image" {
  # The times of files are a part of a layer.
  dockerfile <<END
FROM $BUSYBOX
RUN --mount=type=cache,id=meet,target=/meet touch /meet/\$(cat /proc/sys/kernel/random/uuid); until [ \$(ls /meet | wc -l) -ge 2 ]; do usleep 1000; done
RUN echo a >/a && touch -d @1700000000 /a
COPY Dockerfile /d
END
  "$LICHEN" build -q "$CONTEXT" >"$BASE/tmp/first" 2>&1 3>&- 4>&- &
  local first=$!
  run_lichen build -q "$CONTEXT"
  assert_success
  wait "$first" || fail_with "the other build" success "$(cat "$BASE/tmp/first")"
  assert_output "$(cat "$BASE/tmp/first")"
  run_lichen build -q "$CONTEXT"
  assert_output "$(cat "$BASE/tmp/first")"
  clean
}

@test "a RUN that forks without end fails alone; nothing of it lives on" {
  # flags: build --ulimit --pids-limit
  dockerfile <<END
FROM $BUSYBOX
RUN echo kept >/kept
RUN bomb() { bomb | bomb & }; bomb; i=0; while [ \$i -lt 500 ]; do sleep 54321 & i=\$((i+1)); done; printf 'never %s' here
END
  build --ulimit nproc=150
  assert_failure 1 "Dockerfile:3:1" "the command ended with exit code"
  refute_stderr "never here"
  assert_equal "$(running 'sleep 54321')" 0 "processes of the bomb"
  clean
  has_delegated_cgroup || return 0
  build --pids-limit 50
  assert_failure 1 "Dockerfile:3:1"
  clean
}

@test "what a RUN leaves running ends with the step, and is not waited for" {
  dockerfile <<END
FROM $BUSYBOX
RUN (sleep 65432; touch /late) & echo started
RUN setsid sh -c 'sleep 65432 & exec sleep 65432' & :
RUN nohup sleep 65432 >/dev/null 2>&1 & touch /done
RUN test ! -e /late && ! pidof sleep
END
  build -t left
  assert_success
  assert_equal "$(running 'sleep 65432')" 0 "left running"
  assert_equal "$(lichen run --rm --network none left ls / | grep -c '^late$\|^done$')" 1
  clean
}

@test "a RUN that closes its streams, that says a lot, that ends by a signal" {
  dockerfile <<END
FROM $BUSYBOX
RUN exec >&- 2>&- <&-; true
RUN yes | head -c 3000000; printf 'no line end'
RUN sh -c 'kill -9 \$\$'; exit \$?
END
  build
  assert_failure 1 "Dockerfile:4:1" "exit code 137"
  clean
}

@test "SIGINT and SIGTERM end a build at once; the cache keeps what was done" {
  local signal pid known
  steps() { find "$LICHEN_ROOT/build/steps" -type l | wc -l; }
  for signal in INT TERM; do
    known=$(steps)
    printf 'FROM %s\nRUN echo %s >/first\nRUN sleep 76543\n' "$BUSYBOX" "$signal" >Dockerfile
    # By a program that resets what a shell ignores for what it puts into the background.
    python3 -c 'import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])' \
      "$LICHEN" build "$CONTEXT" >/dev/null 2>&1 3>&- 4>&- &
    pid=$!
    wait_until 20 eval '[ "$(running "sleep 76543")" = 1 ] && [ "$(steps)" -gt '"$known"' ]'
    kill -s "$signal" "$pid"
    wait_until 10 eval '! kill -0 '"$pid"' 2>/dev/null'
    wait_until 10 eval '[ "$(running "sleep 76543")" = 0 ]'
    wait "$pid" || true
    printf 'FROM %s\nRUN echo %s >/first\n' "$BUSYBOX" "$signal" >Dockerfile
    build
    assert_equal "$(grep -c ' CACHED$' <<<"$stderr")" 1 "$signal: the first step" || return 1
    clean || return 1
  done
}

# ---- a full disk: a store on a tmpfs of SIZE in namespaces of its own

on_small_disk() { # SIZE SCRIPT
  unshare -Urm mount -t tmpfs none "$BASE/tmp" 2>/dev/null || skip "no tmpfs in a user namespace here"
  mkdir -p "$BASE/small"
  LICHEN_ROOT=$BASE/small/root XDG_RUNTIME_DIR=$BASE/small.run run_split timeout 120 unshare -rm sh -c 'mount -t tmpfs -o size='"$1"' none "$0" && cd "$0" && exec sh -c "$1"' "$BASE/small" "
    mkdir -p -m 700 '$BASE/small.run'
    lichen() { '$LICHEN' \"\$@\" 3>&- 4>&-; }
    build() { lichen build -q --network none '$CONTEXT'; }
    left() { lichen ps >/dev/null; ls root/staging | wc -l; }
    shows() { lichen run --rm --network none \$(lichen images -q | head -n 1) \"\$@\"; }
    lichen load -q -i '$LICHEN_TEST_FIXTURES/busybox.tar' >/dev/null || exit 9
    $2"
}

@test "a RUN that fills the disk, in /tmp and elsewhere: its own error, its bytes are given back" {
  printf 'FROM %s\nRUN echo before >/before\nRUN cat /dev/zero >/tmp/fill\n' "$BUSYBOX" >Dockerfile
  on_small_disk 30m 'build && echo unexpected; left
    sed -i "s/cat .*/echo small >\/tmp\/fill/" '"$CONTEXT"'/Dockerfile
    build >/dev/null && shows cat /before /tmp/fill; lichen system check >/dev/null && echo sound'
  assert_output "0
before
small
sound"
  assert_stderr "Dockerfile:3:1: the command ended with exit code 1"
  assert_stderr "No space left on device"
}

@test "a COPY that does not fit: one sentence, and with room again the same build works" {
  head -c 6000000 /dev/urandom >big
  printf 'FROM %s\nCOPY big /big\n' "$BUSYBOX" >Dockerfile
  on_small_disk 30m 'free=$(df -k . | tail -n 1 | awk "{print \$4}")
    dd if=/dev/zero of=ballast bs=1k count=$((free - 3000)) 2>/dev/null
    build && echo unexpected; left; rm ballast
    build >/dev/null && shows sh -c "wc -c </big"; lichen system check >/dev/null && echo sound'
  assert_output "0
6000000
sound"
  assert_stderr "No space left on device"
  assert_equal "$(grep -c 'No space left' <<<"$stderr")" 1 "sentences"
}

@test "no byte left when the layer is to be published, and when the build begins: one sentence each" {
  # The image's configuration needs more than the step's end gives back.
  printf 'FROM %s\nRUN --mount=type=cache,target=/c cat /dev/zero >/c/fill; true\nLABEL large=%s\n' "$BUSYBOX" "$(head -c 300000 /dev/urandom | base64 -w 0)" >Dockerfile
  on_small_disk 30m 'build && echo unexpected; left; lichen builder prune --force >/dev/null
    dd if=/dev/zero of=ballast bs=4k 2>/dev/null; build && echo unexpected; rm ballast; left
    sed -i "s/cat .*true/echo small >\/fill/" '"$CONTEXT"'/Dockerfile
    build >/dev/null && shows cat /fill; lichen system check >/dev/null && echo sound'
  assert_output "0
0
small
sound"
  assert_equal "$(grep -c '^lichen: .*No space left on device' <<<"$stderr")" 2 "sentences"
}
