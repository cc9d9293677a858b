# SPDX-License-Identifier: MIT
"""CcxtBackpackFeed: Backpack Exchange for Cryptofeed, from a running daypack engine.

    from cryptofeed import FeedHandler
    from cryptofeed.defines import L2_BOOK, TRADES
    from daypack.cryptofeed import CcxtBackpackFeed

    fh = FeedHandler()
    fh.add_feed(CcxtBackpackFeed(symbols=["BTC-USDC"], channels=[TRADES, L2_BOOK], callbacks={TRADES: trade, L2_BOOK: book}))
    fh.run()

Prices and sizes are Decimals; `timestamp` is the venue's time and `receipt_timestamp` the engine's time of receipt, both
in seconds since the Unix epoch. `book.delta` is None on a snapshot; after any loss a snapshot comes, never an exception.
`feed.lost` counts records that were written over before this process read them.
"""
import difflib
import inspect
import logging
import re
import time

from cryptofeed import defines, types
from cryptofeed.connection import AsyncConnection
from cryptofeed.exceptions import UnsupportedDataFeed, UnsupportedSymbol
from cryptofeed.exchanges import EXCHANGE_MAP
from cryptofeed.feed import Feed
from cryptofeed.symbols import Symbols

from . import _shm
from ._delivery import CHANNELS, VENUE_CHANNELS, Delivery, refusal_of
from ._engine import ENGINE_REFUSAL, runs_here, supervisor_of
from ._link import Link
from .reader import Reader, instance_of

LOG = logging.getLogger("feedhandler")
NORMALISED = re.compile(r"[A-Za-z0-9.]+-[A-Za-z0-9.]+(-[A-Za-z0-9]+)?")


class ShmConnection(AsyncConnection):
    """Cryptofeed's connection, over the shared memory of an engine. Its messages are batches of items."""

    def __init__(self, feed, make_link):
        super().__init__(f"{feed.id}.shm.{self.conn_count}", subscription=feed.subscription)
        self._make_link = make_link
        self._link = None
        self._is_open = False

    @property
    def is_open(self):
        return self._is_open

    async def _open(self):
        self._drop()
        self.last_message = None
        self.received = 0
        self._is_open = True
        self._link = self._make_link()
        await self._link.open()

    async def read(self):
        link = self._link
        if link is None:
            return
        link.on_alive = self._alive
        async for items in link.batches():
            self.received += len(items)
            self.last_message = time.time()
            yield items

    def _alive(self):
        """A quiet market is no dead connection: Cryptofeed's watcher judges by the time of the last message."""
        self.last_message = time.time()

    async def write(self, msg):
        raise NotImplementedError("nothing is sent to an engine")

    async def close(self):
        self._drop()

    def _drop(self):
        # Cryptofeed keeps this object until the process ends; what it holds must not stay with it.
        self._is_open = False
        link, self._link = self._link, None
        if link is not None:
            link.close()


def _known_arguments():
    """The names that Cryptofeed's own constructors take: Exchange swallows any other without a word."""
    known = set()
    for kind in Feed.__mro__:
        init = vars(kind).get("__init__")
        if init is not None and kind is not object:
            known |= {name for name, of in inspect.signature(init).parameters.items()
                      if of.kind in (of.POSITIONAL_OR_KEYWORD, of.KEYWORD_ONLY)}
    return known - {"self"}


