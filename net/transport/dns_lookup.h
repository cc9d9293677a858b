// SPDX-License-Identifier: MIT
#pragma once
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <vector>

namespace daypack::core {

// A name look-up that can be left alone: it runs on a detached thread that owns what it writes to. Asio's own resolver
// joins its thread when it is destroyed, and a name server that is silent would hold up the end of the program.
//
// Thread: one caller, which polls. The look-up's thread hands over once, through `finished()`.
class DnsLookup {
  public:
    // Starts at once. A host that is an address needs no thread.
    DnsLookup(const std::string& host, std::uint16_t port);

    [[nodiscard]] bool finished() const noexcept;
    // REQUIRES: finished(). Empty where there is none; then `error()` says why.
    [[nodiscard]] const std::vector<boost::asio::ip::tcp::endpoint>& endpoints() const noexcept;
    [[nodiscard]] const std::string& error() const noexcept;

  private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
};

// For tests alone, and before any look-up: `host` has these addresses, whatever the system says. Empty: as it says.
void pretend_addresses(const std::string& host, std::vector<boost::asio::ip::address> addresses);

// Puts another address first, so that who counts from 0 up gets each in turn. Only among those that stand first and are
// of one family: what the system prefers stays preferred.
void spread(std::vector<boost::asio::ip::tcp::endpoint>& endpoints, std::size_t turn) noexcept;

}  // namespace daypack::core
