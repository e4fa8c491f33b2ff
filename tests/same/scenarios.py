# SPDX-License-Identifier: GPL-2.0-only
"""What is played on both balancers. Each function is one scenario; its first line says what."""

import os
import random

from talk import Tcp, Udp, registrar
from wire import SACK_OK, mss, sack, stamp, wscale

ALL = []
scenario = registrar(ALL)


@scenario()
def client_closes(run):
    """the client closes"""
    Tcp(run).open().talk().talk(1000).close("c")


@scenario()
def backend_closes(run):
    """the backend closes"""
    Tcp(run).open().talk().talk().close("b")


@scenario()
def half_close(run):
    """the client closes its half, and data goes on coming"""
    t = Tcp(run).open().talk()
    t.c("FA")
    t.b("A")
    for _ in range(5):
        t.b("PA", data=b"d" * 1000)
        t.c("A")
    t.b("FA")
    t.c("A")


@scenario()
def half_close_backend(run):
    """the backend closes its half, and data goes on coming"""
    t = Tcp(run).open().talk()
    t.b("FPA", data=b"last")
    t.c("A")
    for _ in range(5):
        t.c("PA", data=b"d" * 1000)
        t.b("A")
    t.c("FA")
    t.b("A")


@scenario()
def both_close(run):
    """both close at once"""
    t = Tcp(run).open().talk()
    ca, ba = t.next["b"], t.next["c"]
    t.c("FA", ack=ca)
    t.b("FA", ack=ba)
    t.c("A")
    t.b("A")


@scenario()
def lost_fins(run):
    """FINs and the last ACKs are sent again"""
    t = Tcp(run).open().talk()
    at = t.next["c"]
    t.c("FA")
    t.c("FA", seq=at)
    t.b("A")
    t.c("FA", seq=at)
    back = t.next["b"]
    t.b("FA")
    t.b("FA", seq=back)
    t.c("A")
    t.b("FA", seq=back)
    t.c("A")
    t.c("A")


@scenario()
def data_after_fin(run):
    """data after a FIN, and after both"""
    t = Tcp(run).open().talk()
    t.c("FA")
    t.c("PA", data=b"late")
    t.b("A")
    t.b("PA", data=b"still mine")
    t.b("FA")
    t.b("PA", data=b"late")
    t.c("A")
    t.c("PA", data=b"much too late")
    t.b("PA", data=b"much too late")


@scenario()
def syn_again(run):
    """SYN and SYN/ACK are sent again"""
    t = Tcp(run)
    t.c("S")
    t.c("S", seq=0)
    t.b("SA")
    t.b("SA", seq=0, ack=1)
    t.c("S", seq=0)
    t.b("SA", seq=0, ack=1)
    t.c("A")
    t.b("SA", seq=0, ack=1)
    t.c("A")
    t.talk()


@scenario()
def syn_established(run):
    """a SYN within an open connection, old number and new"""
    t = Tcp(run).open().talk()
    t.c("S", seq=0)
    t.talk()
    t.c("S", seq=100000)
    t.b("A")
    t.b("S", seq=0)
    t.b("SA", seq=0, ack=1)
    t.talk().close()


@scenario()
def rst_client(run):
    """RST from the client, where it is expected"""
    t = Tcp(run).open().talk()
    t.c("R")
    t.b("PA", data=b"nobody")
    t.c("R")


@scenario()
def rst_backend(run):
    """RST from the backend, where it is expected"""
    t = Tcp(run).open().talk()
    t.b("RA")
    t.c("PA", data=b"nobody")
    t.b("R")


@scenario()
def rst_elsewhere(run):
    """RSTs in and out of the window"""
    t = Tcp(run).open().talk()
    for side in "cb":
        for offset in (1, 1000, 63999, 64000, 64001, 70000, 1 << 30, -1, -100, -70000):
            t.send(side, "R", seq=t.next[side] + offset)
            t.talk(10)


@scenario()
def rst_ack_elsewhere(run):
    """RST/ACKs in and out of the window"""
    t = Tcp(run).open().talk()
    for side in "bc":
        for offset in (100000, -100000, 64001, 1):
            t.send(side, "RA", seq=t.next[side] + offset)
            t.talk(10)


@scenario(slow=True)
def refused(run):
    """the backend refuses"""
    t = Tcp(run)
    t.c("S")
    t.b("RA")
    t.c("S", seq=0)


