#!/usr/bin/env python3
"""SIGKILL at random moments, and an audit after each.

One round starts a command in a process group of its own, waits a random part of the time that the command needs, and kills:
the whole group (a session that ended), or one process of ours that it started. Then the audit holds the invariants:

  ps -a, images, inspect and rm -f answer within 2 s; what an earlier command reported as done still exists; the same command,
  repeated, succeeds; a published container has a living monitor or is seen as ended; and after `rm -f -a` no process of this
  store, no mount and no byte in staging is left.

LICHEN_ROOT and XDG_RUNTIME_DIR come from the environment. Prints one line per broken invariant; exit status 1 when there was any.
"""
import argparse
import os
import random
import signal
import subprocess
import sys
import time

BUSYBOX = "localhost/busybox:latest"
OURS = ("lichen", "lichen-conmon", "lichen-oci", "lichen-image", "slirp4netns", "fuse-overlayfs")


def processes_of_store(root):
    """{pid: command line} of processes that carry this store in their environment or arguments, this one's ancestry left out."""
    found, mine = {}, {os.getpid(), os.getppid()}
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) in mine:
            continue
        try:
            command = open(f"/proc/{name}/cmdline", "rb").read()
            environment = open(f"/proc/{name}/environ", "rb").read()
        except OSError:
            continue
        program = os.path.basename(command.split(b"\0")[0].decode("utf-8", "replace"))
        if program in OURS and (root in environment or root in command):
            found[int(name)] = command.replace(b"\0", b" ").decode("utf-8", "replace")[:160]
    return found


