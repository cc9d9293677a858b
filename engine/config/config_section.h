// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/config_text.h"
#include "engine/config/yaml_tree.h"

namespace daypack::core {

// One map of the file, whose values are read by name and type. Keys that were never read are unknown: finish() refuses
// them.
//
// Every reader returns `fallback` for a key that is absent, and throws ConfigError with the line for a value of the
// wrong type or out of range, and for one whose variable is not set, save where may_be_unset() was said of the key. An
// absent key that is required is refused by finish(), after the unknown keys, because it was probably misspelt.
class ConfigSection {
  public:
    // `line`: where the section is named. Throws for a key that is given twice.
    ConfigSection(const std::string& path, const EnvLookup& env, std::string name, int line, const YamlNode& map);

    [[nodiscard]] std::int64_t whole(const std::string& key, std::int64_t fallback, std::int64_t min, std::int64_t max);
    [[nodiscard]] bool flag(const std::string& key, bool fallback);
    [[nodiscard]] std::string text(const std::string& key, const std::string& fallback);
    // Like text(), but a number needs no quotes.
    [[nodiscard]] std::string digits(const std::string& key, const std::string& fallback);
    // The index of the value in `names`.
    [[nodiscard]] std::size_t one_of(const std::string& key, std::size_t fallback,
                                     const std::vector<std::string>& names);
    // The texts of a list, none where the key is absent. An empty list is refused where `least` is 1.
    [[nodiscard]] std::vector<ConfigText> texts(const std::string& key, std::size_t least);
    [[nodiscard]] std::vector<std::int64_t> wholes(const std::string& key, std::int64_t min, std::int64_t max);

    // The maps of a list, none where the key is absent; whatever else stands there is refused as no list of `wanted`.
    // Valid while this lives.
    [[nodiscard]] std::vector<ConfigSection>& maps(const std::string& key, const std::string& wanted);

    // Where the section is named.
    [[nodiscard]] int line() const noexcept { return line_; }

    // Whether the key has a scalar, for keys that take a scalar or a list.
    [[nodiscard]] bool is_scalar(const std::string& key) const;
    void require(const std::string& key);
    void may_be_unset(const std::string& key);  // counts as absent where its variable is not set
    void know(const std::string& key);          // one that is read by other means

    // Throws `key` + " " + fault unless fault is empty.
    void check(const std::string& key, const std::string& fault) const;
    [[noreturn]] void fail(int line, const std::string& wrong_and_meant) const;
    // Throws for an unknown key, and for a required one that is absent. `others`: the section to which an unknown key
    // may belong instead.
    void finish(const ConfigSection& others) const;

  private:
    struct Entry {
        YamlNode::Kind kind = YamlNode::Kind::null;
        int line = 0;
        std::vector<ConfigText> texts;  // one of a scalar, all of a list
        std::string unset;              // the first variable that is not set,
        int unset_line = 0;             // and where
        std::string nested;             // what stands where a scalar was due: "a list", "a map", "nothing"
        int nested_line = 0;
        std::vector<ConfigSection> maps;  // those of a list
        bool all_maps = false;            // a list of nothing else
    };

    [[nodiscard]] Entry make_entry(const std::string& key, const YamlNode& value, int line, const EnvLookup& env) const;
    [[nodiscard]] const Entry* find(const std::string& key);  // makes it known
    [[nodiscard]] const ConfigText* scalar(const std::string& key, const std::string& wanted);
    [[nodiscard]] const Entry* list(const std::string& key, const std::string& wanted);
    [[nodiscard]] std::int64_t to_whole(const std::string& key, const ConfigText& text, std::int64_t min,
                                        std::int64_t max) const;
    void must_be_text(const std::string& key, const ConfigText& text) const;
    [[nodiscard]] int line_of(const std::string& key) const;

    const std::string& path_;
    std::string name_;
    int line_;
    std::map<std::string, Entry> entries_;
    std::vector<ConfigSection> no_maps_;
    std::vector<std::string> known_;
    std::vector<std::string> required_;
    std::vector<std::string> may_be_unset_;
};

}  // namespace daypack::core
