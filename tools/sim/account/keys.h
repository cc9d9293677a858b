// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace daypack::core::sim {

// The keys of a simulated account, as a client is given them: base64 of the 32-byte verifying key and of the seed that
// signs. They open nothing but the simulation, so they are no secrets.
struct KeyPair {
    std::string api_key;
    std::string api_secret;
};

// The same for the same numbers with every build: the seed is the BLAKE2b-256 of
// "daypack sim account <account> of seed <seed>". `account` counts from 1.
[[nodiscard]] KeyPair key_pair_of(std::uint64_t seed, std::size_t account);

// Whether `signature` (base64 of 64 bytes) is of exactly these bytes and by that key (base64 of 32 bytes).
[[nodiscard]] bool is_signed_by(const std::string& api_key, const std::string& signature, std::string_view text);

// Writes DIR/<name>.key with both keys, mode 0600; makes the folder where it is not there.
// Throws std::runtime_error with a sentence that says what to do.
void write_key_file(const std::string& folder, const std::string& name, const KeyPair& keys);

}  // namespace daypack::core::sim
