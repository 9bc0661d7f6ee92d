#!/usr/bin/env python3
"""A registry that takes pushes and misbehaves, for tests of the client; and B, where uploads are led astray.

  push_faults.py LOG      prints "PORT_A PORT_B" and serves until its standard input ends

The first part of the repository's name chooses the fault:
  good        none: the harmless twin of all others
  busy        the first two requests of each kind are answered with 503 and Retry-After: 0, or 429
  away        uploads go to B, which is another origin: it must see no credentials
  loop        every request is answered with 401 and a challenge, whatever credentials it has
  nopatch     PATCH is not allowed
  cut         the first PATCH of each upload breaks after a piece
  broken      every PATCH without Content-Range breaks, and every first PUT of a whole blob: what is left are pieces, of which one breaks
  small       413 for a PUT or PATCH of more than 40 MB in one piece
  nowhere     an upload has no Location
  strange     an upload's Location is no URL of http
  endless     the answer to the manifest's PUT has no end
  wrong       the manifest is refused, in words with escape sequences
  expired     the token that was good for POST is no more for the PUT that ends an upload
Each request is one JSON line in LOG: server, method, path, headers, bytes. What was pushed is checked against its digest.
"""
import base64
import hashlib
import json
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USER = base64.b64encode(b"tester:s3cret-marker").decode()
LOCK = threading.Lock()
BLOBS, MANIFESTS, UPLOADS, SEEN = {}, {}, {}, {}
PORTS = {}
LOG = None


class Broken(Exception):
    """The connection ends here."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def note(self, count=0):
        with LOCK:
            LOG.write(json.dumps({"server": self.server.name, "method": self.command, "path": self.path, "bytes": count, "headers": dict(self.headers)}) + "\n")
            LOG.flush()

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def first(self, key, times=1):
        """Whether this has happened less than `times` times."""
        with LOCK:
            SEEN[key] = SEEN.get(key, 0) + 1
            return SEEN[key] <= times

    def pieces(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return
        left = int(self.headers.get("Content-Length") or 0)
        while left:
            data = self.rfile.read(min(left, 1 << 20))
            if not data:
                raise Broken
            left -= len(data)
            yield data

    def body(self):
        return b"".join(self.pieces())

    def serve(self):
        url = urllib.parse.urlsplit(self.path)
        parts = url.path.strip("/").split("/")
        fault = parts[1] if len(parts) > 1 else ""
        try:
            if not self.refused(fault, parts):
                self.dispatch(fault, parts, dict(urllib.parse.parse_qsl(url.query)))
        except Broken:
            self.close_connection = True

    def refused(self, fault, parts):
        """Faults that do not look at what is asked."""
        if fault == "":
            self.note()
            self.answer(200, b"{}")
        elif fault == "loop" or (fault in ("away", "expired") and not self.headers.get("Authorization") and self.server.name == "A"):
            self.note()
            self.body()
            self.answer(401, WWW_Authenticate='Basic realm="x"')
        elif fault == "busy" and self.first((self.command, "uploads" in parts, "manifests" in parts), 2):
            self.note(len(self.body()))
            self.answer(503 if self.command == "POST" else 429, Retry_After="0")
        else:
            return False
        return True

    def dispatch(self, fault, parts, query):
        repository = "/".join(parts[1:3])
        if parts[-2] == "manifests":
            self.manifest(fault, repository)
        elif parts[-1] == "uploads":
            self.note(len(self.body()))
            self.open_upload(fault, repository)
        elif "uploads" in parts:
            self.upload(fault, repository, parts[-1], query)
        else:
            self.note()
            there = parts[-1] in BLOBS.get(repository, {})
            self.answer(200 if there else 404)

    def open_upload(self, fault, repository):
        with LOCK:
            number = str(len(UPLOADS))
            UPLOADS[number] = bytearray()
        port = PORTS["B" if fault == "away" else "A"]
        where = f"http://127.0.0.1:{port}/v2/{repository}/blobs/uploads/{number}"
        if fault == "nowhere":
            return self.answer(202)
        return self.answer(202, Location="gopher://127.0.0.1/1" if fault == "strange" else where)

    def upload(self, fault, repository, number, query):
        data = UPLOADS[number]
        if self.command == "GET":
            self.note()
            return self.answer(204, Range=f"0-{max(len(data) - 1, 0)}", Location=self.path)
        begin, ranged = len(data), "Content-Range" in self.headers
        breaks = self.command == "PATCH" and fault == "cut" and self.first(("cut", number))
        breaks |= fault == "broken" and self.command == "PATCH" and not ranged
        breaks |= fault == "broken" and self.command == "PUT" and int(self.headers["Content-Length"] or 0) > 0
        breaks |= fault == "broken" and ranged and self.first("one piece")
        if fault == "nopatch" and self.command == "PATCH":
            self.note()
            self.close_connection = True
            return self.answer(405)
        if fault == "small" and int(self.headers.get("Content-Length") or (1 << 30)) > 40_000_000:
            self.note()
            self.close_connection = True
            return self.answer(413)
        for piece in self.pieces():
            data += piece
            if breaks and len(data) - begin > 1_000_000:
                self.note(len(data) - begin)
                raise Broken
        self.note(len(data) - begin)
        if fault == "expired" and self.command == "PUT" and self.first(("expired", number)):
            del data[begin:]
            return self.answer(401, WWW_Authenticate='Basic realm="x"')
        if self.command == "DELETE":
            return self.answer(204)
        if self.command == "PATCH":
            return self.answer(202, Location=self.path, Range=f"0-{len(data) - 1}")
        if "sha256:" + hashlib.sha256(data).hexdigest() != query.get("digest"):
            return self.answer(400, b'{"errors":[{"code":"DIGEST_INVALID","message":"not what it says"}]}')
        BLOBS.setdefault(repository, {})[query["digest"]] = len(data)
        return self.answer(201, Location=self.path)

    def manifest(self, fault, repository):
        data = self.body()
        self.note(len(data))
        if self.command != "PUT":
            return self.answer(404)
        if fault == "wrong":
            return self.answer(400, json.dumps({"errors": [{"code": "MANIFEST_INVALID", "message": "no \u001b[31mgood"}]}).encode())
        manifest = json.loads(data)
        for blob in [manifest["config"], *manifest["layers"]]:
            if BLOBS.get(repository, {}).get(blob["digest"]) != blob["size"]:
                return self.answer(404, b'{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"a blob is missing"}]}')
        if fault == "endless":
            self.send_response(201)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"x" * 65536)
            except OSError:
                raise Broken from None
        return self.answer(201)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = serve


def main():
    global LOG
    LOG = open(sys.argv[1], "w", encoding="utf-8")
    for name in "AB":
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.name = name
        PORTS[name] = server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(PORTS["A"], PORTS["B"], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
