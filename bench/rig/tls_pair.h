// SPDX-License-Identifier: MIT
#pragma once
#include <wolfssl/options.h>  // before Asio's TLS headers: makes them speak wolfSSL
#include <wolfssl/ssl.h>

#include <algorithm>
#include <boost/asio/ssl/context.hpp>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "net/transport/tls_context.h"

namespace daypack::core::bench {

// One end of a TLS session in memory: what it sends stands in `out`, what it is to receive in `in`.
//
// Thread: one for both ends of a session.
class TlsEnd {
  public:
    explicit TlsEnd(const TlsContext& context) : tls_(wolfSSL_new(context.native().native_handle()), &wolfSSL_free) {
        if (!tls_) return;
        wolfSSL_SSLSetIORecv(tls_.get(), on_receive);
        wolfSSL_SSLSetIOSend(tls_.get(), on_send);
        wolfSSL_SetIOReadCtx(tls_.get(), this);
        wolfSSL_SetIOWriteCtx(tls_.get(), this);
    }
    TlsEnd(const TlsEnd&) = delete;
    TlsEnd& operator=(const TlsEnd&) = delete;

    [[nodiscard]] WOLFSSL* native() const noexcept { return tls_.get(); }
    [[nodiscard]] std::string suite() const { return wolfSSL_get_cipher(tls_.get()); }
    [[nodiscard]] std::string version() const { return wolfSSL_get_version(tls_.get()); }

    // As one record (up to 16 KiB). False: the session is broken.
    [[nodiscard]] bool send(std::string_view plain) {
        return wolfSSL_write(tls_.get(), plain.data(), static_cast<int>(plain.size())) ==
               static_cast<int>(plain.size());
    }
    // Up to `size` bytes; 0: nothing is there, below 0: refused.
    int receive(char* to, std::size_t size) {
        const int got = wolfSSL_read(tls_.get(), to, static_cast<int>(size));
        if (got > 0) return got;
        return wolfSSL_get_error(tls_.get(), got) == WOLFSSL_ERROR_WANT_READ ? 0 : -1;
    }
    // Everything that is there and right.
    std::string receive() {
        std::string all;
        char part[16'384];
        for (int got = 0; (got = receive(part, sizeof part)) > 0;) all.append(part, static_cast<std::size_t>(got));
        return all;
    }

    std::string in;
    std::size_t in_from = 0;  // of it, what has been received
    std::string out;

  private:
    static int on_receive(WOLFSSL*, char* to, int size, void* self) {
        auto& end = *static_cast<TlsEnd*>(self);
        const std::size_t there = std::min(end.in.size() - end.in_from, static_cast<std::size_t>(size));
        if (there == 0) return WOLFSSL_CBIO_ERR_WANT_READ;
        std::memcpy(to, end.in.data() + end.in_from, there);
        end.in_from += there;
        return static_cast<int>(there);
    }
    static int on_send(WOLFSSL*, char* from, int size, void* self) {
        static_cast<TlsEnd*>(self)->out.append(from, static_cast<std::size_t>(size));
        return size;
    }

    std::unique_ptr<WOLFSSL, decltype(&wolfSSL_free)> tls_;
};

// What `from` has sent reaches `to`.
inline void carry(TlsEnd& from, TlsEnd& to) {
    to.in.erase(0, to.in_from);
    to.in_from = 0;
    to.in += from.out;
    from.out.clear();
}

// Both ends, not yet connected.
struct TlsPair {
    TlsPair(const TlsContext& client_context, const TlsContext& server_context)
        : client(client_context), server(server_context), trusting(client_context) {}

    // False: one of them refuses the other; its cause is in wolfSSL_get_error.
    [[nodiscard]] bool connect(const std::string& host = "localhost") {
        if (!expect_host(client.native(), trusting, host, check)) return false;
        constexpr int kFlights = 8;
        bool client_done = false;
        bool server_done = false;
        for (int i = 0; i < kFlights && !(client_done && server_done); ++i) {
            client_done = client_done || wolfSSL_connect(client.native()) == WOLFSSL_SUCCESS;
            carry(client, server);
            server_done = server_done || wolfSSL_accept(server.native()) == WOLFSSL_SUCCESS;
            carry(server, client);
        }
        return client_done && server_done;
    }

    TlsEnd client;
    TlsEnd server;
    const TlsContext& trusting;
    PeerCheck check;
};

}  // namespace daypack::core::bench
