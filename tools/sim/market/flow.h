// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <deque>
#include <optional>

#include "tools/sim/market/arrivals.h"
#include "tools/sim/market/event.h"
#include "tools/sim/market/price_ladder.h"
#include "tools/sim/market/random.h"
#include "tools/sim/market/wire.h"

namespace daypack::core::sim {

struct FlowOptions {
    std::uint64_t seed = 1;
    double per_second = 100;             // depth updates
    std::int64_t levels = 0;             // a side, about; 0: 1,200 to 3,000, by the seed
    std::uint64_t max_depth_frames = 0;  // then quiet; 0: endless
};

// Order flow that looks like the venue's: nearly always one level a frame, a fifth of it at the touch and half of it
// deeper than a hundred levels, most of it changing a level that is there, in bursts; the touch walks at random, and
// trades and best bid and offer go with it. tests/sim/sim_flow_test.cpp holds it against the recorded statistics.
//
// Thread: any one at a time. The same options and market give the same bytes.
// Invariants: the book is never crossed or empty after a frame; `u` follows on without a gap.
class Flow final : public Source {
  public:
    // Throws std::runtime_error where the market's start price leaves no room for a book.
    Flow(Market market, const FlowOptions& options);

    [[nodiscard]] const Market& market() const noexcept override { return market_; }
    [[nodiscard]] Book start_book() const override { return start_book_; }
    [[nodiscard]] std::uint64_t start_u() const noexcept override { return start_u_; }
    [[nodiscard]] std::int64_t start_us() const noexcept override { return 0; }
    void begin(std::int64_t venue_us) override { epoch_us_ = venue_us; }
    [[nodiscard]] bool next(Event& event) override;
    void renumber(std::uint64_t by) override;
    [[nodiscard]] bool refine_tick() override;
    [[nodiscard]] bool coarsen_tick() override;
    [[nodiscard]] std::optional<Book> stand_by() override;

  private:
    void build_side(PriceLadder& side, std::int64_t levels);
    void make_update();
    void merge_several(Event& depth);
    void sweep(Event& depth);
    void one_change(Event& depth);
    void change_best(Event& depth);
    void change_behind(Event& depth, std::int64_t from_rank, std::int64_t to_rank);
    void improve(Event& depth, std::int64_t room_ticks);
    [[nodiscard]] std::int64_t on_grid(const PriceLadder& side, std::int64_t price_ticks) const noexcept;
    [[nodiscard]] PriceLadder& walking_side(bool toward_start) noexcept;
    [[nodiscard]] bool insert_near_rank(Event& depth, PriceLadder& side, std::int64_t rank);

    void modify(Event& depth, PriceLadder& side, std::int64_t rank, std::int64_t steps);
    void erase(Event& depth, PriceLadder& side, std::int64_t rank);
    void insert(Event& depth, PriceLadder& side, std::int64_t price_ticks);
    void record(Event& depth, const PriceLadder& side, std::int64_t price_ticks, std::int64_t steps);
    void trade(const Event& depth, const PriceLadder& hit, std::int64_t price_ticks, std::int64_t steps);
    [[nodiscard]] std::int64_t some_steps() noexcept;
    [[nodiscard]] Top top() const noexcept;
    [[nodiscard]] Event ticker_of(const Event& depth, const Top& best, std::int64_t sent_later_us) const;
    void stamp(Event& event) noexcept;

    Market market_;
    Notation notation_;
    FlowOptions options_;
    Random random_;
    Arrivals arrivals_;
    std::int64_t tick_units_;
    std::int64_t step_units_;
    std::int64_t grid_ticks_ = 1;  // new prices are multiples of it
    std::int64_t start_ticks_;
    std::int64_t target_levels_;
    PriceLadder bids_{true};
    PriceLadder asks_{false};
    Book start_book_;
    std::int64_t epoch_us_ = 0;
    std::uint64_t start_u_;
    std::uint64_t u_;
    std::uint64_t depth_frames_ = 0;
    std::int64_t trade_id_;
    std::uint64_t order_id_;
    std::deque<Event> ready_;    // frames of the update in hand
    std::vector<Event> trades_;  // of the update in hand
};

}  // namespace daypack::core::sim
