// SPDX-License-Identifier: MIT
// Lines lag by seconds behind each other in a market with few updates: a late line breaks no book, and a new numbering
// is still followed within a second.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

#include "book/silence.h"
#include "tests/book/sync/sync_feed.h"
#include "tests/support/random.h"

namespace daypack::core {
namespace {

using test::Feed;
using test::kOldLevel;
using test::Outcome;
using test::Random;
using test::TwoLines;

// A market with updates at a rate, lines that deliver each of them after a lag, and REST that answers at once. Only
// what a connection had not delivered when it ended is lost. The book's levels show its last update.
class LagWorld {
  public:
    struct Options {
        std::int64_t gap_ms = 1'000;                    // between two updates, on average
        std::vector<std::int64_t> lags_ms;              // of each line
        std::int64_t reconnect_ms = 0;                  // the average time between reconnects of a line; 0: never
        bool the_prompt_one_is_connected_anew = false;  // line 0 is, too
    };
    LagWorld(Options options, Random& random)
        : options_(std::move(options)), random_(random), lines_(options_.lags_ms.size()) {
        for (Line& line : lines_) line.up = true;
        tell_lines();
    }

    void run_ms(std::int64_t ms) {
        for (const std::int64_t end_ms = now_ms_ + ms; now_ms_ < end_ms; now_ms_ += kStep_ms) step();
    }
    void reconnects_end() { options_.reconnect_ms = 0; }
    // Cuts all connections; the lines come back one after the other.
    void restart(Sequence first_id) {
        last_ = first_id - 1;
        restarted_ = true;
        for (std::size_t line = 0; line < lines_.size(); ++line) cut(line);
    }

    [[nodiscard]] const Sync& sync() const { return feed_.sync; }
    [[nodiscard]] std::uint64_t named() const { return named_; }
    [[nodiscard]] bool wrong() const { return wrong_; }

  private:
    static constexpr std::int64_t kStep_ms = 10;
    struct Frame {
        Sequence id;
        std::int64_t due_ms;
    };
    struct Line {
        bool up = false;
        std::int64_t back_ms = 0;  // when it is connected again
        std::deque<Frame> flight;
    };

    void tell_lines() {
        Sync::LineSet up = 0;
        for (std::size_t line = 0; line < lines_.size(); ++line) up |= Sync::LineSet{lines_[line].up} << line;
        feed_.sync.on_lines(up, feed_.now);
    }
    void cut(std::size_t line) {
        lines_[line] = {};
        lines_[line].back_ms = now_ms_ + 100 + random_.below(900);
        tell_lines();
    }
    void step() {
        feed_.wait_ms(kStep_ms);
        if (now_ms_ >= next_update_ms_) {
            ++last_;
            for (std::size_t line = 0; line < lines_.size(); ++line) {
                if (lines_[line].up) lines_[line].flight.push_back({last_, now_ms_ + options_.lags_ms[line]});
            }
            next_update_ms_ = now_ms_ + kStep_ms + random_.below(2 * options_.gap_ms);
        }
        for (std::size_t line = 0; line < lines_.size(); ++line) step_line(line);
        const Sync::LineSet foreign = feed_.sync.take_foreign_lines(feed_.now);
        for (std::size_t line = 0; line < lines_.size(); ++line) {
            if ((foreign >> line & 1) == 0) continue;
            ++named_;
            if (lines_[line].up) cut(line);
        }
        step_rest();
        look();
    }
    void step_line(std::size_t at) {
        Line& line = lines_[at];
        if (!line.up) {
            line.up = now_ms_ >= line.back_ms;
            if (line.up) tell_lines();
            return;
        }
        for (; !line.flight.empty() && now_ms_ >= line.flight.front().due_ms; line.flight.pop_front()) {
            const Sequence id = line.flight.front().id;
            if (restarted_ && new_sent_ms_ == 0) new_sent_ms_ = now_ms_;
            feed_.deliver(id, static_cast<LineIndex>(at));
        }
        const bool may = at != 0 || options_.the_prompt_one_is_connected_anew;
        if (may && options_.reconnect_ms != 0 && random_.once_in(options_.reconnect_ms / kStep_ms)) cut(at);
    }
    void step_rest() {
        if (feed_.wants()) (void)feed_.answer(last_);
        if (check_asked_.ns != 0) feed_.sync.on_rest_id(check_id_, check_asked_, feed_.now);
        check_asked_ = {};
        if (!silence_.should_ask_rest(feed_.sync, feed_.now)) return;
        check_asked_ = feed_.now;
        check_id_ = last_;
    }
    void look() {
        if (feed_.sync.state() != State::live) return;
        wrong_ |= feed_.stands_at() != feed_.sync.last_id() || feed_.sync.reason() != Reason::none;
        const bool is_old = feed_.sync.last_id() > last_;  // a new numbering begins far below
        wrong_ |= new_sent_ms_ != 0 && is_old && now_ms_ - new_sent_ms_ >= 1'000;
    }

