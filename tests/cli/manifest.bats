#!/usr/bin/env bats
# Manifest lists: made of images here and of others at registries, used as an image, pushed, removed; with a real registry.
# ctest: timeout=300
load helpers

setup_file() {
  make_world
  export PLAIN AUTH
  PLAIN=$("$HELPERS/registry.sh" start "$BASE/plain")
  AUTH=$("$HELPERS/registry.sh" start "$BASE/auth" tls auth)
  load_image busybox tiny
  # The same files say that they are for other machines: nothing runs them but `echo` is not asked for there.
  tar -C "$LICHEN_TEST_FIXTURES/rootfs" --owner=0 --group=0 -cf "$BASE/rootfs.tar" bin
  lichen import -q --arch arm64 "$BASE/rootfs.tar" localhost/part:arm64 >/dev/null
  lichen import -q --platform linux/s390x "$BASE/rootfs.tar" localhost/part:s390x >/dev/null
  lichen tag busybox localhost/part:amd64
}
teardown_file() {
  "$HELPERS/registry.sh" stop "$BASE/plain"
  "$HELPERS/registry.sh" stop "$BASE/auth"
  remove_world
}
teardown() {
  local list
  for list in $(lichen images --filter manifest=true --format '{{.ID}}' | sort -u); do lichen manifest rm "$list" >/dev/null; done
}

id_of() { lichen image inspect -f '{{.Id}}' "$1"; }
raw() { skopeo inspect --raw --tls-verify=false "docker://$1"; }
# Platforms of an index on standard input, with what is before each by a jq expression.
platforms() { jq -r '.manifests[].platform | .os + "/" + .architecture + (if .variant then "/" + .variant else "" end)'; }
other() { timeout 60 "$LICHEN" --root "$BASE/other" --runroot "$BASE/other-run" "$@" 3>&- 4>&-; }

@test "create of images that are here: inspect, images, exists, run; nothing but the record is made" {
  run_lichen manifest exists app
  assert_status 1
  run_lichen manifest create --annotation team=rock app localhost/part:amd64 localhost/part:arm64
  assert_success
  assert_matches '^[0-9a-f]{64}$'
  local id=$output
  run_lichen manifest inspect app
  assert_equal "$(jq -r '.mediaType, .annotations.team' <<<"$output" | xargs)" "application/vnd.oci.image.index.v1+json rock"
  assert_equal "$(platforms <<<"$output" | xargs)" "linux/amd64 linux/arm64/v8"
  lichen manifest exists "localhost/app:latest"
  lichen image exists app
  run_lichen images --format '{{.Repository}}:{{.Tag}} {{.ID}}' localhost/app
  assert_output "localhost/app:latest ${id:0:12}"
  assert_equal "$(lichen images --filter manifest=true -q)" "${id:0:12}"
  run_lichen images --tree
  assert_matches "localhost/app:latest +${id:0:12}"
  assert_matches "├─ linux/(amd64|arm64/v8) .*
└─ linux/(amd64|arm64/v8)"
  run_lichen run --rm --network none app echo "from the list"
  assert_output "from the list"
  assert_equal "$(id_of app)" "$(id_of localhost/part:amd64)" "the image for this machine"
  assert_equal "$(lichen image inspect -f '{{.Architecture}}' --platform linux/arm64 app)" arm64
  run_lichen image inspect --platform linux/riscv64 app
  assert_failure 1 "app" "linux/riscv64" "manifest inspect"
  run_lichen system check
  assert_success
  run_lichen manifest create app localhost/part:amd64
  assert_failure 125 "manifest list" "--amend"
  run_lichen manifest create localhost/part:amd64
  assert_failure 125 "an image"
  run_lichen manifest create more localhost/nothing:here
  assert_failure 125 "localhost/nothing:here" "no such image"
  run_lichen manifest inspect localhost/part:amd64
  assert_status 125
}

