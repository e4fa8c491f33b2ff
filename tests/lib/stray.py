#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A connection whose ends send segments that conntrack does not take.

stray.py serve PORT
    Sends back each line that comes. Before the answer to a line "stray" it sends a segment far
    above the client's window.
stray.py ask ADDR PORT
    Sends such a segment itself, has the server send one, and asks on. Prints "alive", or why not.
stray.py ping ADDR SECONDS
    One ICMP echo request. Prints "answered" or "no answer".
stray.py lost ADDR PORT
    An answer to a SYN, a reset and an ICMP error, of connections that there are not.

Such a segment's numbers are right but for its own, so that a reset in answer to it is one that
the end's kernel believes.
"""
import random
import socket
import struct
import sys
import threading

REPAIR, REPAIR_QUEUE, QUEUE_SEQ = 19, 20, 21
RECEIVED, SENT = 1, 2
REPAIR_OFF_QUIETLY = -1
FAR = 20 * 65535
SYN, RST, ACK = 0x02, 0x04, 0x10


def numbers(conn):
    """What the socket sends next, and expects next."""
    conn.setsockopt(socket.IPPROTO_TCP, REPAIR, 1)
    seen = []
    for queue in (SENT, RECEIVED):
        conn.setsockopt(socket.IPPROTO_TCP, REPAIR_QUEUE, queue)
        seen.append(conn.getsockopt(socket.IPPROTO_TCP, QUEUE_SEQ) & 0xffffffff)
    conn.setsockopt(socket.IPPROTO_TCP, REPAIR, REPAIR_OFF_QUIETLY)
    return seen


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def segment(source, dest, sport, dport, seq, ack, flags, data):
    header = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xffffffff, ack, 5 << 4, flags, 512, 0, 0)
    family = socket.AF_INET6 if ":" in dest else socket.AF_INET
    pseudo = (socket.inet_pton(family, source) + socket.inet_pton(family, dest) +
              struct.pack("!HHHH", 0, len(header + data), 0, socket.IPPROTO_TCP))
    return header[:16] + struct.pack("!H", checksum(pseudo + header + data)) + header[18:] + data


def send(source, dest, packet):
    with socket.socket(socket.AF_INET6 if ":" in dest else socket.AF_INET, socket.SOCK_RAW,
                       socket.IPPROTO_TCP) as raw:
        raw.bind((source, 0))
        raw.sendto(packet, (dest, 0))


def stray(conn):
    source, dest = conn.getsockname(), conn.getpeername()
    seq, ack = numbers(conn)
    send(source[0], dest[0], segment(source[0], dest[0], source[1], dest[1], seq + FAR, ack, ACK,
                                     b"stray!"))


def answer(conn):
    for line in conn.makefile("rb"):
        if line == b"stray\n":
            stray(conn)
        conn.sendall(line)


def serve(port):
    listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=False)
    listener4 = socket.create_server(("0.0.0.0", port))
    print("ready", flush=True)

    def accept(listener):
        while True:
            threading.Thread(target=answer, args=(listener.accept()[0],)).start()
    threading.Thread(target=accept, args=(listener4,)).start()
    accept(listener)


def ask(addr, port):
    conn = socket.create_connection((addr, port), 60)
    lines = conn.makefile("rb")
    try:
        for line in (b"hello\n", b"mine\n", b"more\n", b"stray\n", b"more\n"):
            if line == b"mine\n":
                stray(conn)
            conn.sendall(line)
            if lines.readline() != line:
                print("cut off at", line.decode().strip())
                return
    except OSError as error:
        print(error, "at", line.decode().strip())
        return
    print("alive")


def ping(addr, seconds):
    family, proto, kind = ((socket.AF_INET6, socket.IPPROTO_ICMPV6, 128) if ":" in addr else
                           (socket.AF_INET, socket.IPPROTO_ICMP, 8))
    request = struct.pack("!BBHHH", kind, 0, 0, random.randrange(1 << 16), 1)
    request = request[:2] + struct.pack("!H", checksum(request)) + request[4:]
    with socket.socket(family, socket.SOCK_RAW, proto) as raw:
        raw.connect((addr, 0))
        raw.send(request)
        raw.settimeout(seconds)
        try:
            raw.recv(1500)
        except OSError:
            print("no answer")
        else:
            print("answered")


def lost(addr, port):
    with socket.socket(socket.AF_INET6 if ":" in addr else socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.connect((addr, port))
        source = own.getsockname()[0]
    for flags in SYN | ACK, RST:
        send(source, addr, segment(source, addr, 4444, port, 1, 1, flags, b""))
    family = socket.AF_INET6 if ":" in addr else socket.AF_INET
    quoted = struct.pack("!HHI", port, 5555, 1)
    if family == socket.AF_INET6:
        proto, kind = socket.IPPROTO_ICMPV6, 1
        quoted = (struct.pack("!IHBB", 6 << 28, 20, socket.IPPROTO_TCP, 64) +
                  socket.inet_pton(family, addr) + socket.inet_pton(family, source) + quoted)
    else:
        proto, kind = socket.IPPROTO_ICMP, 3
        quoted = (struct.pack("!BBHHHBBH", 0x45, 0, 40, 0, 0, 64, socket.IPPROTO_TCP, 0) +
                  socket.inet_pton(family, addr) + socket.inet_pton(family, source) + quoted)
    error = struct.pack("!BBHI", kind, 1, 0, 0) + quoted
    error = error[:2] + struct.pack("!H", checksum(error)) + error[4:]
    with socket.socket(family, socket.SOCK_RAW, proto) as raw:
        raw.sendto(error, (addr, 0))


if sys.argv[1] == "lost":
    lost(sys.argv[2], int(sys.argv[3]))
elif sys.argv[1] == "ping":
    ping(sys.argv[2], float(sys.argv[3]))
elif sys.argv[1] == "serve":
    serve(int(sys.argv[2]))
else:
    ask(sys.argv[2], int(sys.argv[3]))
