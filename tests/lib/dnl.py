#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Talk to the module's generic netlink family, one attribute at a time.

dnl.py info | settings | stats | pools | set [ATTR=VALUE]... | raw CMD FLAGS HEXBYTES

Prints "NAME VALUE" lines (one line a pool); a refusal prints the errno's name
and the kernel's sentence, and exits with 2.
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
CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME = 1, 2
NETLINK_GENERIC, SOL_NETLINK, NETLINK_EXT_ACK = 16, 270, 11


def enum(name):
    """The members of an enum in the uapi header, in order."""
    body = re.search(r"enum %s \{(.*?)\}" % name, open(HEADER).read(), re.S)
    body = re.sub(r"/\*.*?\*/", "", body.group(1), flags=re.S)
    names = re.findall(r"\w+", body)
    return {n: i for i, n in enumerate(names)}


CMD, ATTR = enum("dnat_cmd"), enum("dnat_attr")
U8 = {"FAST"}
U16 = {"PORT_LIMIT_MIN", "PORT_LIMIT_MAX", "PORT_MIN", "PORT_MAX"}


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

    def ask(self, family, cmd, flags, payload):
        head = struct.pack("=IHHII", 20 + len(payload), family,
                           NLM_F_REQUEST | flags, 1, 0)
        self.sock.send(head + struct.pack("=BBH", cmd, 1, 0) + payload)
        while True:
            data = self.sock.recv(1 << 16)
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

    def family(self):
        name = nla(CTRL_ATTR_FAMILY_NAME, b"double_nat\0")
        answer = list(self.ask(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK,
                               name))
        return struct.unpack("=H", answer[0][CTRL_ATTR_FAMILY_ID])[0]


def text(name, value):
    if name == "VERSION":
        return value.rstrip(b"\0").decode()
    if name in ("VIP", "BACKEND"):
        family = socket.AF_INET if len(value) == 4 else socket.AF_INET6
        return socket.inet_ntop(family, value)
    if name == "BACKEND_PORT":
        return str(struct.unpack("!H", value)[0])
    return str(int.from_bytes(value, sys.byteorder))


def show(message):
    names = {v: k[len("DNAT_A_"):] for k, v in ATTR.items()}
    return [(names[k], text(names[k], v)) for k, v in sorted(message.items())
            if names[k] != "PAD"]


def main(argv):
    genl = Genl()
    family = genl.family()
    what = argv[1]
    if what == "raw":
        flags = NLM_F_DUMP if argv[3] == "dump" else NLM_F_ACK
        for _ in genl.ask(family, int(argv[2]), flags,
                          bytes.fromhex(argv[4])):
            pass
    elif what == "set":
        payload = b""
        for pair in argv[2:]:
            name, value = pair.split("=")
            form = "=B" if name in U8 else "=H" if name in U16 else "=I"
            payload += nla(ATTR["DNAT_A_" + name],
                           struct.pack(form, int(value)))
        for _ in genl.ask(family, CMD["DNAT_CMD_SETTINGS_SET"], NLM_F_ACK,
                          payload):
            pass
    elif what == "pools":
        for message in genl.ask(family, CMD["DNAT_CMD_POOL_GET"], NLM_F_DUMP,
                                b""):
            print(" ".join("%s=%s" % pair for pair in show(message)))
    else:
        cmd = CMD["DNAT_CMD_%s_GET" % what.upper()]
        for message in genl.ask(family, cmd, NLM_F_ACK, b""):
            for pair in show(message):
                print("%s %s" % pair)


main(sys.argv)
