#!/usr/bin/env bats
# What an image or a root file system may hold to reach the host, one check of the catalogue each (tests/README.md):
# symlinks at every place that lichen touches, passwd files without an end, odd -u and Env, programs of ours made trojans.
# A canary outside must be byte for byte the same after each attack, and each attack has a twin that works.
# ctest: timeout=400
load helpers

setup_file() {
  make_world
  load_image busybox
  mkdir "$BASE/canary"
  echo untouched >"$BASE/canary/file"
  mkdir "$BASE/canary/sub"
  cp -r "$LICHEN_TEST_FIXTURES/rootfs" "$BASE/plain"
}
teardown_file() { remove_world; }

canary() { find "$BASE/canary" -printf '%p %i %#m %U:%G %T@ %C@ %s\n' -type f -exec sha256sum {} + | sha256sum; }
expect_canary() { # BEFORE WHAT
  assert_equal "$(canary)" "$1" "the canary after: $2; $(find "$BASE/canary" -ls)"
}
# Refused or contained: an exit status of ours or of the program, never a hang (124, 137) or a crash (139).
expect_ended() { # WHAT
  ((status < 124 || status == 125 || status == 126 || status == 127)) || fail_with "$1" "an ordinary end" "$status"
}

layers_over_busybox() { # TAG CONFIG-JSON PYTHON-PER-LAYER...: `layer` is the layer
  python3 - "$HELPERS" "$BASE/$1.tar" "localhost/$1" "${@:2}" <<'PY'
import json, sys
sys.path.insert(0, sys.argv[1])
import make_image
layers = [make_image.busybox_layer()]
for text in sys.argv[5:]:
    layer = make_image.Layer()
    exec(text)
    layers.append(layer.bytes())
config = {"Cmd": ["sh"], "Env": ["PATH=/usr/bin:/bin"], **json.loads(sys.argv[4])}
make_image.write_archive(sys.argv[2], sys.argv[3] + ":latest", layers, config)
PY
  run_lichen load -q -i "$BASE/$1.tar"
}

# A fresh root file system of plain files; hard links, so that a hundred of them cost nothing.
fresh_rootfs() {
  rm -rf "$BASE/fs" 2>/dev/null || lichen unshare rm -rf "$BASE/fs"
  cp -al "$BASE/plain" "$BASE/fs"
}

@test "C03 a symlink of each hostile kind at each place that run and exec touch; the plain tree runs" {
  fresh_rootfs
  run_lichen run --rm --network none --rootfs "$BASE/fs" true; assert_success
  local before place kind target n=0 went=0 up=../../../../../../../../../../../../../../../../../../../..
  before=$(canary)
  for place in proc sys dev dev/pts dev/shm dev/console run tmp etc etc/hosts etc/resolv.conf etc/hostname etc/passwd \
    etc/group etc/mtab run/secrets work home/user data bin; do
    for kind in absolute dots loop dangling magic file slash; do
      case $kind in
        absolute) target=$BASE/canary ;;
        dots) target=$up$BASE/canary ;;
        loop) target=/$place ;;
        dangling) target=$up$BASE/canary/new ;;
        magic) target=/proc/1/root$BASE/canary ;;
        file) target=$BASE/canary/file ;;
        slash) target=$BASE/canary/sub/ ;;
      esac
      fresh_rootfs
      rm -rf "$BASE/fs/$place"
      mkdir -p "$BASE/fs/$(dirname "$place")"
      ln -s "$target" "$BASE/fs/$place"
      run_lichen run --rm --network none --rootfs -v vol:/data -w /work -u user -e HOME=/home/user "$BASE/fs" sh -c 'echo x >/data/x; echo x >/run/x; echo x >/work/x; echo x >/tmp/x; true'
      expect_ended "run with /$place $kind"
      [ "$status" != 0 ] || went=$((went + 1))
      expect_canary "$before" "run, /$place -> $target"
      # Every fourth of them for exec too; all with LICHEN_TEST_ROUNDS=4.
      n=$((n + 1))
      ((n % 4 < ${LICHEN_TEST_ROUNDS:-1})) || continue
      run_lichen run -d --name e --network none --rootfs "$BASE/fs" sleep 100
      if [ "$status" = 0 ]; then
        run_lichen exec -u user -w /work -e HOME=/home/user e sh -c 'echo x >/work/x; true'
        expect_ended "exec with /$place $kind"
        expect_canary "$before" "exec, /$place -> $target"
      fi
      lichen rm -f -t 0 e >/dev/null 2>&1 || true
    done
  done
  assert_less 40 "$went" "runs that went through, of $n"
}

