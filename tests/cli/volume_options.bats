#!/usr/bin/env bats
# Volumes beyond a directory: driver options, subpaths, --volumes-from, export and import, prune and its filters.
load helpers

setup_file() { make_world; load_image busybox layers; }
teardown_file() { remove_world; }
setup() { DIR=$(mktemp -d "$BASE/tmp/d.XXXX"); }

vrun() { run_lichen run --rm --network none "$@"; }
volumes() { lichen volume ls -q; }

@test "a bind volume: the directory is the volume, both ways, filled from the image when it is empty" {
  lichen volume create -o type=none -o o=bind -o device="$DIR" bound >/dev/null
  vrun --entrypoint "" -v bound:/vol localhost/layers cat /vol/seed; assert_output "from the image"
  assert_equal "$(cat "$DIR/seed")" "from the image" "in the directory"
  vrun -v bound:/v $BUSYBOX sh -c 'echo x >/v/new; grep " /v " /proc/mounts'
  assert_contains nosuid; assert_contains nodev
  [ -f "$DIR/new" ]
  lichen volume create -o type=none -o o=bind,ro -o device="$DIR" bound-ro >/dev/null
  vrun -v bound-ro:/v $BUSYBOX touch /v/y; assert_status 1; assert_stderr "Read-only"
  assert_equal "$(lichen volume inspect -f '{{.Options.device}} {{.Options.o}}' bound)" "$DIR bind" "Options"
  lichen volume rm bound bound-ro
  [ -f "$DIR/new" ] || fail_with "rm of a bind volume" "the directory stays" "its files are gone"
}

@test "a volume in memory: size and mode hold, two containers share it, it ends with the last" {
  lichen volume create -o type=tmpfs -o device=tmpfs -o o=size=1m,mode=0750 mem >/dev/null
  vrun -v mem:/m $BUSYBOX sh -c 'stat -c %a /m; stat -f -c %T /m; dd if=/dev/zero of=/m/f bs=64k count=40 2>&1'
  assert_contains 750; assert_contains tmpfs; assert_contains "No space left"
  lichen run -d --name first --network none -v mem:/m $BUSYBOX sh -c 'echo shared >/m/f; sleep 600' >/dev/null
  wait_until 5 lichen exec first test -s /m/f
  lichen run -d --name second --network none -v mem:/m $BUSYBOX sleep 600 >/dev/null
  run_lichen exec second cat /m/f; assert_output shared
  lichen rm -f -t 0 first >/dev/null
  vrun -v mem:/m $BUSYBOX cat /m/f; assert_output shared
  lichen rm -f -t 0 second >/dev/null
  vrun -v mem:/m $BUSYBOX ls /m; assert_output ""
  [ -z "$(lichen unshare ls "$LICHEN_ROOT/volumes/mem/data")" ]
  lichen volume rm mem
}

@test "options that cannot be: what only root mounts, wrong words, a missing device" {
  run_lichen volume create -o type=nfs -o device=:/x -o o=addr=192.0.2.1 n; assert_failure 125 "type 'nfs'" "only root"
  run_lichen volume create -o type=ext4 -o device=/dev/sda1 n; assert_failure 125 "type 'ext4'" "only root"
  run_lichen volume create -o size=1g n; assert_failure 125 "quota"
  run_lichen volume create -o nosuch=1 n; assert_failure 125 nosuch "type, device and o"
  run_lichen volume create -o device=/tmp n; assert_failure 125 "type"
  run_lichen volume create -o type=none -o o=bind -o device=rel n; assert_failure 125 "'rel'"
  run_lichen volume create -o type=tmpfs -o o=size=big n; assert_failure 125 "size=big"
  run_lichen volume create -o type=none -o o=bind,addr=1 -o device=/tmp n; assert_failure 125 "addr=1"
  run_lichen volume create -d nfs n; assert_failure 125 nfs
  run_lichen volume exists n; assert_status 1
  lichen volume create -o type=none -o o=bind -o device="$DIR/gone" gone >/dev/null
  vrun -v gone:/v $BUSYBOX true; assert_failure 125 "$DIR/gone" "mkdir"
  lichen volume rm gone
}

