#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Measure contestants in turn, A B C A B C: machines differ from minute to minute.

What is compared is what two of them did in the same round; the figure is the median over
the rounds. A turn's figure is told twice: by the median of its packets, and by the mean of their
middle 80 %, for clocks that count in steps. JSON goes to standard output, and tables for people
to standard error.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time

import contestants
import farm

OURS = contestants.DoubleNat.name

# Column of the table, mode of the farm, positions whose medians are added up.
FIGURES = (
    ("connection", "whole", ("connection",)),
    ("syn", "whole", ("syn",)),
    ("later", "whole", ("request", "answer")),
    ("close", "whole", ("close1", "close2", "close3")),
    ("established", "established", ("data_in", "data_out")),
    ("udp", "udp", ("connection",)),
)
# What a turn calls its figures, and how each is made of the packets.
HOWS = {"cycles": "median", "middle": "middle"}
# How many packets are in a figure that is told for one packet.
PACKETS = {"later": 2, "close": 3, "established": 2}


def say(text):
    print(text, file=sys.stderr, flush=True)


def turn(contestant, options):
    """One contestant's turn of one round: a figure each, in cycles, and what failed."""
    results = {}
    contestant.up(options.servers)
    try:
        common = {"servers": options.servers, "stop": 0, **contestant.settings}
        farm.run("whole", count=options.count // 10, **common)
        results["whole"] = farm.run("whole", count=options.count, close=options.close, **common)
        results["udp"] = farm.run("udp", count=options.count, **common)
        results["established"] = farm.run("established", count=options.count * 2, conns=1000, **common)
        farm.run("forget")
    finally:
        contestant.down()
    figures = {how: {} for how in HOWS}
    for name, mode, positions in FIGURES:
        measured = results[mode]["positions"]
        if all(position in measured for position in positions):
            for how, of in HOWS.items():
                cycles = sum(measured[position][of] for position in positions)
                figures[how][name] = round(cycles / PACKETS.get(name, 1))
    failed = {mode: result["failures"] for mode, result in results.items() if result["failed"]}
    rate = results["whole"]["done"] / (results["whole"]["wall_ns"] / 1e9)
    return {**figures, "failed": failed, "connections_per_second": round(rate)}


def medians(turns, how):
    out = {}
    for name, _, _ in FIGURES:
        values = [one[how][name] for one in turns if name in one[how]]
        if values:
            out[name] = round(statistics.median(values))
    return out


def ratios(turns, peer_turns, how):
    """Ours to the peer's, round by round."""
    out = {}
    for name, _, _ in FIGURES:
        values = [a[how][name] / b[how][name] for a, b in zip(turns, peer_turns)
                  if name in a[how] and name in b[how]]
        if values:
            out[name] = round(statistics.median(values), 3)
    return out


def about():
    """Where and when a report was made."""
    return {"kernel": platform.release(), "machine": platform.machine(), "time": int(time.time())}


def tell(report):
    json.dump(report, sys.stdout, indent=1)
    print()


def table(report):
    names = [name for name, _, _ in FIGURES]
    rows = []
    for title, key, ratio in (("cycles", "median", "ratio"), ("middle 80 %", "middle", "ratio_middle")):
        rows.append([title] + names)
        for name, one in report["contestants"].items():
            rows.append([name] + [str(one[key].get(n, "-")) for n in names])
        rows.append([])
        if OURS in report["contestants"]:
            rows.append([OURS + " /"] + names)
            for name, one in report["contestants"].items():
                if name != OURS:
                    rows.append([name] + [f"{one[ratio][n]:.2f}" if n in one[ratio] else "-" for n in names])
            rows.append([])
    for row in rows:
        say(f"{row[0]:<16}" + "".join(f"{cell:>13}" for cell in row[1:]) if row else "")


def compare(options):
    """All contestants in turn, as often as there are rounds."""
    chosen = [contestants.by_name(name) for name in options.contestants.split(",")]
    turns = {contestant.name: [] for contestant in chosen}
    for number in range(options.rounds):
        for contestant in chosen:
            turns[contestant.name].append(turn(contestant, options))
        say(f"round {number + 1} of {options.rounds}")
    report = {}
    for name, done in turns.items():
        report[name] = {"median": medians(done, "cycles"), "middle": medians(done, "middle"), "turns": done}
        if OURS in turns and name != OURS:
            report[name]["ratio"] = ratios(turns[OURS], done, "cycles")
            report[name]["ratio_middle"] = ratios(turns[OURS], done, "middle")
        for one in done:
            if one["failed"]:
                say(f"{name}: failed: {one['failed']}")
    return report


def conntrack_room(buckets):
    """The same for everybody, and more than anybody here needs."""
    farm.call("modprobe", "nf_conntrack")
    farm.sysctl("net.netfilter.nf_conntrack_buckets", buckets)
    farm.sysctl("net.netfilter.nf_conntrack_max", 4 << 20)


def memory_free():
    """In bytes. The free pages that each processor keeps for itself are not in MemFree."""
    pages = 0
    with open("/proc/zoneinfo") as file:
        for line in file:
            word = line.split()
            if word[0] in ("nr_free_pages", "count:"):
                pages += int(word[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def slab(name):
    """Active objects and bytes of all slabs of one cache, if the kernel tells."""
    try:
        with open("/proc/slabinfo") as file:
            for line in file:
                word = line.split()
                if word[0] == name:
                    return {"objects": int(word[1]), "size": int(word[3])}
    except FileNotFoundError:
        pass
    return None


def series(mode, position, total, contestant, options):
    """Connections in slices, one after the other and with nothing tidied up in between."""
    step = -(-total // options.slices)
    tried = failed = 0
    while tried < total and (not options.stop or failed < options.stop):
        count = min(step, total - tried)
        result = farm.run(mode, count=count, stop=options.stop, close=options.close,
                          servers=options.servers, **contestant.settings)
        tried += count
        failed += result["failed"]
        one = {"tried": tried, "open": result["open"], "failed": result["failures"],
               position: result["positions"].get(position, {})}
        say(f"{contestant.name}: {tried:>9} tried  {position} {one[position].get('median', '-'):>7} median"
            f" {one[position].get('mean', '-'):>8} mean" + (f"  {one['failed']}" if one["failed"] else ""))
        yield one


def fill(name, options):
    """Try to open as many connections as there are ports of backends, and one more."""
    contestant = contestants.by_name(name)
    room = 64512 * options.servers
    contestant.up(options.servers)
    try:
        before = memory_free()
        slices = list(series("open", "syn", room, contestant, options))
        held = slices[-1]["open"]
        memory = (before - memory_free()) / max(held, 1)
        conntrack = slab("nf_conntrack")
        slices += series("open", "syn", 1, contestant, options)
        farm.run("forget")
    finally:
        contestant.down()
    say(f"{name}: {held} connections held of {room}, {memory:.0f} bytes each\n")
    return {"room": room, "held": held, "bytes_per_connection": round(memory),
            "nf_conntrack": conntrack, "slices": slices}


def short(name, options):
    """Short connections, until the ports have come round some times."""
    contestant = contestants.by_name(name)
    contestant.up(options.servers)
    try:
        slices = list(series("whole", "connection", options.count, contestant, options))
    finally:
        contestant.down()
    return {"slices": slices}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--module", required=True, help="dnat_bench.ko of this kernel")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=20000, help="connections a turn")
    parser.add_argument("--servers", type=int, default=6)
    parser.add_argument("--close", default="client", choices=("client", "server", "rst"))
    parser.add_argument("--contestants", default=",".join(c.name for c in contestants.ALL))
    parser.add_argument("--fill", help="these only, comma-separated: open connections until they fail")
    parser.add_argument("--short", help="these only: --count short connections, ports never tidied up")
    parser.add_argument("--slices", type=int, default=20, help="of --fill and --short")
    parser.add_argument("--stop", type=int, default=1, help="end these after so many failures; 0: never")
    parser.add_argument("--buckets", type=int, default=1 << 20, help="of conntrack's hash")
    options = parser.parse_args()

    farm.setup(options.module)
    conntrack_room(options.buckets)
    report = {**about(), "servers": options.servers, "buckets": options.buckets}
    if options.fill:
        report["fill"] = {name: fill(name, options) for name in options.fill.split(",")}
    elif options.short:
        report["short"] = {name: short(name, options) for name in options.short.split(",")}
    else:
        report["contestants"] = compare(options)
        table(report)
    tell(report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