@test "C03 image configurations whose WORKDIR, VOLUME, HOME and ENTRYPOINT are symlinks; within the image they work" {
  local before config
  before=$(canary)
  for config in '{"WorkingDir": "/evil"}' '{"WorkingDir": "/evil/made/below"}' '{"Volumes": {"/evil": {}}}' '{"Volumes": {"/evil/deep": {}}}' \
    '{"Entrypoint": ["/evil/file"]}' '{"User": "1234", "WorkingDir": "/evil/home"}'; do
    layers_over_busybox evil "$config" "layer.symlink('evil', '$BASE/canary')"
    run_lichen run --rm --network none localhost/evil true
    expect_ended "$config"
    expect_canary "$before" "$config"
    layers_over_busybox evil "$config" "layer.symlink('evil', '../../../../../../../..$BASE/canary')"
    run_lichen run --rm --network none localhost/evil true
    expect_canary "$before" "$config with dots"
  done
  layers_over_busybox good '{"WorkingDir": "/link/sub", "Volumes": {"/link/vol": {}}}' "layer.directory('real').file('real/vol/seed', 'seed\\n').symlink('link', 'real')"
  run_lichen run --rm --network none localhost/good sh -c 'pwd -P; cat /real/vol/seed'
  assert_output $'/real/sub\nseed'
}

