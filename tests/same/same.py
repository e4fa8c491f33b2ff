#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Play scenarios on two balancers, one with the forwarding path and one without it, and see
that nobody can tell which is which: not the ends by a byte, and not conntrack's readers.

One line a scenario, "ok" or "not ok".
"""

import argparse
import sys

import bed
import wire
from scenarios import ALL
from talk import Run


def step_differences(off, on, slack):
    if off.what != on.what:
        yield f"sent: {off.what}", f"sent: {on.what}"
    for n in range(max(len(off.out), len(on.out))):
        a, b = (run.out[n] if n < len(run.out) else None for run in (off, on))
        if (a and (a[0], wire.canonical(a[1]))) != (b and (b[0], wire.canonical(b[1]))):
            yield tuple(f"out at {one[0]}: {wire.show(one[1])}" if one else "nothing comes out"
                        for one in (a, b))
            if a and b and wire.show(a[1]) == wire.show(b[1]):
                yield a[1].hex(), b[1].hex()
    for n in range(max(len(off.entries), len(on.entries))):
        a, b = (run.entries[n][1] if n < len(run.entries) else None for run in (off, on))
        if not a or not b or not a.same(b, slack):
            yield f"conntrack: {a}", f"conntrack: {b}"


def differences(off, on):
    """(where, without, with) for all that is not the same."""
    # A timeout is told in whole seconds, and runs from the packet that set it.
    slack = 1 + max(off.seconds, on.seconds)
    for n, (a, b) in enumerate(zip(off.steps, on.steps)):
        for difference in step_differences(a, b, slack):
            yield (f"packet {n + 1}, {a.what}", *difference)
    for n in range(max(len(off.events), len(on.events))):
        a, b = (run.events[n] if n < len(run.events) else None for run in (off, on))
        if not a or not b or not a.same(b, slack):
            yield f"event {n + 1}", str(a), str(b)


def bad_checksums(run):
    """What came out with a wrong checksum, although it went in with a right one."""
    return [wire.show(packet) for step in run.steps if "wrong" not in step.what
            for _, packet in step.out if wire.valid(packet)]


def play(balancer, number, family, function, sysctls):
    balancer.ports(number)
    defaults = {}
    for name, value in sysctls.items():
        with open("/proc/sys/net/" + name) as file:
            defaults[name] = file.read()
        balancer.sysctl(name, value)
    run = Run(balancer, family, number)
    try:
        function(run)
    finally:
        run.end()
        for name, value in defaults.items():
            balancer.sysctl(name, value)
    return run


def compare(test, balancers, number, family, function, slow, sysctls):
    off, on = (play(balancer, number, family, function, sysctls) for balancer in balancers)
    found = list(differences(off, on))
    wrong = []
    if bed.Path.known():
        if off.fast:
            wrong.append(f"{off.fast} packets took the fast path while it was off")
        if not on.fast and not slow:
            wrong.append("no packet took the fast path")
    wrong += [f"a wrong checksum came out: {text}" for text in bad_checksums(on)]
    good = not found and not wrong
    print(f"{'ok' if good else 'not ok'} {test}: IPv{family}, {function.__doc__}"
          f" ({len(on.steps)} packets, {on.fast} fast, {len(on.events)} events)", flush=True)
    for text in wrong[:5]:
        print(f"#   {text}")
    for where, without, with_it in found[:8]:
        print(f"#   {where}\n#     off: {without}\n#     on:  {with_it}")
    if len(found) > 8:
        print(f"#   and {len(found) - 8} more")
    return good


def show(balancers, number, family, function, sysctls):
    """What the balancer without the path does, for people."""
    run = play(balancers[0], number, family, function, sysctls)
    for step in run.steps:
        print(step.what)
        for side, packet in step.out:
            print(f"    {side}: {wire.show(packet)}")
        for _, entry in step.entries:
            print(f"    {entry}")
    for event in run.events:
        print(f"  {event}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--test", default="same", help="name in front of each line")
    parser.add_argument("--only", default="", help="scenarios with this in their names")
    parser.add_argument("--family", type=int, choices=(4, 6))
    parser.add_argument("--show", action="store_true", help="tell of each packet; compare nothing")
    options = parser.parse_args()

    try:
        balancers = bed.up()
        if not bed.Path.known():
            print("# this module has no forwarding path: both ways are the slow one")
        good = True
        chosen = [(family, *one) for family in (4, 6) for one in ALL
                  if options.family in (None, family) and options.only in one[0].__name__]
        for number, (family, function, slow, sysctls) in enumerate(chosen):
            if options.show:
                show(balancers, number, family, function, sysctls)
            else:
                good &= compare(options.test, balancers, number, family, function, slow, sysctls)
    finally:
        bed.down()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
