// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <simdjson.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tools/sim/market/flow.h"

// The generated flow against the statistics of recorded markets. The measuring is done on the frames' text alone.

namespace daypack::core::sim {
namespace {

// Prices as numbers of ticks. Rounding a double will do to measure with; the engine never does it.
class Meter {
  public:
    explicit Meter(double tick) : tick_(tick) {}

    void seed(bool bid, std::string_view price, std::string_view quantity) {
        side(bid)[ticks(price)] = std::strtod(std::string(quantity).c_str(), nullptr);
    }

    void frame(std::string_view text) {
        simdjson::padded_string padded(text);
        auto document = parser_.parse(padded);
        const std::string_view type = document["data"]["e"];
        ++frames;
        bytes += text.size();
        if (type == "trade") ++trades;
        if (type == "bookTicker") tickers.push_back({document["data"]["u"].get_uint64(), depth_us.size()});
        if (type != "depth") return;
        depth_bytes += text.size();
        first_us.push_back(document["data"]["U"].get_uint64());
        depth_us.push_back(document["data"]["u"].get_uint64());
        match_us.push_back(document["data"]["T"].get_int64());
        std::size_t levels_here = 0;
        for (const auto level : document["data"]["b"].get_array()) levels_here += count(true, level.at(0), level.at(1));
        for (const auto level : document["data"]["a"].get_array())
            levels_here += count(false, level.at(0), level.at(1));
        levels_a_frame.push_back(levels_here);
        if (bids_.empty() || asks_.empty() || bids_.rbegin()->first >= asks_.begin()->first) ++crossed;
        least_levels = std::min({least_levels, bids_.size(), asks_.size()});
        most_levels = std::max({most_levels, bids_.size(), asks_.size()});
        if (!bids_.empty()) best_bids.insert(bids_.rbegin()->first);
    }

