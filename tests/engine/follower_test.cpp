// SPDX-License-Identifier: MIT
// A whole book by image and ring, against a slow model: every book that ever was, kept by its id.
#include <map>
#include <random>

#include "engine/control_thread/book_images.h"
#include "engine/include/daypack/follow.h"
#include "engine/shm/image_writer.h"
#include "tests/engine/follower_world.h"
#include "tests/engine/shm_fixture.h"

namespace daypack::core {
namespace {

using test::delta;
using test::Instance;
using test::Writer;

constexpr std::size_t kRoom = 256;  // levels a side of everything here

using Side_ = std::map<std::int64_t, std::int64_t>;  // quantity by price
struct Truth {
    Side_ bids, asks;
    bool operator==(const Truth&) const = default;
};

// A market, what its engine publishes of it, and what it has been.
class Market {
  public:
    explicit Market(const Instance& instance, std::size_t ring = 256)
        : options_(options_of(instance, ring)), writer_(std::make_unique<Writer>(options_, 4 * kRoom)) {}

    // The next update of some levels.
    void update(std::mt19937& random) {
        const Sequence first = u_ + 1;
        u_ += random() % 4 == 0 ? 1 + random() % 5 : 1;  // some are of several ids
        std::vector<Event> events;
        const std::size_t levels = random() % 8 == 0 ? 0 : 1 + random() % 4;
        for (std::size_t i = 0; i < levels; ++i) {
            const bool bid = random() % 2 == 0;
            const auto ticks = static_cast<std::int64_t>(bid ? 1000 - random() % 60 : 1001 + random() % 60);
            const auto steps = static_cast<std::int64_t>(random() % 3 == 0 ? 0 : 1 + random() % 9);
            events.push_back(delta(u_, bid ? Side::bid : Side::ask, ticks, steps, i + 1 == levels));
            events.back().first_id = first;
            auto& side = bid ? now_.bids : now_.asks;
            if (steps == 0)
                side.erase(ticks);
            else
                side[ticks] = steps;
        }
        if (levels == 0) {
            events.push_back(delta(u_, Side::bid, 0, 0));
            events.back().first_id = first;
            events.back().kind = EventKind::advance;
            writer_->publisher.publish_book(writer_->update(u_), events);
        } else {
            writer_->apply(events);
        }
        remember();
    }
    // An update of some bids.
    void set_bids(const std::vector<std::int64_t>& prices, std::int64_t steps) {
        ++u_;
        std::vector<Event> events;
        for (const std::int64_t ticks : prices) {
            events.push_back(delta(u_, Side::bid, ticks, steps, ticks == prices.back()));
            if (steps == 0)
                now_.bids.erase(ticks);
            else
                now_.bids[ticks] = steps;
        }
        writer_->apply(events);
        remember();
    }
    void advance() {
        std::vector<Event> events{delta(++u_, Side::bid, 0, 0)};
        events.back().kind = EventKind::advance;
        writer_->publisher.publish_book(writer_->update(u_), events);
        remember();
    }
    // Another engine that has the book already, and says nothing but the epoch.
    void take_over() {
        writer_.reset();
        writer_ = std::make_unique<Writer>(options_, 4 * kRoom);
        writer_->book.seed(snapshot());
        writer_->publisher.publish_book(writer_->update(u_), {});
        writer_->book.clear_dirty();
    }
    // What the control thread does: a snapshot comes, and some time later its audit passes.
    void snapshot_comes() { asked_ = {snapshot(), load_relaxed(writer_->segment.header().published)}; }
    void answer_is_late() { asked_->second = load_relaxed(writer_->segment.header().published); }
    void audit_passes() {
        if (!asked_) return;
        const ImageWriter images(writer_->segment);
        EXPECT_TRUE(images.write(writer_->symbol, asked_->first, {{1, -1}, {1, -3}}, asked_->second));
        asked_.reset();
    }
    void seed() {
        writer_->book.seed(snapshot());
        writer_->publisher.publish_snapshot(writer_->update(u_));
        writer_->book.clear_dirty();
    }

