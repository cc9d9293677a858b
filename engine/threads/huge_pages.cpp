// SPDX-License-Identifier: MIT
#include "engine/threads/huge_pages.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace daypack::core {
namespace {

constexpr std::uintptr_t kHuge = std::uintptr_t{2} << 20;
constexpr int kCollapse = 25;  // MADV_COLLAPSE of Linux 6.1, which the headers of Debian 12's libc do not name

}  // namespace

std::string use_huge_pages(std::span<std::byte> memory, const std::string& name) {
    const auto begin = reinterpret_cast<std::uintptr_t>(memory.data());
    const std::uintptr_t first = (begin + kHuge - 1) & ~(kHuge - 1);
    const std::uintptr_t end = (begin + memory.size()) & ~(kHuge - 1);
    if (first >= end) return {};
    void* const from = reinterpret_cast<void*>(first);
    if (madvise(from, end - first, MADV_HUGEPAGE) != 0) {
        return "no huge pages for " + name + ": " + std::strerror(errno) +
               "; write madvise to /sys/kernel/mm/transparent_hugepage/enabled";
    }
    // The advice is for pages to come; these are there. An older kernel's khugepaged may get to them in some minutes.
    if (madvise(from, end - first, kCollapse) == 0) return {};
    return "no huge pages for " + name + " yet: " + std::strerror(errno) +
           "; it needs Linux 6.1 and free memory (see `daypack doctor`)";
}

}  // namespace daypack::core
