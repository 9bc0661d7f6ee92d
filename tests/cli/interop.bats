#!/usr/bin/env bats
# Images go to and from podman, skopeo and umoci, as archives and through a registry; image ids and diff ids stay.
# ctest: timeout=400
load helpers

setup_file() {
  make_world
  load_image busybox layers
  export PLAIN
  PLAIN=$("$HELPERS/registry.sh" start "$BASE/registry")
  # An image that lichen made itself: its own journal, configuration and history.
  lichen run --name base -u 0 --entrypoint "" --network none localhost/layers sh -c 'echo made >/made; rm -rf /data; ln -s made /link; chmod 2755 /made; chown 5:6 /made'
  lichen commit -q -c 'ENV MADE=yes' -c "ENTRYPOINT []" -c "USER root" -c 'CMD ["cat", "/made"]' base localhost/made:1 >/dev/null
  lichen rm base
}
teardown_file() {
  "$HELPERS/registry.sh" stop "$BASE/registry"
  stop_podman
  remove_world
}

readonly kImages='localhost/busybox:latest localhost/layers:latest localhost/made:1'
readonly kFormats='docker-archive oci-archive oci-dir docker-dir'

# A podman with a store and a user namespace of its own, which its pause process holds.
podman() {
  command podman --root "$BASE/podman" --runroot "$BASE/podrun" --storage-driver vfs --events-backend none --cgroup-manager cgroupfs "$@" 3>&- 4>&-
}
need_podman() {
  need podman
  podman info >/dev/null 2>"$BASE/podman.err" || skip "podman does not work here: $(tail -n 1 "$BASE/podman.err")"
}
stop_podman() {
  [ -d "$BASE/podman" ] || return 0
  podman unshare rm -rf "$BASE/podman" "$BASE/podrun" 2>/dev/null || true
  local pid
  pid=$(cat "$XDG_RUNTIME_DIR/libpod/tmp/pause.pid" 2>/dev/null) || return 0
  kill "$pid"
}

id_of() { lichen image inspect -f '{{.Id}}' "$1" | sed 's/^sha256://'; }
diff_ids() { lichen image inspect -f '{{json .RootFS.Layers}}' "$1"; }
# What another tool says about an image, in the same form.
skopeo_id() { skopeo inspect --raw "$1" | jq -r '.config.digest' | sed 's/^sha256://'; }
skopeo_diff_ids() { skopeo inspect --config "$1" | jq -c '.rootfs.diff_ids'; }
podman_diff_ids() { podman image inspect "$1" | jq -c '.[0].RootFS.Layers'; }

save_as() { # FORMAT IMAGE PATH; sets TRANSPORT to what skopeo calls it
  lichen save -q --format "$1" -o "$3" "$2"
  case $1 in
    docker-archive) TRANSPORT=docker-archive:$3 ;;
    # skopeo wants to give the files of the archive their owners, which no ordinary user may: unpacked for it.
    oci-archive) mkdir "$3.d" && tar -C "$3.d" --no-same-owner -xf "$3" && TRANSPORT=oci:$3.d ;;
    oci-dir) TRANSPORT=oci:$3 ;;
    docker-dir) TRANSPORT=dir:$3 ;;
  esac
}

blob() { echo "blobs/${1/://}"; } # DIGEST: where an OCI archive keeps it

# Loads PATH and compares with what was there before.
loads_as() { # PATH ID DIFF-IDS
  run_lichen load -q -i "$1"
  assert_success || return 1
  run_lichen image inspect -f '{{json .RootFS.Layers}}' "$2"
  assert_output "$3"
}

@test "skopeo reads each format that save writes, and copies it on, with the same ids" {
  need skopeo
  local image format n=0
  for image in $kImages; do
    for format in $kFormats; do
      n=$((n + 1))
      save_as "$format" "$image" "$BASE/s$n"
      assert_equal "$(skopeo_id "$TRANSPORT")" "$(id_of "$image")" "$format of $image: image id" || return 1
      assert_equal "$(skopeo_diff_ids "$TRANSPORT")" "$(diff_ids "$image")" "$format of $image: diff ids" || return 1
      skopeo --insecure-policy copy -q "$TRANSPORT" "dir:$BASE/copy$n"
      assert_equal "$(skopeo_id "dir:$BASE/copy$n")" "$(id_of "$image")" "$format of $image, copied: image id" || return 1
    done
  done
}

