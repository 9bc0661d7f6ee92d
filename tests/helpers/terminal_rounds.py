#!/usr/bin/env python3
"""Play with a container's terminal again and again, and count what goes wrong (security catalogue R22-R24).

  terminal_rounds.py SCENARIO ROUNDS LICHEN [ARGUMENT]...

  keys      attach to a container that stores every byte it gets, type with the detach keys cut into pieces and with false starts,
            detach; at the end the stored bytes are those typed, none lost or added, and the container was never disturbed
  lost      the client of `run -it` ends by SIGTERM, SIGINT, SIGHUP to itself, by detaching, or its terminal is closed; the
            terminal's settings are as before and the container does what it would without us
  resize    storms of window sizes; the last one is what the container has in the end
  signals   every signal that is passed on, to `run`, `attach` or `exec`: it arrives exactly once

"""
import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
import time

from driver import LIMIT, Driver, Failure, main

# What stays with the client: job control of our own shell, what is about our own process, and what nobody can catch.
NOT_PASSED_ON = {"SIGKILL", "SIGSTOP", "SIGCHLD", "SIGCLD", "SIGPIPE", "SIGURG", "SIGWINCH", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGCONT",
                 "SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT", "SIGIOT", "SIGTRAP", "SIGSYS"}


class Client:
    """A command on a terminal of its own, or on pipes."""

    def __init__(self, command, tty=True):
        self.seen, self.master, self.slave = b"", -1, -1
        if tty:
            self.master, self.slave = os.openpty()
            self.before = termios.tcgetattr(self.slave)
            self.resize(24, 80)
            self.child = subprocess.Popen(command, stdin=self.slave, stdout=self.slave, stderr=self.slave, start_new_session=True,
                                          preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        else:
            self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.master = self.child.stdout.fileno()
            os.set_blocking(self.master, False)
        self.tty = tty

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def pump(self, seconds=0.05):
        if self.master >= 0 and select.select([self.master], [], [], seconds)[0]:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                data = b""
            self.seen += data
            return bool(data)
        return False

    def expect(self, text):
        deadline = time.monotonic() + LIMIT
        while text not in self.seen:
            if time.monotonic() > deadline or (self.child.poll() is not None and not self.pump(0.2) and text not in self.seen):
                raise Failure(f"{text!r} did not come; there came {self.seen[-200:]!r}")
            self.pump()
        self.seen = self.seen[self.seen.index(text) + len(text):]

    def type(self, data):
        view = memoryview(data)
        while view:
            if select.select([], [self.master], [], 0.05)[1]:
                view = view[os.write(self.master, view[:512]):]
            self.pump(0)

    def is_raw(self):
        return not termios.tcgetattr(self.slave)[3] & termios.ICANON

    def wait_raw(self):
        deadline = time.monotonic() + LIMIT
        while not self.is_raw():
            if time.monotonic() > deadline or self.child.poll() is not None:
                raise Failure("the client never took the terminal")
            self.pump(0.005)

    def end(self):
        deadline = time.monotonic() + LIMIT
        while self.child.poll() is None:
            if time.monotonic() > deadline:
                self.child.kill()
                raise Failure("the client does not end")
            self.pump(0.01)
        while self.pump(0):
            pass
        return self.child.returncode

    def check_modes(self):
        if termios.tcgetattr(self.slave) != self.before:
            raise Failure("the terminal's settings are not those of before")

    def close(self):
        for fd in (self.slave, self.master) if self.tty else ():
            if fd >= 0:
                os.close(fd)
        self.master = self.slave = -1
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()


class Rounds(Driver):
    # ---- scenarios

    def keys(self, container):
        """CONTAINER runs `stty raw -echo; echo ready; cat >/typed` on a terminal, and is empty so far."""
        plans = [("ctrl-p,ctrl-q", b"\x10\x11"), ("ctrl-@", b"\x00"), ("x,y,z", b"xyz"), ("a,a,b", b"aab"), ("ctrl-],q", b"\x1dq")]
        typed = bytearray()

        def play(_):
            text, keys = self.random.choice(plans)
            client = Client([self.program, "attach", "--detach-keys", text, container])
            try:
                client.wait_raw()
                for _ in range(self.random.randrange(1, 6)):
                    # No whole sequence in what is typed: beginnings of it, and what is near.
                    piece = self.random.choice([b"plain", keys[:-1] + b"-" if len(keys) > 1 else b"-", bytes([keys[0]]) + b"=" if
                                                len(keys) > 1 else b"=", b"\r\n\x1b[A", bytes(range(0x20, 0x2f))])
                    if keys in bytes(piece):
                        continue
                    typed.extend(piece)
                    client.type(piece)
                for byte in keys:
                    client.type(bytes([byte]))
                    if self.random.random() < 0.5:
                        time.sleep(0.002)
                if client.end() != 0:
                    raise Failure(f"detaching gave {client.child.returncode}: {client.seen[-200:]!r}")
                client.check_modes()
            finally:
                client.close()

        played = self.repeat(play)
        try:
            self.until("", lambda: int(self.lichen("exec", container, "stat", "-c", "%s", "/typed")) >= len(typed))
        except Failure:
            pass  # the comparison says it better
        if (got := self.lichen("exec", container, "cat", "/typed")) != bytes(typed):
            self.fail(f"{len(got)} bytes arrived, {len(typed)} were typed; the first that differs is "
                      f"{next((i for i, pair in enumerate(zip(got, typed)) if pair[0] != pair[1]), min(len(got), len(typed)))}")
        if self.state(container) != "running":
            self.fail("the container does not run any more")
        return played

    def lost(self, image):
        ways = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "close", "detach", "SIGKILL"]

        def play(number):
            way, name = ways[number % len(ways)], f"lost{number}"
            # Without a handler a first process gets none of the signals: it goes on; with one it ends by it.
            handles = self.random.random() < 0.5
            script = ("trap 'exit 9' TERM INT HUP QUIT; " if handles else "trap '' TERM INT HUP QUIT; ") + "echo ready; while :; do sleep 0.02; done"
            client = Client([self.program, "run", "-it", "--name", name, "--network", "none", image, "sh", "-c", script])
            try:
                client.expect(b"ready")
                client.wait_raw()
                if way == "close":
                    os.close(client.slave)
                    os.close(client.master)
                    client.slave = client.master = -1
                elif way == "detach":
                    client.type(b"\x10\x11")
                else:
                    client.child.send_signal(getattr(signal, way))
                ends = handles and way.startswith("SIG") and way != "SIGKILL"
                if ends:
                    if client.end() != 9:
                        raise Failure(f"{way}: the client gave {client.child.returncode}, the container 9")
                elif way in ("close", "SIGKILL", "detach"):
                    if client.end() not in (0, -9, 1, 125, 129, -1):
                        raise Failure(f"{way}: the client ended with {client.child.returncode}")
                # Raw mode stays when the client is killed: nobody is left who could change it.
                if client.slave >= 0 and (ends or way == "detach"):
                    client.check_modes()
                state = "exited" if ends else "running"
                # A terminal that closes is SIGHUP for the client, which passes it on.
                if way == "close" and handles:
                    state = "exited"
                self.until(f"{way}: the container is {self.state(name)}, not {state}", lambda: self.state(name) == state)
                time.sleep(0.02)
                if self.state(name) != state:
                    raise Failure(f"{way}: the container did not stay {state}")
            finally:
                client.close()
                self.lichen("rm", "-f", "-t", "0", name, status=None)

        return self.repeat(play)

    def resize(self, image):
        def play(number):
            client = Client([self.program, "run", "--rm", "-it", "--network", "none", image, "sh", "-c",
                             "echo ready; read line; stty size; while read line; do stty size; done"])
            try:
                client.expect(b"ready")
                client.wait_raw()
                for _ in range(200):
                    client.resize(self.random.randrange(5, 200), self.random.randrange(5, 500))
                rows, columns = 30 + number, 90 + number
                client.resize(rows, columns)
                deadline, wanted = time.monotonic() + LIMIT, f"{rows} {columns}".encode()
                while wanted not in client.seen:
                    if time.monotonic() > deadline:
                        raise Failure(f"the size is not {wanted.decode()} in the end: {client.seen[-60:]!r}")
                    client.type(b"\r")
                    client.pump(0.05)
                client.type(b"\x04")
                client.end()
                client.check_modes()
            finally:
                client.close()

        return self.repeat(play)

    def signals(self, image):
        """Every round is one way (run, attach, exec) with and without a terminal; all signals in it, one after the other."""
        numbers = [int(s) for s in signal.valid_signals() if (s if isinstance(s, int) else s.name) not in NOT_PASSED_ON]
        numbers = [n for n in numbers if not hasattr(signal.Signals, "_value2member_map_") or
                   n not in signal.Signals._value2member_map_ or signal.Signals(n).name not in NOT_PASSED_ON]
        script = "".join(f"trap 'n=$((n+1)); echo got {n} $n.' {n}; " for n in numbers) + "echo ready; while :; do sleep 0.01; done"
        ways = [("run", False), ("run", True), ("attach", False), ("exec", False), ("attach", True)]

        def play(number):
            way, tty = ways[number % len(ways)]
            name, flags = f"signals{number}", ["-t", "-i"] if tty else []
            create = ["--name", name, "--network", "none", *flags, image, "sh", "-c"]
            if way == "run":
                command = ["run", *create, script]
            else:
                self.lichen("run", "-d", *create, script if way == "attach" else "sleep 1000")
                command = ["attach", name] if way == "attach" else ["exec", *flags, name, "sh", "-c", script]
                if way == "attach":
                    self.until("not ready", lambda: b"ready" in self.lichen("logs", name))
            client = Client([self.program, *command], tty)
            try:
                if way != "attach":
                    client.expect(b"ready")
                elif tty:
                    client.wait_raw()
                else:
                    # Nothing tells that an attached client listens to signals but that it answers to one.
                    self.until("attach does not block signals", lambda: int(next(
                        line.split()[1] for line in open(f"/proc/{client.child.pid}/status", encoding="ascii") if line.startswith("SigBlk")), 16))
                if tty:
                    client.wait_raw()
                for count, n in enumerate(numbers, 1):
                    client.child.send_signal(n)
                    client.expect(f"got {n} {count}.".encode())
                client.pump(0.05)
                if b"got" in client.seen:
                    raise Failure(f"{way}: a signal came twice: {client.seen!r}")
                self.lichen("kill", name)
                client.end()
                if tty:
                    client.check_modes()
            except Failure as failure:
                raise Failure(f"{way}{' -t' if tty else ''}: {failure}") from failure
            finally:
                client.close()
                self.lichen("rm", "-f", "-t", "0", name, status=None)

        return self.repeat(play)


if __name__ == "__main__":
    sys.exit(main(Rounds))
