#!/usr/bin/env bats
# Flags of podman, and some of docker, for commands of every day that have no file of their own.
load helpers

setup_file() {
  make_world
  load_image busybox
}
teardown_file() { remove_world; }
teardown() { lichen rm -f -a -t 0 >/dev/null 2>&1 || true; }

@test "run --timeout kills what runs too long, also after a restart; inspect tells it" {
  run_lichen run --name limited --network none --timeout 1 $BUSYBOX sleep 1000
  assert_status 137
  run_lichen inspect -f '{{.Config.Timeout}} {{.State.ExitCode}}' limited
  assert_output "1 137"
  lichen start limited >/dev/null
  assert_equal "$(lichen wait limited)" 137 "exit code"
  run_lichen run --rm --network none --timeout 100 $BUSYBOX echo quick
  assert_output "quick"
  run_lichen run --timeout -1 $BUSYBOX true
  assert_failure 125 "--timeout"
}

@test "run --rmi takes container and image away, but no image that another needs" {
  lichen tag $BUSYBOX gone:1
  run_lichen run --rmi --network none gone:1 echo ran
  assert_output "ran"
  run_lichen image exists gone:1; assert_status 1
  run_lichen image exists $BUSYBOX; assert_success
  run_lichen ps -aq; assert_output ""
  lichen create --name source $BUSYBOX true >/dev/null
  lichen export source | lichen import -q - single:1 >/dev/null
  lichen create --name other single:1 true >/dev/null
  run_lichen run --rmi --network none single:1 echo ran
  assert_success
  assert_output "ran"
  assert_stderr "warning: --rmi:"
  run_lichen image exists single:1; assert_success
  run_lichen run --rmi -d $BUSYBOX true
  assert_failure 125 "--rmi" "--detach"
  lichen rm other >/dev/null
  run_lichen run --rmi --network none single:1 true
  assert_equal "$stderr" "" stderr
  run_lichen image exists single:1; assert_status 1
}

@test "--env-host gives what is set here, -e wins; --no-hostname leaves the file to the image" {
  export OF_HOST=1 OF_BOTH=host
  inside --env-host -e OF_BOTH=mine -- sh -c 'echo $OF_HOST $OF_BOTH'
  assert_output "1 mine"
  inside -- sh -c 'echo "[$OF_HOST]"; grep -c " /etc/hostname " /proc/mounts'
  assert_output "[]
1"
  inside --no-hostname -- grep -c " /etc/hostname " /proc/mounts
  assert_output "0"
}

@test "--arch, --os and --variant are --platform in parts" {
  local arch
  arch=$(lichen image inspect -f '{{.Architecture}}' $BUSYBOX)
  inside --pull never --arch "$arch" --os linux -- echo ran
  assert_output "ran"
  inside --pull never --arch arm --variant v7 -- echo ran
  assert_failure 125 "not for linux/arm/v7"
  inside --platform linux/amd64 --arch amd64 -- true
  assert_failure 125 "--platform says it all"
  run_lichen pull --policy never --arch s390x $BUSYBOX
  assert_failure 125 "linux/s390x"
  echo file >"$BASE/file"
  tar -C "$BASE" -c file | lichen import -q --arch arm --os linux --variant v6 - other:1 >/dev/null
  run_lichen image inspect -f '{{.Os}}/{{.Architecture}}/{{.Variant}}' other:1
  assert_output "linux/arm/v6"
}

@test "--cgroups and --init-path" {
  run_lichen run --name free --network none --cgroups disabled $BUSYBOX cat /proc/self/cgroup
  assert_success
  run_lichen inspect -f '{{.HostConfig.Cgroups}}' free
  assert_output "disabled"
  inside --cgroups no-conmon -- echo ran
  assert_output "ran"
  inside --cgroups split -- true
  assert_failure 125 "split"
  inside --cgroups disabled --cgroup-parent /x -- true
  assert_failure 125 "--cgroup-parent"
  cp "$LICHEN_TEST_BIN/lichen-init" "$BASE/my-init"
  inside --init --init-path "$BASE/my-init" -- grep -o '[a-z-]*init ' /proc/self/mountinfo
  assert_contains "my-init"
  inside --init-path "$BASE/my-init" -- true
  assert_failure 125 "--init-path needs --init"
}

@test "secret inspect --showsecret shows the value, and nothing else does" {
  printf 'top "secret"' | lichen secret create s1 - >/dev/null
  run_lichen secret inspect --showsecret -f '{{.SecretData}}' s1
  assert_output 'top "secret"'
  run_lichen secret inspect s1
  [[ $output != *SecretData* && $output != *top* ]] || fail_with output "without the value" "$output"
  lichen secret rm s1
}

