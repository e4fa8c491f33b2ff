#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Accept whatever nft's "queue num 0" hands over, as an intrusion prevention system would.

queued.py [COUNT] - says "ready", then works until it is killed.  The first COUNT packets (0) are
kept until all of them are there.
"""
import socket
import struct
import sys

NETLINK_NETFILTER, QUEUE = 12, 3 << 8
PACKET, VERDICT, CONFIG = QUEUE, QUEUE | 1, QUEUE | 2
CFG_CMD, CFG_PARAMS, PACKET_HDR, VERDICT_HDR = 1, 2, 1, 2
CMD_BIND, COPY_META, NF_ACCEPT = 1, 1, 1
NLM_F_REQUEST, NLM_F_ACK = 1, 4
SO_RCVBUFFORCE = 33


def message(kind, flags, attr, data):
    body = struct.pack("=BBH", socket.AF_UNSPEC, 0, 0) + struct.pack("=HH", 4 + len(data), attr) + data
    body += bytes(-len(body) % 4)
    return struct.pack("=IHHII", 16 + len(body), kind, NLM_F_REQUEST | flags, 0, 0) + body


def configure(sock, attr, data):
    sock.send(message(CONFIG, NLM_F_ACK, attr, data))
    error = struct.unpack_from("=i", sock.recv(4096), 16)[0]
    if error:
        raise OSError(-error, "nfnetlink_queue")


def accept(sock, packet):
    kind, = struct.unpack_from("=H", packet, 4)
    attr, = struct.unpack_from("=H", packet, 22)
    if kind == PACKET and attr == PACKET_HDR:
        number, = struct.unpack_from("!I", packet, 24)
        sock.send(message(VERDICT, 0, VERDICT_HDR, struct.pack("!II", NF_ACCEPT, number)))


nl = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
nl.bind((0, 0))
nl.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
configure(nl, CFG_CMD, struct.pack("!BBH", CMD_BIND, 0, 0))
configure(nl, CFG_PARAMS, struct.pack("!IB", 64, COPY_META))
print("ready", flush=True)
first = [nl.recv(1 << 16) for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 0)]
for one in first:
    accept(nl, one)
while True:
    accept(nl, nl.recv(1 << 16))