@scenario()
def keep_alive(run):
    """keep-alive probes, with and without a byte"""
    t = Tcp(run).open().talk()
    for side, other in ("cb", "bc"):
        for data in (b"", b"\0"):
            t.send(side, "A", seq=t.next[side] - 1, data=data)
            t.send(other, "A")
    t.talk().close()


@scenario()
def reopened(run):
    """the same addresses and ports again in TIME_WAIT, closed by the client"""
    Tcp(run).open().talk().close("c")
    Tcp(run, cisn=0x10100000, bisn=0x30000000).open().talk().close("c")
    Tcp(run, cisn=0x10200000, bisn=0x50000000).open().talk()


@scenario()
def reopened_backend(run):
    """the same again in TIME_WAIT, closed by the backend, numbers going back"""
    Tcp(run).open().talk().close("b")
    Tcp(run, cisn=0x0F000000, bisn=0x11000000).open().talk().close("b")


@scenario()
def reopened_close(run):
    """the same again after a RST, and after a half-open one"""
    t = Tcp(run).open().talk()
    t.c("R")
    Tcp(run, cisn=0x22000000).open().talk()
    Tcp(run, cisn=0x33000000).open().talk()


@scenario()
def late_packets(run):
    """packets of the old connection in TIME_WAIT"""
    t = Tcp(run).open().talk().close("c")
    t.b("FA", seq=t.next["b"] - 1)
    t.c("A")
    t.b("PA", data=b"old", seq=20)
    t.c("PA", data=b"old", seq=20)
    t.b("A")


@scenario()
def zero_window(run):
    """zero window, probes, window update"""
    t = Tcp(run).open().talk()
    t.b("A", win=0)
    t.c("A", seq=t.next["c"] - 1)
    t.b("A", win=0)
    t.c("A", data=b"p", seq=t.next["c"])
    t.b("A", win=0)
    t.b("A", win=32000)
    t.talk()
    t.c("A", win=0)
    t.b("PA", data=b"x" * 100)
    t.c("A", win=64000)
    t.talk().close("b")


@scenario()
def small_windows(run):
    """data at the edges of small windows"""
    t = Tcp(run)
    t.c("S", win=2000)
    t.b("SA", win=2000)
    t.c("A", win=2000)
    for side in "cb":
        for offset in (0, 999, 1000, 1001, 1500, 1999, 2000, 2001, 5000):
            t.send(side, "A", seq=t.next[side] + offset, data=b"w" * 1000, win=2000)
        t.send(side, "A", data=b"w" * 500, win=2000)
        t.send("b" if side == "c" else "c", "A", win=2000)


@scenario()
def window_scale(run):
    """scaled windows, with more than 64 KB under way"""
    t = Tcp(run, opts=mss(1460) + b"\1" + wscale(7)).open()
    for _ in range(60):
        t.b("A", data=b"s" * 1400)
    t.c("A", ack=30 * 1400 + 1)
    for _ in range(60):
        t.b("A", data=b"s" * 1400)
    t.c("A")
    t.b("A", seq=t.next["b"] + (64000 << 7) - 100, data=b"s" * 50)
    t.b("A", seq=t.next["b"] + (64000 << 7) + 100, data=b"s" * 50)
    t.talk().close()


@scenario()
def window_scale_one(run):
    """window scaling that only one side offers, and the two of different size"""
    Tcp(run, opts=wscale(5), bopts=mss(1400)).open().talk(1000).talk().close()
    t = Tcp(run, cport=40002, opts=wscale(14), bopts=wscale(0)).open()
    for offset in (0, 60000, 64000, 70000, 1 << 20):
        t.c("A", seq=t.next["c"] + offset, data=b"e" * 100)
        t.b("A", seq=t.next["b"] + offset, data=b"e" * 100)
    t.close("b")


@scenario()
def selective(run):
    """holes, SACK blocks, retransmissions"""
    t = Tcp(run, opts=mss(1460) + SACK_OK + b"\1" + wscale(7)).open().talk()
    at = t.next["b"]
    for _ in range(6):
        t.b("A", data=b"h" * 1000)
    base = t.isn["b"] + at
    t.c("A", ack=at, opts=sack((base + 1000, base + 2000)))
    t.c("A", ack=at, opts=sack((base + 3000, base + 4000), (base + 1000, base + 2000)))
    t.c("A", ack=at, opts=sack((base + 5000, base + 6000), (base + 3000, base + 4000),
                               (base + 1000, base + 2000)))
    for hole in (0, 2000, 4000):
        t.b("A", seq=at + hole, data=b"h" * 1000)
    t.c("A")
    t.c("A", opts=sack((base + 200000, base + 201000)))
    t.talk().close()


