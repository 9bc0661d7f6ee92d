#!/usr/bin/env bats
# What a container's network must not reach, and what the helper behind it may do: C21, C23, C24 of the catalogue.
# ctest: timeout=300
load helpers

setup_file() {
  make_world
  load_image busybox
  cat >"$BASE/listen.py" <<'END'
import socket, sys, threading
def serve(family, address, kind=socket.SOCK_STREAM):
    s = socket.socket(family, kind)
    s.bind(address)
    s.listen()
    def loop():
        while True:
            c, _ = s.accept()
            c.sendall(b"the host's secret\n")
            c.close()
    threading.Thread(target=loop, daemon=True).start()
    return s.getsockname()
port = serve(socket.AF_INET, ("127.0.0.1", 0))[1]
six = "yes"
try:
    serve(socket.AF_INET6, ("::1", port))
except OSError:
    six = "no"
serve(socket.AF_UNIX, "\0lichen-test-" + str(port))
print(port, six, flush=True)
threading.Event().wait()
END
  python3 "$BASE/listen.py" >"$BASE/listening" 3>&- 4>&- &
  echo $! >"$BASE/listener"
  wait_until 5 test -s "$BASE/listening"
}
teardown_file() {
  kill "$(cat "$BASE/listener")"
  remove_world
}
teardown() { lichen rm -f -a -t 0 >/dev/null 2>&1 || true; }

need_slirp() {
  need slirp4netns
  [ -w /dev/net/tun ] || skip "/dev/net/tun is closed to this user"
}
# python3 of the host, with its libraries, in a container.
python_mounts() { MOUNTS=(-v /usr:/usr:ro -v /lib:/lib:ro -v /lib64:/lib64:ro -v "$1:/script.py:ro"); }
helper_of() { pgrep -x slirp4netns -P "$(lichen inspect -f '{{.State.ConmonPid}}' "$1")"; } # CONTAINER: the pid of its slirp4netns

@test "C21 the host's loopback, by every address it may have, and its abstract sockets are out of reach" {
  local port six address network
  read -r port six <"$BASE/listening"
  # The listener works: the host itself, and a container that was given the host's network, reach it.
  assert_equal "$(exec 9<>"/dev/tcp/127.0.0.1/$port"; cat <&9)" "the host's secret" "from the host"
  run_lichen run --rm --network host $BUSYBOX nc -w 3 127.0.0.1 "$port"
  assert_output "the host's secret"
  for network in none slirp4netns; do
    [ "$network" = none ] || need_slirp
    for address in 127.0.0.1 10.0.2.2 10.0.2.3 10.0.2.100 169.254.1.1 169.254.169.254 0.0.0.0 ::1 fe80::2 fd00::2 ::ffff:127.0.0.1; do
      run_lichen run --rm --network $network $BUSYBOX timeout 2 nc -w 1 "$address" "$port"
      refute_contains "secret" || fail_with "$network, $address" "nothing" "$output" || return 1
    done
    run_lichen run --rm --network $network $BUSYBOX cat /proc/net/unix
    assert_success
    refute_contains "lichen-test-$port" || return 1
  done
  run_lichen run --rm --network host $BUSYBOX cat /proc/net/unix
  assert_contains "lichen-test-$port"
  # fd00::3 and the loopback of the container itself answer nobody either, whatever the host has (IPv6 on the host: $six).
  [ -n "$six" ]
}

@test "C23 nothing of lichen listens on an abstract socket: attached, with a terminal, a port, an exec session, and while it starts" {
  need_slirp
  local before after
  before=$(awk '$8 ~ /^@/ {print $8}' /proc/net/unix | sort -u)
  lichen run -dit --name one --network slirp4netns -p 127.0.0.1::80 $BUSYBOX sh >/dev/null
  "$LICHEN" attach one >/dev/null 2>&1 3>&- 4>&- </dev/null &
  lichen exec -d one sleep 100
  lichen exec -dt one sleep 100
  lichen run -d --name two --network none $BUSYBOX sleep 100 >/dev/null
  after=$(awk '$8 ~ /^@/ {print $8}' /proc/net/unix | sort -u)
  # Others on this machine may come and go: what is new must not be ours.
  local name inode
  for name in $(comm -13 <(echo "$before") <(echo "$after")); do
    inode=$(awk -v name="$name" '$8 == name {print $7; exit}' /proc/net/unix)
    ! owned_by_lichen "$inode" || fail_with "abstract sockets" "none of ours" "$name" || return 1
  done
  run_lichen exec one cat /proc/net/unix
  refute_contains "@"
}
owned_by_lichen() { # INODE
  local pid
  for pid in $(pgrep -u "$(id -u)" 'lichen|slirp4netns'); do
    ! find "/proc/$pid/fd" -lname "socket:\[$1\]" 2>/dev/null | grep -q . || return 0
  done
  return 1
}

