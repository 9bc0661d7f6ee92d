"""What the drivers of repeated experiments share: running lichen, waiting, counting failures.

A driver is a class with one method per scenario; `main` plays one:  DRIVER SCENARIO ROUNDS LICHEN [ARGUMENT]...
It prints a line per failure and a last line with the numbers; exit status 1 when there was a failure. LICHEN_TEST_SEED repeats a run.
"""
import os
import random
import subprocess
import sys
import time

BUSYBOX = "localhost/busybox:latest"
LIMIT = 30


class Failure(Exception):
    pass


class Driver:
    def __init__(self, rounds, lichen):
        self.rounds, self.program, self.failures, self.scenario = rounds, lichen, 0, ""
        self.seed = int(os.environ.get("LICHEN_TEST_SEED", "0")) or time.time_ns() % 1000000
        self.random = random.Random(self.seed)
        self.clients = []

    def lichen(self, *words, status=0, data=b"", limit=LIMIT, env=None):
        """Standard output. status None: any exit code, but a crash and a hang are always failures."""
        try:
            done = subprocess.run([self.program, *words], input=data, capture_output=True, timeout=limit, check=False, env=env)
        except subprocess.TimeoutExpired as late:
            raise Failure(f"'{' '.join(words)}' did not end within {limit} s") from late
        self.status, self.stderr = done.returncode, done.stderr.decode("utf-8", "replace")
        if done.returncode < 0 or "terminate called" in self.stderr or "Sanitizer" in self.stderr:
            raise Failure(f"'{' '.join(words)}' crashed ({done.returncode}): {self.stderr[-300:]}")
        if status is not None and done.returncode != status:
            raise Failure(f"'{' '.join(words)}' gave {done.returncode}, not {status}: {self.stderr[-300:]}")
        return done.stdout

    def start(self, *words, **popen):
        """A client in the background; ended with the round."""
        popen.setdefault("stdin", subprocess.DEVNULL)
        popen.setdefault("stdout", subprocess.DEVNULL)
        popen.setdefault("stderr", subprocess.DEVNULL)
        self.clients.append(subprocess.Popen([self.program, *words], **popen))
        return self.clients[-1]

    def run(self, name, *command, flags=()):
        self.lichen("run", "-d", "--name", name, "--network", "none", *flags, BUSYBOX, *command)

    def until(self, what, condition, limit=LIMIT):
        deadline = time.monotonic() + limit
        while not condition():
            if time.monotonic() > deadline:
                raise Failure(what() if callable(what) else what)
            time.sleep(0.01)

    def inspect(self, name, template):
        return self.lichen("inspect", "-f", template, name, status=None).decode().strip()

    def state(self, name):
        return self.inspect(name, "{{.State.Status}}")

    def monitor(self, name):
        return int(self.inspect(name, "{{.State.ConmonPid}}"))

    def fail(self, text):
        self.failures += 1
        print(f"{self.scenario}: {text}", flush=True)

    def finish_round(self):
        for client in self.clients:
            if client.poll() is None:
                client.kill()
            client.wait()
        self.clients.clear()

    def repeat(self, play, rounds=None):
        """play(number) for every round; a Failure is counted, and after five the rest is left out."""
        number = 0
        for number in range(1, (rounds or self.rounds) + 1):
            try:
                play(number)
            except Failure as failure:
                self.fail(f"round {number}: {failure}")
                if self.failures >= 5:
                    break
            finally:
                self.finish_round()
        return number


def main(kind):
    scenario, rounds, lichen, *arguments = sys.argv[1:]
    driver = kind(int(rounds), lichen)
    driver.scenario = scenario
    played = getattr(driver, scenario.replace("-", "_"))(*arguments)
    print(f"{scenario}: {played} rounds, {driver.failures} failures" + (f"; seed {driver.seed}" if driver.failures else ""))
    return 1 if driver.failures else 0
