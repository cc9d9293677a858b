# SPDX-License-Identifier: MIT
"""The example with Redis, as a user starts it: what a reader of Redis sees is the exchange's book, across an engine's end,
and also where what is written comes in pieces, as from another machine.

    redis_soak.py       with the Python of an environment; exit code 77 where redis-server or Python's redis is missing
"""
import contextlib
import importlib.util
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from decimal import Decimal

import daypack
from live import Engine, Exchange, remove, wait_until

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLE = HERE.parent.parent / "tools" / "python" / "examples" / "redis_backend.py"
COMPARISONS = 300
# A script of Redis is atomic: u, bids and asks of one moment.
BOOK = """local key = 'BACKPACK:BTC-USDC:'
return {redis.call('HGET', key .. 'book', 'u'), redis.call('HGETALL', key .. 'bid'), redis.call('HGETALL', key .. 'ask')}"""


def numbers_of(flat):
    texts = [Decimal(text) for text in flat]
    return dict(zip(texts[::2], texts[1::2]))


def compare(client, exchange, count):
    """Returns how many books were equal to the exchange's; raises at one that was not."""
    equal, last = 0, None
    end = time.monotonic() + 60
    while equal < count and time.monotonic() < end:
        u, bids, asks = client.eval(BOOK, 0)
        if u is None or u == last:
            time.sleep(0.005)
            continue
        last = u
        truth = exchange.truth("BTC_USDC", int(u))
        if truth is None:
            continue
        assert (numbers_of(bids), numbers_of(asks)) == truth, f"wrong at u {u}"
        equal += 1
    assert equal == count, f"only {equal} comparisons in 60 s"
    return equal


class Pieces(threading.Thread):
    """The way to a Redis that is far away: what is written there arrives in small pieces, so that whoever reads meanwhile
    sees what was written by one piece, unless the commands of an update are one transaction."""

    def __init__(self, path, server):
        super().__init__(daemon=True)
        self.server = server
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()

    def run(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return  # it was closed
            redis = socket.socket(socket.AF_UNIX)
            redis.connect(self.server)
            for source, to, size in ((client, redis, 64), (redis, client, 65536)):
                threading.Thread(target=self.carry, args=(source, to, size), daemon=True).start()

    @staticmethod
    def carry(source, to, size):
        with contextlib.suppress(OSError):
            while data := source.recv(size):
                to.sendall(data)
                time.sleep(0.0001 if size == 64 else 0)
            to.shutdown(socket.SHUT_WR)


def check_trades(client, exchange):
    rest = exchange.trades("BTC_USDC")
    rows = [fields for _, fields in client.xrange("BACKPACK:BTC-USDC:trades")]
    ids = [int(row["id"]) for row in rows]
    assert len(ids) > 10 and ids == sorted(set(ids)), "each trade once, in order"
    known = [row for row in rows if row["id"] in rest]
    assert known, "trades that REST has, too"
    for row in known:
        assert Decimal(row["price"]) == Decimal(rest[row["id"]]["price"]), row
        assert Decimal(row["amount"]) == Decimal(rest[row["id"]]["quantity"]), row
    return len(ids)


def run(folder, exchange, engine):
    import redis
    path, far = f"{folder}/redis", f"{folder}/far"
    server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--dir", folder],
                              stdout=subprocess.DEVNULL)
    pieces = Pieces(far, path)
    environment = dict(os.environ)
    if importlib.util.find_spec("cryptofeed") is None:
        environment["PYTHONPATH"] = str(HERE / "standin")
    example = None
    try:
        wait_until(lambda: os.path.exists(path), what="redis-server")
        pieces.start()
        arguments = ["--redis", f"unix://{far}", "--instance", engine[0].instance, "BTC-USDC"]
        example = subprocess.Popen([sys.executable, str(EXAMPLE), *arguments], env=environment, stderr=subprocess.PIPE,
                                   text=True)
        client = redis.Redis(unix_socket_path=path, decode_responses=True)
        equal = compare(client, exchange, COMPARISONS // 2)
        engine[0].stop(signal.SIGKILL)
        engine[0] = Engine(exchange, instance=engine[0].instance, depth=8192)
        engine[0].wait_live(daypack.Reader)
        equal += compare(client, exchange, COMPARISONS // 2)
        trades = check_trades(client, exchange)
        client.close()
        example.send_signal(signal.SIGTERM)
        errors = example.communicate(timeout=15)[1]
        assert (example.returncode, errors) == (0, ""), f"it ended with {example.returncode}: {errors}"
    finally:
        pieces.listener.close()
        for process in (example, server):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
    print(f"{equal} books in Redis equal the exchange's, 0 wrong, across an engine that was killed; {trades} trades, each once")


def main():
    missing = [name for name, found in (("redis-server", shutil.which("redis-server")),
                                        ("python3-redis", importlib.util.find_spec("redis"))) if not found]
    if missing:
        print(f"skipped: {' and '.join(missing)} missing here (Debian: apt-get install redis-server python3-redis)")
        return 77
    exchange = Exchange(("BTC_USDC",), 200, "--levels", "150")
    engine = [Engine(exchange, depth=8192)]
    try:
        engine[0].wait_live(daypack.Reader)
        with tempfile.TemporaryDirectory() as folder:
            run(folder, exchange, engine)
    finally:
        engine[0].stop()
        exchange.stop()
        remove(engine[0].instance)
    return 0


if __name__ == "__main__":
    sys.exit(main())
