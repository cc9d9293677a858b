// SPDX-License-Identifier: MIT
#pragma once
#include <stdexcept>
#include <string>
#include <vector>

namespace daypack::core {

// A YAML document as plain values with line numbers, so that yaml-cpp stays in one file.
//
// Invariant: aliases are resolved, duplicates of a key are kept in order, and size and nesting are bounded.
struct YamlNode {
    enum class Kind { null, scalar, list, map };
    Kind kind = Kind::null;
    int line = 1;                   // from 1; the line of the key, for the value of a key that stands alone
    std::string text;               // scalar
    bool quoted = false;            // scalar: never a number or a flag
    std::vector<YamlNode> items;    // list: elements; map: values
    std::vector<std::string> keys;  // map: as many as items
    std::vector<int> key_lines;     // map: likewise
};

struct YamlError : std::runtime_error {
    YamlError(int line_, const std::string& what) : std::runtime_error(what), line(line_) {}
    int line;
};

// Throws YamlError: bad syntax, more than one document, a key that is no scalar, too deep or too large.
[[nodiscard]] YamlNode parse_yaml(const std::string& text);

}  // namespace daypack::core
