#!/usr/bin/env bats
# build against hostile input: contexts, stages and base images that try to reach the host; Dockerfiles and archives without measure;
# and where the value of a secret must not be found. Beside each attack its harmless twin.
# ctest: timeout=400
load helpers

setup_file() {
  make_world
  load_image busybox
  echo host-only >"$BASE/tmp/host-file"
}
teardown_file() { remove_world; }
setup() {
  CONTEXT=$(mktemp -d "$BASE/tmp/context.XXXXXX")
  cd "$CONTEXT" || return 1
}

dockerfile() { cat >"$CONTEXT/Dockerfile"; }
build() { run_lichen build --progress plain "$@" "$CONTEXT"; }
in_image() { run_lichen run --rm --network none "$@"; } # IMAGE COMMAND...
# Nothing of the host's file is anywhere in the store.
nothing_came() {
  if lichen unshare grep -rlq host-only "$LICHEN_ROOT/layers" "$LICHEN_ROOT/images" 2>/dev/null; then
    fail_with "the host's file" "in no layer" "$(lichen unshare grep -rl host-only "$LICHEN_ROOT/layers" "$LICHEN_ROOT/images")"
  fi
}

@test "COPY: symlinks of the context, at each place of a path, lead nowhere out of it" {
  mkdir -p real/sub && echo inside >real/sub/file
  ln -s "$BASE/tmp" out-absolute
  ln -s .. out-relative
  ln -s ../../../../../../../../../../../../../.."$BASE/tmp" out-deep
  ln -s "$BASE/tmp/host-file" out-file
  ln -s /proc/self/cwd out-proc
  ln -s /real/sub within # the context's root is "/" for it
  local source
  for source in out-absolute/host-file out-relative/host-file out-deep/host-file out-file out-proc/host-file 'out-*/host-file' 'out-relative/*/Dockerfile' \
    real/../out-absolute/host-file "$BASE/tmp/host-file" ../host-file; do
    printf 'FROM %s\nCOPY %s /x\n' "$BUSYBOX" "$source" >Dockerfile
    build
    assert_failure 1 "Dockerfile:2:6" || return 1
  done
  printf 'FROM %s\nRUN --mount=type=bind,source=out-absolute,target=/m cat /m/host-file\n' "$BUSYBOX" >Dockerfile
  build
  assert_failure 1 "Dockerfile:2"
  # Links within are copied as links, those at the top are followed inside.
  printf 'FROM %s\nCOPY . /all/\nCOPY within/file /followed\nRUN cat /all/out-file || true; readlink /all/out-file >/link\n' "$BUSYBOX" >Dockerfile
  build -t links
  assert_success
  in_image links sh -c 'cat /followed; cat /link'
  assert_output "inside
$BASE/tmp/host-file"
  nothing_came
}

@test "COPY --from: links of a stage end at the stage's root, and destinations at the image's" {
  dockerfile <<END
FROM $BUSYBOX AS evil
RUN mkdir /d && ln -s $BASE/tmp/host-file /absolute && ln -s ../../../../../../../..$BASE/tmp /d/relative && ln -s /proc/self/root/etc /magic
FROM $BUSYBOX
RUN ln -s $BASE/tmp /out && ln -s ../../../../../../../..$BASE/tmp/ /up && mkdir -p $BASE/tmp && echo image-only >$BASE/tmp/host-file
COPY Dockerfile /out/written
COPY Dockerfile /up/also
WORKDIR /out/made
COPY Dockerfile .
END
  build -t destinations
  assert_success
  [ ! -e "$BASE/tmp/written" ] && [ ! -e "$BASE/tmp/also" ] && [ ! -e "$BASE/tmp/made" ]
  in_image destinations sh -c "ls $BASE/tmp; ls $BASE/tmp/made"
  assert_output "also
host-file
made
written
Dockerfile"
  local source
  for source in /absolute /d/relative/host-file /magic/hostname-of-nobody '/d/*/host-file'; do
    sed '/^FROM.*busybox:latest$/,$d' Dockerfile >Next
    printf 'FROM scratch\nCOPY --from=evil %s /x\n' "$source" >>Next
    run_lichen build -f Next "$CONTEXT"
    assert_failure 1 "Next:4" || return 1
  done
  nothing_came
}

