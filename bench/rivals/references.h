// SPDX-License-Identifier: MIT
#pragma once
#if defined(__SSE4_2__)
#define RAPIDJSON_SSE42
#elif defined(__SSE2__)
#define RAPIDJSON_SSE2  // the same, but for the skipping of spaces, of which the venue sends none
#endif
#include <rapidjson/document.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <string_view>
#include <vector>

#include "bench/rig/input.h"
#include "book/order_book.h"

namespace daypack::core::bench {

// What others write: the books and the reader that ours are measured against. Each has what it needs to be quick.

struct Best {
    std::int64_t bid, bid_quantity, ask, ask_quantity;
};
// Ours in the same words.
[[nodiscard]] inline Best best_of(const OrderBook& book) noexcept {
    const Level bid = book.side(Side::bid).best().value_or(Level{});
    const Level ask = book.side(Side::ask).best().value_or(Level{});
    return {bid.price.ticks, bid.quantity.steps, ask.price.ticks, ask.quantity.steps};
}

// A sorted map a side, of any kind. `best_last`: where the far end is the cheaper one to change.
template <class Map, bool best_last = false>
class SortedBook {
  public:
    void seed(const Snapshot& snapshot) {
        bids_.clear();
        asks_.clear();
        for (const Level& level : snapshot.bids) {
            bids_.emplace_hint(bids_.end(), key(Side::bid, level.price.ticks), level.quantity.steps);
        }
        for (const Level& level : snapshot.asks) {
            asks_.emplace_hint(asks_.end(), key(Side::ask, level.price.ticks), level.quantity.steps);
        }
    }
    void apply(Side side, std::int64_t price, std::int64_t quantity) {
        auto& levels = side == Side::bid ? bids_ : asks_;
        if (quantity == 0) {
            levels.erase(key(side, price));
        } else {
            levels[key(side, price)] = quantity;
        }
    }
    [[nodiscard]] Best best() const {
        if constexpr (best_last) {
            const auto bid = bids_.rbegin(), ask = asks_.rbegin();
            return {bid->first, bid->second, -ask->first, ask->second};
        } else {
            const auto bid = bids_.begin(), ask = asks_.begin();
            return {-bid->first, bid->second, ask->first, ask->second};
        }
    }

  private:
    static std::int64_t key(Side side, std::int64_t price) noexcept {
        return (side == Side::bid) == best_last ? price : -price;
    }
    Map bids_, asks_;
};

using TreeBook = SortedBook<std::map<std::int64_t, std::int64_t>>;

// A sorted vector a side, best at the back, so that what changes near the touch moves little.
class VectorBook {
  public:
    VectorBook() {
        for (auto& side : sides_) side.reserve(16'384);
    }
    void seed(const Snapshot& snapshot) {
        for (auto& side : sides_) side.clear();
        for (const Level& level : snapshot.bids) sides_[0].push_back({level.price.ticks, level.quantity.steps});
        for (auto at = snapshot.asks.rbegin(); at != snapshot.asks.rend(); ++at) {
            sides_[1].push_back({-at->price.ticks, at->quantity.steps});
        }
    }
    void apply(Side side, std::int64_t price, std::int64_t quantity) {
        auto& levels = sides_[static_cast<std::size_t>(side)];
        const std::int64_t key = side == Side::bid ? price : -price;
        const auto at = std::lower_bound(levels.begin(), levels.end(), key,
                                         [](const Row& row, std::int64_t k) { return row.key < k; });
        const bool there = at != levels.end() && at->key == key;
        if (quantity == 0) {
            if (there) levels.erase(at);
        } else if (there) {
            at->quantity = quantity;
        } else {
            levels.insert(at, {key, quantity});
        }
    }
    [[nodiscard]] Best best() const {
        return {sides_[0].back().key, sides_[0].back().quantity, -sides_[1].back().key, sides_[1].back().quantity};
    }

  private:
    struct Row {
        std::int64_t key, quantity;
    };
    std::array<std::vector<Row>, 2> sides_;
};

// RapidJSON in place, its memory pooled; numbers by hand, and not checked.
class DomReader {
  public:
    // Calls level(side, ticks, steps) for each level of a depth frame. False: it is none.
    template <class OnLevel>
    bool read(std::string_view frame, const Instrument& instrument, OnLevel&& level) {
        if (frame.size() >= copy_.size()) return false;
        std::memcpy(copy_.data(), frame.data(), frame.size());
        copy_[frame.size()] = '\0';
        rapidjson::MemoryPoolAllocator<> values(values_.data(), values_.size());
        rapidjson::MemoryPoolAllocator<> stack(stack_.data(), stack_.size());
        Document document(&values, 1024, &stack);
        document.ParseInsitu(copy_.data());
        if (document.HasParseError()) return false;
        const auto& data = document["data"];
        first_id_ = data["U"].GetUint64();
        last_id_ = data["u"].GetUint64();
        for (const auto& [key, side] : {std::pair{"a", Side::ask}, std::pair{"b", Side::bid}}) {
            for (const auto& row : data[key].GetArray()) {
                level(side, units(row[0], -instrument.tick.exponent), units(row[1], -instrument.step.exponent));
            }
        }
        return true;
    }

  private:
    using Document = rapidjson::GenericDocument<rapidjson::UTF8<>, rapidjson::MemoryPoolAllocator<>,
                                                rapidjson::MemoryPoolAllocator<>>;

    template <class Value>
    static std::int64_t units(const Value& text, int decimals) {
        std::int64_t value = 0;
        int behind = -1;
        for (const char* at = text.GetString(); *at != '\0'; ++at) {
            if (*at == '.') {
                behind = 0;
            } else {
                value = value * 10 + (*at - '0');
                behind += behind >= 0 ? 1 : 0;
            }
        }
        for (int i = std::max(behind, 0); i < decimals; ++i) value *= 10;
        for (int i = decimals; i < behind; ++i) value /= 10;
        return value;
    }

    std::vector<char> copy_ = std::vector<char>(1 << 16);
    std::vector<char> values_ = std::vector<char>(1 << 20);
    std::vector<char> stack_ = std::vector<char>(1 << 16);
    std::uint64_t first_id_ = 0, last_id_ = 0;
};

}  // namespace daypack::core::bench
