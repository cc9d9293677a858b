#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "book/snapshot.h"
#include "book/types.h"
#include "tests/map_book.h"
#include "tests/random.h"

namespace daypack::test {

// The venue of one market, slow and obvious: a std::map book, every update it ever made, and its REST side.
//
// What it promises, and Sync relies on: within a numbering ids are consecutive and `T` does not go back; a restart
// takes longer than REST lags; a snapshot is a whole book, at most 0.5 s old, and its `timestamp` is the `T` of its
// last update, or the time of the answer by a clock that is wrong by at most 0.4 s.
class VenueModel {
  public:
    struct Options {
        std::int64_t levels = 20;        // a side, about
        std::size_t cut = 5000;          // of a snapshot
        bool timestamp_is_match = true;  // else the clock below
        std::int64_t clock_error_us = 0;
    };
    // The updates from one restart to the next.
    struct Numbering {
        Sequence first = 1;  // id of the first update
        MapBook base;        // the book at first - 1
        VenueTime began;
        std::vector<Delta> deltas;
        struct Update {
            std::size_t from, to;  // of deltas
            VenueTime match;
        };
        std::vector<Update> updates;

        [[nodiscard]] Sequence last() const { return first + updates.size() - 1; }
        [[nodiscard]] const Update& at(Sequence id) const { return updates[id - first]; }
    };
    // What REST answered, and of which numbering.
    struct Answer {
        std::size_t numbering = 0;
        Snapshot snapshot;
    };

    VenueModel(const Options& options, Random& random) : options_(options) { begin(1000, random); }

    [[nodiscard]] std::size_t numbering() const { return numberings_.size() - 1; }
    [[nodiscard]] const Numbering& told(std::size_t numbering) const { return numberings_[numbering]; }
    [[nodiscard]] Sequence last() const { return numberings_.back().last(); }
    [[nodiscard]] bool crossed() const { return book_.crossed(); }
    [[nodiscard]] const MapBook& book() const { return book_; }

    void wait(std::int64_t us) { now_us_ += us; }

    // One update: nearly always one level; now and then none, or many. `crossing`: it may leave the book crossed.
    void update(Random& random, bool crossing) {
        const std::size_t from = numberings_.back().deltas.size();
        const std::int64_t kind = random.below(100);
        const std::int64_t count = kind == 0 ? 0 : kind < 4 ? 2 + random.below(30) : 1;
        for (std::int64_t i = 0; i < count; ++i) change(random);
        if (crossing) {
            set({Side::bid, {mid_ + 1 + random.below(5)}, {1 + random.below(9)}});
            set({Side::ask, {mid_ - random.below(5)}, {1 + random.below(9)}});
        } else {
            uncross(random.once_in(2) ? Side::bid : Side::ask);
        }
        numberings_.back().updates.push_back({from, numberings_.back().deltas.size(), {now_us_}});
    }

    // Another book under other numbers, three seconds or more later.
    void restart(Sequence first, Random& random) {
        now_us_ += 3'000'000 + random.below(2'000'000);
        begin(first, random);
    }

    // What REST says now: the book at the last update, or a little behind.
    [[nodiscard]] Answer answer(Random& random) {
        const Numbering& now = numberings_.back();
        const auto behind = static_cast<Sequence>(random.once_in(2) ? 0 : random.below(40));
        while (rest_id_ < now.last() &&
               (rest_id_ + behind < now.last() || now.at(rest_id_ + 1).match.us < now_us_ - 500'000)) {
            ++rest_id_;
            for (std::size_t i = now.at(rest_id_).from; i < now.at(rest_id_).to; ++i) rest_book_.apply(now.deltas[i]);
        }
        const VenueTime match = rest_id_ < now.first ? now.began : now.at(rest_id_).match;
        const VenueTime timestamp = options_.timestamp_is_match ? match : VenueTime{now_us_ + options_.clock_error_us};
        return {numbering(), rest_book_.snapshot(rest_id_, timestamp, options_.cut)};
    }

  private:
    void begin(Sequence first, Random& random) {
        book_.clear();
        mid_ = 1'000'000 + random.below(1000);
        for (std::int64_t i = 0; i < options_.levels; ++i) {
            book_.apply({Side::bid, {mid_ - 2 * i}, {1 + random.below(1000)}});
            book_.apply({Side::ask, {mid_ + 1 + 2 * i}, {1 + random.below(1000)}});
        }
        Numbering numbering;
        numbering.first = first;
        numbering.base = book_;
        numbering.began = {now_us_};
        numberings_.push_back(std::move(numbering));
        rest_book_ = book_;
        rest_id_ = first - 1;
    }

    void set(const Delta& delta) {
        numberings_.back().deltas.push_back(delta);
        book_.apply(delta);
    }

    // Sets, changes or deletes one level, mostly near the touch; the book stays about as long as it should be.
    void change(Random& random) {
        const Side side = random.once_in(2) ? Side::bid : Side::ask;
        const std::int64_t span = 2 * options_.levels + 4;
        const std::int64_t rank =
            random.once_in(3) ? random.below(span) : random.below(std::min<std::int64_t>(span, 12));
        if (random.once_in(20)) mid_ += random.below(7) - 3;
        Price price{side == Side::bid ? mid_ - rank : mid_ + 1 + rank};
        const auto& levels = book_.side(side);
        const bool full = static_cast<std::int64_t>(levels.size()) > options_.levels;
        if (random.below(100) < (full ? 60 : 25)) {
            if (random.below(8) != 0 && !levels.empty()) {  // else deletes what is probably not there
                auto found = levels.lower_bound(price);
                if (found == levels.end()) --found;
                price = found->first;
            }
            set({side, price, {0}});
        } else {
            set({side, price, {1 + random.below(1000)}});
        }
    }

    // Takes out what `side` trades through.
    void uncross(Side side) {
        while (book_.crossed()) {
            const Side passive = opposite(side);
            const auto& levels = book_.side(passive);
            set({passive, passive == Side::bid ? levels.rbegin()->first : levels.begin()->first, {0}});
        }
    }

    Options options_;
    std::int64_t now_us_ = 1'700'000'000'000'000;
    std::int64_t mid_ = 0;
    MapBook book_;
    std::vector<Numbering> numberings_;
    MapBook rest_book_;  // REST's copy, which trails
    Sequence rest_id_ = 0;
};

}  // namespace daypack::test