class CcxtBackpackFeed(Delivery, Feed):
    """Takes Cryptofeed's arguments, and:

    instance: the engine's; without it DAYPACK_INSTANCE of the environment, or "default".
    owner: whose segment is believed besides root's and one's own (DAYPACK_OWNER).
    engine: "auto" starts the installed program `daypack` where no engine of that instance runs, with snapshot_interval
        (seconds between audits of a book against REST), websocket, rest_only, api_key and api_secret, and ends it with the
        feed. None: an engine is waited for; how it works, its own configuration says.
    program, engine_options: for "auto": the program's path; more keys of the configuration, as
        {"exchange": {"ws_urls": [...]}, "engine": {"depth": 16384}}.
    account: whose ORDER_INFO, FILLS, BALANCES and POSITIONS are delivered, by its name in the engine's configuration. The
        engine holds the keys. They come from the moment on at which the feed begins.
    wake_interval: seconds between two wake-ups of the event loop in a busy market; more saves CPU time, less saves delay.
    """

    id = "BACKPACK"
    names = defines
    types = types
    websocket_endpoints = []
    rest_endpoints = []
    websocket_channels = {getattr(defines, name): venue for name, venue in VENUE_CHANNELS.items()}
    rest_channels = []

    def __init__(self, *, symbols=None, channels=None, subscription=None, callbacks=None, instance=None, owner=None,
                 engine=None, program=None, engine_options=None, snapshot_interval=30, websocket=True, rest_only=False,
                 api_key=None, api_secret=None, account="default", wake_interval=0.0005, **kwargs):
        known = _known_arguments()
        for name in kwargs:
            if name not in known:
                near = difflib.get_close_matches(name, known | set(inspect.signature(CcxtBackpackFeed).parameters), 1)
                raise TypeError(f"CcxtBackpackFeed takes no argument '{name}'" +
                                (f"; did you mean '{near[0]}'?" if near else ""))
        if engine not in (None, "auto"):
            raise ValueError(ENGINE_REFUSAL)
        self.instance = instance_of(instance)
        self.owner = owner
        self.account = account
        self.wake_interval = wake_interval
        self.lost = 0
        wanted = [str(symbol) for symbol in symbols or []]
        for listed in (subscription or {}).values():
            wanted += [str(symbol) for symbol in listed]
        if getattr(defines, "TRANSACTIONS", "transactions") in [*(channels or []), *(subscription or {})]:
            raise UnsupportedDataFeed(refusal_of("TRANSACTIONS"))
        listed = self._learn_symbols(wanted, engine)
        try:
            super().__init__(symbols=symbols, channels=channels, subscription=subscription, callbacks=callbacks, **kwargs)
        except UnsupportedSymbol:
            self._refuse_unlisted(wanted, listed)
            raise
        if not self.config.ignore_invalid_instruments:
            self._refuse_unlisted(wanted, listed)  # Cryptofeed may know it of a feed of another instance
        # Symbol objects cannot be written as JSON, which the raw recording of add_feed does.
        self._feed_config = {channel: [str(symbol) for symbol in of] for channel, of in self._feed_config.items()}
        self._supervisor = None
        if engine == "auto":
            self._supervisor = supervisor_of(
                self.instance, program, [symbol for symbol in dict.fromkeys(wanted)],
                [name for name in CHANNELS if getattr(defines, name) in [*(channels or []), *(subscription or {})]],
                {"snapshot_interval": snapshot_interval, "websocket": websocket, "rest_only": rest_only,
                 "api_key": api_key, "api_secret": api_secret}, engine_options or {}, self.max_depth, LOG)

    # ---- symbols

    @classmethod
    def _directory(cls, instance, owner=None):
        """{normalised: native} of a running engine; empty where none runs."""
        try:
            with Reader(instance, owner) as reader:
                return {symbol: reader.native(symbol) for symbol in reader.symbols()} if reader.alive() else {}
        except (_shm.DaypackError, OSError, ValueError):
            return {}

    @classmethod
    def _store(cls, mapping):
        """Adds to what Cryptofeed keeps for the whole process, by id alone: feeds of two instances share it."""
        known = dict(Symbols.get(cls.id)[0]) if Symbols.populated(cls.id) else {}
        known.update(mapping)
        kinds = {symbol: defines.PERPETUAL if symbol.endswith("-PERP") else
                 defines.FUTURES if symbol.count("-") > 1 else defines.SPOT for symbol in known}
        Symbols.set(cls.id, known, {"instrument_type": kinds})
        return known

    def _learn_symbols(self, wanted, engine):
        """Tells Cryptofeed the symbols of a running engine, and returns them. Where none runs, and of an engine of this
        process, which will list them, the names of those that are wanted are made by the venue's rule."""
        listed = self._directory(self.instance, self.owner)
        if engine == "auto" and runs_here(self.instance):
            listed = {}
        by_rule = {} if listed else {name: name.replace("-", "_") for name in wanted if NORMALISED.fullmatch(name)}
        self._store({**by_rule, **listed})
        return listed

    def _refuse_unlisted(self, wanted, listed):
        for symbol in wanted:
            if not listed and not NORMALISED.fullmatch(symbol):
                raise UnsupportedSymbol(f"{symbol} is not a normalised symbol, as BTC-USDC and SOL-USDC-PERP are")
            if listed and symbol not in listed:
                near = difflib.get_close_matches(symbol, listed, 1)
                raise UnsupportedSymbol(f"{symbol} is not listed by the engine of instance {self.instance}" +
                                        (f"; did you mean {near[0]}?" if near else ""))

    @classmethod
    def symbol_mapping(cls, refresh=False, headers=None):
        return cls._store(cls._directory(instance_of(None)))

    @classmethod
    def is_authenticated_channel(cls, channel):
        return False  # the engine holds the keys

    # ---- life

    def connect(self):
        if self._supervisor is not None:
            self._supervisor.serve(self)
        pairs = []
        for native_channel, natives in self.subscription.items():
            channel = self.exchange_channel_to_std(native_channel)
            for native in natives:
                if native in self.exchange_symbol_mapping:  # with ignore_invalid_instruments there may be others
                    pairs.append((channel, str(self.exchange_symbol_mapping[native])))
        wanted = self.begin_delivery(pairs)
        self._connection = ShmConnection(self, lambda: self._new_link(wanted))
        return [(self._connection, self.subscribe, self.message_handler, self.authenticate)]

    def _new_link(self, wanted):
        return Link(wanted, instance=self.instance, owner=self.owner, log=LOG, name=self.id, interval=self.wake_interval,
                    supervisor=self._supervisor, words=(defines.BID, defines.ASK, defines.BUY, defines.SELL),
                    news=self.news_of(self.instance, self.account), on_lost=self.count_lost)

    async def subscribe(self, connection):
        """The engine is subscribed; nothing is left to ask for."""

    async def authenticate(self, connection):
        """The engine holds the keys."""

    async def message_handler(self, message, conn, timestamp):
        await self.deliver(message, conn)

    async def shutdown(self):
        await super().shutdown()
        if self._supervisor is not None:
            self._supervisor.leave(self)


Ccxt_Backpack_Feed = CcxtBackpackFeed  # as the configuration's `class:` spells it
EXCHANGE_MAP.setdefault(CcxtBackpackFeed.id, CcxtBackpackFeed)
