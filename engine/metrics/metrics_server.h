// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace daypack::core {

// Serves one page by HTTP on a thread of its own, that no hot thread ever waits for or meets: `GET /metrics`.
//
// Whoever connects cannot cost more than a little: a page is made ten times a second at most, a request has 8 KiB and
// five seconds, and of more than sixteen connections the oldest is cut.
//
// Thread: one constructs, starts and stops it.
class MetricsServer {
  public:
    using Page = std::function<std::string()>;  // called on the server's thread

    // Listens at once. Throws std::runtime_error with what to do. `address`: host:port.
    MetricsServer(const std::string& address, Page page);
    ~MetricsServer();
    MetricsServer(const MetricsServer&) = delete;
    MetricsServer& operator=(const MetricsServer&) = delete;

    // Throws std::system_error where there can be no thread more.
    void start();
    // Cuts what is open. Returns when the thread has ended.
    void stop() noexcept;
    // As in 127.0.0.1:9464.
    [[nodiscard]] std::string address() const;

    static constexpr std::size_t kConnections = 16;

  private:
    struct Io;
    std::unique_ptr<Io> io_;
    std::thread thread_;
};

}  // namespace daypack::core