@scenario()
def congestion(run):
    """ECN: negotiated, echoed, congestion experienced"""
    t = Tcp(run)
    t.c("SEC")
    t.b("SAE")
    t.c("A")
    t.c("PA", data=b"e" * 100, ip={"tos": 2})
    t.b("PA", data=b"e" * 100, ip={"tos": 1})
    t.b("PAE", data=b"e" * 100, ip={"tos": 3})
    t.c("AC", ip={"tos": 0xB8})
    t.c("AEC", data=b"e" * 9, ip={"tos": 3})
    t.close()


@scenario()
def urgent(run):
    """urgent data"""
    t = Tcp(run).open()
    t.c("PAU", data=b"u" * 10, urg=5)
    t.b("AU", data=b"u" * 10, urg=10)
    t.c("A", data=b"u" * 10, urg=7)
    t.b("A")
    t.c("FAU", urg=1)
    t.b("FAU", urg=1)
    t.c("A")


@scenario()
def stamps(run):
    """timestamps, and other options"""
    t = Tcp(run, opts=mss(1460) + SACK_OK + stamp(100, 0)[2:] + b"\1" + wscale(7)).open()
    for n in range(3):
        t.c("PA", data=b"t" * 100, opts=stamp(101 + n, 200 + n))
        t.b("PA", data=b"t" * 101, opts=stamp(201 + n, 101 + n))
    t.c("A", opts=stamp(50, 1))
    t.b("A", opts=b"\xfe\x04\x12\x34" + b"\x00" * 4)
    t.b("A", opts=b"\x08\x00\x01\x01")
    t.c("A", opts=b"\x05\x28\x01\x01")
    t.close()


@scenario()
def odd_flags(run):
    """flags that make no sense"""
    t = Tcp(run).open().talk()
    for flags in ("", "F", "FPU", "SF", "SFA", "SR", "FR", "RSFA", "P", "U", "PU", "FSRPAUEC", "SAU",
                  "SPA", "E", "C", "EC", "AEC", "RAP"):
        for side in "cb":
            t.send(side, flags, seq=t.next[side])
            t.next[side] = t.next[side] - ("S" in flags) - ("F" in flags)
            t.talk(5)


@scenario()
def odd_first(run):
    """flags that make no sense, in the first packet"""
    for number, flags in enumerate(("", "F", "FPU", "SF", "SFA", "SR", "R", "RA", "A", "SA", "FA", "PA", "SU", "SPE")):
        t = Tcp(run, cport=40100 + number)
        t.c(flags, data=b"hm" if "A" in flags else b"")
        if t.vdport:
            t.b("A")
            t.c("A")


@scenario()
def reserved(run):
    """reserved bits, and a header of the wrong length"""
    t = Tcp(run).open()
    for side in "cb":
        t.send(side, "A", reserved=1)
        t.send(side, "A", reserved=14)
        for doff in (0, 4, 6, 15):
            t.send(side, "A", doff=doff)
        t.send(side, "PA", doff=8, data=b"\1" * 12)


@scenario()
def out_of_window(run):
    """data far out of the window, and ACKs that are too high or too low"""
    t = Tcp(run).open().talk()
    for side in "cb":
        other = "b" if side == "c" else "c"
        for offset in (-1, -64000, -64001, -66001, -70000, -(1 << 30), 63000, 64000, 65536, 70000, 1 << 30, 1 << 31):
            t.send(side, "PA", seq=t.next[side] + offset, data=b"o" * 100)
        for offset in (1, 1000, 64000, 70000, 1 << 30, -1, -64000, -66001, -70000, -(1 << 30)):
            t.send(side, "A", ack=t.next[other] + offset)
        t.send(side, "PA", ack=0, data=b"zero")
        t.talk(10)


@scenario(sysctl={"netfilter/nf_conntrack_tcp_be_liberal": 1})
def liberal(run):
    """the same with a liberal conntrack"""
    out_of_window(run)


@scenario()
def resent(run):
    """the same data again and again, and the same ACK"""
    t = Tcp(run).open().talk()
    at = t.next["c"]
    t.c("PA", data=b"r" * 500)
    for _ in range(5):
        t.c("PA", data=b"r" * 500, seq=at)
    t.b("A")
    for _ in range(5):
        t.b("A")
    t.talk().close()


@scenario()
def both_open(run):
    """both open at once"""
    t = Tcp(run)
    t.c("S")
    t.b("S")
    t.c("SA", seq=0)
    t.b("SA", seq=0)
    t.talk()