@test "podman loads each format that save writes, with the same ids" {
  need_podman
  local image format n=0
  for image in $kImages; do
    for format in $kFormats; do
      # All formats for one image: podman's vfs driver copies every layer.
      [ "$image,$format" = "localhost/made:1,$format" ] || [ "$format" = docker-archive ] || continue
      n=$((n + 1))
      save_as "$format" "$image" "$BASE/p$n"
      case $format in
        # Of a directory podman makes a name, which has no upper case.
        oci-dir) (cd "$BASE" && podman pull -q "oci:p$n:$image") >/dev/null ;;
        docker-dir) (cd "$BASE" && podman pull -q "dir:p$n") >/dev/null ;;
        *)
          podman load -q -i "$BASE/p$n" >/dev/null
          podman image inspect -f '{{.RepoTags}}' "$image" | grep -qF "$image" || fail_with "$format: names" "$image" "$(podman images)" || return 1
          ;;
      esac
      assert_equal "$(podman image inspect -f '{{.Id}}' "$(id_of "$image")")" "$(id_of "$image")" "$format of $image: image id" || return 1
      assert_equal "$(podman_diff_ids "$(id_of "$image")")" "$(diff_ids "$image")" "$format of $image: diff ids" || return 1
      podman rmi -f "$(id_of "$image")" >/dev/null
    done
  done
}

# docker's and OCI's configuration are two documents: a tool that goes from one to the other makes another image id, and loading keeps that.
@test "podman saves each of its formats, and lichen loads them with the same ids" {
  need_podman
  local image family format n=0 id ids
  for image in localhost/layers:latest localhost/made:1; do
    id=$(id_of "$image") ids=$(diff_ids "$image")
    for family in docker oci; do
      lichen save -q --format $family-archive -o "$BASE/first" "$image"
      podman load -q -i "$BASE/first" >/dev/null
      for format in $family-archive $family-dir; do
        n=$((n + 1))
        podman save -q --format "$format" -o "$BASE/q$n" "$image"
        lichen rmi -f "$image" >/dev/null
        loads_as "$BASE/q$n" "$id" "$ids" || return 1
        # docker's directory form has no place for names.
        [ "$format" != docker-dir ] || lichen tag "$id" "$image"
        assert_equal "$(id_of "$image")" "$id" "$format of $image: the name" || return 1
      done
      podman rmi -f "$id" >/dev/null
    done
  done
}

@test "several images in one archive, to podman and back" {
  need_podman
  # shellcheck disable=SC2086
  lichen save -q -o "$BASE/many" $kImages
  podman load -q -i "$BASE/many" >/dev/null
  local image
  for image in $kImages; do
    assert_equal "$(podman image inspect -f '{{.Id}}' "$image")" "$(id_of "$image")" "$image" || return 1
  done
  # shellcheck disable=SC2086
  podman save -q -m -o "$BASE/back" $kImages
  assert_equal "$(for image in $kImages; do id_of "$image"; done)" \
    "$(lichen rmi -a -f >/dev/null; lichen load -q -i "$BASE/back" >/dev/null; for image in $kImages; do id_of "$image"; done)" "ids after the way there and back"
  run_lichen run --rm --network none localhost/made:1
  assert_output made
}

