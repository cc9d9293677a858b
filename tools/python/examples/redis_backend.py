# SPDX-License-Identifier: MIT
"""Whole books and trades of Cryptofeed in Redis, for programs in any language.

    redis_backend.py [--redis redis://localhost | unix:///PATH] [--instance NAME] SYMBOL...

Debian: apt-get install redis-server python3-redis. Under BACKPACK:SYMBOL it keeps the hashes `:bid` and `:ask` (price: size)
and `:book` (u, timestamp), which change in one transaction: whoever reads all three in one sees a book at one u. Trades are
in the stream `:trades`, the last 10,000 of them.
"""
import argparse
import asyncio

import redis.asyncio
from cryptofeed import FeedHandler
from cryptofeed.defines import ASK, BID, L2_BOOK, TRADES

from daypack.cryptofeed import CcxtBackpackFeed

BATCH = 100


class Backend:
    """What Cryptofeed asks of a backend: it is started and stopped with the feed, and called for each update. What comes is
    put in a queue, and written by a task of its own: a slow Redis holds up the feed only where the queue is full."""

    def __init__(self, url):
        self.url = url

    def start(self, loop, multiprocess=False):
        self._queue = asyncio.Queue(10_000)
        self._task = loop.create_task(self._write())

    async def stop(self):
        if not self._task.done():
            await self._queue.put(None)
        await self._task

    async def __call__(self, made, receipt_timestamp):
        if self._task.done():
            self._task.result()  # it failed: tell why
        else:
            await self._queue.put(self.commands_of(made, f"{made.exchange}:{made.symbol}"))

    async def _write(self):
        async with redis.asyncio.Redis.from_url(self.url) as client:
            ended = False
            while not ended:
                batch = [await self._queue.get()]
                while len(batch) < BATCH and not self._queue.empty():
                    batch.append(self._queue.get_nowait())
                ended = batch[-1] is None
                async with client.pipeline(transaction=True) as pipeline:
                    for command in (command for commands in batch if commands for command in commands):
                        pipeline.execute_command(*command)
                    await pipeline.execute()


class Books(Backend):
    @staticmethod
    def commands_of(book, key):
        """The book object is the same one each time: what is kept of it is copied here."""
        is_snapshot = book.delta is None
        changes = {side: of.items() for side, of in book.book.to_dict().items()} if is_snapshot else book.delta
        commands = [("DEL", f"{key}:{BID}", f"{key}:{ASK}")] if is_snapshot else []
        for side in (BID, ASK):
            levels = [(str(price), str(size)) for price, size in changes[side] if size]
            gone = [str(price) for price, size in changes[side] if not size]
            if levels:
                commands.append(("HSET", f"{key}:{side}", *(text for level in levels for text in level)))
            if gone:
                commands.append(("HDEL", f"{key}:{side}", *gone))
        commands.append(("HSET", f"{key}:book", "u", book.sequence_number, "timestamp", book.timestamp or 0))
        return commands


class Trades(Backend):
    @staticmethod
    def commands_of(trade, key):
        fields = trade.to_dict(numeric_type=str, none_to="")
        return [("XADD", f"{key}:trades", "MAXLEN", "~", 10_000, "*", *(text for field in fields.items() for text in field))]


def main():
    parser = argparse.ArgumentParser(description="whole books and trades in Redis")
    parser.add_argument("symbols", nargs="+", metavar="SYMBOL")
    parser.add_argument("--redis", default="redis://localhost", metavar="URL")
    parser.add_argument("--instance")
    given = parser.parse_args()
    handler = FeedHandler(config={"log": {"disabled": True}})
    handler.add_feed(CcxtBackpackFeed(symbols=given.symbols, channels=[L2_BOOK, TRADES], instance=given.instance,
                                      callbacks={L2_BOOK: Books(given.redis), TRADES: Trades(given.redis)}))
    handler.run()


if __name__ == "__main__":
    main()
