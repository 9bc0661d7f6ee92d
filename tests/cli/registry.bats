#!/usr/bin/env bats
# pull from a real registry: plain on loopback, TLS, passwords, several platforms; failures that say what to do.
# ctest: timeout=400
load helpers

setup_file() {
  make_world
  export PLAIN TLS AUTH
  PLAIN=$("$HELPERS/registry.sh" start "$BASE/plain")
  TLS=$("$HELPERS/registry.sh" start "$BASE/tls" tls)
  AUTH=$("$HELPERS/registry.sh" start "$BASE/auth" tls auth)
  "$HELPERS/registry.sh" push "$BASE/plain" "$LICHEN_TEST_FIXTURES/layers.tar" team/layers:1
  "$HELPERS/registry.sh" push "$BASE/tls" "$LICHEN_TEST_FIXTURES/tiny.tar" tiny:1
  "$HELPERS/registry.sh" push "$BASE/auth" "$LICHEN_TEST_FIXTURES/tiny.tar" private:1 --dest-creds tester:s3cret
}
teardown_file() {
  "$HELPERS/registry.sh" stop "$BASE/plain"
  "$HELPERS/registry.sh" stop "$BASE/tls"
  "$HELPERS/registry.sh" stop "$BASE/auth"
  remove_world
}
teardown() { lichen rmi -a -f >/dev/null 2>&1 || true; rm -rf "$HOME/.config" "$HOME/.docker"; }

requests() { grep -c '"http.request.method=GET\|msg="response completed"' "$BASE/$1/log" || true; }

@test "pull over plain HTTP from loopback, run, and the ids are those of the archive" {
  run_lichen pull "$PLAIN/team/layers:1"
  assert_success
  assert_equal "$(lichen image inspect -f '{{.Id}}' "$PLAIN/team/layers:1" | sed 's/^sha256://')" \
    "$(tar -xOf "$LICHEN_TEST_FIXTURES/layers.tar" manifest.json | jq -r '.[0].Config' | sed 's/\.json$//')" "image id"
  run_lichen run --rm --network none "$PLAIN/team/layers:1"
  assert_output "entry:echo from-cmd
from-cmd"
}

@test "pull -q prints the full name only, as Docker does" {
  run_lichen pull -q "$PLAIN/team/layers:1"
  assert_output "$PLAIN/team/layers:1"
  assert_equal "$stderr" "" stderr
}

@test "a second pull moves no blob" {
  lichen pull -q "$PLAIN/team/layers:1"
  local before
  before=$(grep -c '/blobs/' "$BASE/plain/log")
  lichen pull -q "$PLAIN/team/layers:1"
  assert_equal "$(grep -c '/blobs/' "$BASE/plain/log")" "$before" "blob requests"
}

@test "run pulls what is missing; --pull always asks again; never does not" {
  run_lichen run --rm --network none "$PLAIN/team/layers:1" true; assert_success
  lichen rmi "$PLAIN/team/layers:1"
  run_lichen run --rm --network none --pull never "$PLAIN/team/layers:1" true
  assert_failure 125 "team/layers:1"
}

@test "pull --all-tags: every tag of the repository, and no other" {
  "$HELPERS/registry.sh" push "$BASE/plain" "$LICHEN_TEST_FIXTURES/tiny.tar" many:a
  "$HELPERS/registry.sh" push "$BASE/plain" "$LICHEN_TEST_FIXTURES/tiny.tar" many:b
  run_lichen pull --all-tags "$PLAIN/many"
  assert_success
  run_lichen images --format '{{.Repository}}:{{.Tag}}'
  assert_equal "$(sort <<<"$output")" "$PLAIN/many:a
$PLAIN/many:b"
}

@test "run --quiet shows no progress of a pull; --tls-verify=false is for the pull too" {
  run_lichen run --rm --quiet --network none "$PLAIN/team/layers:1" true
  assert_success
  assert_equal "$stderr" "" "standard error of --quiet"
  run_lichen run --rm --network none "$TLS/tiny:1" true
  assert_failure 125 "certificate"
  run_lichen run --rm --tls-verify=false --network none "$TLS/tiny:1" /bin/true
  refute_stderr "certificate"
  run_lichen image exists "$TLS/tiny:1"
  assert_success
}

