// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/base/url.h"

namespace daypack::core {

// What the values of a configuration may look like, as pure functions of their arguments.
//
// A check returns "" when all is well, else `<what is wrong>; <what was meant>`. No check repeats the value that it
// refuses, because that may be a secret under the wrong key.

// A URL that parse_url takes.
[[nodiscard]] std::string url_fault(std::string_view url, UrlKind kind);

// Base64 (standard alphabet, padded) of exactly 32 bytes.
[[nodiscard]] std::string key_fault(std::string_view text);

// The same of a secret, which may be of 64 bytes too.
[[nodiscard]] std::string secret_fault(std::string_view text);

// A symbol in one of the four spellings.
[[nodiscard]] std::string symbol_fault(std::string_view text);

// "host:port" or "[v6]:port".
[[nodiscard]] std::string listen_fault(std::string_view text);

// An IP address, without brackets or a port; whether the machine has it is asked by config_machine.h.
[[nodiscard]] std::string address_fault(std::string_view text);

// What may be the name of a group; whether the machine has it is asked by config_machine.h.
[[nodiscard]] std::string group_fault(std::string_view name);

// Octal digits for a file that its owner may read and write and nobody executes.
[[nodiscard]] std::string mode_fault(std::string_view text);

// The word most like `word`, or "" when none is near.
[[nodiscard]] std::string nearest_word(std::string_view word, const std::vector<std::string>& words);

// A run of characters as long as a base64 key, or the name of the secret with more behind it.
[[nodiscard]] bool may_be_secret(std::string_view text);

// "text" in quotes for a message: one line, short, and "(not shown)" for what may be a secret.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace daypack::core
