# SPDX-License-Identifier: MIT
"""The reader of an installed package, over a live engine: what it shows is what the exchange has."""
import asyncio
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from decimal import Decimal

import daypack
from live import Engine, Exchange, remove, wait_until

try:
    import numpy
except ImportError:
    numpy = None


EXAMPLES = pathlib.Path(__file__).parent.parent.parent / "tools" / "python" / "examples"


class AReader(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.exchange = Exchange(("BTC_USDC", "SOL_USDC_PERP"), 200)
        cls.engine = Engine(cls.exchange, ("BTC-USDC", "SOL-USDC-PERP"))
        cls.engine.wait_live(daypack.Reader)
        cls.engine.wait_live(daypack.Reader, "SOL-USDC-PERP")

    @classmethod
    def tearDownClass(cls):
        cls.engine.stop()
        cls.exchange.stop()
        remove(cls.engine.instance)

    def setUp(self):
        self.reader = daypack.Reader(self.engine.instance)

    def tearDown(self):
        self.reader.close()

    def test_lists_the_symbols_by_both_names(self):
        self.assertEqual(sorted(self.reader.symbols()), ["BTC-USDC", "SOL-USDC-PERP"])
        self.assertEqual(self.reader.native("SOL-USDC-PERP"), "SOL_USDC_PERP")
        self.assertEqual(self.reader.native("BTC_USDC"), "BTC_USDC")

    def test_says_what_to_do_where_it_cannot_read(self):
        with self.assertRaisesRegex(daypack.DaypackError, "is the engine running") as caught:
            daypack.Reader("no-such-instance")
        self.assertEqual(caught.exception.result, -2)
        with self.assertRaisesRegex(KeyError, "DOGE-USDC is not listed"):
            self.reader.top("DOGE-USDC")
        with self.assertRaisesRegex(ValueError, "no user of this machine"):
            daypack.Reader(self.engine.instance, owner="nobody-of-that-name")

    def test_takes_the_instance_of_the_environment(self):
        os.environ["DAYPACK_INSTANCE"] = self.engine.instance
        try:
            self.assertIn("BTC-USDC", daypack.Reader().symbols())
        finally:
            del os.environ["DAYPACK_INSTANCE"]

    def test_shows_books_that_equal_the_exchanges(self):
        for _ in range(50):
            book = wait_until(self.live_book, what="a book that is LIVE")
            truth = self.exchange.truth("BTC_USDC", book.u)
            self.assertEqual((dict(book.bids), dict(book.asks)), truth)
            self.assertEqual(list(truth[0]), [price for price, _ in book.bids], "best first")
            self.assertEqual(book.bids[0], (book.bid_price, book.bid_quantity))
            self.assertEqual(book.asks[0], (book.ask_price, book.ask_quantity))
            self.assertIs(type(book.bids[0][0]), Decimal)
            time.sleep(0.002)

    def live_book(self):
        book = self.reader.book("BTC-USDC")
        return book if book.live else None

    def test_shows_as_many_levels_as_were_asked_for(self):
        book = self.reader.book("BTC-USDC", 3)
        self.assertEqual((len(book.bids), len(book.asks)), (3, 3))

    def test_shows_the_same_numbers_as_decimals_floats_and_mantissas(self):
        top = self.reader.top("SOL-USDC-PERP")
        price, quantity = top.exponents
        self.assertEqual(top.bid_price, Decimal(top.mantissas[0]).scaleb(price))
        self.assertEqual(top.ask_quantity, Decimal(top.mantissas[3]).scaleb(quantity))
        self.assertEqual((top.bid, top.ask), (float(top.bid_price), float(top.ask_price)))
        self.assertLess(top.bid, top.ask)
        self.assertIn("LIVE", repr(top))
        self.assertAlmostEqual(top.publish_ns / 1e9, time.time(), delta=5)

    def test_shows_levels_without_a_copy(self):
        book = self.reader.book("BTC-USDC")
        view = book.bid_levels
        self.assertEqual((view.format, view.shape, view.readonly), ("q", (len(book.bids), 2), True))
        self.assertEqual(view[0, 0], book.mantissas[0])
        bids = [(Decimal(p).scaleb(book.exponents[0]), Decimal(q).scaleb(book.exponents[1])) for p, q in view.tolist()]
        self.assertEqual(bids, book.bids)
        del book
        self.assertEqual(len(view.tolist()), len(bids), "a view keeps its book")

    @unittest.skipIf(numpy is None, "numpy is not installed")
    def test_shows_levels_to_numpy_without_a_copy(self):
        book = self.reader.book("BTC-USDC")
        bids, asks = book.numpy()
        self.assertFalse(bids.flags.owndata)
        self.assertEqual(bids.tolist(), book.bid_levels.tolist())
        self.assertEqual(asks.shape, (len(book.asks), 2))

    def test_gives_every_event_in_order(self):
        events = self.reader.events()
        ids = []
        for event in events:
            if event.kind == "DELTA" and event.symbol == "BTC-USDC" and event.last:
                ids.append((event.first_id, event.last_id))
            if len(ids) == 100:
                break
        self.assertTrue(all(after[0] == before[1] + 1 for before, after in zip(ids, ids[1:])), ids)
        self.assertEqual(events.lost, 0)

    def test_gives_events_to_an_event_loop(self):
        async def read():
            seen = set()
            async for event in self.reader.events():
                seen.add(event.symbol)
                if len(seen) == 2:
                    return seen

        seen = asyncio.run(asyncio.wait_for(read(), 20))
        self.assertEqual(seen, {"BTC-USDC", "SOL-USDC-PERP"})

    def test_lets_other_threads_run_while_it_waits(self):
        turns, done = 0, threading.Event()

        def wait_for_ever():
            while not done.is_set():
                self.reader.wait(2**63, 0.1)

        thread = threading.Thread(target=wait_for_ever)
        thread.start()
        end = time.monotonic() + 0.3
        while time.monotonic() < end:
            turns += 1
        refused = wait_until(self.refused_meanwhile, what="a refusal")
        done.set()
        thread.join()
        self.assertTrue(refused)
        self.assertGreater(turns, 100)

    def refused_meanwhile(self):
        try:
            self.reader.top("BTC-USDC")
            return False
        except RuntimeError:
            return True

    def test_serves_the_examples(self):
        def run(name, *arguments):
            done = subprocess.run([sys.executable, str(EXAMPLES / name), "--instance", self.engine.instance, "--seconds", "0.5",
                                   *arguments], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            return done.stdout

        self.assertRegex(run("imbalance.py", "BTC-USDC"), r"BTC-USDC .*\[#* *\]|BTC-USDC +STALE")
        if importlib.util.find_spec("matplotlib") is None:
            return
        with tempfile.TemporaryDirectory() as folder:
            picture = pathlib.Path(folder) / "depth.png"
            run("depth_picture.py", "BTC-USDC", str(picture))
            self.assertEqual(picture.read_bytes()[1:4], b"PNG")

    def test_reads_on_through_whatever_is_of_other_symbols(self):
        book = self.reader.follow("DOGE-USDC")  # which is not listed
        self.addCleanup(book.close)
        begin = self.reader.cursor()
        wait_until(lambda: self.reader.cursor() > begin + 2500, 30, "2,500 records of others")
        end = self.reader.cursor()
        self.assertFalse(book.poll())
        self.assertGreaterEqual(book._stream.cursor, end)

    def test_follows_a_whole_book_that_equals_the_exchanges(self):
        book = self.reader.follow("BTC-USDC")
        compared = 0
        end = time.monotonic() + 15
        while compared < 50 and time.monotonic() < end:
            book.wait(0.05)
            if not book.poll() or not book.live:
                continue
            truth = self.exchange.truth("BTC_USDC", book.u)
            if truth is not None:
                self.assertEqual(book.levels(), truth)
                compared += 1
        self.assertEqual(compared, 50)
        self.assertTrue(book.whole)
        book.close()


class AReaderAcrossLives(unittest.TestCase):
    def test_sees_the_end_of_an_engine_and_the_next_one(self):
        exchange = Exchange()
        engine = Engine(exchange)
        try:
            engine.wait_live(daypack.Reader)
            reader = daypack.Reader(engine.instance)
            engine.stop(9)
            wait_until(lambda: not reader.top("BTC-USDC").live, 1, "the end")
            self.assertEqual(reader.top("BTC-USDC").state, "DOWN")
            self.assertFalse(reader.alive())
            engine = Engine(exchange, instance=engine.instance, depth=32)
            wait_until(lambda: reader.top("BTC-USDC").live, what="the next engine")
            self.assertEqual(reader.depth, 32, "of another layout, so of another segment")
            reader.close()
            with self.assertRaisesRegex(ValueError, "closed"):
                reader.top("BTC-USDC")
        finally:
            engine.stop()
            exchange.stop()
            remove(engine.instance)


    def test_shows_the_symbol_that_was_asked_for_in_a_segment_of_another_order(self):
        exchange = Exchange(("BTC_USDC", "ETH_USDC"))
        engine = Engine(exchange, ("BTC-USDC", "ETH-USDC"))
        try:
            engine.wait_live(daypack.Reader)
            engine.wait_live(daypack.Reader, "ETH-USDC")
            readers = [daypack.Reader(engine.instance) for _ in range(2)]
            order = readers[0].symbols()
            btc = readers[0].top("BTC-USDC").bid
            engine.stop(9)
            remove(engine.instance)
            engine = Engine(exchange, order[::-1], instance=engine.instance)
            engine.wait_live(daypack.Reader)
            engine.wait_live(daypack.Reader, "ETH-USDC")
            with daypack.Reader(engine.instance) as another:
                self.assertEqual(another.symbols(), order[::-1])
            self.assertLess(abs(readers[0].top("BTC-USDC").bid / btc - 1), 0.5)
            self.assertLess(abs(readers[1].book("BTC-USDC", 1).bid / btc - 1), 0.5)
            for reader in readers:
                reader.close()
        finally:
            engine.stop()
            exchange.stop()
            remove(engine.instance)


class AShallowEngineWithImages(unittest.TestCase):
    def test_says_where_an_image_is_cut(self):
        exchange = Exchange(("BTC_USDC",), 200, "--levels", "150")
        engine = Engine(exchange, depth=8, more="    snapshot_interval: 1\n", engine="  image_levels: 64\n")
        try:
            engine.wait_live(daypack.Reader)
            with daypack.Reader(engine.instance) as reader:
                book = reader.follow("BTC-USDC")
                self.addCleanup(book.close)

                def is_of_image():
                    book.wait(0.05)
                    return book.poll() and len(book.levels()[0]) > 16

                wait_until(is_of_image, what="an image")
                self.assertFalse(book.whole, "the book is deeper than its image")
                self.assertEqual(book._stream.missing(), ([], []), "and no wholer one is looked for")
        finally:
            engine.stop()
            exchange.stop()
            remove(engine.instance)

    def test_is_followed_in_whole(self):
        exchange = Exchange()
        engine = Engine(exchange, depth=8, more="    snapshot_interval: 1\n", engine="  image_levels: 16384\n")
        try:
            engine.wait_live(daypack.Reader)
            reader = daypack.Reader(engine.instance)
            book = reader.follow("BTC-USDC")
            compared, most = 0, 0
            end = time.monotonic() + 15
            while compared < 30 and time.monotonic() < end:
                book.wait(0.05)
                if not book.poll() or not book.live or not book.whole:
                    continue
                truth = exchange.truth("BTC_USDC", book.u)
                if truth is not None:
                    self.assertEqual(book.levels(), truth)
                    most = max(most, len(truth[0]))
                    compared += 1
            self.assertEqual(compared, 30)
            self.assertGreater(most, 8)
            book.close()
            reader.close()
        finally:
            engine.stop()
            exchange.stop()
            remove(engine.instance)


if __name__ == "__main__":
    unittest.main()
