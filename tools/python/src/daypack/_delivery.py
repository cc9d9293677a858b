# SPDX-License-Identifier: MIT
"""Delivery: turns the items of a Link into objects, and calls the callbacks. The same for Cryptofeed's feed and for the
feed that runs without it: the class that it is mixed into says which types it makes, and how a callback is called.
"""
import time

from . import _shm
from ._private import EVENTS, News, object_of

# Channels by the name that Cryptofeed gives their constant: the values are looked up in what `names` has.
WANTS = {
    "L2_BOOK": _shm.WANTS_BOOK,
    "TRADES": _shm.WANTS_TRADES,
    "TICKER": _shm.WANTS_TOP,
    "L1_BOOK": _shm.WANTS_TOP,
    "FUNDING": _shm.WANTS_FIGURES,
    "OPEN_INTEREST": _shm.WANTS_FIGURES,
    "LIQUIDATIONS": _shm.WANTS_FIGURES,
    "INDEX": _shm.WANTS_FIGURES,
}
VENUE_CHANNELS = {
    "L2_BOOK": "depth",
    "TRADES": "trade",
    "TICKER": "bookTicker.ticker",
    "L1_BOOK": "bookTicker",
    "FUNDING": "markPrice",
    "OPEN_INTEREST": "openInterest",
    "LIQUIDATIONS": "liquidation",
    "INDEX": "markPrice.index",
    "ORDER_INFO": "account.orderUpdate",
    "FILLS": "account.fill",
    "BALANCES": "account.balanceUpdate",
    "POSITIONS": "account.positionUpdate",
}
CHANNELS = (*WANTS, *EVENTS)


def refusal_of(name):
    """Why a channel is not delivered, for an error."""
    return f"channel {name} is not delivered here; there are {', '.join(CHANNELS)}"


