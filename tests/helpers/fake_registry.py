#!/usr/bin/env python3
"""Two registries that lie, A and B, for tests of the client (security.md C28-C30).

  fake_registry.py LOG      prints "PORT_A PORT_B" and serves until its standard input ends

The repository's name chooses the lie: /v2/<scenario>/... on A; `SCENARIOS` lists them. Every request to either server is one JSON
line in LOG: server, method, path and headers, so that a test can look for credentials where they must not be. `good` is the
harmless twin of all of them. The image is one small gzip layer; it needs no other file.
"""
import base64
import gzip
import hashlib
import io
import json
import os
import sys
import tarfile
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
PASSWORD = "tester:s3cret-marker"
IDENTITY = "refresh-marker"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def make_layer():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, data in (("hello", b"hello\n"), ("big", os.urandom(3 << 20))):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


TAR = make_layer()
BLOB = gzip.compress(TAR, 1)
OTHER = gzip.compress(b"another layer" * 100)


def config(diff_id=None, count=1):
    return json.dumps({"architecture": "amd64", "os": "linux", "config": {"Cmd": ["/hello"]},
                       "rootfs": {"type": "layers", "diff_ids": [diff_id or digest(TAR)] * count}}).encode()


def descriptor(blob, kind, **more):
    return {"mediaType": kind, "digest": digest(blob), "size": len(blob), **more}


def manifest(config_bytes=None, layer=None, **more):
    return {"schemaVersion": 2, "mediaType": MANIFEST, "config": descriptor(config_bytes or config(), CONFIG),
            "layers": [layer or descriptor(BLOB, LAYER)], **more}


def text(value):
    return json.dumps(value).encode()


# scenario -> (manifest bytes, content type); what else a scenario does is in Handler.
SCENARIOS = {
    "good": text(manifest()),
    "auth": text(manifest()),
    "bearer": text(manifest()),
    "realm-b": text(manifest()),
    "redirect": text(manifest()),
    "cookie": text(manifest()),
    "resume": text(manifest()),
    "resume-no-range": text(manifest()),
    "busy": text(manifest()),
    "endless-token": text(manifest()),
    "endless-error": text(manifest()),
    "foreign": text(manifest(layer=descriptor(BLOB, LAYER, urls=["http://127.0.0.1:{B}/foreign"]))),
    "both": text(manifest(manifests=[])),
    "duplicate-keys": text(manifest())[:-1] + b', "layers": []}',
    "media-type": text(manifest(mediaType=INDEX)),
    "digest-traversal": text(manifest(layer={"mediaType": LAYER, "digest": "sha256:../../../../etc/passwd", "size": 1})),
    "digest-upper": text(manifest(layer={"mediaType": LAYER, "digest": digest(BLOB).upper(), "size": len(BLOB)})),
    "digest-short": text(manifest(layer={"mediaType": LAYER, "digest": "sha256:abc", "size": len(BLOB)})),
    "digest-unknown": text(manifest(layer={"mediaType": LAYER, "digest": "md5:" + "0" * 32, "size": 1})),
    "size-plus": text(manifest(layer={"mediaType": LAYER, "digest": digest(BLOB), "size": len(BLOB) + 1})),
    "size-minus": text(manifest(layer={"mediaType": LAYER, "digest": digest(BLOB), "size": len(BLOB) - 1})),
    "data-mismatch": text(manifest(layer=descriptor(BLOB, LAYER, data=base64.b64encode(b"x").decode()))),
    "diff-id": text(manifest(config_bytes=config("sha256:" + "1" * 64))),
    "layer-count": text(manifest(config_bytes=config(count=2))),
    "wrong-blob": text(manifest()),
    "wrong-config": text(manifest()),
    "header-lie": text(manifest()),
    "identity": text(manifest()),
    "sha512": text(manifest(layer={"mediaType": LAYER, "digest": "sha512:" + hashlib.sha512(BLOB).hexdigest(), "size": len(BLOB)})),
    "sha512-lie": text(manifest(layer={"mediaType": LAYER, "digest": "sha512:" + hashlib.sha512(OTHER).hexdigest(), "size": len(BLOB)})),
    "size-negative": text(manifest(layer={"mediaType": LAYER, "digest": digest(BLOB), "size": -1})),
    "data-right": text(manifest() | {"config": descriptor(config(), CONFIG, data=base64.b64encode(config()).decode())}),
    "toc-lie": text(manifest(layer=descriptor(BLOB, LAYER, annotations={
        "io.github.containers.zstd-chunked.manifest-checksum": "sha256:" + "3" * 64,
        "io.github.containers.zstd-chunked.manifest-position": "0:99999999:99999999:1"}))),
    "retag": text(manifest(annotations={"org.opencontainers.image.ref.name": "localhost/busybox:latest",
                                        "io.containerd.image.name": "localhost/busybox:latest"})),
    "schema1": text({"schemaVersion": 1, "name": "x", "tag": "1", "fsLayers": []}),
    "artifact": text({"schemaVersion": 2, "mediaType": MANIFEST, "config": descriptor(b"{}", "application/vnd.cncf.helm.config.v1+json"), "layers": []}),
    "many-layers": text(manifest() | {"layers": [descriptor(BLOB, LAYER)] * 20000}),
    "huge": b"",
    "index": b"",
    "index-loop": b"",
    "index-size": b"",
    "index-digest": b"",
    "other-platform": b"",
}
CONFIGS = {digest(c): c for c in (config(), config("sha256:" + "1" * 64), config(count=2))}
SCENARIOS["index"] = text({"schemaVersion": 2, "mediaType": INDEX, "manifests": [
    descriptor(b"x", MANIFEST, platform={"os": "linux", "architecture": "s390x"}),
    descriptor(SCENARIOS["good"], MANIFEST, platform={"os": "linux", "architecture": "amd64"}),
    descriptor(SCENARIOS["good"], MANIFEST, platform={"os": "linux", "architecture": "arm64"})]})
