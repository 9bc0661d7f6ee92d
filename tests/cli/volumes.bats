#!/usr/bin/env bats
# Volumes, binds, tmpfs: what a container sees of the host, and what outlives it.
load helpers

setup_file() { make_world; load_image busybox layers; }
teardown_file() { remove_world; }
setup() { DIR=$(mktemp -d "$BASE/tmp/d.XXXX"); }

vrun() { run_lichen run --rm --network none "$@"; }

@test "-v of a directory: both sides see the same, owned by the caller" {
  echo host >"$DIR/a"
  vrun -v "$DIR:/mnt" $BUSYBOX sh -c 'cat /mnt/a; echo guest >/mnt/b; id -u >/dev/null'
  assert_output "host"
  assert_equal "$(cat "$DIR/b")" guest "written from inside"
  assert_equal "$(stat -c %u "$DIR/b")" "$(id -u)" "owner of a file written by root inside"
}

@test "-v of one file, and with a relative path" {
  echo one >"$DIR/file"
  vrun -v "$DIR/file:/etc/one:ro" $BUSYBOX cat /etc/one
  assert_output "one"
  cd "$DIR"
  vrun -v ./file:/etc/one $BUSYBOX cat /etc/one
  assert_output "one"
}

@test "-v makes a missing source directory; --mount refuses it" {
  vrun -v "$DIR/new/dir:/mnt" $BUSYBOX sh -c 'echo x >/mnt/x'
  assert_success
  [ -f "$DIR/new/dir/x" ]
  vrun --mount "type=bind,src=$DIR/none,dst=/mnt" $BUSYBOX true
  assert_failure 125 "$DIR/none"
  [ ! -e "$DIR/none" ]
}

@test ":ro cannot be written, submounts included" {
  vrun -v "$DIR:/mnt:ro" $BUSYBOX touch /mnt/x
  assert_status 1
  assert_stderr "Read-only"
  vrun --mount "type=bind,src=$DIR,dst=/mnt,readonly" $BUSYBOX touch /mnt/x
  assert_stderr "Read-only"
}

@test "binds are nosuid and nodev" {
  vrun -v "$DIR:/mnt" $BUSYBOX grep ' /mnt ' /proc/mounts
  assert_contains "nosuid"
  assert_contains "nodev"
}

@test "a bind goes to where the container's symlinks lead, inside the container" {
  echo bound >"$DIR/f"
  vrun -v "$DIR:/var/run/deep" $BUSYBOX cat /var/run/deep/f
  assert_output "bound"
}

@test "bad -v texts are named" {
  vrun -v relative/dir:/x $BUSYBOX true; assert_failure 125 "relative/dir"
  vrun -v "$DIR:relative" $BUSYBOX true; assert_failure 125 "relative"
  vrun -v "$DIR:/x:nosuch" $BUSYBOX true; assert_failure 125 "nosuch"
  vrun -v "$DIR:/" $BUSYBOX true; assert_failure 125 "/"
  vrun --mount type=nosuch,dst=/x $BUSYBOX true; assert_failure 125 "nosuch"
  vrun --mount "type=bind,src=$DIR" $BUSYBOX true; assert_failure 125 "destination"
  vrun -v "$DIR:/x" -v "$DIR:/x" $BUSYBOX true; assert_failure 125 "/x"
}

@test "a named volume is made, outlives the container, and is shared" {
  vrun -v shared:/v $BUSYBOX sh -c 'echo kept >/v/f'
  vrun -v shared:/w $BUSYBOX cat /w/f
  assert_output "kept"
  run_lichen volume ls -q; assert_contains "shared"
  run_lichen volume rm shared; assert_success
}

