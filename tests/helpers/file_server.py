#!/usr/bin/env python3
"""Two servers of files and git repositories on loopback, A and B, for builds from the network.

  file_server.py FOLDER LOG [CERTIFICATE KEY]     prints "PORT_A PORT_B" and serves until its standard input ends

FOLDER/files is served below /files/ with ETag and Last-Modified, FOLDER/git below /git/ by git-http-backend, and below /dumb/
as plain files. With a certificate B speaks TLS. Every request is one JSON line in LOG: server, method, path, status, headers.
Other paths are what a hostile or odd server does; SPECIAL names them.
"""
import email.utils
import hashlib
import json
import os
import ssl
import subprocess
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FOLDER, LOG = sys.argv[1], sys.argv[2]
LOCK = threading.Lock()
PORTS = {}


def inside(folder, path):
    top = os.path.realpath(os.path.join(FOLDER, folder))
    found = os.path.realpath(os.path.join(top, path))
    return found if found.startswith(top + "/") and os.path.isfile(found) else None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def log_request(self, code="-", size="-"):
        entry = {"server": self.server.name, "method": self.command, "path": self.path, "status": int(code),
                 "headers": {name.lower(): value for name, value in self.headers.items()}}
        with LOCK, open(LOG, "a", encoding="utf-8") as log:
            log.write(json.dumps(entry) + "\n")

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        path = urllib.parse.unquote(self.path.split("?")[0])
        for prefix, serve in SPECIAL.items():
            if path.startswith(prefix):
                return serve(self, path[len(prefix):])
        return self.answer(404, b"no such thing")

    do_POST = do_GET
    do_HEAD = do_GET

    def files(self, path):
        found = inside("files", path)
        if not found:
            return self.answer(404)
        with open(found, "rb") as file:
            body = file.read()
        time = os.stat(found).st_mtime
        etag = '"%s"' % hashlib.sha256(body).hexdigest()[:16]
        if self.headers.get("If-None-Match") == etag and not self.path.startswith("/stubborn/"):
            return self.answer(304, ETag=etag)
        return self.answer(200, body, ETag=etag, Last_Modified=email.utils.formatdate(time, usegmt=True))

    def plain(self, path):
        """Without any validator."""
        found = inside("files", path)
        return self.answer(200, open(found, "rb").read()) if found else self.answer(404)

    def private(self, path):
        wanted = {"Basic dXNlcjpzM2NyZXQ=", "Bearer t0ken-marker"}  # user:s3cret
        return self.files(path) if self.headers.get("Authorization") in wanted else self.answer(401)

    def hop(self, path):
        number, rest = path.split("/", 1)
        target = "/%s" % rest if number == "0" else "/hop/%d/%s" % (int(number) - 1, rest)
        return self.answer(302, Location=target)

    def redirect(self, path):
        """To the address that stands in the query."""
        return self.answer(302, Location=urllib.parse.unquote(self.path.partition("?")[2]))

    def across(self, path):
        other = "B" if self.server.name == "A" else "A"
        return self.answer(302, Location="http://127.0.0.1:%d/%s" % (PORTS[other], path))

    def named(self, path):
        name = self.path.partition("?")[2]
        return self.answer(200, b"named\n", Content_Disposition='attachment; filename="%s"' % name)

    def huge(self, _):
        self.send_response(200)
        self.send_header("Content-Length", str(1 << 60))
        self.end_headers()
        self.endless_body(lambda piece: piece)

    def endless(self, _):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.endless_body(lambda piece: b"%x\r\n%s\r\n" % (len(piece), piece))

    def endless_body(self, framed):
        piece = framed(os.urandom(1 << 16))
        try:
            while True:
                self.wfile.write(piece)
        except OSError:
            self.close_connection = True

    def torn(self, _):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"half")
        self.close_connection = True

    def stuck(self):
        """An answer that begins and never goes on, until the client has gone."""
        self.send_response(200)
        self.send_header("Content-Type", "application/x-git-upload-pack-result")
        self.end_headers()
        with LOCK, open(LOG, "a", encoding="utf-8") as log:
            log.write('{"stuck": true}\n')
        self.rfile.read(1)
        self.close_connection = True

    def dumb(self, path):
        found = inside("git", path)
        return self.answer(200, open(found, "rb").read()) if found else self.answer(404)

    def git(self, path):
        if path.startswith("private/") and self.headers.get("Authorization") is None:
            return self.answer(401, WWW_Authenticate='Basic realm="git"')
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding") == "chunked":
            while (size := int(self.rfile.readline(), 16)) > 0:
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        if path.startswith("stuck/"):
            if b"command=fetch" in body:
                return self.stuck()
            path = path[len("stuck/"):]
        environment = {
            "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": os.path.join(FOLDER, "git"), "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": "/" + path, "REQUEST_METHOD": self.command, "REMOTE_ADDR": "127.0.0.1",
            "QUERY_STRING": self.path.partition("?")[2], "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)), "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""), "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
        out = subprocess.run(["git", "http-backend"], input=body, env=environment, check=False,
                             stdout=subprocess.PIPE).stdout
        head, _, content = out.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        status = int(headers.pop("Status", "200").split()[0])
        return self.answer(status, content, **headers)


SPECIAL = {"/files/": Handler.files, "/stubborn/": Handler.files, "/plain/": Handler.plain, "/private/": Handler.private, "/hop/": Handler.hop,
           "/redirect": Handler.redirect, "/across/": Handler.across, "/named/": Handler.named, "/huge": Handler.huge,
           "/endless": Handler.endless, "/torn": Handler.torn, "/dumb/": Handler.dumb, "/git/": Handler.git}


def serve(name, context=None):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.name = name
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    PORTS[name] = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()


def main():
    context = None
    if len(sys.argv) > 4:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[3], sys.argv[4])
    serve("A")
    serve("B", context)
    print(PORTS["A"], PORTS["B"], flush=True)
    sys.stdin.read()


main()
