#!/usr/bin/env bats
# commit --change and import --change: the same instructions give the same configuration as in a Dockerfile.
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

# All that docker's commit takes, with the quoting and the forms of a Dockerfile.
instructions() {
  cat <<'END'
ENV A=1 B="two words" C=it\'s
ENV OLD form of it
ENV USES=$A-${B}-${NONE:-none}
LABEL "with blank"="a b" plain=$A
EXPOSE 80 443/udp 8000-8002/tcp
USER 7:8
WORKDIR /srv
WORKDIR below/../app
VOLUME ["/data", "/more data"]
VOLUME /x /y
STOPSIGNAL SIGINT
HEALTHCHECK --interval=3s --timeout=2s --start-period=1m --start-interval=1s --retries=4 CMD curl -f localhost || exit 1
ONBUILD RUN make
ONBUILD COPY . /src
ENTRYPOINT ["/bin/sh", "-c"]
CMD echo $A "and more"
END
}
config() { lichen image inspect -f '{{json .Config}}' "$1" | jq -S 'with_entries(select(.value != null))'; }
committed() { # IMAGE INSTRUCTION...
  local image=$1 change=()
  shift
  for instruction; do change+=(--change "$instruction"); done
  lichen rm -f made >/dev/null 2>&1 || true
  lichen create --name made $BUSYBOX >/dev/null
  lichen commit "${change[@]}" made "$image" >/dev/null
}

@test "commit --change: each instruction, and all together, as a Dockerfile has them" {
  # flags: commit --change
  local all=() line
  while IFS= read -r line; do
    all+=("$line")
    committed one "$line"
    printf 'FROM %s\n%s\n' "$BUSYBOX" "$line" >Dockerfile
    lichen build -q -t other . >/dev/null
    assert_equal "$(config one)" "$(config other)" "$line"
  done < <(instructions)
  committed one "${all[@]}"
  { echo "FROM $BUSYBOX" && instructions; } >Dockerfile
  lichen build -q -t other . >/dev/null
  assert_equal "$(config one)" "$(config other)" "all of them"
  assert_equal "$(lichen image inspect -f '{{.Config.Entrypoint}} {{.Config.WorkingDir}} {{index .Config.Env 4}}' one)" "[/bin/sh -c] /srv/app OLD=form of it"
  assert_equal "$(lichen history --format '{{.CreatedBy}}' one | wc -l)" "$(($(lichen history --format '{{.CreatedBy}}' $BUSYBOX | wc -l) + 1))" "one entry of history"
}

@test "import --change: likewise, on an empty configuration; podman's KEY=value form" {
  # flags: import --change
  local change=() line
  while IFS= read -r line; do change+=(--change "$line"); done < <(instructions)
  tar -cf root.tar -T /dev/null
  lichen import -q "${change[@]}" root.tar one >/dev/null
  { echo "FROM scratch" && instructions; } >Dockerfile
  lichen build -q -t other . >/dev/null
  # A build sets PATH always, as docker's does; import as docker's does not.
  assert_equal "$(config one)" "$(config other | jq -S '.Env -= ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]')"
  committed one 'CMD=/bin/date' 'ENV=A=b' 'workdir=/w'
  assert_equal "$(lichen image inspect -f '{{.Config.Cmd}} {{.Config.WorkingDir}}' one)" "[/bin/sh -c /bin/date] /w"
}

@test "what the container was given at its start is in the image: ports, volumes, health, signal" {
  lichen create --name given --expose 99 -v /anonymous --stop-signal SIGUSR1 --health-cmd true --health-retries 5 -e A=b $BUSYBOX sleep 5 >/dev/null
  lichen commit given image >/dev/null
  assert_equal "$(config image | jq -c '[.ExposedPorts, .Volumes, .StopSignal, .Healthcheck.Test, .Healthcheck.Retries, .Cmd]')" \
    '[{"99/tcp":{}},{"/anonymous":{}},"SIGUSR1",["CMD-SHELL","true"],5,["sleep","5"]]'
}

@test "mistakes: a place in the instruction, and nothing is made" {
  lichen create --name made $BUSYBOX >/dev/null
  local before
  before=$(lichen images -a -q --no-trunc)
  for change in 'EXPOSE 99999' 'HEALTHCHECK --nothing=1 CMD x' 'COPY a b' 'FROM x' 'SHELL ["a"]' 'ARG x' '' 'USER'; do
    run_lichen commit --change "$change" made never
    [ "$status" = 125 ] || fail_with "status of '$change'" 125 "$status $output"
    assert_stderr "--change"
  done
  assert_equal "$(lichen images -a -q --no-trunc)" "$before"
}
