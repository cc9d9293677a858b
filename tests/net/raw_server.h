// SPDX-License-Identifier: MIT
#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/transport/stream.h"
#include "net/ws/web_socket_key.h"
#include "tools/sim/server/certificates.h"

namespace daypack::core::test {

// A server that a test writes byte by byte, so that it can do wrong what a real one never would. It speaks as much HTTP
// and WebSocket as the tests need, by its own few lines, and shares nothing with the client but the stream.
//
// Thread: the test's, which runs `io` for client and server alike.

// Runs `io` until `condition()`; false when `limit` is over first.
template <class Condition>
[[nodiscard]] bool run_until(boost::asio::io_context& io, Condition condition,
                             std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= end) return false;
        io.restart();
        io.run_one_for(std::chrono::milliseconds(5));
    }
    return true;
}

// One connection as its server sees it.
class Peer : public std::enable_shared_from_this<Peer> {
  public:
    using OnBytes = std::function<void(Peer&)>;

    Peer(boost::asio::io_context& io, const TlsContext* tls, OnBytes on_bytes)
        : stream_(io, tls), on_bytes_(std::move(on_bytes)) {}

    Stream& stream() { return stream_; }
    std::string& in() { return in_; }  // received and not yet taken away by the test
    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] std::size_t unsent_bytes() const { return unsent_bytes_; }

    void start() {
        stream_.async_accept_tls([self = shared_from_this()](const boost::system::error_code& error) {
            if (error || self->ended_) return self->cut();
            self->read();
        });
    }
    void send(std::string bytes) {
        unsent_bytes_ += bytes.size();
        out_.push_back(std::move(bytes));
        if (out_.size() == 1) write();
    }
    void cut() {
        ended_ = true;
        stream_.close();
    }

    // The request's head when it is whole, taken away.
    std::optional<std::string> take_head() {
        const std::size_t end = in_.find("\r\n\r\n");
        if (end == std::string::npos) return std::nullopt;
        std::string head = in_.substr(0, end + 4);
        in_.erase(0, end + 4);
        return head;
    }

  private:
    void read() {
        stream_.async_read_some(boost::asio::buffer(chunk_),
                                [self = shared_from_this()](const boost::system::error_code& error, std::size_t size) {
                                    if (error || self->ended_) return self->cut();
                                    self->in_.append(self->chunk_, size);
                                    self->on_bytes_(*self);
                                    self->read();
                                });
    }
    void write() {
        stream_.async_write_some(boost::asio::buffer(out_.front()),
                                 [self = shared_from_this()](const boost::system::error_code& error, std::size_t size) {
                                     if (error) return;
                                     self->unsent_bytes_ -= size;
                                     self->out_.front().erase(0, size);
                                     if (self->out_.front().empty()) self->out_.pop_front();
                                     if (!self->out_.empty()) self->write();
                                 });
    }

    Stream stream_;
    OnBytes on_bytes_;
    char chunk_[16'384];
    std::string in_;
    std::deque<std::string> out_;
    std::size_t unsent_bytes_ = 0;
    bool ended_ = false;
};

class RawServer {
  public:
    // `on_bytes` is called whenever a peer has received more.
    RawServer(boost::asio::io_context& io, const TlsContext* tls, Peer::OnBytes on_bytes, std::uint16_t port = 0,
              const char* address = "127.0.0.1")
        : io_(io),
          tls_(tls),
          on_bytes_(std::move(on_bytes)),
          acceptor_(io, {boost::asio::ip::make_address(address), port}) {
        accept();
    }
    ~RawServer() {
        for (const auto& peer : peers_) peer->cut();
    }
    RawServer(const RawServer&) = delete;
    RawServer& operator=(const RawServer&) = delete;

    [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    [[nodiscard]] std::string url(const std::string& scheme) const {
        return scheme + "://localhost:" + std::to_string(port());
    }
    // Every connection that was ever accepted, oldest first.
    std::vector<std::shared_ptr<Peer>>& peers() { return peers_; }

  private:
    void accept() {
        auto peer = std::make_shared<Peer>(io_, tls_, on_bytes_);
        acceptor_.async_accept(peer->stream().socket(),
                               [this, peer, alive = std::weak_ptr(alive_)](const boost::system::error_code& error) {
                                   if (error || alive.expired()) return;
                                   peer->stream().socket().set_option(boost::asio::ip::tcp::no_delay(true));
                                   peers_.push_back(peer);
                                   peer->start();
                                   accept();
                               });
    }

    boost::asio::io_context& io_;
    const TlsContext* tls_;
    Peer::OnBytes on_bytes_;
    std::vector<std::shared_ptr<Peer>> peers_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // a handler may outlive the server
};

// What a test needs to speak TLS with itself.
struct TestTls {
    explicit TestTls(sim::CertificateKind kind = sim::CertificateKind::valid) {
        sim::CertificateAuthority authority;
        const sim::CertifiedKey shown = authority.issue(kind);
        const std::string path = testing::TempDir() + "daypack_ca_" + std::to_string(getpid()) + ".pem";
        std::ofstream(path) << authority.certificate_pem();
        client = std::make_unique<TlsContext>(TlsContext::client(path));
        server = std::make_unique<TlsContext>(TlsContext::server(shown.certificate_pem, shown.key_pem));
        std::remove(path.c_str());
    }
    std::unique_ptr<TlsContext> client;
    std::unique_ptr<TlsContext> server;
};

// RFC 6455, as much as the tests need.
enum Opcode : std::uint8_t { continuation = 0, text = 1, close = 8, ping = 9, pong = 10 };

struct WsFrame {
    std::uint8_t opcode = 0;
    std::string payload;
};

inline std::string header_of(const std::string& head, const std::string& name) {
    const std::size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const std::size_t from = at + 2 + name.size() + 2;
    return head.substr(from, head.find("\r\n", from) - from);
}

inline std::string upgrade_answer(const std::string& head) {
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
           web_socket_accept(header_of(head, "Sec-WebSocket-Key")) + "\r\n\r\n";
}

inline std::string ws_frame(Opcode opcode, std::string_view payload, bool last = true) {
    std::string frame(1, static_cast<char>((last ? 0x80 : 0) | opcode));
    const std::size_t size = payload.size();
    if (size < 126) {
        frame += static_cast<char>(size);
    } else {
        const int bytes = size < 65'536 ? 2 : 8;
        frame += static_cast<char>(bytes == 2 ? 126 : 127);
        for (int i = bytes - 1; i >= 0; --i) frame += static_cast<char>(size >> (8 * i));
    }
    return frame.append(payload);
}

// The next frame of a client (masked, below 64 KiB), taken off the front of `in`.
inline std::optional<WsFrame> take_ws_frame(std::string& in) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(in[i]); };
    if (in.size() < 6 || (byte(1) & 0x80) == 0) return std::nullopt;
    std::size_t size = byte(1) & 0x7f;
    std::size_t from = 2;
    if (size == 126) {
        if (in.size() < 8) return std::nullopt;
        size = std::size_t{byte(2)} << 8 | byte(3);
        from = 4;
    }
    if (in.size() < from + 4 + size) return std::nullopt;
    WsFrame frame{static_cast<std::uint8_t>(byte(0) & 0x0f), {}};
    for (std::size_t i = 0; i < size; ++i) frame.payload += static_cast<char>(byte(from + 4 + i) ^ byte(from + i % 4));
    in.erase(0, from + 4 + size);
    return frame;
}

}  // namespace daypack::core::test
