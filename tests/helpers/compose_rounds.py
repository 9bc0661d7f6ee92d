#!/usr/bin/env python3
"""Projects through bad times; each round must end in a project that is whole, and `down` must leave nothing of it.

  compose_rounds.py interrupted|killed|twice|crowd ROUNDS LICHEN FOLDER      (driver.py says the rest)

LICHEN_ROOT and XDG_RUNTIME_DIR come from the environment; nothing else may use this store.
"""
import os
import signal
import subprocess
import sys
import time

import driver
from driver import BUSYBOX, Failure
from kill_rounds import processes_of_store

LABEL = "com.docker.compose.project"
# Health, a one-shot, replicas, volumes, two networks, a config: what there is to be half made.
PROJECT = f"""
x-idle: &idle {{image: {BUSYBOX}, init: true, command: sleep 1000, stop_grace_period: 1s}}
services:
  db:
    <<: *idle
    volumes: ["data:/data", /anonymous]
    networks: [back]
    configs: [text]
    healthcheck: {{test: "true", interval: 1s, start_period: 10s, start_interval: 50ms}}
  migrate:
    image: {BUSYBOX}
    command: touch /data/migrated
    volumes: ["data:/data"]
    networks: [back]
    depends_on: {{db: {{condition: service_healthy}}}}
  web:
    <<: *idle
    networks: [back, front]
    depends_on: {{migrate: {{condition: service_completed_successfully}}}}
  worker: {{<<: *idle, scale: 2, networks: [front]}}
volumes: {{data: {{}}}}
networks: {{front: {{}}, back: {{internal: true}}}}
configs: {{text: {{content: kept in the store}}}}
"""
CONTAINERS = ["db-1 running", "migrate-1 exited", "web-1 running", "worker-1 running", "worker-2 running"]
SMALL = f"services: {{a: {{image: {BUSYBOX}, init: true, command: sleep 1000, volumes: ['data:/data', /anonymous]}}}}\nvolumes: {{data: {{}}}}\n"


