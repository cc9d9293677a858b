// SPDX-License-Identifier: MIT
// What the cold thread tells the books: snapshots, what REST was polled for, and which symbols are followed.
#include <array>
#include <utility>
#include <variant>

#include "engine/book_thread/book_agent.h"

namespace daypack {

std::size_t BookAgent::apply_commands(MonoTime now) noexcept {
    if (wiring_.from_cold->front() == nullptr) return 0;
    std::size_t work = 0;
    BookCommand command;
    while (wiring_.from_cold->pop(command)) {
        ++work;
        RetiredBlocks retired = std::visit([&](auto& of_kind) { return apply(of_kind, now); }, command);
        // Where the queue is full, freeing here is better than keeping.
        if (!wiring_.spent->push(std::move(retired))) retired = {};
    }
    return work;
}

RetiredBlocks BookAgent::apply(JoinSnapshot& command, MonoTime now) noexcept {
    if (books_[command.symbol].sync) on_snapshot(command, now);
    return {.snapshot = std::move(command.snapshot), .sync = {}, .trades = {}};
}

RetiredBlocks BookAgent::apply(CheckSnapshot& command, MonoTime now) noexcept {
    TrackedBook& book = books_[command.symbol];
    if (book.sync) watch_.on_checked(command.symbol, *book.sync, command.snapshot.get(), now);
    return {.snapshot = std::move(command.snapshot), .sync = {}, .trades = {}};
}

RetiredBlocks BookAgent::apply(PolledSnapshot& command, MonoTime now) noexcept {
    if (books_[command.symbol].sync) on_polled(command, now);
    return {.snapshot = std::move(command.snapshot), .sync = {}, .trades = {}};
}

RetiredBlocks BookAgent::apply(PolledTrades& command, MonoTime) noexcept {
    if (books_[command.symbol].sync) on_trades(command);
    return {.snapshot = {}, .sync = {}, .trades = std::move(command.trades)};
}

RetiredBlocks BookAgent::apply(FollowSymbol& command, MonoTime now) noexcept {
    TrackedBook& book = books_[command.symbol];
    const MonoTime heard = book.sync ? book.sync->last_update_at() : MonoTime{};
    RetiredBlocks retired = release(command.symbol, *command.instrument, now);
    book.sync = std::move(command.sync);
    book.halted = command.halted;
    book.sync->on_lines(lines_up_, now);
    if (heard.ns != 0 && lines_up_ != 0) book.sync->set_last_update_at(heard);
    show(command.symbol, now);
    return retired;
}

RetiredBlocks BookAgent::apply(ReleaseSymbol& command, MonoTime now) noexcept {
    RetiredBlocks retired = release(command.symbol, *command.instrument, now);
    TrackedBook& book = books_[command.symbol];
    book.absent = command.why;
    book.halted = command.why == Reason::closed ? Reason::closed : Reason::none;
    show(command.symbol, now);
    return retired;
}

RetiredBlocks BookAgent::apply(SetHalt& command, MonoTime now) noexcept {
    books_[command.symbol].halted = command.halted;
    show(command.symbol, now);
    return {};
}

// Takes the book's Sync off, if it has one, and counts it in `instrument` from now on.
RetiredBlocks BookAgent::release(SymbolIndex symbol, const Instrument& instrument, MonoTime now) noexcept {
    TrackedBook& book = books_[symbol];
    if (known_ <= symbol) known_ = symbol + std::size_t{1};
    if (book.sync) book.sync->on_lines(0, now);  // gives the pending updates back to the pool
    book.instrument = &instrument;
    book.silences = book.refetches = 0;
    watch_.forget(symbol);
    return {.snapshot = {}, .sync = std::move(book.sync), .trades = {}};
}

void BookAgent::on_snapshot(const JoinSnapshot& command, MonoTime now) noexcept {
    TrackedBook& book = books_[command.symbol];
    const std::uint64_t refetches = book.sync->counters().refetches;
    if (book.sync->on_snapshot(command.request, *command.snapshot, now)) {
        on_joined(command.symbol);
    } else if (book.sync->counters().refetches != refetches) {
        LogRecord record;
        record.kind = LogKind::refetch;
        record.symbol = command.symbol;
        record.have = book.sync->last_id();
        record.got = command.snapshot->last_id;
        record.time = now;
        log(record);
    }
    tell(command.symbol, {});
    show(command.symbol, now);
}

// The whole book is another one.
void BookAgent::on_joined(SymbolIndex symbol) noexcept {
    TrackedBook& book = books_[symbol];
    book.updates += book.sync->replayed_at_join().updates;
    book.levels += book.sync->replayed_at_join().levels;
    watch_.on_joined(symbol);
    wiring_.publisher->publish_snapshot(update_of(symbol, mono_now()));
    book.sync->clear_dirty();
}

// What REST tells of trades.
void BookAgent::on_trades(const PolledTrades& command) noexcept {
    TrackedBook& book = books_[command.symbol];
    const Trades& page = *command.trades;
    const auto at = [&](std::size_t i) {
        const RestTrade& told = page[i];
        return TradeFilter::TradeIdentity{told.id,
                                          trade_content(told.price, told.quantity, told.aggressor, *book.instrument)};
    };
    book.trade_filter->on_page(page.size(), at, command.opens, [&](std::size_t i) {
        const RestTrade& told = page[i];
        std::array<Event, 2> events;
        for (Event& event : events) {
            event.symbol = command.symbol;
            event.match = told.time;
            event.send_after_match_us = Event::kNoSendTime;
            event.receive = mono_now();
        }
        events[0].kind = EventKind::trade;
        events[0].first_id = told.id;
        events[0].price = told.price;
        events[0].quantity = told.quantity;
        events[0].side = told.aggressor;
        events[1].kind = EventKind::trade_orders;  // REST does not tell the orders
        publish_trade(events);
    });
}

void BookAgent::on_polled(const PolledSnapshot& command, MonoTime now) noexcept {
    TrackedBook& book = books_[command.symbol];
    wiring_.segment->symbol_counters(command.symbol).add(DAYPACK_SYMBOL_polls);
    if (book.sync->on_polled(*command.snapshot, command.why, now)) {
        wiring_.publisher->publish_snapshot(update_of(command.symbol, mono_now()));
        book.sync->clear_dirty();
    }
    tell(command.symbol, {});
    show(command.symbol, now);
}

}  // namespace daypack
