#!/usr/bin/env bats
# system df against du(1), and what the prunes take.
load helpers

setup_file() { make_world; load_image busybox layers; }
teardown_file() { remove_world; }

raw() { lichen system df --format '{{.Type}}|{{.RawSize}}|{{.RawReclaimable}}|{{.TotalCount}}|{{.Active}}' | grep "^$1|" | cut -d'|' -f"$2"; }
blocks() { lichen unshare du -s --block-size=1 "$@" | awk '{ sum += $1 } END { print sum }'; }

@test "the rows together are what du says, and grow by what is written" {
  lichen run --name writer --network none -v bulk:/v $BUSYBOX sh -c 'dd if=/dev/urandom of=/v/f bs=1k count=3000; dd if=/dev/urandom of=/w bs=1k count=2000; dd if=/dev/null of=/sparse bs=1k seek=50000' 2>/dev/null
  local sum
  sum=$(lichen system df --format '{{.RawSize}}' | awk '{ s += $1 } END { print s }')
  assert_equal "$sum" "$(blocks "$LICHEN_ROOT")" "bytes in all"
  assert_equal "$(raw "Local Volumes" 2)" "$(blocks "$LICHEN_ROOT/volumes")" "volumes"
  assert_less 3000000 "$(raw "Local Volumes" 2)" "volumes"
  assert_less "$(raw Containers 2)" 10000000 "containers: holes are no blocks"
  assert_equal "$(raw Containers 3)" "$(blocks "$LICHEN_ROOT"/containers/*)" "reclaimable containers"
  assert_equal "$(raw Containers 4) $(raw Containers 5) $(raw "Local Volumes" 4) $(raw "Local Volumes" 5)" "1 0 1 1" "counts"
  run_lichen system df
  assert_matches '^TYPE +TOTAL +ACTIVE +SIZE +RECLAIMABLE'
  assert_matches 'Images +2 +1 +[0-9.]+[kM]B +[0-9.]+[kM]?B \([0-9]+%\)'
  assert_contains Staging; assert_contains Cache
  assert_equal "$(lichen system df --format json | head -n 1 | python3 -c 'import json,sys; print(json.load(sys.stdin)["Type"])')" Images json
  lichen rm writer; lichen volume rm bulk
}

@test "a layer that two images share counts once, in the sum and in the columns" {
  # The image layers stands on the layer of busybox.
  local bytes before unique
  bytes=$(blocks "$LICHEN_ROOT"/layers "$LICHEN_ROOT"/images "$LICHEN_ROOT"/refs)
  assert_equal "$(raw Images 2)" "$bytes" "images"
  run_lichen system df -v --format '{{range .Images}}{{.Repository}} {{if eq .SharedSize "0B"}}alone{{else}}shares{{end}}{{"\n"}}{{end}}'
  assert_contains "localhost/busybox shares"; assert_contains "localhost/layers shares"
  unique=$(lichen system df -v --format '{{range .Images}}{{if eq .Repository "localhost/busybox"}}{{.UniqueSize}}{{end}}{{end}}')
  [[ $unique =~ ^[0-9.]+kB$ ]] || fail_with "UniqueSize of an image that owns only its record" "some kB" "$unique"
  before=$(raw Images 2)
  lichen tag $BUSYBOX again:latest
  assert_less "$(($(raw Images 2) - before))" 40000 "a second name takes next to nothing"
  lichen rmi again:latest
}

@test "df -v: sections, and a format over all of them" {
  lichen run --name shown --network none -v vol:/v $BUSYBOX true
  run_lichen system df -v
  assert_contains "Images space usage:"; assert_contains "SHARED SIZE"; assert_contains "Containers space usage:"
  assert_contains "Local Volumes space usage:"; assert_contains "LINKS"; assert_contains "Build cache usage: 0B"; assert_contains "Staging usage:"
  run_lichen system df -v --format '{{range .Volumes}}{{.Name}} {{.Links}}{{end}} {{range .Containers}}{{.Names}}{{end}}'
  assert_output "vol 1 shown"
  lichen rm shown; lichen volume rm vol
}

@test "what a prune says it gave back is what du misses, and what df had promised" {
  local before after promised said
  promised=$(raw Images 3)
  before=$(blocks "$LICHEN_ROOT")
  said=$(lichen image prune -a -f | sed -n 's/^Total reclaimed space: //p')
  after=$(blocks "$LICHEN_ROOT")
  assert_less $(((before - after) - promised)) 65536 "du less the promise of df" # folders of refs go too
  assert_less 0 "$((before - after))" "given back"
  said=$(python3 -c 'import re,sys; n,u=re.match(r"([0-9.]+)([kMG]?)B", sys.argv[1]).groups(); print(int(float(n)*{"":1,"k":1e3,"M":1e6,"G":1e9}[u]))' "$said")
  assert_less $(((before - after) - said)) 65536 "du less what prune said"
  assert_less $((said - (before - after))) 65536 "what prune said less du"
  load_image busybox layers
}

@test "container prune filters: label, label!, until" {
  lichen create --name a --label keep=yes $BUSYBOX true >/dev/null
  lichen create --name b --label keep=no $BUSYBOX true >/dev/null
  run_lichen container prune -f --filter until=1h; refute_contains Deleted
  run_lichen container prune -f --filter label=keep=no; assert_contains "Deleted Containers:"
  run_lichen ps -a --format '{{.Names}}'; assert_output a
  run_lichen container prune -f --filter 'label!=keep'; assert_success
  run_lichen ps -a --format '{{.Names}}'; assert_output a
  run_lichen container prune -f --filter nosuch=1; assert_failure 125 nosuch
  run_lichen container prune <<<"n"; assert_success; assert_stderr "WARNING! This will remove all stopped containers."
  run_lichen container exists a; assert_success
  lichen rm a
}

@test "system prune: stopped containers and dangling images; -a, --volumes and --filter widen and narrow" {
  lichen create --name gone --network none -v /anon -v named:/n $BUSYBOX true >/dev/null
  lichen create --name labelled --label keep $BUSYBOX true >/dev/null
  run_lichen system prune <<<"n"
  assert_stderr "all stopped containers"; assert_stderr "all dangling images"; refute_stderr "volumes"
  run_lichen system prune -f --filter 'label!=keep'; assert_contains "Deleted Containers:"; assert_contains "Total reclaimed space:"
  run_lichen ps -a --format '{{.Names}}'; assert_output labelled
  assert_equal "$(lichen volume ls -q | wc -l)" 2 "volumes without --volumes"
  run_lichen system prune -f --volumes --filter 'label!=keep'; assert_contains "Deleted Volumes:"
  run_lichen volume ls -q; assert_output named
  run_lichen image exists localhost/layers; assert_success
  # The images are of 2023, the container is new and keeps its own.
  run_lichen system prune -a -f --filter until=1h; assert_contains "untagged: localhost/layers"; refute_contains "Deleted Containers"
  run_lichen container exists labelled; assert_success
  run_lichen system prune -a -f; assert_contains "Deleted Containers"; assert_contains "untagged: localhost/busybox"
  run_lichen images -q; assert_output ""
  assert_equal "$(raw Images 4) $(raw Containers 4)" "0 0" "what is left"
  run_lichen system prune -f --filter nosuch=1; assert_failure 125 nosuch
}