@test "search --tls-verify=false looks at a registry that cannot be verified" {
  run_lichen search --list-tags "$TLS/tiny"
  assert_failure 125 "certificate"
  run_lichen search --tls-verify=false --list-tags --compatible --format '{{.Tag}}' "$TLS/tiny"
  assert_output 1
}

@test "pull by digest" {
  local digest
  digest=$(skopeo inspect --tls-verify=false "docker://$PLAIN/team/layers:1" | jq -r .Digest)
  run_lichen pull -q "$PLAIN/team/layers@$digest"; assert_success
  run_lichen run --rm --network none --entrypoint "" "$PLAIN/team/layers@$digest" echo by-digest; assert_output "by-digest"
  run_lichen pull "$PLAIN/team/layers@sha256:$(printf '0%.0s' $(seq 64))"; assert_failure 125 "0000"
}

@test "TLS: an unknown authority is refused with the way out; certs.d and --tls-verify=false are ways" {
  run_lichen pull "$TLS/tiny:1"
  [ "$status" != 0 ]
  assert_stderr "certificate"
  assert_stderr "certs.d"
  run_lichen pull -q --tls-verify=false "$TLS/tiny:1"; assert_success
  lichen rmi "$TLS/tiny:1"
  mkdir -p "$HOME/.config/containers/certs.d/$TLS"
  cp "$BASE/tls/ca.crt" "$HOME/.config/containers/certs.d/$TLS/ca.crt"
  run_lichen pull -q "$TLS/tiny:1"; assert_success
}

@test "certs.d: another host's authority is not ours; --cert-dir is instead of it" {
  local base=$HOME/.config/containers/certs.d
  mkdir -p "$base/localhost:5000" "$base/$TLS"
  cp "$BASE/tls/ca.crt" "$base/localhost:5000/"
  cp "$BASE/auth/ca.crt" "$base/$TLS/ca.crt"
  run_lichen pull "$TLS/tiny:1"; [ "$status" != 0 ]; assert_stderr "certificate"
  mkdir -p "$BASE/certs"
  cp "$BASE/tls/ca.crt" "$BASE/certs/mine.crt"
  run_lichen pull -q --cert-dir "$BASE/certs" "$TLS/tiny:1"; assert_success
  lichen rmi "$TLS/tiny:1"
  # What is no certificate is not passed over in silence.
  echo "no certificate" >"$base/$TLS/ca.crt"
  run_lichen pull "$TLS/tiny:1"; [ "$status" != 0 ]
}

@test "client certificates of certs.d: shown to their registry, their key must be there" {
  local mutual base
  mutual=$("$HELPERS/registry.sh" start "$BASE/mutual" tls mutual)
  base=$HOME/.config/containers/certs.d/$mutual
  mkdir -p "$base" "$BASE/dest-certs"
  cp "$BASE/mutual/ca.crt" "$base/"
  cp "$BASE/mutual/ca.crt" "$BASE/mutual/client.cert" "$BASE/mutual/client.key" "$BASE/dest-certs/"
  "$HELPERS/registry.sh" push "$BASE/mutual" "$LICHEN_TEST_FIXTURES/tiny.tar" tiny:1 --dest-cert-dir "$BASE/dest-certs"
  run_lichen pull "$mutual/tiny:1"; [ "$status" != 0 ]; assert_stderr "$mutual"
  cp "$BASE/mutual/client.cert" "$base/"
  run_lichen pull "$mutual/tiny:1"; [ "$status" != 0 ]; assert_stderr "client.key"
  cp "$BASE/mutual/client.key" "$base/"
  run_lichen pull -q "$mutual/tiny:1"; assert_success
  lichen rmi "$mutual/tiny:1"
  # A certificate of another authority is no pass.
  cp "$BASE/tls/client.cert" "$BASE/tls/client.key" "$base/"
  run_lichen pull "$mutual/tiny:1"; [ "$status" != 0 ]; assert_stderr "$mutual"
  "$HELPERS/registry.sh" stop "$BASE/mutual"
}

