# SPDX-License-Identifier: MIT
import json
import os
import pathlib
from collections import defaultdict

from cryptofeed import defines
from cryptofeed.connection import ConnectionHandler, HTTPAsyncConn
from cryptofeed.exceptions import BidAskOverlapping, UnsupportedDataFeed, UnsupportedSymbol
from cryptofeed.symbols import Symbol, Symbols

WITH_CALLBACK = (defines.FUNDING, defines.INDEX, defines.L2_BOOK, defines.L3_BOOK, defines.LIQUIDATIONS,
                 defines.OPEN_INTEREST, defines.TICKER, defines.TRADES, defines.CANDLES, defines.ORDER_INFO, defines.FILLS,
                 defines.BALANCES, defines.POSITIONS)


class Config(dict):
    """A dictionary, a file, or nothing: then a file that the environment may name. JSON does here for YAML."""

    def __init__(self, config=None):
        config = os.environ.get("CRYPTOFEED_CONFIG") if config is None else config
        if isinstance(config, str):
            config = json.loads(pathlib.Path(config).read_text(encoding="utf-8"))
        super().__init__(config or {})

    def __getattr__(self, name):
        return self.get(name) or Config()


async def _nothing(_, __):
    pass


class Exchange:
    id = NotImplemented
    websocket_endpoints = NotImplemented
    rest_endpoints = NotImplemented
    websocket_channels = NotImplemented
    valid_candle_intervals = NotImplemented

    def __init__(self, config=None, sandbox=False, subaccount=None, **kwargs):
        self.config = config if isinstance(config, Config) else Config(config)
        if not Symbols.populated(self.id):
            self.symbol_mapping()
        self.normalized_symbol_mapping, _ = Symbols.get(self.id)
        self.exchange_symbol_mapping = {value: key for key, value in self.normalized_symbol_mapping.items()}
        self.ignore_invalid_instruments = bool(self.config.ignore_invalid_instruments)

    @classmethod
    def symbols(cls, refresh=False):
        return list(cls.symbol_mapping(refresh=refresh).keys())

    @classmethod
    def info(cls):
        mapping = cls.symbol_mapping()
        data = Symbols.get(cls.id)[1]
        data["symbols"] = list(mapping.keys())
        data["channels"] = {"rest": list(cls.rest_channels) if hasattr(cls, "rest_channels") else [],
                            "websocket": list(cls.websocket_channels.keys())}
        return data

    @classmethod
    def std_channel_to_exchange(cls, channel):
        if channel not in cls.websocket_channels:
            raise UnsupportedDataFeed(f"{channel} is not supported on {cls.id}")
        return cls.websocket_channels[channel]

    @classmethod
    def exchange_channel_to_std(cls, channel):
        for std, native in cls.websocket_channels.items():
            if native == channel:
                return std
        raise ValueError(f"unable to normalize channel {channel}")

    @classmethod
    def is_authenticated_channel(cls, channel):
        return channel in (defines.ORDER_INFO, defines.FILLS, defines.TRANSACTIONS, defines.BALANCES, defines.POSITIONS)

    def std_symbol_to_exchange_symbol(self, symbol):
        if isinstance(symbol, Symbol):
            symbol = symbol.normalized
        if symbol in self.normalized_symbol_mapping:
            return self.normalized_symbol_mapping[symbol]
        if self.ignore_invalid_instruments:
            return symbol
        raise UnsupportedSymbol(f"{symbol} is not supported on {self.id}")


class Feed(Exchange):
    def __init__(self, candle_interval="1m", candle_closed_only=True, timeout=120, timeout_interval=30, retries=10,
                 symbols=None, channels=None, subscription=None, callbacks=None, max_depth=0, checksum_validation=False,
                 cross_check=False, exceptions=None, log_message_on_error=False, delay_start=0, http_proxy=None, **kwargs):
        super().__init__(**kwargs)
        assert self.valid_candle_intervals is NotImplemented
        self.timeout, self.timeout_interval, self.retries = timeout, timeout_interval, retries
        self.max_depth, self.cross_check, self.exceptions = max_depth, cross_check, exceptions
        self.start_delay, self.log_on_error = delay_start, log_message_on_error
        self.subscription, self.normalized_symbols, self._feed_config = defaultdict(set), [], defaultdict(list)
        self.http_conn = HTTPAsyncConn(self.id)
        self._l2_book, self._sequence_no, self.connection_handlers = {}, {}, []
        if subscription is not None and (symbols is not None or channels is not None):
            raise ValueError("Use subscription, or channels and symbols, not both")
        len(self.websocket_endpoints)
        if subscription is not None:
            for channel, of in subscription.items():
                native = self.std_channel_to_exchange(channel)
                self._feed_config[channel].extend(of)
                self.normalized_symbols.extend(of)
                self.subscription[native].update(self.std_symbol_to_exchange_symbol(symbol) for symbol in of)
        elif symbols and channels:
            self.normalized_symbols = list(symbols)
            natives = [self.std_symbol_to_exchange_symbol(symbol) for symbol in symbols]
            self._feed_config.update({channel: list(symbols) for channel in channels})
            self.subscription = {self.std_channel_to_exchange(channel): natives for channel in channels}
        for channel in self._feed_config:
            if self.is_authenticated_channel(channel):
                raise ValueError("Authenticated channel subscribed to, but no auth keys provided")
        self.callbacks = {channel: [_nothing] for channel in WITH_CALLBACK}
        for channel, given in (callbacks or {}).items():
            self.callbacks[channel] = given if isinstance(given, list) else [given]

    async def callback(self, channel, made, receipt_timestamp):
        for callback in self.callbacks[channel]:
            await callback(made, receipt_timestamp)

    async def book_callback(self, book_type, book, receipt_timestamp, timestamp=None, raw=None, sequence_number=None,
                            checksum=None, delta=None):
        if self.cross_check and len(book.book.bids) and len(book.book.asks):
            if book.book.bids.index(0)[0] >= book.book.asks.index(0)[0]:
                raise BidAskOverlapping(f"{self.id} {book.symbol}")
        book.timestamp, book.raw, book.sequence_number = timestamp, raw, sequence_number
        book.delta, book.checksum = delta, checksum
        await self.callback(book_type, book, receipt_timestamp)

    def start(self, loop):
        for conn, subscribe, handler, authenticate in self.connect():
            self.connection_handlers.append(ConnectionHandler(
                conn, subscribe, handler, authenticate, self.retries, timeout=self.timeout,
                timeout_interval=self.timeout_interval, exceptions=self.exceptions, start_delay=self.start_delay))
            self.connection_handlers[-1].start(loop)
        for callbacks in self.callbacks.values():
            for callback in callbacks:
                if hasattr(callback, "start"):
                    callback.start(loop, multiprocess=bool(self.config.backend_multiprocessing))

    def stop(self):
        for handler in self.connection_handlers:
            handler.running = False

    async def shutdown(self):
        await self.http_conn.close()
        for callbacks in self.callbacks.values():
            for callback in callbacks:
                if hasattr(callback, "stop"):
                    await callback.stop()
        for handler in self.connection_handlers:
            await handler.conn.close()
