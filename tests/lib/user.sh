# shellcheck shell=bash
# The unprivileged user that container tests run as.
#
# lichen is for people without root, so container tests never run as root. An ordinary user tests as itself. Root makes
# the user `lichentest` (it stays; `userdel -r lichentest` removes it) with a subordinate id range and a runtime
# directory, opens /dev/fuse, /dev/net/tun and /dev/full as udev's rules would, and starts each test through
# as_test_user, from a copy of programs and tests that this user can read: the tree itself may lie in root's home.
# Sets: TEST_USER TEST_HOME TEST_RUNTIME

readonly kTestUser=lichentest

setup_test_user() { # WORK: this run's directory
  if is_root; then
    make_test_user
    open_devices
    TEST_USER=$kTestUser
    TEST_RUNTIME=/run/lichen-test/$(id -u $kTestUser)
    install -d -m 755 /run/lichen-test
    install -d -m 700 -o $kTestUser -g $kTestUser "$TEST_RUNTIME"
  else
    TEST_USER=$(id -un)
    TEST_RUNTIME=$1/run
    install -d -m 700 "$TEST_RUNTIME"
  fi

  TEST_HOME=$1/home
  install -d -m 700 "$TEST_HOME"
  ! is_root || chown "$TEST_USER:" "$1" "$TEST_HOME"
}

make_test_user() {
  id -u $kTestUser >/dev/null 2>&1 || {
    say "making the unprivileged user $kTestUser"
    useradd --create-home --shell /bin/bash $kTestUser
  }
  local file
  for file in /etc/subuid /etc/subgid; do
    [ -e $file ] || install -m 644 /dev/null $file
    grep -q "^$kTestUser:" $file || printf '%s:%s:65536\n' $kTestUser "$(next_free_range)" >>$file
  done
}

# The first id above every range in use, and above the ids that adduser gives to people.
next_free_range() {
  cat /etc/subuid /etc/subgid 2>/dev/null |
    awk -F: 'BEGIN { top = 100000 } NF >= 3 && $2 + $3 > top { top = $2 + $3 } END { printf "%d\n", top }'
}

open_devices() {
  local device
  for device in /dev/fuse /dev/net/tun /dev/full; do
    [ ! -c $device ] || [ "$(stat -c %a $device)" = 666 ] || chmod 0666 $device ||
      say "note: $device stays closed to ordinary users; what needs it is skipped"
  done
}

# Environment of a test: nothing of the caller's but what a login would set, and the LICHEN_TEST_* switches.
as_test_user() {
  local environment=(PATH="$TEST_PATH" HOME="$TEST_HOME" USER="$TEST_USER" LOGNAME="$TEST_USER" LANG=C.UTF-8 TERM=dumb
    XDG_RUNTIME_DIR="$TEST_RUNTIME" TMPDIR="$LICHEN_TEST_WORK/tmp" SHELL=/bin/bash)
  local name
  for name in $(compgen -e LICHEN_) ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS http_proxy https_proxy no_proxy; do
    [ -z "${!name:-}" ] || environment+=("$name=${!name}")
  done
  if is_root; then
    # setpriv rather than runuser: PAM's limits module raises limits, for which build machines may lack the capability.
    setpriv --reuid "$TEST_USER" --regid "$TEST_USER" --init-groups --inh-caps=-all -- env -i "${environment[@]}" "$@"
  else
    env -i "${environment[@]}" "$@"
  fi
}
