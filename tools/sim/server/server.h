// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tools/sim/server/credentials.h"
#include "tools/sim/server/rest.h"

namespace boost::asio {
class io_context;
}
namespace daypack::core {
class TlsContext;
}

namespace daypack::core::sim {

using Message = std::shared_ptr<const std::string>;

// One WebSocket of a client. Valid from on_open() until on_close().
//
// Thread: the exchange's.
// Invariant: messages leave in the order they were sent in, each as one frame, none left out.
class Connection {
  public:
    virtual ~Connection() = default;
    // Counted from 1, in order of acceptance.
    [[nodiscard]] virtual std::uint64_t ordinal() const noexcept = 0;
    // Not yet taken by the socket.
    [[nodiscard]] virtual std::size_t unsent_bytes() const noexcept = 0;
    enum class Form : std::uint8_t {
        text,
        binary,
        raw,  // bytes of the stream under the WebSocket, whatever they are
    };
    virtual void send(Message message, Form form) = 0;
    void send(Message message) { send(std::move(message), Form::text); }
    // Nothing leaves for so long, 0: for ever; deaf: nor is anything read, so that pings are not answered either.
    virtual void stall(std::int64_t for_ms, bool deaf) = 0;
    // What is sent from now on leaves so much later, and up to `jitter_ms` more, drawn; in order all the same.
    virtual void delay(std::int64_t by_ms, std::int64_t jitter_ms) = 0;
    // Without a word, and what the client sent is not read: it sees a reset.
    virtual void reset() = 0;
    virtual void ping() = 0;
    // With a Close frame behind all that was sent. Nothing is sent after it.
    virtual void close() = 0;
    // A Close frame of the client is not answered, and the connection stays open; nothing else changes.
    virtual void ignore_close() = 0;
    // Without a word, now; on_close() comes before it returns.
    virtual void cut() = 0;
};

// What the server asks of the exchange. All calls on the exchange's thread.
class ServerHandler {
  public:
    virtual ~ServerHandler() = default;
    // How the next connection is received.
    struct Reception {
        const TlsContext* tls = nullptr;  // null: none. It must outlive the server.
        std::int64_t delay_ms = 0;        // before anything is said
        bool refuse = false;              // closed at once
        bool silent = false;              // nothing is ever said
        std::string_view instead{};       // of TLS: answered to the first bytes that come, and closed; empty: nothing
    };
    [[nodiscard]] virtual Reception on_connection() = 0;
    [[nodiscard]] virtual Reply on_request(std::string_view target, const Credentials& credentials) = 0;
    // Status 101: the upgrade is accepted.
    [[nodiscard]] virtual Reply on_upgrade() = 0;
    virtual void on_open(Connection& connection) = 0;
    virtual void on_message(Connection& connection, std::string_view text) = 0;
    // What was unsent fell to kLowWaterBytes.
    virtual void on_drained(Connection& connection) = 0;
    virtual void on_close(Connection& connection) = 0;
};

// HTTP and WebSocket on one port, plain or TLS.
//
// Thread: the one that runs `io`.
class Server {
  public:
    static constexpr std::size_t kLowWaterBytes = std::size_t{32} << 10;

    // Listens at once. Throws std::runtime_error where the port is taken, or `address` is not one of this machine.
    Server(boost::asio::io_context& io, ServerHandler& handler, const std::string& address, std::uint16_t port);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept;
    // Both do nothing where it is so already. listen() throws as the constructor.
    void listen();
    void stop_listening();
    void ping_all();
    // With a Close frame to each, as in a shutdown that was planned.
    void close_all();
    // Without a word, as in a crash.
    void cut_all();

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace daypack::core::sim
