// SPDX-License-Identifier: MIT
// The best bid and offer of the bookTicker against the book, and which is believed where they differ.
#include "book/touch_check.h"

#include <gtest/gtest.h>

#include "tests/book/sync/sync_feed.h"

namespace daypack::core {
namespace {

using test::Feed;

// A book with ten updates a second, REST that answers at once, and a ticker for each id.
struct Market : Feed {
    TouchCheck touch;
    Sequence id = 1000;
    std::uint64_t asked = 0;
    std::int64_t live_ms = 0;

    Market() { follow(id++); }
    void step(std::int64_t told_steps, const test::Deltas& deltas = {}) {
        wait_ms(50);
        deliver(++id, 0, deltas);
        touch.on_ticker(id, {{100}, {told_steps}}, {{200}, {1}});
        if (sync.following() && touch.take(sync.last_id()) &&
            touch.judge(sync.book(), now) == TouchCheck::Verdict::contradicts) {
            sync.on_mismatch(now);
        }
        wait_ms(50);
        if (wants()) {
            ++asked;
            answer(id);
        }
        if (sync.state() == State::live) live_ms += 100;
    }
    [[nodiscard]] std::int64_t right() const { return static_cast<std::int64_t>(id) + 1; }
};

constexpr int kHour = 36'000;  // steps

TEST(TouchCheck, ATickerThatIsWrongForGoodCostsASnapshotNowAndThenAndNoBook) {
    Market market;
    for (int i = 0; i < kHour; ++i) market.step(1);
    EXPECT_LE(market.asked, 20u);
    EXPECT_GE(market.asked, 5u) << "it is heard again";
    EXPECT_GE(market.live_ms, 3'590'000);
}

TEST(TouchCheck, ATickerThatIsRightNowAndThenCostsASnapshotInTenSecondsAtMost) {
    Market market;
    for (int i = 0; i < kHour; ++i) market.step(i % 7 < 3 ? market.right() : 1);
    EXPECT_LE(market.asked, 360u);
    EXPECT_GE(market.live_ms, 3'500'000);
}

TEST(TouchCheck, ATickerThatFindsAWrongBookIsBelievedEachTime) {
    Market market;
    for (int minute = 0; minute < 10; ++minute) {
        for (int i = 0; i < 600; ++i) {
            // Something that rests at the venue no longer, and that an update brought nevertheless.
            const bool wrong = i == 300;
            market.step(market.right(), wrong ? test::Deltas{{Side::bid, {101}, {5}}} : test::Deltas{});
        }
        EXPECT_EQ(market.asked, static_cast<std::uint64_t>(minute) + 1);
        EXPECT_EQ(market.sync.book().side(Side::bid).at({101}).steps, 0);
    }
}

TEST(TouchCheck, IsBelievedAgainOnceItIsRightForLong) {
    Market market;
    for (int i = 0; i < kHour; ++i) market.step(1);
    for (int i = 0; i < kHour; ++i) market.step(market.right());
    const std::uint64_t asked = market.asked;
    market.step(1);
    EXPECT_EQ(market.asked, asked + 1);
}

}  // namespace
}  // namespace daypack::core
