#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Take the helper off every TCP conntrack to an IPv4 address, as ctnetlink lets an admin.

unhelp.py ADDR - reads "conntrack -L" for the tuples and prints how many it changed.
"""
import re
import socket
import struct
import subprocess
import sys

NETLINK_NETFILTER, CT_NEW = 12, 1 << 8
NLM_F_REQUEST, NLM_F_ACK, NLA_F_NESTED = 1, 4, 0x8000
CTA_TUPLE_ORIG, CTA_HELP, CTA_HELP_NAME = 1, 5, 1
TUPLE = re.compile(r"src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)")


def nla(kind, data):
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def nest(kind, *parts):
    return nla(kind | NLA_F_NESTED, b"".join(parts))


def change(sock, src, dst, sport, dport):
    ip = nest(1, nla(1, socket.inet_aton(src)), nla(2, socket.inet_aton(dst)))
    proto = nest(2, nla(1, bytes([socket.IPPROTO_TCP])),
                 nla(2, struct.pack("!H", int(sport))),
                 nla(3, struct.pack("!H", int(dport))))
    body = (struct.pack("=BBH", socket.AF_INET, 0, 0)
            + nest(CTA_TUPLE_ORIG, ip, proto)
            + nest(CTA_HELP, nla(CTA_HELP_NAME, b"\0")))
    sock.send(struct.pack("=IHHII", 16 + len(body), CT_NEW,
                          NLM_F_REQUEST | NLM_F_ACK, 1, 0) + body)
    return struct.unpack_from("=i", sock.recv(4096), 16)[0] == 0


nl = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
listing = subprocess.run(["conntrack", "-L", "-p", "tcp", "--orig-dst", sys.argv[1]],
                         capture_output=True, text=True, check=True).stdout
print(sum(change(nl, *TUPLE.search(line).groups()) for line in listing.splitlines()))
