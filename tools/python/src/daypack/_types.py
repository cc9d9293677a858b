# SPDX-License-Identifier: MIT
"""What callbacks get where Cryptofeed is not installed: objects with the names, fields and units of Cryptofeed's, in
Python alone. Prices and sizes are Decimals, times are seconds since the Unix epoch.
"""
import bisect
from dataclasses import dataclass, field, fields
from decimal import Decimal

from . import _shm

TRADES, L1_BOOK, L2_BOOK, TICKER = "trades", "l1_book", "l2_book", "ticker"
FUNDING, OPEN_INTEREST, LIQUIDATIONS, INDEX = "funding", "open_interest", "liquidations", "index"
ORDER_INFO, FILLS, BALANCES, POSITIONS = "order_info", "fills", "balances", "positions"
BID, ASK, BUY, SELL, LIMIT, MARKET, MAKER, TAKER = "bid", "ask", "buy", "sell", "limit", "market", "maker", "taker"
OPEN, PENDING, FILLED, PARTIAL, CANCELLED = "open", "pending", "filled", "partial", "cancelled"
EXPIRED, FAILED = "expired", "failed"
LONG, SHORT, BOTH = "long", "short", "both"


class _Made:
    __slots__ = ()

    def to_dict(self, numeric_type=None, none_to=False):
        made = {}
        for each in fields(self):
            if each.name == "raw":
                continue
            value = getattr(self, each.name)
            if isinstance(value, Decimal) and numeric_type is not None:
                value = numeric_type(value)
            made[each.name] = none_to if value is None and none_to is not False else value
        return made


@dataclass(frozen=True, slots=True)
class Trade(_Made):
    exchange: str
    symbol: str
    side: str  # of the aggressor: BUY or SELL
    amount: Decimal
    price: Decimal
    timestamp: float
    id: str | None = None
    type: str | None = None
    raw: dict | list | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Ticker(_Made):
    exchange: str
    symbol: str
    bid: Decimal
    ask: Decimal
    timestamp: float | None
    raw: dict | list | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class L1Book(_Made):
    exchange: str
    symbol: str
    bid_price: Decimal
    bid_size: Decimal
    ask_price: Decimal
    ask_size: Decimal
    timestamp: float
    raw: dict | list | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Funding(_Made):
    exchange: str
    symbol: str
    mark_price: Decimal | None
    rate: Decimal | None
    next_funding_time: float | None
    timestamp: float
    predicted_rate: Decimal | None = None
    raw: dict | list | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class OpenInterest(_Made):
    exchange: str
    symbol: str
    open_interest: Decimal
    timestamp: float
    raw: dict | list | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Index(_Made):
    exchange: str
    symbol: str
    price: Decimal
    timestamp: float
    raw: dict | list | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Liquidation(_Made):
    exchange: str
    symbol: str
    side: str
    quantity: Decimal
    price: Decimal
    id: str | None
    status: str
    timestamp: float
    raw: dict | list | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class OrderInfo(_Made):
    exchange: str
    symbol: str
    id: str
    side: str
    status: str
    type: str
    price: Decimal
    amount: Decimal
    remaining: Decimal
    timestamp: float
    client_order_id: str | None = None
    account: str | None = None
    raw: dict | list | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Fill(_Made):
    exchange: str
    symbol: str
    side: str
    amount: Decimal
    price: Decimal
    fee: Decimal
    id: str | None
    order_id: str | None
    type: str | None
    liquidity: str
    timestamp: float
    account: str | None = None
    raw: dict | list | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Balance(_Made):
    exchange: str
    currency: str
    balance: Decimal
    reserved: Decimal
    raw: dict | list | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Position(_Made):
    exchange: str
    symbol: str
    position: Decimal
    entry_price: Decimal
    side: str
    unrealised_pnl: Decimal
    timestamp: float
    raw: dict | list | None = field(default=None, compare=False)


