# SPDX-License-Identifier: MIT
"""A picture of a book's depth and of its spread over some seconds. It needs matplotlib (Debian: python3-matplotlib).

    depth_picture.py [--instance NAME] [--seconds S] [--levels N] SYMBOL FILE.png
"""
import argparse
import itertools
import time

import daypack
import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402: the backend is chosen first


def watch(reader, symbol, seconds):
    """(seconds since the start, spread) at each change, of LIVE books alone."""
    times, spreads = [], []
    begun = time.monotonic()
    cursor = reader.cursor()
    while (now := time.monotonic() - begun) < seconds:
        top = reader.top(symbol)
        spreads.append(top.ask - top.bid if top.live else float("nan"))
        times.append(now)
        reader.wait(cursor, 0.05)
        cursor = reader.cursor()
    return times, spreads


def side(axes, pairs, colour, label):
    prices = [float(price) for price, _ in pairs]
    sizes = list(itertools.accumulate(float(size) for _, size in pairs))
    axes.fill_between(prices, sizes, step="post", color=colour, alpha=0.4, label=label)


def main():
    parser = argparse.ArgumentParser(description="a picture of a book's depth and spread")
    parser.add_argument("symbol")
    parser.add_argument("file")
    parser.add_argument("--instance")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--levels", type=int, default=50)
    given = parser.parse_args()
    with daypack.Reader(given.instance) as reader:
        times, spreads = watch(reader, given.symbol, given.seconds)
        book = reader.book(given.symbol, given.levels)
    figure, (depth, spread) = pyplot.subplots(2, 1, figsize=(9, 7), layout="constrained")
    side(depth, book.bids, "tab:green", "bids")
    side(depth, book.asks, "tab:red", "asks")
    depth.set(title=f"{given.symbol}  {book.state}  u={book.u}", xlabel="price", ylabel="size up to there")
    depth.legend()
    spread.step(times, spreads, where="post", color="tab:blue")
    spread.set(xlabel="s", ylabel="spread", ylim=(0, None))
    figure.savefig(given.file)


if __name__ == "__main__":
    main()
