// SPDX-License-Identifier: MIT
#include "tools/sim/market/market.h"

#include <algorithm>
#include <array>

#include "tools/sim/market/text.h"
#include "tools/sim/market/wrong_options.h"

namespace daypack::core::sim {
namespace {

// What a name ends with where it is no spot market's. How the venue names IPERP and DATED ones is not known.
constexpr std::array<std::string_view, 5> kTypes{"PERP", "IPERP", "DATED", "PREDICTION", "RFQ"};

// The name without the type at its end.
std::string_view pair_of(const Market& market) noexcept {
    const std::string_view symbol = market.symbol;
    const std::string_view type = market.type();
    return type == "SPOT" ? symbol : symbol.substr(0, symbol.size() - type.size() - 1);
}

void append_filters(std::string& out, const Market& market) {
    const bool perpetual = market.is_perpetual();
    out += R"("filters":{"price":{)";
    out += perpetual ? R"("borrowEntryFeeMaxMultiplier":null,"borrowEntryFeeMinMultiplier":null,)"
                     : R"("borrowEntryFeeMaxMultiplier":"1.01","borrowEntryFeeMinMultiplier":"0.99",)";
    out += R"("discoveryBoundBand":null,"maxImpactMultiplier":"1.01","maxMultiplier":"2","maxPrice":)";
    out += perpetual ? R"("1000000")" : "null";
    out += R"(,"maxPriceUpdateMultiplier":"1.0025","meanMarkPriceBand":)";
    out += perpetual ? R"({"maxMultiplier":"1.04","minMultiplier":"0.96"})"
                     : R"({"maxMultiplier":"1.03","minMultiplier":"0.97"})";
    out += R"(,"meanPremiumBand":)";
    out += perpetual ? R"({"tolerancePct":"0.05"})" : "null";
    out += R"(,"minImpactMultiplier":"0.99","minMultiplier":"0.25","minPrice":")" + market.tick;
    out += R"(","minPriceUpdateMultiplier":"0.9975","tickSize":")" + market.tick;
    out += R"("},"quantity":{"maxQuantity":null,"minQuantity":")" + market.step + R"(","stepSize":")" + market.step +
           R"("}})";
}

}  // namespace

std::string_view Market::type() const noexcept {
    const std::string_view last = std::string_view(symbol).substr(symbol.rfind('_') + 1);
    for (const std::string_view type : kTypes) {
        if (last == type && last.size() < symbol.size()) return type;
    }
    return "SPOT";
}

std::string_view Market::base() const noexcept {
    const std::string_view pair = pair_of(*this);
    return pair.substr(0, pair.rfind('_'));
}

std::string_view Market::quote() const noexcept {
    const std::string_view pair = pair_of(*this);
    return pair.substr(pair.rfind('_') + 1);
}

int Market::price_decimals() const noexcept {
    return decimals_of(tick);
}
int Market::quantity_decimals() const noexcept {
    return decimals_of(step);
}
std::int64_t Market::tick_units() const noexcept {
    return parse_fixed(tick, price_decimals()).value_or(1);
}
std::int64_t Market::step_units() const noexcept {
    return parse_fixed(step, quantity_decimals()).value_or(1);
}

void Market::refine_tick() {
    const std::int64_t units = tick_units();
    const int decimals = price_decimals() + 1;
    tick.clear();
    append_padded(tick, units, decimals);
}

void Market::coarsen_tick() {
    const std::int64_t units = tick_units();
    const int decimals = price_decimals() - 1;
    tick.clear();
    append_padded(tick, decimals < 0 ? units * 10 : units, std::max(decimals, 0));
}

std::vector<Market> default_markets() {
    return {
        {"BTC_USDC", "0.1", "0.00001", "86780.0", "Open", ""},
        {"ETH_USDC", "0.01", "0.0001", "2766.00", "Open", ""},
        {"SOL_USDC", "0.01", "0.01", "100.60", "Open", ""},
        {"BTC_USDC_PERP", "0.1", "0.00001", "86785.0", "Open", ""},
        {"ETH_USDC_PERP", "0.01", "0.0001", "2766.50", "Open", ""},
        {"SOL_USDC_PERP", "0.01", "0.01", "100.65", "Open", ""},
        {"BONK_USDC", "0.000000001", "10000", "0.000014000", "Open", ""},
        {"kBONK_USDC_PERP", "0.000001", "1", "0.014000", "Open", ""},
        {"0G_USDC", "0.0001", "0.1", "1.2000", "Open", ""},
        {"USDT_USDC", "0.0001", "0.1", "1.0002", "Open", ""},
        {"AAPL.US_USDC", "0.01", "0.01", "340.30", "Open", "STOCK"},
        {"AAPL.US_USDC_PERP", "0.01", "0.01", "340.32", "Open", "STOCK"},
        {"HNT_USDC", "0.001", "0.1", "3.500", "Closed", ""},
        {"MON_USDC_PERP", "0.0001", "1", "0.5000", "PostOnly", ""},
        {"FDVEXTD1B_USDC_PREDICTION", "0.00001", "1", "0.18000", "Open", ""},
        {"BTC_USDC_IPERP", "0.1", "1", "86785.0", "Open", ""},
        {"BTC_USDC_DATED", "0.1", "0.00001", "87010.0", "Open", ""},
        {"AAPL.US_USDC_RFQ", "0.01", "0.01", "340.30", "Closed", "STOCK"},
    };
}

Market market_named(const std::string& symbol) {
    const auto known = default_markets();
    const auto found = std::find_if(known.begin(), known.end(), [&](const Market& m) { return m.symbol == symbol; });
    if (found != known.end()) return *found;
    Market market;
    market.symbol = symbol;
    const std::string_view pair = pair_of(market);
    if (pair.find('_') == std::string_view::npos || market.base().empty() || market.quote().empty()) {
        throw WrongOptions("symbol \"" + symbol +
                           "\" is no name of the exchange's form; write BTC_USDC or BTC_USDC_PERP");
    }
    return market;
}

void append_market_json(std::string& out, const Market& market) {
    const bool perpetual = market.is_perpetual();
    out += R"({"baseSymbol":")";
    out += market.base();
    out += R"(","createdAt":"2025-01-21T06:34:54.691858",)";
    append_filters(out, market);
    out += perpetual ? R"(,"fundingInterval":3600000,"fundingRateLowerBound":"-100","fundingRateUpperBound":"100")"
                     : R"(,"fundingInterval":null,"fundingRateLowerBound":null,"fundingRateUpperBound":null)";
    out += R"(,"imfFunction":)";
    out += perpetual ? R"({"base":"0.02","factor":"0.000075","type":"sqrt"})" : "null";
    out += R"(,"marketType":")";
    out += market.type();
    out += R"(","mmfFunction":)";
    out += perpetual ? R"({"base":"0.0135","factor":"0.0000375","type":"sqrt"})" : "null";
    out += R"(,"openInterestLimit":")";
    out += perpetual ? "4000000" : "0";
    out += R"(","orderBookState":")" + market.state + R"(","positionLimitWeight":)";
    out += perpetual ? R"("1")" : "null";
    out += R"(,"quoteSymbol":")";
    out += market.quote();
    out += R"(","rwaMarketType":)";
    out += market.rwa_type.empty() ? "null" : '"' + market.rwa_type + '"';
    out += R"(,"symbol":")" + market.symbol + R"(","visible":true})";
}

}  // namespace daypack::core::sim
