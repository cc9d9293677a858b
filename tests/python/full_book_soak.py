# SPDX-License-Identifier: MIT
"""Ten thousand whole books of `Reader.follow` against the exchange's own: through random faults, gaps, other ticks, engines
that are killed or ended, other layouts, and a ring that laps whoever looks seldom.

    full_book_soak.py        with the Python of an environment; DAYPACK_PROGRAM names the program, DAYPACK_SEED=n,
                             DAYPACK_COMPARISONS=n
"""
import http.client
import os
import signal
import sys
import time

import daypack
from live import Engine, Exchange, remove

SEED = os.environ.get("DAYPACK_SEED", "1")
COMPARISONS = int(os.environ.get("DAYPACK_COMPARISONS", "10000"))
SYMBOLS = ("BTC_USDC", "ETH_USDC", "SOL_USDC")
NUMBERINGS = 5  # that the exchange remembers
# A renumbering is seen by the next update or by a line that is closed; the rest is for a busy machine.
OLD_NUMBERING_S = 6.0
ROUND_S = 3.0
FEED = "    ping_interval_ms: 500\n    line_dead_ms: 2000\n    snapshot_interval: 1\n"


class Wrong(Exception):
    pass


class Followed:
    """One follower. `every`: seconds between two looks."""

    def __init__(self, instance, native, every=0.003):
        self.instance, self.native, self.every = instance, native, every
        self.symbol = native.replace("_", "-")
        self.reader = self.book = None
        self.looked, self.right, self.compared = 0.0, time.monotonic(), 0

    def look(self, exchange):
        """Returns True where a LIVE book of another `u` than the last was compared, and was right."""
        now = time.monotonic()
        if now - self.looked < self.every:
            return False
        self.looked = now
        if self.book is None:
            self.reader = daypack.Reader(self.instance)
            self.book = self.reader.follow(self.symbol)
        if not self.book.poll() or not self.book.whole or not self.book.live:
            self.right = now
            return False
        if self.book.u == self.compared:
            return False
        return self.compare(exchange, now)

    def compare(self, exchange, now):
        u, levels = self.book.u, self.book.levels()
        best = [next(iter(side), None) for side in levels]
        if None not in best and best[0] >= best[1]:
            return False  # the venue crossed it: the engine says so by a flag
        truths = []
        try:
            for ago in range(NUMBERINGS):
                truths.append(exchange.truth(self.native, u, ago))
                if truths[-1] == levels:
                    break
        except (OSError, http.client.HTTPException, ValueError):
            self.right = now  # the exchange does harm to whoever asks
            return False
        if truths[-1] != levels and (known := [truth for truth in truths if truth is not None]):
            difference = [set(mine.items()) ^ set(theirs.items()) for mine, theirs in zip(levels, known[0])]
            raise Wrong(f"{self.symbol} LIVE and wrong at u {u}: {difference}")
        if truths[0] != levels:  # of a numbering that is over, which the engine has yet to learn
            self.must_be_young(u, now)
            return False
        if [list(side) for side in levels] != [sorted(levels[0], reverse=True), sorted(levels[1])]:
            raise Wrong(f"{self.symbol} at u {u}: not best first")
        self.right, self.compared = now, u
        return True

    def must_be_young(self, u, now):
        if now - self.right > OLD_NUMBERING_S:
            raise Wrong(f"{self.symbol} LIVE at u {u} of an old numbering for {now - self.right:.1f} s")

    def close(self):
        if self.book is not None:
            self.book.close()
            self.reader.close()


class Harm:
    """What happens to an engine and to its venue, in turn, besides the exchange's own random faults."""

    def __init__(self, exchange):
        self.exchange = exchange
        self.kills = self.ends = self.ticks = self.drops = 0
        self.round = 0
        self.engine = self.begin(None)

    def begin(self, instance):
        depth, ring = (64, 16, 256)[self.round % 3], 1024 << self.round % 2
        symbols = [native.replace("_", "-") for native in SYMBOLS]
        return Engine(self.exchange, symbols, instance=instance, depth=depth, more=FEED,
                      engine=f"  image_levels: 4096\n  ring_events: {ring}\n")

    def again(self, number):
        instance = self.engine.instance
        self.engine.stop(number)
        self.engine = self.begin(instance)

    def inject(self, fault):
        try:
            self.exchange.ask(f"/_sim/inject?fault={fault}")
        except (OSError, http.client.HTTPException):
            return  # it was done, or it comes in another round

    def strike(self):
        self.round += 1
        native = SYMBOLS[self.round % len(SYMBOLS)]
        if self.round % 4 == 0:
            self.kills += 1
            self.again(signal.SIGKILL)
        elif self.round % 4 == 1:
            self.drops += 1
            self.inject(f"drop:times=2,symbol={native}")
        elif self.round % 4 == 2:
            self.ticks += 1
            self.inject(f"tick:how={'finer' if self.ticks % 2 else 'coarser'},symbol={native}")
        else:
            self.ends += 1
            self.again(signal.SIGTERM)


def soak(exchange, harm):
    instance = harm.engine.instance
    for native in SYMBOLS:
        harm.engine.wait_live(daypack.Reader, native.replace("_", "-"))
    followed = [Followed(instance, native) for native in SYMBOLS]
    seldom = [Followed(instance, native, 2.5) for native in SYMBOLS[:2]]
    compared = joined_late = 0
    next_strike, end = time.monotonic() + ROUND_S, time.monotonic() + 3000
    while compared < COMPARISONS:
        compared += sum(each.look(exchange) for each in followed + seldom)
        time.sleep(0.001)
        if time.monotonic() < next_strike:
            continue
        if time.monotonic() > end:
            raise Wrong(f"only {compared} comparisons in 50 minutes:\n{harm.engine.text()}")
        harm.strike()
        late = harm.round % len(SYMBOLS)  # one that joins in the middle of it
        followed[late].close()
        followed[late] = Followed(instance, SYMBOLS[late])
        joined_late += 1
        next_strike = time.monotonic() + ROUND_S
    lost = [each.book.lost for each in seldom]
    for each in followed + seldom:
        each.close()
    return compared, joined_late, lost


def main():
    exchange = Exchange(SYMBOLS, 150, "--levels", "150", "--seed", SEED, "--chaos", SEED, "--chaos-every", "1500")
    harm = Harm(exchange)
    try:
        compared, late, lost = soak(exchange, harm)
    except Wrong as wrong:
        print(wrong)
        return 1
    finally:
        harm.engine.stop()
        exchange.stop()
        remove(harm.engine.instance)
    print(f"{compared} whole books equal, 0 wrong: {harm.kills} kills, {harm.ends} ends with another layout, {harm.ticks} "
          f"other ticks, {harm.drops} gaps, {late} followers that came late, {lost} records lost by those that looked seldom")
    if not all(lost) or not harm.kills or not harm.ends or not harm.ticks:
        print("it was not as hard as it should have been")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
