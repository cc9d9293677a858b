// SPDX-License-Identifier: MIT
#include "engine/config.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <span>
#include <string_view>
#include <utility>

#include "engine/config/config_keys.h"
#include "engine/config/config_machine.h"
#include "engine/config/config_proxy.h"
#include "engine/config/config_values.h"
#include "engine/shm/shm_limits.h"
#include "net/backpack/symbol.h"

namespace daypack::core {
namespace {

constexpr std::size_t kMaxFileBytes = 1 << 20;

std::string read_file(const std::string& path) {
    const std::string meant = "; give the path of a configuration file";
    if (const std::string fault = file_kind_fault(path); !fault.empty()) fail_at(path, 0, fault + meant);
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    std::string text(kMaxFileBytes + 1, '\0');
    if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!file && !file.eof()) {
        const std::string why = errno != 0 ? std::strerror(errno) : "not a file of text";
        fail_at(path, 0, "cannot be read (" + why + ")" + meant);
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > kMaxFileBytes) fail_at(path, 0, "is larger than 1 MiB" + meant);
    return text;
}

// The place of `key` in a map; one that stands there twice is found by ConfigSection.
const YamlNode* value_of(const YamlNode& map, const std::string& key, int& line) {
    const auto found = std::find(map.keys.begin(), map.keys.end(), key);
    if (found == map.keys.end()) return nullptr;
    const auto index = static_cast<std::size_t>(found - map.keys.begin());
    line = map.key_lines[index];
    return &map.items[index];
}

void apply(const ConfigOverrides& overrides, Config& config) {
    if (!overrides.instance.empty()) config.engine.instance = overrides.instance;
    if (!overrides.rest_url.empty()) config.exchange.rest_urls = {overrides.rest_url};
    if (!overrides.ws_url.empty()) config.exchange.ws_urls = {overrides.ws_url};
    if (!overrides.ca_file.empty()) config.exchange.ca_file = overrides.ca_file;
    config.engine.takeover = overrides.takeover;
}

std::string room_fault(const Config& config) {
    if (config.exchange.symbols.size() <= config.engine.max_symbols) return {};
    return "lists " + std::to_string(config.exchange.symbols.size()) +
           " markets; raise `max_symbols` under `engine:`, which is " + std::to_string(config.engine.max_symbols);
}

// Each market that is to be joined first is one of those that are followed, and stands there once.
std::string priority_fault(const Config& config) {
    std::vector<std::string> followed, first;
    for (const ListedSymbol& symbol : config.exchange.symbols) followed.push_back(*native_symbol(symbol.text));
    for (const std::string& symbol : config.engine.priority) {
        const std::string native = *native_symbol(symbol);
        const auto stands_in = [&native](const std::vector<std::string>& natives) {
            return std::find(natives.begin(), natives.end(), native) != natives.end();
        };
        if (stands_in(first)) return "names the market " + native + " twice; name each once";
        if (!config.exchange.all_symbols && !stands_in(followed)) {
            return "names the market " + native + ", which `symbols` does not list; add it there or remove it here";
        }
        first.push_back(native);
    }
    return {};
}

void check_member(const char* section, std::string_view member, const std::string& fault) {
    if (fault.empty()) return;
    throw ConfigError("daypack: " + std::string(section) + "::" + std::string(member) + " " + fault);
}

void check_members(const char* section, std::span<const ConfigKey> keys, const Config& config) {
    for (const ConfigKey& key : keys) {
        check_member(section, key.rules.member != nullptr ? key.rules.member : key.name, key.fault(key, config));
    }
}

// Called with the sections of a file while its lines are known.
using LastCheck = std::function<void(const Config& config, const ConfigSection& exchange, const ConfigSection& engine)>;

Config parse(const std::string& path, const std::string& text, const EnvLookup& env, const LastCheck& last_check) {
    YamlNode root;
    try {
        root = parse_yaml(text);
    } catch (const YamlError& error) {
        fail_at(path, error.line, error.what());
    }
    if (root.kind == YamlNode::Kind::null) {
        fail_at(path, 1, "the file is empty; it needs `exchanges:` with one entry, as in README.md");
    }
    ConfigSection top(path, env, "the file", 1, root);
    top.know("exchanges");
    top.know("engine");
    top.require("exchanges");
    int exchanges_line = 1;
    int engine_line = 1;
    const YamlNode nothing;
    const YamlNode* exchanges = value_of(root, "exchanges", exchanges_line);
    const YamlNode* engine = value_of(root, "engine", engine_line);
    ConfigSection engine_keys(path, env, "engine", engine_line, engine != nullptr ? *engine : nothing);
    // A key at the top is unknown, or belongs under `engine`: so that section is read first.
    Config config;
    config.path = path;
    read_engine(engine_keys, config);
    top.finish(engine_keys);
    const ConfigSection entries(path, env, "exchanges", exchanges_line, *exchanges);
    if (exchanges->items.size() != 1) {
        fail_at(path, exchanges->items.empty() ? exchanges_line : exchanges->key_lines[1],
                "`exchanges` has " + std::to_string(exchanges->items.size()) +
                    " entries; it needs exactly one, with `class: Ccxt_Backpack_Feed`");
    }
    const std::string& name = exchanges->keys[0];
    ConfigSection exchange_keys(path, env, instance_fault(name).empty() ? name : "the exchange",
                                exchanges->key_lines[0], exchanges->items[0]);
    read_exchange(exchange_keys, config);
    exchange_keys.finish(engine_keys);
    engine_keys.finish(exchange_keys);
    exchange_keys.check("symbols", room_fault(config));
    engine_keys.check("priority", priority_fault(config));
    last_check(config, exchange_keys, engine_keys);
    config.not_built_yet = not_built_yet(config);
    return config;
}

}  // namespace

