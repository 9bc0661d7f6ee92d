#!/usr/bin/env bats
# What is ours stays ours: modes whatever the umask, runtime directories of any length, places that somebody else made
# before us, sockets that another user reaches (C39 C40).
load helpers

setup_file() { make_world; load_image busybox; }
teardown_file() { remove_world; }

@test "C39 umask 000 and 077: folders 0700, sockets and logs for nobody else, and the image's own modes as they are" {
  local mask
  for mask in 000 077; do
    (
      umask $mask
      export LICHEN_ROOT=$LICHEN_ROOT-$mask XDG_RUNTIME_DIR=$BASE/run$mask
      mkdir -m 700 "$XDG_RUNTIME_DIR"
      load_image busybox
      lichen volume create v
      lichen run -d --name private -v v:/v --network none $BUSYBOX sh -c 'echo logged; exec sleep 1000'
      wait_until 5 eval 'lichen logs private | grep -q logged'
      assert_equal "$(stat -c %a "$LICHEN_ROOT")" 700 "mode of the root, umask $mask"
      assert_equal "$(stat -c %a "$XDG_RUNTIME_DIR/lichen")" 700 "mode of the runtime directory, umask $mask"
      assert_equal "$(find "$LICHEN_ROOT" -mindepth 1 -maxdepth 1 -type d -perm /077)" "" "open folders below the root"
      assert_equal "$(find "$XDG_RUNTIME_DIR/lichen" -type s -perm /077 -printf '%p %#m ')" "" "open sockets"
      assert_equal "$(find "$LICHEN_ROOT/containers" -maxdepth 2 \( -name '*log*' -o -name '*.json' \) -perm /022 -printf '%p %#m ')" "" "records that others could write"
      # Twins: in the image all is as its layer says, also for the user inside.
      run_lichen exec -u user private sh -c 'stat -c %a /bin /etc/passwd /tmp; cat /etc/passwd >/dev/null; umask'
      assert_output $'755\n644\n1777\n0022'
      lichen rm -f private
      lichen unshare rm -rf "$LICHEN_ROOT"
    ) || return 1
  done
}

@test "C39 a set-uid program of an image is out of reach for other users; in the container it has its bits" {
  has_subids || skip "no second id to play another user"
  python3 - "$HELPERS" "$BASE/suid.tar" <<'PY'
import sys
sys.path.insert(0, sys.argv[1])
import make_image
layer = make_image.Layer().file("bin/rootsh", open("/bin/busybox", "rb").read(), 0o4755)
make_image.write_archive(sys.argv[2], "localhost/suid:latest", [make_image.busybox_layer(), layer.bytes()], {"Cmd": ["sh"]})
PY
  lichen load -q -i "$BASE/suid.tar"
  local file
  file=$(lichen unshare find "$LICHEN_ROOT/layers" -name rootsh -perm -4000 | head -n 1)
  [ -n "$file" ]
  # Another id of ours plays the other user: it has no more rights outside than a stranger.
  # (setpriv itself keeps its capabilities until it executes.)
  run_lichen unshare setpriv --reuid 1234 --regid 1234 --clear-groups sh -c 'exec "$0" sh' "$file"
  [ "$status" != 0 ]
  assert_stderr "ermission denied"
  run_lichen run --rm --network none localhost/suid stat -c %a /bin/rootsh
  assert_output 4755
}

