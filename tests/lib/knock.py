#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Ask once, and say what came of it.

knock.py tcp|udp ADDR PORT

Prints "open", the errno's name, or "silence" after two seconds.
"""
import errno
import socket
import sys

proto, addr, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
family = socket.AF_INET6 if ":" in addr else socket.AF_INET
kind = socket.SOCK_STREAM if proto == "tcp" else socket.SOCK_DGRAM
knock = socket.socket(family, kind)
knock.settimeout(2)
try:
    knock.connect((addr, port))
    if proto == "udp":
        # A question that any name server answers.
        knock.send(bytes.fromhex("000100000001000000000000" "00" "00020001"))
        knock.recv(512)
    print("open")
except TimeoutError:
    print("silence")
except OSError as error:
    print(errno.errorcode[error.errno])