SCENARIOS["index-size"] = text({"schemaVersion": 2, "mediaType": INDEX, "manifests": [
    descriptor(SCENARIOS["good"], MANIFEST, platform={"os": "linux", "architecture": "amd64"}) | {"size": len(SCENARIOS["good"]) + 1}]})
SCENARIOS["index-digest"] = text({"schemaVersion": 2, "mediaType": INDEX, "manifests": [
    descriptor(b"other".ljust(len(SCENARIOS["good"])), MANIFEST, platform={"os": "linux", "architecture": "amd64"})]})
SCENARIOS["other-platform"] = text({"schemaVersion": 2, "mediaType": INDEX, "manifests": [
    descriptor(b"x", MANIFEST, platform={"os": "linux", "architecture": "s390x"})]})


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    broken = set()
    ports = {}
    log_file = None
    log_lock = threading.Lock()

    def log_message(self, *_):
        pass

    def note(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.body = self.rfile.read(length).decode("latin1")
        with Handler.log_lock:
            Handler.log_file.write(json.dumps({"server": self.server.letter, "method": self.command, "path": self.path,
                                               "headers": dict(self.headers), "body": body}) + "\n")
            Handler.log_file.flush()

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def endless(self, status, **headers):
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x" * 65536)
        except OSError:
            self.close_connection = True

    def do_HEAD(self):
        self.do_GET()

    def do_POST(self):
        self.do_GET()

    def do_GET(self):
        self.note()
        try:
            if self.server.letter == "B":
                self.on_b()
            else:
                self.on_a()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def search(self):
        """docker's search, with words that would like to drive the terminal."""
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        if query["q"] == "page":
            return self.answer(200, b"<html>a web page</html>", Content_Type="text/html")
        results = [{"name": f"{query['q']}-{i}", "description": "number\t%d \x1b[31mred\nnext " % i + "long " * 20, "star_count": 10 * i,
                    "is_official": i == 3, "is_automated": False} for i in range(int(query["n"]))]
        return self.answer(200, text({"num_results": len(results), "results": results}))

    def catalog(self):
        """Pages of two names."""
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        names = ["app/back", "app/front", "base", "tool", "zapp"]
        start = names.index(query["last"]) + 1 if "last" in query else 0
        more = {"Link": f'</v2/_catalog?last={names[start + 1]}&n=2>; rel="next"'} if start + 2 < len(names) else {}
        return self.answer(200, text({"repositories": names[start:start + 2]}), **more)

    def on_b(self):
        if self.path.startswith("/v2/_catalog"):
            self.catalog()
        elif self.path.startswith("/blob"):
            self.answer(200, BLOB)
        elif self.path.startswith("/token"):
            self.answer(200, text({"token": "token-of-b"}))
        else:
            self.answer(404)

    def on_a(self):
        if self.path.startswith("/v1/search?"):
            return self.search()
        parts = self.path.split("?")[0].split("/")
        if self.path.startswith("/token"):
            given = self.headers.get("Authorization")
            if "endless-token" in self.path:
                return self.endless(200)
            if self.command == "POST":  # the refresh token of an identity (distribution's oauth2 endpoint)
                form = dict(urllib.parse.parse_qsl(self.body))
                if form.get("grant_type") != "refresh_token" or form.get("refresh_token") != IDENTITY or form.get("service") != "identity":
                    return self.answer(401)
                return self.answer(200, text({"access_token": "token-of-a", "refresh_token": IDENTITY}))
            if given != "Basic " + base64.b64encode(PASSWORD.encode()).decode():
                return self.answer(401)
            return self.answer(200, text({"token": "token-of-a"}))
        if len(parts) < 5 or parts[1] != "v2" or parts[2] not in SCENARIOS:
            return self.answer(404, text({"errors": [{"code": "NAME_UNKNOWN", "message": "repository name not known to registry"}]}))
        scenario, kind, reference = parts[2], parts[3], parts[4]
        if not self.authorized(scenario):
            return None
        if scenario == "endless-error":
            return self.endless(404)
        if scenario == "busy" and self.path not in Handler.broken:
            Handler.broken.add(self.path)
            return self.answer(503, Retry_After="0")
        if kind == "manifests":
            return self.manifest(scenario, reference)
        if kind == "blobs":
            return self.blob(scenario, reference)
        return self.answer(404)

    def authorized(self, scenario):
        port_a, port_b = Handler.ports["A"], Handler.ports["B"]
        given = self.headers.get("Authorization", "")
        if scenario == "auth" and given != "Basic " + base64.b64encode(PASSWORD.encode()).decode():
            self.answer(401, WWW_Authenticate='Basic realm="test"')
        elif scenario in ("bearer", "endless-token", "identity") and given != "Bearer token-of-a":
            self.answer(401, WWW_Authenticate=f'Bearer realm="http://127.0.0.1:{port_a}/token",service="{scenario}",scope="repository:x:pull"')
        elif scenario == "realm-b" and given != "Bearer token-of-b":
            self.answer(401, WWW_Authenticate=f'Bearer realm="http://127.0.0.1:{port_b}/token",service="b"')
        elif scenario in ("redirect", "foreign", "cookie") and given != "Basic " + base64.b64encode(PASSWORD.encode()).decode():
            self.answer(401, WWW_Authenticate='Basic realm="test"', Set_Cookie="session=cookie-marker; Path=/")
        else:
            return True
        return False

    def manifest(self, scenario, reference):
        body = SCENARIOS[scenario].replace(b"{B}", str(Handler.ports["B"]).encode())
        if scenario == "huge":
            return self.endless(200, Content_Type=MANIFEST)
        if scenario == "index-loop":
            body = text({"schemaVersion": 2, "mediaType": INDEX, "manifests": [descriptor(b"loop", INDEX, platform={"os": "linux", "architecture": "amd64"})]})
        if scenario.startswith("index") and scenario != "index-loop" and reference.startswith("sha256:"):
            return self.answer(200, SCENARIOS["good"], Content_Type=MANIFEST)
        kind = json.loads(body).get("mediaType", MANIFEST) if scenario not in ("many-layers",) else MANIFEST
        if scenario == "media-type":
            kind = MANIFEST
        said = "sha256:" + "2" * 64 if scenario == "header-lie" else digest(body)
        self.answer(200, body, Content_Type=kind, Docker_Content_Digest=said)

    def blob(self, scenario, reference):
        if reference in CONFIGS:
            return self.answer(200, b"{}" + CONFIGS[reference][2:] if scenario == "wrong-config" else CONFIGS[reference])
        if scenario == "redirect":
            return self.answer(307, Location=f"http://127.0.0.1:{Handler.ports['B']}/blob", Set_Cookie="session=cookie-marker")
        if scenario == "foreign":
            return self.answer(404)
        if scenario == "wrong-blob":
            return self.answer(200, OTHER.ljust(len(BLOB), b"\0"))
        start = 0
        ranged = self.headers.get("Range")
        if ranged and scenario != "resume-no-range":
            start = int(ranged.split("=")[1].rstrip("-"))
        if scenario.startswith("resume") and len(Handler.broken) < 4:
            Handler.broken.add(len(Handler.broken))
            headers = {"Content_Range": f"bytes {start}-{len(BLOB) - 1}/{len(BLOB)}"} if start else {}
            part = BLOB[start:len(BLOB) // 5 * len(Handler.broken)]  # a fifth more each time
            self.answer(206 if start else 200, part, Content_Length=str(len(BLOB) - start), **headers)
            self.close_connection = True
            return None
        if start:
            return self.answer(206, BLOB[start:], Content_Range=f"bytes {start}-{len(BLOB) - 1}/{len(BLOB)}")
        return self.answer(200, BLOB)


def main():
    Handler.log_file = open(sys.argv[1], "a", encoding="utf-8")
    servers = []
    for letter in "AB":
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.letter = letter
        Handler.ports[letter] = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
    print(Handler.ports["A"], Handler.ports["B"], flush=True)
    sys.stdin.read()


main()
