#!/usr/bin/env bats
# inspect: Docker's field names, and Go templates over them.
load helpers

setup_file() {
  make_world
  load_image busybox layers
  lichen run -d --name seen --hostname host1 -e A=1 --label l=v --network none -v data:/data --mount type=bind,src=/etc,dst=/etc2,ro \
    --memory-swap -1 --restart on-failure:2 --cap-add NET_RAW --cap-drop KILL --ulimit nofile=64:64 --stop-signal USR1 -w /tmp $BUSYBOX sleep 1000 2>/dev/null ||
    lichen run -d --name seen --hostname host1 -e A=1 --label l=v --network none -v data:/data --mount type=bind,src=/etc,dst=/etc2,ro \
      --restart on-failure:2 --cap-add NET_RAW --cap-drop KILL --ulimit nofile=64:64 --stop-signal USR1 -w /tmp $BUSYBOX sleep 1000
}
teardown_file() { remove_world; }

field() { run_lichen inspect -f "{{$1}}" seen; } # TEMPLATE-BODY

@test "an array with one object for each argument" {
  assert_equal "$(lichen inspect seen localhost/layers | jq length)" 2 elements
  assert_equal "$(lichen inspect seen | jq -r '.[0].Name')" /seen Name || assert_equal "$(lichen inspect seen | jq -r '.[0].Name')" seen Name
}

@test "every field that both Docker and Podman have is there" {
  local missing=""
  while read -r path; do
    jq -e --arg path "$path" 'def walk($p): if $p | length == 0 then true elif type != "object" then false
      elif has($p[0]) then (.[$p[0]] | if ($p | length) == 1 then true else walk($p[1:]) end) else false end; .[0] | walk($path | split("."))' \
      <"$BASE/inspect.json" >/dev/null || missing+=" $path"
  done < <(lichen inspect seen >"$BASE/inspect.json"; grep -vE '^#' "$BATS_TEST_DIRNAME/inspect-fields.txt")
  assert_equal "$missing" "" "fields that are missing"
}

@test "what was asked for is what is shown" {
  field .Config.Hostname; assert_output "host1"
  field '.State.Status'; assert_output "running"
  field 'index .Config.Labels "l"'; assert_output "v"
  field .HostConfig.RestartPolicy.Name; assert_output "on-failure"
  field .HostConfig.RestartPolicy.MaximumRetryCount; assert_output "2"
  field .Config.StopSignal; assert_matches 'USR1|10'
  field .Config.WorkingDir; assert_output "/tmp"
  field .HostConfig.NetworkMode; assert_output "none"
  field .Path; assert_output "sleep"
  field .Args; assert_output "[1000]"
  field 'join .Config.Cmd "+"'; assert_output "sleep+1000"
  field .HostConfig.CapAdd; assert_matches 'NET_RAW'
  field .HostConfig.CapDrop; assert_matches 'KILL'
  field .Image; assert_matches '[0-9a-f]{64}'
}

@test "mounts" {
  field 'range .Mounts}}{{.Type}} {{.Destination}} {{.RW}};{{end'
  assert_contains "volume /data true;"
  assert_contains "bind /etc2 false;"
}

@test "templates: if, range with index, printf, json, comparison, variables, len" {
  field 'if .State.Running}}yes{{else}}no{{end'; assert_output "yes"
  field 'range $i, $e := .Config.Cmd}}{{$i}}={{$e}} {{end'; assert_output "0=sleep 1=1000 "
  field 'printf "%s-%d" .Path 7'; assert_output "sleep-7"
  field 'json .Config.Cmd'; assert_output '["sleep","1000"]'
  field 'if and (eq .Path "sleep") (gt .State.Pid 0)}}ok{{end'; assert_output "ok"
  field '$x := .Config}}{{$x.Hostname'; assert_output "host1"
  field 'len .Config.Cmd'; assert_output "2"
  field 'with .Config}}{{.Hostname}}{{end'; assert_output "host1"
}

@test "a wrong field and a broken template are named" {
  field .Config.NoSuchField; assert_failure 125 "NoSuchField"
  run_lichen inspect -f '{{.Config' seen; assert_failure 125 "template"
}

@test "an object that does not exist, and --type" {
  run_lichen inspect nothere; assert_failure 1 "nothere"
  run_lichen inspect --type image seen; assert_failure 1 "seen"
  run_lichen inspect --type volume -f '{{.Name}}' data; assert_output "data"
}

@test "an image: configuration, layers, history" {
  run_lichen image inspect -f '{{.Config.User}} {{.Config.WorkingDir}} {{index .Config.Labels "org.example.kind"}} {{.Architecture}}' localhost/layers
  assert_matches '^user /work features (amd64|arm64)$'
  run_lichen image inspect -f '{{len .RootFS.Layers}}' localhost/layers; assert_output "4"
  run_lichen history --format '{{.CreatedBy}}' localhost/layers; assert_contains "fixture layer 3"
  run_lichen history localhost/layers; assert_matches 'CREATED BY +SIZE'
}

@test "--size counts the written layer" {
  lichen exec seen sh -c 'head -c 50000 /dev/zero >/file'
  run_lichen inspect --size -f '{{.SizeRw}}' seen
  ((output >= 50000)) || fail_with "SizeRw" "at least 50000" "$output"
}

@test "container inspect: --format and --size, and only containers" {
  run_lichen container inspect --format '{{.Name}} {{.State.Status}}' seen
  assert_matches '^/seen (created|running|exited)$'
  run_lichen container inspect seen; refute_contains SizeRw
  run_lichen container inspect --size --format '{{.SizeRootFs}}' seen
  [ "$output" -gt 0 ]
  run_lichen container inspect $BUSYBOX
  assert_failure 1 "$BUSYBOX" || assert_failure 125 "$BUSYBOX"
}
