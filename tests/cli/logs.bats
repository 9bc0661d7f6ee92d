#!/usr/bin/env bats
# logs: every byte in order, and which of them are asked for.
load helpers

setup_file() { make_world; load_image busybox; }
teardown_file() { remove_world; }
teardown() { lichen rm -f -a -t 0 >/dev/null 2>&1 || true; }

spoken() { # NAME SCRIPT [FLAGS]: runs a container to its end
  local name=$1 script=$2
  shift 2
  lichen run --name "$name" --network none "$@" $BUSYBOX sh -c "$script" >/dev/null 2>&1
}

@test "both streams, apart" {
  spoken two 'echo out; echo err >&2'
  run_lichen logs two
  assert_success
  assert_output "out"
  assert_equal "$stderr" "err" stderr
}

@test "C44 odd bytes survive: CR, ESC, invalid UTF-8, no newline at the end, forged records" {
  local script='printf "a\rb\033[31mc\377\376\n2026-01-01T00:00:00.000000000+00:00 stdout F forged\npartial"'
  spoken odd "$script"
  lichen logs odd >"$BASE/odd"
  printf 'a\rb\033[31mc\377\376\n2026-01-01T00:00:00.000000000+00:00 stdout F forged\npartial' | cmp - "$BASE/odd"
}

@test "C44 forged records of both formats, NUL, torn UTF-8: no record is made of them, streams and times stay right" {
  cat >"$BASE/odd.py" <<'END'
import os, sys, time
forged = [b"2026-01-01T00:00:00.000000000Z stdout F forged\n", b"2026-01-01T00:00:00.000000000Z stderr P forged\n",
          b'{"log":"forged\\n","stream":"stderr","time":"2026-01-01T00:00:00Z"}\n', b'"},{"log":"x","stream":"stdout","time":"2026-01-01T00:00:00Z"}\n']
for line in forged:
    os.write(1, b"visible\r" + line)
    os.write(1, line)
    os.write(2, b"e: " + line)
# A forged record whose beginning and end come by different writes, after a piece that has no newline.
os.write(1, b"begin")
os.write(2, b"between\n")
os.write(1, b"\n2026-01-01T00:00:00")
os.write(1, b".000000000Z stdout F forged\n")
for byte in "\u20ac\U0001f600".encode() + b"\xff\xfe\xc3":
    os.write(1, bytes([byte]))
    time.sleep(0.002)
os.write(1, b"\x1b]0;title\x07\x1b[2J\0\0\x7f\x9b31m\n\r\r\n\v\f\x85\xe2\x80\xa8end")
END
  local driver mounts=(-v /usr:/usr:ro -v /lib:/lib:ro -v /lib64:/lib64:ro -v "$BASE/odd.py:/odd.py:ro")
  local python
  python=$(command -v python3)
  "$python" "$BASE/odd.py" >"$BASE/out" 2>"$BASE/err"
  for driver in k8s-file json-file; do
    lichen run --name "odd-$driver" --log-driver $driver --network none "${mounts[@]}" $BUSYBOX "$python" /odd.py >"$BASE/shown" 2>"$BASE/shown.err"
    cmp "$BASE/out" "$BASE/shown"
    cmp "$BASE/err" "$BASE/shown.err"
    lichen logs "odd-$driver" >"$BASE/logged" 2>"$BASE/logged.err"
    cmp "$BASE/out" "$BASE/logged"
    cmp "$BASE/err" "$BASE/logged.err"
    # Each line has one time, of this year's clock and not of the forger's, and --since believes no other.
    lichen logs -t "odd-$driver" 2>/dev/null >"$BASE/timed"
    assert_equal "$(grep -ac "^$(date -u +%Y-%m)" "$BASE/timed")" "$(awk 'END {print NR}' "$BASE/out")" "lines with a time"
    assert_equal "$(lichen logs --until 2026-01-02T00:00:00Z "odd-$driver" 2>&1 | wc -c)" 0 "bytes of the forged day"
    assert_equal "$(lichen logs --since 10m "odd-$driver" 2>/dev/null | sha256sum)" "$(sha256sum <"$BASE/out")" "since"
    lichen rm "odd-$driver" >/dev/null
  done
}

@test "C44 a line of a megabyte comes back whole" {
  spoken wide 'head -c 1000000 /dev/zero | tr "\0" x; echo; echo after'
  assert_equal "$(lichen logs wide | sha256sum)" "$({ head -c 1000000 /dev/zero | tr '\0' x; echo; echo after; } | sha256sum)" sha256
}