@test "add, annotate, remove: by name, by digest; a platform is there once" {
  lichen manifest create app >/dev/null
  lichen manifest add app localhost/part:amd64 localhost/part:arm64 >/dev/null
  lichen manifest add --os linux --arch arm --variant v7 --os-version 6.1 --features sse4,neon --annotation a=b app localhost/tiny >/dev/null
  run_lichen manifest inspect app
  assert_equal "$(platforms <<<"$output" | xargs)" "linux/amd64 linux/arm64/v8 linux/arm/v7"
  assert_equal "$(jq -c '.manifests[2] | [.platform."os.version", .platform.features, .annotations]' <<<"$output")" '["6.1",["sse4","neon"],{"a":"b"}]'
  # The same platform and features again: in its place.
  lichen manifest add --arch arm64 --variant v8 app localhost/tiny >/dev/null
  assert_equal "$(lichen manifest inspect app | platforms | xargs)" "linux/amd64 linux/arm64/v8" "an image is there once, too"
  lichen manifest create --amend --all app localhost/part:amd64 localhost/part:s390x >/dev/null
  assert_equal "$(lichen manifest inspect app | jq '.manifests | length')" 3
  lichen manifest annotate --os linux --arch s390x --variant z15 --os-version 1 --os-features x,y --features f --annotation k=v app localhost/part:s390x >/dev/null
  assert_equal "$(lichen manifest inspect app | jq -c '.manifests[] | select(.platform.architecture == "s390x") | [.platform, .annotations]')" \
    '[{"architecture":"s390x","os":"linux","os.version":"1","os.features":["x","y"],"variant":"z15","features":["f"]},{"k":"v"}]'
  lichen manifest annotate --index --annotation of=list app >/dev/null
  assert_equal "$(lichen manifest inspect app | jq -r .annotations.of)" list
  run_lichen manifest annotate --index --arch arm app
  assert_failure 125 "exclude each other"
  run_lichen manifest annotate --arch arm app
  assert_failure 125 "which image"
  local digest
  digest=$(lichen manifest inspect app | jq -r '.manifests[] | select(.platform.architecture == "s390x") | .digest')
  lichen manifest remove app "$digest" >/dev/null
  run_lichen manifest remove app "$digest"
  assert_failure 125 "has no image"
  lichen manifest remove app localhost/tiny >/dev/null
  assert_equal "$(lichen manifest inspect app | platforms | xargs)" "linux/amd64"
  run_lichen manifest add app dir:/tmp
  assert_failure 125 "lichen load"
  run_lichen manifest add localhost/part:amd64 tiny
  assert_failure 125 "is an image, not a manifest list"
}

@test "push: all images go, others pull their own; the digest stays the next time, and of the list elsewhere" {
  need skopeo
  lichen manifest create app localhost/part:amd64 localhost/part:arm64 >/dev/null
  run_lichen manifest push --digestfile "$BASE/digest" app "$PLAIN/team/app:1"
  assert_success
  assert_output "$(cat "$BASE/digest")"
  assert_equal "$(raw "$PLAIN/team/app:1" | sha256sum | cut -d' ' -f1)" "$(cut -d: -f2 "$BASE/digest")"
  assert_equal "$(raw "$PLAIN/team/app:1" | platforms | xargs)" "linux/amd64 linux/arm64/v8"
  other pull -q "$PLAIN/team/app:1"
  assert_equal "$(other image inspect -f '{{.Id}}' "$PLAIN/team/app:1")" "$(id_of localhost/part:amd64)"
  other pull -q --platform linux/arm64 "$PLAIN/team/app:1"
  assert_equal "$(other image inspect -f '{{.Id}}' "$PLAIN/team/app:1")" "$(id_of localhost/part:arm64)"
  skopeo copy -q --all --src-tls-verify=false "docker://$PLAIN/team/app:1" "oci:$BASE/copied:1"
  # podman's way: push alone.
  lichen tag app "$PLAIN/team/app:2"
  run_lichen push "$PLAIN/team/app:2"
  assert_contains "2: digest: $(cat "$BASE/digest")"
  assert_stderr "Layer already exists"
  run_lichen push --platform linux/arm64 app "$PLAIN/team/one:1"
  assert_success
  assert_equal "$(raw "$PLAIN/team/one:1" | jq -r .config.digest)" "$(id_of localhost/part:arm64)" "one image, no list"
  lichen push -a "$PLAIN/team/app" >/dev/null
  # Only at a registry: described without fetching, copied when pushed.
  run_lichen manifest create --all --tls-verify=false far "docker://$PLAIN/team/app:1"
  assert_success
  run_lichen run --rm --network none far true
  assert_failure 125 "localhost/far" "linux/amd64"
  run_lichen manifest push --creds tester:s3cret --cert-dir "$BASE/auth" -q far "$AUTH/far:1"
  assert_success
  assert_output ""
  assert_equal "$(skopeo inspect --raw --creds tester:s3cret --tls-verify=false "docker://$AUTH/far:1" | sha256sum | cut -d' ' -f1)" "$(cut -d: -f2 "$BASE/digest")"
  lichen manifest create --insecure one "$PLAIN/team/app:1" >/dev/null
  assert_equal "$(lichen manifest inspect one | platforms | xargs)" "linux/amd64"
  lichen unshare rm -rf "$BASE/other" "$BASE/other-run"
}

