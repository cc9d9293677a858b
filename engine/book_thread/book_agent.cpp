// SPDX-License-Identifier: MIT
#include "engine/book_thread/book_agent.h"

#include <algorithm>
#include <bit>
#include <utility>
#include <variant>

#include "engine/messages/engine_limits.h"

namespace daypack::core {
namespace {

constexpr std::int64_t kBeat_ns = 1'000'000;
constexpr std::int64_t kCheck_ns = 10'000'000;
constexpr std::size_t kBatch = 256;  // events of a source before the others, and the beat, have their turn

std::vector<Resubscribes*> resubscribes_of(const std::vector<BookAgent::Source>& sources) {
    std::vector<Resubscribes*> all;
    for (const auto& source : sources) all.push_back(source.resubscribes);
    return all;
}

}  // namespace

BookAgent::BookAgent(Wiring wiring, BookMonitor::Options doubts, Callbacks callbacks, Timing timing)
    : wiring_(std::move(wiring)),
      timing_(timing),
      books_(wiring_.instruments->capacity()),
      reporter_(*wiring_.segment, *wiring_.publisher, *wiring_.log, std::move(callbacks)),
      tape_(wiring_.instruments->capacity(), *wiring_.segment, reporter_),
      figures_(wiring_.instruments->capacity(), reporter_),
      monitor_(doubts, wiring_.instruments->capacity(), kMaxLevels, *wiring_.pool, *wiring_.segment, *wiring_.requests,
               resubscribes_of(wiring_.sources), *wiring_.log),
      commands_(books_, *wiring_.segment, reporter_, tape_, figures_, monitor_),
      times_(*wiring_.segment) {
    assembling_.resize(wiring_.sources.size());
    for (auto& events : assembling_) {
        // All of it is touched, so that a long update meets no page for the first time.
        events.resize(kMaxUpdateEvents + 1);
        events.clear();
    }
}

std::size_t BookAgent::do_work(MonoTime now) noexcept {
    keep_time(now);
    std::size_t work = apply_commands(now);
    if (wiring_.input == Input::queues) {
        for (std::size_t i = 0; i < wiring_.sources.size(); ++i) work += take_events(i, now);
    }
    if (pause_end_.ns != 0) end_pause();
    if (monitor_.auditing()) work += audit(now);
    return work;
}

MonoTime BookAgent::beat_due() const noexcept {
    return beat_ + kBeat_ns;
}

void BookAgent::keep_time(MonoTime now) noexcept {
    if (now - beat_ < kBeat_ns) return;
    beat_ = now;
    if (wiring_.publisher->beat(now, wiring_.slept_ns())) {
        pause_end_ = now;
        // release: pairs with NetAgent::follow_pause()
        for (const auto& source : wiring_.sources)
            source.backlog->pause_end_ns.store(now.ns, std::memory_order_release);
        wiring_.segment->engine_counters().add(DAYPACK_ENGINE_pauses);
        reporter_.set_catching_up(true, books_.known());
    }
    if (wiring_.keeper != nullptr) wiring_.keeper->step_aside();
    if (wiring_.hand_over != nullptr && wiring_.hand_over->is_asked()) [[unlikely]]
        hand_over(now);
    if (now - checked_ < kCheck_ns) return;
    checked_ = now;
    reporter_.refresh(now);
    check_timeouts(now);
    reporter_.call_round();
}

// From here on the books go to other readers, or to none. A book that is behind what the engine before had shown has
// missed something.
void BookAgent::hand_over(MonoTime now) noexcept {
    if (!wiring_.hand_over->step()) return;
    *wiring_.publisher = Publisher(*wiring_.segment);
    for (const SymbolIndex symbol : wiring_.hand_over->behind()) {
        TrackedBook& book = books_[symbol];
        if (!book.sync) continue;
        book.sync->on_mismatch(now);
        publish_state(book, now);
    }
}

// Has every book see the time, for what only time can tell.
void BookAgent::check_timeouts(MonoTime now) noexcept {
    for (TrackedBook& book : books_.known()) {
        if (!book.sync) continue;
        const Sequence have = book.sync->last_id();
        const std::uint64_t gaps = book.sync->counters().gaps;
        if (book.sync->on_time(now)) on_joined(book);
        if (book.sync->counters().gaps != gaps) log_gap(book, have, newest_of_lines(*book.sync), now);
        check_silences(book, now);
        // After a pause the silence is our own, and what is unread may end it.
        if (pause_end_.ns == 0) monitor_.review(book.symbol, *book.sync, books_.lines_up, now);
        reporter_.publish_counters(book, {});
        publish_state(book, now);
    }
}

// Has the lines subscribe the symbol again where REST knew what no line brought, or what cannot be joined with what
// they brought.
void BookAgent::check_silences(TrackedBook& book, MonoTime now) noexcept {
    const Sync::Counters& counters = book.sync->counters();
    const bool silence = std::exchange(book.silences, counters.silences) != counters.silences;
    const bool refused = std::exchange(book.refetches, counters.refetches) != counters.refetches;
    if (!silence) return;
    const auto known = books_.known();
    const bool others_live = std::any_of(known.begin(), known.end(), [&](const TrackedBook& other) {
        return other.symbol != book.symbol && other.sync && other.sync->state() == State::live;
    });
    if (refused) {
        monitor_.on_unjoined(book.symbol, books_.lines_up, others_live, now);
    } else {
        monitor_.on_silence(book.symbol, books_.lines_up, others_live, now);
    }
}

// After a pause the books may be old by what lies unread: they are shown as stale until every source has read all that
// was on its way, and it has come through the queue.
void BookAgent::end_pause() noexcept {
    for (const auto& source : wiring_.sources) {
        // acquire: pairs with NetAgent::answer_pause(); what was read by then is in the queue
        if (source.backlog->read_ns.load(std::memory_order_acquire) < pause_end_.ns) return;
        if (wiring_.input == Input::queues && source.events->size() > 0) return;
    }
    pause_end_ = {};
    wiring_.publisher->caught_up();
    reporter_.set_catching_up(false, books_.known());
}

std::size_t BookAgent::apply_commands(MonoTime now) noexcept {
    if (wiring_.commands->front() == nullptr) return 0;
    // Callbacks may ask for more meanwhile: that is for the next round, or the thread would never look whether to end.
    const std::size_t most = wiring_.commands->size();
    std::size_t work = 0;
    BookCommand command;
    while (work < most && wiring_.commands->pop(command)) {
        ++work;
        RetiredBlocks retired;
        const auto effect = commands_.apply(command, retired, now);
        if (effect != CommandApplier::Effect::none) {
            TrackedBook& book = books_[std::visit([](const auto& of_kind) { return of_kind.symbol; }, command)];
            if (effect == CommandApplier::Effect::joined) on_joined(book);
            if (book.sync) reporter_.publish_counters(book, {});
            publish_state(book, now);
        }
        // Where the queue is full, freeing here is better than keeping.
        if (!wiring_.retired->push(std::move(retired))) retired = {};
    }
    return work;
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
    const bool has_units = first.kind <= EventKind::ticker;
    if (!book.sync || (has_units && first.units != book.instrument->units)) return;
    switch (first.kind) {
        case EventKind::delta:
        case EventKind::advance: return on_update(book, events, now, popped);
        case EventKind::trade: return tape_.on_trade(book, events, kernel_receive_);
        case EventKind::ticker: on_ticker(book, events, now); break;
        case EventKind::bad:
            ++book.bad_frames;
            book.sync->on_lost(first.line, Reason::bad_frame, now);
            break;
        case EventKind::lost: book.sync->on_lost(first.line, Reason::queue, now); break;
        case EventKind::figure: return figures_.on_figures(book, events);
        case EventKind::liquidation: return figures_.on_liquidation(book, first);
        case EventKind::trade_orders:
        case EventKind::line_up:
        case EventKind::line_down:
        case EventKind::kernel_receive: break;
    }
    reporter_.publish_counters(book, first.receive);
    publish_state(book, now);
}

void BookAgent::on_line(const Event& event, MonoTime now) noexcept {
    const Sync::LineSet bit = Sync::LineSet{1} << event.line;
    Sync::LineSet& up = books_.lines_up;
    up = event.kind == EventKind::line_up ? up | bit : up & ~bit;
    for (TrackedBook& book : books_.known()) {
        if (!book.sync) continue;
        const Sequence have = book.sync->last_id();
        const std::uint64_t gaps = book.sync->counters().gaps;
        book.sync->on_lines(up, now);
        if (book.sync->counters().gaps != gaps) log_gap(book, have, newest_of_lines(*book.sync), now);
        publish_state(book, now);
    }
    reporter_.call_back({event.line, event.kind == EventKind::line_up,
                         static_cast<unsigned>(std::popcount(books_.lines_up)),
                         event.receive.ns != 0 ? event.receive : now});
}

void BookAgent::on_update(TrackedBook& book, std::span<const Event> update, MonoTime now, MonoTime popped) noexcept {
    const Event& first = update.front();
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
        if (kernel.ns != 0) times_.kernel(kernel, reporter_.wall(first.receive));
        if (!waited) {
            times_.record(update.back(), popped.ns != 0, popped.ns != 0 ? popped : now, at.applied, at.published);
        } else {
            times_.late(applied.front().receive, at.published);
        }
    });
    if (outcome == Sync::Outcome::ignored) record_lead(book, first);
    if (outcome == Sync::Outcome::joined) on_joined(book);
    if (book.sync->counters().gaps != gaps) log_gap(book, have, {first.first_id, first.line}, now);
    if (outcome == Sync::Outcome::applied && book.sync->following()) {
        book.publish_applied(wiring_.segment->symbol_counters(first.symbol), reporter_.wall(first.receive));
        // The usual case: all that is to be published was so with the update. A book that was behind may have caught up
        // since, and one that was not live may be.
        if (book.state == State::live && (book.flags & kBehind) == 0) return;
    } else {
        reporter_.publish_counters(book, first.receive);
    }
    publish_state(book, now);
}

