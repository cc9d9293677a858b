// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/rig/input.h"
#include "net/transport/tls_context.h"

namespace daypack::core::bench {

// A server as small and quick as one can be: one connection over loopback, TLS and WebSocket or plain TCP, and messages
// that are made beforehand. One TLS record a message.
//
// Thread: one at a time; all calls block, for a minute at most. Throws std::runtime_error where the far end does
// wrong. Its sockets close with it.
class Sender {
  public:
    Sender();
    ~Sender();
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept;
    // Trusts this one.
    [[nodiscard]] const TlsContext& client_tls() const noexcept;

    // Takes the next connection. Over TLS it answers the WebSocket upgrade too.
    void accept_wss();
    void accept_plain();

    // Puts the messages into records, which stay here. Returns their bytes. REQUIRES: accept_wss().
    std::size_t encrypt(const std::vector<std::string_view>& messages);
    // Sends what was encrypted, many records at a time, over the wss connection, or the very same bytes over the plain
    // one. False: the far end is gone.
    bool send_encrypted();
    bool send_encrypted_plainly();
    // One message at once, encrypted now; or as it is over the plain connection.
    bool send(std::string_view message);
    bool send_plainly(std::string_view message);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// "text" as an unmasked WebSocket frame.
[[nodiscard]] std::string web_socket_frame(std::string_view text);

}  // namespace daypack::core::bench
