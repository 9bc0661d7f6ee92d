#!/usr/bin/env python3
"""Base images with a configuration that nobody would write: busybox below it, so that it could be used.

  absurd_image.py FOLDER     writes FOLDER/NAME.tar for each, as localhost/absurd
"""
import hashlib
import io
import json
import sys
import tarfile

from make_image import architecture, busybox_layer

PATH = "PATH=/bin"


def changed(config=None, **top):
    return {"config": {"Env": [PATH], "Cmd": ["sh"], **(config or {})}, **top}


CASES = {
    "huge-env": changed({"Env": [PATH] + [f"V{n}=" + "x" * 1000 for n in range(1500)]}),
    "env-without-equals": changed({"Env": [PATH, "NOTHING", "", "=x", "A=\n\t\x1b[31m"]}),
    "many-labels": changed({"Labels": {f"label.{n}": "y" * 50 for n in range(5000)}}),
    "label-is-number": changed({"Labels": {"a": 1}}),
    "user-unknown": changed({"User": "nobody-at-all"}),
    "user-path": changed({"User": "../../etc/passwd"}),
    "user-enormous": changed({"User": "99999999999999999999"}),
    "user-negative": changed({"User": "-1:-1"}),
    "user-list": changed({"User": ["root"]}),
    "ports-negative": changed({"ExposedPorts": {"-1/tcp": {}, "99999999999/tcp": {}, "x/y": {}, "": {}}}),
    "ports-list": changed({"ExposedPorts": ["80"]}),
    "volumes-odd": changed({"Volumes": {"": {}, "../../..": {}, "/proc": {}, "/": {}, "relative": {}}}),
    "workdir-odd": changed({"WorkingDir": "../../../../etc/../x"}),
    "workdir-long": changed({"WorkingDir": "/" + "d" * 5000}),
    "cmd-string": changed({"Cmd": "sh -c true"}),
    "entrypoint-numbers": changed({"Entrypoint": [1, None, {}]}),
    "shell-empty": changed({"Shell": [""]}),
    "shell-string": changed({"Shell": "/bin/sh"}),
    "onbuild-endless": changed({"OnBuild": ["RUN true"] * 300}),
    "onbuild-nonsense": changed({"OnBuild": ["FROM scratch", "NOTHING", ""]}),
    "onbuild-numbers": changed({"OnBuild": [1, {}]}),
    "stopsignal-odd": changed({"StopSignal": "SIGNOTHING"}),
    "healthcheck-odd": changed({"Healthcheck": {"Test": "x", "Interval": -5, "Retries": 1e30}}),
    "config-list": {"config": []},
    "config-missing": {},
    "history-long": changed(history=[{"created_by": "z" * 10000, "empty_layer": True}] * 300),
    "history-lies": changed(history=[{"created_by": "one"}, {"created_by": "two"}, {"created_by": "three"}]),
    "created-odd": changed(created="yesterday"),
    "os-odd": changed(os="../../plan9", architecture="\u0000"),
    "deep": changed({"Labels": json.loads("[" * 400 + "]" * 400)}),
}


def write(name, layer, path):
    digest = hashlib.sha256(layer).hexdigest()
    document = {"architecture": architecture(), "os": "linux", **CASES[name], "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest]}}
    text = json.dumps(document).encode()
    config = hashlib.sha256(text).hexdigest() + ".json"
    manifest = [{"Config": config, "RepoTags": ["localhost/absurd:latest"], "Layers": ["layer.tar"]}]
    with tarfile.open(path, "w") as archive:
        for entry, data in ((config, text), ("layer.tar", layer), ("manifest.json", json.dumps(manifest).encode())):
            info = tarfile.TarInfo(entry)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


if __name__ == "__main__":
    bottom = busybox_layer()
    for each in CASES:
        write(each, bottom, f"{sys.argv[1]}/{each}.tar")