std::optional<std::string> process_env(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

void check_symbols(const Config& config, const ConfigNames& names) {
    for (const ConfigKey& key : exchange_key_table()) {
        if (std::string_view(key.name) == "symbols") check_member(names.exchange, key.name, key.fault(key, config));
    }
    check_member(names.exchange, "symbols", room_fault(config));
}

void check_config(const Config& config, const ConfigNames& names) {
    check_members(names.exchange, exchange_key_table(), config);
    check_members(names.engine, engine_key_table(), config);
    for (const auto& [section, misfit] :
         {std::pair{names.exchange, exchange_misfit(config)}, std::pair{names.engine, engine_misfit(config)}}) {
        if (misfit.key != nullptr) check_member(section, misfit.key, misfit.fault);
    }
    check_symbols(config, names);
    check_member(names.engine, "priority", priority_fault(config));
    check_member(names.exchange, "ca_file", ca_file_fault(config.exchange.ca_file));
    if (config.engine.takeover && !config.engine.shared_memory) {
        check_member(names.engine, "takeover",
                     "needs shared_memory, which is false: there is no instance to take over without it; set one of "
                     "the two");
    }
    check_member(names.engine, "shm_group", missing_group_fault(config.engine.shm_group));
}

Config parse_config(const std::string& path, const std::string& text, const EnvLookup& env) {
    return parse(path, text, env, [](const Config&, const ConfigSection&, const ConfigSection&) {});
}

Config load_config(const std::string& path, const EnvLookup& env, const ConfigOverrides& overrides) {
    const auto is_there = [&](const Config& config, const ConfigSection& exchange, const ConfigSection& engine) {
        if (overrides.ca_file.empty()) exchange.check("ca_file", ca_file_fault(config.exchange.ca_file));
        exchange.check("api_secret", key_pair_fault(config.exchange.api_key, config.exchange.api_secret));
        for (const AccountConfig& account : config.exchange.accounts) {
            exchange.check("accounts", account_fault(account.key_file));
        }
        exchange.check("local_address", missing_address_fault(config.exchange.local_address));
        engine.check("shm_group", missing_group_fault(config.engine.shm_group));
    };
    Config config = parse(path, read_file(path), env, is_there);
    apply(overrides, config);
    std::vector<std::string> urls = config.exchange.rest_urls;
    urls.insert(urls.end(), config.exchange.ws_urls.begin(), config.exchange.ws_urls.end());
    if (const std::string fault = proxy_fault(urls, env); !fault.empty()) fail_at(path, 0, fault);
    return config;
}

}  // namespace daypack::core
