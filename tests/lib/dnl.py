#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Talk to the module's generic netlink family, one attribute at a time.

dnl.py info | settings | stats | pools | set [ATTR=VALUE]... | raw CMD FLAGS HEXBYTES |
       conns [ATTR=VALUE]... | counters [ATTR=VALUE]... | end [ATTR=VALUE]... | ports ATTR=VALUE... |
       name ATTR=VALUE... | unname ATTR=VALUE... | named | slow COMMAND | events |
       number COMMAND

Prints "NAME VALUE" lines (one line a pool, connection, service or port); a refusal prints the
errno's name and the kernel's sentence, and exits with 2.  "name" and "unname" are
SERVICE_ADD and SERVICE_DEL, "named" is SERVICE_GET.  "slow" lists connections, and runs COMMAND
after each of the kernel's datagrams.  "end" prints how many connections it ended, and in how many
messages they were told of.  "events" says "ready", then prints events until it is killed.
"""
import errno
import os
import re
import socket
import struct
import sys

HEADER = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "../../kmod/uapi/linux/double_nat.h")
NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 1, 4, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_CAPPED, NLM_F_ACK_TLVS = 0x100, 0x200
GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 0x10, 3
CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME, CTRL_ATTR_MCAST_GROUPS = 1, 2, 7
CTRL_ATTR_MCAST_GRP_ID = 2
NETLINK_ADD_MEMBERSHIP = 1
NETLINK_GENERIC, SOL_NETLINK, NETLINK_EXT_ACK = 16, 270, 11


def enum(name):
    """The members of an enum in the uapi header, in order."""
    body = re.search(r"enum %s \{(.*?)\}" % name, open(HEADER).read(), re.S)
    body = re.sub(r"/\*.*?\*/", "", body.group(1), flags=re.S)
    names = re.findall(r"\w+", body)
    return {n: i for i, n in enumerate(names)}


CMD, ATTR = enum("dnat_cmd"), enum("dnat_attr")
U8 = {"L4PROTO", "CLASS", "ON_EXHAUSTED", "FAST", "RESET"}
U16 = {"PORT_LIMIT_MIN", "PORT_LIMIT_MAX", "PORT_MIN", "PORT_MAX"}
BE16 = {"BACKEND_PORT", "CLIENT_PORT", "SERVICE_PORT"}
ADDRS = {"VIP", "BACKEND", "CLIENT"}


def nla(kind, data):
    pad = -len(data) % 4
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(pad)


def attrs(data):
    while len(data) >= 4:
        size, kind = struct.unpack_from("=HH", data)
        yield kind & 0x3FFF, data[4:size]
        data = data[(size + 3) & ~3:]


def refuse(error, tail):
    text = ""
    for kind, value in attrs(tail):
        if kind == 1:
            text = value.rstrip(b"\0").decode()
    print(errno.errorcode.get(error, str(error)), text)
    sys.exit(2)


class Genl:
    def __init__(self):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                  NETLINK_GENERIC)
        self.sock.bind((0, 0))
        self.sock.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)

    def ask(self, family, cmd, flags, payload, room=1 << 16, after=None):
        head = struct.pack("=IHHII", 20 + len(payload), family,
                           NLM_F_REQUEST | flags, 1, 0)
        self.sock.send(head + struct.pack("=BBH", cmd, 1, 0) + payload)
        while True:
            data = self.sock.recv(room)
            if after:
                os.system(after)
            while data:
                size, kind, flag, _, _ = struct.unpack_from("=IHHII", data)
                msg, data = data[16:size], data[(size + 3) & ~3:]
                if kind in (NLMSG_ERROR, NLMSG_DONE):
                    code = struct.unpack_from("=i", msg)[0]
                    skip = 4
                    if kind == NLMSG_ERROR:
                        size = struct.unpack_from("=I", msg, 4)[0]
                        skip += 16 if flag & NLM_F_CAPPED else size
                    if code:
                        refuse(-code, msg[skip:])
                    return
                yield dict(attrs(msg[4:]))

    def about(self):
        name = nla(CTRL_ATTR_FAMILY_NAME, b"double_nat\0")
        return list(self.ask(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK,
                             name))[0]

    def family(self):
        return struct.unpack("=H", self.about()[CTRL_ATTR_FAMILY_ID])[0]

    def events(self):
        groups = attrs(self.about()[CTRL_ATTR_MCAST_GROUPS])
        group = dict(attrs(next(groups)[1]))[CTRL_ATTR_MCAST_GRP_ID]
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                  NETLINK_GENERIC)
        self.sock.bind((0, 0))
        self.sock.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group)
        print("ready", flush=True)
        while True:
            data = self.sock.recv(1 << 16)
            yield data[16], dict(attrs(data[20:]))


def text(name, value):
    if name == "VERSION":
        return value.rstrip(b"\0").decode()
    if name in ADDRS:
        family = socket.AF_INET if len(value) == 4 else socket.AF_INET6
        return socket.inet_ntop(family, value)
    if name in BE16:
        return str(struct.unpack("!H", value)[0])
    return str(int.from_bytes(value, sys.byteorder))


def request(pairs):
    """Attributes from words like PORT_MIN=1024."""
    payload = b""
    for name, value in (pair.split("=") for pair in pairs):
        if name in ADDRS:
            family = socket.AF_INET6 if ":" in value else socket.AF_INET
            data = socket.inet_pton(family, value)
        elif name in BE16:
            data = struct.pack("!H", int(value))
        else:
            form = "=B" if name in U8 else "=H" if name in U16 else "=I"
            data = struct.pack(form, int(value))
        payload += nla(ATTR["DNAT_A_" + name], data)
    return payload


def show_ports(message):
    first = struct.unpack("=H", message[ATTR["DNAT_A_VDPORT"]])[0]
    counts = message[ATTR["DNAT_A_PORT_COUNTS"]]
    for i, (count,) in enumerate(struct.iter_unpack("=I", counts)):
        if count:
            print(first + i, count)


def line(message):
    print(" ".join("%s=%s" % pair for pair in show(message)), flush=True)


def show(message):
    names = {v: k[len("DNAT_A_"):] for k, v in ATTR.items()}
    return [(names[k], text(names[k], v)) for k, v in sorted(message.items())
            if names[k] != "PAD"]


def main(argv):
    genl = Genl()
    family = genl.family()
    what = argv[1]
    if what == "number":
        print(CMD["DNAT_CMD_" + argv[2]])
    elif what == "raw":
        flags = NLM_F_DUMP if argv[3] == "dump" else NLM_F_ACK
        for _ in genl.ask(family, int(argv[2]), flags,
                          bytes.fromhex(argv[4])):
            pass
    elif what == "set":
        for _ in genl.ask(family, CMD["DNAT_CMD_SETTINGS_SET"], NLM_F_ACK,
                          request(argv[2:])):
            pass
    elif what == "pools":
        for message in genl.ask(family, CMD["DNAT_CMD_POOL_GET"], NLM_F_DUMP,
                                b""):
            line(message)
    elif what == "conns":
        for message in genl.ask(family, CMD["DNAT_CMD_CONN_GET"], NLM_F_DUMP,
                                request(argv[2:])):
            line(message)
    elif what == "counters":
        for message in genl.ask(family, CMD["DNAT_CMD_COUNTER_GET"],
                                NLM_F_DUMP, request(argv[2:])):
            line(message)
    elif what == "named":
        for message in genl.ask(family, CMD["DNAT_CMD_SERVICE_GET"],
                                NLM_F_DUMP, b""):
            line(message)
    elif what in ("name", "unname"):
        cmd = "DNAT_CMD_SERVICE_" + ("ADD" if what == "name" else "DEL")
        for _ in genl.ask(family, CMD[cmd], NLM_F_ACK, request(argv[2:])):
            pass
    elif what == "end":
        ended = [struct.unpack("=I", message[ATTR["DNAT_A_ENDED"]])[0]
                 for message in genl.ask(family, CMD["DNAT_CMD_CONN_DEL"],
                                         NLM_F_DUMP, request(argv[2:]))]
        print(sum(ended), len(ended))
    elif what == "slow":
        # The kernel makes datagrams as large as a socket ever had room for.
        genl = Genl()
        for message in genl.ask(family, CMD["DNAT_CMD_CONN_GET"], NLM_F_DUMP,
                                b"", 8192, argv[2]):
            line(message)
    elif what == "ports":
        for message in genl.ask(family, CMD["DNAT_CMD_PORT_GET"], NLM_F_DUMP,
                                request(argv[2:])):
            show_ports(message)
    elif what == "events":
        for cmd, message in genl.events():
            print({v: k for k, v in CMD.items()}[cmd], end=" ")
            line(message)
    else:
        cmd = CMD["DNAT_CMD_%s_GET" % what.upper()]
        for message in genl.ask(family, cmd, NLM_F_ACK, b""):
            for pair in show(message):
                print("%s %s" % pair)


if __name__ == "__main__":
    main(sys.argv)
