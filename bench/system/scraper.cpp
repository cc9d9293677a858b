// SPDX-License-Identifier: MIT
#include "bench/system/scraper.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include "bench/rig/cores.h"

namespace daypack::core::bench {
namespace {

constexpr std::string_view kRequest = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
constexpr std::chrono::seconds kEvery{1};
constexpr std::chrono::milliseconds kNap{10};
constexpr timeval kReplyPatience{5, 0};

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

class Socket {
  public:
    Socket() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
    ~Socket() {
        if (fd_ >= 0) close(fd_);
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    [[nodiscard]] int fd() const noexcept { return fd_; }

  private:
    int fd_;
};

}  // namespace

std::uint16_t free_port() {
    const Socket socket;
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (bind(socket.fd(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error(std::string("the bench finds no free port on loopback: ") + std::strerror(errno));
    }
    return ntohs(address.sin_port);
}

Scraper::Scraper(std::uint16_t port, int cpu) : port_(port), thread_([this, cpu] { run(cpu); }) {}

Scraper::~Scraper() {
    end();
}

void Scraper::end() noexcept {
    over_ = true;
    if (thread_.joinable()) thread_.join();
}

Percentiles Scraper::stop() {
    end();
    if (!failure_.empty()) throw std::runtime_error("the bench got no metrics: " + failure_);
    return took_;
}

void Scraper::run(int cpu) {
    if (cpu >= 0) (void)pin(cpu);
    auto due = std::chrono::steady_clock::now() + kEvery / 2;
    while (!over_ && failure_.empty()) {
        const auto now = std::chrono::steady_clock::now();
        if (now < due) {
            std::this_thread::sleep_for(kNap);
            continue;
        }
        due += kEvery;
        failure_ = scrape();
        took_.record(std::chrono::nanoseconds(std::chrono::steady_clock::now() - now).count());
    }
}

// Empty, or why there is no page.
std::string Scraper::scrape() const {
    const Socket socket;
    const sockaddr_in address = loopback(port_);
    (void)setsockopt(socket.fd(), SOL_SOCKET, SO_RCVTIMEO, &kReplyPatience, sizeof kReplyPatience);
    if (connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        send(socket.fd(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(kRequest.size())) {
        return std::strerror(errno);
    }
    std::string page;
    std::array<char, 65'536> part{};
    for (ssize_t size = 0; (size = recv(socket.fd(), part.data(), part.size(), 0)) > 0;) {
        page.append(part.data(), static_cast<std::size_t>(size));
    }
    return page.starts_with("HTTP/1.1 200 ") && page.find("daypack_") != std::string::npos
               ? std::string()
               : "it begins " + page.substr(0, 60);
}

}  // namespace daypack::core::bench
