#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""How much more several processors do than one, each with clients of its own.

A processor's work is what it does in the time that the kernel had its packets; what several
do is the sum.  Plain forwarding shares nothing, and so tells what this machine could do at
that time.  "median" is of the rounds' ratios; "best" is the most that several ever did against
the most that one did, where the machine has other work that comes and goes.  JSON goes to
standard output, and a table for people to standard error.
"""

import argparse
import os
import statistics
import sys

import bench
import contestants
import farm

FOREVER = (1 << 32) - 1
MODES = (("connections", "whole"), ("packets", "established"))


def emulated():
    """QEMU's own processor is what the lab has without KVM."""
    with open("/proc/cpuinfo") as file:
        return "QEMU" in file.read()


def rate(mode, cpus, contestant, options):
    """A second: what the kernel was able to do, and what was done with the farm's own work in it."""
    result = farm.run(mode, count=FOREVER, ms=options.ms, cpus=cpus, servers=options.servers,
                      **contestant.settings)
    hertz = result["cycles"] * 1e9 / result["wall_ns"]
    if len(result["cpus"]) != cpus or result["failed"]:
        raise RuntimeError(f"{contestant.name}, {mode} on {cpus} processors: {result}")
    return {"alone": round(sum(one["done"] / one["busy"] for one in result["cpus"]) * hertz),
            "with_farm": round(result["done"] * 1e9 / result["wall_ns"])}


def turn(contestant, options):
    """One processor, several, and one again: what the machine does besides may change meanwhile."""
    out = {}
    contestant.up(options.servers)
    try:
        for what, mode in MODES:
            farm.run(mode, count=1000, servers=options.servers, **contestant.settings)
            before, several, after = (rate(mode, cpus, contestant, options) for cpus in (1, options.cpus, 1))
            out[what] = {"one": [before, after], "several": several}
        farm.run("forget")
    finally:
        contestant.down()
    return out


def ratios(turns, what, rates):
    """By one kind of rates: the median of the turns' ratios, and the ratio of the best."""
    several = [turn[what]["several"][rates] for turn in turns]
    one = [[each[rates] for each in turn[what]["one"]] for turn in turns]
    return {"median": round(statistics.median(a / statistics.mean(b) for a, b in zip(several, one)), 2),
            "best": round(max(several) / max(map(max, one)), 2)}


def table(report):
    say = bench.say
    say(f"{report['cpus']} processors against one" + (", emulated" if report["emulated"] else ""))
    columns = [(what, rates, how) for rates in ("alone", "with_farm") for what, _ in MODES
               for how in ("median", "best")]
    for title in zip(*((rates, what, how) for what, rates, how in columns)):
        say(f"{'':<16}" + "".join(f"{word:>13}" for word in title))
    for name, one in report["contestants"].items():
        say(f"{name:<16}" + "".join(f"{one['ratio'][what][rates][how]:>13.2f}" for what, rates, how in columns))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--module", required=True, help="dnat_bench.ko of this kernel")
    parser.add_argument("--cpus", type=int, default=2, help="processors that work at once")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ms", type=int, default=1000, help="of each measurement")
    parser.add_argument("--servers", type=int, default=6)
    parser.add_argument("--contestants", default="forward,ipvs-nat,nft,double-nat")
    options = parser.parse_args()
    if not 2 <= options.cpus <= os.cpu_count():
        parser.error(f"argument --cpus: this kernel has {os.cpu_count()} processors, and one is no comparison")

    farm.setup(options.module)
    bench.conntrack_room(1 << 18)
    chosen = [contestants.by_name(name) for name in options.contestants.split(",")]
    turns = {contestant.name: [] for contestant in chosen}
    for number in range(options.rounds):
        for contestant in chosen:
            turns[contestant.name].append(turn(contestant, options))
        bench.say(f"round {number + 1} of {options.rounds}")
    report = {**bench.about(), "host_load": os.environ.get("BENCH_LOAD"),
              "emulated": emulated(), "cpus": options.cpus, "rounds": options.rounds, "servers": options.servers,
              "contestants": {name: {"ratio": {what: {rates: ratios(done, what, rates)
                                                      for rates in ("alone", "with_farm")} for what, _ in MODES},
                                     "turns": done} for name, done in turns.items()}}
    table(report)
    bench.tell(report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
