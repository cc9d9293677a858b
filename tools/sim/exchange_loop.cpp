// SPDX-License-Identifier: MIT
#include "tools/sim/exchange_loop.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <exception>

#include "tools/sim/market/clocks.h"

namespace daypack::sim {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kHighWaterBytes = std::size_t{128} << 10;
constexpr std::size_t kEventsATurn = 2048;  // then others get a turn on the thread
constexpr std::size_t kEventsAMarket = 16;
constexpr auto kTurn =
    std::chrono::microseconds(400);  // a wake-up for each of 10,000 events a second took a quarter of a core
constexpr std::int64_t kHousekeeping_ms = 50;
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

}  // namespace

ExchangeLoop::ExchangeLoop(const SimOptions& options)
    : options_(options),
      clock_(options.seed),
      front_(options),
      feeds_(make_feeds(options)),
      begun_at_(feeds_.size()),
      is_scheduled_(feeds_.size()),
      state_turns_(feeds_.size()) {
    set_defaults();
    for (const std::string& text : options_.faults) faults_.arm(Fault::parse(text));
    for (std::size_t i = 0; i < feeds_.size(); ++i) {
        const std::string& symbol = feeds_[i].market().symbol;
        index_of_.emplace(symbol, i);
        fanouts_.emplace_back(symbol, faults_, [this, symbol](const Fault& fault, Connection* connection) {
            struck(fault, symbol, connection);
        });
    }
    server_.emplace(io_, *this, options_.port);
}

bool ExchangeLoop::is_pulled() const noexcept {
    return options_.replay.empty() ? options_.rate == 0 : options_.speed == 0;
}

const Feed* ExchangeLoop::find(const std::string& symbol) const noexcept {
    const auto found = index_of_.find(symbol);
    return found == index_of_.end() ? nullptr : &feeds_[found->second];
}

Statistics ExchangeLoop::statistics() const {
    Statistics now = statistics_;
    now.connections = connections_.size();
    for (const Fanout& fanout : fanouts_) now.subscriptions += fanout.subscriptions();
    return now;
}

void ExchangeLoop::run() {
    if (options_.replay.empty() && !is_pulled() && options_.max_frames == 0) {
        for (std::size_t i = 0; i < feeds_.size(); ++i) begin(i);
    }
    keep_house();
    if (options_.chaos_seed != 0) {
        chaos_.emplace(options_.chaos_seed, options_.chaos_unkind ? Chaos::Unkind::yes : Chaos::Unkind::no);
        do_harm();
    }
    io_.run();
    io_.restart();
    io_.run_for(kGoodbyeTime);
    server_->cut_all();
    io_.restart();
    io_.poll();
}

void ExchangeLoop::shut_down() {
    stopping_ = true;
    due_ = {};
    due_timer_.cancel();
    house_timer_.cancel();
    away_timer_.cancel();
    chaos_timer_.cancel();
    timers_.cancel_all();
    server_->stop_listening();
    server_->close_all();
    io_.stop();
}

// --- events ---------------------------------------------------------------------------------------------------------

void ExchangeLoop::begin(std::size_t feed) {
    if (feeds_[feed].has_begun() || feeds_[feed].market().is_closed()) return;
    feeds_[feed].begin(wall_us() - kVenueLagUs);
    begun_at_[feed] = Clock::now();
    if (is_pulled()) {
        want_pump();
    } else {
        schedule(feed);
        wait_for_due();
    }
}

const Event* ExchangeLoop::peek(std::size_t feed) {
    try {
        return feeds_[feed].peek();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "sim: the flow of %s ends here: %s\n", feeds_[feed].market().symbol.c_str(), error.what());
        feeds_[feed].end();
        return nullptr;
    }
}

void ExchangeLoop::emit(std::size_t feed) {
    if (feeds_[feed].market().is_closed()) return;
    Event event = feeds_[feed].take();
    const bool is_depth = event.channel == Channel::depth;
    const bool counts = is_depth && faults_.any() && fanouts_[feed].wants_any();
    if (counts) strike_before(feed);
    if (is_depth) emit_aggregates(feed, event);
    if (event.channel == Channel::book_ticker && feeds_[feed].is_crossed()) return;
    clock_.stamp(event.frame, event.channel != Channel::trade);
    count_sent(fanouts_[feed].deliver(stream_of(event.channel), std::move(event.frame)));
    clock_.end_event();
    if (counts) strike_behind(feed);
}

