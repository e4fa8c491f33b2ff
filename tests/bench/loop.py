#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The longest turn of dnatd's loop while everything is asked of it at once.

Many services, of whose backends a part is dark; conntrack full of connections; backends that
drain; readers that take nothing; and clients that ask for all there is, one of which changes
weights. In a network namespace of its own, with DNAT_ROOT's dnatd, with the module where the
kernel has it. JSON goes to standard output. Exit 1 where a healthy backend was found down;
how long the turns are is for people to judge.
"""

import argparse
import asyncio
import contextlib
import ctypes
import json
import os
import re
import socket
import struct
import sys
import tempfile
import time
import urllib.request

import bench
import farm
import list as lists

VIPS = "192.0.2"
# Connections of checks: of those that nobody answers conntrack remembers two minutes' worth.
CHECKS = 100000
CONNTRACK_MAX = "/proc/sys/net/netfilter/nf_conntrack_max"
METRICS = "127.0.0.1:9528"
READS = ["status", "service.show", "backend.show", "config.show", "connection.show", "stats",
         "stats.services", "stats.backends", "vdport.show", "vdport.ports"]
ARGS = {"connection.show": {"client": "203.0.113.1"}, "config.show": {"brief": True}}


def vip(number):
    return f"{VIPS}.{1 + number % 200}", 1000 + number


def backend(number, dark):
    return f"10.{8 if dark else 9}.{number // 250}.{1 + number % 250}"


def network(options):
    """Every healthy backend is here; what goes to a dark one is lost on a wire."""
    if options.module:
        with open(CONNTRACK_MAX, "w", encoding="ascii") as file:
            file.write(str(options.connections + CHECKS))
    if farm.LIBC.unshare(farm.CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "a network namespace")
    for command in ("link set lo up", "route add local 10.9.0.0/16 dev lo", "link add dark type veth peer dead",
                    "link set dark arp off up", "link set dead up", "addr add 10.8.255.1/16 dev dark"):
        farm.call("ip", *command.split())


def serve():
    """A server on every address, in a process of its own."""
    pid = os.fork()
    if pid:
        return pid
    server = socket.socket()
    server.bind(("0.0.0.0", 8080))
    server.listen(4096)
    while True:
        server.accept()[0].close()


def configuration(options):
    for number in range(options.services):
        address, port = vip(number)
        dark = number * options.backends < options.dark
        yield (f"service add s{number} vip {address} port {port}"
               " check tcp interval 5s timeout 1s fall 2\n")
        for other in range(options.backends):
            yield f"backend add s{number} addr {backend(number * options.backends + other, dark)} port 8080\n"


def nla(kind, data):
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def nest(kind, *attributes):
    return nla(0x8000 | kind, b"".join(attributes))


def flow(kind, source, sport, target, dport):
    return nest(kind, nest(1, nla(1, source), nla(2, target)),
                nest(2, nla(1, b"\6"), nla(2, struct.pack("!H", sport)), nla(3, struct.pack("!H", dport))))


def rewritten(kind, address, low, high):
    return nest(kind, nla(1, address), nla(2, address),
                nest(3, nla(1, struct.pack("!H", low)), nla(2, struct.pack("!H", high))))


def connections(options):
    """Fill conntrack with established connections to the healthy backends."""
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
    sock.bind((0, 0))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    first = -(-options.dark // options.backends)
    tcp = nest(4, nest(1, nla(1, b"\3")))
    rest = nla(3, struct.pack("!I", 0x0e)) + nla(7, struct.pack("!I", 86400)) + tcp
    batch = []
    for number in range(options.connections):
        service = first + number % (options.services - first)
        address, port = vip(service)
        to = socket.inet_aton(backend(service * options.backends + number // options.services % options.backends, False))
        vip4 = socket.inet_aton(address)
        client = struct.pack("!I", 0xCB007200 + number // 50000)
        sport = 10000 + number % 50000
        payload = (struct.pack("!BBH", 2, 0, 0) + flow(1, client, sport, vip4, port) +
                   flow(2, vip4, port, client, sport) + rest +
                   rewritten(13, to, 8080, 8080) + rewritten(6, vip4, 1024, 65535))
        batch.append(struct.pack("=IHHII", 16 + len(payload), 0x100, 0x401, 1, 0) + payload)
        if len(batch) == 64 or number + 1 == options.connections:
            # One that is refused is not there: the count at the end tells.
            with contextlib.suppress(OSError):
                sock.send(b"".join(batch))
            batch = []
    with open("/proc/sys/net/netfilter/nf_conntrack_count", encoding="ascii") as file:
        return int(file.read())


class Crowd:
    def __init__(self, path, options):
        self.path, self.options = path, options
        self.end = time.monotonic() + options.seconds
        self.answers = dict.fromkeys(READS + ["backend.set"], 0)
        self.refused = 0
        self.longest = {}
        self.down = set()

    async def connect(self):
        return await asyncio.open_unix_connection(self.path, limit=256 << 20)

    async def ask(self, streams, op, args):
        reader, writer = streams
        writer.write(json.dumps({"op": op, "args": args}).encode() + b"\n")
        begin = time.monotonic()
        while True:
            line = await reader.readline()
            if not line.endswith(b'"more":true}\n'):
                break
        self.longest[op] = max(self.longest.get(op, 0), time.monotonic() - begin)
        if line.startswith(b'{"ok":true') or b"EOPNOTSUPP" in line:
            self.answers[op] += 1
        else:
            self.refused += 1

    async def client(self, number):
        streams = await self.connect()
        while time.monotonic() < self.end:
            op = READS[number % len(READS)]
            await self.ask(streams, op, ARGS.get(op, {}))
            number += 1

    async def changer(self):
        streams = await self.connect()
        number = 0
        while time.monotonic() < self.end:
            service = self.options.services - 1 - number % 50
            await self.ask(streams, "backend.set", {
                "service": f"s{service}", "weight": 1 + number % 9,
                "addr": backend(service * self.options.backends, False)})
            number += 1
            await asyncio.sleep(0.2)

    async def slow(self):
        _, writer = await self.connect()
        writer.write(b'{"op": "connection.show"}\n{"op": "backend.show"}\n')
        await asyncio.sleep(max(0, self.end - time.monotonic()))

    async def follow(self):
        reader, writer = await self.connect()
        writer.write(b'{"op": "monitor"}\n')
        while True:
            for found in re.finditer(rb'"addr":"(10\.9\.[^"]*)","port":\d+,"health":"down"', await reader.readline()):
                self.down.add(found.group(1).decode())

    async def run(self):
        follower = asyncio.create_task(self.follow())
        jobs = [self.slow() for _ in range(self.options.slow)]
        jobs += [self.client(number) for number in range(self.options.clients)]
        await asyncio.gather(self.changer(), *jobs)
        follower.cancel()


def metrics():
    text = urllib.request.urlopen(f"http://{METRICS}/metrics", timeout=60).read().decode()
    return {name: float(value) for name, value in re.findall(r"^(dnat_loop_\S+) (\S+)$", text, re.M)}


def drains(daemon, options):
    for number in range(options.drains):
        service = options.services - 1 - number
        farm.call(*daemon.ctl, "backend", "del", f"s{service}", "addr",
                  backend(service * options.backends + 1, False), "drain", "1h")


def measure(path, server, options):
    conf = path + "/conf"
    with open(conf, "w", encoding="ascii") as file:
        file.writelines(configuration(options))
    daemon = lists.Daemon(os.environ["DNAT_ROOT"], path, "--metrics", METRICS, "--allocator", options.allocator)
    # The figure is that of dnatd, and the servers answer, however many others want the processors.
    # Not in real time: the kernel has such processes pause 50 ms a second.
    for pid in (daemon.process.pid, server):
        os.setpriority(os.PRIO_PROCESS, pid, -20)
    report = {}
    try:
        report["turns_of_start"] = metrics()
        farm.call(*daemon.ctl, "apply", "-f", conf)
        report["turns_of_apply"] = metrics()
        bench.say(f"applied: {report['turns_of_apply']}")
        report["connections"] = connections(options)
        bench.say(f"{report['connections']} connections")
        drains(daemon, options)
        # The metrics keep the longest of a minute or two.
        time.sleep(options.pause)
        report["turns_before"] = metrics()
        crowd = Crowd(path + "/socket", options)
        begin = daemon.cpu()
        asyncio.run(crowd.run())
        report["dnatd_cpu"] = round(daemon.cpu() - begin, 2)
        report["turns"] = metrics()
        report["answers"], report["refused"] = crowd.answers, crowd.refused
        report["longest_answer"] = {op: round(took, 3) for op, took in sorted(crowd.longest.items())}
        report["down"] = sorted(crowd.down)
    finally:
        daemon.stop()
    return report


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--allocator", default="auto")
    parser.add_argument("--module", help="given where the kernel is the test's own: so is its conntrack")
    for name, default in (("services", 1000), ("backends", 10), ("dark", 2000), ("connections", 500000),
                          ("drains", 100), ("slow", 50), ("clients", 200), ("seconds", 30), ("pause", 121)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()

    network(options)
    with open(CONNTRACK_MAX, encoding="ascii") as file:
        options.connections = min(options.connections, int(file.read()) - CHECKS)
    server = serve()
    try:
        with tempfile.TemporaryDirectory() as path:
            report = {**bench.about(), **measure(path, server, options)}
    finally:
        os.kill(server, 15)
    bench.tell(report)
    before, after = report["turns_before"], report["turns"]
    bench.say(f"longest turn {after['dnat_loop_blocked_seconds_max'] * 1000:.0f} ms,"
              f" {after['dnat_loop_slow_turns_total'] - before['dnat_loop_slow_turns_total']:.0f} over 20 ms,"
              f" healthy backends found down: {len(report['down'])}")
    return bool(report["down"])


if __name__ == "__main__":
    sys.exit(main())
