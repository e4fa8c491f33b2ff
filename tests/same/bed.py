# SPDX-License-Identifier: GPL-2.0-only
"""Two balancers that are the same but for their forwarding path, and whoever is at both ends of
each: this program, which answers nothing that it is not told to.

    ends: c0 ---- clients [same0] backends ---- b0      the path off
          c1 ---- clients [same1] backends ---- b1      the path on
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
MAC = {("lb", "c"): "02:00:00:00:01:01", ("lb", "b"): "02:00:00:00:02:01",
       ("end", "c"): "02:00:00:00:01:02", ("end", "b"): "02:00:00:00:02:02"}
ROUTER = {"c": ("10.9.0.1", "fd00:9::1"), "b": ("10.8.0.1", "fd00:8::1")}
END = {"c": ("10.9.0.2", "fd00:9::2"), "b": ("10.8.0.2", "fd00:8::2")}
VIP = ("192.0.2.10", "2001:db8:0:1::10")
VPORT, BPORT = 80, 8080
PORTS = 128                 # a chunk of them

# A rule of each kind that may bear on packets that it does not see later: an MSS that is
# clamped, a timeout of one's own.
RULES = """
table inet own {
	ct helper dnt { type "double-nat" protocol tcp; l3proto inet; }
	ct helper dnu { type "double-nat" protocol udp; l3proto inet; }
	ct timeout brief { protocol tcp; l3proto ip; policy = { established : 999, close_wait : 33 }; }
	chain raw {
		type filter hook prerouting priority raw;
		udp dport 9 notrack
	}
	chain timeouts {
		type filter hook prerouting priority mangle;
		ip protocol tcp tcp sport 7777 ct timeout set "brief"
	}
	chain pre {
		type nat hook prerouting priority dstnat;
		ip daddr 192.0.2.10 tcp dport 80 ct helper set "dnt" dnat ip to 10.8.0.2:8080
		ip daddr 192.0.2.10 udp dport 80 ct helper set "dnu" dnat ip to 10.8.0.2:8080
		ip6 daddr 2001:db8:0:1::10 tcp dport 80 ct helper set "dnt" dnat ip6 to [fd00:8::2]:8080
		ip6 daddr 2001:db8:0:1::10 udp dport 80 ct helper set "dnu" dnat ip6 to [fd00:8::2]:8080
	}
	chain forward {
		type filter hook forward priority filter;
		tcp flags & syn == syn tcp option maxseg size set 1300
	}
}
"""

SYSCTLS = {
    "ipv4/ip_forward": 1,
    "ipv6/conf/all/forwarding": 1,
    "ipv4/icmp_ratelimit": 0,
    "ipv6/icmp/ratelimit": 0,
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


def enter(name):
    """This program, from now on, in another network namespace."""
    with open(f"/run/netns/{name}") as file:
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
        payload = b"".join(dnl.setting(name, value) for name, value in values.items())
        for _ in self.genl.ask(self.family, dnl.CMD["DNAT_CMD_SETTINGS_SET"], dnl.NLM_F_ACK, payload):
            pass

    def stats(self):
        found = {}
        for message in self.genl.ask(self.family, dnl.CMD["DNAT_CMD_STATS_GET"], dnl.NLM_F_ACK, b""):
            found.update(dnl.show(message))
        return {name: int(value) for name, value in found.items()}

    @staticmethod
    def known():
        return "DNAT_A_FAST" in dnl.ATTR


class Wire:
    """One end of a cable; its other end is the balancer's."""

    def __init__(self, name, side):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        self.sock.bind((name, 3))
        self.sock.settimeout(60)
        self.side = side
        self.macs = bytes.fromhex((MAC["lb", side] + MAC["end", side]).replace(":", ""))

    def send(self, packet):
        kind = ETH_IP6 if packet[0] >> 4 == 6 else ETH_IP
        self.sock.send(self.macs + struct.pack("!H", kind) + packet)

    def receive(self, until):
        """All that came before the packet with "until" in it."""
        found = []
        while True:
            frame, where = self.sock.recvfrom(1 << 17)
            packet = frame[14:]
            if where[2] == socket.PACKET_OUTGOING or where[1] not in (ETH_IP, ETH_IP6):
                continue
            if packet.endswith(until):
                return found
            if not wire.noise(packet):
                found.append(packet)


