# SPDX-License-Identifier: MIT
"""Orders, fills, balances and positions of an account, as an engine tells them: what the exchange holds, each fill once."""
import asyncio
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest
from decimal import Decimal

from feed_support import CcxtBackpackFeed, L2_BOOK, check, daypack, held, run_until
from cryptofeed import defines, types
from cryptofeed.exceptions import UnsupportedDataFeed
from daypack import _types
from daypack._private import object_of
from live import Engine, Exchange, PROGRAM, remove, wait_until

SYMBOLS = ["BTC-USDC", "SOL-USDC-PERP"]
CHANNELS = {defines.ORDER_INFO: types.OrderInfo, defines.FILLS: types.Fill, defines.BALANCES: types.Balance,
            defines.POSITIONS: types.Position}
FOLLOWS_ACCOUNTS = subprocess.run([PROGRAM, "account", "state", "--help"], capture_output=True, check=False).returncode == 0
OPEN = (defines.OPEN, defines.PARTIAL, defines.PENDING)


class Seen:
    """What a program would keep of an account."""

    def __init__(self):
        self.calls = {channel: 0 for channel in CHANNELS}
        self.orders, self.fills, self.balances, self.positions = {}, [], {}, {}

    def callback(self, channel):
        async def callback(made, receipt_timestamp):
            check(type(made) is CHANNELS[channel] and made.exchange == "BACKPACK", f"{made!r}")
            check(type(receipt_timestamp) is float and abs(receipt_timestamp - time.time()) < 60, "seconds")
            self.calls[channel] += 1
            if channel == defines.ORDER_INFO:
                self.orders[made.id] = made
            elif channel == defines.FILLS:
                self.fills.append(made)
            elif channel == defines.BALANCES:
                self.balances[made.currency] = (made.balance, made.reserved)
            else:
                self.positions[made.symbol] = (made.position, made.side)
        return callback


