// SPDX-License-Identifier: MIT
#include "engine/shm/slot_writer.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>  // behind gtest.h, which it takes as given

#include <algorithm>
#include <map>
#include <optional>

#include "tests/engine/shm_fixture.h"

namespace daypack::core {
namespace {

using test::delta;
using test::Instance;

using Pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;

Pairs pairs(const std::vector<daypack_level>& levels) {
    Pairs result;
    for (const auto& level : levels) result.emplace_back(level.price, level.quantity);
    return result;
}

// One slot, its writer and a book; no ring record is written and nobody beats, so readers see no state, but numbers.
class Slot {
  public:
    explicit Slot(const SegmentOptions& options, std::size_t max_levels = 64)
        : segment(options), slots(segment), book(max_levels, options.depth) {
        symbol = segment.add_symbol("BTC-USDC", "BTC_USDC").value();
    }

    [[nodiscard]] BookUpdate update(Sequence u, State state = State::live, Reason reason = Reason::none) const {
        return test::update_of(symbol, market, book, u, state, reason);
    }
    SlotChange replace(const Snapshot& snapshot) {
        book.seed(snapshot);
        const SlotChange change = slots.write_book(update(snapshot.last_id));
        book.clear_dirty();
        return change;
    }
    // Sets a book of one level a side: 5 at 100, 7 at 101.
    SlotChange replace(Sequence u) {
        return replace({u, {}, {{Price{100}, Quantity{5}}}, {{Price{101}, Quantity{7}}}});
    }
    SlotChange apply(const std::vector<Event>& events) {
        for (const auto& event : events) book.apply(event.side, event.price, event.quantity);
        const SlotChange change = write(update(events.back().last_id));
        book.clear_dirty();
        return change;
    }
    // Writes an update by the quick way where that is enough, as the Publisher does.
    SlotChange write(const BookUpdate& update) {
        const std::optional<SlotChange> change = slots.write_quantities(update);
        return change ? *change : slots.write_book(update);
    }

