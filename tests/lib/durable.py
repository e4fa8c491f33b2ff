#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""dnatd is killed while clients change services, again and again.

    durable.py KILLS SOCKET STATE COMMAND...    COMMAND is dnatd's

Each client changes services of its own and keeps a model of what was answered with "ok". A
request that dnatd was killed over may have been carried out or not, but only whole. After each
kill the state file with its journal, and after each start what dnatd says, the kernel's rules
and the addresses of the interface are compared with the models. Prints a line for each thing
that differs, and "done" with the counts. Run it in the balancer's network namespace, with the
interface "clients".
"""
import collections
import copy
import functools
import json
import math
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time

CLIENTS = 4
SERVICES = 5            # of each client
BACKENDS = 24           # of each service
PATIENCE = 60           # for what a slow machine may take long over

wrong = 0


def report(what, detail=""):
    global wrong
    wrong += 1
    print("wrong:", what, str(detail)[:2000], flush=True)


class Client(threading.Thread):
    """One of those who change services; `allowed` says when."""

    def __init__(self, number, path, seed):
        super().__init__(daemon=True)
        self.number, self.path, self.random = number, path, random.Random(seed)
        self.services = {}      # name: service as dnatd shows it
        self.pending = None     # the services as they are where the last request counts
        self.allowed, self.idle = threading.Event(), threading.Event()
        self.acknowledged = self.lost = 0

    def run(self):
        while True:
            self.idle.set()
            self.allowed.wait()
            self.idle.clear()
            try:
                with socket.socket(socket.AF_UNIX) as sock:
                    sock.connect(self.path)
                    lines = sock.makefile("rb")
                    while self.allowed.is_set():
                        self.change(sock, lines)
            except OSError:
                self.lost += self.pending is not None
            self.allowed.clear()

    def change(self, sock, lines):
        op, args, after = self.choose()
        line = json.dumps({"op": op, "args": args}).encode() + b"\n"
        self.pending = after
        sock.sendall(line)
        answer = lines.readline()
        if not answer.endswith(b"\n"):
            raise OSError("cut off")
        self.pending = None
        answer = json.loads(answer)
        if answer["ok"]:
            self.services = after
            self.acknowledged += 1
        else:
            report("refused: %s" % line.decode(), answer["error"]["msg"])

    def choose(self):
        """An operation that is to succeed: its name, arguments, and the services after it."""
        after = copy.deepcopy(self.services)
        if len(after) < 2 or len(after) < SERVICES and self.random.random() < 0.15:
            return self.service_add(after)
        name = self.random.choice(sorted(after))
        if len(after) == SERVICES and self.random.random() < 0.1:
            del after[name]
            return "service.del", {"name": name}, after
        service = after[name]
        backends = service["backends"]
        if self.random.random() < 0.15:
            service["scheduler"] = "rr" if service["scheduler"] == "wrr" else "wrr"
            return "service.set", {"name": name, "scheduler": service["scheduler"]}, after
        if not backends or len(backends) < BACKENDS and self.random.random() < 0.5:
            return self.backend_add(name, backends, after)
        backend = self.random.choice(backends)
        args = {"service": name, "addr": backend["addr"], "port": backend["port"]}
        if self.random.random() < 0.5:
            backend["weight"] = self.random.choice([0, 1, 2, 3, 5, 8, 250])
            return "backend.set", dict(args, weight=backend["weight"]), after
        backends.remove(backend)
        return "backend.del", args, after

    def service_add(self, after):
        number = self.random.choice([i for i in range(SERVICES) if self.name_of(i) not in after])
        vip = "192.0.2.%d" % (100 + self.number * 10 + number)
        if number % 2:
            vip = "2001:db8:0:1::%d" % (100 + self.number * 10 + number)
        args = {"name": self.name_of(number), "vip": vip, "port": 1000 + number, "proto": "tcp",
                "scheduler": self.random.choice(["rr", "wrr"]),
                "dev": self.random.choice([None, "clients"])}
        after[args["name"]] = dict(args, backends=[])
        return "service.add", {k: v for k, v in args.items() if v is not None}, after

    def backend_add(self, name, backends, after):
        port = self.random.choice(sorted({*range(8000, 8000 + BACKENDS)} - {b["port"] for b in backends}))
        addr = "10.1.0.%d" if ":" not in after[name]["vip"] else "fd00:1::%d"
        backend = {"addr": addr % self.random.randint(11, 13), "port": port,
                   "weight": self.random.randint(1, 4)}
        backends.append(backend)
        return "backend.add", dict(backend, service=name), after

    def name_of(self, number):
        return "c%d-%d" % (self.number, number)


def settle(clients, found, where):
    """Whether what was found is what each client knows; a lost request counts or does not."""
    for client in clients:
        own = {n: s for n, s in found.items() if n.startswith("c%d-" % client.number)}
        if own == client.services:
            continue
        if own != client.pending:
            report("%s: client %d" % (where, client.number),
                   {"found": own, "acknowledged": client.services, "pending": client.pending})
        client.services = own


def plain(services):
    """By name, and with what the clients know of only."""
    members = ("name", "vip", "port", "proto", "scheduler", "dev", "backends")
    return {s["name"]: dict({m: s.get(m) for m in members}, backends=[
        {m: b[m] for m in ("addr", "port", "weight")} for b in s["backends"]])
            for s in services}


def on_disk(path):
    """What the file and its journal say, as daemon/store/store.h has it."""
    with open(path, encoding="utf-8") as file:
        state = json.load(file)
    services = {s["name"]: s for s in state["services"]}
    try:
        with open(path + ".journal", "rb") as file:
            lines = file.read().split(b"\n")[:-1]
    except FileNotFoundError:
        lines = []
    for number, line in enumerate(lines):
        try:
            line = json.loads(line)
        except ValueError:
            if number + 1 < len(lines):
                report("the journal's line %d" % (number + 1), line)
            continue
        if line["serial"] == state["serial"]:
            services.update((s["name"], s) for s in line["services"])
            for name in line["deleted"]:
                services.pop(name, None)
    return plain(services.values())


def told(path):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(PATIENCE)
        sock.connect(path)
        sock.sendall(b'{"op": "service.show"}\n')
        return plain(json.loads(sock.makefile("rb").readline())["result"])


def in_kernel():
    """From "nft list ruleset": service -> its key in the map, and how often each backend stands."""
    text = subprocess.run(["nft", "list", "ruleset"], check=True, capture_output=True, text=True).stdout
    rules, chains = {}, {}
    for proto, vip, port, name in re.findall(
            r'(tcp|udp) \. (\S+) \. (\d+) comment "([^"]*)" : goto svc-', text):
        rules[name] = (proto, vip, int(port))
    for name, body in re.findall(r"chain svc-(\S+) \{\n(.*?)\n\t\}", text, re.S):
        to = re.findall(r"[:,{] ?(?:\d+ : )?([0-9a-f.:]+) \. (\d+)", body)
        if not to:
            to = re.findall(r"dnat ip6? to \[?([0-9a-f.:]+?)\]?:(\d+)", body)
        chains[name] = collections.Counter((addr, int(port)) for addr, port in to)
    return rules, chains


def shares(service):
    """What the rules must do with a service's backends."""
    weights = {(b["addr"], b["port"]): b["weight"] for b in service["backends"] if b["weight"]}
    if service["scheduler"] == "rr":
        return collections.Counter(dict.fromkeys(weights, 1))
    unit = functools.reduce(math.gcd, weights.values(), 0) or 1
    return collections.Counter({to: weight // unit for to, weight in weights.items()})


def check_kernel(services):
    rules, chains = in_kernel()
    wanted = {s["name"]: (s["proto"], s["vip"], s["port"]) for s in services.values()}
    if rules != wanted:
        report("the map of services", {"rules": rules, "wanted": wanted})
    if set(chains) != set(services):
        report("chains", set(chains) ^ set(services))
    for name, service in services.items():
        if name in chains and chains[name] != shares(service):
            report("rules of %s" % name, {"rules": chains[name], "wanted": shares(service)})
    shown = subprocess.run(["ip", "-o", "address", "show", "dev", "clients"], check=True,
                           capture_output=True, text=True).stdout
    there = set(re.findall(r" inet6? (192\.0\.2\.1\d\d|2001:db8:0:1::1\d\d)/", shown))
    needed = {s["vip"] for s in services.values() if s["dev"]}
    if there != needed:
        report("VIPs on the interface", {"there": there, "needed": needed})


class Daemon:
    def __init__(self, command, path):
        self.command, self.path = command, path
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=sys.stderr)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def answers(self):
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < end:
            try:
                return told(self.path)
            except (OSError, ValueError):
                time.sleep(0.01)
        report("dnatd does not answer", self.process.poll())
        sys.exit(1)


def round_of(daemon, clients, state, dice):
    """Changes, a kill in the middle of them, and what is there after the next start."""
    goal = sum(c.acknowledged for c in clients) + dice.randint(1, 30)
    end = time.monotonic() + PATIENCE
    for client in clients:
        client.allowed.set()
    while sum(c.acknowledged for c in clients) < goal and time.monotonic() < end:
        time.sleep(0.001)
    time.sleep(dice.random() * 0.01)
    daemon.kill()
    for client in clients:
        client.allowed.clear()
        if not client.idle.wait(PATIENCE):
            report("client %d still waits" % client.number)
    settle(clients, {n: s for n, s in on_disk(state).items() if n != "web"}, "the state file")
    while dice.random() < 0.3:
        daemon.start()
        time.sleep(dice.random() * 0.05)
        daemon.kill()
    daemon.start()
    found = daemon.answers()
    others = {n: s for n, s in found.items() if not n.startswith("c")}
    for client in clients:
        client.pending = None
    settle(clients, {n: s for n, s in found.items() if n not in others}, "dnatd")
    check_kernel(found)
    return others


def main(argv):
    kills, path, state, command = int(argv[1]), argv[2], argv[3], argv[4:]
    seed = random.randrange(1 << 32)
    dice = random.Random(seed)
    print("seed", seed, flush=True)
    daemon = Daemon(command, path)
    standing = {n: s for n, s in daemon.answers().items() if not n.startswith("c")}
    clients = [Client(i, path, dice.random()) for i in range(CLIENTS)]
    for client in clients:
        client.start()
    for number in range(kills):
        others = round_of(daemon, clients, state, dice)
        if others != standing:
            report("what nobody changes", others)
        if wrong:
            break
    print("done: kills", number + 1, "acknowledged", sum(c.acknowledged for c in clients),
          "lost", sum(c.lost for c in clients), "wrong", wrong, flush=True)
    daemon.process.terminate()
    daemon.process.wait()


main(sys.argv)
