#!/usr/bin/env python3
"""Power cuts: qemu is killed at random moments of a mixed load, with the same disk again and again.

  power_cut.py FOLDER [--rounds N] [--seed N]

Each round starts the machine (without systemd, it takes a few seconds), looks at the store that the last cut left, and lets
guest/usr/local/bin/mixed-load work until the cut. After a cut holds:

  the first commands answer without a warning, and `lichen system check` finds nothing;
  what a command had reported as done exists and is whole: an image runs and has the file that was committed, a container can be
  inspected and removed, a volume too; what was under way exists wholly or not at all (or, an image, without its name);
  a compose project comes up wholly from whatever was left of it, and goes down without a trace;
  everything can be removed, and then no file in staging and no layer but those of the base image is left;
  nothing else exists. A removal is no promise: what was removed last may be back, as whole as what was made.

Where all is slow it makes fewer cuts: after LICHEN_POWER_SECONDS (500) no new one begins, and the rest is said to be skipped.

The disk is a file with cache=writeback: all that the guest has sent to its disk survives, all that was only in the guest's
page cache is lost. Prints TAP, one case per cut. LICHEN_POWER_CUTS=N is the number of cuts (10).
"""
import argparse
import os
import random
import re
import sys
import time

from machine import Failed, Machine

BASE_IMAGE = "localhost/busybox:latest"

LISTS = """
lichen images --format 'image {{.Repository}}:{{.Tag}}' && lichen ps -a --format 'container {{.Names}}' &&
lichen volume ls --format 'volume {{.Name}}' && lichen events --since 1h --until 0s >/dev/null
"""

REMOVE_ALL = """
lichen rm -f -a -t 0 >/dev/null && lichen image prune -f >/dev/null || exit 1
for image in $(lichen images --format '{{.Repository}}:{{.Tag}}'); do
  [ $image = localhost/busybox:latest ] || lichen rmi -f $image >/dev/null || exit 1
done
for volume in $(lichen volume ls -q); do lichen volume rm $volume >/dev/null || exit 1; done
lichen system check --repair >/dev/null
cd ~/.local/share/lichen
find staging -mindepth 1
[ $(ls layers | wc -l) = 1 ] || ls -d layers/*
ls -d containers/* names/* volumes/* 2>/dev/null
lichen run --rm --network none busybox echo well
"""


# Whatever the cut has left of the project: `up` makes it whole, `down` leaves nothing.
PROJECT = """
shop="lichen compose --progress quiet -f /usr/local/share/shop/compose.yaml"
$shop up -d && $shop ps -q --status running | wc -l
lichen exec shop-db-1 cat /greeting; echo
$shop down -v -t 0
{ lichen ps -aq --filter label=com.docker.compose.project=shop; lichen volume ls -q --filter label=com.docker.compose.project=shop; lichen secret ls -q; } | wc -l
"""


class Broken(Exception):
    """What does not hold after a cut."""


class Account:
    """What the load told: what must be there, what may be. For what was removed before it nobody has waited for the disk."""

    def __init__(self, lines, removed_before):
        self.must, self.may = set(), set(removed_before)
        self.failed, self.commands = [], 0
        for line in lines:
            state, verb, kind, name = line.split(" ")[:4]
            thing = f"{kind} {name}"
            if state == "begin":
                # Until it is done it may be there or not.
                self.must.discard(thing)
                self.may.add(thing)
                if kind == "image":
                    # Its files are there before its name, and after: as docker's dangling ones, until a prune.
                    self.may.add("image <none>:<none>")
            elif state == "done":
                self.commands += 1
                (self.must.add if verb == "make" else self.must.discard)(thing)
            else:
                self.failed.append(line)

    def forget(self, thing):
        self.must.discard(thing)
        self.may.discard(thing)


