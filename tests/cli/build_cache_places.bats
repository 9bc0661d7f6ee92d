#!/usr/bin/env bats
# --cache-to and --cache-from: what one store has built, another need not build; local, registry, inline; hostile ones.
# ctest: timeout=400
load helpers

setup_file() {
  make_world
  load_image busybox
  REGISTRY=$("$HELPERS/registry.sh" start "$BASE/registry")
  export REGISTRY
}
teardown_file() {
  "$HELPERS/registry.sh" stop "$BASE/registry"
  remove_world
}
setup() {
  CONTEXT=$(mktemp -d "$BASE/tmp/context.XXXXXX")
  cd "$CONTEXT" || return 1
  echo text >file
  cat >Dockerfile <<END
FROM $BUSYBOX AS tools
RUN echo tool >/tool && chown 3:4 /tool
RUN true
FROM $BUSYBOX
ENV A=b
RUN mkdir /made && date +%N >/made/now
COPY file /file
COPY --from=tools /tool /tool
WORKDIR /work
END
}

build() { run_lichen build --progress plain --tls-verify=false "$@" "$CONTEXT"; }
elsewhere() { # FLAGS...: the same in a store that has only the base image
  local LICHEN_ROOT=$BASE/elsewhere.$RANDOM
  export LICHEN_ROOT
  lichen load -q -i "$LICHEN_TEST_FIXTURES/busybox.tar" >/dev/null
  build "$@"
  OTHER=$LICHEN_ROOT
}
cached() { grep -c ' CACHED$' <<<"$stderr" || true; }
is_cached() { grep -c "^$(sed -n "s|^\(#[0-9]*\) .*$1.*|\1|p" <<<"$stderr" | head -n 1) CACHED$" <<<"$stderr" || true; } # a step
other() { LICHEN_ROOT=$OTHER lichen "$@"; }

@test "type=local, mode=max: all steps are CACHED in another, empty store; only what the image needs is left there" {
  # flags: build --cache-to --cache-from
  build -t app --cache-to type=local,dest=cache,mode=max
  assert_success
  assert_equal "$(cached)" 0
  [ -f cache/oci-layout ] || fail_with "an OCI layout" "oci-layout" "$(ls cache)"
  assert_equal "$(lichen images -a -q | wc -l)" 2 "images that were made for it are gone"
  assert_equal "$(find "$LICHEN_ROOT/lists" -mindepth 1 | wc -l)" 0 lists
  elsewhere -t app --cache-from type=local,src=cache
  assert_success
  assert_equal "$(cached)" 6
  assert_equal "$(other run --rm --network none app cat /made/now)" "$(lichen run --rm --network none app cat /made/now)"
  assert_equal "$(other run --rm --network none app stat -c %u:%g /tool)" 3:4
  assert_equal "$(other images -a -q | wc -l)" 2
  assert_equal "$(other image inspect -f '{{.RootFS.Layers}}' app)" "$(lichen image inspect -f '{{.RootFS.Layers}}' app)"
  LICHEN_ROOT=$OTHER build
  assert_equal "$(cached)" 6 "they are the local cache's by now"
  assert_equal "$(LICHEN_ROOT=$OTHER "$LICHEN" system check)" "$(lichen system check)"
}

@test "type=local again: the layout is replaced; what is no cache is not touched" {
  build --cache-to type=local,dest=cache
  echo more >file
  build --cache-to type=local,dest=cache
  assert_success
  assert_equal "$(find . -maxdepth 1 -name 'cache*')" ./cache
  elsewhere --cache-from type=local,src=cache
  assert_equal "$(is_cached "COPY file")" 1
  mkdir precious && echo x >precious/file
  build --cache-to type=local,dest=precious
  assert_failure 1 "is no build cache"
  assert_equal "$(cat precious/file)" x
  build --cache-to type=local,dest=precious,ignore-error=true
  assert_success
  assert_stderr "is no build cache"
}

@test "type=registry: mode=min has the result's own steps, mode=max all; a change makes what comes after it" {
  build --cache-to "type=registry,ref=$REGISTRY/cache:min"
  assert_success
  elsewhere --cache-from "$REGISTRY/cache:min"
  assert_success
  assert_equal "$(is_cached "RUN mkdir /made")" 1
  assert_equal "$(is_cached "RUN echo tool")" 0 "a stage that the result does not have"
  build --cache-to "type=registry,ref=$REGISTRY/cache:max,mode=max,compression=zstd"
  assert_success
  elsewhere --cache-from "type=registry,ref=$REGISTRY/cache:max"
  assert_equal "$(cached)" 6
  echo changed >file
  elsewhere --cache-from "type=registry,ref=$REGISTRY/nothing:here" --cache-from "type=registry,ref=$REGISTRY/cache:max"
  assert_success
  assert_equal "$(cached)" 3 "the tools, and what stands before the file"
  assert_stderr "nothing:here"
  assert_stderr "the build goes on without it"
  if command -v skopeo >/dev/null; then
    skopeo copy -q --all --src-tls-verify=false "docker://$REGISTRY/cache:max" "oci:$CONTEXT/copied:x"
    echo text >file
    elsewhere --cache-from "type=local,src=$CONTEXT/copied"
    assert_equal "$(cached)" 6 "what skopeo has copied"
  fi
}

@test "type=inline: the image itself is the cache, and what is built on it does not inherit that" {
  build -t "$REGISTRY/app:1" --cache-to type=inline
  assert_success
  lichen push -q --tls-verify=false "$REGISTRY/app:1" >/dev/null
  elsewhere --cache-from "$REGISTRY/app:1"
  assert_success
  assert_equal "$(is_cached "RUN mkdir /made")" 1
  printf 'FROM %s\nENV C=d\n' "$REGISTRY/app:1" >Dockerfile
  build -t derived
  lichen save -q -o derived.tar derived
  tar -xf derived.tar
  if grep -q lichen.build.cache "$(jq -r '.[0].Config' manifest.json)"; then return 1; fi
}

@test "types that lichen does not know warn, mistakes are told before anything is built" {
  build --cache-from type=gha,scope=x --cache-to type=s3,bucket=y,mode=max
  assert_success
  assert_stderr "--cache-from type=gha: lichen knows local, registry and inline"
  assert_stderr "--cache-to type=s3"
  build --cache-to type=local
  assert_failure 125 "dest= is missing"
  build --cache-to type=registry,ref=x,mode=all
  assert_failure 125 "mode=all"
  build --cache-from type=inline
  assert_failure 125 "name it"
}

@test "hostile caches: layers that are not what they should be, keys that lie, configurations that are none" {
  build --cache-to type=local,dest=cache,mode=max
  assert_success
  local blob
  # A byte of each layer is another, but of the base image's, which is there.
  cp -r cache torn
  for blob in $(find torn/blobs -type f -printf '%s %p\n' | sort -n | head -n -1 | cut -d' ' -f2); do
    if [ "$(head -c 1 "$blob")" != "{" ]; then printf X | dd of="$blob" bs=1 seek=600 conv=notrunc 2>/dev/null; fi
  done
  elsewhere -t torn --cache-from type=local,src=torn
  assert_success
  assert_stderr "its digest is"
  assert_stderr "its steps are made here"
  assert_equal "$(cached)" 0
  # A configuration that is not what its digest says.
  cp -r cache lying
  blob=$(grep -l lichen.build.cache -r lying/blobs | head -n 1)
  sed -i 's/"layers":[0-9]/"layers":9/' "$blob"
  elsewhere --cache-from type=local,src=lying
  assert_success
  assert_stderr "the build goes on without it"
  # All digests are right, but each step is said to have made the layer above its own: none lies on what it was asked for.
  python3 - cache shifted <<'END'
import hashlib, json, os, shutil, sys
old, new = sys.argv[1:]
shutil.copytree(old, new)
def blob(digest): return f"{new}/blobs/sha256/{digest.split(':')[1]}"
def put(data):
    text = json.dumps(data).encode()
    digest = "sha256:" + hashlib.sha256(text).hexdigest()
    open(blob(digest), "wb").write(text)
    return digest, len(text)
def load(digest): return json.load(open(blob(digest)))
top = json.load(open(f"{new}/index.json"))
index = load(top["manifests"][0]["digest"])
for entry in index["manifests"]:
    manifest = load(entry["digest"])
    config = load(manifest["config"]["digest"])
    for step in config["lichen.build.cache"]["steps"]:
        step["layers"] += 1
    config["lichen.build.cache"]["steps"] += [{"key": "../../x", "layers": 1}, {"key": "0" * 64, "layers": -1}]
    manifest["config"]["digest"], manifest["config"]["size"] = put(config)
    entry["digest"], entry["size"] = put(manifest)
top["manifests"][0]["digest"], top["manifests"][0]["size"] = put(index)
json.dump(top, open(f"{new}/index.json", "w"))
END
  elsewhere -t shifted --cache-from type=local,src=shifted
  assert_success
  assert_equal "$(cached)" 0
  assert_equal "$(other run --rm --network none shifted cat /file /tool)" "text
tool"
  for junk in empty.json '{"manifests":[]}' 'nothing'; do
    mkdir -p "junk.${#junk}" && echo "$junk" >"junk.${#junk}/index.json"
    elsewhere --cache-from "type=local,src=junk.${#junk}"
    assert_success
    assert_stderr "the build goes on without it"
  done
}

@test "system df and builder du show the cache; builder prune gives back what they say, exactly" {
  # flags: builder prune --force
  build -t app
  printf 'FROM %s\nRUN --mount=type=cache,target=/c head -c 300000 /dev/urandom >/c/x; head -c 500000 /dev/urandom >/big\nRUN echo y >/y\n' "$BUSYBOX" >Dockerfile
  build
  lichen rmi "$output" >/dev/null
  row() { lichen system df --format '{{.Type}}|{{.TotalCount}}|{{.Active}}|{{.RawSize}}|{{.RawReclaimable}}|{{.Reclaimable}}' | grep '^Build Cache' | cut -d'|' -f"$1"; }
  assert_less 800000 "$(row 5)" "reclaimable bytes"
  assert_equal "$(row 3)" 0
  assert_equal "$(lichen system df --format '{{.RawSize}}' | awk '{ s += $1 } END { print s }')" "$(lichen unshare du -s --block-size=1 "$LICHEN_ROOT" | cut -f1)" "all rows"
  run_lichen system df -v
  assert_contains "CACHE ID"
  assert_matches 'regular +[0-9.]+kB +.* ago +.* ago +1 +false'
  assert_matches 'exec.cachemount +[0-9.]+kB'
  run_lichen system df -v --format '{{range .BuildCache}}{{.CacheType}} {{.Shared}}{{"\n"}}{{end}}'
  assert_contains "regular true"
  run_lichen builder du
  assert_matches 'ID +RECLAIMABLE +SIZE +LAST ACCESSED'
  local promised
  promised=$(sed -n 's/^Reclaimable:\t//p' <<<"$output")
  assert_equal "$promised" "$(row 6 | cut -d' ' -f1)"
  run_lichen builder prune --force
  assert_contains "Total reclaimed space: $promised"
  assert_equal "$(row 5)" 0
  run_lichen builder du
  assert_matches 'Reclaimable:.0B'
  assert_equal "$(find "$LICHEN_ROOT/build/last" -type f | wc -l)" 0
}

@test "system prune takes the unused build cache, with -a all of it; not with filters, which say nothing of it" {
  # flags: system prune --all --force
  printf 'FROM %s\nRUN echo %s >/file\nRUN echo more >>/file\n' "$BUSYBOX" "$RANDOM$RANDOM" >Dockerfile
  build
  lichen rmi "$output" >/dev/null
  run_lichen system prune -f --filter until=1h
  refute_contains "build cache"
  build
  assert_equal "$(cached)" 2
  lichen rmi "$output" >/dev/null
  run_lichen system prune -f
  assert_contains "Deleted build cache objects:"
  build -t app
  assert_equal "$(cached)" 0
  run_lichen system prune -a -f
  assert_equal "$(lichen system df --format '{{.Type}} {{.TotalCount}}' | grep '^Build')" "Build Cache 0"
  load_image busybox
}
