#!/usr/bin/env bats
# load, save, import: every format that other tools write, and back, with ids that do not change.
load helpers

setup_file() { make_world; load_image layers busybox; }
teardown_file() { remove_world; }

image_id() { lichen image inspect -f '{{.Id}}' "$1"; }
diff_ids() { lichen image inspect -f '{{range .RootFS.Layers}}{{.}} {{end}}' "$1"; }

reload() ( # FILE: load FILE into an empty store, print id and diff ids
  second=$LICHEN_ROOT-second
  export LICHEN_ROOT=$second
  lichen load -q -i "$1" >/dev/null
  lichen image inspect -f '{{.Id}} {{range .RootFS.Layers}}{{.}} {{end}}' localhost/layers
  lichen rmi -f localhost/layers >/dev/null
  lichen unshare rm -rf "$second"
)

@test "the image id is the digest of the configuration that the archive holds" {
  local expected
  expected=$(tar -xOf "$LICHEN_TEST_FIXTURES/layers.tar" manifest.json | jq -r '.[0].Config' | sed 's/\.json$//')
  assert_equal "$(image_id localhost/layers | sed 's/^sha256://')" "$expected" "image id"
}

@test "save as docker-archive and load again: same ids" {
  lichen save -q -o "$BASE/d.tar" localhost/layers
  assert_equal "$(reload "$BASE/d.tar")" "$(image_id localhost/layers) $(diff_ids localhost/layers)" "ids"
  tar -xOf "$BASE/d.tar" manifest.json | jq -e '.[0].RepoTags == ["localhost/layers:latest"]'
}

@test "save as oci-archive and load again: same ids" {
  lichen save -q --format oci-archive -o "$BASE/o.tar" localhost/layers
  assert_equal "$(reload "$BASE/o.tar")" "$(image_id localhost/layers) $(diff_ids localhost/layers)" "ids"
}

@test "an OCI directory, and archives compressed by gzip and zstd" {
  lichen save -q --format oci-archive -o "$BASE/x.tar" localhost/layers
  mkdir "$BASE/oci"
  tar -C "$BASE/oci" -xf "$BASE/x.tar"
  assert_equal "$(reload "$BASE/oci")" "$(image_id localhost/layers) $(diff_ids localhost/layers)" "ids from a directory"
  gzip -k "$BASE/x.tar"
  assert_equal "$(reload "$BASE/x.tar.gz")" "$(image_id localhost/layers) $(diff_ids localhost/layers)" "ids from gzip"
  need zstd
  zstd -q "$BASE/x.tar"
  assert_equal "$(reload "$BASE/x.tar.zst")" "$(image_id localhost/layers) $(diff_ids localhost/layers)" "ids from zstd"
}

@test "save to and load from a pipe" {
  local other=$LICHEN_ROOT-pipe
  lichen save localhost/layers | "$LICHEN" --root "$other" load >"$BASE/loaded" 3>&- 4>&-
  grep -q "localhost/layers" "$BASE/loaded"
  lichen unshare rm -rf "$other"
}

@test "skopeo reads what save writes, and finds the same" {
  need skopeo
  lichen save -q -o "$BASE/s.tar" localhost/layers
  lichen save -q --format oci-archive -o "$BASE/so.tar" localhost/layers
  # skopeo 1.9 wants to give the files of an oci-archive their owners, which no ordinary user may: unpack it for skopeo.
  mkdir "$BASE/so"
  tar -C "$BASE/so" --no-same-owner -xf "$BASE/so.tar"
  assert_equal "$(skopeo inspect --config "docker-archive:$BASE/s.tar" | jq -c .rootfs.diff_ids)" \
    "$(skopeo inspect --config "docker-archive:$LICHEN_TEST_FIXTURES/layers.tar" | jq -c .rootfs.diff_ids)" "diff ids"
  assert_equal "$(skopeo inspect --config "oci:$BASE/so" | jq -c .config)" \
    "$(skopeo inspect --config "docker-archive:$LICHEN_TEST_FIXTURES/layers.tar" | jq -c .config)" "configuration"
}

