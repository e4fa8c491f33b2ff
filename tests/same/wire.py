# SPDX-License-Identifier: GPL-2.0-only
"""Packets as bytes: every field can be set, wrong values included."""

import socket
import struct

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << n for n in range(8))
LETTERS = "FSRPAUEC"
TCP, UDP, ICMP, ICMP6, IGMP, FRAGMENT = 6, 17, 1, 58, 2, 44

# Neighbour discovery and multicast listeners are the kernel's own affairs, as is IGMP.
NOISE6 = set(range(130, 138)) | {143}


def flags_of(letters):
    return sum(1 << LETTERS.index(letter) for letter in letters)


def total(data):
    """The sum that every checksum of the Internet is made of."""
    if len(data) % 2:
        data += b"\0"
    value = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while value >> 16:
        value = (value & 0xFFFF) + (value >> 16)
    return value


def addr(text):
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def pseudo(src, dst, proto, size):
    return src + dst + (struct.pack("!IHBB", size, 0, 0, proto) if len(src) == 16 else
                        struct.pack("!BBH", 0, proto, size))


def with_checksum(segment, at, src, dst, proto, wrong=0):
    value = ~total(pseudo(src, dst, proto, len(segment)) + segment) & 0xFFFF
    if proto == UDP and not value:
        value = 0xFFFF
    return segment[:at] + struct.pack("!H", value ^ wrong) + segment[at + 2:]


def tcp(src, dst, sport, dport, seq, ack, flags, win=64000, opts=b"", data=b"",
        urg=0, doff=None, reserved=0, wrong=0):
    opts += b"\1" * (-len(opts) % 4)
    doff = 5 + len(opts) // 4 if doff is None else doff
    head = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF,
                       doff << 4 | reserved, flags, win, 0, urg)
    return with_checksum(head + opts + data, 16, src, dst, TCP, wrong)


def udp(src, dst, sport, dport, data=b"", size=None, wrong=0, none=False):
    size = 8 + len(data) if size is None else size
    segment = struct.pack("!HHHH", sport, dport, size, 0) + data
    return segment if none else with_checksum(segment, 6, src, dst, UDP, wrong)


def icmp4(kind, code, rest, data):
    body = struct.pack("!BBH", kind, code, 0) + rest + data
    return body[:2] + struct.pack("!H", ~total(body) & 0xFFFF) + body[4:]


def icmp6(src, dst, kind, code, rest, data):
    return with_checksum(struct.pack("!BBH", kind, code, 0) + rest + data, 2, src, dst, ICMP6)


def ip(src, dst, proto, payload, ttl=64, tos=0, ident=0x1234, df=True, frag=0, opts=b"", size=None,
       ext=b"", label=0x54321):
    """An IP packet. "frag" is the field with offset and more-fragments; "ext" are IPv6
    extension headers, "proto" then naming the first of them."""
    if len(src) == 16:
        body = ext + payload
        return struct.pack("!IHBB", 6 << 28 | tos << 20 | label,
                           len(body) if size is None else size, proto, ttl) + src + dst + body
    ihl = 5 + len(opts) // 4
    size = ihl * 4 + len(payload) if size is None else size
    head = struct.pack("!BBHHHBBH", 4 << 4 | ihl, tos, size, ident, (0x4000 if df else 0) | frag,
                       ttl, proto, 0) + src + dst + opts
    return head[:10] + struct.pack("!H", ~total(head) & 0xFFFF) + head[12:] + payload


def split(packet):
    """(protocol, source, destination, header length) of an IP packet without extension headers"""
    if packet[0] >> 4 == 6:
        return packet[6], packet[8:24], packet[24:40], 40
    return packet[9], packet[12:16], packet[16:20], (packet[0] & 15) * 4


def noise(packet):
    if packet[0] >> 4 == 4:
        return packet[9] == IGMP
    return packet[6] == 0 and packet[40] == ICMP6 and packet[48] in NOISE6 or \
        packet[6] == ICMP6 and packet[40] in NOISE6


def valid(packet):
    """Which checksums are wrong: "" if none is."""
    proto, src, dst, ihl = split(packet)
    bad = ""
    if packet[0] >> 4 == 4 and total(packet[:ihl]) != 0xFFFF:
        bad += " ip-checksum"
    body = packet[ihl:]
    if packet[0] >> 4 == 4 and struct.unpack_from("!H", packet, 6)[0] & 0x3FFF:
        return bad
    if proto == ICMP:
        good = total(body) == 0xFFFF
    elif proto in (TCP, UDP, ICMP6):
        good = total(pseudo(src, dst, proto, len(body)) + body) == 0xFFFF
        good = good or proto == UDP and body[6:8] == b"\0\0"
    else:
        good = True
    return bad + ("" if good else " checksum")


def canonical(packet):
    """What two runs must agree in: all of it, but for the numbers that the kernel throws with
    dice, those of its own ICMP packets and of the IPv6 fragments that it makes."""
    bad = valid(packet)
    proto = split(packet)[0]
    if proto == ICMP:
        packet = packet[:4] + b"\0\0" + packet[6:10] + b"\0\0" + packet[12:]
    elif proto == FRAGMENT:
        packet = packet[:44] + bytes(4) + packet[48:]
    return packet.hex() + bad


def show(packet):
    """For people."""
    proto, src, dst, ihl = split(packet)
    family = socket.AF_INET6 if len(src) == 16 else socket.AF_INET
    src, dst = socket.inet_ntop(family, src), socket.inet_ntop(family, dst)
    body = packet[ihl:]
    ttl = packet[7] if family == socket.AF_INET6 else packet[8]
    text = f"{src} > {dst} ttl {ttl} proto {proto}"
    if proto == TCP and len(body) >= 20:
        sport, dport, seq, ack, off, flags, win = struct.unpack_from("!HHIIBBH", body)
        letters = "".join(c for n, c in enumerate(LETTERS) if flags >> n & 1)
        text += f" {sport} > {dport} {letters or '-'} seq {seq} ack {ack} win {win}" \
                f" opts {body[20:(off >> 4) * 4].hex() or '-'} len {len(body) - (off >> 4) * 4}"
    elif proto == UDP and len(body) >= 8:
        text += " %d > %d len %d" % struct.unpack_from("!HHH", body)
    elif proto in (ICMP, ICMP6):
        text += f" type {body[0]} code {body[1]}"
    return text + valid(packet)


def mss(value):
    return struct.pack("!BBH", 2, 4, value)


def wscale(value):
    return struct.pack("!BBB", 3, 3, value)


SACK_OK = b"\4\2"


def sack(*blocks):
    return b"\1\1" + struct.pack("!BB", 5, 2 + 8 * len(blocks)) + \
        b"".join(struct.pack("!II", a & 0xFFFFFFFF, b & 0xFFFFFFFF) for a, b in blocks)


def stamp(value, echo):
    return b"\1\1" + struct.pack("!BBII", 8, 10, value, echo)
