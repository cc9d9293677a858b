// SPDX-License-Identifier: MIT
// A whole book by image and ring, against a slow model: every book that ever was, kept by its id.
#include <map>
#include <random>

#include "engine/include/daypack/follow.h"
#include "engine/shm/image_writer.h"
#include "tests/engine/shm_fixture.h"

namespace daypack::core {
namespace {

using test::delta;
using test::Instance;
using test::wait_for;
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
    // Updates that no reader sees one by one: then the book is replaced, perhaps with another numbering.
    void replace(std::mt19937& random, bool renumber) {
        if (renumber)
            u_ = 1 + random() % 1'000, past_.clear();
        else
            u_ += 1 + random() % 20;
        for (int i = 0; i < 5; ++i) now_.bids[900 + static_cast<std::int64_t>(random() % 90)] = 7;
        asked_.reset();  // an audit ends with its book
        remember();
        seed();
    }
    // An engine that dies and one that takes over.
    void restart(std::mt19937& random) {
        writer_.reset();
        writer_ = std::make_unique<Writer>(options_, 4 * kRoom);
        asked_.reset();
        replace(random, false);
    }
    // What the control thread does: a snapshot comes, and some time later its audit passes.
    void snapshot_comes() { asked_ = {snapshot(), load_relaxed(writer_->segment.header().published)}; }
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

  private:
    Reader reader_;
    std::vector<daypack_level> bids_, asks_;
    daypack_follower book_{};
};

TEST(FullBook, EqualsTheTruthThroughAllThatHappens) {
    const Instance instance;
    Market market(instance, 1024);
    market.seed();
    std::mt19937 random(7);
    std::vector<std::unique_ptr<Follower>> followers;
    for (int i = 0; i < 4; ++i) followers.push_back(std::make_unique<Follower>(instance));
    std::uint64_t compared = 0, without = 0, joins = 0, lost = 0;
    const int rounds = test::kSanitized ? 10'000 : 60'000;
    const auto count = [&](const Follower& follower) {
        joins += follower.book().joins;
        lost += follower.book().lost;
    };
    for (int round = 0; round < rounds; ++round) {
        const auto chance = [&](unsigned one_in) { return random() % one_in == 0; };
        market.update(random);
        if (chance(40)) market.snapshot_comes();
        if (chance(20)) market.audit_passes();
        if (chance(700)) market.replace(random, false);
        if (chance(3'000)) market.replace(random, true);
        if (chance(5'000)) market.restart(random);
        if (chance(2'000)) {
            auto& late = followers[random() % followers.size()];
            count(*late);
            late = std::make_unique<Follower>(instance);
        }
        for (std::size_t i = 0; i < followers.size(); ++i) {
            if (!chance(i == 3 ? 500 : 1 + 3 * static_cast<unsigned>(i)))
                continue;  // the last is lapped again and again
            if (followers[i]->poll() != DAYPACK_OK) {
                ++without;
                continue;
            }
            const daypack_follower& book = followers[i]->book();
            const Truth* const truth = market.at(book.u);
            ASSERT_NE(truth, nullptr) << "round " << round << ": a book at " << book.u << ", of " << market.u();
            ASSERT_EQ(followers[i]->levels(), *truth) << "round " << round << " at " << book.u;
            if (book.top.state == DAYPACK_STATE_LIVE) {
                ASSERT_EQ(book.u, std::max(book.u, market.u())) << "LIVE and behind";
            }
            ++compared;
        }
    }
    EXPECT_GT(compared, 3 * without) << "most of the time there is a book";
    for (const auto& follower : followers) count(*follower);
    EXPECT_GT(joins, 20u);
    EXPECT_GT(lost, 1'000u) << "one of them is lapped";
    RecordProperty("compared", static_cast<int>(compared));
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
}

}  // namespace
}  // namespace daypack::core
