#!/usr/bin/env bats
# What courses teach about images, typed word for word: build and its instructions, the cache, history, commit, archives, registries.
# Images are stand-ins under the names that the courses use.
# ctest: timeout=300
load helpers
load tutorial_helpers

setup_file() {
  make_world
  load_image busybox
  stand_in ubuntu 'CMD ["bash"]'
  stand_in alpine 'CMD ["sh"]'
}
teardown_file() { remove_world; }
setup() {
  CONTEXT=$(mktemp -d "$BASE/tmp/context.XXXXXX")
  cd "$CONTEXT" || return 1
}
teardown() { lichen rm -f -a -t 0 >/dev/null 2>&1 || true; }

run_docker() { run_lichen "$@"; }
dockerfile() { cat >Dockerfile; }
said() { docker run --rm --network none "$@"; } # [FLAGS...] IMAGE [COMMAND...]
fetch() { python3 -c 'import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode().strip())' "$1"; }

@test "build: the first image, its names, -f, history; the second build is CACHED, a changed COPY builds from there" {
  echo 'print' >app.py
  dockerfile <<'END'
FROM ubuntu
LABEL maintainer="a learner"
RUN echo installed >/installed
COPY app.py /app/
RUN cat /app/app.py >/compiled
CMD ["cat", "/compiled"]
END
  docker build -t name .
  docker image build -t user/app .
  docker build -t img:1 -f Dockerfile .
  assert_equal "$(docker images --format '{{.Repository}}:{{.Tag}}' | grep -cE '^(localhost/)?(name:latest|user/app:latest|img:1)$')" 3
  assert_equal "$(said name)" print
  run_docker history name
  assert_matches '^IMAGE +CREATED +CREATED BY +SIZE +COMMENT'
  assert_matches 'CMD \["cat",? "/compiled"\]'
  assert_contains 'LABEL maintainer='
  run_docker build --progress plain -t name .
  assert_equal "$(grep -c ' CACHED$' <<<"$stderr")" 3 "steps of the second build from the cache"
  docker rmi user/app img:1
  local old
  old=$(docker images -q name)
  echo 'changed' >app.py
  run_docker build --progress plain -t name .
  assert_equal "$(grep -c ' CACHED$' <<<"$stderr")" 1 "steps before the changed COPY"
  assert_equal "$(said name)" changed
  # The new one took the old one's only name.
  assert_equal "$(docker images -f dangling=true -q)" "$old"
  docker images -a | grep '<none>'
  docker image prune -f
  assert_equal "$(docker images -f dangling=true -q)" ""
}

@test "build: FROM by tag and digest, SCRATCH, AS; ARG; three forms of ENV; WORKDIR piles up; RUN and COPY in both forms" {
  cp "$LICHEN_TEST_FIXTURES/rootfs/bin/busybox" .
  touch one.txt two.txt three.md
  dockerfile <<'END'
ARG BASE=ubuntu:latest
FROM $BASE AS build
ARG WHAT=default
ENV ONE 1 and more
ENV TWO=2 THREE="3 and more"
WORKDIR /a
WORKDIR b
WORKDIR c
RUN pwd >/where && echo $WHAT $ONE $TWO $THREE >/values
RUN ["/bin/bash", "-c", "echo $BASH >/shell"]
COPY *.txt /texts/
COPY ["three.md", "a name with spaces"]
FROM scratch
COPY busybox /busybox
COPY --from=build /where /values /shell /
COPY --from=build /texts /texts
COPY --from=build ["/a/b/c/a name with spaces", "/spaces"]
CMD ["/busybox", "cat", "/where", "/values", "/shell"]
END
  docker build --build-arg WHAT=given -t forms .
  assert_equal "$(said forms)" "/a/b/c
given 1 and more 2 3 and more
/bin/bash"
  assert_equal "$(said forms /busybox ls /texts / | xargs)" "/: busybox dev etc proc shell spaces sys texts values where /texts: one.txt two.txt"
  local digest
  digest=$(docker image inspect -f '{{.Id}}' ubuntu)
  printf 'FROM %s\nRUN echo by digest >/how\nCMD ["cat", "/how"]\n' "$digest" >Dockerfile
  docker build -t digest .
  assert_equal "$(said digest)" "by digest"
}

