# SPDX-License-Identifier: MIT
import bisect
from decimal import Decimal


def _check(name, value, kind, or_none=False):
    if not (or_none and value is None) and type(value) is not kind:
        raise TypeError(f"{name} is a {type(value).__name__}, not a {kind.__name__}: {value!r}")
    return value


class _Made:
    """Fields are read-only once they are set."""

    fields = {}  # name: (type, may be None)

    def __init__(self, *values, **named):
        given = dict(zip(self.fields, values)) | named
        raw = given.pop("raw", None)
        if raw is not None and not isinstance(raw, (dict, list)):
            raise TypeError("raw is a dict, a list or None")
        for name, (kind, or_none) in self.fields.items():
            object.__setattr__(self, name, _check(name, given.pop(name, None), kind, or_none))
        if given:
            raise TypeError(f"unexpected {given}")
        object.__setattr__(self, "raw", raw)

    def __setattr__(self, name, value):
        raise AttributeError(f"{name} is read-only")

    def to_dict(self, numeric_type=None, none_to=False):
        def shown(value):
            if isinstance(value, Decimal) and numeric_type is not None:
                return numeric_type(value)
            return none_to if value is None and none_to is not False else value
        return {name: shown(getattr(self, name)) for name in self.fields}


class Trade(_Made):
    fields = {"exchange": (str, False), "symbol": (str, False), "side": (str, False), "amount": (Decimal, False),
              "price": (Decimal, False), "timestamp": (float, False), "id": (str, True), "type": (str, True)}


class Ticker(_Made):
    fields = {"exchange": (str, False), "symbol": (str, False), "bid": (Decimal, False), "ask": (Decimal, False),
              "timestamp": (float, True)}


class L1Book(_Made):
    fields = {"exchange": (str, False), "symbol": (str, False), "bid_price": (Decimal, False),
              "bid_size": (Decimal, False), "ask_price": (Decimal, False), "ask_size": (Decimal, False),
              "timestamp": (float, False)}


class Funding(_Made):
    fields = {"exchange": (str, False), "symbol": (str, False), "mark_price": (Decimal, True), "rate": (Decimal, True),
              "next_funding_time": (float, True), "timestamp": (float, False), "predicted_rate": (Decimal, True)}


class OpenInterest(_Made):
    fields = {"exchange": (str, False), "symbol": (str, False), "open_interest": (Decimal, False),
              "timestamp": (float, False)}


class Index(_Made):
    fields = {"exchange": (str, False), "symbol": (str, False), "price": (Decimal, False), "timestamp": (float, False)}


class Liquidation(_Made):
    fields = {"exchange": (str, False), "symbol": (str, False), "side": (str, False), "quantity": (Decimal, False),
              "price": (Decimal, False), "id": (str, True), "status": (str, False), "timestamp": (float, False)}


class OrderInfo(_Made):
    fields = {"exchange": (str, False), "symbol": (str, False), "id": (str, True), "side": (str, False), "status": (str, False),
              "type": (str, True), "price": (Decimal, False), "amount": (Decimal, False), "remaining": (Decimal, True),
              "timestamp": (float, False), "client_order_id": (str, True), "account": (str, True)}


class Fill(_Made):
    fields = {"exchange": (str, False), "symbol": (str, False), "side": (str, False), "amount": (Decimal, False),
              "price": (Decimal, False), "fee": (Decimal, True), "id": (str, True), "order_id": (str, True),
              "type": (str, True), "liquidity": (str, True), "timestamp": (float, False), "account": (str, True)}


class Balance(_Made):
    fields = {"exchange": (str, False), "currency": (str, False), "balance": (Decimal, False), "reserved": (Decimal, False)}


class Position(_Made):
    fields = {"exchange": (str, False), "symbol": (str, False), "position": (Decimal, False), "entry_price": (Decimal, False),
              "side": (str, True), "unrealised_pnl": (Decimal, False), "timestamp": (float, False)}


class _Side:
    """A sorted mapping; levels beyond max_depth are kept and not shown."""

    def __init__(self, descending, max_depth, levels, truncate=False):
        self._sign = -1 if descending else 1
        self._depth, self._truncate = max_depth, truncate
        self._levels = {}
        self._keys = []
        for price, size in levels.items():
            self[price] = size

    def __setitem__(self, price, size):
        _check("price", price, Decimal)
        _check("size", size, Decimal)
        if price not in self._levels:
            bisect.insort(self._keys, self._sign * price)
        self._levels[price] = size
        if self._truncate and self._depth and len(self._keys) > self._depth:
            del self._levels[self._sign * self._keys.pop()]

    def __delitem__(self, price):
        del self._levels[price]
        del self._keys[bisect.bisect_left(self._keys, self._sign * price)]

    def __getitem__(self, price):
        return self._levels[price]

    def __contains__(self, price):
        return price in self._levels

    def keys(self):
        return tuple(self._sign * key for key in (self._keys[:self._depth] if self._depth else self._keys))

    def __iter__(self):
        return iter(self.keys())

    def __len__(self):
        return min(len(self._keys), self._depth) if self._depth else len(self._keys)

    def index(self, at):
        price = self.keys()[at]
        return price, self._levels[price]

    def to_dict(self):
        return {price: self._levels[price] for price in self.keys()}


class _Sides:
    def __init__(self, bids, asks, max_depth, truncate=False):
        self.bids = _Side(True, max_depth, bids, truncate)
        self.asks = _Side(False, max_depth, asks, truncate)
        self.max_depth = max_depth

    def __getitem__(self, side):
        return {"bid": self.bids, "ask": self.asks}[side]

    def to_dict(self):
        return {"bid": self.bids.to_dict(), "ask": self.asks.to_dict()}

    def __deepcopy__(self, memo):
        raise TypeError("no default __reduce__ due to non-trivial __cinit__")


class OrderBook:
    def __init__(self, exchange, symbol, bids=None, asks=None, max_depth=0, truncate=False, checksum_format=None):
        self.exchange, self.symbol = _check("exchange", exchange, str), _check("symbol", symbol, str)
        self.book = _Sides(bids or {}, asks or {}, max_depth, truncate)
        self.delta = self.timestamp = self.sequence_number = self.checksum = self.raw = None

    def to_dict(self, delta=False, numeric_type=None, none_to=False):
        _check("sequence_number", self.sequence_number, int, True)
        _check("timestamp", self.timestamp, float, True)
        to = numeric_type or (lambda value: value)
        made = {"exchange": self.exchange, "symbol": self.symbol, "timestamp": self.timestamp, "delta": None}
        if self.delta is not None:
            made["delta"] = {side: [(to(price), to(size)) for price, size in self.delta[side]] for side in ("bid", "ask")}
        if not delta:
            made["book"] = {side: {to(price): to(size) for price, size in of.items()}
                            for side, of in self.book.to_dict().items()}
        return made
