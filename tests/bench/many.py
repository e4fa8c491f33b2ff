#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Measure contestants with as many connections open as people have in production.

In turn, A B C A B C, each in a network namespace of its own:

- connections are opened until there are so many, for each of --sizes. "syn" is the first packet
  of the last --sample of them. Then each connection gets a packet ("in"), and after that each
  sends one ("out"), in an order that has nothing to do with the one in which they were opened:
  its state is in no cache. "whole" is all packets of one of --sample short connections.
- "bytes": memory a connection, its port included, with the most connections open; "left": what
  of that is still in use after "conntrack -F", as ports are.
- "flush": cycles a connection of "conntrack -F", with --flush open.
- "churn": short connections where all ports are used, so that each takes the port of one that
  was closed: its packets; and "all", every cycle that the kernel needs for one, without the
  farm's own. IPVS needs no ports and forgets no connection meanwhile.

A figure is the median of the turns. Beside the median of packets stands the mean of their middle
80 % ("~"), for clocks that count in steps. A ratio is the median of what two contestants did in
the same round; "best" is the least that one ever took against the least of the other, where the
machine has other work that comes and goes; a round tells how much of a CPU that left. JSON goes
to standard output, and tables for people to standard error.
"""

import argparse
import os
import statistics
import sys
import time

import allcpu
import bench
import contestants
import farm

OURS = contestants.DoubleNat.name
CONTESTANTS = (contestants.Forward, contestants.Ipvs, contestants.Nft, contestants.NftFlowtable,
               *contestants.BEFORE, contestants.DoubleNat)
PACKETS = ("syn", "whole", "in", "out")
SINGLE = ("flush", "churn", "all", "bytes", "left")
MIDDLE = "~"		# the mean of the middle 80 %
BEST = " best"		# of the least that each ever took
# Coprime to any number of connections: no two neighbours of a pass were neighbours before.
STRIDE = 15485863
# Less of anything is noise, and no ratio is made of it.
LEAST = 8
PORT_FIRST, PORTS = 1024, 64512


class Turn:
    """One contestant's turn of one round: figures by name, and what failed."""

    def __init__(self, name, options):
        self.contestant = contestants.by_name(name)
        self.options = options
        self.figures = {}
        self.failed = {}
        self.cpu = self.wall = 0

    def run(self, mode, **settings):
        begin, start = farm.cpu(), time.monotonic_ns()
        result = farm.run(mode, stop=0, servers=self.options.servers, **self.contestant.settings, **settings)
        self.cpu += farm.cpu() - begin
        self.wall += time.monotonic_ns() - start
        for why, count in result["failures"].items():
            self.failed[why] = self.failed.get(why, 0) + count
        return result

    def share(self):
        """Of a CPU, what the host's other work has left to this guest."""
        return round(self.cpu / self.wall, 2)

    def measure(self, stage):
        """One stage, in a network namespace that nothing is left of."""
        with farm.fresh():
            self.contestant.up(self.options.servers)
            try:
                stage()
                farm.run("forget")
            finally:
                self.contestant.down()
        farm.run("settle")

    def packets(self, what, result, position):
        """The two ways to tell what a packet took."""
        measured = result["positions"].get(position)
        if measured:
            self.figures[what] = measured["median"]
            self.figures[what + MIDDLE] = measured["middle"]

    def fill(self):
        """More and more connections, and packets of all of them."""
        allcpu.settle()
        before = bench.memory_free()
        have = short = 0
        for size in self.options.sizes:
            sample = min(self.options.sample, size - have)
            self.run("open", count=size - have - sample)
            result = self.run("open", count=sample)
            have = result["open"]
            if not have:
                raise RuntimeError(f"{self.contestant.name}: no connection can be opened: {self.failed}")
            self.packets(f"syn {size}", result, "syn")
            for way in ("in", "out"):
                result = self.run("established", conns=have, count=have, way=way, stride=self.options.stride)
                self.packets(f"{way} {size}", result, "data_" + way)
            result = self.run("whole", count=self.options.sample)
            short += result["done"]
            self.packets(f"whole {size}", result, "connection")
        made = have + short
        farm.run("settle")
        self.figures["bytes"] = (before - bench.memory_free()) / made
        if self.figures["bytes"] < LEAST:
            del self.figures["bytes"]
        if allcpu.conntrack_count():
            allcpu.conntrack_flush()
            allcpu.settle()
            self.figures["left"] = (before - bench.memory_free()) / made

    def flush(self):
        result = self.run("open", count=self.options.flush)
        farm.run("forget")
        count = allcpu.conntrack_count()
        if count:
            self.figures["flush"] = cycles(result, allcpu.used(allcpu.conntrack_flush)[1]) / count

    def churn(self):
        """Ports are few and all of them used; their connections are closed."""
        self.contestant.narrow(PORT_FIRST, PORT_FIRST + self.options.ports - 1)
        self.run("whole", count=self.options.ports * self.options.servers * 11 // 10)
        result, ns = allcpu.used(lambda: self.run("whole", count=self.options.churn))
        self.packets("churn", result, "connection")
        if result["done"]:
            self.figures["all"] = cycles(result, ns) / result["done"] - result["positions"]["farm"]["middle"]


def cycles(result, ns):
    """Of the clock of the packets."""
    return ns * result["cycles"] / result["wall_ns"]


def over(turns, of):
    """Of each figure of a contestant's turns, the median or the like."""
    return {name: round(of(turn.figures[name] for turn in turns if name in turn.figures), 2)
            for name in dict.fromkeys(name for turn in turns for name in turn.figures)}


def ratios(turns, peer_turns):
    """Of each figure, ours to the peer's in the same round."""
    values = {}
    for ours, peer in zip(turns, peer_turns):
        for name in ours.figures.keys() & peer.figures.keys():
            if peer.figures[name] >= LEAST:
                values.setdefault(name, []).append(ours.figures[name] / peer.figures[name])
    out = {name: round(statistics.median(of), 3) for name, of in values.items()}
    best, peer_best = over(turns, min), over(peer_turns, min)
    return {**out, **{name + BEST: round(best[name] / peer_best[name], 3) for name in values}}


def rows(title, columns, told, form):
    """A table: a line for each contestant, and columns of (heading, figure)."""
    bench.say(f"{title:<20}" + "".join(f"{heading:>9}" for heading, _ in columns))
    for contestant, figures in told.items():
        bench.say(f"{contestant:<20}" +
                  "".join(f"{form(figures[name]) if name in figures else '-':>9}" for _, name in columns))
    bench.say("")


def tables(report, options):
    """The cycles of each contestant, and the ratios to all others."""
    figures = {name: one["median"] for name, one in report.items()}
    shares = {name: one["ratio"] for name, one in report.items() if "ratio" in one}
    known = {name for one in figures.values() for name in one}
    blocks = [(what, [(str(size), f"{what} {size}") for size in options.sizes]) for what in PACKETS]
    blocks.append(("", [(name, name) for name in SINGLE]))
    for what, named in blocks:
        columns, compared = [], []
        for heading, name in named:
            told = [(heading, name)] + ([(MIDDLE, name + MIDDLE)] if name + MIDDLE in known else [])
            columns += told
            compared += [*told, ("best", told[-1][1] + BEST)]
        rows(what, columns, figures, lambda value: f"{value:.0f}")
        if shares:
            rows(f"{what} {OURS} /", compared, shares, lambda value: f"{value:.2f}")


def compare(options):
    """All contestants in turn, as often as there are rounds."""
    turns = {name: [] for name in options.contestants.split(",")}
    for number in range(options.rounds):
        for name, done in turns.items():
            turn = Turn(name, options)
            turn.measure(turn.fill)
            if options.flush:
                turn.measure(turn.flush)
            if options.churn:
                turn.measure(turn.churn)
            done.append(turn)
            if turn.failed:
                bench.say(f"{name}: failed: {turn.failed}")
        shares = " ".join(f"{done[-1].share():.2f}" for done in turns.values())
        bench.say(f"round {number + 1} of {options.rounds}, with so much of a CPU: {shares}")
    report = {}
    for name, done in turns.items():
        report[name] = {"median": over(done, statistics.median),
                        "turns": [{"figures": turn.figures, "failed": turn.failed, "cpu": turn.share()}
                                  for turn in done]}
        if OURS in turns and name != OURS:
            report[name]["ratio"] = ratios(turns[OURS], done)
    return report


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--module", required=True, help="dnat_bench.ko of this kernel")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", default="30000,150000,300000,1000000", help="connections open")
    parser.add_argument("--servers", type=int, default=24, help="backends, with 64,512 ports each")
    parser.add_argument("--sample", type=int, default=5000, help="first packets, and short connections, measured at each size")
    parser.add_argument("--stride", type=int, default=STRIDE, help="from one connection to the next; 1: as opened")
    parser.add_argument("--flush", type=int, default=200000, help="connections for \"conntrack -F\"; 0: not that")
    parser.add_argument("--churn", type=int, default=50000, help="short connections measured; 0: not that")
    parser.add_argument("--ports", type=int, default=2048, help="of a backend, for those")
    parser.add_argument("--contestants", default=",".join(c.name for c in CONTESTANTS))
    parser.add_argument("--buckets", type=int, default=1 << 20, help="of conntrack's hash")
    options = parser.parse_args()
    options.sizes = sorted(int(size) for size in options.sizes.split(","))
    room = PORTS * options.servers
    if max(options.flush, *options.sizes) > room:
        parser.error(f"argument --servers: {options.servers} of them have room for {room} connections")

    farm.setup(options.module)
    bench.conntrack_room(options.buckets)
    allcpu.touch_memory()
    report = compare(options)
    tables(report, options)
    bench.tell({**bench.about(), "host_load": os.environ.get("BENCH_LOAD"), "rounds": options.rounds,
                "servers": options.servers, "sizes": options.sizes, "buckets": options.buckets,
                "contestants": report})
    return 0


if __name__ == "__main__":
    sys.exit(main())
