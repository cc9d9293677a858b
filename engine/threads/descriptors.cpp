// SPDX-License-Identifier: MIT
#include "engine/threads/descriptors.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <bit>
#include <climits>

namespace daypack::core {

std::string descriptors_fault(std::size_t needed, const std::string& who) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
    const auto most = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, INT_MAX));
    std::size_t left = 0;
    int fd = 0;
    for (; fd < most && left < needed; ++fd) {
        if (fcntl(fd, F_GETFD) < 0) ++left;
    }
    if (left >= needed) return {};
    const std::size_t enough = std::bit_ceil(static_cast<std::size_t>(fd) - left + needed);
    return "ulimit -n is " + std::to_string(limit.rlim_cur) + " files and sockets, of which " + std::to_string(left) +
           " are left; " + who + " needs " + std::to_string(needed) + ": raise it, as with `ulimit -n " +
           std::to_string(enough) + "` (LimitNOFILE= in a unit of systemd)";
}

}  // namespace daypack::core
