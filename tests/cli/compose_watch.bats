#!/usr/bin/env bats
# compose watch and up --watch: what changes on the host is carried into containers, or they are restarted or made anew.
# ctest: timeout=300
load helpers
load compose_helpers

setup() {
  project_folder shop
  mkdir src
  echo hello >src/index.html
}
teardown() {
  [ -z "${WATCH:-}" ] || kill -KILL "$WATCH" 2>/dev/null || true
  lichen compose -p shop down -v -t 0 --remove-orphans --rmi local >/dev/null 2>&1 || true
  lichen rm -f -a -t 0 >/dev/null 2>&1 || true
}

# A server of files, with a rule: server RULE...
server() {
  {
    printf 'name: shop\nservices:\n  web:\n    image: %s\n    command: httpd -f -p 8080\n    working_dir: /www\n    user: "33:44"\n    stop_grace_period: 0s\n' "$BUSYBOX"
    printf '    develop:\n      watch:\n'
    printf '        - %s\n' "$@"
  } >compose.yaml
}
kServe='{action: sync, path: src, target: /www, initial_sync: true, ignore: ["*.log", "tmp/"]}'

# lichen compose ARGS in the background, until it watches; its output is in `out`.
begin() {
  "$LICHEN" compose "$@" >out 2>err 3>&- 4>&- &
  WATCH=$!
  wait_until 30 says 'Watch enabled' || { cat out err >&2; return 1; }
}
says() { grep -qF -- "$1" out; }
end() { # by Ctrl-C; status is its code
  kill -INT "$WATCH"
  status=0
  wait "$WATCH" || status=$?
  WATCH=
}
page() { lichen exec shop-web-1 wget -qO- "http://127.0.0.1:8080/$1" 2>/dev/null; }
serves() { [ "$(page "$1")" = "$2" ]; }
has() { lichen exec "${2:-shop-web-1}" test -e "$1" 2>/dev/null; }
has_not() { if has "$1"; then return 1; fi; }
# All that was changed before is in the container when this one is: a batch is carried as a whole.
carried() {
  COUNT=$((${COUNT:-0} + 1))
  echo mark >"src/mark$COUNT"
  wait_until 20 has "/www/mark$COUNT"
}

@test "sync: a server serves what was saved; ignored files stay out, deletions go along, the user owns all of it" {
  server "$kServe"
  begin watch
  serves index.html hello
  mkdir -p src/tmp src/.git src/deep/er
  echo changed >src/index.html
  echo new >src/new.html
  echo deep >src/deep/er/page
  touch src/x.log src/tmp/x src/.git/x src/.index.html.swp src/index.html~
  carried
  serves index.html changed
  serves new.html new
  serves deep/er/page deep
  for name in x.log tmp .git .index.html.swp 'index.html~'; do has_not "/www/$name"; done
  assert_equal "$(lichen exec shop-web-1 stat -c '%u:%g' /www/new.html /www/deep/er)" "33:44
33:44"
  rm -r src/new.html src/deep
  carried
  has_not /www/new.html
  has_not /www/deep
  serves index.html changed
}

@test "sync: what did not change is not copied again; mode and symlinks are carried; a file takes a directory's place" {
  server "$kServe"
  mkdir src/thing
  touch src/thing/a src/still
  begin watch
  local before
  before=$(lichen exec shop-web-1 stat -c '%i %z' /www/still)
  chmod 750 src/index.html
  ln -s index.html src/link
  rm -r src/thing
  echo file >src/thing
  touch src/gone
  rm src/gone
  carried
  assert_equal "$(lichen exec shop-web-1 stat -c '%i %z' /www/still)" "$before"
  assert_equal "$(lichen exec shop-web-1 stat -c '%a' /www/index.html)" 750
  assert_equal "$(lichen exec shop-web-1 readlink /www/link)" index.html
  assert_equal "$(lichen exec shop-web-1 cat /www/thing)" file
  says 'Syncing service "web" after 4 changes were detected' || { cat out >&2; return 1; }
}

@test "sync: 200 files at once, a tree that is moved in, one that is renamed, and an editor that saves by rename" {
  server "$kServe"
  mkdir -p away/tree/sub
  echo moved >away/tree/sub/page
  begin watch
  mkdir -p src/many/dir
  for i in {1..200}; do echo "$i" >"src/many/dir/$i"; done
  mv away/tree src/tree
  echo saved >src/.index.tmp
  mv src/.index.tmp src/index.html
  carried
  assert_equal "$(lichen exec shop-web-1 sh -c 'cat /www/many/dir/* | sort -n | tr "\n" " "')" "$(seq -s ' ' 200) "
  serves tree/sub/page moved
  serves index.html saved
  has_not /www/.index.tmp
  mv src/tree src/other
  carried
  has_not /www/tree
  serves other/sub/page moved
  # What is written in a renamed directory is still seen.
  echo later >src/other/sub/page
  carried
  serves other/sub/page later
}

