#!/usr/bin/env python3
"""Run a command on a terminal of its own and play a person at it.

  terminal.py [--size ROWSxCOLS] [--timeout SECONDS] [--step STEP]... -- COMMAND...

Steps, in order:  expect:TEXT   wait until TEXT has come since the last step
                  send:TEXT     type TEXT (\\r \\n \\x10 and so on are understood)
                  resize:RxC    change the window
                  signal:NAME   signal the command (not the container)
                  hangup        close the terminal
Then it waits for the command. Prints all that came; the exit status is the command's (128+N for a signal), 99 when a step or
the end did not come in time (default 10 s). The last line on stderr is "modes: same" or "modes: changed": whether the terminal's
settings at the end are those of the beginning.
"""
import argparse
import fcntl
import os
import select
import signal
import struct
import sys
import termios
import time


class Terminal:
    def __init__(self, command, rows, columns):
        self.master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before, self.slave = termios.tcgetattr(slave), slave
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            for number in range(3):
                os.dup2(slave, number)
            os.closerange(3, 256)
            os.execvp(command[0], command)
        self.seen, self.mark = b"", 0

    def pump(self, seconds):
        """Read what comes within `seconds`; False when the terminal is closed."""
        ready, _, _ = select.select([self.master], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self.seen += data
        return bool(data)

    def expect(self, text, deadline):
        while text not in self.seen[self.mark:]:
            if time.monotonic() > deadline:
                raise TimeoutError(f"'{text.decode()}' did not come")
            self.pump(0.05)
        self.mark = self.seen.index(text, self.mark) + len(text)

    def wait(self, deadline):
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.pump(0.02)
            if pid:
                while select.select([self.master], [], [], 0.05)[0] and self.pump(0):
                    pass
                return os.waitstatus_to_exitcode(status)
            if time.monotonic() > deadline:
                raise TimeoutError("the command did not end")

    def play(self, step, deadline):
        name, _, value = step.partition(":")
        if name == "expect":
            self.expect(value.encode(), deadline)
        elif name == "send":
            os.write(self.master, value.encode().decode("unicode_escape").encode("latin-1"))
        elif name == "resize":
            rows, columns = map(int, value.split("x"))
            fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        elif name == "signal":
            os.kill(self.pid, getattr(signal, value))
        elif name == "hangup":
            os.close(self.slave)
            os.close(self.master)
            self.master = self.slave = -1
        else:
            raise ValueError(f"unknown step '{step}'")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", default="24x80")
    parser.add_argument("--timeout", type=float, default=10)
    parser.add_argument("--step", action="append", default=[])
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    rows, columns = map(int, options.size.split("x"))
    terminal = Terminal(options.command, rows, columns)
    try:
        for step in options.step:
            terminal.play(step, time.monotonic() + options.timeout)
            if step == "hangup":
                return 0
        code = terminal.wait(time.monotonic() + options.timeout)
        code = 128 - code if code < 0 else code
    except TimeoutError as error:
        os.kill(terminal.pid, signal.SIGKILL)
        print(f"terminal: {error}", file=sys.stderr)
        code = 99
    sys.stdout.write(terminal.seen.decode("utf-8", "replace").replace("\r\n", "\n"))
    sys.stdout.flush()
    same = termios.tcgetattr(terminal.slave) == terminal.before
    print("modes: same" if same else "modes: changed", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