@test "what skopeo writes is loaded with the same ids: archives, directories, gzip, zstd" {
  need skopeo
  local image=localhost/made:1 source target n=0 id ids wanted
  lichen save -q -o "$BASE/docker" $image
  lichen save -q --format oci-dir -o "$BASE/oci" $image
  id=$(id_of $image) ids=$(diff_ids $image)
  for source in "docker-archive:$BASE/docker" "oci:$BASE/oci:$image"; do
    for target in "docker-archive:$BASE/kN:$image" "oci:$BASE/kN:$image" "--dest-compress oci:$BASE/kN:$image" \
      "--dest-compress-format=zstd oci:$BASE/kN:$image" "dir:$BASE/kN" "oci-archive:$BASE/kN:$image"; do
      n=$((n + 1))
      target=${target//kN/k$n}
      # shellcheck disable=SC2086
      skopeo --insecure-policy copy -q "$source" $target
      lichen rmi -f "$id" >/dev/null
      wanted=$id
      case $source,$target in
        docker*,*oci*) wanted=$(skopeo_id "$(sed 's/^oci-archive.*//' <<<"${target##* }")" 2>/dev/null) || wanted="" ;;
        oci*,docker-archive*) wanted=$(tar -xOf "$BASE/k$n" manifest.json | jq -r '.[0].Config' | sed 's/\.json$//') ;;
      esac
      [ -n "$wanted" ] || wanted=$(tar -xOf "$BASE/k$n" "$(blob "$(tar -xOf "$BASE/k$n" index.json | jq -r '.manifests[0].digest')")" | jq -r .config.digest | sed 's/^sha256://')
      loads_as "$BASE/k$n" "$wanted" "$ids" || return 1
      [ "$wanted" = "$id" ] || lichen rmi -f "$wanted" >/dev/null
      lichen load -q -i "$BASE/docker" >/dev/null
    done
  done
  run_lichen run --rm --network none $image
  assert_output made
}

@test "umoci unpacks what save writes: the files are those of export" {
  need umoci
  local image=localhost/made:1
  lichen save -q --format oci-dir -o "$BASE/layout" $image
  assert_equal "$(umoci ls --layout "$BASE/layout")" "$image" "tags"
  umoci unpack --rootless --image "$BASE/layout:$image" "$BASE/bundle" 2>/dev/null
  lichen create --name exported --network none $image
  lichen export exported | tar -t | sed 's:/$::; s:^\./::' | grep -v '^\(\.\?\|dev\|proc\|sys\|etc/mtab\|run/.*\)$' | sort >"$BASE/want"
  (cd "$BASE/bundle/rootfs" && find . -mindepth 1 -printf '%P\n' | sort) >"$BASE/got"
  assert_same_lines "$(grep -vx 'dev\|proc\|sys' "$BASE/got")" "$(cat "$BASE/want")" "names of files"
  assert_equal "$(cat "$BASE/bundle/rootfs/made") $(readlink "$BASE/bundle/rootfs/link")" "made made"
  [ ! -e "$BASE/bundle/rootfs/data" ]
  assert_equal "$(jq -c '.process.args' "$BASE/bundle/config.json")" '["cat","/made"]' "command"
  lichen rm exported
  chmod -R u+rwX "$BASE/bundle"
}

@test "an image that umoci made, and one that it added a layer to, are loaded and run" {
  need umoci
  umoci init --layout "$BASE/new"
  umoci new --image "$BASE/new:v1"
  umoci unpack --rootless --image "$BASE/new:v1" "$BASE/nb" 2>/dev/null
  cp "$LICHEN_TEST_FIXTURES/rootfs/bin/busybox" "$BASE/nb/rootfs/busybox"
  umoci repack --image "$BASE/new:v1" "$BASE/nb"
  umoci config --image "$BASE/new:v1" --config.cmd /busybox --config.cmd echo --config.cmd 'by umoci'
  local manifest config
  manifest=$(jq -r '.manifests[0].digest' "$BASE/new/index.json" | tr : /)
  config=$(jq -r .config.digest "$BASE/new/blobs/$manifest")
  loads_as "$BASE/new" "${config#sha256:}" "$(jq -c .rootfs.diff_ids "$BASE/new/blobs/${config/://}")"
  run_lichen run --rm --network none "${config#sha256:}"
  assert_output "by umoci"

  # A layer of umoci above lichen's: those below stay what they were.
  lichen save -q --format oci-dir -o "$BASE/grown" localhost/layers
  umoci unpack --rootless --image "$BASE/grown:localhost/layers:latest" "$BASE/gb" 2>/dev/null
  echo added >"$BASE/gb/rootfs/added"
  umoci repack --image "$BASE/grown:localhost/layers:latest" "$BASE/gb"
  local before
  before=$(diff_ids localhost/layers | tr -d ']')
  run_lichen load -q -i "$BASE/grown"
  assert_success
  assert_matches '[0-9a-f]{64}|localhost/layers'
  run_lichen image inspect -f '{{json .RootFS.Layers}}' localhost/layers
  [[ $output == "$before",* ]] || fail_with "layers" "$before and one more" "$output"
  run_lichen run --rm --network none --entrypoint "" localhost/layers cat /added
  assert_output added
  chmod -R u+rwX "$BASE/nb" "$BASE/gb"
}

@test "through a registry: what skopeo pushes from lichen's archive comes back with the same ids, also to podman" {
  need skopeo docker-registry
  local image id ids manifest
  for image in $kImages; do
    id=$(id_of "$image") ids=$(diff_ids "$image")
    lichen save -q --format oci-dir -o "$BASE/push" "$image"
    skopeo --insecure-policy copy -q --dest-tls-verify=false "oci:$BASE/push" "docker://$PLAIN/$image"
    rm -r "$BASE/push"
    manifest=$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$PLAIN/$image")
    run_lichen pull -q "$PLAIN/$image"
    assert_success || return 1
    assert_equal "$(id_of "$PLAIN/$image") $(diff_ids "$PLAIN/$image")" "$id $ids" "pulled again" || return 1
    lichen rmi -f "$id" >/dev/null
    run_lichen pull -q "$PLAIN/${image%:*}@$manifest"
    assert_success || return 1
    assert_equal "$(diff_ids "$id")" "$ids" "pulled by digest $manifest into a store without it" || return 1
    lichen tag "$id" "$image"
    if podman info >/dev/null 2>&1; then
      podman pull -q --tls-verify=false "$PLAIN/$image" >/dev/null
      assert_equal "$(podman image inspect -f '{{.Id}}' "$PLAIN/$image") $(podman_diff_ids "$PLAIN/$image")" "$id $ids" "pulled by podman" || return 1
    fi
  done
}

@test "through a registry: what podman pushes is pulled with the same ids, as oci and as docker's schema 2" {
  need_podman
  need docker-registry
  local format id ids
  lichen save -q -o "$BASE/tp" localhost/made:1
  podman load -q -i "$BASE/tp" >/dev/null
  id=$(id_of localhost/made:1) ids=$(diff_ids localhost/made:1)
  lichen rmi -f localhost/made:1 >/dev/null
  for format in oci v2s2; do
    podman push -q --tls-verify=false --format $format localhost/made:1 "docker://$PLAIN/made-$format:1" >/dev/null
    lichen pull -q "$PLAIN/made-$format:1" >/dev/null
    # The configuration is another document in the other format: then its digest, the image id, is another too, for podman as well.
    podman pull -q --tls-verify=false "$PLAIN/made-$format:1" >/dev/null
    assert_equal "$(id_of "$PLAIN/made-$format:1") $(diff_ids "$PLAIN/made-$format:1")" \
      "$(podman image inspect -f '{{.Id}}' "$PLAIN/made-$format:1") $ids" "$format" || return 1
    run_lichen run --rm --network none "$PLAIN/made-$format:1"
    assert_output made || return 1
  done
  assert_equal "$(id_of "$PLAIN/made-v2s2:1")" "$id" "image id"
  lichen tag "$id" localhost/made:1
}

buildah() {
  command buildah --root "$BASE/podman" --runroot "$BASE/podrun" --storage-driver vfs "$@" 3>&- 4>&-
}

@test "what lichen pushes, skopeo, podman and buildah pull: the same manifest, configuration and diff ids, in gzip and zstd" {
  need skopeo docker-registry
  local image=localhost/made:1 id ids digest kind
  id=$(id_of $image) ids=$(diff_ids $image)
  for kind in gzip zstd; do
    lichen push -q --compression-format $kind --digestfile "$BASE/pushed" $image "$PLAIN/ours:$kind" >/dev/null
    digest=$(cat "$BASE/pushed")
    assert_equal "$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$PLAIN/ours:$kind")" "$digest" "$kind: manifest" || return 1
    assert_equal "$(skopeo inspect --tls-verify=false --config --raw "docker://$PLAIN/ours:$kind" | sha256sum | cut -d' ' -f1)" "$id" "$kind: configuration" || return 1
    skopeo --insecure-policy copy -q --src-tls-verify=false "docker://$PLAIN/ours:$kind" "oci:$BASE/ours-$kind:1"
    assert_equal "$(skopeo_diff_ids "oci:$BASE/ours-$kind:1")" "$ids" "$kind: copied by skopeo" || return 1
  done
  need_podman
  podman rmi -f "$id" >/dev/null 2>&1 || true # of one that it has it keeps the digest under which it first came
  for kind in gzip zstd; do
    podman pull -q --tls-verify=false "$PLAIN/ours:$kind" >/dev/null
    assert_equal "$(podman image inspect -f '{{.Id}} {{.Digest}}' "$PLAIN/ours:$kind") $(podman_diff_ids "$PLAIN/ours:$kind")" \
      "$id $(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$PLAIN/ours:$kind") $ids" "$kind: podman" || return 1
    podman rmi -f "$id" >/dev/null
  done
  need buildah
  buildah pull -q --tls-verify=false "$PLAIN/ours:gzip" >/dev/null
  assert_equal "$(buildah inspect --type image --format '{{.FromImageID}}' "$PLAIN/ours:gzip")" "$id" "buildah"
  podman rmi -f "$id" >/dev/null
}