@test "manifest inspect of what is at a registry; create and add with credentials" {
  lichen push -q --creds tester:s3cret --cert-dir "$BASE/auth" tiny "$AUTH/closed:1"
  run_lichen manifest inspect --creds tester:s3cret --cert-dir "$BASE/auth" "docker://$AUTH/closed:1"
  assert_equal "$(jq -r .config.digest <<<"$output")" "$(id_of tiny)"
  run_lichen manifest inspect --insecure "$AUTH/closed:1"
  assert_failure 125 "access denied"
  lichen login -u tester -p s3cret --cert-dir "$BASE/auth" --authfile "$BASE/auth.json" "$AUTH" 2>/dev/null
  assert_equal "$(lichen manifest inspect --authfile "$BASE/auth.json" --tls-verify=false "$AUTH/closed:1" | jq -r .config.digest)" "$(id_of tiny)"
  lichen manifest create --authfile "$BASE/auth.json" --cert-dir "$BASE/auth" app "$AUTH/closed:1" >/dev/null
  lichen manifest add --creds tester:s3cret --insecure --all --arch s390x app "docker://$AUTH/closed:1" >/dev/null
  run_lichen manifest add --creds tester:wrong --tls-verify=false app "docker://$AUTH/closed:1"
  assert_failure 125 "access denied"
  run_lichen manifest push --authfile "$BASE/auth.json" --insecure app "$AUTH/closed:list"
  assert_success
}

@test "push --format, --compression-format, --rm and --all=false" {
  need skopeo
  lichen manifest create app localhost/part:amd64 localhost/part:arm64 >/dev/null
  lichen manifest push -q -f v2s2 --tls-verify=false app "$PLAIN/docker:1"
  assert_equal "$(raw "$PLAIN/docker:1" | jq -r '.mediaType, .manifests[0].mediaType' | xargs)" \
    "application/vnd.docker.distribution.manifest.list.v2+json application/vnd.docker.distribution.manifest.v2+json"
  lichen manifest push -q --compression-format zstd --compression-level 5 --remove-signatures app "$PLAIN/zstd:1"
  assert_equal "$(raw "$PLAIN/zstd@$(raw "$PLAIN/zstd:1" | jq -r '.manifests[1].digest')" | jq -r '.layers[].mediaType')" "application/vnd.oci.image.layer.v1.tar+zstd"
  lichen manifest push -q --force-compression --compression-format gzip app "$PLAIN/zstd:2"
  assert_equal "$(raw "$PLAIN/zstd@$(raw "$PLAIN/zstd:2" | jq -r '.manifests[1].digest')" | jq -r '.layers[].mediaType')" "application/vnd.oci.image.layer.v1.tar+gzip"
  # The list alone: what it names must be there.
  lichen push -q tiny "$PLAIN/only:1"
  lichen manifest create far "docker://$PLAIN/only:1" >/dev/null
  lichen manifest push -q --all=false far "$PLAIN/only:list"
  assert_equal "$(raw "$PLAIN/only:list" | jq '.manifests | length')" 1
  run_lichen manifest push --all=false far "$PLAIN/elsewhere:list"
  assert_failure 125 "$PLAIN/elsewhere"
  lichen manifest push -q --rm far "$PLAIN/only:list"
  run_lichen manifest exists far
  assert_status 1
  lichen manifest push -q --purge app "$PLAIN/docker:2"
  run_lichen manifest push app "$PLAIN/docker:3"
  assert_failure 125 "no such manifest list"
}

