#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What nf_tables tells its listeners of a command's transactions.

usage: told.py COMMAND...

Prints a line "messages N", one "rules N" for those that came or went, and one for each chain
of a service that is named in them.
"""
import re
import socket
import struct
import subprocess
import sys

NETLINK_NETFILTER = 12
NFNLGRP_NFTABLES = 7
SOL_NETLINK = 270
NETLINK_ADD_MEMBERSHIP = 1
NFT_MSG_NEWRULE = 6
NFT_MSG_DELRULE = 8


class Monitor:
    """A listener, from now on."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.socket.bind((0, 0))
        self.socket.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NFNLGRP_NFTABLES)
        self.socket.setblocking(False)

    def told(self):
        """The messages since it was last asked: (type, bytes). A change that is answered has told all."""
        messages = []
        while True:
            try:
                data = self.socket.recv(1 << 20)
            except BlockingIOError:
                return messages
            at = 0
            while at < len(data):
                length, kind = struct.unpack_from("=IH", data, at)
                messages.append((kind & 0xff, data[at:at + length]))
                at += (length + 3) & ~3


def main():
    monitor = Monitor()
    status = subprocess.run(sys.argv[1:]).returncode
    messages = monitor.told()
    print("messages", len(messages))
    print("rules", sum(kind in (NFT_MSG_NEWRULE, NFT_MSG_DELRULE) for kind, _ in messages))
    chains = {name.decode() for _, data in messages for name in re.findall(rb"svc-[\w.-]+", data)}
    print(*sorted(chains), sep="\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
