// SPDX-License-Identifier: MIT
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/sim/faults/chaos.h"
#include "tools/sim/faults/fault.h"
#include "tools/sim/options.h"
#include "tools/sim/server/lags.h"
#include "tools/sim/server/markets_cache.h"
#include "tools/sim/server/rest.h"
#include "tools/sim/server/server.h"
#include "tools/sim/server/subscription.h"
#include "tools/sim/server/tls_front.h"
#include "tools/sim/timers.h"
#include "tools/sim/venue_clock.h"
#include "tools/sim/venue_state.h"

namespace daypack::core::sim {

// What a fault needs of the exchange beside its markets and connections.
class FaultTargets {
  public:
    virtual ~FaultTargets() = default;
    // Cuts every connection and listens no more; and listens again, which throws where the port is taken.
    virtual void go_away() = 0;
    virtual void listen_again() = 0;
    // A market that was closed is open.
    virtual void on_opened(std::size_t feed) = 0;
    // What an aggregated stream holds of a market leaves now.
    virtual void flush_aggregates(std::size_t feed) = 0;
};

// Everything that goes wrong at the exchange: holds the faults that are armed, strikes when what they wait for happens,
// carries them out, and logs each. What a fault leaves behind (clocks that are off, lags, caches, mixed-up answers,
// states of markets) is kept here as well.
//
// Thread: the exchange's.
// Invariants: a fault strikes as often as it says and is then gone; what ends connections is done from the loop, when
// nobody walks over a list of them; after stop() nothing strikes by itself.
class FaultRunner {
  public:
    // REQUIRES: `venue` and `targets` outlive this.
    FaultRunner(boost::asio::io_context& io, const SimOptions& options, VenueState& venue, FaultTargets& targets);

    // Random faults begin, where the options ask for them.
    void begin_chaos();
    // Ends the random faults and disarms all others; clocks, lags and the cache are as the options say.
    void end_chaos();
    void stop();
    void go_away_for(std::uint64_t ms);
    void come_back();

    // Strikes from now on.
    void inject(const Fault& fault) { faults_.arm(fault); }
    // One line a fault that struck.
    [[nodiscard]] const std::vector<std::string>& log() const noexcept { return log_; }
    // A fault struck this connection; null: all of them, or none.
    void on_struck(const Fault& fault, const std::string& symbol, const Connection* connection);

    // The armed ones, for what strikes on a frame's way to one connection.
    [[nodiscard]] Faults& faults() noexcept { return faults_; }
    [[nodiscard]] VenueClock& clock() noexcept { return clock_; }
    [[nodiscard]] MarketsCache& cache() noexcept { return cache_; }
    // What /status says.
    [[nodiscard]] bool in_maintenance() const noexcept { return maintenance_; }

    // A market's update is about to be sent: what changes that very update; and was sent: what changes those behind it.
    void strike_before(std::size_t feed);
    void strike_behind(std::size_t feed);
    // A request came: what changes how the exchange sees itself while it answers. Returns what spoils the answer.
    [[nodiscard]] std::vector<Fault> strike_request(RestView& view, const std::string& symbol, std::string_view path);
    // The request that is answered in place of this one: another market's, where something before the venue mixes
    // markets up.
    [[nodiscard]] std::string mixed_up(std::string_view target, const std::string& symbol, std::string_view path);
    void strike_upgrade(Reply& reply);
    // A client asks for streams, or for no more of them: what else it is told, and what of its errors it is not.
    void strike_subscribe(Connection& connection, Request& request, bool has_unknown_market);
    void strike_connection(ServerHandler::Reception& reception, TlsFront& front);
    // A connection is open: its messages lag as they should.
    void on_open(Connection& connection) const { lags_.apply_to(connection); }

  private:
    using SteadyClock = std::chrono::steady_clock;
    // Another market's answers, until then; of a single request: not at all longer.
    struct Mixup {
        Fault fault;
        SteadyClock::time_point until;
    };

    void set_defaults();
    void do_harm();
    void carry_out(const Fault& fault, std::uint64_t line);
    void restart(std::size_t feed, const Fault& fault);
    void end_failover();
    void close_in_turn(const Fault& fault, std::uint64_t turn);
    void close_next(std::deque<std::uint64_t> lines, std::uint64_t every_ms, std::uint64_t turn);
    void see_off(Connection& connection);
    void delay(const Fault& fault, std::uint64_t line);
    void apply_lags();
    void set_state(std::size_t feed, const std::string& state, std::uint64_t for_ms);
    void set_venue(const Fault& fault);

    boost::asio::io_context& io_;
    const SimOptions& options_;
    VenueState& venue_;
    FaultTargets& targets_;
    boost::asio::steady_timer away_timer_;
    boost::asio::steady_timer chaos_timer_;
    Timers timers_;
    Faults faults_;
    std::vector<std::string> log_;
    std::optional<Chaos> chaos_;
    VenueClock clock_;
    Lags lags_;
    MarketsCache cache_;
    std::vector<Mixup> mixups_;
    std::vector<std::uint64_t> state_turns_;  // of each feed: which change of its state was the last
    std::uint64_t maintenance_turn_ = 0;
    std::uint64_t failover_turn_ = 0;
    bool maintenance_ = false;
};

}  // namespace daypack::core::sim
