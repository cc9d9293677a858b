// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace daypack::core::sim {

// One market of the simulated exchange, as listed.
//
// Invariant: tick and step are positive plain decimals, written as the venue pads prices and quantities.
struct Market {
    std::string symbol;  // the venue's name: BTC_USDC, kBONK_USDC_PERP, AAPL.US_USDC, FDVEXTD1B_USDC_PREDICTION
    std::string tick = "0.01";
    std::string step = "0.01";
    std::string start_price = "100.00";  // the touch from which generated flow walks
    std::string state = "Open";          // orderBookState
    std::string rwa_type;                // empty: null

    [[nodiscard]] bool is_perpetual() const noexcept { return type() == "PERP" || type() == "IPERP"; }
    // marketType, which follows from the name's last part.
    [[nodiscard]] std::string_view type() const noexcept;
    [[nodiscard]] std::string_view base() const noexcept;
    [[nodiscard]] std::string_view quote() const noexcept;
    // Closed markets answer 404 over REST and nothing over WebSocket; so quiet are those that are not listed.
    [[nodiscard]] bool is_closed() const noexcept { return state == "Closed" || !is_listed(); }
    // Not: the exchange knows of no such market, though it may later.
    [[nodiscard]] bool is_listed() const noexcept { return state != "Unlisted"; }
    // Only these trade.
    [[nodiscard]] bool is_open() const noexcept { return state == "Open"; }

    [[nodiscard]] int price_decimals() const noexcept;
    [[nodiscard]] int quantity_decimals() const noexcept;
    // Tick and step, counted in their last decimal: 1 for "0.01", 5 for "0.5", 10000 for "10000".
    [[nodiscard]] std::int64_t tick_units() const noexcept;
    [[nodiscard]] std::int64_t step_units() const noexcept;
    // A tenth of what it was, with a decimal more.
    void refine_tick();
    // Ten times what it was.
    void coarsen_tick();
};

// What the exchange lists where nothing else is asked for: spot and perpetuals, dots, lower case, a leading digit,
// ticks from 0.1 to 0.000000001, a step of 10000, one market that is Closed and one that is PostOnly; and one of each
// kind that the venue lists apart.
[[nodiscard]] std::vector<Market> default_markets();

// The default market of that name, or one made up with its base's price as far as known.
// Throws std::runtime_error where `symbol` is no name of the venue's form (BASE_QUOTE, BASE_QUOTE_PERP and its like).
[[nodiscard]] Market market_named(const std::string& symbol);

// The row of /api/v1/markets, keys as the venue sends them.
void append_market_json(std::string& out, const Market& market);

}  // namespace daypack::core::sim
