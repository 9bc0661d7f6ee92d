#!/usr/bin/env bats
# Secrets: into a container's memory, and nowhere else.
load helpers

setup_file() { make_world; load_image busybox; }
teardown_file() { remove_world; }

MARK=xyzzy-4711-marker # the value that must turn up nowhere

srun() { run_lichen run --rm --network none "$@"; }
from_stdin() { printf %s "$1" | lichen secret create "${@:2}" -; }

# Files beneath the world's directories that hold the marker, but the store's own file.
places_of_marker() {
  lichen unshare grep -rlaF "$MARK" "$LICHEN_ROOT" "$XDG_RUNTIME_DIR" 2>/dev/null | grep -v "^$LICHEN_ROOT/secrets/" || true
}

@test "create from a file, standard input and a variable; ls, inspect, exists, rm" {
  echo one >"$BASE/tmp/file"
  run_lichen secret create --label app=web file-secret "$BASE/tmp/file"; assert_success
  assert_matches '^[0-9a-f]{25}$'
  local id=$output
  from_stdin two stdin-secret >/dev/null
  TOKEN=three run_lichen secret create --env env-secret TOKEN; assert_success
  run_lichen secret ls
  assert_matches '^ID +NAME +DRIVER +CREATED +UPDATED'
  run_lichen secret ls --format '{{.Name}} {{.Driver}}'; assert_output $'env-secret file\nfile-secret file\nstdin-secret file'
  run_lichen secret ls -q --filter label=app=web; assert_output "$id"
  run_lichen secret ls --format '{{.Name}}' --filter name=stdin; assert_output stdin-secret
  run_lichen secret ls -n --format 'table {{.Name}}' --filter id="${id:0:8}"; assert_output file-secret
  run_lichen secret inspect -f '{{.Spec.Name}} {{index .Spec.Labels "app"}} {{.ID}}' "${id:0:10}"; assert_output "file-secret web $id"
  run_lichen secret inspect file-secret; refute_contains "one"; assert_contains '"Driver"'
  run_lichen secret inspect --pretty file-secret; assert_contains "app=web"; assert_contains "Name:            file-secret"
  assert_equal "$(stat -c %a "$LICHEN_ROOT/secrets/file-secret")" 600 "mode on disk"
  assert_equal "$(stat -c %a "$LICHEN_ROOT/secrets")" 700 "mode of the directory"
  lichen secret exists file-secret
  run_lichen secret exists nosuch; assert_status 1
  run_lichen secret rm file-secret "${id:0:10}x"; assert_status 1; assert_output file-secret
  run_lichen secret rm --ignore nosuch; assert_success
  run_lichen secret rm --all; assert_success
  run_lichen secret ls -q; assert_output ""
}

@test "create: a name that is taken, --replace, --ignore, bad names and values" {
  local id
  id=$(from_stdin old dup)
  run_lichen secret create dup /etc/hostname; assert_failure 125 dup --replace
  run_lichen secret create --ignore dup /etc/hostname; assert_output "$id"
  run_lichen secret create --replace dup - <<<"new"; assert_output "$id"
  srun --secret dup $BUSYBOX cat /run/secrets/dup; assert_output new
  run_lichen secret create bad/name /etc/hostname; assert_failure 125 "bad/name"
  run_lichen secret create empty - </dev/null; assert_failure 125 empty "1 to 512000"
  head -c 512001 /dev/zero >"$BASE/tmp/long"
  run_lichen secret create long "$BASE/tmp/long"; assert_status 125
  run_lichen secret create none "$BASE/tmp/none"; assert_failure 125 "$BASE/tmp/none"
  run_lichen secret create --env none NO_SUCH_VARIABLE; assert_failure 125 NO_SUCH_VARIABLE
  run_lichen secret create --driver vault x /etc/hostname; assert_failure 125 vault
  run_lichen secret inspect dup; assert_success; [[ $output != *SecretData* ]] || fail_with "inspect" "no value" "$output"
  run_lichen secret inspect --showsecret -f "{{.SecretData}}" dup; assert_output "new"
  lichen secret rm dup
}

