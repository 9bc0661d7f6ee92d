#!/usr/bin/env bats
# What a step's cache key holds: for each thing that may change, whether the step is done again. A hit that should be a miss is a wrong
# image; a miss that should be a hit costs time alone.
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
  FLAGS=()
}

dockerfile() { cat >"$CONTEXT/Dockerfile"; }
# How many steps of the build come from the cache now: is COUNT WHAT [FLAGS...]; the flags come last.
is() {
  run_lichen build --progress plain -t cached "${FLAGS[@]}" "${@:3}" "$CONTEXT"
  assert_success || return 1
  assert_equal "$(grep -c ' CACHED$' <<<"$stderr" || true)" "$1" "cached steps, $2"
}

@test "COPY: content, mode, names, links and what is ignored count; times and hard links do not" {
  mkdir -p tree/sub && echo one >tree/file && echo sub >tree/sub/file && ln -s file tree/link && echo other >other
  printf 'other\n' >.dockerignore
  printf 'FROM %s\nCOPY tree /tree\n' "$BUSYBOX" >Dockerfile
  is 0 "at first"
  is 1 "unchanged"
  touch -d '1 hour ago' tree/file tree
  is 1 "another time"
  echo changed >other
  is 1 "an ignored file"
  printf 'other\n\n# a comment\n' >.dockerignore
  is 1 "a comment in .dockerignore"
  cp -p tree/file "$BASE/tmp/same" && rm tree/file && ln "$BASE/tmp/same" tree/file
  is 1 "the same by a hard link"
  rm tree/file && echo two >tree/file && touch -r "$BASE/tmp/same" tree/file
  is 0 "content of the same size and time"
  chmod +x tree/file
  is 0 "mode"
  ln -sfn sub tree/link
  is 0 "a link's target"
  mkdir tree/empty
  is 0 "an empty directory"
  chmod 700 tree/sub
  is 0 "a directory's mode"
  mv tree/sub/file tree/sub/name
  is 0 "a name"
  rmdir tree/empty
  is 0 "one less"
  printf 'other\ntree/sub\n' >.dockerignore
  is 0 "what .dockerignore names"
  is 1 "at last"
}

@test "COPY: each word of the instruction counts, its spelling does not" {
  echo x >a && cp a b
  local line n=0
  for line in 'COPY a /x' 'COPY a /y' 'COPY b /x' 'COPY --chmod=600 a /x' 'COPY --chown=5:6 a /x' 'COPY a b /x/' 'COPY --exclude=c a /x' 'ADD a /x' \
    'COPY <<E /x' 'COPY <<F /x'; do
    n=$((n + 1))
    printf 'FROM %s\n%s\n' "$BUSYBOX" "$line" >Dockerfile
    [[ $line != *'<<'* ]] || printf '%s\n%s\n' "$n" "${line:7:1}" >>Dockerfile
    is 0 "$line" || return 1
  done
  printf 'FROM %s\nARG D=/x\n# a comment\n  copy   a \\\n   $D\n' "$BUSYBOX" >Dockerfile
  is 1 "the first, written otherwise"
}

@test "RUN: command, environment, user, directory, shell, network and flags count; labels, comments and later lines do not" {
  write() { printf 'FROM %s\n%s\nRUN echo made >/made\n' "$BUSYBOX" "$1" >Dockerfile; }
  write ""
  is 0 "at first"
  write "# a comment"
  is 1 "a comment"
  write "LABEL a=b"
  is 1 "a label"
  write "CMD true"
  is 1 "a command to run later"
  write "EXPOSE 80"
  is 1 "a port"
  echo "LABEL later=1" >>Dockerfile
  is 1 "a later line"
  write "ENV A=1"
  is 0 "a variable"
  write "ENV A=2"
  is 0 "its value"
  write "USER 1000:0"
  sed -i 's,/made,/tmp/made,' Dockerfile
  is 0 "another user"
  write 'SHELL ["/bin/busybox", "sh", "-c"]'
  is 0 "the shell"
  write "WORKDIR /w"
  is 0 "the directory"
  write "WORKDIR /w"
  is 2 "both again"
  write ""
  is 0 "names of hosts" --add-host a:192.0.2.1
  is 0 "capabilities" --cap-drop CHOWN
  is 1 "the first again"
  sed -i 's/RUN/RUN --network=none/' Dockerfile
  is 0 "the network"
  is 0 "a time" --timestamp 1700000000
  is 0 "another" --timestamp 1700000001
  is 1 "that again" --timestamp 1700000000
}

@test "build arguments: those declared before the step count, by their values" {
  printf 'FROM %s\nRUN echo before >/before\nARG A=default\nRUN echo after >/after\n' "$BUSYBOX" >Dockerfile
  is 0 "at first"
  is 2 "its default, given" --build-arg A=default
  is 1 "another value" --build-arg A=other
  is 2 "one that nobody declares" --build-arg NOBODY=x
  is 2 "a proxy" --build-arg HTTP_PROXY=http://proxy.example.org
  printf 'ARG V=1\nFROM %s\nRUN echo before >/before\n' "$BUSYBOX" >Dockerfile
  is 1 "one before FROM" --build-arg V=2
}