class Cuts:
    def __init__(self, folder, seed):
        self.machine = Machine(folder)
        self.random = random.Random(seed)
        self.removed = set()  # after the last cut

    def run(self, script, limit=240):
        """stdout; a warning or a failure is broken."""
        status, out, err = self.machine.run("user", script, limit)
        if status != 0 or err:
            raise Broken(f"status {status} of: {script.strip()}\n{out.decode()}{err.decode()}")
        return out.decode()

    def start(self):
        self.machine.start(init="small", memory=512)

    def marks(self):
        with open(self.machine.path("marks"), encoding="utf-8", errors="replace") as file:
            return file.read().split("\n")[:-1]  # half a line is none: the cut came first

    def load_and_cut(self):
        """Let it work for a random while, cut; the account of it."""
        self.machine.run("user", "setsid mixed-load >/dev/null 2>&1 &")
        deadline = time.monotonic() + 240
        while len(self.marks()) < 4:  # it works
            if time.monotonic() > deadline:
                raise Broken("the load does not begin")
            time.sleep(0.05)
        # A moment, not a wait: the cut may come whenever it likes.
        time.sleep(self.random.uniform(0, 8))
        self.machine.cut()
        return Account(self.marks(), self.removed)

    def look(self, account):
        if account.failed:
            raise Broken("commands failed before the cut:\n" + "\n".join(account.failed))
        there = set(self.run(LISTS).split("\n")[:-1]) - {f"image {BASE_IMAGE}"}
        there = {thing for thing in there if not re.match(r"(container|volume) (\w{12}_)?shop[-_]", thing)}
        account.forget("project shop")
        self.run("lichen system check")
        lost = account.must - there
        if lost:
            raise Broken(f"done before the cut, lost by it: {', '.join(sorted(lost))}")
        strange = there - account.must - account.may
        if strange:
            raise Broken(f"nobody made: {', '.join(sorted(strange))}")
        self.look_inside(there)
        project = self.run(PROJECT)
        if project != "3\nhello\n0\n":
            raise Broken(f"the project after the cut: {project}")
        # Layers of a load that did not end wait an hour for the next attempt.
        self.machine.run("root", "date -s '+2 hours'")
        left = self.run(REMOVE_ALL)
        self.machine.run("root", "date -s '-2 hours'")
        if left != "well\n":
            raise Broken(f"left after everything was removed: {left}")
        self.removed = there

    def look_inside(self, there):
        for thing in sorted(there - {"image <none>:<none>"}):
            kind, name = thing.split(" ", 1)
            if name.startswith("localhost/made-"):
                expected = name.removeprefix("localhost/made-").removesuffix(":1")
                found = self.run(f"lichen run --rm --network none {name} cat /marker").strip()
                if found != expected:
                    raise Broken(f"{name} holds '{found}' in /marker, committed was '{expected}'")
            else:
                self.run(f"lichen {kind} inspect {name} >/dev/null")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("LICHEN_POWER_CUTS", "10")))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("LICHEN_POWER_SEED", "0")) or time.time_ns() % 1000000)
    options = parser.parse_args()
    reason = os.path.join(os.environ["LICHEN_TEST_VM"], "reason")
    if os.path.exists(reason):
        with open(reason, encoding="utf-8") as file:
            print(f"1..1\nok 1 power cuts # skip {file.read().strip()}")
        return 0
    cuts, failures = Cuts(options.folder, options.seed), 0
    end = time.monotonic() + int(os.environ.get("LICHEN_POWER_SECONDS", "500"))
    print(f"1..{options.rounds}\n# --seed {options.seed} chooses the same moments", flush=True)
    try:
        cuts.start()
        cuts.run("lichen load -q -i /opt/lichen/images/busybox.tar")
        for number in range(1, options.rounds + 1):
            if number > 1 and time.monotonic() > end:
                print(f"ok {number} power cut {number} # skip the machine is slow: {number - 1} cuts took the time there is")
                continue
            begin, account = time.monotonic(), Account([], [])
            try:
                account = cuts.load_and_cut()
                cut = time.monotonic()
                cuts.start()
                up = time.monotonic()
                cuts.look(account)
                word, detail = "ok", ""
                times = f"load {cut - begin:.0f} s, start {up - cut:.0f} s, look {time.monotonic() - up:.0f} s"
            except Broken as broken:
                failures += 1
                times = "the disk is kept: " + cuts.machine.path("home.img")
                word, detail = "not ok", "\n".join("# " + line for line in str(broken).split("\n")) + "\n"
            print(f"{word} {number} power cut {number} in {(time.monotonic() - begin) * 1000:.0f}ms\n{detail}"
                  f"# {account.commands} commands done before it; {times}", flush=True)
            if word == "not ok":
                return 1
    except Failed as error:
        print(f"not ok {options.rounds} the machine\n# {error}")
        failures += 1
    finally:
        cuts.machine.cut()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
