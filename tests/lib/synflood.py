#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""First packets of TCP connections from clients that are not there.

synflood.py ADDR PORT COUNT SOURCE - COUNT of them, each from another port of SOURCE.
"""
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../same"))
import wire  # noqa: E402

addr, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
source, vip = wire.addr(sys.argv[4]), wire.addr(addr)
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
for number in range(count):
    isn = int.from_bytes(os.urandom(4), "big")
    segment = wire.tcp(source, vip, 1024 + number, port, isn, 0, wire.SYN)
    raw.sendto(wire.ip(source, vip, wire.TCP, segment), (addr, 0))
