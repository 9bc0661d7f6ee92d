#!/usr/bin/env python3
"""Write a container image from a description, without any container tool: the fixtures must not depend on what they test.

  make_image.py busybox  OUT.tar     one layer, busybox-static with its applets, Cmd ["sh"]
  make_image.py layers   OUT.tar     busybox and layers above it: whiteouts, an opaque directory, hard links, xattrs, owners,
                                     setuid, entrypoint, user, volumes, ports, labels, health check
  make_image.py many     OUT.tar     busybox and 99 layers above it, /layer-2 to /layer-100
  make_image.py tiny     OUT.tar     one static file; --marker TEXT makes it different from every other
  make_image.py rootfs   OUT_DIR     busybox unpacked, as a bundle's rootfs

The format is docker-archive (manifest.json, config, layer tars), written so that the same input gives the same bytes:
image ids in tests are stable, and caches can be keyed by them. --tag NAME sets the reference (default localhost/KIND:latest).
"""
import argparse
import hashlib
import io
import json
import os
import subprocess
import tarfile

BUSYBOX = "/bin/busybox"
EPOCH = 1700000000  # 2023-11-14T22:13:20Z
CREATED = "2023-11-14T22:13:20Z"


class Layer:
    """A layer tar in memory, entries in the order of the calls."""

    def __init__(self):
        self.buffer = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.buffer, mode="w", format=tarfile.PAX_FORMAT)

    def add(self, name, kind=tarfile.REGTYPE, mode=0o644, data=b"", link="", uid=0, gid=0, xattrs=None):
        entry = tarfile.TarInfo(name)
        entry.type, entry.mode, entry.linkname, entry.mtime, entry.uid, entry.gid = kind, mode, link, EPOCH, uid, gid
        entry.size = len(data)
        for key, value in (xattrs or {}).items():
            entry.pax_headers["SCHILY.xattr." + key] = value
        self.tar.addfile(entry, io.BytesIO(data))
        return self

    def directory(self, name, mode=0o755, **more):
        return self.add(name, tarfile.DIRTYPE, mode, **more)

    def file(self, name, text, mode=0o644, **more):
        return self.add(name, tarfile.REGTYPE, mode, text.encode() if isinstance(text, str) else text, **more)

    def symlink(self, name, target):
        return self.add(name, tarfile.SYMTYPE, 0o777, link=target)

    def hardlink(self, name, target, mode=0o644):
        return self.add(name, tarfile.LNKTYPE, mode, link=target)

    def whiteout(self, name):
        folder, base = os.path.split(name)
        return self.add(os.path.join(folder, ".wh." + base))

    def bytes(self):
        self.tar.close()
        return self.buffer.getvalue()


def busybox_layer():
    layer = Layer()
    for folder in ("bin", "dev", "etc", "home", "proc", "root", "run", "sbin", "sys", "usr", "usr/bin", "usr/sbin", "var", "var/log"):
        layer.directory(folder, 0o700 if folder == "root" else 0o755)
    layer.directory("tmp", 0o1777)
    layer.directory("home/user", 0o755, uid=1000, gid=1000)
    layer.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/:/bin/false\n"
               "user:x:1000:1000:A user:/home/user:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n")
    layer.file("etc/group", "root:x:0:\ndaemon:x:1:\nstaff:x:50:user\nuser:x:1000:\nwheel:x:10:user,root\nnogroup:x:65534:\n")
    layer.file("bin/busybox", open(BUSYBOX, "rb").read(), 0o755)
    applets = subprocess.run([BUSYBOX, "--list"], check=True, capture_output=True, text=True).stdout.split()
    for applet in sorted(applets):
        if applet != "busybox":
            layer.hardlink("bin/" + applet, "bin/busybox", 0o755)
    return layer.bytes()


