// SPDX-License-Identifier: MIT
#include "book/sync/pending.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <deque>
#include <utility>
#include <vector>

namespace daypack::core {
namespace {

Event numbered(Sequence id) {
    Event event;
    event.first_id = event.last_id = id;
    return event;
}

// Returns how many events fit into a queue that has the whole pool.
std::size_t fill(Pending& pending) {
    std::size_t pushed = 0;
    while (pending.push(numbered(pushed))) ++pushed;
    return pushed;
}

TEST(Pending, GivesEventsBackInTheirOrder) {
    PendingPool pool(1000);
    Pending pending(pool);
    for (Sequence id = 0; id < 700; ++id) ASSERT_TRUE(pending.push(numbered(id)));
    EXPECT_EQ(pending.size(), 700u);
    for (Sequence id = 0; id < 700; ++id) {
        ASSERT_FALSE(pending.empty());
        ASSERT_EQ(pending.front().last_id, id);
        pending.pop();
    }
    EXPECT_TRUE(pending.empty());
}

TEST(Pending, OneQueueMayTakeTheWholePool) {
    PendingPool pool(1000);
    Pending pending(pool);
    EXPECT_GE(pool.capacity(), 1000u);
    EXPECT_EQ(fill(pending), pool.capacity());
}

TEST(Pending, AnEmptyPoolTakesNothing) {
    PendingPool pool(0);
    Pending pending(pool);
    EXPECT_EQ(pool.capacity(), 0u);
    EXPECT_FALSE(pending.push(numbered(1)));
    EXPECT_TRUE(pending.empty());
}

TEST(Pending, ARefusedEventLeavesTheQueueAsItWas) {
    PendingPool pool(1);
    Pending pending(pool);
    const std::size_t pushed = fill(pending);
    EXPECT_EQ(pending.size(), pushed);
    pending.pop();
    EXPECT_EQ(pending.front().last_id, 1u);
}

TEST(Pending, WhatIsClearedCanBeUsedByAnotherQueue) {
    PendingPool pool(300);
    Pending one(pool);
    Pending other(pool);
    fill(one);
    EXPECT_FALSE(other.push(numbered(1)));
    one.clear();
    EXPECT_EQ(fill(other), pool.capacity());
}

TEST(Pending, AQueueThatEndsGivesItsChunksBack) {
    PendingPool pool(300);
    {
        Pending one(pool);
        fill(one);
    }
    Pending other(pool);
    EXPECT_EQ(fill(other), pool.capacity());
}

TEST(Pending, AMovedQueueIsWholeAndTheOldOneIsEmpty) {
    PendingPool pool(300);
    Pending one(pool);
    for (Sequence id = 0; id < 100; ++id) ASSERT_TRUE(one.push(numbered(id)));
    one.pop();
    Pending other(std::move(one));
    EXPECT_TRUE(one.empty());  // NOLINT(bugprone-use-after-move): what is left behind is the fact
    EXPECT_EQ(other.size(), 99u);
    EXPECT_EQ(other.front().last_id, 1u);
    one.clear();
    EXPECT_EQ(other.front().last_id, 1u);
}

// A queue that is filled as fast as it is drained must not use up the pool.
TEST(Pending, RunsForEverInASmallPool) {
    PendingPool pool(126);
    Pending pending(pool);
    Sequence next_in = 0;
    Sequence next_out = 0;
    for (int i = 0; i < 60; ++i) ASSERT_TRUE(pending.push(numbered(next_in++)));
    for (int i = 0; i < 10'000; ++i) {
        ASSERT_TRUE(pending.push(numbered(next_in++)));
        ASSERT_EQ(pending.front().last_id, next_out++);
        pending.pop();
    }
}

// Several queues over one pool behave as deques do; a push fails only when no chunk is free.
TEST(Pending, QueuesOfOnePoolAreAsGoodAsDeques) {
    ASSERT_TRUE(rc::check([] {
        const auto chunks = *rc::gen::inRange<std::size_t>(1, 6);
        PendingPool pool(chunks * 63);
        std::vector<Pending> queues;
        std::vector<std::deque<Sequence>> models(3);
        for (int i = 0; i < 3; ++i) queues.emplace_back(pool);
        Sequence id = 0;
        const auto ops = *rc::gen::container<std::vector<std::pair<int, int>>>(
            rc::gen::pair(rc::gen::inRange(0, 8), rc::gen::inRange(1, 90)));
        for (const auto& [what, many] : ops) {
            const auto which = static_cast<std::size_t>(what % 3);
            auto& queue = queues[which];
            auto& model = models[which];
            for (int i = 0; i < many; ++i) {
                if (what < 5) {
                    if (queue.push(numbered(++id))) {
                        model.push_back(id);
                    } else {
                        // Each of the other queues may leave at most one chunk's worth unused at either end.
                        const std::size_t held = models[0].size() + models[1].size() + models[2].size();
                        RC_ASSERT(held + 3 * 2 * 62 >= pool.capacity());
                        break;
                    }
                } else if (!model.empty()) {
                    RC_ASSERT(queue.front().last_id == model.front());
                    queue.pop();
                    model.pop_front();
                }
                RC_ASSERT(queue.size() == model.size());
            }
        }
        for (std::size_t which = 0; which < 3; ++which) {
            for (const Sequence expected : models[which]) {
                RC_ASSERT(queues[which].front().last_id == expected);
                queues[which].pop();
            }
            RC_ASSERT(queues[which].empty());
        }
        Pending all(pool);
        RC_ASSERT(fill(all) == pool.capacity());
    }));
}

}  // namespace
}  // namespace daypack::core
