# SPDX-License-Identifier: MIT
"""What the package costs, in CPU time of the thread that does it, beside a feed that reads the WebSocket in Python itself.

    speed.py [SECONDS]       with the Python of an environment; DAYPACK_PROGRAM names the program

CPU time, so other work on the machine does not spoil it much; delays are spoilt by it. Each row is a live engine over the
simulated exchange. Both feeds keep the same kind of book (tools/python/src/daypack/_types.py) and call the same coroutine.
"""
import asyncio
import base64
import json
import os
import socket
import statistics
import sys
import threading
import time
from decimal import Decimal

import daypack
from daypack._types import BID, L2_BOOK, OrderBook
from daypack.feed import Feed
from live import Engine, Exchange, remove

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 4.0


class Cost:
    """CPU time of this thread and of the whole process, for each of `count`."""

    def __enter__(self):
        self.thread, self.process, self.wall = time.thread_time(), time.process_time(), time.monotonic()
        return self

    def __exit__(self, *_):
        self.thread = time.thread_time() - self.thread
        self.process = time.process_time() - self.process
        self.wall = time.monotonic() - self.wall


def row(name, value, unit, target=""):
    print(f"{name:82} {value:10.2f} {unit:10} {target}", flush=True)


class WebSocket:
    """Just enough of RFC 6455 to be sent text by the simulated exchange."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        self.data = b""
        while b"\r\n\r\n" not in self.data:
            self.data += self.socket.recv(4096)
        self.data = self.data.split(b"\r\n\r\n", 1)[1]
        self.socket.setblocking(False)

    def send(self, text):
        data = text.encode()
        self.socket.sendall(bytes((0x81, 0x80 | len(data), 0, 0, 0, 0)) + data)  # masked by zeros

    def frames(self):
        """(opcode, payload) of the frames that are whole by now."""
        at, data = 0, self.data
        while len(data) - at >= 2:
            length, head = data[at + 1] & 127, 2
            if length == 126:
                length, head = int.from_bytes(data[at + 2:at + 4], "big"), 4
            elif length == 127:
                length, head = int.from_bytes(data[at + 2:at + 10], "big"), 10
            if len(data) - at < head + length:
                break
            yield data[at] & 15, data[at + head:at + head + length]
            at += head + length
        self.data = data[at:]


class NativeFeed:
    """Reads the venue's frames itself: JSON, Decimals, a book, a callback an update."""

    def __init__(self, exchange, callback):
        self.callback = callback
        snapshot = exchange.get("/api/v1/depth?symbol=BTC_USDC")
        sides = [{Decimal(price): Decimal(size) for price, size in snapshot[side]} for side in ("bids", "asks")]
        self.book = OrderBook("NATIVE", "BTC-USDC", *sides)
        self.socket = WebSocket(exchange.port)
        self.socket.send('{"method":"SUBSCRIBE","params":["depth.BTC_USDC"]}')

    async def run(self, seconds):
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while loop.time() < end:
            try:
                self.socket.data += await asyncio.wait_for(loop.sock_recv(self.socket.socket, 65536), 1)
            except asyncio.TimeoutError:
                continue
            for opcode, payload in self.socket.frames():
                if opcode == 1:
                    await self.update(json.loads(payload)["data"])

    async def update(self, data):
        book = self.book
        delta = {BID: [], "ask": []}
        for key, side, name in (("b", book.book.bids, BID), ("a", book.book.asks, "ask")):
            for price, size in data.get(key, ()):
                price, size = Decimal(price), Decimal(size)
                delta[name].append((price, size))
                if size:
                    side[price] = size
                elif price in side:
                    del side[price]
        book.delta, book.sequence_number, book.timestamp = delta, data["u"], data["T"] / 1e6
        await self.callback(book, time.time())


def reads(engine):
    with daypack.Reader(engine.instance) as reader:
        count = 200_000
        top = reader.top
        with Cost() as cost:
            for _ in range(count):
                top("BTC-USDC")
        row("top", cost.thread / count * 1e9, "ns", "<= 500")
        events = reader.events()
        time.sleep(SECONDS)
        read = 0
        with Cost() as cost:
            while batch := events.read():
                read += len(batch)
        row(f"events in batches ({read} of them, {events.lost} lost)", read / cost.thread / 1e6, "M/s", ">= 2")


