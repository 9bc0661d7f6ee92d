#!/usr/bin/env bats
# Flags of push and its other places, policy.json for pull, load and push, image tree.
# ctest: timeout=300
load helpers

setup_file() {
  make_world
  export PLAIN
  PLAIN=$("$HELPERS/registry.sh" start "$BASE/plain")
  load_image layers tiny busybox
  lichen push -q tiny "$PLAIN/team/app:1"
}
teardown_file() {
  "$HELPERS/registry.sh" stop "$BASE/plain"
  remove_world
}
teardown() { rm -rf "$HOME/.config/containers"; }

id_of() { lichen image inspect -f '{{.Id}}' "$1"; }
types() { skopeo inspect --raw --tls-verify=false "docker://$1" | jq -r '.layers[].mediaType' | sort -u; }
policy() { install -d "$HOME/.config/containers" && cat >"$HOME/.config/containers/policy.json"; }

@test "--compression-format and --compression-level: other blobs, the same image; another level is another size" {
  need skopeo
  local oci=application/vnd.oci.image.layer.v1.tar
  lichen push -q --compression-format zstd layers "$PLAIN/c:zstd"
  assert_equal "$(types "$PLAIN/c:zstd")" "$oci+zstd"
  # Known at this registry, but not in the form that was asked for.
  lichen push -q --format oci --compression-format gzip layers "$PLAIN/c:gzip"
  assert_equal "$(types "$PLAIN/c:gzip")" "$oci+gzip"
  # Without a wish what is there does.
  run_lichen push --format oci layers "$PLAIN/c:any"
  assert_stderr "Layer already exists"
  refute_stderr Pushed
  run_lichen push --format oci --force-compression=false --compression-format zstd layers "$PLAIN/c:any"
  refute_stderr Pushed
  # By another name of the same registry, for what is known there would do.
  lichen push -q --format oci --compression-format gzip --compression-level 1 busybox "$PLAIN/level:1"
  lichen push -q --format oci --compression-format gzip --compression-level 9 busybox "localhost:${PLAIN#*:}/level:9"
  size() { skopeo inspect --raw --tls-verify=false "docker://$PLAIN/$1" | jq '[.layers[].size] | add'; }
  assert_less "$(size level:9)" "$(size level:1)" "bytes at level 9"
  lichen rmi -f "$PLAIN/c:zstd" >/dev/null 2>&1 || true
  lichen pull -q "$PLAIN/c:zstd" >/dev/null
  assert_equal "$(id_of "$PLAIN/c:zstd")" "$(id_of layers)"
  run_lichen push --compression-format zstd --format v2s2 layers "$PLAIN/c:no"
  assert_failure 125 "v2s2" "oci"
  run_lichen push --compression-format xz layers "$PLAIN/c:no"
  assert_failure 125 "xz"
  run_lichen push --compression-level 10 layers "$PLAIN/c:no"
  assert_failure 125 "1 to 9"
}

@test "push to docker-archive:, oci-archive:, oci: and dir:, with a name there; load brings the image back" {
  local id place
  id=$(id_of layers)
  lichen push -q layers "docker-archive:$BASE/a.tar:example.org/there:1"
  lichen push -q layers "oci-archive:$BASE/b.tar:example.org/oci:1"
  lichen push -q layers "oci:$BASE/c:tagged"
  lichen push -q layers "dir:$BASE/d"
  assert_equal "$(tar -xOf "$BASE/a.tar" manifest.json | jq -r '.[0].RepoTags[0]')" example.org/there:1
  assert_equal "$(jq -r '.manifests[0].annotations["org.opencontainers.image.ref.name"]' "$BASE/c/index.json")" tagged
  lichen rmi -f layers >/dev/null
  for place in a.tar b.tar c d; do
    run_lichen load -q -i "$BASE/$place"
    assert_success || return 1
    assert_equal "$(id_of "$id")" "$id" "$place" || return 1
    lichen rmi -f "$id" >/dev/null
  done
  lichen load -q -i "$BASE/b.tar" >/dev/null
  lichen image exists example.org/oci:1
  lichen rmi -f "$id" >/dev/null
  load_image layers
  run_lichen push --compression-format zstd layers "dir:$BASE/e"
  assert_failure 125 "dir:"
  run_lichen push layers oci:
  assert_failure 125 "path"
}

