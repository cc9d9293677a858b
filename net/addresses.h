#pragma once
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace daypack {

// What was met at the addresses of hosts, so that the next connect begins where an answer is likely. A host may have
// one address that takes TCP and then says nothing (IPv6 that loses large packets, a dead node behind a balancer), and
// the system names that one first every time.
//
// Thread: one. Invariant: at most kRemembered addresses, the ones that were met last.
class Addresses {
  public:
    using Endpoint = boost::asio::ip::tcp::endpoint;

    // A byte of an answer came from there.
    void answered(const Endpoint& endpoint);
    // It was tried and nothing came: no connection, no handshake, or no answer over it.
    void failed(const Endpoint& endpoint);

    // Moves those that failed behind the others, the more often in a row the farther; else the order stays.
    void sort(std::vector<Endpoint>& endpoints) const;

    // How long `endpoint` may take to show that it is any good, while another of `all` is no worse; twice as long after
    // each failure, so that a server that is slow everywhere is waited for in the end. None: it has answered before, or
    // there is no other.
    [[nodiscard]] std::optional<std::chrono::milliseconds> trial(const Endpoint& endpoint,
                                                                 const std::vector<Endpoint>& all) const;

    static constexpr std::size_t kRemembered = 64;
    static constexpr std::chrono::milliseconds kTrial{1'000};  // a handshake over half the world takes three quarters

  private:
    struct Met {
        Endpoint endpoint;
        int failures;  // in a row
    };
    [[nodiscard]] const Met* find(const Endpoint& endpoint) const;
    [[nodiscard]] int failures(const Endpoint& endpoint) const;
    void note(const Endpoint& endpoint, int failures);

    std::vector<Met> met_;  // the latest last
};

}  // namespace daypack
