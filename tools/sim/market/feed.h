// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tools/sim/market/event.h"
#include "tools/sim/market/truth.h"
#include "tools/sim/market/wire.h"

namespace daypack::core::sim {

// What a `depth.200ms` stream and its like send: all changes of a time, the last of each price, sides ascending.
//
// Thread: the exchange's.
class Aggregate {
  public:
    Aggregate(std::string_view window, std::int64_t window_us) : window_(window), window_us_(window_us) {}

    [[nodiscard]] std::string_view window() const noexcept { return window_; }
    // Whether an event of that time belongs to another frame than what is held.
    [[nodiscard]] bool is_due(std::int64_t match_us) const noexcept {
        return first_u_ != 0 && match_us / window_us_ != first_us_ / window_us_;
    }
    // Whether something has been held for longer than the window, by this machine's monotonic clock.
    [[nodiscard]] bool is_overdue(std::int64_t now_ns) const noexcept {
        return first_u_ != 0 && now_ns - since_ns_ > window_us_ * 1000;
    }
    [[nodiscard]] bool holds() const noexcept { return first_u_ != 0; }
    void add(const Event& depth, std::int64_t now_ns);
    // The frame of what is held, which is held no longer. REQUIRES: something is.
    [[nodiscard]] std::string flush(const Notation& notation, std::int64_t send_us);
    void clear() noexcept;
    // Prices are counted in a tenth from now on.
    void refine();

  private:
    std::string_view window_;
    std::int64_t window_us_;
    std::uint64_t first_u_ = 0;
    std::int64_t first_us_ = 0;
    std::int64_t since_ns_ = 0;
    std::uint64_t last_u_ = 0;
    std::int64_t last_us_ = 0;
    std::map<std::int64_t, std::int64_t> bids_;
    std::map<std::int64_t, std::int64_t> asks_;
};

// One market, live: its events, one at a time, and what is true after each.
//
// Thread: the exchange's.
// Invariant: truth() is the book after every event taken so far, sent or not, in the numbering of now.
class Feed {
  public:
    struct Made {
        Trade trade;
        std::int64_t at_ms;
    };

    // A market without a book: Closed.
    explicit Feed(Market market);
    Feed(std::unique_ptr<Source> source, std::size_t history_changes);

    [[nodiscard]] const Market& market() const noexcept { return market_; }
    [[nodiscard]] const Notation& notation() const noexcept { return notation_; }
    [[nodiscard]] const Truth& truth() const noexcept { return truth_; }
    // The last ones, newest first.
    [[nodiscard]] const std::deque<Made>& trades() const noexcept { return trades_; }
    [[nodiscard]] std::array<Aggregate, 3>& aggregates() noexcept { return aggregates_; }
    [[nodiscard]] bool has_begun() const noexcept { return begun_; }
    // Nothing comes any more.
    [[nodiscard]] bool is_over() const noexcept { return over_; }
    // The venue's time of the last event, or of the book before the first; 0: not known.
    [[nodiscard]] std::int64_t match_us() const noexcept { return match_us_; }

    void begin(std::int64_t venue_us);
    // What comes next; null when nothing does. REQUIRES: has_begun(). Throws as the source does.
    [[nodiscard]] const Event* peek();
    // Takes it: the truth moves. REQUIRES: peek() was not null.
    [[nodiscard]] Event take();
    // Nothing comes any more, whatever the source has left.
    void end() noexcept {
        over_ = true;
        next_.reset();
    }
    // The market's `orderBookState` is another one.
    void set_state(const std::string& state) { market_.state = state; }
    // The numbering starts over, the book standing at `u`, and with a stand-by's content where that is asked for.
    // `both`: the old one goes on beside it, until end_old().
    void restart(std::uint64_t u, bool other_book, bool both);
    // What is added to a number (modulo 2^64) to get that of the old numbering.
    [[nodiscard]] std::uint64_t old_shift() const noexcept { return old_shift_; }
    void end_old() noexcept { both_ = false; }
    // From the next depth event on a bid stands above all asks, or is gone again. The source knows nothing of it.
    void cross(bool on);
    [[nodiscard]] bool is_crossed() const noexcept { return crossing_price_ != 0; }
    // The tick becomes a tenth; what was true before is forgotten. False: a recorded market keeps its own.
    [[nodiscard]] bool refine_tick();
    // The tick becomes ten times what it was; prices stay, and some are off it now. False: as above.
    [[nodiscard]] bool coarsen_tick();

    // Bodies of the REST answers.
    [[nodiscard]] std::string depth_body(std::size_t levels, std::uint64_t u, std::int64_t timestamp_us) const;
    [[nodiscard]] std::string trades_body(std::size_t limit) const;
    // The last book of the numbering before this one; of this one where there was none.
    [[nodiscard]] std::string past_depth_body(std::size_t levels, std::int64_t timestamp_us) const;
    // Without `u` as it is now; with it, in the newest numbering that knows it. `ago`: of that one alone, so many
    // restarts ago. Empty: not known.
    [[nodiscard]] std::string truth_body(std::optional<std::uint64_t> u,
                                         std::optional<std::size_t> ago = std::nullopt) const;

  private:
    Market market_;
    Notation notation_;
    std::unique_ptr<Source> source_;
    std::size_t history_changes_ = 1;
    Truth truth_;
    std::deque<Truth> past_;  // of earlier numberings, the newest first
    std::uint64_t old_shift_ = 0;
    bool both_ = false;
    std::int64_t crossing_price_ = 0;  // of the bid that crosses; 0: none
    std::optional<Change> crossing_;   // goes into the next depth event
    std::optional<Event> next_;
    bool begun_ = false;
    bool over_ = false;
    std::int64_t match_us_ = 0;
    std::deque<Made> trades_;  // newest first
    std::array<Aggregate, 3> aggregates_{{{"200ms", 200'000}, {"600ms", 600'000}, {"1000ms", 1'000'000}}};
};

}  // namespace daypack::core::sim
