// SPDX-License-Identifier: MIT
#pragma once
#include <cstdio>
#include <sstream>
#include <string>

#include "tests/book/sync/small_world.h"

namespace daypack::core::test {

// Runs a small world by the names of its moves: d0 delivers line 0's next update, lose0 ends its connection, ret(0,3)
// brings it back at the fourth update, ans(1,0) answers with the new numbering's snapshot after its first update, w600
// waits for 600 ms.
class NamedWorld {
  public:
    explicit NamedWorld(const SmallWorld::Options& options) : world_(options) { world_.setup(way_, sync_); }

    void go(const std::string& moves) {
        std::istringstream words(moves);
        for (std::string word; words >> word;) world_.make(way_, sync_, move_of(word));
    }
    // True unless a LIVE book has a level that is not of the new numbering.
    [[nodiscard]] bool shows_no_old_book() const {
        if (sync_.state() != State::live) return true;
        const BookSide& bids = sync_.book().side(Side::bid);
        bool is_new = bids.at({40}).steps == 2;
        for (const std::int64_t price : {50, 51, 52, 100}) {
            const std::int64_t steps = bids.at({price}).steps;
            is_new = is_new && (steps == 0 || steps > 1'000);
        }
        return is_new;
    }
    [[nodiscard]] bool live_and_right(Sequence id) const {
        return sync_.state() == State::live && sync_.last_id() == id && shows_no_old_book();
    }
    [[nodiscard]] const Sync& sync() const { return sync_; }

  private:
    static SmallWorld::Move move_of(const std::string& word) {
        using Kind = SmallWorld::Move::Kind;
        int a = 0;
        int b = 0;
        if (std::sscanf(word.c_str(), "ret(%d,%d)", &a, &b) == 2) return {Kind::return_line, a, b};
        if (std::sscanf(word.c_str(), "ans(%d,%d)", &a, &b) == 2) return {Kind::answer, a, b};
        if (std::sscanf(word.c_str(), "lose%d", &a) == 1) return {Kind::lose_line, a};
        if (std::sscanf(word.c_str(), "d%d", &a) == 1) return {Kind::deliver, a};
        return {Kind::wait, word == "w60" ? 0 : (word == "w600" ? 1 : 2)};
    }

    SmallWorld world_;
    PendingPool pool_{64};
    Sync sync_{8, 4, pool_};
    SmallWorld::Way way_;
};

}  // namespace daypack::core::test