@test "build: ADD of a URL and of an archive; .dockerignore; USER, EXPOSE, VOLUME, STOPSIGNAL, SHELL, ONBUILD, HEALTHCHECK" {
  mkdir src secret web
  echo page >web/page.html
  echo kept >src/kept
  echo hidden >src/hidden.log
  tar -cf archive.tar src
  printf '**/*.log\nsecret\n!src/keep.log\n' >.dockerignore
  echo kept >src/keep.log
  local port server
  python3 -u -m http.server --bind 127.0.0.1 --directory web 0 >served 2>&1 3>&- 4>&- &
  server=$!
  wait_until 10 grep -q 'port [0-9]' served
  port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' served)
  dockerfile <<END
FROM ubuntu
ADD http://127.0.0.1:$port/page.html /from-url
ADD archive.tar /from-archive/
COPY . /context
SHELL ["/bin/bash", "-c"]
RUN echo \$BASH_VERSION >/version
EXPOSE 80 53/udp
VOLUME /data
STOPSIGNAL SIGINT
HEALTHCHECK --interval=5m CMD test -e /from-url
ONBUILD RUN echo triggered >/triggered
USER 1000:50
END
  docker build -t instructions .
  kill "$server"
  # What ADD fetches belongs to root alone, as docker has it.
  assert_equal "$(said -u 0 instructions cat /from-url /from-archive/src/kept)" "page
kept"
  assert_equal "$(said instructions sh -c 'ls /context/src; ls -d /context/secret 2>/dev/null' | xargs)" "keep.log kept"
  said instructions cat /version | grep -qE '^[0-9]+\.'
  assert_equal "$(said instructions id -u)" 1000
  run_docker image inspect -f '{{json .Config.ExposedPorts}} {{json .Config.Volumes}} {{.Config.StopSignal}} {{.Config.Healthcheck.Test}}' instructions
  assert_output '{"53/udp":{},"80/tcp":{}} {"/data":{}} SIGINT [CMD-SHELL test -e /from-url]'
  printf 'FROM instructions\nUSER root\n' >Dockerfile
  run_docker build -t child .
  assert_failure 1 "/triggered"
  printf 'FROM ubuntu\nONBUILD RUN echo triggered >/triggered\n' >Dockerfile
  docker build -t parent .
  if said parent cat /triggered 2>/dev/null; then return 1; fi
  printf 'FROM parent\n' >Dockerfile
  docker build -t child .
  assert_equal "$(said child cat /triggered)" triggered
}

@test "build: all nine combinations of CMD and ENTRYPOINT" {
  combine() { # ENTRYPOINT CMD WANTED
    printf 'FROM ubuntu\n%s\n%s\n' "$1" "$2" | sed '/^$/d' >Dockerfile
    # What the base has is not to stand in for what is left out.
    docker build -q -t combination . >/dev/null
    assert_equal "$(docker image inspect -f '{{json .Config.Entrypoint}} {{json .Config.Cmd}}' combination)" "$3" "$1 and $2"
  }
  combine '' '' 'null ["bash"]' || return 1
  combine '' 'CMD ["echo", "c"]' 'null ["echo","c"]' || return 1
  combine '' 'CMD echo c' 'null ["/bin/sh","-c","echo c"]' || return 1
  combine 'ENTRYPOINT echo e' '' '["/bin/sh","-c","echo e"] null' || return 1
  combine 'ENTRYPOINT echo e' 'CMD ["echo", "c"]' '["/bin/sh","-c","echo e"] ["echo","c"]' || return 1
  combine 'ENTRYPOINT echo e' 'CMD echo c' '["/bin/sh","-c","echo e"] ["/bin/sh","-c","echo c"]' || return 1
  assert_equal "$(said combination)" e
  combine 'ENTRYPOINT ["echo", "e"]' '' '["echo","e"] null' || return 1
  assert_equal "$(said combination)" e
  combine 'ENTRYPOINT ["echo", "e"]' 'CMD ["c", "d"]' '["echo","e"] ["c","d"]' || return 1
  assert_equal "$(said combination) $(said combination PARAM)" "e c d e PARAM"
  assert_equal "$(docker run --rm --network none --entrypoint id combination -u)" 0
  combine 'ENTRYPOINT ["echo", "e"]' 'CMD echo c' '["echo","e"] ["/bin/sh","-c","echo c"]' || return 1
  assert_equal "$(said combination)" "e /bin/sh -c echo c"
}

