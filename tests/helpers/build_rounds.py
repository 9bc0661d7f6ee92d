#!/usr/bin/env python3
"""A build is killed at random moments (SIGKILL); after each, the store must be sound and the next build right.

One round removes what it built before, starts the build in a process group of its own, waits a random part of the time that it needs
undisturbed, and kills the whole group or one process of ours. Then:

  `system check` finds nothing; no process of this store is left, no mount of it, and no byte in staging once another command has run;
  the same build succeeds, its image has the expected digest of files, and running it prints what the Dockerfile says.

LICHEN_ROOT and XDG_RUNTIME_DIR come from the environment. Prints one line per broken invariant; exit status 1 when there was any.
"""
import argparse
import os
import random
import sys
import time

from kill_rounds import BUSYBOX, Rounds, processes_of_store

SCENARIOS = {
    # Files of many sizes made by a step, then one that reads them: the first's layer is hashed while the second runs.
    "run": f"""FROM {BUSYBOX}
ARG ROUND
RUN echo $ROUND >/round; mkdir /d; i=0; while [ $i -lt 60 ]; do echo $i >/d/$i; i=$((i+1)); done; head -c 3000000 /dev/zero >/d/large
RUN cat /d/?? /d/? | wc -l >/count; rm /d/1*
CMD ["sh", "-c", "cat /count; ls /d | wc -l"]
""",
    "copy": f"""FROM {BUSYBOX}
ARG ROUND
COPY --chown=5:6 files /files
ENV ROUND=$ROUND
COPY files/1* /more/
WORKDIR /files
CMD ["sh", "-c", "find /files /more -type f | wc -l; stat -c %u:%g /files/d1/7"]
""",
    # Mostly hashing, publishing and the image: large layers, nothing to compute.
    "commit": f"""FROM {BUSYBOX} AS one
ARG ROUND
RUN echo $ROUND >/round; head -c 6000000 /dev/zero >/one
FROM {BUSYBOX} AS two
ARG ROUND
RUN echo $ROUND >/round; head -c 5000000 /dev/zero >/two
FROM {BUSYBOX}
COPY --from=one /one /
COPY --from=two /two /
CMD ["sh", "-c", "cat /one /two | wc -c; echo done"]
""",
}
WANTED = {"run": "60\n50\n", "copy": "440\n5:6\n", "commit": "11000000\ndone\n"}


class BuildRounds(Rounds):
    def __init__(self, options):
        super().__init__(options)
        self.nonce = f"{time.time_ns()}-"
        self.context = os.path.join(options.world, "rounds-" + options.scenario)
        os.makedirs(self.context)
        with open(os.path.join(self.context, "Dockerfile"), "w", encoding="utf-8") as file:
            file.write(SCENARIOS[options.scenario])
        for directory in ("d1", "d2") if options.scenario == "copy" else ():
            os.makedirs(os.path.join(self.context, "files", directory))
            for number in range(200):
                with open(os.path.join(self.context, "files", directory, str(number)), "w", encoding="utf-8") as file:
                    file.write(f"{number}\n" * (number + 1))
        for number in range(20) if options.scenario == "copy" else ():
            with open(os.path.join(self.context, "files", f"1{number}"), "w", encoding="utf-8") as file:
                file.write("x")

    def arguments(self, number):
        return ("build", "-q", "-t", "rounds", "--build-arg", f"ROUND={self.nonce}{number}", self.context)

    def play(self):
        self.round = 0
        self.typical("build", self.arguments("first"))
        for self.round in range(1, self.options.rounds + 1):
            self.disturbed("build", self.arguments(self.round), self.kill_group if self.random.random() < 0.5 else self.kill_one)
            self.audit()
            if len(self.broken) > 10:
                print("too many: stopped")
                break
        print(f"build, {self.options.scenario}: {self.round} rounds, {len(self.broken)} broken invariants")
        return 1 if self.broken else 0

    def left_running(self):
        """The hub and its way out linger, for whoever comes next."""
        return {pid: command for pid, command in processes_of_store(self.root).items() if "slirp4netns" not in command.split(" ")[0]}

    def audit(self):
        deadline = time.monotonic() + 5
        while (left := self.left_running()) and time.monotonic() < deadline:
            time.sleep(0.005)
        for pid, command in left.items():
            self.complain(f"process left: {pid} {command}")
        self.must("build", "-q", "-t", "rounds", "--build-arg", f"ROUND={self.nonce}{self.round}", self.context)
        # What a process that was still dying held is the next command's to sweep.
        staging = os.path.join(os.fsdecode(self.root), "staging")
        while (left := os.listdir(staging)) and time.monotonic() < deadline + 5:
            self.must("builder", "prune", "--force", "--filter", "until=1000h")
        if left:
            self.complain(f"staging left: {' '.join(left)}")
        if mounts := [line for line in open("/proc/self/mountinfo", encoding="utf-8") if os.fsdecode(self.root) in line]:
            self.complain(f"mounts left: {mounts[0].strip()}")
        output = self.must("run", "--rm", "--network", "none", "rounds")
        if output.replace(" ", "") != WANTED[self.options.scenario]:
            self.complain(f"the image prints {output!r}")
        if self.round in (3, self.options.rounds):
            self.must("system", "check")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lichen", required=True)
    parser.add_argument("--world", required=True)
    parser.add_argument("--scenario", required=True, choices=sorted(SCENARIOS))
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    return BuildRounds(parser.parse_args()).play()


if __name__ == "__main__":
    sys.exit(main())
