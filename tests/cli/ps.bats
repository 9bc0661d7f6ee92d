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
