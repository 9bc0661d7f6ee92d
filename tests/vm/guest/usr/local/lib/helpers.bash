# shellcheck shell=bash
# What every script that a case sends may call.

fail() {
  echo "$*" >&2
  exit 1
}

wait_until() { # SECONDS SCRIPT
  local deadline=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
  until eval "$2"; do
    ((${EPOCHREALTIME/[.,]/} < deadline)) || fail "still not after $1 s: $2"
    sleep 0.1
  done
}

pid_of() { lichen inspect -f '{{.State.Pid}}' "$1"; }
state_of() { lichen inspect -f '{{.State.Status}}' "$1"; }
cgroup_of() { echo "/sys/fs/cgroup$(sed -n s/^0:://p "/proc/$(pid_of "$1")/cgroup")"; }
# Below it the user's own systemd has everything, containers too.
user_cgroup() { echo "/sys/fs/cgroup/user.slice/user-$(id -u).slice/user@$(id -u).service"; }
