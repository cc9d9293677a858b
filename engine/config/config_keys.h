// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/config_section.h"

namespace daypack::core {

// One key of the configuration file, described once. The tables of these in config_keys.cpp drive how a file is read
// and checked, the list of keys in engine/README.md, and what `daypack run --help` prints of them.
//
// A default stands in config.h alone, as the initializer of the key's member.
struct ConfigKey {
    // What its value must be, beyond the type of the member. A field that is not set restricts nothing.
    struct Rules {
        std::int64_t min = 0, max = 0;                     // of a whole number, or of each in a list
        bool power_of_two = false;                         // rounded up to one; min and max are such
        std::span<const std::string_view> words = {};      // in the order of the enumeration
        std::string (*fault)(std::string_view) = nullptr;  // of a text, or of each in a list: see config_values.h
        bool required = false;                             // has no default
        bool may_be_unset = false;                         // counts as absent where its variable is not set
        bool built = true;                                 // false: checked, and without effect yet
        const char* example = nullptr;                     // what the list shows where the default would not do
        const char* member = nullptr;                      // its name, where that is not the key's
    };
    const char* name;
    const char* meaning;  // one line, for the list
    Rules rules;
    void (*read)(ConfigSection& in, const ConfigKey& key, Config& out);
    std::string (*show)(const ConfigKey& key, const Config& config);  // as YAML
    // What its rules have against the value of a Config that was made in code, as in `is 20; it must be …`; "" when all
    // is well.
    std::string (*fault)(const ConfigKey& key, const Config& config);
};

[[nodiscard]] std::span<const ConfigKey> exchange_key_table() noexcept;
[[nodiscard]] std::span<const ConfigKey> engine_key_table() noexcept;

// Read and check every key of one section, and how the keys of a section fit together. Both throw ConfigError; a key
// that is absent keeps its default.
void read_exchange(ConfigSection& in, Config& out);
void read_engine(ConfigSection& in, Config& out);

// Tells how keys of one section do not fit together: the key, and what is wrong with it; `{}` when all is well.
struct Misfit {
    const char* key = nullptr;
    std::string fault;
    bool is_private_channel = false;
};
[[nodiscard]] Misfit engine_misfit(const Config& config);
[[nodiscard]] Misfit exchange_misfit(const Config& config);

// The features that a configuration asks for and this version does not have yet, by their keys.
[[nodiscard]] std::vector<std::string> not_built_yet(const Config& config);

// The channels of a configuration, as its file spells them.
[[nodiscard]] std::vector<std::string> channel_names(const ExchangeConfig& exchange);

// Every key with its default, its meaning and its bounds, as a file that could be run.
[[nodiscard]] std::string list_of_keys();

}  // namespace daypack::core
