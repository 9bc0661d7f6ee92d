#!/usr/bin/env bats
# --userns: namespaces of containers within the one of the user; who owns what inside and outside.
# ctest: timeout=400
load helpers

setup_file() {
  make_world
  load_image busybox
  [ ! -e "$LICHEN_TEST_FIXTURES/debian.tar" ] || lichen import -q -c 'CMD ["bash"]' "$LICHEN_TEST_FIXTURES/debian.tar" debian:12 >/dev/null
  ME=$(id -u)
  MINE=$(id -g)
  NAME=$(id -un)
  export ME MINE NAME
}
teardown_file() { remove_world; }
setup() { has_subids || skip "no subordinate ids: single_id.bats has that case"; }
teardown() { rm -f "$HOME/.config/lichen/config.toml"; lichen ps -aq | xargs -r "$LICHEN" rm -f -t 0 >/dev/null 2>&1 || true; }

need_debian() { [ -e "$LICHEN_TEST_FIXTURES/debian.tar" ] || skip "no Debian image"; }

@test "keep-id: the caller is itself, by number and by name, and can work in its files" {
  mkdir -p "$BASE/tmp/mine"
  echo hello >"$BASE/tmp/mine/there"
  inside --userns keep-id -v "$BASE/tmp/mine:/mine" -- sh -c 'id -u; id -g; whoami; stat -c %u:%g /mine/there; cat /mine/there; echo new >/mine/made'
  assert_output "$ME
$MINE
$NAME
$ME:$MINE
hello"
  assert_equal "$(stat -c %u:%g "$BASE/tmp/mine/made")" "$ME:$MINE" "owner on the host"
}

