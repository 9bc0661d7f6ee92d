#!/usr/bin/env bats
# What systemd and lichen do for each other: readiness, the journal, scopes for limits, containers that come back.
# ctest: timeout=600
load vm

setup_file() {
  start_machine
  # Each user's entries in a file that this user may read: what a journal on disk does (journald.conf(5), SplitMode).
  root 'mkdir -p /var/log/journal && systemctl restart systemd-journald && journalctl --flush'
}
teardown_file() { stop_machine; }
teardown() { [ -z "${BASE:-}" ] || user 'lichen rm -f -a -t 0 >/dev/null; systemctl --user reset-failed 2>/dev/null; true'; }

monitor_of() { user_says "lichen inspect -f '{{.State.ConmonPid}}' $1"; }
unit_says() { user_says "systemctl --user show -P $2 $1"; } # UNIT PROPERTY

@test "journald: lines with the container's fields, read back by logs" {
  user 'lichen run --network none --log-driver journald --log-opt tag=shown --name j busybox sh -c "echo out; echo err >&2; printf \"two\nlines\n\""'
  assert_success
  user_waits 20 '[ "$(lichen logs j 2>/dev/null | wc -l)" = 3 ]'
  user 'lichen logs j'
  assert_output "out
two
lines"
  assert_equal "$stderr" err
  # Which of two pipes was read first is not told: only how many lines there are.
  user 'lichen logs --tail 2 j 2>&1 | wc -l'
  assert_output 2
  root 'journalctl -o json CONTAINER_NAME=j MESSAGE=err | head -n 1'
  assert_equal "$(jq -r '[.PRIORITY, .CONTAINER_TAG, .SYSLOG_IDENTIFIER, .IMAGE_NAME, (.CONTAINER_ID_FULL | length | tostring)] | join(" ")' <<<"$output")" \
    "3 shown shown busybox 64"
}

@test "journald: logs -f follows, and ends with the container" {
  user 'lichen run -d --network none --log-driver journald --name f busybox sh -c "i=0; while [ \$i -lt 20 ]; do echo line \$i; i=\$((i+1)); sleep 0.05; done" >/dev/null; timeout 30 lichen logs -f f | tail -n 1'
  assert_success
  assert_output "line 19"
}

@test "Type=notify, --sdnotify conmon: the unit is active when the container runs, and its end is the unit's" {
  user 'systemd-run --user -q --unit web -p Type=notify -p NotifyAccess=all lichen run -d --rm --network none --sdnotify conmon --name web busybox sleep 100000 && state_of web'
  assert_success
  assert_output running
  assert_equal "$(unit_says web ActiveState) $(unit_says web MainPID)" "active $(monitor_of web)"
  user 'systemctl --user stop web && lichen ps -aq --filter name=web'
  assert_success
  assert_output ""
}

@test "--sdnotify healthy: the unit is activating until the first good check" {
  user 'systemd-run --user -q --no-block --unit slow -p Type=notify -p NotifyAccess=all lichen run -d --network none --sdnotify healthy \
      --health-cmd "test -e /well" --health-interval 100ms --name slow busybox sleep 100000
    wait_until 20 "[ \"\$(state_of slow 2>/dev/null)\" = running ]"
    systemctl --user show -P ActiveState slow
    lichen exec slow touch /well
    wait_until 20 "[ \"\$(systemctl --user show -P ActiveState slow)\" = active ]"'
  assert_success
  assert_output activating
}

@test "--sdnotify container: the program inside says when; systemctl stop ends it in order" {
  # busybox cannot speak to datagram sockets: the container is the machine's own root file system.
  user 'mkdir -p ~/empty; systemd-run --user -q --unit own -p Type=notify -p NotifyAccess=all lichen run -d --rm --network none --name own \
      -v /usr:/usr:ro -v /lib:/lib:ro -v /lib64:/lib64:ro busybox sh -c "/usr/bin/systemd-notify --ready --status=serving; exec sleep 100000" && systemctl --user show -P StatusText own'
  assert_success
  assert_output serving
  user 'systemctl --user stop own; lichen ps -aq --filter name=own'
  assert_output ""
}

@test "limits in a session whose cgroup is root's: systemd makes a scope, the limit binds, and the scope goes" {
  root 'systemd-run -q --pipe --wait --uid=1000 -E HOME=/home/$(id -nu 1000) -E XDG_RUNTIME_DIR=/run/user/1000 -E PATH="$PATH" \
    sh -c "cat /proc/self/cgroup; lichen run --rm --network none --memory 48m --pids-limit 9 busybox sh -c \"cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max\""'
  assert_success
  assert_equal "$stderr" "" "warnings"
  [[ ${lines[0]} == 0::/system.slice/* ]] || fail_with "the session" "root's" "${lines[0]}"
  assert_equal "${lines[1]} ${lines[2]}" "50331648 9"
  user_waits 10 '! systemctl --user list-units --no-legend "lichen-*.scope" | grep -q lichen'
}

@test "without a limit no scope is asked for" {
  root 'systemd-run -q --pipe --wait --uid=1000 -E HOME=/home/$(id -nu 1000) -E XDG_RUNTIME_DIR=/run/user/1000 -E PATH="$PATH" lichen run --rm --network none busybox echo plain'
  assert_success
  assert_output plain
}

@test "restart policies outlive a reboot: always and unless-stopped come back, what was stopped by hand does not" {
  user 'install -D -m 644 /opt/lichen/lichen-restart.service ~/.config/systemd/user/lichen-restart.service
    systemctl --user daemon-reload && systemctl --user enable -q lichen-restart
    for policy in always unless-stopped on-failure no; do lichen run -d --network none --restart $policy --stop-timeout 1 --name $policy busybox sleep 100000 >/dev/null; done
    lichen run -d --network none --restart unless-stopped --stop-timeout 1 --name byhand busybox sleep 100000 >/dev/null
    lichen stop -t 0 byhand >/dev/null'
  assert_success
  root 'systemd-run -q --on-active=1s --timer-property=AccuracySec=100ms systemctl reboot'
  await_machine
  user_waits 30 '[ "$(lichen ps -q | wc -l)" = 2 ]'
  user 'lichen ps -a --format "{{.Names}} {{.State}}" | sort'
  assert_output "always running
byhand exited
no exited
on-failure exited
unless-stopped running"
}