@test "C13 -u: sixty texts for run and exec, as docker reads them or more strictly" {
  layers_over_busybox users '{}' "layer.file('etc/passwd', open('$BASE/plain/etc/passwd').read() + '123:x:1000:1000::/:/bin/sh\\nbig:x:4294967296:0::/:\\nneg:x:-1:0::/:\\n')"
  lichen run -d --name users --network none localhost/users sleep 1000
  local long expected spec row n=0
  long=$(printf 'a%.0s' {1..4000})
  while IFS='|' read -r spec expected; do
    spec=${spec//LONG/$long}
    printf -v spec '%b' "$spec"
    for row in run exec; do
      if [ $row = run ]; then
        run_lichen run --rm --network none -u "$spec" localhost/users sh -c 'echo $(id -u):$(id -g)'
      else
        run_lichen exec -u "$spec" users sh -c 'echo $(id -u):$(id -g)'
      fi
      if [ "$expected" = no ]; then
        [ "$status" = 125 ] && [ -z "$output" ] || fail_with "$row -u '${spec:0:40}'" "refused (125)" "$status $output"
      else
        [ "$output" = "$expected" ] || fail_with "$row -u '${spec:0:40}'" "$expected" "$status $output"
      fi
    done
    n=$((n + 1))
  done <<'ROWS'
|0:0
0|0:0
00|0:0
root|0:0
root:|0:0
root:root|0:0
root:0|0:0
0:0|0:0
0:|0:0
:0|0:0
:50|0:50
:staff|0:50
1|1:1
01|1:1
0001|1:1
+1|1:1
1:|1:1
1:1|1:1
1:+1|1:1
1:0|1:0
daemon|1:1
daemon:staff|1:50
user|1000:1000
user:|1000:1000
user:staff|1000:50
user:50|1000:50
user:0|1000:0
1000|1000:1000
1000:50|1000:50
1000:staff|1000:50
123|123:0
123:50|123:50
7|7:0
7:7|7:7
60000|60000:0
nobody|65534:65534
-0|no
-1|no
1:-1|no
--1|no
0x0|no
0x1|no
1e0|no
0b1|no
1_0|no
1.0|no
2147483648|no
4294967295|no
4294967296|no
4294967297|no
1:4294967296|no
18446744073709551616|no
99999999999999999999999|no
1:1:1|no
:::|no
root |no
 root|no
ROOT|no
root\n|no
root\tx|no
1\r|no
1 |no
big|no
neg|no
nosuch|no
root:nosuch|no
\xd9\xa1|no
\xef\xbc\x91|no
../root|no
root/0|no
*|no
%d|no
LONG|no
ROWS
  lichen rm -f users
  assert_less 59 "$n" "texts"
}

@test "C14 passwd and group without an end: sparse, fifo, socket, /dev/zero, a million members, NUL bytes" {
  local what file name peak cpu
  mkfifo "$BASE/canary.fifo"
  # Whoever reads the host's fifo lets this end: nobody may.
  (echo >"$BASE/canary.fifo") 3>&- 4>&- &
  local watcher=$!
  for what in sparse fifo socket zero host members nul; do
    for file in passwd group; do
      fresh_rootfs
      rm "$BASE/fs/etc/$file"
      case $what in
        sparse) truncate -s 1G "$BASE/fs/etc/$file" ;;
        fifo) mkfifo "$BASE/fs/etc/$file" ;;
        socket) python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$BASE/fs/etc/$file" ;;
        zero) ln -s /dev/zero "$BASE/fs/etc/$file" ;;
        host) ln -s "../../../../../../../..$BASE/canary.fifo" "$BASE/fs/etc/$file" ;;
        members) python3 -c 'import sys; open(sys.argv[1], "w").write("user:x:1000:1000:" + "m," * 1000000 + "user\n")' "$BASE/fs/etc/$file" ;;
        nul) printf 'user\0x:x:0:0::/:\0\n\0\0\0' >"$BASE/fs/etc/$file" ;;
      esac
      for name in user 1000:1000; do
        run_split timeout 30 python3 "$HELPERS/peak.py" "$BASE/peak" "$LICHEN" run --rm --network none --rootfs -u $name "$BASE/fs" true
        read -r peak status cpu <"$BASE/peak"
        assert_less "$cpu" 2000 "milliseconds of CPU time with $file: $what, -u $name"
        assert_less "$peak" 65536 "KiB with $file: $what, -u $name"
        expect_ended "$file: $what, -u $name"
        [ "$name" = user ] || [ "$status" = 0 ] || [ "$what" = socket ] || fail_with "$what: a numeric user" 0 "$status"
      done
    done
  done
  kill -0 $watcher || fail_with "the host's fifo" "not opened" "somebody read it"
  kill $watcher
}

@test "C14 a running container exchanges its passwd: exec -u does not hang" {
  fresh_rootfs
  lichen run -d --name swap --network none --rootfs "$BASE/fs" sleep 1000
  run_lichen exec -u user swap id -u; assert_output 1000
  lichen exec swap sh -c 'rm /etc/passwd /etc/group; mkfifo /etc/passwd; ln -s /dev/zero /etc/group'
  run_split timeout 20 "$LICHEN" exec -u user swap id -u; assert_status 125
  run_lichen exec -u 7:7 swap grep Uid: /proc/self/status; assert_output $'Uid:\t7\t7\t7\t7'
  lichen rm -f swap
}

