#!/usr/bin/env bats
# --gpus and --device vendor.com/class=name: devices that a file (CDI) describes. The descriptions here are our own, and what they give
# are device files that every machine has.
load helpers

setup_file() {
  make_world
  load_image busybox
  install -d "$HOME/.config/lichen" "$BASE/etc" "$BASE/run-cdi" "$BASE/lib"
  echo "from the host" >"$BASE/lib/driver"
  printf '[engine]\ncdi_spec_dirs = ["%s/etc", "%s/run-cdi"]\n' "$BASE" "$BASE" >"$HOME/.config/lichen/config.toml"
}
teardown_file() { remove_world; }
setup() { rm -f "$BASE"/etc/* "$BASE"/run-cdi/*; }
teardown() { lichen rm -f -a -t 0 >/dev/null 2>&1 || true; }

gpus_yaml() { # as nvidia-ctk writes it
  cat >"$BASE/etc/nvidia.yaml" <<EOF
---
cdiVersion: 0.5.0
kind: nvidia.com/gpu
containerEdits:
  env:
    - NVIDIA_VISIBLE_DEVICES=void
  deviceNodes:
    - path: /dev/nvidiactl
      hostPath: /dev/full
  mounts:
    - containerPath: /usr/lib/driver
      hostPath: $BASE/lib/driver
      options: [ro, nosuid, nodev, bind]
devices:
  - name: "0"
    containerEdits:
      deviceNodes: [{path: /dev/nvidia0, hostPath: /dev/null, permissions: rw}]
  - name: "1"
    containerEdits:
      deviceNodes: [{path: /dev/nvidia1, hostPath: /dev/zero, type: c, major: 1, minor: 5}]
  - name: all
    containerEdits:
      deviceNodes:
        - {path: /dev/nvidia0, hostPath: /dev/null}
        - {path: /dev/nvidia1, hostPath: /dev/zero}
EOF
}

spec_json() { # NAME EDITS [FOLDER]: one device, acme.com/unit=one
  printf '{"cdiVersion":"0.8.0","kind":"acme.com/unit","devices":[{"name":"one","containerEdits":{%s}}]}' "$2" >"$BASE/${3:-etc}/$1.json"
}

@test "--gpus all: devices, files and variables of the description, for the first process and for exec" {
  gpus_yaml
  run_lichen run -d --name gpu --network none --gpus all $BUSYBOX sleep 1000
  assert_success
  assert_equal "$stderr" "" stderr
  run_lichen exec gpu sh -c 'ls /dev/nvidia*; cat /usr/lib/driver; echo $NVIDIA_VISIBLE_DEVICES; echo x >/dev/nvidiactl; head -c 3 /dev/nvidia1 | od -An -tx1; echo no >/usr/lib/driver'
  assert_contains "/dev/nvidia0
/dev/nvidia1
/dev/nvidiactl
from the host
void
 00 00 00"
  [[ $stderr == *"No space left"*"Read-only file system"* ]] || fail_with stderr "full and read-only" "$stderr"
  grep -qx 'NVIDIA_VISIBLE_DEVICES=void' <(tr '\0' '\n' <"/proc/$(lichen inspect -f '{{.State.Pid}}' gpu)/environ")
  run_lichen inspect -f '{{json .HostConfig.DeviceRequests}}' gpu
  assert_output '[{"Driver":"","Count":-1,"DeviceIDs":null,"Capabilities":[["gpu"]],"Options":{}}]'
}

@test "--gpus: a number, names, driver and capabilities; more than there are is an error" {
  gpus_yaml
  inside --gpus 1 -- sh -c 'ls /dev/nvidia*'
  assert_output "/dev/nvidia0
/dev/nvidiactl"
  inside --gpus 'driver=nvidia,"device=1",capabilities=utility' -- sh -c 'ls /dev/nvidia*'
  assert_output "/dev/nvidia1
/dev/nvidiactl"
  lichen create --name asked --gpus '"device=0,1","capabilities=compute,utility"' --device nvidia.com/gpu=0 $BUSYBOX true
  run_lichen inspect -f '{{json .HostConfig.DeviceRequests}}' asked
  assert_output '[{"Driver":"","Count":0,"DeviceIDs":["0","1"],"Capabilities":[["compute","utility","gpu"]],"Options":{}},{"Driver":"cdi","Count":0,"DeviceIDs":["nvidia.com/gpu=0"],"Capabilities":null,"Options":null}]'
  inside --gpus 3 -- true
  assert_failure 125 "only 2 GPUs"
  inside --gpus device=7 -- true
  assert_failure 125 "nvidia.com/gpu has 0, 1, all"
  inside --gpus some -- true
  assert_failure 125 "--gpus 'some'" "is no number of GPUs"
  inside --gpus all,driver=amd -- true
  assert_failure 125 "amd.com/gpu=all"
}

@test "no description: the error says where they are looked for and how to make one; nothing is left" {
  run_lichen run --name none --network none --gpus all $BUSYBOX true
  assert_failure 125 "device 'nvidia.com/gpu=all': nothing describes it" "$BASE/etc, $BASE/run-cdi" "nvidia-ctk cdi generate" "cdi_spec_dirs"
  run_lichen ps -aq
  assert_output ""
  run_lichen create --device acme.com/unit=one $BUSYBOX true
  assert_failure 125 "device 'acme.com/unit=one': nothing describes it"
  [[ $stderr != *nvidia* ]] || fail_with hint "without nvidia-ctk" "$stderr"
  run_lichen create --device acme.com/unit=a=b $BUSYBOX true
  assert_failure 125 "no name of a device" "nvidia.com/gpu=0"
}

@test "--device of a kind: both folders count, the later one wins, beside other devices" {
  spec_json a '"env":["FROM=etc"],"deviceNodes":[{"path":"/dev/unit","hostPath":"/dev/null"}]'
  inside --device acme.com/unit=one --device /dev/full:/dev/mine -- sh -c 'echo $FROM; ls /dev/unit /dev/mine'
  assert_output "etc
/dev/mine
/dev/unit"
  spec_json a '"env":["FROM=run"],"mounts":[{"hostPath":"","containerPath":"/mem","type":"tmpfs","options":["size=64k"]}]' run-cdi
  inside --device acme.com/unit=one -e FROM=me -- sh -c 'echo $FROM; ls /dev/unit; grep -c " /mem tmpfs" /proc/mounts'
  assert_output "run
1"
  spec_json b '"env":["FROM=other"]' run-cdi
  inside --device acme.com/unit=one -- true
  assert_failure 125 "both $BASE/run-cdi/a.json and $BASE/run-cdi/b.json describe it"
}

@test "a description is read again at each start, and what it names must be there" {
  spec_json a '"env":["V=1"],"deviceNodes":[{"path":"/dev/unit","hostPath":"/dev/null"}]'
  lichen create --name later --network none --device acme.com/unit=one $BUSYBOX sh -c 'echo $V'
  spec_json a '"env":["V=2"],"deviceNodes":[{"path":"/dev/unit","hostPath":"/dev/null"}]'
  run_lichen start -a later
  assert_output "2"
  rm "$BASE/etc/a.json"
  run_lichen start later
  assert_failure 1 "nothing describes it" "$BASE/etc"
  spec_json a '"deviceNodes":[{"path":"/dev/unit","hostPath":"/dev/nosuch"}]'
  inside --device acme.com/unit=one -- true
  assert_failure 125 "device '/dev/nosuch' of the description"
  spec_json a '"deviceNodes":[{"path":"/dev/unit","hostPath":"/dev/null","type":"c","major":9,"minor":3}]'
  inside --device acme.com/unit=one -- true
  assert_failure 125 "it is 1:3, not 9:3" "make the description anew"
  spec_json a '"mounts":[{"hostPath":"/no/such/file","containerPath":"/x"}]'
  inside --device acme.com/unit=one -- true
  assert_failure 125 "mount '/no/such/file' of a device"
}

@test "hooks of a description run, with the state on standard input; one that fails stops the start" {
  local point hooks=
  for point in createRuntime createContainer poststart poststop; do
    hooks+="{\"hookName\":\"$point\",\"path\":\"/bin/sh\",\"args\":[\"sh\",\"-c\",\"cat >$BASE/hook-$point; echo >>$BASE/hook-$point; echo \$WORD >>$BASE/hook-$point\"],\"env\":[\"WORD=w-$point\"],\"timeout\":20},"
  done
  spec_json a "\"hooks\":[${hooks%,}]"
  lichen run --rm --name hooked --network none --device acme.com/unit=one $BUSYBOX true
  for point in createRuntime createContainer poststart; do
    grep -q '"bundle"' "$BASE/hook-$point" && grep -qx "w-$point" "$BASE/hook-$point" || fail_with "$point" "state and variable" "$(cat "$BASE/hook-$point")"
  done
  has_stopped() { grep -qx "w-poststop" "$BASE/hook-poststop"; }
  wait_until 10 has_stopped
  spec_json a '"hooks":[{"hookName":"createContainer","path":"/bin/sh","args":["sh","-c","echo no driver >&2; exit 3"]}]'
  run_lichen run --rm --network none --device acme.com/unit=one $BUSYBOX echo ran
  assert_failure 125 "createContainer"
  assert_output ""
}

@test "additional groups of a description" {
  spec_json a '"additionalGids":[0,44]'
  inside --device acme.com/unit=one -u 1000 -- id -G
  assert_contains "44"
  lichen run -d --name grouped --network none --device acme.com/unit=one -u 1000 $BUSYBOX sleep 1000
  run_lichen exec -u 5 grouped id -G
  assert_contains "44"
  spec_json a '"additionalGids":[4000000000]'
  inside --device acme.com/unit=one -- true
  assert_success
  assert_stderr "warning: group 4000000000"
}

@test "hostile and damaged descriptions are passed over with their reason; the others work" {
  spec_json good '"env":["A=1"]'
  printf '{"cdiVersion":' >"$BASE/etc/torn.json"
  printf 'a: &a [*a]\n' >"$BASE/etc/loop.yaml"
  head -c 2000000 /dev/zero | tr '\0' '[' >"$BASE/etc/deep.yaml"
  head -c 3000 /dev/zero | tr '\0' '[' >"$BASE/etc/deep2.yaml"
  printf '{"cdiVersion":"0.8.0","kind":"a/b","devices":[{"name":"x","containerEdits":{"run":"me"}}]}' >"$BASE/etc/unknown.json"
  mkfifo "$BASE/etc/pipe.json"
  cp "$BASE/etc/good.json" "$BASE/etc/open.json" && chmod 666 "$BASE/etc/open.json"
  inside --device acme.com/unit=one -- sh -c 'echo $A'
  assert_success
  assert_output "1"
  local name
  for name in torn.json loop.yaml deep.yaml deep2.yaml pipe.json; do assert_stderr "$BASE/etc/$name is passed over"; done
  assert_stderr "'run' is not known"
  assert_stderr "open.json is passed over: everybody may write to it"
  spec_json good '"intelRdt":{"closID":"x"}'
  inside --device acme.com/unit=one -- true
  assert_failure 125 "intelRdt, which only root can give"
  chmod 777 "$BASE/run-cdi"
  spec_json evil '"env":["A=evil"]' run-cdi
  spec_json good '"env":["A=1"]'
  inside --device acme.com/unit=one -- sh -c 'echo $A'
  assert_output "1"
  assert_stderr "$BASE/run-cdi is passed over"
  chmod 755 "$BASE/run-cdi"
}

@test "cdi_spec_dirs of containers.conf; without a device no file is read" {
  rm "$HOME/.config/lichen/config.toml"
  install -d "$BASE/conf"
  printf '[engine]\ncdi_spec_dirs = ["%s/conf"]\n' "$BASE" >"$BASE/containers.conf"
  spec_json a '"env":["A=conf"]' conf
  CONTAINERS_CONF=$BASE/containers.conf inside --device acme.com/unit=one -- sh -c 'echo $A'
  assert_output "conf"
  echo broken >"$BASE/conf/b.json"
  CONTAINERS_CONF=$BASE/containers.conf inside -- true
  assert_success
  assert_equal "$stderr" "" stderr
  inside --gpus all -- true
  assert_failure 125 "/etc/cdi, /var/run/cdi"
}