@test "--mount: volume-opt, volume-label, volume-nocopy, volume-driver" {
  vrun --mount "type=volume,src=made,dst=/m,volume-opt=type=tmpfs,\"volume-opt=o=size=1m,mode=0700\",volume-label=a=b,volume-label=c" $BUSYBOX stat -f -c %T /m
  assert_output tmpfs
  assert_equal "$(lichen volume inspect -f '{{index .Labels "a"}} {{.Options.type}}' made)" "b tmpfs" "inspect"
  vrun --entrypoint "" --mount type=volume,src=bare,dst=/vol,volume-nocopy localhost/layers ls /vol; assert_output ""
  vrun --mount type=volume,dst=/m,volume-opt=type=tmpfs $BUSYBOX stat -f -c %T /m; assert_output tmpfs
  assert_equal "$(volumes)" $'bare\nmade' "the anonymous one is gone"
  vrun --mount type=volume,src=x,dst=/m,volume-driver=other $BUSYBOX true; assert_failure 125 other
  vrun --mount type=volume,src=x,dst=/m,volume-opt=type=nfs $BUSYBOX true; assert_failure 125 "only root"
  lichen volume rm bare made
}

@test "volume-subpath: a directory or a file of the volume, and never outside" {
  vrun -v sub:/v $BUSYBOX sh -c 'mkdir -p /v/a/b; echo deep >/v/a/b/f; ln -s /etc /v/out; ln -s a /v/in; ln -s ../../../.. /v/up'
  vrun --mount type=volume,src=sub,dst=/m,volume-subpath=a/b $BUSYBOX sh -c 'cat /m/f; ls /m; echo w >/m/w'
  assert_output $'deep\nf'
  vrun --mount type=volume,src=sub,dst=/m,volume-subpath=a/b/f --mount type=volume,src=sub,dst=/n,volume-subpath=a $BUSYBOX sh -c 'cat /m /n/b/w'
  assert_output $'deep\nw'
  vrun --mount type=volume,src=sub,dst=/m,volume-subpath=in/b $BUSYBOX cat /m/f; assert_output deep
  vrun --mount type=volume,src=sub,dst=/m,volume-subpath=out $BUSYBOX true; assert_failure 125 "'out'"
  vrun --mount type=volume,src=sub,dst=/m,volume-subpath=up $BUSYBOX ls /m; assert_contains in; refute_contains proc
  vrun --mount type=volume,src=sub,dst=/m,volume-subpath=nosuch $BUSYBOX true; assert_failure 125 sub nosuch
  vrun --mount type=volume,src=sub,dst=/m,volume-subpath=../x $BUSYBOX true; assert_failure 125 '..'
  lichen volume rm sub
}

@test "--volumes-from: volumes and binds at their places, ro, own flags first" {
  echo host >"$DIR/f"
  lichen create --name src --network none -v named:/named -v /anon -v "$DIR:/bind" --tmpfs /tmpfs $BUSYBOX true >/dev/null
  vrun --volumes-from src $BUSYBOX sh -c 'echo n >/named/n; echo a >/anon/a; cat /bind/f; grep -c " /tmpfs " /proc/mounts'; assert_contains host
  assert_contains 0
  vrun --volumes-from src:ro $BUSYBOX sh -c 'cat /named/n /anon/a; touch /named/x'; assert_output $'n\na'; assert_stderr "Read-only"
  vrun --volumes-from src -v own:/named $BUSYBOX ls /named; assert_output ""
  lichen create --name second --network none --volumes-from src $BUSYBOX true >/dev/null
  assert_equal "$(lichen inspect -f '{{json .HostConfig.VolumesFrom}}' second)" '["src"]' VolumesFrom
  vrun --volumes-from second $BUSYBOX cat /anon/a; assert_output a
  local before
  before=$(volumes | wc -l)
  lichen rm -v src >/dev/null
  assert_equal "$(volumes | wc -l)" "$before" "volumes while second has them"
  run_lichen start -a second; assert_success
  lichen rm -v second >/dev/null
  assert_equal "$(volumes | wc -l)" "$((before - 1))" "volumes after the last"
  vrun --volumes-from nosuch $BUSYBOX true; assert_failure 125 nosuch
  vrun --volumes-from nosuch:wrong $BUSYBOX true; assert_failure 125 wrong
  lichen volume rm named own
}

