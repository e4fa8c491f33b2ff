#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Measure what the paper's figures 8 to 13 show, as JSON for plot.py.

Time is the time that the kernel had packets: what clients and servers do is not in it.
"""

import argparse
import os
import statistics
import sys

import bench
import contestants
import farm

FOREVER = (1 << 32) - 1
SIZES = (64, 128, 256, 512, 1024, 1500)
HEADERS = 40		# of TCP over IPv4
PORTS = 64512


def seconds(result):
    """How long the kernel had packets, by the same clock as the run itself."""
    return result["busy"] * result["wall_ns"] / 1e9 / result["cycles"]


def during(mode, contestant, options, length, **settings):
    """What is done in so many slices of "length" seconds: one (seconds, done, failed) each."""
    for _ in range(options.slices):
        result = farm.run(mode, count=FOREVER, ms=max(1, round(length * 1000)), stop=0,
                          servers=options.servers[0], **contestant.settings, **settings)
        yield seconds(result), result["done"], result["failed"]


def connections(contestant, options):
    """Short connections, one after the other; nothing tidied up in between."""
    return list(during("whole", contestant, options, options.seconds / options.slices))


def keep(contestant, options):
    """Open the connections that are going to speak."""
    farm.run("established", count=0, servers=options.servers[0], **contestant.settings)


def packets(contestant, options):
    """Packets of 1,000 open connections, both ways."""
    keep(contestant, options)
    return [(busy, 2 * done, failed) for busy, done, failed in
            during("established", contestant, options, options.seconds / options.slices)]


def sizes(contestant, options):
    """The same for packets of several sizes: (seconds, bits, failed) each."""
    keep(contestant, options)
    few = argparse.Namespace(**{**vars(options), "slices": 1})
    for size in SIZES:
        for busy, done, failed in during("established", contestant, few, options.seconds / 20, len=size - HEADERS):
            yield busy, 2 * done * size * 8, failed


def held(contestant, servers, options):
    """Connections opened and kept, a tenth more than there are ports: (seconds, open, failed)."""
    for _ in range(options.slices):
        result = farm.run("open", count=PORTS * servers * 11 // 10 // options.slices, stop=0, servers=servers,
                          **contestant.settings)
        yield seconds(result), result["open"], result["failed"]


def turn(name, servers, measure):
    contestant = contestants.by_name(name)
    with farm.fresh():
        contestant.up(servers)
        try:
            return list(measure(contestant))
        finally:
            contestant.down()


def middle(turns):
    """Of slices that were measured several times, the medians."""
    return [[statistics.median(values) for values in zip(*slices)] for slices in zip(*turns)]


def rates(turns):
    """Each slice's end in seconds, how much was done a second, and what failed."""
    end = 0
    out = []
    for busy, rate, failed in middle([[(b, d / b, f) for b, d, f in one] for one in turns]):
        end += busy
        out.append({"seconds": round(end, 4), "rate": round(rate), "failed": failed})
    return out


def ramp(turns):
    """Each slice's end in seconds, how many are open then, and how many were refused so far."""
    end = lost = 0
    out = [{"seconds": 0, "open": 0, "failed": 0}]
    for busy, now, failed in middle(turns):
        end += busy
        lost += failed
        out.append({"seconds": round(end, 4), "open": now, "failed": lost})
    return out


def figures(options):
    """All contestants in turn for each figure, and all of that as often as there are rounds."""
    measures = [("connections", None, lambda c: connections(c, options)),
                ("packets", None, lambda c: packets(c, options)),
                ("sizes", None, lambda c: sizes(c, options))]
    measures += [("held", n, lambda c, n=n: held(c, n, options)) for n in options.servers]
    turns = {}
    for number in range(options.rounds):
        for what, servers, measure in measures:
            for name in options.contestants:
                done = turn(name, servers or options.servers[0], measure)
                turns.setdefault((what, servers), {}).setdefault(name, []).append(done)
            bench.say(f"round {number + 1} of {options.rounds}: {what}" + (f", {servers} servers" if servers else ""))

    def told(key, how):
        return {name: how(of) for name, of in turns[key].items()}

    return {
        "connections": told(("connections", None), rates),
        "packets": told(("packets", None), rates),
        "bits": {name: [{"size": size, "rate": one["rate"]} for size, one in zip(SIZES, slices)]
                 for name, slices in told(("sizes", None), rates).items()},
        "held": {str(n): {"room": PORTS * n, "contestants": told(("held", n), ramp)} for n in options.servers},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--module", required=True, help="dnat_bench.ko of this kernel")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8, help="of short connections, and of packets")
    parser.add_argument("--slices", type=int, default=50, help="of each line")
    parser.add_argument("--servers", default="6,8,16", help="those of connections held; the first one of all else")
    parser.add_argument("--contestants", default="double-nat,ipvs-nat,nft")
    options = parser.parse_args()
    options.servers = [int(number) for number in options.servers.split(",")]
    options.contestants = options.contestants.split(",")

    farm.setup(options.module)
    bench.conntrack_room(1 << 20)
    bench.tell({**bench.about(), "host_load": os.environ.get("BENCH_LOAD"), "rounds": options.rounds,
                "servers": options.servers[0], **figures(options)})
    return 0


if __name__ == "__main__":
    sys.exit(main())
