// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "book/sync/sync.h"
#include "tests/book/map_book.h"
#include "tests/book/venue_model.h"

namespace daypack::core::test {

// Checks the state of a Sync against the updates that it was given.
//
// While the Sync is live, its book equals the venue's at last_id(), inside known_to. Until a second after the first
// frame of a newer numbering both numberings are accepted, later only the newest. No trusted line sent a later update
// of its numbering more than gap_wait ago, and until then the flag `behind` is set. Nor did any line that is up send a
// later update while the book did not advance for a second, unless the Sync named that line to be replaced. Updates
// that the Sync was never given are not expected of it.
class SyncTruth {
  public:
    static constexpr std::int64_t kSecond_ns = 1'000'000'000;

    explicit SyncTruth(const VenueModel& venue) : venue_(venue) {}

    // The Sync was given this update. `counts`: its line was trusted then.
    void shown(std::size_t numbering, Sequence last_id, bool counts, MonoTime now) {
        if (shown_.size() <= numbering) shown_.resize(numbering + 1);
        if (counted_.size() <= numbering) counted_.resize(numbering + 1);
        if (numbering > newest_) {
            newest_ = numbering;
            newest_since_ = now;
        }
        if (!contradicted_since_) contradicted_since_ = now;
        shown_[numbering] = std::max(shown_[numbering], last_id);
        if (counts) counted_[numbering] = std::max(counted_[numbering], last_id);
    }
    // A line still has updates of an older numbering to send, so two numberings are alive at once.
    void old_is_alive(MonoTime now) { newest_since_ = now; }
    // A connection is gone, and what it sent without being trusted is no evidence any more.
    void line_gone() {
        shown_.assign(shown_.size(), 0);
        if (joined_ != kOther) newest_ = joined_;
        contradicted_since_.reset();
    }
    // The Sync joined a snapshot of this numbering; kOther: of another market, which looks like this one's until a line
    // sends an update.
    static constexpr std::size_t kOther = SIZE_MAX;
    void joined(std::size_t numbering) {
        joined_ = numbering;
        contradicted_since_.reset();
        if (numbering == kOther) return;
        if (shown_.size() <= numbering) shown_.resize(numbering + 1);
        counted_.assign(std::max(counted_.size(), numbering + 1), 0);
    }

    // Why the Sync is wrong; empty: it is not. After a join the whole book is compared, else what changed and the
    // touch, and now and then the whole.
    [[nodiscard]] std::string difference(const Sync& sync, MonoTime now) {
        if (sync.state() != State::live) {
            behind_since_.reset();
            stands_since_.reset();
            live_since_.reset();
            return {};
        }
        if (!live_since_) live_since_ = now;
        wrong_.clear();
        if (joined_ == kOther) {
            if (contradicted_since_ && now - *contradicted_since_ >= kSecond_ns)
                fail("live with another market's book");
        } else {
            compare_age(sync, now);
            compare(sync);
        }
        if (wrong_.empty()) return {};
        return wrong_ + ": at " + std::to_string(sync.last_id()) + " of numbering " +
               (joined_ == kOther ? "another market" : std::to_string(joined_)) + "; shown " +
               std::to_string(shown_[newest_]) + " of numbering " + std::to_string(newest_);
    }

  private:
    void compare(const Sync& sync) {
        if (sync.last_id() > venue_.history(joined_).last()) return fail("live beyond what the venue has sent");
        if (truth_of_ != joined_) {
            truth_ = venue_.history(joined_).base;
            truth_of_ = joined_;
            truth_id_ = venue_.history(joined_).first - 1;
        }
        const bool joined_anew = sync.counters().snapshots != joins_seen_;
        if (sync.last_id() < truth_id_) {  // the line that was ahead is gone, and those that are left lag
            if (!joined_anew) return fail("went back");
            truth_ = venue_.history(joined_).base;
            truth_id_ = venue_.history(joined_).first - 1;
        }
        joins_seen_ = sync.counters().snapshots;
        advance(sync, !joined_anew);
        if (joined_anew || ++compared_ % 1024 == 0) compare_all(sync);
        compare_touch(sync);
    }

