#!/usr/bin/env bats
# image diff, mount and unmount, filters and forms of the listing, prune with filters, archives of several images, search.
load helpers

setup_file() {
  make_world
  load_image busybox layers
  FAKE_LOG=$BASE/fake.log
  export FAKE_LOG
}
teardown_file() { remove_world; }

tiny() { # NAME MARKER [DATE]: an image of one file
  python3 "$HELPERS/make_image.py" tiny "$BASE/tiny.tar" --tag "$1" --marker "$2"
  lichen load -q -i "$BASE/tiny.tar" >/dev/null
}

@test "image diff: what the last layer adds, changes and deletes; against another image; JSON" {
  mkdir -p "$BASE/t/etc" "$BASE/t/keep"
  echo one >"$BASE/t/etc/same"
  echo two >"$BASE/t/gone"
  tar -C "$BASE/t" -cf "$BASE/base.tar" .
  lichen import -q "$BASE/base.tar" localhost/base >/dev/null
  run_lichen image diff localhost/base; assert_output $'A /etc\nA /etc/same\nA /gone\nA /keep'
  echo three >"$BASE/t/etc/new"
  rm "$BASE/t/gone"
  chmod 700 "$BASE/t/keep"
  tar -C "$BASE/t" -cf "$BASE/next.tar" .
  lichen import -q "$BASE/next.tar" localhost/next >/dev/null
  run_lichen image diff localhost/next localhost/base; assert_output $'C /etc\nA /etc/new\nD /gone\nC /keep'
  run_lichen image diff localhost/base localhost/next; assert_output $'C /etc\nD /etc/new\nA /gone\nC /keep'
  run_lichen image diff localhost/base localhost/base; assert_output ""
  run_lichen image diff --format json localhost/next localhost/base
  assert_equal "$(python3 -c 'import json,sys; d=json.load(sys.stdin); print(d["added"], d["deleted"], d["changed"])' <<<"$output")" "['/etc/new'] ['/gone'] ['/etc', '/keep']" "JSON"
  # Whiteouts and opaque directories: the same as the merged trees differ.
  run_lichen image diff localhost/layers $BUSYBOX
  assert_contains $'A /opaque\nA /opaque/new'; refute_contains opaque/old; refute_contains data/gone; assert_contains "A /vol/seed"
  # The last layer alone changes a directory that is beneath it.
  run_lichen image diff localhost/layers; assert_contains $'C /data\nA /data/hardlink'; assert_contains $'A /vol\nA /vol/seed'; refute_contains opaque
  run_lichen image diff nosuch; assert_failure 125 nosuch
  lichen rmi localhost/base localhost/next
}

@test "image mount works in unshare, read-only, and lists; outside it says how" {
  run_lichen image mount $BUSYBOX; assert_status 1; assert_stderr "lichen unshare"
  run_lichen unshare sh -c '
    path=$("$0" image mount localhost/layers) || exit 1
    cat "$path/vol/seed"; touch "$path/x" 2>&1 | grep -o Read-only
    [ "$("$0" image mount localhost/layers)" = "$path" ] && echo same
    "$0" image mount
    "$0" image mount --format json | grep -c mountpoint
    "$0" image unmount localhost/layers; "$0" image mount; ls "$path" 2>&1 | grep -c "No such"
    "$0" image mount --all | wc -l; "$0" image unmount --all | wc -l; "$0" image mount | wc -l' "$LICHEN"
  assert_contains "from the image"; assert_contains Read-only; assert_contains same
  assert_matches 'localhost/layers:latest +/'
  assert_equal "$(tail -n 3 <<<"$output" | tr '\n' ' ')" "2 2 0 " "all"
  run_lichen unshare "$LICHEN" image unmount localhost/layers; assert_status 1; assert_stderr "not mounted"
  run_lichen unshare sh -c 'cd "$("$0" image mount localhost/busybox)" && "$0" image unmount localhost/busybox; echo $?; "$0" image unmount -f localhost/busybox' "$LICHEN"
  assert_contains 1; assert_stderr "still uses"; assert_contains localhost/busybox
  assert_equal "$(grep -c "$LICHEN_ROOT\|/images/" /proc/self/mountinfo || true)" 0 "mounts of the host"
}