    [[nodiscard]] const Truth* at(Sequence u) const {
        const auto found = past_.find(u);
        return found == past_.end() ? nullptr : &found->second;
    }
    [[nodiscard]] Sequence u() const { return u_; }
    [[nodiscard]] Writer& writer() { return *writer_; }

  private:
    static SegmentOptions options_of(const Instance& instance, std::size_t ring) {
        SegmentOptions options = instance.options(4, 4, ring);
        options.image_levels = kRoom;
        return options;
    }
    [[nodiscard]] Snapshot snapshot() const {
        Snapshot made;
        made.last_id = u_;
        for (const auto& [price, quantity] : now_.bids) made.bids.push_back({Price{price}, Quantity{quantity}});
        for (const auto& [price, quantity] : now_.asks) made.asks.push_back({Price{price}, Quantity{quantity}});
        return made;
    }
    void remember() {
        past_[u_] = now_;
        if (past_.size() > 2'000) past_.erase(past_.begin());
    }

    SegmentOptions options_;
    std::unique_ptr<Writer> writer_;
    Truth now_{{{999, 1}}, {{1002, 1}}};
    Sequence u_ = 100;
    std::map<Sequence, Truth> past_{{100, now_}};
    std::optional<std::pair<Snapshot, std::uint64_t>> asked_;
};

// A reader with a follower of its own memory.
class Follower {
  public:
    explicit Follower(const Instance& instance, std::uint32_t room = kRoom, const char* name = "BTC-USDC")
        : reader_(instance.name), bids_(room), asks_(room) {
        reader_.raw().beat_stale_ns = INT64_MAX;
        daypack_follow_begin(&book_, &reader_.raw(), name, bids_.data(), asks_.data(), room);
    }
    int poll() { return daypack_follow_poll(&book_); }
    [[nodiscard]] Truth levels() const {
        Truth read;
        for (const unsigned side : {DAYPACK_SIDE_BID, DAYPACK_SIDE_ASK}) {
            for (std::uint32_t i = 0; i < daypack_follow_levels(&book_, side); ++i) {
                const daypack_level level = daypack_follow_level(&book_, side, i);
                (side == DAYPACK_SIDE_BID ? read.bids : read.asks)[level.price] = level.quantity;
            }
        }
        return read;
    }
    [[nodiscard]] const daypack_follower& book() const { return book_; }
    [[nodiscard]] std::string words() const {
        char text[400];
        return daypack_follow_explain(&book_, text, sizeof text);
    }

