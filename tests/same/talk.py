# SPDX-License-Identifier: GPL-2.0-only
"""A scenario under way on one balancer: packets sent, and after each of them what came out and
what conntrack says."""

import contextlib
import struct
import time

import wire
from bed import BPORT, END, VIP, VPORT, Got


class Skip(Exception):
    """This kernel cannot play the scenario."""


def registrar(scenarios):
    """A decorator that makes a scenario of a function, and adds it to these."""
    def scenario(slow=False, sysctl=None, family=None, fresh=False):
        """slow: nothing of it must take the fast path; sysctl: to be set meanwhile; family: the
        only one that has it; fresh: it leaves the balancers in such a state that others need
        new ones."""
        def add(function):
            function.slow, function.sysctl = slow, sysctl or {}
            function.family, function.fresh = family, fresh
            scenarios.append(function)
            return function
        return add
    return scenario


class Step:
    def __init__(self, what):
        self.what = what
        self.out = []       # [(side, packet)]
        self.entries = []


class Run:
    """One scenario on one balancer."""

    def __init__(self, balancer, family, number):
        self.balancer = balancer
        self.ct = balancer.conntrack
        self.l3 = 1 if family == 6 else 0
        self.vip = wire.addr(VIP[self.l3])
        self.cip = wire.addr(END["c"][self.l3])
        self.bip = wire.addr(END["b"][self.l3])
        self.steps = []
        self.events = []
        self.started = time.monotonic()
        self.fast = balancer.fast()
        self.aged = 77
        self.ident = 0
        self.number = number
        self.failures = []

    def expect(self, what, good):
        if not good:
            self.failures.append(f"packet {len(self.steps)}, {self.steps[-1].what}: {what}")

    @contextlib.contextmanager
    def slowly(self):
        """Whatever is sent in here must not take the fast path."""
        before = self.balancer.fast()
        yield
        taken = self.balancer.fast() - before
        self.expect(f"goes the slow way ({taken} did not)", not taken)

    def ip(self, side, proto, payload, **fields):
        """A packet to the VIP. Each has a number of its own in the IP header."""
        self.ident += 1
        fields.setdefault("ident", self.ident)
        src = self.cip if side == "c" else self.bip
        return wire.ip(src, self.vip, fields.pop("number", proto), payload, **fields)

    def send(self, side, what, *packets, to=None):
        """Send them, note what comes of it, and return that."""
        step = Step(f"{side} {what}")
        if self.aged:
            self.ct.age(self.aged)
        step.out = self.balancer.exchange(side, packets, to)
        self.steps.append(step)
        self.look()
        return step.out

    def look(self):
        self.steps[-1].entries = self.ct.dump()
        self.events += self.ct.events()

    def change(self, what):
        """Something other than a packet happens, and is looked at like one."""
        self.steps.append(Step(what))
        self.look()

    def until(self, what, condition):
        """Wait for something that only time brings."""
        end = time.monotonic() + 60
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(what)
            time.sleep(0.05)
        self.change(what)

    def expire(self):
        self.ct.age(1)
        self.until("all connections have expired", lambda: not self.ct.dump())

    def delete(self):
        for family, entry in self.ct.dump():
            self.ct.delete(family, entry)
        self.change("all connections are deleted")

    def end(self):
        """Leave nothing behind. Connections that end with this one tell of their counters."""
        self.fast = self.balancer.fast() - self.fast
        self.ct.flush()
        self.events += sorted(self.ct.events(), key=str)
        self.seconds = time.monotonic() - self.started


