# SPDX-License-Identifier: GPL-2.0-only
"""Two balancers that are the same but for their forwarding path, and whoever is at both ends of
each: this program, which answers nothing that it is not told to.

    ends: c0 ---- clients [same0] backends ---- b0      the path off
                          [     ] others ------ o0
          c1 ---- clients [same1] backends ---- b1      the path on
                          [     ] others ------ o1
"""

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import sys

import wire
from ctnl import Conntrack

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import dnl  # noqa: E402

SOL_PACKET, PACKET_AUXDATA, SO_RCVBUFFORCE = 263, 8, 33
ETH_IP, ETH_IP6 = 0x0800, 0x86DD
DEVICE = {"c": "clients", "b": "backends", "o": "others"}
MAC = {("lb", "c"): "02:00:00:00:01:01", ("end", "c"): "02:00:00:00:01:02",
       ("lb", "b"): "02:00:00:00:02:01", ("end", "b"): "02:00:00:00:02:02",
       ("lb", "o"): "02:00:00:00:03:01", ("end", "o"): "02:00:00:00:03:02"}
ROUTER = {"c": ("10.9.0.1", "fd00:9::1"), "b": ("10.8.0.1", "fd00:8::1"), "o": ("10.7.0.1", "fd00:7::1")}
END = {"c": ("10.9.0.2", "fd00:9::2"), "b": ("10.8.0.2", "fd00:8::2"), "o": ("10.7.0.2", "fd00:7::2")}
# Where the marks go, which no scenario sends anywhere else.
MARKED = {"c": "10.9.0.3", "b": "10.8.0.3", "o": "10.7.0.3"}
VIP = ("192.0.2.10", "2001:db8:0:1::10")
VPORT, BPORT = 80, 8080
PORTS = 128                 # a chunk of them

# A rule of each kind that may bear on packets that it does not see later: an MSS that is
# clamped, a timeout of one's own. Without them the first answer, too, takes the fast path.
OTHERS = """
table inet own {
	ct timeout brief { protocol tcp; l3proto ip; policy = { established : 999, close_wait : 33 }; }
	chain raw {
		type filter hook prerouting priority raw;
		udp dport 9 notrack
	}
	chain timeouts {
		type filter hook prerouting priority mangle;
		ip protocol tcp tcp sport 7777 ct timeout set "brief"
	}
	chain forward {
		type filter hook forward priority filter;
		tcp flags & syn == syn tcp option maxseg size set 1300
	}
}
"""
RULES = """
table inet own {
	ct helper dnt { type "double-nat" protocol tcp; l3proto inet; }
	ct helper dnu { type "double-nat" protocol udp; l3proto inet; }
	chain pre {
		type nat hook prerouting priority dstnat;
		ip daddr 192.0.2.10 tcp dport 80 ct helper set "dnt" dnat ip to 10.8.0.2:8080
		ip daddr 192.0.2.10 udp dport 80 ct helper set "dnu" dnat ip to 10.8.0.2:8080
		ip6 daddr 2001:db8:0:1::10 tcp dport 80 ct helper set "dnt" dnat ip6 to [fd00:8::2]:8080
		ip6 daddr 2001:db8:0:1::10 udp dport 80 ct helper set "dnu" dnat ip6 to [fd00:8::2]:8080
	}
}
"""

SYSCTLS = {
    "ipv4/ip_forward": 1,
    "ipv6/conf/all/forwarding": 1,
    "ipv4/icmp_ratelimit": 0,
    "ipv6/icmp/ratelimit": 0,
    "ipv4/conf/all/send_redirects": 0,
    "netfilter/nf_conntrack_acct": 1,
    "netfilter/nf_conntrack_timestamp": 1,
}
SYSCTLS_FIRST = {
    "ipv6/conf/default/accept_dad": 0,
    "ipv6/conf/default/dad_transmits": 0,
    "ipv6/conf/default/router_solicitations": 0,
}

libc = ctypes.CDLL(None, use_errno=True)


def call(*argv, text=None):
    done = subprocess.run(argv, input=text, text=True, capture_output=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def enter(name=None):
    """This program, from now on, in another network namespace; without a name, in its first."""
    with open(f"/run/netns/{name}" if name else f"/proc/{os.getppid()}/ns/net") as file:
        if libc.setns(file.fileno(), 0x40000000):
            raise OSError(ctypes.get_errno(), f"setns {name}")


def sysctl(name, value):
    with open("/proc/sys/net/" + name, "w") as file:
        file.write(str(value))


def plain(name):
    """Have a device send complete checksums, where it would leave them to hardware."""
    value = struct.pack("=II", 0x17, 0)         # ETHTOOL_STXCSUM
    room = ctypes.create_string_buffer(value, len(value))
    request = struct.pack("=16sQ16x", name.encode(), ctypes.addressof(room))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, 0x8946, request)      # SIOCETHTOOL


class Path:
    """The module's settings and counters, in one network namespace."""

    def __init__(self):
        self.genl = dnl.Genl()
        self.family = self.genl.family()

    def set(self, **values):
        payload = dnl.request(f"{name}={value}" for name, value in values.items())
        for _ in self.genl.ask(self.family, dnl.CMD["DNAT_CMD_SETTINGS_SET"], dnl.NLM_F_ACK, payload):
            pass

    def end(self):
        """End all connections, and tell both ends."""
        for _ in self.genl.ask(self.family, dnl.CMD["DNAT_CMD_CONN_DEL"], dnl.NLM_F_DUMP, dnl.request(["RESET=1"])):
            pass

    def stats(self):
        found = {}
        for message in self.genl.ask(self.family, dnl.CMD["DNAT_CMD_STATS_GET"], dnl.NLM_F_ACK, b""):
            found.update(dnl.show(message))
        return {name: int(value) for name, value in found.items()}

    @staticmethod
    def known():
        return "DNAT_A_FAST" in dnl.ATTR


