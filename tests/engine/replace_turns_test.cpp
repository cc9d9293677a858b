// SPDX-License-Identifier: MIT
// Which line may be reconnected for a market's sake, over minutes that take no time.
#include "engine/book_thread/replace_turns.h"

#include <gtest/gtest.h>

namespace daypack::core {
namespace {

constexpr std::int64_t kS = 1'000'000'000;

class Turns : public testing::Test {
  protected:
    struct Turn {
        Sync::LineSet line;
        std::int64_t began_s, last_s;
    };
    // The symbols ask each second for so long. Which line had its turn when.
    std::vector<Turn> ask(std::initializer_list<SymbolIndex> symbols, Sync::LineSet lines, std::int64_t seconds,
                          std::int64_t patience_ns = 0) {
        std::vector<Turn> seen;
        const MonoTime began = now;
        for (; now - began < seconds * kS; now = now + kS) {
            const std::int64_t at_s = (now - began) / kS;
            for (const SymbolIndex symbol : symbols) {
                const Sync::LineSet line = turns.take(symbol, lines, patience_ns, now);
                EXPECT_EQ(line & ~lines, 0u);
                if (line == 0) continue;
                if (seen.empty() || seen.back().line != line || at_s - seen.back().last_s > 1) {
                    seen.push_back({line, at_s, at_s});
                }
                seen.back().last_s = at_s;
            }
        }
        return seen;
    }

    ReplaceTurns turns{8};
    MonoTime now{1'000 * kS};
};

TEST_F(Turns, TheLinesHaveTheirTurnOneAfterTheOtherAndEverMoreRarely) {
    const auto seen = ask({3}, 0b11, 300);
    ASSERT_EQ(seen.size(), 7u);
    const std::int64_t began_s[] = {0, 15, 45, 105, 165, 225, 285};
    for (std::size_t i = 0; i < seen.size(); ++i) {
        EXPECT_EQ(seen[i].line, i % 2 == 0 ? 0b01u : 0b10u);
        EXPECT_EQ(seen[i].began_s, began_s[i]);
        EXPECT_EQ(seen[i].last_s, began_s[i] + 4);
    }
}

TEST_F(Turns, ManySymbolsTogetherGetNoMoreThanOneLineInTenSeconds) {
    const auto seen = ask({0, 1, 2, 3, 4}, 0b111, 60);
    ASSERT_GE(seen.size(), 2u);
    for (std::size_t i = 1; i < seen.size(); ++i) EXPECT_GT(seen[i].began_s - seen[i - 1].last_s, 10);
}

TEST_F(Turns, ASymbolOfAnotherLineWaitsUntilTheTurnIsOver) {
    EXPECT_EQ(turns.take(0, 0b01, 0, now), 0b01u);
    EXPECT_EQ(turns.take(1, 0b10, 0, now), 0u);
    EXPECT_EQ(turns.take(2, 0b11, 0, now), 0b01u) << "the turn is of the line, whoever asks";
    now = now + ReplaceTurns::kOpen_ns + ReplaceTurns::kApart_ns;
    EXPECT_EQ(turns.take(1, 0b10, 0, now), 0b10u);
}

TEST_F(Turns, ASymbolThatWasWellForAMinuteIsHelpedSoonAgain) {
    (void)ask({0}, 0b11, 120);
    now = now + ReplaceTurns::kForget_ns;
    const auto seen = ask({0}, 0b11, 20);
    ASSERT_EQ(seen.size(), 2u);
    EXPECT_EQ(seen[1].began_s, 15);
}

TEST_F(Turns, WhoHasToBePatientAsksInVainAtFirst) {
    const auto seen = ask({0}, 0b11, 20, 10 * kS);
    ASSERT_EQ(seen.size(), 1u);
    EXPECT_EQ(seen[0].began_s, 10);
}

}  // namespace
}  // namespace daypack::core
