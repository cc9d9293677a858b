# SPDX-License-Identifier: MIT
"""The release regression: the services of tools/container/compose.yaml under faults, kills and restarts.

    regression.py containers|processes WORK

While anything of it happens, each book that the reader shows as LIVE is compared with the exchange's own book at the same
update; after each, all books must be LIVE again. The last line is the verdict, and so is the exit code.
"""
import http.client
import json
import pathlib
import ssl
import sys
import time
import urllib.parse
from decimal import Decimal

from services import SYMBOLS, Containers, Failed, Processes, books_of, wait_until

CALM = 3  # rounds of all books after each fault
FAULTS = (
    "drop:symbol=BTC_USDC",
    "drop:symbol=ETH_USDC,line=1,times=20",
    "duplicate:symbol=BTC_USDC,times=20",
    "reorder:symbol=SOL_USDC_PERP",
    "frame:symbol=BTC_USDC,how=malformed,times=2",
    "frame:symbol=ETH_USDC,how=truncated,line=2",
    "violate:line=1,how=masked",
    "close:how=each,for_ms=200",
    "reset",
    "stall:how=deaf,for_ms=2000",
    "cross:symbol=BTC_USDC,for_ms=1500",
    "lag:of=odd,by_ms=60,jitter_ms=30,for_ms=3000",
    "restart:symbol=ETH_USDC,how=kept,by=-4,book=other",
    "restart:symbol=BTC_USDC,how=cut,to=1000",
    "away:for_ms=1500",
    "clock:of=stream,by_ms=-30000",
    "market:symbol=SOL_USDC_PERP,how=CancelOnly,for_ms=2000",
)


class Exchange:
    """Truth and faults, asked over TLS: the certificate is the exchange's own."""

    def __init__(self, services):
        self.port = services.port
        self.trust = ssl.create_default_context(cadata=services.authority())
        self.trust.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)

    def get(self, path):
        connection = http.client.HTTPSConnection("localhost", self.port, timeout=10, context=self.trust)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def is_there(self):
        try:
            return self.get("/api/v1/ping")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def inject(self, fault):
        status, body = self.get("/_sim/inject?fault=" + urllib.parse.quote(fault))
        if status != 200:
            raise Failed(f"{fault} was refused: {body}")

    def struck(self):
        """How many faults have struck; -1 while the exchange does not answer."""
        try:
            return len(self.get("/_sim/faults")[1].splitlines())
        except (OSError, http.client.HTTPException):
            return -1

    def truths(self, native, u):
        """The books at that u: of the numbering now, and of the one before."""
        for ago in (0, 1):
            status, body = self.get(f"/_sim/truth?symbol={native}&u={u}&ago={ago}")
            if status == 200:
                yield json.loads(body)


def levels(side):
    return [(Decimal(price), Decimal(size)) for price, size in side]


