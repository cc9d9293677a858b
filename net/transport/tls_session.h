// SPDX-License-Identifier: MIT
#pragma once
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "net/transport/socket_reader.h"
#include "net/transport/tls_context.h"

namespace daypack::core {

// One connection's TLS over a non-blocking socket, which its caller names with each call: wolfSSL, fed from one buffer,
// so that one `recv` brings many records.
//
// Thread: one at a time. Never waits and never moves: wolfSSL holds its address.
// Errors: `would_block` means come again when the socket can be read, or written where `unsent()`; `stream_truncated`
// and `eof` mean that the other side ended the connection, without and with TLS' good-bye; `unexpected_result` that
// TLS failed, and `why_broken` says why. An error of the socket stays.
// Invariants: what wolfSSL wants to send is taken at once, and what the socket does not take waits in `out_`: so
// wolfSSL never waits for writing, and reading and writing do not get into each other's way.
class TlsSession {
  public:
    using error_code = boost::system::error_code;
    enum class Role : std::uint8_t { client, server };

    // Throws std::bad_alloc. `context` outlives the session.
    explicit TlsSession(const TlsContext& context);
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    [[nodiscard]] WOLFSSL* handle() noexcept { return tls_; }

    // Before a client's handshake: whose certificate it must be. False: it must not be made.
    [[nodiscard]] bool expect(const std::string& host) { return expect_host(tls_, context_, host, peer_); }
    [[nodiscard]] const PeerCheck& peer() const noexcept { return peer_; }
    void shake_hands(int socket, Role role, error_code& error) noexcept;
    // At most `size` bytes of at most one record. `would_block` may be said without asking the socket, once after a
    // `recv` that took all there was.
    [[nodiscard]] std::size_t read(int socket, char* to, std::size_t size, error_code& error) noexcept;
    // At most one record; it may be `unsent()` still in part, for `flush` to send. `would_block` while one is.
    [[nodiscard]] std::size_t write(int socket, const char* from, std::size_t size, error_code& error) noexcept;
    void flush(int socket, error_code& error) noexcept;

    [[nodiscard]] bool unsent() const noexcept { return sent_ < out_.size(); }
    // What the socket gave: its bytes are a sign of life long before a record is whole.
    [[nodiscard]] SocketReader& reader() noexcept { return reader_; }

  private:
    static int receive(WOLFSSL* tls, char* to, int size, void* self) noexcept;
    static int send(WOLFSSL* tls, char* from, int size, void* self) noexcept;
    [[nodiscard]] bool fill() noexcept;
    [[nodiscard]] error_code cause(int result) noexcept;

    static constexpr std::size_t kInBytes = 65'536;

    const TlsContext& context_;
    WOLFSSL* tls_;
    PeerCheck peer_;
    int socket_ = -1;  // of the call that is under way
    std::unique_ptr<char[]> in_;
    std::size_t begin_ = 0, end_ = 0;  // of what wolfSSL has not taken yet
    SocketReader reader_;
    std::vector<char> out_;
    std::size_t sent_ = 0;             // of it
    error_code in_error_, out_error_;  // of the socket; what came before it failed is still read
};

}  // namespace daypack::core
