# SPDX-License-Identifier: GPL-2.0-only
"""What is played where no rules but the module's own see the packets, so that the first answer,
too, takes the fast path. Each function is one scenario; its first line says what."""

import struct

import wire
from bed import DEVICE, addresses
from slow import at, icmp, into_vrf, other, other_table
from talk import Skip, Tcp, Udp, registrar
from wire import SACK_OK, mss, sack, wscale

ALL = []
scenario = registrar(ALL)


@scenario()
def answers(run):
    """first answers with flags that make sense, and with URG, which makes none"""
    for number, flags in enumerate(("SA", "SAP", "SAEC", "SAU", "SAPU")):
        t = Tcp(run, cport=41000 + number)
        t.c("S")
        out = t.b(flags, urg=3)
        run.expect("the answer is passed on if it makes sense", bool(at(out, "c")) == ("U" not in flags))
        t.c("A")
        t.talk()


@scenario()
def answers_odd(run):
    """first answers that acknowledge too much or nothing, with odd windows and options"""
    for number, fields in enumerate(({"ack": 2}, {"ack": 0}, {"win": 0}, {"data": b"early"}, {"opts": wscale(15)},
                                     {"opts": b"\3\2\0\0"}, {"opts": b"\0\0\0\0" + wscale(4)},
                                     {"opts": b"\4\2\4\3"}, {"opts": sack((5, 9))})):
        t = Tcp(run, cport=41000 + number, opts=mss(1460) + SACK_OK + wscale(6))
        t.c("S")
        t.b("SA", **fields)
        t.c("A")
        t.talk().close()


@scenario()
def syn_other(run):
    """the SYN comes again with another number, or was another's, before the first answer"""
    t = Tcp(run)
    t.c("S")
    t.c("S", seq=1000)
    t.b("SA", ack=1001)
    t.b("SA", ack=1, seq=0)
    t.c("A", seq=1001)
    t = Tcp(run, cport=40002)
    t.c("S")
    t.b("A", ack=77)
    t.c("R", seq=77)
    t.c("S", seq=0)
    t.b("SA")
    t.c("A")
    t.talk()
    for number, ack in enumerate((1, 3, 5)):
        t = Tcp(run, cport=40003 + number)
        t.c("S", data=b"fast")
        t.b("SA", ack=ack)
        t.c("A")
        t.talk()


@scenario(family=4)
def routed_by_port(run):
    """a rule of routing's finds the client's port, from the first answer on"""
    undo = other_table(run, "ipproto", "tcp", "dport", "40001")
    t = Tcp(run)
    t.c("S")
    out = [t.b("SA")]
    t.c("A")
    out += [t.b("PA", data=b"this way"), t.b("A", data=b"this way too")]
    run.expect("all answers go by the port", all(at(one, "o") and not at(one, "c") for one in out))
    undo()


def shifted(run):
    """a connection on the port that another one has just had, whose numbers were higher"""
    run.balancer.ports(run.number, 1)
    Tcp(run, cisn=0x60000000).open().talk().close("b")
    t = Tcp(run, cport=40002, cisn=0x10000000).open().talk()
    run.expect("its numbers are shifted", t.shift)
    return t


def quoted_seq(told):
    """the sequence number in what an ICMP error quotes"""
    return struct.unpack_from("!I", told, 8 + wire.split(told[8:])[3] + 4)[0]


@scenario()
def errors_shifted(run):
    """ICMP errors about a connection whose sequence numbers are shifted"""
    t = shifted(run)
    for side in "cb":
        sender = other(side)
        for size in (8, 200):
            sent = t.isn[sender] + t.next[sender]
            got = at(t.send(sender, "A", data=b"e" * 500), side)[0]
            quote = bytes(got)[:wire.split(got)[3] + size]
            for code4, code6, rest in (((3, 4), (2, 0), struct.pack("!HH", 0, 1280)), ((3, 1), (1, 3), bytes(4))):
                src = run.cip if side == "c" else run.bip
                out = at(run.send(side, "an ICMP error", icmp(run, src, run.vip, code4, code6, rest, quote)), sender)
                run.expect("the error gets there", out)
                for packet in out:
                    told = packet[wire.split(packet)[3]:]
                    run.expect("it says what it said", (told[4:8], wire.split(told[8:])[0]) == (rest, wire.TCP))
                    run.expect("it quotes the number that was sent", quoted_seq(told) == sent)
    t.talk().close()


@scenario()
def datagrams_first(run):
    """UDP: first answers"""
    for number in range(3):
        u = Udp(run, cport=41000 + number)
        u.c()
        u.b(data=b"a" * number * 100)
        u.b()
    Udp(run, cport=41010).b()


def client_told(run, t, size, ttl):
    """The client sends so much, which the balancer does not pass on."""
    sent = t.isn["c"] + t.next["c"]
    out = at(t.c("A", data=bytes(size), ip={"ttl": ttl}), "c")
    run.expect("the client is told", out)
    for packet in out:
        told = packet[wire.split(packet)[3]:]
        run.expect("it quotes the number that was sent", quoted_seq(told) == sent)


@scenario()
def errors_own(run):
    """the balancer's own ICMP errors about a connection whose sequence numbers are shifted"""
    t = shifted(run)
    run.balancer.ip("link set backends mtu 1300")
    client_told(run, t, 1400, 64)
    client_told(run, t, 100, 1)
    run.balancer.ip("link set backends mtu 1500")
    t.talk().close()


@scenario(fresh=True)
def errors_vrf(run):
    """the balancer's own ICMP error about a connection with shifted numbers, to a client in a VRF"""
    t = shifted(run)
    into_vrf(run)
    client_told(run, t, 100, 1)


@scenario(slow=True, fresh=True)
def ended_vrf(run):
    """a connection in a VRF, which the main table knows no way for, is ended"""
    if not run.balancer.has("link add red type vrf table 10"):
        raise Skip("this kernel has no VRF")
    run.balancer.ip("link set red up", *(f"link set {name} master red" for name in DEVICE.values()),
                    *(line for side in DEVICE for line in addresses(side)))
    Tcp(run).open().talk()
    run.balancer.path.end()
    out = run.send("c", "nothing, when the connection was ended")
    for side in "cb":
        run.expect("an end is reset", any(packet[wire.split(packet)[3] + 13] & wire.RST for packet in at(out, side)))
