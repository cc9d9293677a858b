// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string>

namespace daypack::core {

// Holds a hot thread to its word: from enter() on a seccomp filter lets it receive and send on its sockets, look at its
// own usage and end, and nothing else. What it asks for beyond that fails, and is counted, in words rather than by
// death.
//
// enter_for_life() is the jail of `engine.jail`, for a thread that must also connect, look names up, and be given
// memory, as long as the engine runs. What a taken-over thread would want next is refused with EPERM: to start a
// program or a process, to write a file, to signal or trace anybody, to make memory executable, to open a raw socket.
// The kernel's audit log has what was refused, where it is asked to keep one.
//
// Thread: enter() and enter_for_life() by the one that is held, for ever; what threads it starts are held, too. The
// rest by any. The counts are of all threads of the process behind enter().
class Jail {
  public:
    // False: not on this kind of machine, or a sanitizer is at work, which asks the kernel for memory when it likes.
    [[nodiscard]] static bool is_possible() noexcept;
    // False: this kernel has no such filters.
    [[nodiscard]] static bool enter() noexcept;
    // Returns 0 or an errno. No signal handler is installed, and none is needed.
    [[nodiscard]] static int enter_for_life();

    [[nodiscard]] static std::uint64_t refused() noexcept;
    static void forget() noexcept;
    // Which calls, by their number in <asm/unistd_64.h>; empty: none.
    [[nodiscard]] static std::string in_words();
};

}  // namespace daypack::core
