#!/usr/bin/env bats
# mount and unmount of containers: in unshare, stopped and running, and never two overlays over one directory.
load helpers

setup_file() { make_world; load_image busybox; }
teardown_file() { remove_world; }
teardown() { lichen rm -f -a -t 0 >/dev/null 2>&1 || true; }

shell() { run_lichen unshare sh -c "$@" "$LICHEN"; } # SCRIPT, in which $0 is lichen

@test "mount: outside unshare it says how" {
  lichen create --name one $BUSYBOX true >/dev/null
  run_lichen mount one
  assert_failure 1 "lichen unshare" "lichen mount one"
  run_lichen unmount one
  assert_failure 1 "lichen unshare"
  run_lichen mount
  assert_success
  assert_output ""
}

@test "mount: a stopped container; what is written there is the container's" {
  lichen create --name one --network none $BUSYBOX cat /from-outside >/dev/null
  shell 'p=$("$0" mount one) && [ -x "$p/bin/busybox" ] && echo hello >"$p/from-outside" && [ "$("$0" mount one)" = "$p" ] && echo same'
  assert_success
  assert_output same
  run_lichen start -a one
  assert_output hello
  assert_equal "$(grep -c "$LICHEN_ROOT\|/mounts/" /proc/self/mountinfo || true)" 0 "mounts of the host"
}

@test "mount: the list, as text and as JSON" {
  need jq
  lichen create --name one $BUSYBOX true >/dev/null
  lichen create --name two $BUSYBOX true >/dev/null
  local id
  id=$(lichen inspect -f '{{.Id}}' one)
  shell 'p=$("$0" mount one); "$0" mount; "$0" mount --notruncate; echo "$p"'
  assert_equal "${lines[0]}" "${id:0:12}   ${lines[2]}"
  assert_equal "${lines[1]}" "$id   ${lines[2]}"
  shell '"$0" mount two >/dev/null; "$0" mount --format json'
  assert_equal "$(jq -r '.[0] | .id as $id | [.Names[0], (.mountpoint | endswith($id))] | @csv' <<<"$output")" '"two",true'
  shell '"$0" mount -a | wc -l; "$0" mount | wc -l; "$0" unmount -a | wc -l; "$0" mount | wc -l'
  assert_output "2
2
2
0"
  shell '"$0" mount -l >/dev/null; "$0" mount --no-trunc'
  assert_contains "$(lichen inspect -f '{{.Id}}' two)"
}

@test "mount: a running container shows its live root" {
  lichen run -d --name web --network none -v data:/data $BUSYBOX sh -c 'echo inside >/made; echo secret >/data/file; exec sleep 1000' >/dev/null
  wait_until 5 lichen exec web test -e /data/file
  shell 'p=$("$0" mount web) || exit 1; cat "$p/made"; echo outside >"$p/back"; "$0" exec web cat /back; "$0" exec web sh -c "echo new >/later"; cat "$p/later"; ls "$p/data"'
  assert_success
  assert_output "inside
outside
new"
  lichen volume rm -f data >/dev/null 2>&1 || true
}

@test "mount: one overlay only: who starts a mounted container runs on that mount" {
  lichen create --name one --network none $BUSYBOX sh -c 'cat /first; echo from-container >/second; exec sleep 1000' >/dev/null
  shell 'p=$("$0" mount one); echo before >"$p/first"; "$0" start one >/dev/null
    for i in $(seq 200); do [ -e "$p/second" ] && break; sleep 0.02; done; cat "$p/second"
    a=$(stat -c %d "$p"); b=$(stat -c %d /proc/$("$0" inspect -f "{{.State.Pid}}" one)/root/first); [ "$a" = "$b" ] && echo one file system'
  assert_output "from-container
one file system"
  # The shell is gone, its mount with it: the container still has the file system.
  run_lichen exec one cat /first
  assert_output before
  # A second shell takes the mount of the container.
  shell 'p=$("$0" mount one); a=$(stat -c %d "$p"); b=$(stat -c %d /proc/$("$0" inspect -f "{{.State.Pid}}" one)/root/first); [ "$a" = "$b" ] && echo one file system
    "$0" stop -t 0 one; echo after >"$p/third"; "$0" start one >/dev/null; "$0" exec one cat /third'
  assert_output "one file system
one
after"
}

@test "mount: two shells share one mount of a stopped container" {
  lichen create --name one $BUSYBOX true >/dev/null
  mkfifo "$BASE/go"
  "$LICHEN" unshare sh -c 'p=$("$0" mount one); echo first >"$p/file"; echo "$p" >"$2"; read -r line <"$1"; cat "$p/answer"' "$LICHEN" "$BASE/go" "$BASE/where" >"$BASE/said" 3>&- 4>&- &
  wait_until 10 test -s "$BASE/where"
  shell 'p=$("$0" mount one); cat "$p/file"; echo second >"$p/answer"'
  assert_output first
  run_lichen rm one
  assert_failure 1 "has it mounted" "lichen rm -f one"
  echo go >"$BASE/go"
  wait
  assert_equal "$(cat "$BASE/said")" second
  run_lichen rm one
  assert_success
}

@test "unmount: in use, by force, not there" {
  lichen create --name one $BUSYBOX true >/dev/null
  shell 'cd "$("$0" mount one)" && "$0" unmount one; echo $?; "$0" umount -f one'
  assert_output "1
one"
  assert_stderr "--force"
  shell '"$0" unmount one'
  assert_failure 1 "not mounted"
  shell '"$0" mount nosuch one | wc -l; "$0" container unmount one; "$0" container mount'
  assert_output "1
one"
  assert_stderr nosuch
}

@test "mount: --rootfs is its directory, and rm never goes into a mount" {
  mkdir "$BASE/tree"
  echo mine >"$BASE/tree/file"
  lichen create --name dir --rootfs "$BASE/tree" true >/dev/null
  shell '"$0" mount dir'
  assert_output "$BASE/tree"
  lichen create --name one $BUSYBOX true >/dev/null
  shell 'p=$("$0" mount one); "$0" rm -f one dir'
  assert_output "one
dir"
  inside -- echo the image is whole
  assert_output "the image is whole"
  assert_equal "$(cat "$BASE/tree/file")" mine
}

@test "mount: with user ids of its own" {
  has_subids || skip "no subordinate ids"
  lichen create --name mapped --userns keep-id --network none $BUSYBOX cat /x >/dev/null
  shell 'p=$("$0" mount mapped) && echo yes >"$p/x" && [ -x "$p/bin/busybox" ] && echo there'
  assert_output there
  run_lichen start -a mapped
  assert_output yes
}