    void compare_age(const Sync& sync, MonoTime now) {
        // A snapshot alone is what REST says: while the lines are quiet only REST can show that it was an old one.
        const std::int64_t grace_ns = (sync.flags() & kUnconfirmed) != 0 ? 5 * kSecond_ns : kSecond_ns;
        // A line that lags may vouch for the old one a last time.
        const MonoTime since = std::max(newest_since_, *live_since_);
        if (joined_ < newest_ && now - since >= grace_ns) fail("live although a newer numbering was shown");
        if (sync.last_id() >= counted_[joined_]) {
            behind_since_.reset();
        } else {
            if (!behind_since_) behind_since_ = now;
            if ((sync.flags() & kBehind) == 0) fail("a later id was shown, and it does not say behind");
            if (now - *behind_since_ >= Sync::kGapWait_ns) fail("live although a later id was shown long ago");
        }
        if (sync.last_id() != stands_at_) shown_[joined_] = 0;
        stands_at_ = sync.last_id();
        if (sync.last_id() >= shown_[joined_]) {
            stands_since_.reset();
        } else {
            if (!stands_since_) stands_since_ = now;
            if (now - *stands_since_ >= kSecond_ns) fail("stands still, live, while later ids are shown");
        }
    }

    // Brings the truth to last_id(), and compares the levels that changed on the way.
    void advance(const Sync& sync, bool compare_changes) {
        const auto& history = venue_.history(joined_);
        const Sequence from = truth_id_;
        for (; truth_id_ < sync.last_id(); ++truth_id_) {
            const auto& update = history.at(truth_id_ + 1);
            for (std::size_t i = update.from; i < update.to; ++i) truth_.apply(history.deltas[i]);
        }
        if (!compare_changes || from == truth_id_) return;
        for (std::size_t i = history.at(from + 1).from; i < history.at(truth_id_).to; ++i) {
            compare_level(sync.book(), history.deltas[i].side, history.deltas[i].price);
        }
    }

    void compare_level(const OrderBook& book, Side side, Price price) {
        const Quantity found = book.side(side).at(price);
        const Quantity expected = truth_.at(side, price);
        if (found.steps != 0) {
            if (found != expected) fail("a level is wrong");
        } else if (expected.steps != 0 && book.side(side).is_known(price)) {
            fail("a level is missing");
        }
    }

    void compare_touch(const Sync& sync) {
        bool both = true;
        for (const Side side : {Side::bid, Side::ask}) {
            const BookSide& half = sync.book().side(side);
            const auto shown = half.best();
            const auto& levels = truth_.side(side);
            both = both && shown;
            if (levels.empty()) {
                if (shown) fail("a best level where there is none");
                continue;
            }
            const auto best = side == Side::bid ? *levels.rbegin() : *levels.begin();
            if (!half.is_known(best.first)) {
                if (shown) fail("a best level that is not the best");
            } else if (!shown || *shown != Level{best.first, best.second}) {
                fail("the best level is wrong");
            }
        }
        if (both && ((sync.flags() & kCrossed) != 0) != truth_.crossed()) fail("the flag `crossed` is wrong");
    }

    void compare_all(const Sync& sync) {
        for (const Side side : {Side::bid, Side::ask}) {
            if (known(sync.book().side(side)) != truth_.best_first(side, sync.book().side(side).known_to())) {
                fail(side == Side::bid ? "the bids are wrong" : "the asks are wrong");
            }
        }
    }

    void fail(const char* what) {
        if (wrong_.empty()) wrong_ = what;
    }

    const VenueModel& venue_;
    std::vector<Sequence> shown_{0};    // the newest id that the Sync was shown since it stood where it stands
    std::vector<Sequence> counted_{0};  // the same, of lines that counted, since it joined
    std::size_t newest_ = 0;            // the newest numbering that it was shown
    MonoTime newest_since_;
    std::optional<MonoTime> live_since_;
    std::optional<MonoTime> contradicted_since_;  // when a line first sent anything since the join
    Sequence stands_at_ = 0;
    std::optional<MonoTime> stands_since_;
    std::size_t joined_ = 0;  // the numbering of the snapshot that it joined last
    MapBook truth_;           // follows last_id()
    std::size_t truth_of_ = SIZE_MAX;
    Sequence truth_id_ = 0;
    std::optional<MonoTime> behind_since_;
    std::uint64_t joins_seen_ = 0;
    std::uint64_t compared_ = 0;
    std::string wrong_;
};

}  // namespace daypack::core::test