class Balancer:
    """One of the two."""

    def __init__(self, number):
        self.name = f"same{number}"
        self.number = number
        self.turn = 0
        enter(self.name)
        for name, value in SYSCTLS.items():
            sysctl(name, value)
        for name in ("clients", "backends"):
            plain(name)
        self.conntrack = Conntrack()
        call("nft", "-f", "-", text=RULES)
        self.path = Path()
        if Path.known():
            self.path.set(FAST=number)
        enter("ends")
        self.wires = {side: Wire(f"{side}{number}", side) for side in "cb"}

    def sysctl(self, name, value):
        enter(self.name)
        sysctl(name, value)
        enter("ends")

    def ports(self, scenario, count=PORTS):
        """The vdports of one scenario. Of a single chunk they come in order, and so it is the
        same ones on both balancers."""
        first = 1024 + scenario % 500 * PORTS
        self.path.set(PORT_MIN=first, PORT_MAX=first + count - 1)

    def call(self, *argv, text=None):
        return call("ip", "netns", "exec", self.name, *argv, text=text)

    def exchange(self, side, packets):
        """Send packets from one side; what comes out: [(side, packet)].

        A mark follows by either way. Packets are worked off in the order of their sending by
        one processor, so whatever is to come was there before the mark."""
        self.turn += 1
        for packet in packets:
            self.wires[side].send(packet)
        mark = struct.pack("!8sI", b"the mark", self.turn)
        for here, there in ("cb", "bc"):
            ends = wire.addr(END[here][0]), wire.addr(END[there][0])
            self.wires[here].send(wire.ip(*ends, wire.UDP, wire.udp(*ends, 9, 9, mark)))
        return [(where, packet) for where in "bc" for packet in self.wires[where].receive(mark)]

    def fast(self):
        return self.path.stats().get("STATS_FAST", 0)


def links(number):
    for side, name in (("c", "clients"), ("b", "backends")):
        yield f"link add {side}{number} netns ends address {MAC['end', side]} type veth" \
              f" peer name {name} netns same{number} address {MAC['lb', side]}"


def addresses():
    yield "link set lo up"
    for side, name in (("c", "clients"), ("b", "backends")):
        yield f"link set {name} up"
        yield f"addr add {ROUTER[side][0]}/24 dev {name}"
        yield f"addr add {ROUTER[side][1]}/64 dev {name} nodad"
        for end in END[side]:
            yield f"neigh add {end} lladdr {MAC['end', side]} dev {name} nud permanent"
    yield f"addr add {VIP[0]}/32 dev lo"
    yield f"addr add {VIP[1]}/128 dev lo nodad"


def batch(lines, *options):
    call("ip", *options, "-batch", "-", text="".join(line + "\n" for line in lines))


def up():
    """Both balancers. One processor does it all, so that there is one order of things."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    batch(f"netns add {name}" for name in ("ends", "same0", "same1"))
    for name in ("ends", "same0", "same1"):
        enter(name)
        for key, value in SYSCTLS_FIRST.items():
            sysctl(key, value)
    enter("ends")
    sysctl("ipv6/conf/default/disable_ipv6", 1)
    batch(line for number in (0, 1) for line in links(number))
    batch(f"link set {side}{number} up arp off" for number in (0, 1) for side in "cb")
    for number in (0, 1):
        batch(addresses(), "-n", f"same{number}")
    return [Balancer(number) for number in (0, 1)]


def down():
    for name in ("same0", "same1", "ends"):
        if os.path.exists(f"/run/netns/{name}"):
            call("ip", "netns", "del", name)