@test "sync: every replica, only what include names, a single file, a path that comes later" {
  file <<END
services:
  web:
    image: $BUSYBOX
    command: sleep 1000
    stop_grace_period: 0s
    deploy: {replicas: 2}
    develop:
      watch:
        - {action: sync, path: src, target: /www, include: "*.html"}
        - {action: sync, path: settings.conf, target: /etc/app/}
        - {action: sync, path: not/yet, target: /later}
END
  echo one >settings.conf
  begin watch
  echo a >src/a.html
  echo b >src/b.txt
  echo two >settings.new
  mv settings.new settings.conf
  mkdir -p not/yet/here
  echo c >not/yet/here/file
  local name
  for name in shop-web-1 shop-web-2; do
    wait_until 20 has /www/a.html $name
    wait_until 20 has /later/here/file $name
    wait_until 20 has /etc/app/settings.conf $name
    assert_equal "$(lichen exec $name sh -c 'ls /www; cat /etc/app/settings.conf /later/here/file')" "a.html
two
c"
  done
  rm -r not
  wait_until 20 has_not /later/here
  mkdir -p not/yet
  echo again >not/yet/file
  wait_until 20 has /later/file shop-web-2
}

@test "sync: events that the kernel drops lose nothing" {
  server "$kServe"
  begin watch
  kill -STOP "$WATCH"
  mkdir src/lost
  # Two events for each file.
  python3 - "$(cat /proc/sys/fs/inotify/max_queued_events)" <<'END'
import os, sys
for i in range(int(sys.argv[1])):
    os.close(os.open(f"src/f{i}", os.O_CREAT | os.O_WRONLY))
for i in range(int(sys.argv[1])):
    os.unlink(f"src/f{i}")
END
  echo lost >src/lost/page
  echo end >src/index.html
  kill -CONT "$WATCH"
  wait_until 20 serves lost/page lost
  serves index.html end
  assert_equal "$(lichen exec shop-web-1 ls /www)" "index.html
lost"
}

@test "sync+restart and restart end what runs and begin it again; sync+exec runs its command as it says" {
  file <<END
services:
  web:
    image: $BUSYBOX
    command: sh -c 'cat /conf/word 2>/dev/null; exec sleep 1000'
    stop_grace_period: 0s
    develop:
      watch:
        - {action: sync+restart, path: conf, target: /conf}
        - {action: restart, path: other}
        - action: sync+exec
          path: src
          target: /www
          exec: {command: ["sh", "-c", 'echo "ran \$\$(cat index.html) \$\$WORD \$\$(id -u)"'], user: "7", working_dir: /www, environment: {WORD: x}}
END
  mkdir conf other
  begin watch
  local begun
  begun=$(lichen inspect -f '{{.State.StartedAt}}' shop-web-1)
  echo first >conf/word
  wait_until 20 says 'service(s) ["web"] restarted'
  if [ "$(lichen inspect -f '{{.State.StartedAt}}' shop-web-1)" = "$begun" ]; then return 1; fi
  wait_until 5 sh -c "'$LICHEN' logs shop-web-1 | grep -qx first"
  begun=$(lichen inspect -f '{{.State.StartedAt}}' shop-web-1)
  echo x >other/x
  started_again() { [ "$(lichen inspect -f '{{.State.StartedAt}}' shop-web-1)" != "$begun" ]; }
  wait_until 20 started_again
  has_not /other
  echo page >src/index.html
  wait_until 20 says 'ran page x 7'
}

