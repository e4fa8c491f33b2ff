#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Many clients at once on dnatd's socket, of which some are slow, and half of
what they ask makes no sense.

usage: crowd.py SOCKET PID [REQUESTS [CLIENTS [SLOW]]]

Each request has to get its answer: a good one the answer, a bad one an error.
PID is dnatd's: how much memory it has is looked at after a tenth of the
requests and at the end.
"""
import asyncio
import json
import random
import sys

LINE_MAX = 65536
# More than this is no noise of the allocator's.
GROWTH_MAX = 1024       # KiB
SLOW_EACH = 20          # requests of a slow client

GOOD = [b'{"op": "status"}', b'{"op": "service.show"}', b'{"op": "backend.show"}',
        b'{"op": "config.show", "args": {"brief": true}}',
        b'{"op": "service.show", "args": {"name": "web4"}}']
BAD = [b"not json", b"[]", b"{}", b'{"op": 1}', b'{"op": "nothing"}', b"[" * 5000,
       b'{"op": "status", "args": []}', b'{"op": "status", "more": 1}', b"\x00\xff\x1b",
       b'{"op": "service.show", "args": {"name": "' + b"x" * 3000 + b'"}}',
       b'{"op": "service.add", "args": {"name": "x", "vip": "::", "port": -1}}']
# After these the connection is closed.
LAST = [b"x" * (LINE_MAX + 1), b'{"op": "status"']


def memory(pid):
    """What dnatd has in its memory, in KiB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


class Crowd:
    """What all clients share."""

    def __init__(self, path, pid, requests):
        self.path, self.pid, self.requests = path, pid, requests
        self.random = random.Random(1)
        self.answered = self.begun = 0
        self.wrong = []
        self.memory = None

    def next(self):
        """Whether there is one more to be asked, and a half of them are bad."""
        if self.begun >= self.requests or self.wrong:
            return None
        self.begun += 1
        if self.begun % 2:
            return True, self.random.choice(GOOD)
        return False, self.random.choice(LAST if self.begun % 100 == 0 else BAD)

    def take(self, good, request, line):
        """Look at an answer."""
        try:
            ok = json.loads(line)["ok"]
        except (ValueError, TypeError, KeyError):
            ok = None
        if ok is not good:
            self.wrong.append(f"to {request[:60]!r}: {line[:100]!r}")
        self.answered += 1
        if self.answered == self.requests // 10:
            self.memory = memory(self.pid)

    async def send(self, writer, data, slow):
        """All at once, or in small pieces."""
        size = max(len(data) // 10, 1) if slow else len(data)
        for at in range(0, len(data), size):
            writer.write(data[at:at + size])
            await writer.drain()
            if slow:
                await asyncio.sleep(0.02)

    async def ask(self, streams, slow, question):
        """One request and its answer; whether the connection is there yet."""
        reader, writer = streams
        good, request = question
        last = request in LAST
        try:
            await self.send(writer, request + (b"" if last else b"\n"), slow)
            if last:
                writer.write_eof()
        except ConnectionError:
            pass
        try:
            line = await asyncio.wait_for(reader.readline(), 120)
        except (asyncio.TimeoutError, ConnectionError, ValueError) as error:
            line = repr(error).encode()
        if slow:
            await asyncio.sleep(0.1)
        # Of a line that is too long the rest may be refused before it is sent.
        if last and b'"ok"' not in line:
            self.answered += 1
        else:
            self.take(good, request, line)
        return not last

    async def client(self, slow):
        """Connects anew when it has sent what ends a connection."""
        there, n = False, 0
        streams = None
        while not slow or n < SLOW_EACH:
            question = self.next()
            if not question:
                break
            if not there:
                if streams:
                    streams[1].close()
                streams = await asyncio.open_unix_connection(self.path, limit=1 << 24)
            there = await self.ask(streams, slow, question)
            n += 1
        if streams:
            streams[1].close()

    async def run(self, clients, slow):
        """All of them at once."""
        await asyncio.gather(*(self.client(i < slow) for i in range(clients)))


def main():
    """Exit 0 where all were answered and no memory was taken."""
    path, pid = sys.argv[1], int(sys.argv[2])
    numbers = [int(arg) for arg in sys.argv[3:]] + [10000, 200, 50][len(sys.argv) - 3:]
    crowd = Crowd(path, pid, numbers[0])
    asyncio.run(crowd.run(*numbers[1:]))
    after = memory(pid)
    print(f"# {crowd.answered} requests of {numbers[1]} clients, {numbers[2]} of them slow:"
          f" memory {crowd.memory} KiB, then {after} KiB")
    for line in crowd.wrong[:10]:
        print("#", line)
    return (bool(crowd.wrong) or crowd.answered != numbers[0] or
            after - (crowd.memory or 0) > GROWTH_MAX)


if __name__ == "__main__":
    sys.exit(main())