@test "policy.json: the most specific scope of pull; load and push have scopes of their own" {
  policy <<EOF2
{"default": [{"type": "reject"}],
 "transports": {"docker": {"$PLAIN": [{"type": "insecureAcceptAnything"}], "$PLAIN/team": [{"type": "reject"}], "$PLAIN/team/app:1": [{"type": "insecureAcceptAnything"}]},
   "docker-archive": {"": [{"type": "insecureAcceptAnything"}]}, "oci": {"$BASE/good": [{"type": "insecureAcceptAnything"}]}}}
EOF2
  run_lichen pull -q "$PLAIN/team/app:1"
  assert_success
  run_lichen pull -q "$PLAIN/team/app:2"
  assert_failure 125 "$PLAIN/team/app:2" "rejected" "policy.json"
  run_lichen pull -q "$PLAIN/nothing:1"
  assert_failure 125 "not found"
  run_lichen run --rm --network none 127.0.0.1:1/other true
  assert_failure 125 "rejected"
  load_image tiny
  run_lichen push tiny "$PLAIN/team/new:1"
  assert_failure 125 "containers-storage" "rejected"
  lichen save -q --format oci-dir -o "$BASE/good" tiny
  lichen save -q --format oci-dir -o "$BASE/bad" tiny
  lichen load -q -i "$BASE/good" >/dev/null
  run_lichen load -q -i "$BASE/bad"
  assert_failure 125 "$BASE/bad" "rejected"
  run_lichen load -q -i "$BASE/a/../bad"
  assert_failure 125
  mkdir -p "$BASE/a"
  run_lichen load -q -i "$BASE/good/../bad"
  assert_failure 125 "rejected"
}

@test "policy.json: a signature that is asked for is refused in words, a file that is none too; --signature-policy" {
  policy <<<'{"default": [{"type": "signedBy", "keyType": "GPGKeys", "keyPath": "/k"}]}'
  run_lichen pull -q "$PLAIN/team/app:1"
  assert_failure 125 "must be signed (signedBy)" "cannot check signatures yet"
  policy <<<'{"default": [{"type": "acceptEverything"}]}'
  run_lichen pull -q "$PLAIN/team/app:1"
  assert_failure 125 "acceptEverything" "policy.json"
  run_lichen load -q -i "$LICHEN_TEST_FIXTURES/tiny.tar"
  assert_failure 125 "policy.json"
  echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$BASE/accept.json"
  echo '{"default": [{"type": "reject"}]}' >"$BASE/reject.json"
  lichen pull -q --signature-policy "$BASE/accept.json" "$PLAIN/team/app:1" >/dev/null
  lichen load -q --signature-policy "$BASE/accept.json" -i "$LICHEN_TEST_FIXTURES/tiny.tar" >/dev/null
  lichen push -q --signature-policy "$BASE/accept.json" --remove-signatures tiny "$PLAIN/team/app:3" >/dev/null
  rm -r "$HOME/.config/containers"
  run_lichen pull -q --signature-policy "$BASE/reject.json" "$PLAIN/team/app:1"
  assert_failure 125 "$BASE/reject.json"
}

@test "image tree: the layers with the images that end there; --whatrequires: what is made of it" {
  lichen run --name made --network none $BUSYBOX touch /made
  lichen commit -q made localhost/made:1 >/dev/null
  lichen rm made
  run_lichen image tree localhost/made:1
  assert_success
  assert_matches "^Image ID: [0-9a-f]{12}
Tags:     \[localhost/made:1\]
Size:     .*
Image Layers
├── ID: [0-9a-f]{12} Size: .* Top Layer of: \[.*localhost/busybox:latest.*\]
└── ID: [0-9a-f]{12} Size: .* Top Layer of: \[localhost/made:1\]$"
  run_lichen image tree --whatrequires $BUSYBOX
  assert_matches "(├|└)── ID: [0-9a-f]{12} Size: .* Top Layer of: \[localhost/made:1\]"
  run_lichen image tree --whatrequires localhost/made:1
  assert_contains "No image is made of it"
  run_lichen image tree nosuch
  assert_failure 125 "nosuch"
  lichen rmi localhost/made:1 >/dev/null
}