@test "images: commit, history, tag, save, load, export, import" {
  docker run --name work ubuntu sh -c 'echo changed >/etc/motd'
  docker container commit work mine | grep -qE '^sha256:[0-9a-f]{64}$'
  assert_equal "$(docker run --rm mine cat /etc/motd)" changed
  docker commit work user/app:v1.0
  docker history mine | grep -q IMAGE
  assert_equal "$(docker run --rm --entrypoint echo mine PARAM)" PARAM
  docker tag mine other/name:1
  docker save mine >"$BASE/x.tar"
  docker save -o "$BASE/y.tar" mine
  docker rmi -f mine other/name:1 user/app:v1.0
  docker load -i "$BASE/x.tar"
  assert_equal "$(docker run --rm mine cat /etc/motd)" changed
  docker export work >"$BASE/fs.tar"
  docker import "$BASE/fs.tar" flat
  assert_equal "$(docker run --rm flat cat /etc/motd)" changed
}

# The stand-in of registry:2 is Debian's docker-registry on the busybox files.
registry_image() {
  need docker-registry
  local place=$BASE/registry-rootfs
  cp -a "$LICHEN_TEST_FIXTURES/rootfs" "$place"
  add_program "$place" /usr/bin/docker-registry
  install -d "$place/etc/registry"
  echo '{version: 0.1, storage: {filesystem: {rootdirectory: /var/lib/registry}}, http: {addr: ":5000"}}' >"$place/etc/registry/config.yml"
  tar -C "$place" --owner=0 --group=0 --numeric-owner -c . |
    docker import --change 'ENTRYPOINT ["/usr/bin/docker-registry"]' --change 'CMD ["serve", "/etc/registry/config.yml"]' \
      --change 'VOLUME /var/lib/registry' --change 'EXPOSE 5000' - docker.io/library/registry:2 >/dev/null
  rm -r "$place"
}

@test "images: a registry in a container, tag, push, pull, login and logout" {
  registry_image
  docker run --name work2 ubuntu sh -c 'echo mine >/etc/motd'
  docker commit work2 my
  local port
  port=$(free_port)
  docker run -d -p "$port:5000" --name registry registry:2
  wait_until 10 fetch "http://localhost:$port/v2/"
  docker image tag my "localhost:$port/my"
  docker push "localhost:$port/my"
  run_lichen push "localhost:$port/my"
  [[ $stderr == *"Layer already exists"* ]] || fail_with "words" "already exists" "$stderr"
  docker rmi -f my "localhost:$port/my"
  docker pull "localhost:$port/my"
  assert_equal "$(docker run --rm "localhost:$port/my" cat /etc/motd)" mine
  # This registry takes any name; who asks for nothing else but a login is told so all the same.
  assert_equal "$(docker login -u me --password-stdin "localhost:$port" <<<secret)" "Login Succeeded"
  assert_equal "$(docker logout "localhost:$port")" "Removing login credentials for localhost:$port"
}
