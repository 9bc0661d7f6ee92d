#!/usr/bin/env python3
"""A whole Debian machine in software: start it, run commands in it, cut its power.

  machine.py start DIR [--init small] [--memory MB] [--disk MB]   and wait until it takes commands
  machine.py run DIR root|user [--limit SECONDS] SCRIPT           a bash script there; its output and exit status
  machine.py await DIR root|user                                  until it takes commands again, after a reboot
  machine.py cut DIR                                              end it as a power cut does: SIGKILL
  machine.py stop DIR                                             cut, and forget the disk

DIR holds one machine: home.img (what survives a power cut; everything else is as new at each start), console.log,
marks (what the guest wrote to its second serial port since the start: power_cut.py) and the pipes of the agents
(guest/usr/local/sbin/agent).
LICHEN_TEST_VM: what make_images wrote. TCG and not KVM: it works everywhere, and a nested KVM may hang.
"""
import argparse
import base64
import fcntl
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import time

START_LIMIT = 240  # seconds; 10 are usual on a machine with nothing else to do


class Failed(Exception):
    """What went wrong with the machine itself."""


def start_time(pid):
    """With the pid it names one process for ever (proc(5), field 22); "" when it has ended."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(") ")[2].split()
    return "" if fields[0] == "Z" else fields[19]


class Machine:
    def __init__(self, folder):
        self.folder = os.path.abspath(folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    # ---- power

    def start(self, init="", memory=768, disk=1024):
        os.makedirs(self.folder, exist_ok=True)
        if not os.path.exists(self.path("home.img")):
            subprocess.run(["mke2fs", "-q", "-t", "ext4", "-E", "root_owner=1000:1000", self.path("home.img"), f"{disk}M"],
                           stdout=subprocess.DEVNULL, check=True)
        for agent in ("root", "user"):
            for end in ("in", "out"):
                if os.path.exists(self.path(f"{agent}.{end}")):
                    os.remove(self.path(f"{agent}.{end}"))
                os.mkfifo(self.path(f"{agent}.{end}"))
        with open(self.path("qemu.log"), "ab") as log:
            # In the caller's process group: whoever ends the test by its group ends the machine.
            qemu = subprocess.Popen(self.command(init, memory), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)
        with open(self.path("pid"), "w", encoding="utf-8") as file:
            file.write(f"{qemu.pid} {start_time(qemu.pid)}")
        for agent in ("root", "user"):
            self.wait_ready(agent)

    def command(self, init, memory):
        images = os.environ["LICHEN_TEST_VM"]
        kernel = "console=ttyS0 rw quiet panic=0 systemd.show_status=false"
        if init:
            kernel += f" init=/usr/local/sbin/{init}-init"
        command = ["qemu-system-x86_64", "-accel", "tcg,thread=multi,tb-size=256", "-cpu", "max", "-smp", "2", "-m", str(memory),
                   "-M", "pc", "-nodefaults", "-no-user-config", "-display", "none", "-serial", "file:console.log",
                   "-kernel", f"{images}/vmlinuz", "-initrd", f"{images}/initrd", "-append", kernel,
                   "-nic", "user,model=virtio-net-pci,restrict=on", "-device", "virtio-serial-pci"]
        # writeback: a write is done when the host's page cache has it, which survives qemu; so the guest loses exactly what
        # its own page cache had not written.
        for name, options in (("debian.img", "snapshot=on"), ("programs.img", "readonly=on"), ("home.img", "cache=writeback")):
            folder = self.folder if name == "home.img" else images
            command += ["-drive", f"file={folder}/{name},if=virtio,format=raw,{options}"]
        for agent in ("root", "user"):
            command += ["-chardev", f"pipe,id={agent},path={self.path(agent)}", "-device", f"virtserialport,chardev={agent},name={agent}"]
        return command + ["-chardev", f"file,id=marks,path={self.path('marks')}", "-device", "isa-serial,chardev=marks"]

    def pid(self):
        """The running qemu of this folder, or None."""
        try:
            with open(self.path("pid"), encoding="utf-8") as file:
                pid, start = file.read().split()
            return int(pid) if start_time(pid) == start else None
        except (OSError, ValueError):
            return None

    def cut(self):
        pid = self.pid()
        if pid is None:
            return
        pidfd = os.pidfd_open(pid)
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        select.select([pidfd], [], [])
        os.close(pidfd)

    # ---- commands

    def wait_ready(self, agent):
        deadline = time.monotonic() + START_LIMIT
        while not self.answer(agent, deadline).startswith("ready "):
            pass

    def run(self, agent, script, limit=60):
        """(status, stdout, stderr) of a bash script in the machine."""
        request = f"{random.getrandbits(64):016x}"
        line = f"{request} {limit} {base64.b64encode(script.encode()).decode()}\n"
        with open(self.path(f"{agent}.in"), "wb", buffering=0) as pipe:
            fcntl.flock(pipe, fcntl.LOCK_EX)  # one request at a time
            pipe.write(line.encode())
            deadline = time.monotonic() + limit + 30
            while True:
                # Answers to requests whose senders gave up, and the news of a start, go by.
                words = self.answer(agent, deadline).split(" ")
                if words[0] == request:
                    return int(words[1]), base64.b64decode(words[2][1:]), base64.b64decode(words[3][1:])

    def answer(self, agent, deadline):
        """The next line that the agent wrote."""
        line = b""
        with open(os.open(self.path(f"{agent}.out"), os.O_RDWR | os.O_NONBLOCK), "rb", buffering=0) as pipe:
            while True:
                if self.pid() is None or "Kernel panic" in self.console():
                    raise Failed(f"the machine is off or dead\n{self.console()}")
                if time.monotonic() > deadline:
                    raise Failed(f"no answer from the {agent} agent\n{self.console()}")
                if not select.select([pipe], [], [], 0.5)[0]:
                    continue
                chunk = pipe.read(1) if not line else pipe.read(65536)
                line += chunk or b""
                if line.endswith(b"\n"):
                    return line.decode().rstrip("\n")

    def console(self):
        texts = []
        for name in ("qemu.log", "console.log"):
            try:
                with open(self.path(name), "rb") as file:
                    texts.append(file.read()[-3000:].decode("utf-8", "replace"))
            except OSError:
                pass
        return "\n".join(texts)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    start = verbs.add_parser("start")
    run = verbs.add_parser("run")
    for verb in (start, run, verbs.add_parser("cut"), verbs.add_parser("stop")):
        verb.add_argument("folder")
    start.add_argument("--init", default="")
    start.add_argument("--memory", type=int, default=768)
    start.add_argument("--disk", type=int, default=1024)
    ready = verbs.add_parser("await")
    ready.add_argument("folder")
    for verb in (run, ready):
        verb.add_argument("agent", choices=("root", "user"))
    run.add_argument("--limit", type=int, default=60)
    run.add_argument("script")
    return parser.parse_args()


def main():
    options = arguments()
    machine = Machine(options.folder)
    if options.verb == "start":
        machine.start(options.init, options.memory, options.disk)
    elif options.verb == "await":
        machine.wait_ready(options.agent)
    elif options.verb == "run":
        status, out, err = machine.run(options.agent, options.script, options.limit)
        sys.stdout.buffer.write(out)
        sys.stderr.buffer.write(err)
        return status
    else:
        machine.cut()
        if options.verb == "stop":
            shutil.rmtree(machine.folder)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Failed, subprocess.CalledProcessError) as error:
        print(f"machine.py: {error}", file=sys.stderr)
        sys.exit(99)
