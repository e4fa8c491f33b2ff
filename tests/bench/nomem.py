#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What Double-NAT does without memory: drops, counts, and loses nothing.

The kernel makes allocations fail on demand (failslab): the first one of a connection's, the
second one, and so on until there is none left; then those of requests over netlink and of
loading; then any of them, under load.  One line a promise, "ok" or "not ok".
"""

import argparse
import contextlib
import ctypes
import errno
import io
import os
import re
import socket
import struct
import sys
import time

import bench
import contestants
import farm
from check import Checks

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import dnl  # noqa: E402

FAILSLAB = farm.DEBUGFS + "/failslab"
# Here are the buckets of a table for 128, and nothing else that a packet needs.
BUCKETS = "/sys/kernel/slab/kmalloc-2k/failslab"
LIBC = ctypes.CDLL(None, use_errno=True)
SYS_FINIT_MODULE, SYS_DELETE_MODULE = 313, 176
TRIES_MAX = 20000


def put(path, value):
    with open(path, "w") as file:
        file.write(str(value))


class FailNth:
    """Has the n-th allocation of this thread fail."""

    def __init__(self):
        self.fd = os.open("/proc/thread-self/fail-nth", os.O_RDWR)

    def set(self, number):
        os.pwrite(self.fd, b"%d" % number, 0)

    def used(self):
        """Whether there were that many, and none fails from now on."""
        left = int(os.pread(self.fd, 16, 0))
        self.set(0)
        return not left


def one_by_one(nth, prepare, act):
    """Call act(prepare(n)) with the n-th allocation failing, for all n; how many there were."""
    for number in range(1, TRIES_MAX):
        what = prepare(number)
        nth.set(number)
        try:
            act(what)
        finally:
            used = nth.used()
        if not used:
            return number - 1
    raise RuntimeError("there is no end of allocations")


def stats():
    genl = dnl.Genl()
    message = next(iter(genl.ask(genl.family(), dnl.CMD["DNAT_CMD_STATS_GET"], dnl.NLM_F_ACK, b"")))
    return {name: int(value) for name, value in dnl.show(message)}


def settled():
    """Whether no port is held, and each that was taken has come back."""
    now = stats()
    return not now["IN_USE"] and now["STATS_TAKEN"] == now["STATS_GIVEN"]


def wait_for(seconds, condition):
    for _ in range(seconds * 10):
        if condition():
            return True
        time.sleep(0.1)
    return condition()


def nothing_held(checks, when):
    farm.run("forget")
    farm.call("conntrack", "-F")
    checks.say(wait_for(60, settled), f"{when}: no port is held, each came back once", stats())


def rules():
    """For all VIPs of 198.18.0.0/16: each new one needs all that there is to be made."""
    contestants.DoubleNat().up(1)
    farm.nft(f"""
table inet bench {{
	chain pre {{
		ip daddr 198.18.0.0/16 tcp dport {farm.VPORT} ct helper set "dn-tcp" {contestants.choice(1)}
		ip daddr 198.18.0.0/16 udp dport {farm.VPORT} ct helper set "dn-udp" {contestants.choice(1)}
	}}
}}
""")


def sweep(nth, mode, net):
    """One connection with each of its allocations failing in turn; how many those were."""
    run = os.open(farm.DIR + "/run", os.O_WRONLY)

    def prepare(number):
        return f"{mode} count=1 servers=1 vip={net}.{number // 250}.{1 + number % 250}".encode()

    count = one_by_one(nth, prepare, lambda what: os.write(run, what))
    os.close(run)
    return count


def connections(checks, nth, mode, net, needed):
    """The first connection to a VIP, which needs all there is to be made, and a second one."""
    before = stats()
    count = sweep(nth, mode, net)
    now = stats()
    nomem = now["STATS_NOMEM"] - before["STATS_NOMEM"]
    what = f"{mode} to {net}"
    checks.say(nomem == needed, f"{what}: of {count} allocations of a first connection {nomem} are counted", now)
    checks.say(now["STATS_EXHAUSTED"] == before["STATS_EXHAUSTED"], f"{what}: none is told of as a lack of ports", now)
    again = sweep(nth, mode, net)
    checks.say(0 < again < count, f"{what}: a second one has {again}", again)
    nothing_held(checks, what)


def ask(genl, family, name, flags, payload):
    """A request that may be refused, or fail for lack of memory."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            for _ in genl.ask(family, dnl.CMD["DNAT_CMD_" + name], flags, payload):
                pass
    except (SystemExit, MemoryError):
        pass
    except OSError as error:
        if error.errno not in (errno.ENOMEM, errno.ENOBUFS):
            raise


