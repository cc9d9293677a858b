// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "engine/config.h"
#include "engine/config/yaml_tree.h"

namespace daypack::core {

// Throws the ConfigError for a line of a file; 0 for the file as a whole.
[[noreturn]] void fail_at(const std::string& path, int line, const std::string& wrong_and_meant);

// A scalar of the file whose variables are filled in.
struct ConfigText {
    std::string text;
    std::string written;  // as it stands in the file: what messages show, so that no variable's value leaks
    int line = 0;
    bool quoted = false;    // never a number
    bool expanded = false;  // came from the environment: number or text, as the key wants it
    std::string unset;      // the first variable in it that is not set
};

// Fills in each ${NAME}; a `$` without a brace stands for itself. Throws for a `${` that begins no name.
[[nodiscard]] ConfigText expand(const std::string& path, const YamlNode& scalar, const EnvLookup& env);

enum class Number : std::uint8_t { none, whole, too_large };

// Plain decimal digits, with a minus or without; no leading zero, which YAML 1.1 would read as octal.
[[nodiscard]] Number read_whole(const ConfigText& text, std::int64_t& value);

// Takes true, yes, on and their opposites, as YAML does; nothing for any other word.
[[nodiscard]] std::optional<bool> read_flag(const ConfigText& text);

// Which type YAML reads it as: "a number" or "a flag", and "" for a text.
[[nodiscard]] std::string other_type(const ConfigText& text);

}  // namespace daypack::core
