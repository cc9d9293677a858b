# SPDX-License-Identifier: MIT
"""The feed without Cryptofeed: the same callbacks, objects of the same fields, a small runner.

    import daypack
    from daypack.feed import Feed, L2_BOOK, TRADES

    async def book(b, receipt_timestamp): print(b.symbol, b.book.bids.index(0), b.book.asks.index(0))
    daypack.run(Feed(symbols=["BTC-USDC"], channels=[L2_BOOK], callbacks={L2_BOOK: book}))

`python -m daypack.feed config.yaml` starts an engine of that configuration where none runs, and prints what comes.
"""
import argparse
import asyncio
import contextlib
import inspect
import json
import logging
import os
import signal
import subprocess
import sys
import time

from . import _types
from ._delivery import CHANNELS, Delivery, refusal_of
from ._engine import ENGINE_REFUSAL, find_program, supervisor_of
from ._link import Link
from ._types import ASK, BID, BUY, FUNDING, INDEX, L1_BOOK, L2_BOOK, LIQUIDATIONS, OPEN_INTEREST, SELL, TICKER, TRADES
from .reader import instance_of

LOG = logging.getLogger("daypack")
RETRIES = 10
PATIENCE = 1.0  # seconds that a callback may take when the end was asked for


class Feed(Delivery):
    """symbols, channels, callbacks ({channel: a function of (object, receipt_timestamp), or a list of them; a coroutine
    function or a plain one}), max_depth (0: whole books); instance, owner; engine="auto" starts the program where no engine
    runs, with `config` (the path of a configuration file), or with snapshot_interval, websocket, rest_only, api_key,
    api_secret and engine_options. `lost` counts records that were written over before this process read them.
    """

    id = "BACKPACK"
    names = _types
    types = _types
    apply = staticmethod(_types.Side.apply)

    def __init__(self, *, symbols, channels, callbacks=None, max_depth=0, instance=None, owner=None, engine=None, program=None,
                 config=None, engine_options=None, snapshot_interval=30, websocket=True, rest_only=False, api_key=None,
                 api_secret=None, account="default", wake_interval=0.0005):
        if engine not in (None, "auto"):
            raise ValueError(ENGINE_REFUSAL)
        for name, given in (("symbols", symbols), ("channels", channels)):
            if isinstance(given, str):
                raise ValueError(f"{name} is a list of names: {name}=[{given!r}]")
        self.instance = instance_of(instance)
        self.owner, self.max_depth, self.wake_interval = owner, max_depth, wake_interval
        self.lost = 0
        self.is_open = False
        self._l2_book = {}
        known = {getattr(_types, name): name for name in CHANNELS}
        channels = [getattr(_types, channel, channel) for channel in channels]
        for channel in channels:
            if channel not in known:
                raise ValueError(refusal_of(channel))
        self.callbacks = {channel: [self._nothing] for channel in channels}
        for channel, given in (callbacks or {}).items():
            self.callbacks[channel] = list(given) if isinstance(given, (list, tuple)) else [given]
        self._calls = {channel: [(each, self._is_async(each)) for each in of] for channel, of in self.callbacks.items()}
        calls = self._calls.get(L2_BOOK, [])
        self._alone = calls[0][0] if len(calls) == 1 and calls[0][1] else None
        wanted = self.begin_delivery([(channel, str(symbol)) for symbol in symbols for channel in channels])
        self._supervisor = None
        if engine == "auto":
            settings = {"snapshot_interval": snapshot_interval, "websocket": websocket, "rest_only": rest_only,
                        "api_key": api_key, "api_secret": api_secret}
            self._supervisor = supervisor_of(self.instance, program, [str(symbol) for symbol in symbols],
                                             [known[channel] for channel in channels], settings, engine_options or {},
                                             max_depth, LOG, config)
        self._link = Link(wanted, instance=self.instance, owner=owner, log=LOG, name=self.id, interval=wake_interval,
                          supervisor=self._supervisor, words=(BID, ASK, BUY, SELL),
                          news=self.news_of(self.instance, account), on_lost=self.count_lost)

    @staticmethod
    async def _nothing(_, __):
        pass

    @staticmethod
    def _is_async(callback):
        return inspect.iscoroutinefunction(callback) or inspect.iscoroutinefunction(getattr(callback, "__call__", None))

    async def callback(self, channel, made, receipt_timestamp):
        for callback, is_async in self._calls[channel]:
            if is_async:
                await callback(made, receipt_timestamp)
            elif (returned := callback(made, receipt_timestamp)) is not None and inspect.isawaitable(returned):
                await returned

    def book_callback(self, channel, book, receipt_timestamp, timestamp=None, sequence_number=None, delta=None):
        """Returns what is to be awaited: of one coroutine function, its own coroutine, and none around it."""
        book.timestamp, book.sequence_number, book.delta = timestamp, sequence_number, delta
        if self._alone is not None:
            return self._alone(book, receipt_timestamp)
        return self.callback(channel, book, receipt_timestamp)

    async def run(self):
        """Delivers until stop(). A callback that raises is logged, and the books are read anew, 10 times in 60 s."""
        if self.is_open:
            raise RuntimeError("this feed runs already: make another one")
        self.is_open = True
        if self._supervisor is not None:
            self._supervisor.serve(self)
        failures = 0
        try:
            while self.is_open:
                began = time.monotonic()
                try:
                    await self._link.open()
                    async for items in self._link.batches():
                        await self.deliver(items, self)
                except Exception as error:
                    failures = 1 if time.monotonic() - began > 60 else failures + 1
                    if failures > RETRIES:
                        raise
                    LOG.exception("%s: failed (%s); everything is read anew", self.id, error)
                    self._link.close()
                    await asyncio.sleep(min(failures, 5) * 0.2)
                finally:
                    self._link.close()
        finally:
            self.is_open = False

    def stop(self):
        self.is_open = False
        self._link.close()

    async def shutdown(self):
        self.stop()
        if self._supervisor is not None:
            self._supervisor.leave(self)


