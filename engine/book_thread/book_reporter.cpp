// SPDX-License-Identifier: MIT
#include "engine/book_thread/book_reporter.h"

#include <bit>
#include <utility>

namespace daypack::core {

BookReporter::BookReporter(const Segment& segment, Publisher& publisher, LogQueue& log, Callbacks callbacks)
    : segment_(segment), publisher_(publisher), log_(log), callbacks_(std::move(callbacks)) {
    if (callbacks_.on_book) empty_ = std::make_unique<const OrderBook>(1, 1);
}

void BookReporter::refresh(MonoTime now) noexcept {
    refreshed_ = now;
    wall_.refresh();
    publish_clock();
}

void BookReporter::publish_clock() noexcept {
    Counters counters = segment_.engine_counters();
    const ClockState clock = clock_state();
    counters.set(DAYPACK_ENGINE_tsc_khz, clock.tsc_khz);
    counters.set(DAYPACK_ENGINE_tsc_drift_ppb, clock.drift_ppb);
    counters.set(DAYPACK_ENGINE_tsc_error_ns, clock.error_ns);
}

void BookReporter::publish_update(TrackedBook& book, std::span<const Event> update, MonoTime applied,
                                  WallTime kernel) noexcept {
    BookUpdate shown = update_of(book, applied);
    shown.kernel_receive = kernel;
    publisher_.publish_book(shown, update);
    book.flags = shown.flags;
    book.sync->clear_dirty();
}

void BookReporter::publish_snapshot(TrackedBook& book) noexcept {
    publisher_.publish_snapshot(update_of(book, mono_now()));
    book.sync->clear_dirty();
    book.replaced = true;  // also where a snapshot was held: the callback may have seen that without its updates
}

void BookReporter::publish_state(TrackedBook& book, MonoTime now) noexcept {
    const State state = book.state_now();
    const Reason reason = book.reason_now(state);
    const std::uint16_t flags = book.sync ? book.sync->flags() : std::uint16_t{0};
    const bool changed = state != book.state || reason != book.reason;
    if (!changed && flags == book.flags) {
        if (book.is_replaced()) call_back(book);
        return;
    }
    book.state = state;
    book.reason = reason;
    book.flags = flags;
    publisher_.publish_status(update_of(book, mono_now()));
    if (changed) log_state(book, now);
    if (changed || book.is_replaced()) call_back(book);
}

void BookReporter::log_state(const TrackedBook& book, MonoTime now) noexcept {
    log({.time = now,
         .have = book.sync ? book.sync->last_id() : 0,
         .symbol = book.symbol,
         .kind = LogKind::state,
         .state = book.state,
         .reason = book.reason});
}

void BookReporter::publish_counters(TrackedBook& book, MonoTime receive) noexcept {
    const std::uint64_t before = book.published.contradictions;
    book.publish_counters(segment_.symbol_counters(book.symbol), wall_.at(receive));
    // Shared memory has no counter of contradictions. The log has the 1st, 2nd, 4th and so on, lest it overflow.
    const std::uint64_t contradictions = book.published.contradictions;
    if (contradictions == before || !std::has_single_bit(contradictions)) return;
    log({.time = refreshed_,
         .have = contradictions,
         .got = book.published.foreign,
         .symbol = book.symbol,
         .kind = LogKind::contradiction});
}

void BookReporter::publish_trade(TrackedBook& book, std::span<const Event> events, WallTime kernel) noexcept {
    const Event& trade = events.front();
    const Event& orders = events.back();
    ++book.trades;
    BookUpdate update = update_of(book, mono_now());
    update.match = trade.match;
    update.send = trade.send();
    update.receive = wall_.at(trade.receive);
    update.kernel_receive = kernel;
    publisher_.publish_trade(trade, orders, update);
    publish_counters(book, trade.receive);
    if (!callbacks_.on_trade) return;
    callbacks_.on_trade(Trade{.symbol = trade.symbol,
                              .instrument = *book.instrument,
                              .id = trade.first_id,
                              .price = trade.price,
                              .quantity = trade.quantity,
                              .aggressor = trade.side,
                              .buyer_order_id = orders.first_id,
                              .seller_order_id = orders.last_id,
                              .match = trade.match,
                              .send = trade.send(),
                              .receive = trade.receive});
}

void BookReporter::publish_figures(TrackedBook& book, const Figures& figures) noexcept {
    segment_.symbol_counters(book.symbol).add(DAYPACK_SYMBOL_figures);
    BookUpdate update = update_of(book, mono_now());
    update.match = figures.match;
    update.send = figures.send;
    update.receive = wall_.at(figures.receive);
    publisher_.publish_figures(figures, update);
    if (callbacks_.on_figures) callbacks_.on_figures({book.symbol, *book.instrument, figures});
}

void BookReporter::publish_liquidation(TrackedBook& book, const Event& event) noexcept {
    segment_.symbol_counters(book.symbol).add(DAYPACK_SYMBOL_liquidations);
    BookUpdate update = update_of(book, mono_now());
    update.match = event.match;
    update.send = event.send();
    update.receive = wall_.at(event.receive);
    publisher_.publish_liquidation(event, update);
    if (!callbacks_.on_liquidation) return;
    callbacks_.on_liquidation({book.symbol, *book.instrument, event.value(), event.size(), event.side, event.match,
                               event.send(), event.receive});
}

// What shared memory says of a book from now on.
BookUpdate BookReporter::update_of(const TrackedBook& book, MonoTime now) const noexcept {
    BookUpdate update;
    update.symbol = book.symbol;
    update.instrument = book.instrument;
    update.state = book.state_now();
    update.reason = book.reason_now(update.state);
    update.publish = wall_.at(now);
    if (const Sync* sync = book.sync.get()) {
        update.book = &sync->book();
        update.u = sync->last_id();
        update.flags = sync->flags();
        update.match = sync->match();
        update.send = sync->send();
        update.receive = wall_.at(sync->receive());
    }
    return update;
}

// Symbols of engines before keep their places, and are never followed: nobody asked for them.
bool BookReporter::is_of_interest(const TrackedBook& book) noexcept {
    return book.sync || book.told || book.absent != Reason::stopped;
}

void BookReporter::set_catching_up(bool catching_up, std::span<TrackedBook> books) noexcept {
    if (std::exchange(catching_up_, catching_up) == catching_up) return;
    for (TrackedBook& book : books) {
        if (book.state_now() == State::live) call_back(book);
    }
}

void BookReporter::call(TrackedBook& book, std::span<const Event> update) noexcept {
    BookView view = view_of(book);
    view.replaced = book.is_replaced();
    if (!view.replaced && !update.empty() && update.front().kind == EventKind::delta) view.changes = update;
    if (view.replaced) {
        book.replaced = false;
        book.replacements = book.sync ? book.sync->book().replacements() : 0;
    }
    book.told = true;
    callbacks_.on_book(view);
}

BookView BookReporter::view_of(const TrackedBook& book) const noexcept {
    State state = book.state_now();
    Reason reason = book.reason_now(state);
    if (catching_up_ && state == State::live) {
        state = State::stale;
        reason = Reason::writer_stalled;
    }
    if (!book.sync) {
        return {book.symbol, *book.instrument, *empty_, state, reason, 0, 0, {}, {}, {}, {}, false};
    }
    const Sync& sync = *book.sync;
    return {book.symbol,    *book.instrument, sync.book(), state,          reason, sync.flags(),
            sync.last_id(), sync.match(),     sync.send(), sync.receive(), {},     false};
}

}  // namespace daypack::core
