// SPDX-License-Identifier: MIT
#include "engine/config/config_accounts.h"

#include <algorithm>

#include "engine/config/config_members.h"
#include "engine/config/config_values.h"
#include "engine/shm/shm_limits.h"

namespace daypack::core {
namespace {

constexpr const char* kForm = "`{name: NAME, key_file: FILE}`, an account each";

std::string name_fault(const ExchangeConfig& exchange, std::size_t index) {
    const std::string& name = exchange.accounts[index].name;
    if (std::string fault = account_name_fault(name); !fault.empty()) return fault;
    if (name == kDefaultAccount && (!exchange.api_key.empty() || !exchange.api_secret.empty())) {
        return "is the name of the account of `api_key`; give this one another";
    }
    const auto end = exchange.accounts.begin() + static_cast<std::ptrdiff_t>(index);
    const bool again = std::any_of(exchange.accounts.begin(), end, [&](const auto& one) { return one.name == name; });
    return again ? "names two accounts; give each another" : "";
}

}  // namespace

std::vector<std::string> account_names(const ExchangeConfig& exchange) {
    std::vector<std::string> names;
    if (exchange.has_default_account()) names.emplace_back(kDefaultAccount);
    for (const AccountConfig& account : exchange.accounts) names.push_back(account.name);
    return names;
}

bool has_private_channel(const ExchangeConfig& exchange) {
    return std::any_of(exchange.channels.begin(), exchange.channels.end(),
                       [](FeedChannel channel) { return channel >= FeedChannel::order_info; });
}

std::string key_alone_words(const ExchangeConfig& exchange) {
    if (exchange.api_key.empty() == exchange.api_secret.empty()) return {};
    const bool has_key = !exchange.api_key.empty();
    return std::string(has_key ? "api_key" : "api_secret") + " is set and " + (has_key ? "api_secret" : "api_key") +
           " is not, so it counts for nothing; set both or none";
}

std::string account_words(const ExchangeConfig& exchange) {
    std::string names;
    for (const std::string& name : account_names(exchange)) names += (names.empty() ? "" : ",") + name;
    if (const std::string alone = key_alone_words(exchange); !alone.empty()) {
        return "warning: accounts: " + alone + (names.empty() ? "" : " (followed: " + names + ")");
    }
    if (names.empty()) return "accounts names=none (public data alone)";
    if (has_private_channel(exchange)) return "accounts names=" + names;
    return "accounts names=" + names + " (keys, and no private channel: public data alone)";
}

void read_accounts(ConfigSection& in, const ConfigKey& key, Config& out) {
    std::vector<AccountConfig>& accounts = out.exchange.accounts;
    for (ConfigSection& map : in.maps(key.name, kForm)) {
        map.require("name");
        map.require("key_file");
        accounts.push_back({map.digits("name", ""), map.text("key_file", "")});
        map.finish(map);
        const std::string fault = name_fault(out.exchange, accounts.size() - 1);
        if (!fault.empty()) in.fail(map.line(), "account " + shown(accounts.back().name) + " " + fault);
        if (accounts.back().key_file.empty()) map.check("key_file", "is empty; give the path of a file of mode 0600");
    }
}

std::string show_accounts(const ConfigKey&, const Config& config) {
    std::string list;
    for (const AccountConfig& account : config.exchange.accounts) {
        list +=
            (list.empty() ? "" : ", ") + ("{name: \"" + account.name + "\", key_file: \"" + account.key_file + "\"}");
    }
    return "[" + list + "]";
}

std::string accounts_fault(const ConfigKey&, const Config& config) {
    for (std::size_t i = 0; i < config.exchange.accounts.size(); ++i) {
        const AccountConfig& account = config.exchange.accounts[i];
        if (const std::string fault = name_fault(config.exchange, i); !fault.empty()) {
            return "has " + shown(account.name) + ", which " + fault;
        }
        if (account.key_file.empty()) return "has an account without a key_file; give the path of a file of mode 0600";
    }
    return {};
}

}  // namespace daypack::core
