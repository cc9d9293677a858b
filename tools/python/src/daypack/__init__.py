# SPDX-License-Identifier: MIT
"""Order books of Backpack Exchange, from the shared memory of a running daypack engine.

    import daypack
    reader = daypack.Reader("default")
    print(reader.top("BTC-USDC"))

Only the state LIVE is tradable: look at `live` before you use a price. Prices and quantities are `decimal.Decimal`
where they are told as such, floats where a name says so, and int64 mantissas with their exponent where speed counts.
Times in _us are the venue's, in _ns this machine's, both since the Unix epoch.

`daypack.cryptofeed` has CcxtBackpackFeed for Cryptofeed; `daypack.feed` runs the same callbacks without it.
"""
from ._shm import Book, DaypackError, Event, Top
from .reader import Follower, Reader

__version__ = "0.1.0"
__all__ = ["Book", "DaypackError", "Event", "Follower", "Reader", "Top", "run"]


def run(*feeds, duration=None):
    """Runs feeds of `daypack.feed` until SIGINT or SIGTERM, until each was stopped or one failed, or for `duration` seconds."""
    from .feed import run as run_feeds
    run_feeds(*feeds, duration=duration)