def requests(checks, nth):
    """Requests over netlink, those with long answers included."""
    vip = ["VIP=" + farm.VIP, "L4PROTO=6"]
    service = vip + ["SERVICE_PORT=81"]
    # what is asked, and what undoes it
    asked = (
        ("INFO_GET", dnl.NLM_F_ACK, [], None),
        ("SETTINGS_GET", dnl.NLM_F_ACK, [], None),
        ("SETTINGS_SET", dnl.NLM_F_ACK, ["PORT_MIN=1024", "PORT_MAX=65535"], None),
        ("STATS_GET", dnl.NLM_F_ACK, [], None),
        ("POOL_GET", dnl.NLM_F_DUMP, [], None),
        ("CONN_GET", dnl.NLM_F_DUMP, [], None),
        ("PORT_GET", dnl.NLM_F_DUMP, vip, None),
        ("COUNTER_GET", dnl.NLM_F_DUMP, [], None),
        ("SERVICE_ADD", dnl.NLM_F_ACK, service, "SERVICE_DEL"),
        ("SERVICE_DEL", dnl.NLM_F_ACK, service, "SERVICE_ADD"),
    )
    farm.run("established", conns=300, count=300, servers=1, vip=farm.VIP)
    for name, flags, words, undo in asked:
        payload = dnl.request(words)

        def prepare(_):
            genl = dnl.Genl()
            genl.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 10, 0))
            family = genl.family()
            if undo:
                ask(genl, family, undo, flags, payload)
            return genl, family

        count = one_by_one(nth, prepare, lambda asker: ask(*asker, name, flags, payload))
        checks.say(True, f"{name}: {count} allocations, one after the other refused")
    result = farm.run("established", conns=300, count=300)
    checks.all_done("connections live on beside that", result, 300)
    nothing_held(checks, "requests")


def lost_memory():
    """What kmemleak finds, but for the names that kmem_cache_create() loses when it fails; and
    have it, and the log, forget all of that."""
    path = farm.DEBUGFS + "/kmemleak"
    # asked twice, for what was made just now is not looked at the first time
    put(path, "scan")
    time.sleep(6)
    put(path, "scan")
    with open(path) as file:
        lost = re.split("^(?=unreferenced)", file.read(), flags=re.M)
    put(path, "clear")
    names = re.compile(r"\(size 16\).*  dnat_(conn|chunk)\.", re.S)
    return [one for one in lost if one and not names.search(one)]


def log_bad():
    """What is wrong in the kernel's log, which starts anew."""
    return [line for line in farm.call("dmesg", "-c").splitlines()
            if re.search("WARNING:|BUG|Oops|KASAN|INFO:|refcount_t", line)]


def loading(checks, nth):
    """The module's start, with a network namespace of its own beside the first one."""
    farm.call("ip", "netns", "add", "other")
    path = farm.call("modinfo", "-n", "nf_double_nat").strip()
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    loaded = [0]

    def act(_):
        if not LIBC.syscall(SYS_FINIT_MODULE, fd, b"", 0):
            loaded[0] += 1
        elif ctypes.get_errno() not in (errno.ENOMEM, errno.ENOSPC):
            raise OSError(ctypes.get_errno(), "finit_module")

    def prepare(_):
        if os.path.exists("/sys/module/nf_double_nat") and \
           LIBC.syscall(SYS_DELETE_MODULE, b"nf_double_nat", os.O_NONBLOCK):
            raise OSError(ctypes.get_errno(), "delete_module")

    count = one_by_one(nth, prepare, act)
    checks.say(count > loaded[0] > 0, f"loading: {count} allocations, one after the other refused", loaded[0])
    os.close(fd)
    farm.call("rmmod", "nf_double_nat")
    farm.call("ip", "netns", "del", "other")
    lost = lost_memory()
    checks.say(not lost, "loading: nothing is left behind", "\n".join(lost))
    bad = log_bad()
    checks.say(not bad, "loading: the kernel has nothing to complain of", "\n".join(bad))


