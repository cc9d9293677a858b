// SPDX-License-Identifier: MIT
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace daypack::core::bench {

// A best bid and offer with another `u` was there.
struct Seen {
    std::uint64_t u = 0;
    std::uint64_t ticks = 0;
};

// Another process on the other core, which spins on the C header's read of one symbol's best bid and offer and notes
// whenever it is LIVE at another `u`. It ends with this object, and with the process that made it.
//
// Thread: the one that makes it; no other thread may run in that moment.
class ReaderProcess {
  public:
    // Reads symbol 0 of one of these instances. Throws std::runtime_error.
    explicit ReaderProcess(std::vector<std::string> instances, std::size_t notes = 1 << 20);
    ~ReaderProcess();
    ReaderProcess(const ReaderProcess&) = delete;
    ReaderProcess& operator=(const ReaderProcess&) = delete;

    // From now on it spins on that instance; returns once it does.
    void watch(std::size_t instance);
    // It sleeps from now on. What it noted since watch(), oldest first; waits up to a second until it has seen `u`.
    [[nodiscard]] std::vector<Seen> stop(std::uint64_t u = 0);

    // Of its core, which part it had while it spun.
    [[nodiscard]] double share() const noexcept;

  private:
    struct Shared;
    void tell(std::uint32_t command);
    Shared* shared_;
    std::size_t bytes_;
    pid_t child_ = -1;
};

}  // namespace daypack::core::bench
