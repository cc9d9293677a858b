# SPDX-License-Identifier: MIT
"""CcxtBackpackFeed over a calm engine: what it accepts, what it delivers, what it leaves behind."""
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest.mock
from decimal import Decimal

from feed_support import (Books, CcxtBackpackFeed, IS_REAL, L2_BOOK, LogLines, TRADES, Trades, check, check_fields,
                          cryptofeed, daypack, held, run_until)
from cryptofeed import defines, types
from cryptofeed.callback import BookCallback, TradeCallback
from cryptofeed.exceptions import UnsupportedDataFeed, UnsupportedSymbol
from cryptofeed.exchanges import EXCHANGE_MAP
from cryptofeed.symbols import Symbol, Symbols
from daypack._link import Link
from live import Engine, Exchange, remove

PERP = "SOL-USDC-PERP"
ALL = ("TRADES", "L2_BOOK", "L1_BOOK", "TICKER", "FUNDING", "INDEX", "LIQUIDATIONS", "OPEN_INTEREST")


class Backend:
    """As Cryptofeed's: started with the feed, fed by a queue, stopped with it."""

    def __init__(self):
        self.started = self.stopped = None
        self.rows = []

    def start(self, loop, multiprocess=False):
        self.started = (loop, multiprocess)
        self.queue = asyncio.Queue()

    async def __call__(self, made, receipt_timestamp):
        await self.queue.put(made.to_dict(delta=made.delta is not None, numeric_type=float))
        self.rows.append(self.queue.get_nowait())

    async def stop(self):
        self.stopped = True


class Endless:
    """A ring that is never read to its end."""
    cursor = lost = 0
    has_news = True

    def read(self, most):
        self.cursor += most
        return most * [("trade",)]

    def missing(self):
        return [], []

    def fresh(self):
        return True


