// SPDX-License-Identifier: MIT
#include "tools/cli/markets.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "book/decimal.h"
#include "engine/config.h"
#include "engine/config/config_proxy.h"
#include "engine/include/daypack/shm.h"
#include "net/backpack/rest_api.h"
#include "net/backpack/rest_decoder.h"
#include "net/backpack/symbol.h"
#include "net/base/url.h"
#include "tools/term/json_line.h"

namespace daypack::core {
namespace {

std::string unit_text(Unit unit) {
    return format_units(1, unit);
}

std::string state_text(const Market& market) {
    return market.halted == Reason::none ? "open" : daypack_reason_name(static_cast<unsigned>(market.halted));
}

void print_json(const Market& market) {
    fmt::print("{}\n", json_line({{"symbol", normalised_symbol(market.native)},
                                  {"native", market.native},
                                  {"type", market.market_type},
                                  {"tick", unit_text(market.tick)},
                                  {"step", unit_text(market.step)},
                                  {"state", state_text(market)},
                                  {"visible", market.visible}}));
}

void print_row(const Market& market) {
    fmt::print("{:<26} {:<26} {:<12} {:>14} {:>12}  {}{}\n", normalised_symbol(market.native), market.native,
               market.market_type, unit_text(market.tick), unit_text(market.step), state_text(market),
               market.visible ? "" : ", hidden");
}

int complain(const std::string& words) {
    std::fputs(fmt::format("daypack: {}\n", words).c_str(), stderr);
    return 1;
}

// What an older cache, or a venue that knows no kinds, left out of one list.
void add_missing(MarketList from, MarketList& list) {
    for (Market& market : from.markets) {
        const auto same = [&](const Market& known) { return known.native == market.native; };
        if (std::none_of(list.markets.begin(), list.markets.end(), same)) list.markets.push_back(std::move(market));
    }
    for (auto& skipped : from.skipped) {
        const auto known = std::find(list.skipped.begin(), list.skipped.end(), skipped);
        if (known == list.skipped.end()) list.skipped.push_back(std::move(skipped));
    }
}

// Of the file, or else the exchange itself, which is refused where the file would be.
ExchangeConfig exchange_of(const MarketsOptions& options) {
    if (!options.config_path.empty()) return load_config(options.config_path).exchange;
    ExchangeConfig exchange;
    if (const std::string fault = proxy_fault(exchange.rest_urls, process_env); !fault.empty()) {
        throw ConfigError("daypack: " + fault);
    }
    return exchange;
}

}  // namespace

int show_markets(const MarketsOptions& options) {
    const ExchangeConfig exchange = exchange_of(options);
    const TlsContext tls = TlsContext::client(exchange.ca_file);
    boost::asio::io_context io(1);
    RestClient rest(io, rest_options(exchange.rest_urls, exchange.rest_requests_per_minute, tls));
    RestApi api(rest);
    RestReply<MarketList> usual;
    RestReply<MarketList> all;
    api.markets([&](RestReply<MarketList> reply) {
        usual = std::move(reply);
        api.markets_of_all_kinds([&](RestReply<MarketList> more) {
            all = std::move(more);
            io.stop();
        });
    });
    io.run();
    if (!usual.value) return complain("the list of markets did not come: " + usual.why);
    MarketList list = *std::move(usual.value);
    const bool readable = !list.markets.empty() || list.skipped.empty();
    if (all.value) {
        add_missing(*std::move(all.value), list);
    } else {
        complain("markets of kinds that the venue lists only where they are asked for are missing: " + all.why);
    }
    for (const auto& skipped : list.skipped) complain(skipped);
    if (!options.json)
        fmt::print("{:<26} {:<26} {:<12} {:>14} {:>12}  {}\n", "SYMBOL", "NATIVE", "TYPE", "TICK", "STEP", "STATE");
    for (const Market& market : list.markets) options.json ? print_json(market) : print_row(market);
    return readable ? 0 : 1;
}

}  // namespace daypack::core