// An update was applied, and the book stands at it.
BookAgent::Stamps BookAgent::publish(TrackedBook& book, std::span<const Event> update, WallTime kernel) noexcept {
    const Event& first = update.front();
    ++book.updates;
    if (first.kind == EventKind::delta) book.levels += update.size();
    Stamps at;
    at.applied = mono_now();
    reporter_.publish_update(book, update, at.applied, kernel);
    at.published = timing_ == Timing::on ? mono_now() : at.applied;
    book.race.note_first(first);
    monitor_.on_update(book.symbol, update);
    wiring_.segment->line_counters(first.line).add(DAYPACK_LINE_wins);
    reporter_.call_back(book, update);
    check_touch(book, at.applied);
    return at;
}

void BookAgent::record_lead(const TrackedBook& book, const Event& copy) noexcept {
    const auto lead = book.race.lead_over(copy);
    if (!lead) return;
    Counters counters = wiring_.segment->line_counters(lead->winner);
    counters.add(DAYPACK_LINE_leads);
    counters.add(DAYPACK_LINE_lead_ns, static_cast<std::uint64_t>(lead->ns));
}

// `have`: the book's id before the gap.
void BookAgent::log_gap(const TrackedBook& book, Sequence have, Beyond got, MonoTime now) noexcept {
    reporter_.log({.time = now,
                   .have = have,
                   .got = got.id,
                   .symbol = book.symbol,
                   .line = got.line,
                   .kind = LogKind::gap,
                   .reason = Reason::gap});
}

