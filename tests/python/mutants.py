# SPDX-License-Identifier: MIT
"""Plants one mistake after another in a copy of the package, and expects the test that is named for it to fail.

    mutants.py WORK_FOLDER [NAME]...      with the Python of an environment; DAYPACK_PROGRAM names the program
"""
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE = HERE.parent.parent / "tools" / "python"
FEED, LIFE = "feed_test.AFeed.", "feed_life_test.AFeedThroughTrouble."
SHM, LINK, DELIVERY, ENGINE = (f"src/daypack/{name}.py" for name in ("cryptofeed", "_link", "_delivery", "_engine"))
ITEMS, MARKET, VALUES = (f"native/{name}.c" for name in ("items", "market", "values"))
WHOLE = FEED + "test_delivers_whole_books_whose_deltas_lead_from_one_to_the_next"
TRADES = FEED + "test_delivers_each_trade_once_as_rest_has_it"
OTHERS = FEED + "test_delivers_the_other_channels"
UNFIT = "if (record->first_id > market->u + 1 || record->exponents != market->exponents) {"
AUTO = LIFE + "test_it_starts_an_engine_looks_after_it_and_ends_it"

# name: (file, what stands there, what is put in its place, the test that must fail, more edits)
MUTANTS = {
    "coroutine_stop": (SHM, "    async def shutdown(self):", "    async def stop(self):\n        super().stop()\n\n"
                       "    async def shutdown(self):", FEED + "test_leaves_nothing_behind"),
    "start_without_backends": (SHM, "    async def shutdown(self):", "    def start(self, loop):\n        from cryptofeed"
                               ".connection import ConnectionHandler\n        for each in self.connect():\n            self."
                               "connection_handlers.append(ConnectionHandler(*each, self.retries))\n            self."
                               "connection_handlers[-1].start(loop)\n\n    async def shutdown(self):",
                               FEED + "test_starts_feeds_and_stops_backends"),
    "side_swapped": (ITEMS, "== DAYPACK_SIDE_BID ? self->buy : self->sell),\n                          quantity_of",
                     "== DAYPACK_SIDE_ASK ? self->buy : self->sell),\n                          quantity_of", TRADES),
    "amount_and_price_swapped": (DELIVERY, "side, amount, price, timestamp, id=", "side, price, amount, timestamp, id=",
                                 TRADES),
    "id_is_a_number": (DELIVERY, "id=trade_id", "id=int(trade_id)", TRADES),
    "last_trade_of_a_batch_alone": (SHM, "await self.deliver(message, conn)", "await self.deliver(message[-1:], conn)",
                                    TRADES),
    "floats": (VALUES, "PyObject* native_decimal_of(int64_t mantissa, int exponent) {", "PyObject* native_decimal_of(int64_t "
               "mantissa, int exponent) {\n    if (mantissa != 0) return PyFloat_FromDouble(native_double_of(mantissa, "
               "exponent));", WHOLE),
    "delta_without_deletes": (MARKET, "if (changed) market->changes[kept++] = change;",
                              "if (changed && change.quantity != 0) market->changes[kept++] = change;", WHOLE),
    "delta_on_the_other_side": (MARKET, "change->side = daypack_record_side(record) & 1;",
                                "change->side = (daypack_record_side(record) & 1) ^ 1;", WHOLE),
    "delta_of_one_side": (ITEMS, "PyDict_SetItem(delta, self->bid, lists[DAYPACK_SIDE_BID]) != 0 ||", "", WHOLE),
    "sequence_left_out": (DELIVERY, "timestamp=timestamp, sequence_number=u, delta=delta)",
                          "timestamp=timestamp, delta=delta)", WHOLE),
    "milliseconds": (ITEMS, "return (double)us / 1e6;", "return (double)us / 1e3;", WHOLE),
    "receipt_is_the_venues": (DELIVERY, "_, number, delta, u, timestamp, receipt = item",
                              "_, number, delta, u, timestamp, receipt = item\n            receipt = timestamp or receipt",
                              WHOLE),
    "receipt_is_now": (DELIVERY, "        trade = self.types.Trade(", "        import time\n        receipt = time.time()\n"
                       "        trade = self.types.Trade(",
                       FEED + "test_tells_the_time_of_receipt_of_the_engine_not_of_the_callback"),
    "same_book_after_a_snapshot": (DELIVERY, "        self._l2_book[symbol] = book\n",
                                   "        book = self._l2_book.setdefault(symbol, book)\n",
                                   LIFE + "test_a_gap_and_a_close_of_all_lines"),
    "no_snapshot_after_a_gap": (MARKET, "if (kind == DAYPACK_KIND_SNAPSHOT || !market_may_show(status.state) || "
                                "status.epoch != market->epoch) {", "if (kind == DAYPACK_KIND_SNAPSHOT) return 0;\n"
                                "    if (0) {", LIFE + "test_a_gap_and_a_close_of_all_lines", (MARKET, UNFIT, "if (0) {")),
    "nothing_joined_after_a_lap": (MARKET, UNFIT, "if (0) {", LIFE + "test_a_ring_that_laps_it",
                                   ("native/stream.c", "self->lost += lost;\n        lose_all(self);", "self->lost += lost;")),
    "slot_is_the_whole_book": (MARKET, "book.bids == depth ? bids[depth - 1].price : book.known_to_bid", "0",
                               LIFE + "test_a_shallow_slot"),
    "thin_books_are_left": (MARKET, "market->thin = 1;", "market->thin = 0;", LIFE + "test_a_shallow_slot"),
    "loss_not_counted": (SHM, "self.lost += item[1]", "pass", LIFE + "test_a_ring_that_laps_it"),
    "each_loss_logged": (LINK, "        if what in self._said and (once or now - self._said[what] < SAY_EACH_S):\n"
                         "            return\n", "", LIFE + "test_a_ring_that_laps_it"),
    "no_engine_is_an_error": (LINK, "                self._drop()\n                if self.supervisor",
                              "                raise\n                if self.supervisor",
                              LIFE + "test_an_engine_that_comes_later"),
    "waits_for_a_record": (LINK, "await self._sleep(RETRY_S if missing or cut or self._not_listed else BEAT_S)",
                           "await self._sleep(1000)", FEED + "test_does_not_take_a_quiet_market_for_a_dead_one"),
    "polls": (LINK, "await self._sleep(RETRY_S if missing or cut or self._not_listed else BEAT_S)", "await asyncio.sleep(0)",
              FEED + "test_does_not_take_a_quiet_market_for_a_dead_one"),
    "asks_the_network": (SHM, "    def connect(self):", "    def connect(self):\n        import socket\n        socket"
                         ".getaddrinfo('127.0.0.1', 9)", FEED + "test_asks_nothing_of_the_network"),
    "close_keeps_the_reader": (LINK, "self._wake.set_result(None)\n        self._drop()", "self._wake.set_result(None)",
                               FEED + "test_leaves_nothing_behind"),
    "no_turn_for_the_loop": (LINK, "if records >= BATCH or now - turn_at >= TURN_S:", "if False:",
                             FEED + "test_gives_the_loop_its_turn_however_much_there_is_to_read"),
    "arguments_swallowed": (SHM, "if name not in known:", "if False:", FEED + "test_refuses_what_there_is_not"),
    "unknown_symbols_pass": (SHM, "if (listed or not NORMALISED.fullmatch(symbol)) and not ignore_unknown:", "if False:",
                             FEED + "test_refuses_what_there_is_not"),
    "symbols_of_others_dropped": (SHM, "        known.update(mapping)\n", "        known = dict(mapping)\n",
                                  FEED + "test_two_instances_in_one_process_know_their_own_symbols"),
    "symbol_objects_kept": (SHM, "[str(symbol) for symbol in of] for channel", "list(of) for channel",
                            FEED + "test_takes_both_forms_of_subscription_and_symbol_objects"),
    "not_registered": (SHM, "EXCHANGE_MAP.setdefault(CcxtBackpackFeed.id, CcxtBackpackFeed)", "",
                       FEED + "test_is_known_by_name_and_by_the_other_spelling"),
    "l1_without_callback": (DELIVERY, "if channel in self._channels[number] and key in self.callbacks:", "if True:",
                            FEED + "test_needs_no_callback_for_a_channel"),
    "ticker_swapped": (DELIVERY, "self.types.Ticker(self.id, symbol, bid, ask, timestamp)",
                       "self.types.Ticker(self.id, symbol, ask, bid, timestamp)", OTHERS),
    "funding_in_us": (DELIVERY, "paid_us / 1e6 if", "float(paid_us) if", OTHERS),
    "engine_left_behind": (SHM, "            self._supervisor.stop()", "            pass", AUTO),
    "engine_not_started_again": (ENGINE, "            self._tell_end()", "            return", AUTO),
}


