# SPDX-License-Identifier: MIT
"""What an engine tells of an account: orders, fills, positions and balances, from its private shared memory.

Only what happens is told, from the moment at which it is first looked at; who wants what there was before asks the exchange.
"""
import json
import time
from decimal import Decimal

from . import _shm

# Channels by the name of Cryptofeed's constant, and the event that they deliver.
EVENTS = {"ORDER_INFO": "order", "FILLS": "fill", "BALANCES": "balance", "POSITIONS": "position"}
CHANNEL_OF = {event: channel for channel, event in EVENTS.items()}
STATUS = {"New": "OPEN", "PartiallyFilled": "PARTIAL", "Filled": "FILLED", "Cancelled": "CANCELLED", "Expired": "EXPIRED",
          "TriggerPending": "PENDING", "TriggerFailed": "FAILED"}
RETRY_S = 0.25


class News:
    """Items ("private", event), as they come. Where there is no such account yet, it is waited for."""

    def __init__(self, instance, account, say, count_lost):
        self.instance, self.account, self._say, self._count_lost = instance, account, say, count_lost
        self._texts = None
        self._next_try = self._began = 0.0

    def read(self):
        if self._texts is None and not self._open():
            return []
        texts, lost = self._texts.read()
        if lost:
            self._count_lost(lost)
        return [("private", json.loads(text)) for text in texts]

    def _open(self):
        now = time.monotonic()
        if now < self._next_try:
            return False
        self._next_try, self._began = now + RETRY_S, self._began or now
        try:
            self._texts = _shm.Texts(self.instance, self.account)
        except _shm.DaypackError:
            if now - self._began > 5:
                self._say("account", "the engine of instance %s shows no account %s: it follows one where it has keys, and "
                          "ORDER_INFO, FILLS, POSITIONS or BALANCES among its channels", self.instance, self.account, once=True)
            return False
        return True

    def close(self):
        if self._texts is not None:
            self._texts.close()
        self._texts = None


def number(news, key):
    return Decimal(news.get(key, "0"))


def order_of(make, names, exchange, news):
    executed = number(news, "executed")
    amount = number(news, "quantity") if "quantity" in news else executed
    price = number(news, "price")
    if not price and executed:
        price = number(news, "executed_quote") / executed  # of a market order: what it was filled at
    status = STATUS.get(news.get("status"), "OPEN")
    if news.get("is_gone") and status in ("OPEN", "PARTIAL", "PENDING"):
        status = "CANCELLED"  # or filled meanwhile: the exchange lists it no more, and `raw` says so
    return make(exchange, news["symbol"], news["id"], names.BUY if news.get("side") == "Bid" else names.SELL,
                getattr(names, status), names.MARKET if news.get("type") == "Market" else names.LIMIT, price, amount,
                amount - executed, seconds(news), client_order_id=news.get("client_id"), account=news["account"], raw=news)


def fill_of(make, names, exchange, news):
    return make(exchange, news["symbol"], names.BUY if news.get("side") == "Bid" else names.SELL, number(news, "quantity"),
                number(news, "price"), number(news, "fee"), news.get("trade_id"), news.get("order_id"), None,
                names.MAKER if news.get("is_maker") else names.TAKER, seconds(news), account=news["account"], raw=news)


def balance_of(make, names, exchange, news):
    locked = number(news, "locked")
    held = number(news, "available") + locked + number(news, "staked")
    return make(exchange, news["asset"], held, locked, raw=news)  # no stream tells what is lent: that is in `raw`


def position_of(make, names, exchange, news):
    net = number(news, "net_quantity")
    side = names.LONG if net > 0 else names.SHORT if net < 0 else names.BOTH
    return make(exchange, news["symbol"], abs(net), number(news, "entry_price"), side, number(news, "unrealized"),
                seconds(news), raw=news)


def seconds(news):
    return news["venue_match_us"] / 1e6 if news.get("venue_match_us") else time.time()


MAKERS = {"order": ("OrderInfo", order_of), "fill": ("Fill", fill_of), "balance": ("Balance", balance_of),
          "position": ("Position", position_of)}


def object_of(types, names, exchange, news):
    """(channel, object), or None where it is no news: a state, or what something newer has overtaken."""
    if news.get("event") not in MAKERS or news.get("is_late"):
        return None
    kind, make = MAKERS[news["event"]]
    return CHANNEL_OF[news["event"]], make(getattr(types, kind), names, exchange, news)
