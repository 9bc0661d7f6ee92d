#!/usr/bin/env bats
# push, login and logout against a real registry; what skopeo and a second store make of it.
# ctest: timeout=300
load helpers

setup_file() {
  make_world
  export PLAIN AUTH
  PLAIN=$("$HELPERS/registry.sh" start "$BASE/plain")
  AUTH=$("$HELPERS/registry.sh" start "$BASE/auth" tls auth)
  load_image layers tiny busybox
}
teardown_file() {
  "$HELPERS/registry.sh" stop "$BASE/plain"
  "$HELPERS/registry.sh" stop "$BASE/auth"
  remove_world
}
teardown() { rm -rf "$HOME/.config" "$HOME/.docker" "$XDG_RUNTIME_DIR/containers"; }

trust() { # the authority of the registry with TLS
  install -d "$HOME/.config/containers/certs.d/$AUTH"
  cp "$BASE/auth/ca.crt" "$HOME/.config/containers/certs.d/$AUTH/ca.crt"
}
uploads() { grep -c 'http.request.method=PUT.*/blobs/uploads/' "$BASE/plain/log" || true; }
id_of() { lichen image inspect -f '{{.Id}}' "$1"; }
# Another person's lichen, with nothing in its store.
other() { timeout 60 "$LICHEN" --root "$BASE/other" --runroot "$BASE/other-run" "$@" 3>&- 4>&-; }

@test "tag, push, pull elsewhere: the same image id, and it runs" {
  lichen tag localhost/layers:latest "$PLAIN/team/app:1" || lichen tag layers "$PLAIN/team/app:1"
  run_lichen push "$PLAIN/team/app:1"
  assert_success
  assert_matches '^1: digest: sha256:[0-9a-f]{64} size: [0-9]+$'
  [[ $stderr == *"The push refers to repository [$PLAIN/team/app]"* && $stderr == *Pushed* ]] || fail_with "words" "repository and Pushed" "$stderr"
  other pull -q "$PLAIN/team/app:1"
  assert_equal "$(other image inspect -f '{{.Id}}' "$PLAIN/team/app:1")" "$(id_of "$PLAIN/team/app:1")"
  run_split other run --rm --network none "$PLAIN/team/app:1"
  assert_output "entry:echo from-cmd
from-cmd"
  other rmi -a -f >/dev/null
  lichen unshare rm -rf "$BASE/other" "$BASE/other-run"
}

@test "what the registry has is not sent again: the same name, another tag, another repository" {
  lichen push -q layers "$PLAIN/again:1"
  local before
  before=$(uploads)
  run_lichen push layers "$PLAIN/again:1"
  assert_success
  [[ $stderr == *"Layer already exists"* && $stderr != *Pushed* ]] || fail_with "words" "already exists" "$stderr"
  lichen push -q layers "$PLAIN/again:2"
  lichen push -q layers "$PLAIN/elsewhere/again:2"
  assert_equal "$(uploads)" "$((before + 1))" "uploads: only the configuration of the new repository"
}

@test "skopeo sees the same configuration and layers; a pulled image keeps its digest when it is pushed back" {
  need skopeo
  "$HELPERS/registry.sh" push "$BASE/plain" "$LICHEN_TEST_FIXTURES/tiny.tar" theirs:1
  local theirs
  theirs=$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$PLAIN/theirs:1")
  lichen rmi -f tiny >/dev/null
  lichen pull -q "$PLAIN/theirs:1"
  run_lichen push --digestfile "$BATS_TEST_TMPDIR/digest" "$PLAIN/theirs:1" "docker://$PLAIN/ours:1"
  assert_success
  assert_equal "$(cat "$BATS_TEST_TMPDIR/digest")" "$theirs"
  assert_equal "$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$PLAIN/ours:1")" "$theirs"
  load_image tiny
  lichen push -q --format v2s2 busybox "$PLAIN/docker:1"
  skopeo inspect --raw --tls-verify=false "docker://$PLAIN/docker:1" | jq -e '.mediaType == "application/vnd.docker.distribution.manifest.v2+json"'
  lichen push -q --format oci busybox "$PLAIN/oci:1"
  skopeo inspect --raw --tls-verify=false "docker://$PLAIN/oci:1" | jq -e '.mediaType == "application/vnd.oci.image.manifest.v1+json"'
  skopeo copy -q --src-tls-verify=false "docker://$PLAIN/oci:1" "oci:$BATS_TEST_TMPDIR/copy:1"
  assert_equal "sha256:$(skopeo inspect --raw "oci:$BATS_TEST_TMPDIR/copy:1" | jq -r .config.digest | cut -d: -f2)" "$(id_of busybox)"
}