@test "an empty volume takes the image's content; nocopy does not; a filled one keeps its own" {
  vrun --entrypoint "" -v fresh:/vol localhost/layers cat /vol/seed; assert_output "from the image"
  vrun --entrypoint "" -v empty:/vol:nocopy localhost/layers ls /vol; assert_output ""
  vrun -v mine:/v $BUSYBOX sh -c 'echo mine >/v/own'
  vrun --entrypoint "" -v mine:/vol localhost/layers ls /vol; assert_output "own"
  vrun --entrypoint "" -v owned:/work localhost/layers stat -c %u:%g /work; assert_output "1000:1000"
  lichen volume rm fresh empty mine owned
}

@test "the image's VOLUME gives an anonymous volume, removed by --rm and by rm -v" {
  local before
  before=$(lichen volume ls -q | wc -l)
  vrun --entrypoint "" localhost/layers grep -c ' /vol ' /proc/mounts; assert_output "1"
  assert_equal "$(lichen volume ls -q | wc -l)" "$before" "volumes after --rm"
  lichen create --name anon -v /anon $BUSYBOX true
  lichen start -a anon
  assert_equal "$(lichen volume ls -q | wc -l)" $((before + 1)) "volumes while it exists"
  lichen rm -v anon
  assert_equal "$(lichen volume ls -q | wc -l)" "$before" "volumes after rm -v"
}

@test "rm without -v keeps the named volume, and so does --rm" {
  lichen run --name user --network none -v keepme:/v $BUSYBOX true
  lichen rm -v user
  run_lichen volume ls -q; assert_contains "keepme"
  lichen volume rm keepme
}

@test "volume create inspect ls rm prune" {
  run_lichen volume create --label a=b made; assert_output "made"
  assert_equal "$(lichen volume inspect -f '{{.Name}} {{.Driver}} {{index .Labels "a"}}' made)" "made local b" "volume inspect"
  [ -d "$(lichen volume inspect -f '{{.Mountpoint}}' made)" ]
  run_lichen volume ls; assert_matches '^DRIVER +VOLUME NAME
local +made'
  lichen create --name holder -v made:/v $BUSYBOX true
  run_lichen volume rm made; assert_failure 1 "made" "holder"
  run_lichen volume prune -f
  lichen rm holder
  run_lichen volume rm made; assert_success
  run_lichen volume rm made; assert_failure 1 "made"
  run_lichen volume create 'bad/name'; assert_failure 125 "bad/name"
}

@test "--mount type=volume and type=tmpfs" {
  vrun --mount type=volume,source=mv,target=/v $BUSYBOX sh -c 'touch /v/x && grep -c " /v " /proc/mounts'; assert_output "1"
  vrun --mount type=tmpfs,destination=/t,tmpfs-size=1m,tmpfs-mode=0700 $BUSYBOX sh -c 'stat -c %a /t; grep " /t " /proc/mounts'
  assert_contains "700"
  assert_contains "size=1024k"
  lichen volume rm mv
}

@test "bind propagation: private by default; noexec is honoured" {
  printf '#!/bin/sh\necho ran\n' >"$DIR/prog"
  chmod 755 "$DIR/prog"
  vrun -v "$DIR:/m" $BUSYBOX /m/prog; assert_output "ran"
  vrun -v "$DIR:/m:noexec" $BUSYBOX /m/prog; assert_status 126
}

@test "a symlink as the source is followed on the host once, as Docker does" {
  mkdir "$DIR/real"
  echo r >"$DIR/real/f"
  ln -s real "$DIR/link"
  vrun -v "$DIR/link:/m" $BUSYBOX cat /m/f
  assert_output "r"
}

@test "volume rm --force: a missing one is no error; one in use is refused all the same, as docker does" {
  run_lichen volume rm --force nosuch
  assert_success
  lichen volume create forced
  lichen create --name holder -v forced:/data $BUSYBOX true
  run_lichen volume rm --force forced
  assert_failure 1 forced holder
  lichen rm holder
  run_lichen volume rm --force forced
  assert_output forced
  run_lichen volume rm nosuch
  assert_failure 1 nosuch
}