@test "rebuild: a new image and a new container; the old image goes; a build that fails is told and the next one counts" {
  file <<END
services:
  web:
    build: .
    command: sleep 1000
    stop_grace_period: 0s
    develop: {watch: [{action: rebuild, path: ., ignore: [out, err]}]}
  beside: {image: $BUSYBOX, command: sleep 1000, stop_grace_period: 0s}
END
  printf 'FROM %s\nCOPY src /www\nCOPY need* /\n' "$BUSYBOX" >Dockerfile
  echo '**/*.md' >.dockerignore
  touch needed
  begin watch
  local container image beside
  container=$(lichen inspect -f '{{.Id}} {{.Image}}' shop-web-1)
  image=${container#* }
  beside=$(lichen inspect -f '{{.Id}} {{.State.StartedAt}}' shop-beside-1)
  echo notes >src/notes.md
  echo changed >src/index.html
  wait_until 30 says 'service(s) ["web"] successfully built'
  renewed() { [ "$(lichen exec shop-web-1 cat /www/index.html 2>/dev/null)" = "$1" ]; }
  wait_until 30 renewed changed
  if [ "$(lichen inspect -f '{{.Id}}' shop-web-1)" = "${container% *}" ]; then return 1; fi
  if [ "$(lichen inspect -f '{{.Image}}' shop-web-1)" = "$image" ]; then return 1; fi
  has_not /www/notes.md
  assert_equal "$(lichen inspect -f '{{.Id}} {{.State.StartedAt}}' shop-beside-1)" "$beside"
  image_is_gone() { if lichen image inspect "$image" >/dev/null 2>&1; then return 1; fi; }
  wait_until 10 image_is_gone
  assert_equal "$(lichen ps -a --format '{{.Names}}' | sort | tr '\n' ' ')" "shop-beside-1 shop-web-1 "
  rm needed
  wait_until 30 says 'Build failed. Error: '
  renewed changed
  echo mended >src/index.html
  touch needed
  wait_until 30 renewed mended
}

@test "Ctrl-C ends the watch with 130 and leaves the containers; nothing else is left; --no-up starts nothing" {
  server "$kServe"
  begin watch
  local id
  id=$(lichen inspect -f '{{.Id}}' shop-web-1)
  end
  assert_status 130
  assert_equal "$(tail -n 1 out)" "Watch disabled"
  is_state shop-web-1 running
  if pgrep -u "$(id -u)" -f "lichen compose watc[h]"; then return 1; fi
  assert_equal "$(leftover_staging)" ""
  begin watch --no-up
  assert_equal "$(cat out)" "Watch enabled"
  run_lichen compose watch --no-up
  assert_failure 1 'cannot take exclusive lock for project "shop": it is watched already'
  echo later >src/index.html
  wait_until 20 serves index.html later
  assert_equal "$(lichen inspect -f '{{.Id}}' shop-web-1)" "$id"
  end
  assert_status 130
}

@test "who has nothing to watch, or rebuilds what is not built, is told before anything starts; mounted paths are left alone" {
  file <<<"services: {web: {image: $BUSYBOX, command: sleep 1000}}"
  run_lichen compose watch
  assert_failure 1 "none of the selected services is configured for watch"
  run_lichen compose up --watch
  assert_failure 1 "none of the selected services is configured for watch"
  server '{action: rebuild, path: src}'
  run_lichen compose watch
  assert_failure 1 "can't watch service \"web\" with action rebuild without a build context"
  run_lichen compose up --watch -d
  assert_failure 1 "--watch is for the foreground"
  server "$kServe"
  run_lichen compose --dry-run watch
  assert_failure 1 "there is no --dry-run of this command"
  sed -i "s|user:.*|volumes: ['./src:/www']|" compose.yaml
  run_lichen compose watch --no-up
  assert_failure 1 "also declared by a bind mount volume, this path won't be monitored!"
  assert_equal "$(lichen ps -aq)" ""
}

@test "up --watch: the output of containers, those of a rebuild too; Ctrl-C stops all of them, with 130" {
  file <<END
services:
  web:
    build: .
    command: sh -c 'echo serving \$\$(cat /www/index.html); grep -q broken /www/index.html && exit 3; exec sleep 1000'
    stop_grace_period: 0s
    develop: {watch: [{action: rebuild, path: src}, {action: sync+restart, path: live, target: /live}]}
  beside: {image: $BUSYBOX, command: sleep 1000, stop_grace_period: 0s}
END
  mkdir live
  printf 'FROM %s\nCOPY src /www\n' "$BUSYBOX" >Dockerfile
  begin up -w
  wait_until 10 says 'web-1     | serving hello'
  echo x >live/x
  wait_until 20 says '         ⦿ service(s) ["web"] restarted'
  has /live/x
  is_served() { [ "$(grep -c "^web-1     | serving $1\$" out)" = "$2" ]; }
  wait_until 10 is_served hello 2
  echo broken >src/index.html
  wait_until 30 is_served broken 1
  says '         ⦿ Rebuilding service(s) ["web"] after changes were detected...'
  wait_until 10 grep -q 'web-1 exited with code 3' err
  echo again >src/index.html
  wait_until 30 is_served again 1
  end
  assert_status 130
  is_state shop-web-1 exited
  is_state shop-beside-1 exited
  is_served hello 2
  is_served broken 1
  assert_equal "$(grep -c 'exited with code' err)" 3
}
