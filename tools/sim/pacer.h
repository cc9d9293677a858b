// SPDX-License-Identifier: MIT
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "tools/sim/venue_state.h"

namespace daypack::core::sim {

// Decides when each market's next event comes: at its time by the clock, or, where the readers set the pace, as soon as
// the slowest reader of that market has room for it.
//
// Thread: the exchange's.
// Invariants: the events of a market come in order; a market that is closed has none until resume().
class Pacer {
  public:
    struct Options {
        bool pulled = false;  // the readers set the pace
        double speed = 1;     // of the clock
    };
    // Takes a market's next event, which is there, and sends it.
    using Emit = std::function<void(std::size_t feed)>;

    // REQUIRES: `venue` outlives this.
    Pacer(boost::asio::io_context& io, VenueState& venue, Options options, Emit emit);

    // A market's flow begins now, where it has not begun and the market is not closed.
    void begin(std::size_t feed);
    // A market that was closed is open again.
    void resume(std::size_t feed);
    // A reader may have room. Nothing happens where the clock sets the pace.
    void want_pump();
    // Nothing comes any more.
    void stop();

    [[nodiscard]] bool is_pulled() const noexcept { return options_.pulled; }
    // The most that was unsent to one connection while the readers set the pace.
    [[nodiscard]] std::size_t unsent_bytes_peak() const noexcept { return unsent_bytes_peak_; }

  private:
    using Clock = std::chrono::steady_clock;
    struct Due {
        Clock::time_point at;
        std::size_t feed;
        bool operator>(const Due& other) const noexcept { return at > other.at; }
    };

    [[nodiscard]] const Event* peek(std::size_t feed);
    void schedule(std::size_t feed);
    void run_due();
    void wait_for_due();
    [[nodiscard]] bool has_room(std::size_t feed);
    void pump();

    boost::asio::io_context& io_;
    boost::asio::steady_timer timer_;
    VenueState& venue_;
    Options options_;
    Emit emit_;
    std::vector<Clock::time_point> begun_at_;  // of each feed
    std::vector<bool> is_scheduled_;           // of each feed
    std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
    Clock::time_point last_turn_;
    bool pump_wanted_ = false;
    bool stopped_ = false;
    std::size_t unsent_bytes_peak_ = 0;
};

}  // namespace daypack::core::sim