class Delays:
    """How long after its receipt by the engine an update reaches the callback, in us."""

    def __init__(self):
        self.calls, self.us = 0, []

    async def __call__(self, book, receipt_timestamp):
        self.calls += 1
        self.us.append((time.time() - receipt_timestamp) * 1e6)


class Counter:
    def __init__(self):
        self.calls = 0

    async def __call__(self, book, receipt_timestamp):
        self.calls += 1


async def drain(engine, seconds):
    """Callbacks of what came in the ring while nobody read: the way of an update, without waits."""
    counter = Counter()
    feed = Feed(symbols=["BTC-USDC"], channels=[L2_BOOK], callbacks={L2_BOOK: counter}, instance=engine.instance)
    task = asyncio.create_task(feed.run())
    while counter.calls < 10:
        await asyncio.sleep(0.01)
    reader = daypack.Reader(engine.instance)
    time.sleep(seconds)
    before, costs = counter.calls, []
    while feed._link._stream.cursor + 4000 < reader.cursor():
        calls = counter.calls
        with Cost() as cost:
            await asyncio.sleep(0)
        if counter.calls - calls > 500:  # a batch
            costs.append(cost.thread / (counter.calls - calls) * 1e6)
    levels = len(feed._l2_book["BTC-USDC"].book.bids)
    count = counter.calls - before
    await feed.shutdown()
    await task
    name = f"an update, from ring to callback ({count}, {levels} levels a side)"
    row(f"{name}, least of {len(costs)} batches", min(costs), "us")
    row(f"{name}, median", statistics.median(costs), "us", "<= 2")


async def watch(engine, callback):
    """The cost of a feed for some seconds, and how many updates it brought."""
    feed = Feed(symbols=["BTC-USDC"], channels=[L2_BOOK], callbacks={L2_BOOK: callback}, instance=engine.instance)
    task = asyncio.create_task(feed.run())
    while callback.calls < 2:
        await asyncio.sleep(0.01)
    begun = callback.calls
    with Cost() as cost:
        await asyncio.sleep(SECONDS)
    count = max(callback.calls - begun, 1)
    await feed.shutdown()
    await task
    return cost, count


async def compare(exchange, engine, rate):
    cost, count = await watch(engine, Counter())
    row(f"{rate}/s: daypack's feed, whole process, of a core", cost.process / cost.wall * 100, "%")
    row(f"{rate}/s: daypack's feed, an update", cost.process / count * 1e6, "us")
    counter = Counter()
    native = NativeFeed(exchange, counter)
    with Cost() as cost:
        await native.run(SECONDS)
    row(f"{rate}/s: a feed of the WebSocket in Python, of a core", cost.process / cost.wall * 100, "%")
    row(f"{rate}/s: a feed of the WebSocket in Python, an update", cost.process / max(counter.calls, 1) * 1e6, "us")
    delays = Delays()
    await watch(engine, delays)
    delays.us.sort()
    for name, share in (("half", 0.5), ("99 of 100", 0.99)):
        row(f"{rate}/s: from the engine's receipt to the callback, {name} within", delays.us[int(len(delays.us) * share)], "us")


def main():
    for rate in (1, 50, 5000):
        exchange = Exchange(("BTC_USDC",), rate, "--levels", "3000")
        engine = Engine(exchange, depth=8192, engine="  ring_events: 262144\n")
        try:
            engine.wait_live(daypack.Reader)
            if rate == 1:
                asyncio.run(idle(engine))
                continue
            if rate == 5000:
                reads(engine)
                asyncio.run(drain(engine, SECONDS))
            asyncio.run(compare(exchange, engine, rate))
        finally:
            engine.stop()
            exchange.stop()
            remove(engine.instance)


async def idle(engine):
    cost, _ = await watch(engine, Counter())
    row("1/s: daypack's feed, all its threads, of a core", cost.process / cost.wall * 100, "%", "<= 2")


if __name__ == "__main__":
    assert threading.active_count() == 1
    main()
