#!/usr/bin/env bats
# What somebody has laid where lichen will look: symlinks in volumes that are mounted again (C38), and programs and settings in the
# working directory, in a relative PATH, in names (C42). Each attack has a twin that works.
load helpers

setup_file() {
  make_world
  load_image busybox
  mkdir -p "$BASE/canary/sub"
  echo untouched >"$BASE/canary/file"
}
teardown_file() { remove_world; }
teardown() { lichen rm -f -a -t 0 >/dev/null 2>&1 || true; }

canary() { find "$BASE/canary" -printf '%p %i %#m %U:%G %T@ %C@ %s\n' -type f -exec sha256sum {} + | sha256sum; }
expect_canary() { assert_equal "$(canary)" "$1" "the canary after: $2; $(find "$BASE/canary" -ls)"; } # BEFORE WHAT

image_with_links() { # NAME: /data has links out of the image, and is a volume; /away and /out are links, one of them to the host
  python3 - "$HELPERS" "$BASE/$1.tar" "localhost/$1" "$BASE/canary" <<'PY'
import sys
sys.path.insert(0, sys.argv[1])
import make_image
layer, canary = make_image.Layer(), sys.argv[4]
layer.directory("data")
layer.file("data/seed", "from the image")
layer.symlink("data/host", canary)
layer.symlink("data/up", "../../../../../../../../../.." + canary)
layer.symlink("data/passwd", "/etc/passwd")
layer.directory("place")
layer.symlink("away", "/place")
layer.symlink("out", canary)
make_image.write_archive(sys.argv[2], sys.argv[3] + ":latest", [make_image.busybox_layer(), layer.bytes()],
                         {"Cmd": ["sh"], "Env": ["PATH=/usr/bin:/bin"], "Volumes": {"/data": {}}})
PY
  lichen load -q -i "$BASE/$1.tar" >/dev/null
}

@test "C38 a new volume gets the image's links as links; a volume on a link lands in the image" {
  image_with_links links
  local before path
  before=$(canary)
  run_lichen run --rm --network none -v fresh:/data localhost/links sh -c 'cat /data/seed; readlink /data/host; readlink /data/up; ls /data/host/ 2>&1; echo x >/data/host/new; true'
  assert_contains "from the image"
  assert_contains "$BASE/canary"
  refute_contains "sub"
  path=$(lichen volume inspect -f '{{.Mountpoint}}' fresh)
  [ -L "$path/host" ] && [ -L "$path/up" ] && [ -L "$path/passwd" ]
  expect_canary "$before" "copy-up"
  run_lichen run --rm --network none -v second:/away localhost/links sh -c 'echo y >/away/y; cat /place/y; grep -c " /place " /proc/mounts'
  assert_output $'y\n1'
  # Where the link leads there is nothing in the image: no directory is made through it, inside or outside.
  run_lichen run --rm --network none -v third:/out localhost/links true
  assert_failure 125 "mount '/out'"
  expect_canary "$before" "volumes on links"
  [ -e "$(lichen volume inspect -f '{{.Mountpoint}}' second)/y" ]
}