  private:
    Reader reader_;
    std::vector<daypack_level> bids_, asks_;
    daypack_follower book_{};
};

TEST(FullBook, EqualsWhatWasPublishedThroughAllThatHappens) {
    test::FollowerWorld world(7);
    const int steps = test::kSanitized ? 10'000 : 60'000;
    for (int i = 0; i < steps; ++i) ASSERT_EQ(world.step(), "") << "step " << i;
    const auto counts = world.counts();
    EXPECT_GT(counts.live, counts.without / 2);
    EXPECT_GT(counts.lost, 1'000u) << "some are lapped";
    EXPECT_GT(counts.cut, 1'000u) << "some have less room than the book has levels";
    EXPECT_GT(world.engine_counts().images_of_the_past, 100u);
    EXPECT_GT(world.engine_counts().takeovers, 1u);
}

TEST(FullBook, ThereIsNoneUntilAnAuditHasPassed) {
    const Instance instance;
    Market market(instance);
    market.seed();
    std::mt19937 random(1);
    Follower follower(instance);
    EXPECT_EQ(follower.poll(), DAYPACK_EMPTY);
    EXPECT_EQ(follower.book().top.state, DAYPACK_STATE_SYNCING);
    EXPECT_NE(follower.book().waits_since_ns, 0);
    market.update(random);
    market.snapshot_comes();
    market.update(random);
    EXPECT_EQ(follower.poll(), DAYPACK_EMPTY) << "it may yet fail";
    market.audit_passes();
    EXPECT_EQ(follower.poll(), DAYPACK_OK);
    EXPECT_EQ(follower.book().u, market.u());
    EXPECT_EQ(follower.book().top.state, DAYPACK_STATE_LIVE);
    EXPECT_EQ(follower.book().waits_since_ns, 0);
}

TEST(FullBook, AnImageThatTheRingDoesNotReachIsNotJoined) {
    const Instance instance;
    Market market(instance, 16);
    market.seed();
    std::mt19937 random(2);
    market.snapshot_comes();
    market.audit_passes();
    for (int i = 0; i < 40; ++i) market.update(random);
    Follower late(instance);
    EXPECT_EQ(late.poll(), DAYPACK_EMPTY);
    market.snapshot_comes();
    market.audit_passes();
    EXPECT_EQ(late.poll(), DAYPACK_OK) << "the next one";
}

TEST(FullBook, ASideThatOutgrowsItsMemoryLosesItsWorstAndSaysSo) {
    const Instance instance;
    Market market(instance);
    market.seed();
    std::mt19937 random(3);
    Follower small(instance, 8);
    std::uint64_t compared = 0;
    for (int i = 0; i < 5'000; ++i) {
        market.update(random);
        if (i % 300 == 0) market.snapshot_comes(), market.audit_passes();
        if (small.poll() != DAYPACK_OK) continue;
        Truth truth = *market.at(small.book().u);
        const Truth read = small.levels();
        for (const unsigned side : {DAYPACK_SIDE_BID, DAYPACK_SIDE_ASK}) {
            const std::int64_t known_to = small.book().known_to[side];
            if (known_to == 0) continue;
            auto& levels = side == DAYPACK_SIDE_BID ? truth.bids : truth.asks;
            std::erase_if(levels, [&](const auto& level) {
                return side == DAYPACK_SIDE_BID ? level.first < known_to : level.first > known_to;
            });
        }
        ASSERT_EQ(read, truth) << i;
        ++compared;
    }
    EXPECT_GT(compared, 4'000u);
    EXPECT_NE(small.book().known_to[0], 0);
}

// An update of three records of which the ring has the last ones: its ids go on with the image's.
TEST(FullBook, AnUpdateOfWhichTheRingHasOnlyTheEndIsNotTaken) {
    const Instance instance;
    Market market(instance, 16);
    market.seed();
    market.snapshot_comes();
    market.set_bids({990, 991, 992}, 5);
    market.answer_is_late();
    market.audit_passes();
    std::size_t joined = 0;
    for (int i = 0; i < 16; ++i, market.advance()) {
        Follower late(instance);
        if (late.poll() != DAYPACK_OK) continue;
        ++joined;
        ASSERT_EQ(late.levels(), *market.at(market.u())) << i;
    }
    EXPECT_GT(joined, 10u);
    EXPECT_LT(joined, 16u);
}

TEST(FullBook, IsKeptWhileTheSlotHasAnUpdateThatTheRingHasNot) {
    const Instance instance;
    Market market(instance);
    market.seed();
    market.snapshot_comes();
    market.audit_passes();
    Follower follower(instance);
    ASSERT_EQ(follower.poll(), DAYPACK_OK);
    auto& published = market.writer().segment.header().published;
    const std::uint64_t before = load_relaxed(published);
    market.set_bids({990}, 5);
    const std::uint64_t after = load_relaxed(published);
    store_relaxed(published, before);
    EXPECT_EQ(follower.poll(), DAYPACK_BUSY);
    EXPECT_NE(follower.book().top.state, DAYPACK_STATE_LIVE);
    store_relaxed(published, after);
    EXPECT_EQ(follower.poll(), DAYPACK_OK);
    EXPECT_EQ(follower.book().joins, 1u);
    EXPECT_EQ(follower.levels(), *market.at(market.u()));
}

TEST(FullBook, DoesNotGoOnFromOneWriterToTheNext) {
    const Instance instance;
    Market market(instance);
    market.seed();
    market.snapshot_comes();
    market.audit_passes();
    Follower follower(instance);
    ASSERT_EQ(follower.poll(), DAYPACK_OK);
    market.take_over();
    EXPECT_EQ(follower.poll(), DAYPACK_EMPTY) << "the other one may follow another numbering";
    market.snapshot_comes();
    market.audit_passes();
    EXPECT_EQ(follower.poll(), DAYPACK_OK);
}

TEST(FullBook, TheBestIsNoneWhereAllThatWasKnownIsGone) {
    const Instance instance;
    Market market(instance);
    market.set_bids({990, 991, 992, 993}, 5);  // and 999
    market.seed();
    market.snapshot_comes();
    market.audit_passes();
    Follower small(instance, 2);
    ASSERT_EQ(small.poll(), DAYPACK_OK);
    ASSERT_EQ(small.book().known_to[DAYPACK_SIDE_BID], 993);
    for (const std::int64_t price : {999, 993}) market.set_bids({price}, 0);
    market.set_bids({900}, 5);  // beyond what it knows: 992 is between
    ASSERT_EQ(small.poll(), DAYPACK_OK);
    EXPECT_EQ(small.book().top.bid_quantity, 0);
}

TEST(FullBook, WhatIsWaitedForIsToldInWords) {
    const Instance instance;
    Market market(instance, 16);
    market.seed();
    Follower unlisted(instance, kRoom, "ETH_USDC");
    (void)unlisted.poll();
    EXPECT_NE(unlisted.words().find("does not list it"), std::string::npos) << unlisted.words();
    Follower follower(instance);
    (void)follower.poll();
    EXPECT_NE(follower.words().find("snapshot_interval"), std::string::npos) << follower.words();
    market.snapshot_comes();
    market.audit_passes();
    for (int i = 0; i < 20; ++i) market.advance();
    (void)follower.poll();
    EXPECT_NE(follower.words().find("raise engine.ring_events"), std::string::npos) << follower.words();
    market.snapshot_comes();
    market.audit_passes();
    (void)follower.poll();
    EXPECT_NE(follower.words().find("there is a book"), std::string::npos) << follower.words();
}

TEST(FullBook, ASymbolThatIsNotListedYetIsWaitedFor) {
    const Instance instance;
    Market market(instance);
    Follower follower(instance, kRoom, "ETH_USDC");
    EXPECT_EQ(follower.poll(), DAYPACK_NO_SYMBOL);
    ASSERT_TRUE(market.writer().segment.add_symbol("ETH-USDC", "ETH_USDC"));
    EXPECT_EQ(follower.poll(), DAYPACK_EMPTY);
}

TEST(FullBook, ASegmentWithoutImagesHasNone) {
    const Instance instance;
    Writer writer(instance.options());
    writer.snapshot(1);
    Follower follower(instance);
    EXPECT_EQ(follower.poll(), DAYPACK_EMPTY);
    EXPECT_NE(follower.words().find("set engine.image_levels"), std::string::npos) << follower.words();
}

// The answer to a silence comes while an audit compares: what passes is the audit's own.
TEST(FullBook, OnlyTheSnapshotOfAnAuditBecomesAnImage) {
    const Instance instance;
    Market market(instance);
    market.seed();
    InstrumentTable instruments(1);
    ASSERT_TRUE(instruments.append(test::instrument()));
    Segment& segment = market.writer().segment;
    BookImages images(segment, instruments, [](const std::string& line) { ADD_FAILURE() << line; });
    const auto answer = [&](Sequence u, bool audit) {
        BookCommand command = CheckSnapshot{0, std::make_unique<Snapshot>(Snapshot{u, {}, {}, {}}), audit};
        images.on_send(command);
        RetiredBlocks retired;
        retired.snapshot = std::move(std::get<CheckSnapshot>(command).snapshot);
        if (audit) retired.checked = SymbolIndex{0};
        images.on_retired(retired);
    };
    answer(50, true);
    answer(60, false);
    segment.symbol_counters(0).add(DAYPACK_SYMBOL_audits);
    for (int i = 0; i < 2; ++i) images.do_work();
    EXPECT_EQ(segment.image(0, 0, 0)->u, 50u);
}

}  // namespace
}  // namespace daypack::core
