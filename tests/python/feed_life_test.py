# SPDX-License-Identifier: MIT
"""CcxtBackpackFeed through everything that may go wrong: no wrong book ever, and a snapshot each time."""
import asyncio
import os
import signal
import time
import unittest

from feed_support import (Books, CcxtBackpackFeed, L2_BOOK, LogLines, TRADES, Trades, daypack, held, run_until)
from cryptofeed.symbols import Symbols
from daypack._engine import engine_runs
from live import Engine, Exchange, PROGRAM, remove


class AFeedThroughTrouble(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        Symbols.clear()
        self.running = []

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)

    def tearDown(self):
        for process in reversed(self.running):
            process.stop()
            if isinstance(process, Engine):
                remove(process.instance)

    def exchange(self, *more, rate=300):
        exchange = Exchange(("BTC_USDC",), rate, "--levels", "150", *more)
        self.running.append(exchange)
        return exchange

    @staticmethod
    def faults(*kinds):
        """In turn, each 700 messages, so often that a feed which starts late meets each of them all the same."""
        arguments = []
        for number in range(12):
            kind, _, keys = kinds[number % len(kinds)].partition(":")
            arguments += ["--fault", f"{kind}@{700 * (number + 1)}" + (f":{keys}" if keys else "")]
        return arguments

    def engine(self, exchange, **more):
        engine = Engine(exchange, **more)
        self.running.append(engine)
        return engine

    def feed(self, books, instance, **more):
        return CcxtBackpackFeed(symbols=["BTC-USDC"], channels=[L2_BOOK], callbacks={L2_BOOK: books}, instance=instance,
                                **more)

    async def until(self, true, seconds=15):
        end = time.monotonic() + seconds
        while not true():
            self.assertLess(time.monotonic(), end, "it did not come")
            await asyncio.sleep(0.01)

    async def follow(self, books, engine, exchange, steps, **more):
        """Runs a feed; each step is (what to do, or None; how many snapshots must have come after it)."""
        async def then(_):
            for act, snapshots in steps:
                seen = books.snapshots
                if act is not None:
                    act()
                await self.until(lambda: books.snapshots >= seen + snapshots or books.errors)
                calls = books.calls
                await self.until(lambda: books.calls > calls + 60 or books.errors)

        with LogLines() as log:
            await run_until(lambda: books.calls > 60 or books.errors, self.feed(books, engine.instance, **more), then=then)
        self.assertEqual(books.errors, [])
        self.assertEqual([line for level, line in log.lines if level in ("ERROR", "CRITICAL")], [])
        self.assertEqual(log.having("reconnecting"), [])
        return log

    # ---- the venue

    async def test_a_gap_and_a_close_of_all_lines(self):
        exchange = self.exchange(*self.faults("drop", "close:how=each"))
        engine = self.engine(exchange)
        engine.wait_live(daypack.Reader)
        books = Books(lambda u: exchange.truth("BTC_USDC", u))
        await self.follow(books, engine, exchange, [(None, 1), (None, 1)])
        self.assertGreaterEqual(books.snapshots, 3)
        self.assertGreater(books.compared, 5)

    async def test_a_renumbering_and_a_finer_tick(self):
        exchange = self.exchange(*self.faults("restart:by=-100000", "tick:how=finer", "restart:by=1000", "tick:how=coarser"))
        engine = self.engine(exchange)
        engine.wait_live(daypack.Reader)
        books = Books(lambda u: exchange.truth("BTC_USDC", u))
        await self.follow(books, engine, exchange, 4 * [(None, 1)])
        self.assertGreater(books.compared, 5)

    # ---- the engine

    async def test_an_engine_that_comes_later(self):
        exchange = self.exchange()
        instance = f"python-later-{os.getpid()}"
        books = Books(lambda u: exchange.truth("BTC_USDC", u))
        started = []

        def later():
            if not started:
                started.append(time.monotonic())
            if len(started) == 1 and time.monotonic() - started[0] > 2.5:
                started.append(self.engine(exchange, instance=instance))
            return books.calls > 60 or books.errors

        with LogLines() as log:
            await run_until(later, self.feed(books, instance))
        self.assertEqual((books.errors, books.snapshots), ([], 1))
        self.assertEqual(len(log.having("waits for the engine")), 1)
        self.assertEqual(log.having("reconnecting"), [])

    async def test_a_stop_while_it_waits_for_an_engine(self):
        before = held()
        feed = self.feed(Books(), "no-such-instance")
        started = time.monotonic()
        await run_until(lambda: time.monotonic() - started > 0.3, feed)
        self.assertLess(time.monotonic() - started, 2)
        self.assertEqual(held(), before)

    async def test_an_engine_that_is_killed_stopped_replaced_and_suspended(self):
        exchange = self.exchange()
        engine = self.engine(exchange)
        engine.wait_live(daypack.Reader)
        books = Books(lambda u: exchange.truth("BTC_USDC", u))
        instance = engine.instance

        def replace(number, **more):
            def act():
                self.running.pop().stop(number)
                self.engine(exchange, instance=instance, **more)
            return act

        def suspend():
            self.running[-1].child.send_signal(signal.SIGSTOP)
            time.sleep(0.3)
            self.running[-1].child.send_signal(signal.SIGCONT)

        await self.follow(books, engine, exchange,
                          [(replace(signal.SIGKILL), 1), (replace(signal.SIGTERM), 1),
                           (replace(signal.SIGTERM, depth=4096), 1), (suspend, 0)])
        self.assertGreater(books.compared, 5)

    async def test_a_removed_segment(self):
        exchange = self.exchange()
        engine = self.engine(exchange)
        engine.wait_live(daypack.Reader)
        books = Books(lambda u: exchange.truth("BTC_USDC", u))

        def act():
            self.running.pop().stop(signal.SIGKILL)
            remove(engine.instance)
            self.engine(exchange, instance=engine.instance)

        await self.follow(books, engine, exchange, [(act, 1)])

    # ---- the reader

    async def test_a_ring_that_laps_it(self):
        exchange = self.exchange(rate=2000)
        engine = self.engine(exchange, engine="  ring_events: 1024\n")
        engine.wait_live(daypack.Reader)
        books = Books(lambda u: exchange.truth("BTC_USDC", u), each=200)
        trades = Trades()
        feed = CcxtBackpackFeed(symbols=["BTC-USDC"], channels=[L2_BOOK, TRADES], instance=engine.instance,
                                callbacks={L2_BOOK: books, TRADES: trades})

        async def then(_):
            for _ in range(2):
                seen = books.snapshots
                time.sleep(1.5)  # as a callback that takes too long
                await self.until(lambda: books.snapshots > seen or books.errors)
                calls = books.calls
                await self.until(lambda: books.calls > calls + 300 or books.errors)

        with LogLines() as log:
            await run_until(lambda: books.calls > 300 or books.errors, feed, then=then)
        self.assertEqual((books.errors, trades.errors), ([], []))
        self.assertGreaterEqual(books.snapshots, 3)
        self.assertGreater(feed.lost, 0)
        self.assertEqual(len(log.having("written over")), 1, "the line is limited to one in 10 s")

    async def test_a_shallow_slot(self):
        exchange = self.exchange()
        engine = self.engine(exchange, depth=6)
        engine.wait_live(daypack.Reader)
        books = Books(lambda u: exchange.truth("BTC_USDC", u), levels=1000, least=2)
        log = await self.follow(books, engine, exchange, 2 * [(None, 1)])  # it is read again where it ran low
        self.assertEqual(len(log.having("image_levels")), 1)
        self.assertGreater(books.compared, 5)

    async def test_a_slot_of_64_levels(self):
        exchange = self.exchange()
        engine = self.engine(exchange, depth=64)
        engine.wait_live(daypack.Reader)
        books = Books(lambda u: exchange.truth("BTC_USDC", u), each=10, levels=1000, least=33)
        log = await self.follow(books, engine, exchange, 4 * [(None, 0)])
        self.assertEqual(len(log.having("shows 64 and 64 levels")), 1)
        self.assertGreater(books.compared, 10)

    async def test_a_shallow_slot_with_images(self):
        exchange = self.exchange()
        engine = self.engine(exchange, depth=16, more="    snapshot_interval: 1\n", engine="  image_levels: 8192\n")
        engine.wait_live(daypack.Reader)
        books = Books(lambda u: exchange.truth("BTC_USDC", u), levels=1000)

        async def then(_):
            await self.until(lambda: len(books.objects[-1].book.bids) > 50 or books.errors)
            books.levels = 0
            books.shadow = books.objects[-1].book.to_dict()
            calls = books.calls
            await self.until(lambda: books.calls > calls + 200 or books.errors)

        await run_until(lambda: books.calls > 20 or books.errors, self.feed(books, engine.instance), then=then)
        self.assertEqual(books.errors, [])

    # ---- an engine of its own

    async def test_it_starts_an_engine_looks_after_it_and_ends_it(self):
        exchange = self.exchange()
        instance = f"python-auto-{os.getpid()}"
        books = Books(lambda u: exchange.truth("BTC_USDC", u))
        options = {"exchange": {"rest_urls": [f"http://127.0.0.1:{exchange.port}"],
                                "ws_urls": [f"ws://127.0.0.1:{exchange.port}"], "lines": 1}, "engine": {"idle": "backoff"}}
        feed = self.feed(books, instance, engine="auto", program=PROGRAM, engine_options=options, snapshot_interval=0)
        supervisor = feed._supervisor

        async def then(_):
            os.kill(supervisor.child.pid, signal.SIGKILL)
            await self.until(lambda: books.snapshots == 2 or books.errors)

        await run_until(lambda: books.calls > 60 or books.errors, feed, then=then)
        self.assertEqual(books.errors, [])
        self.assertGreater(books.compared, 2)
        self.assertIsNone(supervisor.child)
        self.assertFalse(engine_runs(instance))
        remove(instance)
        self.assertEqual(supervisor.served, set())
        with self.assertRaisesRegex(FileNotFoundError, "not found: install it"):
            self.feed(books, instance, engine="auto", program="no-such-program")

    async def test_feeds_share_an_engine_of_theirs_until_the_last_has_ended(self):
        exchange = Exchange(("BTC_USDC", "ETH_USDC"), 300, "--levels", "150")
        self.running.append(exchange)
        instance = f"python-shared-{os.getpid()}"
        options = {"exchange": {"rest_urls": [f"http://127.0.0.1:{exchange.port}"],
                                "ws_urls": [f"ws://127.0.0.1:{exchange.port}"], "lines": 1}, "engine": {"idle": "backoff"}}
        more = {"engine": "auto", "program": PROGRAM, "engine_options": options, "snapshot_interval": 0}
        first, second = Books(), Books()
        feed = self.feed(first, instance, **more)

        async def then(handler):
            other = CcxtBackpackFeed(symbols=["ETH-USDC"], channels=[L2_BOOK], callbacks={L2_BOOK: second}, instance=instance,
                                     **more)  # the engine does not list it yet
            handler.add_feed(other, loop=asyncio.get_running_loop())
            await self.until(lambda: second.calls > 20 or second.errors)
            pid = feed._supervisor.child.pid
            feed.stop()
            for _ in range(2):
                await feed.shutdown()
            calls = second.calls
            await self.until(lambda: second.calls > calls + 20 or second.errors)
            self.assertEqual(feed._supervisor.child.pid, pid)

        await run_until(lambda: first.calls > 20 or first.errors, feed, then=then)
        self.assertEqual((first.errors, second.errors), ([], []))
        self.assertFalse(engine_runs(instance))
        remove(instance)


if __name__ == "__main__":
    unittest.main()
