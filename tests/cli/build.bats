#!/usr/bin/env bats
# build: Dockerfiles become images. Steps, cache, stages, mounts, errors; each against a real image of busybox.
# ctest: timeout=400
load helpers

setup_file() {
  make_world
  load_image busybox
}
teardown_file() { remove_world; }
setup() {
  CONTEXT=$(mktemp -d "$BASE/tmp/context.XXXXXX")
  cd "$CONTEXT" || return 1
}
teardown() { lichen rm -f -a -t 0 >/dev/null 2>&1 || true; }

dockerfile() { cat >"$CONTEXT/Dockerfile"; }
build() { run_lichen build --progress plain "$@" "$CONTEXT"; } # FLAGS...
cached() { grep -c ' CACHED$' <<<"$stderr" || true; }          # how many steps of the last build
image() { lichen image inspect -f "$2" "$1"; }                 # IMAGE FORMAT

@test "FROM RUN COPY ENV WORKDIR CMD: what is built runs, and the layers hold what the steps have changed" {
  # flags: build --tag --progress
  echo text >file
  mkdir sub && echo inner >sub/inner
  dockerfile <<END
FROM $BUSYBOX
ARG WHO=world
ENV GREETING=hello TARGET=\$WHO
RUN echo "\$GREETING \$WHO" >/greeting && mkdir /gone && touch /gone/file
RUN rm -r /gone
COPY file sub /app/
WORKDIR /work
RUN pwd >where
USER 1000:1000
EXPOSE 80 443/udp
LABEL a=b "c d"=e
VOLUME /data
STOPSIGNAL SIGINT
HEALTHCHECK --interval=3s --retries=2 CMD true
CMD ["sh", "-c", "cat /greeting /app/file /app/inner /work/where; id -u; ls /gone 2>&1"]
END
  build -t app
  assert_success
  assert_equal "$output" "$(image app '{{.Id}}' | cut -d: -f2)" "the id"
  run_lichen run --rm app
  assert_output "hello world
text
inner
/work
1000
ls: /gone: No such file or directory"
  assert_equal "$(image app '{{.Config.User}} {{.Config.WorkingDir}} {{.Config.StopSignal}} {{.Config.Env}}')" \
    "1000:1000 /work SIGINT [PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin GREETING=hello TARGET=world]"
  assert_equal "$(image app '{{json .Config.ExposedPorts}}{{json .Config.Volumes}}{{json .Config.Labels}}')" \
    '{"443/udp":{},"80/tcp":{}}{"/data":{}}{"a":"b","c d":"e"}'
  assert_equal "$(image app '{{.Config.Healthcheck.Test}}')" "[CMD-SHELL true]"
}

@test "what is unchanged comes from the cache, with the same id; what is changed and all after it is made again" {
  # flags: build --no-cache --build-arg --quiet --no-cache-filter
  echo one >file
  dockerfile <<END
FROM $BUSYBOX AS base
ARG VERSION=1
RUN echo \$VERSION >/version
COPY file /file
RUN cat /file >/copy
END
  build -t app
  local first=$output
  assert_equal "$(cached)" 0
  touch -d "1 hour ago" file # times do not count
  build -t app
  assert_output "$first"
  assert_equal "$(cached)" 3
  echo two >file
  build -t app
  assert_equal "$(cached)" 1 "after the file changed"
  assert_equal "$(lichen run --rm app cat /copy)" two
  chmod +x file
  build
  assert_equal "$(cached)" 1 "after its mode changed"
  build --build-arg VERSION=2
  assert_equal "$(cached)" 0 "another argument"
  build --build-arg VERSION=2
  assert_equal "$(cached)" 3
  build --no-cache
  assert_equal "$(cached)" 0
  build --no-cache-filter base
  assert_equal "$(cached)" 0
  run_lichen build -q "$CONTEXT"
  [[ $output =~ ^sha256:[0-9a-f]{64}$ ]] || fail_with -q "an id alone" "$output"
  assert_equal "$stderr" ""
}

@test "a cached layer survives rmi, and goes with builder prune" {
  # flags: builder prune --all --force --filter
  dockerfile <<END
FROM $BUSYBOX
RUN echo $RANDOM >/unique
END
  build -t short
  lichen rmi short >/dev/null
  build
  assert_equal "$(cached)" 1
  lichen rmi "$output" >/dev/null
  run_lichen builder prune --force --filter until=1h
  assert_output "Total reclaimed space: 0B"
  build -t kept
  run_lichen builder prune --force
  build
  assert_equal "$(cached)" 1 "an image has its layer"
  run_lichen builder prune --all --force
  assert_contains "Total reclaimed space"
  build
  assert_equal "$(cached)" 0
  run_lichen system check
  assert_success
}

