#!/usr/bin/env bats
# Images in the store: layers put together, names, removal.
load helpers

setup_file() { make_world; load_image busybox layers; }
teardown_file() { remove_world; }

lrun() { run_lichen run --rm --network none --entrypoint "" -u root localhost/layers "$@"; }

@test "whiteouts remove files and directories" {
  lrun ls /data/gone; assert_status 1
  lrun ls /data/dir; assert_status 1
  lrun cat /data/keep; assert_output "keep"
}

@test "an opaque directory hides what was below, whatever the order in the layer" {
  lrun ls /opaque
  assert_output "new"
}

@test "replaced files, links, a directory that became a file" {
  lrun cat /data/replaced; assert_output "second"
  lrun readlink /data/link; assert_output "keep"
  lrun cat /data/tofile; assert_output "now a file"
  lrun sh -c 'test /data/original -ef /data/hardlink && echo same'; assert_output "same"
}

@test "owners, modes and setuid bits" {
  has_subids || skip "no subordinate ids: owners are recorded, not set"
  lrun stat -c '%u:%g %a' /data/owned; assert_output "1000:50 644"
  lrun stat -c '%a' /bin/suid; assert_output "4755"
  lrun stat -c '%a' /tmp; assert_output "1777"
  lrun stat -c '%Y' /data/keep; assert_output "1700000000"
}

@test "layers are shared between images" {
  local layers
  layers=$(find "$LICHEN_ROOT/layers" -mindepth 1 -maxdepth 1 | wc -l)
  assert_equal "$layers" 4 "layers of two images that share one"
}

@test "tag, use by each name, untag" {
  lichen tag localhost/busybox example.org/team/app:1.0
  run_lichen run --rm --network none example.org/team/app:1.0 echo tagged; assert_output "tagged"
  lichen tag example.org/team/app:1.0 short
  run_lichen run --rm --network none short echo short; assert_output "short"
  run_lichen images --format '{{.Repository}}:{{.Tag}}'; assert_contains "example.org/team/app:1.0"
  lichen untag example.org/team/app:1.0 example.org/team/app:1.0
  run_lichen images --format '{{.Repository}}:{{.Tag}}'; refute_contains "example.org/team/app:1.0"
  run_lichen tag nosuch x; assert_failure 125 "nosuch"
  run_lichen tag localhost/busybox 'Bad:UPPER:x'; assert_failure 125 "Bad:UPPER:x"
  lichen rmi short
}

@test "rmi of one of two names only untags; of the last one deletes" {
  python3 "$HELPERS/make_image.py" tiny "$BASE/one.tar" --tag localhost/one --marker one
  lichen load -q -i "$BASE/one.tar"
  lichen tag localhost/one localhost/two
  run_lichen rmi localhost/one; assert_success; assert_contains "Untagged"
  run_lichen image exists localhost/two; assert_success
  run_lichen rmi localhost/two; assert_success; assert_contains "Deleted"
  run_lichen image exists localhost/two; assert_status 1
}

@test "rmi by id; refused while two names or a container hold it; -f" {
  python3 "$HELPERS/make_image.py" tiny "$BASE/held.tar" --tag localhost/held --marker held
  lichen load -q -i "$BASE/held.tar"
  local id
  id=$(lichen images -q localhost/held)
  lichen create --name holder --network none localhost/held
  run_lichen rmi localhost/held
  assert_failure 1 "holder"
  run_lichen run --rm --network none "$id" /bin/true
  lichen rm holder
  run_lichen rmi "$id"; assert_success
  run_lichen rmi nosuch; assert_failure 1 "nosuch"
}

@test "image prune removes what has no name, -a what nothing uses" {
  python3 "$HELPERS/make_image.py" tiny "$BASE/p1.tar" --tag localhost/pruned --marker p1
  python3 "$HELPERS/make_image.py" tiny "$BASE/p2.tar" --tag localhost/pruned --marker p2
  lichen load -q -i "$BASE/p1.tar"
  lichen load -q -i "$BASE/p2.tar"
  assert_equal "$(lichen images -q --filter dangling=true | wc -l)" 1 "images without a name"
  run_lichen image prune -f; assert_success
  assert_equal "$(lichen images -aq --filter dangling=true | wc -l)" 0 "images without a name"
  run_lichen image exists localhost/pruned; assert_success
  lichen rmi localhost/pruned
}

@test "removing an image removes its layers, but not those that others use" {
  python3 "$HELPERS/make_image.py" tiny "$BASE/l.tar" --tag localhost/lonely --marker lonely
  lichen load -q -i "$BASE/l.tar"
  local before
  before=$(find "$LICHEN_ROOT/layers" -mindepth 1 -maxdepth 1 | wc -l)
  lichen rmi localhost/lonely
  assert_equal "$(find "$LICHEN_ROOT/layers" -mindepth 1 -maxdepth 1 | wc -l)" $((before - 1)) layers
  assert_equal "$(wait_until_empty 5 leftover_staging)" "" staging
  lrun cat /data/keep; assert_output "keep"
}

@test "a container writes into its own layer only" {
  lichen run --name writer --network none $BUSYBOX sh -c 'echo changed >/etc/passwd; rm /bin/vi; mkdir /new'
  run_lichen run --rm --network none $BUSYBOX sh -c 'head -n 1 /etc/passwd; ls /bin/vi /new'
  assert_contains "root:x:0:0"
  assert_contains "/bin/vi"
  assert_stderr "/new"
  lichen rm writer
}

@test "image exists and history" {
  run_lichen image exists localhost/layers; assert_success
  run_lichen image exists localhost/nosuch; assert_status 1
  run_lichen history -q localhost/layers; assert_success
}

@test "history --human: sizes and times for people, or as numbers and dates" {
  run_lichen history --format '{{.Size}} {{.CreatedSince}}' $BUSYBOX; assert_matches 'MB .*ago'
  run_lichen history --human=false --format '{{.Size}} {{.CreatedAt}}' $BUSYBOX; assert_matches '^[0-9]+ [0-9]{4}-[0-9]{2}-[0-9]{2}T'
  run_lichen history -H=false $BUSYBOX; assert_matches '[0-9]{4}-[0-9]{2}-[0-9]{2}T'; refute_contains ago
}
