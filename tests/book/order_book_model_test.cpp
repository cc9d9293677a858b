// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "book/order_book.h"
#include "tests/book/map_book.h"

// With a random flow the book equals the map after each update, as far as it is complete, and the dirty ranks cover
// what changed.

namespace daypack::core {
namespace {

using test::best_first;
using test::Delta;
using test::known;
using test::MapBook;

constexpr Side kSides[] = {Side::bid, Side::ask};

// The first `depth` known levels as a publisher would write them, by the dirty ranks alone.
class Published {
  public:
    explicit Published(std::size_t depth) : depth_(depth) {}

    void take(OrderBook& book) {
        for (const Side side : kSides) {
            const auto known = book.side(side).known_top();
            auto& copy = copy_[static_cast<std::size_t>(side)];
            const std::size_t count = std::min(known.size(), depth_);
            copy.resize(count, Level{{-1}, {-1}});
            const DirtyRanks dirty = book.side(side).dirty();
            for (std::size_t rank = dirty.from; rank < std::min<std::size_t>(dirty.to, count); ++rank) {
                copy[rank] = known[known.size() - 1 - rank];
            }
        }
        book.clear_dirty();
    }
    [[nodiscard]] const std::vector<Level>& side(Side side) const { return copy_[static_cast<std::size_t>(side)]; }