@test "C15 the environment inside is exactly what image and flags say" {
  local base=$'PATH=/usr/bin:/bin\nHOME=/\nHOSTNAME=h' config
  export LEAK=of-the-host LICHEN_LEAK=of-the-host
  # A million bytes in one entry is more than the kernel takes (MAX_ARG_STRLEN): a clear refusal.
  for config in '{"Env": ["PATH=/usr/bin:/bin", "HOME=/", "A=1", "A=2", "B=a=b", "C="]}|A=2 B=a=b C=' \
    '{"Env": ["PATH=/usr/bin:/bin", "HOME=/", "LINE=a\nEVIL=1"]}|LINE=a EVIL=1'; do
    layers_over_busybox env "${config%|*}" "layer.file('x', '')"
    run_lichen run --rm --network none --hostname h localhost/env env
    assert_success
    assert_same_lines "$(sort <<<"$output")" "$(sort <<<"$base"$'\n'"$(tr ' ' '\n' <<<"${config#*|}")")" "environment of $config"
  done
  for config in '{"Env": ["LEAK"]}' '{"Env": ["LEAK*"]}' '{"Env": ["*"]}' '{"Env": ["=x"]}' '{"Env": ["N=\u0000LEAK"]}' '{"Env": [""]}'; do
    layers_over_busybox env "$config" "layer.file('x', '')"
    [ "$status" = 0 ] || { assert_stderr "env"; continue; }
    run_lichen run --rm --network none --hostname h localhost/env /bin/env
    refute_contains "of-the-host"
    [ "$status" = 125 ] || assert_equal "$(grep -vcE '^(PATH|HOME|HOSTNAME|TERM)=' <<<"$output")" 0 "lines beyond the usual: $output"
  done
  layers_over_busybox env "{\"Env\": [\"BIG=$(head -c 1000000 /dev/zero | tr '\0' x)\"]}" "layer.file('x', '')" 2>/dev/null || skip "the fixture's own arguments are too long"
}

@test "C26 a symlink of one layer is not followed by the next; the twin through a real directory is" {
  local before target
  before=$(canary)
  for target in "$BASE/canary" "../../../../../../../..$BASE/canary" /proc/1/root/"$BASE/canary" /; do
    layers_over_busybox two '{}' "layer.symlink('esc', '$target')" "layer.file('esc/file', 'owned').file('esc$BASE/canary/file', 'owned')"
    run_lichen run --rm --network none localhost/two true
    expect_canary "$before" "two layers, $target"
    layers_over_busybox three '{}' "layer.symlink('esc', '$target')" "layer.whiteout('esc/file')" "layer.directory('esc').add('esc/.wh..wh..opq').hardlink('esc/h', 'esc/file')"
    expect_canary "$before" "whiteouts through a lower symlink, $target"
  done
  layers_over_busybox twin '{}' "layer.directory('real').symlink('way', 'real')" "layer.directory('real').file('real/below', 'seen\\n')"
  run_lichen run --rm --network none localhost/twin cat /way/below
  assert_output "seen"
}

@test "C31 programs of ours that a root file system brings are never run; asked for they do run" {
  local name
  fresh_rootfs
  mkdir -p "$BASE/fs/lib/x86_64-linux-gnu" "$BASE/fs/usr/local/sbin"
  printf '#!/bin/busybox sh\necho "$0" >>/marker\n' >"$BASE/trojan"
  for name in xz unpigz gzip tar nsenter ps ldconfig newuidmap newgidmap slirp4netns fuse-overlayfs fusermount3 lichen lichen-oci \
    lichen-conmon lichen-image lichen-init crun runc docker-credential-x mount; do
    rm -f "$BASE/fs/bin/$name"
    install -m 755 "$BASE/trojan" "$BASE/fs/bin/$name"
    install -m 755 "$BASE/trojan" "$BASE/fs/usr/local/sbin/$name"
  done
  for name in libnss_files.so.2 libc.so.6 libsubid.so.4; do install -m 755 "$BASE/trojan" "$BASE/fs/lib/x86_64-linux-gnu/$name"; done
  echo "passwd: evil files" >"$BASE/fs/etc/nsswitch.conf"
  echo /lib/x86_64-linux-gnu/libnss_files.so.2 >"$BASE/fs/etc/ld.so.preload"
  # The caller stands in it, with an image's search path before his own.
  cd "$BASE/fs/bin"
  lichen run -d --name trojans --network none --rootfs -v seeds:/home -e LD_PRELOAD=/lib/x86_64-linux-gnu/libnss_files.so.2 -u user "$BASE/fs" busybox sleep 1000
  lichen exec -u user trojans busybox true
  run_split "$HELPERS/terminal.py" -- "$LICHEN" exec -it trojans busybox true; assert_success
  lichen logs trojans
  lichen inspect trojans >/dev/null
  lichen ps -a >/dev/null
  lichen exec -d trojans busybox true
  lichen run --rm --network none --init --rootfs "$BASE/fs" busybox true
  lichen stop -t 1 trojans
  lichen start trojans
  lichen rm -f trojans
  cd /
  [ ! -e "$BASE/fs/marker" ] || fail_with "trojans" "none was run" "$(cat "$BASE/fs/marker")"
  lichen run --rm --network none --rootfs "$BASE/fs" nsenter
  assert_equal "$(cat "$BASE/fs/marker")" "/usr/local/sbin/nsenter" "the trojan that was asked for"
}

