// SPDX-License-Identifier: MIT
#pragma once
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace daypack::core::bench {

// The least that must be done: another process that reads a TLS connection as the engine's fused thread does, and for
// each depth frame stores its time behind a sequence, where this process could see it. Nothing is decoded, and there is
// no book.
//
// Thread: the one that makes it; no other thread may run in that moment. It ends with this object, and with the process
// that made it.
class BareLine {
  public:
    // `url`: wss; `ca_file`: whom to trust; `streams`: what is subscribed. Returns once it is connected. Throws
    // std::runtime_error.
    BareLine(const std::string& url, const std::string& ca_file, const std::vector<std::string>& streams);
    ~BareLine();
    BareLine(const BareLine&) = delete;
    BareLine& operator=(const BareLine&) = delete;

    [[nodiscard]] pid_t pid() const noexcept { return child_; }
    // How late each update of the next `for_ms` was there, in ns from when it was due.
    [[nodiscard]] std::vector<std::int64_t> measure(int for_ms);

  private:
    struct Shared;
    class Loop;
    static constexpr std::size_t kSamplesMax = 1 << 20;
    Shared* shared_;
    pid_t child_ = -1;
};

}  // namespace daypack::core::bench