def table(checks):
    """When a connection has its port already, the table of connections cannot grow."""
    count = 100
    before = stats()
    put(BUCKETS, 1)
    put(FAILSLAB + "/cache-filter", "Y")
    # nor may the worker make it larger in time, whose allocations can wait
    put(FAILSLAB + "/ignore-gfp-wait", "N")
    put(FAILSLAB + "/times", -1)
    put(FAILSLAB + "/probability", 100)
    result = farm.run("open", count=count, stop=0, servers=1, vip=farm.VIP)
    put(FAILSLAB + "/probability", 0)
    put(FAILSLAB + "/ignore-gfp-wait", "Y")
    put(FAILSLAB + "/cache-filter", "N")
    put(BUCKETS, 0)
    now = stats()
    opened = result["open"]
    nomem = now["STATS_NOMEM"] - before["STATS_NOMEM"]
    checks.say(0 < opened < count, f"the table cannot grow: {opened} of {count} connections have room", result)
    checks.say(nomem == count - opened, f"the table cannot grow: the others, {nomem}, are counted", now)
    checks.say(now["IN_USE"] == opened, "the table cannot grow: their ports came back at once", now)
    result = farm.run("open", count=count, stop=0, servers=1, vip=farm.VIP)
    checks.say(not result["failed"], "the table can grow again: all have room", result)
    nothing_held(checks, "the table")


def load(checks, count):
    """Any allocation may fail, one in ten."""
    before = stats()
    put("/proc/thread-self/make-it-fail", 1)
    put(FAILSLAB + "/task-filter", "Y")
    put(FAILSLAB + "/times", -1)
    put(FAILSLAB + "/probability", 10)
    run = os.open(farm.DIR + "/run", os.O_WRONLY)
    for mode in ("whole", "udp", "open"):
        os.write(run, f"{mode} count={count} stop=0 servers=1 vip={farm.VIP}".encode())
    put(FAILSLAB + "/probability", 0)
    os.close(run)
    put("/proc/thread-self/make-it-fail", 0)
    now = stats()
    nomem = now["STATS_NOMEM"] - before["STATS_NOMEM"]
    checks.say(nomem > 0, f"{3 * count} connections under load, {nomem} refused for lack of memory", now)
    checks.say(now["STATS_TAKEN"] > before["STATS_TAKEN"], "others found their ports")
    nothing_held(checks, "load")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--module", required=True, help="dnat_bench.ko of this kernel")
    parser.add_argument("--count", type=int, default=20000, help="connections of each kind under load")
    options = parser.parse_args()

    if not os.path.ismount(farm.DEBUGFS):
        farm.call("mount", "-t", "debugfs", "debugfs", farm.DEBUGFS)
    if not os.path.exists(FAILSLAB):
        sys.exit("Error: this kernel cannot make allocations fail: use --kernel uml-debug")
    checks = Checks()
    nth = FailNth()
    farm.setup(options.module)
    bench.conntrack_room(1 << 16)
    put(FAILSLAB + "/verbose", 0)

    put(FAILSLAB + "/ignore-gfp-wait", "N")
    loading(checks, nth)
    rules()
    requests(checks, nth)
    # what a packet needs cannot wait, and what waits is not ours
    put(FAILSLAB + "/ignore-gfp-wait", "Y")
    # the connection, the pool, its list of chunks, the VIP, a chunk
    connections(checks, nth, "whole", "198.18", 5)
    connections(checks, nth, "udp", "198.18", 5)
    table(checks)
    load(checks, options.count)
    farm.run("forget", verify=1)
    checks.all_done("1000 connections after all that", farm.run("whole", count=1000, vip=farm.VIP), 1000)
    contestants.DoubleNat().down()
    checks.say(True, "the module unloads")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