@test "RUN --mount: targets through symlinks of the image stay in the image" {
  local outside
  outside=$(mktemp -d /var/tmp/outside.XXXXXX)
  dockerfile <<END
FROM $BUSYBOX
RUN rm -rf /run && ln -s $outside /run && ln -s ../../../../../..$outside /up && mkdir -p $outside/deep
RUN --mount=type=secret,id=s,target=/run/s --mount=type=cache,target=/up/c --mount=type=tmpfs,target=/run/t \\
    --mount=type=bind,source=Dockerfile,target=/run/deep/b cat /run/s >/got; touch /up/c/x /run/t/x; ls /run >>/got
END
  build -t mounts --secret id=s,src="$BASE/tmp/host-file"
  assert_success
  assert_equal "$(ls -A "$outside")" "" "in the host's directory"
  rmdir "$outside"
  in_image mounts sh -c "cat /got; readlink /run; ls $outside"
  assert_equal "$(tr '\n' ' ' <<<"$output" | sed "s:$outside:OUT:")" "host-only c deep s t OUT deep "
  printf 'FROM mounts\nRUN --mount=type=bind,source=Dockerfile,target=../../../../etc/passwd cat /etc/passwd >/p\n' >Dockerfile
  build -t up
  in_image up head -n 1 /p
  assert_output "FROM mounts"
}