class Side:
    """Price to size, best first. Levels beyond max_depth are kept and not shown. The order is made where somebody asks for
    it: an update costs no more than that of a dict."""

    _MOST_PENDING = 256

    def __init__(self, descending, levels, max_depth=0):
        self._descending = descending
        self._levels = dict(levels)
        self._prices = None  # ascending; None: to be made anew
        self._pending = []  # prices that came (True) and went since, in this order
        self._depth = max_depth

    def __setitem__(self, price, size):
        levels = self._levels
        count = len(levels)
        levels[price] = size
        if len(levels) != count:
            self._note(price, True)

    def __delitem__(self, price):
        del self._levels[price]
        self._note(price, False)

    def _note(self, price, came):
        if self._prices is not None:
            self._pending.append((price, came))
            self._limit()

    def _limit(self):
        if len(self._pending) > self._MOST_PENDING:
            self._prices = None
            self._pending.clear()

    def apply(self, changes):
        """self[price] = size for each (price, size), and del self[price] where size is 0."""
        if self._prices is None:
            _shm.apply(self._levels, changes)
        else:
            _shm.apply(self._levels, changes, self._pending)
            self._limit()

    def _ascending(self):
        prices = self._prices
        if prices is None:
            prices = self._prices = sorted(self._levels)
        for price, came in self._pending:
            if came:
                bisect.insort(prices, price)
            else:
                del prices[bisect.bisect_left(prices, price)]
        self._pending.clear()
        return prices

    def __getitem__(self, price):
        return self._levels[price]

    def __contains__(self, price):
        return price in self._levels

    def __len__(self):
        return min(len(self._levels), self._depth) if self._depth else len(self._levels)

    def __iter__(self):
        return iter(self.keys())

    def keys(self):
        prices = self._ascending()[::-1] if self._descending else self._ascending()
        return tuple(prices[:self._depth] if self._depth else prices)

    def items(self):
        return [(price, self._levels[price]) for price in self.keys()]

    def index(self, at):
        """(price, size) of the `at`-th best level; IndexError beyond."""
        count = len(self)
        if not -count <= at < count:
            raise IndexError("no such level")
        at = at + count if at < 0 else at
        price = self._ascending()[-1 - at if self._descending else at]
        return price, self._levels[price]

    def to_dict(self):
        return dict(self.items())

    def to_list(self):
        return self.items()


class Sides:
    def __init__(self, bids, asks, max_depth):
        self.bids = Side(True, bids, max_depth)
        self.asks = Side(False, asks, max_depth)
        self.max_depth = max_depth

    def __getitem__(self, side):
        return {"bid": self.bids, "bids": self.bids, "ask": self.asks, "asks": self.asks}[side.lower()]

    def to_dict(self):
        return {BID: self.bids.to_dict(), ASK: self.asks.to_dict()}


class OrderBook:
    """The same object from snapshot to snapshot: copy what you keep, by book.to_dict()."""

    def __init__(self, exchange, symbol, bids=None, asks=None, max_depth=0):
        self.exchange, self.symbol = exchange, symbol
        self.book = Sides(bids or {}, asks or {}, max_depth)
        self.delta = None  # {BID: [(price, size), ...], ASK: [...]}: what changed; None on a snapshot
        self.sequence_number = None
        self.timestamp = None
        self.checksum = self.raw = None

    def to_dict(self, delta=False, numeric_type=None, none_to=False):
        to = numeric_type or (lambda value: value)
        timestamp = none_to if self.timestamp is None and none_to is not False else self.timestamp
        made = {"exchange": self.exchange, "symbol": self.symbol, "delta": None, "timestamp": timestamp}
        if self.delta is not None:
            made["delta"] = {side: [(to(price), to(size)) for price, size in self.delta[side]] for side in (BID, ASK)}
        if not delta:
            made["book"] = {side: {to(price): to(size) for price, size in of.items()}
                            for side, of in self.book.to_dict().items()}
        return made
