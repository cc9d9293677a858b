// SPDX-License-Identifier: MIT
#include "engine/config/config_section.h"

#include <algorithm>

#include "engine/config/config_values.h"

namespace daypack::core {
namespace {

const char* kind_name(YamlNode::Kind kind) {
    switch (kind) {
        case YamlNode::Kind::null: return "nothing";
        case YamlNode::Kind::scalar: return "a single value";
        case YamlNode::Kind::list: return "a list";
        case YamlNode::Kind::map: return "a map";
    }
    return "";
}

}  // namespace

ConfigSection::ConfigSection(const std::string& path, const EnvLookup& env, std::string name, int line,
                             const YamlNode& map)
    : path_(path), name_(std::move(name)), line_(line) {
    if (map.kind == YamlNode::Kind::null) return;
    if (map.kind != YamlNode::Kind::map) {
        fail(map.line, "`" + name_ + "` holds " + kind_name(map.kind) + "; it needs indented lines of `key: value`");
    }
    for (std::size_t i = 0; i < map.items.size(); ++i) {
        const auto& key = map.keys[i];
        if (const auto first = entries_.find(key); first != entries_.end()) {
            fail(map.key_lines[i], "key " + shown(key) + " is given a second time, after line " +
                                       std::to_string(first->second.line) + "; keep one of the two");
        }
        entries_.emplace(key, make_entry(key, map.items[i], map.key_lines[i], env));
    }
}

ConfigSection::Entry ConfigSection::make_entry(const std::string& key, const YamlNode& value, int line,
                                               const EnvLookup& env) const {
    Entry entry;
    entry.kind = value.kind;
    entry.line = line;
    const auto add = [&entry](ConfigText text) {
        if (entry.unset.empty()) {
            entry.unset = text.unset;
            entry.unset_line = text.line;
        }
        entry.texts.push_back(std::move(text));
    };
    if (value.kind == YamlNode::Kind::scalar) add(expand(path_, value, env));
    if (value.kind != YamlNode::Kind::list) return entry;
    for (const auto& item : value.items) {
        if (item.kind == YamlNode::Kind::map) entry.maps.emplace_back(path_, env, key, item.line, item);
        if (item.kind == YamlNode::Kind::scalar) {
            add(expand(path_, item, env));
        } else if (entry.nested.empty()) {
            entry.nested = kind_name(item.kind);
            entry.nested_line = item.line;
        }
    }
    entry.all_maps = entry.maps.size() == value.items.size();
    return entry;
}

const ConfigSection::Entry* ConfigSection::find(const std::string& key) {
    know(key);
    const auto entry = entries_.find(key);
    if (entry == entries_.end()) return nullptr;
    if (entry->second.unset.empty()) return &entry->second;
    if (std::find(may_be_unset_.begin(), may_be_unset_.end(), key) != may_be_unset_.end()) return nullptr;
    fail(entry->second.unset_line, "`" + key + "` needs the variable " + entry->second.unset +
                                       ", which is not set; export it or write the value here");
}

const ConfigText* ConfigSection::scalar(const std::string& key, const std::string& wanted) {
    const Entry* entry = find(key);
    if (entry == nullptr) return nullptr;
    if (entry->kind == YamlNode::Kind::scalar) return entry->texts.data();
    fail(entry->line, "`" + key + "` holds " + kind_name(entry->kind) + "; it must be " + wanted);
}

const ConfigSection::Entry* ConfigSection::list(const std::string& key, const std::string& wanted) {
    const Entry* entry = find(key);
    if (entry == nullptr) return nullptr;
    if (entry->kind != YamlNode::Kind::list) {
        fail(entry->line, "`" + key + "` holds " + kind_name(entry->kind) + "; it must be a list of " + wanted);
    }
    if (!entry->nested.empty()) {
        fail(entry->nested_line,
             "`" + key + "` has " + entry->nested + " as an element; it must be a list of " + wanted);
    }
    return entry;
}

std::int64_t ConfigSection::to_whole(const std::string& key, const ConfigText& text, std::int64_t min,
                                     std::int64_t max) const {
    const std::string meant = "it must be a whole number from " + std::to_string(min) + " to " + std::to_string(max);
    std::int64_t value = 0;
    const Number number = read_whole(text, value);
    if (number == Number::whole && value >= min && value <= max) return value;
    const std::string fault = number == Number::none ? (text.quoted ? " is text, " : " is ") : " is out of range at ";
    fail(text.line, "`" + key + "`" + fault + shown(text.written) + "; " + meant);
}

void ConfigSection::must_be_text(const std::string& key, const ConfigText& text) const {
    const std::string other = other_type(text);
    if (!other.empty()) fail(text.line, "`" + key + "` holds " + other + "; it must be text, so put quotes around it");
}

std::int64_t ConfigSection::whole(const std::string& key, std::int64_t fallback, std::int64_t min, std::int64_t max) {
    const ConfigText* value = scalar(key, "a whole number");
    return value == nullptr ? fallback : to_whole(key, *value, min, max);
}

bool ConfigSection::flag(const std::string& key, bool fallback) {
    const ConfigText* value = scalar(key, "true or false");
    if (value == nullptr) return fallback;
    if (const auto flag = read_flag(*value)) return *flag;
    fail(value->line,
         "`" + key + "` is " + (value->quoted ? "text, " : "") + shown(value->written) + "; it must be true or false");
}

std::string ConfigSection::text(const std::string& key, const std::string& fallback) {
    const ConfigText* value = scalar(key, "text");
    if (value == nullptr) return fallback;
    must_be_text(key, *value);
    return value->text;
}

std::string ConfigSection::digits(const std::string& key, const std::string& fallback) {
    const ConfigText* value = scalar(key, "octal digits");
    return value == nullptr ? fallback : value->text;
}

std::size_t ConfigSection::one_of(const std::string& key, std::size_t fallback, const std::vector<std::string>& names) {
    std::string meant;
    for (const auto& name : names) meant += (meant.empty() ? "" : ", ") + name;
    const ConfigText* value = scalar(key, "one of " + meant);
    if (value == nullptr) return fallback;
    const auto found = std::find(names.begin(), names.end(), value->text);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    fail(value->line, "`" + key + "` is " + shown(value->written) + "; it must be one of " + meant);
}

std::vector<ConfigText> ConfigSection::texts(const std::string& key, std::size_t least) {
    const Entry* entry = list(key, "texts");
    if (entry == nullptr) return {};
    if (entry->texts.size() < least) fail(entry->line, "`" + key + "` is empty; it needs at least one element");
    for (const auto& text : entry->texts) must_be_text(key, text);
    return entry->texts;
}

std::vector<std::int64_t> ConfigSection::wholes(const std::string& key, std::int64_t min, std::int64_t max) {
    std::vector<std::int64_t> values;
    const Entry* entry = list(key, "whole numbers");
    if (entry == nullptr) return values;
    for (const auto& text : entry->texts) {
        const std::int64_t value = to_whole(key, text, min, max);
        if (std::find(values.begin(), values.end(), value) != values.end()) {
            fail(text.line, "`" + key + "` names " + std::to_string(value) + " twice; name each once");
        }
        values.push_back(value);
    }
    return values;
}

std::vector<ConfigSection>& ConfigSection::maps(const std::string& key, const std::string& wanted) {
    const Entry* const found = find(key);
    if (found == nullptr) return no_maps_;
    if (found->kind == YamlNode::Kind::list && found->all_maps) return entries_.find(key)->second.maps;
    fail(found->line, "`" + key + "` is no list of " + wanted);
}

bool ConfigSection::is_scalar(const std::string& key) const {
    const auto entry = entries_.find(key);
    return entry != entries_.end() && entry->second.kind == YamlNode::Kind::scalar;
}

void ConfigSection::require(const std::string& key) {
    required_.push_back(key);
}

void ConfigSection::may_be_unset(const std::string& key) {
    may_be_unset_.push_back(key);
}

void ConfigSection::know(const std::string& key) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.push_back(key);
}