    Segment segment;
    SlotWriter slots;
    OrderBook book;
    Instrument market = test::instrument();
    SymbolIndex symbol = 0;
};

TEST(SlotWriter, AWriteEndsAtTheNextEvenSequence) {
    const Instance instance;
    Slot slot(instance.options());
    const std::uint64_t before = slot.segment.slot(0).sequence;
    EXPECT_EQ(before % 2, 0u);
    slot.replace(10);
    EXPECT_EQ(slot.segment.slot(0).sequence, before + 2);
    slot.apply({delta(11, Side::bid, 90, 4)});
    EXPECT_EQ(slot.segment.slot(0).sequence, before + 4);
    (void)slot.slots.write_status(slot.update(11, State::stale, Reason::silent));
    EXPECT_EQ(slot.segment.slot(0).sequence, before + 6);
    (void)slot.slots.unchanged(slot.update(12));
    EXPECT_EQ(slot.segment.slot(0).sequence, before + 6) << "nothing was written";
}

TEST(SlotWriter, ASlotThatADeadWriterLeftOddEndsEven) {
    const Instance instance;
    Slot slot(instance.options());
    store_relaxed(slot.segment.slot(0).sequence, std::uint64_t{7});
    slot.replace(10);
    EXPECT_EQ(slot.segment.slot(0).sequence, 8u);
}

TEST(SlotWriter, AChangeSaysWhatTheSlotSaysNow) {
    const Instance instance;
    Slot slot(instance.options());
    slot.market = test::instrument(Unit{5, -1}, Unit{1, 4});
    const SlotChange change = slot.replace(10);
    EXPECT_TRUE(change.top_changed);
    EXPECT_TRUE(change.status_changed) << "LIVE after SYNCING";
    EXPECT_EQ(change.records(), 2u);
    EXPECT_EQ(change.status, slot.segment.slot(0).status);
    EXPECT_EQ(change.exponents, slot.segment.slot(0).exponents);
    const daypack_status status = daypack_unpack_status(change.status);
    EXPECT_EQ(status.state, DAYPACK_STATE_LIVE);
    EXPECT_EQ(status.reason, DAYPACK_REASON_none);
    EXPECT_EQ(status.epoch, slot.segment.epoch());
    EXPECT_EQ(daypack_price_exponent(change.exponents), -1);
    EXPECT_EQ(daypack_quantity_exponent(change.exponents), 4);
    EXPECT_EQ(slot.slots.unchanged(slot.update(10)).status, change.status);
    EXPECT_EQ(slot.slots.unchanged(slot.update(10)).exponents, change.exponents);
}

TEST(SlotWriter, OnlyANewBestOrAnotherStatusIsAChange) {
    const Instance instance;
    Slot slot(instance.options());
    slot.replace(10);
    EXPECT_EQ(slot.apply({delta(11, Side::bid, 90, 4)}).records(), 0u) << "a level below the best";
    EXPECT_EQ(slot.apply({delta(12, Side::bid, 90, 5)}).records(), 0u) << "its quantity";
    EXPECT_TRUE(slot.apply({delta(13, Side::bid, 100, 6)}).top_changed) << "the quantity of the best";
    const SlotChange crossed = slot.apply({delta(14, Side::bid, 102, 4)});
    EXPECT_TRUE(crossed.top_changed && crossed.status_changed);
    EXPECT_EQ(daypack_unpack_status(crossed.status).flags, unsigned{DAYPACK_FLAG_CROSSED});
    const SlotChange below = slot.apply({delta(15, Side::bid, 90, 6)});
    EXPECT_EQ(below.records(), 0u);
    EXPECT_EQ(daypack_unpack_status(below.status).flags, unsigned{DAYPACK_FLAG_CROSSED}) << "still";
    const SlotChange down = slot.slots.write_status(slot.update(15, State::down, Reason::no_market));
    EXPECT_TRUE(down.top_changed && down.status_changed);
    EXPECT_EQ(daypack_unpack_status(down.status).flags, 0u) << "a book that is down is not crossed";
    EXPECT_EQ(slot.slots.write_status(slot.update(15, State::down, Reason::no_market)).records(), 0u);
}

TEST(SlotWriter, TheQuickWayTakesWhatKeepsTheNumberOfLevelsAndTheBest) {
    const Instance instance;
    Slot slot(instance.options(3));
    const auto quick = [&](const std::vector<Event>& events) {
        for (const auto& event : events) slot.book.apply(event.side, event.price, event.quantity);
        const bool taken = slot.slots.write_quantities(slot.update(events.back().last_id)).has_value();
        if (!taken) (void)slot.slots.write_book(slot.update(events.back().last_id));
        slot.book.clear_dirty();
        return taken;
    };
    EXPECT_FALSE(quick({delta(1, Side::bid, 100, 1)})) << "the slot shows no book yet";
    EXPECT_FALSE(quick({delta(2, Side::bid, 99, 1)})) << "one more level";
    EXPECT_FALSE(quick({delta(3, Side::bid, 98, 1)})) << "one more level";
    EXPECT_TRUE(quick({delta(4, Side::bid, 97, 1)})) << "beyond the depth";
    EXPECT_TRUE(quick({delta(5, Side::bid, 99, 2)})) << "one quantity";
    EXPECT_FALSE(quick({delta(6, Side::bid, 99, 3), delta(6, Side::bid, 98, 3)})) << "two quantities of a side";
    EXPECT_FALSE(quick({delta(7, Side::bid, 100, 4)})) << "the best";
    EXPECT_FALSE(quick({delta(8, Side::ask, 101, 1)})) << "one more level, of the other side";
    EXPECT_FALSE(quick({delta(9, Side::bid, 99, 0)})) << "a level deleted, and others move up";
}

TEST(SlotWriter, FlagsOfAnUpdateStandBesideThoseOfTheBook) {
    const Instance instance;
    Slot slot(instance.options());
    slot.replace(10);
    slot.apply({delta(11, Side::bid, 102, 4)});
    auto update = slot.update(12);
    update.flags = kBehind;
    const SlotChange change = slot.write(update);
    EXPECT_EQ(daypack_unpack_status(change.status).flags, unsigned{DAYPACK_FLAG_CROSSED | DAYPACK_FLAG_BEHIND});
    EXPECT_TRUE(change.status_changed);
}

TEST(SlotWriter, FewerLevelsThanAreThereCanBeRead) {
    const Instance instance;
    Slot slot(instance.options());
    slot.book.seed({7, {}, {{Price{98}, Quantity{1}}, {Price{99}, Quantity{3}}, {Price{100}, Quantity{5}}}, {}});
    (void)slot.slots.write_book(slot.update(7));
    Reader reader(instance.name);
    EXPECT_EQ(pairs(reader.book(0, 2)->bids), (Pairs{{100, 5}, {99, 3}}));
    EXPECT_EQ(reader.book(0, 100)->bids.size(), 3u);
    EXPECT_EQ(reader.book(0)->asks.size(), 0u);
    EXPECT_EQ(reader.top(0)->ask_quantity, 0) << "an empty side has no best";
}

TEST(SlotWriter, ASymbolThatIsNotThereIsNotRead) {
    const Instance instance;
    const Slot slot(instance.options());
    Reader reader(instance.name);
    daypack_top top;
    EXPECT_EQ(daypack_read_top(&reader.raw(), 1, &top), DAYPACK_NO_SYMBOL);
    EXPECT_EQ(daypack_read_top(&reader.raw(), -1, &top), DAYPACK_NO_SYMBOL);
    EXPECT_EQ(reader.book(3), std::nullopt);
}

TEST(SlotWriter, ASideThatTheVenueCutIsShownAsFarAsItIsKnown) {
    const Instance instance;
    Slot slot(instance.options(1024), 8192);
    Snapshot snapshot{1, {}, {}, {{Price{5000}, Quantity{1}}}};
    for (int i = 0; i < 1000; ++i) snapshot.bids.push_back({Price{1000 + i}, Quantity{1}});
    slot.book.seed(snapshot);
    (void)slot.slots.write_book(slot.update(1));
    slot.book.clear_dirty();
    slot.apply({delta(2, Side::bid, 500, 9, false), delta(2, Side::bid, 1500, 0)});
    Reader reader(instance.name);
    const auto book = reader.book(0);
    EXPECT_EQ(book->head.known_to_bid, 1000);
    EXPECT_EQ(book->head.known_to_ask, 0);
    EXPECT_EQ(book->bids.size(), 999u);
    EXPECT_EQ(book->bids.back().price, 1000) << "what lies beyond is followed, and not shown";
    EXPECT_EQ(book->head.top.flags, DAYPACK_FLAG_PARTIAL);
}

TEST(SlotWriter, AWholeSideOfFewLevelsIsNotPartial) {
    const Instance instance;
    Slot slot(instance.options(1024));
    slot.replace(1);
    Reader reader(instance.name);
    EXPECT_EQ(reader.top(0)->flags, 0);
}

// ---- what is published equals the book, whatever happened to it -----------------------------------------------------

// The slow model: a side as a map from rank order, with all that the slot must show computed from scratch.
struct Shown {
    Pairs levels;
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

void compare(Reader& reader, const Model& model, const Slot& slot, Sequence u) {
    const auto book = reader.book(0);
    RC_ASSERT(book.has_value());
    const auto depth = slot.segment.layout().depth;
    const auto bids = model.shown(Side::bid, depth, slot.market.tick, slot.market.step);
    const auto asks = model.shown(Side::ask, depth, slot.market.tick, slot.market.step);
    RC_ASSERT(pairs(book->bids) == bids.levels);
    RC_ASSERT(pairs(book->asks) == asks.levels);
    RC_ASSERT(book->head.known_to_bid == bids.known_to);
    RC_ASSERT(book->head.known_to_ask == asks.known_to);
    const auto& top = book->head.top;
    RC_ASSERT(top.u == u);
    RC_ASSERT(top.bid_quantity == (bids.levels.empty() ? 0 : bids.levels.front().second));
    RC_ASSERT(top.ask_price == (asks.levels.empty() ? 0 : asks.levels.front().first));
}

RC_GTEST_PROP(SlotWriter, WritingOnlyWhatChangedShowsTheWholeBook, ()) {
    const Instance instance;
    const auto depth = *rc::gen::inRange<std::size_t>(1, 12);
    const auto max_levels = *rc::gen::inRange<std::size_t>(1, 16);
    Slot slot(instance.options(depth), max_levels);
    slot.market.tick = Unit{*rc::gen::element(1, 5), -1};
    Model model(max_levels);
    Reader reader(instance.name);
    Sequence u = 0;
    const auto turns = *rc::gen::inRange(1, 300);
    for (int turn = 0; turn < turns; ++turn) {
        const auto what = *rc::gen::inRange(0, 20);
        if (what == 0) {
            const Snapshot snapshot{++u, {}, random_levels(max_levels), random_levels(max_levels)};
            slot.book.seed(snapshot);
            model.seed(snapshot);
            (void)slot.slots.write_book(slot.update(u));
        } else if (what == 1) {
            slot.book.clear();
            model.clear();
            continue;  // not published: the next update has to make up for it
        } else if (what == 2) {
            (void)slot.slots.write_status(slot.update(u, *rc::gen::element(State::down, State::syncing), Reason::gap));
            continue;
        } else {
            const auto side = *rc::gen::element(Side::bid, Side::ask);
            const auto event = delta(++u, side, *rc::gen::inRange(1, 60), *rc::gen::inRange(0, 4));
            slot.book.apply(event.side, event.price, event.quantity);
            model.put(side, event.price.ticks, event.quantity.steps);
            if (what == 3) continue;  // a part of an update
            slot.write(slot.update(u));
        }
        slot.book.clear_dirty();
        compare(reader, model, slot, u);
    }
}

}  // namespace
}  // namespace daypack::core
