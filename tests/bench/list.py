#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Time dnatctl's long lists, from the module through dnatd to the last line.

JSON goes to standard output, and a table for people to standard error.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import bench
import farm

LISTS = (
    ("connection", "show"),
    ("-j", "connection", "show"),
    ("-p", "connection", "show"),
    ("vdport", "show", "ports"),
)


class Daemon:
    """dnatd with one service, its files in a directory of their own."""

    def __init__(self, root, path, *options):
        self.ctl = [root + "/usr/sbin/dnatctl", "--socket", path + "/socket"]
        self.process = subprocess.Popen([root + "/usr/sbin/dnatd", "--socket", path + "/socket",
                                         "--state", path + "/state.json", *options])
        while self.process.poll() is None and subprocess.run(self.ctl + ["status"], capture_output=True).returncode:
            time.sleep(0.05)

    def serve(self, servers):
        farm.call(*self.ctl, "service", "add", "web", "vip", farm.VIP, "port", str(farm.VPORT))
        for number in range(servers):
            farm.call(*self.ctl, "backend", "add", "web", "addr", farm.server(number), "port", str(farm.BPORT))

    def cpu(self):
        """Seconds, the kernel's on its behalf among them."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            word = file.read().rsplit(")", 1)[1].split()
        return (int(word[11]) + int(word[12])) / os.sysconf("SC_CLK_TCK")

    def peak(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))

    def stop(self):
        self.process.terminate()
        self.process.wait()


def turn(daemon, words, path):
    """One list: what it took, into a file in memory."""
    before = daemon.cpu()
    with open(path, "wb") as out:
        start = time.monotonic()
        process = subprocess.Popen(daemon.ctl + list(words), stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
    if status:
        raise RuntimeError(f"dnatctl {' '.join(words)}: {status}")
    return {"seconds": round(seconds, 3), "dnatctl_cpu": round(usage.ru_utime + usage.ru_stime, 3),
            "dnatd_cpu": round(daemon.cpu() - before, 3), "dnatctl_kb": usage.ru_maxrss,
            "dnatd_kb": daemon.peak()}


def told(words, path):
    """How many rows the list has."""
    mark = b'"vdport":' if words[0].startswith("-") else b"\n"
    rows = 0 if words[0].startswith("-") else -1
    rest = b""
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            block = rest + block
            rows += block.count(mark)
            rest = block[len(block) - len(mark) + 1:]
    return rows


def lists(daemon, options, path):
    report = {}
    bench.say(f"{'dnatctl':<24}{'rows':>10}{'seconds':>10}{'dnatctl':>10}{'dnatd':>10}{'kB':>10}{'kB':>10}")
    for words in LISTS:
        turns = [turn(daemon, words, path) for _ in range(options.rounds)]
        one = {key: statistics.median(each[key] for each in turns) for key in turns[0]}
        one["rows"] = told(words, path)
        report[" ".join(words)] = {**one, "turns": turns}
        bench.say(f"{' '.join(words):<24}{one['rows']:>10}{one['seconds']:>10.2f}{one['dnatctl_cpu']:>10.2f}"
                  f"{one['dnatd_cpu']:>10.2f}{one['dnatctl_kb']:>10}{one['dnatd_kb']:>10}")
    return report


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--module", required=True, help="dnat_bench.ko of this kernel")
    parser.add_argument("--count", type=int, default=500000, help="connections to list")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--servers", type=int, default=8)
    options = parser.parse_args()

    farm.setup(options.module)
    bench.conntrack_room(1 << 20)
    with tempfile.TemporaryDirectory() as path:
        daemon = Daemon(os.environ["DNAT_ROOT"], path)
        try:
            daemon.serve(options.servers)
            result = farm.run("open", count=options.count, servers=options.servers, direct=0, snat=1)
            report = {**bench.about(), "connections": result["open"],
                      "lists": lists(daemon, options, path + "/list")}
        finally:
            daemon.stop()
    bench.tell(report)
    return any(one["rows"] != options.count for name, one in report["lists"].items() if "connection" in name)


if __name__ == "__main__":
    sys.exit(main())
