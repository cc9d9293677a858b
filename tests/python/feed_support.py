# SPDX-License-Identifier: MIT
"""What the tests of the feed share: Cryptofeed, or the stand-in where it cannot be imported, and a strict callback."""
import asyncio
import logging
import os
import pathlib
import sys
import threading
from decimal import Decimal

try:
    import cryptofeed
except ImportError:
    sys.path.insert(0, str(pathlib.Path(__file__).parent / "standin"))
    import cryptofeed

import daypack
from cryptofeed.defines import ASK, BID, BUY, L2_BOOK, SELL, TRADES
from cryptofeed.types import OrderBook, Trade
from daypack.cryptofeed import CcxtBackpackFeed

IS_REAL = "standin" not in cryptofeed.__file__
NO_LOG = {"log": {"disabled": True}}


class Checked(AssertionError):
    pass


def check(true, text):
    if not true:
        raise Checked(text)


class Books:
    """A callback for L2_BOOK: what every call must keep to. `truth` (u -> book) is asked at each `each`-th one."""

    def __init__(self, truth=None, each=25, levels=0, least=1):
        self.truth, self.each, self.levels, self.least = truth, each, levels, least
        self.calls = self.snapshots = self.compared = self.deletes = 0
        self.shadow, self.u, self.objects, self.errors = None, None, [], []
        self.receipts = []

    async def __call__(self, book, receipt_timestamp):
        try:
            self.look(book, receipt_timestamp)
        except Exception as error:
            self.errors.append(error)
            raise

    def look(self, book, receipt_timestamp):
        check(type(book) is OrderBook and book.exchange == "BACKPACK", f"{book!r}")
        check(type(receipt_timestamp) is float and abs(receipt_timestamp - book_time()) < 60, "receipt time in seconds")
        check(book.timestamp is None or type(book.timestamp) is float and abs(book.timestamp - book_time()) < 60,
              f"timestamp in seconds: {book.timestamp}")
        check(book.timestamp != receipt_timestamp, "two clocks")
        check(type(book.sequence_number) is int, "sequence number")
        self.calls += 1
        self.receipts.append(receipt_timestamp)
        if book.delta is None:
            self.snapshots += 1
            check(all(book is not other for other in self.objects), "a snapshot is a new object")
            self.objects.append(book)
        else:
            check(self.u is not None, "the first call is a snapshot")
            check(book is self.objects[-1], "the same object between snapshots")
            check(book.sequence_number > self.u, f"{book.sequence_number} after {self.u}")
            self.apply(book.delta)
        self.u = book.sequence_number
        check(min(len(book.book.bids), len(book.book.asks)) >= self.least, "levels enough")
        if book.delta is None or self.calls % self.each == 0:
            self.look_at_all(book)

    def look_at_all(self, book):
        """What costs more than an update does: at samples."""
        shown = book.book.to_dict()
        bids, asks = list(shown[BID]), list(shown[ASK])
        check(bids == sorted(bids, reverse=True) and asks == sorted(asks), "best first")
        check(bids and asks and type(bids[0]) is Decimal and bids[0] < asks[0], "not crossed")
        if book.delta is None:
            self.shadow = shown
        elif not self.levels:
            check(self.shadow == shown, "book before + delta = book after")
        if self.truth is not None:
            self.compare(shown, book.sequence_number)

    def apply(self, delta):
        check(type(delta) is dict and set(delta) == {BID, ASK}, f"{delta}")
        check(delta[BID] or delta[ASK], "something changed")
        for side in (BID, ASK):
            check(type(delta[side]) is list, "a list a side")
            for change in delta[side]:
                check(type(change) is tuple and len(change) == 2, f"{change}")
                price, size = change
                check(type(price) is Decimal and type(size) is Decimal, f"{change}")
                if size == 0:
                    self.deletes += 1
                    check(self.levels or price in self.shadow[side], "what is deleted was there")
                    self.shadow[side].pop(price, None)
                else:
                    self.shadow[side][price] = size

    def compare(self, shown, u):
        truth = self.truth(u)
        if truth is None:
            return
        for side, of in zip((BID, ASK), truth):
            mine = list(shown[side].items())
            theirs = list(of.items())
            if self.levels:
                count = min(self.levels, len(mine))
                mine, theirs = mine[:count], theirs[:count]
            check(mine == theirs, f"{side} at {u}: {set(mine) ^ set(theirs)}")
        self.compared += 1


class Trades:
    def __init__(self):
        self.seen, self.errors = [], []

    async def __call__(self, trade, receipt_timestamp):
        try:
            check(type(trade) is Trade and trade.exchange == "BACKPACK", f"{trade!r}")
            check(type(trade.id) is str and type(trade.price) is Decimal and type(trade.amount) is Decimal, f"{trade}")
            check(trade.side in (BUY, SELL), trade.side)
            check(abs(trade.timestamp - book_time()) < 60 and abs(receipt_timestamp - book_time()) < 60, "seconds")
            check(type(receipt_timestamp) is float and type(trade.timestamp) is float, "float seconds")
        except Exception as error:
            self.errors.append(error)
            raise
        self.seen.append(trade)


def book_time():
    import time
    return time.time()


class LogLines(logging.Handler):
    """Everything that is logged by Cryptofeed's logger."""

    def __init__(self):
        super().__init__()
        self.lines = []
        self.logger = logging.getLogger("feedhandler")
        self.logger.setLevel(logging.INFO)
        self.logger.propagate = False

    def emit(self, record):
        self.lines.append((record.levelname, record.getMessage()))

    def __enter__(self):
        self.logger.addHandler(self)
        return self

    def __exit__(self, *_):
        self.logger.removeHandler(self)

    def having(self, text):
        return [line for _, line in self.lines if text in line]


def held():
    """What a feed could leave behind: threads, descriptors, mappings of segments."""
    maps = pathlib.Path("/proc/self/maps").read_text(encoding="utf-8").count("/dev/shm/daypack.")
    return len(threading.enumerate()), len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd")), maps


async def run_until(true, *feeds, seconds=20, handler=None, config=NO_LOG, then=None):
    """Runs feeds under a FeedHandler until `true()`; returns the handler, stopped."""
    fh = handler or cryptofeed.FeedHandler(config=config)
    for feed in feeds:
        fh.add_feed(feed)
    before = asyncio.all_tasks()
    fh.run(start_loop=False, install_signal_handlers=False)
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    try:
        while not true():
            if loop.time() > end:
                raise AssertionError(f"it did not come within {seconds} s")
            await asyncio.sleep(0.01)
        if then is not None:
            await then(fh)
    finally:
        await fh.stop_async(loop=loop)
    for _ in range(100):
        left = asyncio.all_tasks() - before
        if not left:
            break
        await asyncio.sleep(0.02)
    else:
        watchers = [task for task in left if "_watcher" not in repr(task)]
        check(not watchers, f"tasks are left: {watchers}")
    return fh


__all__ = ["ASK", "BID", "Books", "Checked", "IS_REAL", "L2_BOOK", "LogLines", "TRADES", "Trades", "CcxtBackpackFeed",
           "check", "cryptofeed", "daypack", "held", "run_until"]