@test "a committed image goes out and comes back" {
  lichen run --name changed --network none $BUSYBOX sh -c 'echo kept >/kept'
  lichen commit -q changed "$PLAIN/changed:1"
  lichen push -q "$PLAIN/changed:1"
  local id
  id=$(id_of "$PLAIN/changed:1")
  lichen rm changed
  lichen rmi -f "$PLAIN/changed:1" >/dev/null
  run_lichen run --rm --network none --pull always -q "$PLAIN/changed:1" cat /kept
  assert_output kept
  assert_equal "$(id_of "$PLAIN/changed:1")" "$id"
}

@test "--all-tags pushes every tag of the repository, and no other" {
  lichen tag tiny "$PLAIN/many:a"
  lichen tag busybox "$PLAIN/many:b"
  lichen tag tiny "$PLAIN/manyother:c"
  run_lichen push -a "$PLAIN/many"
  assert_success
  run_lichen search --list-tags "$PLAIN/many" --format '{{.Tag}}'
  assert_equal "$(sort <<<"$output" | xargs)" "a b"
  run_lichen push -a "$PLAIN/none"
  assert_failure 125 "no image called"
}

@test "login: wrong words are refused and nothing is kept; right ones are, for pull and push, until logout" {
  trust
  lichen tag tiny "$AUTH/mine:1"
  run_lichen push "$AUTH/mine:1"
  assert_failure 125 "access denied" "lichen login $AUTH"
  run_lichen login -u tester --password-stdin "$AUTH" <<<wrong
  assert_failure 125 "user name or password are wrong"
  [ ! -e "$XDG_RUNTIME_DIR/containers/auth.json" ]
  run_lichen login -u tester --password-stdin "$AUTH" <<<s3cret
  assert_success
  assert_output "Login Succeeded"
  assert_equal "$(stat -c %a "$XDG_RUNTIME_DIR/containers/auth.json")" 600 "mode"
  run_lichen push "$AUTH/mine:1"
  assert_success
  lichen pull -q "$AUTH/mine:1"
  run_lichen logout "$AUTH"
  assert_output "Removing login credentials for $AUTH"
  run_lichen pull -q "$AUTH/mine:1"
  assert_failure 125 "access denied"
  run_lichen logout "$AUTH"
  assert_success
  assert_output "Not logged in to $AUTH"
}

@test "C39 the file of credentials: other entries stay, the mode is 0600 whatever the umask, docker's file by wish" {
  trust
  install -d "$HOME/.docker"
  echo '{"auths": {"other.example.org": {"auth": "eDp5"}}, "psFormat": "table"}' >"$HOME/.docker/config.json"
  chmod 644 "$HOME/.docker/config.json"
  (umask 000 && lichen login -u tester -p s3cret --compat-auth-file "$AUTH" 2>"$BATS_TEST_TMPDIR/err")
  grep -q -- --password-stdin "$BATS_TEST_TMPDIR/err"
  assert_equal "$(stat -c %a "$HOME/.docker/config.json")" 600 "mode"
  assert_equal "$(jq -r '.psFormat, (.auths | keys | join(","))' "$HOME/.docker/config.json" | xargs)" "table $AUTH,other.example.org" "what is in it"
  run_lichen pull -q "$AUTH/mine:1"
  assert_success
  run_lichen logout --compat-auth-file --all
  assert_success
  assert_equal "$(jq -c .auths "$HOME/.docker/config.json")" "{}"
  (umask 000 && lichen login -u tester -p s3cret --authfile "$BATS_TEST_TMPDIR/new/auth.json" "$AUTH" 2>/dev/null)
  assert_equal "$(stat -c '%a' "$BATS_TEST_TMPDIR/new/auth.json" "$BATS_TEST_TMPDIR/new" | xargs)" "600 700" "modes"
}