@test "C38 a link planted in a volume between two containers leads nowhere: mounts, secrets, directories, export, import, cp" {
  local before plant flags
  before=$(canary)
  lichen volume create shared >/dev/null
  printf value | lichen secret create key - >/dev/null
  for plant in "$BASE/canary" "../../../../../../../../../../..$BASE/canary" "/proc/1/root$BASE/canary" "/proc/self/cwd"; do
    lichen run --rm --network none -v shared:/v $BUSYBOX sh -c 'rm -rf /v/sub; ln -s "$1" /v/sub' sh "$plant"
    for flags in "-v other:/v/sub" "-v other:/v/sub/deep" "--tmpfs /v/sub" "--mount type=tmpfs,dst=/v/sub/deep" "--secret key,target=/v/sub/secret" \
      "--secret key,target=/v/sub" "-w /v/sub/made" "-w /v/sub" "-v $BASE/tmp:/v/sub/bind" "--mount type=volume,src=shared,dst=/w,volume-subpath=sub" \
      "--volumes-from holder"; do
      [ "$flags" != "--volumes-from holder" ] || lichen create --name holder -v shared:/v -v other:/v/sub $BUSYBOX true >/dev/null
      # shellcheck disable=SC2086
      run_lichen run --rm --network none -v shared:/v $flags $BUSYBOX sh -c 'echo in >/v/sub/written 2>/dev/null; true'
      ((status < 124 || status == 125 || status == 126 || status == 127)) || fail_with "$flags" "an ordinary end" "$status" || return 1
      expect_canary "$before" "$flags with sub -> $plant" || return 1
    done
    lichen rm holder >/dev/null
    lichen volume export -o "$BASE/out.tar" shared
    tar -tvf "$BASE/out.tar" | grep -q 'sub -> '
    ! tar -tf "$BASE/out.tar" | grep -q 'sub/'
    mkdir -p "$BASE/in/sub" && echo bad >"$BASE/in/sub/written" && tar -C "$BASE/in" -cf "$BASE/in.tar" .
    run_lichen volume import shared "$BASE/in.tar"
    expect_canary "$before" "volume import over sub -> $plant" || return 1
    lichen run --rm --network none -v shared:/v $BUSYBOX sh -c 'rm -rf /v/sub; ln -s "$1" /v/sub' sh "$plant"
    lichen create --name copied -v shared:/v $BUSYBOX true >/dev/null
    run_lichen cp "$BASE/in/." copied:/v
    run_lichen cp "$BASE/in/sub/written" copied:/v/sub/
    expect_canary "$before" "cp into sub -> $plant" || return 1
    run_lichen cp copied:/v "$BASE/tmp/fetched"
    expect_canary "$before" "cp out of sub -> $plant" || return 1
    lichen unshare rm -rf "$BASE/tmp/fetched"
    lichen rm copied >/dev/null
  done
  # The twin: a real directory takes all of that.
  lichen run --rm --network none -v shared:/v $BUSYBOX sh -c 'rm -rf /v/sub; mkdir /v/sub'
  run_lichen run --rm --network none -v shared:/v -v other:/v/sub --secret key,target=/v/sub/secret -w /v/sub/made $BUSYBOX sh -c 'cat /v/sub/secret; pwd'
  assert_output "value/v/sub/made"
}

# Programs with the names of everything that lichen might start; each tells that it was.
plant_programs() { # FOLDER
  local name
  mkdir -p "$1"
  for name in newuidmap newgidmap slirp4netns pasta fuse-overlayfs lichen-conmon lichen-oci lichen-image lichen-init crun runc busctl systemctl \
    ps tar xz gzip zstd nft iptables ip modprobe getsubids docker-credential-evil podman fusermount3 fusermount; do
    printf '#!/bin/sh\necho "%s $*" >>"%s"\nexit 1\n' "$name" "$BASE/trojans" >"$1/$name"
    chmod 755 "$1/$name"
  done
}
no_trojan() { [ ! -e "$BASE/trojans" ] || fail_with "$1" "no planted program was started" "$(cat "$BASE/trojans")"; }

@test "C42 programs in the working directory, and in a relative or empty part of PATH, are not started" {
  plant_programs "$BASE/planted"
  cd "$BASE/planted"
  local path
  for path in ".:$PATH" ":$PATH" "planted:../planted:$PATH" "$PATH:"; do
    # A runtime directory of its own each time: a new user namespace has to be made, by newuidmap.
    export XDG_RUNTIME_DIR=$BASE/r$((++n))
    mkdir -m 700 "$XDG_RUNTIME_DIR"
    PATH=$path run_lichen run --rm --network none $BUSYBOX echo fine
    assert_output fine || return 1
    no_trojan "run with PATH=$path" || return 1
    if command -v slirp4netns >/dev/null && [ -w /dev/net/tun ]; then
      PATH=$path run_lichen run --rm --network slirp4netns $BUSYBOX echo fine
      assert_output fine || return 1
    fi
    PATH=$path run_lichen run --rm --network none --userns keep-id --memory 64m $BUSYBOX echo fine
    assert_output fine || return 1
    PATH=$path run_lichen run -d --name topped --network none $BUSYBOX sleep 100
    PATH=$path run_lichen top topped
    PATH=$path run_lichen top topped aux
    PATH=$path run_lichen rm -f -t 0 topped
    PATH=$path run_lichen doctor
    PATH=$path run_lichen info
    no_trojan "PATH=$path" || return 1
  done
  # A program is found by a name, not by a way to it, and nothing is looked for here.
  for path in crun planted/crun; do
    run_lichen run --rm --runtime $path --network none $BUSYBOX true
    [ "$path" != crun ] || no_trojan "--runtime crun" || return 1
  done
  rm -f "$BASE/trojans"
}