@test "--rm of the first container keeps an anonymous volume that another one has" {
  lichen run -d --rm --name one --network none -v /anon $BUSYBOX sh -c 'echo kept >/anon/f; sleep 600' >/dev/null
  wait_until 5 lichen exec one test -s /anon/f
  lichen run -d --rm --name two --network none --volumes-from one $BUSYBOX sleep 600 >/dev/null
  lichen stop -t 0 one >/dev/null
  wait_until 5 eval '! "$LICHEN" container exists one'
  run_lichen exec two cat /anon/f; assert_output kept
  lichen stop -t 0 two >/dev/null
  wait_until 5 eval '! "$LICHEN" container exists two'
  wait_until_empty 5 volumes
}

@test "an anonymous volume that another container names stays as long as that one does" {
  local name
  lichen run -d --rm --name one --network none -v /anon $BUSYBOX sh -c 'echo kept >/anon/f; sleep 600' >/dev/null
  wait_until 5 lichen exec one test -s /anon/f
  name=$(lichen inspect -f '{{range .Mounts}}{{.Name}}{{end}}' one)
  lichen create --name two --network none -v "$name:/x" $BUSYBOX cat /x/f >/dev/null
  lichen stop -t 0 one >/dev/null
  wait_until 5 eval '! "$LICHEN" container exists one'
  run_lichen start -a two; assert_output kept
  lichen rm -v two >/dev/null
  run_lichen volume prune -f; assert_contains "$name"
}

@test "export and import: every kind of file comes back, also through a pipe and compressed" {
  vrun -v data:/v $BUSYBOX sh -c 'cd /v; mkdir -p d/e; echo one >d/e/f; ln d/e/f hard; ln -s d/e/f soft; mkfifo pipe
    head -c 300000 /dev/urandom >bin; chmod 4711 bin; dd if=/dev/null of=sparse bs=1 seek=5000000 2>/dev/null; chmod 1770 d; touch -d "2001-02-03 04:05:06" old; touch "sp ace"; ln -s /etc/passwd out'
  local sum
  sum=$(lichen run --rm --network none -v data:/v $BUSYBOX sh -c 'cd /v; find . -exec stat -c "%n %a %u %g %h %F" {} + | sort; sha256sum bin sparse d/e/f; stat -c %Y old')
  run_lichen volume export -o "$DIR/data.tar" data; assert_success
  tar -tf "$DIR/data.tar" >"$DIR/list"; grep -q 'd/e/f' "$DIR/list"
  lichen volume create copy >/dev/null
  run_lichen volume import copy "$DIR/data.tar"; assert_success
  assert_same_lines "$(lichen run --rm --network none -v copy:/v:nocopy $BUSYBOX sh -c 'cd /v; find . -exec stat -c "%n %a %u %g %h %F" {} + | sort; sha256sum bin sparse d/e/f; stat -c %Y old')" "$sum" "the copy"
  lichen volume create piped >/dev/null
  lichen volume export data | gzip | lichen volume import piped -
  vrun -v piped:/v $BUSYBOX cat /v/hard; assert_output one
  run_lichen volume export nosuch; assert_failure 125 nosuch
  run_lichen volume import nosuch "$DIR/data.tar"; assert_failure 125 nosuch
  echo rubbish-rubbish >"$DIR/bad"
  run_lichen volume import copy "$DIR/bad"; assert_status 125
  run_lichen volume import copy "$DIR/nosuch.tar"; assert_failure 125 "$DIR/nosuch.tar"
  run_lichen volume export -o "$DIR/no/such/dir.tar" data; assert_failure 125 "$DIR/no/such"
  assert_equal "$(find "$DIR" -name '.*tar.*')" "" "temporary files"
  lichen volume rm data copy piped
}