@test "--secret: a file in /run/secrets on a tmpfs, mode, owner and place as asked, every byte" {
  head -c 3000 /dev/urandom >"$BASE/tmp/bytes"
  lichen secret create bytes "$BASE/tmp/bytes" >/dev/null
  from_stdin line line >/dev/null
  srun --secret bytes $BUSYBOX sha256sum /run/secrets/bytes
  assert_output "$(sha256sum <"$BASE/tmp/bytes" | cut -d' ' -f1)  /run/secrets/bytes"
  srun --secret line $BUSYBOX stat -c '%a %u %g' /run/secrets/line; assert_output "444 0 0"
  srun --secret line $BUSYBOX sh -c 'stat -f -c %T /run/secrets; echo x >/run/secrets/line'
  assert_contains tmpfs; assert_stderr "Read-only"
  srun --secret line,target=a/b,mode=0400 $BUSYBOX stat -c %a /run/secrets/a/b; assert_output 400
  srun --secret source=line,target=/etc/app.key,type=mount --secret line $BUSYBOX sh -c 'cat /etc/app.key /run/secrets/line'
  assert_output lineline
  run_lichen secret ls -q; assert_equal "$(wc -l <<<"$output")" 2 "secrets in sight"
  has_subids || return 0
  srun --secret line,uid=1000,gid=50,mode=0440 $BUSYBOX stat -c '%a %u %g' /run/secrets/line; assert_output "440 1000 50"
  srun --secret line,uid=1000,mode=0400 --user 1000 $BUSYBOX cat /run/secrets/line; assert_output line
  srun --secret line,uid=1000,mode=0400 --user 1001 $BUSYBOX cat /run/secrets/line; assert_stderr "denied"
  srun --userns keep-id --secret line,uid="$(id -u)",mode=0400 $BUSYBOX cat /run/secrets/line; assert_output line
}

@test "--secret type=env: a variable for the process and for exec" {
  from_stdin "$MARK" token >/dev/null
  srun --secret token,type=env $BUSYBOX sh -c 'echo "$token"'; assert_output "$MARK"
  srun --secret token,type=env,target=API -e API=lost $BUSYBOX sh -c 'echo "$API"; ls /run/secrets 2>&1'
  assert_contains "$MARK"
  lichen run -d --name envc --network none --secret token,type=env,target=API $BUSYBOX sleep 600 >/dev/null
  run_lichen exec envc sh -c 'echo "$API"'; assert_output "$MARK"
  lichen rm -f -t 0 envc
  printf 'a\0b' | lichen secret create nul - >/dev/null
  srun --secret nul,type=env $BUSYBOX true; assert_failure 125 nul NUL
}

@test "the value is in no record, inspect, log, layer, command line or leftover" {
  lichen secret rm -a >/dev/null
  from_stdin "$MARK" hidden >/dev/null
  lichen run -d --name holder --network none --secret hidden --secret hidden,type=env,target=H $BUSYBOX \
    sh -c 'test -n "$H" && cat /run/secrets/hidden >/dev/null && touch /written && exec sleep 600' >/dev/null
  wait_until 10 lichen exec holder test -e /written
  run_lichen inspect holder; refute_contains "$MARK"; assert_contains '"hidden"'
  assert_equal "$(lichen inspect -f '{{range .Config.Secrets}}{{.Name}} {{.Mode}} {{end}}' holder)" "hidden 292 hidden 292 " "Config.Secrets"
  local pid
  for pid in $(pgrep -u "$(id -u)" -f "$LICHEN_ROOT"); do
    if tr '\0' ' ' <"/proc/$pid/cmdline" | grep -F "$MARK"; then fail_with "command line of $pid" "no value" "it is there"; fi
  done
  # While it runs the OCI spec in the run directory (0700, in memory) holds the variable; nothing else does.
  places_of_marker | grep -v "^$XDG_RUNTIME_DIR" >"$BASE/tmp/places" || true
  assert_equal "$(cat "$BASE/tmp/places")" "" "files that hold the value while it runs"
  lichen stop -t 0 holder >/dev/null
  wait_until 5 is_state holder exited
  assert_equal "$(wait_until_empty 5 places_of_marker)" "" "files that hold the value after the end"
  lichen start holder >/dev/null
  run_lichen exec holder sh -c 'echo "$H $(cat /run/secrets/hidden)"'; assert_output "$MARK $MARK"
  lichen rm -f -t 0 holder
  assert_equal "$(places_of_marker)" "" "files that hold the value after rm"
}