@test "a credential helper that the file names keeps the password" {
  trust
  install -d "$HOME/.docker" "$HOME/.local/bin"
  cat >"$HOME/.local/bin/docker-credential-box" <<'SH'
#!/bin/sh
case $1 in
  store) cat >"$HOME/box" ;;
  get) [ -e "$HOME/box" ] && jq '{Username, Secret}' "$HOME/box" || { echo "credentials not found in native keychain"; exit 1; } ;;
  erase) rm "$HOME/box" ;;
esac
SH
  chmod 755 "$HOME/.local/bin/docker-credential-box"
  echo '{"credsStore": "box"}' >"$HOME/.docker/config.json"
  lichen login -u tester --password-stdin --compat-auth-file "$AUTH" <<<s3cret
  ! grep -q auths "$HOME/.docker/config.json" || fail_with "file" "no password" "$(cat "$HOME/.docker/config.json")"
  run_lichen pull -q "$AUTH/mine:1"
  assert_success
  lichen logout --compat-auth-file "$AUTH"
  [ ! -e "$HOME/box" ]
}

@test "credHelpers: a helper for one registry; logout --all asks it to forget, too" {
  trust
  install -d "$HOME/.config/containers" "$HOME/.local/bin" "$XDG_RUNTIME_DIR/containers"
  cat >"$HOME/.local/bin/docker-credential-crate" <<'SH'
#!/bin/sh
case $1 in
  store) cat >"$HOME/crate" ;;
  get) [ -e "$HOME/crate" ] && jq '{Username, Secret}' "$HOME/crate" || { echo "credentials not found in native keychain"; exit 1; } ;;
  erase) rm "$HOME/crate" ;;
esac
SH
  chmod 755 "$HOME/.local/bin/docker-credential-crate"
  echo "{\"credHelpers\": {\"$AUTH\": \"crate\"}}" >"$XDG_RUNTIME_DIR/containers/auth.json"
  lichen login -u tester --password-stdin "$AUTH" <<<s3cret
  assert_equal "$(jq -r .Secret "$HOME/crate")" s3cret
  if grep -q auths "$XDG_RUNTIME_DIR/containers/auth.json"; then return 1; fi
  assert_equal "$(lichen login --get-login "$AUTH")" tester
  run_lichen push -q tiny "$AUTH/helped:1"
  assert_success
  run_lichen logout --all
  assert_output "Removing login credentials for $AUTH"
  [ ! -e "$HOME/crate" ]
  run_lichen push -q tiny "$AUTH/helped:2"
  assert_failure 125 "access denied"
  # One that is configured and missing is an error, not a reason to go without.
  rm "$HOME/.local/bin/docker-credential-crate"
  run_lichen push -q tiny "$AUTH/helped:2"
  assert_failure 125 "docker-credential-crate"
}

@test "--tls-verify=false instead of an authority, for login and push; --authfile for push" {
  run_lichen login -u tester -p s3cret --authfile "$BATS_TEST_TMPDIR/auth.json" "$AUTH"
  assert_failure 125 "certificate"
  lichen login -u tester -p s3cret --tls-verify=false --authfile "$BATS_TEST_TMPDIR/auth.json" "$AUTH" 2>/dev/null
  run_lichen push -q --tls-verify=false tiny "$AUTH/unverified:1"
  assert_failure 125 "access denied"
  run_lichen push -q --tls-verify=false --authfile "$BATS_TEST_TMPDIR/auth.json" tiny "$AUTH/unverified:1"
  assert_success
  run_lichen push -q --authfile "$BATS_TEST_TMPDIR/nothing.json" tiny "$AUTH/unverified:1"
  assert_failure 125 "nothing.json"
}