class Got(bytes):
    """A packet as it was received; "mac" is what stood before it."""

    mac = b""


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


class Wire:
    """One end of a cable; its other end is the balancer's."""

    def __init__(self, name, side):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        self.sock.bind((name, 3))
        self.sock.settimeout(60)
        self.side = side
        self.router = mac_bytes(MAC["lb", side])
        self.mac = mac_bytes(MAC["end", side])

    def send(self, packet, to=None):
        kind = ETH_IP6 if packet[0] >> 4 == 6 else ETH_IP
        self.sock.send((to or self.router) + self.mac + struct.pack("!H", kind) + packet)

    def receive(self, until):
        """All that came before the packet with "until" in it."""
        found = []
        while True:
            frame, where = self.sock.recvfrom(1 << 17)
            packet = Got(frame[14:])
            packet.mac = frame[:12]
            if where[2] == socket.PACKET_OUTGOING or where[1] not in (ETH_IP, ETH_IP6):
                continue
            if packet.endswith(until):
                return found
            if not wire.noise(packet):
                found.append(packet)


class Balancer:
    """One of the two."""

    def __init__(self, number, bare):
        self.name = f"same{number}"
        self.number = number
        self.turn = 0
        enter(self.name)
        for name, value in SYSCTLS.items():
            sysctl(name, value)
        for name in DEVICE.values():
            plain(name)
        self.conntrack = Conntrack()
        call("nft", "-f", "-", text=RULES if bare else RULES + OTHERS)
        self.path = Path()
        self.switch(True)
        enter("ends")
        self.wires = {side: Wire(f"{side}{number}", side) for side in DEVICE}
        self.silent = ""        # sides that no mark can reach

    def sysctl(self, name, value):
        """Return: what it was before"""
        enter(self.name)
        with open("/proc/sys/net/" + name) as file:
            before = file.read().strip()
        sysctl(name, value)
        enter("ends")
        return before

    def switch(self, on):
        """The path on or off, where it may be on and the module has one."""
        if Path.known():
            self.path.set(FAST=int(on and self.number == 1))

    def ports(self, scenario, count=PORTS):
        """The vdports of one scenario. Of a single chunk they come in order, and so it is the
        same ones on both balancers."""
        first = 1024 + scenario % 500 * PORTS
        self.path.set(PORT_MIN=first, PORT_MAX=first + count - 1)

    def call(self, *argv, text=None):
        return call("ip", "netns", "exec", self.name, *argv, text=text)

    def ip(self, *lines):
        batch(lines, "-n", self.name)

    def has(self, *lines):
        """Whether this kernel can do that."""
        try:
            self.ip(*lines)
        except RuntimeError:
            return False
        return True

    def exchange(self, side, packets, to=None):
        """Send packets from one side; what comes out: [(side, packet)].

        A mark follows to each side. Packets are worked off in the order of their sending by
        one processor, so whatever is to come was there before the mark."""
        self.turn += 1
        for packet in packets:
            self.wires[side].send(packet, to)
        mark = struct.pack("!8sI", b"the mark", self.turn)
        heard = [there for there in DEVICE if there not in self.silent]
        for there in heard:
            here = "c" if there != "c" else "b" if "b" in heard else "o"
            ends = wire.addr(MARKED[here]), wire.addr(MARKED[there])
            self.wires[here].send(wire.ip(*ends, wire.UDP, wire.udp(*ends, 9, 9, mark)))
        return [(where, packet) for where in heard for packet in self.wires[where].receive(mark)]

    def fast(self):
        return self.path.stats().get("STATS_FAST", 0)


def links(number):
    for side, name in DEVICE.items():
        yield f"link add {side}{number} netns ends address {MAC['end', side]} type veth" \
              f" peer name {name} netns same{number} address {MAC['lb', side]}"


def addresses(side, device=None):
    """What the balancer has on one of its devices; it is gone when the device goes down."""
    name = device or DEVICE[side]
    yield f"addr replace {ROUTER[side][0]}/24 dev {name}"
    yield f"addr replace {ROUTER[side][1]}/64 dev {name} nodad"
    for end in (*END[side], MARKED[side]):
        yield f"neigh replace {end} lladdr {MAC['end', side]} dev {name} nud permanent"


def router():
    yield "link set lo up"
    yield f"addr add {VIP[0]}/32 dev lo"
    yield f"addr add {VIP[1]}/128 dev lo nodad"
    for side, name in DEVICE.items():
        yield f"link set {name} up"
        yield from addresses(side)


def batch(lines, *options):
    call("ip", *options, "-batch", "-", text="".join(line + "\n" for line in lines))


def up(bare):
    """Both balancers, "bare" without rules of others. One processor does it all, so that there is one order of things."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    enter()
    sysctl("ipv4/route/error_cost", 0)      # else time decides which error is told of
    batch(f"netns add {name}" for name in ("ends", "same0", "same1"))
    for name in ("ends", "same0", "same1"):
        enter(name)
        for key, value in SYSCTLS_FIRST.items():
            sysctl(key, value)
    enter("ends")
    sysctl("ipv6/conf/default/disable_ipv6", 1)
    batch(line for number in (0, 1) for line in links(number))
    batch(f"link set {side}{number} up arp off" for number in (0, 1) for side in DEVICE)
    for number in (0, 1):
        batch(router(), "-n", f"same{number}")
    return [Balancer(number, bare) for number in (0, 1)]


def down():
    for name in ("same0", "same1", "ends"):
        if os.path.exists(f"/run/netns/{name}"):
            call("ip", "netns", "del", name)
