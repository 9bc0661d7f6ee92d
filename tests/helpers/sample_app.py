#!/usr/bin/env python3
"""The programs of well-known compose projects, without any framework: python3-minimal, redis and psql are enough.

  sample_app.py [counter [PORT]]   a page that counts its visitors in redis
  sample_app.py vote [PORT]        /cat and /dog put a vote into redis
  sample_app.py worker             carries votes from redis to postgres
  sample_app.py result [PORT]      a page with the votes that postgres has

PORT is 8080, on all addresses. redis is asked at REDIS_HOST (redis), postgres at PGHOST (db) with libpq's other variables.
Every page has /health, which asks nobody, and /name, which says the host's name. What fails is an error 500 with its reason.
"""
import os
import socket
import subprocess
import sys
import threading

# ---- redis' protocol (RESP): an array of strings there; a line, a string, or an array of those back


def read_answer(stream):
    line = stream.readline().rstrip(b"\r\n")
    kind, rest = line[:1], line[1:]
    if kind == b"$":
        return None if rest == b"-1" else stream.read(int(rest) + 2)[:-2].decode()
    if kind == b"*":
        return None if rest == b"-1" else [read_answer(stream) for _ in range(int(rest))]
    if kind in (b"+", b":"):
        return rest.decode()
    raise OSError(f"redis says '{line.decode()}'")


def ask_redis(*words):
    command = f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
    with socket.create_connection((os.environ.get("REDIS_HOST", "redis"), 6379), timeout=10) as server:
        server.sendall(command.encode())
        return read_answer(server.makefile("rb"))


def ask_postgres(query):
    environment = {"PGHOST": "db", "PGUSER": "postgres", **os.environ}
    done = subprocess.run(["psql", "-qAt", "-c", query], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(done.stderr.strip())
    return done.stdout.strip()


# ---- pages: a path comes in, a text goes out

def counter(_):
    return f"Hello World! I have been seen {ask_redis('INCR', 'hits')} times by {socket.gethostname()}."


def vote(path):
    choice = path.strip("/") or "nobody"
    ask_redis("RPUSH", "votes", choice)
    return f"voted for {choice}"


def result(_):
    return ask_postgres("select string_agg(choice || ' ' || number, ', ' order by choice) from votes")


def answer(page, path):
    if path in ("/health", "/name"):
        return "200 OK", "well" if path == "/health" else socket.gethostname()
    try:
        return "200 OK", page(path)
    except OSError as error:
        return "500 Internal Server Error", str(error)


def serve_one(page, client):
    with client:
        request = client.recv(65536).decode("latin-1").split("\r\n")[0]
        if not request:
            return
        status, text = answer(page, request.split(" ")[1])
        client.sendall(f"HTTP/1.0 {status}\r\n\r\n{text}\n".encode())
        print(request, status, flush=True)


def serve(page, port=8080):
    server = socket.create_server(("", int(port)))
    print(f"serving on {port}", flush=True)
    while True:
        threading.Thread(target=serve_one, args=(page, server.accept()[0]), daemon=True).start()


def worker():
    ask_postgres("create table if not exists votes (choice text primary key, number int)")
    print("carrying", flush=True)
    while True:
        taken = ask_redis("BLPOP", "votes", "5")
        if taken:
            choice = taken[1].replace("'", "''")
            ask_postgres(f"insert into votes values ('{choice}', 1) on conflict (choice) do update set number = votes.number + 1")


def main():
    name, words = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else ("counter", [])
    if name == "worker":
        worker()
    serve({"counter": counter, "vote": vote, "result": result}[name], *words)


if __name__ == "__main__":
    main()
