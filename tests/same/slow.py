# SPDX-License-Identifier: GPL-2.0-only
"""What the forwarding path must leave alone, or must notice: it goes the slow way, unchanged,
and what is to happen happens. Each function is one scenario; its first line says what."""

import struct

import wire
from bed import BPORT, MAC, VPORT, addresses, mac_bytes
from talk import Skip, Tcp, Udp, registrar
from wire import TCP, UDP, mss

ALL = []
scenario = registrar(ALL)


def at(out, side):
    return [packet for where, packet in out if where == side]


def is_icmp(packet, kind4, kind6):
    proto, _, _, ihl = wire.split(packet)
    return proto == (wire.ICMP6 if packet[0] >> 4 == 6 else wire.ICMP) and \
        packet[ihl] == (kind6 if packet[0] >> 4 == 6 else kind4)


def length(packet):
    return len(packet) - (40 if packet[0] >> 4 == 6 else 0)


def goes_on(run, t, to="b"):
    """Data still passes, both ways."""
    run.expect("the client's data gets there", at(t.c("PA", data=b"on and on"), to))
    run.expect("the backend's data gets there", at(t.b("PA", data=b"on and on"), "c"))


def cut_off(run, t):
    """Nothing of it passes any more."""
    run.expect("nothing of the client's gets there", not at(t.c("PA", data=b"cut off"), "b"))
    run.expect("nothing of the backend's gets there", not at(t.b("PA", data=b"cut off"), "c"))


def other(side):
    return "b" if side == "c" else "c"