class Regression:
    def __init__(self, services):
        self.services = services
        self.exchange = None
        self.right = self.wrong = self.untold = self.kills = self.faults = 0
        self.seen = {}  # states beside LIVE, and how often

    def compare(self, book):
        """A LIVE book equals the true one, as deep as it is shown."""
        try:
            truths = list(self.exchange.truths(book["native"], book["u"]))
        except (OSError, http.client.HTTPException):
            truths = []
        if not truths:
            self.untold += 1  # the exchange is away, was restarted, or has forgotten
            return
        sides = ("bids", "asks")
        if any(all(book[side] and levels(book[side]) == levels(truth[side])[:len(book[side])] for side in sides)
               for truth in truths):
            self.right += 1
            return
        self.wrong += 1
        print(f"WRONG: {book['symbol']} at u={book['u']}: {json.dumps(book)[:600]}\n  true: {json.dumps(truths)[:600]}")

    def look(self):
        """One look through the reader; whether all books are LIVE."""
        books = books_of(self.services)
        for book in books:
            if book["state"] == "LIVE":
                self.compare(book)
            else:
                what = f"{book['state']}/{book['reason']}"
                self.seen[what] = self.seen.get(what, 0) + 1
        return len(books) == len(SYMBOLS) and all(book["state"] == "LIVE" for book in books)

    def is_healthy(self):
        return self.look() and self.services.run_in("reader", "health")[0] == 0

    def expect_calm(self, what):
        wait_until(self.is_healthy, 60, f"all LIVE again after {what}")
        end = time.monotonic() + 30
        rounds = 0
        before = self.right
        while rounds < CALM or self.right - before < CALM * len(SYMBOLS):
            rounds += self.look()
            if time.monotonic() > end:
                raise Failed(f"books do not stay LIVE after {what}: seen {self.seen}")

    def strike(self, fault):
        begin = time.monotonic()
        before = self.exchange.struck()
        if before < 0:
            raise Failed(f"the exchange does not answer before {fault}")
        self.exchange.inject(fault)

        def has_struck():
            self.look()
            return self.exchange.struck() > before

        wait_until(has_struck, 30, f"{fault} strikes")
        self.expect_calm(fault)
        self.faults += 1
        print(f"ok  {time.monotonic() - begin:5.1f} s  {fault}", flush=True)

    def kill(self, service):
        begin = time.monotonic()
        self.services.kill(service)
        self.kills += 1
        if service == "engine":
            wait_until(lambda: self.services.run_in("reader", "health")[0] == 1, 10, "a dead engine is told")
            if any(book["state"] == "LIVE" for book in books_of(self.services)):
                raise Failed("a book is LIVE though its engine is dead")
        if service == "exchange":
            wait_until(lambda: not self.look(), 30, "a dead exchange is told")
        self.services.start(service)
        if service == "exchange":
            wait_until(self.exchange.is_there, 60, "the exchange is back, and trusted as before")
        self.expect_calm(f"a kill of {service}")
        self.expect_news("reader")
        print(f"ok  {time.monotonic() - begin:5.1f} s  kill and start: {service}", flush=True)

    def expect_news(self, service):
        said = self.services.lines_of(service)
        wait_until(lambda: self.services.lines_of(service) != said, 20, f"{service} says something new")

    def run(self):
        self.services.up()
        self.exchange = Exchange(self.services)
        self.expect_calm("the start")
        faults = list(self.services.confinement())
        if faults:
            raise Failed("; ".join(faults))
        for fault in FAULTS:
            self.strike(fault)
        for service in ("reader", "engine", "exchange"):
            self.kill(service)
        self.services.crash("engine")
        self.kills += 1
        self.expect_calm("a crash of engine")
        for service in ("reader", "engine", "exchange"):
            code = self.services.stop(service)
            if code != 0:
                raise Failed(f"{service} was asked to stop and exited with {code}")


def main():
    kinds = {kind.name: kind for kind in (Containers, Processes)}
    if len(sys.argv) != 3 or sys.argv[1] not in kinds:
        sys.exit("usage: regression.py containers|processes WORK")
    work = pathlib.Path(sys.argv[2])
    begin = time.monotonic()
    services = kinds[sys.argv[1]](work)
    regression = Regression(services)
    why = ""
    try:
        regression.run()
    except Failed as failure:
        why = str(failure)
    finally:
        services.down()
    if regression.wrong:
        why = why or "a book was wrong"
    print(f"{regression.faults} faults, {regression.kills} kills, {regression.right} LIVE books compared with the truth, "
          f"{regression.wrong} wrong, {regression.untold} of which the exchange told nothing; also seen: "
          f"{', '.join(f'{what} {count}' for what, count in sorted(regression.seen.items())) or 'nothing'}")
    print(f"{'FAILED: ' + why if why else 'passed'} ({services.name}, {time.monotonic() - begin:.0f} s)")
    return 1 if why else 0


if __name__ == "__main__":
    sys.exit(main())
