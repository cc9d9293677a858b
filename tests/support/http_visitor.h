// SPDX-License-Identifier: MIT
#pragma once
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

// Visits a server on loopback as a program would that knows nothing of HTTP but what it sends.

namespace daypack::core::test {

// One that nobody listens on just now.
[[nodiscard]] inline std::string free_address() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
    close(fd);
    return "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

// A visitor: what it sends, and what comes back until the server is done.
class Visitor {
  public:
    explicit Visitor(const std::string& address) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const timeval most{10, 0};
        setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
        connected_ = connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
    }
    ~Visitor() { close(fd_); }
    Visitor(const Visitor&) = delete;
    Visitor& operator=(const Visitor&) = delete;

    void send(const std::string& text) const { (void)::send(fd_, text.data(), text.size(), MSG_NOSIGNAL); }
    [[nodiscard]] std::string read_all() const {
        std::string text;
        std::array<char, 4096> part{};
        for (ssize_t n = 0; (n = recv(fd_, part.data(), part.size(), 0)) > 0;)
            text.append(part.data(), static_cast<std::size_t>(n));
        return text;
    }
    [[nodiscard]] bool connected() const { return connected_; }

  private:
    int fd_;
    bool connected_ = false;
};

[[nodiscard]] inline std::string ask(const std::string& address, const std::string& request) {
    const Visitor visitor(address);
    visitor.send(request);
    return visitor.read_all();
}

inline constexpr const char* kScrape = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

}  // namespace daypack::core::test
