#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Time whole configurations from one file, and single changes among so many services.

JSON goes to standard output, and a table for people to standard error. With the farm's module
it is for a guest; without, for the kernel that runs here, in a network namespace of its own
and with allocator nf_nat. A machine that others use tells more by seconds of CPU, dnatctl's
and dnatd's with what the kernel does for them, than by the clock.
"""

import argparse
import ctypes
import json
import os
import resource
import socket
import statistics
import sys
import tempfile
import time

import bench
import farm
import list as lists

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import told


def configuration(services, backends):
    """As lines: every service with a VIP of its own."""
    for number in range(services):
        yield (f"service add s{number} vip 198.{18 + number // 62500}.{number // 250 % 250}.{1 + number % 250}"
               " port 80 scheduler wrr\n")
        for other in range(backends):
            yield f"backend add s{number} addr {farm.server(other)} port {8000 + number % 1000} weight {1 + other % 3}\n"


class Asker:
    """One connection to the control socket, as a program would keep it."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.lines = self.socket.makefile("rb")

    def ask(self, op, **args):
        self.socket.sendall(json.dumps({"op": op, "args": args}).encode() + b"\n")
        answer = json.loads(self.lines.readline())
        if not answer["ok"]:
            raise RuntimeError(answer["error"]["msg"])


def apply(daemon, path):
    """What it took to have the file applied."""
    before, children = daemon.cpu(), resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    farm.call(*daemon.ctl, "apply", "-f", path)
    seconds = time.monotonic() - start
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"seconds": round(seconds, 3), "dnatd_cpu": round(daemon.cpu() - before, 3),
            "dnatctl_cpu": round(usage.ru_utime + usage.ru_stime - children.ru_utime - children.ru_stime, 3)}


def resident(daemon):
    with open(f"/proc/{daemon.process.pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


def single(daemon, asker, name, changes):
    """A backend's weight is changed so many times: percentiles, and the largest transaction."""
    times, transactions = [], []
    monitor = told.Monitor()
    before = daemon.cpu()
    for number in range(changes):
        start = time.monotonic()
        asker.ask("backend.set", service=name, addr=farm.server(0), weight=1 + number % 200)
        times.append((time.monotonic() - start) * 1000)
        transactions.append(monitor.told())
    cpu = daemon.cpu() - before
    cuts = statistics.quantiles(times, n=100)
    return {"ms_median": round(cuts[49], 3), "ms_p99": round(cuts[98], 3),
            "ms_cpu": round(cpu * 1000 / changes, 3),
            "messages": max(map(len, transactions)),
            "bytes": max(sum(len(data) for _, data in one) for one in transactions)}


def start(root, path, options):
    return lists.Daemon(root, path, "--metrics", "none", *([] if options.module else ["--allocator", "nf_nat"]))


def measure(root, services, options):
    with tempfile.TemporaryDirectory() as path:
        conf, empty = path + "/conf", path + "/empty"
        with open(conf, "w") as file:
            file.writelines(configuration(services, options.servers))
        with open(empty, "w") as file:
            file.write("services none\n")
        daemon = start(root, path, options)
        try:
            report = {"apply": apply(daemon, conf), "apply_again": apply(daemon, conf), "kb": resident(daemon)}
            asker = Asker(path + "/socket")
            report["change"] = single(daemon, asker, f"s{services // 2}", options.changes)
            report["kb_peak"] = daemon.peak()
            daemon.stop()
            daemon = start(root, path, options)
            report["start_cpu"] = round(daemon.cpu(), 3)
            report["apply_nothing"] = apply(daemon, empty)
        finally:
            daemon.stop()
    return report


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--module", help="dnat_bench.ko of this kernel")
    parser.add_argument("--counts", default="1,1000,10000", help="services, one measurement for each")
    parser.add_argument("--changes", type=int, default=500)
    parser.add_argument("--servers", type=int, default=10, help="backends of a service")
    options = parser.parse_args()

    if options.module:
        farm.setup(options.module)
    elif farm.LIBC.unshare(farm.CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "a network namespace")
    else:
        farm.call("ip", "link", "set", "lo", "up")
    report = {**bench.about(), "services": {}}
    bench.say(f"{'services':>10}{'apply s':>10}{'CPU s':>10}{'again s':>10}{'kB':>10}{'peak kB':>10}"
              f"{'start CPU':>10}{'change ms':>10}{'p99 ms':>10}{'messages':>10}{'bytes':>10}")
    for services in map(int, options.counts.split(",")):
        one = measure(os.environ["DNAT_ROOT"], services, options)
        report["services"][services] = one
        change, cpu = one["change"], one["apply"]["dnatd_cpu"] + one["apply"]["dnatctl_cpu"]
        bench.say(f"{services:>10}{one['apply']['seconds']:>10.2f}{cpu:>10.2f}{one['apply_again']['seconds']:>10.2f}"
                  f"{one['kb']:>10}{one['kb_peak']:>10}{one['start_cpu']:>10.2f}{change['ms_median']:>10.2f}{change['ms_p99']:>10.2f}"
                  f"{change['messages']:>10}{change['bytes']:>10}")
    bench.tell(report)
    # No change sends more than its own elements, however many others there are.
    return len({one["change"]["messages"] for one in report["services"].values()}) > 1


if __name__ == "__main__":
    sys.exit(main())