@test "passwords: missing, wrong, from --creds, auth.json, docker's config.json and a helper" {
  local certs=$HOME/.config/containers/certs.d/$AUTH
  mkdir -p "$certs"
  cp "$BASE/auth/ca.crt" "$certs/ca.crt"
  run_lichen pull "$AUTH/private:1"; [ "$status" != 0 ]; assert_stderr "$AUTH"; assert_stderr "login"
  run_lichen pull --creds tester:wrong "$AUTH/private:1"; [ "$status" != 0 ]; assert_stderr "$AUTH"; refute_stderr "wrong"
  run_lichen pull -q --creds tester:s3cret "$AUTH/private:1"; assert_success
  lichen rmi "$AUTH/private:1"
  mkdir -p "$HOME/.config/containers" "$HOME/.docker" "$HOME/.local/bin"
  printf '{"auths":{"%s":{"auth":"%s"}}}' "$AUTH" "$(printf tester:s3cret | base64)" >"$HOME/.config/containers/auth.json"
  run_lichen pull -q "$AUTH/private:1"; assert_success
  lichen rmi "$AUTH/private:1"
  mv "$HOME/.config/containers/auth.json" "$HOME/.docker/config.json"
  run_lichen pull -q "$AUTH/private:1"; assert_success
  lichen rmi "$AUTH/private:1"
  printf '#!/bin/sh\nread host\necho "{\\"ServerURL\\":\\"$host\\",\\"Username\\":\\"tester\\",\\"Secret\\":\\"s3cret\\"}"\n' >"$HOME/.local/bin/docker-credential-fake"
  chmod 755 "$HOME/.local/bin/docker-credential-fake"
  printf '{"credHelpers":{"%s":"fake"}}' "$AUTH" >"$HOME/.docker/config.json"
  run_lichen pull -q "$AUTH/private:1"; assert_success
}

@test "an image, a tag, a repository that is not there: named, and nothing half-made" {
  run_lichen pull "$PLAIN/team/layers:nosuch"; [ "$status" != 0 ]; assert_stderr "team/layers:nosuch"
  run_lichen pull "$PLAIN/no/such"; [ "$status" != 0 ]; assert_stderr "no/such"
  assert_equal "$(wait_until_empty 5 leftover_staging)" "" staging
  assert_equal "$(lichen images -q)" "" images
}

@test "a registry that cannot be reached is named, quickly" {
  local took
  took=$(milliseconds "$LICHEN" pull 127.0.0.1:1/x)
  assert_less "$took" 15000 "milliseconds"
  run_lichen pull 127.0.0.1:1/x; [ "$status" != 0 ]; assert_stderr "127.0.0.1:1"
  run_lichen pull nosuchhost.invalid/x; [ "$status" != 0 ]; assert_stderr "nosuchhost.invalid"
}

@test "registries.conf: short names, mirrors and blocks" {
  mkdir -p "$HOME/.config/containers"
  cat >"$HOME/.config/containers/registries.conf" <<EOF
unqualified-search-registries = ["$PLAIN"]
[[registry]]
prefix = "example.org/mirrored"
location = "example.org/mirrored"
[[registry.mirror]]
location = "$PLAIN/team"
insecure = true
[[registry]]
prefix = "blocked.example"
blocked = true
EOF
  run_lichen pull -q team/layers:1; assert_success
  lichen rmi -a -f
  run_lichen pull -q example.org/mirrored/layers:1; assert_success
  run_lichen image exists example.org/mirrored/layers:1; assert_success
  run_lichen pull blocked.example/x; [ "$status" != 0 ]; assert_stderr "blocked"
}

