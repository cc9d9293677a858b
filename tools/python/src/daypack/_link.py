# SPDX-License-Identifier: MIT
"""Link: the way from an engine's shared memory to a feed, for one event loop. It knows nothing of Cryptofeed.

It waits for an engine inside, without an exception; it follows restarts, replaced segments, gaps and laps by itself, and
then hands out a snapshot. A batch is a list of items, tuples whose first element says what they are:

    ("snapshot", market, bids, asks, u, timestamp, receipt timestamp)
    ("update", market, delta, u, timestamp, receipt timestamp)
    ("trade", market, side, amount, price, id, timestamp, receipt timestamp)
    ("top", market, bid, bid size, ask, ask size, timestamp, receipt timestamp)
    ("private", event of an account)
    and those of figures: (kind, market, price, price2, quantity, quantity2, side, id_a, timestamp, receipt timestamp)
"""
import asyncio
import time

from . import _shm

BATCH = 2000  # records between two turns of the loop
TURN_S = 0.005  # and at most so long, or about: a batch is as large as callbacks were done with in that time
LEAST_BATCH = 32
RETRY_S = 0.05  # a missing book or symbol is looked for again: no record tells when a folded state ends
BEAT_S = 0.5
NEWS_S = 0.02  # nothing wakes whoever waits for news of an account
SAY_EACH_S = 10.0


