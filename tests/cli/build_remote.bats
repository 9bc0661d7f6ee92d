#!/usr/bin/env bats
# build from the network: ADD of URLs and repositories, contexts from elsewhere. The server is on loopback
# (helpers/file_server.py): A speaks plain HTTP, B speaks TLS with a certificate of an authority of its own.
# ctest: timeout=400
load helpers

setup_file() {
  make_world
  load_image busybox
  command -v git >/dev/null || export NO_GIT=1
  install -d "$BASE/srv/files" "$BASE/srv/git"
  make_certificate
  [ -n "${NO_GIT:-}" ] || make_repositories
  mkfifo "$BASE/hold" "$BASE/ports"
  # Its input is open for writing too, so that it never ends.
  setsid python3 "$HELPERS/file_server.py" "$BASE/srv" "$BASE/requests" "$BASE/server.crt" "$BASE/server.key" \
    <>"$BASE/hold" >"$BASE/ports" 2>"$BASE/server.log" 3>&- 4>&- &
  echo $! >"$BASE/server.pid"
  local a b
  read -r a b <"$BASE/ports"
  export A=127.0.0.1:$a B=127.0.0.1:$b
}
teardown_file() {
  kill "$(cat "$BASE/server.pid")"
  remove_world
}
setup() {
  CONTEXT=$(mktemp -d "$BASE/tmp/context.XXXXXX")
  cd "$CONTEXT" || return 1
  : >"$BASE/requests"
}
teardown() { lichen rm -f -a -t 0 >/dev/null 2>&1 || true; }

make_certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=localhost \
    -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" -keyout "$BASE/server.key" -out "$BASE/server.crt" 2>/dev/null
}

in_git() { # FOLDER ARGS
  git -c user.name=tester -c user.email=tester@localhost -c init.defaultBranch=main -c protocol.file.allow=always -C "$@"
}

# app.git: branches main and other, tags v1 (light) and v2 (annotated), a submodule; evil.git: what should not work.
make_repositories() {
  local work=$BASE/work git=$BASE/srv/git
  mkdir -p "$work/part" "$work/app/sub" "$work/evil"
  in_git "$work/part" init -q
  echo part >"$work/part/part"
  in_git "$work/part" add . && in_git "$work/part" commit -qm part
  in_git "$work" clone -q --bare part "$git/part.git"
  in_git "$work/app" init -q
  echo one >"$work/app/file"
  echo below >"$work/app/sub/file"
  printf 'FROM %s\nCOPY . /app/\n' "$BUSYBOX" | tee "$work/app/Dockerfile" >"$work/app/sub/Dockerfile"
  printf 'FROM %s\nCOPY file /other\n' "$BUSYBOX" >"$work/app/sub/Other"
  ln -s sub "$work/app/same"
  ln -s ../../../../../../etc "$work/app/out"
  in_git "$work/app" add . && in_git "$work/app" commit -qm one
  in_git "$work/app" tag v1
  echo two >"$work/app/file"
  in_git "$work/app" commit -qam two
  in_git "$work/app" tag -a -m two v2
  in_git "$work/app" checkout -qb other v1
  echo other >"$work/app/file"
  in_git "$work/app" commit -qam other
  in_git "$work/app" checkout -q main
  in_git "$work/app" submodule --quiet add "$git/part.git" part
  in_git "$work/app" config -f .gitmodules submodule.part.url ../part.git
  echo three >"$work/app/file"
  in_git "$work/app" add . && in_git "$work/app" commit -qm three
  in_git "$work" clone -q --bare app "$git/app.git"
  mkdir -p "$git/private" && cp -r "$git/app.git" "$git/part.git" "$git/private"
  in_git "$git/app.git" update-server-info
  in_git "$git/part.git" update-server-info
  make_evil "$work" "$git"
}