@test "base images whose configuration is absurd: used where it can be, else one sentence" {
  local archive name played=0
  mkdir "$BASE/tmp/absurd"
  python3 "$HELPERS/absurd_image.py" "$BASE/tmp/absurd"
  for archive in "$BASE/tmp/absurd"/*.tar; do
    name=$(basename "$archive" .tar)
    run_lichen load -q -i "$archive"
    if [ "$status" = 0 ]; then
      printf 'FROM localhost/absurd\nLABEL more=1\nRUN --network=none echo x >/x\n' >Dockerfile
      build -t grown
    fi
    [ "$status" != 0 ] || in_image --user 0 --workdir / --entrypoint "" grown cat /x
    case $status in
      0) assert_output x || return 1 ;;
      # The port, say, is the image's own: who runs it is told.
      1 | 125) [ "$(wc -c <<<"$stderr")" -lt 20000 ] && [[ $stderr == *lichen:* ]] || fail_with "$name: the message" short "$(head -c 5000 <<<"$stderr")" || return 1 ;;
      *) fail_with "$name: status" "0, 1 or 125" "$status; $stderr" || return 1 ;;
    esac
    lichen rmi -f grown >/dev/null 2>&1 || true
    lichen rmi -f localhost/absurd >/dev/null 2>&1 || true
    played=$((played + 1))
  done
  assert_equal "$played" 30 "images"
}

@test "without measure: a heredoc of 64 MB, 100 000 lines, ARGs upon ARGs, many stages; memory stays small" {
  local peak
  measured() { # sets status, $stderr and the largest memory in kB
    run_split timeout 60 python3 "$HELPERS/peak.py" "$BASE/peak" "$LICHEN" build -q "$CONTEXT"
    read -r peak _ <"$BASE/peak"
    assert_less "$peak" 150000 "kB of memory"
  }
  # A Dockerfile has at most so much, as elsewhere; the message says it.
  { printf 'FROM %s\nCOPY <<EOF /large\n' "$BUSYBOX"; head -c 64000000 /dev/zero | tr '\0' x | fold -w 1000; printf '\nEOF\n'; } >Dockerfile
  measured
  assert_failure 1 "Dockerfile"
  assert_less "$(wc -c <<<"$stderr")" 500 "length of the message"

  { echo "FROM $BUSYBOX"; yes 'LABEL a=b' | head -n 100000; } >Dockerfile
  measured
  [ "$status" != 0 ] || lichen rmi "$output" >/dev/null
  [ "$status" = 0 ] || [ "$(wc -c <<<"$stderr")" -lt 1000 ] || fail_with "the message" short "$(head -c 2000 <<<"$stderr")"

  # Each doubles the one before: 2^40 bytes, were it let.
  { echo 'ARG a0=xxxxxxxx'; for i in $(seq 40); do echo "ARG a$i=\$a$((i - 1))\$a$((i - 1))"; done; echo "FROM $BUSYBOX"; echo 'ARG a40'; echo 'LABEL a=$a40'; } >Dockerfile
  build
  assert_failure 1 "Dockerfile:"
  assert_less "$(wc -c <<<"$stderr")" 4000 "length of the message"
  { echo "FROM $BUSYBOX"; echo 'ENV a0=xxxxxxxx'; for i in $(seq 40); do echo "ENV a$i=\$a$((i - 1))\$a$((i - 1))"; done; } >Dockerfile
  build
  assert_failure 1 "Dockerfile:"
  printf 'FROM %s\nLABEL deep=%s\n' "$BUSYBOX" "$(printf '${a:-%.0s' $(seq 20000))x$(printf '}%.0s' $(seq 20000))" >Dockerfile
  build
  [ "$status" = 0 ] || [ "$status" = 1 ] || fail_with "deep expansion" "0 or 1" "$status"
}

@test "ADD of archives: .., absolute names, links out and through, devices, holes" {
  python3 - <<'END'
import io, tarfile
def pack(name, *entries):
    with tarfile.open(name, "w") as tar:
        for path, kind, extra in entries:
            info = tarfile.TarInfo(path)
            info.type = kind
            if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
                info.linkname = extra
            data = extra if isinstance(extra, bytes) else b""
            info.size = len(data)
            if kind in (tarfile.CHRTYPE, tarfile.BLKTYPE):
                info.devmajor, info.devminor = 1, 3
            tar.addfile(info, io.BytesIO(data))
R, S, L, C, D = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE
pack("dots.tar", ("../../escaped", R, b"x"), ("a/../../../escaped2", R, b"x"))
pack("absolute.tar", ("/tmp/absolute", R, b"x"))
pack("through.tar", ("link", S, "../../../../.."), ("link/tmp/through", R, b"x"))
pack("hard.tar", ("hard", L, "../../../../../etc/passwd"))
pack("hard-absolute.tar", ("hard", L, "/etc/passwd"))
pack("device.tar", ("null", C, None), ("file", R, b"x"))
pack("own.tar", ("d", D, None), ("d/file", R, b"file"), ("d/link", S, "/etc/passwd"), ("d/hard", L, "d/file"))
END
  local name
  for name in dots absolute through hard hard-absolute device own; do
    printf 'FROM %s\nWORKDIR /w\nADD %s.tar /w/\n' "$BUSYBOX" $name >Dockerfile
    build -t archive
    [ "$status" = 0 ] || [ "$status" = 1 ] || fail_with "$name: status" "0 or 1" "$status" || return 1
    [ "$status" = 1 ] || in_image archive sh -c 'find / -xdev \( -name "*escaped*" -o -name absolute -o -name through -o -name hard -o -type c \) ! -path "/w/*" ! -path "/dev/*"'
    [ "$status" = 1 ] || [ -z "$output" ] || fail_with "$name" "nothing outside /w" "$output" || return 1
    [ ! -e /tmp/escaped ] && [ ! -e /tmp/absolute ] && [ ! -e /tmp/through ]
  done
  in_image archive sh -c 'cat d/file; readlink d/link; stat -c %h d/file'
  assert_output "file/etc/passwd
2"
  # 2 GB of nothing, in 10 kB.
  truncate -s 2G hole
  tar -cSf hole.tar hole
  rm hole
  printf 'FROM %s\nADD hole.tar /w/\n' "$BUSYBOX" >Dockerfile
  build
  assert_success
  assert_less "$(lichen unshare du -sm "$LICHEN_ROOT" | cut -f1)" 500 "MB on disk"
  lichen rmi "$output" >/dev/null
  lichen builder prune --all --force >/dev/null
}

@test "a secret's value is in no layer, blob, history, cache, log, staging, nor in what a failing step leaves" {
  local value="s3cr3t-$RANDOM-$RANDOM" where
  printf '%s\n' "$value" >"$BASE/secret-source"
  dockerfile <<'END'
FROM localhost/busybox
RUN --mount=type=secret,id=t,target=/etc/token wc -c </etc/token >/length
RUN --mount=type=secret,id=t,env=TOKEN test -n "$TOKEN" && echo "$TOKEN" | md5sum >/sum
RUN --mount=type=secret,id=e --mount=type=cache,target=/c sh -c 'cat /run/secrets/e >/dev/null; touch /c/x'
END
  TOKEN_OF_TEST=$value build -t secret --secret id=t,src="$BASE/secret-source" --secret id=e,env=TOKEN_OF_TEST
  assert_success
  refute_stderr "$value"
  printf 'FROM secret\nRUN --mount=type=secret,id=t,target=/etc/token exit 3\n' >Dockerfile
  build --secret id=t,src="$BASE/secret-source"
  assert_failure 1 "exit code 3"
  refute_stderr "$value"
  lichen save -q -o "$BASE/tmp/secret.tar" secret
  lichen history --no-trunc secret >"$BASE/tmp/history"
  for where in "$LICHEN_ROOT" "$XDG_RUNTIME_DIR" "$BASE/tmp" "$HOME"; do
    if lichen unshare grep -rlaF "$value" "$where" >"$BASE/found" 2>/dev/null; then fail_with "$where" "without the value" "$(cat "$BASE/found")" || return 1; fi
  done
  assert_equal "$(lichen run --rm --network none secret cat /length)" $((${#value} + 1))
}
