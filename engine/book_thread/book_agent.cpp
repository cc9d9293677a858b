// SPDX-License-Identifier: MIT
#include "engine/book_thread/book_agent.h"

#include <utility>

#include "engine/messages/engine_limits.h"

namespace daypack {
namespace {

constexpr std::int64_t kBeat_ns = 1'000'000;
constexpr std::int64_t kLook_ns = 10'000'000;
constexpr std::size_t kBatch = 256;  // events of a source before the others, and the beat, have their turn

std::vector<Resubscribes*> resubscribes_of(const std::vector<BookAgent::Source>& sources) {
    std::vector<Resubscribes*> all;
    for (const auto& source : sources) all.push_back(source.resubscribes);
    return all;
}

}  // namespace

BookAgent::BookAgent(Wiring wiring, BookMonitor::Options watch, Callbacks callbacks, Timing timing)
    : wiring_(std::move(wiring)),
      callbacks_(std::move(callbacks)),
      books_(wiring_.instruments->capacity()),
      watch_(watch, wiring_.instruments->capacity(), kMaxLevels, *wiring_.pool, *wiring_.segment, *wiring_.requests,
             resubscribes_of(wiring_.sources), *wiring_.log),
      times_(*wiring_.segment),
      timing_(timing) {
    assembling_.resize(wiring_.sources.size());
    for (auto& events : assembling_) {
        events.resize(kMaxUpdateEvents +
                      1);  // all of it touched, so that a long update meets no page for the first time
        events.clear();
    }
}

std::size_t BookAgent::do_work(MonoTime now) noexcept {
    keep_time(now);
    std::size_t work = apply_commands(now);
    for (std::size_t i = 0; i < wiring_.sources.size(); ++i) {
        if (wiring_.sources[i].events != nullptr) work += take_events(i, now);
    }
    if (pause_end_.ns != 0) end_pause();
    if (watch_.auditing()) work += audit(now);
    return work;
}

MonoTime BookAgent::beat_due() const noexcept {
    return beat_ + kBeat_ns;
}

void BookAgent::keep_time(MonoTime now) noexcept {
    if (now - beat_ < kBeat_ns) return;
    beat_ = now;
    if (wiring_.publisher->beat(now)) {
        pause_end_ = now;
        // release: pairs with NetAgent::follow_pause()
        for (const auto& source : wiring_.sources)
            source.backlog->pause_end_ns.store(now.ns, std::memory_order_release);
        wiring_.segment->engine_counters().add(DAYPACK_ENGINE_pauses);
    }
    if (now - looked_ < kLook_ns) return;
    looked_ = now;
    wall_.refresh();
    tell_clock();
    look(now);
}

// What only time can tell, of every book.
void BookAgent::look(MonoTime now) noexcept {
    for (SymbolIndex i = 0; i < known_; ++i) {
        Sync* const sync = books_[i].sync.get();
        if (sync == nullptr) continue;
        if (sync->on_time(now)) on_joined(i);
        look_at_silences(i, now);
        // after a pause the silence is ours, and what is unread may end it
        if (pause_end_.ns == 0) watch_.look(i, *sync, lines_up_, now);
        tell(i, {});
        show(i, now);
    }
}

// Whether REST told what no line brought, or what cannot be joined with what they brought.
void BookAgent::look_at_silences(SymbolIndex symbol, MonoTime now) noexcept {
    TrackedBook& book = books_[symbol];
    const Sync::Counters& counters = book.sync->counters();
    const bool silence = std::exchange(book.silences, counters.silences) != counters.silences;
    const bool refused = std::exchange(book.refetches, counters.refetches) != counters.refetches;
    if (!silence) return;
    bool others_live = false;
    for (SymbolIndex i = 0; i < known_ && !others_live; ++i) {
        others_live = i != symbol && books_[i].sync && books_[i].sync->state() == State::live;
    }
    if (refused) {
        watch_.on_unjoined(symbol, lines_up_, others_live, now);
    } else {
        watch_.on_silence(symbol, lines_up_, others_live, now);
    }
}

// After a pause the books may be old by what lies unread: they are shown as stale until every source has read all that
// was on its way, and it has come through the queue.
void BookAgent::end_pause() noexcept {
    for (const auto& source : wiring_.sources) {
        // acquire: pairs with NetAgent::answer_pause(); what was read by then is in the queue
        if (source.backlog->read_ns.load(std::memory_order_acquire) < pause_end_.ns) return;
        if (source.events != nullptr && source.events->size() > 0) return;
    }
    pause_end_ = {};
    wiring_.publisher->caught_up();
}

std::size_t BookAgent::take_events(std::size_t source, MonoTime now) noexcept {
    EventQueue& events = *wiring_.sources[source].events;
    if (events.front() == nullptr) return 0;
    auto& assembling = assembling_[source];
    if (const auto size = events.size(); size > high_water_) {
        high_water_ = size;
        wiring_.segment->engine_counters().set(DAYPACK_ENGINE_queue_high_water, size);
    }
    const auto popped = [this] { return timing_ == Timing::on ? mono_now() : MonoTime{}; };
    std::size_t work = 0;
    for (; work < kBatch; ++work) {
        const Event* event = events.front();
        if (event == nullptr) break;
        if (event->last && assembling.empty()) {
            take({event, 1}, now, popped());
            events.pop();
            continue;
        }
        assembling.push_back(*event);  // the decoder's limit on levels a frame is below the capacity
        events.pop();
        if (!assembling.back().last) continue;
        take(assembling, now, popped());
        assembling.clear();
    }
    return work;
}

void BookAgent::take(std::span<const Event> events, MonoTime now, MonoTime popped) noexcept {
    const Event& first = events.front();
    if (first.kind == EventKind::line_up || first.kind == EventKind::line_down) return on_line(first, now);
    if (first.kind == EventKind::kernel_receive) {
        kernel_receive_.ns = static_cast<std::int64_t>(first.first_id);
        take(events.subspan(1), now, popped);
        kernel_receive_ = {};
        return;
    }
    TrackedBook& book = books_[first.symbol];
    const bool has_units = first.kind != EventKind::bad && first.kind != EventKind::lost;
    if (!book.sync || (has_units && first.units != book.instrument->units)) return;
    switch (first.kind) {
        case EventKind::delta:
        case EventKind::advance: return on_update(events, now, popped);
        case EventKind::trade: return on_trade(events);
        case EventKind::ticker: on_ticker(events, now); break;
        case EventKind::bad:
            ++book.bad_frames;
            book.sync->on_lost(first.line, Reason::bad_frame, now);
            break;
        case EventKind::lost: book.sync->on_lost(first.line, Reason::queue, now); break;
        case EventKind::trade_orders:
        case EventKind::line_up:
        case EventKind::line_down:
        case EventKind::kernel_receive: break;
    }
    tell(first.symbol, first.receive);
    show(first.symbol, now);
}

void BookAgent::on_update(std::span<const Event> update, MonoTime now, MonoTime popped) noexcept {
    const Event& first = update.front();
    TrackedBook& book = books_[first.symbol];
    // With many symbols none of this is in the first cache, and nothing else tells the processor so early.
    wiring_.publisher->prefetch(first.symbol);
    book.sync->prefetch(first);
    book.race.prefetch(first);
    wiring_.segment->symbol_counters(first.symbol).prefetch(DAYPACK_SYMBOL_updates);
    const Sequence have = book.sync->last_id();
    const std::uint64_t gaps = book.sync->counters().gaps;
    const auto outcome = book.sync->on_update(update, now, [&](std::span<const Event> applied) {
        const bool waited = applied.data() != update.data();
        const WallTime kernel = waited ? WallTime{} : kernel_receive_;
        const Stamps at = publish(book, applied, kernel);
        if (timing_ == Timing::off) return;
        if (kernel.ns != 0) times_.kernel(kernel, wall_.at(first.receive));
        if (!waited) {
            times_.record(update.back(), popped.ns != 0, popped.ns != 0 ? popped : now, at.applied, at.published);
        } else {
            times_.late(applied.front().receive, at.published);
        }
    });
    if (outcome == Sync::Outcome::ignored) race(book, first);
    if (outcome == Sync::Outcome::joined) on_joined(first.symbol);
    if (book.sync->counters().gaps != gaps) log_gap(first.symbol, have, first, now);
    if (outcome == Sync::Outcome::applied && book.sync->following()) {
        book.tell_applied(wiring_.segment->symbol_counters(first.symbol), wall_.at(first.receive));
        // The usual case: nothing is to be shown that was not published with the update. A book that was behind may
        // have caught up since, and one that was not live may be.
        if (book.state == State::live && (book.flags & kBehind) == 0) return;
    } else {
        tell(first.symbol, first.receive);
    }
    show(first.symbol, now);
}

// An update was applied, and the book stands at it.
BookAgent::Stamps BookAgent::publish(TrackedBook& book, std::span<const Event> update, WallTime kernel) noexcept {
    const Event& first = update.front();
    ++book.updates;
    if (first.kind == EventKind::delta) book.levels += update.size();
    Stamps at;
    at.applied = mono_now();
    BookUpdate shown = update_of(first.symbol, at.applied);
    shown.kernel_receive = kernel;
    wiring_.publisher->publish_book(shown, update);
    at.published = timing_ == Timing::on ? mono_now() : at.applied;
    book.flags = shown.flags;
    book.sync->clear_dirty();
    book.race.note_first(first);
    watch_.on_update(first.symbol, update);
    wiring_.segment->line_counters(first.line).add(DAYPACK_LINE_wins);
    if (callbacks_.on_book) callbacks_.on_book(view(first.symbol));
    check_touch(book, first.symbol, at.applied);
    return at;
}

void BookAgent::race(TrackedBook& book, const Event& copy) noexcept {
    const auto lead = book.race.lead_over(copy);
    if (!lead) return;
    Counters counters = wiring_.segment->line_counters(lead->winner);
    counters.add(DAYPACK_LINE_leads);
    counters.add(DAYPACK_LINE_lead_ns, static_cast<std::uint64_t>(lead->ns));
}

void BookAgent::log_gap(SymbolIndex symbol, Sequence have, const Event& got, MonoTime now) noexcept {
    LogRecord record;
    record.kind = LogKind::gap;
    record.symbol = symbol;
    record.line = got.line;
    record.reason = Reason::gap;
    record.have = have;
    record.got = got.first_id;
    record.time = now;
    log(record);
}

void BookAgent::on_trade(std::span<const Event> events) noexcept {
    const Event& trade = events.front();
    const Event& orders = events.back();
    TrackedBook& book = books_[trade.symbol];
    const std::uint64_t content = trade_content(trade.price, trade.quantity, trade.side, *book.instrument);
    const bool first = trade.first_id != 0
                           ? book.trade_filter->is_first(trade.line, trade.first_id, content)
                           : book.trade_filter->is_first_without_id(
                                 trade.line, trade_content(content, orders.first_id, orders.last_id), trade.receive);
    if (first) return publish_trade(events);
    wiring_.segment->symbol_counters(trade.symbol).add(DAYPACK_SYMBOL_trade_duplicates);
}

void BookAgent::publish_trade(std::span<const Event> events) noexcept {
    const Event& trade = events.front();
    const Event& orders = events.back();
    ++books_[trade.symbol].trades;
    BookUpdate update = update_of(trade.symbol, mono_now());
    update.match = trade.match;
    update.send = trade.send();
    update.receive = wall_.at(trade.receive);
    update.kernel_receive = kernel_receive_;
    wiring_.publisher->publish_trade(trade, orders, update);
    tell(trade.symbol, trade.receive);
    if (!callbacks_.on_trade) return;
    callbacks_.on_trade(Trade{.symbol = trade.symbol,
                              .instrument = *books_[trade.symbol].instrument,
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

void BookAgent::on_line(const Event& event, MonoTime now) noexcept {
    const Sync::LineSet bit = Sync::LineSet{1} << event.line;
    lines_up_ = event.kind == EventKind::line_up ? lines_up_ | bit : lines_up_ & ~bit;
    for (SymbolIndex i = 0; i < known_; ++i) {
        if (!books_[i].sync) continue;
        books_[i].sync->on_lines(lines_up_, now);
        show(i, now);
    }
}

BookView BookAgent::view(SymbolIndex symbol) const noexcept {
    const TrackedBook& book = books_[symbol];
    const Sync& sync = *book.sync;
    const State state = book.state_now();
    return {symbol,       *book.instrument, sync.book(),  state,       book.reason_now(state),
            sync.flags(), sync.last_id(),   sync.match(), sync.send(), sync.receive()};
}

// What shared memory is to say of a symbol now. REQUIRES: it is followed, or only its state will be published.
BookUpdate BookAgent::update_of(SymbolIndex symbol, MonoTime now) const noexcept {
    BookUpdate update;
    update.symbol = symbol;
    const TrackedBook& book = books_[symbol];
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

// Makes a change of state known, in the slot, the ring and the log, and asks for the snapshot that it calls for.
void BookAgent::show(SymbolIndex symbol, MonoTime now) noexcept {
    TrackedBook& book = books_[symbol];
    const State state = book.state_now();
    const Reason reason = book.reason_now(state);
    const std::uint16_t flags = book.sync ? book.sync->flags() : std::uint16_t{0};
    const bool told = state != book.state || reason != book.reason;
    if (told || flags != book.flags) {
        book.state = state;
        book.reason = reason;
        book.flags = flags;
        wiring_.publisher->publish_status(update_of(symbol, mono_now()));
    }
    if (told) {
        LogRecord record;
        record.kind = LogKind::state;
        record.symbol = symbol;
        record.state = state;
        record.reason = reason;
        record.have = book.sync ? book.sync->last_id() : 0;
        record.time = now;
        log(record);
        if (callbacks_.on_book && book.sync) callbacks_.on_book(view(symbol));
    }
    ask(symbol, now);
}

void BookAgent::ask(SymbolIndex symbol, MonoTime now) noexcept {
    const TrackedBook& book = books_[symbol];
    if (!book.sync || !book.sync->wants_snapshot(now) || book.sync->awaits_first_update(now)) return;
    if (wiring_.requests->size() == wiring_.requests->capacity()) return;  // asked again when time is next looked at
    // the queue has room, and only this thread fills it
    const bool in_vain = book.sync->asks_in_vain();
    (void)wiring_.requests->push(
        SnapshotRequest{symbol, book.sync->take_request(now), in_vain, SnapshotRequest::Purpose::join});
}

void BookAgent::tell_clock() noexcept {
    Counters counters = wiring_.segment->engine_counters();
    const ClockState clock = clock_state();
    counters.set(DAYPACK_ENGINE_tsc_khz, clock.tsc_khz);
    counters.set(DAYPACK_ENGINE_tsc_drift_ppb, clock.drift_ppb);
    counters.set(DAYPACK_ENGINE_tsc_error_ns, clock.error_ns);
}

void BookAgent::log(const LogRecord& record) noexcept {
    if (wiring_.log->push(record)) return;
    wiring_.segment->engine_counters().set(DAYPACK_ENGINE_log_dropped, ++log_dropped_);
}

}  // namespace daypack
