// SPDX-License-Identifier: MIT
#include "engine/shm/shm_limits.h"

#include <limits>

#include "book/types.h"

namespace daypack {
namespace {

constexpr std::size_t kMaxInstanceBytes = 64;
static_assert(sizeof("/dev/shm/daypack.") + kMaxInstanceBytes <= DAYPACK_PATH_BYTES, "a reader must find it");
static_assert(kMaxSymbols <= std::numeric_limits<SymbolIndex>::max());

}  // namespace

std::string instance_fault(std::string_view name) {
    constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    const bool good = !name.empty() && name.size() <= kMaxInstanceBytes &&
                      name.find_first_not_of(kAllowed) == std::string_view::npos && name != "." && name != "..";
    if (good) return {};
    return "is no name of an instance; use 1 to 64 letters, digits, `_`, `.` and `-`, as in \"default\"";
}

}  // namespace daypack