def feature_layers():
    """Three layers above busybox; what each proves is named in tests/cli/images.bats."""
    first = Layer().directory("data").file("data/keep", "keep\n").file("data/gone", "gone\n").directory("data/dir")
    first.file("data/dir/below", "below\n").directory("opaque").file("opaque/old", "old\n").file("opaque/other", "other\n")
    first.file("data/owned", "owned\n", uid=1000, gid=50).file("data/replaced", "first\n").symlink("data/link", "keep")
    first.file("bin/suid", "#!/bin/sh\nid -u\n", 0o4755).directory("data/tofile")
    second = Layer().directory("data").whiteout("data/gone").whiteout("data/dir")
    second.directory("opaque").add("opaque/.wh..wh..opq").file("opaque/new", "new\n").file("data/replaced", "second\n")
    second.whiteout("data/tofile").file("data/tofile", "now a file\n")
    third = Layer().directory("data").file("data/original", "linked\n").hardlink("data/hardlink", "data/original")
    third.file("data/xattr", "x\n", xattrs={"user.colour": "green"}).directory("vol").file("vol/seed", "from the image\n")
    third.directory("work", uid=1000, gid=1000).file("entry.sh", '#!/bin/sh\necho "entry:$*"\nexec "$@"\n', 0o755)
    return [first.bytes(), second.bytes(), third.bytes()]


FEATURE_CONFIG = {
    "User": "user", "WorkingDir": "/work", "Entrypoint": ["/entry.sh"], "Cmd": ["echo", "from-cmd"],
    "Env": ["PATH=/usr/local/bin:/usr/bin:/bin", "COLOUR=green", "EMPTY=", "SPACED=a b  c"],
    "Volumes": {"/vol": {}}, "ExposedPorts": {"8080/tcp": {}, "53/udp": {}}, "StopSignal": "SIGUSR1",
    "Labels": {"org.example.kind": "features", "org.example.empty": ""},
    "Healthcheck": {"Test": ["CMD-SHELL", "true"], "Interval": 30000000000, "Retries": 3},
}


def write_archive(path, tag, layers, config):
    digests = [hashlib.sha256(layer).hexdigest() for layer in layers]
    history = [{"created": CREATED, "created_by": f"fixture layer {n}"} for n in range(len(layers))]
    history.append({"created": CREATED, "created_by": "fixture config", "empty_layer": True})
    document = {"architecture": architecture(), "os": "linux", "created": CREATED, "author": "lichen tests", "config": config,
                "rootfs": {"type": "layers", "diff_ids": ["sha256:" + d for d in digests]}, "history": history}
    text = json.dumps(document, separators=(",", ":")).encode()
    name = hashlib.sha256(text).hexdigest() + ".json"
    manifest = [{"Config": name, "RepoTags": [tag], "Layers": [d + "/layer.tar" for d in digests]}]
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for entry, data in [(name, text), *zip(manifest[0]["Layers"], layers), ("manifest.json", json.dumps(manifest).encode())]:
            info = tarfile.TarInfo(entry)
            info.size, info.mtime, info.mode = len(data), EPOCH, 0o644
            archive.addfile(info, io.BytesIO(data))


def architecture():
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["busybox", "layers", "many", "tiny", "rootfs"])
    parser.add_argument("out")
    parser.add_argument("--tag")
    parser.add_argument("--marker", default="")
    parser.add_argument("--layer-megabytes", type=int, default=0, help="tiny: a second layer of that size, incompressible")
    options = parser.parse_args()
    tag = options.tag or f"localhost/{options.kind}:latest"
    shell = {"Cmd": ["sh"], "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]}
    if options.kind == "busybox":
        write_archive(options.out, tag, [busybox_layer()], shell)
    elif options.kind == "layers":
        write_archive(options.out, tag, [busybox_layer(), *feature_layers()], FEATURE_CONFIG)
    elif options.kind == "many":
        layers = [Layer().file(f"layer-{n}", str(n)).bytes() for n in range(2, 101)]
        write_archive(options.out, tag, [busybox_layer(), *layers], shell)
    elif options.kind == "tiny":
        layers = [Layer().directory("bin").file("bin/true", open(BUSYBOX, "rb").read(), 0o755).file("marker", options.marker).bytes()]
        if options.layer_megabytes:
            layers.append(Layer().file("blob", os.urandom(options.layer_megabytes << 20)).bytes())
        write_archive(options.out, tag, layers, {"Cmd": ["/bin/true"]})
    else:
        os.makedirs(options.out, exist_ok=True)
        with tarfile.open(fileobj=io.BytesIO(busybox_layer())) as tar:
            tar.extractall(options.out, numeric_owner=True)


if __name__ == "__main__":
    main()
