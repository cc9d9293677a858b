# SPDX-License-Identifier: MIT
"""Reader: what any Python program wants of a running engine."""
import asyncio
import os
import time
from collections.abc import AsyncIterator
from decimal import Decimal

from . import _shm
from ._shm import DaypackError

BATCH = 2000
INSTANCE = "DAYPACK_INSTANCE"


def instance_of(name: str | None) -> str:
    """The instance that is meant: as told, of the environment, or the one that an engine has without a name."""
    return name or os.environ.get(INSTANCE) or "default"


class Reader(_shm.Reader):
    """The books of one instance, read-only.

        reader = Reader()                        # the environment's DAYPACK_INSTANCE, or "default"
        reader.symbols()                         # ["BTC-USDC", ...]
        top = reader.top("BTC-USDC")             # best bid and offer: top.live, top.bid, top.ask, top.bid_price, ...
        book = reader.book("BTC-USDC", 10)       # book.bids, book.asks: [(Decimal price, Decimal quantity), ...]
        bids, asks = book.numpy()                # int64 (n, 2), mantissas, nothing is copied
        for event in reader.events(): ...        # every record of the ring from now on
        async for event in reader.events(): ...

    A reader belongs to one thread at a time. It follows restarts of the engine by itself. Opening raises DaypackError
    with what to do; a name that the engine does not list is a KeyError.
    """

    def __init__(self, instance: str | None = None, owner: str | None = None) -> None:
        self.instance = instance_of(instance)
        self.owner = owner
        super().__init__(self.instance, owner)

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def events(self, cursor: int | None = None, batch: int = 1000) -> "Events":
        """Every record of the ring from `cursor` on, or from now: an iterator for `for` and for `async for`."""
        return Events(self, self.cursor() if cursor is None else cursor, batch)

    def follow(self, symbol: str, max_depth: int = 0) -> "Follower":
        """A whole book in this process's memory, kept by the ring: see Follower."""
        return Follower(self, symbol, max_depth)


class Events:
    """Records of the ring, one after another. `lost` counts those that were written over before they were read."""

    def __init__(self, reader: Reader, cursor: int, batch: int) -> None:
        self.reader = reader
        self.cursor = cursor
        self.lost = 0
        self.batch = batch
        self._events = iter(())

    def read(self) -> list[_shm.Event]:
        """A list of the records that are there now, without waiting. The fastest way: whole batches."""
        events, self.cursor, lost = self.reader.read(self.cursor, self.batch)
        self.lost += lost
        return events

    def __iter__(self) -> "Events":
        return self

    def __next__(self) -> _shm.Event:
        for event in self._events:
            return event
        while not (events := self.read()):
            self.reader.wait(self.cursor, 0.1)
        self._events = iter(events)
        return next(self._events)

    async def __aiter__(self) -> AsyncIterator[_shm.Event]:
        loop = asyncio.get_running_loop()
        waiter = _shm.Waiter(self.reader.instance, self.reader.owner)
        wake = asyncio.Event()

        def awake():
            waiter.take()
            wake.set()

        fileno = waiter.fileno()
        loop.add_reader(fileno, awake)
        try:
            while True:
                if not (events := self.read()) and self.reader.cursor() == self.cursor:
                    await wake.wait()
                    wake.clear()
                for event in events:
                    yield event
                await asyncio.sleep(0)
        finally:
            loop.remove_reader(fileno)
            waiter.close()


class Follower:
    """A whole book, deeper than the slots where the engine leaves images (`image_levels` in its configuration).

        book = reader.follow("BTC-USDC")
        while True:
            if book.poll() and book.live:
                bids, asks = book.levels()       # {Decimal price: Decimal quantity}, best first
            book.wait(0.1)

    `whole` is False where the slot was all there was, or the image is cut: then the levels beyond its last one are not
    known.
    """

    def __init__(self, reader: Reader, symbol: str, max_depth: int = 0) -> None:
        self.reader = reader
        self.symbol = symbol
        self.u = 0
        self.whole = False
        self._next_try = 0.0
        self._stream = _shm.Stream(reader.instance, reader.owner)
        self._number = self._stream.add(symbol, _shm.WANTS_BOOK, max_depth)

    @property
    def lost(self) -> int:
        """Records that were written over before they were read; after each such loss the book was joined anew."""
        return self._stream.lost

    @property
    def live(self) -> bool:
        """True where the engine's own book is LIVE just now. Ask it after poll()."""
        return self.reader.top(self.symbol).live

    def poll(self) -> bool:
        """Brings the book up to what the ring has. Returns True where there is a book."""
        records = BATCH
        while records >= BATCH:  # of whatever symbols: where most are of others, a batch may make no item
            cursor = self._stream.cursor
            for item in self._stream.read(BATCH):
                if item[0] == "update":
                    self.u = item[3]
            records = self._stream.cursor - cursor
        missing, cut = self._stream.missing()
        if missing or (cut and time.monotonic() >= self._next_try):
            joined = self._stream.join(self._number, not missing)
            if joined is not None:
                self.u, self.whole = joined[2], joined[5]
            self._next_try = time.monotonic() + 0.05
        return not self._stream.missing()[0]

    def levels(self) -> tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]] | None:
        """(bids, asks) as {price: quantity} in Decimals, best first; None where there is no book."""
        found = self._stream.levels(self._number)
        return None if found is None else (found[0], found[1])

    def wait(self, seconds: float = 0.1) -> bool:
        """Waits until the ring goes on, 0.1 s at most. Other threads run meanwhile."""
        return self.reader.wait(self._stream.cursor, seconds)

    def close(self) -> None:
        self._stream.close()


__all__ = ["DaypackError", "Events", "Follower", "Reader"]
