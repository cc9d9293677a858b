// SPDX-License-Identifier: MIT
#pragma once
#include <memory>
#include <string>

namespace boost::asio::ssl {
class context;
}
namespace boost::system {
class error_code;
}
struct WOLFSSL;

namespace daypack::core {

class Trust;

// What both ends of TLS need before a connection: trust for a client, certificate and key for a server.
//
// Thread: set up by one thread; afterwards any number of streams, of any thread, are made from it and it never changes.
// Invariants: TLS 1.2 or later; a client always verifies the certificate, by wolfSSL and then by net/transport/trust.h;
// of a client that was not told whom to expect (`expect_host`) every handshake fails.
class TlsContext {
  public:
    // Trusts the certificates in `ca_file` (PEM) and no others; the system's store where it is empty.
    // `fast_aes`: AES-256-GCM by net/transport/fast_aes.h where the processor can, else as without.
    // Throws std::runtime_error where the file holds none.
    [[nodiscard]] static TlsContext client(const std::string& ca_file, bool fast_aes = false);

    // Shows this chain (leaf first) with this key, both PEM. Throws std::runtime_error where they do not fit.
    [[nodiscard]] static TlsContext server(const std::string& certificate_chain_pem, const std::string& key_pem,
                                           bool fast_aes = false);

    TlsContext(TlsContext&& other) noexcept;
    TlsContext& operator=(TlsContext&& other) noexcept;
    ~TlsContext();

    // For `Stream` alone.
    [[nodiscard]] boost::asio::ssl::context& native() const noexcept { return *context_; }

    // Of a client.
    [[nodiscard]] const std::shared_ptr<const Trust>& trust() const noexcept { return trust_; }

  private:
    TlsContext(std::unique_ptr<boost::asio::ssl::context> context, std::shared_ptr<const Trust> trust) noexcept;

    std::unique_ptr<boost::asio::ssl::context> context_;
    std::shared_ptr<const Trust> trust_;  // null: of a server
};

// Whom a client expects, and what it made of whom it met: of one handshake, in one place as long as that lasts.
struct PeerCheck {
    std::string host;
    std::shared_ptr<const Trust> trust;
    bool asked = false;   // the certificate was judged,
    std::string refusal;  // and why it is refused; empty: it is not
};

// Frees what wolfSSL keeps a thread for the sake of the next handshakes: tables of points of its curves, 0.8 MB each
// and several of them. Call it on the thread of a handshake when that is over and the thread goes on; what is there
// when a thread ends is freed without it.
void forget_handshakes() noexcept;

// Before a client's handshake: sends `host` as SNI and accepts no certificate that is for another host. `host` is a
// name or an IP address, without brackets. False: out of memory, or no host; the handshake must not be made then.
[[nodiscard]] bool expect_host(WOLFSSL* tls, const TlsContext& context, const std::string& host, PeerCheck& check);

// Before a client's handshake: offers only what is fast, AES-256-GCM and ChaCha20-Poly1305, because a server that may
// choose AES-128-GCM often does. False, and nothing changes, where the context has no fast AES.
[[nodiscard]] bool offer_fast_suites(WOLFSSL* tls);

// After a client's handshake that failed: the server may know none of the suites that were offered.
[[nodiscard]] bool may_lack_suites(WOLFSSL* tls);

// Why a client's handshake failed, in words which name the cause:
// "certificate refused: it is for another host name (ws.example.com)".
[[nodiscard]] std::string why_refused(WOLFSSL* tls, const PeerCheck& check, const boost::system::error_code& error);

// What wolfSSL says of its last failure, after the handshake.
[[nodiscard]] std::string why_broken(WOLFSSL* tls);

}  // namespace daypack::core