@test "import stays in the volume: absolute names, dots and symlinks of a hostile archive" {
  echo safe >"$DIR/target"
  python3 - "$DIR" <<'PY'
import io, sys, tarfile
directory = sys.argv[1]
with tarfile.open(directory + "/evil.tar", "w") as tar:
    def file(name, text):
        info = tarfile.TarInfo(name); info.size = len(text); tar.addfile(info, io.BytesIO(text))
    def link(name, to):
        info = tarfile.TarInfo(name); info.type = tarfile.SYMTYPE; info.linkname = to; tar.addfile(info)
    file(directory + "/target", b"absolute")
    link("jump", directory)
    file("jump/target", b"by symlink")
    link("file", directory + "/target")
    file("file", b"over a symlink")
with tarfile.open(directory + "/dots.tar", "w") as tar:
    info = tarfile.TarInfo("../../../../../../../../../../" + directory + "/target"); info.size = 4
    tar.addfile(info, io.BytesIO(b"dots"))
PY
  lichen volume create trap >/dev/null
  run_lichen volume import trap "$DIR/evil.tar"
  run_lichen volume import trap "$DIR/dots.tar"
  assert_equal "$(cat "$DIR/target")" safe "a file of the host"
  vrun -v trap:/v $BUSYBOX cat "/v$DIR/target" /v/file; assert_contains "over a symlink"
  # And out again: a symlink that the container planted is archived as one.
  vrun -v trap:/v $BUSYBOX sh -c 'ln -s / /v/root'
  lichen volume export trap >"$DIR/out.tar"
  run_split tar -tvf "$DIR/out.tar"
  assert_contains "root -> /"; refute_contains "root/etc"
  lichen volume rm trap
}

@test "export and import of a volume with a device" {
  lichen volume create -o type=none -o o=bind -o device="$DIR" dev >/dev/null
  echo x >"$DIR/inside"
  lichen volume export dev | tar -tf - | grep -q inside
  tar -C "$DIR" -cf "$BASE/tmp/more.tar" --transform s/inside/more/ inside
  run_lichen volume import dev "$BASE/tmp/more.tar"; assert_success
  [ -f "$DIR/more" ]
  lichen volume rm dev
}

@test "ls filters and format; prune takes anonymous ones, --all named ones, by label and time" {
  lichen volume create --label env=test --label x one >/dev/null
  lichen volume create --label env=prod two >/dev/null
  lichen volume create >/dev/null
  lichen create --name keeper -v two:/v $BUSYBOX true >/dev/null
  run_lichen volume ls -q -f label=env=test; assert_output one
  run_lichen volume ls -q -f label=env -f name='^t'; assert_output two
  run_lichen volume ls -q -f dangling=false; assert_output two
  run_lichen volume ls --format '{{.Driver}}/{{.Name}}/{{.Label "env"}}/{{.Scope}}' -f name=one; assert_output local/one/test/local
  assert_equal "$(lichen volume ls --format json -f name=one | python3 -c 'import json,sys; print(json.load(sys.stdin)["Name"])')" one "json"
  run_lichen volume prune -f --filter until=1h; refute_contains Deleted
  run_lichen volume prune -f; assert_contains "Deleted Volumes:"; assert_equal "$(volumes)" $'one\ntwo' "after prune"
  run_lichen volume prune -a -f --filter label=env=other; assert_equal "$(volumes)" $'one\ntwo' "label"
  run_lichen volume prune -f --filter all=1 --filter 'label!=env=prod'; assert_contains one
  run_lichen volume prune -a -f; refute_contains two
  run_lichen volume prune -f --filter nosuch=1; assert_failure 125 nosuch
  lichen rm keeper
  run_lichen volume prune -a -f; assert_contains two; assert_contains "Total reclaimed space:"
}

@test "volume mount and unmount: in lichen unshare, and what must be mounted is mounted there" {
  lichen volume create plain >/dev/null
  lichen volume create -o type=none -o o=bind -o device="$DIR" bound2 >/dev/null
  lichen volume create -o type=tmpfs -o device=tmpfs -o o=size=1m mem2 >/dev/null
  echo inside >"$DIR/seen"
  run_lichen volume mount plain
  assert_failure 125 "own mount namespace" "lichen unshare"
  run_lichen unshare sh -c '
    echo text >"$($0 volume mount plain)/file" && $0 volume unmount plain
    cat "$($0 volume mount bound2)/seen"; cat "$($0 volume mount bound2)/seen"
    $0 volume unmount bound2; $0 volume unmount bound2; echo $?
    at=$($0 volume mount mem2); echo kept >"$at/file"; grep -c " $at tmpfs" /proc/mounts
    $0 run --rm --network none -v mem2:/m '$BUSYBOX' cat /m/file
    $0 volume unmount mem2; ls "$at"' "$LICHEN"
  assert_output "plain
inside
inside
bound2
1
1
kept
mem2"
  assert_stderr "volume bound2 is not mounted here"
  run_lichen run --rm --network none -v plain:/p $BUSYBOX cat /p/file
  assert_output "text"
  lichen volume rm plain bound2 mem2
}