// Where no update shows the gap, but time that passed or a line that went: the furthest that a line got.
BookAgent::Beyond BookAgent::newest_of_lines(const Sync& sync) noexcept {
    Beyond newest;
    for (LineIndex line = 0; line < Sync::kMaxLines; ++line) {
        if (const Sequence id = sync.last_id_from(line); id > newest.id) newest = {id, line};
    }
    return newest;
}

// A join replaced the whole book.
void BookAgent::on_joined(TrackedBook& book) noexcept {
    book.updates += book.sync->replayed_at_join().updates;
    book.levels += book.sync->replayed_at_join().levels;
    monitor_.on_joined(book.symbol);
    reporter_.publish_snapshot(book);
}

// Publishes the state where it changed, and requests the snapshot that it calls for.
void BookAgent::publish_state(TrackedBook& book, MonoTime now) noexcept {
    reporter_.publish_state(book, now);
    request_snapshot(book, now);
}

void BookAgent::request_snapshot(const TrackedBook& book, MonoTime now) noexcept {
    if (!book.sync || !book.sync->wants_snapshot(now) || book.sync->awaits_first_update(now)) return;
    // Where the queue is full, check_timeouts() tries again. It stays as empty as it is now: only this thread fills it.
    if (wiring_.requests->size() == wiring_.requests->capacity()) return;
    const bool in_vain = book.sync->asks_in_vain();
    (void)wiring_.requests->push(
        SnapshotRequest{book.symbol, book.sync->take_request(now), in_vain, SnapshotRequest::Purpose::join});
}

}  // namespace daypack::core