@test "login asks for what is missing, and shows no password" {
  trust
  run_split python3 "$HELPERS/terminal.py" --step 'expect:Username: ' --step 'send:tester\r' --step 'expect:Password: ' --step 'send:s3cret\r' \
    --step 'expect:Login Succeeded' -- "$LICHEN" login "$AUTH"
  assert_success
  refute_contains s3cret
  run_lichen login -u tester "$AUTH" </dev/null
  assert_failure 1 "--password-stdin"
  run_lichen login --password-stdin "$AUTH" <<<x
  assert_failure 125 "--username"
}

@test "push of what is not there, to nobody, to a name that is none" {
  run_lichen push "$PLAIN/nothing:here"
  assert_failure 125 "no such image"
  run_lichen push tiny 127.0.0.1:1/x
  assert_failure 125 "127.0.0.1:1"
  run_lichen push tiny "$PLAIN/UPPER"
  assert_failure 125 "UPPER"
  run_lichen push "$(id_of tiny)"
  assert_failure 125 "destination"
  [ -z "$(leftover_staging)" ]
}

@test "login --secret, --verbose and --get-login; run --creds" {
  trust
  printf s3cret | lichen secret create tester - >/dev/null
  run_lichen login --get-login "$AUTH"
  assert_failure 125 "not logged into $AUTH"
  run_lichen login --secret tester --verbose --authfile "$BATS_TEST_TMPDIR/kept.json" "$AUTH" </dev/null
  assert_success
  assert_output "Used: $BATS_TEST_TMPDIR/kept.json
Login Succeeded"
  run_lichen login --get-login --authfile "$BATS_TEST_TMPDIR/kept.json" "$AUTH"
  assert_output "tester"
  run_lichen login --secret tester -p x "$AUTH"
  assert_failure 125 "mutually exclusive"
  lichen push -q --creds tester:s3cret --disable-content-trust $BUSYBOX "$AUTH/given:1" >/dev/null
  lichen rmi -f "$AUTH/given:1" >/dev/null 2>&1 || true
  run_lichen run --rm --network none "$AUTH/given:1" true
  assert_failure 125 "$AUTH"
  run_lichen run --rm --network none --creds tester:s3cret --quiet "$AUTH/given:1" echo ran
  assert_success
  assert_output "ran"
  lichen rmi "$AUTH/given:1" >/dev/null
  run_lichen push --disable-content-trust=false $BUSYBOX "$AUTH/given:1"
  assert_failure 125 "notary"
  run_lichen push --platform linux/s390x $BUSYBOX "$AUTH/given:1"
  assert_failure 125 "not for linux/s390x"
  lichen secret rm tester
}

@test "keep_blobs: what was pulled goes to another registry as it came, manifest and all" {
  trust
  local theirs
  "$HELPERS/registry.sh" push "$BASE/plain" "$LICHEN_TEST_FIXTURES/layers.tar" kept:1
  digest_of() { sed -n 's/^Digest: //p; s/.*digest: \(sha256:[0-9a-f]*\).*/\1/p' <<<"$output"; }
  run_split other pull "$PLAIN/kept:1"
  theirs=$(digest_of)
  other tag "$PLAIN/kept:1" "$AUTH/again:1"
  run_split other push --creds tester:s3cret "$AUTH/again:1"
  [ "$(digest_of)" != "$theirs" ] || skip "this registry's blobs are what lichen would make anyway"
  other rmi -a -f >/dev/null
  install -d "$HOME/.config/lichen"
  printf '[storage]\nkeep_blobs = true\n' >"$HOME/.config/lichen/config.toml"
  run_split other pull "$PLAIN/kept:1"
  assert_equal "$(digest_of)" "$theirs" "digest of the pull"
  other tag "$PLAIN/kept:1" "$AUTH/kept:1"
  run_split other push --creds tester:s3cret "$AUTH/kept:1"
  assert_success
  assert_equal "$(digest_of)" "$theirs" "digest of the push"
  [ -n "$(find "$BASE/other/layers" -name 'blob-*')" ]
  other rmi -a -f >/dev/null
  [ -z "$(find "$BASE/other/layers" -name 'blob-*')" ]
}