@test "stages: by name and number, FROM a stage, COPY --from, targets, those not needed are not built" {
  # flags: build --target --print
  dockerfile <<END
FROM $BUSYBOX AS build
RUN mkdir /out && echo made >/out/thing && chown 5:6 /out/thing
FROM $BUSYBOX AS broken
RUN false
FROM build AS more
RUN echo more >>/out/thing
FROM scratch AS bare
COPY --from=build /out /from-name
COPY --from=2 /out/thing /from-number
COPY --from=$BUSYBOX /bin/busybox /bin/busybox
FROM bare
CMD ["/bin/busybox", "cat", "/from-name/thing", "/from-number"]
END
  build -t app
  assert_success
  run_lichen run --rm app
  assert_output "made
made
more"
  assert_equal "$(lichen run --rm app /bin/busybox stat -c %u:%g /from-name/thing)" 5:6 "owners of a stage stay"
  build --target broken
  assert_failure 1 "Dockerfile:4:1"
  build --target nothing
  assert_failure 1 "could not be found"
  run_lichen build --print "$CONTEXT"
  assert_equal "$(jq -r '[.stages[] | select(.needed) | .stage] | join(" ")' <<<"$output")" "build more bare stage-4"
}

@test "stages that do not need one another are built at the same time, --jobs says how many" {
  # flags: build --jobs
  # Each waits until the other is there: one after the other they would never end.
  dockerfile <<END
FROM $BUSYBOX AS one
RUN --mount=type=cache,target=/meet touch /meet/one; until [ -e /meet/two ]; do usleep 10000; done; touch /one
FROM $BUSYBOX AS two
RUN --mount=type=cache,target=/meet touch /meet/two; until [ -e /meet/one ]; do usleep 10000; done; touch /two
FROM $BUSYBOX
COPY --from=one /one /
COPY --from=two /two /
END
  run timeout 60 "$LICHEN" build "$CONTEXT"
  assert_success
  lichen builder prune --all --force >/dev/null
  run timeout 5 "$LICHEN" build --jobs 1 "$CONTEXT"
  assert_equal "$status" 124
}

