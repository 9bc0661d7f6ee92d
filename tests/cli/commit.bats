#!/usr/bin/env bats
# commit: a container's changes as a layer.
load helpers

setup_file() { make_world; load_image busybox; }
teardown_file() { remove_world; }
teardown() { lichen rm -f -a -t 0 >/dev/null 2>&1 || true; }

changed() { # NAME: a container with a new, a changed, a deleted and a replaced file
  lichen run --name "$1" --network none $BUSYBOX sh -c '
    mkdir -p /new/deep; echo new >/new/deep/file; ln -s file /new/deep/link; ln /new/deep/file /new/hard; chmod 1777 /new
    echo more >>/etc/passwd; rm /etc/group; chown 5:6 /new/deep/file; printf "a b\\n" >"/new/with blank"'
}

@test "added, changed and deleted files, links, modes and owners are in the image" {
  changed one
  run_lichen commit one made:1
  assert_success
  assert_matches '^sha256:[0-9a-f]{64}$'
  run_lichen run --rm --network none made:1 sh -c 'cat /new/deep/file /new/hard "/new/with blank"; readlink /new/deep/link; stat -c %a:%u:%g /new /new/deep/file; tail -1 /etc/passwd; ls /etc/group'
  assert_equal "$output" "new
new
a b
file
1777:0:0
644:5:6
more"
  assert_stderr "No such file"
  assert_equal "$(wait_until_empty 5 leftover_staging)" ""
}

@test "the layer stands on the image's, and the archive of the image goes round without a change of ids" {
  changed two
  local id
  id=$(lichen commit two made:2)
  assert_equal "$(lichen image inspect -f '{{len .RootFS.Layers}}' made:2)" "$(($(lichen image inspect -f '{{len .RootFS.Layers}}' $BUSYBOX) + 1))"
  assert_equal "$(lichen image inspect -f '{{index .RootFS.Layers 0}}' made:2)" "$(lichen image inspect -f '{{index .RootFS.Layers 0}}' $BUSYBOX)"
  lichen save -o "$BASE/made.tar" made:2
  lichen rmi made:2 >/dev/null
  lichen load -q -i "$BASE/made.tar" >/dev/null
  assert_equal "$(lichen image inspect -f '{{.Id}}' made:2)" "$id"
  assert_equal "$(lichen run --rm --network none made:2 cat /new/deep/file)" new
}

@test "the container's settings and --change are the image's; author, message, history" {
  lichen run --name three -e A=1 -w /tmp -u 7:8 --label l=m --network none $BUSYBOX sh -c 'exit 0'
  lichen commit -a "Somebody" -m "what was done" -c 'ENV B=2' -c 'CMD ["echo", "by default"]' -c 'EXPOSE 80' --iidfile "$BASE/iid" three made:3 >/dev/null
  assert_equal "$(cat "$BASE/iid")" "$(lichen image inspect -f '{{.Id}}' made:3)"
  assert_equal "$(lichen run --rm --network none made:3)" "by default"
  assert_equal "$(lichen run --rm --network none made:3 sh -c 'echo $A $B $PWD $(id -u)')" "1 2 /tmp 7"
  assert_equal "$(lichen image inspect -f '{{.Author}} {{.Config.Labels.l}}' made:3)" "Somebody m"
  lichen history --no-trunc made:3 | grep -q "what was done"
}

@test "a running container is paused for the time only" {
  lichen run -d --name four --network none $BUSYBOX sh -c 'echo x >/x; exec sleep 1000' >/dev/null
  wait_until 5 lichen exec four test -e /x
  lichen commit four made:4 >/dev/null
  is_state four running
  assert_equal "$(lichen run --rm --network none made:4 cat /x)" x
  lichen commit --no-pause four >/dev/null
}

@test "volumes, binds, secrets and what lichen mounts stay out" {
  echo host >"$BASE/bound"
  lichen run --name five -v "$BASE/bound:/bound" -v vol:/vol --network none $BUSYBOX sh -c 'echo secret >/vol/x; cat /bound >/dev/null; echo >>/etc/hosts'
  lichen commit five made:5 >/dev/null
  run_lichen run --rm --network none made:5 sh -c 'cat /bound /vol/x; true'
  assert_output ""
}

@test "a bad name, a bad instruction, no container: refused, and nothing is made" {
  changed six
  local before
  before=$(lichen images -aq | sort)
  run_lichen commit six 'Bad Name'
  assert_failure 125 "Bad Name"
  run_lichen commit -c 'RUN x' six made:6
  assert_failure 125 "RUN"
  run_lichen commit nosuch made:6
  assert_failure 125 "no such container: nosuch"
  assert_equal "$(lichen images -aq | sort)" "$before"
}

@test "on a terminal it says how far it is; -q, and what is no terminal, gets the id alone" {
  changed seven
  run_split python3 "$HELPERS/terminal.py" -- "$LICHEN" commit seven
  assert_success
  assert_contains "layer done"
  assert_matches 'sha256:[0-9a-f]{64}'
  run_split python3 "$HELPERS/terminal.py" -- "$LICHEN" commit -q seven
  assert_success
  assert_matches '^sha256:[0-9a-f]{64}[[:space:]]*$'
  run_lichen commit seven
  assert_matches '^sha256:[0-9a-f]{64}$'
  assert_equal "$stderr" ""
}

@test "--pause=false and --no-pause let it run; the event tells" {
  lichen run -d --name busy --network none $BUSYBOX sh -c 'while :; do date +%s%N >/now; done' >/dev/null
  local flag since
  for flag in --pause --pause=false --no-pause; do
    since=$(date +%s.%N)
    lichen commit "$flag" busy localhost/busy >/dev/null
    run_lichen events --stream=false --since "$since" --filter container=busy --format '{{.Action}}'
    # flags: commit --pause --no-pause
    if [ "$flag" = --pause ]; then assert_contains pause; else refute_contains pause; fi
  done
  lichen rm -f -t 0 busy
  lichen rmi localhost/busy
}
