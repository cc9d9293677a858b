// SPDX-License-Identifier: MIT
#include "engine/control_thread/symbol_choice.h"

#include <fmt/format.h>

#include <algorithm>

#include "net/backpack/symbol.h"

namespace daypack::core {
namespace {

// An old or a foreign list may not tell the kinds; the venue's lists SPOT and PERP where none is asked for.
bool is_of_star(const Market& market) noexcept {
    const std::string& type = market.market_type;
    return market.visible && (type == "SPOT" || type == "PERP" || type.empty());
}

// Where the symbol was named: what a program lists stands in no file.
std::string place_of(const Config& config, const ListedSymbol& symbol) {
    if (symbol.line == 0) return "daypack: ";
    return fmt::format("daypack: {}:{}: ", config.path, symbol.line);
}

}  // namespace

std::vector<std::string> choose_symbols(const ExchangeConfig& config, const std::vector<Market>& markets) {
    std::vector<std::string> natives;
    if (config.all_symbols) {
        for (const Market& market : markets) {
            if (is_of_star(market)) natives.push_back(market.native);
        }
    }
    for (const ListedSymbol& symbol : config.symbols) {
        if (auto native = native_symbol(symbol.text)) natives.push_back(std::move(*native));
    }
    return natives;
}

std::string not_listed(const Config& config, const ListedSymbol& symbol, const std::vector<Market>& markets) {
    std::vector<std::string> listed;
    for (const Market& market : markets) listed.push_back(market.native);
    const auto nearest = nearest_symbol(symbol.text, listed);
    return fmt::format("{}symbol \"{}\" is not listed on backpack{}", place_of(config, symbol), symbol.text,
                       nearest ? fmt::format("; did you mean \"{}\"?", normalised_symbol(*nearest))
                               : std::string("; `daypack markets` shows what is"));
}

std::string without_a_book(const Config& config, const ListedSymbol& symbol) {
    return fmt::format(
        "{}symbol \"{}\" is an RFQ market, without an order book: it cannot be followed; take it out of "
        "the list",
        place_of(config, symbol), symbol.text);
}

bool is_rfq(const std::string& native, const Market* market) noexcept {
    return market != nullptr ? market->market_type == "RFQ" : native.ends_with("_RFQ");
}

const Market* find_market(const std::vector<Market>& markets, const std::string& native) noexcept {
    const auto market =
        std::find_if(markets.begin(), markets.end(), [&](const Market& m) { return m.native == native; });
    return market == markets.end() ? nullptr : &*market;
}

Instrument make_instrument(const std::string& native, const Market* market) {
    Instrument instrument;
    instrument.native = native;
    instrument.symbol = normalised_symbol(native);
    if (market == nullptr) return instrument;
    instrument.tick = market->tick;
    instrument.step = market->step;
    instrument.halted = market->halted;
    return instrument;
}

}  // namespace daypack::core
