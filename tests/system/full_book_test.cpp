// SPDX-License-Identifier: MIT
// Whole books of an engine with shallow slots: images of its audits, and the ring, against the exchange's own books.
#include "engine/include/daypack/follow.h"
#include "tests/support/unpadded.h"
#include "tests/system/live_engine.h"

namespace daypack::core {
namespace {

constexpr std::uint32_t kRoom = 16'384;
const std::string kSymbol = "BTC_USDC";

class FullBookOfAnEngine : public InBothModes {
  protected:
    [[nodiscard]] static sim::SimOptions options() {
        sim::SimOptions options;
        options.tls = true;
        options.symbols = {kSymbol};
        options.rate = 200;
        return options;
    }
    [[nodiscard]] std::string text_of(const daypack_follower& book) const {
        return R"({"symbol":")" + kSymbol + R"(","u":)" + std::to_string(book.u) + R"(,"bids":)" +
               LiveReader::side_text(levels(book, DAYPACK_SIDE_BID), book.top) + R"(,"asks":)" +
               LiveReader::side_text(levels(book, DAYPACK_SIDE_ASK), book.top) + "}";
    }
    [[nodiscard]] static std::vector<daypack_level> levels(const daypack_follower& book, unsigned side) {
        std::vector<daypack_level> all(daypack_follow_levels(&book, side));
        for (std::uint32_t i = 0; i < all.size(); ++i) all[i] = daypack_follow_level(&book, side, i);
        return all;
    }
    sim::Exchange exchange_{options()};
};

TEST_P(FullBookOfAnEngine, EqualsTheExchangesAlthoughTheSlotsAreShallow) {
    LiveEngine live(exchange_, {kSymbol}, 8, [](Config& config) {
        config.engine.image_levels = kRoom;
        config.exchange.snapshot_interval_s = 1;
    });
    std::vector<daypack_level> bids(kRoom), asks(kRoom);
    daypack_follower book;
    daypack_follow_begin(&book, &live.reader(), kSymbol.c_str(), bids.data(), asks.data(), kRoom);
    std::size_t compared = 0;
    EXPECT_TRUE(wait_until([&] {
        (void)daypack_wait(&live.reader(), book.cursor, 5);
        if (daypack_follow_poll(&book) != DAYPACK_OK || book.top.state != DAYPACK_STATE_LIVE) return false;
        const std::string truth = exchange_.truth(kSymbol, book.u);
        if (truth.empty()) return false;
        EXPECT_TRUE(same_text(unpadded(text_of(book)), unpadded(truth))) << "LIVE and wrong at u " << book.u;
        return ++compared == 100 || HasFailure();
    })) << live.log();
    EXPECT_EQ(compared, 100u);
    EXPECT_GT(daypack_follow_levels(&book, DAYPACK_SIDE_BID), 8u) << "deeper than the slot";
}

INSTANTIATE_TEST_SUITE_P(Threads, FullBookOfAnEngine, testing::Values(ThreadModel::pipeline, ThreadModel::fused),
                         mode_name);

}  // namespace
}  // namespace daypack::core