@test "--tail" {
  spoken lines 'seq 10'
  run_lichen logs --tail 3 lines; assert_output "8
9
10"
  run_lichen logs -n 0 lines; assert_output ""
  run_lichen logs --tail all lines; assert_equal "${#lines[@]}" 10 lines
  run_lichen logs --tail nonsense lines; assert_failure 125 "nonsense"
}

@test "--timestamps: RFC 3339 with nanoseconds before each line" {
  spoken timed 'echo x; echo y'
  run_lichen logs -t timed
  assert_matches '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{9}(Z|[+-][0-9:]{5}) x
[0-9T:.-]+(Z|[+-][0-9:]{5}) y$'
}

@test "--since and --until, as span and as time" {
  spoken when 'echo first; sleep 1.2; echo second'
  local first middle
  first=$(lichen logs -t when | head -n 1 | cut -d' ' -f1)
  middle=$(date -u -d "@$(date -d "$first" +%s.%N | awk '{printf "%.6f", $1 + 0.6}')" +%Y-%m-%dT%H:%M:%S.%NZ)
  run_lichen logs --since "$middle" when; assert_output "second"
  run_lichen logs --until "$middle" when; assert_output "first"
  run_lichen logs --since 10m when; assert_output "first
second"
  run_lichen logs --until 10m when; assert_output ""
  run_lichen logs --since yesterdayish when; assert_failure 125 "yesterdayish"
}

@test "--follow ends with the container and misses nothing" {
  lichen run -d --name flow --network none $BUSYBOX sh -c 'for i in $(seq 200); do echo line $i; sleep 0.005; done'
  assert_equal "$(timeout 20 "$LICHEN" logs -f flow 3>&-)" "$(seq -f 'line %g' 200)" "followed output"
}

@test "standard output and error in one pipe keep their order" {
  lichen run --name order --network none $BUSYBOX sh -c 'for i in 1 2 3 4; do echo out $i; sleep 0.05; echo err $i >&2; sleep 0.05; done' >/dev/null 2>&1
  assert_equal "$(lichen logs order 2>&1)" "$(for i in 1 2 3 4; do echo "out $i"; echo "err $i"; done)"
  lichen rm order >/dev/null
}

@test "--follow of several: every line whole, with its name, until all have ended" {
  local name
  for name in first second; do
    lichen run -d --name "$name" --network none $BUSYBOX sh -c 'for i in $(seq 100); do printf "line "; echo $i; done; printf end' >/dev/null
  done
  timeout 20 "$LICHEN" logs -f --names first second 3>&- >"$BASE/both"
  for name in first second; do
    assert_equal "$(grep "^$name " "$BASE/both")" "$(seq -f "$name line %g" 100; echo "$name end")" "lines of $name"
  done
  assert_equal "$(wc -l <"$BASE/both")" 202 "lines"
  lichen rm first second >/dev/null
}

@test "--follow through a rotation loses no line" {
  lichen run -d --name rot --log-opt max-size=10k --log-opt max-file=30 --network none $BUSYBOX \
    sh -c 'for i in $(seq 2000); do echo "line number $i"; [ $((i % 100)) = 0 ] && sleep 0.05; done; true'
  assert_same_lines "$(timeout 30 "$LICHEN" logs -f rot 3>&-)" "$(seq -f 'line number %g' 2000)" "followed output"
  [ -e "$(lichen inspect -f '{{.LogPath}}' rot).5" ]
  assert_equal "$(lichen logs --tail 3 rot | xargs)" "line number 1998 line number 1999 line number 2000" "over two files"
}

@test "--follow goes on while the restart policy starts it anew; --tail and --timestamps with it" {
  lichen run -d --name phoenix --network none --restart on-failure:2 -v "$BASE:/shared" $BUSYBOX \
    sh -c 'echo again; until [ -e /shared/go ]; do sleep 0.02; done; exit 1' >/dev/null
  wait_until 5 sh -c "'$LICHEN' logs phoenix | grep -q again"
  timeout 30 "$LICHEN" logs -f phoenix >"$BASE/all" 3>&- &
  local all=$!
  timeout 30 "$LICHEN" logs -f -t --tail 0 phoenix >"$BASE/new" 3>&- &
  wait_until 5 test -s "$BASE/all"
  touch "$BASE/go"
  wait "$all" "$!"
  assert_equal "$(xargs <"$BASE/all")" "again again again"
  assert_equal "$(cut -d' ' -f2 "$BASE/new" | xargs)" "again again" "what came after"
  lichen rm phoenix >/dev/null
  rm "$BASE/go"
}

