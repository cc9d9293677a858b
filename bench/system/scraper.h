// SPDX-License-Identifier: MIT
#pragma once
#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "bench/rig/percentiles.h"

namespace daypack::core::bench {

// A port of loopback on which nobody listens just now. Throws std::runtime_error.
[[nodiscard]] std::uint16_t free_port();

// Asks for the metrics of an engine once a second, as Prometheus does, each time over a connection of its own.
//
// Thread: one of its own asks; another one constructs it and calls stop().
class Scraper {
  public:
    // Its thread is kept on a CPU; -1: the kernel's choice.
    Scraper(std::uint16_t port, int cpu);
    ~Scraper();
    Scraper(const Scraper&) = delete;
    Scraper& operator=(const Scraper&) = delete;

    // Ends it, and returns how long each answer took, in ns. Throws std::runtime_error where one was none.
    [[nodiscard]] Percentiles stop();

  private:
    void run(int cpu);
    void end() noexcept;
    [[nodiscard]] std::string scrape() const;

    std::uint16_t port_;
    std::atomic<bool> over_{false};
    Percentiles took_;
    std::string failure_;
    std::thread thread_;
};

}  // namespace daypack::core::bench