@test "COPY and ADD: wildcards, directories, owners, modes, excluded files, heredocs, tars" {
  mkdir -p tree/deep and && echo 1 >tree/a.c && echo 2 >tree/deep/b.c && echo 3 >tree/x.h && ln -s a.c tree/link && echo i >and/ignored
  tar -cf packed.tar tree
  printf 'and\n*.log\n!keep.log\n' >.dockerignore
  touch no.log keep.log
  dockerfile <<END
FROM $BUSYBOX
COPY tree/*.c /wild/
COPY --chown=7:8 --chmod=640 tree/a.c /owned
COPY --exclude=*.h tree /most
COPY --parents tree/deep/b.c /parents/
COPY . /all/
ADD packed.tar /unpacked/
COPY packed.tar /plain/
COPY <<one <<"two" /here/
value \$HOME
one
value \$HOME
two
RUN cd / && { ls wild most all plain here; stat -c '%u:%g %a' owned; find parents unpacked | sort; cat here/*; readlink most/link; } >/list
END
  build -t app
  assert_success
  run_lichen run --rm app cat /list
  assert_output "all:
Dockerfile
keep.log
packed.tar
tree

here:
one
two

most:
a.c
deep
link

plain:
packed.tar

wild:
a.c
7:8 640
parents
parents/tree
parents/tree/deep
parents/tree/deep/b.c
unpacked
unpacked/tree
unpacked/tree/a.c
unpacked/tree/deep
unpacked/tree/deep/b.c
unpacked/tree/link
unpacked/tree/x.h
value 
value \$HOME
a.c"
}

@test "a context leads nowhere else: symlinks and .. end at its root, in the image too" {
  echo secret >"$BASE/tmp/outside"
  ln -s "$BASE/tmp/outside" absolute
  ln -s ../outside relative
  mkdir real && echo inside >real/file && ln -s real dir
  dockerfile <<END
FROM $BUSYBOX
RUN ln -s /etc /link && mkdir /other && ln -s / /other/root
COPY dir/file /link/copied
COPY real/file /other/root/top
COPY real/../../../real/file /dots
END
  build -t app
  assert_success
  run_lichen run --rm app cat /etc/copied /top /dots
  assert_output "inside
inside
inside"
  local name
  for name in absolute relative ../outside; do
    printf 'FROM %s\nCOPY %s /x\n' "$BUSYBOX" "$name" >Dockerfile
    build
    assert_failure 1 "Dockerfile:2:6"
  done
}

@test "RUN: heredocs, exec form, SHELL, mounts of all kinds; what a mount holds is in no layer" {
  # flags: build --secret --build-context
  echo bound >bound
  printf topsecret-%s 4711 >"$BASE/tmp/token"
  mkdir other && echo named >other/file
  dockerfile <<'END'
FROM localhost/busybox
RUN <<EOF
set -e
echo one >/script
echo two >>/script
EOF
RUN <<EOF
#!/bin/awk -f
BEGIN { print "three" >"/awk" }
EOF
RUN ["/bin/sh", "-c", "echo $0 >/exec", "zero"]
SHELL ["/bin/sh", "-ec"]
RUN false | true; echo shell >/shell
RUN --mount=type=bind,target=/mnt/context cat /mnt/context/bound >/bound && ! touch /mnt/context/new 2>/dev/null
RUN --mount=type=bind,from=named,source=file,target=/named cat /named >/from-context
RUN --mount=type=tmpfs,target=/scratch touch /scratch/gone
RUN --mount=type=cache,id=keep,target=/cache echo line >>/cache/lines
RUN --mount=type=cache,id=keep,target=/cache wc -l </cache/lines >/lines
RUN --mount=type=secret,id=token test "$(cat /run/secrets/token)" = topsecret-4711 && stat -c %a /run/secrets/token >/mode
RUN --mount=type=secret,id=token,env=TOKEN test "$TOKEN" = topsecret-4711
RUN --mount=type=secret,id=missing test ! -e /run/secrets/missing
CMD ["sh", "-c", "cat /script /awk /exec /shell /bound /from-context /lines /mode; ls -d /scratch /mnt /named /cache /run/secrets 2>/dev/null"]
END
  printf topsecret-%s 4712 | sed s/4712/4711/ >"$BASE/tmp/token"
  build --secret id=token,src="$BASE/tmp/token" --build-context named=other -t app
  assert_success
  run_lichen run --rm app
  assert_output "one
two
three
zero
shell
bound
named
1
400"
  # The Dockerfile itself names it, so history does; no file of a layer and no mount does.
  if grep -rq topsecret-4711 "$LICHEN_ROOT/layers" "$LICHEN_ROOT/build" "$LICHEN_ROOT/staging"; then return 1; fi
  printf 'FROM %s\nRUN --mount=type=secret,id=no,required=true true\n' "$BUSYBOX" >Dockerfile
  build
  assert_failure 1 "secret 'no' is required"
}

@test "a step that fails says where and what it said; what succeeded is in the cache, nothing is left" {
  dockerfile <<END
FROM $BUSYBOX
RUN echo $RANDOM >/kept
RUN echo before the end; exit 7
END
  build
  assert_equal "$status" 1
  [[ $stderr == *"Dockerfile:3:1: the command ended with exit code 7"* ]] || fail_with "the place" it "$stderr"
  [[ $stderr == *"before the end"* ]] || fail_with "the output" it "$stderr"
  build
  assert_equal "$(cached)" 1
  lichen ps >/dev/null
  printf 'FROM %s\nRUNN true\n' "$BUSYBOX" >Dockerfile
  build
  assert_failure 1 "Dockerfile:2:1"
  [[ $stderr == *RUN* ]] || fail_with "a suggestion" RUN "$stderr"
}

@test "kill -9 of a build: nothing of it runs on, and the next one works" {
  dockerfile <<END
FROM $BUSYBOX
RUN touch /started && exec sleep 98765
END
  "$LICHEN" build "$CONTEXT" >/dev/null 2>&1 3>&- 4>&- &
  local pid=$!
  sleeps() { pgrep -u "$(id -u)" -f "^sleep 98765" >/dev/null; }
  wait_until 20 sleeps
  kill -9 $pid
  no_sleep() { if sleeps; then return 1; fi; }
  wait_until 20 no_sleep
  printf 'FROM %s\nRUN true\n' "$BUSYBOX" >Dockerfile
  build
  assert_success
  assert_equal "$(find "$LICHEN_ROOT/staging" -mindepth 1 | wc -l)" 0 "in staging"
}

@test "the same input and time give the same image, anywhere" {
  # flags: build --timestamp --label --iidfile --metadata-file
  echo x >file
  dockerfile <<END
FROM $BUSYBOX
RUN mkdir /a && echo b >/a/b
COPY file /file
CMD true
END
  build --timestamp 1700000000 --no-cache --iidfile "$BASE/tmp/one" --metadata-file "$BASE/tmp/meta"
  build --timestamp 1700000000 --no-cache --iidfile "$BASE/tmp/two"
  assert_equal "$(cat "$BASE/tmp/one")" "$(cat "$BASE/tmp/two")"
  assert_equal "$(jq -r '."containerimage.config.digest"' "$BASE/tmp/meta")" "$(cat "$BASE/tmp/one")"
  assert_equal "$(image "$(cat "$BASE/tmp/one")" '{{.Created}}')" "2023-11-14T22:13:20Z"
  SOURCE_DATE_EPOCH=1700000000 build --label added=yes -t labelled
  assert_equal "$(image labelled '{{.Config.Labels.added}} {{.Created}}')" "yes 2023-11-14T22:13:20Z"
}

@test "ONBUILD runs in whoever builds on the image, once" {
  printf 'FROM %s\nONBUILD RUN echo trigger >>/triggered\n' "$BUSYBOX" >Dockerfile
  build -t base
  run_lichen run --rm base ls /triggered
  assert_equal "$status" 1
  printf 'FROM base\nRUN cat /triggered >/seen\n' >Dockerfile
  build -t child
  assert_equal "$(lichen run --rm child cat /seen)" trigger
  printf 'FROM child\n' >Dockerfile
  build -t grandchild
  assert_equal "$(lichen run --rm grandchild cat /triggered)" trigger
}

@test "where the Dockerfile and the context come from: --file, standard input, a tar" {
  # flags: build --file --ignorefile
  echo data >data
  printf 'FROM %s\nCOPY data /data\n' "$BUSYBOX" >Other
  run_lichen build -q -f "$CONTEXT/Other" -t one "$CONTEXT"
  assert_success
  "$LICHEN" build -q -t two -f - "$CONTEXT" <Other >/dev/null
  mv Other Dockerfile
  tar -c . | "$LICHEN" build -q -t three - >/dev/null
  assert_equal "$(lichen run --rm one cat /data)$(lichen run --rm two cat /data)$(lichen run --rm three cat /data)" datadatadata
  echo data >ignore
  run_lichen build --ignorefile ignore "$CONTEXT"
  assert_failure 1 "excluded"
  rm Dockerfile
  build
  assert_failure 1 "no Dockerfile or Containerfile"
}

@test "--check names mistakes by docker's rules, and builds nothing" {
  # flags: build --check
  # shellcheck disable=SC2016 # the Dockerfile's own variable
  printf 'from %s as Base\nRUN echo $NOTHING\nENV key value\nCMD echo hi\n' "$BUSYBOX" >Dockerfile
  run_lichen build --check "$CONTEXT"
  assert_equal "$status" 1
  local rule
  for rule in StageNameCasing LegacyKeyValueFormat JSONArgsRecommended; do assert_contains "WARNING: $rule"; done
  printf '# check=error=true\nfrom %s as Base\nRUN touch /never\n' "$BUSYBOX" >Dockerfile
  build
  assert_equal "$status" 1
  assert_contains "WARNING: StageNameCasing"
  printf 'FROM %s\nCMD ["true"]\n' "$BUSYBOX" >Dockerfile
  run_lichen build --check "$CONTEXT"
  assert_output "Check complete, no warnings found."
}

@test "flags of RUN's containers; the host's network only when the build has it" {
  # flags: build --add-host --cap-drop --ulimit --shm-size --network --security-opt --dns --pull
  dockerfile <<END
FROM $BUSYBOX
RUN grep -q "192.0.2.9.*added" /etc/hosts && [ "\$(ulimit -n)" = 99 ] && df -k /dev/shm | grep -q 2048 && ! chown 1:1 /etc/passwd 2>/dev/null
END
  build --add-host added:192.0.2.9 --cap-drop CHOWN --ulimit nofile=99:99 --shm-size 2m --security-opt no-new-privileges --dns 192.0.2.53
  assert_success
  # shellcheck disable=SC2016 # for the shell inside
  printf 'FROM %s\nRUN --network=none test "$(ls /sys/class/net)" = lo\n' "$BUSYBOX" >Dockerfile
  build --pull=never
  assert_success
  printf 'FROM %s\nRUN --network=host true\n' "$BUSYBOX" >Dockerfile
  build
  assert_failure 1 "the host's network"
  build --network host
  assert_success
}

@test "ten builds of one Dockerfile, two at a time" {
  dockerfile <<END
FROM $BUSYBOX
RUN echo $RANDOM >/a
RUN echo b >/b
END
  seq 10 | xargs -P 2 -I{} timeout 60 "$LICHEN" build -q "$CONTEXT" 3>&- 4>&- >"$BASE/tmp/ids"
  assert_equal "$(wc -l <"$BASE/tmp/ids")" 10
  build -t app
  assert_success
  run_lichen system check
  assert_success
}

@test "--output: a directory, an archive, images as archives; files alone make no image" {
  # flags: build --output
  echo made >file
  printf 'FROM %s AS full\nCOPY file /only/file\nFROM scratch\nCOPY --from=full /only /\n' "$BUSYBOX" >Dockerfile
  local before
  before=$(lichen images -a -q | sort -u | wc -l)
  run_lichen build -q -o "$BASE/tmp/out" "$CONTEXT"
  assert_success
  assert_equal "$(cd "$BASE/tmp/out" && find . -type f) $(cat "$BASE/tmp/out/file") $(stat -c %u "$BASE/tmp/out/file")" "./file made $(id -u)"
  "$LICHEN" build -q -o - "$CONTEXT" | tar -xO file >"$BASE/tmp/from-tar"
  assert_equal "$(cat "$BASE/tmp/from-tar")" made
  lichen build -q -o type=tar,dest="$BASE/tmp/files.tar" "$CONTEXT"
  assert_equal "$(tar -tf "$BASE/tmp/files.tar" | grep -c file)" 1
  assert_equal "$(lichen images -a -q | sort -u | wc -l)" "$before" "images"
  lichen build -q -t packed -o type=docker,dest="$BASE/tmp/docker.tar" -o type=oci,dest="$BASE/tmp/oci.tar" "$CONTEXT" >/dev/null
  assert_equal "$(tar -tf "$BASE/tmp/docker.tar" | grep -c manifest.json) $(tar -tf "$BASE/tmp/oci.tar" | grep -c index.json)" "1 1"
  run_lichen build -o type=nothing,dest=x "$CONTEXT"
  assert_failure 125 "unknown type 'nothing'"
}

@test "--explain says why each step is made again" {
  # flags: build --explain
  echo one >file
  dockerfile <<END
FROM $BUSYBOX
COPY file /file
RUN cat /file
END
  build --explain
  assert_equal "$(grep -c 'not from the cache: it is new here' <<<"$stderr")" 1
  echo two >file
  build --explain
  [[ $stderr == *"changed: file file"* ]] || fail_with "the file" "named" "$stderr"
  [[ $stderr == *"what it builds on was made again"* ]] || fail_with "the next step" "explained" "$stderr"
  build --explain
  assert_equal "$(cached)" 2
  build --explain --no-cache
  assert_equal "$(grep -c 'the command line says so' <<<"$stderr")" 2
}

@test "--volume binds a directory of the host into RUN steps, and nothing of it is in the image" {
  # flags: build --volume
  mkdir shared && echo shared >shared/file
  printf 'FROM %s\nRUN cp /mnt/file /copied\n' "$BUSYBOX" >Dockerfile
  build -v "$CONTEXT/shared:/mnt:ro" -t app
  assert_success
  assert_equal "$(lichen run --rm app sh -c 'cat /copied; ls /mnt')" shared
  build -v named:/mnt
  assert_failure 125 "directories of the host"
}

@test "nothing is parsed and left out" {
  printf 'FROM %s\nRUN --mount=type=bind,U,target=/c true\n' "$BUSYBOX" >Dockerfile
  build
  assert_failure 1 "change the owner of the source"
  printf 'FROM %s\nRUN --mount=type=bind,bind-propagation=shared,target=/c true\n' "$BUSYBOX" >Dockerfile
  build
  assert_failure 1 "seen by nobody else"
}

@test "FROM --after: not before the other stage is done" {
  dockerfile <<END
FROM $BUSYBOX AS first
RUN --mount=type=cache,target=/meet sleep 0.3; touch /meet/done
FROM --after=first $BUSYBOX
RUN --mount=type=cache,target=/meet test -e /meet/done
END
  lichen builder prune --all --force >/dev/null
  build
  assert_success
}