@test "a monitor that is killed leaves no value behind either; other runtimes get secrets too" {
  lichen secret rm -a >/dev/null
  from_stdin "$MARK" hidden >/dev/null
  lichen run -d --name victim --network none --secret hidden,type=env,target=H $BUSYBOX sleep 600 >/dev/null
  kill -KILL "$(lichen inspect -f '{{.State.ConmonPid}}' victim)"
  wait_until 10 is_state victim exited
  assert_equal "$(wait_until_empty 5 places_of_marker)" "" "files that hold the value after the monitor was killed"
  lichen rm victim >/dev/null
  local runtime
  for runtime in crun runc; do
    # Debian's crun refuses hybrid cgroups: then there is nothing to see here.
    command -v $runtime >/dev/null && lichen run --rm --network none --runtime $runtime $BUSYBOX true 2>/dev/null || continue
    srun --runtime $runtime --secret hidden,mode=0400 --secret hidden,type=env,target=H $BUSYBOX sh -c 'echo "$H"; cat /run/secrets/hidden'
    assert_output "$MARK
$MARK" || return 1
    assert_equal "$(places_of_marker)" "" "files that hold the value after $runtime"
  done
}

@test "create and rm of one secret at the same time: never a container without its secret" {
  local i
  for i in $(seq 12); do
    from_stdin "$i" volatile >/dev/null
    lichen create --name "race$i" --network none --secret volatile $BUSYBOX cat /run/secrets/volatile >/dev/null 2>&1 &
    lichen secret rm volatile >/dev/null 2>&1 || true
    wait $! || true
    if lichen container exists "race$i"; then
      run_lichen start -a "race$i"; assert_output "$i" || return 1
      lichen rm "race$i" >/dev/null
    fi
    lichen secret rm -i volatile >/dev/null 2>&1 || true
  done
  assert_equal "$(wait_until_empty 5 leftover_staging)" "" "staging"
}

@test "a missing secret is named, with a near name; nothing is left behind" {
  from_stdin x database-password >/dev/null
  srun --name missing --secret database-pasword $BUSYBOX true
  assert_failure 125 database-pasword "did you mean 'database-password'"
  run_lichen create --name missing --secret nosuch $BUSYBOX; assert_failure 125 nosuch database-password
  run_lichen container exists missing; assert_status 1
  local word
  for word in ',type=env' 'x,type=file' 'x,mode=9' 'x,uid=me' 'x,nosuch=1' 'x,target=../y' 'x,type=env,mode=0400' 'a/b'; do
    run_lichen create --secret "$word" $BUSYBOX true; assert_failure 125 "--secret"
  done
}

@test "rm of a secret that a container names is refused; a new value comes at the next start" {
  from_stdin v1 rotating >/dev/null
  lichen create --name user --network none --secret rotating $BUSYBOX cat /run/secrets/rotating >/dev/null
  run_lichen secret rm rotating; assert_status 1; assert_stderr "in use by container user"
  run_lichen start -a user; assert_output v1
  from_stdin v2 --replace rotating >/dev/null
  run_lichen start -a user; assert_output v2
  lichen rm user
  run_lichen secret rm rotating; assert_output rotating
}

@test "two creates of one name: one wins whole" {
  local i
  for i in 1 2 3 4 5 6; do from_stdin "value-$i" race >"$BASE/tmp/race.$i" 2>/dev/null & done
  wait
  assert_equal "$(cat "$BASE"/tmp/race.* | wc -l)" 1 "winners"
  srun --secret race $BUSYBOX cat /run/secrets/race; assert_matches '^value-[1-6]$'
  assert_equal "$(wait_until_empty 5 leftover_staging)" "" "staging"
}

@test "a mount at the same place is an error that says so" {
  from_stdin x placed >/dev/null
  srun --secret placed --tmpfs /run/secrets $BUSYBOX true; assert_failure 125 /run/secrets
  srun --secret placed --tmpfs /run $BUSYBOX cat /run/secrets/placed; assert_output x
  srun --secret placed --read-only $BUSYBOX cat /run/secrets/placed; assert_output x
  srun --secret placed --secret placed,target=placed $BUSYBOX true; assert_failure 125 placed
}

@test "a damaged secret is named and harms no other" {
  from_stdin ok good >/dev/null
  from_stdin x broken >/dev/null
  echo '{' >"$LICHEN_ROOT/secrets/broken"
  run_lichen secret ls --format '{{.Name}}'; assert_contains good; refute_contains broken; assert_stderr broken
  srun --secret good $BUSYBOX cat /run/secrets/good; assert_output ok
  run_lichen system check; assert_status 1; assert_contains "secret broken"
  cp "$LICHEN_ROOT/secrets/broken" "$BASE/tmp/broken"
  run_lichen system check --repair; assert_success
  run_lichen secret exists broken; assert_status 1
  run_lichen secret exists good; assert_success
  cp "$BASE/tmp/broken" "$LICHEN_ROOT/secrets/broken"
  run_lichen secret rm broken; assert_success
}
