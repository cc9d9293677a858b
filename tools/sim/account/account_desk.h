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

#include "tools/sim/account/gate.h"
#include "tools/sim/account/keys.h"
#include "tools/sim/account/matching.h"
#include "tools/sim/account/private_lines.h"
#include "tools/sim/account/script.h"
#include "tools/sim/fault_runner.h"
#include "tools/sim/options.h"
#include "tools/sim/server/credentials.h"
#include "tools/sim/server/rest.h"
#include "tools/sim/server/subscription.h"
#include "tools/sim/timers.h"

namespace daypack::core::sim {

// The account side of the exchange: who may ask, what the accounts do by and by, what they are told of it, and the
// truth about them.
//
// Thread: the exchange's, but for the constructor.
// Invariants: after stop() nothing happens by itself; what REST, the streams and the truth tell comes from the same
// books, though REST may be told to show older ones.
class AccountDesk {
  public:
    // REQUIRES: the options ask for accounts; `venue` and `faults` outlive this.
    // Throws std::runtime_error where no market suits, or the keys cannot be written.
    AccountDesk(boost::asio::io_context& io, const SimOptions& options, const VenueState& venue, FaultRunner& faults);

    void begin();
    void stop();
    // Whether the accounts stand still.
    void pause(bool on) noexcept { is_paused_ = on; }

    // Nullopt: not a signed path, nor one of the simulation itself.
    [[nodiscard]] std::optional<Reply> on_request(std::string_view target, const Credentials& credentials);
    // How many frames it brought about.
    std::size_t on_message(Connection& connection, const Request& request);
    void forget(Connection& connection) { lines_.forget(connection); }

    [[nodiscard]] const KeyPair& key(std::size_t number) const { return keys_.at(number - 1); }
    // The body of /_sim/account; empty: there is no such account.
    [[nodiscard]] std::string truth(std::size_t number) const;
    [[nodiscard]] std::size_t subscriptions() const noexcept { return lines_.subscriptions(); }
    [[nodiscard]] std::uint64_t frames_sent() const noexcept { return frames_sent_; }
    // Requests and subscriptions that were refused for their signature, key or time.
    [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }

  private:
    using Clock = std::chrono::steady_clock;
    struct Past {
        std::int64_t us;
        std::vector<Holdings> of_accounts;
    };
    // By so much older, until then.
    struct Lag {
        std::int64_t us = 0;
        Clock::time_point until{};
        [[nodiscard]] std::int64_t now_us() const { return Clock::now() < until ? us : 0; }
    };

    [[nodiscard]] std::optional<Touch> touch_of(const std::string& symbol) const;
    [[nodiscard]] std::vector<Instrument> instruments() const;
    [[nodiscard]] std::vector<Account> fresh_accounts() const;
    [[nodiscard]] bool is_over(std::size_t account) const;
    void wait_for_next();
    void act_once();
    void strike(std::size_t account);
    void restart(std::uint64_t for_ms);
    void tell(std::size_t account);
    void remember();
    [[nodiscard]] const Holdings& holdings_for_rest(std::size_t account) const;
    [[nodiscard]] Reply answer_signed(std::string_view path, std::string_view target, const Credentials& credentials);
    [[nodiscard]] Reply answer_truth(std::string_view target) const;
    void subscribe(Connection& connection, std::size_t account, const PrivateName& name);

    const SimOptions& options_;
    const VenueState& venue_;
    FaultRunner& faults_;
    std::vector<KeyPair> keys_;
    Gate gate_;
    Matching matching_;
    Script script_;
    PrivateLines lines_;
    Random random_;
    boost::asio::steady_timer timer_;
    Timers later_;
    Clock::time_point next_;
    std::deque<Past> past_;  // while REST is to be older
    Lag stale_;
    Lag history_lag_;
    bool is_paused_ = false;
    std::uint64_t answers_ = 0;
    std::uint64_t frames_sent_ = 0;
    std::uint64_t refused_ = 0;
};

}  // namespace daypack::core::sim
