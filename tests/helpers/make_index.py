#!/usr/bin/env python3
"""Push an image index with one tiny image per architecture, by the distribution API.

  make_index.py HOST:PORT NAME:TAG ARCH...
"""
import hashlib
import io
import json
import sys
import tarfile
import urllib.request

host, name, *architectures = sys.argv[1:]
repository, tag = name.split(":")


def request(method, path, data=None, kind="application/octet-stream"):
    url = path if path.startswith("http") else f"http://{host}/v2/{repository}/{path}"
    call = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": kind})
    return urllib.request.urlopen(call)


def push_blob(data):
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    location = request("POST", "blobs/uploads/", b"").headers["Location"]
    request("PUT", location + ("&" if "?" in location else "?") + "digest=" + digest, data)
    return {"digest": digest, "size": len(data)}


def push_manifest(reference, document):
    data = json.dumps(document).encode()
    request("PUT", "manifests/" + reference, data, document["mediaType"])
    return {"mediaType": document["mediaType"], "digest": "sha256:" + hashlib.sha256(data).hexdigest(), "size": len(data)}


def push_image(architecture):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        text = architecture.encode()
        entry = tarfile.TarInfo("architecture")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    layer = buffer.getvalue()
    config = {"architecture": architecture, "os": "linux", "config": {"Cmd": ["/architecture"]},
              "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **push_blob(json.dumps(config).encode())},
                "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", **push_blob(layer)}]}
    return {**push_manifest(architecture, manifest), "platform": {"architecture": architecture, "os": "linux"}}


push_manifest(tag, {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
                    "manifests": [push_image(a) for a in architectures]})
