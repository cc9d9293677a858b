// SPDX-License-Identifier: MIT
// Two numberings of one market have equal updates under the same ids now and then, as when both remove the same level.
// Such an update is no copy if its line has contradicted the chain before.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <map>

#include "tests/book/map_book.h"
#include "tests/book/sync/sync_feed.h"
#include "tests/support/random.h"

namespace daypack::core {
namespace {

using test::Delta;
using test::Deltas;
using test::Feed;
using test::kMs;
using test::kNewLevel;
using test::kOldLevel;
using test::MapBook;
using test::OneLineTurned;
using test::Outcome;
using test::Random;
using test::TwoLines;

bool shows_the_new_book_alone(const Feed& feed, Sequence id) {
    return feed.live_at(id) && feed.sync.book().side(Side::ask).at({150}).steps == 0;
}

TEST(SyncChance, AnEqualUpdateIsNoCopyWhereItsLineContradictedTheChainBefore) {
    OneLineTurned feed;
    ASSERT_TRUE(shows_the_new_book_alone(feed, 1010));
    feed.deliver(1011, 0);
    EXPECT_EQ(feed.deliver(1006, 1, kOldLevel), Outcome::ignored);
    for (Sequence id = 1007; id <= 1010; ++id) feed.deliver(id, 1, kOldLevel);
    EXPECT_EQ(feed.deliver(1011, 1), Outcome::ignored) << "just as line 0 sent it";
    EXPECT_EQ(feed.deliver(1012, 1, kOldLevel), Outcome::ignored);
    EXPECT_TRUE(shows_the_new_book_alone(feed, 1011));
    feed.deliver(1012, 0, kNewLevel);
    EXPECT_TRUE(shows_the_new_book_alone(feed, 1012));
    EXPECT_EQ(feed.sync.counters().restarts, 1u);
}

TEST(SyncChance, NorWhereTheLineIsAheadOfTheBook) {
    OneLineTurned feed;
    feed.reconnect(1);
    for (Sequence id = 1011; id <= 1012; ++id) feed.deliver(id, 1, kOldLevel);
    feed.deliver(1013, 1);
    feed.deliver(1011, 0, kNewLevel);
    feed.deliver(1012, 0, kNewLevel);
    feed.deliver(1013, 0);
    EXPECT_EQ(feed.deliver(1014, 1, kOldLevel), Outcome::ignored);
    EXPECT_TRUE(shows_the_new_book_alone(feed, 1013));
}

// Line 1 has gone over to a numbering that goes on where the book stood, line 0 still sends the old one, and REST has
// the new one. Line 0's only update since removes a level that neither book has: no evidence that they are one book.
TEST(SyncChance, ALevelThatBothLackMakesNoSnapshotTheBookWhileAnotherLineDisagrees) {
    const Deltas removal{{Side::ask, {170}, {0}}};
    TwoLines feed;
    feed.deliver(1002, 0, kOldLevel);
    feed.deliver(1002, 1, kNewLevel);
    ASSERT_TRUE(feed.is(State::syncing, Reason::restart));
    feed.send(1003, 1003, 0, removal);
    feed.deliver(1003, 1, kNewLevel);
    feed.wait_ms(20);
    Snapshot of_the_new = feed.snapshot(1003);
    of_the_new.asks = {{{160}, {3}}, {{200}, {1}}};
    EXPECT_FALSE(feed.answer(of_the_new));
    EXPECT_TRUE(feed.is(State::syncing, Reason::restart));
    feed.reconnect(0);  // and it sends the new one, too
    for (Sequence id = 1004; id <= 1006; ++id) feed.deliver(id, 0, kNewLevel);
    feed.wait_ms(1'000);
    for (Sequence id = 1004; id <= 1007; ++id) feed.deliver(id, 1, kNewLevel);
    feed.deliver(1007, 0, kNewLevel);
    for (int i = 0; i < 30 && feed.sync.state() != State::live; ++i) {
        feed.wait_ms(50);
        of_the_new.last_id = 1007;
        of_the_new.bids = {{{100}, {1007}}};
        if (feed.wants()) (void)feed.answer(of_the_new);
    }
    EXPECT_TRUE(shows_the_new_book_alone(feed, 1007));
}

// Where no line disagrees it is enough, so that a slow market is not without a book until its next update.
TEST(SyncChance, WhereNoLineDisagreesItIsEnough) {
    Feed feed;
    feed.follow(1000);
    feed.send(5, 5, 0, {{Side::ask, {170}, {0}}});
    ASSERT_TRUE(feed.is(State::syncing, Reason::restart));
    feed.wait_ms(20);
    EXPECT_TRUE(feed.answer(5));
}

// 1004 is the last update of the old numbering on both lines, and the new numbering's 1004 is equal to it.
TEST(SyncChance, NorWhereTheChainThatWasGivenUpSaidTheSame) {
    TwoLines feed;
    feed.both(1002, 1003);
    feed.deliver(1004, 0);
    feed.turn_line_0(1002, 1002);
    EXPECT_EQ(feed.deliver(1004, 1), Outcome::ignored);
    feed.deliver(1003, 0, kNewLevel);
    feed.deliver(1004, 0);
    EXPECT_EQ(feed.deliver(1005, 1, kOldLevel), Outcome::ignored);
    EXPECT_EQ(feed.deliver(1005, 0, kNewLevel), Outcome::applied);
    EXPECT_TRUE(shows_the_new_book_alone(feed, 1005));
}

// The line's ids go back, so it may send the book's numbering now.
TEST(SyncChance, ALineThatTurnsToTheBooksNumberingIsTrustedAtOnce) {
    OneLineTurned feed;
    for (Sequence id = 1006; id <= 1014; ++id) feed.deliver(id, 1, kOldLevel);
    feed.deliver(1011, 0, kNewLevel);
    feed.deliver(1011, 1, kNewLevel);
    EXPECT_EQ(feed.deliver(1012, 1, kNewLevel), Outcome::applied);
    EXPECT_TRUE(shows_the_new_book_alone(feed, 1012));
}

// The line contradicted the chain that line 0 gives up.
TEST(SyncChance, ALineThatSentTheNewNumberingFirstIsTrustedOnceAnotherTurnsToIt) {
    TwoLines feed;
    feed.both(1002, 1005);
    feed.reconnect(1);
    for (Sequence id = 1003; id <= 1005; ++id) feed.deliver(id, 1, kNewLevel);
    feed.turn_line_0(1003, 1005);
    EXPECT_EQ(feed.deliver(1006, 1, kNewLevel), Outcome::applied);
    EXPECT_TRUE(shows_the_new_book_alone(feed, 1006));
}

// A numbering of a market in which every update sets or removes one of 28 levels.
class Numbering {
  public:
    Numbering(Sequence last, Random& random) : last_(last), random_(random) {
        for (std::int64_t i = 1; i <= 10; ++i) {
            book_.apply({Side::bid, {1000 - i}, {1 + random_.below(900)}});
            book_.apply({Side::ask, {1000 + i}, {1 + random_.below(900)}});
        }
        books_[last_] = book_;
    }
    void step() {
        const Side side = random_.once_in(2) ? Side::bid : Side::ask;
        const Price price{1000 + (side == Side::bid ? -1 : 1) * (1 + random_.below(14))};
        const bool goes = book_.at(side, price).steps != 0 && book_.side(side).size() > 4 && random_.once_in(2);
        const Delta delta{side, price, {goes ? 0 : 1 + random_.below(900)}};
        book_.apply(delta);
        updates_[++last_] = delta;
        books_[last_] = book_;
    }
    [[nodiscard]] Sequence last() const { return last_; }
    [[nodiscard]] const Delta& at(Sequence id) const { return updates_.at(id); }
    [[nodiscard]] Snapshot snapshot() const { return book_.snapshot(last_, {}, 5000); }
    [[nodiscard]] bool is(const OrderBook& book, Sequence id) const {
        const auto found = books_.find(id);
        if (found == books_.end()) return false;
        return test::best_first(book.side(Side::bid)) == found->second.best_first(Side::bid) &&
               test::best_first(book.side(Side::ask)) == found->second.best_first(Side::ask);
    }

  private:
    Sequence last_;
    Random& random_;
    MapBook book_;
    std::map<Sequence, Delta> updates_;
    std::map<Sequence, MapBook> books_;
};

// Line 0 changes to the new numbering; line 1 continues the old one over the same connection, 20 ms late. Both have an
// update each 10 ms. After 3 s line 1 changes as well.
class RollingWorld {
  public:
    explicit RollingWorld(std::uint64_t seed)
        : random_(seed), numberings_{Numbering{1'000'000, random_}, Numbering{1'000'096, random_}} {
        sync_.on_lines(0b11, now_);
    }
    // The id of the first LIVE book that is of no numbering; 0: there is none.
    Sequence run() {
        for (int step = 0; step < 500 && wrong_ == 0; ++step) {
            if (step < 100) send_next(0, 0);
            if (step >= 100) send_next(0, 1);
            if (step < 400) send_next(1, 0);
            if (step >= 400) send_next(1, 1);
            wait();
        }
        return wrong_;
    }
    [[nodiscard]] bool live_and_new() const {
        return sync_.state() == State::live && numberings_[1].is(sync_.book(), sync_.last_id());
    }
    [[nodiscard]] const Sync::Counters& counters() const { return sync_.counters(); }

  private:
    void send_next(LineIndex line, std::size_t numbering) {
        Numbering& sent = numberings_[numbering];
        if (sent.last() == stepped_[numbering]) sent.step();
        late_[line].push_back({numbering, sent.last()});
        for (; late_[line].size() > (line == 0 ? 0 : 2); late_[line].pop_front())
            feed_update(line, late_[line].front());
    }
    struct Frame {
        std::size_t numbering;
        Sequence id;
    };
    void feed_update(LineIndex line, Frame frame) {
        const Delta& delta = numberings_[frame.numbering].at(frame.id);
        Event event;
        event.first_id = event.last_id = frame.id;
        event.receive = now_;
        event.side = delta.side;
        event.price = delta.price;
        event.quantity = delta.quantity;
        event.line = line;
        event.last = true;
        (void)sync_.on_update({&event, 1}, now_);
        look();
    }
    void wait() {
        for (std::size_t i = 0; i < 2; ++i) stepped_[i] = numberings_[i].last();
        now_ = now_ + 10 * kMs;
        (void)sync_.on_time(now_);
        look();
        if (!sync_.wants_snapshot(now_)) return;
        const std::uint32_t request = sync_.take_request(now_);
        (void)sync_.on_snapshot(request, numberings_[numberings_[1].last() > 1'000'096 ? 1 : 0].snapshot(), now_);
        look();
    }
    void look() {
        if (sync_.state() != State::live || wrong_ != 0) return;
        const bool is_one = std::any_of(numberings_.begin(), numberings_.end(),
                                        [&](const Numbering& one) { return one.is(sync_.book(), sync_.last_id()); });
        if (!is_one) wrong_ = sync_.last_id();
    }

    Random random_;
    std::array<Numbering, 2> numberings_;
    std::array<Sequence, 2> stepped_{1'000'000, 1'000'096};
    std::array<std::deque<Frame>, 2> late_;
    MonoTime now_{1};
    PendingPool pool_{1'000};
    Sync sync_{64, 20, pool_};
    Sequence wrong_ = 0;
};

constexpr std::uint64_t kWorlds = 40;

TEST(SyncChance, NoBookIsMixedOfTwoNumberingsWhereOneLineTurnsSecondsAfterTheOther) {
    for (std::uint64_t seed = 1; seed <= kWorlds; ++seed) {
        RollingWorld world(seed);
        ASSERT_EQ(world.run(), 0u) << "seed " << seed;
        ASSERT_TRUE(world.live_and_new()) << seed;
        ASSERT_EQ(world.counters().restarts, 1u) << seed;
    }
}

}  // namespace
}  // namespace daypack::core