@test "rmi and prune leave a mounted image alone, and take it when the shell has ended" {
  tiny localhost/held m0
  mkfifo "$BASE/go"
  "$LICHEN" unshare sh -c '"$0" image mount localhost/held; read -r line <"$1"' "$LICHEN" "$BASE/go" >"$BASE/where" 3>&- 4>&- &
  wait_until 10 test -s "$BASE/where"
  run_lichen rmi localhost/held; assert_status 1; assert_stderr "has it mounted"
  run_lichen rmi -f "$(lichen images -q localhost/held)"; assert_status 1; assert_stderr "has it mounted"
  run_lichen image prune -a -f --filter until=1m; refute_contains held
  run_lichen tag localhost/held localhost/held:2; run_lichen rmi localhost/held:2; assert_success
  echo >"$BASE/go"
  wait $!
  run_lichen rmi localhost/held; assert_contains Deleted
  load_image busybox layers
}

@test "rmi --no-prune keeps the layers" {
  tiny localhost/pruned m9
  local before
  before=$(ls "$LICHEN_ROOT/layers" | wc -l)
  run_lichen rmi --no-prune localhost/pruned; assert_contains "Untagged: localhost/pruned:latest"
  assert_equal "$(ls "$LICHEN_ROOT/layers" | wc -l)" "$before" layers
  tiny localhost/pruned m9
  run_lichen rmi localhost/pruned
  assert_equal "$(ls "$LICHEN_ROOT/layers" | wc -l)" "$((before - 1))" "layers without it"
}

@test "images: filters" {
  tiny localhost/new:1 m1
  tiny localhost/new:2 m2
  run_lichen images --format '{{.Repository}}:{{.Tag}}' --filter reference='localhost/new:*'; assert_equal "$(sort <<<"$output")" $'localhost/new:1\nlocalhost/new:2' reference
  run_lichen images -q --no-trunc --filter id="$(lichen images -q localhost/new:2)"; assert_equal "$(wc -l <<<"$output")" 1 id
  run_lichen images -q --filter label=nosuch; assert_output ""
  run_lichen images -q --filter until=2000-01-01; assert_output ""
  run_lichen images -q --filter intermediate=true; assert_output ""
  assert_equal "$(lichen images -q --filter intermediate=false | wc -l)" "$(lichen images -q | wc -l)" intermediate=false
  lichen import -q "$BASE/base.tar" localhost/young >/dev/null
  run_lichen images --format '{{.Repository}}' --filter since=localhost/new:1; assert_output localhost/young
  run_lichen images --format '{{.Repository}}' --filter before=localhost/young; refute_contains young; assert_contains localhost/busybox
  run_lichen images --filter before=nosuch; assert_failure 125 nosuch
  run_lichen images --filter nosuch=1; assert_failure 125 nosuch
  tiny localhost/new:1 m3
  run_lichen images --filter dangling=true; assert_matches '<none> +<none>'
  run_lichen images -q --filter dangling=false; refute_contains "$(lichen images -q --filter dangling=true)"
  run_lichen images --digests localhost/new; assert_matches '^REPOSITORY +TAG +DIGEST +IMAGE ID'
  lichen rmi localhost/young localhost/new:1 localhost/new:2
  lichen image prune -f >/dev/null
}

@test "images --tree" {
  lichen create --name user $BUSYBOX true >/dev/null
  run_lichen images --tree localhost/busybox
  assert_matches '^IMAGE +ID +DISK USAGE +CONTENT SIZE +EXTRA
localhost/busybox:latest +[0-9a-f]{12} +[0-9.]+MB +[0-9.]+MB +U
└─ linux/[a-z0-9/]+ +[0-9a-f]{12} '
  run_lichen images --tree -q; assert_failure 125 --tree
  lichen rm user
}

@test "image prune: -a, until, label, dangling" {
  tiny localhost/p:1 p1
  tiny localhost/p:1 p2
  run_lichen image prune -f --filter until=2000-01-01; assert_output "Total reclaimed space: 0B"
  run_lichen image prune -f --filter label=nosuch; refute_contains deleted
  run_lichen image prune -f --filter 'label!=nosuch'; assert_matches 'deleted: sha256:'
  run_lichen image exists localhost/p:1; assert_success
  tiny localhost/p:1 p3
  run_lichen image prune -f --filter dangling=true; assert_contains deleted
  run_lichen image prune -f; assert_output "Total reclaimed space: 0B"
  run_lichen image prune <<<"n"; assert_stderr "WARNING! This will remove all images without a name"
  lichen create --name uses $BUSYBOX true >/dev/null
  run_lichen image prune -a -f --filter until=1m; assert_contains "untagged: localhost/p:1"; refute_contains busybox
  run_lichen image prune -f --filter nosuch=1; assert_failure 125 nosuch
  lichen rm uses
  load_image layers
}

