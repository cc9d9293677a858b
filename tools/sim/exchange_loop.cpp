// SPDX-License-Identifier: MIT
#include "tools/sim/exchange_loop.h"

#include <algorithm>
#include <cstdio>

#include "tools/sim/market/clocks.h"
#include "tools/sim/server/figure_frames.h"

namespace daypack::core::sim {
namespace {

using boost::system::error_code;

constexpr std::int64_t kHousekeeping_ms = 50;
constexpr std::uint64_t kTicksASecond = 1000 / kHousekeeping_ms;
constexpr std::array kAggregated{StreamKind::depth_200ms, StreamKind::depth_600ms, StreamKind::depth_1000ms};
constexpr auto kGoodbyeTime = std::chrono::milliseconds(300);

StreamKind stream_of(Channel channel) {
    switch (channel) {
        case Channel::depth: return StreamKind::depth;
        case Channel::trade: return StreamKind::trade;
        case Channel::book_ticker: return StreamKind::book_ticker;
    }
    return StreamKind::depth;
}

// Generated flow has a rate, and a recording a speed; where that is 0 the readers set the pace.
Pacer::Options pace_of(const SimOptions& options) {
    if (options.replay.empty()) return {options.rate == 0, 1};
    return {options.speed == 0, options.speed};
}

}  // namespace

ExchangeLoop::ExchangeLoop(const SimOptions& options)
    : options_(options),
      front_(options),
      venue_{make_feeds(options), {}, {}, {}},
      faults_(io_, options_, venue_, *this),
      pacer_(io_, venue_, pace_of(options), [this](std::size_t feed) { emit(feed); }) {
    for (std::size_t i = 0; i < venue_.feeds.size(); ++i) {
        const std::string& symbol = venue_.feeds[i].market().symbol;
        venue_.index_of.emplace(symbol, i);
        venue_.fanouts.emplace_back(symbol, faults_.faults(),
                                    [this, symbol](const Fault& fault, Connection* connection) {
                                        faults_.on_struck(fault, symbol, connection);
                                    });
    }
    if (options_.accounts != 0) desk_.emplace(io_, options_, venue_, faults_);
    server_.emplace(io_, *this, options_.bind, options_.port);
}

Statistics ExchangeLoop::statistics() const {
    Statistics now = statistics_;
    now.connections = venue_.connections.size();
    now.unsent_bytes_peak = pacer_.unsent_bytes_peak();
    for (const Fanout& fanout : venue_.fanouts) now.subscriptions += fanout.subscriptions();
    if (desk_) {
        now.subscriptions += desk_->subscriptions();
        now.frames_sent += desk_->frames_sent();
        now.refused = desk_->refused();
    }
    return now;
}

void ExchangeLoop::run() {
    if (options_.replay.empty() && !pacer_.is_pulled() && options_.max_frames == 0) {
        for (std::size_t i = 0; i < venue_.feeds.size(); ++i) pacer_.begin(i);
    }
    keep_house();
    if (desk_) desk_->begin();
    faults_.begin_chaos();
    io_.run();
    io_.restart();
    io_.run_for(kGoodbyeTime);
    server_->cut_all();
    io_.restart();
    io_.poll();
}

void ExchangeLoop::shut_down() {
    pacer_.stop();
    faults_.stop();
    if (desk_) desk_->stop();
    house_timer_.cancel();
    server_->stop_listening();
    server_->close_all();
    io_.stop();
}

// --- events ---------------------------------------------------------------------------------------------------------

void ExchangeLoop::emit(std::size_t feed) {
    if (venue_.feeds[feed].market().is_closed()) return;
    Event event = venue_.feeds[feed].take();
    const bool is_depth = event.channel == Channel::depth;
    const bool counts = is_depth && faults_.faults().any() && venue_.fanouts[feed].wants_any();
    if (counts) faults_.strike_before(feed);
    if (is_depth) emit_aggregates(feed, event);
    if (event.channel == Channel::book_ticker && venue_.feeds[feed].is_crossed()) return;
    faults_.clock().stamp(event.frame, event.channel != Channel::trade);
    count_sent(venue_.fanouts[feed].deliver(stream_of(event.channel), std::move(event.frame)));
    if (event.channel == Channel::trade && venue_.fanouts[feed].wants(StreamKind::liquidation) &&
        is_liquidation(venue_.feeds[feed].market(), event.trade)) {
        std::string frame = liquidation_frame(venue_.feeds[feed].notation(), event);
        count_sent(venue_.fanouts[feed].deliver(StreamKind::liquidation, std::move(frame)));
    }
    faults_.clock().end_event();
    if (counts) faults_.strike_behind(feed);
}

void ExchangeLoop::emit_aggregates(std::size_t feed, const Event& depth) {
    for (std::size_t i = 0; i < kAggregated.size(); ++i) {
        Aggregate& aggregate = venue_.feeds[feed].aggregates()[i];
        if (!venue_.fanouts[feed].wants(kAggregated[i])) {
            aggregate.clear();
            continue;
        }
        if (aggregate.is_due(depth.match_us)) {
            send_aggregate(feed, i, depth.send_us);
        }
        aggregate.add(depth, mono_ns());
    }
}

void ExchangeLoop::send_aggregate(std::size_t feed, std::size_t which, std::int64_t send_us) {
    std::string frame = venue_.feeds[feed].aggregates()[which].flush(venue_.feeds[feed].notation(), send_us);
    faults_.clock().stamp(frame, true);
    count_sent(venue_.fanouts[feed].deliver(kAggregated[which], std::move(frame)));
}

// Once a second, of every market whose stream somebody reads.
void ExchangeLoop::emit_figures() {
    for (std::size_t i = 0; i < venue_.feeds.size(); ++i) {
        const Feed& feed = venue_.feeds[i];
        if (!feed.has_begun() || feed.market().is_closed()) continue;
        const std::int64_t now_us = options_.replay.empty() ? wall_us() : feed.match_us();
        Fanout& fanout = venue_.fanouts[i];
        if (fanout.wants(StreamKind::mark_price) && feed.market().type() != "SPOT") {
            count_sent(fanout.deliver(StreamKind::mark_price, mark_price_frame(feed, now_us)));
        }
        if (fanout.wants(StreamKind::day)) count_sent(fanout.deliver(StreamKind::day, day_frame(feed, now_us)));
    }
}

void ExchangeLoop::flush_aggregates(std::size_t feed) {
    for (std::size_t i = 0; i < kAggregated.size(); ++i) {
        if (venue_.feeds[feed].aggregates()[i].holds()) send_aggregate(feed, i, venue_.feeds[feed].match_us());
    }
}

// --- the whole exchange ---------------------------------------------------------------------------------------------

void ExchangeLoop::go_away() {
    server_->stop_listening();
    server_->cut_all();
}

void ExchangeLoop::listen_again() {
    server_->listen();
}

void ExchangeLoop::on_opened(std::size_t feed) {
    pacer_.resume(feed);
}

// Every few milliseconds: what no event would bring about.
void ExchangeLoop::keep_house() {
    const std::int64_t now_ns = mono_ns();
    for (std::size_t feed = 0; feed < venue_.feeds.size(); ++feed) {
        for (std::size_t i = 0; i < kAggregated.size(); ++i) {
            Aggregate& aggregate = venue_.feeds[feed].aggregates()[i];
            if (!aggregate.is_overdue(now_ns)) continue;
            const std::int64_t send_us = options_.replay.empty() ? wall_us() : venue_.feeds[feed].match_us();
            send_aggregate(feed, i, send_us);
        }
    }
    std::vector<Connection*> too_slow;
    for (const auto& [ordinal, connection] : venue_.connections) {
        if (connection->unsent_bytes() > options_.unread_bytes_max) too_slow.push_back(connection);
    }
    for (Connection* connection : too_slow) {
        std::fprintf(stderr, "sim: line %llu closed: %zu bytes unread\n",
                     static_cast<unsigned long long>(connection->ordinal()), connection->unsent_bytes());
        ++statistics_.readers_closed;
        connection->cut();
    }
    const auto ticks_a_ping =
        static_cast<std::uint64_t>(std::max<std::int64_t>(1, options_.ping_interval_ms / kHousekeeping_ms));
    if (++house_ticks_ % ticks_a_ping == 0) server_->ping_all();
    if (house_ticks_ % kTicksASecond == 0) emit_figures();
    house_timer_.expires_after(std::chrono::milliseconds(kHousekeeping_ms));
    house_timer_.async_wait([this](error_code error) {
        if (!error) keep_house();
    });
}

}  // namespace daypack::core::sim
