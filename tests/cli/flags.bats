#!/usr/bin/env bats
# One assertion per flag: that it has its effect in a container, or that it is refused with a reason. What needs more than a line to
# show (streams, terminals, networks, volumes) has a file of its own.
load helpers

setup_file() {
  make_world
  load_image busybox
  install -d "$HOME/.config/containers"
  lichen run -d --name runner -u 1000 -e A=1 -w /tmp --network none $BUSYBOX sleep 1000
}
teardown_file() { remove_world; }

conf() { # TEXT: a containers.conf for the commands of this test
  printf '%s\n' "$1" >"$BASE/containers.conf"
  export CONTAINERS_CONF=$BASE/containers.conf
}

# ---- run and create

@test "--annotation reaches the record and the OCI spec" {
  lichen run -d --name annotated --annotation org.example=yes --network none $BUSYBOX sleep 100
  run_lichen inspect -f '{{index .HostConfig.Annotations "org.example"}}' annotated
  assert_output "yes"
  grep -q '"org.example":"yes"' "$XDG_RUNTIME_DIR"/lichen/*/containers/"$(lichen inspect -f '{{.Id}}' annotated)"/config.json
  lichen rm -f -t 0 annotated
}

@test "--label-file, and --label wins" {
  printf '# comment\none=1\ntwo=2\nbare\n' >"$BASE/labels"
  lichen create --name labels --label-file "$BASE/labels" --label two=flag $BUSYBOX true
  run_lichen inspect -f '{{json .Config.Labels}}' labels
  assert_output '{"bare":"","one":"1","two":"flag"}'
  lichen rm labels
}

@test "--expose is shown and published by -P" {
  lichen run -d --name exposed --expose 90 --expose 91/udp -P --network slirp4netns $BUSYBOX sleep 100
  run_lichen inspect -f '{{json .Config.ExposedPorts}}' exposed
  assert_output '{"90/tcp":{},"91/udp":{}}'
  run_lichen ps -f name=exposed --format '{{.Ports}}'
  assert_matches '0\.0\.0\.0:[0-9]+->90/tcp, 0\.0\.0\.0:[0-9]+->91/udp'
  lichen rm -f -t 0 exposed
}

@test "limits per device: in the record, and one warning where nobody can keep them" {
  local device
  device=$(find /dev -maxdepth 1 -type b 2>/dev/null | sort | head -n 1)
  [ -n "$device" ] || device=/dev/none
  run_lichen run --name disks --network none --blkio-weight-device "$device:200" --device-read-bps "$device:1mb" --device-write-bps "$device:2m" \
    --device-read-iops "$device:100" --device-write-iops "$device:200" $BUSYBOX echo ran
  if [ "$device" = /dev/none ]; then
    assert_failure 125 "/dev/none"
  else
    assert_success
    [[ $stderr == *"--blkio-weight-device, --device-read-bps"*"cannot be enforced"* ]] || fail_with warning "cannot be enforced" "$stderr"
  fi
  lichen create --name kept --blkio-weight-device /dev/sda:200 --device-read-bps /dev/sda:1mb --device-write-iops /dev/sda:200 $BUSYBOX true
  run_lichen inspect -f '{{json .HostConfig.BlkioWeightDevice}} {{json .HostConfig.BlkioDeviceReadBps}} {{json .HostConfig.BlkioDeviceWriteIOps}}' kept
  assert_output '[{"Path":"/dev/sda","Weight":200}] [{"Path":"/dev/sda","Rate":1048576}] [{"Path":"/dev/sda","Rate":200}]'
  lichen rm -f disks kept
  run_lichen run --rm --device-read-bps /dev/null:1mb $BUSYBOX true
  assert_failure 125 "/dev/null" "no block device"
  run_lichen run --rm --device-read-bps sda $BUSYBOX true
  assert_failure 125 "PATH:VALUE"
  run_lichen run --rm --device-write-iops /dev/sda:0 $BUSYBOX true
  assert_failure 125 "--device-write-iops"
}

@test "what only cgroup version 1 had is taken, shown, and said to be without effect" {
  run_lichen run --name old --network none --memory-swappiness 10 --kernel-memory 50m --cpu-rt-period 1000 --cpu-rt-runtime 500 \
    --oom-kill-disable $BUSYBOX echo ran
  assert_success
  [[ $stderr == *"--memory-swappiness, --kernel-memory, --cpu-rt-period, --cpu-rt-runtime, --oom-kill-disable has no effect"* ]] ||
    fail_with warning "no effect" "$stderr"
  run_lichen inspect -f '{{.HostConfig.MemorySwappiness}} {{.HostConfig.KernelMemory}} {{.HostConfig.OomKillDisable}} {{.HostConfig.CpuRealtimePeriod}}' old
  assert_output "10 52428800 true 1000"
  run_lichen update --cpu-rt-period 2000 --cpu-rt-runtime 900 old
  assert_equal "$(lichen inspect -f '{{.HostConfig.CpuRealtimePeriod}} {{.HostConfig.CpuRealtimeRuntime}}' old)" "2000 900"
  lichen rm old
  run_lichen run --rm --memory-swappiness 101 $BUSYBOX true
  assert_failure 125 "--memory-swappiness"
}

@test "--blkio-weight is in the record, in docker's range" {
  lichen create --name heavy --blkio-weight 300 $BUSYBOX true
  run_lichen inspect -f '{{.HostConfig.BlkioWeight}}' heavy
  assert_output 300
  lichen rm heavy
  run_lichen create --blkio-weight 5 $BUSYBOX true
  assert_failure 125 "--blkio-weight" "10 and 1000"
}

@test "-p with a network that cannot publish is said" {
  inside -p 18080:80 -- true
  assert_success
  assert_stderr "published ports are discarded with --network none"
}

@test "--oom-score-adj, and why it cannot be lowered" {
  inside --oom-score-adj 500 -- cat /proc/self/oom_score_adj
  assert_output "500"
  inside --oom-score-adj 1001 -- true
  assert_failure 125 "--oom-score-adj" "1000"
}

@test "-a stdin gives the input, no output, and the id" {
  run_lichen run --network none -i -a stdin --name fed $BUSYBOX sh -c 'cat; echo after' <<<"typed"
  assert_success
  assert_output "$(lichen inspect -f '{{.Id}}' fed)"
  grep -q "typed" "$(lichen inspect -f '{{.LogPath}}' fed)"
  lichen rm fed
}

@test "-a stderr shows that stream alone; -a with -d is refused" {
  inside -a stderr -- sh -c 'echo out; echo err >&2'
  assert_output ""
  assert_stderr "err"
  run_lichen run -d -a stdout $BUSYBOX true
  assert_failure 125 "--attach" "--detach"
  inside -a nothing -- true
  assert_failure 125 "nothing" "stdin, stdout or stderr"
}

@test "--group-add keep-groups leaves the caller's groups" {
  inside --group-add keep-groups -- grep Groups: /proc/self/status
  local kept=$output
  # Groups of the caller that have no number inside are shown as the overflow group; the primary one is group 0.
  local outside
  outside=$(awk '/^Groups:/ {print NF - 1}' /proc/self/status)
  assert_equal "$(wc -w <<<"${kept#Groups:}")" "$outside" "number of groups"
  inside --group-add 4242 -- id -G
  assert_contains "4242"
}

@test "--security-opt mask and unmask" {
  inside --security-opt mask=/etc -- ls -A /etc
  assert_output ""
  inside --security-opt unmask=/proc/sys -- sh -c 'grep " /proc/sys " /proc/mounts; echo end'
  assert_output "end"
  inside -- sh -c 'grep -c " /proc/sys " /proc/mounts'
  assert_output "1"
}

@test "--security-opt of a module that this host lacks is refused; label=disable and apparmor=unconfined are not" {
  [ ! -e /sys/kernel/security/apparmor ] || skip "AppArmor is on"
  inside --security-opt apparmor=mine -- true
  assert_failure 125 "apparmor=mine" "no AppArmor"
  inside --security-opt label=disable --security-opt apparmor=unconfined -- true
  assert_success
}

@test "--security-opt seccomp=FILE filters by that file" {
  printf '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO"}]}' >"$BASE/profile.json"
  inside --security-opt seccomp="$BASE/profile.json" -- sh -c 'touch /ok && mkdir /x'
  assert_status 1
  assert_stderr "Operation not permitted"
  inside --security-opt seccomp="$BASE/missing.json" -- true
  assert_failure 125 "missing.json"
}

@test "--device with fewer permissions than rwm is said to be not enforced" {
  inside --device /dev/full:/dev/mine:r -- test -c /dev/mine
  assert_success
  assert_stderr "cannot be enforced"
  inside --device /dev/full:/dev/mine -- test -c /dev/mine
  refute_stderr "enforced"
}

@test "--device-cgroup-rule is kept for inspect, and said to be not enforced" {
  run_lichen run --name ruled --network none --device-cgroup-rule 'c 1:3 mr' --device-cgroup-rule 'b *:* rwm' $BUSYBOX echo ran
  assert_success
  assert_output "ran"
  assert_stderr "warning: --device-cgroup-rule 'c 1:3 mr', 'b *:* rwm' cannot be enforced without root"
  assert_equal "$(grep -c warning <<<"$stderr")" 1 warnings
  run_lichen inspect -f '{{json .HostConfig.DeviceCgroupRules}}' ruled
  assert_output '["c 1:3 mr","b *:* rwm"]'
  lichen rm ruled
  run_lichen create --device-cgroup-rule 'c 1:3' $BUSYBOX true
  assert_failure 125 "--device-cgroup-rule 'c 1:3': not a rule" "'c 1:3 mr'"
}

@test "--sysctl of the network, and not of a shared one" {
  inside --sysctl net.ipv4.ip_forward=1 -- cat /proc/sys/net/ipv4/ip_forward
  assert_output "1"
  run_lichen run --rm --network host --sysctl net.ipv4.ip_forward=1 $BUSYBOX true
  assert_failure 125 "net.ipv4.ip_forward"
}

@test "--replace takes the place of a running container" {
  local first
  first=$(lichen run -d --name again --network none $BUSYBOX sleep 100)
  run_lichen run -d --replace --name again --network none $BUSYBOX sleep 100
  assert_success
  run_lichen inspect "$first"
  assert_status 1
  lichen rm -f -t 0 again
  run_lichen run --replace $BUSYBOX true
  assert_failure 125 "--replace needs --name"
}

@test "--userns: host is the default; the others are in userns.bats" {
  inside --userns host -- id -u
  assert_output "0"
  inside --userns nosuch -- true
  assert_failure 125 "nosuch"
}

@test "limits that nobody enforces: one warning that names them all" {
  ! has_delegated_cgroup || skip "cgroups are delegated here"
  inside --memory 64m --cpus 1 --pids-limit 50 -- true
  assert_success
  assert_equal "$(grep -c warning <<<"$stderr")" 1 warnings
  assert_stderr "--memory, --cpus, --pids-limit cannot be enforced"
  inside -- true
  assert_equal "$stderr" "" "stderr without limits"
}

@test "every limit that nobody enforces is named, and inspect tells what was asked" {
  ! has_delegated_cgroup || skip "cgroups are delegated here"
  local flag asked
  for flag in --memory=64m --memory-reservation=32m --cpus=0.5 --cpu-shares=512 --cpu-period=50000 --cpu-quota=20000 --cpuset-cpus=0 --cpuset-mems=0 --pids-limit=50; do
    # flags: run --memory --memory-reservation --cpus --cpu-shares --cpu-period --cpu-quota --cpuset-cpus --cpuset-mems --pids-limit
    inside "$flag" -- true
    assert_stderr "warning: ${flag%=*} cannot be enforced" || return 1
  done
  inside --memory 64m --memory-swap 128m -- true
  assert_stderr "--memory, --memory-swap cannot be enforced"
  lichen create --name limits -m 64m --memory-reservation 32m --memory-swap 128m -c 512 --cpu-period 50000 --cpu-quota 20000 --cpuset-cpus 0 --cpuset-mems 0 --pids-limit 50 $BUSYBOX true
  asked='{{.HostConfig.Memory}} {{.HostConfig.MemoryReservation}} {{.HostConfig.MemorySwap}} {{.HostConfig.CpuShares}} {{.HostConfig.CpuPeriod}} {{.HostConfig.CpuQuota}} {{.HostConfig.CpusetCpus}} {{.HostConfig.CpusetMems}} {{.HostConfig.PidsLimit}}'
  run_lichen inspect -f "$asked" limits
  assert_output "67108864 33554432 134217728 512 50000 20000 0 0 50"
  lichen rm limits
}

@test "--net and --dns-opt are --network and --dns-option" {
  run_lichen run --rm --net none --dns-opt ndots:4 $BUSYBOX sh -c 'ls /sys/class/net; cat /etc/resolv.conf'
  assert_matches "^lo
nameserver"
  assert_contains "options ndots:4"
}

@test "--disable-content-trust is what lichen does; turned off it is refused, for run, create and pull" {
  inside --disable-content-trust -- true
  assert_success
  local command
  for command in run create pull; do
    # flags: create --disable-content-trust
    # flags: pull --disable-content-trust
    run_lichen $command --disable-content-trust=false $BUSYBOX
    assert_failure 125 "--disable-content-trust=false" "NAME@sha256:"
  done
}

@test "--http-proxy is on, and can be off" {
  export http_proxy=http://proxy.example:3128
  inside -- sh -c 'echo $http_proxy'
  assert_output "http://proxy.example:3128"
  inside --http-proxy=false -- sh -c 'echo "[$http_proxy]"'
  assert_output "[]"
}

@test "--platform: an image for another machine is not taken for the one that was asked for" {
  run_lichen run --rm --pull never --platform linux/s390x $BUSYBOX true
  assert_failure 125 "linux/s390x" "--pull never"
  inside --pull never --platform "linux/$(lichen image inspect -f '{{.Architecture}}' $BUSYBOX)" -- true
  assert_success
}

@test "an image for another machine is run with a warning" {
  mkdir -p "$BASE/tree" && cp /bin/true "$BASE/tree/true"
  tar -C "$BASE/tree" -cf "$BASE/other.tar" .
  lichen import -q --platform linux/s390x -c 'CMD ["/true"]' "$BASE/other.tar" localhost/other
  run_lichen run --rm --network none localhost/other
  assert_stderr "is for linux/s390x and this machine is"
  lichen rmi localhost/other
}

@test "--log-opt path; tag is for journald" {
  inside --log-opt path="$BASE/mine.log" -- echo logged
  grep -q logged "$BASE/mine.log"
  inside --log-opt tag=x -- true
  assert_failure 125 "tag" "journald"
}

@test "--domainname" {
  inside --domainname example.org -- cat /proc/sys/kernel/domainname
  assert_output "example.org"
}

@test "--env-file and -e NAME of the caller" {
  printf 'F=file\nHERE\n' >"$BASE/env"
  export HERE=caller
  inside --env-file "$BASE/env" -e HERE2=x -e UNSET_ANYWHERE -- sh -c 'echo $F $HERE $HERE2 ${UNSET_ANYWHERE-unset}'
  assert_output "file caller x unset"
}

# ---- start, stop, kill, rm, wait, ps

@test "stop -i, -s, -t and --all" {
  run_lichen stop -i nosuch
  assert_success
  lichen run -d --name traps --network none $BUSYBOX sh -c 'trap "exit 5" USR1; echo set; while :; do sleep 0.01; done'
  wait_until 5 sh -c "'$LICHEN' logs traps | grep -q set"
  run_lichen stop -s USR1 -t 5 traps
  assert_success
  assert_equal "$(lichen inspect -f '{{.State.ExitCode}}' traps)" 5 "exit code"
  lichen rm traps
}

@test "kill --all, stop --all, start --all and rm --all" {
  export LICHEN_ROOT=$LICHEN_ROOT-all LICHEN_RUNROOT=$BASE/run-all
  load_image busybox
  lichen run -d --name a1 --network none $BUSYBOX sleep 100
  lichen run -d --name a2 --network none $BUSYBOX sleep 100
  run_lichen kill -a
  assert_equal "$(sort <<<"$output" | tr '\n' ' ')" "a1 a2 " "kill -a"
  lichen wait a1 a2
  run_lichen start --all
  assert_equal "$(sort <<<"$output" | tr '\n' ' ')" "a1 a2 " "start --all"
  run_lichen stop -a -t 0
  assert_equal "$(sort <<<"$output" | tr '\n' ' ')" "a1 a2 " "stop -a"
  lichen start a1
  run_lichen rm -f -a -t 0
  assert_success
  run_lichen ps -aq
  assert_output ""
  lichen unshare rm -rf "$LICHEN_ROOT"
}

@test "rm -i and -f of what is not there" {
  run_lichen rm nosuch; assert_failure 1 "nosuch"
  run_lichen rm -i nosuch; assert_success
  run_lichen rm -f nosuch; assert_success
}

@test "wait --condition and --ignore" {
  lichen create --name waited --network none $BUSYBOX sh -c 'sleep 0.2; exit 4'
  run_lichen wait --condition created waited
  assert_output "-1"
  lichen start waited
  run_lichen wait --condition running waited
  assert_output "-1"
  run_lichen wait --condition exited waited
  assert_output "4"
  run_lichen wait --ignore nosuch
  assert_success
  assert_output "-1"
  run_lichen wait --condition healthy waited
  assert_failure 1 "no health check" "--health-cmd"
  lichen rm waited
}

@test "start -i of a container without -i has no input and does not hang" {
  lichen create --name deaf --network none $BUSYBOX sh -c 'cat; echo end'
  run_lichen start -a -i deaf <<<"typed"
  assert_output "end"
  lichen rm deaf
}

@test "ps --sort, -s and --noheading" {
  run_lichen ps --noheading --sort names --format '{{.Names}}'
  assert_output "runner"
  run_lichen ps -s
  assert_contains "SIZE"
  run_lichen ps --noheading
  refute_contains "CONTAINER ID"
}

# ---- exec

@test "exec -u, -w, -e, --env-file and what the container has" {
  run_lichen exec runner sh -c 'echo $(id -u) $PWD $A'; assert_output "1000 /tmp 1"
  printf 'F=file\n' >"$BASE/env"
  run_lichen exec -u 0 -w /etc -e B=2 --env-file "$BASE/env" runner sh -c 'echo $(id -u) $PWD $A $B $F'
  assert_output "0 /etc 1 2 file"
}

@test "exec --privileged" {
  run_lichen exec -u 0 runner grep CapEff /proc/self/status
  local plain=$output
  run_lichen exec -u 0 --privileged runner grep CapEff /proc/self/status
  [ "$output" != "$plain" ] || fail_with "capabilities" "more than $plain" "$output"
}

@test "exec -d runs on" {
  lichen exec -d runner sh -c 'echo done >/tmp/done'
  wait_until 5 lichen exec runner test -s /tmp/done
}

@test "exec -i gives the input, without it there is none; -t is a terminal" {
  run_lichen exec -i runner cat <<<"typed"; assert_output "typed"
  run_lichen exec runner cat <<<"typed"; assert_output ""
  run_lichen exec -t runner tty; assert_contains "/dev/pts/"
}

# ---- images

@test "pull --policy missing and never take what is here" {
  run_lichen pull --policy missing $BUSYBOX
  assert_success
  run_lichen pull --policy never localhost/nosuch
  assert_failure 125 "localhost/nosuch"
}

# ---- containers.conf and config.toml

@test "containers.conf: what a container gets without flags" {
  conf '[containers]
default_capabilities = ["CHOWN"]
default_sysctls = ["net.ipv4.ip_forward=1"]
default_ulimits = ["nofile=111:222"]
dns_servers = ["192.0.2.7"]
dns_searches = ["conf.example"]
env = ["FROM_CONF=yes", "PATH=/conf:/bin"]
shm_size = "1m"
umask = "0077"
init = true'
  inside -- sh -c 'grep CapEff /proc/self/status; cat /proc/sys/net/ipv4/ip_forward; ulimit -n; cat /etc/resolv.conf; echo $FROM_CONF; df -k /dev/shm; umask; cat /proc/1/comm'
  assert_contains "0000000000000001"
  assert_matches $'\n1\n111\n'
  assert_contains "nameserver 192.0.2.7"
  assert_contains "search conf.example"
  assert_contains $'\nyes\n'
  assert_contains " 1024 "
  assert_contains $'\n0077\n'
  assert_contains "lichen-init"
}

@test "containers.conf: flags win, and a shared network keeps its settings" {
  conf '[containers]
default_sysctls = ["net.ipv4.ip_forward=1"]
default_ulimits = ["nofile=111:222"]
dns_servers = ["192.0.2.7"]
http_proxy = false
[engine]
stop_timeout = 3'
  export http_proxy=http://proxy.example
  inside --ulimit nofile=55 --dns 192.0.2.8 -- sh -c 'ulimit -n; grep nameserver /etc/resolv.conf; echo "[$http_proxy]"'
  assert_output "55
nameserver 192.0.2.8
[]"
  run_lichen run --rm --network host $BUSYBOX true
  assert_success
  lichen create --name timed $BUSYBOX true
  run_lichen inspect -f '{{.Config.StopTimeout}}' timed
  assert_output "3"
  lichen rm timed
}

@test "containers.conf: a wrong type is an error with file and line, another's key is not" {
  conf '[containers]
init = "yes"'
  inside -- true
  assert_failure 125 "containers.conf:2" "true or false"
  run_lichen ps
  assert_success
  conf '[engine]
runtime = "crun"
[containers]
log_driver = "journald"'
  inside -- echo fine
  assert_output "fine"
}

@test "containers.conf of the user is found" {
  printf '[containers]\ntz = "Nowhere/Land"\n' >"$HOME/.config/containers/containers.conf"
  inside -- true
  rm "$HOME/.config/containers/containers.conf"
  assert_failure 125 "Nowhere/Land"
}

@test "config.toml: default_capabilities, log_size_max and the network" {
  install -d "$HOME/.config/lichen"
  printf '[containers]\ndefault_capabilities = ["KILL"]\nlog_size_max = 4096\n[network]\ndefault = "none"\n' >"$HOME/.config/lichen/config.toml"
  run_lichen run --name configured $BUSYBOX sh -c 'grep CapEff /proc/self/status; i=0; while [ $i -lt 400 ]; do echo 0123456789012345678901234567890123456789; i=$((i+1)); done'
  rm -r "$HOME/.config/lichen"
  assert_contains "0000000000000020"
  assert_less "$(stat -c %s "$(lichen inspect -f '{{.LogPath}}' configured)")" 4097 "bytes of log"
  run_lichen inspect -f '{{.HostConfig.NetworkMode}}' configured
  assert_output "none"
  lichen rm configured
}

# ---- completion

@test "completion knows containers, images and volumes" {
  lichen volume create completed-volume
  run_lichen __complete -- stop run; assert_contains "runner"
  run_lichen __complete -- start run; refute_contains "runner"
  run_lichen __complete -- rm run; assert_contains "runner"
  run_lichen __complete -- run localhost/b; assert_contains "localhost/busybox"
  run_lichen __complete -- volume rm comp; assert_contains "completed-volume"
  lichen volume rm completed-volume
}

@test "completion makes nothing and does not fail" {
  run_lichen __complete -- --root "$BASE/never" rm ""
  assert_success
  [ ! -e "$BASE/never" ]
}