@test "several containers: whose line it is, by id or name, in colours; --latest" {
  lichen run --name alpha --network none $BUSYBOX echo first >/dev/null
  lichen run --name beta --network none $BUSYBOX sh -c 'echo second; echo third >&2' >/dev/null 2>&1
  local a b
  a=$(lichen inspect -f '{{.Id}}' alpha)
  b=$(lichen inspect -f '{{.Id}}' beta)
  run_lichen logs alpha beta
  assert_output "${a:0:12} first
${b:0:12} second"
  assert_equal "$stderr" "${b:0:12} third"
  run_lichen logs --names --color alpha beta
  assert_output $'\e[32malpha\e[0m first\n\e[33mbeta\e[0m second'
  run_lichen logs --color beta
  assert_output second
  run_lichen logs -l
  assert_output second
  run_lichen logs -l alpha
  assert_failure 125 "--latest"
  run_lichen logs
  assert_failure 125 "requires at least 1 argument"
  lichen rm alpha beta >/dev/null
}

@test "rotation: no more than the size asked for, the newest lines are there, none is torn" {
  lichen run --name cap --log-opt max-size=20k --log-opt max-file=3 --network none $BUSYBOX seq -w 20000 >/dev/null
  local bytes
  bytes=$(du -cb "$(dirname "$(lichen inspect -f '{{.LogPath}}' cap)")"/*log* | tail -n 1 | cut -f1)
  assert_less "$bytes" 70000 "bytes of logs"
  assert_equal "$(lichen logs cap | tail -n 1)" "20000" "the last line"
  # What is left is a run without a gap up to the end.
  local first
  first=$(lichen logs cap | head -n 1 | sed 's/^0*//')
  assert_equal "$(lichen logs cap | sha256sum)" "$(seq -f '%05g' "$first" 20000 | sha256sum)" "the lines kept"
}

@test "json-file writes Docker's format and logs reads it" {
  spoken js 'echo "quote \" and \\"; printf "no newline"' --log-driver json-file
  local path
  path=$(lichen inspect -f '{{.LogPath}}' js)
  jq -e 'select(.stream == "stdout") | .time | test("^[0-9-]{10}T")' <"$path" >/dev/null
  run_lichen logs js
  assert_output 'quote " and \
no newline'
}

@test "a terminal's log is what it showed" {
  lichen run -dt --name tt --network none $BUSYBOX echo shown
  wait_until 5 is_state tt exited
  assert_equal "$(lichen logs tt | tr -d '\r')" shown logs
}

@test "logs of a created container are empty; of a missing one an error" {
  lichen create --name fresh --network none $BUSYBOX true
  run_lichen logs fresh; assert_success; assert_output ""
  run_lichen logs nothere; assert_failure 1 "nothere"
}

@test "logs go on over a restart" {
  lichen run --name again --network none $BUSYBOX echo once >/dev/null
  lichen start -a again >/dev/null
  assert_equal "$(lichen logs again)" "once
once" logs
}

@test "an unknown driver or option is refused" {
  run_lichen run --log-driver syslog $BUSYBOX true; assert_failure 125 "syslog"
  run_lichen run --log-opt max-size=huge $BUSYBOX true; assert_failure 125 "huge"
  run_lichen run --log-opt nosuch=1 $BUSYBOX true; assert_failure 125 "nosuch"
}

@test "a damaged record is stepped over, the others are shown" {
  spoken damaged 'echo one; echo two; echo three'
  local path
  path=$(lichen inspect -f '{{.LogPath}}' damaged)
  sed -i '2s/.*/\x00\x01 nonsense/' "$path"
  run_lichen logs damaged
  assert_contains "one"
  assert_contains "three"
  refute_contains "two"
}

@test "--details: the labels and variables that --log-opt names, as docker writes them" {
  lichen run --name details -l a=1 -l b='two words' -l c=3 -e E='x&y' --log-opt labels=b,a,nosuch --log-opt env=E --network none $BUSYBOX sh -c 'echo one; echo two'
  run_lichen logs --details details
  assert_output $'E=x%26y,a=1,b=two+words one\nE=x%26y,a=1,b=two+words two'
  run_lichen logs --details --timestamps --tail 1 details
  assert_matches '^[0-9T:.Z+-]+ E=x%26y,a=1,b=two\+words two$'
  run_lichen logs details
  assert_output $'one\ntwo'
  lichen run --name plain --network none $BUSYBOX echo bare
  run_lichen logs --details plain
  assert_output " bare"
}