async def _run(feeds, duration):
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    all_feeds = asyncio.gather(*(feed.run() for feed in feeds))  # done where each has stopped, or where one failed
    end = loop.create_task(ended.wait())
    try:
        await asyncio.wait([all_feeds, end], timeout=duration, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for feed in feeds:
            await feed.shutdown()
        end.cancel()
        _, held = await asyncio.wait([all_feeds], timeout=PATIENCE)
        if held:
            LOG.warning("a callback has not returned within %g s of the end: it is cancelled", PATIENCE)
            all_feeds.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await all_feeds


def run(*feeds, duration=None):
    """Runs feeds until SIGINT or SIGTERM, until each was stopped or one failed, or for `duration` seconds."""
    asyncio.run(_run(feeds, duration))


# ---- python -m daypack.feed

def settings_of(path, program=None):
    """What the program makes of a configuration file: {"symbols": [...], "channels": [...], "instance": ...}. What is wrong
    with the file is told as the program tells it, by SystemExit."""
    try:
        command = [find_program(program), "run", str(path), "--check", "--json"]
    except FileNotFoundError as error:
        raise SystemExit(str(error)) from None
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        told = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        raise SystemExit(done.stderr.strip() or f"daypack run {path} --check ended with {done.returncode}") from None
    if not told.get("ok", True):
        raise SystemExit(told.get("error", f"{path} is not in order"))
    return told


def printer(made, receipt_timestamp):
    kind = type(made).__name__
    if kind == "OrderBook":
        sides = (made.book.bids, made.book.asks)
        bid, ask = (f"{side.index(0)[1]} x {side.index(0)[0]}" if len(side) else "-" for side in sides)
        what = f"{bid} | {ask} u={made.sequence_number}"
    else:
        what = " ".join(f"{key}={value}" for key, value in made.to_dict().items() if key not in ("exchange", "symbol", "type"))
    try:
        print(f"{receipt_timestamp:.6f} {getattr(made, 'symbol', '-')} {kind} {what}", flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        os.kill(os.getpid(), signal.SIGTERM)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m daypack.feed", description="prints what comes, of a daypack "
                                     "configuration: an engine is started where none of its instance runs")
    parser.add_argument("config", help="configuration file (YAML) of daypack")
    parser.add_argument("--instance", help="instead of the file's")
    parser.add_argument("--channels", help="as TRADES,FUNDING: instead of TRADES,L2_BOOK, or of those that the program tells")
    parser.add_argument("--program", help="the program daypack; else DAYPACK_PROGRAM, or on PATH")
    parser.add_argument("--duration", type=float, help="seconds after which to end")
    parser.add_argument("--engine-arguments", default="", help="further arguments of `daypack run`, in one text")
    given = parser.parse_args(arguments)
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    settings = settings_of(given.config, given.program)
    channels = given.channels.split(",") if given.channels else settings.get("channels") or ["TRADES", "L2_BOOK"]
    if unknown := [channel for channel in channels if channel not in CHANNELS]:
        raise SystemExit(refusal_of(unknown[0]))
    symbols = settings.get("symbols") or []
    if isinstance(symbols, str) or "*" in symbols:
        raise SystemExit("name the symbols: this runner prints chosen ones")
    feed = Feed(symbols=symbols, channels=channels, callbacks={getattr(_types, channel): printer for channel in channels},
                instance=given.instance or settings.get("instance"), engine="auto", program=given.program,
                config=given.config, engine_options={"arguments": given.engine_arguments.split()})
    run(feed, duration=given.duration)
    if feed.lost:
        raise SystemExit(f"{feed.lost} records were written over before they were read")


__all__ = ["ASK", "BID", "BUY", "FUNDING", "Feed", "INDEX", "L1_BOOK", "L2_BOOK", "LIQUIDATIONS", "OPEN_INTEREST", "SELL",
           "TICKER", "TRADES", "main", "run", "settings_of"]

if __name__ == "__main__":
    main()
