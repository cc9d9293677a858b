// SPDX-License-Identifier: MIT
#include "engine/shm/publisher.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>  // behind gtest.h, which it takes as given

#include <algorithm>
#include <map>
#include <optional>

#include "tests/engine/shm_fixture.h"

namespace daypack {
namespace {

using test::Child;
using test::delta;
using test::drain;
using test::failed;
using test::fresh_state_of;
using test::Instance;
using test::Writer;

std::vector<std::pair<std::int64_t, std::int64_t>> pairs(const std::vector<daypack_level>& levels) {
    std::vector<std::pair<std::int64_t, std::int64_t>> result;
    for (const auto& level : levels) result.emplace_back(level.price, level.quantity);
    return result;
}

std::vector<unsigned> kinds(const std::vector<daypack_record>& records) {
    std::vector<unsigned> result;
    for (const auto& record : records) result.push_back(daypack_record_kind(&record));
    return result;
}

TEST(Publisher, AnotherProcessReadsWhatWasPublished) {
    const Instance instance;
    Writer writer(instance.options());
    writer.market = test::instrument(Unit{5, -1}, Unit{1, 4});  // ticks of 0.5, steps of 10,000
    writer.book.seed({7, {}, {{Price{99}, Quantity{3}}, {Price{100}, Quantity{5}}}, {{Price{101}, Quantity{2}}}});
    auto update = writer.update(7);
    update.flags = kUnconfirmed;
    update.match = {1'000};
    update.send = {1'001};
    update.receive = {2'000};
    update.publish = {3'000};
    writer.publisher.publish_snapshot(update);
    Child child([&](const auto&) -> std::string {
        ShmReader reader(instance.name);
        const auto index = reader.find("BTC-USDC");
        if (!index) return failed("BTC-USDC is not found");
        if (reader.find("BTC_USDC") != index) return failed("its native name finds another symbol");
        if (reader.names(*index).native != "BTC_USDC") return failed("its native name is another");
        const auto book = reader.book(*index);
        if (!book) return failed("a book that nobody writes cannot be read");
        const auto& top = book->head.top;
        if (top.u != 7) return failed("u is " + std::to_string(top.u));
        if (top.price_exponent != -1 || top.quantity_exponent != 4) return failed("the units are others");
        if (top.flags != kUnconfirmed) return failed("the flags are " + std::to_string(top.flags));
        if (pairs(book->bids) != std::vector<std::pair<std::int64_t, std::int64_t>>{{500, 5}, {495, 3}}) {
            return failed("the bids are others than were published");
        }
        if (pairs(book->asks) != std::vector<std::pair<std::int64_t, std::int64_t>>{{505, 2}}) {
            return failed("the asks are others than were published");
        }
        if (top.bid_price != 500 || top.bid_quantity != 5) return failed("the best bid is not that of the book");
        if (top.ask_price != 505 || top.ask_quantity != 2) return failed("the best ask is not that of the book");
        if (book->head.venue_match_us != 1'000) return failed("the venue's time of matching is another");
        if (book->head.venue_send_us != 1'001) return failed("the venue's time of sending is another");
        if (book->head.receive_ns != 2'000) return failed("the time of receipt is another");
        if (top.publish_ns != 3'000) return failed("the time of publishing is another");
        return {};
    });
    EXPECT_EQ(child.failure(), "");
}

TEST(Publisher, FewerLevelsThanAreThereCanBeRead) {
    const Instance instance;
    Writer writer(instance.options());
    writer.book.seed({7, {}, {{Price{98}, Quantity{1}}, {Price{99}, Quantity{3}}, {Price{100}, Quantity{5}}}, {}});
    writer.publisher.publish_snapshot(writer.update(7));
    ShmReader reader(instance.name);
    EXPECT_EQ(pairs(reader.book(0, 2)->bids), (std::vector<std::pair<std::int64_t, std::int64_t>>{{100, 5}, {99, 3}}));
    EXPECT_EQ(reader.book(0, 100)->bids.size(), 3u);
    EXPECT_EQ(reader.book(0)->asks.size(), 0u);
    EXPECT_EQ(reader.top(0)->ask_quantity, 0) << "an empty side has no best";
}

TEST(Publisher, ASymbolThatIsNotThereIsNotRead) {
    const Instance instance;
    const Writer writer(instance.options());
    ShmReader reader(instance.name);
    daypack_top top;
    EXPECT_EQ(daypack_read_top(&reader.raw(), 1, &top), DAYPACK_NO_SYMBOL);
    EXPECT_EQ(daypack_read_top(&reader.raw(), -1, &top), DAYPACK_NO_SYMBOL);
    EXPECT_EQ(reader.book(3), std::nullopt);
}

TEST(Publisher, AnUpdateLeavesItsDeltasTheNewTopAndTheNewStateInThisOrder) {
    const Instance instance;
    Writer writer(instance.options());
    writer.snapshot(10);
    ShmReader reader(instance.name);
    std::uint64_t cursor = 0;
    EXPECT_EQ(kinds(drain(reader, cursor)),
              (std::vector<unsigned>{DAYPACK_KIND_SNAPSHOT, DAYPACK_KIND_TOP, DAYPACK_KIND_STATE}));

    writer.apply({delta(11, Side::bid, 90, 4, false), delta(11, Side::ask, 110, 6)});
    auto records = drain(reader, cursor);
    ASSERT_EQ(kinds(records), (std::vector<unsigned>{DAYPACK_KIND_DELTA, DAYPACK_KIND_DELTA}));
    EXPECT_EQ(daypack_record_last(&records[0]), 0u);
    EXPECT_EQ(daypack_record_last(&records[1]), 1u);
    EXPECT_EQ(daypack_record_side(&records[1]), 1u);
    EXPECT_EQ(records[1].price, 110);
    EXPECT_EQ(records[1].quantity, 6);
    EXPECT_EQ(records[1].first_id, 11u);

    writer.apply({delta(12, Side::bid, 102, 4)});  // crosses: a new top, and a new flag
    records = drain(reader, cursor);
    ASSERT_EQ(kinds(records), (std::vector<unsigned>{DAYPACK_KIND_DELTA, DAYPACK_KIND_TOP, DAYPACK_KIND_STATE}));
    EXPECT_EQ(records[1].price, 102);
    EXPECT_EQ(records[1].price2, 101);
    EXPECT_EQ(records[2].status >> 48, unsigned{DAYPACK_FLAG_CROSSED});
    EXPECT_EQ(reader.top(0)->flags, DAYPACK_FLAG_CROSSED);

    Event advance;
    advance.kind = EventKind::advance;
    advance.first_id = advance.last_id = 13;
    advance.last = true;
    writer.publisher.publish_book(writer.update(13), {&advance, 1});
    EXPECT_EQ(kinds(drain(reader, cursor)), (std::vector<unsigned>{DAYPACK_KIND_ADVANCE}));
    EXPECT_EQ(reader.top(0)->u, 13u);

    writer.publisher.publish_status(writer.update(13, State::stale, Reason::silent));
    records = drain(reader, cursor);
    ASSERT_EQ(kinds(records), (std::vector<unsigned>{DAYPACK_KIND_STATE}));
    EXPECT_EQ(records[0].status >> 32 & 0xffff, unsigned{DAYPACK_STATE_STALE} | DAYPACK_REASON_silent << 8);
    writer.publisher.publish_status(writer.update(13, State::stale, Reason::silent));
    EXPECT_TRUE(drain(reader, cursor).empty()) << "nothing changed";
}

TEST(Publisher, ATradeCarriesItsIdsAndItsOrders) {
    const Instance instance;
    Writer writer(instance.options());
    Event trade = delta(0, Side::ask, 100, 3);
    trade.kind = EventKind::trade;
    trade.first_id = 99'419'870;
    trade.line = 2;
    Event orders;
    orders.first_id = 1;
    orders.last_id = 2;
    ShmReader reader(instance.name);
    std::uint64_t cursor = daypack_cursor(&reader.raw());
    writer.publisher.publish_trade(trade, orders, writer.update(0));
    const auto records = drain(reader, cursor);
    ASSERT_EQ(kinds(records), (std::vector<unsigned>{DAYPACK_KIND_TRADE}));
    EXPECT_EQ(records[0].first_id, 99'419'870u);
    EXPECT_EQ(records[0].price, 100);
    EXPECT_EQ(records[0].quantity, 3);
    EXPECT_EQ(daypack_record_side(&records[0]), 1u);
    EXPECT_EQ(daypack_record_line(&records[0]), 2u);
    EXPECT_EQ(records[0].id_a, 1u);
    EXPECT_EQ(records[0].id_b, 2u);
}

TEST(Publisher, AChangeOfStateAloneKeepsTheBook) {
    const Instance instance;
    Writer writer(instance.options());
    writer.snapshot(10);
    writer.publisher.publish_status(writer.update(10, State::syncing, Reason::gap));
    ShmReader reader(instance.name);
    EXPECT_EQ(fresh_state_of(writer.publisher, reader), "SYNCING/gap");
    EXPECT_EQ(reader.book(0)->bids.size(), 1u);
    EXPECT_EQ(reader.top(0)->u, 10u);
}

TEST(Publisher, DownHasNoNumbersAndTheNextUpdateBringsThemAllBack) {
    const Instance instance;
    Writer writer(instance.options());
    writer.snapshot(10);
    writer.apply({delta(11, Side::bid, 90, 4)});
    writer.publisher.publish_status(writer.update(11, State::down, Reason::no_market));
    ShmReader reader(instance.name);
    EXPECT_EQ(fresh_state_of(writer.publisher, reader), "DOWN/no_market");
    EXPECT_EQ(reader.top(0)->u, 0u);
    EXPECT_EQ(reader.top(0)->bid_quantity, 0);
    EXPECT_TRUE(reader.book(0)->bids.empty());
    writer.apply({delta(12, Side::ask, 120, 4)});
    EXPECT_EQ(reader.book(0)->bids.size(), 2u);
    EXPECT_EQ(reader.book(0)->asks.size(), 2u);
}

TEST(Publisher, ASideThatTheVenueCutIsShownAsFarAsItIsKnown) {
    const Instance instance;
    Writer writer(instance.options(1024), 8192);
    Snapshot snapshot{1, {}, {}, {{Price{5000}, Quantity{1}}}};
    for (int i = 0; i < 1000; ++i) snapshot.bids.push_back({Price{1000 + i}, Quantity{1}});
    writer.book.seed(snapshot);
    writer.publisher.publish_snapshot(writer.update(1));
    writer.book.clear_dirty();
    writer.apply({delta(2, Side::bid, 500, 9, false), delta(2, Side::bid, 1500, 0)});
    ShmReader reader(instance.name);
    const auto book = reader.book(0);
    EXPECT_EQ(book->head.known_to_bid, 1000);
    EXPECT_EQ(book->head.known_to_ask, 0);
    EXPECT_EQ(book->bids.size(), 999u);
    EXPECT_EQ(book->bids.back().price, 1000) << "what lies beyond is followed, and not shown";
    EXPECT_EQ(book->head.top.flags, DAYPACK_FLAG_PARTIAL);
}

TEST(Publisher, AWholeSideOfFewLevelsIsNotPartial) {
    const Instance instance;
    Writer writer(instance.options(1024));
    writer.snapshot(1);
    ShmReader reader(instance.name);
    EXPECT_EQ(reader.top(0)->flags, 0);
}

TEST(Publisher, OnlyAPauseWhileRunningIsAPause) {
    const Instance instance;
    Segment segment(instance.options());
    Publisher publisher(segment);
    const MonoTime start{1'000'000'000};
    const std::int64_t pause = Publisher::kPause_ns;
    (void)publisher.beat(start);
    EXPECT_FALSE(publisher.beat(start + 2 * pause)) << "still starting";
    publisher.set_running();
    EXPECT_FALSE(publisher.beat(start + 3 * pause)) << "not longer than allowed";
    EXPECT_TRUE(publisher.beat(start + 4 * pause + 1));
    EXPECT_EQ(segment.header().phase, std::uint64_t{DAYPACK_PHASE_CATCHING_UP});
    EXPECT_TRUE(publisher.beat(start + 9 * pause)) << "what came in this one has not been caught up with either";
    EXPECT_EQ(segment.header().beat_ns, static_cast<std::uint64_t>((start + 9 * pause).ns));
    publisher.caught_up();
    EXPECT_EQ(segment.header().phase, std::uint64_t{DAYPACK_PHASE_RUNNING});
    segment.stop();
    publisher.caught_up();
    EXPECT_EQ(segment.header().phase, std::uint64_t{DAYPACK_PHASE_STOPPED}) << "what ended stays ended";
}

// ---- what is published equals the book, whatever happened to it -----------------------------------------------------

// The slow model: a side as a map from rank order, with all that the slot must show computed from scratch.
struct Shown {
    std::vector<std::pair<std::int64_t, std::int64_t>> levels;
    std::int64_t known_to = 0;
};

class Model {
  public:
    explicit Model(std::size_t max_levels) : max_levels_(max_levels) {}

    void clear() { sides_ = {}; }
    void seed(const Snapshot& snapshot) {
        clear();
        for (const auto& level : snapshot.bids) put(Side::bid, level.price.ticks, level.quantity.steps);
        for (const auto& level : snapshot.asks) put(Side::ask, level.price.ticks, level.quantity.steps);
    }
    void put(Side side, std::int64_t ticks, std::int64_t steps) {
        auto& half = sides_[static_cast<std::size_t>(side)];
        const std::int64_t key = side == Side::bid ? -ticks : ticks;  // best first
        half.levels.erase(key);
        if (steps == 0) return;
        half.levels[key] = steps;
        if (half.levels.size() <= max_levels_) return;
        half.levels.erase(std::prev(half.levels.end()));
        const std::int64_t worst = half.levels.rbegin()->first;
        if (!half.known_to || worst < *half.known_to) half.known_to = worst;
    }
    [[nodiscard]] Shown shown(Side side, std::size_t depth, Unit tick, Unit step) const {
        const auto& half = sides_[static_cast<std::size_t>(side)];
        Shown shown;
        for (const auto& [key, steps] : half.levels) {
            if (shown.levels.size() == depth || (half.known_to && key > *half.known_to)) break;
            shown.levels.emplace_back(std::abs(key) * tick.mantissa, steps * step.mantissa);
        }
        if (half.known_to) shown.known_to = std::abs(*half.known_to) * tick.mantissa;
        return shown;
    }

  private:
    struct Half {
        std::map<std::int64_t, std::int64_t> levels;
        std::optional<std::int64_t> known_to;
    };
    std::size_t max_levels_;
    std::array<Half, 2> sides_;
};

// A random book: prices ascend by what the bytes say.
std::vector<Level> random_levels(std::size_t most) {
    const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 4));
    std::vector<Level> levels;
    std::int64_t price = *rc::gen::inRange(1, 20);
    for (std::size_t i = 0; i < std::min(steps.size(), most); ++i) {
        price += steps[i];
        levels.push_back({Price{price}, Quantity{*rc::gen::inRange(1, 9)}});
    }
    return levels;
}

void compare(ShmReader& reader, const Model& model, const Writer& writer, Sequence u) {
    const auto book = reader.book(0);
    RC_ASSERT(book.has_value());
    const auto depth = writer.segment.layout().depth;
    const auto bids = model.shown(Side::bid, depth, writer.market.tick, writer.market.step);
    const auto asks = model.shown(Side::ask, depth, writer.market.tick, writer.market.step);
    RC_ASSERT(pairs(book->bids) == bids.levels);
    RC_ASSERT(pairs(book->asks) == asks.levels);
    RC_ASSERT(book->head.known_to_bid == bids.known_to);
    RC_ASSERT(book->head.known_to_ask == asks.known_to);
    const auto& top = book->head.top;
    RC_ASSERT(top.u == u);
    RC_ASSERT(top.bid_quantity == (bids.levels.empty() ? 0 : bids.levels.front().second));
    RC_ASSERT(top.ask_price == (asks.levels.empty() ? 0 : asks.levels.front().first));
}

RC_GTEST_PROP(Publisher, WritingOnlyWhatChangedShowsTheWholeBook, ()) {
    const Instance instance;
    const auto depth = *rc::gen::inRange<std::size_t>(1, 12);
    const auto max_levels = *rc::gen::inRange<std::size_t>(1, 16);
    Writer writer(instance.options(depth), max_levels);
    writer.market.tick = Unit{*rc::gen::element(1, 5), -1};
    Model model(max_levels);
    ShmReader reader(instance.name);
    Sequence u = 0;
    const auto turns = *rc::gen::inRange(1, 300);
    for (int turn = 0; turn < turns; ++turn) {
        const auto what = *rc::gen::inRange(0, 20);
        if (what == 0) {
            const Snapshot snapshot{++u, {}, random_levels(max_levels), random_levels(max_levels)};
            writer.book.seed(snapshot);
            model.seed(snapshot);
            writer.publisher.publish_snapshot(writer.update(u));
        } else if (what == 1) {
            writer.book.clear();
            model.clear();
            continue;  // not published: the next update has to make up for it
        } else if (what == 2) {
            writer.publisher.publish_status(
                writer.update(u, *rc::gen::element(State::down, State::syncing), Reason::gap));
            continue;
        } else {
            const auto side = *rc::gen::element(Side::bid, Side::ask);
            const auto event = delta(++u, side, *rc::gen::inRange(1, 60), *rc::gen::inRange(0, 4));
            writer.book.apply(event.side, event.price, event.quantity);
            model.put(side, event.price.ticks, event.quantity.steps);
            if (what == 3) continue;  // a part of an update
            writer.publisher.publish_book(writer.update(u), {&event, 1});
        }
        writer.book.clear_dirty();
        compare(reader, model, writer, u);
    }
}

}  // namespace
}  // namespace daypack
