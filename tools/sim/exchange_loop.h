// SPDX-License-Identifier: MIT
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "tools/sim/exchange.h"
#include "tools/sim/faults/chaos.h"
#include "tools/sim/market/feed.h"
#include "tools/sim/market/listing.h"
#include "tools/sim/options.h"
#include "tools/sim/server/fanout.h"
#include "tools/sim/server/lags.h"
#include "tools/sim/server/markets_cache.h"
#include "tools/sim/server/server.h"
#include "tools/sim/server/tls_front.h"
#include "tools/sim/timers.h"
#include "tools/sim/venue_clock.h"

namespace daypack::sim {

// The exchange's inside: markets, readers, and the clock that drives them.
//
// Thread: the exchange's, but for the constructor and what is called after the thread has ended.
// Pace: by the clock, or, where rate or speed is 0, as fast as the slowest reader of a market takes it.
class ExchangeLoop final : public ServerHandler {
  public:
    // Throws std::runtime_error with a sentence that says what to do.
    explicit ExchangeLoop(const SimOptions& options);

    // Until shut_down(), and then until the good-byes are said.
    void run();
    void shut_down();

    [[nodiscard]] boost::asio::io_context& io() noexcept { return io_; }
    [[nodiscard]] std::uint16_t port() const noexcept { return server_->port(); }
    [[nodiscard]] const std::string& ca_pem() const noexcept { return front_.ca_pem(); }
    [[nodiscard]] const Feed* find(const std::string& symbol) const noexcept;
    [[nodiscard]] const std::vector<std::string>& fault_log() const noexcept { return fault_log_; }
    [[nodiscard]] Statistics statistics() const;
    void inject(const Fault& fault);
    void end_chaos();
    void go_away();
    void come_back();

    [[nodiscard]] Reception on_connection() override;
    [[nodiscard]] Reply on_upgrade() override;
    [[nodiscard]] Reply on_request(std::string_view target) override;
    void on_open(Connection& connection) override;
    void on_message(Connection& connection, std::string_view text) override;
    void on_drained(Connection& connection) override;
    void on_close(Connection& connection) override;

  private:
    using Clock = std::chrono::steady_clock;
    struct Due {
        Clock::time_point at;
        std::size_t feed;
        bool operator>(const Due& other) const noexcept { return at > other.at; }
    };
    // Another market's answers, until then; of a single request: not at all longer.
    struct Mixup {
        Fault fault;
        Clock::time_point until;
    };

    [[nodiscard]] bool is_pulled() const noexcept;
    void begin(std::size_t feed);
    [[nodiscard]] const Event* peek(std::size_t feed);
    void emit(std::size_t feed);
    void emit_aggregates(std::size_t feed, const Event& depth);
    void send_aggregate(std::size_t feed, std::size_t which, std::int64_t send_us);
    void schedule(std::size_t feed);
    void run_due();
    void wait_for_due();
    void want_pump();
    void pump();
    void keep_house();
    void count_sent(std::size_t frames) noexcept { statistics_.frames_sent += frames; }
    void struck(const Fault& fault, const std::string& symbol, Connection* connection);
    void see_off(Connection& connection);
    void carry_out(const Fault& fault, std::uint64_t line);
    void strike_before(std::size_t feed);
    void strike_behind(std::size_t feed);
    void strike_request(RestView& view, const std::string& symbol, std::string_view path);
    void restart(std::size_t feed, const Fault& fault);
    void end_failover();
    void close_in_turn(const Fault& fault, std::uint64_t turn);
    void close_next(std::deque<std::uint64_t> lines, std::uint64_t every_ms, std::uint64_t turn);
    void delay(const Fault& fault, std::uint64_t line);
    void apply_lags();
    void set_state(std::size_t feed, const std::string& state, std::uint64_t for_ms);
    void set_venue(const Fault& fault);
    void set_defaults();
    [[nodiscard]] std::string mixed_up(std::string_view target, const std::string& symbol, std::string_view path);
    [[nodiscard]] std::optional<Reply> on_sim_request(std::string_view target);
    void do_harm();

    SimOptions options_;
    boost::asio::io_context io_{1};
    boost::asio::steady_timer due_timer_{io_};
    boost::asio::steady_timer house_timer_{io_};
    boost::asio::steady_timer away_timer_{io_};
    boost::asio::steady_timer chaos_timer_{io_};
    std::optional<Chaos> chaos_;
    Timers timers_{io_};
    VenueClock clock_;
    Lags lags_;
    MarketsCache cache_;
    std::vector<Mixup> mixups_;
    TlsFront front_;
    std::vector<Feed> feeds_;
    std::vector<Fanout> fanouts_;              // one a feed
    std::vector<Clock::time_point> begun_at_;  // one a feed
    std::vector<bool> is_scheduled_;           // one a feed
    std::vector<std::uint64_t> state_turns_;   // one a feed: which change of its state was the last
    std::uint64_t maintenance_turn_ = 0;
    std::uint64_t failover_turn_ = 0;
    bool maintenance_ = false;
    std::map<std::string, std::size_t> index_of_;
    Faults faults_;
    std::vector<std::string> fault_log_;
    std::map<std::uint64_t, Connection*> connections_;  // by ordinal
    std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
    Clock::time_point last_turn_;
    std::uint64_t house_ticks_ = 0;
    bool pump_wanted_ = false;
    bool stopping_ = false;
    Statistics statistics_;
    std::optional<Server> server_;
};

}  // namespace daypack::sim
