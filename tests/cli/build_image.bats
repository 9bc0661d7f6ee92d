#!/usr/bin/env bats
# build: what the image is beside its files: annotations, format, one layer of many, arguments from files.
# ctest: timeout=300
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
}

dockerfile() { cat >"$CONTEXT/Dockerfile"; }
build() { run_lichen build --progress plain "$@" "$CONTEXT"; } # FLAGS...
image() { lichen image inspect -f "$2" "$1"; }                 # IMAGE FORMAT
layers() { image "$1" '{{len .RootFS.Layers}}'; }
pushed() { # IMAGE [ACCEPT]: its manifest at the registry
  lichen push -q --tls-verify=false "$1" "$REGISTRY/$1:1" >/dev/null
  curl -sf -H "Accept: ${2:-application/vnd.oci.image.manifest.v1+json}" "http://$REGISTRY/v2/$1/manifests/1"
}

@test "--annotation: in the manifest that is stored, pushed and saved; the image's id does not change" {
  # flags: build --annotation
  dockerfile <<END
FROM $BUSYBOX
LABEL a=b
END
  build -t plain
  local id=$output
  build -t noted --annotation org.example.a=one --annotation "manifest:org.example.b=with = and , and :"
  assert_output "$id"
  assert_equal "$(image noted '{{json .Annotations}}')" '{"org.example.a":"one","org.example.b":"with = and , and :"}'
  assert_equal "$(pushed noted | jq -c .annotations)" '{"org.example.a":"one","org.example.b":"with = and , and :"}'
  lichen save -q --format oci-dir -o saved noted
  local manifest
  manifest=$(jq -r '.manifests[0].digest' saved/index.json)
  assert_equal "$(jq -c .annotations "saved/blobs/sha256/${manifest#sha256:}")" '{"org.example.a":"one","org.example.b":"with = and , and :"}'
  build -t noted --annotation other=1
  assert_equal "$(image noted '{{json .Annotations}}')" '{"other":"1"}'
  build --annotation index:a=b
  assert_failure 1 "one image for one platform has no index"
  build --annotation nothing
  assert_failure 125 "write KEY=VALUE"
  build --annotation a=b --format docker
  assert_failure 1 "docker's manifests have none"
}

@test "--annotation of a list: index, one platform's manifest, its entry in the index" {
  dockerfile <<'END'
FROM scratch
LABEL a=b
END
  build --platform linux/amd64,linux/arm64 -t list --annotation index:i=1 --annotation "manifest[linux/arm64]:m=2" \
    --annotation "index,manifest-descriptor:d=3"
  assert_success
  run_lichen manifest inspect list
  assert_equal "$(jq -c '.annotations' <<<"$output")" '{"d":"3","i":"1"}'
  assert_equal "$(jq -c '[.manifests[] | [.platform.architecture, .annotations]]' <<<"$output")" \
    '[["amd64",{"d":"3"}],["arm64",{"d":"3"}]]'
  lichen manifest push --tls-verify=false list "docker://$REGISTRY/list:1" >/dev/null
  local digest
  digest=$(curl -sf -H 'Accept: application/vnd.oci.image.index.v1+json' "http://$REGISTRY/v2/list/manifests/1" | jq -r '.manifests[1].digest')
  assert_equal "$(curl -sf -H 'Accept: application/vnd.oci.image.manifest.v1+json' "http://$REGISTRY/v2/list/manifests/$digest" | jq -c .annotations)" '{"m":"2"}'
}

@test "--format: docker's configuration and manifest; OCI's, which leaves out what it does not know, and says so" {
  # flags: build --format
  dockerfile <<END
FROM $BUSYBOX
HEALTHCHECK CMD true
SHELL ["/bin/sh", "-ec"]
ONBUILD RUN true
RUN echo "\$0" >/shell
END
  build -t neither
  assert_success
  assert_equal "$(image neither '{{.Config.Healthcheck.Test}} {{.Config.Shell}} {{.Config.OnBuild}}')" "[CMD-SHELL true] [/bin/sh -ec] [RUN true]"
  refute_stderr "left out"
  assert_equal "$(pushed neither | jq -r .mediaType)" application/vnd.oci.image.manifest.v1+json
  build --format docker -t dockers
  assert_equal "$(image dockers '{{.ManifestType}}')" application/vnd.docker.distribution.manifest.v2+json
  assert_equal "$(pushed dockers application/vnd.docker.distribution.manifest.v2+json | jq -r '[.mediaType, .config.mediaType, .layers[0].mediaType] | join(" ")')" \
    "application/vnd.docker.distribution.manifest.v2+json application/vnd.docker.container.image.v1+json application/vnd.docker.image.rootfs.diff.tar.gzip"
  assert_equal "$(image dockers '{{.Config.Healthcheck.Test}}')" "[CMD-SHELL true]"
  build --format oci -t ocis
  assert_success
  for word in HEALTHCHECK SHELL ONBUILD; do assert_stderr "$word is left out"; done
  assert_equal "$(image ocis '{{json .Config}}' | jq -c '[.Healthcheck, .Shell, .OnBuild]')" '[null,null,null]'
  assert_equal "$(pushed ocis | jq -r .config.mediaType)" application/vnd.oci.image.config.v1+json
  assert_equal "$(grep -c CACHED <<<"$stderr")" 1 "the steps are the same"
}

@test "--squash: one layer of all steps; what came and went is nowhere; owners, links, times, whiteouts stay" {
  # flags: build --squash --squash-all --layers
  mkdir tree && echo file >tree/file
  dockerfile <<END
FROM $BUSYBOX
RUN mkdir /a /secret && printf 'hidden%s' -thing >/secret/value && echo one >/a/one && ln /a/one /a/hard && ln -s one /a/soft && chown 3:4 /a/one && chmod 4711 /a/one
RUN rm -r /secret /etc/group && echo two >/a/two && mkfifo /a/pipe && touch -d @1000000000 /a/two /a
COPY tree /a/tree
RUN rm -r /a/tree && mkdir /a/tree && echo again >/a/tree/again && echo more >>/etc/passwd
CMD ["cat", "/a/one"]
END
  local base show='cd /; find a etc | sort | xargs stat -c "%n %F %a %u:%g %s %Y" | grep -v "^etc/\(hosts\|resolv.conf\|hostname\|mtab\) " | grep -v "^etc directory"; stat -c %h a/one; cat a/one a/two a/tree/again; readlink a/soft; ls secret etc/group 2>&1; tail -n 1 etc/passwd'
  base=$(layers "$BUSYBOX")
  build -t steps
  assert_equal "$(layers steps)" $((base + 4))
  build --squash -t squashed
  assert_success
  assert_equal "$(layers squashed)" $((base + 1))
  assert_equal "$(lichen run --rm --network none squashed sh -c "$show")" "$(lichen run --rm --network none steps sh -c "$show")"
  assert_equal "$(image squashed '{{index .RootFS.Layers 0}}')" "$(image "$BUSYBOX" '{{index .RootFS.Layers 0}}')"
  local id=$output
  lichen save -q -o squashed.tar squashed
  mkdir out && tar -C out -xf squashed.tar
  if grep -rq hidden-thing out; then return 1; fi
  build --squash -t squashed
  assert_output "$id" # from the cache
  assert_equal "$(lichen history --format '{{.CreatedBy}}' --no-trunc squashed | grep -c 'chmod 4711')" 1 "history tells"
  build --squash-all -t flat
  assert_equal "$(layers flat)" 1
  assert_equal "$(lichen run --rm --network none flat sh -c "$show")" "$(lichen run --rm --network none steps sh -c "$show")"
  build --layers=false -t one
  assert_equal "$(layers one)" $((base + 1))
  assert_equal "$(grep -c CACHED <<<"$stderr" || true)" 0
  build --squash --squash-all
  assert_failure 125 "choose one of them"
  run_lichen system check
  assert_success
}

@test "--squash of steps that leave nothing, of one step, of none" {
  dockerfile <<END
FROM $BUSYBOX
RUN echo x >/file
RUN rm /file
END
  local base
  base=$(layers "$BUSYBOX")
  build --squash -t nothing
  assert_success
  assert_equal "$(layers nothing)" "$base"
  assert_equal "$(lichen run --rm --network none nothing ls /file 2>&1)" "ls: /file: No such file or directory"
  dockerfile <<END
FROM $BUSYBOX
ENV A=b
END
  build --squash -t none
  assert_equal "$(layers none)" "$base"
}

@test "--build-arg-file: lines, comments, later files win, the command line wins over all" {
  # flags: build --build-arg-file
  printf '# comment\n\nA=one\n  B=two words \n' >first
  printf 'B=second\nC=third=x\n' >second
  dockerfile <<END
FROM $BUSYBOX
ARG A B C
LABEL all="\$A,\$B,\$C"
END
  build --build-arg-file first -t args
  assert_equal "$(image args '{{.Config.Labels.all}}')" "one,two words,"
  build --build-arg-file first --build-arg-file second --build-arg A=given -t args
  assert_equal "$(image args '{{.Config.Labels.all}}')" "given,second,third=x"
  echo wrong >third
  build --build-arg-file third
  assert_failure 125 "third:1: 'wrong' is not NAME=VALUE"
  build --build-arg-file nothere
  assert_failure 125 "nothere"
}

@test "warnings of the linter stand at the end, once; not with -q" {
  dockerfile <<END
from $BUSYBOX as Base
RUN true
END
  build
  assert_success
  assert_stderr "warnings found (use --check to expand):"
  assert_equal "$(grep -c 'StageNameCasing' <<<"$stderr")" 1
  assert_stderr "(line 1)"
  run_lichen build -q "$CONTEXT"
  assert_equal "$stderr" ""
  dockerfile <<END
FROM $BUSYBOX
RUN true
END
  build
  refute_stderr "warning"
}

at_registry() { curl -sf -H "Accept: ${2:-application/vnd.oci.image.manifest.v1+json}" "http://$REGISTRY/v2/$1/manifests/1"; } # NAME [ACCEPT]

@test "--push and --output type=registry: all names are at their registries afterwards, a list with all its images" {
  # flags: build --push
  dockerfile <<'END'
FROM scratch
LABEL a=b
END
  build --tls-verify=false --push -t "$REGISTRY/one:1" -t "$REGISTRY/two:1"
  assert_success
  assert_equal "$(at_registry one | jq -r .config.digest)" "$(image "$REGISTRY/two:1" '{{.Id}}')"
  assert_equal "$(at_registry two)" "$(at_registry one)"
  build --tls-verify=false --output "type=registry,name=$REGISTRY/three:1"
  assert_success
  at_registry three >/dev/null
  build --tls-verify=false --output "type=image,name=$REGISTRY/four:1,push=false"
  assert_success
  if at_registry four; then return 1; fi
  build --tls-verify=false --platform linux/amd64,linux/arm64 --push -t "$REGISTRY/both:1"
  assert_success
  assert_equal "$(at_registry both application/vnd.oci.image.index.v1+json | jq -r '[.manifests[].platform.architecture] | join(" ")')" "amd64 arm64"
  assert_equal "$(lichen events --since 1h --until 0s --filter event=push --format '{{.Actor.Attributes.name}}' | grep -cE '/(one|two|three|both):1$')" 4
}

@test "--push: without a name nothing is built; a registry that is not there fails the command, and the image stays" {
  dockerfile <<<'FROM scratch'
  build --push
  assert_failure 125 "no name" "-t REGISTRY/NAME"
  build --output type=local,dest=out,push=true
  assert_failure 125 "type=registry"
  build --tls-verify=false --push -t 127.0.0.1:1/nobody:1
  assert_failure 1 "127.0.0.1:1"
  lichen image exists 127.0.0.1:1/nobody:1
}

@test "docker's flags without an effect here are accepted, with a meaning they are refused" {
  # flags: build --builder --compress --provenance --sbom
  dockerfile <<<'FROM scratch'
  build --builder default --compress --provenance=false --sbom=false
  assert_success
  build --provenance=mode=max
  assert_failure 125 "must be one of false"
  build --builder other
  assert_failure 125 "must be one of default"
}
