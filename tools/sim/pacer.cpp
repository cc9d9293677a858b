// SPDX-License-Identifier: MIT
#include "tools/sim/pacer.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <exception>
#include <utility>

#include "tools/sim/market/clocks.h"
#include "tools/sim/options.h"

namespace daypack::core::sim {
namespace {

constexpr std::size_t kHighWaterBytes = std::size_t{128} << 10;
constexpr std::size_t kEventsATurn = 2048;  // then others get a turn on the thread
constexpr std::size_t kEventsAMarket = 16;
constexpr auto kTurn =
    std::chrono::microseconds(400);  // a wake-up for each of 10,000 events a second took a quarter of a core

}  // namespace

Pacer::Pacer(boost::asio::io_context& io, VenueState& venue, Options options, Emit emit)
    : io_(io),
      timer_(io),
      venue_(venue),
      options_(options),
      emit_(std::move(emit)),
      begun_at_(venue.feeds.size()),
      is_scheduled_(venue.feeds.size()) {}

void Pacer::begin(std::size_t feed) {
    if (venue_.feeds[feed].has_begun() || venue_.feeds[feed].market().is_closed()) return;
    venue_.feeds[feed].begin(wall_us() - kVenueLagUs);
    begun_at_[feed] = Clock::now();
    resume(feed);
}

void Pacer::resume(std::size_t feed) {
    if (!venue_.feeds[feed].has_begun()) return;
    if (options_.pulled) return want_pump();
    schedule(feed);
    wait_for_due();
}

void Pacer::stop() {
    stopped_ = true;
    due_ = {};
    timer_.cancel();
}

const Event* Pacer::peek(std::size_t feed) {
    try {
        return venue_.feeds[feed].peek();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "sim: the flow of %s ends here: %s\n", venue_.feeds[feed].market().symbol.c_str(),
                     error.what());
        venue_.feeds[feed].end();
        return nullptr;
    }
}

void Pacer::schedule(std::size_t feed) {
    if (is_scheduled_[feed]) return;
    const Event* event = peek(feed);
    if (event == nullptr) return;
    const auto since =
        std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(event->due_ns) / options_.speed));
    is_scheduled_[feed] = true;
    due_.push({begun_at_[feed] + since, feed});
}

void Pacer::run_due() {
    const auto now = last_turn_ = Clock::now();
    for (std::size_t i = 0; i < kEventsATurn && !due_.empty() && due_.top().at <= now; ++i) {
        const std::size_t feed = due_.top().feed;
        due_.pop();
        is_scheduled_[feed] = false;
        if (venue_.feeds[feed].market().is_closed()) continue;
        emit_(feed);
        if (!venue_.feeds[feed].market().is_closed()) schedule(feed);
    }
    wait_for_due();
}

void Pacer::wait_for_due() {
    if (due_.empty()) return;
    timer_.expires_at(std::max(due_.top().at, last_turn_ + kTurn));
    timer_.async_wait([this](boost::system::error_code error) {
        if (!error) run_due();
    });
}

void Pacer::want_pump() {
    if (!options_.pulled || std::exchange(pump_wanted_, true)) return;
    boost::asio::post(io_, [this] {
        pump_wanted_ = false;
        pump();
    });
}

// Somebody reads the market, and its slowest reader has room.
bool Pacer::has_room(std::size_t feed) {
    const std::size_t unsent_bytes = venue_.fanouts[feed].most_unsent_bytes();
    unsent_bytes_peak_ = std::max(unsent_bytes_peak_, unsent_bytes);
    return venue_.feeds[feed].has_begun() && !venue_.feeds[feed].market().is_closed() &&
           venue_.fanouts[feed].wants_any() && unsent_bytes < kHighWaterBytes;
}

// A few events of each market in turn, until each market's slowest reader has enough to chew on.
void Pacer::pump() {
    if (stopped_) return;
    std::size_t taken = 0;
    for (bool more = true; more && taken < kEventsATurn;) {
        more = false;
        for (std::size_t feed = 0; feed < venue_.feeds.size(); ++feed) {
            if (!has_room(feed)) continue;
            for (std::size_t i = 0; i < kEventsAMarket && peek(feed) != nullptr; ++i, ++taken) {
                emit_(feed);
                more = true;
            }
        }
    }
    if (taken >= kEventsATurn) want_pump();
}

}  // namespace daypack::core::sim
