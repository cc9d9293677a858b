// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <vector>

#include "book/instrument.h"
#include "book/snapshot.h"
#include "tests/support/random.h"

namespace daypack::core::test {

// The worlds of a follower have books so small that a whole one is copied for each update, and compared as one: the
// quantity at each distance from the middle, 0 where there is no level.
inline constexpr std::size_t kSpan = 48;
struct Levels {
    std::array<std::array<std::int8_t, kSpan>, 2> at{};  // by DAYPACK_SIDE_…, in steps
    bool operator==(const Levels&) const = default;

    // The price at a distance, in ticks.
    [[nodiscard]] static std::int64_t ticks(std::size_t side, std::size_t distance) noexcept {
        const auto far = static_cast<std::int64_t>(distance);
        return side == 0 ? 1000 - far : 1001 + far;
    }
};

struct LevelChange {
    std::size_t side, distance;
    std::int8_t steps;
};
struct VenueUpdate {
    Sequence first = 0, last = 0;
    std::int64_t match_us = 0;  // of no other update, whatever its numbering
    std::vector<LevelChange> changes;
};

// A market as the venue has it: one update after another, now and then another numbering or another tick.
class VenueMarket {
  public:
    explicit VenueMarket(Random& random) : random_(random) {
        for (auto& side : now_.at) side[0] = 1;
        restart();
    }

    VenueUpdate update() {
        VenueUpdate made;
        made.first = u_ + 1;
        u_ += random_.once_in(4) ? 1 + static_cast<Sequence>(random_.below(5)) : 1;  // some are of several ids
        made.last = u_;
        made.match_us = ++match_us_;
        const std::int64_t count = random_.once_in(8) ? 0 : 1 + random_.below(4);
        for (std::int64_t i = 0; i < count; ++i) made.changes.push_back(change());
        past_.push_back({u_, now_});
        if (past_.size() > 160) past_.pop_front();
        return made;
    }
    // The book becomes another one, with a numbering that may be near to the last, so that ids of both meet.
    void restart() {
        u_ = random_.once_in(2) ? 1 + static_cast<Sequence>(random_.below(1'000))
                                : std::max<Sequence>(60, u_) - 50 + static_cast<Sequence>(random_.below(100));
        for (int i = 0; i < 20; ++i) (void)change();
        past_ = {{u_, now_}};
    }
    void change_units() {
        constexpr std::array<Unit, 4> kTicks{{{1, -1}, {5, -2}, {2, -1}, {1, -2}}};
        constexpr std::array<Unit, 2> kSteps{{{1, -3}, {1, -2}}};
        tick_ = kTicks[static_cast<std::size_t>(random_.below(kTicks.size()))];
        step_ = kSteps[static_cast<std::size_t>(random_.below(kSteps.size()))];
    }

    struct Past {
        Sequence u;
        Levels levels;
    };
    // What REST may answer: a book between those two ids, none where it is forgotten.
    [[nodiscard]] const Past* drawn_between(Sequence from, Sequence to) const {
        const auto begin =
            std::lower_bound(past_.begin(), past_.end(), from, [](const Past& past, Sequence u) { return past.u < u; });
        const auto end =
            std::upper_bound(begin, past_.end(), to, [](Sequence u, const Past& past) { return u < past.u; });
        if (begin == end) return nullptr;
        return &*(begin + random_.below(end - begin));
    }
    [[nodiscard]] Sequence u() const noexcept { return u_; }
    [[nodiscard]] Unit tick() const noexcept { return tick_; }
    [[nodiscard]] Unit step() const noexcept { return step_; }

    [[nodiscard]] static Snapshot snapshot_of(const Past& past) {
        Snapshot made;
        made.last_id = past.u;
        for (std::size_t far = 0; far < kSpan; ++far) {
            const std::size_t bid = kSpan - 1 - far;
            if (past.levels.at[0][bid] != 0)
                made.bids.push_back({Price{Levels::ticks(0, bid)}, Quantity{past.levels.at[0][bid]}});
            if (past.levels.at[1][far] != 0)
                made.asks.push_back({Price{Levels::ticks(1, far)}, Quantity{past.levels.at[1][far]}});
        }
        return made;
    }

  private:
    LevelChange change() {
        LevelChange made{};
        made.side = static_cast<std::size_t>(random_.below(2));
        made.distance = static_cast<std::size_t>(random_.below(kSpan));
        made.steps = static_cast<std::int8_t>(random_.once_in(3) ? 0 : 1 + random_.below(100));
        now_.at[made.side][made.distance] = made.steps;
        return made;
    }

    Random& random_;
    Sequence u_ = 100;
    std::int64_t match_us_ = 0;
    Levels now_;
    std::deque<Past> past_;  // of this numbering
    Unit tick_{1, -1}, step_{1, -3};
};

}  // namespace daypack::core::test
