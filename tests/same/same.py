#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Play scenarios on two balancers, one with the forwarding path and one without it, and see
that nobody can tell which is which: not the ends by a byte, and not conntrack's readers.

One line a scenario, "ok" or "not ok".
"""

import argparse
import functools
import sys

import bare
import bed
import scenarios
import slow
import wire
from talk import Run, Skip


def come(out):
    """Where something came out, under which addresses, and what it was."""
    return out and (out[0], out[1].mac, wire.canonical(out[1]))


def step_differences(off, on, slack):
    if off.what != on.what:
        yield f"sent: {off.what}", f"sent: {on.what}"
    for n in range(max(len(off.out), len(on.out))):
        a, b = (run.out[n] if n < len(run.out) else None for run in (off, on))
        if come(a) != come(b):
            yield tuple(f"out at {one[0]}: {wire.show(one[1])}" if one else "nothing comes out"
                        for one in (a, b))
            if a and b and wire.show(a[1]) == wire.show(b[1]):
                yield tuple(f"{one[1].mac.hex()} {one[1].hex()}" for one in (a, b))
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


def play(balancer, number, family, function):
    balancer.ports(number)
    defaults = {}
    for name, value in function.sysctl.items():
        defaults[name] = balancer.sysctl(name, value)
    run = Run(balancer, family, number)
    try:
        function(run)
    finally:
        run.end()
        for name, value in defaults.items():
            balancer.sysctl(name, value)
    return run


def wrong(off, on, slow):
    """What must not be, even if it is so on both."""
    if bed.Path.known():
        if off.fast:
            yield f"{off.fast} packets took the fast path while it was off"
        if not on.fast and not slow:
            yield "no packet took the fast path"
        if on.fast and slow:
            yield f"{on.fast} packets took the fast path"
    for run in (off, on):
        name = "on" if run.balancer.number else "off"
        for text in run.failures:
            yield f"{name}: {text}"
        for text in bad_checksums(run):
            yield f"{name}: a wrong checksum came out: {text}"


def compare(test, balancers, number, family, function):
    what = f"{test}: IPv{family}, {function.__doc__}"
    try:
        off, on = (play(balancer, number, family, function) for balancer in balancers)
    except Skip as reason:
        print(f"ok {what} # skip {reason}", flush=True)
        return True
    found = list(differences(off, on))
    bad = list(wrong(off, on, function.slow))
    good = not found and not bad
    print(f"{'ok' if good else 'not ok'} {what}"
          f" ({len(on.steps)} packets, {on.fast} fast, {len(on.events)} events)", flush=True)
    for text in bad[:5]:
        print(f"#   {text}")
    for where, without, with_it in found[:8]:
        print(f"#   {where}\n#     off: {without}\n#     on:  {with_it}")
    if len(found) > 8:
        print(f"#   and {len(found) - 8} more")
    return good


def show(balancers, number, family, function):
    """What the balancer without the path does, for people."""
    run = play(balancers[0], number, family, function)
    for step in run.steps:
        print(step.what)
        for side, packet in step.out:
            print(f"    {side}: {wire.show(packet)}")
        for _, entry in step.entries:
            print(f"    {entry}")
    for event in run.events:
        print(f"  {event}")
    for text in run.failures:
        print(f"  not so: {text}")


SETS = {"same": scenarios.ALL, "slow": slow.ALL, "bare": bare.ALL}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", choices=SETS, default="same")
    parser.add_argument("--test", default="same", help="name in front of each line")
    parser.add_argument("--only", default="", help="scenarios with this in their names")
    parser.add_argument("--family", type=int, choices=(4, 6))
    parser.add_argument("--show", action="store_true", help="tell of each packet; compare nothing")
    options = parser.parse_args()

    chosen = [(family, function) for family in (4, 6) for function in SETS[options.set]
              if options.family in (None, family) and function.family in (None, family)
              and options.only in function.__name__]
    act = show if options.show else functools.partial(compare, options.test)
    good = True
    try:
        balancers = bed.up(options.set == "bare")
        if not bed.Path.known():
            print("# this module has no forwarding path: both ways are the slow one")
        for number, (family, function) in enumerate(chosen):
            good &= act(balancers, number, family, function) is not False
            if function.fresh:
                bed.down()
                balancers = bed.up(options.set == "bare")
    finally:
        bed.down()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
