#!/usr/bin/env python3
"""Run a command in the network namespace of a user's hub: `lichen unshare in_hub.py HUB_FOLDER COMMAND...`.

The hub gives the namespace to whoever connects (wire/hub_protocol.hh).
"""
import array
import ctypes
import os
import socket
import sys

CLONE_NEWNET = 0x40000000

peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
os.chdir(sys.argv[1])  # a socket's path has at most 108 bytes
peer.connect("hub.sock")
fds = array.array("i")
hello, ancillary, _, _ = peer.recvmsg(64, socket.CMSG_LEN(fds.itemsize))
fds.frombytes(ancillary[0][2][:fds.itemsize])
libc = ctypes.CDLL(None, use_errno=True)
if libc.setns(fds[0], CLONE_NEWNET) != 0:
    sys.exit(f"enter the hub: {os.strerror(ctypes.get_errno())}")
peer.close()
os.execvp(sys.argv[2], sys.argv[2:])