@test "an image that buildah made and pushed is pulled, run and pushed on by lichen, its digest unchanged" {
  need buildah skopeo docker-registry
  need_podman
  local made theirs
  made=$(buildah from scratch)
  buildah copy -q "$made" "$LICHEN_TEST_FIXTURES/rootfs/bin/busybox" /bin/busybox >/dev/null
  buildah config --cmd '["/bin/busybox", "echo", "by buildah"]' --label by=buildah "$made"
  buildah commit -q "$made" localhost/theirs:1 >/dev/null
  buildah push -q --tls-verify=false localhost/theirs:1 "docker://$PLAIN/theirs:1"
  buildah rm "$made" >/dev/null
  theirs=$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$PLAIN/theirs:1")
  run_lichen run --rm --network none -q "$PLAIN/theirs:1"
  assert_output "by buildah"
  run_lichen push --digestfile "$BASE/again" "$PLAIN/theirs:1" "$PLAIN/moved/theirs:2"
  refute_stderr Pushed
  assert_equal "$(cat "$BASE/again")" "$theirs" "digest"
  lichen rmi -f "$PLAIN/theirs:1" >/dev/null
}

# What `build` makes: layers of steps, an owner, set-id bits, a whiteout, hard links, all fields of the configuration.
build_one() {
  local context=$BASE/tmp/built
  mkdir -p "$context"
  echo text >"$context/file"
  cat >"$context/Dockerfile" <<'END'
FROM localhost/layers
USER root
RUN rm -r /data/dir; echo x >/run-made && ln /run-made /hard && ln -s run-made /soft && chown 5:6 /run-made && chmod 4755 /run-made
COPY --chown=7:8 --chmod=640 file /copied/
WORKDIR /built
ENV BUILT="by lichen" EMPTY=
LABEL built=yes "with space"="a b"
EXPOSE 80 53/udp
VOLUME /kept
STOPSIGNAL SIGINT
HEALTHCHECK --interval=7s --retries=4 CMD ["true"]
ONBUILD ENV FROM_BUILT=yes
SHELL ["/bin/sh", "-ec"]
ENTRYPOINT []
CMD ["sh", "-c", "echo $BUILT; stat -c '%u:%g %a %h' /run-made /copied/file; ls /data/dir 2>/dev/null; readlink /soft; pwd"]
END
  lichen build -q -t localhost/built:1 "$@" "$context" >/dev/null
}
readonly kBuiltSays='by lichen
5:6 4755 2
7:8 640 1
run-made
/built'

