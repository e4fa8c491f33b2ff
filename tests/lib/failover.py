#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Carry connections over as conntrackd does: learn them, have conntrack forget them, make them
again from what was learned.

failover.py listing|events ADDR - learns the TCP connections to an IPv4 address from a listing of
conntrack's, or from its events alone.  Says "ready" when it listens; each line on standard input
is a failover, answered with how many connections were made again, and how many of them have
shifted sequence numbers.
"""
import os
import select
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../same"))
from ctnl import ACK, CT_DELETE, CT_GET, CT_NEW, DUMP, NLM_F_CREATE, Conntrack, attrs, nla  # noqa: E402

NESTED = 0x8000
ORIG, REPLY, STATUS, PROTOINFO, HELP, NAT_SRC, TIMEOUT, MARK, NAT_DST = 1, 2, 3, 4, 5, 6, 7, 8, 13
SEQ_ORIG, SEQ_REPLY = 15, 16
KEPT = (PROTOINFO, HELP, TIMEOUT, MARK, SEQ_ORIG, SEQ_REPLY)
NEST = (ORIG, REPLY, PROTOINFO, HELP, NAT_SRC, NAT_DST, SEQ_ORIG, SEQ_REPLY)
SEEN_REPLY, ASSURED, CONFIRMED = 2, 4, 8


def ends(data):
    """source, destination, ports of a TCP tuple over IPv4"""
    parts = dict(attrs(data))
    where, proto = dict(attrs(parts[1])), dict(attrs(parts[2]))
    return where.get(1), where.get(2), proto[1], proto.get(2), proto.get(3)


def one(kind, data):
    return nla(kind | (NESTED if kind in NEST else 0), data)


def nat(kind, addr, port):
    return one(kind, nla(1, addr) + nla(2, addr) + nla(3 | NESTED, nla(1, port) + nla(2, port)))


def made_of(entry):
    """The message that makes a connection, of the attributes that were learned."""
    src, dst, _, sport, dport = ends(entry[ORIG])
    back, vip, _, bport, vdport = ends(entry[REPLY])
    reply = (nla(1 | NESTED, nla(1, dst) + nla(2, src)) +
             nla(2 | NESTED, nla(1, bytes([socket.IPPROTO_TCP])) + nla(2, dport) + nla(3, sport)))
    status = struct.unpack("!I", entry[STATUS])[0] & (SEEN_REPLY | ASSURED) | CONFIRMED
    out = one(ORIG, entry[ORIG]) + one(REPLY, reply) + nla(STATUS, struct.pack("!I", status))
    out += nat(NAT_DST, back, bport) + nat(NAT_SRC, vip, vdport)
    return out + b"".join(one(kind, entry[kind]) for kind in KEPT if kind in entry)


class Learned:
    def __init__(self, addr):
        self.addr = socket.inet_aton(addr)
        self.entries = {}

    def message(self, data, kind):
        entry = dict(attrs(data[4:]))
        src, dst, proto, sport, dport = ends(entry[ORIG])
        if dst != self.addr or proto != bytes([socket.IPPROTO_TCP]):
            return
        key = src + sport + dport
        if kind == CT_DELETE:
            self.entries.pop(key, None)
        else:
            self.entries[key] = {**self.entries.get(key, {}), **entry}

    def events(self, feed):
        while select.select([feed], [], [], 0)[0]:
            data = feed.recv(1 << 17)
            while data:
                size, kind = struct.unpack_from("=IH", data)
                self.message(data[16:size], kind)
                data = data[(size + 3) & ~3:]


def main(how, addr):
    conntrack = Conntrack()
    learned = Learned(addr)
    print("ready", flush=True)
    for _ in sys.stdin:
        if how == "events":
            learned.events(conntrack.feed)
        else:
            for message in conntrack.ask(CT_GET, DUMP):
                if message[0] == socket.AF_INET:
                    learned.message(message, CT_NEW)
        entries = list(learned.entries.values())
        conntrack.flush()
        for entry in entries:
            entry.setdefault(TIMEOUT, struct.pack("!I", 600))
            for _ in conntrack.ask(CT_NEW, ACK | NLM_F_CREATE, made_of(entry), socket.AF_INET):
                pass
        print(len(entries), sum(SEQ_ORIG in entry for entry in entries), flush=True)
        learned.entries.clear()


main(*sys.argv[1:])