@test "keep-id: root's files belong to root, and the user cannot change them" {
  inside --userns keep-id -- sh -c 'stat -c %u:%g / /bin /bin/busybox /etc/passwd /etc/hosts /etc/hostname /dev /dev/shm; touch /bin/x'
  [[ $output == "0:0
0:0
0:0
0:0
0:0
0:0
0:0
0:0" ]] || fail_with "owners" "0:0 eight times" "$output"
  assert_status 1
  assert_stderr "Permission denied"
}

@test "keep-id: root in the container is a subordinate id; its files stay its own after a restart" {
  lichen run -d --name k --network none --userns keep-id -u 0 $BUSYBOX sh -c '[ -e /made ] || { echo x >/made; chown 5:6 /made; chmod 640 /made; echo y >>/etc/group; }; stat -c %u:%g:%a /made /etc/group; sleep 100'
  wait_until 5 grep -q "0:0:644" <(lichen logs k) || wait_until 5 sh -c "$LICHEN logs k | grep -q 0:0:644"
  lichen restart -t 0 k
  wait_until 5 sh -c "[ \"\$($LICHEN logs k | grep -c 5:6:640)\" = 2 ]"
  run_lichen exec k stat -c %u:%g /proc/1; assert_output "0:0"
  run_lichen exec -u "$ME" k id -u; assert_output "$ME"
}

@test "keep-id:uid=,gid=" {
  inside --userns keep-id:uid=77,gid=88 -v "$BASE/tmp:/t" -- sh -c 'id -u; id -g; stat -c %u:%g /t /bin; whoami; cat /proc/self/uid_map | tr -s " "'
  assert_output "77
88
77:88
0:0
$NAME
 0 1 77
 77 0 1
 78 78 $((65537 - 78))"
}

@test "keep-id: the user of the image, and --user, stay; HOME is where a mount brings it" {
  inside --userns keep-id -u nobody -- id -un; assert_output "nobody"
  inside --userns keep-id -w /work/here -- sh -c 'echo $HOME; pwd; touch f && stat -c %u f'
  assert_output "/work/here
/work/here
$ME"
  inside --userns keep-id -v "$BASE/tmp:$HOME" -- sh -c 'echo $HOME'; assert_output "$HOME"
  inside --userns keep-id -u 99999999 -- true; assert_failure 125 "99999999" "--user"
}

@test "keep-id: exec, attach's terminal, standard streams, logs" {
  lichen run -d --name k --network none --userns keep-id $BUSYBOX sh -c 'echo out >/dev/stdout; echo err >/dev/stderr; sleep 100'
  run_split bash -c "'$LICHEN' exec k sh -c 'id -u; echo y >/tmp/f; stat -c %u /tmp/f; echo again >/dev/stdout' | cat"
  assert_output "$ME
$ME
again"
  wait_until 5 sh -c "$LICHEN logs k 2>&1 | grep -q err"
  run_lichen logs k; assert_output "out"
  run_split script -qec "$LICHEN exec -t k stat -c %u /dev/pts/0" /dev/null
  assert_contains "$ME"
  run_split script -qec "$LICHEN run --rm -t --network none --userns keep-id $BUSYBOX sh -c 'tty; stat -c %u /dev/pts/0 /dev/console'" /dev/null
  assert_contains "/dev/pts/0"
  assert_contains "$ME"
}

@test "keep-id: two at once, both with the caller's id, and a volume that they share" {
  lichen run -d --name one --network none --userns keep-id -v shared:/data $BUSYBOX sleep 100
  lichen run -d --name two --network none --userns keep-id -v shared:/data $BUSYBOX sleep 100
  lichen exec one sh -c 'echo from-one >/data/f'
  run_lichen exec two sh -c 'cat /data/f; stat -c %u /data/f; echo more >>/data/f && rm /data/f'
  assert_output "from-one
$ME"
  # Two namespaces: the one cannot see into the other's.
  [ "$(lichen exec one readlink /proc/self/ns/user)" != "$(lichen exec two readlink /proc/self/ns/user)" ]
}

@test "keep-id: a new volume gets the image's files with the image's owners" {
  lichen run --rm --network none --userns keep-id -v etc:/etc $BUSYBOX true
  run_lichen run --rm --network none --userns keep-id -v etc:/v $BUSYBOX stat -c %u:%g /v /v/group
  assert_output "0:0
0:0"
}

@test "keep-id: Debian's tools, set-id programs and file capabilities" {
  need_debian
  run_lichen run --rm --network none --userns keep-id debian:12 sh -c 'whoami; stat -c "%U:%G %a" /usr/bin/passwd /var/mail /etc/shadow; find / -xdev ! -path "/proc/*" -nouser | head -3; head -c1 /etc/shadow'
  assert_contains "$NAME
root:root 4755
root:mail 2775
root:shadow 640"
  refute_contains "/usr"
  assert_stderr "Permission denied"
  # su is set-uid root: without a password it lets nobody but root become root.
  run_lichen run --rm --network none --userns keep-id -u 0 debian:12 sh -c 'su nobody -s /bin/sh -c "id -un"; dpkg --verify 2>&1 | grep -v missing | head -3; id -u'
  assert_contains "nobody"
  assert_contains "0"
}

@test "keep-id: the network belongs to the container: its root may set it up; sysfs is its own" {
  inside --userns keep-id -u 0 --cap-add NET_ADMIN -- sh -c 'ip addr add 192.0.2.9/32 dev lo && ip addr show lo | grep -c 192.0.2.9; ls /sys/class/net; cat /proc/sys/net/ipv4/ip_unprivileged_port_start'
  assert_output "1
lo
0"
  run_lichen run --rm --network host --userns keep-id $BUSYBOX sh -c 'id -u; ls /sys/class/net | grep -c lo'
  assert_output "$ME
1"
}

@test "keep-id: inspect tells the mode and the ids" {
  lichen create --name k --userns keep-id $BUSYBOX true
  run_lichen inspect -f '{{.HostConfig.UsernsMode}} {{json .HostConfig.IDMappings.UidMap}}' k
  assert_output "keep-id [\"0:1:$ME\",\"$ME:0:1\",\"$((ME + 1)):$((ME + 1)):$((65536 - ME))\"]"
  lichen create --name p $BUSYBOX true
  run_lichen inspect -f '{{json .HostConfig}}' p
  refute_contains IDMappings
}

@test "keep-id on a read-only root, as --rm, with --group-add keep-groups" {
  inside --userns keep-id --read-only -- sh -c 'whoami; touch /x'
  assert_contains "$NAME"
  assert_stderr "Read-only"
  inside --userns keep-id --group-add keep-groups -- grep Groups: /proc/self/status
  assert_equal "$(wc -w <<<"${output#Groups:}")" "$(awk '/^Groups:/ {print NF - 1}' /proc/self/status)" "number of groups"
}

@test "keep-id on the vfs driver, and without fuse: a copy that the image takes along" {
  LICHEN_STORAGE_DRIVER=vfs run_lichen run --rm --network none --userns keep-id $BUSYBOX stat -c %u:%g /bin/busybox
  assert_output "0:0"
  mkdir -p "$HOME/.config/lichen"
  printf '[storage]\nfuse_overlayfs = "/nonexistent"\n' >"$HOME/.config/lichen/config.toml"
  LICHEN_STORAGE_DRIVER=overlay run_lichen run --rm --network none --userns keep-id $BUSYBOX stat -c %u:%g /bin/busybox
  [ "$status" = 0 ] || [[ $stderr != *"no unprivileged overlay"* ]] || skip "no overlay here"
  assert_output "0:0"
  assert_stderr "copied once"
  LICHEN_STORAGE_DRIVER=overlay run_lichen run --rm --network none --userns keep-id $BUSYBOX stat -c %u:%g /bin
  assert_output "0:0"
  refute_stderr "copied"
  [ "$(find "$LICHEN_ROOT/layers" -maxdepth 2 -name 'shifted-*' | wc -l)" = 1 ]
  assert_equal "$(wait_until_empty 5 leftover_staging)" "" staging
  lichen tag $BUSYBOX other && lichen rmi $BUSYBOX other >/dev/null
  assert_equal "$(find "$LICHEN_ROOT/layers" -name 'shifted-*')" "" "copies after rmi"
  rm "$HOME/.config/lichen/config.toml"
  load_image busybox
}

@test "keep-id on the driver fuse-overlayfs" {
  need fuse-overlayfs
  [ -w /dev/fuse ] || skip "no /dev/fuse"
  export LICHEN_STORAGE_DRIVER=fuse-overlayfs
  inside --userns keep-id -u 0 -- sh -c 'stat -c %u:%g /bin/busybox; touch /n; chown 3:4 /n; stat -c %u:%g /n; echo x >>/etc/group; stat -c %u:%g /etc/group'
  assert_output "0:0
3:4
0:0"
}

@test "nomap: the caller has no id there" {
  mkdir -p "$BASE/tmp/n"
  chmod 755 "$BASE/tmp/n"
  inside --userns nomap -v "$BASE/tmp/n:/n" -- sh -c 'id -u; stat -c %u /n /bin /etc/hosts; touch /n/x; echo seen >/dev/stdout; cat /proc/self/uid_map | tr -s " "'
  assert_output "0
65534
0
0
seen
 0 1 65536"
  assert_stderr "Permission denied"
}

@test "auto: ranges of their own, of the size asked for, free again with the container" {
  lichen create --name a --userns auto $BUSYBOX true
  lichen create --name b --userns auto:size=500 $BUSYBOX true
  lichen create --name c --userns auto:size=2000 $BUSYBOX true
  local first
  first=$(lichen inspect -f '{{index .HostConfig.IDMappings.UidMap 0}}' a)
  python3 - "$first" "$(lichen inspect -f '{{index .HostConfig.IDMappings.UidMap 0}}' b)" "$(lichen inspect -f '{{index .HostConfig.IDMappings.UidMap 0}}' c)" <<'END'
import sys
maps = [tuple(map(int, text.split(":"))) for text in sys.argv[1:]]
assert [m[2] for m in maps] == [1024, 500, 2000], maps
ranges = sorted((m[1], m[1] + m[2]) for m in maps)
assert all(a[1] <= b[0] for a, b in zip(ranges, ranges[1:])), ranges
assert all(m[0] == 0 and m[1] >= 1 for m in maps), maps
END
  lichen rm a >/dev/null
  lichen create --name d --userns auto $BUSYBOX true
  assert_equal "$(lichen inspect -f '{{index .HostConfig.IDMappings.UidMap 0}}' d)" "$first" "the freed range"
  run_lichen create --userns auto:size=65000 $BUSYBOX true
  assert_failure 125 "auto:size=65000" "free"
}

@test "auto: it runs; images' files are root's; what it makes has ids of its range" {
  lichen run -d --name a --network none --userns auto -v data:/data $BUSYBOX sh -c 'touch /data/f; id -u; stat -c %u:%g /bin /data /data/f; echo o >/dev/stdout; sleep 100'
  wait_until 5 sh -c "$LICHEN logs a | grep -q o"
  run_lichen logs a
  assert_output "0
0:0
0:0
0:0
o"
  run_lichen exec a sh -c 'id -u; cat /proc/self/uid_map | tr -s " "'
  assert_output "0
 0 $(lichen inspect -f '{{index .HostConfig.IDMappings.UidMap 0}}' a | cut -d: -f2) 1024"
  inside --userns auto:size=100,uidmapping=7:0:1,gidmapping=7:0:1 -v "$BASE/tmp:/t" -- stat -c %u:%g /t /bin
  assert_output "7:7
0:0"
  inside --userns auto:uidmapping=0:70000:1 -- true; assert_failure 125 "uidmapping=0:70000" "65536"
}

@test "container:NAME shares the namespace of the other" {
  lichen run -d --name k --network none --userns keep-id $BUSYBOX sleep 100
  inside --userns container:k -- sh -c 'readlink /proc/self/ns/user; stat -c %u /bin; id -u'
  assert_output "$(lichen exec k readlink /proc/self/ns/user)
0
0"
  lichen pause k
  inside --userns container:k -- id -u; assert_success; assert_output 0
  lichen stop -t 0 k
  inside --userns container:k -- true; assert_failure 125 "'k'" "not running" "lichen start k"
  inside --userns container:nosuch -- true; assert_failure 125 "nosuch"
}

@test "U gives the source to the container's user, and not a directory of the system" {
  mkdir -p "$BASE/tmp/u/sub"
  touch "$BASE/tmp/u/sub/f"
  ln -s /etc/passwd "$BASE/tmp/u/link"
  inside -u 42:43 -v "$BASE/tmp/u:/u:U" -- sh -c 'stat -c %u:%g /u /u/sub /u/sub/f /u/link; echo x >>/u/sub/f'
  assert_success
  assert_output "42:43
42:43
42:43
42:43"
  inside --userns keep-id -v "$BASE/tmp/u:/u:U" -- stat -c %u:%g /u/sub/f
  assert_output "$ME:$MINE"
  assert_equal "$(stat -c %u "$BASE/tmp/u/sub/f")" "$ME" "owner on the host"
  inside -u 42:43 --mount type=tmpfs,dst=/t,U=true -- stat -c %u:%g /t; assert_output "42:43"
  inside -u 42:43 -v named:/n:U -- stat -c %u:%g /n; assert_output "42:43"
  inside -v /etc:/e:U -- true; assert_failure 125 "/etc" "lichen unshare chown"
}

@test "a mode that cannot be, and words that are none" {
  inside --userns ns:/proc/self/ns/user -- true; assert_failure 125 "ns:" "container:NAME"
  inside --userns keepid -- true; assert_failure 125 "keepid" "keep-id"
}

@test "kill -9 of monitor and container leaves nothing, not even the server of the file system" {
  lichen run -d --name k --network none --userns keep-id $BUSYBOX sleep 1000
  local monitor
  monitor=$(pgrep -u "$ME" -f "lichen-conmon.*$LICHEN_ROOT" | head -1)
  [ -n "$monitor" ]
  kill -9 "$monitor"
  wait_until_empty 5 leftover_processes
  assert_equal "$(lichen inspect -f '{{.State.Status}}' k)" "exited" status
  lichen start k
  assert_equal "$(lichen exec k id -u)" "$ME" "after the next start"
}
