# SPDX-License-Identifier: GPL-2.0-only
"""All CPU time that the kernel needs for something, not only that of the packets.

Softirqs, RCU callbacks and work in the background are in it. Only User-Mode Linux can tell.
"""

import math
import os
import socket
import struct
import subprocess
import tempfile
import time

import bench
import farm

# Flowtables look through their flows once a second.
WINDOW = 1.1
# What goes on all the time takes less of a CPU than this, and as much as a window before.
STEADY = 0.4
IDLE = 0.02
SETTLE_MAX = 60		# windows
BLOCK = bytes(1 << 20)
RESERVE = 192 << 20

NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE = 1, 2
NLM_F_REQUEST, NLM_F_ACK, NLMSG_ERROR = 1, 4, 2
NETLINK_NETFILTER = 12


def settle():
    """Wait until the kernel only does what it does all the time. Return the ns of that meanwhile."""
    last = math.inf
    for windows in range(1, SETTLE_MAX + 1):
        farm.run("settle")
        begin = farm.cpu()
        time.sleep(WINDOW)
        now = (farm.cpu() - begin) / (WINDOW * 1e9)
        if now < IDLE or 0.9 * last < now < STEADY:
            return now * windows * WINDOW * 1e9
        last = now
    raise RuntimeError("the kernel does not become idle")


def used(act):
    """Call act(). Return its result, and the ns that the kernel used for it and its consequences."""
    settle()
    begin = farm.cpu()
    result = act()
    idle = settle()
    return result, farm.cpu() - begin - idle


def touch_memory():
    """Have the host give this guest its memory: its first write to a page costs a page fault there."""
    with tempfile.TemporaryDirectory() as path:
        farm.call("mount", "-t", "tmpfs", "-o", "size=100%", "touch", path)
        with open(os.path.join(path, "all"), "wb", buffering=0) as file:
            while bench.memory_free() > RESERVE:
                file.write(BLOCK)
        subprocess.run(("umount", path), check=True)


def conntrack_count():
    return farm.sysctl("net.netfilter.nf_conntrack_count")


def conntrack_flush():
    """What "conntrack -F" asks for, without a process that has to start."""
    body = struct.pack("=BBH", socket.AF_UNSPEC, 0, 0)
    head = struct.pack("=IHHII", 16 + len(body), NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE,
                       NLM_F_REQUEST | NLM_F_ACK, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as sock:
        sock.send(head + body)
        answer = sock.recv(4096)
    kind, = struct.unpack_from("=H", answer, 4)
    error, = struct.unpack_from("=i", answer, 16)
    if kind != NLMSG_ERROR or error:
        raise OSError(-error, "conntrack's table cannot be flushed")