@test "what build makes, skopeo, podman and buildah take from a registry: equal digests, equal configuration, and it runs" {
  need skopeo docker-registry
  build_one
  local image=localhost/built:1 id ids digest field
  run_lichen run --rm --network none $image
  assert_output "$kBuiltSays"
  id=$(id_of $image) ids=$(diff_ids $image)
  lichen push -q --digestfile "$BASE/pushed" $image "$PLAIN/built:1" >/dev/null
  digest=$(cat "$BASE/pushed")
  assert_equal "$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$PLAIN/built:1")" "$digest" "manifest"
  assert_equal "$(skopeo inspect --tls-verify=false --config --raw "docker://$PLAIN/built:1" | sha256sum | cut -d' ' -f1)" "$id" "configuration"
  assert_equal "$(skopeo inspect --tls-verify=false --config "docker://$PLAIN/built:1" | jq -c .rootfs.diff_ids)" "$ids" "diff ids"
  skopeo --insecure-policy copy -q --src-tls-verify=false "docker://$PLAIN/built:1" "dir:$BASE/built-dir"
  need_podman
  podman pull -q --tls-verify=false "$PLAIN/built:1" >/dev/null
  assert_equal "$(podman image inspect -f '{{.Id}} {{.Digest}}' "$PLAIN/built:1")" "$id $digest" "podman"
  for field in Env Cmd Entrypoint WorkingDir User Labels ExposedPorts Volumes StopSignal; do
    assert_equal "$(podman image inspect "$PLAIN/built:1" | jq -cS ".[0].Config.$field")" "$(lichen image inspect $image | jq -cS ".[0].Config.$field")" "podman: $field" || return 1
  done
  assert_equal "$(podman history -q --format '{{.CreatedBy}}' "$PLAIN/built:1" | wc -l)" "$(lichen history -q $image | wc -l)" "steps of history"
  # In podman's own user namespace, without a container: the files, owners and modes.
  local mounted
  mounted=$(podman unshare sh -c "m=\$(podman --root '$BASE/podman' --runroot '$BASE/podrun' --storage-driver vfs image mount $PLAIN/built:1) && stat -c '%u:%g %a %h' \$m/run-made \$m/copied/file && ls -d \$m/data/dir 2>/dev/null; podman --root '$BASE/podman' --runroot '$BASE/podrun' --storage-driver vfs image umount -a >/dev/null")
  assert_equal "$mounted" "$(sed -n 2,3p <<<"$kBuiltSays")" "podman: files"
  # crun refuses hybrid cgroups, ours takes them; by its name podman knows that a runtime can do without.
  ln -sf "$LICHEN_TEST_BIN/lichen-oci" "$BASE/crun"
  run_split podman --runtime "$BASE/crun" run --rm --network none --cgroups=disabled "$PLAIN/built:1"
  assert_output "$kBuiltSays"
  need buildah
  local made
  made=$(buildah from --tls-verify=false "$PLAIN/built:1")
  assert_equal "$(buildah inspect --format '{{.FromImageID}} {{.FromImageDigest}}' "$made")" "$id $digest" "buildah"
  buildah rm "$made" >/dev/null
  podman rmi -f "$id" >/dev/null
}

