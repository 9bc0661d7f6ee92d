#!/usr/bin/env bats
# ps and images: columns, filters, order, templates.
load helpers

setup_file() {
  make_world
  load_image busybox layers tiny
  lichen run -d --name up --label tier=front --network none -v vol:/v $BUSYBOX sleep 1000
  lichen run --name failed --label tier=back --network none $BUSYBOX sh -c 'exit 3' || true
  lichen create --name made --network none localhost/layers
}
teardown_file() { remove_world; }

names() { run_lichen ps -a --format '{{.Names}}' "$@"; output=$(sort <<<"$output" | tr '\n' ' '); output=${output% }; }

@test "the table has Docker's heading" {
  run_lichen ps
  assert_matches '^CONTAINER ID +IMAGE +COMMAND +CREATED +STATUS +PORTS +NAMES'
  assert_contains "up"
  refute_contains "failed"
  assert_matches '"sleep 1000"'
  assert_matches 'Up [A-Za-z0-9 ]*second'
}

@test "-a shows all; -q ids only; --no-trunc in full; -n and -l the newest" {
  run_lichen ps -a; assert_equal "${#lines[@]}" 4 lines
  run_lichen ps -aq; assert_matches '^[0-9a-f]{12}'
  run_lichen ps -q --no-trunc; assert_matches '^[0-9a-f]{64}$'
  run_lichen ps -l --format '{{.Names}}'; assert_output "made"
  run_lichen ps -n 2 --format '{{.Names}}'; assert_output "made
failed"
}

@test "status texts" {
  run_lichen ps -a --format '{{.Names}}|{{.Status}}'
  assert_contains "failed|Exited (3)"
  assert_contains "made|Created"
  assert_contains "up|Up "
}

@test "filters" {
  names --filter status=running; assert_output "up"
  names --filter status=exited; assert_output "failed"
  names --filter exited=3; assert_output "failed"
  names --filter label=tier; assert_output "failed up"
  names --filter label=tier=back; assert_output "failed"
  names --filter name=ai; assert_output "failed"
  names --filter name='^up$'; assert_output "up"
  names --filter ancestor=localhost/layers; assert_output "made"
  names --filter volume=vol; assert_output "up"
  names --filter before=made; assert_output "failed up"
  names --filter since=up; assert_output "failed made"
  names --filter id="$(lichen ps -q --filter name=up)"; assert_output "up"
  names --filter network=none; assert_output "failed made up"
  names --filter status=exited --filter status=created; assert_output "failed made"
}

@test "an unknown filter or status is refused" {
  run_lichen ps --filter nosuch=1; assert_failure 125 "nosuch"
  run_lichen ps --filter status=flying; assert_failure 125 "flying"
}

@test "templates: fields, table, json, labels, functions" {
  run_lichen ps --format '{{.ID}} {{.Image}} {{.Label "tier"}}'; assert_matches '^[0-9a-f]{12} localhost/busybox:latest front$'
  run_lichen ps --format 'table {{.Names}}\t{{.State}}'; assert_matches '^NAMES +STATE
up +running$'
  assert_equal "$(lichen ps -a --format json | jq -rs 'flatten | map(.Names | if type == "array" then .[0] else . end) | sort | join(" ")')" "failed made up" names
  run_lichen ps --format '{{upper .Names}}-{{len .Names}}'; assert_output "UP-2"
  run_lichen ps --format '{{range .Foo}}'; assert_failure 125 "template"
}

@test "--sort and --size" {
  run_lichen ps -a --sort names --format '{{.Names}}'; assert_output "failed
made
up"
  lichen exec up sh -c 'head -c 100000 /dev/zero >/big'
  run_lichen ps --size --filter name=up --format '{{.Size}}'; assert_matches '1[0-9][0-9](\.[0-9]+)? ?kB'
}

