#!/usr/bin/env bats
# A full disk: the message says so, nothing half-made stays, and after space is freed the same command works.
load helpers

setup_file() {
  make_world
  unshare -Urm mount -t tmpfs none "$BASE/tmp" 2>/dev/null || export NO_TMPFS=1
}
teardown_file() { remove_world; }

# A store on a tmpfs of SIZE in a mount namespace of its own; the script's `lichen` is the program.
on_small_disk() { # SIZE SCRIPT
  [ -z "${NO_TMPFS:-}" ] || skip "no tmpfs in a user namespace here"
  mkdir -p "$BASE/small"
  LICHEN_ROOT=$BASE/small/root run_split unshare -rm sh -c 'mount -t tmpfs -o size='"$1"' none "$0" && cd "$0" && exec sh -c "$1"' "$BASE/small" "
    lichen() { '$LICHEN' \"\$@\" 3>&- 4>&-; }
    fixtures='$LICHEN_TEST_FIXTURES'
    $2"
}

@test "load into a full disk" {
  on_small_disk 1m 'lichen load -q -i $fixtures/busybox.tar; echo "status $?"; ls root/staging 2>/dev/null | wc -l; ls root/images 2>/dev/null | wc -l'
  assert_matches 'status (1|125)
0
0'
  assert_stderr "No space left"
}

@test "after space is freed the same load works" {
  on_small_disk 90m 'dd if=/dev/zero of=ballast bs=64k 2>/dev/null; lichen load -q -i $fixtures/busybox.tar && echo unexpected; rm ballast
    lichen load -q -i $fixtures/busybox.tar >/dev/null && lichen images -q | wc -l'
  assert_output "1"
}

@test "create and run on a full disk: an error, no container, and rm frees" {
  on_small_disk 90m 'lichen load -q -i $fixtures/busybox.tar >/dev/null || exit 9; dd if=/dev/zero of=ballast bs=4k 2>/dev/null
    lichen create --name x '"$BUSYBOX"' true; echo "status $?"; lichen ps -aq | wc -l; rm ballast
    lichen create --name x '"$BUSYBOX"' true >/dev/null && lichen rm x'
  assert_matches 'status 125
0
x'
  assert_stderr "No space left"
}

@test "log writing on a full disk does not stop the container" {
  on_small_disk 90m 'lichen load -q -i $fixtures/busybox.tar >/dev/null || exit 9
    lichen run -d --name w --network none '"$BUSYBOX"' sh -c "yes | head -c 20000000; echo \$? >/dev/null; exit 4" >/dev/null
    timeout 30 '"'$LICHEN'"' wait w; lichen rm -f w'
  assert_output "4
w"
}

@test "compose up and down on a full disk: an error, and with space again both work" {
  printf 'name: shop\nservices:\n  a: {image: %s, command: sleep 1000, init: true, network_mode: none, volumes: ["data:/data"]}\n  b: {image: %s, command: sleep 1000, init: true, network_mode: none, depends_on: [a]}\nvolumes: {data: {}}\n' \
    "$BUSYBOX" "$BUSYBOX" >"$BASE/shop.yaml"
  on_small_disk 90m 'lichen load -q -i $fixtures/busybox.tar >/dev/null || exit 9
    shop() { lichen compose --progress quiet -f '"'$BASE/shop.yaml'"' "$@"; }
    dd if=/dev/zero of=ballast bs=4k 2>/dev/null
    shop up -d; echo "up $?"
    rm ballast; shop up -d; echo "up $?"; lichen ps -q | wc -l
    dd if=/dev/zero of=ballast bs=4k 2>/dev/null
    shop down -v -t 0; echo "down $?"; lichen ps -aq | wc -l; lichen volume ls -q | wc -l
    rm ballast; shop up -d; echo "up $?"; shop down -v -t 0'
  assert_output "up 1
up 0
2
down 0
0
0
up 0"
  assert_stderr "No space left"
}
