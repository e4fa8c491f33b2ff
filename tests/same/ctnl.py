# SPDX-License-Identifier: GPL-2.0-only
"""conntrack over ctnetlink: what `conntrack -L -o extended` and `conntrack -E` tell, and more,
without a process for each look."""

import os
import socket
import struct

from wire import IGMP

NETLINK_NETFILTER = 12
REQUEST, ACK, DUMP = 1, 4, 0x300
ERROR, DONE = 2, 3
CT_NEW, CT_GET, CT_DELETE = 0x100, 0x101, 0x102
GROUPS = 7          # new, update, destroy
EVENTS = {0x100: "new", 0x102: "destroy"}
NLM_F_CREATE = 0x400
MARK = "17/9/9"      # bed.py's, where no rule keeps them out

TUPLE_ORIG, STATUS, PROTOINFO, TIMEOUT = 1, 3, 4, 7
USE, ID, SEQ_ADJ, TIMESTAMP = 11, 12, (15, 16), 20
NAMES = {1: "orig", 2: "reply", 3: "status", 4: "protoinfo", 5: "helper", 7: "timeout", 8: "mark",
         9: "counters-orig", 10: "counters-reply", 14: "master", 15: "seqadj-orig",
         16: "seqadj-reply", 18: "zone", 20: "timestamp", 22: "labels", 24: "synproxy"}
STATES = ("NONE SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT CLOSE_WAIT LAST_ACK TIME_WAIT CLOSE"
          " SYN_SENT2").split()
BITS = {1: "SEEN_REPLY", 2: "ASSURED", 3: "CONFIRMED", 4: "SRC_NAT", 5: "DST_NAT", 6: "SEQ_ADJUST",
        9: "DYING", 10: "FIXED_TIMEOUT", 13: "HELPER", 14: "OFFLOAD"}


def attrs(data):
    while len(data) >= 4:
        size, kind = struct.unpack_from("=HH", data)
        yield kind & 0x3FFF, data[4:size]
        data = data[(size + 3) & ~3:]


def nla(kind, data):
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def tuple_text(data):
    parts = dict(attrs(data))
    where = dict(attrs(parts[1]))
    words = [socket.inet_ntop(socket.AF_INET if len(v) == 4 else socket.AF_INET6, v)
             for _, v in sorted(where.items())]
    return ">".join(words) + " " + "/".join(str(int.from_bytes(v, "big"))
                                            for _, v in sorted(attrs(parts[2])))


def status_text(value):
    return "|".join(BITS.get(n, f"bit{n}") for n in range(32) if value >> n & 1)


def protoinfo_text(data):
    words = []
    for _, proto in attrs(data):
        for kind, value in sorted(attrs(proto)):
            words.append(STATES[value[0]] if kind == 1 else f"{kind}:{value.hex()}")
    return " ".join(words)


def counters_text(data):
    """Packets and bytes; whether there is padding between them depends on the message."""
    return "/".join(str(int.from_bytes(v, "big")) for k, v in sorted(attrs(data)) if k in (1, 2))


def seqadj_text(data):
    """From where on a shift is in force; how much it is has been thrown with dice."""
    return " ".join(value.hex() if kind == 1 else str(any(value)) for kind, value in sorted(attrs(data)))


class Entry:
    """One connection, or one event: words that must be the same, and a timeout beside them."""

    def __init__(self, data, what=""):
        self.timeout = None
        self.raw = None
        self.key = ""
        self.noise = False
        words = [what] if what else []
        for kind, value in sorted(attrs(data)):
            if kind in (USE, ID):
                continue
            if kind == TIMEOUT:
                self.timeout = struct.unpack("!I", value)[0]
                continue
            if kind == TUPLE_ORIG:
                self.raw = value
                self.key = tuple_text(value)
                self.noise = self.key.split()[1] in (str(IGMP), MARK)
            words.append(NAMES.get(kind, str(kind)) + "=" + self.value_text(kind, value))
        self.words = words

    @staticmethod
    def value_text(kind, value):
        if kind in (1, 2, 14):
            return tuple_text(value)
        if kind == STATUS:
            return status_text(struct.unpack("!I", value)[0])
        if kind == PROTOINFO:
            return protoinfo_text(value)
        if kind in (9, 10):
            return counters_text(value)
        if kind in SEQ_ADJ:
            return seqadj_text(value)
        if kind == TIMESTAMP:
            return "+".join(str(k) for k, _ in sorted(attrs(value)))
        return value.hex()

    def __str__(self):
        return " ".join(self.words) + f" timeout={self.timeout}"

    def same(self, other, slack):
        if self.words != other.words or (self.timeout is None) != (other.timeout is None):
            return False
        return self.timeout is None or abs(self.timeout - other.timeout) <= slack


class Conntrack:
    """Open in the network namespace that it tells of."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.sock.bind((0, 0))
        self.feed = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.feed.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)    # SO_RCVBUFFORCE
        self.feed.bind((0, GROUPS))

    def ask(self, kind, flags, payload=b"", family=0):
        self.sock.send(struct.pack("=IHHII", 20 + len(payload), kind, REQUEST | flags, 1, 0) +
                       struct.pack("!BBH", family, 0, 0) + payload)
        while True:
            data = self.sock.recv(1 << 17)
            while data:
                size, kind, _, _, _ = struct.unpack_from("=IHHII", data)
                message, data = data[16:size], data[(size + 3) & ~3:]
                if kind == DONE:
                    return
                if kind == ERROR:
                    code = struct.unpack_from("=i", message)[0]
                    if code:
                        raise OSError(-code, os.strerror(-code))
                    return
                yield message

    def dump(self):
        """[(family, Entry)], in an order that is the same everywhere"""
        found = [(message[0], Entry(message[4:])) for message in self.ask(CT_GET, DUMP)]
        return sorted([one for one in found if not one[1].noise], key=lambda one: (one[0], one[1].key))

    def age(self, seconds):
        """Every connection ends in so many seconds, unless a packet makes it live longer."""
        for family, entry in self.dump():
            self.timeout(family, entry, seconds)

    def timeout(self, family, entry, seconds):
        payload = nla(0x8000 | TUPLE_ORIG, entry.raw) + nla(TIMEOUT, struct.pack("!I", seconds))
        for _ in self.ask(CT_NEW, ACK, payload, family):
            pass

    def delete(self, family, entry):
        for _ in self.ask(CT_DELETE, ACK, nla(0x8000 | TUPLE_ORIG, entry.raw), family):
            pass

    def flush(self):
        for _ in self.ask(CT_DELETE, ACK):
            pass

    def events(self):
        """What happened since the last look; not what somebody changed by hand."""
        found = []
        while True:
            try:
                data = self.feed.recv(1 << 17, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return found
            while data:
                size, kind, flags, _, port = struct.unpack_from("=IHHII", data)
                message, data = data[16:size], data[(size + 3) & ~3:]
                what = EVENTS[kind] if kind == CT_DELETE or flags & NLM_F_CREATE else "update"
                if what == "destroy" or not port:
                    entry = Entry(message[4:], what)
                    if not entry.noise:
                        found.append(entry)