def run(work, name):
    path, old, new, test, *more = MUTANTS[name]
    tree = work / name
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(PACKAGE, tree, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    shutil.copytree(PACKAGE.parent.parent / "engine" / "include", tree / "include")
    for path, old, new in [(path, old, new), *more]:
        source = tree / path
        text = source.read_text(encoding="utf-8")
        if text.count(old) != 1:
            return f"what it changes stands {text.count(old)} times in {path}"
        source.write_text(text.replace(old, new), encoding="utf-8")
    build = "import daypack_build as b; b._compile(b.PACKAGE / b.MODULE)"
    subprocess.run([sys.executable, "-c", build], check=True, env={**os.environ, "PYTHONPATH": str(tree / "backend")})
    done = subprocess.run([sys.executable, "-m", "unittest", test], cwd=HERE, capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONPATH": str(tree / "src"), "PYTHONDONTWRITEBYTECODE": "1"}, timeout=300)
    shutil.rmtree(tree)
    return None if done.returncode != 0 and "Ran 1 test" in done.stderr else f"{test} did not fail:\n{done.stderr[-1500:]}"


def main():
    work = pathlib.Path(sys.argv[1])
    names = sys.argv[2:] or list(MUTANTS)
    survived = 0
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for name, fault in zip(names, pool.map(lambda each: run(work, each), names)):
            print(f"{name}: {'caught' if fault is None else fault}", flush=True)
            survived += fault is not None
    print(f"{len(names) - survived} passed, {survived} failed")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
