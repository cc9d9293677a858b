// SPDX-License-Identifier: MIT
#include "engine/control_thread/market_witness.h"

#include <gtest/gtest.h>

namespace daypack::core {
namespace {

constexpr std::int64_t kS = 1'000'000'000;
using Existence = MarketWitness::Existence;

Market market(Reason halted = Reason::none, Unit tick = {1, -2}) {
    Market market;
    market.native = "SOL_USDC";
    market.tick = tick;
    market.step = {1, -2};
    market.halted = halted;
    market.market_type = "SPOT";
    return market;
}

// One market, its two witnesses, and a clock in seconds that the test sets.
class Markets : public testing::Test {
  protected:
    bool list(const std::optional<Market>& row, std::optional<int> age_s = std::nullopt) {
        return witness.on_list(row ? &*row : nullptr, now, age_s, now);
    }
    // /market is asked and answers.
    bool says(const Market& answer) {
        witness.on_asked(now);
        return witness.on_market(answer, now);
    }
    bool denies() {
        witness.on_asked(now);
        return witness.on_denied(now);
    }
    bool fails(bool refused = false) {
        witness.on_asked(now);
        return witness.on_no_answer(refused, now);
    }
    void pass(std::int64_t ns) { now = now + ns; }
    [[nodiscard]] Reason halted() const { return witness.market()->halted; }
    // How long until /market is to be asked.
    [[nodiscard]] std::int64_t pause_ns() const {
        std::int64_t ns = 0;
        while (!witness.due(now + ns)) ns += kS / 100;
        return ns;
    }

