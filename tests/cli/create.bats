#!/usr/bin/env bats
# create: what it shares with run.
load helpers

setup_file() { make_world; load_image busybox; }
teardown_file() { remove_world; }

# Flags with an effect that inspect or the process shows; no two of them exclude each other.
flags() {
  printf 'FROM_FILE=1\n' >"$BASE/env"
  printf 'from-file=1\n' >"$BASE/labels"
  mkdir -p "$BASE/shared" "$BASE/cdi" "$HOME/.config/lichen"
  printf '[engine]\ncdi_spec_dirs = ["%s/cdi"]\n' "$BASE" >"$HOME/.config/lichen/config.toml"
  echo '{"cdiVersion":"0.8.0","kind":"nvidia.com/gpu","devices":[{"name":"0","containerEdits":{"env":["GPU=0"],"deviceNodes":[{"path":"/dev/gpu","hostPath":"/dev/null"}]}}]}' >"$BASE/cdi/gpu.json"
  FLAGS=(--add-host web:10.1.2.3 --annotation a=b --attach stdout --cap-add NET_RAW --cap-drop KILL --cgroupns private --cgroups no-conmon
    --cpu-shares 512 --cpus 0.5 --cpuset-cpus 0 --cpuset-mems 0 --device /dev/null:/dev/mine --device-cgroup-rule "c 1:3 r" --disable-content-trust --dns 192.0.2.7
    --dns-opt ndots:2 --dns-option timeout:1 --dns-search example.org --domainname example.org --entrypoint /bin/sh --env E=1
    --env-file "$BASE/env" --expose 90 --gpus device=0 --group-add 4242 --hostname twin --http-proxy=false --init --interactive --ipc shareable
    --label l=1 --label-file "$BASE/labels" --log-driver json-file --log-opt max-size=1m --memory 64m --memory-reservation 32m
    --memory-swap 128m --mount "type=bind,src=$BASE/shared,dst=/shared" --network none --oom-score-adj 100 --pids-limit 50
    --platform "linux/$(lichen image inspect -f '{{.Architecture}}' $BUSYBOX)" --pull never --quiet --read-only --restart no
    --security-opt no-new-privileges --shm-size 1m --stop-signal INT --stop-timeout 3 --sysctl net.ipv4.ip_forward=1
    --timeout 600 --tls-verify=false --tmpfs /scratch --tty --tz UTC --ulimit nofile=100:200 --umask 0077 --user 1000:1000 --userns host
    --volume "$BASE/shared:/volume:ro" --workdir /tmp)
}

# Without what differs between any two containers.
comparable() { # CONTAINER
  lichen inspect "$1" | python3 -c '
import json, sys
text = json.dumps(json.load(sys.stdin)[0], sort_keys=True)
seen = json.loads(text)
text = text.replace(seen["Id"], "ID").replace(seen["Id"][:12], "ID").replace(seen["Name"].lstrip("/"), "NAME")
seen = json.loads(text)
for key in ("Created", "State", "ProcessLabel"):
    seen.pop(key, None)
seen["Config"].pop("CreateCommand", None)
for key in ("AttachStdin", "AttachStdout", "AttachStderr"):
    seen["Config"].pop(key, None)
print(json.dumps(seen, indent=1, sort_keys=True))'
}

@test "create takes every flag that run takes, and makes the same container" {
  lichen __flags >"$BASE/rows"
  assert_same_lines "$(awk -F'\t' '$1 == "create" && $2 !~ /^(-|init-ctr)$/ && $3 == "works" {print $2}' "$BASE/rows" | sort)" \
    "$(awk -F'\t' '$1 == "run" && $2 !~ /^(-|detach|detach-keys|rmi|sig-proxy)$/ && $3 == "works" {print $2}' "$BASE/rows" | sort)" "flags of create"
  flags
  local script='id; pwd; umask; hostname; env | grep -v HOSTNAME; cat /etc/resolv.conf /proc/self/oom_score_adj; ulimit -n; df -k /dev/shm; grep Cap /proc/self/status; grep -v "^overlay\|^fuse" /proc/mounts | cut -d" " -f2-3'
  run_lichen create --name by-create "${FLAGS[@]}" $BUSYBOX -c "$script"
  assert_success
  run_lichen start -a by-create
  local made=$output
  run_lichen run --name by-run "${FLAGS[@]}" $BUSYBOX -c "$script" </dev/null
  assert_same_lines "$output" "$made" "what the process sees"
  assert_contains "uid=1000"
  assert_same_lines "$(comparable by-create)" "$(comparable by-run)" "inspect"
  lichen rm by-create by-run
}

@test "create --rm, --cidfile, --publish, --publish-all, --privileged, --replace, --volumes-from" {
  lichen create --name source -v /data $BUSYBOX true
  lichen create --name first --cidfile "$BASE/cid" --rm -P --expose 90 --publish 127.0.0.1::80 --network slirp4netns --privileged --volumes-from source $BUSYBOX grep CapEff /proc/self/status
  assert_equal "$(cat "$BASE/cid")" "$(lichen inspect -f '{{.Id}}' first)" "the cidfile"
  run_lichen inspect -f '{{.HostConfig.AutoRemove}} {{.HostConfig.PublishAllPorts}} {{.HostConfig.Privileged}} {{(index .Mounts 0).Destination}} {{json .HostConfig.PortBindings}}' first
  assert_contains "true true true /data"
  assert_contains '"80/tcp":[{"HostIp":"127.0.0.1"'
  run_lichen create --replace --name first --rm --network none $BUSYBOX true
  assert_success
  run_lichen start -a first
  assert_success
  run_lichen container exists first
  assert_status 1
  lichen rm source
}
