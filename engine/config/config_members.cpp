// SPDX-License-Identifier: MIT
#include "engine/config/config_members.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "engine/config/config_values.h"
#include "net/backpack/symbol.h"

namespace daypack::core {
namespace {

std::vector<std::string> strings(std::span<const std::string_view> words) {
    return {words.begin(), words.end()};
}

std::string quoted(std::string_view text) {
    return "\"" + std::string(text) + "\"";
}

// 0640, as chmod has it.
std::string octal(std::uint32_t mode) {
    std::string digits;
    for (std::uint32_t left = mode; left != 0 || digits.size() < 3; left >>= 3) {
        digits.insert(digits.begin(), static_cast<char>('0' + (left & 7)));
    }
    return "0" + digits;
}

// The first value that stands there a second time; the end where each is there once.
template <class T>
auto find_second(const std::vector<T>& values) {
    auto value = values.begin();
    while (value != values.end() && std::find(values.begin(), value, *value) == value) ++value;
    return value;
}

template <class T, class Show>
std::string show_list(const std::vector<T>& values, Show show) {
    std::string list;
    for (const T& value : values) list += (list.empty() ? "" : ", ") + show(value);
    return "[" + list + "]";
}

FeedChannel read_channel(const ConfigSection& in, const ConfigKey& key, const ConfigText& text) {
    const std::size_t place = place_of(text.text, key.rules.words);
    if (place < key.rules.words.size()) return static_cast<FeedChannel>(place);
    const std::string near = nearest_word(text.text, strings(key.rules.words));
    in.fail(text.line, "unknown channel " + shown(text.written) + "; " +
                           (near.empty() ? "the channels are " + joined(key.rules.words, ", ")
                                         : "did you mean \"" + near + "\"?"));
}

}  // namespace

std::string joined(std::span<const std::string_view> words, std::string_view between) {
    std::string text;
    for (const std::string_view word : words) text.append(text.empty() ? "" : between).append(word);
    return text;
}

std::size_t place_of(std::string_view word, std::span<const std::string_view> words) noexcept {
    return static_cast<std::size_t>(std::find(words.begin(), words.end(), word) - words.begin());
}

std::size_t read_word(ConfigSection& in, const ConfigKey& key, std::size_t otherwise) {
    return in.one_of(key.name, otherwise, strings(key.rules.words));
}

void read_value(ConfigSection& in, const ConfigKey& key, bool& value) {
    value = in.flag(key.name, value);
}

// A text whose default is empty may be left empty; any other has to pass the check.
void read_value(ConfigSection& in, const ConfigKey& key, std::string& value) {
    const bool may_be_empty = value.empty();
    value = in.text(key.name, value);
    if (key.rules.fault == nullptr || (value.empty() && may_be_empty)) return;
    in.check(key.name, key.rules.fault(value));
}

void read_value(ConfigSection& in, const ConfigKey& key, std::vector<int>& value) {
    for (const std::int64_t number : in.wholes(key.name, key.rules.min, key.rules.max)) {
        value.push_back(static_cast<int>(number));
    }
}

// A list whose default is empty may be left empty.
void read_value(ConfigSection& in, const ConfigKey& key, std::vector<std::string>& value) {
    const auto texts = in.texts(key.name, value.empty() ? 0 : 1);
    if (texts.empty()) return;
    value.clear();
    for (const ConfigText& text : texts) {
        const std::string fault = key.rules.fault(text.text);
        if (!fault.empty()) in.fail(text.line, "`" + std::string(key.name) + "`: " + shown(text.written) + " " + fault);
        value.push_back(text.text);
    }
}

void read_value(ConfigSection& in, const ConfigKey& key, std::vector<FeedChannel>& value) {
    const auto texts = in.texts(key.name, 1);
    if (texts.empty()) return;
    value.clear();
    for (const ConfigText& text : texts) {
        const FeedChannel channel = read_channel(in, key, text);
        if (std::find(value.begin(), value.end(), channel) != value.end()) {
            in.fail(text.line, "channel " + shown(text.written) + " is listed twice; list each once");
        }
        value.push_back(channel);
    }
}

std::string show_value(const ConfigKey&, bool value) {
    return value ? "true" : "false";
}

std::string show_value(const ConfigKey&, const std::string& value) {
    return quoted(value);
}

std::string show_value(const ConfigKey&, const std::vector<int>& value) {
    return show_list(value, [](int number) { return std::to_string(number); });
}

std::string show_value(const ConfigKey&, const std::vector<std::string>& value) {
    return show_list(value, quoted);
}

std::string show_value(const ConfigKey& key, const std::vector<FeedChannel>& value) {
    return show_list(
        value, [&key](FeedChannel channel) { return std::string(key.rules.words[static_cast<std::size_t>(channel)]); });
}

std::string range_fault(const ConfigKey& key, std::int64_t value) {
    if (value >= key.rules.min && value <= key.rules.max) return {};
    return "is " + std::to_string(value) + "; it must be a whole number from " + std::to_string(key.rules.min) +
           " to " + std::to_string(key.rules.max);
}

std::string word_fault(const ConfigKey& key, std::size_t place) {
    if (place < key.rules.words.size()) return {};
    return "is none of its enumeration; it must be one of " + joined(key.rules.words, ", ");
}

std::string value_fault(const ConfigKey& key, const std::string& value) {
    return key.rules.fault == nullptr ? std::string() : key.rules.fault(value);
}

std::string value_fault(const ConfigKey& key, const std::vector<int>& value) {
    for (const int number : value) {
        if (std::string fault = range_fault(key, number); !fault.empty()) return fault;
    }
    const auto twice = find_second(value);
    return twice == value.end() ? std::string() : "names " + std::to_string(*twice) + " twice; name each once";
}

std::string value_fault(const ConfigKey& key, const std::vector<std::string>& value) {
    if (value.empty()) return "is empty; it needs at least one element";
    for (const std::string& text : value) {
        if (const std::string fault = key.rules.fault(text); !fault.empty())
            return "has " + shown(text) + ", which " + fault;
    }
    return {};
}

std::string value_fault(const ConfigKey& key, const std::vector<FeedChannel>& value) {
    if (value.empty()) return "is empty; it needs at least one element";
    for (const FeedChannel channel : value) {
        if (std::string fault = word_fault(key, static_cast<std::size_t>(channel)); !fault.empty()) return fault;
    }
    return find_second(value) == value.end() ? "" : "has a channel twice; list each once";
}

void read_symbols(ConfigSection& in, const ConfigKey& key, Config& out) {
    ExchangeConfig& exchange = out.exchange;
    if (in.is_scalar(key.name)) {
        exchange.all_symbols = in.text(key.name, "") == "*";
        if (!exchange.all_symbols) {
            in.check(key.name, "is a single value; write a list, as in [\"BTC-USDC\"], or \"*\"");
        }
        return;
    }
    std::map<std::string, int> lines;  // of each market
    const auto texts = in.texts(key.name, 1);
    for (const ConfigText& symbol : texts) {
        if (symbol.text == "*" && texts.size() == 1) {
            exchange.all_symbols = true;
            return;
        }
        if (symbol.text == "*") in.fail(symbol.line, "\"*\" stands beside other symbols; write it alone or remove it");
        const std::string fault = symbol_fault(symbol.text);
        if (!fault.empty()) in.fail(symbol.line, "symbol " + shown(symbol.written) + " " + fault);
        const auto [first, added] = lines.emplace(*native_symbol(symbol.text), symbol.line);
        if (!added) {
            in.fail(symbol.line, "symbol " + shown(symbol.written) + " is the market of line " +
                                     std::to_string(first->second) + " again; list each market once");
        }
        exchange.symbols.push_back({symbol.text, symbol.line});
    }
}

std::string show_symbols(const ConfigKey&, const Config& config) {
    if (config.exchange.all_symbols) return quoted("*");
    return show_list(config.exchange.symbols, [](const ListedSymbol& symbol) { return quoted(symbol.text); });
}

std::string symbols_fault(const ConfigKey&, const Config& config) {
    const ExchangeConfig& exchange = config.exchange;
    if (exchange.all_symbols && !exchange.symbols.empty()) return "names markets beside `all_symbols`; leave one out";
    if (!exchange.all_symbols && exchange.symbols.empty()) return "is empty; name a market, or set `all_symbols`";
    std::vector<std::string> natives;
    for (const ListedSymbol& symbol : exchange.symbols) {
        if (const std::string fault = symbol_fault(symbol.text); !fault.empty()) {
            return "has " + shown(symbol.text) + ", which " + fault;
        }
        natives.push_back(*native_symbol(symbol.text));
    }
    const auto twice = find_second(natives);
    return twice == natives.end() ? "" : "names the market " + *twice + " twice; list each market once";
}

void read_shm_mode(ConfigSection& in, const ConfigKey& key, Config& out) {
    const std::string mode = in.digits(key.name, octal(out.engine.shm_mode));
    in.check(key.name, mode_fault(mode));
    out.engine.shm_mode = static_cast<std::uint32_t>(std::strtoul(mode.c_str(), nullptr, 8));
}

std::string show_shm_mode(const ConfigKey&, const Config& config) {
    return quoted(octal(config.engine.shm_mode));
}

std::string shm_mode_fault(const ConfigKey&, const Config& config) {
    return mode_fault(octal(config.engine.shm_mode));
}

}  // namespace daypack::core
