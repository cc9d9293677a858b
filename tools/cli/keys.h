// SPDX-License-Identifier: MIT
#pragma once
#include <string>

#include "engine/include/daypack/signer.hpp"

namespace daypack::core {

// From now on no core dump holds what is in this process, and no other process of this user reads it there.
void hide_process() noexcept;

// The keys of an account: those of a file, or, where `key_file` is empty, BACKPACK_KEY and BACKPACK_SECRET. From then
// on no core dump holds them, no other process of this user reads them here, and the variable in the environment is
// blank. Throws ConfigError.
//
// Thread: main, before any other is started.
[[nodiscard]] Signer keys_of(const std::string& key_file);

}  // namespace daypack::core