class Delivery:
    """REQUIRES of the class: `names` (the constants), `types` (Trade, OrderBook, ...), id, callbacks, max_depth, lost,
    _l2_book, `await callback(channel, object, receipt timestamp)`, `await book_callback(...)`, as Cryptofeed's Feed has
    them."""

    names = None
    types = None
    apply = staticmethod(_shm.apply)

    def begin_delivery(self, pairs):
        """`pairs`: (channel, symbol) of everything that is subscribed. Returns what a Link wants."""
        by_symbol = {}
        constants = {getattr(self.names, name): name for name in CHANNELS}
        self._private = {}  # channel: symbols
        for channel, symbol in pairs:
            if (name := constants[channel]) in EVENTS:
                self._private.setdefault(name, set()).add(symbol)
            else:
                by_symbol.setdefault(symbol, set()).add(name)
        self._symbols = list(by_symbol)
        self._channels = [by_symbol[symbol] for symbol in self._symbols]
        self._marks = {}
        self._sides = {}  # of each market's book: the way to its levels, which each update goes
        self._handlers = {"snapshot": self._on_snapshot, "trade": self._on_trade, "top": self._on_top,
                          "mark_price": self._on_mark_price, "funding": self._on_funding,
                          "liquidation": self._on_liquidation, "open_interest": self._on_open_interest,
                          "private": self._on_private}
        wanted = []
        for symbol, channels in by_symbol.items():
            wants = 0
            for channel in channels:
                wants |= WANTS[channel]
            wanted.append((symbol, wants, self.max_depth))
        return wanted

    def news_of(self, instance, account):
        """What a Link reads of an account, or None where no channel asks for it."""
        return (lambda *calls: News(instance, account, *calls)) if self._private else None

    def count_lost(self, records):
        """For a Link. What was lost is told in public, and never made up."""
        self.lost += records

    async def deliver(self, items, connection):
        """The way of each update: no call more than it needs."""
        handlers, sides = self._handlers, self._sides
        l2_book, bid_name, ask_name = self.names.L2_BOOK, self.names.BID, self.names.ASK
        book_callback, apply = self.book_callback, self.apply
        for item in items:
            if not connection.is_open:
                return  # a callback took so long that the feed was stopped meanwhile
            if item[0] != "update":
                if (handler := handlers.get(item[0])) is not None:  # there is none for "ticker"
                    await handler(item)
                continue
            _, number, delta, u, timestamp, receipt = item
            book, bids, asks = sides[number]
            if changes := delta[bid_name]:
                apply(bids, changes)
            if changes := delta[ask_name]:
                apply(asks, changes)
            await book_callback(l2_book, book, receipt, timestamp=timestamp, sequence_number=u, delta=delta)

    async def _on_snapshot(self, item):
        _, number, bids, asks, u, timestamp, receipt = item
        symbol = self._symbols[number]
        book = self.types.OrderBook(self.id, symbol, bids=bids, asks=asks, max_depth=self.max_depth)
        self._l2_book[symbol] = book
        self._sides[number] = (book, book.book.bids, book.book.asks)
        await self.book_callback(self.names.L2_BOOK, book, receipt, timestamp=timestamp, sequence_number=u)

    async def _on_trade(self, item):
        _, number, side, amount, price, trade_id, timestamp, receipt = item
        trade = self.types.Trade(self.id, self._symbols[number], side, amount, price, timestamp, id=trade_id)
        await self.callback(self.names.TRADES, trade, receipt)

    async def _call(self, number, channel, made, receipt):
        key = getattr(self.names, channel)
        if channel in self._channels[number] and key in self.callbacks:
            await self.callback(key, made, receipt)

    async def _on_top(self, item):
        _, number, bid, bid_size, ask, ask_size, timestamp, receipt = item
        if not bid_size or not ask_size:
            return  # a side is empty: there is no best price to tell
        symbol = self._symbols[number]
        if "TICKER" in self._channels[number]:
            await self._call(number, "TICKER", self.types.Ticker(self.id, symbol, bid, ask, timestamp), receipt)
        if "L1_BOOK" in self._channels[number]:
            made = self.types.L1Book(self.id, symbol, bid, bid_size, ask, ask_size, timestamp)
            await self._call(number, "L1_BOOK", made, receipt)

    async def _on_mark_price(self, item):
        number, mark, index, timestamp, receipt = item[1], item[2], item[3], item[8], item[9]
        symbol = self._symbols[number]
        self._marks[symbol] = mark
        if index and "INDEX" in self._channels[number]:
            await self._call(number, "INDEX", self.types.Index(self.id, symbol, index, timestamp), receipt)

    async def _on_funding(self, item):
        number, rate, paid_us, timestamp, receipt = item[1], item[2], item[7], item[8], item[9]
        symbol = self._symbols[number]
        if "FUNDING" in self._channels[number]:
            made = self.types.Funding(self.id, symbol, self._marks.get(symbol), rate, paid_us / 1e6 if paid_us else None,
                                      timestamp)
            await self._call(number, "FUNDING", made, receipt)

    async def _on_liquidation(self, item):
        _, number, price, _, quantity, _, side, _, timestamp, receipt = item
        if "LIQUIDATIONS" in self._channels[number]:
            made = self.types.Liquidation(self.id, self._symbols[number], side, quantity, price, None, self.names.FILLED,
                                          timestamp)
            await self._call(number, "LIQUIDATIONS", made, receipt)

    async def _on_open_interest(self, item):
        number, quantity, timestamp, receipt = item[1], item[4], item[8], item[9]
        if "OPEN_INTEREST" in self._channels[number]:
            made = self.types.OpenInterest(self.id, self._symbols[number], quantity, timestamp)
            await self._call(number, "OPEN_INTEREST", made, receipt)

    async def _on_private(self, item):
        if (made := object_of(self.types, self.names, self.id, item[1])) is None:
            return
        channel, made = made
        symbols = self._private.get(channel, ())
        if channel in self._private and (channel == "BALANCES" or made.symbol in symbols):
            key = getattr(self.names, channel)
            if key in self.callbacks:
                await self.callback(key, made, time.time())