@test "push to oci: and oci-archive: with all images; load takes the one for this machine, or another" {
  need skopeo
  lichen manifest create app localhost/part:amd64 localhost/part:arm64 >/dev/null
  lichen manifest push -q app "oci:$BASE/layout:1.0"
  assert_equal "$(jq -r '.manifests[0].mediaType, .manifests[0].annotations["org.opencontainers.image.ref.name"]' "$BASE/layout/index.json" | xargs)" \
    "application/vnd.oci.image.index.v1+json 1.0"
  assert_equal "$(skopeo inspect --raw "oci:$BASE/layout:1.0" | platforms | xargs)" "linux/amd64 linux/arm64/v8"
  skopeo --insecure-policy copy -q --all --dest-tls-verify=false "oci:$BASE/layout:1.0" "docker://$PLAIN/from-layout:1"
  lichen push app "oci-archive:$BASE/app.tar:example.org/app:2" 2>/dev/null
  other load -q -i "$BASE/app.tar" >/dev/null
  assert_equal "$(other image inspect -f '{{.Id}}' example.org/app:2)" "$(id_of localhost/part:amd64)"
  other load -q --platform linux/arm64 -i "$BASE/app.tar" >/dev/null
  assert_equal "$(other image inspect -f '{{.Id}}' example.org/app:2)" "$(id_of localhost/part:arm64)"
  run_lichen manifest push app "docker-archive:$BASE/no.tar"
  assert_failure 125 "docker-archive" "oci-archive:"
  lichen push -q --platform linux/arm64 app "docker-archive:$BASE/one.tar"
  assert_equal "$(tar -xOf "$BASE/one.tar" manifest.json | jq -r '.[0].Config')" "$(id_of localhost/part:arm64 | cut -d: -f2).json"
  lichen unshare rm -rf "$BASE/other" "$BASE/other-run"
}

@test "rm, rmi, untag, prune: the list goes, its images stay; images of a list are in use" {
  tar -C "$LICHEN_TEST_FIXTURES/rootfs" --owner=0 --group=0 -cf "$BASE/other.tar" bin/sh bin/busybox
  lichen import -q --arch arm64 "$BASE/other.tar" localhost/gone:1 >/dev/null
  local id
  id=$(id_of localhost/gone:1)
  lichen manifest create app localhost/gone:1 localhost/part:amd64 >/dev/null
  run_lichen rmi localhost/gone:1
  assert_success
  assert_stderr "manifest list localhost/app:latest"
  assert_equal "$(lichen image inspect -f '{{.Id}}' "$id")" "$id"
  assert_equal "$(lichen images -q --filter dangling=true)" "" "it is not dangling"
  lichen image prune -f >/dev/null
  run_lichen rmi "$id"
  assert_failure 1 "localhost/app:latest" "manifest rm"
  lichen manifest push -q app "$PLAIN/still:1"
  lichen tag app localhost/second:1
  run_lichen rmi app
  assert_output "Untagged: localhost/app:latest"
  lichen untag localhost/second:1
  run_lichen image prune -f
  assert_contains "untagged: $PLAIN/still@" || assert_contains "deleted: $id"
  run_lichen image inspect "$id"
  assert_failure 1 "no such image"
  lichen manifest create app localhost/part:amd64 >/dev/null
  run_lichen manifest rm app
  assert_matches "^Untagged: localhost/app:latest
Deleted: sha256:[0-9a-f]{64}$"
  lichen image exists localhost/part:amd64
  run_lichen manifest rm app
  assert_failure 1 "no such manifest list"
  lichen manifest rm --ignore app
  run_lichen manifest rm localhost/part:amd64
  assert_failure 1 "is an image"
  # A container of an image of the list keeps it from prune -a.
  lichen manifest create app localhost/part:amd64 >/dev/null
  lichen create --name user app true >/dev/null
  assert_equal "$(lichen ps -a --format '{{.Image}}')" app
  lichen image prune -a -f --filter label=nosuch >/dev/null
  lichen manifest exists app
  lichen rm user
}

@test "several commands at once on one list: nothing is lost, nothing is made twice" {
  local n pids=()
  for n in 1 2 3 4 5 6; do
    lichen manifest create --amend --annotation "n$n=1" crowd localhost/part:amd64 >/dev/null &
    pids+=($!)
    lichen manifest create --amend crowd localhost/part:arm64 >/dev/null &
    pids+=($!)
  done
  for n in "${pids[@]}"; do wait "$n"; done
  assert_equal "$(lichen manifest inspect crowd | platforms | sort | xargs)" "linux/amd64 linux/arm64/v8"
  assert_equal "$(lichen manifest inspect crowd | jq '.annotations | length')" 6 "annotations"
  assert_equal "$(lichen images --filter manifest=true -q | wc -l)" 1 "lists"
}