void ExchangeLoop::emit_aggregates(std::size_t feed, const Event& depth) {
    for (std::size_t i = 0; i < kAggregated.size(); ++i) {
        Aggregate& aggregate = feeds_[feed].aggregates()[i];
        if (!fanouts_[feed].wants(kAggregated[i])) {
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
    std::string frame = feeds_[feed].aggregates()[which].flush(feeds_[feed].notation(), send_us);
    clock_.stamp(frame, true);
    count_sent(fanouts_[feed].deliver(kAggregated[which], std::move(frame)));
}

// --- pace -----------------------------------------------------------------------------------------------------------

void ExchangeLoop::schedule(std::size_t feed) {
    if (is_scheduled_[feed]) return;
    const Event* event = peek(feed);
    if (event == nullptr) return;
    const double speed = options_.replay.empty() ? 1 : options_.speed;
    const auto since = std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(event->due_ns) / speed));
    is_scheduled_[feed] = true;
    due_.push({begun_at_[feed] + since, feed});
}

void ExchangeLoop::run_due() {
    const auto now = last_turn_ = Clock::now();
    for (std::size_t i = 0; i < kEventsATurn && !due_.empty() && due_.top().at <= now; ++i) {
        const std::size_t feed = due_.top().feed;
        due_.pop();
        is_scheduled_[feed] = false;
        if (feeds_[feed].market().is_closed()) continue;
        emit(feed);
        if (!feeds_[feed].market().is_closed()) schedule(feed);
    }
    wait_for_due();
}

void ExchangeLoop::wait_for_due() {
    if (due_.empty()) return;
    due_timer_.expires_at(std::max(due_.top().at, last_turn_ + kTurn));
    due_timer_.async_wait([this](error_code error) {
        if (!error) run_due();
    });
}

void ExchangeLoop::want_pump() {
    if (!is_pulled() || std::exchange(pump_wanted_, true)) return;
    asio::post(io_, [this] {
        pump_wanted_ = false;
        pump();
    });
}

// A few events of each market in turn, until each market's slowest reader has enough to chew on.
void ExchangeLoop::pump() {
    if (stopping_) return;
    std::size_t taken = 0;
    for (bool more = true; more && taken < kEventsATurn;) {
        more = false;
        for (std::size_t feed = 0; feed < feeds_.size(); ++feed) {
            const std::size_t unsent_bytes = fanouts_[feed].most_unsent_bytes();
            statistics_.unsent_bytes_peak = std::max(statistics_.unsent_bytes_peak, unsent_bytes);
            if (!feeds_[feed].has_begun() || feeds_[feed].market().is_closed() || !fanouts_[feed].wants_any() ||
                unsent_bytes >= kHighWaterBytes)
                continue;
            for (std::size_t i = 0; i < kEventsAMarket && peek(feed) != nullptr; ++i, ++taken) {
                emit(feed);
                more = true;
            }
        }
    }
    if (taken >= kEventsATurn) want_pump();
}

// Every few milliseconds: what no event would bring about.
void ExchangeLoop::keep_house() {
    const std::int64_t now_ns = mono_ns();
    for (std::size_t feed = 0; feed < feeds_.size(); ++feed) {
        for (std::size_t i = 0; i < kAggregated.size(); ++i) {
            Aggregate& aggregate = feeds_[feed].aggregates()[i];
            if (!aggregate.is_overdue(now_ns)) continue;
            const std::int64_t send_us = options_.replay.empty() ? wall_us() : feeds_[feed].match_us();
            send_aggregate(feed, i, send_us);
        }
    }
    std::vector<Connection*> too_slow;
    for (const auto& [ordinal, connection] : connections_) {
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
    house_timer_.expires_after(std::chrono::milliseconds(kHousekeeping_ms));
    house_timer_.async_wait([this](error_code error) {
        if (!error) keep_house();
    });
}

}  // namespace daypack::sim
