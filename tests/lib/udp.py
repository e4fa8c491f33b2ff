#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Datagrams there and back.

udp.py serve NAME ADDR PORT
    Prints "ready", and sends back what comes, with NAME before it.
udp.py ask NAME ADDR PORT COUNT
    Sends COUNT from one port, each when the one before was answered, and prints
    "good N failed N wrong N": wrong is what NAME did not say, or not to this.
udp.py twins NAME ADDR PORT
    Sends two at once, expects no answer to them, and prints "sent"; then one more from the same
    port for each line of standard input, and prints "good" when it was answered.
udp.py tell NAME ADDR PORT COUNT [SOURCE-PORT]
    Sends COUNT from one port without a checksum, and waits for no answer.
"""
import os
import socket
import sys

SIZE = 64
PATIENCE = 5      # seconds for an answer


def serve(name, addr, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((addr, port))
        print("ready", flush=True)
        while True:
            data, peer = sock.recvfrom(1 << 16)
            sock.sendto(name + data, peer)


def ask(name, addr, port, count):
    good = failed = wrong = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((addr, port))
        sock.settimeout(PATIENCE)
        for _ in range(count):
            said = os.urandom(SIZE)
            try:
                sock.send(said)
                if sock.recv(1 << 16) == name + said:
                    good += 1
                else:
                    wrong += 1
            except OSError:
                failed += 1
                if failed == 3:
                    break
    print("good", good, "failed", failed, "wrong", wrong)


def twins(name, addr, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((addr, port))
        sock.settimeout(PATIENCE)
        for _ in range(2):
            sock.send(b"twin")
        print("sent", flush=True)
        for line in sys.stdin:
            said = line.encode()
            sock.send(said)
            print("good" if sock.recv(1 << 16) == name + said else "wrong", flush=True)


def tell(addr, port, count, source=0):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, 11, 1)  # SO_NO_CHECK
        sock.bind(("", source))
        for _ in range(count):
            sock.sendto(bytes(SIZE), (addr, port))


what, name, addr, port = sys.argv[1:5]
if what == "serve":
    serve(name.encode(), addr, int(port))
elif what == "twins":
    twins(name.encode(), addr, int(port))
elif what == "tell":
    tell(addr, int(port), *map(int, sys.argv[5:]))
else:
    ask(name.encode(), addr, int(port), int(sys.argv[5]))
