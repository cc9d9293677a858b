// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <string_view>

namespace daypack::core {

// A descriptor for text that its reader may leave unread: a write takes no longer than it is told.
//
// A pipe or a terminal is opened a second time, in a way that never waits: a flag on the first would be one on every
// other process that has it. Where that is not allowed, room is asked for before each write.
//
// Thread: one. Ownership: the descriptor stays the caller's.
class PatientOutput {
  public:
    explicit PatientOutput(int fd) noexcept;
    ~PatientOutput();
    PatientOutput(const PatientOutput&) = delete;
    PatientOutput& operator=(const PatientOutput&) = delete;

    static constexpr std::ptrdiff_t kRefused = -1;  // it will not take this: no reader, no descriptor, no space

    // Returns how many bytes it took within wait_ms, from 0 on, or kRefused. REQUIRES: SIGPIPE is blocked or ignored.
    [[nodiscard]] std::ptrdiff_t write(std::string_view text, int wait_ms) noexcept;

  private:
    [[nodiscard]] bool has_room(int wait_ms) const noexcept;
    [[nodiscard]] std::ptrdiff_t try_write(std::string_view text) const noexcept;

    int fd_;
    bool owned_ = false;
    bool socket_ = false;
    bool may_wait_ = true;  // a write that finds no room would
};

}  // namespace daypack::core