class AFeed(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.exchange = Exchange(("BTC_USDC", "SOL_USDC_PERP"), 300, "--max-frames", "0")
        cls.engine = Engine(cls.exchange, ("BTC-USDC", PERP), channels=ALL)
        os.environ["DAYPACK_INSTANCE"] = cls.engine.instance
        cls.engine.wait_live(daypack.Reader)
        cls.engine.wait_live(daypack.Reader, PERP)

    @classmethod
    def tearDownClass(cls):
        del os.environ["DAYPACK_INSTANCE"]
        cls.engine.stop()
        cls.exchange.stop()
        remove(cls.engine.instance)

    def setUp(self):
        Symbols.clear()

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)

    def truth(self, u):
        return self.exchange.truth("BTC_USDC", u)

    # ---- what it delivers

    async def test_delivers_whole_books_whose_deltas_lead_from_one_to_the_next(self):
        books = Books(self.truth)
        feed = CcxtBackpackFeed(symbols=["BTC-USDC"], channels=[L2_BOOK], callbacks={L2_BOOK: books})
        await run_until(lambda: books.calls > 600 or books.errors, feed)
        self.assertEqual(books.errors, [])
        self.assertEqual(books.snapshots, 1)
        self.assertGreater(books.compared, 10)
        self.assertGreater(books.deletes, 10)
        self.assertIs(feed._l2_book["BTC-USDC"], books.objects[-1])
        self.assertEqual(feed.lost, 0)

    async def test_delivers_each_trade_once_as_rest_has_it(self):
        trades = Trades()

        async def slow(trade, receipt_timestamp):
            await trades(trade, receipt_timestamp)
            time.sleep(0.05)  # so that several are read at once

        feed = CcxtBackpackFeed(symbols=["BTC-USDC"], channels=[TRADES], callbacks={TRADES: slow})
        await run_until(lambda: len(trades.seen) > 20 or trades.errors, feed)
        self.assertEqual(trades.errors, [])
        ids = [int(trade.id) for trade in trades.seen]
        self.assertEqual(ids, list(range(ids[0], ids[0] + len(ids))))
        rest = self.exchange.trades("BTC_USDC")
        for trade in trades.seen:
            told = rest[trade.id]
            self.assertEqual(trade.price, Decimal(told["price"]))
            self.assertEqual(trade.amount, Decimal(told["quantity"]))
            self.assertEqual(trade.side, defines.SELL if told["isBuyerMaker"] else defines.BUY)
            self.assertAlmostEqual(trade.timestamp, told["timestamp"] / 1000, delta=0.0011)
            self.assertNotEqual(trade.price, trade.amount)

    async def test_tells_the_time_of_receipt_of_the_engine_not_of_the_callback(self):
        late = []

        async def slow(trade, receipt_timestamp):
            late.append(time.time() - receipt_timestamp)
            await asyncio.sleep(0.3)

        feed = CcxtBackpackFeed(symbols=["BTC-USDC"], channels=[TRADES], callbacks={TRADES: slow})
        await run_until(lambda: len(late) > 3, feed)
        self.assertGreater(max(late), 0.1)

    async def test_delivers_the_other_channels(self):
        seen = {}

        def keep(channel):
            async def callback(made, receipt_timestamp):
                check(type(receipt_timestamp) is float and made.exchange == "BACKPACK", channel)
                check_fields(made)
                seen.setdefault(channel, []).append(made)
            return callback

        channels = [defines.TICKER, defines.L1_BOOK, defines.FUNDING, defines.INDEX, defines.OPEN_INTEREST,
                    defines.LIQUIDATIONS]
        callbacks = {channel: keep(channel) for channel in channels}
        feed = CcxtBackpackFeed(symbols=[PERP], channels=channels, callbacks=callbacks)
        await run_until(lambda: all(channel in seen for channel in channels[:4]), feed)
        ticker, l1 = seen[defines.TICKER][0], seen[defines.L1_BOOK][0]
        self.assertIs(type(ticker), types.Ticker)
        self.assertLess(ticker.bid, ticker.ask)
        self.assertEqual((l1.bid_price, l1.ask_price), (ticker.bid, ticker.ask))
        funding = seen[defines.FUNDING][-1]
        self.assertGreater(funding.mark_price, 1)
        self.assertLess(abs(funding.rate), 1)
        self.assertGreater(funding.next_funding_time, time.time() - 86400)
        self.assertLess(funding.next_funding_time, time.time() + 86400)
        self.assertGreater(seen[defines.INDEX][0].price, 1)

    async def test_needs_no_callback_for_a_channel(self):
        books = Books()
        feed = CcxtBackpackFeed(symbols=[PERP], channels=[defines.L1_BOOK, L2_BOOK, TRADES], callbacks={L2_BOOK: books})
        await run_until(lambda: books.calls > 30 or books.errors, feed)
        self.assertEqual((books.errors, books.snapshots), ([], 1))

    async def test_shows_prefixes_with_max_depth(self):
        books = Books(self.truth, levels=5, least=5)
        feed = CcxtBackpackFeed(symbols=["BTC-USDC"], channels=[L2_BOOK], callbacks={L2_BOOK: books}, max_depth=5)
        await run_until(lambda: books.calls > 200 or books.errors, feed)
        self.assertEqual((books.errors, books.snapshots), ([], 1))
        self.assertEqual({len(side) for side in books.objects[-1].book.to_dict().values()}, {5})
        self.assertGreater(books.compared, 3)

    async def test_asks_nothing_of_the_network(self):
        asked = []
        sys.addaudithook(lambda event, arguments: asked.append(event) if event in ("socket.connect", "socket.getaddrinfo") and
                         watches else None)
        watches = True
        books = Books()
        feed = CcxtBackpackFeed(symbols=["BTC-USDC"], channels=[L2_BOOK, TRADES], callbacks={L2_BOOK: books})
        await run_until(lambda: books.calls > 20, feed)
        CcxtBackpackFeed.info()
        watches = False
        self.assertEqual(asked, [])

    # ---- what it accepts

    async def test_takes_both_forms_of_subscription_and_symbol_objects(self):
        books, trades = Books(), Trades()
        callbacks = {L2_BOOK: books, TRADES: trades}
        feed = CcxtBackpackFeed(subscription={L2_BOOK: ["BTC-USDC"], TRADES: [PERP]}, callbacks=callbacks)
        await run_until(lambda: books.calls > 5 and trades.seen, feed)
        self.assertEqual({trade.symbol for trade in trades.seen}, {PERP})
        symbol = Symbol("SOL", "USDC", type=defines.PERPETUAL)
        books = Books()
        feed = CcxtBackpackFeed(symbols=[symbol], channels=[L2_BOOK], callbacks={L2_BOOK: books})
        self.assertEqual(feed._feed_config, {L2_BOOK: [PERP]})
        await run_until(lambda: books.calls > 5, feed)
        self.assertEqual(books.objects[0].symbol, PERP)
        with self.assertRaises(ValueError):
            CcxtBackpackFeed(symbols=["BTC-USDC"], subscription={L2_BOOK: ["BTC-USDC"]})

    async def test_refuses_what_there_is_not(self):
        with self.assertRaisesRegex(UnsupportedSymbol, "did you mean BTC-USDC"):
            CcxtBackpackFeed(symbols=["BTC-USDT"], channels=[TRADES])
        with self.assertRaises(UnsupportedDataFeed):
            CcxtBackpackFeed(symbols=["BTC-USDC"], channels=[defines.CANDLES])
        with self.assertRaisesRegex(TypeError, "did you mean 'snapshot_interval'"):
            CcxtBackpackFeed(symbols=["BTC-USDC"], channels=[TRADES], snapshot_intervall=3)
        with self.assertRaisesRegex(ValueError, "auto"):
            CcxtBackpackFeed(symbols=["BTC-USDC"], channels=[TRADES], engine="always")

    async def test_takes_the_arguments_of_the_seed(self):
        feed = CcxtBackpackFeed(symbols=["BTC-USDC"], channels=[TRADES], snapshot_interval=30, websocket=True,
                                rest_only=False, api_key="k", api_secret="s", instance=self.engine.instance, retries=3,
                                timeout=60, cross_check=True)
        self.assertEqual((feed.retries, feed.timeout, feed.cross_check), (3, 60, True))

    async def test_skips_an_unknown_symbol_where_the_configuration_says_so(self):
        books = Books()
        config = {"ignore_invalid_instruments": True, **({} if not IS_REAL else {"log": {"disabled": True}})}
        feed = CcxtBackpackFeed(symbols=["BTC-USDT", "BTC-USDC"], channels=[L2_BOOK], callbacks={L2_BOOK: books},
                                config=cryptofeed.FeedHandler(config=config).config)
        await run_until(lambda: books.calls > 5, feed)
        self.assertEqual(books.objects[0].symbol, "BTC-USDC")

    async def test_knows_the_configuration_that_cryptofeed_finds_by_itself(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write('{"ignore_invalid_instruments": true}')
            file.flush()
            with unittest.mock.patch.dict(os.environ, CRYPTOFEED_CONFIG=file.name):
                CcxtBackpackFeed(symbols=["BTC-USDT", "BTC-USDC"], channels=[L2_BOOK])

    async def test_lists_symbols_and_channels(self):
        self.assertEqual(sorted(CcxtBackpackFeed.symbols()), ["BTC-USDC", PERP])
        self.assertEqual(CcxtBackpackFeed.symbol_mapping(refresh=True)[PERP], "SOL_USDC_PERP")
        info = CcxtBackpackFeed.info()
        self.assertEqual(info["instrument_type"][PERP], defines.PERPETUAL)
        self.assertIn(L2_BOOK, info["channels"]["websocket"])
        self.assertEqual(info["channels"]["rest"], [])

    async def test_is_known_by_name_and_by_the_other_spelling(self):
        from daypack.cryptofeed import Ccxt_Backpack_Feed
        self.assertIs(Ccxt_Backpack_Feed, CcxtBackpackFeed)
        self.assertIs(EXCHANGE_MAP["BACKPACK"], CcxtBackpackFeed)
        books = Books()
        fh = cryptofeed.FeedHandler(config={"log": {"disabled": True}})
        fh.add_feed("BACKPACK", symbols=["BTC-USDC"], channels=[L2_BOOK], callbacks={L2_BOOK: books})
        await run_until(lambda: books.calls > 5, handler=fh)

    async def test_two_instances_in_one_process_know_their_own_symbols(self):
        Symbols.set("BACKPACK", {"ETH-USDC": "ETH_USDC"}, {"instrument_type": {}})
        feed = CcxtBackpackFeed(symbols=["BTC-USDC"], channels=[TRADES])
        self.assertEqual(feed.subscription, {"trade": ["BTC_USDC"]})
        self.assertEqual(Symbols.get("BACKPACK")[0]["ETH-USDC"], "ETH_USDC")

    # ---- callbacks of all kinds

    async def test_starts_feeds_and_stops_backends(self):
        backend, trades = Backend(), Trades()
        callbacks = {L2_BOOK: [Books(), backend], TRADES: TradeCallback(trades.__call__)}
        feed = CcxtBackpackFeed(symbols=["BTC-USDC"], channels=[L2_BOOK, TRADES], callbacks=callbacks)
        await run_until(lambda: len(backend.rows) > 20 and trades.seen, feed)
        self.assertEqual(backend.started, (asyncio.get_running_loop(), False))
        self.assertTrue(backend.stopped)
        self.assertIsNone(backend.rows[0]["delta"])
        self.assertNotIn("book", backend.rows[1])

    async def test_calls_a_plain_function_in_a_wrapper(self):
        seen = []
        feed = CcxtBackpackFeed(symbols=["BTC-USDC"], channels=[L2_BOOK],
                                callbacks={L2_BOOK: BookCallback(lambda *arguments: seen.append(arguments))})
        await run_until(lambda: len(seen) > 5, feed)

    async def test_serves_nbbo(self):
        seen = []

        async def nbbo(symbol, bid, bid_size, ask, ask_size, bid_feed, ask_feed):
            seen.append((symbol, bid, ask))

        fh = cryptofeed.FeedHandler(config={"log": {"disabled": True}})
        fh.add_nbbo([CcxtBackpackFeed], ["BTC-USDC"], nbbo)
        await run_until(lambda: len(seen) > 5, handler=fh)
        self.assertTrue(all(bid < ask for _, bid, ask in seen))

    async def test_is_added_while_others_run(self):
        first, second = Books(), Books()
        fh = cryptofeed.FeedHandler(config={"log": {"disabled": True}})
        fh.add_feed(CcxtBackpackFeed(symbols=["BTC-USDC"], channels=[L2_BOOK], callbacks={L2_BOOK: first}))

        async def add(fh):
            feed = CcxtBackpackFeed(symbols=[PERP], channels=[L2_BOOK], callbacks={L2_BOOK: second})
            fh.add_feed(feed, loop=asyncio.get_running_loop())
            while second.calls < 5:
                await asyncio.sleep(0.01)

        await asyncio.wait_for(run_until(lambda: first.calls > 5, handler=fh, then=add), 20)

    async def test_lives_through_a_callback_that_raises(self):
        books = Books()
        fails = [ValueError("a mistake of the user's")]

        async def callback(book, receipt_timestamp):
            await books(book, receipt_timestamp)
            if books.calls == 20 and fails:
                raise fails.pop()

        with LogLines() as log:
            feed = CcxtBackpackFeed(symbols=["BTC-USDC"], channels=[L2_BOOK], callbacks={L2_BOOK: callback})
            await run_until(lambda: books.calls > 60 or books.errors, feed)
        self.assertEqual((books.errors, books.snapshots), ([], 2))
        self.assertTrue(any(level == "ERROR" for level, _ in log.lines))

    # ---- life

    async def test_leaves_nothing_behind(self):
        async def once():
            books = Books()
            feed = CcxtBackpackFeed(symbols=["BTC-USDC"], channels=[L2_BOOK], callbacks={L2_BOOK: books})
            await run_until(lambda: books.calls > 2, feed)
            self.assertFalse(feed.connection_handlers[0].conn.is_open)

        await once()
        before = held()
        for _ in range(3):
            await once()
        self.assertEqual(held(), before)

    async def test_gives_the_loop_its_turn_however_much_there_is_to_read(self):
        turns = []

        async def other():
            while True:
                turns.append(batches)
                await asyncio.sleep(0)

        batches = 0
        task = asyncio.create_task(other())
        link = Link([], instance="none", owner=None, log=None, name="", interval=0)
        link._loop, link._stream = asyncio.get_running_loop(), Endless()
        async for _ in link.batches():
            batches += 1
            if batches == 50:
                break
        task.cancel()
        self.assertGreaterEqual(len(turns), 40)

    async def test_gives_the_loop_its_turn_however_slow_callbacks_are(self):
        sizes = []
        link = Link([], instance="none", owner=None, log=None, name="", interval=0)
        link._loop, link._stream = asyncio.get_running_loop(), Endless()
        async for items in link.batches():
            sizes.append(len(items))
            time.sleep(0.006 if len(sizes) < 12 else 0)  # as callbacks that take long, and then no more
            if len(sizes) == 24:
                break
        self.assertEqual((sizes[0], min(sizes), sizes[-1]), (2000, 32, 2000))

    async def test_does_not_take_a_quiet_market_for_a_dead_one(self):
        exchange = Exchange(("BTC_USDC",), 200, "--max-frames", "20")
        engine = Engine(exchange)
        try:
            engine.wait_live(daypack.Reader)
            books = Books()
            started, spent = time.monotonic(), time.process_time()
            with LogLines() as log:
                feed = CcxtBackpackFeed(symbols=["BTC-USDC"], channels=[L2_BOOK], callbacks={L2_BOOK: books}, timeout=2,
                                        timeout_interval=0.1, instance=engine.instance)
                await run_until(lambda: time.monotonic() - started > 3, feed)
            self.assertEqual(log.having("within timeout"), [])
            self.assertLess(time.process_time() - spent, 0.3, "of 3 s")
            self.assertEqual(books.snapshots, 1)
        finally:
            engine.stop()
            exchange.stop()
            remove(engine.instance)

    def test_ends_cleanly_by_a_signal(self):
        text = ("import sys; sys.path[:0] = sys.argv[1:]\n"
                "from feed_support import *\n"
                "async def book(b, t): print(b.sequence_number, flush=True)\n"
                "fh = cryptofeed.FeedHandler(config=UVLOOP)\n"
                "fh.add_feed(CcxtBackpackFeed(symbols=['BTC-USDC'], channels=[L2_BOOK], callbacks={L2_BOOK: book}))\n"
                "fh.run()\n")
        try:
            import uvloop  # noqa: F401
            loops = (False, uvloop is not None)
        except ImportError:
            loops = (False,)
        for uses_uvloop in loops:
            config = {"log": {"disabled": True}, "uvloop": uses_uvloop}
            child = subprocess.Popen([sys.executable, "-W", "error", "-c", text.replace("UVLOOP", repr(config)),
                                      os.path.dirname(__file__) or "."], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            child.stdout.readline()
            child.send_signal(signal.SIGTERM)
            _, errors = child.communicate(timeout=10)
            self.assertEqual((child.returncode, errors.decode()), (0, ""))


if __name__ == "__main__":
    unittest.main()
