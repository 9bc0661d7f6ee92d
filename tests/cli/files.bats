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

@test "diff with the driver vfs, and with other owners (keep-id)" {
  local change='echo x >/new; rm /bin/wget; chmod 700 /tmp'
  lichen --storage-driver vfs run --name v1 --network none $BUSYBOX sh -c "$change"
  run_lichen diff v1; assert_output $'C /bin\nD /bin/wget\nA /new\nC /tmp'
  lichen rm v1
  lichen run --name k1 --userns keep-id --user 0 --network none $BUSYBOX sh -c "$change"
  run_lichen diff k1; assert_output $'C /bin\nD /bin/wget\nA /new\nC /tmp'
  lichen rm k1
}

@test "diff with the driver fuse-overlayfs" {
  need fuse-overlayfs
  [ -w /dev/fuse ] || skip "/dev/fuse is closed to this user"
  lichen --storage-driver fuse-overlayfs run --name f1 --network none $BUSYBOX sh -c 'echo x >/new; rm /bin/wget; chmod 700 /tmp'
  run_lichen diff f1; assert_output $'C /bin\nD /bin/wget\nA /new\nC /tmp'
  lichen rm f1
}

@test "export: the merged files of running and stopped containers, without volumes; refuses a terminal" {
  lichen run -d --name e1 --network none -v evol:/data $BUSYBOX sh -c 'echo new >/new; rm /bin/wget; touch /data/inside; chown 5:6 /new; sleep 1000'
  wait_until 5 lichen exec e1 test -e /data/inside
  lichen export -o "$BASE/e1.tar" e1
  run tar -tf "$BASE/e1.tar"; assert_contains $'\nnew'; assert_contains bin/busybox; refute_contains bin/wget; refute_contains data/inside
  assert_equal "$(tar -xOf "$BASE/e1.tar" new)" new "content"
  if has_subids; then assert_equal "$(tar --numeric-owner -tvf "$BASE/e1.tar" new | awk '{print $2}')" 5/6 "owner"; fi
  lichen stop -t 0 e1
  lichen export e1 >"$BASE/e2.tar"
  assert_same_lines "$(tar -tf "$BASE/e2.tar" | sort)" "$(tar -tf "$BASE/e1.tar" | sort)" "stopped and running"
  run_split script -qec "$LICHEN export e1" /dev/null; assert_contains terminal
  lichen import -q "$BASE/e1.tar" localhost/exported >/dev/null
  run_lichen run --rm --network none localhost/exported cat /new; assert_output new
  lichen rm e1; lichen rmi localhost/exported
}

