// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <span>
#include <string>

namespace daypack::core {

// Puts memory that is in use already on pages of 2 MiB, as far as it covers whole ones, so that it needs 512 times
// fewer entries of the TLB. Returns what did not work, in words; empty when all of it is, or when it is too small to
// matter.
//
// Thread: any, at set-up: the kernel copies the pages, and who touches one meanwhile waits. `name` is for the words.
[[nodiscard]] std::string use_huge_pages(std::span<std::byte> memory, const std::string& name);

}  // namespace daypack::core
