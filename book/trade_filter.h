// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "book/instrument.h"
#include "book/types.h"

namespace daypack::core {

// A digest of a trade's price, quantity and side, which does not depend on the instrument's units.
[[nodiscard]] std::uint64_t trade_content(Price price, Quantity quantity, Side aggressor,
                                          const Instrument& instrument) noexcept;
// The same with the ids of the two orders, which the stream has and REST has not.
[[nodiscard]] std::uint64_t trade_content(std::uint64_t content, std::uint64_t buyer_order_id,
                                          std::uint64_t seller_order_id) noexcept;

// Tells the first copy of a trade from the others: each line brings one, and REST may too. A trade that one line lost
// may come late over another, and is still published.
//
// A copy has the id and the content of a trade that is remembered. No rule uses a timestamp, and ids may restart at any
// number. One connection sends its trades in order, so a line whose last trade is still remembered brings no copy of a
// forgotten one, and a line whose ids go back sends another numbering.
//
// Thread: book. Allocates nothing.
class TradeFilter {
  public:
    static constexpr std::size_t kLines = 16;    // as many as a configuration may have (kMaxLines of engine/)
    static constexpr std::size_t kWindow = 256;  // how many trades are remembered

    // REQUIRES: line < kLines, id != 0.
    [[nodiscard]] bool is_first(LineIndex line, std::uint64_t id, std::uint64_t content) noexcept;

    // For a trade without an id, or with id 0, which the venue gives to more than one trade. Two equal trades of one
    // line are two trades; one each of two lines are one trade.
    [[nodiscard]] bool is_first_without_id(LineIndex line, std::uint64_t content, MonoTime now) noexcept;

    struct TradeIdentity {
        std::uint64_t id;
        std::uint64_t content;
    };
    // Takes a page of `size` trades of REST, oldest first, and calls `on_new(i)` for each that is new. `opens`: it is
    // the first page since REST is polled in place of lines. Trades before all that are remembered happened before we
    // listened, and are not new. A trade without an id (0) is always passed on: the caller compares it with the page
    // before.
    template <class At, class OnNew>
    void on_page(std::size_t size, At at, bool opens, OnNew on_new);

  private:
    struct Line {
        std::uint64_t last_id = 0;  // 0: it has sent none yet
        std::uint64_t place = 0;    // of its last trade that is remembered
    };
    // A trade without an id, and how often each line has sent it.
    struct Nameless {
        std::uint64_t content = 0;
        MonoTime since;
        std::uint16_t count = 0;
        std::array<std::uint16_t, kLines> by_line{};
    };

    static std::uint64_t key_of(std::uint64_t id, std::uint64_t content) noexcept;
    // Returns the place of a trade in the order of all that were ever remembered; none if it is not remembered.
    [[nodiscard]] std::optional<std::uint64_t> find(std::uint64_t key) const noexcept;
    void remember(std::uint64_t id, std::uint64_t key) noexcept;

    std::array<std::uint32_t, kWindow> tags_{};  // the low halves of `keys_`, which are searched first
    std::array<std::uint64_t, kWindow> keys_{};
    std::uint64_t remembered_ = 0;  // how many trades were ever remembered, which is the next one's place
    std::uint64_t newest_id_ = 0;   // of the numbering that began last
    std::array<Line, kLines> lines_{};
    std::array<Nameless, 32> nameless_{};
    std::size_t next_nameless_ = 0;
};

template <class At, class OnNew>
void TradeFilter::on_page(std::size_t size, At at, bool opens, OnNew on_new) {
    bool overlaps = false;
    std::uint64_t oldest_id = 0;
    for (std::size_t i = size; i-- > 0;) {
        const TradeIdentity trade = at(i);
        if (trade.id == 0) continue;
        oldest_id = trade.id;
        overlaps = overlaps || find(key_of(trade.id, trade.content)).has_value();
    }
    bool news = !overlaps && remembered_ > 0 && (!opens || oldest_id > newest_id_);
    if (!overlaps && oldest_id != 0) newest_id_ = 0;
    for (std::size_t i = 0; i < size; ++i) {
        const TradeIdentity trade = at(i);
        const std::uint64_t key = key_of(trade.id, trade.content);
        if (trade.id == 0) {
            on_new(i);
        } else if (find(key)) {
            news = true;
        } else {
            remember(trade.id, key);  // whether it is new or not, the next page has it again
            if (news) on_new(i);
        }
    }
}

}  // namespace daypack::core