    MarketWitness witness;
    MonoTime now{1'000 * kS};
};

TEST_F(Markets, AListIsBelievedWhereNothingElseWasHeardAndMarketIsAsked) {
    EXPECT_TRUE(witness.due(now)) << "what nobody spoke about yet is asked for at once";
    EXPECT_TRUE(list(market()));
    EXPECT_EQ(witness.existence(), Existence::listed);
    EXPECT_TRUE(list(market(Reason::post_only))) << "no word of /market stands against it";
    EXPECT_TRUE(fails(true) || halted() == Reason::post_only);
    EXPECT_TRUE(list(market()));
    EXPECT_EQ(halted(), Reason::none);
}

TEST_F(Markets, AnOlderListNeverUndoesWhatMarketSaid) {
    EXPECT_TRUE(list(market(), 165));
    EXPECT_TRUE(says(market(Reason::closed)));
    for (int i = 0; i < 100; ++i) {  // a quarter of an hour of a copy that says otherwise
        pass(10 * kS);
        EXPECT_FALSE(list(market(), 165 + 10 * i));
        if (witness.due(now)) EXPECT_FALSE(i % 2 == 0 ? says(market(Reason::closed)) : fails());
        EXPECT_EQ(halted(), Reason::closed);
    }
}

TEST_F(Markets, AListThatSaysOtherwiseIsAReasonToAskAtOnce) {
    EXPECT_TRUE(says(market()));
    pass(20 * kS);
    EXPECT_FALSE(says(market()));
    pass(10 * kS);
    EXPECT_FALSE(witness.due(now));
    EXPECT_FALSE(list(market(Reason::none, {1, -3}), 0));
    EXPECT_TRUE(witness.due(now) && witness.doubted());
    EXPECT_TRUE(says(market(Reason::none, {1, -3})));
    EXPECT_EQ(witness.market()->tick, (Unit{1, -3}));
}

TEST_F(Markets, ANewerListCountsWhereMarketDoesNotAnswer) {
    EXPECT_TRUE(says(market()));
    pass(30 * kS);
    EXPECT_FALSE(list(market(Reason::post_only), 5));
    EXPECT_TRUE(fails());
    EXPECT_EQ(halted(), Reason::post_only);
    pass(10 * kS);
    EXPECT_FALSE(list(market(), 40)) << "of an edge whose copy is from before";
    EXPECT_FALSE(fails());
    EXPECT_EQ(halted(), Reason::post_only);
}

TEST_F(Markets, AListThatDoesNotTellItsAgeIsAsOldAsItsCacheMayBe) {
    EXPECT_TRUE(says(market()));
    pass(299 * kS);
    EXPECT_FALSE(list(market(Reason::post_only)));
    EXPECT_FALSE(fails());
    pass(2 * kS);
    EXPECT_FALSE(list(market(Reason::post_only)));
    EXPECT_TRUE(fails());
    EXPECT_EQ(halted(), Reason::post_only);
}

TEST_F(Markets, TwoEdgesOfDifferentAgeDoNotMakeItWaver) {
    int changes = list(market(), 10) ? 1 : 0;
    for (int i = 0; i < 60; ++i) {
        pass(10 * kS);
        const bool old_edge = i % 2 == 1;
        if (list(market(old_edge ? Reason::none : Reason::post_only), old_edge ? 290 : 5)) ++changes;
    }
    EXPECT_EQ(changes, 2) << "listed, then halted";
    EXPECT_EQ(halted(), Reason::post_only);
}

TEST_F(Markets, AMarketLeftOutOfListsStaysUntilMarketDeniesItTwice) {
    EXPECT_TRUE(list(market()));
    pass(10 * kS);
    EXPECT_FALSE(list(std::nullopt));
    EXPECT_TRUE(witness.due(now));
    EXPECT_FALSE(fails(true)) << "a refusal that is none of the venue's denials";
    EXPECT_FALSE(says(market()));
    pass(10 * kS);
    EXPECT_FALSE(list(std::nullopt));
    EXPECT_FALSE(denies());
    EXPECT_EQ(pause_ns(), MarketWitness::kConfirm_ns);
    EXPECT_EQ(witness.existence(), Existence::listed);
    pass(kS);
    EXPECT_TRUE(denies());
    EXPECT_EQ(witness.market(), nullptr);
    pass(30 * kS);
    EXPECT_FALSE(denies()) << "said once";
}

TEST_F(Markets, OneDenialBetweenAnswersCountsForNothing) {
    EXPECT_TRUE(says(market()));
    for (int i = 0; i < 10; ++i) {
        EXPECT_FALSE(denies());
        pass(kS);
        EXPECT_FALSE(says(market()));
        pass(kS);
    }
    EXPECT_EQ(witness.existence(), Existence::listed);
}

TEST_F(Markets, ADelistedMarketStaysGoneThoughAnOldListHasIt) {
    EXPECT_TRUE(says(market()));
    EXPECT_FALSE(denies());
    pass(kS);
    EXPECT_TRUE(denies());
    std::int64_t questions = 0;
    for (int i = 0; i < 90; ++i) {
        pass(10 * kS);
        EXPECT_FALSE(list(market(), 100 + 10 * i));
        if (!witness.due(now)) continue;
        ++questions;
        EXPECT_FALSE(denies());
    }
    EXPECT_LE(questions, 25) << "a lasting contradiction backs off";
    pass(60 * kS);
    EXPECT_TRUE(says(market())) << "alive again when it is listed again";
}

TEST_F(Markets, AMarketThatNobodyEverListedIsGoneByOneDenialOrByTheListAlone) {
    EXPECT_FALSE(list(std::nullopt));
    EXPECT_EQ(witness.existence(), Existence::unknown);
    EXPECT_FALSE(fails(false)) << "no answer proves nothing";
    EXPECT_EQ(witness.existence(), Existence::unknown);
    MarketWitness other = witness;
    EXPECT_TRUE(denies());
    EXPECT_EQ(witness.existence(), Existence::absent);
    witness = other;
    EXPECT_FALSE(list(std::nullopt));
    EXPECT_TRUE(fails(true)) << "where there is no /market the list has to do";
    EXPECT_EQ(witness.existence(), Existence::absent);
    pass(10 * kS);
    EXPECT_TRUE(list(market())) << "listed later";
}

TEST_F(Markets, EachMarketIsAskedAboutWithinAMinute) {
    for (std::uint32_t place = 0; place < 512; ++place) {
        witness = MarketWitness(place);
        EXPECT_TRUE(says(market()));
        EXPECT_LE(pause_ns(), 60 * kS);
        EXPECT_GE(pause_ns(), 45 * kS);
    }
}

TEST_F(Markets, AMarketThatChangedIsSoonAskedAboutAgain) {
    EXPECT_TRUE(says(market()));
    EXPECT_TRUE(says(market(Reason::closed)));
    for (const std::int64_t pause_s : {1, 2, 4, 8, 16, 32}) {
        EXPECT_EQ(pause_ns(), pause_s * kS);
        pass(pause_ns());
        EXPECT_FALSE(says(market(Reason::closed)));
    }
    EXPECT_GE(pause_ns(), 45 * kS);
}

TEST_F(Markets, DoubtsInVainBackOffAndOneThatWasRightStartsOver) {
    EXPECT_TRUE(says(market()));
    int questions = 0;
    for (const MonoTime end = now + 600 * kS; now < end; pass(kS / 100)) {  // a bad frame each 10 ms, ten minutes long
        witness.doubt(now);
        if (!witness.due(now)) continue;
        ++questions;
        EXPECT_FALSE(says(market()));
    }
    EXPECT_GE(questions, 10);
    EXPECT_LE(questions, 25);
    pass(60 * kS);
    EXPECT_FALSE(says(market())) << "a question without a doubt";
    pass(kS);
    witness.doubt(now);
    EXPECT_TRUE(witness.due(now)) << "at once again";
    EXPECT_TRUE(says(market(Reason::none, {1, -3})));
    witness.doubt(now);
    EXPECT_LE(pause_ns(), MarketWitness::kDoubt_ns);
}

TEST_F(Markets, ADoubtWhileTheQuestionIsUnderWayIsLookedAtAfterIt) {
    EXPECT_TRUE(says(market()));
    pass(10 * kS);
    witness.on_asked(now);
    witness.doubt(now);
    EXPECT_FALSE(witness.due(now)) << "one question at a time";
    pass(kS / 10);
    EXPECT_FALSE(witness.on_market(market(), now));
    EXPECT_LE(pause_ns(), kS);
}

TEST_F(Markets, AMarketThatDoesNotAnswerIsAskedLessAndLess) {
    EXPECT_TRUE(says(market()));
    int questions = 0;
    for (const MonoTime end = now + 600 * kS; now < end; pass(kS / 10)) {
        if (!witness.due(now)) continue;
        ++questions;
        EXPECT_FALSE(fails());
        EXPECT_EQ(witness.existence(), Existence::listed);
    }
    EXPECT_LE(questions, 20);
    EXPECT_GE(questions, 10);
}

}  // namespace
}  // namespace daypack::core