@test "what build writes as archives: umoci unpacks the OCI one with owners and modes, skopeo and podman read both" {
  need skopeo umoci
  build_one -o type=oci,dest="$BASE/built.oci" -o type=docker,dest="$BASE/built.docker"
  local id ids
  id=$(id_of localhost/built:1) ids=$(diff_ids localhost/built:1)
  mkdir "$BASE/built-layout"
  tar -C "$BASE/built-layout" --no-same-owner -xf "$BASE/built.oci"
  assert_equal "$(umoci ls --layout "$BASE/built-layout")" localhost/built:1 "tags"
  umoci unpack --rootless --image "$BASE/built-layout:localhost/built:1" "$BASE/built-bundle" 2>/dev/null
  assert_equal "$(cd "$BASE/built-bundle/rootfs" && stat -c '%a %h' run-made copied/file; readlink "$BASE/built-bundle/rootfs/soft"; ls "$BASE/built-bundle/rootfs/data/dir" 2>/dev/null)" "4755 2
640 1
run-made"
  assert_equal "$(jq -c '[.process.cwd, .process.args[0], (.process.env | index("BUILT=by lichen") != null)]' "$BASE/built-bundle/config.json")" '["/built","sh",true]'
  umoci stat --image "$BASE/built-layout:localhost/built:1" --json >"$BASE/built.stat"
  assert_equal "$(jq '.history | length' "$BASE/built.stat")" "$(lichen history -q localhost/built:1 | wc -l)" "umoci's history"
  assert_equal "$(skopeo_id "oci:$BASE/built-layout") $(skopeo_diff_ids "oci:$BASE/built-layout")" "$id $ids"
  assert_equal "$(skopeo_diff_ids "docker-archive:$BASE/built.docker")" "$ids"
  lichen rmi -f localhost/built:1 >/dev/null
  loads_as "$BASE/built.docker" "$id" "$ids"
  chmod -R u+rwX "$BASE/built-bundle"
  need_podman
  podman load -q -i "$BASE/built.oci" >/dev/null
  assert_equal "$(podman image inspect -f '{{.Id}}' localhost/built:1)" "$id"
}
