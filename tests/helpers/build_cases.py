#!/usr/bin/env python3
"""Plays whole builds that stand in directories, and compares what came out with what is written there.

  build_cases.py --lichen PROGRAM --world DIRECTORY CASE-DIRECTORY...

A case is a build context: everything in it is copied to a new directory first. Some names mean something here:
  expected   what must come out (below); LICHEN_TEST_ACCEPT=1 writes it
  flags      words of the command line, one on each line; CONTEXT in them is the directory of the copy
  prepare    a shell script that runs in the copy before the build: modes, links, empty directories, archives, other
             images; $LICHEN is the program
They are taken out of the copy before the build. An expectation of success holds the fields of the image's configuration that are
not as in the base image (busybox or layers), then for each layer above the base its step and its entries, sorted:
  Env ["A=b"]
  layer COPY a /a
    f 0644 0:0 a "content"            up to 60 bytes of it, else its size and digest
    d 0755 0:0 dir    l 0:0 link -> target    h hard -> link    p 0600 0:0 fifo    - whiteout
One of failure is "failure STATUS" and all that was said, with CONTEXT for the directory's name.
"""
import argparse
import difflib
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile

OURS = ("expected", "flags", "prepare")
IMAGE = "localhost/case:latest"
BASES = ("localhost/layers:latest", "localhost/busybox:latest")  # the first is built on the second
SCRATCH = {"config": {"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]}, "rootfs": {"diff_ids": []}}
LIMIT = 60


class Player:
    def __init__(self, lichen, world):
        self.lichen, self.world = lichen, world
        self.environment = dict(os.environ, LICHEN=lichen)
        self.bases = [self.image(name)[0] for name in BASES] + [SCRATCH]

    def image(self, name):
        """(configuration, {diff id: layer tar}) as `save` writes them."""
        path = os.path.join(self.world, "saved.tar")
        if os.path.exists(path):
            os.unlink(path)
        subprocess.run([self.lichen, "save", "-q", "-o", path, name], check=True, capture_output=True, timeout=LIMIT)
        with tarfile.open(path) as archive:
            manifest = json.load(archive.extractfile("manifest.json"))[0]
            config = json.load(archive.extractfile(manifest["Config"]))
            layers = [archive.extractfile(layer).read() for layer in manifest["Layers"]]
        return config, dict(zip(config["rootfs"]["diff_ids"], layers))

    def play(self, case):
        context = os.path.join(self.world, os.path.basename(case))
        shutil.copytree(case, context, symlinks=True)
        for directory, _, files in os.walk(context):  # whatever umask the checkout had
            os.chmod(directory, 0o755)
            for name in files:
                os.chmod(os.path.join(directory, name), 0o644)
        flags = []
        for name in OURS:
            path = os.path.join(context, name)
            if not os.path.exists(path):
                continue
            if name == "flags":
                flags = open(path, encoding="utf-8").read().replace("CONTEXT", context).split("\n")[:-1]
            if name == "prepare":
                subprocess.run(["bash", "-eu", path], cwd=context, env=self.environment, check=True, stdin=subprocess.DEVNULL, timeout=LIMIT)
            os.unlink(path)
        done = subprocess.run([self.lichen, "build", "-q", "-t", IMAGE, *flags, context], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=LIMIT, check=False, env=self.environment)
        text = self.describe(IMAGE) if done.returncode == 0 else f"failure {done.returncode}\n{done.stdout}{done.stderr}"
        shutil.rmtree(context)
        return text.replace(context, "CONTEXT")

    def describe(self, name):
        config, layers = self.image(name)
        ids = config["rootfs"]["diff_ids"]
        base = next(base for base in self.bases if ids[:len(base["rootfs"]["diff_ids"])] == base["rootfs"]["diff_ids"])
        lines = []
        for key in sorted({*config["config"], *base["config"]}):
            value = config["config"].get(key)
            if value in (None, "", [], {}):
                if base["config"].get(key):
                    lines.append(f"{key} is gone")
            elif value != base["config"].get(key):
                lines.append(f"{key} {json.dumps(value, sort_keys=True, ensure_ascii=False)}")
        if config.get("author") != base.get("author"):
            lines.append(f"author {config['author']}")
        steps = [entry for entry in config["history"] if not entry.get("empty_layer")]
        for step, diff_id in list(zip(steps, ids))[len(base["rootfs"]["diff_ids"]):]:
            lines.append("layer " + step["created_by"].replace("\n", "\\n"))
            lines += sorted(self.entries(layers[diff_id]), key=lambda line: line.split("\t")[1])
        return "\n".join(line.replace("\t", "") for line in lines) + "\n"

    @staticmethod
    def entries(layer):
        """A tab on each side of the name, to sort by."""
        with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
            for entry in tar:
                place, base = os.path.split(entry.name.rstrip("/"))
                owner, mode = f"{entry.uid}:{entry.gid}", f"{entry.mode:04o}"
                if base == ".wh..wh..opq":
                    yield f"  - \t{place}/\t*"
                elif base.startswith(".wh."):
                    yield f"  - \t{os.path.join(place, base[4:])}\t"
                elif entry.isdir():
                    yield f"  d {mode} {owner} \t{entry.name.rstrip('/')}\t"
                elif entry.issym():
                    yield f"  l {owner} \t{entry.name}\t -> {entry.linkname}"
                elif entry.islnk():
                    yield f"  h \t{entry.name}\t -> {entry.linkname}"
                elif entry.isfifo():
                    yield f"  p {mode} {owner} \t{entry.name}\t"
                elif entry.isfile():
                    data = tar.extractfile(entry).read()
                    short = len(data) <= 60 and data.isascii() and b"\0" not in data
                    what = json.dumps(data.decode()) if short else f"{len(data)} bytes {hashlib.sha256(data).hexdigest()[:8]}"
                    yield f"  f {mode} {owner} \t{entry.name}\t {what}"
                else:
                    yield f"  ? {entry.type!r} \t{entry.name}\t"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lichen", required=True)
    parser.add_argument("--world", required=True)
    parser.add_argument("cases", nargs="+")
    options = parser.parse_args()
    world = os.path.join(options.world, "cases")
    os.makedirs(world, exist_ok=True)
    player, failed = Player(options.lichen, world), 0
    for case in options.cases:
        case = case.rstrip("/")
        expected = os.path.join(case, "expected")
        came = player.play(case)
        if os.environ.get("LICHEN_TEST_ACCEPT"):
            with open(expected, "w", encoding="utf-8") as file:
                file.write(came)
            continue
        wanted = open(expected, encoding="utf-8").read()
        if came == wanted:
            continue
        failed += 1
        print(f"{os.path.basename(case)}: not what is expected")
        print("".join(difflib.unified_diff(wanted.splitlines(True), came.splitlines(True), "expected", "came")), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
