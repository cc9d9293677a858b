// SPDX-License-Identifier: MIT
#pragma once
#include <signal.h>

namespace daypack::core {

// While one lives, a SIGHUP asks instead of killing: one that a process sent, that the configuration is read again; one
// that reports a lost terminal, that the program ends, unless it was started to outlive that (nohup).
//
// Thread: one; one at a time.
class HangUp {
  public:
    HangUp() noexcept;
    ~HangUp();
    HangUp(const HangUp&) = delete;
    HangUp& operator=(const HangUp&) = delete;

    // First thing in the program: a SIGHUP that comes before there is one of these waits for it.
    static void hold_back() noexcept;

    // Whether a process asked since this was made, or since the last call.
    [[nodiscard]] bool asks_to_reload() noexcept;
    [[nodiscard]] bool asks_to_end() const noexcept;

  private:
    [[nodiscard]] bool lost_terminal() const noexcept;

    struct sigaction before_ {};
    int terminal_ = -1;  // a descriptor that was one
};

}  // namespace daypack::core
