#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Talk over UDP to a name server from many ports, until standard input ends.

askers.py ADDR PORT COUNT

All of them ask again and again, so that conntrack takes each for a stream.
"""
import select
import socket
import sys

addr, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
family = socket.AF_INET6 if ":" in addr else socket.AF_INET
socks = []
for _ in range(count):
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.setblocking(False)
    s.connect((addr, port))
    socks.append(s)
while not select.select([sys.stdin], [], [], 0.3)[0]:
    for s in socks:
        try:
            s.send(bytes.fromhex("000100000001000000000000" "00" "00020001"))
            s.recv(512)
        except OSError:
            pass
