// SPDX-License-Identifier: MIT
#include "engine/book_thread/command_applier.h"

#include <utility>
#include <variant>

namespace daypack::core {

CommandApplier::Effect CommandApplier::apply(BookCommand& command, RetiredBlocks& retired, MonoTime now) noexcept {
    return std::visit([&](auto& of_kind) { return on(of_kind, retired, now); }, command);
}

CommandApplier::Effect CommandApplier::on(JoinSnapshot& command, RetiredBlocks& retired, MonoTime now) noexcept {
    retired.snapshot = std::move(command.snapshot);
    TrackedBook& book = books_[command.symbol];
    if (!book.sync) return Effect::none;
    const std::uint64_t refetches = book.sync->counters().refetches;
    if (book.sync->on_snapshot(command.request, *retired.snapshot, now)) return Effect::joined;
    if (book.sync->counters().refetches != refetches) {
        reporter_.log({.time = now,
                       .have = book.sync->last_id(),
                       .got = retired.snapshot->last_id,
                       .symbol = command.symbol,
                       .kind = LogKind::refetch});
    }
    return Effect::state;
}

// Its effect shows when time is next looked at: a check is in no hurry.
CommandApplier::Effect CommandApplier::on(CheckSnapshot& command, RetiredBlocks& retired, MonoTime now) noexcept {
    retired.snapshot = std::move(command.snapshot);
    if (retired.snapshot && command.audit) retired.checked = command.symbol;
    TrackedBook& book = books_[command.symbol];
    if (book.sync) monitor_.on_checked(command.symbol, *book.sync, retired.snapshot.get(), now);
    return Effect::none;
}

CommandApplier::Effect CommandApplier::on(PolledSnapshot& command, RetiredBlocks& retired, MonoTime now) noexcept {
    retired.snapshot = std::move(command.snapshot);
    TrackedBook& book = books_[command.symbol];
    if (!book.sync) return Effect::none;
    segment_.symbol_counters(command.symbol).add(DAYPACK_SYMBOL_polls);
    if (book.sync->on_polled(*retired.snapshot, command.why, now)) reporter_.publish_snapshot(book);
    return Effect::state;
}

CommandApplier::Effect CommandApplier::on(PolledTrades& command, RetiredBlocks& retired, MonoTime) noexcept {
    TrackedBook& book = books_[command.symbol];
    if (book.sync) tape_.on_page(book, command);
    retired.trades = std::move(command.trades);
    return Effect::none;
}

CommandApplier::Effect CommandApplier::on(PolledOpenInterest& command, RetiredBlocks&, MonoTime now) noexcept {
    TrackedBook& book = books_[command.symbol];
    if (book.sync) figures_.on_polled(book, command, now);
    return Effect::none;
}

CommandApplier::Effect CommandApplier::on(FollowSymbol& command, RetiredBlocks& retired, MonoTime now) noexcept {
    TrackedBook& book = books_[command.symbol];
    const MonoTime heard = book.sync ? book.sync->last_update_at() : MonoTime{};
    release(book, *command.instrument, retired, now);
    book.sync = std::move(command.sync);
    book.halted = command.halted;
    book.sync->on_lines(books_.lines_up, now);
    if (heard.ns != 0 && books_.lines_up != 0) book.sync->set_last_update_at(heard);
    return Effect::state;
}

CommandApplier::Effect CommandApplier::on(ReleaseSymbol& command, RetiredBlocks& retired, MonoTime now) noexcept {
    TrackedBook& book = books_[command.symbol];
    release(book, *command.instrument, retired, now);
    book.absent = command.why;
    book.halted = command.why == Reason::closed ? Reason::closed : Reason::none;
    return Effect::state;
}

CommandApplier::Effect CommandApplier::on(SetHalt& command, RetiredBlocks&, MonoTime) noexcept {
    books_[command.symbol].halted = command.halted;
    return Effect::state;
}

// Takes the book's Sync away, where it has one, and counts the book in `instrument` from now on.
void CommandApplier::release(TrackedBook& book, const Instrument& instrument, RetiredBlocks& retired,
                             MonoTime now) noexcept {
    books_.add(book.symbol);
    retired.sync = book.release_sync(segment_.symbol_counters(book.symbol));
    if (retired.sync) retired.sync->on_lines(0, now);  // gives its pending updates back to the pool
    book.instrument = &instrument;
    monitor_.forget(book.symbol);
}

}  // namespace daypack::core
