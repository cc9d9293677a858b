# SPDX-License-Identifier: MIT
"""Plants one mistake after another in a copy of the package, and expects the test that is named for it to fail.

    mutants.py WORK_FOLDER [NAME]...      with the Python of an environment; DAYPACK_PROGRAM names the program
"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE = HERE.parent.parent / "tools" / "python"
MODULE = pathlib.Path("src/daypack/_shm.abi3.so")
FEED, LIFE = "feed_test.AFeed.", "feed_life_test.AFeedThroughTrouble."
SHM, LINK, DELIVERY, ENGINE, PRIVATE, READER, RUNNER = (f"src/daypack/{name}.py" for name in (
    "cryptofeed", "_link", "_delivery", "_engine", "_private", "reader", "feed"))
ITEMS, MARKET, VALUES, APPLY, TEXTS, WAITER, READS = (f"native/{name}.c" for name in (
    "items", "market", "values", "apply", "texts", "waiter", "reader"))
ACCOUNT = "account_test.AnAccount.test_is_told_as_the_exchange_holds_it"
NEWS = "account_test.TheNewsOfAnAccount.test_becomes_the_objects_of_cryptofeed_and_of_ones_own"
WHOLE = FEED + "test_delivers_whole_books_whose_deltas_lead_from_one_to_the_next"
TRADES = FEED + "test_delivers_each_trade_once_as_rest_has_it"
OTHERS = FEED + "test_delivers_the_other_channels"
UNFIT = "if (record->first_id > market->u + 1 || record->exponents != market->exponents) {"
AUTO = LIFE + "test_it_starts_an_engine_looks_after_it_and_ends_it"
SHARED = LIFE + "test_feeds_share_an_engine_of_theirs_until_the_last_has_ended"
OF_TOP = "    if (result != DAYPACK_OK) return native_fail(&self->reader, result);\n    return native_new_top"
WAITS, RUNS, ACROSS = "waiter_test.AWaiter.", "runner_test.AFeedWithoutCryptofeed.", "reader_test.AReaderAcrossLives."
REFUSES = FEED + "test_refuses_what_there_is_not"
KINDS = FEED + "test_starts_feeds_and_stops_backends"
PREFIX = FEED + "test_shows_prefixes_with_max_depth"
SHUTDOWN = "    async def shutdown(self):"
CALLBACK = "    async def callback(self, channel, made, receipt_timestamp):\n        "
# Every sign that a book is not followed on is overlooked: what comes next is applied to what there was.
BLIND = ((MARKET, UNFIT, "if (0) {"),)
SEES = ("if (kind == DAYPACK_KIND_SNAPSHOT || !market_may_show(status.state) || status.epoch != market->epoch) {",
        "if (kind == DAYPACK_KIND_SNAPSHOT) return 0;\n    if (0) {")

# name: (file, what stands there, what is put in its place, the test that must fail, more edits)
MUTANTS = {
    "coroutine_stop": (SHM, SHUTDOWN, "    async def stop(self):\n        super().stop()\n\n"
                       "    async def shutdown(self):", FEED + "test_leaves_nothing_behind"),
    "start_without_backends": (SHM, SHUTDOWN, "    def start(self, loop):\n        from cryptofeed"
                               ".connection import ConnectionHandler\n        for each in self.connect():\n            self."
                               "connection_handlers.append(ConnectionHandler(*each, self.retries))\n            self."
                               "connection_handlers[-1].start(loop)\n\n    async def shutdown(self):",
                               KINDS),
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
    "no_snapshot_after_a_gap": (MARKET, *SEES, LIFE + "test_a_gap_and_a_close_of_all_lines", *BLIND),
    "no_snapshot_after_another_tick": (MARKET, *SEES, LIFE + "test_a_renumbering_and_a_finer_tick", *BLIND),
    "no_snapshot_after_a_restart": (MARKET, *SEES, LIFE + "test_an_engine_that_is_killed_stopped_replaced_and_suspended",
                                    *BLIND),
    "nothing_joined_after_a_lap": (MARKET, UNFIT, "if (0) {", LIFE + "test_a_ring_that_laps_it",
                                   ("native/stream.c", "self->lost += lost;\n        lose_all(self);", "self->lost += lost;")),
    "slot_is_the_whole_book": (MARKET, "book.bids == depth ? bids[depth - 1].price : book.known_to_bid", "0",
                               LIFE + "test_a_shallow_slot"),
    "thin_books_are_left": (MARKET, "market->thin = 1;", "market->thin = 0;", LIFE + "test_a_shallow_slot"),
    "loss_not_counted": (DELIVERY, "self.lost += records", "pass", LIFE + "test_a_ring_that_laps_it"),
    "each_loss_logged": (LINK, "        if what in self._said and (once or now - self._said[what] < SAY_EACH_S):\n"
                         "            return\n", "", LIFE + "test_a_ring_that_laps_it"),
    "no_engine_is_an_error": (LINK, "                self._drop()\n                if self.supervisor",
                              "                raise\n                if self.supervisor",
                              LIFE + "test_an_engine_that_comes_later"),
    "waits_for_a_record": (LINK, "pause = RETRY_S if missing or cut or self._not_listed else BEAT_S", "pause = 1000",
                           FEED + "test_does_not_take_a_quiet_market_for_a_dead_one"),
    "polls": (LINK, "await self._sleep(min(pause, NEWS_S) if self.news is not None else pause)", "await asyncio.sleep(0)",
              FEED + "test_does_not_take_a_quiet_market_for_a_dead_one"),
    "asks_the_network": (SHM, "    def connect(self):", "    def connect(self):\n        import socket\n        socket"
                         ".getaddrinfo('127.0.0.1', 9)", FEED + "test_asks_nothing_of_the_network"),
    "close_keeps_the_reader": (LINK, "self._awake()\n        self._drop()", "self._awake()",
                               FEED + "test_leaves_nothing_behind"),
    "no_turn_for_the_loop": (LINK, "if records >= BATCH or now - turn_at >= TURN_S:", "if False:",
                             FEED + "test_gives_the_loop_its_turn_however_much_there_is_to_read"),
    "arguments_swallowed": (SHM, "if name not in known:", "if False:", REFUSES),
    "unknown_symbols_pass": (SHM, "if listed and symbol not in listed:", "if False:", REFUSES),
    "configuration_not_asked": (SHM, "if not self.config.ignore_invalid_instruments:", "if True:",
                                FEED + "test_knows_the_configuration_that_cryptofeed_finds_by_itself"),
    "symbols_of_ones_own_engine_refused": (SHM, 'if engine == "auto" and runs_here(self.instance):', "if False:", SHARED),
    "engine_ends_with_the_first_feed": (ENGINE, "if not self.served:\n", "if True:\n", SHARED),
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
    "engine_left_behind": (SHM, "            self._supervisor.leave(self)", "            pass", AUTO),
    "engine_not_started_again": (ENGINE, "            self._tell_end()", "            return", AUTO),
    "first_call_is_no_snapshot": (DELIVERY, "receipt, timestamp=timestamp, sequence_number=u)", "receipt, timestamp="
                                  "timestamp, sequence_number=u, delta={self.names.BID: [], self.names.ASK: []})", WHOLE),
    "sequence_stands_still": (ITEMS, "PyLong_FromUnsignedLongLong(record->last_id),", "PyLong_FromUnsignedLongLong(1),",
                              WHOLE),
    "instance_of_the_environment_ignored": (READER, "name or os.environ.get(INSTANCE) or", "name or", WHOLE),
    "max_depth_ignored": (DELIVERY, "asks=asks, max_depth=self.max_depth)", "asks=asks)", PREFIX),
    "truncated": (DELIVERY, "max_depth=self.max_depth)", "max_depth=self.max_depth, truncate=True)", PREFIX),
    "levels_beyond_the_bound": (MARKET, "daypack_is_worse(change.side, change.price, side->known_to)) continue;",
                                "daypack_is_worse(change.side, change.price, side->known_to)) { }",
                                LIFE + "test_a_slot_of_64_levels"),
    "deletes_not_applied": (APPLY, "if (PyObject_DelItem(levels, price) != 0) return -1;", "", WHOLE),
    "levels_that_come_not_noted": (APPLY, "!is_known && note(", "is_known && note(",
                                   RUNS + "test_keeps_a_side_in_order_however_it_changes"),
    "trades_twice": (DELIVERY, "await self.callback(self.names.TRADES, trade, receipt)", "await self.callback(self.names."
                     "TRADES, trade, receipt)\n        await self.callback(self.names.TRADES, trade, receipt)", TRADES),
    "trade_at_the_time_of_receipt": (DELIVERY, "amount, price, timestamp, id=", "amount, price, receipt, id=", TRADES),
    "figures_are_floats": (ITEMS, "native_decimal_of(record->price2, daypack_exponent(exponents, 2)),", "PyFloat_FromDouble("
                           "native_double_of(record->price2, daypack_exponent(exponents, 2))),", OTHERS),
    "unknown_channels_pass": (SHM, "for name, venue in VENUE_CHANNELS.items()}", "for name, venue in VENUE_CHANNELS.items()} "
                              '| {defines.CANDLES: "kline"}', REFUSES),
    "subscription_left_out": (SHM, "            channel = self.exchange_channel_to_std(native_channel)\n", "            "
                              "if isinstance(natives, set):\n                continue\n            channel = self."
                              "exchange_channel_to_std(native_channel)\n",
                              FEED + "test_takes_both_forms_of_subscription_and_symbol_objects"),
    "backends_not_stopped": (SHM, "        await super().shutdown()\n", "        for handler in self.connection_handlers:\n"
                             "            await handler.conn.close()\n", KINDS),
    "first_of_a_list_alone": (SHM, SHUTDOWN, CALLBACK + "await self.callbacks[channel][0](made, receipt_timestamp)\n\n" +
                              SHUTDOWN, KINDS),
    "callbacks_get_one_argument": (SHM, SHUTDOWN, CALLBACK + "for each in self.callbacks[channel]:\n            await each("
                                   "made)\n\n" + SHUTDOWN, FEED + "test_calls_a_plain_function_in_a_wrapper"),
    "needs_more_than_nbbo_gives": (SHM, "callbacks=None, instance=None, owner=None,", "callbacks=None, instance, owner=None,",
                                   FEED + "test_serves_nbbo"),
    "not_started_while_others_run": (SHM, SHUTDOWN, "    begun = []\n\n    def start(self, loop):\n        if not self.begun:"
                                     "\n            super().start(loop)\n        self.begun.append(self)\n\n" + SHUTDOWN,
                                     FEED + "test_is_added_while_others_run"),
    "loop_in_the_constructor": (SHM, "        self.lost = 0\n        wanted = [", "        self.lost = 0\n        import "
                                "asyncio\n        self.loop = asyncio.new_event_loop()\n        wanted = [",
                                FEED + "test_ends_cleanly_by_a_signal"),
    "errors_of_callbacks_swallowed": (SHM, "        await self.deliver(message, conn)", "        try:\n            await self."
                                      "deliver(message, conn)\n        except Exception:\n            LOG.exception('x')",
                                      FEED + "test_lives_through_a_callback_that_raises"),
    "book_awaits_a_record": (LINK, "(missing and (now >= retry_at or items))", "(missing and items)",
                             FEED + "test_does_not_take_a_quiet_market_for_a_dead_one"),
    "empty_book_after_a_loss": (DELIVERY, "self.lost += records", "self.lost += records\n        import asyncio\n        "
                                "self.task = asyncio.ensure_future(self._on_snapshot(('snapshot', 0, {}, {}, 1, None, "
                                "time.time())))", LIFE + "test_a_ring_that_laps_it"),
    "fills_on_the_other_side": (PRIVATE, 'names.BUY if news.get("side") == "Bid" else names.SELL, number(news, "quantity")',
                                'names.SELL if news.get("side") == "Bid" else names.BUY, number(news, "quantity")', ACCOUNT),
    "balance_without_what_is_locked": (PRIVATE, 'number(news, "available") + locked +', 'number(news, "available") +', ACCOUNT),
    "short_is_long": (PRIVATE, "names.SHORT if net < 0", "names.LONG if net < 0", ACCOUNT),
    "one_record_a_text": (TEXTS, "self->size += size;", "self->size = size;", ACCOUNT),
    "account_kept_open": (LINK, "            self.news.close()\n", "            pass\n", ACCOUNT),
    "batches_whatever_callbacks_take": (LINK, "stream.read(most)", "stream.read(BATCH)",
                                        FEED + "test_gives_the_loop_its_turn_however_slow_callbacks_are"),
    "late_news_taken": (PRIVATE, ' or news.get("is_late")', "", NEWS),
    "event_stays_taken": (WAITER, "(ssize_t)sizeof news) self->is_raised = 0;", "(ssize_t)sizeof news) { }",
                          WAITS + "test_oversleeps_nothing"),
    "event_is_told_again": (WAITER, "while (self->is_raised && !self->must_end)", "while (0)",
                            WAITS + "test_tells_once_what_nobody_takes_and_spends_nothing_meanwhile"),
    "others_end_a_poll": (READER, "records = self._stream.cursor - cursor", "records = 0",
                          "reader_test.AReader.test_reads_on_through_whatever_is_of_other_symbols"),
    "index_of_another_segment": (READS, "} while (was_replaced(self));\n" + OF_TOP, "} while (0);\n" + OF_TOP, ACROSS +
                                 "test_shows_the_symbol_that_was_asked_for_in_a_segment_of_another_order"),
    "cut_image_is_whole": (MARKET, "market->whole = !is_cut ||", "market->whole = 1 ||",
                           "reader_test.AShallowEngineWithImages.test_says_where_an_image_is_cut"),
    "all_end_with_the_first_feed": (RUNNER, "            self._link.close()\n\n    def stop(self):", "            self._link."
                                    "close()\n        os.kill(os.getpid(), signal.SIGTERM)\n\n    def stop(self):", RUNS +
                                    "test_runs_each_of_several_feeds_until_it_was_stopped"),
    "gone_orders_stay_open": (PRIVATE, 'if news.get("is_gone")', 'if not news.get("is_gone")', NEWS),
}


def copy_to(tree):
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(PACKAGE, tree, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    shutil.copytree(PACKAGE.parent.parent / "engine" / "include", tree / "include")


def compile_in(tree):
    build = "import daypack_build as b; b._compile(b.PACKAGE / b.MODULE)"
    subprocess.run([sys.executable, "-c", build], check=True, env={**os.environ, "PYTHONPATH": str(tree / "backend")})


def run(work, name):
    path, old, new, test, *more = MUTANTS[name]
    edits = [(path, old, new), *more]
    tree = work / name
    copy_to(tree)
    for path, old, new in edits:
        source = tree / path
        text = source.read_text(encoding="utf-8")
        if text.count(old) != 1:
            return False, f"what it changes stands {text.count(old)} times in {path}"
        source.write_text(text.replace(old, new), encoding="utf-8")
    if any(path.startswith("native/") for path, _, _ in edits):
        compile_in(tree)
    else:
        shutil.copy(work / "sound" / MODULE, tree / MODULE)
    done = subprocess.run([sys.executable, "-m", "unittest", test], cwd=HERE, capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONPATH": str(tree / "src"), "PYTHONDONTWRITEBYTECODE": "1"}, timeout=300)
    shutil.rmtree(tree)
    said = done.stderr
    if done.returncode != 0 and "Ran 1 test" in said and "Failed to import test module" not in said:
        return True, re.findall(r"^(?:\w+\.)*\w+(?:Error|Checked|Feed|Symbol)\b.*", said, re.MULTILINE)[-1:]
    return False, f"{test} did not fail:\n{said[-1500:]}"


def main():
    work = pathlib.Path(sys.argv[1])
    names = sys.argv[2:] or list(MUTANTS)
    survived = 0
    copy_to(work / "sound")
    compile_in(work / "sound")  # for mistakes in Python
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for name, (is_caught, by) in zip(names, pool.map(lambda each: run(work, each), names)):
            print(f"{name}: {'caught: ' + ' '.join(by)[:160] if is_caught else by}", flush=True)
            survived += not is_caught
    print(f"{len(names) - survived} passed, {survived} failed")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
