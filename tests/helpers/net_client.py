#!/usr/bin/env python3
"""What the tests of networks say to servers, from the host or inside a container (python3-minimal is enough).

  net_client.py get HOST PORT [PATH [COUNT]]       COUNT fetches at once; a line for each different answer: its text, or
                                                   when it is longer than 1000 bytes: status, bytes, sha256
  net_client.py udp|tcp HOST PORT TEXT             the answer to one message
  net_client.py echo udp|tcp ADDRESS PORT...       a server that answers with what came; says "ready"
  net_client.py hold HOST PORT                     one TCP connection: a line of standard input there, a line of answer out
  net_client.py dns SERVER NAME A|AAAA|PTR [tcp]   the answers in their order, one a line; or the name of the error
  net_client.py answer ADDRESS IP                  a name server that knows one address for every name, and prints what it is asked

Whoever waits for a server tries again until an answer comes, at most 20 s; "dns" asks for 5 s.
"""
import hashlib
import os
import select
import socket
import struct
import sys
import threading
import time

LIMIT = 20
TYPES = {"A": 1, "PTR": 12, "AAAA": 28}
ERRORS = {1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}


def until_answer(attempt, limit=LIMIT):
    deadline = time.monotonic() + limit
    while True:
        try:
            return attempt()
        except OSError as error:
            if time.monotonic() > deadline:
                sys.exit(f"no answer: {error}")
            time.sleep(0.02)


def open_socket(kind, host, port):
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=kind)[0]
    opened = socket.socket(family, kind, protocol)
    opened.settimeout(10 if kind == socket.SOCK_STREAM else 0.5)
    opened.connect(address)
    return opened


def read_all(opened):
    parts = []
    while part := opened.recv(1 << 20):
        parts.append(part)
    return b"".join(parts)


def fetch(host, port, path):
    def attempt():
        with open_socket(socket.SOCK_STREAM, host, port) as server:
            server.sendall(f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
            answer = read_all(server)
            if not answer:
                raise OSError("an empty answer")
            return answer
    head, _, body = until_answer(attempt).partition(b"\r\n\r\n")
    return head.split(b" ")[1].decode(), body


def get(host, port, path="/", count="1"):
    found, lock = set(), threading.Lock()

    def one():
        try:
            status, body = fetch(host, port, path)
            text = f"{status} {len(body)} {hashlib.sha256(body).hexdigest()}" if len(body) > 1000 else body.decode().strip()
        except SystemExit as error:
            text = str(error)
        with lock:
            found.add(text)
    threads = [threading.Thread(target=one) for _ in range(int(count))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("\n".join(sorted(found)))


def message(kind, host, port, text):
    def attempt():
        with open_socket(socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM, host, port) as server:
            server.send(text.encode())
            answer = server.recv(65536).decode()
            if not answer:
                raise OSError("an empty answer")
            return answer
    print(until_answer(attempt).strip())


def listen(kind, address, port):
    server = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((address, int(port)))
    if kind == socket.SOCK_STREAM:
        server.listen()
    return server


def echo(kind, address, *ports):
    servers = [listen(socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM, address, port) for port in ports]
    print("ready", flush=True)
    while True:
        for server in select.select(servers, [], [])[0]:
            if kind == "udp":
                data, peer = server.recvfrom(65536)
                server.sendto(data, peer)
            else:
                with server.accept()[0] as client:
                    client.sendall(client.recv(65536))


def hold(host, port):
    server = until_answer(lambda: open_socket(socket.SOCK_STREAM, host, port))
    for line in sys.stdin:
        try:
            server.sendall(line.encode())
            print(server.recv(65536).decode().strip(), flush=True)
        except OSError as error:
            print("lost", error, flush=True)


# ---- names (RFC 1035)

def pack_name(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.rstrip(".").split(".")) + b"\0"


def read_name(data, at):
    parts, end = [], None
    while data[at]:
        if data[at] >= 0xC0:
            end = end or at + 2
            at = struct.unpack("!H", data[at:at + 2])[0] & 0x3FFF
        else:
            parts.append(data[at + 1:at + 1 + data[at]].decode())
            at += 1 + data[at]
    return ".".join(parts), end or at + 1


def read_answers(data):
    flags, questions, answers = struct.unpack("!HHH", data[2:8])
    if flags & 15:
        return [ERRORS.get(flags & 15, str(flags & 15))]
    at, found = 12, []
    for _ in range(questions):
        at = read_name(data, at)[1] + 4
    for _ in range(answers):
        at = read_name(data, at)[1]
        kind, _, _, size = struct.unpack("!HHIH", data[at:at + 10])
        at += 10
        if kind == 12:
            found.append(read_name(data, at)[0])
        elif kind in (1, 28):
            found.append(socket.inet_ntop(socket.AF_INET if kind == 1 else socket.AF_INET6, data[at:at + size]))
        at += size
    return found or ["EMPTY"]


def dns(server, name, kind, way="udp"):
    if kind == "PTR":
        if ":" in name:
            name = ".".join(reversed(socket.inet_pton(socket.AF_INET6, name).hex())) + ".ip6.arpa"
        else:
            name = ".".join(reversed(name.split("."))) + ".in-addr.arpa"
    query = os.urandom(2) + struct.pack("!HHHHH", 0x100, 1, 0, 0, 0) + pack_name(name) + struct.pack("!HH", TYPES[kind], 1)

    def attempt():
        with open_socket(socket.SOCK_STREAM if way == "tcp" else socket.SOCK_DGRAM, server, 53) as asked:
            if way == "udp":
                asked.send(query)
                return asked.recv(65536)
            asked.sendall(struct.pack("!H", len(query)) + query)
            answer = b""
            while len(answer) < 2 or len(answer) < 2 + struct.unpack("!H", answer[:2])[0]:
                part = asked.recv(65536)
                if not part:
                    raise OSError("half an answer")
                answer += part
            return answer[2:]
    print("\n".join(read_answers(until_answer(attempt, 5))))


def answer_names(address, known):
    server = listen(socket.SOCK_DGRAM, address, 53)
    print("ready", flush=True)
    while True:
        data, peer = server.recvfrom(65536)
        name, end = read_name(data, 12)
        kind = struct.unpack("!H", data[end:end + 2])[0]
        print("asked", name, kind, flush=True)
        record = b"\xC0\x0C" + struct.pack("!HHIH", 1, 1, 60, 4) + socket.inet_aton(known) if kind == 1 else b""
        head = data[:2] + struct.pack("!HHHHH", 0x8180, 1, 1 if record else 0, 0, 0)
        server.sendto(head + data[12:end + 4] + record, peer)


def main():
    command, words = sys.argv[1], sys.argv[2:]
    if command in ("udp", "tcp"):
        message(command, *words)
    else:
        {"get": get, "echo": echo, "hold": hold, "dns": dns, "answer": answer_names}[command](*words)


if __name__ == "__main__":
    main()
