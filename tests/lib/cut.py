#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Connections that are there until somebody ends them, and how each end learned of it.

cut.py serve PORT
    Prints "ready", and a line for each connection that has ended.
cut.py hold ADDR PORT KIND COUNT
    COUNT connections of a KIND; prints "open COUNT" when the server has answered on each
    (or "trying COUNT"), and a line for each that has ended; goes when none is left.

KIND is idle; down, where the server sends all it can; hang, the same, and the client reads
nothing; up, where the client sends all it can; or try, where nobody answers.
A line has the second since 1970, the KIND, and the error's name, or EOF.
"""
import errno
import resource
import select
import socket
import sys
import time

KINDS = {"idle": b"i", "down": b"d", "hang": b"h", "up": b"u", "try": b"t"}
BLOCK = bytes(1 << 16)
FILES = 8192


class End:
    def __init__(self, sock, kind=None):
        self.sock, self.kind, self.open = sock, kind, False
        sock.setblocking(False)

    def said(self, error):
        print("%.3f" % time.time(), self.kind, errno.errorcode[error] if error else "EOF", flush=True)

    def events(self, server):
        if not self.open:
            return select.EPOLLIN if server or self.kind != "try" else 0
        if self.kind == "hang" and not server:
            return 0
        send = self.kind in (("down", "hang") if server else ("up",))
        return select.EPOLLIN | (select.EPOLLOUT if send else 0)

    def step(self, got):
        """Return: whether the connection is there still."""
        try:
            error = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                raise OSError(error, "")
            if got & select.EPOLLOUT:
                self.sock.send(BLOCK)
            if got & (select.EPOLLIN | select.EPOLLHUP):
                data = self.sock.recv(1 << 16)
                if not data:
                    self.said(0)
                    return False
                self.heard(data)
        except BlockingIOError:
            pass
        except OSError as e:
            self.said(e.errno)
            return False
        return True

    def heard(self, data):
        if self.open:
            return
        self.open = True
        if self.kind is None:
            self.kind = {v: k for k, v in KINDS.items()}[data[:1]]
            self.sock.send(b"k")


def turn(poll, ends, server, timeout=-1):
    for fd, got in poll.poll(timeout):
        if fd not in ends:
            continue
        end = ends[fd]
        if end.step(got):
            poll.modify(fd, end.events(server))
        else:
            poll.unregister(fd)
            del ends[fd]
            end.sock.close()


def serve(port):
    poll, ends = select.epoll(), {}
    with socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True,
                              backlog=1024) as listener:
        listener.setblocking(False)
        poll.register(listener, select.EPOLLIN)
        print("ready", flush=True)
        while True:
            try:
                while True:
                    sock, _ = listener.accept()
                    end = ends[sock.fileno()] = End(sock)
                    poll.register(sock, end.events(True))
            except BlockingIOError:
                pass
            turn(poll, ends, True)


def hold(addr, port, kind, count):
    poll, ends = select.epoll(), {}
    for _ in range(count):
        if kind == "try":
            sock = socket.socket(socket.AF_INET6 if ":" in addr else socket.AF_INET)
            sock.setblocking(False)
            sock.connect_ex((addr, port))
        else:
            sock = socket.create_connection((addr, port))
            sock.send(KINDS[kind])
        end = ends[sock.fileno()] = End(sock, kind)
        poll.register(sock, end.events(False))
    while kind != "try" and not all(end.open for end in ends.values()):
        turn(poll, ends, False)
    print("trying" if kind == "try" else "open", len(ends), flush=True)
    while ends:
        turn(poll, ends, False)


resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
if sys.argv[1] == "serve":
    serve(int(sys.argv[2]))
else:
    hold(sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
