#!/usr/bin/env bats
# The files of containers: diff, export, cp, commit, mount; and containers that attack cp (security.md C03, C37).
load helpers

setup_file() {
  make_world
  load_image busybox layers
}
teardown_file() { remove_world; }

@test "diff: added, changed and deleted files of running and stopped containers; lichen's own mounts are not shown" {
  lichen run -d --name d1 --network none -v "$BASE:/made/for/this" -v vol1:/vol1 --tmpfs /scratch $BUSYBOX sleep 1000
  run_lichen diff d1; assert_success; assert_output ""
  lichen exec d1 sh -c 'mkdir /new; echo x >/new/file; echo y >>/etc/passwd; rm -rf /root; echo z >/etc/hosts; touch /scratch/a /vol1/b; chmod 700 /home 2>/dev/null || mkdir -m 700 /home'
  run_lichen diff d1
  assert_contains $'A /new\nA /new/file'; assert_contains $'C /etc\nC /etc/passwd'; assert_contains "D /root"; assert_matches '[AC] /home'
  refute_contains hosts; refute_contains scratch; refute_contains vol1; refute_contains made
  lichen stop -t 0 d1
  run_lichen container diff --format json d1
  assert_equal "$(python3 -c 'import json,sys; d=json.load(sys.stdin); print("/new/file" in d["added"], d["deleted"], "/etc/passwd" in d["changed"])' <<<"$output")" "True ['/root'] True" "JSON"
  lichen rm d1
  # A directory removed and made again hides what the image has in it; a created container has changed nothing.
  lichen run --name d2 --network none --user 0 --entrypoint sh localhost/layers -c 'rm -rf /opaque; mkdir /opaque; touch /opaque/mine'
  run_lichen diff d2; assert_output $'C /opaque\nA /opaque/mine\nD /opaque/new'
  lichen create --name d3 --network none $BUSYBOX true
  run_lichen diff d3; assert_success; assert_output ""
  run_lichen diff nosuch; assert_failure 125 nosuch
  lichen rm d2 d3
}

@test "diff with the drivers vfs and fuse-overlayfs, and with other owners (keep-id)" {
  local change='echo x >/new; rm /bin/wget; chmod 700 /tmp'
  lichen --storage-driver vfs run --name v1 --network none $BUSYBOX sh -c "$change"
  run_lichen diff v1; assert_output $'C /bin\nD /bin/wget\nA /new\nC /tmp'
  lichen rm v1
  lichen run --name k1 --userns keep-id --user 0 --network none $BUSYBOX sh -c "$change"
  run_lichen diff k1; assert_output $'C /bin\nD /bin/wget\nA /new\nC /tmp'
  lichen rm k1
  if [ -w /dev/fuse ] && command -v fuse-overlayfs >/dev/null; then
    lichen --storage-driver fuse-overlayfs run --name f1 --network none $BUSYBOX sh -c "$change"
    run_lichen diff f1; assert_output $'C /bin\nD /bin/wget\nA /new\nC /tmp'
    lichen rm f1
  fi
}
