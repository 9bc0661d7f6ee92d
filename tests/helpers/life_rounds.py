#!/usr/bin/env python3
"""Containers through bad times, again and again (security catalogue R04, R05, R12, R13, R16, R26; see driver.py).

  monitors   SIGKILL to the monitor of a container that is quiet, writes, is about to end, has a terminal, a client or an exec session;
             then its state is true within 2 s, and logs, stop, wait, start, rm work
  stopped    SIGSTOP to the monitor, the client or the container during attach, stop, logs -f: other commands go on, and all ends well
  parallel   REGISTRY: pull, run, rmi, prune, tag and rm of overlapping images and one container, all at once; only the errors that a
             serial run could give, and a sound store in the end
  many       N containers at once, then N removals
  pids       records name a living process that is not ours, after a kill and after a reboot: it is never signalled
  growth     N containers, exec sessions and attached clients: the monitor keeps its descriptors and its memory, the store its files
"""
import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from driver import BUSYBOX, Driver, Failure, main


def alive(pid):
    try:
        return open(f"/proc/{pid}/stat", encoding="ascii", errors="replace").read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


class Life(Driver):
    # ---- R04

    def monitors(self):
        kinds = {"quiet": ["sleep", "1000"], "writing": ["sh", "-c", "while :; do echo line; done"],
                 "exiting": ["sh", "-c", "read x </go; exit 7"], "tty": ["sleep", "1000"], "attached": ["sh", "-c", "while :; do echo l; sleep 0.01; done"],
                 "exec": ["sleep", "1000"]}

        def play(number):
            kind = list(kinds)[number % len(kinds)]
            name = f"m{number}"
            command = ["sh", "-c", "mkfifo /go; exec \"$@\"", "sh", *kinds[kind]] if kind == "exiting" else kinds[kind]
            self.run(name, *command, flags=["-t"] if kind == "tty" else [])
            init, monitor = int(self.inspect(name, "{{.State.Pid}}")), self.monitor(name)
            if kind == "attached":
                client = self.start("attach", "--no-stdin", name, stdout=subprocess.PIPE)
                client.stdout.read(2)
            elif kind == "exec":
                client = self.start("exec", name, "sh", "-c", "echo in; sleep 1000", stdout=subprocess.PIPE)
                client.stdout.read(3)
                self.lichen("exec", "-d", name, "sleep", "999")
            elif kind == "exiting":
                # The end and the kill, as near to each other as two processes can bring them.
                self.until("the fifo is not there", lambda: self.lichen("exec", name, "ls", "/go", status=None) != b"")
                client = self.start("exec", name, "sh", "-c", "echo x >/go")
                time.sleep(self.random.uniform(0, 0.03))
            # One that ends may be gone.
            with contextlib.suppress(ProcessLookupError):
                os.kill(monitor, signal.SIGKILL)
            self.until(f"{kind}: said to be {self.state(name)} without a monitor", lambda: self.state(name) == "exited", limit=2)
            self.until(f"{kind}: its first process lives on", lambda: not alive(init), limit=2)
            if kind in ("attached", "exec"):
                self.until(f"{kind}: the client hangs", lambda: client.poll() is not None)
            self.lichen("ps", "-a")
            self.lichen("logs", name)
            self.lichen("stop", name)
            code = self.lichen("wait", name).decode().strip()
            if not re.fullmatch(r"-?\d+", code) or (kind == "exiting" and code not in ("7", "137", "-1", "255")):
                raise Failure(f"{kind}: wait says {code!r}")
            self.lichen("start", name)
            if kind == "exiting":
                self.until("not running again", lambda: self.state(name) == "running")
            self.lichen("rm", "-f", "-t", "0", name)

        return self.repeat(play)

    # ---- R05

    def others_work(self, name):
        """What must not wait for NAME, which somebody has stopped."""
        for words in (["ps", "-a"], ["inspect", name], ["images"], ["logs", "--tail", "1", name], ["run", "--rm", "--network", "none", BUSYBOX, "true"],
                      ["create", "--name", "bystander", BUSYBOX, "true"], ["rm", "bystander"], ["volume", "ls"]):
            self.lichen(*words, limit=10)

    def stopped(self):
        plans = [(who, during) for who in ("monitor", "client", "container") for during in ("attach", "stop", "logs")]

        def play(number):
            who, during = plans[number % len(plans)]
            name = f"s{number}"
            self.run(name, "sh", "-c", "trap 'exit 3' TERM; while :; do echo line; sleep 0.01; done")
            words = {"attach": ["attach", name], "stop": ["stop", "-t", "1", name], "logs": ["logs", "-f", name]}[during]
            victims = {"monitor": self.monitor(name), "container": int(self.inspect(name, "{{.State.Pid}}"))}
            if who != "client":
                self.signal(victims[who], signal.SIGSTOP)
            client = self.start(*words, stdout=subprocess.PIPE)
            if who == "client":
                time.sleep(0.02)
                self.signal(client.pid, signal.SIGSTOP)
                victims["client"] = client.pid
            try:
                self.others_work(name)
            finally:
                self.signal(victims[who], signal.SIGCONT)
            if during != "stop":
                if not client.stdout.read(4):
                    raise Failure(f"{who} stopped during {during}: no output after it went on")
                client.stdout.close()
                self.lichen("stop", "-t", "1", name)
            else:
                self.until(f"{who} stopped during stop: stop does not end", lambda: client.poll() is not None)
                self.until(f"{who} stopped during stop: the container is {self.state(name)}", lambda: self.state(name) == "exited")
            self.lichen("rm", "-f", "-t", "0", name)

        return self.repeat(play)

    def signal(self, pid, number):
        """The container's first process belongs to another user namespace."""
        try:
            os.kill(pid, number)
        except PermissionError:
            self.lichen("unshare", "kill", f"-{int(number)}", str(pid))

    # ---- R12

    ALLOWED = re.compile(r"no such (image|container|object)|there is no such|is not known|not found|in use|is being|used by|no container|No such"
                         r"|has no name|already|is removed|cannot be removed|not running|is ending|does not exist", re.I)

    def parallel(self, registry):
        names = [f"{registry}/team/{name}:1" for name in ("busybox", "layers", "made")]

        def one(number):
            image = names[number % len(names)]
            work = [["pull", "-q", image], ["run", "--rm", "--network", "none", "--entrypoint", "", image, "true"], ["rmi", image], ["image", "prune", "-f"],
                    ["tag", image, f"localhost/t{number}"], ["rm", "-f", "shared"], ["create", "--name", "shared", "--network", "none", image, "true"],
                    ["pull", "-q", image], ["images"], ["rmi", f"localhost/t{number}"], ["system", "df"], ["ps", "-a"]]
            words = work[number % len(work)] if number < len(work) * 2 else self.random.choice(work)
            done = subprocess.run([self.program, *words], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, check=False)
            if done.returncode != 0 and (done.returncode < 0 or words[0] in ("images", "ps", "pull", "system") or not self.ALLOWED.search(done.stderr)):
                return f"'{' '.join(words)}' gave {done.returncode}: {done.stderr.strip()[-250:]}"
            return None

        def play(_):
            with ThreadPoolExecutor(20) as pool:
                complaints = [text for text in pool.map(one, range(60)) if text]
            if complaints:
                raise Failure(f"{len(complaints)} of 60: {complaints[0]}")
            self.lichen("rm", "-f", "-a", "-t", "0")
            self.lichen("system", "check", limit=60)
            for image in names:  # the same final state as after a serial run
                self.lichen("pull", "-q", image)
                self.lichen("run", "--rm", "--network", "none", "--entrypoint", "", image, "true")
            ids = {self.lichen("image", "inspect", "-f", "{{.Id}}", image) for image in names}
            if len(ids) != len(names):
                raise Failure("images have become one")
            self.lichen("rmi", *names)

        played = self.repeat(play)
        # Exactly one wins, and who loses says so.
        self.lichen("pull", "-q", names[0])
        self.lichen("create", "--name", "one", "--network", "none", names[0], "true")
        with ThreadPoolExecutor(20) as pool:
            codes = list(pool.map(lambda _: subprocess.run([self.program, "rm", "one"], capture_output=True, text=True, check=False), range(50)))
        if [code.returncode for code in codes].count(0) != 1 or any("no such container" not in code.stderr.lower() for code in codes if code.returncode):
            self.fail(f"50 times rm of one container: {[code.returncode for code in codes].count(0)} winners; "
                      f"{next((code.stderr for code in codes if code.returncode and 'no such container' not in code.stderr.lower()), '')}")
        return played

    # ---- R13

    def many(self):
        def play(number):
            names = [f"many{number}-{i}" for i in range(60 * max(1, self.rounds // 2))]
            with ThreadPoolExecutor(32) as pool:
                started = list(pool.map(lambda name: subprocess.run([self.program, "run", "-d", "--name", name, "--network", "none", BUSYBOX, "sleep", "1000"],
                                                                    capture_output=True, text=True, timeout=300, check=False), names))
            bad = [done.stderr for done in started if done.returncode]
            running = self.lichen("ps", "-q", "--filter", f"name=many{number}-", limit=60).split()
            if bad or len(running) != len(names):
                raise Failure(f"{len(bad)} of {len(names)} failed, {len(running)} run: {bad[:1]}")
            with ThreadPoolExecutor(32) as pool:
                removed = list(pool.map(lambda name: subprocess.run([self.program, "rm", "-f", "-t", "0", name], capture_output=True, text=True, timeout=300,
                                                                    check=False), names))
            bad = [done.stderr for done in removed if done.returncode]
            if bad or self.lichen("ps", "-aq", "--filter", f"name=many{number}-", limit=60).split():
                raise Failure(f"{len(bad)} of {len(names)} were not removed: {bad[:1]}")

        return self.repeat(play, rounds=1 if self.rounds < 20 else 3)

    # ---- R16

    def forge(self, folders, ours, victim):
        """Put the victim's pid where ours stand, in every small file of `folders`."""
        changed = 0
        for folder in folders:
            for top, _, files in os.walk(folder):
                for name in files:
                    path = os.path.join(top, name)
                    try:
                        text = open(path, encoding="utf-8").read(1 << 16)
                    except (OSError, UnicodeDecodeError):
                        continue
                    forged = text
                    for pid in ours:
                        forged = re.sub(rf"(?<!\d){pid}(?!\d)", str(victim), forged)
                    if forged != text:
                        changed += 1
                        with open(path, "w", encoding="utf-8") as file:
                            file.write(forged)
        return changed

    def pids(self):
        root = os.environ["LICHEN_ROOT"]

        def play(number):
            name = f"p{number}"
            self.run(name, "sleep", "1000")
            container = self.inspect(name, "{{.Id}}")
            ours = [int(self.inspect(name, "{{.State.Pid}}")), self.monitor(name)]
            def started(pid):
                return open(f"/proc/{pid}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()[19]
            known = [started(pid) for pid in ours]
            while True:  # a pid with its clock tick of start is a process for ever: the victim has another tick
                victim = subprocess.Popen(["sleep", "1000"], start_new_session=True)
                self.clients.append(victim)
                if started(victim.pid) not in known:
                    break
            os.kill(ours[1], signal.SIGKILL)
            self.until("the container lives on", lambda: not alive(ours[0]))
            run_dirs = [os.path.join(top, container) for top, names, _ in os.walk(os.environ["XDG_RUNTIME_DIR"]) if container in names]
            forged = self.forge([f"{root}/containers/{container}", *run_dirs], ours, victim.pid)
            if not forged:
                raise Failure("no record names the container's processes: nothing was tried")
            environment = dict(os.environ)
            if number % 2:
                environment["LICHEN_TEST_BOOT_ID"] = f"boot-{number}"
            orders = [["stop", "-t", "0", name], ["kill", name], ["exec", name, "true"], ["pause", name], ["restart", "-t", "0", name], ["top", name],
                      ["stats", "--no-stream", name], ["unpause", name], ["rm", "-f", "-t", "0", name]]
            self.random.shuffle(orders)
            for words in [*orders, ["rm", "-f", "-t", "0", name]]:
                self.lichen(*words, status=None, env=environment)
                state = open(f"/proc/{victim.pid}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()[0] if alive(victim.pid) else "gone"
                if state not in "SR":
                    raise Failure(f"'{' '.join(words)}' reached a process that is not ours: its state is {state}")
            if self.lichen("ps", "-aq", "--filter", f"name={name}", env=environment).strip():
                raise Failure("the container could not be removed")

        return self.repeat(play)

    # ---- R26

    def growth(self):
        self.run("grows", "sh", "-c", "while :; do sleep 1; done")
        monitor = self.monitor("grows")

        def footprint():
            status = open(f"/proc/{monitor}/status", encoding="ascii").read()
            rss = int(re.search(r"VmRSS:\s+(\d+)", status)[1])
            files = sum(len(names) + len(folders) for top, folders, names in os.walk(os.environ["LICHEN_ROOT"]) if "/layers/" not in top)
            return {"descriptors": len(os.listdir(f"/proc/{monitor}/fd")), "memory in kB": rss, "files": files,
                    "mounts": len(open(f"/proc/{monitor}/mountinfo", encoding="utf-8").readlines()),
                    "run files": sum(len(names) for _, _, names in os.walk(os.environ["XDG_RUNTIME_DIR"]))}

        def cycle(count):
            for number in range(count):
                self.lichen("run", "--rm", "--network", "none", BUSYBOX, "true")
                self.lichen("exec", "grows", "true")
                self.lichen("exec", "-d", "grows", "true")
                if number % 10 == 0:
                    client = self.start("attach", "--no-stdin", "grows")
                    self.until("the client does not come", lambda: self.blocks_signals(client.pid))
                    client.kill()
                    client.wait()

        cycle(3)
        first = self.settled(footprint)
        cycle(self.rounds)
        last = self.settled(footprint)
        # Events are appended to one file a day; every other number comes back to what it was. Pages: one MB at most.
        for what, slack in (("descriptors", 0), ("memory in kB", 1024), ("files", 0), ("mounts", 0), ("run files", 0)):
            if last[what] > first[what] + slack:
                self.fail(f"{what} went from {first[what]} to {last[what]} in {self.rounds} cycles")
        self.finish_round()
        self.lichen("rm", "-f", "-t", "0", "grows")
        return self.rounds

    @staticmethod
    def blocks_signals(pid):
        return any(line.startswith("SigBlk") and int(line.split()[1], 16) for line in open(f"/proc/{pid}/status", encoding="ascii"))

    def settled(self, measure):
        """Descriptors of what has just ended are closed a moment later."""
        best = measure()
        for _ in range(50):
            time.sleep(0.02)
            now = measure()
            best = {key: min(value, now[key]) for key, value in best.items()}
        return best


if __name__ == "__main__":
    sys.exit(main(Life))
