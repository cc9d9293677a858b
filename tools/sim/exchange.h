// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/sim/account/keys.h"
#include "tools/sim/faults/fault.h"
#include "tools/sim/options.h"

namespace daypack::core::sim {

struct Statistics {
    std::uint64_t frames_sent = 0;  // over all connections
    std::uint64_t connections = 0;  // WebSockets, now
    std::uint64_t connections_ever = 0;
    std::uint64_t requests = 0;  // HTTP
    std::uint64_t depth_requests = 0;
    std::uint64_t subscriptions = 0;    // streams times connections, now
    std::uint64_t readers_closed = 0;   // for reading too slowly
    std::uint64_t refused = 0;          // signed requests and subscriptions, for their key, signature or time
    std::size_t unsent_bytes_peak = 0;  // of one connection, where the readers set the pace
};

// The simulated exchange: Backpack's REST and WebSocket on one port, of 127.0.0.1 by default, with a truth to judge a
// client by.
//
// Thread: it runs one of its own, from the constructor to stop(); every function here may be called from any other.
class Exchange {
  public:
    // Listens when it returns. Throws std::runtime_error with a sentence that says what to do.
    explicit Exchange(const SimOptions& options);
    ~Exchange();
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept;
    // The certificate to trust; empty without TLS.
    [[nodiscard]] const std::string& ca_pem() const noexcept;
    // "http://127.0.0.1:PORT" and "ws://…", or https and wss with localhost.
    [[nodiscard]] std::string rest_url() const;
    [[nodiscard]] std::string ws_url() const;

    // Good-byes to all, and the end of the thread; at most half a second. The truth can still be asked.
    void stop();

    // The body of /_sim/truth; empty where that market or `u` is not known. Where numberings overlap, the newest that
    // knows `u` tells; `ago`: that of so many restarts ago alone.
    [[nodiscard]] std::string truth(const std::string& symbol, std::optional<std::uint64_t> u = std::nullopt,
                                    std::optional<std::size_t> ago = std::nullopt) const;
    // The last `u` of a market; 0 where there is no such market.
    [[nodiscard]] std::uint64_t last_u(const std::string& symbol) const;
    // Whether its flow has ended: of a recording, or at `max_frames`.
    [[nodiscard]] bool is_over(const std::string& symbol) const;

    // Cuts every connection and listens no more; and listens again, on the same port with the same certificates.
    void go_away();
    void come_back();
    // Of the account so numbered, from 1, where the options ask for accounts: its keys, and the body of /_sim/account.
    [[nodiscard]] KeyPair account_key(std::size_t number) const;
    [[nodiscard]] std::string account_truth(std::size_t number) const;
    // Whether all accounts stand still.
    void pause_accounts(bool on);

    // Counts from now.
    void inject(const Fault& fault);
    // Ends the random faults of `chaos_seed`, and disarms those that have not struck.
    void end_chaos();
    // One line a fault that struck.
    [[nodiscard]] std::vector<std::string> fault_log() const;
    [[nodiscard]] Statistics statistics() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace daypack::core::sim