@unittest.skipUnless(FOLLOWS_ACCOUNTS, "this program follows no accounts")
class AnAccount(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.exchange = Exchange(("BTC_USDC", "SOL_USDC_PERP"), 50, "--levels", "150", "--accounts", "1", "--account-rate",
                                 "30", "--history-lag", "0", "--keys-out", self.folder.name)
        self.engine = self.begin(None)

    def begin(self, instance):
        return Engine(self.exchange, SYMBOLS, instance=instance,
                      channels=("L2_BOOK", "ORDER_INFO", "FILLS", "POSITIONS", "BALANCES"),
                      more=f"    accounts: [{{name: mm, key_file: {self.folder.name}/account1.key}}]\n")

    def tearDown(self):
        self.engine.stop()
        self.exchange.stop()
        remove(self.engine.instance)
        pathlib.Path(f"/dev/shm/daypack-account.{self.engine.instance}.mm").unlink(missing_ok=True)
        self.folder.cleanup()

    def agrees(self, seen):
        truth = self.exchange.get("/_sim/account?account=account1")
        balances = {asset: (sum(Decimal(each[part]) for part in ("available", "locked", "staked")),
                            Decimal(each["locked"])) for asset, each in truth["balances"].items()}
        positions = {each["symbol"].replace("_", "-"): Decimal(each["netQuantity"]) for each in truth["positions"]}
        mine = {symbol: net if side == defines.LONG else -net for symbol, (net, side) in seen.positions.items() if net}
        orders = {each["id"]: Decimal(each["executedQuantity"]) for each in truth["orders"]}
        still = {key: order.amount - order.remaining for key, order in seen.orders.items() if order.status in OPEN}
        return seen.balances == balances and mine == positions and still.items() <= orders.items()

    async def test_is_told_as_the_exchange_holds_it(self):
        seen = Seen()
        self.engine.wait_live(daypack.Reader)
        wait_until(lambda: os.path.exists(f"/dev/shm/daypack-account.{self.engine.instance}.mm"), what="the account")
        before = held()
        feed = CcxtBackpackFeed(symbols=SYMBOLS, channels=[*CHANNELS, L2_BOOK], instance=self.engine.instance, account="mm",
                                callbacks={channel: seen.callback(channel) for channel in CHANNELS})

        async def then(_):
            self.exchange.ask("/_sim/account/pause")
            for _ in range(100):
                await asyncio.sleep(0.1)
                if self.agrees(seen):
                    return
            self.fail(f"{seen.balances} {seen.positions}")

        await run_until(lambda: all(count > 20 for count in seen.calls.values()), feed, seconds=40, then=then)
        self.assertEqual(feed.lost, 0)
        self.assertEqual(held(), before)
        ids = [fill.id for fill in seen.fills]
        self.assertEqual(len(ids), len(set(ids)), "each fill once")
        truth = {str(each["tradeId"]): each for each in self.exchange.get("/_sim/account?account=account1")["fills"]}
        for fill in seen.fills:
            told = truth[fill.id]
            numbers = tuple(Decimal(told[key]) for key in ("price", "quantity", "fee"))
            self.assertEqual((fill.price, fill.amount, fill.fee), numbers)
            self.assertEqual(fill.side, defines.BUY if told["side"] == "Bid" else defines.SELL)
            self.assertEqual(fill.liquidity, defines.MAKER if told["isMaker"] else defines.TAKER)
            self.assertEqual(fill.timestamp, told["timestampUs"] / 1e6)
            self.assertEqual((fill.account, fill.order_id), ("mm", told["orderId"]))
        self.assertEqual({order.account for order in seen.orders.values()}, {"mm"})


    async def test_is_told_on_by_the_engine_that_follows_a_dead_one(self):
        seen = Seen()
        self.engine.wait_live(daypack.Reader)
        path = pathlib.Path(f"/dev/shm/daypack-account.{self.engine.instance}.mm")
        wait_until(path.exists, what="the account")
        feed = CcxtBackpackFeed(symbols=SYMBOLS, channels=list(CHANNELS), instance=self.engine.instance, account="mm",
                                callbacks={channel: seen.callback(channel) for channel in CHANNELS})

        async def then(_):
            for is_removed in (False, True):
                self.engine.stop(signal.SIGKILL)
                if is_removed:
                    path.unlink()
                self.engine = self.begin(self.engine.instance)
                calls = dict(seen.calls)
                for _ in range(400):
                    await asyncio.sleep(0.05)
                    if all(seen.calls[channel] > calls[channel] + 5 for channel in CHANNELS):
                        break
                else:
                    self.fail(f"{calls} {seen.calls}")

        await run_until(lambda: all(count > 5 for count in seen.calls.values()), feed, seconds=40, then=then)


class TheNewsOfAnAccount(unittest.TestCase):
    NEWS = {"account": "default", "event": "order", "id": "7", "symbol": "BTC-USDC", "side": "Ask", "type": "Market",
            "status": "Filled", "quantity": "2", "executed": "2", "executed_quote": "201", "venue_match_us": 1795864895300218}

    def test_becomes_the_objects_of_cryptofeed_and_of_ones_own(self):
        for names, kinds in ((defines, types), (_types, _types)):
            channel, order = object_of(kinds, names, "BACKPACK", self.NEWS)
            self.assertEqual((channel, order.side, order.type, order.status), ("ORDER_INFO", "sell", "market", "filled"))
            self.assertEqual((order.price, order.amount, order.remaining), (Decimal("100.5"), 2, 0))
            self.assertEqual((order.timestamp, order.client_order_id), (1795864895.300218, None))
            self.assertNotIn("raw", order.to_dict())
            gone = {**self.NEWS, "status": "New", "is_gone": True}
            self.assertEqual(object_of(kinds, names, "BACKPACK", gone)[1].status, "cancelled")
            self.assertIsNone(object_of(kinds, names, "BACKPACK", {**self.NEWS, "is_late": True}))
            self.assertIsNone(object_of(kinds, names, "BACKPACK", {"event": "state", "account": "default"}))

    def test_has_no_transactions(self):
        with self.assertRaisesRegex(UnsupportedDataFeed, "TRANSACTIONS is not delivered here"):
            CcxtBackpackFeed(symbols=["BTC-USDC"], channels=[defines.TRANSACTIONS])


if __name__ == "__main__":
    unittest.main()
