// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "book/snapshot.h"
#include "book/types.h"
#include "tests/book/map_book.h"
#include "tests/support/random.h"

namespace daypack::core::test {

// A clock that a venue might have. No rule may depend on it.
struct VenueClock {
    enum class Kind : std::uint8_t { right, jitters, steps, free };
    Kind kind = Kind::right;
    std::int64_t off_us = 0;  // 1 ms to a day

    static VenueClock draw(Random& random) {
        static constexpr std::int64_t kMost_us[] = {1'000, 1'000'000, 60'000'000, 86'400'000'000};
        const auto kind = static_cast<Kind>(random.below(4));
        const std::int64_t most = kMost_us[random.below(4)];
        return {kind, random.below(2 * most + 1) - most};
    }
    [[nodiscard]] VenueTime tell(std::int64_t now_us, Random& random) {
        switch (kind) {
            case Kind::right: break;
            case Kind::jitters: return {now_us + off_us + random.below(26'001) - 13'000};
            case Kind::steps:
                if (random.once_in(1000)) off_us += random.below(60'000'001) - 30'000'000;
                if (random.once_in(1000)) return {now_us + off_us + 3'600'000'000};  // a glitch
                break;
            case Kind::free: return {1 + random.below(2'000'000'000'000'000)};
        }
        return {now_us + off_us};
    }
};

// A slow and obvious model of the venue for one market: a std::map book, every update it ever made, and its REST side.
//
// It guarantees what Sync relies on: within a numbering ids are consecutive, and a snapshot is a whole book of one
// numbering. Its clocks guarantee nothing.
class VenueModel {
  public:
    struct Options {
        std::int64_t levels = 20;  // a side, about
        std::size_t cut = 5000;    // of a snapshot
        std::int64_t trails = 40;  // ids that REST may be behind
        VenueClock stream;
        VenueClock rest;
    };
    // The updates from one restart to the next.
    struct Numbering {
        Sequence first = 1;  // id of the first update
        MapBook base;        // the book at first - 1
        std::vector<Delta> deltas;
        struct Update {
            std::size_t from, to;  // of deltas
            VenueTime match;
        };
        std::vector<Update> updates;

        [[nodiscard]] Sequence last() const { return first + updates.size() - 1; }
        [[nodiscard]] const Update& at(Sequence id) const { return updates[id - first]; }
    };
    // An answer of REST, and its numbering.
    struct Answer {
        std::size_t numbering = 0;
        Snapshot snapshot;
    };

    VenueModel(const Options& options, Random& random) : options_(options) {
        begin(1000, random);
        rest_book_ = book_;
        rest_id_ = 999;
    }

    [[nodiscard]] std::size_t numbering() const { return numberings_.size() - 1; }
    [[nodiscard]] const Numbering& history(std::size_t numbering) const { return numberings_[numbering]; }
    [[nodiscard]] Sequence last() const { return numberings_.back().last(); }
    [[nodiscard]] bool crossed() const { return book_.crossed(); }
    [[nodiscard]] const MapBook& book() const { return book_; }

    void wait(std::int64_t us) { now_us_ += us; }

    // Makes one update: nearly always of one level, now and then of none or many. `crossing`: it may leave the book
    // crossed.
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
        last_made_us_.back() = now_us_;
        const VenueTime match = options_.stream.tell(now_us_, clocks_);
        numberings_.back().updates.push_back({from, numberings_.back().deltas.size(), match});
    }

    // Begins another numbering with another book. REST answers with the old one for some time.
    void restart(Sequence first, std::int64_t rest_after_us, Random& random) {
        if (rest_numbering_ != numbering()) move_rest();  // it is one restart late at most
        begin(first, random);
        rest_moves_us_ = now_us_ + rest_after_us;
    }

    // Returns REST's current answer: the book at the last update, or a little behind.
    [[nodiscard]] Answer answer(Random& random) {
        if (rest_numbering_ != numbering() && now_us_ >= rest_moves_us_) move_rest();
        const Numbering& made = numberings_[rest_numbering_];
        const auto behind = static_cast<Sequence>(random.once_in(2) ? 0 : random.below(options_.trails));
        while (rest_id_ < made.last() &&
               (rest_id_ + behind < made.last() || last_made_us_[rest_numbering_] < now_us_ - 500'000)) {
            ++rest_id_;
            for (std::size_t i = made.at(rest_id_).from; i < made.at(rest_id_).to; ++i)
                rest_book_.apply(made.deltas[i]);
        }
        return {rest_numbering_, rest_book_.snapshot(rest_id_, options_.rest.tell(now_us_, clocks_), options_.cut)};
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
        numberings_.push_back(std::move(numbering));
        last_made_us_.push_back(now_us_);
    }

    void move_rest() {
        rest_numbering_ = numbering();
        rest_book_ = numberings_.back().base;
        rest_id_ = numberings_.back().first - 1;
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
    Random clocks_{1};  // of its own, so that worlds differ in nothing but their clocks
    std::int64_t now_us_ = 1'700'000'000'000'000;
    std::int64_t mid_ = 0;
    MapBook book_;
    std::vector<Numbering> numberings_;
    std::vector<std::int64_t> last_made_us_;  // when the last update of each numbering was made
    std::size_t rest_numbering_ = 0;
    std::int64_t rest_moves_us_ = 0;
    MapBook rest_book_;  // REST's copy, which trails
    Sequence rest_id_ = 0;
};

}  // namespace daypack::core::test