@test "C24 the network helper: no new privileges, a filter, no capability but one, and a file system of its own" {
  need_slirp
  lichen run -d --name one --network slirp4netns $BUSYBOX sleep 100 >/dev/null
  local pid
  pid=$(helper_of one)
  [ -n "$pid" ]
  assert_equal "$(sed -n 's/^NoNewPrivs:[[:space:]]*//p' "/proc/$pid/status")" 1 NoNewPrivs
  assert_equal "$(sed -n 's/^Seccomp:[[:space:]]*//p' "/proc/$pid/status")" 2 Seccomp
  local effective
  effective=$((16#$(sed -n 's/^CapEff:[[:space:]]*//p' "/proc/$pid/status")))
  assert_equal $((effective & ~(1 << 10))) 0 "capabilities beside NET_BIND_SERVICE"
  # Its root is a tmpfs with /etc and /run (resolv.conf may be there) and nothing else: no home, no store, nothing to write to.
  run_lichen unshare ls "/proc/$pid/root/"
  assert_output $'etc\nrun'
  run_lichen unshare awk '$5 == "/" && !/ ro,.* - tmpfs / || $5 != "/" && ($5 !~ "^/(etc|run)(/|$)" || $6 !~ /^ro,nosuid,nodev,noexec/)' "/proc/$pid/mountinfo"
  assert_output ""
  [ -n "$(lichen unshare cat "/proc/$pid/mountinfo")" ]
  # The twin: a process that is in no sandbox sees the store.
  lichen unshare ls "/proc/self/root$LICHEN_ROOT" >/dev/null
}

@test "R03 a network helper that is killed: log and events say so, the container goes on, stop and start bring the network back" {
  need_slirp
  lichen run -d --name one --network slirp4netns $BUSYBOX sleep 1000 >/dev/null
  kill -KILL "$(helper_of one)"
  wait_until 5 sh -c "'$LICHEN' logs one 2>&1 | grep -q 'network has ended (killed by SIGKILL)'"
  is_state one running
  run_lichen exec one ip addr
  assert_success
  run_lichen events --stream=false --filter event=network_lost --format '{{.Name}} {{.Attributes.cause}}'
  assert_output "one killed by SIGKILL"
  lichen stop -t 0 one >/dev/null
  lichen start one >/dev/null
  run_lichen exec one sh -c 'ip route | grep -c default'
  assert_output 1
}

# The libslirp of Debian 12 (4.7.0) may die of overlapping fragments; only --cap-add NET_RAW can send them. Of nothing else.
@test "C24 random frames, lying lengths and urgent data: the helper lives; fragments: it lives, or the container is told, and the others go on" {
  need_slirp
  cat >"$BASE/frames.py" <<'END'
import errno, os, random, socket, struct, sys
count, rng, kinds = int(sys.argv[1]), random.Random(int(sys.argv[2])), [int(kind) for kind in sys.argv[3]]
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
raw.bind(("tap0", 0))
mine = raw.getsockname()[4]
gate = bytes.fromhex("525400123456")
def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
def ip(proto, body, dst, flags=0, length=None, options=b""):
    head = struct.pack("!BBHHHBBH4s4s", 0x40 | rng.choice([5, 5, 5, 5 + len(options) // 4, 0, 15]), 0, length if length is not None else 20 + len(options) + len(body),
                       rng.randrange(65536), flags, 64, proto, 0, socket.inet_aton("10.0.2.100"), socket.inet_aton(dst)) + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body
targets = ["10.0.2.2", "10.0.2.3", "10.0.2.255", "255.255.255.255", "127.0.0.1", "0.0.0.0", "224.0.0.1"]
sent = 0
for n in range(count):
    kind, dst = rng.choice(kinds), rng.choice(targets)
    junk = rng.randbytes(rng.choice([0, 1, 3, 8, 20, 60, 600, 1400]))
    if kind == 0:
        frame = rng.randbytes(rng.randrange(1, 1500))
    elif kind == 1:  # any protocol, lying lengths
        frame = gate + mine + b"\x08\x00" + ip(rng.randrange(256), junk, dst, length=rng.choice([None, 0, 19, 65535]))
    elif kind == 2:  # TCP with every flag, urgent pointers beyond the data
        tcp = struct.pack("!HHIIBBHHH", rng.randrange(65536), rng.choice([6667, 21, 80, 113]), rng.getrandbits(32), rng.getrandbits(32), rng.choice([0, 0x50, 0xf0]),
                          rng.randrange(256), rng.randrange(65536), rng.randrange(65536), rng.randrange(65536))
        frame = gate + mine + b"\x08\x00" + ip(6, tcp + junk, dst)
    elif kind == 3:  # UDP to the built-in servers: DHCP, TFTP, DNS
        udp = struct.pack("!HHHH", rng.randrange(65536), rng.choice([67, 68, 69, 53]), rng.choice([8 + len(junk), 0, 7, 65535]), rng.randrange(65536))
        frame = gate + mine + b"\x08\x00" + ip(17, udp + junk, dst)
    elif kind == 4:  # fragments that overlap
        frame = gate + mine + b"\x08\x00" + ip(17, junk, dst, flags=rng.choice([0x2000, 0x2000 | rng.randrange(8192), rng.randrange(8192)]))
    elif kind == 5:
        frame = gate + mine + b"\x08\x00" + ip(1, bytes([rng.randrange(20), rng.randrange(20)]) + junk, dst)
    elif kind == 6:
        frame = b"\xff" * 6 + mine + b"\x08\x06" + rng.randbytes(rng.choice([28, 10, 60]))
    else:
        frame = gate + mine + b"\x86\xdd" + bytes([0x60, 0, 0, 0]) + struct.pack("!HBB", len(junk), rng.choice([0, 6, 17, 43, 44, 58, 60]), 64) + rng.randbytes(32) + junk
    try:
        raw.send(frame[:1500] if len(frame) > 14 else frame + b"\0" * 14)
        sent += 1
        if n % 16 == 0:
            raw.setblocking(False)
            while True:
                if b"the host's secret" in raw.recv(65536):
                    print("LEAK", flush=True)
    except BlockingIOError:
        pass
    except OSError as error:
        if error.errno == errno.ENETDOWN or error.errno == errno.ENXIO or not os.path.exists("/sys/class/net/tap0"):
            break  # the helper has died, and its interface with it
    raw.setblocking(True)
print("sent", sent, flush=True)
END
  python_mounts "$BASE/frames.py"
  lichen run -d --name other --network slirp4netns $BUSYBOX sleep 1000 >/dev/null
  local pid count=$((4000 * ${LICHEN_TEST_ROUNDS:-1})) seed=${LICHEN_TEST_SEED:-$RANDOM}
  lichen run -d --name one --network slirp4netns --cap-add NET_RAW "${MOUNTS[@]}" $BUSYBOX sleep 1000 >/dev/null
  pid=$(helper_of one)
  run_lichen exec one "$(command -v python3)" /script.py $count "$seed" 0123567
  assert_output "sent $count" || fail_with "seed $seed" "all sent" "$output" || return 1
  kill -0 "$pid"
  run_lichen exec one ping -c 1 -w 5 10.0.2.2
  assert_success
  assert_equal "$(lichen logs one 2>&1)" ""
  local round deaths=0
  for ((round = 0; round < 2 * ${LICHEN_TEST_ROUNDS:-1}; round++)); do
    run_lichen exec one "$(command -v python3)" /script.py 2000 $((seed + round)) 4
    refute_contains LEAK
    assert_contains sent
    is_state one running
    # An answer of the gateway comes after all that was sent before; or there is no interface any more.
    wait_until 10 sh -c "! '$LICHEN' exec one test -e /sys/class/net/tap0 || '$LICHEN' exec one ping -c 1 -w 1 10.0.2.2 >/dev/null"
    if ! lichen exec one test -e /sys/class/net/tap0; then
      wait_until 5 sh -c "'$LICHEN' logs one 2>&1 | grep -q 'network has ended (killed by SIG'"
      deaths=$((deaths + 1))
      lichen rm -f -t 0 one >/dev/null
      lichen run -d --name one --network slirp4netns --cap-add NET_RAW "${MOUNTS[@]}" $BUSYBOX sleep 1000 >/dev/null
    fi
    run_lichen exec other sh -c 'ip route | grep -c default'
    assert_output 1 || return 1
  done
  echo "# $count frames, $round rounds of fragments, the helper died $deaths times" >&3
}