def fragments(run, side, proto, payload, ident, sizes):
    """The payload cut into pieces, the last of them as long as it happens to be."""
    pieces, start = [], 0
    for size in (*sizes, len(payload)):
        piece = payload[start:start + size]
        more = start + size < len(payload)
        if run.l3:
            ext = struct.pack("!BBHI", proto, 0, start | more, ident)
            pieces.append(run.ip(side, wire.FRAGMENT, piece, ext=ext))
        else:
            pieces.append(run.ip(side, proto, piece, df=False, ident=ident,
                                 frag=start // 8 | (0x2000 if more else 0)))
        start += size
    return pieces


@scenario()
def fragmented_tcp(run):
    """TCP in fragments, in order and the other way round"""
    t = Tcp(run).open().talk()
    for side in "cb":
        for turn in (1, -1):
            _, segment = t.segment(side, "PA", data=bytes(range(256)) * 8)
            pieces = fragments(run, side, TCP, segment, 77 + turn, (1200, 400))
            with run.slowly():
                out = run.send(side, "fragments", *pieces[::turn])
            run.expect("the fragments get there", len(at(out, other(side))) >= 2)
        t.talk(10)


@scenario()
def fragmented_udp(run):
    """UDP in fragments, tiny first ones too, and one that waits"""
    u = Udp(run)
    u.c()
    u.b()
    for side in "cb":
        for sizes in ((1000,), (8, 1000), (8, 8, 8)):
            pieces = fragments(run, side, UDP, u.segment(side, bytes(1400)), 99 + sizes[0] + len(sizes), sizes)
            with run.slowly():
                out = run.send(side, "fragments", *pieces)
            run.expect("the datagram gets there", at(out, other(side)))
    first, last = fragments(run, "c", UDP, u.segment("c", bytes(2000)), 5, (800,))
    with run.slowly():
        run.expect("a first fragment waits", not run.send("c", "a first fragment", first))
        out = run.send("c", "the last fragment", last)
    run.expect("and goes on with the last", at(out, "b"))
    u.c()
    u.b()


@scenario(family=4)
def options(run):
    """IP options: nothing, router alert, record route, timestamp, source route, nonsense"""
    t = Tcp(run).open().talk()
    for opts in (b"\1\1\1\0", b"\x94\4\0\0", b"\7\7\4\0\0\0\0\0", b"\x44\x0c\x0d\0" + bytes(8),
                 b"\x83\7\4\x0a\x08\0\2\0", b"\x89\7\4\x0a\x08\0\2\0", b"\x82\x0b" + bytes(9) + b"\0",
                 b"\7\1\4\0", b"\7\x28\4\0"):
        for side in "cb":
            with run.slowly():
                t.send(side, "PA", data=b"options", ip={"opts": opts})
    goes_on(run, t)


@scenario(family=6)
def extension_headers(run):
    """IPv6 extension headers: hop by hop, destination, routing, none that is known"""
    t = Tcp(run).open().talk()
    pad = bytes((1, 4, 0, 0, 0, 0))
    for number, ext in ((0, bytes((TCP, 0)) + pad), (60, bytes((TCP, 0)) + pad),
                        (0, bytes((60, 0)) + pad + bytes((TCP, 0)) + pad),
                        (43, bytes((TCP, 0, 4, 0, 0, 0, 0, 0))), (43, bytes((TCP, 2, 0, 1)) + bytes(20)),
                        (44, struct.pack("!BBHI", TCP, 0, 0, 7)), (135, bytes((TCP, 0)) + pad),
                        (0, bytes((TCP, 9)) + pad), (59, b"")):
        for side in "cb":
            with run.slowly():
                t.send(side, "PA", data=b"extended", ip={"number": number, "ext": ext})
    goes_on(run, t)


@scenario()
def last_hop(run):
    """TTL 1 and 0: the sender is told"""
    t = Tcp(run).open().talk()
    u = Udp(run)
    u.c()
    u.b()
    for ttl in (1, 0):
        for side in "cb":
            for flow in (t, u):
                with run.slowly():
                    out = flow.send(side, *(("PA",) if flow is t else (b"hop",)), ip={"ttl": ttl})
                run.expect("it gets nowhere", not at(out, other(side)))
                if ttl or run.l3:
                    run.expect("time exceeded", [p for p in at(out, side) if is_icmp(p, 11, 3)])
    goes_on(run, t)


def too_big(run, side, device):
    t = Tcp(run, opts=mss(1460)).open().talk()
    u = Udp(run)
    u.c()
    u.b()
    run.balancer.ip(f"link set {device} mtu 1300")
    run.change("the MTU is smaller")
    with run.slowly():
        out = t.send(side, "A", data=bytes(1400))
    run.expect("it gets nowhere", not at(out, other(side)))
    run.expect("the sender is told", [p for p in at(out, side) if is_icmp(p, 3, 2)])
    if not run.l3:
        with run.slowly():
            out = t.send(side, "A", data=bytes(1400), ip={"df": False})
        run.expect("it is cut in two", len(at(out, other(side))) == 2)
    t.send(side, "A", data=bytes(1200))
    with run.slowly():
        out = u.send(side, bytes(1400))
    run.expect("the sender is told", [p for p in at(out, side) if is_icmp(p, 3, 2)])
    overhead = 60 if run.l3 else 40
    run.expect("what just fits passes", at(t.send(side, "A", data=bytes(1300 - overhead)), other(side)))
    with run.slowly():
        out = t.send(side, "A", data=bytes(1301 - overhead))
    run.expect("what is a byte too long does not", not at(out, other(side)))
    run.balancer.ip(f"link set {device} mtu 1500")
    run.expect("1400 bytes pass again", at(t.send(side, "A", data=bytes(1400)), other(side)))


@scenario()
def too_big_in(run):
    """too big for the way to the backend"""
    too_big(run, "c", "backends")


@scenario()
def too_big_out(run):
    """too big for the way to the client"""
    too_big(run, "b", "clients")


@scenario()
def small_route(run):
    """a route with an MTU of its own"""
    t = Tcp(run).open().talk()
    host, mask = ("fd00:8::2", 128) if run.l3 else ("10.8.0.2", 32)
    run.balancer.ip(f"route add {host}/{mask} dev backends mtu 1290")
    with run.slowly():
        out = t.c("A", data=bytes(1400))
    run.expect("the sender is told", [p for p in at(out, "c") if is_icmp(p, 3, 2)])
    run.balancer.ip(f"route del {host}/{mask} dev backends mtu 1290")
    goes_on(run, t)


def icmp(run, src, dst, code4, code6, rest, inner):
    if run.l3:
        return wire.ip(src, dst, wire.ICMP6, wire.icmp6(src, dst, *code6, rest, inner))
    return wire.ip(src, dst, wire.ICMP, wire.icmp4(*code4, rest, inner))


@scenario()
def errors(run):
    """ICMP errors about a connection reach the right end, translated"""
    t = Tcp(run).open().talk()
    for side in "cb":
        got = at(t.send(other(side), "A", data=b"e" * 500), side)
        run.expect("data gets there", got)
        if not got:
            continue
        src = run.cip if side == "c" else run.bip
        for code4, code6, rest in (((3, 4), (2, 0), struct.pack("!HH", 0, 1280)), ((3, 1), (1, 3), bytes(4)),
                                   ((11, 0), (3, 0), bytes(4))):
            with run.slowly():
                out = run.send(side, "an ICMP error", icmp(run, src, run.vip, code4, code6, rest, bytes(got[0])[:200]))
            run.expect("the error gets there", at(out, other(side)))
    t.talk()


@scenario()
def bad_checksum(run):
    """wrong TCP checksums, both ways"""
    t = Tcp(run).open().talk()
    for side in "cb":
        for error in (1, 0x8000, 0xFFFE):
            with run.slowly():
                out = t.send(side, "PA", data=b"broken", wrong=error)
            run.expect("it gets nowhere", not at(out, other(side)))
    goes_on(run, t)


@scenario(sysctl={"netfilter/nf_conntrack_checksum": 0})
def unchecked(run):
    """wrong TCP and UDP checksums that conntrack does not look at"""
    t = Tcp(run).open().talk()
    u = Udp(run)
    u.c()
    u.b()
    for side in "cb":
        t.send(side, "PA", data=b"broken", wrong=0x1234)
        u.send(side, b"broken", wrong=0x1234)
    goes_on(run, t)


@scenario()
def bad_length(run):
    """headers cut short, lengths that are wrong, padding of Ethernet's"""
    t = Tcp(run).open().talk()
    u = Udp(run)
    u.c()
    u.b()
    ip_size = 0 if run.l3 else 20
    for side in "cb":
        believed = t.next[side]
        _, segment = t.segment(side, "PA", data=b"length!!")
        t.next[side] = believed
        for cut in (0, 1, 4, 8, 13, 19):
            with run.slowly():
                out = run.send(side, f"{cut} bytes of TCP", run.ip(side, TCP, segment[:cut]))
            run.expect("it gets nowhere", not at(out, other(side)))
        for cut in (0, 4, 7):
            with run.slowly():
                run.send(side, f"{cut} bytes of UDP", run.ip(side, UDP, u.segment(side, b"length")[:cut]))
        for more in (1, 200, 60000):
            with run.slowly():
                out = run.send(side, f"{more} bytes too few",
                               run.ip(side, TCP, segment, size=ip_size + len(segment) + more))
            run.expect("it gets nowhere", not at(out, other(side)))
        if not run.l3:
            for size in (0, 19, 20, 30):
                with run.slowly():
                    run.send(side, f"total length {size}", run.ip(side, TCP, segment, size=size))
        out = t.send(side, "PA", data=b"length!!")
        plain = at(out, other(side))
        run.expect("the whole packet gets there", plain)
        _, segment = t.segment(side, "A")
        out = at(run.send(side, "padding", run.ip(side, TCP, segment) + bytes(6)), other(side))
        run.expect("padding is not passed on", out and len(out[0]) == (40 if run.l3 else 20) + len(segment))
    goes_on(run, t)


@scenario()
def wrong_frames(run):
    """packets in frames that are for everybody, or for somebody else"""
    t = Tcp(run).open().talk()
    for side in "cb":
        believed = t.next[side]
        _, segment = t.segment(side, "PA", data=b"hello all")
        t.next[side] = believed
        for to in ("ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "02:00:00:00:99:99"):
            with run.slowly():
                out = run.send(side, f"frame to {to}", run.ip(side, TCP, segment), to=mac_bytes(to))
            run.expect("it gets nowhere", not at(out, other(side)))
    goes_on(run, t)


@scenario(slow=True)
def land(run):
    """a packet from the VIP to itself, and from other wrong addresses"""
    for src in (run.vip, b"\x7f\0\0\1", wire.addr("::1"), wire.addr("::"), bytes(4), b"\xff" * 4, b"\xe0\0\0\1",
                wire.addr("ff02::1")):
        if len(src) != len(run.vip):
            continue
        for sport in (VPORT, 1024 + run.number):
            run.send("c", "land", wire.ip(src, run.vip, TCP, wire.tcp(src, run.vip, sport, VPORT, 1, 0, wire.SYN)))
            run.send("b", "land", wire.ip(src, run.vip, TCP, wire.tcp(src, run.vip, sport, VPORT, 1, 0, wire.SYN)))


@scenario()
def land_open(run):
    """such packets while a connection is open"""
    t = Tcp(run).open().talk()
    with run.slowly():
        for sport, dport in ((VPORT, t.vdport), (t.vdport, VPORT), (t.vdport, t.vdport), (VPORT, VPORT)):
            for src in (run.vip, run.cip, run.bip):
                if (src, sport, dport) != (run.cip, t.cport, VPORT):
                    segment = wire.tcp(src, run.vip, sport, dport, 1, 1, wire.ACK)
                    run.send("c", "land", wire.ip(src, run.vip, TCP, segment))
    goes_on(run, t)


@scenario()
def stray(run):
    """packets from a backend that belong to no connection"""
    t = Tcp(run).open().talk()
    with run.slowly():
        for sport, dport in ((BPORT, t.vdport + 1), (BPORT + 1, t.vdport), (BPORT, 1), (BPORT, 65535),
                             (BPORT, VPORT), (0, t.vdport), (BPORT, 0)):
            segment = wire.tcp(run.bip, run.vip, sport, dport, 1, 1, wire.ACK | wire.PSH, data=b"stray")
            out = run.send("b", "stray", wire.ip(run.bip, run.vip, TCP, segment))
            run.expect("nobody gets it", not at(out, "c"))
    goes_on(run, t)


@scenario()
def wrong_side(run):
    """a backend's packets from the clients' side, and the other way round"""
    t = Tcp(run).open().talk()
    for side in "cb":
        _, segment = t.segment(side, "PA", data=b"from behind")
        run.send(other(side), "from behind", run.ip(side, TCP, segment))
    goes_on(run, t)


@scenario()
def moved_neighbour(run):
    """the next hop has another MAC address from now on, on either side"""
    t = Tcp(run).open().talk()
    for side, device in (("b", "backends"), ("c", "clients")):
        end = addresses(side)
        ends = [line.split()[2] for line in end if line.startswith("neigh")]
        run.balancer.ip(*(f"neigh replace {one} lladdr 02:00:00:00:77:77 dev {device} nud permanent" for one in ends))
        out = at(t.send(other(side), "PA", data=b"where are you?"), side)
        run.expect("the frame goes to the new address", out and out[0].mac[:6] == mac_bytes("02:00:00:00:77:77"))
        run.balancer.ip(*addresses(side))
        goes_on(run, t)


@scenario()
def moved_route(run):
    """the route to either end moves to another VLAN in mid-download, and back"""
    t = Tcp(run).open().talk()
    host = ("fd00:{}::2/128", "via fd00:7::2") if run.l3 else ("10.{}.0.2/32", "via 10.7.0.2")
    for number, side in ((8, "b"), (9, "c")):
        route = f"{host[0].format(number)} {host[1]} dev others"
        run.balancer.ip(f"route add {route}")
        for _ in range(3):
            out = t.send(other(side), "PA", data=b"this way")
            run.expect("it goes the new way", at(out, "o") and not at(out, side))
            t.send(side, "A")
        run.balancer.ip(f"route del {route}")
        goes_on(run, t)


@scenario()
def gone_route(run):
    """there is no route any more, then one that says no"""
    t = Tcp(run).open().talk()
    for number, side in ((8, "b"), (9, "c")):
        host = f"fd00:{number}::2/128" if run.l3 else f"10.{number}.0.2/32"
        for kind in ("unreachable", "blackhole", "prohibit"):
            run.balancer.ip(f"route add {kind} {host}")
            with run.slowly():
                out = t.send(other(side), "PA", data=b"no way")
            run.expect("it gets nowhere", not at(out, side))
            run.balancer.ip(f"route del {kind} {host}")
        goes_on(run, t)


@scenario()
def down_and_up(run):
    """interfaces go down and come up"""
    t = Tcp(run).open().talk()
    for side, device in (("b", "backends"), ("o", "others"), ("b", "backends")):
        run.balancer.silent = side
        run.balancer.ip(f"link set {device} down")
        run.change(f"{device} is down")
        if side == "b":
            with run.slowly():
                out = t.c("PA", data=b"anybody?")
            run.expect("it gets nowhere", not at(out, "b"))
        run.balancer.ip(f"link set {device} up", *addresses(side))
        run.balancer.silent = ""
        run.change(f"{device} is up")
        goes_on(run, t)


@scenario()
def forwarding_off(run):
    """forwarding is switched off and on"""
    t = Tcp(run).open().talk()
    name = "ipv6/conf/all/forwarding" if run.l3 else "ipv4/ip_forward"
    run.balancer.silent = "" if run.l3 else "cbo"
    run.balancer.sysctl(name, 0)
    with run.slowly():
        t.c("PA", data=b"off?")
        t.b("PA", data=b"off?")
    run.balancer.sysctl(name, 1)
    run.balancer.silent = ""
    run.expect("nothing has passed", not run.send("c", "nothing, forwarding being on again"))
    goes_on(run, t)


def guard(run, rule):
    run.balancer.call("nft", "-f", "-", text=f"""
table inet guard {{
	chain pre {{
		type filter hook prerouting priority raw;
		{rule}
	}}
}}
""")


def unguard(run):
    run.balancer.call("nft", "delete", "table", "inet", "guard")


@scenario()
def raw_drop(run):
    """a rule at priority raw cuts a client off at once, and lets go of it"""
    t = Tcp(run).open().talk()
    client = "ip6 saddr fd00:9::2" if run.l3 else "ip saddr 10.9.0.2"
    for rule in (f"{client} drop", "tcp sport 40001 drop"):
        guard(run, rule)
        with run.slowly():
            run.expect("the client's data is dropped", not t.c("PA", data=b"blocked"))
        unguard(run)
        goes_on(run, t)


@scenario()
def untracked(run):
    """a rule at priority raw takes the client's packets out of conntrack"""
    t = Tcp(run).open().talk()
    guard(run, "tcp sport 40001 notrack")
    with run.slowly():
        out = t.c("PA", data=b"unseen")
    run.expect("the client's data gets nowhere", not at(out, "b"))
    unguard(run)
    goes_on(run, t)


def other_table(run, *rule):
    """Routes by which everything goes to the others, for packets that this rule finds."""
    ip = ("ip", "-6") if run.l3 else ("ip",)
    gateway = "fd00:7::2" if run.l3 else "10.7.0.2"
    try:
        run.balancer.call(*ip, "rule", "add", *rule, "table", "7")
    except RuntimeError:
        raise Skip("this kernel has no rules for routes of IPv6") from None
    run.balancer.call(*ip, "route", "add", "default", "via", gateway, "dev", "others", "table", "7")

    def undo():
        run.balancer.call(*ip, "route", "flush", "table", "7")
        run.balancer.call(*ip, "rule", "del", *rule, "table", "7")
    return undo


@scenario()
def marked(run):
    """a rule at priority raw sets a mark from now on, and routes go by it"""
    undo = other_table(run, "fwmark", "7")
    t = Tcp(run).open().talk()
    guard(run, "tcp sport 40001 meta mark set 7")
    for _ in range(2):
        out = t.c("PA", data=b"this way")
        run.expect("it goes by the mark", at(out, "o") and not at(out, "b"))
    unguard(run)
    goes_on(run, t)
    undo()
    goes_on(run, t)


@scenario()
def routed_by_tos(run):
    """routes go by the TOS or traffic class of each packet"""
    undo = other_table(run, "tos", "0x10")
    t = Tcp(run).open().talk()
    for tos, where in ((0x10, "o"), (0, "b"), (0x10, "o"), (0x13, "o"), (8, "b"), (0, "b")):
        out = t.c("PA", data=b"this way", ip={"tos": tos})
        run.expect(f"TOS {tos} goes to {where}", at(out, where))
    undo()
    goes_on(run, t)


@scenario()
def conntrack_delete(run):
    """conntrack -D cuts a connection off"""
    t = Tcp(run).open().talk()
    run.balancer.call("conntrack", "-D", "-p", "tcp", "-f", "ipv6" if run.l3 else "ipv4")
    run.change("conntrack -D")
    with run.slowly():
        run.expect("the backend is cut off", not at(t.b("PA", data=b"hello?"), "c"))


@scenario()
def ipsec(run):
    """an IPsec policy that blocks what is forwarded"""
    t = Tcp(run).open().talk()
    every = "::/0" if run.l3 else "0.0.0.0/0"
    if not run.balancer.has(f"xfrm policy add src {every} dst {every} proto tcp dir fwd action block"):
        raise Skip("this kernel has no IPsec")
    with run.slowly():
        cut_off(run, t)
    run.balancer.ip("xfrm policy flush")
    goes_on(run, t)


@scenario()
def one_armed(run):
    """the backend is behind the clients' own interface"""
    host = ("fd00:8::2/128", "via fd00:9::2") if run.l3 else ("10.8.0.2/32", "via 10.9.0.2")
    run.balancer.ip(f"route add {host[0]} {host[1]} dev clients")
    run.balancer.silent = "b"
    t = Tcp(run)
    t.one_armed = True
    out = at(t.c("S"), "c")
    run.expect("the SYN comes back on the same wire", out)
    if out:
        ihl = wire.split(out[0])[3]
        t.vdport = struct.unpack_from("!H", out[0], ihl)[0]
    _, segment = t.segment("b", "SA")
    run.send("c", "SYN/ACK on the same wire", run.ip("b", TCP, segment))
    for _ in range(3):
        run.expect("data comes back too", at(t.c("PA", data=b"round"), "c"))
        _, segment = t.segment("b", "PA", data=b"and round")
        run.expect("the answer too", at(run.send("c", "answer", run.ip("b", TCP, segment)), "c"))
    run.balancer.ip(f"route del {host[0]} {host[1]} dev clients")
    run.balancer.silent = ""


def move_clients(run, device, *lines):
    """The clients' addresses are on another device, which these lines make."""
    if not run.balancer.has(lines[0]):
        raise Skip(f"this kernel has no {device}")
    run.balancer.ip(*lines[1:])
    run.balancer.ip("addr flush dev clients", *addresses("c", device))


@scenario(fresh=True)
def bridge(run):
    """the clients' interface is a bridge"""
    t = Tcp(run).open().talk()
    move_clients(run, "bridge", f"link add bridge address {MAC['lb', 'c']} type bridge", "link set bridge up",
                 "link set clients master bridge")
    run.change("clients is part of a bridge")
    goes_on(run, t)
    goes_on(run, Tcp(run, cport=40002).open().talk())


@scenario(fresh=True)
def macvlan(run):
    """the clients' interface is a macvlan"""
    t = Tcp(run).open().talk()
    move_clients(run, "macvlan", "link add macvlan link clients address 02:00:00:00:01:77 type macvlan mode bridge",
                 "link set macvlan up")
    run.balancer.wires["c"].router = mac_bytes("02:00:00:00:01:77")
    run.change("clients is below a macvlan")
    goes_on(run, t)
    goes_on(run, Tcp(run, cport=40002).open().talk())


def into_vrf(run):
    """The clients' interface goes into a VRF, and routes lead from one to the other."""
    if not run.balancer.has("link add red type vrf table 10"):
        raise Skip("this kernel has no VRF")
    net = ("-6", "fd00:8::/64", "fd00:9::/64") if run.l3 else ("-4", "10.8.0.0/24", "10.9.0.0/24")
    run.balancer.ip("link set red up", "link set clients master red", *addresses("c"))
    run.balancer.call("ip", net[0], "route", "add", net[1], "dev", "backends", "table", "10")
    run.balancer.call("ip", net[0], "route", "add", net[2], "dev", "clients")
    if run.l3:
        run.balancer.call("ip", "route", "add", "10.8.0.0/24", "dev", "backends", "table", "10")
        run.balancer.call("ip", "route", "add", "10.9.0.0/24", "dev", "clients")
    run.change("clients is in a VRF")


@scenario(fresh=True)
def vrf(run):
    """the clients' interface is in a VRF, and routes lead from one to the other"""
    t = Tcp(run).open().talk()
    into_vrf(run)
    with run.slowly():
        t.c("PA", data=b"on and on")
        t.b("PA", data=b"on and on")
        t = Tcp(run, cport=40002)
        t.c("S")
        if t.vdport:
            t.b("SA")
            t.talk().close()
