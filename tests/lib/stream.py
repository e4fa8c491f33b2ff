#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Send many bytes over one TCP connection, and see that they arrive as they were.

stream.py serve PORT | get ADDR PORT BYTES | put ADDR PORT BYTES

"serve" prints "ready" and stays; "get" and "put" print the rate in Mbit/s and "same", or
"different" and exit with 1, as they do when nothing moves for a minute.
"""
import hashlib
import os
import socket
import struct
import sys
import time

BLOCK = 1 << 18
PATIENCE = 60
HEAD = struct.Struct("!cQ")


def blocks(size):
    """No two of them are alike."""
    noise = os.urandom(BLOCK - 8)
    for number in range((size + BLOCK - 1) // BLOCK):
        yield (struct.pack("!Q", number) + noise)[:size - number * BLOCK]


def send(sock, size):
    digest = hashlib.sha256()
    for block in blocks(size):
        digest.update(block)
        sock.sendall(block)
    return digest.digest()


def receive(sock, size):
    digest = hashlib.sha256()
    room = memoryview(bytearray(BLOCK))
    while size:
        got = sock.recv_into(room, min(size, BLOCK))
        if not got:
            sys.exit("the connection ended early")
        digest.update(room[:got])
        size -= got
    return digest.digest()


def exactly(sock, size):
    data = b""
    while len(data) < size:
        more = sock.recv(size - len(data))
        if not more:
            sys.exit("the connection ended early")
        data += more
    return data


def serve(port):
    with socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True) as server:
        print("ready", flush=True)
        while True:
            sock, _ = server.accept()
            with sock:
                way, size = HEAD.unpack(exactly(sock, HEAD.size))
                sock.sendall(send(sock, size) if way == b"g" else receive(sock, size))


def ask(way, addr, port, size):
    with socket.create_connection((addr, port), PATIENCE) as sock:
        start = time.monotonic()
        sock.sendall(HEAD.pack(way[:1].encode(), size))
        ours = receive(sock, size) if way == "get" else send(sock, size)
        theirs = exactly(sock, len(ours))
        took = time.monotonic() - start
    print(round(size * 8 / took / 1e6), "same" if ours == theirs else "different")
    return 0 if ours == theirs else 1


if sys.argv[1] == "serve":
    serve(int(sys.argv[2]))
else:
    try:
        sys.exit(ask(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
    except TimeoutError:
        sys.exit("nothing moves any more")
