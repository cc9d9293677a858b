# SPDX-License-Identifier: MIT
"""The feed without Cryptofeed: the same books, by callbacks of any kind; and the runner over the seed's configuration."""
import asyncio
import contextlib
import io
import logging
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import unittest
from decimal import Decimal

import daypack
from daypack import _engine, _types
from daypack.feed import Feed, L2_BOOK, TICKER, TRADES, printer, settings_of
from live import PROGRAM, engine_for, remove, wait_until

SEED = """exchanges:
  ccxt_backpack:
    class: Ccxt_Backpack_Feed
    exchange: backpack
    symbols: ["BTC-USDC", "ETH-USDC"]
    channels: [TRADES, L2_BOOK]
    snapshot_interval: 30
    websocket: true
    rest_only: false
    api_key: ${BACKPACK_KEY}
    api_secret: ${BACKPACK_SECRET}
"""
KNOWS_CHECK = "--check" in subprocess.run([PROGRAM, "run", "--help"], capture_output=True, text=True, check=False).stdout


class AFeedWithoutCryptofeed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        engine_for(cls, daypack.Reader, "BTC-USDC", "ETH-USDC")

    def test_delivers_books_and_trades_to_functions_of_any_kind(self):
        compared, trades, tops, snapshots = [], [], [], []

        def book(made, receipt_timestamp):
            if made.delta is None:
                snapshots.append(made)
            if len(compared) < 40 and made.sequence_number % 10 == 0:
                truth = self.exchange.truth("BTC_USDC", made.sequence_number)
                shown = made.book.to_dict()
                self.assertEqual((shown["bid"], shown["ask"]), truth)
                self.assertEqual(made.book.bids.index(0), next(iter(truth[0].items())))
                self.assertEqual(made.book["asks"].index(-1), list(truth[1].items())[-1])
                compared.append(made)

        async def trade(made, receipt_timestamp):
            trades.append(made)

        class Last(Feed):
            async def deliver(self, items, connection):
                await super().deliver(items, connection)
                if len(compared) >= 20 and trades and tops:
                    self.stop()

        feed = Last(symbols=["BTC-USDC"], channels=[L2_BOOK, "TRADES", TICKER], instance=self.engine.instance,
                    callbacks={L2_BOOK: [book], TRADES: trade, TICKER: lambda made, _: tops.append(made)})
        daypack.run(feed, duration=20)
        self.assertGreaterEqual(len(compared), 20)
        self.assertEqual(len(snapshots), 1)
        self.assertIs(type(trades[0]), _types.Trade)
        self.assertIs(type(trades[0].to_dict(numeric_type=float)["price"]), float)
        self.assertIsNone(trades[0].raw)
        self.assertLess(tops[0].bid, tops[0].ask)

    def test_reads_anew_after_a_callback_that_raises(self):
        snapshots = []

        def book(made, receipt_timestamp):
            if made.delta is None:
                snapshots.append(made)
                if len(snapshots) == 2:
                    feed.stop()
            elif len(snapshots) == 1:
                raise ValueError("a mistake of the user's")

        feed = Feed(symbols=["BTC-USDC"], channels=[L2_BOOK], instance=self.engine.instance, callbacks={L2_BOOK: book})
        with self.assertLogs("daypack", "ERROR"):
            daypack.run(feed, duration=20)
        self.assertEqual(len(snapshots), 2)

    def test_runs_each_of_several_feeds_until_it_was_stopped(self):
        calls = {"BTC-USDC": 0, "ETH-USDC": 0}

        def feed_of(symbol, most):
            def book(made, receipt_timestamp):
                calls[symbol] += 1
                if calls[symbol] == most:
                    feed.stop()
            feed = Feed(symbols=[symbol], channels=[L2_BOOK], instance=self.engine.instance, callbacks={L2_BOOK: book})
            return feed

        daypack.run(feed_of("BTC-USDC", 3), feed_of("ETH-USDC", 100), duration=20)
        self.assertEqual(calls, {"BTC-USDC": 3, "ETH-USDC": 100})

    def test_ends_though_a_callback_does_not_return(self):
        begun = []

        async def for_ever(book, receipt_timestamp):
            begun.append(book)
            await asyncio.Event().wait()

        with self.assertLogs("daypack", "WARNING") as log:
            daypack.run(Feed(symbols=["BTC-USDC"], channels=[L2_BOOK], callbacks={L2_BOOK: for_ever},
                             instance=self.engine.instance), duration=1.0)
        self.assertEqual(len(begun), 1)
        self.assertIn("has not returned within", log.output[-1])

    def test_leaves_engine_and_folder_to_the_process_that_was_forked(self):
        supervisor = _engine.Supervisor("python-forked", PROGRAM, logging.getLogger("daypack"))
        with tempfile.TemporaryDirectory() as folder:
            supervisor._folder = pathlib.Path(folder) / "own"
            supervisor._folder.mkdir()
            supervisor.serve(self)
            self.addCleanup(supervisor.leave, self)
            child = os.fork()
            if child == 0:
                _engine._end_all()
                os._exit(len(_engine._supervisors))
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
            self.assertTrue(supervisor._folder.is_dir())
            supervisor.leave(self)
            self.assertIsNone(supervisor._folder)

    def test_prints_a_book_with_an_empty_side(self):
        book = _types.OrderBook("BACKPACK", "BTC-USDC", bids={Decimal("1.5"): Decimal(2)})
        book.sequence_number = 7
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            printer(book, 1.0)
        self.assertEqual(printed.getvalue(), "1.000000 BTC-USDC OrderBook 2 x 1.5 | - u=7\n")

    def test_says_that_the_program_is_missing(self):
        done = subprocess.run([sys.executable, "-m", "daypack.feed", "seed.yaml"], capture_output=True, text=True, check=False,
                              env={**os.environ, "DAYPACK_PROGRAM": "no-such-program"})
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "^the program no-such-program was not found: install it")

    def test_refuses_one_name_where_a_list_is_meant(self):
        with self.assertRaisesRegex(ValueError, "symbols is a list"):
            Feed(symbols="BTC-USDC", channels=[L2_BOOK])

    def test_refuses_what_there_is_not(self):
        with self.assertRaisesRegex(ValueError, "engine is None, or 'auto'"):
            Feed(symbols=["BTC-USDC"], channels=[L2_BOOK], engine="always")
        with self.assertRaisesRegex(ValueError, "CANDLES is not delivered here; there are L2_BOOK"):
            Feed(symbols=["BTC-USDC"], channels=["CANDLES"])
        with self.assertRaisesRegex(ValueError, "TRANSACTIONS is not delivered here; there are L2_BOOK"):
            Feed(symbols=["BTC-USDC"], channels=["TRANSACTIONS"])

    def test_hides_levels_beyond_max_depth(self):
        levels = {Decimal(price): Decimal(1) for price in range(1, 9)}
        side = _types.Side(True, levels, 3)
        self.assertEqual(side.keys(), (8, 7, 6))
        self.assertEqual((len(side), side.index(-1)), (3, (6, 1)))
        with self.assertRaises(IndexError):
            side.index(3)
        del side[Decimal(7)]
        self.assertEqual(list(side), [8, 6, 5])
        with self.assertRaises(KeyError):
            del side[Decimal(7)]

    def test_keeps_a_side_in_order_however_it_changes(self):
        draw = random.Random(7)
        for descending in (False, True):
            model = {}
            side = _types.Side(descending, model)
            for turn in range(5000):
                price = Decimal(draw.randrange(200))
                gone = price in model and draw.random() < 0.5
                size = Decimal(0 if gone else turn + 1)
                if draw.random() < 0.5:
                    side.apply([(price, size)])  # as an update does
                elif gone:
                    del side[price]
                else:
                    side[price] = size
                if gone:
                    del model[price]
                else:
                    model[price] = size
                if draw.random() < 0.02:
                    self.assertEqual(side.items(), sorted(model.items(), reverse=descending))

    @unittest.skipUnless(KNOWS_CHECK, "this program has no run --check")
    def test_runs_the_seeds_configuration_by_an_engine_of_its_own(self):
        instance = f"python-seed-{os.getpid()}"
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "seed.yaml"
            path.write_text(SEED, encoding="utf-8")
            self.assertEqual(settings_of(path, PROGRAM)["channels"], ["TRADES", "L2_BOOK"])
            urls = f"--rest-url http://127.0.0.1:{self.exchange.port} --ws-url ws://127.0.0.1:{self.exchange.port}"
            child = subprocess.Popen([sys.executable, "-m", "daypack.feed", str(path), "--instance", instance,
                                      "--program", PROGRAM, f"--engine-arguments={urls}"],
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.addCleanup(child.kill)
            seen = set()
            while len(seen) < 4:
                line = child.stdout.readline()
                self.assertTrue(line, "it ended")
                seen.add(tuple(line.split()[1:3]))
            child.send_signal(signal.SIGTERM)
            child.communicate(timeout=15)
            self.assertEqual(child.returncode, 0)
            self.assertEqual(seen, {(symbol, kind) for symbol in ("BTC-USDC", "ETH-USDC") for kind in ("OrderBook", "Trade")})
            wait_until(lambda: not self.runs(instance), what="the end of the engine")
            path.write_text(SEED.replace("snapshot_interval", "snapshot_intervall"), encoding="utf-8")
            done = subprocess.run([sys.executable, "-m", "daypack.feed", str(path), "--program", PROGRAM],
                                  capture_output=True, text=True, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertRegex(done.stderr, "seed.yaml:7.*snapshot_interval")
        remove(instance)

    @staticmethod
    def runs(instance):
        from daypack._engine import engine_runs
        return engine_runs(instance)


class TheLoop(unittest.TestCase):
    def test_is_not_needed_to_make_a_feed(self):
        Feed(symbols=["BTC-USDC"], channels=[L2_BOOK], instance="none")
        with self.assertRaises(RuntimeError):
            asyncio.get_running_loop()


if __name__ == "__main__":
    unittest.main()
