#!/usr/bin/env python3
"""A name server on UDP port 53 that answers every question for an IPv4 address with the same one.

  name_server.py ADDRESS
"""
import socket
import struct
import sys


def answer(query, address):
    end = 12
    while query[end]:
        end += query[end] + 1
    question = query[12:end + 5]
    wants_v4 = struct.unpack(">H", query[end + 1:end + 3])[0] == 1
    head = query[:2] + struct.pack(">HHHHH", 0x8180, 1, 1 if wants_v4 else 0, 0, 0)  # RFC 1035, 4.1.1
    record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 1, 4) + socket.inet_aton(address)
    return head + question + (record if wants_v4 else b"")


server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("0.0.0.0", 53))
while True:
    data, peer = server.recvfrom(4096)
    server.sendto(answer(data, sys.argv[1]), peer)
