# SPDX-License-Identifier: MIT
"""The simulated exchange and engines over it, for tests. DAYPACK_PROGRAM names the program."""
import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
from decimal import Decimal

PROGRAM = os.environ.get("DAYPACK_PROGRAM", "daypack")


def wait_until(true, seconds=15.0, what="it"):
    end = time.monotonic() + seconds
    while not (found := true()):
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come within {seconds} s")
        time.sleep(0.01)
    return found


class Process:
    """A child that ends with this one; its output goes to a file that a failure shows."""

    def __init__(self, arguments, stdout=None):
        self.log = tempfile.TemporaryFile()
        self.child = subprocess.Popen([PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=stdout or self.log,
                                      stderr=self.log)

    def text(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def stop(self, number=signal.SIGTERM):
        if self.child.poll() is None:
            self.child.send_signal(number)
            self.child.send_signal(signal.SIGCONT)
        self.child.wait(10)
        self.log.close()


class Exchange(Process):
    def __init__(self, symbols=("BTC_USDC",), rate=200, *more, port=0):
        arguments = ["sim", "--port", str(port), "--symbols", ",".join(symbols), "--rate", str(rate), *more]
        super().__init__(arguments, subprocess.PIPE)
        self.port = json.loads(self.child.stdout.readline())["listening"]

    def ask(self, path):
        """The body of an answer, or None where it is none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            return body if answer.status == 200 else None
        finally:
            connection.close()

    def get(self, path):
        body = self.ask(path)
        return None if body is None else json.loads(body)

    def truth(self, native, u, ago=0):
        """({price: size}, {price: size}) of the book at that u, or None where the exchange has forgotten it."""
        book = self.get(f"/_sim/truth?symbol={native}&u={u}&ago={ago}")
        if not book:
            return None
        return tuple({Decimal(price): Decimal(size) for price, size in book[side]} for side in ("bids", "asks"))

    def trades(self, native):
        return {str(trade["id"]): trade for trade in self.get(f"/api/v1/trades?symbol={native}&limit=1000") or []}

    def stop(self, number=signal.SIGTERM):
        self.child.stdout.close()
        super().stop(number)


def configuration(exchange, symbols, more="", engine=""):
    listed = ", ".join(f'"{symbol}"' for symbol in symbols)
    return f"""exchanges:
  ccxt_backpack:
    class: Ccxt_Backpack_Feed
    exchange: backpack
    symbols: [{listed}]
    rest_urls: ["http://127.0.0.1:{exchange.port}"]
    ws_urls: ["ws://127.0.0.1:{exchange.port}"]
    lines: 1
{more}engine:
  idle: backoff
{engine}"""


class Engine(Process):
    count = 0

    def __init__(self, exchange, symbols=("BTC-USDC",), instance=None, depth=8192, more="", engine="", channels=None):
        Engine.count += 1
        self.instance = instance or f"python-{os.getpid()}-{Engine.count}"
        if channels:
            more += f"    channels: [{', '.join(channels)}]\n"
        self.folder = tempfile.TemporaryDirectory()
        path = pathlib.Path(self.folder.name) / "config.yaml"
        path.write_text(configuration(exchange, symbols, more, f"  depth: {depth}\n  max_symbols: 16\n{engine}"))
        super().__init__(["run", str(path), "--instance", self.instance])

    def wait_live(self, reader_type, symbol="BTC-USDC"):
        def live():
            try:
                with reader_type(self.instance) as reader:
                    return symbol in reader.symbols() and reader.top(symbol).live
            except Exception:  # noqa: BLE001: there is no segment yet
                return False
        try:
            wait_until(live, what=f"{symbol} LIVE")
        except AssertionError:
            sys.stderr.write(self.text())
            raise

    def stop(self, number=signal.SIGTERM):
        super().stop(number)
        self.folder.cleanup()


def remove(instance):
    for name in (f"/dev/shm/daypack.{instance}", f"/dev/shm/daypack.{instance}.wake"):
        pathlib.Path(name).unlink(missing_ok=True)


def engine_for(case, reader_type, *symbols):
    """Gives a class of tests an exchange and an engine over it, which end with the class."""
    case.exchange = Exchange([symbol.replace("-", "_") for symbol in symbols], 300, "--levels", "150")
    case.addClassCleanup(case.exchange.stop)
    case.engine = Engine(case.exchange, symbols)
    case.addClassCleanup(remove, case.engine.instance)
    case.addClassCleanup(case.engine.stop)
    case.engine.wait_live(reader_type)