@test "save of several images: one archive, layers once, all come back" {
  tiny localhost/s:1 s1
  tiny localhost/s:2 s2
  run_lichen save -m -o "$BASE/many.tar" localhost/s:1 localhost/s:2 localhost/busybox; assert_success
  local ids
  ids=$(lichen images -q --no-trunc localhost/s | sort)
  assert_equal "$(tar -xOf "$BASE/many.tar" manifest.json | python3 -c 'import json,sys; print(len(json.load(sys.stdin)))')" 3 "images in manifest.json"
  lichen rmi localhost/s:1 localhost/s:2 >/dev/null
  run_lichen load -i "$BASE/many.tar"; assert_contains "Loaded image: localhost/s:1"; assert_contains "Loaded image: localhost/s:2"
  assert_equal "$(lichen images -q --no-trunc localhost/s | sort)" "$ids" "image ids"
  run_lichen save -o "$BASE/no.tar" localhost/s:1 nosuch; assert_failure 125 nosuch
  [ ! -e "$BASE/no.tar" ]
  lichen rmi localhost/s:1 localhost/s:2
}

@test "search: docker's search, a list of repositories, tags, and a registry that has neither" {
  need python3
  coproc FAKE { exec python3 "$HELPERS/fake_registry.py" "$FAKE_LOG" 3>&- 4>&-; }
  local a b
  read -r a b <&"${FAKE[0]}"
  run_lichen search --limit 5 "127.0.0.1:$a/web"
  assert_matches '^NAME +DESCRIPTION +STARS +OFFICIAL'
  assert_contains "127.0.0.1:$a/web-4"; refute_contains $'\x1b'
  assert_equal "$(wc -l <<<"$output")" 6 "lines"
  run_lichen search --limit 5 --filter stars=20 --filter is-official=true --format '{{.Name}} {{.StarCount}} {{.IsOfficial}}' "127.0.0.1:$a/web"
  assert_output "127.0.0.1:$a/web-3 30 [OK]"
  run_lichen search --limit 1 --no-trunc --format '{{len .Description}}' "127.0.0.1:$a/web"; assert_less 100 "$output" "length"
  run_lichen search --format '{{.Name}}' "127.0.0.1:$b/app"; assert_output "127.0.0.1:$b/app/back
127.0.0.1:$b/app/front
127.0.0.1:$b/zapp"
  run_lichen search --format '{{.Name}}' --limit 1 "127.0.0.1:$b/app"; assert_output "127.0.0.1:$b/app/back"
  # A answers a search for `page` with a web page, and has no list.
  run_lichen search "127.0.0.1:$a/page"; assert_failure 125 "127.0.0.1:$a" "neither a search nor a list" --list-tags
  run_lichen search --limit 0 "127.0.0.1:$a/x"; assert_failure 125 --limit
  run_lichen search --filter nosuch=1 "127.0.0.1:$a/x"; assert_failure 125 nosuch
  local input=${FAKE[1]}
  exec {input}>&-
  wait "$FAKE_PID" || true
  run_lichen search "127.0.0.1:$a/web"; assert_failure 125 "127.0.0.1:$a"
}

@test "search --list-tags and the list of repositories of a real registry" {
  need docker-registry skopeo
  local place
  place=$("$HELPERS/registry.sh" start "$BASE/registry")
  "$HELPERS/registry.sh" push "$BASE/registry" "$LICHEN_TEST_FIXTURES/tiny.tar" team/tiny:1
  "$HELPERS/registry.sh" push "$BASE/registry" "$LICHEN_TEST_FIXTURES/tiny.tar" team/tiny:2
  run_lichen search --format '{{.Name}}' "$place/tin"; assert_output "$place/team/tiny"
  run_lichen search --list-tags --format '{{.Name}} {{.Tag}}' "$place/team/tiny"; assert_output "$place/team/tiny 1
$place/team/tiny 2"
  run_lichen search --list-tags "$place/team/nosuch"; assert_failure 125 team/nosuch
  "$HELPERS/registry.sh" stop "$BASE/registry"
}

@test "commands that lichen never has answer with what to do instead" {
  local word
  for word in context swarm node service stack config plugin machine trust checkpoint "system connection" model; do
    # shellcheck disable=SC2086
    run_lichen $word ls
    assert_failure 125 "$word" "hint:" || return 1
  done
  run_lichen context use default; assert_failure 125 context "ssh HOST lichen"
  run_lichen config create x y; assert_failure 125 "lichen secret"
  run_lichen service create nginx; assert_failure 125 "--restart always"
}