class Link:
    """`wanted` has (symbol, wants, max_depth) of each market. `supervisor` starts an engine where none runs, or None."""

    def __init__(self, wanted, *, instance, owner, log, name, interval, supervisor=None, words=("bid", "ask", "buy", "sell"),
                 news=None, on_lost=None):
        self.wanted = list(wanted)
        self.instance = instance
        self.owner = owner
        self.log = log
        self.name = name
        self.interval = interval
        self.supervisor = supervisor
        self.words = words
        self.news = news(self._say, self._count_lost) if news is not None else None
        self.lost = 0
        self.on_lost = on_lost  # called with a number of records
        self.on_alive = None  # called while the engine's beat is fresh
        self.is_open = False
        self._closed = False
        self._stream = self._waiter = self._loop = self._wake = self._beat = None
        self._said = {}
        self._not_listed, self._opened_at, self._lost_before = [], 0.0, 0

    # ---- life

    async def open(self):
        """Waits until there is an engine. Returns without one where close() came first."""
        self._loop = asyncio.get_running_loop()
        self._closed = False
        self.is_open = True
        begun, pause = time.monotonic(), RETRY_S
        while not self._closed:
            try:
                self._stream = _shm.Stream(self.instance, self.owner, *self.words)
                self._waiter = _shm.Waiter(self.instance, self.owner, self.interval)
                break
            except (_shm.DaypackError, OSError) as error:
                self._drop()
                if self.supervisor is not None:
                    self.supervisor.tend()
                elif time.monotonic() - begun > 2:
                    self._say("waits", "waits for the engine of instance %s: %s", self.instance, error)
            await self._sleep(pause)
            pause = min(pause * 1.5, 0.5)
        if self._closed:
            return
        self._opened_at, self._lost_before = time.monotonic(), 0
        for symbol, wants, max_depth in self.wanted:
            self._stream.add(symbol, wants, max_depth)
        self._loop.add_reader(self._waiter.fileno(), self._on_event)

    def close(self):
        """Ends what waits, and gives everything back. May be called again, and at any moment of the loop's thread."""
        self._closed = True
        self.is_open = False
        self._awake()
        self._drop()

    def _drop(self):
        if self._waiter is not None:
            if self._loop is not None and not self._loop.is_closed():
                self._loop.remove_reader(self._waiter.fileno())
            self._waiter.close()
        if self._stream is not None:
            self._stream.close()
        if self.news is not None:
            self.news.close()
        if self._beat is not None:
            self._beat.cancel()
        self._waiter = self._stream = self._beat = None

    # ---- waiting

    def _on_event(self):
        self._waiter.take()
        self._awake()

    def _awake(self):
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def _on_beat(self):
        self._beat = None
        self._awake()

    async def _sleep(self, seconds):
        """For so long at most. The timer of the sleep before is left where it rings early enough: one that is made and
        dropped with each update would cost nearly as much as the update."""
        due = self._loop.time() + seconds
        if self._beat is not None and self._beat.when() > due:
            self._beat.cancel()
            self._beat = None
        if self._beat is None:
            self._beat = self._loop.call_at(due, self._on_beat)
        self._wake = self._loop.create_future()
        try:
            await self._wake
        finally:
            self._wake = None

    # ---- reading

    async def batches(self):
        """Batches of items, as they come, until close()."""
        turn_at, records, retry_at, look_at, most = time.monotonic(), 0, 0.0, 0.0, BATCH
        while not self._closed and self._stream is not None:
            stream = self._stream
            cursor = stream.cursor
            items = stream.read(most)
            if stream.lost != self._lost_before:
                self._count_lost(stream.lost - self._lost_before)
                self._lost_before = stream.lost
            if items:
                began = time.monotonic()
                yield items
                if self._closed:
                    return
                slow = time.monotonic() - began > TURN_S
                most = max(most // 2, LEAST_BATCH) if slow else min(most * 2, BATCH)
            if self.news is not None and (told := self.news.read()):
                yield told
                if self._closed:
                    return
            records += stream.cursor - cursor
            now = time.monotonic()
            if now >= look_at:
                self._look_at_engine(stream, now)
                look_at = now + (RETRY_S if self._not_listed else BEAT_S)
            missing, cut = stream.missing()
            if (missing and (now >= retry_at or items)) or (cut and now >= retry_at):
                for snapshot in self._join(stream, missing, cut):
                    yield [snapshot]
                    if self._closed:
                        return
                retry_at = time.monotonic() + RETRY_S
            if records >= BATCH or now - turn_at >= TURN_S:
                await asyncio.sleep(0)
                turn_at, records = time.monotonic(), 0
            if not stream.has_news and not self._closed:
                pause = RETRY_S if missing or cut or self._not_listed else BEAT_S
                await self._sleep(min(pause, NEWS_S) if self.news is not None else pause)
                turn_at, records = time.monotonic(), 0

    def _join(self, stream, missing, cut):
        for number in missing + cut:
            joined = stream.join(number, number in cut)
            if joined is None:
                continue
            symbol, _, max_depth = self.wanted[number]
            if not joined[5] and number in missing and not stream.has_images:
                self._say("cut", "%s: the engine shows %d and %d levels of it, and there are more: set engine.depth or "
                          "engine.image_levels to 16384 for whole books", symbol, len(joined[0]), len(joined[1]), once=True)
            yield ("snapshot", number, *joined[:5])

    def _unlisted(self, stream):
        """Symbols that the engine does not list: a new one begins without any."""
        self._not_listed = [name for number, (name, _, _) in enumerate(self.wanted) if not stream.listed(number)]
        return self._not_listed

    def _look_at_engine(self, stream, now):
        if stream.fresh():
            if self.on_alive is not None:
                self.on_alive()
        elif self.supervisor is not None:
            self.supervisor.tend()
        if (unlisted := self._unlisted(stream)) and now - self._opened_at > 5:
            self._say("unlisted", "the engine of instance %s does not list %s, which is looked for again and again",
                      self.instance, ", ".join(unlisted), once=True)

    def _count_lost(self, records):
        self.lost += records
        if self.on_lost is not None:
            self.on_lost(records)
        self._say("lost", "%d records were written over before they were read, %d in all: books are read anew, trades "
                  "among them are gone; callbacks are too slow, or engine.ring_events too small", records, self.lost)

    def _say(self, what, text, *arguments, once=False):
        now = time.monotonic()
        if what in self._said and (once or now - self._said[what] < SAY_EACH_S):
            return
        self._said[what] = now
        self.log.warning("%s: " + text, self.name, *arguments)