class ComposeRounds(driver.Driver):
    def write(self, folder, text=PROJECT):
        os.makedirs(folder, exist_ok=True)
        self.file = os.path.join(folder, "compose.yaml")
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(text)

    def compose(self, *words, project="shop", **more):
        return self.lichen("compose", "-f", self.file, "-p", project, *words, **more)

    def start_up(self, *words):
        """`up` as a shell starts it: a process group of its own, with the signals' usual meaning."""
        return self.start("compose", "-f", self.file, "-p", "shop", "up", *words, start_new_session=True,
                          stderr=open(self.file + ".stderr", "wb"), preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))

    def said(self):
        with open(self.file + ".stderr", encoding="utf-8", errors="replace") as file:
            return file.read()[-600:]

    # ---- what must be so

    def containers(self, project="shop"):
        rows = self.lichen("ps", "-a", "--filter", f"label={LABEL}={project}", "--format", "{{.Names}} {{.State}}").decode().split("\n")
        return sorted(row.removeprefix(project + "-") for row in rows if row)

    def must_be_up(self):
        found = self.containers()
        if found != CONTAINERS:
            raise Failure(f"after up there is {found}")

    def must_be_gone(self):
        """Not by labels: also what was made and not yet labelled is found."""
        for words in (["ps", "-aq"], ["network", "ls", "-q", "--filter", "type=custom"], ["volume", "ls", "-q"], ["secret", "ls", "-q"]):
            if left := self.lichen(*words).decode().split():
                raise Failure(f"after down '{' '.join(words)}' shows {left}")
        # The network's helpers linger by design, for whoever comes next.
        monitors = lambda: [command for command in processes_of_store(os.fsencode(os.environ["LICHEN_ROOT"])).values() if "conmon" in command]
        self.until(lambda: f"after down there runs {monitors()}", lambda: not monitors(), 10)

    def down(self):
        self.compose("down", "-v", "-t", "0")
        self.must_be_gone()

    # ---- scenarios

    def measure(self):
        """Seconds that `up -d` takes when nobody disturbs it."""
        self.compose("up", "-d")
        self.must_be_up()
        self.down()
        begin = time.monotonic()
        self.compose("up", "-d")
        self.typical = time.monotonic() - begin
        self.down()

    @staticmethod
    def is_gone(group):
        """No process of the group lives; who is dead may wait for its new parent."""
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                    state, _, its_group = file.read().rpartition(")")[2].split()[:3]
            except OSError:
                continue
            if int(its_group) == group and state not in "ZX":
                return False
        return True

    def sleep_some(self):
        time.sleep(self.random.random() * self.typical * 1.1)

    def interrupted(self, folder):
        self.write(folder)
        self.measure()

        def play(number):
            self.compose("down", "-v", "-t", "0")  # a round that failed is not to spoil the next one
            up = self.start_up()
            self.sleep_some()
            # A terminal signals the group, `kill` and service managers one process.
            (os.killpg if number % 3 else os.kill)(up.pid, signal.SIGINT if number % 2 else signal.SIGTERM)
            try:
                code = up.wait(driver.LIMIT)
            except subprocess.TimeoutExpired as late:
                raise Failure(f"up did not end: {self.said()}") from late
            if code not in (130, -signal.SIGINT, -signal.SIGTERM):
                raise Failure(f"up ended with {code}: {self.said()}")
            if running := [row for row in self.containers() if row.endswith(" running")]:
                raise Failure(f"after Ctrl-C there runs {running}: {self.said()}")
            self.down()
        return self.repeat(play)

    def killed(self, folder):
        self.write(folder)
        self.measure()

        def play(number):
            self.compose("down", "-v", "-t", "0")  # a round that failed is not to spoil the next one
            up = self.start_up("-d")
            self.sleep_some()
            # With its children, or alone.
            (os.killpg if number % 2 else os.kill)(up.pid, signal.SIGKILL)
            up.wait()
            self.until("children of a killed up live on", lambda: self.is_gone(up.pid), 10)
            if number % 3 == 0:
                self.down()
            self.compose("up", "-d")
            self.must_be_up()
            self.down()
        return self.repeat(play)

    def twice(self, folder):
        self.write(folder)
        self.measure()

        def play(_):
            self.compose("down", "-v", "-t", "0")
            words = [self.program, "compose", "-f", self.file, "-p", "shop", "up", "-d"]
            both = [subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)]
            time.sleep(self.random.random() * self.typical * 0.5)
            both.append(subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE))
            self.clients += both
            texts = [one.communicate(timeout=driver.LIMIT)[1].decode()[-400:] for one in both]
            if codes := [one.returncode for one in both if one.returncode]:
                raise Failure(f"two at once gave {codes}: {texts}")
            self.must_be_up()
            self.compose("up", "-d")
            self.must_be_up()
            self.down()
        return self.repeat(play)

    def crowd(self, folder):
        """ROUNDS projects at once."""
        self.write(folder, SMALL)

        def each(verb, *words):
            many = [(n, self.start("compose", "-f", self.file, "-p", f"crowd{n}", verb, *words, stderr=subprocess.PIPE)) for n in range(self.rounds)]
            for n, client in many:
                try:
                    said = client.communicate(timeout=driver.LIMIT * 2)[1].decode()
                except subprocess.TimeoutExpired as late:
                    raise Failure(f"{verb} of project {n} did not end") from late
                if client.returncode:
                    raise Failure(f"{verb} of project {n} gave {client.returncode}: {said[-400:]}")

        def play(_):
            each("up", "-d")
            for n in range(self.rounds):
                if (found := self.containers(f"crowd{n}")) != ["a-1 running"]:
                    raise Failure(f"project {n} has {found}")
            each("down", "-v", "-t", "0")
            self.must_be_gone()
        self.repeat(play, 1)
        return self.rounds


if __name__ == "__main__":
    sys.exit(driver.main(ComposeRounds))