@test "C40 a runtime directory of 200 characters: run, exec, attach, stop" {
  local long
  long=$BASE/$(printf 'x%.0s' {1..99})/$(printf 'y%.0s' {1..99})
  mkdir -p "$long"
  chmod 700 "$long"
  (
    export XDG_RUNTIME_DIR=$long LICHEN_ROOT=$LICHEN_ROOT-long
    load_image busybox
    lichen run -d -it --name far --network none $BUSYBOX sh
    run_lichen exec far echo reached; assert_output "reached"
    [[ $(readlink "$LICHEN_ROOT/run") == "$long"/* ]] || fail_with "the runtime directory" "below $long" "$(readlink "$LICHEN_ROOT/run")"
    run_split "$HELPERS/terminal.py" --step 'send:echo $((6*7))\r' --step 'expect:42' --step 'send:\x10\x11' -- "$LICHEN" attach far
    assert_success
    lichen stop -t 0 far
    lichen rm far
    lichen unshare rm -rf "$LICHEN_ROOT"
  )
}

@test "C40 a runtime directory that somebody else made before us is not used" {
  has_subids || skip "no second id to play another user"
  local kind
  for kind in symlink stranger open file; do
    rm -rf "$BASE/taken" 2>/dev/null || lichen unshare rm -rf "$BASE/taken"
    mkdir -m 700 "$BASE/taken" "$BASE/theirs-$kind"
    case $kind in
      symlink) ln -s "$BASE/theirs-$kind" "$BASE/taken/lichen" ;;
      stranger) mkdir "$BASE/taken/lichen"; lichen unshare chown 1234:1234 "$BASE/taken/lichen" ;;
      open) mkdir "$BASE/taken/lichen"; chmod 777 "$BASE/taken/lichen" ;;
      file) echo >"$BASE/taken/lichen" ;;
    esac
    XDG_RUNTIME_DIR=$BASE/taken LICHEN_ROOT=$LICHEN_ROOT-$kind run_lichen ps
    assert_success
    [[ $(readlink "$LICHEN_ROOT-$kind/run") == "$BASE"/taken/lichen-* ]] || fail_with "$kind" "another name" "used: $(ls -laR "$BASE/taken")"
    assert_equal "$(lichen unshare find "$BASE/taken/lichen" -mindepth 1)" "" "what was put into it"
    assert_equal "$(ls -A "$BASE/theirs-$kind")" "" "what was put where the symlink leads"
    rm -rf "$LICHEN_ROOT-$kind"
  done
  # And a pointer that leads to a stranger's directory is passed over.
  mkdir -m 700 "$BASE/stranger"
  lichen unshare chown 1234:1234 "$BASE/stranger"
  mkdir -m 700 "$LICHEN_ROOT-pointer" "$BASE/own"
  ln -s "$BASE/stranger" "$LICHEN_ROOT-pointer/run"
  XDG_RUNTIME_DIR=$BASE/own LICHEN_ROOT=$LICHEN_ROOT-pointer run_lichen ps
  assert_success
  assert_equal "$(readlink "$LICHEN_ROOT-pointer/run")" "$BASE/own/lichen" "the pointer"
  lichen unshare rm -rf "$LICHEN_ROOT-pointer" "$BASE/stranger"
}

@test "C40 C41 another user who reaches the sockets is turned away; we are not" {
  has_subids || skip "no second id to play another user"
  lichen run -d --name sockets --network none $BUSYBOX sleep 1000
  local folder="" socket=""
  folder=$(lichen unshare find "$(readlink "$LICHEN_ROOT/run")/" -type d -path "*/containers/*" -name "$(lichen inspect -f '{{.Id}}' sockets)" | head -n 1)
  [ -n "$folder" ]
  cat >"$BASE/knock.py" <<'PY'
import os, socket, sys
folder, name, uid = sys.argv[1], sys.argv[2], int(sys.argv[3])
os.chdir(folder)
if uid:
    os.setgroups([]); os.setresgid(uid, uid, uid); os.setresuid(uid, uid, uid)
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.settimeout(3)
try:
    s.connect(name)
except OSError as error:
    sys.exit("refused: " + error.strerror)
try:
    print("closed" if s.recv(100) == b"" else "answered")
except socket.timeout:
    print("open")
except ConnectionResetError:
    print("closed")
PY
  for socket in $(cd "$folder" && find . -type s); do
    run_lichen unshare python3 "$BASE/knock.py" "$folder" "$socket" 1234
    assert_stderr "refused: Permission denied"
    # With all doors open the peer's id still counts.
    chmod 711 "$folder"
    chmod 666 "$folder/$socket"
    run_lichen unshare python3 "$BASE/knock.py" "$folder" "$socket" 1234
    assert_output "closed"
    run_lichen unshare python3 "$BASE/knock.py" "$folder" "$socket" 0
    [ "$output" = open ] || [ "$output" = answered ] || fail_with "our own connection to $socket" "open" "$output $stderr"
    chmod 700 "$folder"
    chmod 600 "$folder/$socket"
  done
  [ -n "$socket" ] || fail_with "sockets of the container" "some" "none below $folder"
  lichen rm -f sockets
}
