// SPDX-License-Identifier: MIT
#include "engine/net_thread/line_feed.h"

#include <algorithm>

#include "engine/threads/wall_clock.h"

namespace daypack::core {
namespace {

constexpr std::int64_t kPatience_ns = 100'000'000;    // without room in the sink, until updates are dropped
constexpr std::int64_t kMute_ns = 1'000'000'000;      // after subscribing again, until a line without a frame is mute
constexpr std::int64_t kReplace_ns = 10'000'000'000;  // between two replacements because of what was delivered
constexpr std::int64_t kHelps_ns = 2'500'000'000;     // a new subscription has had its effect by then
constexpr std::int64_t kForget_ns = 30'000'000'000;   // a symbol that was foreign so long ago begins from the start
constexpr std::int64_t kCounters_ns = 1'000'000;  // between two updates of the counters, whose cache lines are shared

}  // namespace

NetAgent::Feed::Feed(boost::asio::io_context& io, LineOptions options, const Wiring& wiring, DepthStream depth,
                     Timing timing)
    : wiring_(wiring),
      decoder_(*wiring.instruments, depth),
      timing_(timing),
      index_(options.index),
      host_(options.urls.front().name()),
      health_(wiring.health[options.index]),
      stamped_(options.kernel_times ? kMaxUpdateEvents + 1 : 0),
      lost_(wiring.instruments->capacity()),
      foreign_(wiring.instruments->capacity()),
      line_(io, std::move(options), *this) {}

bool NetAgent::Feed::on_frame(std::string_view frame, const ReceiveTimes& received) {
    if (!report_state() || !report_lost()) {
        if (!waiting_since_) waiting_since_ = received.in_hand;
        return false;
    }
    const Decoded decoded = decoder_.decode(frame, received.in_hand, index_);
    if (decoded.kind == FrameKind::error) {
        ++errors_;
        log(LogKind::venue_error, decoded.error_message, static_cast<std::uint64_t>(decoded.error_code));
    } else if (decoded.kind == FrameKind::other) {
        ++unknown_frames_;
    }
    if (health_.failures.load(std::memory_order_relaxed) != 0) health_.failures.store(0, std::memory_order_relaxed);
    if (!decoded.events.empty()) {
        const MonoTime now = mono_now();
        if (timing_ == Timing::on) stamp_decoded(decoded.events, now);
        if (!hand_over(with_kernel_time(decoded.events, received.kernel), now)) return false;
    }
    switch (decoded.kind) {
        case FrameKind::depth: ++updates_; break;
        case FrameKind::trade: ++trades_; break;
        case FrameKind::ticker: ++tickers_; break;
        case FrameKind::figures:
        case FrameKind::liquidation: ++figures_; break;
        case FrameKind::bad: ++bad_frames_; break;
        case FrameKind::error:
        case FrameKind::other: break;
    }
    return true;
}

std::span<const Event> NetAgent::Feed::with_kernel_time(std::span<const Event> events, WallTime kernel) noexcept {
    if (kernel.ns == 0 || events.size() >= stamped_.size()) return events;
    Event& stamp = stamped_.front();
    stamp.kind = EventKind::kernel_receive;
    stamp.symbol = events.front().symbol;
    stamp.line = index_;
    stamp.first_id = static_cast<std::uint64_t>(kernel.ns);
    std::copy(events.begin(), events.end(), stamped_.begin() + 1);
    return {stamped_.data(), events.size() + 1};
}

// False: the sink has no room and patience is left; the line keeps the frame and stops reading.
bool NetAgent::Feed::hand_over(std::span<const Event> events, MonoTime now) {
    if (wiring_.sink->take(events, now)) {
        waiting_since_.reset();
        return true;
    }
    if (!waiting_since_) {
        waiting_since_ = now;
        ++queue_waits_;
    }
    if (now - *waiting_since_ < kPatience_ns && events.size() <= wiring_.sink->capacity()) return false;
    drop(events);
    return true;
}

void NetAgent::Feed::drop(std::span<const Event> events) {
    ++queue_dropped_;
    const SymbolIndex symbol = events.back().symbol;
    const EventKind kind = events.back().kind;
    const bool is_of_book = kind == EventKind::delta || kind == EventKind::advance || kind == EventKind::bad;
    if (!is_of_book || lost_[symbol]) return;
    lost_[symbol] = true;
    ++lost_count_;
}

bool NetAgent::Feed::report_lost() {
    for (std::size_t i = 0; lost_count_ > 0 && i < lost_.size(); ++i) {
        if (!lost_[i]) continue;
        Event event;
        event.kind = EventKind::lost;
        event.symbol = static_cast<SymbolIndex>(i);
        event.line = index_;
        event.receive = mono_now();
        event.last = true;
        if (!wiring_.sink->take({&event, 1}, event.receive)) return false;
        lost_[i] = false;
        if (--lost_count_ == 0) log(LogKind::lost, "the book thread was too slow: raise queue_events", queue_dropped_);
    }
    return true;
}

bool NetAgent::Feed::report_state() {
    while (owes_state()) {
        Event event;
        const bool up = !down_owed_ && up_;
        event.kind = up ? EventKind::line_up : EventKind::line_down;
        event.line = index_;
        event.receive = mono_now();
        event.last = true;
        if (!wiring_.sink->take({&event, 1}, event.receive)) return false;
        down_owed_ = false;
        reported_ = up ? LineState::up : LineState::down;
    }
    return true;
}

void NetAgent::Feed::on_up() {
    up_ = true;
    mute_since_.reset();
    foreign_.assign(foreign_.size(), std::nullopt);
    health_.up.store(true, std::memory_order_relaxed);
    ++connects_;
    log(LogKind::line_up, host_);
    (void)report_state();  // without room now, do_work() does it, before any frame
}

void NetAgent::Feed::on_down(std::string_view why) {
    if (up_ && reported_ == LineState::up) down_owed_ = true;
    up_ = false;
    health_.up.store(false, std::memory_order_relaxed);
    health_.failures.fetch_add(1, std::memory_order_relaxed);
    log(LogKind::line_down, why);
    (void)report_state();
}

void NetAgent::Feed::subscribe_again(const std::vector<std::string>& streams, bool may_replace, MonoTime now) {
    const bool mute = mute_since_ && delivered() == mute_at_;
    if (mute && may_replace && now - *mute_since_ >= kMute_ns && !replaced_lately(now)) {
        return replace("brings nothing, not even after subscribing again, while there are updates", now);
    }
    line_.unsubscribe(streams);
    line_.subscribe(streams);
    if (mute) return;
    mute_at_ = delivered();
    mute_since_ = now;
}

void NetAgent::Feed::mend(SymbolIndex symbol, const std::vector<std::string>& streams, std::size_t followed,
                          bool may_replace, MonoTime now) {
    if (!line_.up()) return;
    const std::string& native = (*wiring_.instruments)[symbol].native;
    if (!foreign_[symbol] || now - *foreign_[symbol] >= kForget_ns) foreign_[symbol] = now;
    if (may_heal_by_subscribing(symbol, followed, now)) {
        if (now != *foreign_[symbol]) return;
        log(LogKind::text, "subscribes " + native + " again: it sends update ids that match no other line");
        line_.unsubscribe(streams);
        line_.subscribe(streams);
        return;
    }
    if (!may_replace || replaced_lately(now)) {
        ++replaces_refused_;
        return;
    }
    replace("sends update ids of " + native + " that match no other line; reconnecting", now);
}

bool NetAgent::Feed::replaced_lately(MonoTime now) const noexcept {
    return replaced_ && now - *replaced_ < kReplace_ns;
}

void NetAgent::Feed::replace(const std::string& why, MonoTime now) {
    if (!line_.up()) return;
    replaced_ = now;
    ++replaces_;
    line_.replace(why);
}

// True: less than half of the followed symbols are foreign, and the new subscription of this one has not had its time
// to help yet, so the connection is kept. False: the connection itself is to be replaced.
bool NetAgent::Feed::may_heal_by_subscribing(SymbolIndex symbol, std::size_t followed, MonoTime now) {
    const auto is_foreign = [&](const auto& since) { return since && now - *since < kForget_ns; };
    const auto foreign = static_cast<std::size_t>(std::count_if(foreign_.begin(), foreign_.end(), is_foreign));
    return 2 * foreign < followed && now - *foreign_[symbol] < kHelps_ns;
}

void NetAgent::Feed::do_work(MonoTime now) {
    const bool reported = report_state() && report_lost();
    if (reported && !line_.held()) waiting_since_.reset();
    if (waiting_since_ && (reported || now - *waiting_since_ >= kPatience_ns)) line_.resume();
    if (now - counters_written_ < kCounters_ns) return;
    counters_written_ = now;
    publish_counters();
}

void NetAgent::Feed::publish_counters() noexcept {
    Counters counters = wiring_.segment->line_counters(index_);
    const auto set = [&](unsigned counter, std::uint64_t value) { counters.set(counter, value); };
    const LineStats& stats = line_.stats();
    set(DAYPACK_LINE_connected, up_ ? 1 : 0);
    set(DAYPACK_LINE_connects, connects_);
    set(DAYPACK_LINE_failures, stats.failures);
    set(DAYPACK_LINE_frames, stats.frames);
    set(DAYPACK_LINE_bytes, stats.bytes);
    set(DAYPACK_LINE_updates, updates_);
    set(DAYPACK_LINE_trades, trades_);
    set(DAYPACK_LINE_tickers, tickers_);
    set(DAYPACK_LINE_figures, figures_);
    set(DAYPACK_LINE_errors, errors_);
    set(DAYPACK_LINE_bad_frames, bad_frames_);
    set(DAYPACK_LINE_unknown_frames, unknown_frames_);
    set(DAYPACK_LINE_queue_waits, queue_waits_);
    set(DAYPACK_LINE_queue_dropped, queue_dropped_);
    set(DAYPACK_LINE_replaces, replaces_);
    set(DAYPACK_LINE_replaces_refused, replaces_refused_);
    set(DAYPACK_LINE_pings, stats.pings);
    set(DAYPACK_LINE_pongs, stats.pongs);
    const WallClock wall;
    set(DAYPACK_LINE_last_receive_ns, static_cast<std::uint64_t>(wall.at(stats.last_receive).ns));
}

void NetAgent::Feed::log(LogKind kind, std::string_view words, std::uint64_t number) {
    LogRecord record{.time = mono_now(), .have = number, .got = number, .line = index_, .kind = kind};
    record.say(words);
    wiring_.log->push(record);
}

}  // namespace daypack::core