class Tcp:
    """A TCP connection by hand. Sequence numbers are counted from each side's SYN."""

    def __init__(self, run, cport=40001, cisn=0x10000000, bisn=0x20000000, opts=b"", bopts=None):
        self.run = run
        self.cport = cport
        self.vdport = None
        self.isn = {"c": cisn, "b": bisn}
        self.next = {"c": 0, "b": 0}
        self.syn_opts = {"c": opts, "b": opts if bopts is None else bopts}
        self.shift = 0
        self.one_armed = False      # both ends are on one wire

    def learn(self, out, sent_seq):
        """The backend is told the vdport by the first packet that gets there."""
        for side, packet in out:
            proto, src, _, ihl = wire.split(packet)
            if side == "b" and proto == wire.TCP and src == self.run.vip:
                self.vdport, _, seq = struct.unpack_from("!HHI", packet, ihl)
                self.shift = (seq - sent_seq) & 0xFFFFFFFF

    def segment(self, side, flags, seq=None, ack=None, data=b"", opts=None, **fields):
        """The TCP part of a packet, which is also what the sender now believes to have sent."""
        other = "b" if side == "c" else "c"
        at = self.next[side] if seq is None else seq
        bits = wire.flags_of(flags)
        length = len(data) + ("S" in flags) + ("F" in flags)
        if at == self.next[side]:
            self.next[side] += length
        if ack is None:
            ack = self.next[other] if "A" in flags else None
        shift = {"c": 0, "b": self.shift}[side]
        number = 0 if ack is None else self.isn[other] + ack + shift
        if opts is None:
            opts = self.syn_opts[side] if "S" in flags else b""
        src, dst = (self.run.cip, self.run.vip) if side == "c" else (self.run.bip, self.run.vip)
        ports = (self.cport, VPORT) if side == "c" else (BPORT, self.vdport or 1)
        return self.isn[side] + at, wire.tcp(src, dst, *ports, self.isn[side] + at, number, bits,
                                             opts=opts, data=data, **fields)

    def send(self, side, flags, ip=None, **fields):
        what = f"{flags or '-'} " + " ".join(
            f"{k}={len(v) if isinstance(v, bytes) else v}" for k, v in sorted(fields.items()))
        believed = self.next[side]
        seq, segment = self.segment(side, flags, **fields)
        out = self.run.send(side, what, self.run.ip(side, wire.TCP, segment, **(ip or {})))
        if side == "c":
            self.learn(out, seq)
        if not self.one_armed and all(where == side for where, _ in out):
            self.next[side] = believed      # nobody is going to acknowledge that
        self.run.steps[-1].out = [self.unshifted(*one) for one in out]
        return out

    def unshifted(self, side, packet):
        """As the backend would have got it had the port not been used before."""
        proto, src, dst, ihl = wire.split(packet)
        if not self.shift or side != "b" or proto != wire.TCP or src != self.run.vip or wire.valid(packet):
            return side, packet
        body = bytearray(packet[ihl:])
        struct.pack_into("!I", body, 4, (struct.unpack_from("!I", body, 4)[0] - self.shift) & 0xFFFFFFFF)
        struct.pack_into("!H", body, 16, 0)
        told = Got(packet[:ihl] + wire.with_checksum(bytes(body), 16, src, dst, wire.TCP))
        told.mac = packet.mac
        return side, told

    def c(self, flags, **fields):
        return self.send("c", flags, **fields)

    def b(self, flags, **fields):
        return self.send("b", flags, **fields)

    def open(self):
        self.c("S")
        self.b("SA")
        self.c("A")
        return self

    def talk(self, size=100):
        self.c("PA", data=b"q" * size)
        self.b("PA", data=b"a" * size)
        self.c("A")
        return self

    def close(self, first="c"):
        other = "b" if first == "c" else "c"
        self.send(first, "FA")
        self.send(other, "FA")
        self.send(first, "A")
        return self


class Udp:
    """Datagrams between two ports. To conntrack an exchange of two seconds is a stream, so that
    from the third packet on there has to be one, however fast the machine is."""

    def __init__(self, run, cport=40001):
        self.run = run
        self.cport = cport
        self.vdport = None
        self.sent = 0
        self.old = 0.0

    def grow_old(self):
        self.sent += 1
        if self.sent == 1:
            self.old = time.monotonic() + 2.5
        elif self.sent == 3:
            while time.monotonic() < self.old:
                time.sleep(0.05)

    def segment(self, side, data, **fields):
        src = self.run.cip if side == "c" else self.run.bip
        ports = (self.cport, VPORT) if side == "c" else (BPORT, self.vdport or 1)
        return wire.udp(src, self.run.vip, *ports, data, **fields)

    def send(self, side, data, ip=None, **fields):
        self.grow_old()
        out = self.run.send(side, f"udp {len(data)} {fields or ''}",
                            self.run.ip(side, wire.UDP, self.segment(side, data, **fields), **(ip or {})))
        for where, packet in out:
            proto, src, _, ihl = wire.split(packet)
            if side == "c" and where == "b" and proto == wire.UDP and src == self.run.vip:
                self.vdport = struct.unpack_from("!H", packet, ihl)[0]
        return out

    def c(self, data=b"question", **fields):
        return self.send("c", data, **fields)

    def b(self, data=b"answer", **fields):
        return self.send("b", data, **fields)
