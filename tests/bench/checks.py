#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What 2,000 checks a second cost: dnatd's processor time.

usage: checks.py [SECONDS [BACKENDS]], with the project installed in DNAT_ROOT

As root: in a network namespace of its own, without the module, with backends
that this machine itself is.  Exit 1 where dnatd took more of a core than it may.
"""
import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time

INTERVAL = 0.5          # seconds
OF_A_SERVICE = 100
SHARE_MAX = 0.20        # of a core, for RATE checks a second
RATE = 2000


def listen(counts):
    """A server on all addresses, which takes connections and counts them."""
    sock = socket.socket()
    sock.bind(("0.0.0.0", 8080))
    sock.listen(4096)
    sock.setblocking(False)
    while True:
        select.select([sock], [], [])
        try:
            while True:
                sock.accept()[0].close()
                counts[0] += 1
        except BlockingIOError:
            pass


def config(backends):
    """Services with so many backends in all."""
    lines = []
    for i in range(backends):
        if i % OF_A_SERVICE == 0:
            lines.append(f"service add s{i} vip 192.0.2.10 port {1000 + i} check tcp"
                         f" interval {int(INTERVAL * 1000)}ms timeout 400ms")
        lines.append(f"backend add s{i - i % OF_A_SERVICE}"
                     f" addr 10.9.{i // 250}.{i % 250 + 1} port 8080")
    return "\n".join(lines) + "\n"


def spent(pid):
    """Seconds of processor time."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(dnatd, ask, seconds, backends):
    """Returns checks a second and the share of a core."""
    counts = [0]
    threading.Thread(target=listen, args=(counts,), daemon=True).start()
    subprocess.run(ask + ["apply", "-f", "-"], input=config(backends).encode(), check=True)
    while True:
        rows = json.loads(subprocess.run(ask + ["-j", "backend", "show"], check=True,
                                         capture_output=True).stdout)
        if all(row.get("health") == "up" for row in rows) and len(rows) == backends:
            break
        time.sleep(0.2)
    begun, cpu, count = time.monotonic(), spent(dnatd.pid), counts[0]
    time.sleep(seconds)
    took = time.monotonic() - begun
    return (counts[0] - count) / took, (spent(dnatd.pid) - cpu) / took


def main():
    """One line with the figures."""
    if "CHECKS_NETNS" not in os.environ:
        os.environ["CHECKS_NETNS"] = "yes"
        os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])
    dnatd_path = f"{os.environ['DNAT_ROOT']}/usr/sbin/dnatd"
    dnatctl = f"{os.environ['DNAT_ROOT']}/usr/sbin/dnatctl"
    seconds, backends = ([int(arg) for arg in sys.argv[1:]] + [10, 1000][len(sys.argv) - 1:])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["ip", "route", "add", "local", "10.9.0.0/16", "dev", "lo"], check=True)
    with tempfile.TemporaryDirectory() as tmp:
        sock = f"{tmp}/sock"
        with subprocess.Popen([dnatd_path, "--socket", sock, "--state", f"{tmp}/state",
                               "--allocator", "nf_nat", "--metrics", "none"]) as dnatd:
            try:
                while not os.path.exists(sock):
                    time.sleep(0.1)
                rate, share = measure(dnatd, [dnatctl, "--socket", sock], seconds, backends)
            finally:
                dnatd.terminate()
    share_of = share * RATE / rate
    print(f"# {rate:.0f} checks a second: {100 * share:.1f} % of a core;"
          f" {RATE} would take {100 * share_of:.1f} %")
    return share_of > SHARE_MAX


if __name__ == "__main__":
    sys.exit(main())
