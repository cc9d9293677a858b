// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string>

namespace daypack {

// Holds a hot thread to its word: from enter() on a seccomp filter lets it receive and send on its sockets, look at its
// own usage and end, and nothing else. What it asks for beyond that fails, and is counted, in words rather than by
// death.
//
// Thread: enter() by the one that is held, for ever; the rest by any. The counts are of all jailed threads of the
// process.
class Jail {
  public:
    // False: not on this kind of machine, or a sanitizer is at work, which asks the kernel for memory when it likes.
    [[nodiscard]] static bool is_possible() noexcept;
    // False: this kernel has no such filters.
    [[nodiscard]] static bool enter() noexcept;

    [[nodiscard]] static std::uint64_t refused() noexcept;
    static void forget() noexcept;
    // Which calls, by their number in <asm/unistd_64.h>; empty: none.
    [[nodiscard]] static std::string in_words();
};

}  // namespace daypack
