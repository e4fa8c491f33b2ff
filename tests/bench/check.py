#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What Double-NAT promises, tried with more connections than real hosts could make here.

One line a promise, "ok" or "not ok".
"""

import argparse
import os
import sys

import bench
import contestants
import farm

DNL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib/dnl.py")


class Checks:
    """Prints verdicts and counts the bad ones."""

    def __init__(self):
        self.failed = 0

    def say(self, good, what, why=""):
        print(f"{'ok' if good else 'not ok'} farm: {what}", flush=True)
        if not good:
            self.failed += 1
            print(f"#   {why}", flush=True)

    def all_done(self, what, result, wanted):
        """Nothing failed, and all that was asked for was done."""
        self.say(not result["failed"] and result["done"] == wanted, what,
                 f"{result['done']} of {wanted}, failed: {result['failures']}")


def correct(checks, servers, count):
    """Every packet as it must be, all checksums looked at."""
    common = {"servers": servers, "count": count, "verify": 1, "direct": 0, "snat": 1}
    for close in ("client", "server", "rst"):
        result = farm.run("whole", close=close, **common)
        checks.all_done(f"{count} short connections with {servers} servers, ended by {close}", result, count)
    checks.all_done(f"{count} UDP exchanges", farm.run("udp", **common), count)
    checks.all_done("1000 connections speak in turn", farm.run("established", **common), count)
    checks.say(farm.run("close")["done"] == 1000, "and are reset, each one of them")
    farm.run("forget", verify=0)


def capacity(checks, servers, ports):
    """Every port of every server, and not one more."""
    room = ports * servers
    before = bench.memory_free()
    result = farm.run("open", count=room, servers=servers)
    checks.all_done(f"{room} connections open at once with {servers} servers", result, room)
    each = (before - bench.memory_free()) / room
    if os.path.exists(farm.DEBUGFS + "/kmemleak"):
        print("ok farm: at most 640 bytes each # skip a debug kernel needs much more")
    else:
        checks.say(each <= 640, f"{each:.0f} bytes each, and 640 at most")
    result = farm.run("open", count=1)
    checks.say(result["failures"] == {"wrong_wire": 1}, "the next one finds no port and is sent back",
               result["failures"])
    result = farm.run("established", conns=room, count=room)
    checks.all_done("each of them still speaks", result, room)
    checks.say(farm.run("close")["done"] == room, "and each is reset")
    result = farm.run("open", count=room)
    checks.all_done("as many again find their ports at once", result, room)
    farm.run("close")


def wraps(checks, servers, ports, times):
    """Ports come round, while what was closed still holds them here, and TIME_WAIT there."""
    count = ports * servers * times
    result = farm.run("whole", count=count, servers=servers, close="client")
    checks.all_done(f"{count} short connections, each port {times} times", result, count)
    result = farm.run("whole", count=count, close="server", timewait=1)
    checks.all_done("the same with servers that close first", result, count)
    farm.run("forget", timewait=0)


def flood(checks, servers, count):
    """Invented SYNs cost nobody a connection."""
    every = 200
    farm.run("established", conns=1000, count=0, servers=servers)
    result = farm.run("flood", count=count, every=every, stop=0)
    checks.say(result["done"] == count // every,
               f"{count // every} honest connections are made in a flood of {count} SYNs",
               f"{result['done']}, failed: {result['failures']}")
    checks.say(not result["failures"].keys() - {"no_answer", "wrong_wire"}, "no SYN gets a port that is in use",
               result["failures"])
    result = farm.run("established", conns=1000, count=1000)
    checks.all_done("1000 established ones have lived through it", result, 1000)
    farm.run("close")


def fuzz(checks, servers, count, seed):
    """Nothing that the wires bring does harm."""
    done = clients = backends = 0
    while done < count:
        # Such packets end connections: new ones now and then, so that there is something to hit.
        some = min(count - done, 50000)
        result = farm.run("fuzz", count=some, conns=1000, servers=servers, seed=seed)
        done += result["done"]
        if result["failed"] or result["done"] < some:
            break
        clients += result["positions"].get("data_in", {"count": 0})["count"]
        backends += result["positions"].get("data_out", {"count": 0})["count"]
        farm.call("conntrack", "-F")
        farm.run("forget")
        seed += 1
    checks.say(done == count, f"{count} packets with something wrong, {clients} of the clients' and "
               f"{backends} of the servers' got through",
               f"{done} of them, failed: {result['failures']}, seed {seed}")
    farm.call("conntrack", "-F")
    farm.run("forget", verify=1)
    checks.all_done("2000 connections after that", farm.run("whole", count=2000), 2000)
    farm.run("forget", verify=0)


def ports_of(text):
    """Of "1024-65535" first and last."""
    first, dash, last = text.partition("-")
    if not dash or not 1 <= int(first) <= int(last) <= 65535:
        raise ValueError(text)
    return int(first), int(last)


def promises(checks, servers, options):
    first, last = options.ports
    farm.call(DNL, "set", f"PORT_MIN={first}", f"PORT_MAX={last}")
    ports = last + 1 - first - (first <= farm.VPORT <= last)
    correct(checks, servers, options.count)
    capacity(checks, servers, ports)
    if options.wraps:
        wraps(checks, servers, ports, options.wraps)
    if options.flood:
        flood(checks, servers, options.flood)
        options.wraps = options.flood = 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--module", required=True, help="dnat_bench.ko of this kernel")
    parser.add_argument("--count", type=int, default=20000, help="connections to look at closely")
    parser.add_argument("--servers", default="6,8,16")
    parser.add_argument("--ports", type=ports_of, default="1024-65535",
                        help="the range; the service's own port is never handed out")
    parser.add_argument("--wraps", type=int, default=3)
    parser.add_argument("--flood", type=int, default=2000000)
    parser.add_argument("--fuzz", type=int, default=0, help="only that: so many packets with something wrong")
    parser.add_argument("--seed", type=int, default=1, help="of their dice")
    options = parser.parse_args()

    farm.setup(options.module)
    bench.conntrack_room(1 << 20)
    checks = Checks()
    for servers in map(int, options.servers.split(",")):
        contestant = contestants.DoubleNat()
        contestant.up(servers)
        if options.fuzz:
            fuzz(checks, servers, options.fuzz, options.seed)
        else:
            promises(checks, servers, options)
        try:
            contestant.down()
            checks.say(True, "the module unloads")
        except RuntimeError as error:
            checks.say(False, "the module unloads", error)
            break
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
