// SPDX-License-Identifier: MIT
// How late the messages of a connection leave, and the copies that the cache before the markets' list serves.
#include "tools/sim/server/lags.h"

#include <gtest/gtest.h>

#include "tools/sim/server/markets_cache.h"

namespace daypack::core::sim {
namespace {

// A connection that notes the delay it is given.
class Noting final : public Connection {
  public:
    explicit Noting(std::uint64_t ordinal) : ordinal_(ordinal) {}
    [[nodiscard]] std::uint64_t ordinal() const noexcept override { return ordinal_; }
    [[nodiscard]] std::size_t unsent_bytes() const noexcept override { return 0; }
    void send(Message, Form) override {}
    void stall(std::int64_t, bool) override {}
    void delay(std::int64_t by_ms, std::int64_t) override { by_ms_ = by_ms; }
    void reset() override {}
    void ping() override {}
    void close() override {}
    void ignore_close() override {}
    void cut() override {}

    [[nodiscard]] std::int64_t under(const Lags& lags) {
        lags.apply_to(*this);
        return by_ms_;
    }

  private:
    std::uint64_t ordinal_;
    std::int64_t by_ms_ = -1;
};

TEST(Lags, OfWhatConcernsALineTheLastCountsUntilItIsTakenBack) {
    Lags lags;
    Noting first(1), second(2), third(3);
    EXPECT_EQ(first.under(lags), 0);
    lags.add({0, "odd", 5, 0, 0});
    EXPECT_EQ(first.under(lags), 5);
    EXPECT_EQ(second.under(lags), 0);
    const std::uint64_t of_one = lags.add({3, "", 40, 0, 0});
    EXPECT_EQ(first.under(lags), 5);
    EXPECT_EQ(third.under(lags), 40);
    lags.remove(of_one);
    EXPECT_EQ(third.under(lags), 5);
    lags.add({0, "even", 20, 0, 0});
    EXPECT_EQ(second.under(lags), 20);
    lags.clear();
    EXPECT_EQ(second.under(lags), 0);
}

TEST(MarketsCache, TwoEdgesKeepCopiesOfDifferentAgeAndNoneThatIsTooOld) {
    MarketsCache cache;
    EXPECT_FALSE(cache.is_on());
    cache.turn_on(10'000);
    EXPECT_TRUE(cache.is_on());
    int asked = 0;
    const auto body_at = [&](std::int64_t s) {
        const auto fresh = [&] {
            Reply reply;
            reply.body = std::to_string(++asked);
            return reply;
        };
        return cache.serve("/api/v1/markets", s * 1'000'000'000, fresh).body;
    };
    EXPECT_EQ(body_at(100), "1") << "the first edge has no copy yet";
    EXPECT_EQ(body_at(100), "2") << "nor has the second";
    EXPECT_EQ(body_at(104), "1");
    EXPECT_EQ(body_at(104), "2");
    EXPECT_EQ(body_at(106), "1");
    EXPECT_EQ(body_at(106), "3") << "the second edge had its copy for half the time already";
    EXPECT_EQ(body_at(111), "4");
}

}  // namespace
}  // namespace daypack::core::sim
