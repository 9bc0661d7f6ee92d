#!/usr/bin/env python3
"""Every file of the store damaged in every way, one after the other (security catalogue R11; see driver.py).

  files     cut to nothing, cut in half, one bit turned, deleted, made a directory, made unreadable, replaced by another file of its
            kind; after each: no command crashes or hangs, what is not damaged works, `system check` finds it or it does no harm
  repair    then `system check --repair` leaves a store in which everything that is there works, and the images, loaded again, bring
            back what has gone with the damage

ROUNDS is how many of the files (repair: of the pairs of file and way) are taken, in even steps; 1000 takes all. Files of unpacked layers belong to other users: a few of them
stand for all.
"""
import os
import re
import shutil
import subprocess
import sys

from driver import BUSYBOX, Driver, Failure, main

WAYS = ("empty", "half", "bit", "deleted", "directory", "unreadable", "other")
# Damage that nothing can see without reading every byte of every layer is not looked for; what is not there is not missed.
HARMLESS = re.compile(r"/(events|staging)/|\.lock$|/lock$")


class Damage(Driver):
    def prepare(self):
        self.root = os.environ["LICHEN_ROOT"]
        for words in (["create", "--name", "good", "--network", "none", BUSYBOX, "echo", "good"],
                      ["create", "--name", "hurt", "--network", "none", "-l", "a=b", "-v", "data:/data", "localhost/layers", "true"],
                      ["volume", "create", "-l", "x=y", "other"]):
            self.lichen(*words)
        self.lichen("secret", "create", "--replace", "key", "-", data=b"value")
        self.lichen("run", "--name", "ended", "--network", "none", BUSYBOX, "sh", "-c", "echo logged; exit 3", status=3)

    def files(self):
        found = []
        for top, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if name not in ("staging",) and os.access(os.path.join(top, name), os.R_OK | os.X_OK)]
            inside = re.search(r"/layers/[^/]+/diff|/containers/[^/]+/(rw|work)|/volumes/[^/]+/data", top)
            for name in sorted(names):
                path = os.path.join(top, name)
                if not os.path.islink(path) and os.access(path, os.R_OK) and os.stat(path).st_uid == os.getuid() and (not inside or self.random.random() < 0.01):
                    found.append(path)
        found.sort()
        count = min(len(found), self.rounds)
        return [found[i * len(found) // count] for i in range(count)]

    def damage(self, path, way):
        if way == "deleted":
            os.unlink(path)
        elif way == "directory":
            os.unlink(path)
            os.mkdir(path)
        elif way == "unreadable":
            os.chmod(path, 0)
        else:
            data = bytearray(open(path, "rb").read())
            if way == "other":
                same = [other for other in self.all if other != path and os.path.basename(other) == os.path.basename(path)]
                data = bytearray(open(self.random.choice(same), "rb").read()) if same else bytearray(b'{"version": 9999}')
            elif way == "bit" and data:
                data[self.random.randrange(len(data))] ^= 1 << self.random.randrange(8)
            elif way == "half":
                data = data[:len(data) // 2]
            elif way == "empty":
                data = bytearray()
            mode = os.stat(path).st_mode
            os.chmod(path, mode | 0o200)
            with open(path, "wb") as file:
                file.write(data)

    def mend(self, path, backup):
        if os.path.isdir(path):
            shutil.rmtree(path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.exists(path):
            os.chmod(path, 0o600)
        shutil.copy2(backup, path)

    def kind_of(self, path):
        """Which of our objects a file belongs to, so that the others must work."""
        for name in ("good", "hurt", "ended"):
            if self.ids[name] in path:
                return name
        return "shared" if "/layers/" in path or "/images/" in path or "/refs/" in path else "none"

    def others_work(self, path):
        for words in (["ps", "-a"], ["images"], ["volume", "ls"], ["secret", "ls"], ["info"], ["events", "--stream=false"]):
            self.lichen(*words)
        # These may fail for what is damaged, but neither crash nor hang.
        for words in (["system", "df"], ["inspect", "hurt"], ["inspect", "ended"], ["logs", "ended"], ["start", "hurt"], ["image", "inspect", "localhost/layers"],
                      ["run", "--rm", "--network", "none", "--entrypoint", "", "localhost/layers", "true"], ["volume", "inspect", "data"], ["secret", "inspect", "key"]):
            self.lichen(*words, status=None)
        kind = self.kind_of(path)
        if kind != "good" and kind != "shared" and self.lichen("start", "-a", "good") != b"good\n":
            raise Failure("'start -a good' says something else")
        if kind not in ("shared",):
            self.lichen("run", "--rm", "--network", "none", BUSYBOX, "true")

    def all_ways(self, after):
        self.prepare()
        self.ids = {name: self.inspect(name, "{{.Id}}") for name in ("good", "hurt", "ended")}
        chosen = self.files()
        self.all, played = chosen, 0
        backup = os.path.join(os.environ["TMPDIR"], "backup")
        for path in chosen:
            for way in WAYS:
                if self.failures >= 10:
                    return played
                shutil.copy2(path, backup)
                played += 1
                try:
                    self.damage(path, way)
                    self.others_work(path)
                    after(path, way)
                except Failure as failure:
                    self.fail(f"{os.path.relpath(path, self.root)}, {way}: {failure}")
                finally:
                    self.mend(path, backup)
        return played

    def files_check(self, path, way):
        said = self.lichen("system", "check", status=None, limit=60).decode("utf-8", "replace") + self.stderr
        if os.environ.get("SHOW"):
            print("SEEN" if self.status else "SILENT", os.path.relpath(path, self.root), way, said.strip().replace("\n", " | ")[:150])

    def play_files(self):
        played = self.all_ways(self.files_check)
        self.lichen("system", "check", limit=60)
        return played

    def repair_one(self, path, way):
        said = self.lichen("system", "check", "--repair", status=None, limit=60).decode("utf-8", "replace")
        self.others_work(path)
        self.lichen("system", "check", "--repair", status=None, limit=60)
        rest = self.lichen("system", "check", status=None, limit=60).decode("utf-8", "replace")
        if "can be mended" in rest:
            raise Failure(f"after two repairs: {rest}")
        # What is left can only be what has gone with the damage, and comes back with it.
        for image in ("busybox", "layers"):
            self.lichen("load", "-q", "-i", os.path.join(os.environ["LICHEN_TEST_FIXTURES"], f"{image}.tar"))
        self.lichen("volume", "create", "--ignore", "data")
        if (rest := self.lichen("system", "check", status=None, limit=60)) and self.status:
            raise Failure(f"after a repair and all images anew: {rest.decode('utf-8', 'replace')} ({said})")
        for name, output in (("good", b"good\n"), ("hurt", self.says)):
            if self.lichen("ps", "-aq", "-f", f"name=^{name}$") and self.lichen("start", "-a", name) != output:
                raise Failure(f"'start -a {name}' after the repair says something else")
        self.lichen("run", "--rm", "--network", "none", "--entrypoint", "", "localhost/layers", "true")

    def play_repair(self):
        """Each damage on a fresh copy of the store: repair may remove what cannot be mended."""
        self.prepare()
        self.ids = {name: self.inspect(name, "{{.Id}}") for name in ("good", "hurt", "ended")}
        count, self.rounds = self.rounds, 10 ** 9
        self.all, played = self.files(), 0
        # The mode of a layer's file is no record of ours: `system check` reads contents only.
        pairs = [(path, way) for path in self.all for way in WAYS if way != "unreadable" or "/diff/" not in path]
        count = min(count, len(pairs))
        kept = os.path.join(os.environ["TMPDIR"], "kept")
        self.says = self.lichen("start", "-a", "hurt")
        self.copy(self.root, kept)
        for path, way in (pairs[i * len(pairs) // count] for i in range(count)):
            played += 1
            try:
                self.damage(path, way)
                self.repair_one(path, way)
            except Failure as failure:
                self.fail(f"{os.path.relpath(path, self.root)}, {way}, repaired: {failure}")
            self.copy(kept, self.root)
            if self.failures >= 10:
                break
        self.lichen("unshare", "rm", "-rf", kept)
        return played

    def copy(self, source, target):
        """With owners and attributes, as root of the containers' namespace; hard links are not told apart from files here."""
        subprocess.run([self.program, "unshare", "sh", "-c", 'rm -rf "$2" && cp -a "$1" "$2"', "sh", source, target], check=True, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.argv[1] = "play_" + sys.argv[1]
    sys.exit(main(Damage))