@test "cp: docker's rules for files, directories and trailing slashes, running and stopped" {
  cd "$BASE"
  mkdir -p src/sub; echo one >src/one; echo two >src/sub/two; ln -s one src/link; echo f >file
  lichen run -d --name c1 --network none -v cvol:/vol $BUSYBOX sleep 1000
  local round
  for round in running stopped; do
    [ $round = running ] || lichen stop -t 0 c1
    run_lichen cp file c1:/tmp/$round; assert_success; assert_output ""
    run_lichen cp c1:/tmp/$round - ; assert_success
    lichen cp c1:/tmp/$round "out-$round"; assert_equal "$(cat "out-$round")" f "file to a new name"
    lichen cp src c1:/tmp/new-$round               # becomes it
    lichen cp src c1:/tmp/new-$round               # goes into it
    lichen cp src/. c1:/vol                        # what is in it, into a volume
    rm -rf back; lichen cp c1:/tmp/new-$round back
    assert_equal "$(cd back && find . | sort | tr '\n' ' ')" ". ./link ./one ./src ./src/link ./src/one ./src/sub ./src/sub/two ./sub ./sub/two " "tree"
    assert_equal "$(readlink back/link)" one "a symlink stays one"
    rm -rf v; mkdir v; lichen cp c1:/vol/. v; assert_equal "$(cat v/sub/two)" two "volume"
    mkdir -p into; lichen cp c1:/vol/one into/; assert_equal "$(cat into/one)" one "file into a directory"
    rm -f followed; lichen cp -L c1:/vol/link followed; [ ! -L followed ]; assert_equal "$(cat followed)" one "-L"
    rm -f followed; lichen cp c1:/vol/link followed; [ -L followed ]; rm followed
    run_lichen cp src c1:/tmp/$round; assert_failure 1 "cannot copy directory"
    run_lichen cp file c1:/tmp/none/; assert_failure 1 "no such directory"
    run_lichen cp file c1:/none/file; assert_failure 1 "Could not find the file /none in container c1"
    run_lichen cp c1:/none .; assert_failure 1 "Could not find the file /none in container c1"
    run_lichen cp none c1:/; assert_failure 1 "no such file or directory"
    run_lichen cp c1:/vol/one none/x; assert_failure 1 "invalid output path"
    mkdir -p clash/one; run_lichen cp c1:/vol/one clash; assert_failure 1 "cannot overwrite directory"
    run_lichen cp --overwrite c1:/vol/one clash; assert_success; [ -f clash/one ]; rm -rf clash
  done
  run_lichen cp file file2; assert_failure 1 "must specify at least one container source"
  run_lichen cp file nosuch:/; assert_failure 125 nosuch
  [ "$(stat -c %u back/one)" = "$(id -u)" ]
  lichen start c1 >/dev/null
  run_lichen exec c1 stat -c %u:%g /vol/one; assert_output 0:0
  lichen exec c1 sh -c 'echo x >/tmp/owned; chown 7:8 /tmp/owned'
  lichen run -d --name c2 --network none $BUSYBOX sleep 1000
  lichen cp c1:/vol c2:/from; run_lichen exec c2 cat /from/sub/two; assert_output two
  lichen cp c1:/tmp/owned c2:/plain; run_lichen exec c2 stat -c %u:%g /plain; assert_output 0:0
  if has_subids; then lichen cp -a c1:/tmp/owned c2:/kept; run_lichen exec c2 stat -c %u:%g /kept; assert_output 7:8; fi
  # A mount point is written, not replaced.
  echo 1.2.3.4 name >hosts; lichen cp hosts c1:/etc/hosts; run_lichen exec c1 cat /etc/hosts; assert_output "1.2.3.4 name"
  lichen rm -f -t 0 c1 c2
}

@test "cp -: a tar in and out; names with a newline; --quiet" {
  cd "$BASE"
  mkdir -p t; printf x >$'t/two\nlines'; tar -C t -cf in.tar .
  lichen run -d --name c3 --network none $BUSYBOX sleep 1000
  lichen cp - c3:/tmp <in.tar
  run_lichen exec c3 sh -c 'cat "/tmp/two
lines"'; assert_output x
  lichen cp c3:/tmp - >out.tar
  mkdir -p o; tar -C o -xf out.tar; assert_equal "$(cat $'o/tmp/two\nlines')" x "out"
  run_lichen cp $'c3:/tmp/two\nlines' o/; assert_success; [ -f $'o/two\nlines' ]
  run_split "$LICHEN" cp - c3:/bin/busybox <in.tar; assert_failure 1 "not a directory"
  run_lichen cp --quiet=false in.tar c3:/; assert_stderr "Successfully copied"
  run_lichen cp in.tar c3:/; refute_stderr "Successfully"
  lichen rm -f -t 0 c3
}

@test "cp: symlinks of the container lead nowhere outside of it, in and out, and host paths stay whole (C03, C37)" {
  cd "$BASE"
  echo secret >victim; mkdir -p vdir; echo mine >vdir/keep; echo evil >evil
  lichen run -d --name a1 --network none $BUSYBOX sh -c "ln -s $BASE/victim /abs; ln -s ../../../../../../..$BASE/victim /rel; ln -s $BASE/vdir /dir; ln -s /proc/1/root /magic; ln -s loop /loop; mkdir /tree; ln -s $BASE/vdir /tree/vdir; ln -s /run /var-run; sleep 1000"
  wait_until 5 lichen exec a1 test -L /var-run
  local way round
  for round in running stopped; do
    [ $round = running ] || lichen stop -t 0 a1
    for way in abs rel; do
      run_lichen cp -L a1:/$way got; assert_status 1; [ ! -e got ]
      run_lichen cp evil a1:/$way                 # may fail, or make the file in the container
      assert_equal "$(cat victim)" secret "host file by $way"
    done
    run_lichen cp evil a1:/dir/; assert_status 1
    run_lichen cp a1:/dir/keep got; assert_status 1
    run_lichen cp a1:/loop/x got; assert_failure 125 "Too many levels of symbolic links"
    run_lichen cp evil "a1:/magic$BASE/vdir/"; [ "$status" -ne 0 ]
    assert_equal "$(ls vdir)" keep "host directory"
    run_lichen cp evil a1:/var-run/ok; assert_success           # the twin: a link within works
    rm -rf tree; lichen cp a1:/tree tree; [ -L tree/vdir ]
    # Copied over a tree that has a directory in its place, the link is refused, and the other way round.
    rm -rf tree; mkdir -p tree/tree/vdir; run_lichen cp a1:/tree tree; assert_failure 1 "cannot overwrite"
  done
  assert_equal "$(ls vdir) $(cat victim)" "keep secret" "host"
  lichen rm -f -t 0 a1
}

