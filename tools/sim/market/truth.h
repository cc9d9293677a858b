// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace daypack::core::sim {

// One level of one update: the quantity that stands at a price from now on; zero: nothing stands there.
// Both are counts of the market's last decimal.
struct Change {
    bool bid;
    std::int64_t price;
    std::int64_t quantity;
};

// The plainest order book there is.
struct Book {
    std::map<std::int64_t, std::int64_t> bids;
    std::map<std::int64_t, std::int64_t> asks;

    void apply(const Change& change);
    bool operator==(const Book&) const = default;
};

// The true book of one market, now and at every past `u` of a bounded history.
//
// Thread: any one at a time.
// Invariant: segments_ is never empty; a segment is a whole book and the changes since, up to the next segment's book.
// Why segments: a past book costs one copy and at most kSegmentChanges applications, a millisecond or two.
class Truth {
  public:
    // REQUIRES: history_changes > 0, the number of changes that are kept at least.
    explicit Truth(std::size_t history_changes);

    // Starts over at `u` with this book; what was before is forgotten. For the start, and for a restart of the
    // numbering.
    void start(Book book, std::uint64_t u);

    // One update, which ends at `u`. REQUIRES: u > this->u().
    void apply(std::uint64_t u, std::span<const Change> changes);

    [[nodiscard]] std::uint64_t u() const noexcept { return u_; }
    [[nodiscard]] const Book& now() const noexcept { return book_; }

    // The book right after the update that ended at `u`; nullopt when none ended there, or it is no longer kept.
    [[nodiscard]] std::optional<Book> at(std::uint64_t u) const;

    // Where the book stood so many updates ago, or the oldest `u` that is kept: `at` knows it.
    [[nodiscard]] std::uint64_t u_back(std::size_t updates) const noexcept;

  private:
    struct Entry {
        std::uint64_t u;
        Change change;
        bool empty;  // an update without a level: only its `u` counts
    };
    struct Segment {
        std::uint64_t u;  // of the book
        std::vector<std::pair<std::int64_t, std::int64_t>> bids;
        std::vector<std::pair<std::int64_t, std::int64_t>> asks;
        std::vector<Entry> entries;
    };

    void open_segment();
    [[nodiscard]] const Segment* segment_of(std::uint64_t u) const noexcept;
    [[nodiscard]] static Book replay(const Segment& segment, std::uint64_t u);

    std::size_t history_changes_;
    std::size_t kept_changes_ = 0;
    std::uint64_t u_ = 0;
    Book book_;
    std::deque<Segment> segments_;
};

}  // namespace daypack::core::sim
