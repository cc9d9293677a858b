// SPDX-License-Identifier: MIT
#include "engine/shm/shm_limits.h"

#include <grp.h>

#include <charconv>
#include <limits>

#include "book/types.h"

namespace daypack::core {
namespace {

constexpr std::size_t kMaxInstanceBytes = 64;
static_assert(sizeof("/dev/shm/daypack.") + kMaxInstanceBytes <= DAYPACK_PATH_BYTES, "a reader must find it");
static_assert(kMaxSymbols <= std::numeric_limits<SymbolIndex>::max());

}  // namespace

std::string instance_fault(std::string_view name) {
    constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    const bool good = !name.empty() && name.size() <= kMaxInstanceBytes &&
                      name.find_first_not_of(kAllowed) == std::string_view::npos && name != "." && name != "..";
    if (good && name.ends_with(".wake")) return "ends like the file on which readers wait; choose another end";
    if (good) return {};
    return "is no name of an instance; use 1 to 64 letters, digits, `_`, `.` and `-`, as in \"default\"";
}

std::string account_name_fault(std::string_view name) {
    if (instance_fault(name).empty() && name.find('.') == std::string_view::npos) return {};
    return "is no name of an account; use letters, digits, `_` and `-`";
}

std::optional<std::uint32_t> find_group(const std::string& name) {
    if (const group* entry = getgrnam(name.c_str()); entry != nullptr) return entry->gr_gid;
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    const bool whole = error == std::errc{} && end == name.data() + name.size();
    // The largest number means "leave it as it is" to chown.
    if (!whole || number == std::numeric_limits<gid_t>::max()) return std::nullopt;
    return number;
}

}  // namespace daypack::core
