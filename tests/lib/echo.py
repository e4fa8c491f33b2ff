#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""An echo server, and clients that want their own bytes back, thousands in one process.

echo.py serve ADDR PORT [MESSAGES]
    Sends back what comes. Closes a connection first, after that many messages (0: never).
echo.py ask ADDR PORT COUNT WIDTH
    COUNT connections one after the other, WIDTH at a time: one message there and back, then
    the server closes.
echo.py keep ADDR PORT COUNT [SOURCE-ADDR]
    Opens COUNT and keeps them; a message there and back on each, and again for each line
    "again" of standard input. Any other line, or none, ends it.
echo.py load ADDR PORT WIDTH [PATIENCE]
    WIDTH connections at a time, some messages on each, until standard input ends. One that
    fails, or waits for PATIENCE seconds (1) in vain, is replaced. Prints a line for each WIDTH
    that were served.

Prints "good N failed N wrong N", and how many connects took over 200 ms.
"""
import os
import resource
import select
import socket
import sys
import time

SIZE = 64
PATIENCE = 60     # seconds that a connection may take for a message
TIRED = 1         # the same, under load, where nobody promised an answer
SLOW = 0.2


def family(addr):
    return socket.AF_INET6 if ":" in addr else socket.AF_INET


class Conn:
    def __init__(self, addr, source, rounds):
        self.sock = socket.socket(family(addr[0]), socket.SOCK_STREAM)
        self.sock.setblocking(False)
        if source:
            self.sock.setsockopt(socket.SOL_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
            self.sock.bind((source, 0))
        self.rounds = rounds
        self.busy = True
        self.connected = False
        self.since = time.monotonic()
        self.sock.connect_ex(addr)

    def say(self):
        self.sent, self.got = os.urandom(SIZE), b""
        self.since = time.monotonic()
        self.sock.send(self.sent)


class Client:
    """eof: a connection is done when the server has closed it."""

    def __init__(self, addr, source=None, eof=False):
        self.addr, self.source, self.eof = addr, source, eof
        self.poll = select.epoll()
        self.conns = {}
        self.busy = 0
        self.looked = time.monotonic()
        self.good = self.failed = self.wrong = self.slow = 0
        self.whys = {}  # how many failed for each reason

    def open(self, rounds=1):
        conn = Conn(self.addr, self.source, rounds)
        self.conns[conn.sock.fileno()] = conn
        self.poll.register(conn.sock, select.EPOLLOUT)
        self.busy += 1

    def end(self, conn, reset=False):
        self.poll.unregister(conn.sock)
        del self.conns[conn.sock.fileno()]
        if reset:
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        conn.sock.close()

    def rest(self, conn):
        self.busy -= conn.busy
        conn.busy = False

    def fail(self, conn, why):
        self.failed += 1
        self.whys[str(why)] = self.whys.get(str(why), 0) + 1
        self.rest(conn)
        self.end(conn, reset=True)

    def step(self, conn):
        """What this connection can do now; whether it is done with its messages."""
        if not conn.connected:
            error = conn.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                raise OSError(error, os.strerror(error))
            conn.connected = True
            self.slow += time.monotonic() - conn.since > SLOW
            self.poll.modify(conn.sock, select.EPOLLIN)
            conn.say()
            return False
        data = conn.sock.recv(4 * SIZE)
        if not data:
            if self.eof and not conn.rounds:
                return True
            raise OSError("closed too early")
        conn.got += data
        if not conn.sent.startswith(conn.got):
            self.wrong += 1
            raise OSError("another's answer")
        if len(conn.got) < SIZE:
            return False
        conn.rounds -= 1
        if conn.rounds:
            conn.say()
        return not conn.rounds and not self.eof

    def turn(self, patience, done=None):
        """Wait for something, and do it; done(conn) takes those that have all answers."""
        for fd, _ in self.poll.poll(0.1):
            conn = self.conns[fd]
            try:
                if self.step(conn):
                    self.good += 1
                    self.rest(conn)
                    if done:
                        done(conn)
            except BlockingIOError:
                pass
            except OSError as error:
                self.fail(conn, error)
        now = time.monotonic()
        if now - self.looked > TIRED / 2:
            self.looked = now
            for conn in [c for c in self.conns.values() if c.busy and now - c.since > patience]:
                self.fail(conn, "no answer" if conn.connected else "no connection")

    def report(self):
        print("good", self.good, "failed", self.failed, "wrong", self.wrong)
        for why, count in self.whys.items():
            print(count, why)
        print("slow", self.slow, flush=True)


def ask(addr, count, width):
    client = Client(addr, eof=True)
    while count or client.busy:
        while count and client.busy < width:
            count -= 1
            client.open()
        client.turn(PATIENCE, client.end)
    client.report()


def keep(addr, count, source=None):
    client = Client(addr, source)
    while True:
        while count or client.busy:
            while count and client.busy < 200:  # what a listener has room for
                count -= 1
                client.open()
            client.turn(PATIENCE)
        client.report()
        if sys.stdin.readline() != "again\n":
            return
        client.good = client.failed = client.wrong = client.slow = 0
        for conn in list(client.conns.values()):
            conn.rounds, conn.busy = 1, True
            client.busy += 1
            try:
                conn.say()
            except OSError as error:
                client.fail(conn, error)


def load(addr, width, patience=TIRED):
    client = Client(addr)
    shown = 0
    while not select.select([sys.stdin], [], [], 0)[0]:
        for _ in range(width - len(client.conns)):
            client.open(rounds=1 + os.urandom(1)[0] % 8)
        client.turn(patience, client.end)
        if client.good - shown >= width:
            shown = client.good
            print("served", shown, flush=True)
    client.report()


def serve(addr, messages):
    listener = socket.socket(family(addr[0]), socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(addr)
    listener.listen(4096)
    listener.setblocking(False)
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    conns = {}
    print("listening", flush=True)
    while True:
        for fd, _ in poll.poll():
            if fd == listener.fileno():
                try:
                    while True:
                        sock, _ = listener.accept()
                        sock.setblocking(False)
                        conns[sock.fileno()] = [sock, 0]
                        poll.register(sock, select.EPOLLIN)
                except BlockingIOError:
                    continue
            conn = conns[fd]
            try:
                data = conn[0].recv(4 * SIZE)
                conn[0].sendall(data)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            conn[1] += len(data)
            if not data or messages and conn[1] >= messages * SIZE:
                del conns[fd]
                poll.unregister(conn[0])
                conn[0].close()


def main(argv):
    room = 60000
    resource.setrlimit(resource.RLIMIT_NOFILE, (room, room))
    what, addr, rest = argv[1], (argv[2], int(argv[3])), argv[4:]
    if what == "serve":
        serve(addr, int(rest[0]) if rest else 0)
    elif what == "ask":
        ask(addr, int(rest[0]), int(rest[1]))
    elif what == "keep":
        keep(addr, int(rest[0]), *rest[1:])
    else:
        load(addr, *map(int, rest))


main(sys.argv)
