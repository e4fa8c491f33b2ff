#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Two processes change the two ends of the vdports' range at the same time.

settings.py ROUNDS - prints "lost N torn N": how often one of the two changes was lost, and how
often a pool ended with another range than the one that the module says it has.
"""
import os
import sys
import threading

import dnl

LOW, HIGH = (20000, 21000), (40000, 41000)


def setter(attr, values, rounds, barriers):
    genl = dnl.Genl()
    family = genl.family()
    for number in range(rounds):
        barriers[0].wait()
        for value in (values[1], values[0], values[number % 2]):
            for _ in genl.ask(family, dnl.CMD["DNAT_CMD_SETTINGS_SET"], dnl.NLM_F_ACK,
                              dnl.request([f"{attr}={value}"])):
                pass
        barriers[1].wait()


def get(genl, family, cmd, flags):
    return [dict(dnl.show(message)) for message in genl.ask(family, dnl.CMD["DNAT_CMD_" + cmd], flags, b"")]


def main(rounds):
    genl = dnl.Genl()
    family = genl.family()
    barriers = [threading.Barrier(3), threading.Barrier(3)]
    for attr, values in (("PORT_MIN", LOW), ("PORT_MAX", HIGH)):
        threading.Thread(target=setter, args=(attr, values, rounds, barriers), daemon=True).start()
    lost = torn = 0
    for number in range(rounds):
        barriers[0].wait()
        barriers[1].wait()
        now = get(genl, family, "SETTINGS_GET", dnl.NLM_F_ACK)[0]
        low, high = int(now["PORT_MIN"]), int(now["PORT_MAX"])
        lost += (low, high) != (LOW[number % 2], HIGH[number % 2])
        torn += any(int(pool["CAPACITY"]) != high - low + 1
                    for pool in get(genl, family, "POOL_GET", dnl.NLM_F_DUMP))
    print("lost", lost, "torn", torn, flush=True)
    # the others may be about to wait again
    os._exit(0)


main(int(sys.argv[1]))
