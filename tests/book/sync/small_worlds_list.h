// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <cstddef>

#include "tests/book/sync/small_worlds.h"

namespace daypack::test {

// The small worlds that are gone through. All have two lines, free order, and lags as waits of 60, 600 and 1,100 ms
// anywhere. T is free, too, but nothing to go through: it is another number with each frame, and no state has it.
//
// The whole of six frames, a reconnect a line, two snapshots and three waits is beyond any machine: more than 10^12
// worlds in more than 10^9 states. So there are two kinds:
// - whole: less of one thing or another, and nothing left out;
// - drawn: all of it, of aggregated streams as well; of the moves behind each state a part is tried, which a seed
//   draws, so that no kind of order is left out for good.
//
// Left out everywhere: more than one restart; a line that comes up again more than one update before where it was; lost
// and unreadable frames, and answers of another market (tests/book/sync/sync_world.h draws these); other waits.
inline constexpr std::array kWholeWorlds{
    SmallWorld::Options{.old_updates = 1, .new_updates = 1, .new_first = 5, .snapshots = 1, .waits = 1, .strict = true},
    SmallWorld::Options{
        .old_updates = 2, .new_updates = 2, .new_first = 10, .reconnects = 0, .waits = 2, .strict = true},
    SmallWorld::Options{
        .old_updates = 2, .new_updates = 2, .new_first = 20, .reconnects = 0, .waits = 2, .strict = true},
    SmallWorld::Options{.old_updates = 2, .new_updates = 0, .snapshots = 1, .waits = 1, .strict = true},
    SmallWorld::Options{
        .old_updates = 2, .new_updates = 1, .new_first = 5, .fresh = true, .reconnects = 0, .waits = 2, .strict = true},
};
inline constexpr std::array kWholeLongWorlds{
    SmallWorld::Options{.old_updates = 1, .new_updates = 2, .new_first = 9, .snapshots = 1, .waits = 1, .strict = true},
    SmallWorld::Options{.old_updates = 1, .new_updates = 1, .new_first = 20, .waits = 1, .strict = true},
    SmallWorld::Options{.old_updates = 1, .new_updates = 1, .new_first = 5, .waits = 1, .strict = true},
    SmallWorld::Options{.old_updates = 2, .new_updates = 0, .waits = 2, .strict = true},
    SmallWorld::Options{
        .old_updates = 1, .new_updates = 1, .new_first = 5, .fresh = true, .snapshots = 1, .waits = 1, .strict = true},
    SmallWorld::Options{.old_updates = 2, .new_updates = 2, .new_first = 5, .snapshots = 1, .waits = 1},
    SmallWorld::Options{.old_updates = 3, .new_updates = 3, .new_first = 11, .reconnects = 0, .waits = 2},
    SmallWorld::Options{.old_updates = 3, .new_updates = 3, .new_first = 5, .snapshots = 1, .waits = 1},
    SmallWorld::Options{
        .old_updates = 2, .new_updates = 2, .new_first = 11, .snapshots = 1, .waits = 1, .joined = {3, 0}},
};
inline constexpr std::array kDrawnWorlds{
    SmallWorld::Options{.new_first = 1},
    SmallWorld::Options{.new_first = 5},
    SmallWorld::Options{.new_first = 9},
    SmallWorld::Options{.new_first = 11},
    SmallWorld::Options{.new_first = 12},
    SmallWorld::Options{.new_first = 20},
    SmallWorld::Options{.new_first = 12, .fresh = true},
    SmallWorld::Options{.new_first = 20, .fresh = true},
    SmallWorld::Options{.new_updates = 0},
    SmallWorld::Options{.new_first = 5, .joined = {1, 2}},
    SmallWorld::Options{.new_first = 11, .joined = {11, 0}},
    SmallWorld::Options{.new_first = 20, .fresh = true, .joined = {2, 1}},
    SmallWorld::Options{.new_first = 12, .joined = {27, 9}},
    SmallWorld::Options{.new_first = 5, .fresh = true},
    SmallWorld::Options{.new_first = 9, .joined = {1, 18}},
};

}  // namespace daypack::test