make_evil() { # WORK GIT
  local work=$1 git=$2 url branch
  in_git "$work/evil" init -q
  ln -s "$BASE/host-secret" "$work/evil/Dockerfile"
  ln -s "$BASE/host-secret" "$work/evil/.dockerignore"
  echo host-marker >"$BASE/host-secret"
  in_git "$work/evil" add . && in_git "$work/evil" commit -qm evil
  in_git "$work/evil" branch links
  in_git "$work/evil" submodule --quiet add "$git/part.git" part
  in_git "$work/evil" commit -qm part
  for branch in "file file://$git/part.git" "ext ext::sh -c touch% $BASE/pwned" "option --upload-pack=$BASE/pwned"; do
    url=${branch#* } branch=${branch%% *}
    in_git "$work/evil" checkout -qb "$branch" main
    in_git "$work/evil" config -f .gitmodules submodule.part.url "$url"
    in_git "$work/evil" commit -qam "$branch"
  done
  in_git "$work" clone -q --bare evil "$git/evil.git"
}
commit_of() { in_git "$BASE/srv/git/app.git" rev-parse "$1^{commit}"; }
need_git() { [ -z "${NO_GIT:-}" ] || skip "git is not installed"; }

served() { cat >"$BASE/srv/files/$1"; touch -d '2020-02-03 04:05:06 UTC' "$BASE/srv/files/$1"; } # NAME < CONTENT
dockerfile() { { echo "FROM $BUSYBOX"; cat; } >"$CONTEXT/Dockerfile"; }
add() { echo "ADD $*" | dockerfile; }
build() { run_lichen build --progress plain "$@" "$CONTEXT"; } # FLAGS...
cached() { grep -c ' CACHED$' <<<"$stderr" || true; }
requests() { grep -c "$1" "$BASE/requests" || true; } # PATTERN
show() { lichen run --rm "$1" sh -c "$2"; }           # IMAGE SCRIPT
nothing_left() { assert_equal "$(wait_until_empty 5 leftover_staging)" "" staging; }
no_trace_of() { if grep -rqs "$1" "$LICHEN_ROOT"; then return 1; fi; }

@test "ADD of a URL: docker's name, mode 0600, the server's time; owner, mode and place as asked" {
  # flags: build --tag
  echo content | served file.txt
  echo second | served second
  dockerfile <<END
ARG NAME=file
ADD http://$A/files/\${NAME}.txt?x=1 /dir/
ADD http://$A/files/file.txt /renamed
ADD --chown=7:8 --chmod=644 http://$A/files/file.txt /owned
ADD --link http://$A/files/file.txt http://$A/plain/second Dockerfile /both/
WORKDIR /work
ADD http://$A/files/second .
END
  chmod 640 Dockerfile
  build -t app
  assert_success
  assert_equal "$(show app 'cd /; stat -c "%n %a %u:%g %Y" dir/file.txt renamed owned both/file.txt both/second work/second
    stat -c "%n %a" both/Dockerfile; cat dir/file.txt both/second')" \
    "dir/file.txt 600 0:0 1580702706
renamed 600 0:0 1580702706
owned 644 7:8 1580702706
both/file.txt 600 0:0 1580702706
both/second 600 0:0 0
work/second 600 0:0 1580702706
both/Dockerfile 640
content
second"
  nothing_left
}

@test "the cache: what the server calls unchanged does not come again" {
  echo one | served changes
  dockerfile <<END
ARG BEFORE=1
RUN echo \$BEFORE >/before
ADD http://$A/files/changes /x
RUN cat /x >/copy
END
  build -t app
  assert_success
  build
  assert_equal "$(cached)" 3
  assert_equal "$(requests '"status": 200')" 1 "downloads"
  assert_equal "$(requests '"status": 304')" 1 "questions"
  build --build-arg BEFORE=2 # known, but not here any more
  assert_success
  assert_equal "$(requests '"status": 200')" 2 "downloads"
  echo two | served changes
  build -t app
  assert_equal "$(cached)" 1 "after the file changed"
  assert_equal "$(show app 'cat /copy')" two
  : >"$BASE/requests"
  build --no-cache
  assert_equal "$(requests '"status": 200')" 1 "downloads with --no-cache"
  add "http://$A/stubborn/changes /x" # a tag, and never "unchanged"
  build
  build
  assert_equal "$(cached)" 1
  add "http://$A/stubborn/changes /y" # nothing of it is here, though its server calls it unchanged
  build -t app
  assert_equal "$(show app 'cat /y')" two
  [ -n "$(ls "$LICHEN_ROOT/build/remote")" ]
  run_lichen builder prune --all --force
  assert_success
  assert_equal "$(ls "$LICHEN_ROOT/build/remote")" "" "memories after prune"
}

@test "the cache: without a validator the content counts; with a checksum no server is asked" {
  echo same | served plain
  add "http://$A/plain/plain /x"
  build
  build
  assert_equal "$(cached)" 1
  assert_equal "$(requests /plain/plain)" 2
  add "--checksum=sha256:$(sha256sum <"$BASE/srv/files/plain" | cut -d' ' -f1) http://$A/files/plain /y"
  build
  assert_success
  : >"$BASE/requests"
  build
  assert_equal "$(cached)" 1
  assert_equal "$(cat "$BASE/requests")" "" "requests"
}

@test "--checksum: sha256, 384 and 512; a wrong one leaves nothing" {
  echo content | served sum
  local kind
  for kind in 256 384 512; do
    add "--checksum=sha$kind:$(sha${kind}sum <"$BASE/srv/files/sum" | cut -d' ' -f1) http://$A/files/sum /x"
    build --no-cache -t sum
    assert_success
  done
  lichen rmi sum >/dev/null
  add "--checksum=sha256:$(printf %064d 0) http://$A/files/sum /x"
  build -t sum
  assert_failure 1 "digest mismatch" "Dockerfile:2:"
  build -t sum
  assert_failure 1 "digest mismatch" # it is not in the cache either
  run_lichen image inspect sum
  assert_equal "$status" 1
  nothing_left
  add "--checksum=md5:0 http://$A/files/sum /x"
  build
  assert_failure 1 "not of the form sha256:HEX" "Dockerfile:2:"
  touch file
  add "--checksum=sha256:$(printf %064d 0) file /x"
  build
  assert_failure 1 "for what ADD fetches"
}

@test "--unpack=true unpacks what came; without it an archive is a file" {
  mkdir tree && echo inner >tree/inner
  tar -czf - tree | served tree.tar.gz
  echo text | served text
  dockerfile <<END
ADD http://$A/files/tree.tar.gz /packed/
ADD --unpack=true http://$A/files/tree.tar.gz /unpacked/
ADD --unpack http://$A/files/text /text/
END
  build -t app
  assert_success
  assert_equal "$(show app 'ls /packed; cat /unpacked/tree/inner /text/text')" "tree.tar.gz
inner
text"
}

@test "the file's name: from the URL, else from the server, and never a path" {
  dockerfile <<END
ADD http://$A/named/?plain.txt /a/
ADD http://$A/named/?../../escape /a/
ADD http://$A/named/ignored?other /a/
ADD http://$A/named/a%20b%2Fc?x /a/
END
  build -t app
  assert_success
  assert_equal "$(show app 'ls /a; ls /escape 2>&1')" "c
escape
ignored
plain.txt
ls: /escape: No such file or directory"
  local name
  for name in '' .. . a/; do
    add "http://$A/named/?$name /a/"
    build
    assert_failure 1 "neither the URL nor its server names the file" "Dockerfile:2:5" || return 1
  done
}

@test "C33 redirects: few, to http and https alone, and not down from https" {
  echo content | served file
  add "http://$A/hop/3/files/file /x"
  build
  assert_success
  local to
  for to in file:///etc/passwd ftp://127.0.0.1/x gopher://127.0.0.1/x scp://127.0.0.1/etc/passwd; do
    add "http://$A/redirect?$to /x"
    build
    assert_failure 1 "$A/redirect" || return 1
    refute_stderr root:
  done
  add "http://$A/hop/50/files/file /x"
  build
  assert_failure 1 "more than 10 redirects"
  add "https://$B/across/files/file /x"
  build --tls-verify=false
  assert_failure 1 "redirects from https to http"
  nothing_left
}

@test "C28 a body without an end, one that is too large, one that is torn: refused in words, nothing is left" {
  add "http://$A/huge /x"
  build
  assert_failure 1 "No space left" "system prune"
  add "http://$A/torn /x"
  build
  assert_failure 1 "$A"
  add "http://$A/endless /x"
  run_split bash -c 'ulimit -f 20480; exec timeout 60 "$0" build "$1"' "$LICHEN" "$CONTEXT"
  assert_failure 1 "File too large" "$A/endless"
  nothing_left
}

@test "what a server refuses is named with the way out; TLS is verified as a registry's is" {
  echo content | served file
  add "http://$A/files/no-such /x"
  build
  assert_failure 1 "no such file (status 404)" "Dockerfile:2:5"
  add "http://127.0.0.1:1/x /x"
  build
  assert_failure 1 "127.0.0.1:1" "check the URL"
  add "https://$B/files/file /x"
  build
  assert_failure 1 "certs.d/$B"
  build --tls-verify=false
  assert_success
  install -D "$BASE/server.crt" "$HOME/.config/containers/certs.d/$B/ca.crt"
  build --no-cache
  assert_success
  rm -r "$HOME/.config/containers/certs.d"
}

@test "C30 credentials of a URL: for their server alone, and in no message, history or log" {
  echo secret | served file
  add "http://user:s3cret@$A/private/file /x"
  build -t app
  assert_success
  refute_stderr s3cret
  run_lichen history --no-trunc app
  assert_contains "ADD http://xxxxx@$A/private/file /x"
  run_lichen build --print "$CONTEXT"
  refute_contains s3cret
  add "http://user:s3cret@$A/private/no-such /x"
  build
  assert_failure 1 "status 404"
  refute_stderr s3cret
  no_trace_of s3cret
  : >"$BASE/requests"
  install -D "$BASE/server.crt" "$HOME/.config/containers/certs.d/$B/ca.crt"
  add "http://user:s3cret@$A/redirect?https://$B/private/file /x"
  build
  assert_failure 1 "status 401"
  assert_equal "$(requests '"server": "A".*authorization')" 1 "with credentials to A"
  assert_equal "$(requests '"server": "B".*authorization')" 0 "with credentials to B"
  rm -r "$HOME/.config/containers/certs.d"
}

@test "C30 credentials as secrets: for the host in their name" {
  echo secret | served file
  add "http://$A/private/file /x"
  build --no-cache
  assert_failure 1 "status 401" "HTTP_AUTH_TOKEN_127.0.0.1"
  echo t0ken-marker >token
  build --no-cache --secret id=HTTP_AUTH_TOKEN_127.0.0.1,src=token
  assert_success
  printf 'Bearer t0ken-marker' >header
  build --no-cache --secret id=HTTP_AUTH_HEADER_127.0.0.1,src=header
  assert_success
  build --no-cache --secret id=HTTP_AUTH_TOKEN_other.host,src=token
  assert_failure 1 "status 401"
  printf 'x\r\nInjected: yes' >header
  build --no-cache --secret id=HTTP_AUTH_HEADER_127.0.0.1,src=header
  assert_failure 1 "more than one line"
  no_trace_of t0ken-marker
}

@test "ADD of a repository: branches, tags, commits, directories, by fragment and by query" {
  need_git
  dockerfile <<END
ADD http://$A/git/app.git /main
ADD http://$A/git/app.git#v1 /v1
ADD http://$A/git/app.git#v2 /v2
ADD http://$A/git/app.git#other:sub /other-sub
ADD http://$A/git/app.git#refs/heads/other /other
ADD http://$A/git/app.git?branch=other&subdir=same /same
ADD http://$A/git/app.git?ref=main&submodules=0 /alone
ADD --chown=5:6 --exclude=sub http://$A/git/app.git#$(commit_of v1) /commit
END
  build -t app
  assert_success
  assert_equal "$(show app 'cd /; for d in main v1 v2 other alone commit; do echo $d $(cat $d/file); done
    ls -A main other-sub same; cat main/part/part; ls -A main/part alone/part; stat -c %u:%g commit/file; ls -d commit/sub 2>&1')" \
    "main three
v1 one
v2 two
other other
alone three
commit one
main:
.gitmodules
Dockerfile
file
out
part
same
sub

other-sub:
Dockerfile
Other
file

same:
Dockerfile
Other
file
part
alone/part:

main/part:
part
5:6
ls: commit/sub: No such file or directory"
  nothing_left
}

@test "a repository's cache is its commit; --checksum is checked; --keep-git-dir" {
  # flags: build --build-arg
  need_git
  local main line
  main=$(commit_of main)
  add "http://$A/git/app.git#main /app"
  build
  assert_success
  : >"$BASE/requests"
  build
  assert_equal "$(cached)" 1
  assert_equal "$(requests POST)" 1 "only the references were asked for"
  add "http://$A/git/app.git#$main /app"
  : >"$BASE/requests"
  build
  assert_equal "$(cached)" 1
  assert_equal "$(cat "$BASE/requests")" "" requests

  add "--keep-git-dir=true --checksum=${main:0:12} http://$A/git/app.git /app"
  build -t app
  assert_success
  mkdir copy
  lichen run --rm app tar -C /app -c . | tar -x -C copy
  assert_equal "$(git -C copy rev-parse HEAD)" "$main"
  assert_equal "$(git -C copy remote get-url origin)" "http://$A/git/app.git"
  assert_equal "$(git -C copy status --porcelain)" ""
  add "http://$A/git/app.git?keep-git-dir=1 /app"
  build -t app
  assert_equal "$(show app 'ls -d /app/.git')" /app/.git

  for line in "--checksum=$(commit_of v1) http://$A/git/app.git#main" "http://$A/git/app.git?branch=main&checksum=$(commit_of v1)"; do
    add "$line /app"
    build -t never
    assert_failure 1 "is commit $main" "was expected" || return 1
  done
  run_lichen image inspect never
  assert_equal "$status" 1
  nothing_left
}

@test "a repository on a server of plain files" {
  need_git
  dockerfile <<END
ADD http://$A/dumb/app.git#v1 /v1
ADD http://$A/dumb/app.git /main
ADD http://$A/dumb/app.git#$(commit_of v2) /commit
END
  build -t app
  assert_success
  assert_equal "$(show app 'cat /v1/file /main/file /main/part/part /commit/file')" "one
three
part
two"
}

@test "a repository over TLS: verified, and not down to http" {
  need_git
  add "https://$B/git/app.git#v1 /app"
  build
  assert_failure 1 "certificate" "GIT_SSL_CAINFO"
  GIT_SSL_CAINFO=$BASE/server.crt build -t app
  assert_success
  assert_equal "$(show app 'cat /app/file')" one
  build --no-cache --tls-verify=false
  assert_success
  add "https://$B/across/git/app.git#v1 /app"
  build --no-cache --tls-verify=false
  assert_failure 1 "repository 'https://$B/across/git/app.git'"
  assert_equal "$(requests '"server": "A"')" 0 "requests over http"
}

@test "C28 a repository that is too large is refused in words" {
  need_git
  mkdir large
  git -C large init -q
  head -c 12000000 /dev/urandom >large/file
  in_git large add . && in_git large commit -qm large
  in_git large clone -q --bare . "$BASE/srv/git/large.git"
  add "http://$A/git/large.git /app"
  run_split bash -c 'ulimit -f 6000; exec timeout 60 "$0" build "$1"' "$LICHEN" "$CONTEXT"
  assert_failure 1 "git fetch" "free space"
  nothing_left
}

@test "C33 repositories: references are no options, directories lead nowhere else, submodules start nothing" {
  need_git
  local line
  for line in "http://$A/git/app.git#--upload-pack=touch$BASE/pwned" "http://$A/git/app.git?ref=--upload-pack%3Dx" \
    "http://$A/git/app.git#-x" "http://$A/git/app.git#a..b" "http://$A/git/app.git#main:../../etc" "http://$A/git/app.git#main:-x" \
    "ssh://-oProxyCommand=touch/x.git" "git@-oProxyCommand=x:y.git" "file://$BASE/srv/git/app.git" "ext::sh.git"; do
    add "$line /x"
    : >"$BASE/requests"
    build
    assert_failure 1 "Dockerfile:2:5" || return 1
    assert_equal "$(cat "$BASE/requests")" "" "requests for $line"
  done
  for line in main:no-such main:out main:file; do
    add "http://$A/git/app.git#$line /x"
    build
    assert_failure 1 "has no directory" || return 1
  done
  for line in no-such v1x refs/heads/v1 "$(commit_of v1 | cut -c-8)"; do
    add "http://$A/git/app.git#$line /x"
    build
    assert_failure 1 "no branch or tag '$line'" || return 1
  done
  assert_stderr "all of its 40 digits"
  for line in file ext option; do
    add "http://$A/git/evil.git#$line /x"
    build
    assert_failure 1 "git submodule" || return 1
  done
  [ ! -e "$BASE/pwned" ]
  nothing_left
}

@test "C42 repositories: the user's git settings, hooks and variables start nothing" {
  need_git
  mkdir -p "$HOME/hooks"
  printf '#!/bin/sh\ntouch %s/pwned\n' "$BASE" | tee "$HOME/hooks/post-checkout" "$HOME/hooks/run" >/dev/null
  chmod +x "$HOME/hooks/"*
  git config -f "$HOME/.gitconfig" core.hooksPath "$HOME/hooks"
  git config -f "$HOME/.gitconfig" credential.helper "$HOME/hooks/run"
  git config -f "$HOME/.gitconfig" core.fsmonitor "$HOME/hooks/run"
  add "http://$A/git/app.git /app"
  GIT_ASKPASS=$HOME/hooks/run GIT_SSH_COMMAND=$HOME/hooks/run GIT_DIR=$HOME/no build --no-cache
  assert_success
  add "http://$A/git/private/app.git /app"
  GIT_ASKPASS=$HOME/hooks/run SSH_ASKPASS=$HOME/hooks/run build --no-cache
  assert_failure 1 "GIT_AUTH_TOKEN"
  [ ! -e "$BASE/pwned" ]
  rm -r "$HOME/.gitconfig" "$HOME/hooks"
}

@test "C30 a private repository: by its URL, by a secret; nothing of it is seen" {
  need_git
  add "--keep-git-dir=true http://user:s3cret@$A/git/private/app.git#v1 /app"
  build -t app
  assert_success
  refute_stderr s3cret
  no_trace_of s3cret
  [ "$(requests '"authorization": "Basic dXNlcjpzM2NyZXQ="')" -gt 0 ]
  add "http://$A/git/private/app.git#v1 /app"
  echo t0ken-marker >token
  build --no-cache --secret id=GIT_AUTH_TOKEN,src=token
  assert_success
  [ "$(requests "\"authorization\": \"Basic $(printf x-access-token:t0ken-marker | base64)\"")" -gt 0 ]
  build --no-cache --secret id=GIT_AUTH_TOKEN.other.host,src=token
  assert_failure 1 "GIT_AUTH_TOKEN"
  # A Dockerfile that came from elsewhere could name a host to collect the token.
  sed "s#127.0.0.1#localhost#" Dockerfile | served Collects
  : >"$BASE/requests"
  run_lichen build --no-cache --secret id=GIT_AUTH_TOKEN,src=token "http://$A/files/Collects"
  assert_failure 1 "GIT_AUTH_TOKEN"
  assert_equal "$(requests '"authorization"')" 0 "with a token"
  run_lichen build --no-cache --secret id=GIT_AUTH_TOKEN,src=token "http://$A/git/private/app.git"
  assert_success
}

@test "git over ssh: with the agent that was given, and a host that is known" {
  need_git
  mkdir bin
  # Says how it was called, and is the other side itself.
  # shellcheck disable=SC2016 # for the program
  printf '#!/bin/sh\nprintf "%%s\\n" "agent=$SSH_AUTH_SOCK" "$@" >%s/ssh-words\nshift $(($# - 1))\neval "exec $(echo "$1" | sed "s#/srv#%s/srv#")"\n' \
    "$BASE" "$BASE" >bin/ssh
  chmod +x bin/ssh
  python3 -c 'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$BASE/agent"
  dockerfile <<END
ADD git@example.org:/srv/git/app.git#v1 /scp
ADD --checksum=$(commit_of main) ssh://git@example.org:22/srv/git/app.git /ssh
END
  PATH=$CONTEXT/bin:$PATH build --ssh "default=$BASE/agent" -t app
  assert_success
  assert_equal "$(show app 'cat /scp/file /ssh/file /ssh/part/part')" "one
three
part"
  run_split cat "$BASE/ssh-words"
  assert_contains "agent=$BASE/agent"
  assert_contains "StrictHostKeyChecking=yes"
  assert_contains "UserKnownHostsFile=\"$HOME/.ssh/known_hosts\""
  SSH_AUTH_SOCK=/no/agent PATH=$CONTEXT/bin:$PATH build --no-cache
  assert_success
  assert_equal "$(head -n 1 "$BASE/ssh-words")" "agent=" "a Dockerfile does not get the user's agent"
  SSH_AUTH_SOCK=/user/agent PATH=$CONTEXT/bin:$PATH run_lichen build -q git@example.org:/srv/git/app.git#v1
  assert_success
  assert_equal "$(head -n 1 "$BASE/ssh-words")" "agent=/user/agent" "a repository that the user names does"
}

@test "without git it says which package is missing" {
  mkdir bin
  add "http://$A/git/app.git /app"
  local program
  for program in newuidmap newgidmap fuse-overlayfs slirp4netns; do
    [ -z "$(command -v $program)" ] || ln -s "$(command -v $program)" bin/
  done
  run_split env PATH="$CONTEXT/bin" /usr/bin/timeout 60 "$LICHEN" build "$CONTEXT"
  assert_failure 1 "apt-get install git"
}

@test "a context that is a URL: an archive, a Dockerfile; --file and .dockerignore inside it" {
  # flags: build --file
  mkdir tree tree/dir
  printf 'FROM %s\nCOPY . /app/\n' "$BUSYBOX" >tree/Dockerfile
  printf 'FROM %s\nCOPY file /other\n' "$BUSYBOX" >tree/dir/Other
  printf 'hidden\n' >tree/.dockerignore
  echo data >tree/file && echo no >tree/hidden
  local kind
  for kind in c cz cj cJ; do
    tar -C tree "-${kind}f" - . | served context.tar
    run_lichen build -q -t app "http://$A/files/context.tar"
    assert_success
    assert_equal "$(show app 'cd /app; ls -A | tr "\n" " "; cat file')" ".dockerignore Dockerfile dir file data"
  done
  run_lichen build -q -t app -f dir/Other "http://$A/files/context.tar"
  assert_success
  assert_equal "$(show app 'cat /other')" data
  run_lichen build -f "$CONTEXT/tree/Dockerfile" "http://$A/files/context.tar"
  assert_failure 1 "no such file" # a Dockerfile of the host is none of that context
  printf 'FROM %s\nCOPY dir/Other /other\n' "$BUSYBOX" >Mine
  run_lichen build -q -t app -f - "http://$A/files/context.tar" <Mine
  assert_success
  nothing_left
}

@test "a context that is the URL of a text: a Dockerfile without files" {
  printf 'FROM %s\nRUN echo alone >/alone\n' "$BUSYBOX" | served Text
  run_lichen build -q -t app "http://$A/files/Text"
  assert_success
  assert_equal "$(show app 'cat /alone')" alone
  printf 'FROM %s\nCOPY file /\n' "$BUSYBOX" | served Text
  run_lichen build "http://$A/files/Text"
  assert_failure 1 "'file' is not in the build context"
  head -c 3000000 /dev/zero | tr '\0' '#' | served long
  run_lichen build "http://$A/files/long"
  assert_failure 1 "longer than"
  head -c 3000 /dev/zero | served zeros
  run_lichen build "http://$A/files/zeros"
  assert_failure 1 "neither an archive nor a Dockerfile"
  run_lichen build "http://$A/files/no-such"
  assert_failure 1 "status 404"
  nothing_left
}

@test "a context that is a repository: reference, directory, --file inside; .git when it is asked for" {
  need_git
  run_lichen build -q -t app "http://$A/git/app.git"
  assert_success
  assert_equal "$(show app 'cd /app; cat file part/part; ls -d .git 2>&1')" "three
part
ls: .git: No such file or directory"
  run_lichen build -q -t app "http://$A/git/app.git#other:sub"
  assert_success
  assert_equal "$(show app 'ls /app | tr "\n" " "; cat /app/file')" "Dockerfile Other file below"
  run_lichen build -q -t app -f Other "http://$A/git/app.git?tag=v1&subdir=same"
  assert_success
  assert_equal "$(show app 'cat /other')" below
  run_lichen build -q -t app --build-arg BUILDKIT_CONTEXT_KEEP_GIT_DIR=1 "http://$A/git/app.git#v2"
  assert_success
  assert_equal "$(show app 'cat /app/file; ls -d /app/.git')" "two
/app/.git"
  run_lichen build --progress plain "http://$A/git/app.git#other:sub"
  assert_equal "$(cached)" 1 "a context counts by its content"
  run_lichen build "http://$A/git/app.git#main:out"
  assert_failure 1 "has no directory 'out'"
  run_lichen build "file://$BASE/srv/git/app.git"
  assert_failure 1 "no files from file://"
  run_lichen build "ext::sh -c touch% $BASE/pwned"
  assert_failure 1 "is not a directory"
  [ ! -e "$BASE/pwned" ]
  nothing_left
}

@test "C33 a context from elsewhere: its Dockerfile and .dockerignore are no windows to this machine" {
  need_git
  run_lichen build "http://$A/git/evil.git#links"
  assert_failure 1 "no Dockerfile"
  refute_stderr host-marker
  printf 'FROM %s\nCOPY . /app/\n' "$BUSYBOX" >Mine
  run_lichen build -q -t app -f - "http://$A/git/evil.git#links" <Mine
  assert_success
  assert_equal "$(show app 'readlink /app/Dockerfile; cat /app/Dockerfile 2>&1')" "$BASE/host-secret
cat: can't open '/app/Dockerfile': No such file or directory"
  mkdir tree
  ln -s "$BASE/host-secret" tree/Dockerfile
  tar -C tree -cf context.tar .
  run_lichen build - <context.tar
  assert_failure 1 "no Dockerfile"
  rm tree/Dockerfile && mkfifo tree/Dockerfile
  tar -C tree -cf context.tar .
  run_lichen build - <context.tar
  assert_failure 1 "it is not a file"
  nothing_left
}

@test "--build-context from the network: an archive, a file, a repository; only when a step wants it" {
  # flags: build --build-context
  need_git
  mkdir tree && echo data >tree/file && echo no >tree/hidden && echo hidden >tree/.dockerignore
  tar -C tree -czf - . | served named.tgz
  echo text | served text
  dockerfile <<END
COPY --from=archive . /archive/
COPY --from=single context /single
RUN --mount=type=bind,from=repo,target=/repo cp /repo/file /repo-file
END
  build -t app --build-context "archive=http://$A/files/named.tgz" --build-context "single=http://$A/files/text" \
    --build-context "repo=http://$A/git/app.git#v1" --build-context "unused=http://$A/files/no-such"
  assert_success
  assert_equal "$(show app 'ls -A /archive | tr "\n" " "; cat /archive/file /single /repo-file')" ".dockerignore file data
text
one"
  assert_equal "$(requests no-such)" 0
  build --build-context "archive=http://$A/files/no-such" --build-context "single=http://$A/files/text" --build-context repo=.
  assert_failure 1 "status 404"
  build --build-context archive=file:///etc --build-context single=. --build-context repo=.
  assert_failure 1 "no files from file://" "--build-context archive"
  nothing_left
}

fetchers() { # processes of this file's lichen that fetch
  local pid
  for pid in $(pgrep -u "$(id -u)" -f 'lichen-image fetch' || true); do
    if tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ" | grep -qxF "LICHEN_ROOT=$LICHEN_ROOT"; then echo "$pid"; fi
  done
}
has_begun() { [ -n "$(find "$LICHEN_ROOT/staging" -name file -size +100k 2>/dev/null)" ]; }

@test "kill -9 while a file comes: nothing runs on, and the next command sweeps what there was" {
  add "http://$A/endless /x"
  "$LICHEN" build "$CONTEXT" >/dev/null 2>&1 3>&- 4>&- &
  local build=$!
  wait_until 10 has_begun
  kill -9 $build
  wait $build || true
  assert_equal "$(wait_until_empty 5 fetchers)" "" "who fetches"
  lichen run --rm "$BUSYBOX" true
  nothing_left
}

gits() { # processes of git that this file's lichen has started
  local pid
  for pid in $(pgrep -u "$(id -u)" git || true); do
    if tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ" | grep -q "^GIT_SSH_COMMAND=.*$HOME/.ssh"; then echo "$pid"; fi
  done
}
is_stuck() { grep -q '"stuck": true' "$BASE/requests" && [ -n "$(gits)" ]; }

@test "kill -9 while a repository comes: git and its helpers end too" {
  need_git
  add "http://$A/git/stuck/app.git#v1 /x"
  "$LICHEN" build "$CONTEXT" >/dev/null 2>&1 3>&- 4>&- &
  local build=$!
  wait_until 10 is_stuck
  kill -9 $build
  wait $build || true
  assert_equal "$(wait_until_empty 5 gits)" "" "who fetches"
  lichen run --rm "$BUSYBOX" true
  nothing_left
}