@test "C42 settings and credentials in the working directory are not read" {
  mkdir -p "$BASE/settings/.config/containers" "$BASE/settings/.docker" "$BASE/settings/containers"
  cd "$BASE/settings"
  local name
  for name in containers.conf .config/containers/containers.conf containers/containers.conf; do printf '[containers]\ntz = "Nowhere/Land"\n' >"$name"; done
  for name in config.toml lichen.toml .lichen.toml; do printf 'not toml at all' >"$name"; done
  for name in registries.conf policy.json storage.conf auth.json config.json .docker/config.json seccomp.json; do echo 'not json' >"$name"; done
  run_lichen run --rm --network none $BUSYBOX echo fine
  assert_output fine
  assert_equal "$stderr" ""
  run_lichen pull localhost:1/nosuch
  refute_stderr "not json"
}

@test "C42 names with a slash or dots lead to no program, file or directory: helpers, drivers, networks, volumes, secrets, containers" {
  plant_programs "$BASE/planted"
  local name before
  before=$(canary)
  for name in "../planted/evil" "/$BASE/planted/evil" "x/../../planted/evil" $'a\nb' ".." "a b"; do
    jq -n --arg helper "$name" '{credHelpers: {"localhost:1": $helper}, credsStore: $helper}' >"$BASE/auth.json"
    run_lichen logout --authfile "$BASE/auth.json" localhost:1
    assert_failure 125 "credential helper" "not a name" || return 1
    no_trojan "the credential helper '$name'" || return 1
  done
  for name in ../../canary "$BASE/canary" .. . x/y; do
    run_lichen volume create "$name"; [ "$status" != 0 ] || fail_with "volume create '$name'" refused "$output" || return 1
    run_lichen volume rm -f "$name"
    run_lichen volume create --driver "$name" ok; [ "$status" != 0 ] || fail_with "volume create --driver '$name'" refused "$output" || return 1
    run_lichen secret create "$name" - <<<x; [ "$status" != 0 ] || fail_with "secret create '$name'" refused "$output" || return 1
    run_lichen secret rm "$name"; [ "$status" != 0 ] || return 1
    run_lichen create --name "$name" $BUSYBOX true; [ "$status" != 0 ] || fail_with "create --name '$name'" refused "$output" || return 1
    run_lichen rm "$name"; [ "$status" != 0 ] || return 1
    run_lichen inspect "$name"; [ "$status" != 0 ] || return 1
    run_lichen logs "$name"; [ "$status" != 0 ] || return 1
    run_lichen run --rm --network "$name" $BUSYBOX true; [ "$status" = 125 ] || fail_with "--network '$name'" refused "$output" || return 1
    run_lichen run --rm --network "container:$name" $BUSYBOX true; [ "$status" = 125 ] || return 1
    run_lichen run --rm --log-driver "$name" $BUSYBOX true; [ "$status" = 125 ] || return 1
    run_lichen --storage-driver "$name" ps; [ "$status" = 125 ] || return 1
    expect_canary "$before" "names like '$name'" || return 1
  done
  no_trojan "names"
  # The twin: a helper in one of the places for them is asked; in PATH, or where others may write, it is not.
  install -d "$HOME/.local/bin"
  printf '{"credHelpers": {"localhost:1": "evil"}}' >"$BASE/auth.json"
  mkdir "$BASE/folder"
  cp "$BASE/planted/docker-credential-evil" "$BASE/folder/"
  PATH=$BASE/folder:$PATH run_lichen logout --authfile "$BASE/auth.json" localhost:1
  assert_failure 125 "docker-credential-evil" "there is no such program"
  no_trojan "a helper that is only in PATH"
  cp "$BASE/planted/docker-credential-evil" "$HOME/.local/bin/"
  chmod o+w "$HOME/.local/bin"
  run_lichen logout --authfile "$BASE/auth.json" localhost:1
  no_trojan "a helper where others may write"
  chmod o-w "$HOME/.local/bin"
  run_lichen logout --authfile "$BASE/auth.json" localhost:1
  grep -q docker-credential-evil "$BASE/trojans"
  rm -r "$BASE/trojans" "$HOME/.local/bin"
}
