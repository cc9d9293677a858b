// SPDX-License-Identifier: MIT
#include "bench/rig/sender.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wolfssl/options.h>  // before all other headers of wolfSSL
#include <wolfssl/ssl.h>

#include <boost/asio/ssl/context.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "net/ws/web_socket_key.h"
#include "tools/sim/server/certificates.h"

namespace daypack::core::bench {
namespace {

class Socket {
  public:
    Socket() = default;
    explicit Socket(int handle) noexcept : handle_(handle) {}
    ~Socket() {
        if (handle_ >= 0) ::close(handle_);
    }
    Socket(Socket&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
    Socket& operator=(Socket&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    [[nodiscard]] int handle() const noexcept { return handle_; }

  private:
    int handle_ = -1;
};

bool send_all(int handle, std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(handle, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::string accept_key(const std::string& head) {
    static constexpr std::string_view kName = "Sec-WebSocket-Key: ";
    const std::size_t at = head.find(kName);
    if (at == std::string::npos) throw std::runtime_error("the bench's client asks for no WebSocket");
    const std::size_t from = at + kName.size();
    return web_socket_accept(head.substr(from, head.find("\r\n", from) - from));
}

}  // namespace

std::string web_socket_frame(std::string_view text) {
    std::string frame = "\x81";
    if (text.size() < 126) {
        frame += static_cast<char>(text.size());
    } else if (text.size() < 65'536) {
        frame += static_cast<char>(126);
        frame += static_cast<char>(text.size() >> 8);
        frame += static_cast<char>(text.size() & 0xff);
    } else {
        throw std::runtime_error("the bench sends no messages of 64 KiB");
    }
    return frame.append(text);
}

struct Sender::Impl {
    Impl() {
        sim::CertificateAuthority authority;
        const sim::CertifiedKey shown = authority.issue(sim::CertificateKind::valid);
        const std::string path =
            (std::filesystem::temp_directory_path() / ("daypack_bench_" + std::to_string(getpid()) + ".pem")).string();
        std::ofstream(path) << authority.certificate_pem();
        client = std::make_unique<TlsContext>(TlsContext::client(path, true));
        server = std::make_unique<TlsContext>(TlsContext::server(shown.certificate_pem, shown.key_pem, true));
        (void)std::remove(path.c_str());
        listening = Socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(listening.handle(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
            ::listen(listening.handle(), 4) != 0 ||
            ::getsockname(listening.handle(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
            throw std::runtime_error("the bench cannot listen on loopback");
        }
        port = ntohs(address.sin_port);
    }
    ~Impl() {
        if (tls != nullptr) wolfSSL_free(tls);
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    [[nodiscard]] Socket accept() const {
        constexpr timeval kPatience{60, 0};
        (void)::setsockopt(listening.handle(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
        Socket socket(::accept4(listening.handle(), nullptr, nullptr, SOCK_CLOEXEC));
        if (socket.handle() < 0) throw std::runtime_error("nobody connects to the bench's sender");
        constexpr int kOn = 1;
        (void)::setsockopt(socket.handle(), IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof kOn);
        (void)::setsockopt(socket.handle(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
        (void)::setsockopt(socket.handle(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
        return socket;
    }

    static int on_send(WOLFSSL*, char* bytes, int size, void* self_) {
        auto& self = *static_cast<Impl*>(self_);
        const std::string_view all(bytes, static_cast<std::size_t>(size));
        if (self.keeping) {
            self.encrypted.append(all);
            return size;
        }
        return send_all(self.secure.handle(), all) ? size : int{WOLFSSL_CBIO_ERR_CONN_RST};
    }
    static int on_receive(WOLFSSL*, char* bytes, int size, void* self_) {
        const ssize_t got =
            ::recv(static_cast<Impl*>(self_)->secure.handle(), bytes, static_cast<std::size_t>(size), 0);
        return got > 0 ? static_cast<int>(got) : int{WOLFSSL_CBIO_ERR_CONN_CLOSE};
    }

    [[nodiscard]] bool write(std::string_view bytes) const {
        return wolfSSL_write(tls, bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size());
    }

    void accept_wss() {
        secure = accept();
        tls = wolfSSL_new(server->native().native_handle());
        if (tls == nullptr) throw std::runtime_error("the bench's sender has no memory for TLS");
        wolfSSL_SSLSetIOSend(tls, on_send);
        wolfSSL_SSLSetIORecv(tls, on_receive);
        wolfSSL_SetIOWriteCtx(tls, this);
        wolfSSL_SetIOReadCtx(tls, this);
        if (wolfSSL_accept(tls) != WOLFSSL_SUCCESS) {
            throw std::runtime_error("the bench's TLS handshake failed: " + why_broken(tls));
        }
        std::string head;
        while (head.find("\r\n\r\n") == std::string::npos) {
            char bytes[4096];
            const int size = wolfSSL_read(tls, bytes, sizeof bytes);
            if (size <= 0) throw std::runtime_error("the bench's client asks for nothing");
            head.append(bytes, static_cast<std::size_t>(size));
        }
        if (!write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Accept: " +
                   accept_key(head) + "\r\n\r\n")) {
            throw std::runtime_error("the bench's client is gone");
        }
    }

    std::unique_ptr<TlsContext> client, server;
    Socket listening, secure, plain;
    std::uint16_t port = 0;
    WOLFSSL* tls = nullptr;
    bool keeping = false;   // records are kept, not sent
    std::string encrypted;  // records, one behind another
};

Sender::Sender() : impl_(std::make_unique<Impl>()) {}
Sender::~Sender() = default;

std::uint16_t Sender::port() const noexcept {
    return impl_->port;
}
const TlsContext& Sender::client_tls() const noexcept {
    return *impl_->client;
}
void Sender::accept_wss() {
    impl_->accept_wss();
}
void Sender::accept_plain() {
    impl_->plain = impl_->accept();
}

std::size_t Sender::encrypt(const std::vector<std::string_view>& messages) {
    impl_->encrypted.clear();
    impl_->keeping = true;
    for (const std::string_view message : messages) {
        if (!impl_->write(message)) throw std::runtime_error("the bench's sender cannot encrypt");
    }
    impl_->keeping = false;
    return impl_->encrypted.size();
}

bool Sender::send_encrypted() {
    return send_all(impl_->secure.handle(), impl_->encrypted);
}
bool Sender::send_encrypted_plainly() {
    return send_all(impl_->plain.handle(), impl_->encrypted);
}
bool Sender::send(std::string_view message) {
    return impl_->write(message);
}
bool Sender::send_plainly(std::string_view message) {
    return send_all(impl_->plain.handle(), message);
}

}  // namespace daypack::core::bench