@scenario()
def syn_data(run):
    """data in the SYN and in the SYN/ACK"""
    t = Tcp(run, opts=b"\x22\x0a12345678")
    t.c("S", data=b"early")
    t.b("SA", data=b"early too")
    t.c("A")
    t.talk().close()


@scenario()
def clamped(run):
    """an MSS that nft makes smaller, and one that it leaves alone"""
    Tcp(run, opts=mss(1460)).open()
    Tcp(run, cport=40002, opts=mss(900)).open()
    Tcp(run, cport=40003, opts=SACK_OK + mss(8960) + wscale(3)).open()


@scenario()
def own_timeout(run):
    """a timeout policy of the ruleset's"""
    t = Tcp(run, cport=7777).open().talk()
    t.b("FA")
    t.c("A")
    t.talk()
    t.c("FA")
    t.b("A")


@scenario(sysctl={"netfilter/nf_conntrack_tcp_timeout_established": 5000,
                  "netfilter/nf_conntrack_tcp_timeout_unacknowledged": 200,
                  "netfilter/nf_conntrack_tcp_timeout_max_retrans": 150,
                  "netfilter/nf_conntrack_tcp_max_retrans": 2})
def own_sysctls(run):
    """timeouts of the network namespace's"""
    resent(run)
    zero_window(run)


@scenario()
def idle(run):
    """a connection expires, and both ends go on"""
    t = Tcp(run).open().talk()
    run.aged = 0
    run.expire()
    t.b("PA", data=b"anybody?")
    t.c("PA", data=b"hello again")
    t.b("A")
    t.c("PA", data=b"and again")
    t.b("PA", data=b"yes")


@scenario()
def deleted(run):
    """somebody deletes the connection from conntrack"""
    t = Tcp(run).open().talk()
    run.delete()
    t.b("PA", data=b"anybody?")
    t.c("PA", data=b"hello again")
    t.b("A")
    t.talk()


@scenario(sysctl={"netfilter/nf_conntrack_tcp_loose": 0})
def strict(run):
    """the same where conntrack picks nothing up"""
    deleted(run)


@scenario()
def hops(run):
    """every TTL from 3 down to 0, both ways"""
    t = Tcp(run).open().talk()
    for ttl in (255, 3, 2, 1, 0):
        t.c("PA", data=b"h", ip={"ttl": ttl})
        t.b("PA", data=b"h", ip={"ttl": ttl})
    t.talk().close()


@scenario()
def acks_only(run):
    """a connection that is made assured, step by step"""
    t = Tcp(run)
    t.c("S")
    t.b("SA")
    t.b("PA", data=b"banner")
    t.c("A")
    t.b("PA", data=b"banner")
    t.c("A")


@scenario()
def silent_client(run):
    """the backend speaks before the handshake's last ACK, and closes"""
    t = Tcp(run)
    t.c("S")
    t.b("SA")
    t.b("PA", data=b"banner")
    t.b("FA")
    t.c("FA")
    t.b("A")


@scenario()
def wrapped(run):
    """sequence numbers go round"""
    t = Tcp(run, cisn=0xFFFFFF00, bisn=0xFFFFFE00, opts=wscale(3)).open()
    for _ in range(5):
        t.talk(200)
    t.c("A", seq=t.next["c"] - 64001, data=b"old")
    t.close()


@scenario()
def port_again(run):
    """a port that the backend may remember: numbers are shifted, SACK too"""
    run.balancer.ports(run.number, 1)
    Tcp(run, cisn=0x60000000).open().talk().close("b")
    t = Tcp(run, cport=40002, cisn=0x10000000, opts=mss(1460) + SACK_OK + stamp(5, 0)[2:]).open()
    run.expect("its numbers are shifted", t.shift)
    t.talk().talk(1000)
    at = t.next["c"]
    for _ in range(3):
        t.c("A", data=b"h" * 1000)
    base = t.isn["c"] + at + t.shift
    t.b("A", ack=at, opts=sack((base + 1000, base + 2000)))
    t.c("A", seq=at, data=b"h" * 1000)
    t.b("A")
    t.b("A", ack=t.next["c"] + 70000)
    t.c("PA", seq=t.next["c"] + 70000, data=b"no")
    t.talk().close("b")


@scenario()
def datagrams(run):
    """UDP: question and answer"""
    u = Udp(run)
    u.c()
    u.b()
    u.c()
    u.b()


@scenario()
def datagrams_lost(run):
    """UDP: questions that nobody answers"""
    u = Udp(run)
    u.c()
    u.c(data=b"")
    u.c(data=b"x" * 1400)


