#!/usr/bin/env python3
"""Bytes on their way through a container, counted (security catalogue R18, R19, C45, C46; see driver.py).

  exact      random bytes of many sizes through run, exec, attach and logs, both ways; readers that go early; exit codes
  flood      MEGABYTES: ten writers and a log that rotates: without a cap no line is lost or twice; with one the disk holds no more
             than asked for, and `logs -f` shows every line once, or says that it came too late; a killed reader changes nothing
  rotations  a writer that waits for its reader: `logs -f` over ROUNDS rotations shows every line once, and warns of nothing
  stalled    a client that does not read does not stop the container for long, and the monitor stays small; 200 clients come and go
  frames     random, torn, slow and lying packets at the monitor's socket: it lives, and serves the next client
"""
import glob
import hashlib
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time

from driver import BUSYBOX, LIMIT, Driver, Failure, main


def digest(data):
    return hashlib.sha256(data).hexdigest()


class Bytes(Driver):
    # ---- R19

    def exact(self):
        sizes = [0, 1, 2, 4095, 4096, 4097, 32768, 65536, 65537, 1 << 20, 5000011]
        self.run("box", "sleep", "1000")

        def play(number):
            size = sizes[number % len(sizes)] if number <= len(sizes) else self.random.randrange(0, 8 << 20)
            data, code = self.random.randbytes(size), self.random.randrange(0, 256)
            shell = ["sh", "-c", f"cat; exit {code}"]
            way = ["run", "exec", "logs", "attach"][number % 4]
            name = f"x{number}"
            if way == "run":
                got = self.lichen("run", "-i", "--name", name, "--network", "none", BUSYBOX, *shell, status=code, data=data)
                logged = self.lichen("logs", name)
                if digest(logged) != digest(got):
                    raise Failure(f"logs of {size} bytes: {len(logged)} bytes, or others")
            elif way == "exec":
                got = self.lichen("exec", "-i", "box", *shell, status=code, data=data)
            elif way == "attach":
                self.lichen("create", "-i", "--name", name, "--network", "none", BUSYBOX, *shell)
                got = self.lichen("start", "-a", "-i", name, status=code, data=data)
            else:
                path = os.path.join(os.environ["TMPDIR"], "payload")
                with open(path, "wb") as file:
                    file.write(data)
                self.lichen("run", "--name", name, "--network", "none", "-v", f"{path}:/payload:ro", BUSYBOX, "sh", "-c", f"cat /payload; exit {code}", status=code)
                got = self.lichen("logs", name)
            if way != "exec":
                self.lichen("rm", name)
            if digest(got) != digest(data):
                raise Failure(f"{way} of {size} bytes: {len(got)} came back, the first other one is "
                              f"{next((i for i, pair in enumerate(zip(got, data)) if pair[0] != pair[1]), min(len(got), size))}")

        played = self.repeat(play)
        self.early()
        self.lichen("rm", "-f", "-t", "0", "box")
        return played

    def early(self):
        """Readers and writers that go before the end."""
        for words in (["run", "--rm", "--name", "early", "--network", "none", BUSYBOX], ["exec", "box"]):
            client = self.start(*words, "sh", "-c", "while echo yes; do :; done", stdout=subprocess.PIPE)
            client.stdout.read(100)
            client.stdout.close()
            try:
                code = client.wait(20)
            except subprocess.TimeoutExpired:
                self.fail(f"{words[0]}: the client does not end with its reader")
                continue
            # SIGPIPE of the client itself, or what the command inside made of it.
            if code not in (-signal.SIGPIPE, 141, 1, 0):
                self.fail(f"{words[0]}: {code} when the reader went")
        self.lichen("rm", "-f", "-t", "0", "early", status=None)
        if self.lichen("run", "--rm", "-i", "--network", "none", BUSYBOX, "sh", "-c", "head -c 3; exit 4", status=4, data=b"x" * (4 << 20)) != b"xxx":
            self.fail("run -i: a command that closes its input early")
        self.finish_round()

    # ---- R18

    WRITERS = 10
    FLOOD = "i=0; while [ $i -lt {lines} ]; do i=$((i+1)); echo \"$0 $i ..........................................................................\"; done"

    def count_lines(self, text):
        """{writer: its numbers in the order in which they came}; a line that is no line of ours is a failure."""
        seen = {}
        for line in text.decode("ascii", "replace").splitlines():
            parts = line.split(" ")
            if len(parts) != 3 or not parts[0].startswith("w") or not parts[1].isdigit() or parts[2].strip("."):
                raise Failure(f"a torn line: {line[:120]!r}")
            seen.setdefault(parts[0], []).append(int(parts[1]))
        return seen

    def flood(self, megabytes):
        lines = max(100, int(float(megabytes) * 1e6 / 84 / self.WRITERS))
        script = "".join(f"sh -c '{self.FLOOD.format(lines=lines)}' w{w} & " for w in range(self.WRITERS)) + "wait"

        def play(number):
            driver = ["k8s-file", "json-file"][number % 2]
            whole = self.start("run", "--name", "whole", "--log-driver", driver, "--network", "none", BUSYBOX, "sh", "-c", script, stdout=subprocess.PIPE)
            shown = whole.stdout.read()
            if whole.wait(60) != 0:
                raise Failure(f"run gave {whole.returncode}")
            for what, text in (("run", shown), ("logs", self.lichen("logs", "whole", limit=300))):
                seen = self.count_lines(text)
                for writer in range(self.WRITERS):
                    if seen.get(f"w{writer}") != list(range(1, lines + 1)):
                        raise Failure(f"{what}, {driver}: writer {writer} has {len(seen.get(f'w{writer}', []))} of {lines} lines, or another order")
            self.lichen("rm", "whole")
            self.capped(script, lines, driver)

        return self.repeat(play)

    def capped(self, script, lines, driver):
        cap, files = 64 * 1024, 3
        self.lichen("create", "--name", "capped", "--log-driver", driver, "--log-opt", f"max-size={cap}", "--log-opt", f"max-file={files}", "--network", "none", BUSYBOX,
                    "sh", "-c", f"mkfifo /go; read go </go; {script}")
        self.lichen("start", "capped")
        warnings = open(os.path.join(os.environ["TMPDIR"], "warnings"), "w+b")
        follower = self.start("logs", "-f", "capped", stdout=subprocess.PIPE, stderr=warnings)
        killed = self.start("logs", "-f", "capped", stdout=subprocess.PIPE)
        monitor, log = self.monitor("capped"), self.inspect("capped", "{{.LogPath}}")
        self.until("no fifo", lambda: self.lichen("exec", "capped", "ls", "/go", status=None) != b"")
        self.lichen("exec", "capped", "sh", "-c", "echo >/go")
        killed.stdout.read(1000)
        killed.kill()
        worst, memory = 0, 0
        os.set_blocking(follower.stdout.fileno(), False)
        seen = []
        while follower.poll() is None or seen[-1:] != [b""]:
            try:
                data = os.read(follower.stdout.fileno(), 1 << 20)
            except BlockingIOError:
                time.sleep(0.001)
                data = None
            if data is not None:
                seen.append(data)
            if data == b"" and follower.poll() is not None:
                break
            worst = max(worst, sum(self.size(path) for path in glob.glob(glob.escape(log) + "*")))
            memory = max(memory, self.rss(monitor))
        if worst > cap * files + 4096:
            raise Failure(f"{driver}: {worst} bytes of logs on disk, {cap * files} were asked for")
        if memory > 16 << 10:
            raise Failure(f"{driver}: the monitor took {memory} kB")
        got, missing = self.count_lines(b"".join(seen)), 0
        for name, numbers in got.items():
            if any(a >= b for a, b in zip(numbers, numbers[1:])):
                raise Failure(f"logs -f over rotations, {driver}: lines of {name} twice or in another order")
        missing = self.WRITERS * lines - sum(len(numbers) for numbers in got.values())
        warnings.seek(0)
        told = b"lines are missing" in warnings.read()
        warnings.close()
        if told != (missing > 0):
            raise Failure(f"logs -f over rotations, {driver}: {missing} of {self.WRITERS * lines} lines are missing, and it says {'so' if told else 'nothing'}")
        if missing:
            print(f"flood: {driver}: logs -f came too late for {missing} of {self.WRITERS * lines} lines", flush=True)
        kept = self.count_lines(self.lichen("logs", "capped"))
        if not any(numbers[-1] == lines for numbers in kept.values()):
            raise Failure(f"{driver}: the newest lines are not in what was kept")
        self.lichen("rm", "capped")

    def rotations(self):
        """The writer is `cat`: a piece of lines goes in when the one before has been shown."""
        cap, line = 4096, b"%07d ..................................................................\n"
        for driver, files in (("k8s-file", 3), ("json-file", 1)):
            name = f"turning{files}"
            self.lichen("create", "-i", "--name", name, "--network", "none", "--log-driver", driver, "--log-opt", f"max-size={cap}", "--log-opt", f"max-file={files}", BUSYBOX, "cat")
            writer = self.start("start", "-i", "-a", name, stdin=subprocess.PIPE)
            warnings = open(os.path.join(os.environ["TMPDIR"], "warnings"), "w+b")
            self.until("not running", lambda: self.state(name) == "running")
            follower = self.start("logs", "-f", name, stdout=subprocess.PIPE, stderr=warnings)
            self.until("logs -f does not open the log", lambda: self.has_open(follower.pid, "ctr.log"))
            number = 0
            for _ in range(self.rounds):
                # Less than a file holds, with what stands before each line: at most one rotation for each piece.
                piece = [line % n for n in range(number, number + 20)]
                number += len(piece)
                writer.stdin.write(b"".join(piece))
                writer.stdin.flush()
                for wanted in piece:
                    if (got := follower.stdout.readline()) != wanted:
                        raise SystemExit(f"rotations: {driver}: {got!r} came, not {wanted!r}")
            writer.stdin.close()
            if follower.stdout.read() != b"" or follower.wait(LIMIT) != 0:
                self.fail(f"{driver}: something follows the last line, or logs -f gave {follower.returncode}")
            warnings.seek(0)
            if said := warnings.read():
                self.fail(f"{driver}: logs -f said {said!r}")
            warnings.close()
            self.finish_round()
            self.lichen("rm", name)
        return self.rounds

    @staticmethod
    def has_open(pid, name):
        def target(fd):
            try:
                return os.readlink(f"/proc/{pid}/fd/{fd}")
            except OSError:
                return ""
        return any(target(fd).endswith("/" + name) for fd in os.listdir(f"/proc/{pid}/fd"))

    @staticmethod
    def size(path):
        try:
            return os.stat(path).st_size
        except OSError:
            return 0

    @staticmethod
    def rss(pid):
        try:
            return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{pid}/status", encoding="ascii").read())[1])
        except (OSError, TypeError):
            return 0

    # ---- C45

    def stalled(self):
        def play(_):
            self.run("busy", "sh", "-c", "i=0; while :; do i=$((i+1)); echo \"$i ...........................................................\"; echo $i >/dev/shm/count; done",
                     flags=["--log-opt", "max-size=1m"])
            monitor = self.monitor("busy")
            self.until("no output", lambda: self.lichen("exec", "busy", "ls", "/dev/shm") != b"")
            before = self.settled_descriptors(monitor)
            reader = self.start("attach", "--no-stdin", "busy", stdout=subprocess.PIPE)
            reader.stdout.read(100)
            reader.send_signal(signal.SIGSTOP)
            # wire::kSlowClient is ten seconds of patience; then the container must go on.
            first = self.count()
            self.until("the container stands still because of one client that does not read", lambda: self.count() > first + 20000, limit=40)
            if self.rss(monitor) > 16 << 10:
                raise Failure(f"the monitor took {self.rss(monitor)} kB")
            reader.kill()
            for _ in range(200):
                client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                client.connect(self.control_socket("busy"))
                client.settimeout(LIMIT)
                # To attach is answered with output; to wait is not, as long as the container runs.
                attaches = self.random.random() < 0.5
                client.send(b"\x01" + struct.pack("<qq", 6, 0) if attaches else b"\x08")
                if attaches and self.random.random() < 0.3:
                    client.recv(65536)
                client.close()
            self.until(lambda: f"descriptors of the monitor: {before} before, {self.descriptors(monitor)} after 200 clients",
                       lambda: self.descriptors(monitor) <= before)
            self.lichen("rm", "-f", "-t", "0", "busy")

        return self.repeat(play)

    def count(self):
        # Empty between the shell's open(2) and its write(2).
        while not (text := self.lichen("exec", "busy", "cat", "/dev/shm/count").strip()):
            pass
        return int(text)

    @staticmethod
    def descriptors(pid):
        return len(os.listdir(f"/proc/{pid}/fd"))

    def settled_descriptors(self, pid):
        time.sleep(0.2)
        return self.descriptors(pid)

    def control_socket(self, name):
        container = self.inspect(name, "{{.Id}}")
        for top, _, files in os.walk(os.environ["XDG_RUNTIME_DIR"]):
            if top.endswith(container) and "ctl.sock" in files:
                # Relative: the path may be longer than a socket's address.
                os.chdir(top)
                return "ctl.sock"
        raise Failure(f"{name} has no control socket")

    # ---- C46

    # What ends, pauses or changes a container when it is said rightly: not to be said by chance. Their torn forms are.
    ORDERS = {2, 6, 7, 9, 10, 11, 17, 18}

    def packet(self):
        kind = self.random.choice([0, 1, 3, 4, 5, 8, 12, 13, 14, 15, 16, 64, 66, 71, 200, 255, *self.ORDERS])
        if kind in self.ORDERS:
            return bytes([kind]) + self.random.randbytes(self.random.randrange(0, 16 if kind in (6, 7, 11, 17) else 1))[:15]
        numbers = struct.pack("<qq", *(self.random.choice([0, 1, -1, 80, 1 << 31, -(1 << 31), (1 << 63) - 1, -(1 << 63), 65536]) for _ in range(2)))
        body = self.random.randbytes(self.random.choice([0, 1, 7, 8, 15, 16, 100, 32768, 65535, 65536]))
        return bytes([kind]) + self.random.choice([b"", numbers[:8], numbers, numbers[:11]]) + body

    def frames(self):
        self.run("framed", "sh", "-c", "stty size; while :; do sleep 0.05; stty size >/size; cat </dev/null; done", flags=["-t", "-i"])
        monitor, before = self.monitor("framed"), None

        def play(number):
            nonlocal before
            if before is None:
                before = self.settled_descriptors(monitor)
            client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            client.settimeout(5)
            client.connect(self.control_socket("framed"))
            try:
                for _ in range(self.random.randrange(1, 20)):
                    client.send(self.packet(), socket.MSG_DONTWAIT)
                    if number % 50 == 0:
                        time.sleep(0.02)
            except OSError:
                pass  # turned away, or full: as it should be
            finally:
                client.close()
            if number % 20 == 0:
                self.check_framed(monitor)

        played = self.repeat(play)
        self.check_framed(monitor)
        self.until(lambda: f"descriptors of the monitor: {before} before, {self.descriptors(monitor)} after", lambda: self.descriptors(monitor) <= before)
        # A size within reason is taken, after all the others.
        client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        client.connect(self.control_socket("framed"))
        client.send(b"\x05" + struct.pack("<qq", 91, 37))
        self.until("a resize has no effect any more", lambda: self.lichen("exec", "framed", "cat", "/size").strip() == b"37 91")
        client.close()
        self.lichen("rm", "-f", "-t", "0", "framed")
        return played

    def check_framed(self, monitor):
        if not os.path.exists(f"/proc/{monitor}") or self.state("framed") != "running":
            raise Failure(f"the container is {self.state('framed')}")
        self.lichen("exec", "framed", "true")


if __name__ == "__main__":
    sys.exit(main(Bytes))