@test "RUN --mount: what is bound counts by its content; a secret by its id; what a cache holds does not" {
  mkdir src && echo 1 >src/used && echo 1 >unused && echo value >secret && echo value >secret2
  dockerfile <<END
FROM $BUSYBOX AS made
ARG M=1
RUN echo \$M >/made && touch -d @1700000000 /made
FROM $BUSYBOX
RUN --mount=type=bind,source=src,target=/s cat /s/used >/from-context
RUN --mount=type=bind,from=made,source=/made,target=/m cat /m >/from-stage
RUN --mount=type=secret,id=s,target=/k wc -c </k >/length
RUN --mount=type=cache,id=counted,target=/c echo >>/c/lines
END
  FLAGS=(--secret "id=s,src=secret")
  is 0 "at first"
  is 5 "unchanged"
  echo 2 >unused
  is 5 "another file"
  echo "longer value" >secret
  is 5 "a secret's value"
  echo 2 >src/used
  is 1 "what is bound"
  assert_equal "$(lichen run --rm --network none cached cat /from-context)" 2
  is 1 "what a stage holds" --build-arg M=2
  assert_equal "$(lichen run --rm --network none cached cat /from-stage)" 2
  is 5 "as before"
  sed -i 's/id=s,target/id=t,target/' Dockerfile
  FLAGS=(--secret "id=t,src=secret2")
  is 3 "a secret's id"
}

@test "COPY --from a stage: what changes there is made again; stages that nobody needs do not count" {
  write() { printf 'FROM %s AS made\nRUN %s && touch -d @1700000000 /out /out/f\nFROM %s\nCOPY --from=made /out /out\nRUN cat /out/f >/seen\n' "$BUSYBOX" "$1" "$BUSYBOX" >Dockerfile; }
  write 'mkdir /out && echo 1 >/out/f'
  is 0 "at first"
  write 'mkdir /out && echo 2 >/out/f'
  is 0 "another outcome"
  assert_equal "$(lichen run --rm --network none cached cat /seen)" 2
  write 'mkdir /out && echo 1 >/out/f'
  is 3 "as at first"
  assert_equal "$(lichen run --rm --network none cached cat /seen)" 1
  # A stage that is not needed any more does not count.
  printf 'FROM %s\nRUN echo own >/own\n' "$BUSYBOX" >Dockerfile
  is 0 "a new one"
  sed -i '1i FROM scratch AS unneeded\nCOPY Dockerfile /' Dockerfile
  is 1 "beside a stage that nobody needs"
}

@test "the base image counts by what it is, not by its name; no-cache fills the cache anew" {
  lichen tag $BUSYBOX base:1
  printf 'FROM base:1\nRUN echo on-base >/x\n' >Dockerfile
  is 0 "at first"
  lichen tag base:1 base:2
  sed -i 's/base:1/base:2/' Dockerfile
  is 1 "by another name"
  printf 'FROM %s\nRUN echo more >/more\n' "$BUSYBOX" >Other
  run_lichen build -q -t base:2 -f Other "$CONTEXT"
  assert_success
  is 0 "another image by that name"
  printf 'FROM %s\nRUN cat /proc/sys/kernel/random/uuid >/uuid\n' "$BUSYBOX" >Dockerfile
  local first second
  is 0 "at first"
  first=$(lichen run --rm --network none cached cat /uuid)
  is 0 "without the cache" --no-cache
  second=$(lichen run --rm --network none cached cat /uuid)
  [ "$first" != "$second" ]
  is 1 "after that"
  assert_equal "$(lichen run --rm --network none cached cat /uuid)" "$second"
  # Other directories and files, the same steps.
  mkdir "$BASE/tmp/moved" && cp Dockerfile "$BASE/tmp/moved/"
  CONTEXT=$BASE/tmp/moved
  is 1 "in another place"
}

@test "a layer that is gone or damaged is made again, and the image is right" {
  printf 'FROM %s\nRUN echo one >/one\nRUN cat /one >/two\n' "$BUSYBOX" >Dockerfile
  is 0 "at first"
  is 2 "again"
  local steps
  steps=$(find "$LICHEN_ROOT/build/steps" -type l | wc -l)
  [ "$steps" -ge 2 ]
  # Entries of the cache that lead nowhere, or are no links.
  find "$LICHEN_ROOT/build/steps" -type l | while read -r link; do ln -sfn "$(printf '%064d' 0)" "$link"; done
  is 0 "entries that lead nowhere"
  find "$LICHEN_ROOT/build/steps" -type l | while read -r link; do rm "$link" && echo nonsense >"$link"; done
  is 0 "entries that are no links"
  assert_equal "$(lichen run --rm --network none cached cat /two)" one
}
