// SPDX-License-Identifier: MIT
#pragma once
// Its options before the rest of wolfSSL: they change what its headers declare.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace daypack::core::sim {

// A blocking HTTP and WebSocket client for tests of the simulated exchange, written on sockets alone, so that what it
// sees is the wire. Every wait is bounded by kPatienceMs.
class Client {
  public:
    static constexpr int kPatienceMs = 20'000;

    struct Answer {
        int status = 0;
        int interim = 0;  // answers before it
        std::string head;
        std::string body;
    };

    // TLS where a CA's certificate is given; it is checked, the host name is not.
    explicit Client(std::uint16_t port, const std::string& ca_pem = {}) {
        fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            ::close(fd_);
            throw std::runtime_error("no connection");
        }
        if (!ca_pem.empty()) start_tls(ca_pem);
    }
    ~Client() {
        if (tls_ != nullptr) wolfSSL_free(tls_);
        if (context_ != nullptr) wolfSSL_CTX_free(context_);
        ::close(fd_);
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // `headers`: more lines of the head, each with its end.
    Answer get(const std::string& target, const std::string& headers = {}) {
        write("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
        Answer answer;
        do {
            answer.head = read_head();
            answer.status = std::stoi(answer.head.substr(9, 3));
            answer.interim += answer.status < 200;
        } while (answer.status < 200);
        const std::size_t length = answer.head.find("Content-Length: ");
        answer.body = read_exactly(length == std::string::npos ? 0 : std::stoul(answer.head.substr(length + 16)));
        return answer;
    }

    void upgrade(const std::string& path = "/") {
        write("GET " + path +
              " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
        const std::string head = read_head();
        if (head.find(" 101 ") == std::string::npos || head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == std::string::npos) {
            throw std::runtime_error("no upgrade: " + head);
        }
    }

    void send_text(std::string_view text) { send_frame(0x1, text); }
    void subscribe(const std::string& streams) { send_text(R"({"method":"SUBSCRIBE","params":[)" + streams + "]}"); }

    // The next text message; nullopt when the other side has closed. Pings are answered and counted.
    std::optional<std::string> next() {
        for (;;) {
            if (!fill(2)) return std::nullopt;
            const auto byte = [this](std::size_t i) { return static_cast<unsigned char>(input_[at_ + i]); };
            const unsigned opcode = byte(0) & 0x0f;
            std::uint64_t size = byte(1) & 0x7f;
            std::size_t header = 2;
            if (size >= 126) {
                const std::size_t bytes = size == 126 ? 2 : 8;
                if (!fill(2 + bytes)) return std::nullopt;
                size = 0;
                for (std::size_t i = 0; i < bytes; ++i) size = size << 8 | byte(2 + i);
                header += bytes;
            }
            if (!fill(header + size)) return std::nullopt;
            std::string payload = input_.substr(at_ + header, size);
            at_ += header + size;
            if (opcode == 0x1) return payload;
            if (opcode == 0x9) {
                ++pings;
                send_frame(0xA, payload);
            } else if (opcode == 0x8) {
                close_code = payload.size() >= 2
                                 ? static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1])
                                 : 0;
                send_frame(0x8, payload);
                return std::nullopt;
            }
        }
    }
    // Whether nothing comes for so long.
    bool is_quiet(int ms) { return at_ == input_.size() && !is_readable(ms); }

    std::uint64_t pings = 0;
    int close_code = 0;

  private:
    void start_tls(const std::string& ca_pem) {
        context_ = wolfSSL_CTX_new(wolfTLSv1_2_client_method());
        wolfSSL_CTX_load_verify_buffer(context_, reinterpret_cast<const unsigned char*>(ca_pem.data()),
                                       static_cast<long>(ca_pem.size()), WOLFSSL_FILETYPE_PEM);
        wolfSSL_CTX_set_verify(context_, WOLFSSL_VERIFY_PEER, nullptr);  // not Debian's default
        tls_ = wolfSSL_new(context_);
        wolfSSL_set_fd(tls_, fd_);
        if (wolfSSL_connect(tls_) == WOLFSSL_SUCCESS) return;
        const int error = wolfSSL_get_error(tls_, 0);
        wolfSSL_free(tls_);
        wolfSSL_CTX_free(context_);
        ::close(fd_);
        throw std::runtime_error("TLS error " + std::to_string(error));
    }

    void send_frame(unsigned opcode, std::string_view payload) {
        std::string frame(1, static_cast<char>(0x80 | opcode));
        if (payload.size() < 126) {
            frame.push_back(static_cast<char>(0x80 | payload.size()));
        } else {
            frame.push_back(static_cast<char>(0x80 | 126));
            frame.push_back(static_cast<char>(payload.size() >> 8));
            frame.push_back(static_cast<char>(payload.size()));
        }
        frame.append(4, '\0');  // a mask of zeros is a mask
        write(frame.append(payload));
    }

    void write(const std::string& bytes) {
        std::size_t done = 0;
        while (done < bytes.size()) {
            const int size = static_cast<int>(bytes.size() - done);
            const auto n = tls_ != nullptr ? wolfSSL_write(tls_, bytes.data() + done, size)
                                           : ::send(fd_, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
            if (n <= 0) throw std::runtime_error("cannot write");
            done += static_cast<std::size_t>(n);
        }
    }
    bool is_readable(int ms) {
        if (tls_ != nullptr && wolfSSL_pending(tls_) > 0) return true;
        pollfd wanted{fd_, POLLIN, 0};
        return ::poll(&wanted, 1, ms) == 1;
    }
    // Until that many bytes are there; false when no more come.
    bool fill(std::size_t wanted) {
        while (input_.size() - at_ < wanted) {
            if (at_ > (1u << 20)) {
                input_.erase(0, at_);
                at_ = 0;
            }
            if (!is_readable(kPatienceMs)) throw std::runtime_error("nothing came in time");
            char chunk[65536];
            const auto n =
                tls_ != nullptr ? wolfSSL_read(tls_, chunk, sizeof chunk) : ::recv(fd_, chunk, sizeof chunk, 0);
            if (n <= 0) return false;
            input_.append(chunk, static_cast<std::size_t>(n));
        }
        return true;
    }
    std::string read_exactly(std::size_t size) {
        if (!fill(size)) throw std::runtime_error("closed too early");
        std::string out = input_.substr(at_, size);
        at_ += size;
        return out;
    }
    std::string read_head() {
        std::size_t end;
        while ((end = input_.find("\r\n\r\n", at_)) == std::string::npos) {
            if (!fill(input_.size() - at_ + 1)) throw std::runtime_error("closed without an answer");
        }
        return read_exactly(end + 4 - at_);
    }

    int fd_ = -1;
    WOLFSSL_CTX* context_ = nullptr;
    WOLFSSL* tls_ = nullptr;
    std::string input_;
    std::size_t at_ = 0;
};

}  // namespace daypack::core::sim