@test "C31 cp, top, stats, diff, export, commit, save, mount, healthcheck and volumes of an image full of trojans run none of them" {
  layers_over_busybox trojans '{"Volumes": {"/data": {}}, "Healthcheck": {"Test": ["CMD", "/bin/busybox", "true"]}}' "
trojan = '#!/bin/busybox sh\necho \$0 \$* >>/marker\n'
names = 'xz unpigz gzip gunzip zstd bzip2 tar nsenter ps ldconfig newuidmap newgidmap slirp4netns fuse-overlayfs lichen lichen-oci lichen-conmon lichen-image lichen-init crun runc mount cp docker-credential-x nft ip'
for folder in ('bin', 'usr/local/sbin', 'usr/bin', 'data'):
    for name in names.split():
        layer.file(folder + '/' + name, trojan, 0o755)
for name in ('libnss_files.so.2', 'libc.so.6', 'libsubid.so.4', 'libarchive.so.13'):
    layer.file('lib/x86_64-linux-gnu/' + name, trojan, 0o755)
layer.file('etc/nsswitch.conf', 'passwd: evil files\n').file('etc/ld.so.preload', '/lib/x86_64-linux-gnu/libnss_files.so.2\n')"
  assert_success
  mkdir -p "$BASE/away"
  cd "$BASE/away"
  echo x >put
  tar -cf put.tar put
  gzip -kf put.tar
  lichen run -d --name t --network none -v fresh:/data localhost/trojans busybox sh -c 'echo y >/made; busybox sleep 1000' >/dev/null
  wait_until 5 lichen exec t busybox test -s /made
  lichen healthcheck run t
  local round
  for round in running stopped; do
    if [ $round = running ]; then
      lichen top t >/dev/null
      lichen top t pid user comm args >/dev/null
      lichen stats --no-stream t >/dev/null
      lichen restart -t 0 t >/dev/null
    else
      lichen stop -t 0 t >/dev/null
    fi
    lichen cp put t:/put
    lichen cp - t:/ <put.tar
    lichen cp - t:/ <put.tar.gz
    lichen cp t:/made got
    lichen cp t:/data - >data.tar
    lichen diff t >changes
    lichen export -o out.tar t
    lichen commit -q t "localhost/committed:$round" >/dev/null
    lichen inspect -s t >/dev/null
    lichen ps -as >/dev/null
    lichen logs t
    ! grep -q marker changes || fail_with "$round" "no trojan was run" "$(tar -xOf out.tar marker)" || return 1
  done
  lichen volume export -o volume.tar fresh
  lichen volume import fresh volume.tar
  lichen save -q -o saved.tar localhost/trojans
  # shellcheck disable=SC2016
  lichen unshare sh -c 'cd "$("$1" mount t)" && ls bin >/dev/null && cd / && "$1" umount t' sh "$LICHEN" >/dev/null
  lichen rm -f -t 0 t >/dev/null
  run_lichen run --rm --network none localhost/committed:stopped busybox ls /
  assert_contains made
  refute_contains marker
  # The twin: asked for, the trojan runs.
  run_lichen run --rm --network none localhost/trojans busybox sh -c '/bin/nsenter a; busybox cat /marker'
  assert_output "/bin/nsenter a"
}
