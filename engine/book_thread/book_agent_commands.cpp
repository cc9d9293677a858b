// SPDX-License-Identifier: MIT
// What the cold thread tells the books: snapshots, what REST was polled for, and which symbols are followed.
#include <array>

#include "engine/book_thread/book_agent.h"

namespace daypack {

std::size_t BookAgent::apply_commands(MonoTime now) noexcept {
    if (wiring_.from_cold->front() == nullptr) return 0;
    std::size_t work = 0;
    BookCommand message;
    while (wiring_.from_cold->pop(message)) {
        ++work;
        TrackedBook& book = books_[message.symbol];
        RetiredBlocks spent;
        switch (message.kind) {
            case BookCommand::Kind::snapshot:
                if (book.sync) on_snapshot(message, now);
                break;
            case BookCommand::Kind::checked:
                if (book.sync) watch_.on_checked(message.symbol, *book.sync, message.snapshot.get(), now);
                break;
            case BookCommand::Kind::polled:
                if (book.sync) on_polled(message, now);
                break;
            case BookCommand::Kind::trades:
                if (book.sync) on_trades(message);
                break;
            case BookCommand::Kind::add_symbol:
            case BookCommand::Kind::drop_symbol: follow(message, spent, now); break;
            case BookCommand::Kind::market:
                book.halted = message.reason;
                show(message.symbol, now);
                break;
        }
        spent.snapshot = std::move(message.snapshot);
        spent.trades = std::move(message.trades);
        if (!wiring_.spent->push(std::move(spent))) spent = {};  // full: freeing it here is better than keeping it
    }
    return work;
}

// From now on another Sync, or none.
void BookAgent::follow(BookCommand& message, RetiredBlocks& spent, MonoTime now) noexcept {
    TrackedBook& book = books_[message.symbol];
    if (known_ <= message.symbol) known_ = message.symbol + std::size_t{1};
    const MonoTime heard = book.sync ? book.sync->last_update_at() : MonoTime{};
    if (book.sync) book.sync->on_lines(0, now);  // gives back what it kept
    std::swap(book.sync, message.sync);
    spent.sync = std::move(message.sync);
    book.absent = message.reason;
    book.halted = message.halted;
    book.instrument = message.instrument;
    book.silences = book.refetches = 0;
    watch_.forget(message.symbol);
    if (book.sync) {
        book.sync->on_lines(lines_up_, now);
        if (heard.ns != 0 && lines_up_ != 0) book.sync->set_last_update_at(heard);
    }
    show(message.symbol, now);
}

void BookAgent::on_snapshot(BookCommand& message, MonoTime now) noexcept {
    TrackedBook& book = books_[message.symbol];
    const std::uint64_t refetches = book.sync->counters().refetches;
    if (book.sync->on_snapshot(message.request, *message.snapshot, now)) {
        on_joined(message.symbol);
    } else if (book.sync->counters().refetches != refetches) {
        LogRecord record;
        record.kind = LogKind::refetch;
        record.symbol = message.symbol;
        record.have = book.sync->last_id();
        record.got = message.snapshot->last_id;
        record.time = now;
        log(record);
    }
    tell(message.symbol, {});
    show(message.symbol, now);
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
void BookAgent::on_trades(const BookCommand& message) noexcept {
    TrackedBook& book = books_[message.symbol];
    const Trades& page = *message.trades;
    const auto at = [&](std::size_t i) {
        const RestTrade& told = page[i];
        return TradeFilter::TradeIdentity{told.id,
                                          trade_content(told.price, told.quantity, told.aggressor, *book.instrument)};
    };
    book.trade_filter->on_page(page.size(), at, message.request == 1, [&](std::size_t i) {
        const RestTrade& told = page[i];
        std::array<Event, 2> events;
        for (Event& event : events) {
            event.symbol = message.symbol;
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

void BookAgent::on_polled(const BookCommand& message, MonoTime now) noexcept {
    TrackedBook& book = books_[message.symbol];
    wiring_.segment->symbol_counters(message.symbol).add(DAYPACK_SYMBOL_polls);
    if (book.sync->on_polled(*message.snapshot, message.reason, now)) {
        wiring_.publisher->publish_snapshot(update_of(message.symbol, mono_now()));
        book.sync->clear_dirty();
    }
    tell(message.symbol, {});
    show(message.symbol, now);
}

}  // namespace daypack
