// SPDX-License-Identifier: MIT
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/sim/account/account_desk.h"
#include "tools/sim/exchange.h"
#include "tools/sim/fault_runner.h"
#include "tools/sim/market/listing.h"
#include "tools/sim/options.h"
#include "tools/sim/pacer.h"
#include "tools/sim/server/server.h"
#include "tools/sim/server/tls_front.h"
#include "tools/sim/venue_state.h"

namespace daypack::core::sim {

// The exchange's inside: it answers its clients and sends them the events of the markets, when the Pacer says so and
// spoilt as the FaultRunner wants.
//
// Thread: the exchange's, but for the constructor and what is called after the thread has ended.
class ExchangeLoop final : public ServerHandler, private FaultTargets {
  public:
    // Throws std::runtime_error with a sentence that says what to do.
    explicit ExchangeLoop(const SimOptions& options);

    // Until shut_down(), and then until the good-byes are said.
    void run();
    void shut_down();

    [[nodiscard]] boost::asio::io_context& io() noexcept { return io_; }
    [[nodiscard]] std::uint16_t port() const noexcept { return server_->port(); }
    [[nodiscard]] const std::string& ca_pem() const noexcept { return front_.ca_pem(); }
    [[nodiscard]] const Feed* find(const std::string& symbol) const noexcept { return venue_.find(symbol); }
    [[nodiscard]] const std::vector<std::string>& fault_log() const noexcept { return faults_.log(); }
    [[nodiscard]] Statistics statistics() const;
    void inject(const Fault& fault) { faults_.inject(fault); }
    void end_chaos() { faults_.end_chaos(); }
    void go_away() override;
    void come_back() { faults_.come_back(); }
    [[nodiscard]] std::string account_truth(std::size_t number) const { return desk_ ? desk_->truth(number) : ""; }
    void pause_accounts(bool on) {
        if (desk_) desk_->pause(on);
    }

    [[nodiscard]] Reception on_connection() override;
    [[nodiscard]] Reply on_upgrade() override;
    [[nodiscard]] Reply on_request(std::string_view target, const Credentials& credentials) override;
    void on_open(Connection& connection) override;
    void on_message(Connection& connection, std::string_view text) override;
    void on_drained(Connection& connection) override;
    void on_close(Connection& connection) override;

  private:
    void listen_again() override;
    void on_opened(std::size_t feed) override;
    void flush_aggregates(std::size_t feed) override;

    void emit(std::size_t feed);
    void emit_aggregates(std::size_t feed, const Event& depth);
    void send_aggregate(std::size_t feed, std::size_t which, std::int64_t send_us);
    void emit_figures();
    void count_sent(std::size_t frames) noexcept { statistics_.frames_sent += frames; }
    void keep_house();
    [[nodiscard]] std::optional<Reply> on_sim_request(std::string_view target);

    SimOptions options_;
    boost::asio::io_context io_{1};
    boost::asio::steady_timer house_timer_{io_};
    TlsFront front_;
    VenueState venue_;
    FaultRunner faults_;
    Pacer pacer_;
    std::optional<AccountDesk> desk_;  // of the accounts, where there are any
    std::uint64_t house_ticks_ = 0;
    Statistics statistics_;
    std::optional<Server> server_;
};

}  // namespace daypack::core::sim