@scenario()
def datagrams_stream(run):
    """UDP: a stream, empty and odd datagrams, ports that are used again"""
    u = Udp(run)
    for size in (0, 1, 7, 1472 - 20):
        u.c(data=b"u" * size)
        u.b(data=b"u" * size)
    u.c()
    u.b()
    Udp(run, cport=40002).c()
    u.b()


@scenario()
def datagrams_checksum(run):
    """UDP: no checksum, a wrong one, wrong lengths"""
    u = Udp(run)
    u.c()
    u.b()
    u.c(none=True)
    u.b(none=True)
    u.c(wrong=0x1234)
    u.b(wrong=1)
    for size in (0, 7, 8, 12, 200):
        u.c(size=size)
        u.b(size=size)
    u.c()


@scenario()
def datagrams_deleted(run):
    """UDP: deleted and expired"""
    u = Udp(run)
    u.c()
    u.b()
    u.c()
    run.delete()
    u.b()
    u.c()
    u.b()
    u.c()


@scenario()
def switched(run):
    """the path is switched on and off in the middle of connections"""
    t = Tcp(run, opts=mss(1460) + SACK_OK + b"\1" + wscale(7))
    u = Udp(run)
    for n, act in enumerate((lambda: t.c("S"), lambda: t.b("SA"), lambda: t.c("A"), u.c, u.b) +
                            (t.talk, u.c, lambda: t.talk(1000), u.b) * 4 +
                            (lambda: t.b("FA"), lambda: t.c("A"), t.talk, lambda: t.c("FA"), lambda: t.b("A"))):
        run.balancer.switch(n % 3 != 0)
        act()
    run.balancer.switch(True)


FLAGS = ("A", "A", "A", "PA", "PA", "PA", "FA", "FA", "R", "RA", "S", "SA", "PAU", "AE", "", "SF", "P", "FPU")
EDGES = (0, 0, 0, 0, 0, 0, 1, -1, 100, -100, -1000, 2000, 4000, 30000, 63000, 64000, 64001, 66000,
         -64000, -66001, 131072, -131072, 1 << 20, 1 << 30, -(1 << 30))
WINDOWS = (0, 1, 500, 2000, 29200, 64000, 65535)


def random_packet(dice, t):
    """One packet that may be anything between proper and absurd, mostly near to proper."""
    side = dice.choice("cb")
    other = "b" if side == "c" else "c"
    proper = dice.random() < 0.6
    flags = dice.choice(FLAGS[:7] if proper else FLAGS)
    if "F" in flags and dice.random() < 0.7:
        flags = "A"
    opts = None
    if dice.random() < 0.2:
        base = t.isn[other] + t.next[other] + dice.choice(EDGES)
        opts = dice.choice((sack((base, base + 500)), stamp(dice.randrange(1000), 7), b"\1\1\1\0"))
    believed = t.next[side]
    out = t.send(side, flags, opts=opts, win=dice.choice(WINDOWS),
           data=bytes(dice.choice((0, 0, 1, 100, 1200))),
           seq=t.next[side] + (0 if proper else dice.choice(EDGES)),
           ack=t.next[other] + (0 if proper else dice.choice(EDGES)) if "A" in flags else 0,
           ip={"ttl": dice.choice((64, 64, 64, 64, 64, 64, 2, 1)), "tos": dice.choice((0, 0, 2, 3, 0x10))})
    if not any(where == other for where, _ in out):
        t.next[side] = believed


def random_walk(seed):
    def walk(run):
        dice = random.Random(seed)
        scales = [wscale(dice.randrange(15)) if dice.random() < 0.7 else b"" for _ in "cb"]
        t = Tcp(run, cisn=dice.getrandbits(32), bisn=dice.getrandbits(32),
                opts=mss(1460) + SACK_OK + scales[0], bopts=mss(1460) + SACK_OK + scales[1]).open()
        for _ in range(80):
            if dice.random() < 0.05:
                t = Tcp(run, cisn=t.isn["c"] + t.next["c"] + dice.choice(EDGES),
                        bisn=dice.getrandbits(32), opts=t.syn_opts["c"], bopts=t.syn_opts["b"]).open()
            random_packet(dice, t)
        t.close(dice.choice("cb"))
    walk.__name__ = f"random{seed}"
    walk.__doc__ = f"80 packets from dice, seed {seed}"
    return walk


for number in range(int(os.environ.get("SAME_RANDOM", 10))):
    scenario()(random_walk(number))