@test "pull takes the name of a list; rmi -a takes lists, then their images" {
  lichen push -q tiny "$PLAIN/pulled:1"
  lichen manifest create "$PLAIN/pulled:1" localhost/part:amd64 >/dev/null
  lichen pull -q "$PLAIN/pulled:1" >/dev/null
  assert_equal "$(id_of "$PLAIN/pulled:1")" "$(id_of tiny)"
  run_lichen manifest exists "$PLAIN/pulled:1"
  assert_status 1
  lichen image prune -f >/dev/null
  assert_equal "$(lichen images --filter manifest=true -q)" "" "a list without a name is pruned"
  other load -q -i "$LICHEN_TEST_FIXTURES/tiny.tar" >/dev/null
  other manifest create of-tiny tiny >/dev/null
  other untag tiny
  other rmi -a >/dev/null
  assert_equal "$(other images -a -q)" ""
  lichen unshare rm -rf "$BASE/other" "$BASE/other-run"
}

@test "a damaged list is named and set aside; one whose image is lost loses the entry" {
  local id
  id=$(lichen manifest create app localhost/part:amd64 localhost/part:arm64)
  lichen manifest create whole localhost/part:amd64 >/dev/null
  echo '{' >"$LICHEN_ROOT/lists/$id/list.json"
  run_lichen images --format '{{.Repository}}'
  assert_contains localhost/whole
  assert_stderr "${id:0:12}"
  run_lichen run --rm --network none app true
  assert_failure 125 "${id:0:12}" "system check --repair"
  run_lichen system check
  assert_status 1
  assert_contains "manifest list localhost/app:latest"
  lichen system check --repair >/dev/null
  lichen system check
  run_lichen manifest exists app
  assert_status 1
  id=$(lichen manifest create app localhost/part:amd64 localhost/part:s390x)
  mv "$LICHEN_ROOT/images/$(id_of localhost/part:s390x | cut -d: -f2)" "$BASE/lost"
  run_lichen manifest push app "$PLAIN/lost:1"
  assert_failure 125 "no such image"
  run_lichen system check
  assert_status 1
  assert_contains "linux/s390x"
  lichen system check --repair >/dev/null
  assert_equal "$(lichen manifest inspect app | platforms | xargs)" linux/amd64
  lichen import -q --platform linux/s390x "$BASE/rootfs.tar" localhost/part:s390x >/dev/null
}

@test "podman pulls the pushed list and runs its image; podman's list is pulled by lichen" {
  need podman
  local podman=(podman --root "$BASE/podman" --runroot "$BASE/podrun" --storage-driver vfs --events-backend none --cgroup-manager cgroupfs)
  "${podman[@]}" info >/dev/null 2>"$BASE/podman.err" 3>&- 4>&- || skip "podman does not work here: $(tail -n 1 "$BASE/podman.err")"
  lichen manifest create app localhost/part:amd64 localhost/part:arm64 >/dev/null
  lichen manifest push -q app "$PLAIN/for-podman:1"
  "${podman[@]}" pull -q --tls-verify=false "$PLAIN/for-podman:1" >/dev/null 3>&- 4>&-
  assert_equal "sha256:$("${podman[@]}" image inspect -f '{{.Id}}' "$PLAIN/for-podman:1" 3>&- 4>&-)" "$(id_of localhost/part:amd64)"
  "${podman[@]}" manifest create theirs >/dev/null 3>&- 4>&-
  "${podman[@]}" manifest add --tls-verify=false --all theirs "docker://$PLAIN/for-podman:1" >/dev/null 3>&- 4>&-
  "${podman[@]}" manifest push --all --tls-verify=false theirs "docker://$PLAIN/theirs:1" >/dev/null 2>&1 3>&- 4>&-
  other pull -q "$PLAIN/theirs:1"
  assert_equal "$(other image inspect -f '{{.Id}}' "$PLAIN/theirs:1")" "$(id_of localhost/part:amd64)"
  assert_equal "$(lichen manifest inspect "$PLAIN/theirs:1" | platforms | xargs)" "linux/amd64 linux/arm64/v8"
  lichen unshare rm -rf "$BASE/other" "$BASE/other-run"
  "${podman[@]}" unshare rm -rf "$BASE/podman" "$BASE/podrun" 3>&- 4>&- || true
  local pid
  pid=$(cat "$XDG_RUNTIME_DIR/libpod/tmp/pause.pid" 2>/dev/null) && kill "$pid"
}
