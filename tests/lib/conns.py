#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Open TCP connections and keep them.

conns.py ADDR PORT COUNT [WANTED [SOURCE-ADDR SOURCE-PORT]]

Prints "open N failed N", then holds what is open until standard input ends.
WANTED (COUNT) of them have two minutes, as a slow machine may need. Those that are
not open two seconds after that number is, time enough for a second SYN, have failed.
"""
import resource
import select
import socket
import sys
import time

addr, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
wanted = int(sys.argv[4]) if len(sys.argv) > 4 else count
family = socket.AF_INET6 if ":" in addr else socket.AF_INET
resource.setrlimit(resource.RLIMIT_NOFILE, (count + 64, count + 64))
poll = select.poll()
waiting, opened, failed = {}, [], 0

for _ in range(count):
    s = socket.socket(family, socket.SOCK_STREAM)
    s.setblocking(False)
    if len(sys.argv) > 6:
        s.setsockopt(socket.SOL_IP, 15, 1)  # IP_FREEBIND
        s.bind((sys.argv[5], int(sys.argv[6])))
    s.connect_ex((addr, port))
    waiting[s.fileno()] = s
    poll.register(s, select.POLLOUT)

deadline = time.monotonic() + (120 if wanted else 2)
while waiting and time.monotonic() < deadline:
    for fd, _ in poll.poll(1000 * max(0, deadline - time.monotonic())):
        s = waiting.pop(fd)
        poll.unregister(s)
        if s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            failed += 1
        else:
            opened.append(s)
            if len(opened) == wanted:
                deadline = time.monotonic() + 2

print("open", len(opened), "failed", failed + len(waiting), flush=True)
for s in waiting.values():
    s.close()
sys.stdin.read()
