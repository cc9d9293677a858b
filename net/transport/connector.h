// SPDX-License-Identifier: MIT
#pragma once
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "net/base/url.h"
#include "net/transport/addresses.h"
#include "net/transport/stream.h"

namespace daypack::core {

// From an address to a stream that can be talked over: name look-up, TCP, and TLS where the address says so.
//
// Thread: the one that runs `io`. The name look-up runs on a thread of its own, which nobody ever waits for: a name
// server that does not answer must not hold up a stop.
// Invariants: `done` is called once for each `connect`, never from within it, and not at all after `cancel`; without
// TLS nothing but a loopback address is connected to.
class Connector {
  public:
    // The stream, or null and why not: "ws.example.com:443: connection refused".
    using Done = std::function<void(std::unique_ptr<Stream> stream, const std::string& why)>;

    // `tls` may be null where no address will ask for TLS; else it outlives the connector and its streams.
    // `addresses`: what is known of them, which connectors of one thread may share.
    Connector(boost::asio::io_context& io, const TlsContext* tls,
              std::shared_ptr<Addresses> addresses = std::make_shared<Addresses>())
        : io_(io), tls_(tls), addresses_(std::move(addresses)) {}
    ~Connector() { cancel(); }
    Connector(const Connector&) = delete;
    Connector& operator=(const Connector&) = delete;

    // Of this machine, an IP address in text; empty: the system chooses. From then on only addresses of its family are
    // connected to. Throws boost::system::system_error for what is none.
    void come_from(const std::string& local_address);

    // Tries every address that the name has, each for its share of the time; `turn` says which is the first. Those that
    // failed the last time come last.
    void connect(const Url& url, int timeout_ms, std::size_t turn, Done done);
    void cancel() noexcept;

    // Of the stream that was made last, from its owner: whether its server speaks; see Addresses.
    void answered();
    void failed();
    void silent();
    // How long to wait for that before `silent()` and another connect, which will then try another address. None: as
    // long as the owner likes.
    [[nodiscard]] std::optional<std::chrono::milliseconds> trial() const;
    // The next connect will try an address that has not failed.
    [[nodiscard]] bool has_better() const;

  private:
    class Attempt;

    boost::asio::io_context& io_;
    const TlsContext* tls_;
    std::shared_ptr<Addresses> addresses_;
    std::optional<boost::asio::ip::address> local_;
    std::shared_ptr<Attempt> attempt_;
};

}  // namespace daypack::core
