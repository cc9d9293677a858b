// SPDX-License-Identifier: MIT
#include "tools/sim/market/listing.h"

#include <memory>
#include <set>
#include <string>

#include "tools/sim/market/flow.h"
#include "tools/sim/market/replay.h"
#include "tools/sim/market/wrong_options.h"

namespace daypack::core::sim {
namespace {

constexpr double kPulledRate = 100'000;  // venue time of a flow that is pulled: 10 µs an update
constexpr std::size_t kHistoryGenerated = 500'000;
constexpr std::size_t kHistoryRecorded = 8'000'000;

std::vector<Market> markets_of(const MarketOptions& options) {
    if (options.symbols.empty()) return default_markets();
    std::vector<Market> markets;
    std::set<std::string> seen;
    for (const std::string& symbol : options.symbols) {
        if (!seen.insert(symbol).second) throw WrongOptions("symbol " + symbol + " is given twice");
        markets.push_back(market_named(symbol));
    }
    return markets;
}

}  // namespace

std::vector<Feed> make_feeds(const MarketOptions& options) {
    if (options.rate < 0 || options.speed < 0) {
        throw WrongOptions("rate and speed must not be negative; 0 is as fast as the reader takes it");
    }
    std::vector<Feed> feeds;
    const auto history = [&](std::size_t usual) {
        return options.history_changes != 0 ? options.history_changes : usual;
    };
    if (!options.replay.empty()) {
        if (!options.symbols.empty()) {
            throw WrongOptions("a replay brings its own market: leave out --symbols, or --replay");
        }
        const std::vector<std::string> recorded = Replay::markets_of(options.replay);
        if (recorded.empty()) {
            feeds.emplace_back(std::make_unique<Replay>(options.replay), history(kHistoryRecorded));
        }
        for (const std::string& symbol : recorded) {
            feeds.emplace_back(std::make_unique<Replay>(options.replay, symbol), history(kHistoryRecorded));
        }
        return feeds;
    }
    const double rate = options.rate == 0 ? kPulledRate : options.rate;
    const FlowOptions flow{options.seed, rate, options.levels, options.max_frames};
    for (Market& market : markets_of(options)) {
        if (market.is_closed()) {
            feeds.emplace_back(std::move(market));
        } else {
            feeds.emplace_back(std::make_unique<Flow>(std::move(market), flow), history(kHistoryGenerated));
        }
    }
    return feeds;
}

}  // namespace daypack::core::sim
