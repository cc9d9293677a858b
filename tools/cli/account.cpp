// SPDX-License-Identifier: MIT
#include "tools/cli/account.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/config.h"
#include "engine/config/config_accounts.h"
#include "engine/config/config_proxy.h"
#include "engine/config/config_values.h"
#include "net/backpack/account/account_api.h"
#include "net/backpack/rest_api.h"
#include "net/backpack/symbol.h"
#include "net/base/printable.h"
#include "tools/cli/keys.h"
#include "tools/term/json_line.h"

namespace daypack::core {
namespace {

using Json = nlohmann::ordered_json;

// ---- where it is asked, and as whom

ExchangeConfig exchange_of(const AccountOptions& options) {
    ExchangeConfig exchange;
    if (!options.config_path.empty()) {
        ConfigOverrides overrides;
        overrides.rest_url = options.rest_url;
        overrides.ca_file = options.ca_file;
        return load_config(options.config_path, process_env, overrides).exchange;
    }
    if (!options.rest_url.empty()) exchange.rest_urls = {options.rest_url};
    exchange.ca_file = options.ca_file;
    if (const std::string fault = proxy_fault(exchange.rest_urls, process_env); !fault.empty()) {
        throw ConfigError("daypack: " + fault);
    }
    return exchange;
}

// Keys of the configuration's own text are wiped here; the signer has them in locked memory.
Signer signer_of(const AccountOptions& options, ExchangeConfig& exchange) {
    if (options.config_path.empty() || !options.key_file.empty()) return keys_of(options.key_file);
    const std::vector<std::string> names = account_names(exchange);
    if (names.empty()) {
        throw ConfigError("daypack: " + options.config_path +
                          ": there are no keys in it; set `api_key` and `api_secret`, or list `accounts`");
    }
    const std::string name = options.account.empty() ? names.front() : options.account;
    if (std::find(names.begin(), names.end(), name) == names.end()) {
        throw ConfigError(fmt::format("daypack: {}: there is no account {}; there are {}", options.config_path,
                                      may_be_secret(name) ? "(not shown)" : name, fmt::join(names, ", ")));
    }
    for (const AccountConfig& account : exchange.accounts) {
        if (account.name == name) return keys_of(account.key_file);
    }
    hide_process();
    Signer signer(exchange.api_key, exchange.api_secret);
    Signer::wipe(exchange.api_secret);
    return signer;
}

// ---- one row of each kind, with its columns in the order in which they are printed

std::string text(const std::optional<Amount>& amount) {
    return amount ? amount->text() : "";
}

// "2026-09-01T17:54:04.094000Z"
std::string text(VenueTime time) {
    if (time.us == 0) return "";
    const std::time_t seconds = time.us / 1'000'000;
    std::tm utc{};
    (void)gmtime_r(&seconds, &utc);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                       utc.tm_hour, utc.tm_min, utc.tm_sec, time.us % 1'000'000);
}

Json columns(const AccountBalance& balance) {
    return {{"asset", balance.asset},
            {"available", balance.available.text()},
            {"locked", balance.locked.text()},
            {"staked", balance.staked.text()},
            {"lent", balance.lent.text()},
            {"borrowed", balance.borrowed.text()},
            {"total", text(balance.total())},
            {"margin_quantity", text(balance.margin_quantity)},
            {"margin_value", text(balance.margin_value)}};
}

Json columns(const AccountOrder& order) {
    return {{"id", order.id},
            {"client_id", order.client_id},
            {"symbol", normalised_symbol(order.symbol)},
            {"side", order.side},
            {"type", order.type},
            {"status", order.status},
            {"time_in_force", order.time_in_force},
            {"price", text(order.price)},
            {"quantity", text(order.quantity)},
            {"quote_quantity", text(order.quote_quantity)},
            {"executed", order.executed.text()},
            {"trigger_price", text(order.trigger_price)},
            {"trigger_quantity", order.trigger_quantity},
            {"reduce_only", order.reduce_only},
            {"post_only", order.post_only},
            {"created", text(order.created)}};
}

Json columns(const AccountPosition& position) {
    return {{"id", position.id},
            {"symbol", normalised_symbol(position.symbol)},
            {"net_quantity", position.net_quantity.text()},
            {"entry_price", text(position.entry_price)},
            {"break_even_price", text(position.break_even_price)},
            {"mark_price", text(position.mark_price)},
            {"liquidation_price", text(position.liquidation_price)},
            {"exposure_quantity", text(position.exposure_quantity)},
            {"realized", text(position.realized)},
            {"unrealized", text(position.unrealized)}};
}

Json columns(const AccountFill& fill) {
    return {{"time", text(fill.time)},
            {"trade_id", fill.trade_id},
            {"order_id", fill.order_id},
            {"client_id", fill.client_id},
            {"symbol", normalised_symbol(fill.symbol)},
            {"side", fill.side},
            {"price", fill.price.text()},
            {"quantity", fill.quantity.text()},
            {"fee", fill.fee.text()},
            {"fee_asset", fill.fee_asset},
            {"is_maker", fill.is_maker},
            {"system_type", fill.system_type}};
}

// ---- what is printed

std::string cell(const Json& value) {
    if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
    const auto& words = value.get_ref<const std::string&>();
    return words.empty() ? "-" : printable(words);
}

void print_table(const std::vector<Json>& rows) {
    if (rows.empty()) return;
    std::vector<std::size_t> widths;
    for (const auto& [name, value] : rows.front().items()) widths.push_back(name.size());
    for (const Json& row : rows) {
        std::size_t i = 0;
        for (const auto& [name, value] : row.items()) {
            widths[i] = std::max(widths[i], cell(value).size());
            ++i;
        }
    }
    std::size_t i = 0;
    for (const auto& [name, value] : rows.front().items()) fmt::print("{:<{}}  ", name, widths[i++]);
    fmt::print("\n");
    for (const Json& row : rows) {
        i = 0;
        for (const auto& [name, value] : row.items()) fmt::print("{:<{}}  ", cell(value), widths[i++]);
        fmt::print("\n");
    }
}

void complain(const std::string& words) {
    std::fputs(fmt::format("daypack: {}\n", words).c_str(), stderr);
}

template <class Row>
int print(const AccountOptions& options, const AccountReply<AccountRows<Row>>& reply) {
    if (!reply.value) {
        complain(fmt::format("the account's {} did not come: {}", options.what, reply.why));
        return 1;
    }
    std::vector<Json> rows;
    for (const Row& row : reply.value->rows) rows.push_back(columns(row));
    if (options.json) {
        for (const Json& row : rows) fmt::print("{}\n", json_line(row));
    } else {
        print_table(rows);
    }
    if (reply.page && reply.page->total > rows.size()) {
        complain(fmt::format("{} of {} are shown; --limit shows up to 1000", rows.size(), reply.page->total));
    }
    if (reply.value->broken == 0) return 0;
    complain(fmt::format("{} rows could not be read", reply.value->broken));
    return 1;
}

// Asks, waits, and prints.
template <class Row, class Read>
int show(const AccountOptions& options, boost::asio::io_context& io, Read read) {
    AccountReply<AccountRows<Row>> reply;
    read([&](AccountReply<AccountRows<Row>> came) {
        reply = std::move(came);
        io.stop();
    });
    io.run();
    return print(options, reply);
}

}  // namespace

int show_account(const AccountOptions& options) {
    ExchangeConfig exchange = exchange_of(options);
    const Signer signer = signer_of(options, exchange);
    const TlsContext tls = TlsContext::client(exchange.ca_file);
    boost::asio::io_context io(1);
    RestClient rest(io, rest_options(exchange.rest_urls, exchange.rest_requests_per_minute, tls));
    AccountApi account(rest, signer, complain);
    if (options.what == "balances") {
        return show<AccountBalance>(options, io, [&](auto done) { account.balances(std::move(done)); });
    }
    if (options.what == "orders") {
        return show<AccountOrder>(options, io,
                                  [&](auto done) { account.open_orders(options.symbol, std::move(done)); });
    }
    if (options.what == "positions") {
        return show<AccountPosition>(options, io,
                                     [&](auto done) { account.positions(options.symbol, std::move(done)); });
    }
    HistoryQuery query;
    query.symbol = options.symbol;
    query.limit = options.limit;
    return show<AccountFill>(options, io, [&](auto done) { account.fills(query, std::move(done)); });
}

}  // namespace daypack::core