class Rounds:
    def __init__(self, options):
        self.options = options
        self.root = os.environ["LICHEN_ROOT"].encode()
        self.random = random.Random(options.seed or time.time_ns())
        self.broken = []
        self.duration = {}

    # ---- commands

    def lichen(self, *arguments, limit=20.0):
        """(status, stdout, seconds); a command that hangs is broken by itself."""
        start = time.monotonic()
        try:
            done = subprocess.run([self.options.lichen, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=limit, check=False, close_fds=True)
        except subprocess.TimeoutExpired:
            self.complain(f"'{' '.join(arguments)}' did not end within {limit:.0f} s")
            return -1, "", limit
        if done.returncode < 0 or "terminate called" in done.stderr or "assert" in done.stderr.lower():
            self.complain(f"'{' '.join(arguments)}' crashed: {done.stderr.strip()[-300:]}")
        return done.returncode, done.stdout if done.returncode == 0 else done.stdout + done.stderr, time.monotonic() - start

    def complain(self, text):
        self.broken.append(text)
        print(f"round {self.round}: {text}", flush=True)

    def must(self, *arguments):
        status, output, _ = self.lichen(*arguments)
        if status != 0:
            self.complain(f"'{' '.join(arguments)}' failed with {status}: {output.strip()[-300:]}")
        return output

    # ---- one killed command

    def typical(self, key, arguments):
        """How long the command takes undisturbed, measured once, to spread the kills over all of it."""
        if key not in self.duration:
            self.duration[key] = max(0.004, self.lichen(*arguments)[2])
        return self.duration[key]

    def start(self, arguments):
        return subprocess.Popen([self.options.lichen, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, start_new_session=True)

    def kill_group(self, child):
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        return child.communicate()[0].decode()

    def kill_one(self, child):
        """Kill one of our programs, the CLI or another one, chosen at random."""
        pids = sorted(set(processes_of_store(self.root)) | {child.pid})
        try:
            os.kill(self.random.choice(pids), signal.SIGKILL)
        except ProcessLookupError:
            pass
        try:
            return child.communicate(timeout=20)[0].decode()
        except subprocess.TimeoutExpired:
            self.complain("the command hangs after one of its programs was killed")
            return self.kill_group(child)

    def disturbed(self, key, arguments, kill):
        length = self.typical(key, arguments) if key not in self.duration else self.duration[key]
        child = self.start(arguments)
        time.sleep(self.random.uniform(0, length * 1.15))
        return kill(child)

    # ---- the audit

    def audit_readers(self):
        for arguments in (("ps", "-a"), ("images",)):
            status, output, seconds = self.lichen(*arguments)
            if status != 0:
                self.complain(f"'{' '.join(arguments)}' failed: {output.strip()[-300:]}")
            if seconds > 2:
                self.complain(f"'{' '.join(arguments)}' took {seconds:.1f} s")

    def audit_clean(self):
        """After everything is removed, nothing is left; half-made things may need the next command's sweep."""
        self.must("rm", "-f", "-a", "-t", "0")
        self.lichen("ps", "-a")
        deadline = time.monotonic() + 5
        while (left := processes_of_store(self.root)) and time.monotonic() < deadline:
            time.sleep(0.02)
        for pid, command in left.items():
            self.complain(f"process left: {pid} {command}")
            os.kill(pid, signal.SIGKILL)
        mounts = [line for line in open("/proc/self/mountinfo", encoding="utf-8") if os.fsdecode(self.root) in line]
        if mounts:
            self.complain(f"mounts left: {mounts[0].strip()}")
        staging = os.path.join(os.fsdecode(self.root), "staging")
        left = os.listdir(staging) if os.path.isdir(staging) else []
        if left:
            self.complain(f"staging left: {' '.join(left)}")
        if self.lichen("ps", "-aq")[1].strip():
            self.complain("containers left after rm -f -a")

    def audit_published(self, name):
        """A container that exists answers inspect, and says running only when its process lives."""
        status, output, _ = self.lichen("inspect", "-f", "{{.State.Status}} {{.State.Pid}}", name)
        if status != 0:
            return
        state, pid = output.split()
        if state == "running" and not os.path.exists(f"/proc/{pid}"):
            self.complain(f"{name} is said to run, but process {pid} is gone")
        if state not in ("created", "running", "exited", "restarting", "stopping", "dead"):
            self.complain(f"{name} has state '{state}'")

    # ---- scenarios: each is one round

    def run_detached(self):
        arguments = ("run", "-d", "--name", "r", "--network", "none", BUSYBOX, "sleep", "1000")
        if "run-detached" not in self.duration:
            self.typical("run-detached", arguments)
            self.must("rm", "-f", "r")
        answer = self.disturbed("run-detached", arguments, self.kill_group)
        self.audit_readers()
        self.audit_published("r")
        if len(answer.strip()) == 64 and self.lichen("inspect", "r")[0] != 0:
            self.complain("run had printed the id, and the container does not exist")
        self.lichen("rm", "-f", "-t", "0", "r")
        self.must(*arguments)

    def run_foreground(self):
        arguments = ("run", "--rm", "--name", "f", "--network", "none", BUSYBOX, "sh", "-c", "echo x")
        self.disturbed("run-foreground", arguments, self.kill_group)
        self.audit_readers()
        self.lichen("rm", "-f", "-t", "0", "f")
        self.must(*arguments)

    def run_one(self):
        arguments = ("run", "-d", "--name", "o", "--network", "none", BUSYBOX, "sleep", "1000")
        if "run-one" not in self.duration:
            self.typical("run-one", arguments)
            self.must("rm", "-f", "o")
        self.disturbed("run-one", arguments, self.kill_one)
        self.audit_readers()
        self.audit_published("o")
        self.lichen("rm", "-f", "-t", "0", "o")
        self.must(*arguments)

    def stop(self):
        self.must("run", "-d", "--name", "s", "--network", "none", BUSYBOX, "sleep", "1000")
        self.duration.setdefault("stop", 0.03)
        kill = self.kill_group if self.random.random() < 0.5 else self.kill_one
        self.disturbed("stop", ("stop", "-t", "0", "s"), kill)
        self.audit_readers()
        self.audit_published("s")
        self.must("stop", "-t", "0", "s")
        if self.must("inspect", "-f", "{{.State.Status}}", "s").strip() != "exited":
            self.complain("stopped, but not exited")

    def remove(self):
        self.must("run", "-d", "--name", "d", "--network", "none", "-v", "/anonymous", BUSYBOX, "sleep", "1000")
        self.duration.setdefault("remove", 0.03)
        kill = self.kill_group if self.random.random() < 0.5 else self.kill_one
        self.disturbed("remove", ("rm", "-f", "-v", "-t", "0", "d"), kill)
        self.audit_readers()
        self.must("rm", "-f", "-v", "-t", "0", "d")
        self.must("create", "--name", "d", "--network", "none", BUSYBOX, "true")

    def load(self):
        arguments = ("load", "-q", "-i", self.options.archive)
        if "load" not in self.duration:
            self.typical("load", arguments)
            self.must("rmi", "localhost/layers")
        self.disturbed("load", arguments, self.kill_group)
        self.audit_readers()
        self.must(*arguments)
        self.must("run", "--rm", "--network", "none", "localhost/layers", "true")
        self.must("rmi", "localhost/layers")

    def pull(self):
        name = f"{self.options.registry}/team/layers:1"
        arguments = ("pull", "-q", name)
        if "pull" not in self.duration:
            self.typical("pull", arguments)
            self.must("rmi", name)
        self.disturbed("pull", arguments, self.kill_group)
        self.audit_readers()
        self.must(*arguments)
        self.must("run", "--rm", "--network", "none", name, "true")
        self.must("rmi", name)

    def create(self):
        arguments = ("create", "--name", "c", "--network", "none", BUSYBOX, "true")
        self.lichen("rm", "-f", "c")
        self.duration.setdefault("create", 0.02)
        self.disturbed("create", arguments, self.kill_group)
        self.audit_readers()
        self.lichen("rm", "-f", "c")
        self.must(*arguments)

    def play(self):
        scenario = getattr(self, self.options.scenario.replace("-", "_"))
        for self.round in range(1, self.options.rounds + 1):
            scenario()
            self.audit_clean()
            if len(self.broken) > 10:
                print("too many: stopped")
                break
        print(f"{self.options.scenario}: {self.round} rounds, {len(self.broken)} broken invariants")
        return 1 if self.broken else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lichen", required=True)
    parser.add_argument("--scenario", required=True)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--registry", default="")
    parser.add_argument("--archive", default="")
    parser.add_argument("--seed", type=int, default=0)
    return Rounds(parser.parse_args()).play()


if __name__ == "__main__":
    sys.exit(main())
