#!/usr/bin/env bats
# RUN of a build beyond the ordinary: what must be allowed first, devices, caches that begin with something, the shell in
# the place of a command that failed, and where values of secrets never stand.
# ctest: timeout=200
load helpers

setup_file() {
  make_world
  load_image busybox
  install -d "$HOME/.config/lichen" "$BASE/cdi"
  printf '[engine]\ncdi_spec_dirs = ["%s/cdi"]\n' "$BASE" >"$HOME/.config/lichen/config.toml"
  printf '{"cdiVersion":"0.8.0","kind":"acme.com/unit","devices":[{"name":"one","containerEdits":{"env":["UNIT=one"]}}]}' >"$BASE/cdi/a.json"
}
teardown_file() { remove_world; }
setup() {
  CONTEXT=$(mktemp -d "$BASE/tmp/context.XXXXXX")
  cd "$CONTEXT" || return 1
}

dockerfile() { cat >"$CONTEXT/Dockerfile"; }
build() { run_lichen build --progress plain "$@" "$CONTEXT"; } # FLAGS...

@test "RUN --security=insecure must be allowed, and then has every capability" {
  # flags: build --allow
  printf '# syntax=docker/dockerfile:1-labs\nFROM %s\nRUN --security=insecure grep CapEff /proc/self/status >/caps\nRUN grep CapEff /proc/self/status >>/caps\n' "$BUSYBOX" | dockerfile
  build -t caps
  assert_failure 1 "RUN --security=insecure" "lichen build --allow security.insecure"
  build -t caps --allow security.insecure
  assert_success
  run_lichen run --rm caps cat /caps
  assert_equal "$(sed -n 1p <<<"$output" | tr -d '\t ')" "CapEff:000001ffffffffff"
  if [ "$(sed -n 2p <<<"$output")" = "$(sed -n 1p <<<"$output")" ]; then return 1; fi
  build --allow everything
  assert_failure 125 "--allow 'everything'"
}

@test "RUN --network=host must be allowed" {
  printf 'FROM %s\nRUN --network=host readlink /proc/self/ns/net >/net\n' "$BUSYBOX" | dockerfile
  build -t net
  assert_failure 1 "lichen build --allow network.host"
  build -t net --allow network.host
  assert_success
  assert_equal "$(lichen run --rm net cat /net)" "$(readlink /proc/self/ns/net)"
}

@test "RUN --device and --device: by description, allowed, and not required unless said" {
  # flags: build --device
  printf 'FROM %s\nRUN --device=acme.com/unit=one,required --device=acme.com/unit=two echo "$UNIT" >/unit\nRUN echo "-$UNIT" >>/unit\n' "$BUSYBOX" | dockerfile
  build -t unit
  assert_failure 1 "lichen build --allow device=acme.com/unit=one"
  build -t unit --allow device
  assert_success
  assert_equal "$(lichen run --rm unit cat /unit)" "one
-"
  build -t unit --no-cache --allow device --device acme.com/unit=one --device /dev/null:/dev/other
  assert_success
  assert_equal "$(lichen run --rm unit cat /unit)" "one
-one"
  printf 'FROM %s\nRUN --device=acme.com/unit=gone,required true\n' "$BUSYBOX" | dockerfile
  build --allow device
  assert_failure 1 "acme.com/unit=gone" "Dockerfile:2:"
}

@test "a cache mount begins with what from= has, with its owners, and is another when that is another" {
  printf 'FROM %s AS seed\nRUN mkdir /seed && echo first >/seed/file && chown 7:8 /seed/file && umask >/umask\nFROM %s\nRUN --mount=type=cache,target=/cache,from=seed,source=/seed cat /cache/file >/found && stat -c %%u:%%g /cache/file >>/found && echo more >>/cache/file && umask >>/found\n' "$BUSYBOX" "$BUSYBOX" | dockerfile
  build -t seeded
  assert_success
  assert_equal "$(lichen run --rm seeded cat /found)" "first
7:8
0022"
  build -t seeded --no-cache
  assert_success
  assert_equal "$(lichen run --rm seeded cat /found | head -2)" "first
more"
  echo outside >outside
  printf 'FROM %s\nRUN --mount=type=cache,target=/cache,from=box ls /cache >/found\n' "$BUSYBOX" | dockerfile
  mkdir box && echo 1 >box/inner
  build -t boxed --build-context box=box
  assert_success
  assert_equal "$(lichen run --rm boxed cat /found)" inner
}

@test "--debug-shell: a shell where the command failed, with its files; the build fails after it" {
  # flags: build --debug-shell
  printf 'FROM %s\nUSER 5:6\nWORKDIR /tmp\nRUN echo left >here && exit 3\n' "$BUSYBOX" | dockerfile
  run_split "$HELPERS/terminal.py" --timeout 30 --step 'expect:shell in its place' --step 'expect:$ ' --step 'send:cat here; id -u; tty\r' \
    --step 'expect:left' --step 'expect:5' --step 'expect:/dev/pts/' --step 'send:exit\r' -- "$LICHEN" build --progress plain --debug-shell "$CONTEXT"
  assert_status 1
  assert_contains "exit code 3"
  assert_stderr "modes: same"
  assert_equal "$(ls "$LICHEN_ROOT/staging")" "" "staging"
  build --debug-shell
  assert_failure 125 "needs a terminal"
}

@test "the value of a secret is in no file of the store while its step runs" {
  # shellcheck disable=SC2016 # for the inner shell
  printf 'FROM %s\nRUN --mount=type=secret,id=word,env=WORD --mount=type=secret,id=word echo "${#WORD}" >/length; echo now; sleep 1000\n' "$BUSYBOX" | dockerfile
  WORD=unmistakable-value "$LICHEN" build --progress plain --secret id=word,env=WORD "$CONTEXT" >log 2>&1 3>&- &
  local builder=$!
  wait_until 20 grep -q ' now$' log
  # The store belongs to subordinate ids in part; all of it is readable from inside.
  run "$LICHEN" unshare grep -rl unmistakable-value "$LICHEN_ROOT" log
  kill -9 "$builder"
  wait "$builder" || true
  assert_equal "$output" "" "files with the value"
}