int ConfigSection::line_of(const std::string& key) const {
    const auto entry = entries_.find(key);
    return entry == entries_.end() ? line_ : entry->second.line;
}

void ConfigSection::check(const std::string& key, const std::string& fault) const {
    if (!fault.empty()) fail(line_of(key), "`" + key + "` " + fault);
}

void ConfigSection::fail(int line, const std::string& wrong_and_meant) const {
    fail_at(path_, line, wrong_and_meant);
}

void ConfigSection::finish(const ConfigSection& others) const {
    const Entry* first = nullptr;  // in the order of the file
    std::string name;
    for (const auto& [key, entry] : entries_) {
        const bool known = std::find(known_.begin(), known_.end(), key) != known_.end();
        if (known || (first != nullptr && first->line <= entry.line)) continue;
        first = &entry;
        name = key;
    }
    if (first != nullptr) {
        const auto& elsewhere = others.known_;
        const bool misplaced = std::find(elsewhere.begin(), elsewhere.end(), name) != elsewhere.end();
        std::string meant = "it belongs under `" + others.name_ + ":`";
        if (!misplaced) {
            const std::string near = nearest_word(name, known_);
            meant = near.empty() ? "every key is in engine/README.md" : "did you mean `" + near + "`?";
        }
        fail(first->line, "unknown key " + shown(name) + " under `" + name_ + "`; " + meant);
    }
    for (const auto& key : required_) {
        if (entries_.find(key) == entries_.end()) {
            fail(line_, "`" + name_ + "` lacks `" + key + "`; add a line for it, as in README.md");
        }
    }
}

}  // namespace daypack::core
