// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <cstddef>

#include "tests/book/sync/small_worlds.h"

namespace daypack::core::test {

// The small worlds that are searched. All have two lines, any order, and waits of 60, 600 and 1,100 ms anywhere as
// lags. `T` differs with each frame but is no part of any state, so it adds no worlds.
//
// All orders of six frames, a reconnect a line, two snapshots and three waits are too many for any machine: more than
// 10^12 worlds in more than 10^9 states. So there are two kinds:
// - whole: worlds with less of one thing or another, searched without exception;
// - drawn: worlds with all of it, and with aggregated streams; at each state a part of the moves is tried, drawn by a
//   seed, so that no kind of order is left out for good.
//
// These are left out everywhere: more than one restart; a line that comes back more than one update before its last;
// lost and unreadable frames and answers of another market (tests/book/sync/sync_world.h draws them); other waits.
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

}  // namespace daypack::core::test
