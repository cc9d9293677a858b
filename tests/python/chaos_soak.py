# SPDX-License-Identifier: MIT
"""A feed for minutes, over an exchange that does all kinds of harm and an engine that is killed again and again.

    chaos_soak.py [SECONDS [SEED]]      with the Python of an environment; DAYPACK_PROGRAM names the program

Every book is compared with the exchange's, at samples; at the end nothing may be left: no task, thread, descriptor or
mapping. What cannot be wrong is checked at every callback (feed_support.Books).
"""
import asyncio
import http.client
import random
import signal
import sys

from feed_support import BID, ASK, Books, CcxtBackpackFeed, Checked, L2_BOOK, LogLines, TRADES, Trades, daypack, held, run_until
from live import Engine, Exchange, remove

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 600
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 1


class EitherNumbering(Books):
    """After a renumbering an id may be of the numbering now, or of the one before."""

    def __init__(self, exchange, each):
        super().__init__(None, each)
        self.exchange = exchange
        self.truth = self.ask
        self.forgotten = 0

    def ask(self, u):
        try:
            return [book for book in (self.exchange.truth("BTC_USDC", u, ago) for ago in (0, 1)) if book is not None]
        except (OSError, http.client.HTTPException):
            return []  # the exchange does harm to whoever asks

    def compare(self, shown, u):
        truths = self.ask(u)
        if not truths:
            self.forgotten += 1
        elif (shown[BID], shown[ASK]) not in truths:
            raise Checked(f"wrong at {u}")
        else:
            self.compared += 1


async def once(exchange, engine, seconds, each):
    books, trades = EitherNumbering(exchange, each), Trades()
    feed = CcxtBackpackFeed(symbols=["BTC-USDC"], channels=[L2_BOOK, TRADES], callbacks={L2_BOOK: books, TRADES: trades},
                            instance=engine[0].instance)
    draw = random.Random(SEED)
    loop = asyncio.get_running_loop()
    end, next_kill = loop.time() + seconds, loop.time() + 15
    kills = 0

    def over():
        nonlocal next_kill, kills
        if loop.time() >= next_kill:
            instance = engine[0].instance
            engine[0].stop(draw.choice([signal.SIGKILL, signal.SIGTERM]))
            engine[0] = Engine(exchange, instance=instance, depth=draw.choice([4096, 8192]))
            next_kill = loop.time() + draw.uniform(10, 20)
            kills += 1
        return loop.time() >= end or books.errors or trades.errors

    await run_until(over, feed, seconds=seconds + 60)
    return books, trades, kills, feed.lost


def main():
    exchange = Exchange(("BTC_USDC",), 200, "--levels", "150", "--chaos", str(SEED), "--chaos-every", "1000")
    engine = [Engine(exchange, depth=8192)]
    with LogLines() as log:
        try:
            engine[0].wait_live(daypack.Reader)
            asyncio.run(once(exchange, engine, 1, 100))
            before = held()
            books, trades, kills, lost = asyncio.run(once(exchange, engine, SECONDS, 5))
            after = held()
        finally:
            engine[0].stop()
            exchange.stop()
            remove(engine[0].instance)
    errors = [line for level, line in log.lines if level == "ERROR"]
    print(f"{books.calls} callbacks, {books.snapshots} snapshots, {kills} ends of the engine, {len(trades.seen)} trades, "
          f"{lost} records lost; {books.compared} books compared, {books.forgotten} forgotten by the exchange, "
          f"{len(books.errors) + len(trades.errors)} wrong; held before and after: {before}, {after}; "
          f"{len(errors)} errors logged")
    for error in [*books.errors, *trades.errors, *errors][:5]:
        print(error)
    return 1 if books.errors or trades.errors or errors or before != after else 0


if __name__ == "__main__":
    sys.exit(main())
