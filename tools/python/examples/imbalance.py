# SPDX-License-Identifier: MIT
"""Imbalance of books, in the terminal: how much more is bid than asked within the best levels.

    imbalance.py [--instance NAME] [--levels N] [--seconds S] [SYMBOL]...
"""
import argparse
import sys
import time

import daypack

WIDTH = 40


def line_of(reader, symbol, levels):
    book = reader.book(symbol, levels)
    if not book.live:
        return f"{symbol:16} {book.state}/{book.reason}"
    exponent = book.exponents[1]
    bid = sum(row[1] for row in book.bid_levels.tolist()) * 10.0**exponent
    ask = sum(row[1] for row in book.ask_levels.tolist()) * 10.0**exponent
    share = bid / (bid + ask) if bid + ask else 0.5
    bar = "#" * round(share * WIDTH)
    return f"{symbol:16} {bid:14.4f} [{bar:{WIDTH}}] {ask:<14.4f} {(2 * share - 1):+.2f}  spread {book.ask - book.bid:.6g}"


def main():
    parser = argparse.ArgumentParser(description="imbalance of books, in the terminal")
    parser.add_argument("symbols", nargs="*", metavar="SYMBOL")
    parser.add_argument("--instance")
    parser.add_argument("--levels", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    given = parser.parse_args()
    try:
        reader = daypack.Reader(given.instance)
    except daypack.DaypackError as error:
        raise SystemExit(f"imbalance: {error}") from None
    symbols = given.symbols or reader.symbols()
    end = time.monotonic() + given.seconds
    in_terminal = sys.stdout.isatty()
    first = True
    while time.monotonic() < end:
        if in_terminal and not first:
            sys.stdout.write(f"\x1b[{len(symbols)}A")
        for symbol in symbols:
            try:
                text = line_of(reader, symbol, given.levels)
            except KeyError as error:
                raise SystemExit(f"imbalance: {error.args[0]}") from None
            sys.stdout.write(text + ("\x1b[K\n" if in_terminal else "\n"))
        sys.stdout.flush()
        first = False
        time.sleep(0.2 if in_terminal else 1.0)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