tally() { # NAME: counts there a cp that was done; one that was not was refused because its path was gone or a link
  if ((status == 0)); then
    printf -v "$1" %d $((${!1} + 1))
    return
  fi
  [[ $status =~ ^(1|125)$ && $stderr =~ (Could not find the file|No such file|symbolic links|Not a directory) ]] ||
    fail_with "cp" "done, or refused for its path" "$status: $stderr"
}

@test "cp while the container swaps path parts: nothing of the host is read or written (C37)" {
  cd "$BASE"
  local hostdir=$BASE/hostdir i in=0 out=0
  mkdir -p "$hostdir"; echo hostsecret >"$hostdir/f"; echo payload >payload; mkdir -p swap-out
  lichen run -d --name s1 --network none $BUSYBOX sh -c "mkdir -p /w/real; echo inside >/w/real/f; cd /w; while :; do mv real d; mv d real; ln -s $hostdir d; mv -T d gone 2>/dev/null; rm -f d gone; mkdir -p d; echo inside >d/f; rm -rf d; ln -sf /proc/1/root$hostdir d; rm -f d; done"
  for ((i = 0; i < 150 * ${LICHEN_TEST_ROUNDS:-1}; i++)); do
    run_lichen cp payload s1:/w/d/f
    tally in
    run_lichen cp s1:/w/d "swap-out/$i"
    tally out
    [ -z "$(find swap-out -type f -exec grep -l hostsecret {} +)" ]
    [ ! -e "swap-out/$i" ] || lichen unshare rm -rf "swap-out/$i"
  done
  # What is refused always would prove nothing.
  assert_less 0 $in "copies in that met the directory"
  assert_less 0 $out "copies out that met it"
  assert_equal "$(ls "$hostdir") $(cat "$hostdir/f")" "f hostsecret" "the host's directory"
  lichen rm -f -t 0 s1
}

@test "cp into a stopped container and its start exclude each other: one overlay, one mount" {
  cd "$BASE"
  local directory holder i
  echo 0 >number
  lichen create --name race --network none --tmpfs /now $BUSYBOX sh -c 'trap "exit 0" TERM; echo x >>/seen; touch /now/up; while :; do sleep 0.02; done'
  directory=$LICHEN_ROOT/containers/$(lichen inspect -f '{{.Id}}' race)
  # While somebody holds the files both say who it is.
  mkfifo go
  flock -x "$directory" sh -c 'echo held >holds; read -r _ <go' 3>&- 4>&- &
  holder=$!
  wait_until 5 test -s holds
  "$LICHEN" start race >start.out 2>&1 3>&- 4>&- &
  run_lichen cp number race:/; assert_failure 125 "container race: its files are in use" "held after"
  wait $! && fail_with "start" "refused" "it was started"
  run_lichen unshare "$LICHEN" mount race; assert_failure 1 "container race: its files are in use"
  grep -q "container race: its files are in use" start.out
  is_state race created
  echo >go; wait "$holder"
  # And without: whatever comes first, what is copied is there, and nothing of the container's own is lost.
  for ((i = 1; i <= ${LICHEN_TEST_ROUNDS:-1} * 15; i++)); do
    echo $i >number
    "$LICHEN" start race >start.out 2>&1 3>&- 4>&- &
    run_lichen cp number race:/; assert_success
    wait $! || fail_with "start" "started" "$(cat start.out)"
    wait_until 5 lichen exec race test -e /now/up
    assert_equal "$(lichen exec race cat /number)" $i "what the running container sees"
    lichen stop race >/dev/null
    run_lichen cp race:/number copied-back; assert_success
    assert_equal "$(cat copied-back)" $i "what lies on the disk"
  done
  lichen cp race:/seen seen
  assert_equal "$(wc -l <seen)" $((i - 1)) "lines of the container itself"
  lichen rm race
}