@test "registries.conf: a dead mirror is passed over, a block holds below its prefix, digest-only mirrors get no tags" {
  local digest
  digest=$(skopeo inspect --tls-verify=false "docker://$PLAIN/team/layers:1" | jq -r .Digest)
  mkdir -p "$HOME/.config/containers"
  cat >"$HOME/.config/containers/registries.conf" <<EOT
[[registry]]
prefix = "example.org"
location = "$PLAIN"
insecure = true
[[registry.mirror]]
location = "127.0.0.1:1"
insecure = true
[[registry]]
prefix = "example.org/team/blocked"
blocked = true
[[registry]]
prefix = "digests.example"
location = "127.0.0.1:1"
insecure = true
[[registry.mirror]]
location = "$PLAIN"
insecure = true
pull-from-mirror = "digest-only"
EOT
  run_lichen pull -q example.org/team/layers:1; assert_success
  run_lichen pull example.org/team/blocked/x:1; [ "$status" != 0 ]; assert_stderr "blocked by registries.conf"
  run_lichen pull example.org/team/blockedx:1; [ "$status" != 0 ]; refute_stderr "blocked by"
  run_lichen run --rm example.org/team/blocked/x:1 true; assert_failure 125 "blocked"
  run_lichen pull digests.example/team/layers:1; [ "$status" != 0 ]; assert_stderr "127.0.0.1:1"
  run_lichen pull -q "digests.example/team/layers@$digest"; assert_success
}

@test "an index gives the platform asked for; a missing one lists those that are there" {
  need skopeo
  python3 "$HELPERS/make_index.py" "$PLAIN" multi:1 amd64 arm64
  run_lichen pull -q --platform linux/arm64 "$PLAIN/multi:1"; assert_success
  assert_equal "$(lichen image inspect -f '{{.Architecture}}' "$PLAIN/multi:1")" arm64 Architecture
  run_lichen pull --platform linux/s390x "$PLAIN/multi:1"; [ "$status" != 0 ]; assert_stderr "s390x"; assert_stderr "arm64"
}

@test "C29 a blob whose bytes differ from its digest is refused and leaves nothing" {
  "$HELPERS/registry.sh" push "$BASE/plain" "$LICHEN_TEST_FIXTURES/busybox.tar" rotten:1
  local blob
  blob=$(skopeo inspect --tls-verify=false "docker://$PLAIN/rotten:1" | jq -r '.Layers[0]' | sed 's/sha256://')
  printf 'x' | dd of="$BASE/plain/data/docker/registry/v2/blobs/sha256/${blob:0:2}/$blob/data" bs=1 seek=5000 conv=notrunc 2>/dev/null
  run_lichen pull "$PLAIN/rotten:1"
  [ "$status" != 0 ]
  assert_stderr "$blob" || assert_stderr "digest"
  assert_equal "$(lichen images -q)" "" images
  assert_equal "$(wait_until_empty 5 leftover_staging)" "" staging
}

@test "20 parallel pulls of one image: no error, and each blob is fetched once" {
  "$HELPERS/registry.sh" push "$BASE/plain" "$LICHEN_TEST_FIXTURES/layers.tar" many:1
  : >"$BASE/plain/log"
  local n
  for n in $(seq 20); do
    "$LICHEN" pull -q "$PLAIN/many:1" >"$BASE/pull.$n" 2>&1 3>&- 4>&- &
  done
  wait
  assert_equal "$(sort -u "$BASE"/pull.* | wc -l)" 1 "different answers: $(cat "$BASE"/pull.*)"
  assert_equal "$(grep 'response completed' "$BASE/plain/log" | grep 'GET' | grep -o 'blobs/sha256:[0-9a-f]*' | sort | uniq -d)" "" "blobs fetched twice"
}

@test "C30 credentials appear in no log, argument list or record" {
  mkdir -p "$HOME/.config/containers/certs.d/$AUTH"
  cp "$BASE/auth/ca.crt" "$HOME/.config/containers/certs.d/$AUTH/"
  lichen pull -q --creds tester:s3cret "$AUTH/private:1"
  assert_equal "$(lichen unshare grep -rl s3cret "$LICHEN_ROOT" "$XDG_RUNTIME_DIR" || true)" "" "files with the password"
}