@test "--ns: the namespaces of what runs, by number" {
  run_lichen ps -a --ns
  assert_matches '^CONTAINER ID +NAMES +PID +CGROUPNS +IPC +MNT +NET +PIDNS +USERNS +UTS'
  local pid kind
  pid=$(lichen inspect -f '{{.State.Pid}}' up)
  for kind in CGROUPNS:cgroup IPC:ipc MNT:mnt NET:net PIDNS:pid USERNS:user UTS:uts; do
    assert_equal "$(lichen ps --namespace --format "{{.${kind%:*}}}" --filter name=up)" \
      "$(lichen unshare readlink "/proc/$pid/ns/${kind#*:}" | tr -dc 0-9)" "$kind"
  done
  run_lichen ps -a --ns --filter name=failed --format '{{.Names}}{{.NET}}'
  assert_output failed
  run_lichen ps --ns --size
  assert_failure 125 "--size"
}

@test "podman's and docker's further placeholders" {
  run_lichen ps -a --filter name=failed --format '{{.ExitCode}} {{.Exited}} {{.Restarts}} {{.AutoRemove}} {{.IsInfra}} {{.Pid}}'
  assert_output "3 true 0 false false 0"
  run_lichen ps --format '{{.Platform}} {{.ImageID}} {{.LocalVolumes}} {{.Networks}}'
  assert_output "linux/$(lichen image inspect -f '{{.Architecture}}' $BUSYBOX) $(lichen image inspect -f '{{.Id}}' $BUSYBOX | sed 's/sha256://') 1 none"
  run_lichen ps --format 'table {{.Names}}\t{{.HealthStatus}}\t{{.ExitCode}}'
  assert_matches '^NAMES +HEALTH +EXIT CODE'
  run_lichen ps -a --no-trunc --external --sync --notruncate -q
  assert_equal "${#lines[@]}" 3
}

@test "--watch shows it again and again" {
  timeout 20 "$LICHEN" ps --watch 1 --format '{{.Names}}' >"$BASE/watched" 3>&- &
  wait_until 10 sh -c "[ \$(wc -l <'$BASE/watched') -ge 2 ]"
  kill "$!"
  wait "$!" || true
  assert_equal "$(sort -u "$BASE/watched")" up
  run_lichen ps -w 0
  assert_failure 125 "--watch"
}

@test "--latest stands for the newest container" {
  run_lichen inspect -l -f '{{.Name}}'; assert_output "/made"
  run_lichen container inspect --latest -f '{{.Name}}'; assert_output "/made"
  run_lichen wait -l; assert_output 0
  run_lichen diff -l; assert_success
  run_lichen exec -l; assert_failure 125 "at least 2 arguments"
  run_lichen exec -l true; assert_failure 125 "made is not running"
  lichen run -d --name newest --network none $BUSYBOX sleep 1000
  run_lichen exec -l echo inside; assert_output inside
  run_lichen top -l; assert_contains "sleep 1000"
  run_lichen stats --no-stream -l --format '{{.Name}}'; assert_output newest
  run_lichen port -l; assert_output ""
  run_lichen inspect -l made; assert_failure 125 "--latest"
  lichen rm -f -t 0 newest
}

@test "images: heading, names, filters, templates" {
  run_lichen images
  assert_matches '^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE'
  assert_matches 'localhost/busybox +latest +[0-9a-f]{12} '
  run_lichen images -q; assert_equal "${#lines[@]}" 3 images
  run_lichen images --format '{{.Repository}}:{{.Tag}}' localhost/tiny; assert_output "localhost/tiny:latest"
  run_lichen images --filter reference='localhost/b*' --format '{{.Repository}}'; assert_output "localhost/busybox"
  run_lichen images --filter label=org.example.kind=features --format '{{.Repository}}'; assert_output "localhost/layers"
  run_lichen images --filter dangling=true -q; assert_output ""
  run_lichen images --filter nosuch=1; assert_failure 125 "nosuch"
  run_lichen images --no-trunc -q localhost/tiny; assert_matches '^(sha256:)?[0-9a-f]{64}$'
  assert_equal "$(lichen images --format json | jq -s 'flatten | length')" 3 "images as json"
}

@test "images --digests has a column for them" {
  run_lichen images --digests
  assert_matches 'REPOSITORY +TAG +DIGEST +IMAGE ID'
}