  private:
    std::size_t depth_;
    std::vector<Level> copy_[2];
};

// Returns how the book differs from the model; empty when it does not.
std::string difference(const OrderBook& book, const MapBook& model, std::size_t max_levels) {
    for (const Side side : kSides) {
        const auto levels = best_first(book.side(side));
        if (levels.size() != book.side(side).size()) return "not as many levels as it says";
        if (levels.size() > max_levels) return "more levels than max_levels";
        const std::size_t shown = book.side(side).known_top().size();
        for (const std::size_t count : {std::size_t{0}, shown / 2, shown, shown + 1}) {
            if (book.side(side).has_known(count) != (count <= shown))
                return "it knows more levels than it shows, or fewer";
        }
        for (std::size_t i = 0; i < levels.size(); ++i) {
            if (levels[i].quantity.steps == 0) return "a level of quantity zero";
            if (model.at(side, levels[i].price) != levels[i].quantity) return "a level that is not so in the model";
            if (i > 0 && (side == Side::bid) != (levels[i - 1].price > levels[i].price)) return "out of order";
        }
        if (known(book.side(side)) != model.best_first(side, book.side(side).known_to()))
            return "not all that is known";
    }
    return {};
}

struct Flow {
    std::size_t seed_bids, seed_asks;  // of the snapshot
    std::size_t cut;                   // ... which the venue cuts here
    std::size_t max_levels;
    std::size_t depth;  // published
    std::vector<std::vector<Delta>> updates;
};

std::string run(const Flow& flow) {
    MapBook model;
    for (std::size_t i = 0; i < flow.seed_bids; ++i) model.apply({Side::bid, {-3 * static_cast<std::int64_t>(i)}, {5}});
    for (std::size_t i = 0; i < flow.seed_asks; ++i)
        model.apply({Side::ask, {3 * static_cast<std::int64_t>(i) + 3}, {5}});
    OrderBook book(flow.max_levels, flow.depth);
    Published published(flow.depth);
    book.seed(model.snapshot(1, {1}, flow.cut));
    published.take(book);
    for (const auto& update : flow.updates) {
        for (const Delta& delta : update) {
            model.apply(delta);
            book.apply(delta.side, delta.price, delta.quantity);
        }
        if (auto wrong = difference(book, model, flow.max_levels); !wrong.empty()) return wrong;
        // The touch is known unless a full side dropped it, so the model may be asked as long as nothing was dropped.
        if (book.dropped() == 0 && book.side(Side::bid).best() && book.side(Side::ask).best() &&
            book.crossed() != model.crossed()) {
            return "crossed() is wrong";
        }
        published.take(book);
        for (const Side side : kSides) {
            auto expected = known(book.side(side));
            if (expected.size() > flow.depth) expected.resize(flow.depth);
            if (published.side(side) != expected) return "the dirty ranks do not tell all that changed";
        }
    }
    return {};
}

rc::Gen<Delta> delta_within(std::int64_t span) {
    return rc::gen::map(
        rc::gen::tuple(rc::gen::arbitrary<bool>(), rc::gen::inRange(-span, span), rc::gen::inRange(0, 4)),
        [](const std::tuple<bool, std::int64_t, int>& t) {
            return Delta{std::get<0>(t) ? Side::bid : Side::ask, {std::get<1>(t)}, {std::get<2>(t)}};
        });
}

auto updates_within(std::int64_t span) {
    return rc::gen::container<std::vector<std::vector<Delta>>>(
        rc::gen::resize(6, rc::gen::container<std::vector<Delta>>(delta_within(span))));
}

void show(const Flow& flow) {
    RC_LOG() << "seed " << flow.seed_bids << '/' << flow.seed_asks << " max " << flow.max_levels << " depth "
             << flow.depth << '\n';
    for (const auto& update : flow.updates) {
        for (const Delta& d : update) {
            RC_LOG() << (d.side == Side::bid ? " bid " : " ask ") << d.price.ticks << 'x' << d.quantity.steps;
        }
        RC_LOG() << '\n';
    }
}

TEST(OrderBookModel, SmallBooksFollowTheMap) {
    for (int i = 0; i < 20; ++i)
        ASSERT_TRUE(rc::check([] {
            Flow flow{};
            flow.seed_bids = *rc::gen::inRange<std::size_t>(0, 12);
            flow.seed_asks = *rc::gen::inRange<std::size_t>(0, 12);
            flow.cut = 5000;
            flow.max_levels = *rc::gen::inRange<std::size_t>(1, 16);
            flow.depth = *rc::gen::inRange<std::size_t>(1, 8);
            flow.updates = *updates_within(40);
            show(flow);
            RC_ASSERT(run(flow) == "");
        }));
}

TEST(OrderBookModel, CutBooksFollowTheMap) {
    ASSERT_TRUE(rc::check([] {
        Flow flow{};
        flow.cut = *rc::gen::element<std::size_t>(1000, 5000);
        const std::size_t more = *rc::gen::element<std::size_t>(0, 0, 1, 200);
        flow.seed_bids = flow.cut + more - *rc::gen::element<std::size_t>(0, 1, 30);
        flow.seed_asks = flow.cut + more;
        flow.max_levels = *rc::gen::element<std::size_t>(flow.cut - 10, flow.cut, flow.cut + 1, flow.cut + 50, 16'384);
        flow.depth = *rc::gen::element<std::size_t>(1, 64, flow.cut, 16'384);
        // Changes near the touch and around the edge.
        const auto edge = 3 * static_cast<std::int64_t>(flow.cut);
        flow.updates = *updates_within(60);
        for (auto& update : flow.updates) {
            for (Delta& delta : update) {
                if (delta.price.ticks % 3 == 0) delta.price.ticks += delta.side == Side::bid ? -edge : edge;
            }
        }
        show(flow);
        RC_ASSERT(run(flow) == "");
    }));
}

// Flows longer than a property test's lists, with levels far from the touch and near it, and deletes of missing levels.
TEST(OrderBookModel, LongFlowsFollowTheMap) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE(::testing::Message() << "seed " << seed);
        std::mt19937_64 random(seed);
        const auto below = [&random](std::uint64_t n) { return static_cast<std::int64_t>(random() % n); };
        Flow flow{};
        flow.cut = 1000;
        flow.seed_bids = static_cast<std::size_t>(below(1200));
        flow.seed_asks = static_cast<std::size_t>(below(1200));
        flow.max_levels = seed % 2 ? 16'384 : 300 + static_cast<std::size_t>(below(900));
        flow.depth = 1 + static_cast<std::size_t>(below(200));
        for (int i = 0; i < 1500; ++i) {
            std::vector<Delta> update(static_cast<std::size_t>(below(4)));
            for (Delta& delta : update) {
                const std::int64_t far = below(4) == 0 ? below(4000) : below(40);
                delta.side = below(2) ? Side::bid : Side::ask;
                delta.price.ticks = delta.side == Side::bid ? 20 - far : far - 20;
                delta.quantity.steps = below(3) ? below(100) : 0;
            }
            flow.updates.push_back(std::move(update));
        }
        ASSERT_EQ(run(flow), "");
    }
}

// Prices that move far up and down, so that the window moves and levels pass between it and the tail.
TEST(OrderBookModel, BooksThatWanderFollowTheMap) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        SCOPED_TRACE(::testing::Message() << "seed " << seed);
        std::mt19937_64 random(seed);
        const auto below = [&random](std::uint64_t n) { return static_cast<std::int64_t>(random() % n); };
        Flow flow{};
        flow.cut = 5000;
        flow.seed_bids = static_cast<std::size_t>(below(600));
        flow.seed_asks = static_cast<std::size_t>(below(600));
        flow.max_levels = seed % 4 ? 16'384 : 200;
        flow.depth = 1 + static_cast<std::size_t>(below(100));
        std::int64_t mid = 0;
        const auto span = static_cast<std::uint64_t>(1) << (4 + seed % 20);
        std::vector<Delta> set;  // some of which is deleted again
        for (int i = 0; i < 800; ++i) {
            if (below(20) == 0) mid += below(2 * span) - static_cast<std::int64_t>(span);
            std::vector<Delta> update;
            for (std::int64_t k = below(4); k > 0; --k) {
                Delta delta{below(2) ? Side::bid : Side::ask, {mid}, {1 + below(100)}};
                delta.price.ticks += (delta.side == Side::bid ? -1 : 1) * below(below(2) ? 100 : span);
                set.push_back(delta);
                update.push_back(delta);
            }
            for (std::int64_t k = below(5); k > 0 && !set.empty(); --k) {
                std::swap(set[static_cast<std::size_t>(below(set.size()))], set.back());
                update.push_back({set.back().side, set.back().price, {0}});
                set.pop_back();
            }
            flow.updates.push_back(std::move(update));
        }
        ASSERT_EQ(run(flow), "");
    }
}

// The smallest and the greatest integers are prices like any other.
TEST(OrderBookModel, ExtremePricesFollowTheMap) {
    Flow flow{};
    flow.cut = 5000;
    flow.max_levels = 100;
    flow.depth = 3;
    constexpr std::int64_t kPrices[] = {INT64_MAX, INT64_MIN, 0, INT64_MAX - 1, INT64_MIN + 1, -1, INT64_MAX - 16'384};
    for (const std::int64_t quantity : {1, 2, 0, 3}) {
        for (const Side side : kSides) {
            for (const std::int64_t price : kPrices) flow.updates.push_back({{side, {price}, {quantity}}});
        }
    }
    EXPECT_EQ(run(flow), "");
}

}  // namespace
}  // namespace daypack::core