@test "the layer tars that save writes are byte for byte those that were loaded" {
  lichen save -q -o "$BASE/exact.tar" localhost/layers
  local layer
  for layer in $(tar -xOf "$BASE/exact.tar" manifest.json | jq -r '.[0].Layers[]'); do
    tar -xOf "$BASE/exact.tar" "$layer" | sha256sum | cut -d' ' -f1
  done >"$BASE/sums"
  assert_equal "$(cat "$BASE/sums")" "$(diff_ids localhost/layers | tr ' ' '\n' | sed 's/^sha256://;/^$/d')" "sha256 of the layers"
}

@test "what skopeo writes is read: oci directory and docker-archive" {
  need skopeo
  skopeo --insecure-policy copy -q "docker-archive:$LICHEN_TEST_FIXTURES/tiny.tar" "oci:$BASE/skopeo-oci:localhost/viaskopeo:latest"
  run_lichen load -i "$BASE/skopeo-oci"; assert_success
  run_lichen run --rm --network none "$(lichen images -q | head -n 1)" /bin/true; assert_success
}

@test "several images in one archive" {
  lichen save -q -o "$BASE/two.tar" localhost/layers localhost/busybox
  assert_equal "$(tar -xOf "$BASE/two.tar" manifest.json | jq length)" 2 images
}

@test "import makes an image of a tar, with --change and a message" {
  tar -C "$LICHEN_TEST_FIXTURES/rootfs" --owner=0 --group=0 -cf "$BASE/root.tar" .
  run_lichen import -c 'CMD ["echo", "imported"]' -c 'ENV A=b' -c 'WORKDIR /tmp' -m "by hand" "$BASE/root.tar" localhost/imported:1
  assert_success
  assert_matches '(sha256:)?[0-9a-f]{64}'
  run_lichen run --rm --network none localhost/imported:1; assert_output "imported"
  run_lichen run --rm --network none localhost/imported:1 sh -c 'pwd; echo $A'; assert_output "/tmp
b"
  gzip -c "$BASE/root.tar" | "$LICHEN" import - localhost/piped 3>&- 4>&- >/dev/null
  run_lichen run --rm --network none localhost/piped echo hi; assert_output "hi"
}

@test "what is no archive is refused by name, and leaves nothing" {
  head -c 10000 /dev/urandom >"$BASE/junk"
  run_lichen load -i "$BASE/junk"; assert_failure 125 "$BASE/junk"
  run_lichen load -i "$BASE/nothere"; assert_failure 125 "nothere" "No such file"
  head -c 100000 "$LICHEN_TEST_FIXTURES/busybox.tar" >"$BASE/torn"
  run_lichen load -i "$BASE/torn"; [ "$status" != 0 ]; assert_stderr "torn"
  tar -cf "$BASE/empty.tar" -T /dev/null
  run_lichen load -i "$BASE/empty.tar"; [ "$status" != 0 ]; assert_stderr "empty.tar"
  assert_equal "$(wait_until_empty 5 leftover_staging)" "" staging
}

@test "C29 a layer that differs from its diff id is refused" {
  mkdir "$BASE/t"
  python3 "$HELPERS/make_image.py" tiny "$BASE/true.tar" --tag localhost/lie --marker "a layer that no store has"
  tar -C "$BASE/t" -xf "$BASE/true.tar"
  local layer
  layer=$(jq -r '.[0].Layers[0]' "$BASE/t/manifest.json")
  printf 'x' | dd of="$BASE/t/$layer" bs=1 seek=1500 conv=notrunc 2>/dev/null
  tar -C "$BASE/t" -cf "$BASE/lie.tar" .
  run_lichen load -i "$BASE/lie.tar"
  [ "$status" != 0 ]
  [[ $stderr == *digest* || $stderr == *"diff id"* || $stderr == *diff_id* ]] || fail_with "message" "names the digest" "$stderr"
  assert_equal "$(wait_until_empty 5 leftover_staging)" "" staging
}
