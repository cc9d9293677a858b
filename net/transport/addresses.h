// SPDX-License-Identifier: MIT
#pragma once
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "book/types.h"

namespace daypack::core {

// What was met at the addresses of hosts, so that the next connect begins where an answer is likely. A host may have
// one address that takes TCP and then says nothing (IPv6 that loses large packets, a dead node behind a balancer), and
// the system names that one first every time.
//
// Thread: one. Time is handed in. Invariants: at most kRemembered addresses, the ones that were met last; a failure is
// forgotten after kFailure, so that what the system prefers gets another chance.
class Addresses {
  public:
    using Endpoint = boost::asio::ip::tcp::endpoint;

    // A byte of an answer came from there.
    void answered(const Endpoint& endpoint, MonoTime now);
    // It refused, or ended, before an answer.
    void failed(const Endpoint& endpoint, MonoTime now);
    // It was waited for, and nothing came: no connection, no handshake, or no answer over it.
    void silent(const Endpoint& endpoint, MonoTime now);

    // Moves those that were silent behind the others, the more often in a row the farther; of those that are alike,
    // those that failed come behind, the latest last, so that each has its turn. Else the order stays.
    void sort(std::vector<Endpoint>& endpoints, MonoTime now) const;

    // How long `endpoint` may take to show that it is any good, while another of `all` was silent no more often; twice
    // as long after each silence of its own, so that a server that is slow everywhere is waited for in the end. None:
    // it was well the last time, or there is no other.
    [[nodiscard]] std::optional<std::chrono::milliseconds> trial(const Endpoint& endpoint,
                                                                 const std::vector<Endpoint>& all, MonoTime now) const;
    // One of `all` but `endpoint` has not failed.
    [[nodiscard]] bool has_better(const Endpoint& endpoint, const std::vector<Endpoint>& all, MonoTime now) const;

    static constexpr std::size_t kRemembered = 64;
    static constexpr std::chrono::milliseconds kTrial{1'000};  // a handshake over half the world takes three quarters
    static constexpr std::chrono::minutes kFailure{10};

  private:
    struct Met {
        Endpoint endpoint;
        int silences = 0;           // in a row
        std::uint64_t failure = 0;  // its number among all, the latest; 0: it answered since
        MonoTime at;                // when

        [[nodiscard]] bool well() const noexcept { return failure == 0; }
    };
    [[nodiscard]] Met find(const Endpoint& endpoint, MonoTime now) const;
    void note(const Met& met);

    std::vector<Met> met_;  // the latest last
    std::uint64_t failures_ = 0;
};

}  // namespace daypack::core