    Options options_;
    Random& random_;
    Feed feed_;
    std::vector<Line> lines_;
    Silence silence_{60'000'000'000};
    Sequence last_ = 1'000'000;
    std::int64_t now_ms_ = 0;
    std::int64_t next_update_ms_ = 0;
    bool restarted_ = false;
    std::int64_t new_sent_ms_ = 0;  // when a line first sent the new numbering; 0: not yet
    std::uint64_t named_ = 0;
    bool wrong_ = false;
    MonoTime check_asked_;
    Sequence check_id_ = 0;
};

// A line was ahead when a snapshot was joined; another line sends the same updates a little later.
TEST(SyncLag, WhatIsOlderThanTheSnapshotIsNoRestartWhereTheLineGoesOnStepByStep) {
    TwoLines feed;
    feed.reconnect(1);
    feed.lines(0b111);
    feed.deliver(1050, 2, kOldLevel);  // so that nothing of line 1 is kept
    for (Sequence id = 1002; id <= 1010; ++id) feed.deliver(id, 1);
    EXPECT_EQ(feed.deliver(1002, 0), Outcome::applied) << "line 1 is trusted from now on, and has sent 1010";
    feed.lines(0b011);
    feed.wait_ms(0);
    feed.wait_ms(Sync::kGapWait_ns / test::kMs);
    ASSERT_TRUE(feed.is(State::syncing, Reason::gap));
    for (Sequence id = 1003; id <= 1010; ++id) EXPECT_EQ(feed.deliver(id, 0), Outcome::ignored);
    feed.wait_ms(20);
    ASSERT_TRUE(feed.answer(1010));
    for (int i = 0; i < 40; ++i) feed.wait_ms(50);
    EXPECT_TRUE(feed.live_at(1010));
    EXPECT_EQ(feed.sync.counters().restarts, 0u);
}

// The chain jumped ahead after a loss; a line that sent it before is seconds behind.
TEST(SyncLag, ALineThatGoesOnBehindAGapIsNeitherARestartNorReplaced) {
    TwoLines feed;
    for (Sequence id = 1002; id <= 1010; ++id) feed.deliver(id, 0);
    feed.deliver(1002, 1);
    feed.deliver(1012, 0);  // 1011 was lost
    feed.wait_ms(50);
    feed.deliver(1014, 0);  // and 1013
    ASSERT_TRUE(feed.answer(1014));
    for (Sequence id = 1003; id <= 1013; ++id) {
        EXPECT_EQ(feed.deliver(id, 1), Outcome::ignored);
        feed.wait_ms(400);
        EXPECT_TRUE(feed.live_at(1014)) << id;
        EXPECT_EQ(feed.sync.take_foreign_lines(feed.now), 0u) << id;
    }
    feed.deliver(1014, 1);
    EXPECT_EQ(feed.deliver(1015, 1), Outcome::applied);
    EXPECT_TRUE(feed.live_at(1015));
    EXPECT_EQ(feed.sync.counters().restarts, 0u);
}

// 0.2 to 10 updates a second; line 0 is prompt, the others lag by 0.2 to 6 s.
LagWorld::Options draw(Random& random) {
    LagWorld::Options options;
    options.gap_ms = 100 + random.below(4'900);
    options.lags_ms.resize(2 + static_cast<std::size_t>(random.below(3)));
    for (std::int64_t& lag_ms : options.lags_ms) lag_ms = 200 + random.below(5'801);
    options.lags_ms[0] = random.below(200);
    return options;
}

constexpr std::uint64_t kWorlds = 300;

void expect_calm(std::int64_t reconnect_ms) {
    for (std::uint64_t seed = 1; seed <= kWorlds; ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        LagWorld::Options options = draw(random);
        options.reconnect_ms = reconnect_ms;
        LagWorld world(options, random);
        world.run_ms(60'000);
        ASSERT_FALSE(world.wrong());
        ASSERT_EQ(world.sync().counters().restarts, 0u);
        ASSERT_EQ(world.sync().counters().resyncs, 0u);
        ASSERT_EQ(world.sync().counters().snapshots, 1u);
        ASSERT_EQ(world.named(), 0u);
    }
}

// The book stands at 1001. Line 0, which is first, is reconnected; line 1 brings each update so many steps of 10 ms
// later, and so shows that line 0 sends the same numbering.
struct FirstLineIsBack : TwoLines {
    explicit FirstLineIsBack(Sequence late_by) : late_by_(late_by) {
        reconnect(0);
        for (Sequence id = 1002; id < 1002 + late_by; ++id) step(id, 0);
    }
    // Line 0 brings that update, and line 1 the one that it is at; 0: none.
    void step(Sequence id, Sequence late_id) {
        deliver(id, 0);
        if (late_id != 0) deliver(late_id, 1);
        wait_ms(10);
        was_always_live_ &= sync.state() == State::live;
    }
    Sequence late_by_;
    bool was_always_live_ = true;
};

TEST(SyncLag, TheBookGoesOnAtOnceWithWhatTheFirstLineSentBeforeItWasTrusted) {
    for (const Sequence late_by : {6, 20, 40, 70}) {
        FirstLineIsBack feed(late_by);
        for (Sequence id = 1002; id < 1200; ++id) {
            feed.step(id + late_by, id);
            ASSERT_TRUE(feed.live_at(id + late_by)) << late_by;
        }
        EXPECT_EQ(feed.sync.counters().gaps, 0u) << late_by;
        EXPECT_EQ(feed.sync.counters().waits, 0u) << late_by;
    }
}

TEST(SyncLag, ItNeedsTheLateLineForThatOnlyOnce) {
    FirstLineIsBack feed(20);
    feed.step(1022, 1002);
    for (Sequence id = 1023; id < 1123; ++id) feed.step(id, 0);
    EXPECT_TRUE(feed.was_always_live_);
    EXPECT_TRUE(feed.live_at(1122));
}

// The first line's frame of 1010 is lost, so the updates behind it alone are kept.
struct OneOfThoseIsLost : TwoLines {
    OneOfThoseIsLost() {
        reconnect(0);
        for (Sequence id = 1002; id <= 1020; ++id) {
            if (id != 1010) deliver(id, 0);
        }
        deliver(1002, 1);
    }
};

TEST(SyncLag, TheLateLineMayBringInTimeWhatIsMissingAmongThem) {
    OneOfThoseIsLost feed;
    for (Sequence id = 1003; id <= 1010; ++id) {
        EXPECT_EQ(feed.sync.flags() & kBehind, kBehind) << id;
        feed.deliver(id, 1);
        feed.wait_ms(5);
    }
    EXPECT_TRUE(feed.live_at(1020));
    EXPECT_EQ(feed.sync.flags() & kBehind, 0);
}

TEST(SyncLag, AHoleAmongThemWaitsNoLongerThanAnyOther) {
    OneOfThoseIsLost feed;
    feed.wait_ms(49);
    EXPECT_TRUE(feed.sync.state() == State::live);
    feed.wait_ms(1);
    EXPECT_TRUE(feed.is(State::syncing, Reason::gap));
}

// The line goes back to the book's numbering, and is trusted for that: what it sent before is of another one.
TEST(SyncLag, WhatALineSentBeforeItWentBackIsNotFollowed) {
    TwoLines feed;
    feed.reconnect(0);
    for (Sequence id = 1004; id <= 1010; ++id) feed.deliver(id, 0, kOldLevel);
    feed.deliver(1002, 1);
    feed.deliver(1002, 0);
    for (Sequence id = 1003; id <= 1010; ++id) {
        feed.deliver(id, 0);
        EXPECT_TRUE(feed.live_at(id));
    }
    EXPECT_EQ(feed.sync.book().side(Side::ask).at({150}).steps, 0);
}

TEST(SyncLag, NorWhatItSentOverAConnectionThatEnded) {
    TwoLines feed;
    feed.reconnect(0);
    for (Sequence id = 1002; id <= 1010; ++id) feed.deliver(id, 0, kOldLevel);
    feed.reconnect(0);
    feed.deliver(1002, 1, kOldLevel);
    EXPECT_TRUE(feed.live_at(1002));
    feed.deliver(1003, 0, kOldLevel);
    feed.deliver(1003, 1, kOldLevel);
    EXPECT_TRUE(feed.live_at(1003));
}

// Line 0 is back for a moment only; line 2 then sends more than the book has, too.
TEST(SyncLag, ALineThatIsGoneTakesNoPlaceFromAnother) {
    TwoLines feed;
    feed.lines(0b110);
    feed.lines(0b111);
    feed.deliver(1010, 0);
    feed.lines(0b110);
    for (Sequence id = 1002; id <= 1020; ++id) feed.deliver(id, 2);
    EXPECT_EQ(feed.deliver(1002, 1), Outcome::applied);
    EXPECT_TRUE(feed.live_at(1020));
}

// All lines were reconnected, and the venue restarted its numbering. For 9 s no update shows it, and snapshots are
// requested ever more rarely; the first update is joined as soon as after a short silence.
TEST(SyncLag, TheFirstUpdateAfterALongSilenceIsJoinedSoon) {
    TwoLines feed;
    feed.lines(0);
    feed.lines(0b11);
    for (int ms = 0; ms < 9'000; ms += 10) {
        if (feed.wants()) {
            EXPECT_FALSE(feed.answer(5));
        }
        feed.wait_ms(10);
    }
    feed.deliver(6, 0);
    int waited_ms = 0;
    for (; waited_ms < 1'000 && !feed.wants(); ++waited_ms) feed.wait_ms(1);
    EXPECT_LE(waited_ms, 100);
    ASSERT_TRUE(feed.answer(6));
    feed.wait_ms(Sync::kBelow_ns / test::kMs);
    EXPECT_TRUE(feed.live_at(6));
}

TEST(SyncLag, NothingThatALateLineSendsEndsABook) {
    expect_calm(0);
}

TEST(SyncLag, NorDoesALateLineThatReconnects) {
    expect_calm(20'000);
}

// While the prompt line is gone for a moment, the others cannot bring for seconds what it missed: the book may break.
TEST(SyncLag, OnceThePromptLineIsBackTheBookStandsAndNoLineIsReplaced) {
    for (std::uint64_t seed = 1; seed <= kWorlds; ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        LagWorld::Options options = draw(random);
        options.reconnect_ms = 20'000;
        options.the_prompt_one_is_connected_anew = true;
        LagWorld world(options, random);
        world.run_ms(60'000);
        world.reconnects_end();
        world.run_ms(40'000);
        const Sync::Counters before = world.sync().counters();
        const std::uint64_t named = world.named();
        world.run_ms(40'000);
        ASSERT_FALSE(world.wrong());
        ASSERT_EQ(world.sync().counters().restarts, before.restarts);
        ASSERT_EQ(world.sync().counters().resyncs, before.resyncs);
        ASSERT_EQ(world.named(), named);
    }
}

TEST(SyncLag, ANewNumberingIsNeverShownAsTheOldOneForASecondHoweverLateTheLinesAre) {
    for (std::uint64_t seed = 1; seed <= kWorlds; ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        LagWorld world(draw(random), random);
        world.run_ms(20'000 + random.below(10'000));
        world.restart(5'000);
        world.run_ms(60'000);
        ASSERT_FALSE(world.wrong());
        ASSERT_EQ(world.sync().state(), State::live);
        ASSERT_LT(world.sync().last_id(), 1'000'000u);
    }
}

}  // namespace
}  // namespace daypack::core
