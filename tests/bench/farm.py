# SPDX-License-Identifier: GPL-2.0-only
"""The farm of dnat_bench.ko: bring it up, make it run, read what it measured."""

import contextlib
import ctypes
import json
import os
import subprocess
import time

DEBUGFS = "/sys/kernel/debug"
DIR = DEBUGFS + "/dnat_bench"
VIP = "192.0.2.10"
VPORT = 80
BPORT = 8080
CLIENTS = 100
SERVERS_MAX = 64
NEIGHBOUR = "02:00:00:00:00:fe"
LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000


def call(*argv, text=None, fds=()):
    """Run a program; whatever it has to say comes with the exception."""
    done = subprocess.run(argv, input=text, text=True, capture_output=True, pass_fds=fds)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def nft(rules):
    call("nft", "-f", "-", text=rules)


def sysctl(name, value=None):
    path = "/proc/sys/" + name.replace(".", "/")
    if value is None:
        with open(path) as file:
            return int(file.read())
    with open(path, "w") as file:
        file.write(str(value))
    return value


def server(number):
    """The address of a server: 10.1.1.1, 10.3.1.1, 10.1.1.2 ..."""
    return f"10.{3 if number & 1 else 1}.1.{1 + number // 2}"


def client(number):
    return f"10.2.1.{1 + number}"


def links():
    yield "link set lo up"
    yield "link set clients up"
    yield "link set servers up"
    yield f"addr add {VIP}/32 dev lo"
    yield "addr add 10.2.0.1/16 dev clients"
    yield "addr add 10.1.0.1/16 dev servers"
    yield "addr add 10.3.0.1/16 dev servers"
    for number in range(CLIENTS):
        yield f"neigh add {client(number)} lladdr {NEIGHBOUR} dev clients nud permanent"
    for number in range(SERVERS_MAX):
        yield f"neigh add {server(number)} lladdr {NEIGHBOUR} dev servers nud permanent"


def route():
    """Make a router of this machine, or of this network namespace."""
    call("ip", "-batch", "-", text="\n".join(links()) + "\n")
    sysctl("net.ipv4.ip_forward", 1)


def setup(module):
    """Load the module, and route."""
    if not os.path.ismount(DEBUGFS):
        call("mount", "-t", "debugfs", "debugfs", DEBUGFS)
    call("insmod", module)
    route()


def wires_here():
    return not subprocess.run(("ip", "link", "show", "dev", "servers"), capture_output=True).returncode


@contextlib.contextmanager
def fresh():
    """The farm in a network namespace that nobody used before, and nobody will: with a namespace
    goes what IPVS remembers of connections, which nothing else makes it forget.
    """
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    if LIBC.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "a network namespace")
    pid = str(os.getpid())
    for wire in ("clients", "servers"):
        call("nsenter", f"--net=/proc/self/fd/{home}", "ip", "link", "set", wire, "netns", pid, fds=(home,))
    try:
        route()
        yield
    finally:
        run("forget")
        LIBC.setns(home, CLONE_NEWNET)
        os.close(home)
        while not wires_here():
            time.sleep(0.05)


def cpu():
    """The CPU time that this kernel has used, in ns: User-Mode Linux only."""
    with open(DIR + "/cpu") as file:
        return int(file.read())


def run(mode, **settings):
    """One run. Returns the module's result as a dictionary."""
    words = [mode] + [f"{key}={value}" for key, value in settings.items()]
    with open(DIR + "/run", "w") as file:
        file.write(" ".join(words))
    with open(DIR + "/result") as file:
        return json.load(file)
