#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A control socket that answers from a table and keeps what it was asked.

usage: fake_dnatd.py SOCKET LOG

The service's name in a request may ask for a bad answer instead.
"""
import json
import socket
import sys

WEB = {"name": "web", "vip": "192.0.2.10", "port": 80, "proto": "tcp",
       "mode": "double-nat", "scheduler": "wrr", "dev": None, "fast": "on",
       "check": "http", "up": 1, "drain": 1, "down": 0, "left": 1234,
       "backends": [{"addr": "10.1.0.11", "port": 8080, "weight": 2,
                     "health": "up"},
                    {"addr": "10.1.0.9", "port": 8080, "weight": 10,
                     "health": "down", "health_fault": "status 500, wanted 200-399"}]}
DNS = {"name": "dns", "vip": "2001:db8:0:1::10", "port": 53, "proto": "udp",
       "mode": "double-nat", "scheduler": "rr", "dev": "v\x1b[31m0",
       "fast": "off", "check": "none", "up": 0, "drain": 0, "down": 1,
       "left": None,
       "backends": [{"addr": "fd00:1::11", "port": 53, "weight": 1}]}

CONNECTION = {"service": "web", "proto": "tcp", "client": "10.2.0.5",
              "client_port": 40000, "vip": "192.0.2.10", "port": 80,
              "vdport": 1024, "backend": "10.1.0.11", "backend_port": 8080,
              "state": "ESTABLISHED", "age": 12, "expires": 431999}
CONNECTION6 = {"service": "dns", "proto": "udp", "client": "2001:db8:0:2::5",
               "client_port": 50000, "vip": "2001:db8:0:1::10", "port": 53,
               "vdport": 65535, "backend": "fd00:1::11", "backend_port": 53,
               "state": "REPLIED", "age": None, "expires": 30}

COUNTS = {"connections": 100, "in_use": 7, "packets_in": 1000,
          "bytes_in": 123456, "packets_out": 900, "bytes_out": 9876543210,
          "exhausted": 0, "no_memory": 1, "taken_back": 2,
          "unanswered": 3}

DRAINS = {"state": "remove", "deadline": "90s", "left": 1234, "deadline_in": 61,
          "unanswered": 77}
RESULTS = {
    "service.show": [WEB, DNS],
    "backend.show": [dict(b, service=s["name"],
                          **(DRAINS if b["weight"] == 10 else
                             {"state": "up", "left": None, "deadline_in": None,
                              "unanswered": None}))
                     for s in (WEB, DNS) for b in s["backends"]],
    "vdport.show": [
        {"vip": "192.0.2.10", "proto": "tcp", "backend": "10.1.0.11",
         "port": 8080, "in_use": 7, "half_open": 1, "closed": 2,
         "capacity": 64512, "taken_back": 0, "failures": 0},
        {"vip": "2001:db8:0:1::10", "proto": "udp", "backend": "fd00:1::11",
         "port": 53, "in_use": 1000, "half_open": 900, "closed": 0,
         "capacity": 64512, "taken_back": 3456, "failures": 12}],
    "vdport.ports": [
        {"vip": "192.0.2.10", "proto": "tcp", "vdport": 1024, "backends": 6},
        {"vip": "192.0.2.10", "proto": "tcp", "vdport": 999, "backends": 12}],
    "connection.show": [CONNECTION6, CONNECTION],
    "connection.del": [{"ended": 1234}],
    "connection.flush": [{"ended": 0}],
    "stats": {
        "begun": 1200, "ended": 1000, "in_use": 200, "unconfirmed": 3,
        "taken_back": 5, "skipped": 1, "uncounted": 4, "exhausted": 7,
        "no_memory": 0,
        "fast": 9007199254740993,
        "slow": {"off": 10, "header": 1, "ttl": 2, "flags": 2400, "new": 4,
                 "route": 5, "size": 6, "state": 8}},
    "stats.services": [dict(COUNTS, service="web"),
                       dict(COUNTS, service="dns", bytes_out=(1 << 62) + 1)],
    "stats.backends": [dict(COUNTS, service="web", addr="10.1.0.11", port=8080),
                       dict(COUNTS, service="web", addr="10.1.0.9", port=8080,
                            in_use=0, exhausted=12),
                       dict(COUNTS, service="dns", addr="fd00:1::11", port=53)],
    "config.show": {
        "version": 1, "vdports": {"range": "1-9"},
        "services": [
            {"name": "dns", "vip": "2001:db8:0:1::10", "port": 53,
             "proto": "udp", "fast": "off", "backends": []},
            {"name": "web", "vip": "192.0.2.10", "port": 80,
             "backends": [{"addr": "10.1.0.11", "weight": 2}]}]},
    "status": {
        "version": "0.1.0",
        "allocator": {"configured": "auto", "in_force": "module",
                      "reason": "the module is there"},
        "module": {"version": "0.1.0"},
        "vdports": {"range": "1024-65535", "on-exhausted": "reset"},
        "services": 2, "backends": 3, "backends_down": 1,
        "checks": [
            {"name": "ip_forward", "value": 0, "ok": False,
             "advice": "sysctl -w net.ipv4.ip_forward=1"},
            {"name": "nf_conntrack_max", "value": "262144", "ok": True,
             "advice": "it could be more"}]},
}

BAD_LINES = {
    "cut": b'{"ok": true, "res',
    "gone": b"",
    "junk": b"what?\n",
    "number": b"7\n",
    "maybe": b'{"ok": "yes"}\n',
    "mute": b'{"ok": false, "error": {"errno": "EINVAL"}}\n',
    "torn": b'{"ok":true,"result":[{"proto":"tcp"},{"proto":"udp"}],"more":true}\n'
            b'{"ok":true,"result":[{"proto":"tcp"},{"proto":tcp}]}\n',
}
PARTS = {
    "ended": [[], [], [{"ended": 3000}]],
    "forgotten": [[], [{"ended": 2, "notes": ["nobody\x1b hears"]}]],
    "parts": [[CONNECTION, CONNECTION], [], [CONNECTION6], []],
    "none": [[], []],
    "broken": [[CONNECTION], None],
}
EVENTS = [
    [{"time": "2026-11-25T13:14:15.678Z", "event": "start",
      "version": "0.1.0", "services": 2}], [],
    [{"time": "2026-11-25T13:14:16.000Z", "event": "change",
      "op": "service.add", "uid": 0, "service": "web"},
     {"time": "2026-11-25T13:14:16.001Z", "event": "repair",
      "why": "a \x1b b", "service": None}], []]
BAD_RESULTS = {
    "text": "web", "rows": [1, 2], "hole": [{}],
    "control": [dict(WEB, name="a\nb\x9b\x7f")], "empty": [],
    "noted": {"notes": ["in\x1b vain", "too"]},
    "deep": [dict(WEB, name={"a": [1]}, vip=5, port="x", backends=True)],
}


def in_parts(parts, separators=(",", ":")):
    """The lines of an answer in parts; None is an error."""
    lines = [{"ok": True, "result": part, "more": True} if part is not None
             else {"ok": False, "error": {"errno": "EIO", "arg": "",
                                          "msg": "the rest is lost"}}
             for part in parts]
    lines[-1].pop("more", None)
    return b"".join(json.dumps(line, separators=separators).encode() + b"\n"
                    for line in lines)


def applied(args):
    """The answer to config.apply, as a service's name asks for."""
    services = args["config"]["services"]
    names = [service["name"] for service in services]
    if "strange" in names:
        return {"ok": True, "result": {"before": [], "after": {}}}
    if "kernel" in names:
        return {"ok": False, "error": {"errno": "EIO", "arg": "",
                                       "msg": "the kernel refused\x1b"}}
    errors = [{"arg": f"services[{i}].vip", "msg": "bad vip"}
              for i, service in enumerate(services)
              if service["vip"] == "192.0.2.66"]
    errors += [{"arg": f"services[{i}].backends[{j}].addr", "msg": "bad addr"}
               for i, service in enumerate(services)
               for j, backend in enumerate(service.get("backends", []))
               if backend["addr"] == "10.6.6.6"]
    if errors:
        return {"ok": False, "error": {
            "errno": "EINVAL", "arg": "", "msg": "errors",
            "errors": errors + [{"arg": "", "msg": "of the file"}]}}
    notes = {"notes": [{"arg": f"services[{names.index('noted')}].backends[0].weight",
                        "msg": "in vain"}] * 22} if "noted" in names else {}
    if not args["dry_run"]:
        return {"ok": True, "result": notes or None}
    before = RESULTS["config.show"]
    return {"ok": True, "result": dict(
        notes, before=before, after=dict(args["config"], services=sorted(
            services, key=lambda service: service["name"])))}


