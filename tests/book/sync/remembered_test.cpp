// SPDX-License-Identifier: MIT
#include "book/sync/remembered.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/support/random.h"

namespace daypack::core {
namespace {

TEST(Remembered, FindsWhatWasAddedAndNothingElse) {
    Remembered remembered;
    EXPECT_EQ(remembered.find(5), std::nullopt);
    remembered.add(5, 50);
    remembered.add(9, 90);
    EXPECT_EQ(remembered.find(5), 50u);
    EXPECT_EQ(remembered.find(9), 90u);
    EXPECT_EQ(remembered.find(4), std::nullopt);
    EXPECT_EQ(remembered.find(7), std::nullopt);
    EXPECT_EQ(remembered.find(10), std::nullopt);
    remembered.clear();
    EXPECT_EQ(remembered.find(5), std::nullopt);
}

TEST(Remembered, ForgetsWhatLiesBefore) {
    Remembered remembered;
    for (const Sequence id : {5, 7, 9}) remembered.add(id, id * 10);
    remembered.forget_before(7);
    EXPECT_EQ(remembered.find(5), std::nullopt);
    EXPECT_EQ(remembered.find(7), 70u);
    EXPECT_EQ(remembered.find(9), 90u);
    remembered.forget_before(10);
    EXPECT_TRUE(remembered.empty());
}

TEST(Remembered, WhatIsTakenFirstStays) {
    Remembered remembered;
    remembered.add(5, 50);
    remembered.add(9, 90);
    remembered.add(5, 51);
    EXPECT_EQ(remembered.find(5), 50u);
}

// Compared with a map of the latest updates, of which some come late and out of order.
TEST(Remembered, KeepsTheLatestWhateverTheOrder) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        test::Random random(seed);
        Remembered remembered;
        std::map<Sequence, UpdateKey> model;
        Sequence top = 1000;
        for (int i = 0; i < 4'000; ++i) {
            const bool late = random.once_in(5);
            const Sequence id = late ? top - static_cast<Sequence>(random.below(60))
                                     : top + 1 + static_cast<Sequence>(random.once_in(10) ? random.below(9) : 0);
            top = std::max(top, id);
            const UpdateKey key = random.next();
            remembered.add(id, key);
            model.try_emplace(id, key);
            if (model.size() > Remembered::kUpdates) model.erase(model.begin());
            const Sequence asked = top - static_cast<Sequence>(random.below(1'000));
            const auto found = model.find(asked);
            ASSERT_EQ(remembered.find(asked), found == model.end() ? std::nullopt : std::optional(found->second))
                << "DAYPACK_SEED=" << seed << " at " << i;
        }
    }
}

}  // namespace
}  // namespace daypack::core
