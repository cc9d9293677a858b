// `daypack bench` compares like with like: what stands beside ours does the same work, and comes to the same book.
#include <gtest/gtest.h>

#include <string>

#include "bench/input.h"
#include "bench/references.h"
#include "bench/row.h"
#include "book/order_book.h"
#include "net/decoder.h"

namespace daypack::bench {
namespace {

const Input& input() {
    static Input* const read = [] {
        auto* made = new Input;
        read_input("", *made);
        return made;
    }();
    return *read;
}

template <class Book>
void expect_best(const OrderBook& ours, const Book& book, std::size_t update) {
    const Best best = book.best();
    ASSERT_EQ(ours.side(Side::bid).best(), (Level{{best.bid}, {best.bid_quantity}})) << "update " << update;
    ASSERT_EQ(ours.side(Side::ask).best(), (Level{{best.ask}, {best.ask_quantity}})) << "update " << update;
}

TEST(Bench, TheBooksBesideOursHaveTheSameBestAfterEveryUpdate) {
    OrderBook ours(32'768, 64);
    TreeBook tree;
    VectorBook vector;
    ours.seed(input().seed);
    tree.seed(input().seed);
    vector.seed(input().seed);
    std::size_t at = 0;
    for (std::size_t update = 0; update < input().ends.size() && !HasFatalFailure(); ++update) {
        for (; at < input().ends[update]; ++at) {
            const Event& event = input().events[at];
            if (event.kind != EventKind::delta) continue;
            ours.apply(event.side, event.price, event.quantity);
            tree.apply(event.side, event.price.ticks, event.quantity.steps);
            vector.apply(event.side, event.price.ticks, event.quantity.steps);
        }
        expect_best(ours, tree, update);
        expect_best(ours, vector, update);
    }
}

TEST(Bench, TheReaderBesideOursReadsTheSameLevels) {
    for (const Frames* frames : {&input().frames, &input().fives}) {
        Decoder decoder(input().table, DepthStream::realtime);
        DomReader reader;
        for (std::size_t i = 0; i < frames->size(); i += 7) {
            const Decoded decoded = decoder.decode((*frames)[i], MonoTime{1}, 0);
            ASSERT_EQ(decoded.kind, FrameKind::depth);
            std::size_t count = 0;
            ASSERT_TRUE(reader.read((*frames)[i], input().instrument(), [&](Side side, auto price, auto quantity) {
                ASSERT_LT(count, decoded.events.size());
                const Event& event = decoded.events[count++];
                ASSERT_EQ(event.side, side);
                ASSERT_EQ(event.price.ticks, price);
                ASSERT_EQ(event.quantity.steps, quantity);
            }));
            if (decoded.events.front().kind == EventKind::delta) {
                ASSERT_EQ(count, decoded.events.size());
            }
        }
    }
}

TEST(Bench, TheFivesAreTheSameLevelsInTheirOrder) {
    Decoder decoder(input().table, DepthStream::realtime);
    std::size_t levels = 0;
    for (std::size_t i = 0; i < input().fives.size(); ++i) {
        const Decoded decoded = decoder.decode(input().fives[i], MonoTime{1}, 0);
        ASSERT_EQ(decoded.kind, FrameKind::depth);
        levels += decoded.events.front().kind == EventKind::delta ? decoded.events.size() : 0;
    }
    std::size_t all = 0;
    for (std::size_t i = 0; i < input().ends[input().fives.size() * 5 - 1]; ++i) {
        all += input().events[i].kind == EventKind::delta ? 1 : 0;
    }
    EXPECT_EQ(levels, all);
}

TEST(Bench, ARowIsMetByItsRatioOrElseByItsValue) {
    Row row;
    row.value = 10;
    row.target = 4;
    EXPECT_EQ(row.met(), true) << "at least";
    row.ratio = 3;
    EXPECT_EQ(row.met(), false);
    row.bound = Row::Bound::most;
    EXPECT_EQ(row.met(), true);
}

}  // namespace
}  // namespace daypack::bench
