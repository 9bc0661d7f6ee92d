#!/usr/bin/env bats
# A full disk and no network, in a machine that has nothing else: what runs goes on, errors say why, and all is well after.
# ctest: timeout=300
load vm

setup_file() { start_machine --init small --memory 512 --disk 96; }
teardown_file() { stop_machine; }
teardown() { [ -z "${BASE:-}" ] || user 'rm -f ~/ballast; lichen rm -f -a -t 0 >/dev/null'; }

@test "a full disk: a running container lives, new ones are refused in one sentence, rm works, then all is as before" {
  user 'lichen run -d --network none --name lives busybox sleep 100000 >/dev/null && lichen create --network none --name spare busybox true >/dev/null
    dd if=/dev/zero of=~/ballast bs=1M 2>/dev/null; dd if=/dev/zero of=~/ballast bs=512 oflag=append conv=notrunc 2>/dev/null
    lichen load -q -i /opt/lichen/images/layers.tar && fail "a load fits"
    lichen exec lives echo alive
    lichen ps --format "{{.Names}}" && lichen rm spare && lichen rm -f -t 0 lives
    ls ~/.local/share/lichen/staging
    rm ~/ballast
    lichen load -q -i /opt/lichen/images/layers.tar && lichen system check'
  assert_success
  assert_stderr "No space left on device"
  assert_equal "$(grep -c . <<<"$stderr")" 1 "lines on standard error"
  assert_output "alive
lives
spare
lives
Loaded image: localhost/layers:latest
No damage found."
}

@test "no network: a pull fails and says why; containers run and talk to each other's ports through the host" {
  user 'lichen pull 10.0.2.2:5000/team/app:1; echo "status $?"'
  assert_output "status 125"
  assert_stderr "10.0.2.2:5000"
  assert_stderr "onnect to 10.0.2.2 port 5000"
  user 'lichen run -d -p 8080:80 --name served busybox httpd -f -p 80 >/dev/null
    wait_until 20 "exec 3<>/dev/tcp/127.0.0.1/8080" && echo reached
    lichen run --rm busybox true && echo ran'
  assert_output "reached
ran"
}
