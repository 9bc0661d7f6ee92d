#!/usr/bin/env bats
# --rootfs: a directory in place of an image; and what the storage drivers must have in common.
load helpers

setup_file() {
  make_world
  load_image busybox layers
  cp -a "$LICHEN_TEST_FIXTURES/rootfs" "$BASE/rootfs"
}
teardown_file() { remove_world; }

@test "--rootfs runs a directory, and writes go to it" {
  run_lichen run --rm --network none --rootfs "$BASE/rootfs" sh -c 'echo hi; echo x >/written'
  assert_success
  assert_output "hi"
  [ -f "$BASE/rootfs/written" ]
}

@test "--rootfs of a missing directory, or a file" {
  run_lichen run --rm --rootfs "$BASE/nothere" true; assert_failure 125 "$BASE/nothere"
  run_lichen run --rm --rootfs /etc/passwd true; assert_failure 125 "/etc/passwd"
}

@test "the driver in use is the one asked for" {
  [ -n "${LICHEN_STORAGE_DRIVER:-}" ] || skip "no LICHEN_STORAGE_DRIVER: the default was probed"
  run_lichen info --format '{{.Driver}}'
  assert_output "$LICHEN_STORAGE_DRIVER" || { run_lichen info; assert_contains "$LICHEN_STORAGE_DRIVER"; }
  run_lichen run --rm --network none $BUSYBOX sh -c 'grep " / " /proc/mounts'
  case $LICHEN_STORAGE_DRIVER in
    overlay) assert_contains "overlay" ;;
    fuse-overlayfs) assert_contains "fuse" ;;
    vfs) refute_contains "overlay" ;;
  esac
}

@test "files of lower layers can be changed, renamed, linked and removed" {
  run_lichen run --rm --network none --entrypoint "" -u root localhost/layers sh -ec '
    echo more >>/data/keep; cat /data/keep
    mv /data/replaced /data/renamed; cat /data/renamed
    ln /data/original /data/third; test /data/third -ef /data/original
    rm -r /opaque; mkdir /opaque; ls /opaque
    chmod 600 /data/keep; stat -c %a /data/keep
    mv /data /moved; ls /moved | wc -l'
  assert_success
  assert_matches 'keep
more
second
600'
}

@test "a stopped container keeps what it wrote" {
  lichen run --name writer --network none $BUSYBOX sh -c 'echo kept >/file; rm /bin/vi' 
  run_lichen start -a writer
  lichen rm writer
  lichen run -d --name again --network none $BUSYBOX sh -c '[ -e /file ] && cat /file; echo kept >/file; echo up; sleep 100'
  wait_until 10 sh -c "'$LICHEN' logs again 3>&- | grep -q up"
  lichen stop -t 0 again
  lichen start again
  wait_until 5 sh -c "'$LICHEN' logs again 3>&- | grep -q kept"
  lichen rm -f again
}