@test "save --compress: gzip layers under their digests in a docker-dir; --uncompressed is what the others are" {
  local id name
  lichen save -q --compress --format docker-dir -o "$BASE/dir" $BUSYBOX
  for name in $(python3 -c 'import json,sys; print(*[l["digest"][7:] for l in json.load(open(sys.argv[1]))["layers"]])' "$BASE/dir/manifest.json"); do
    assert_equal "$(sha256sum <"$BASE/dir/$name")" "$name  -" "digest of the file"
    id+="sha256:$(gunzip -c <"$BASE/dir/$name" | sha256sum | cut -d' ' -f1) "
  done
  assert_equal "${id% }" "$(lichen image inspect -f '{{join .RootFS.Layers " "}}' $BUSYBOX)" "diff ids"
  grep -q 'rootfs.diff.tar.gzip' "$BASE/dir/manifest.json"
  run_lichen save --compress -o "$BASE/no.tar" $BUSYBOX
  assert_failure 125 "--compress is for the format docker-dir"
  lichen save -q --uncompressed --format oci-archive -o "$BASE/oci.tar" $BUSYBOX
  tar -xOf "$BASE/oci.tar" "blobs/sha256/$(lichen image inspect -f '{{slice (index .RootFS.Layers 0) 7}}' $BUSYBOX)" | tar -t >/dev/null
}

@test "--platform of save, history, image inspect and rmi: the image must be for it" {
  local here
  here=linux/$(lichen image inspect -f '{{.Architecture}}' $BUSYBOX)
  lichen save -q --platform "$here" -o "$BASE/here.tar" $BUSYBOX
  [ -s "$BASE/here.tar" ]
  assert_equal "$(lichen history -q --platform "$here" $BUSYBOX | wc -l)" "$(lichen history -q $BUSYBOX | wc -l)" history
  assert_equal "$(lichen image inspect --platform "$here" -f '{{.Os}}' $BUSYBOX)" linux Os
  run_lichen save --platform linux/s390x -o "$BASE/none.tar" $BUSYBOX
  assert_failure 125 "not for linux/s390x"
  [ ! -e "$BASE/none.tar" ]
  run_lichen history --platform linux/s390x $BUSYBOX
  assert_failure 125 "not for linux/s390x"
  run_lichen image inspect --platform linux/s390x $BUSYBOX
  assert_failure 1 "not for linux/s390x"
  lichen tag $BUSYBOX extra:1
  run_lichen rmi --platform linux/s390x extra:1
  assert_failure 1 "not for linux/s390x"
  lichen rmi --platform "$here" extra:1
  run_lichen image exists extra:1; assert_status 1
}

@test "exec --cidfile and --no-session; wait --interval" {
  lichen run -d --name web --cidfile "$BASE/cid" --network none $BUSYBOX sleep 1000
  run_lichen exec --no-session --cidfile "$BASE/cid" echo one two
  assert_output "one two"
  run_lichen exec --cidfile "$BASE/cid" --latest true
  assert_failure 125 "exclude each other"
  run_lichen exec --cidfile "$BASE/nosuch" true
  assert_failure 125 "$BASE/nosuch"
  lichen kill web >/dev/null
  run_lichen wait --interval 10ms web
  assert_output "137"
  run_lichen wait -i soon web
  assert_failure 125 "--interval 'soon'"
  rm -f "$BASE/cid"
}

@test "--external of exists and prune: there is nothing of others" {
  lichen create --name mine $BUSYBOX true
  run_lichen container exists --external mine; assert_success
  run_lichen container exists --external nosuch; assert_status 1
  lichen tag $BUSYBOX keep:1
  run_lichen image prune --external -f; assert_success
  run_lichen system prune --external -f; assert_success
  run_lichen container exists mine; assert_status 1
  run_lichen image exists keep:1; assert_success
}

@test "rm --depend removes those first that use the container, and those that use them" {
  lichen run -d --name base --network none -v /data $BUSYBOX sleep 1000 >/dev/null
  lichen run -d --name user --network container:base --pid container:base $BUSYBOX sleep 1000 >/dev/null
  lichen create --name taker --network none --volumes-from base:ro $BUSYBOX true >/dev/null
  lichen create --name far --network none --ipc private --uts container:user $BUSYBOX true >/dev/null
  lichen create --name alone --network none $BUSYBOX true >/dev/null
  run_lichen rm --depend base
  assert_failure 1 "is running"
  assert_equal "$(lichen ps -aq | wc -l)" 5 "containers"
  run_lichen rm -f -t 0 --depend base
  assert_success
  assert_equal "$(wc -l <<<"$output")" 4 "lines"
  run_lichen ps -a --format '{{.Names}}'
  assert_output "alone"
  run_lichen rm --depend alone
  assert_output "alone"
}
