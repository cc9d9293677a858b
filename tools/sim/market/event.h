// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/sim/market/frame_edit.h"
#include "tools/sim/market/market.h"
#include "tools/sim/market/truth.h"

namespace daypack::core::sim {

enum class Channel : std::uint8_t { depth, trade, book_ticker };

// The seller's or buyer's aggression is in `buyer_is_maker`: true, a sale hit a bid.
struct Trade {
    std::int64_t id = 0;
    std::int64_t price = 0;
    std::int64_t quantity = 0;
    std::uint64_t seller_order = 0;
    std::uint64_t buyer_order = 0;
    bool buyer_is_maker = false;
};

// One frame of the exchange: the bytes, and what they mean.
struct Event {
    Channel channel = Channel::depth;
    std::int64_t due_ns = 0;  // since the flow began; never falls
    std::int64_t match_us = 0;
    std::int64_t send_us = 0;
    std::uint64_t first_u = 0;    // depth
    std::uint64_t u = 0;          // depth, book_ticker
    std::vector<Change> changes;  // depth
    Trade trade;                  // trade
    std::string frame;

    // Its ids so much further on (modulo 2^64).
    void renumber(std::uint64_t by) {
        if (channel == Channel::trade) return;
        first_u += by;
        u += by;
        shift_ids(frame, by);
    }
    // Its prices counted in a last decimal that is ten times smaller; the frame stays as it is.
    void refine() noexcept {
        for (Change& change : changes) change.price *= 10;
        trade.price *= 10;
    }
};

// Where the events of one market come from: made up, or recorded.
//
// Thread: any one at a time.
class Source {
  public:
    virtual ~Source() = default;
    [[nodiscard]] virtual const Market& market() const noexcept = 0;
    // The book before the first event, and the `u` it stands at.
    [[nodiscard]] virtual Book start_book() const = 0;
    [[nodiscard]] virtual std::uint64_t start_u() const noexcept = 0;
    // The venue's time of that book; 0: not known.
    [[nodiscard]] virtual std::int64_t start_us() const noexcept = 0;
    // Once, before the first event: what is made up counts its venue time from here; what is recorded keeps its own.
    virtual void begin(std::int64_t venue_us) = 0;
    // False: nothing comes any more. Throws std::runtime_error where a recording is damaged.
    [[nodiscard]] virtual bool next(Event& event) = 0;
    // From the next event on the market's numbers are so much further on (modulo 2^64).
    virtual void renumber(std::uint64_t by) = 0;
    // From the next event on the market's tick is a tenth of what it was: another decimal. False: a recording has the
    // one that it was made with.
    [[nodiscard]] virtual bool refine_tick() { return false; }
    // From the next event on new prices are on a grid ten times as coarse; what stands stays where it is, and prices
    // are counted as before. False: as above.
    [[nodiscard]] virtual bool coarsen_tick() { return false; }
    // From the next event on the book is a stand-by's, which has other quantities and fewer levels; that book. Nullopt:
    // a recording has its own alone.
    [[nodiscard]] virtual std::optional<Book> stand_by() { return std::nullopt; }
};

}  // namespace daypack::core::sim