def answer(request):
    """The bytes to send for a request."""
    op, args = request["op"], request["args"]
    name = args.get("name", args.get("service"))
    if name in BAD_LINES:
        return BAD_LINES[name]
    if op == "monitor":
        return in_parts(EVENTS).rsplit(b"\n", 2)[0] + b"\n"
    if name in PARTS:
        return in_parts(PARTS[name])
    if op == "config.apply":
        return json.dumps(applied(args)).encode() + b"\n"
    if name == "spaced":
        return in_parts(PARTS["parts"], separators=(", ", ": "))
    if name == "taken":
        reply = {"ok": False, "error": {
            "errno": "EEXIST", "arg": "name",
            "msg": "name: service \"taken\" is there\nalready\x1b"}}
    elif name in BAD_RESULTS:
        reply = {"ok": True, "result": BAD_RESULTS[name]}
    elif name == "many":
        reply = {"ok": True, "result": [CONNECTION] * 5000}
    elif op in ("service.show", "backend.show") and name:
        key = "name" if op == "service.show" else "service"
        reply = {"ok": True,
                 "result": [r for r in RESULTS[op] if r[key] == name]}
    else:
        reply = {"ok": True, "result": RESULTS.get(op)}
    return json.dumps(reply).encode() + b"\n"


def main():
    server = socket.socket(socket.AF_UNIX)
    server.bind(sys.argv[1])
    server.listen(8)
    with open(sys.argv[2], "w", encoding="ascii", buffering=1) as log:
        while True:
            client, _ = server.accept()
            with client, client.makefile("rb") as lines:
                line = lines.readline()
                log.write(line.decode("ascii"))
                client.sendall(answer(json.loads(line)))


main()