    [[nodiscard]] double share(std::uint64_t n) const {
        return 100.0 * static_cast<double>(n) / static_cast<double>(levels);
    }
    [[nodiscard]] std::size_t levels_percentile(double p) const {
        auto sorted = levels_a_frame;
        std::sort(sorted.begin(), sorted.end());
        return sorted[static_cast<std::size_t>(p * static_cast<double>(sorted.size() - 1))];
    }
    // Variance over mean of the counts in windows of 100 ms: 1 for arrivals without memory.
    [[nodiscard]] double burstiness() const {
        std::map<std::int64_t, double> counts;
        for (const auto us : match_us) ++counts[us / 100'000];
        const auto windows = static_cast<double>(counts.rbegin()->first - counts.begin()->first + 1);
        const double mean = static_cast<double>(match_us.size()) / windows;
        double squares = (windows - static_cast<double>(counts.size())) * mean * mean;
        for (const auto& [window, n] : counts) squares += (n - mean) * (n - mean);
        return squares / windows / mean;
    }
    void print(const char* name) const {
        std::printf(
            "%s: %zu depth frames, %.1f bytes, levels %zu/%zu/%zu, best %.1f %%, rank 1-9 %.1f %%, >=100 %.1f %%, "
            "within 1,000 %.1f %%, 10,000 %.1f %%, modify %.1f %%, tickers %.1f %%, trades %.1f %%, book %zu..%zu, "
            "best bids %zu, burstiness %.1f\n",
            name, depth_us.size(), static_cast<double>(depth_bytes) / static_cast<double>(depth_us.size()),
            levels_percentile(.5), levels_percentile(.9), levels_percentile(.99), share(at_best), share(to_rank_9),
            share(from_rank_100), share(within_1000), share(within_10000), share(modified),
            100.0 * static_cast<double>(tickers.size()) / static_cast<double>(depth_us.size()),
            100.0 * static_cast<double>(trades) / static_cast<double>(depth_us.size()), least_levels, most_levels,
            best_bids.size(), burstiness());
    }

    std::uint64_t frames = 0, bytes = 0, depth_bytes = 0, trades = 0, crossed = 0;
    std::uint64_t levels = 0, at_best = 0, to_rank_9 = 0, from_rank_100 = 0, within_1000 = 0, within_10000 = 0,
                  modified = 0;
    std::size_t least_levels = ~std::size_t{0}, most_levels = 0;
    std::vector<std::uint64_t> first_us, depth_us;
    std::vector<std::int64_t> match_us;
    std::vector<std::size_t> levels_a_frame;
    std::vector<std::pair<std::uint64_t, std::size_t>> tickers;  // u, depth frames before it
    std::set<std::int64_t> best_bids;

  private:
    using Side = std::map<std::int64_t, double>;
    Side& side(bool bid) { return bid ? bids_ : asks_; }
    [[nodiscard]] std::int64_t ticks(std::string_view price) const {
        return std::llround(std::strtod(std::string(price).c_str(), nullptr) / tick_);
    }

    std::size_t count(bool bid, std::string_view price_text, std::string_view quantity_text) {
        const std::int64_t price = ticks(price_text);
        const double quantity = std::strtod(std::string(quantity_text).c_str(), nullptr);
        Side& book = side(bid);
        const std::int64_t best = book.empty() ? price : (bid ? book.rbegin()->first : book.begin()->first);
        const std::int64_t distance = bid ? best - price : price - best;
        std::uint64_t rank = 0;
        const auto better = [&](std::int64_t level) { return bid ? level > price : level < price; };
        if (bid) {
            for (auto it = book.rbegin(); it != book.rend() && rank < 100 && better(it->first); ++it) ++rank;
        } else {
            for (auto it = book.begin(); it != book.end() && rank < 100 && better(it->first); ++it) ++rank;
        }
        ++levels;
        at_best += rank == 0;
        to_rank_9 += rank >= 1 && rank <= 9;
        from_rank_100 += rank >= 100;
        within_1000 += std::abs(distance) <= 1000;
        within_10000 += std::abs(distance) <= 10'000;
        modified += quantity != 0 && book.count(price) != 0;
        if (quantity == 0) {
            book.erase(price);
        } else {
            book[price] = quantity;
        }
        return 1;
    }

    double tick_;
    simdjson::dom::parser parser_;
    Side bids_, asks_;
};

struct Measured {
    explicit Measured(const std::string& symbol, FlowOptions options, int depth_frames = 60'000)
        : flow(market_named(symbol), options), meter(std::strtod(flow.market().tick.c_str(), nullptr)) {
        flow.begin(1'790'000'000'000'000);
        const Book book = flow.start_book();
        const auto text = [this](std::int64_t price) {
            return fmt::format("{:.12f}", static_cast<double>(price) * std::pow(10.0, -flow.market().price_decimals()));
        };
        for (const auto& [price, quantity] : book.bids) meter.seed(true, text(price), "1");
        for (const auto& [price, quantity] : book.asks) meter.seed(false, text(price), "1");
        Event event;
        while (meter.depth_us.size() < static_cast<std::size_t>(depth_frames) && flow.next(event))
            meter.frame(event.frame);
        meter.print(symbol.c_str());
    }
    Flow flow;
    Meter meter;
};

FlowOptions options_at(double per_second) {
    FlowOptions options;
    options.per_second = per_second;
    return options;
}

void expect_like_the_recorded_markets(const Meter& m) {
    EXPECT_EQ(m.crossed, 0u);
    EXPECT_EQ(m.levels_percentile(.5), 1u);
    EXPECT_EQ(m.levels_percentile(.9), 1u);
    EXPECT_EQ(m.levels_percentile(.99), 1u);
    EXPECT_GT(m.levels_percentile(1), 1u);
    EXPECT_GE(m.share(m.at_best), 13);
    EXPECT_LE(m.share(m.at_best), 24);
    EXPECT_GE(m.share(m.to_rank_9), 3);
    EXPECT_LE(m.share(m.to_rank_9), 12);
    EXPECT_GE(m.share(m.from_rank_100), 24);
    EXPECT_LE(m.share(m.from_rank_100), 62);
    EXPECT_GE(m.share(m.within_10000), 84);
    EXPECT_LE(m.share(m.within_10000), 99.5);
    EXPECT_GE(m.share(m.within_1000), 40);
    EXPECT_LE(m.share(m.within_1000), 96);
    EXPECT_GE(m.share(m.modified), 64);
    EXPECT_LE(m.share(m.modified), 88);
    EXPECT_GE(m.least_levels, 1000u);
    EXPECT_LE(m.most_levels, 5400u);
    EXPECT_GE(m.best_bids.size(), 20u) << "the touch does not move";
    EXPECT_GE(m.burstiness(), 2);
    const double bytes = static_cast<double>(m.depth_bytes) / static_cast<double>(m.depth_us.size());
    EXPECT_GE(bytes, 150);
    EXPECT_LE(bytes, 200);
    EXPECT_GT(m.trades, m.depth_us.size() / 100);
}

TEST(SimFlow, LooksLikeTheRecordedMarkets) {
    for (const char* symbol : {"BTC_USDC", "BTC_USDC_PERP", "ETH_USDC_PERP"}) {
        SCOPED_TRACE(symbol);
        expect_like_the_recorded_markets(Measured(symbol, options_at(1000)).meter);
    }
}

TEST(SimFlow, TheRecordedMarketIsInsideTheSameBounds) {
    const char* given = std::getenv("DAYPACK_DATA");
    const std::filesystem::path folder =
        std::filesystem::path(given != nullptr ? given : DAYPACK_SOURCE_DIR "/../shared/data") /
        "btc_usdm_20240808.fused";
    std::ifstream snapshot_file(folder / "snapshot.json");
    if (!snapshot_file) GTEST_SKIP() << "no recorded flow at " << folder << "; set DAYPACK_DATA to its folder";
    const std::string snapshot((std::istreambuf_iterator<char>(snapshot_file)), {});
    Meter meter(0.1);
    simdjson::dom::parser parser;
    const auto document = parser.parse(snapshot);
    for (const auto level : document["bids"].get_array()) meter.seed(true, level.at(0), level.at(1));
    for (const auto level : document["asks"].get_array()) meter.seed(false, level.at(0), level.at(1));
    const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen((folder / "frames.ndjson.gz").c_str(), "rb"), gzclose);
    std::vector<char> line(1 << 20);
    while (meter.depth_us.size() < 100'000 &&
           gzgets(file.get(), line.data(), static_cast<int>(line.size())) != nullptr) {
        std::string_view text(line.data());
        text.remove_suffix(1);
        meter.frame(text.substr(text.find(' ') + 1));
    }
    meter.print("recorded");
    EXPECT_EQ(meter.crossed, 0u);
    EXPECT_GE(meter.share(meter.at_best), 13);
    EXPECT_LE(meter.share(meter.from_rank_100), 62);
}

TEST(SimFlow, EveryDefaultMarketHoldsABookThatNeverCrosses) {
    for (const Market& market : default_markets()) {
        SCOPED_TRACE(market.symbol);
        const Measured measured(market.symbol, options_at(1000), 20'000);
        EXPECT_EQ(measured.meter.crossed, 0u);
        EXPECT_GE(measured.meter.least_levels, 1000u);
        EXPECT_LE(measured.meter.most_levels, 5400u);
    }
}

TEST(SimFlow, NumbersFollowOnWithoutAGap) {
    const Measured measured("SOL_USDC", options_at(1000));
    std::uint64_t last = measured.flow.start_u();
    bool merged = false;
    for (std::size_t i = 0; i < measured.meter.depth_us.size(); ++i) {
        ASSERT_EQ(measured.meter.first_us[i], last + 1);
        ASSERT_GE(measured.meter.depth_us[i], measured.meter.first_us[i]);
        merged |= measured.meter.depth_us[i] > measured.meter.first_us[i];
        last = measured.meter.depth_us[i];
    }
    EXPECT_TRUE(merged) << "no frame with U < u: what the venue does under load is not shown";
}

TEST(SimFlow, BookTickerBearsTheNumberOfADepthFrameBeforeOrAfterIt) {
    const Measured measured("SOL_USDC", options_at(1000), 10'000);
    const auto& depth = measured.meter.depth_us;
    std::size_t before = 0;
    for (const auto& [u, frames_before] : measured.meter.tickers) {
        if (frames_before > 0 && depth[frames_before - 1] == u) continue;
        if (frames_before == depth.size()) continue;  // its depth frame was not taken any more
        ASSERT_EQ(depth[frames_before], u);
        ++before;
    }
    EXPECT_GT(before, measured.meter.tickers.size() / 4);
    EXPECT_LT(before, measured.meter.tickers.size() * 3 / 4);
}

TEST(SimFlow, TheSameSeedGivesTheSameBytesAndAnotherSeedOthers) {
    FlowOptions options = options_at(500);
    FlowOptions other_options = options;
    other_options.seed = 2;
    Flow one(market_named("ETH_USDC"), options), same(market_named("ETH_USDC"), options),
        other(market_named("ETH_USDC"), other_options);
    bool differs = false;
    Event a, b, c;
    for (int i = 0; i < 5000; ++i) {
        ASSERT_TRUE(one.next(a) && same.next(b) && other.next(c));
        ASSERT_EQ(a.frame, b.frame);
        ASSERT_EQ(a.due_ns, b.due_ns);
        differs |= a.frame != c.frame;
    }
    EXPECT_TRUE(differs);
}

TEST(SimFlow, KeepsItsRateAndEndsAtItsLimit) {
    FlowOptions options = options_at(1000);
    options.max_depth_frames = 30'000;
    Flow flow(market_named("BTC_USDC"), options);
    Event event;
    std::uint64_t depth_frames = 0;
    std::int64_t last_ns = 0;
    while (flow.next(event)) {
        EXPECT_GE(event.due_ns, last_ns);
        last_ns = event.due_ns;
        depth_frames += event.channel == Channel::depth;
    }
    EXPECT_EQ(depth_frames, 30'000u);
    EXPECT_NEAR(static_cast<double>(last_ns) * 1e-9, 30, 3);
}

TEST(SimFlow, TheSidesAreAsLargeAsAsked) {
    FlowOptions options = options_at(1000);
    options.levels = 4000;
    const Book book = Flow(market_named("BTC_USDC"), options).start_book();
    EXPECT_EQ(book.bids.size(), 4000u);
    EXPECT_GE(book.asks.size(), 4000u);
    options.levels = 5;
    const Measured small("BTC_USDC", options, 20'000);
    EXPECT_EQ(small.meter.crossed, 0u);
    EXPECT_GE(small.meter.least_levels, 1u);
}

}  // namespace
}  // namespace daypack::core::sim
