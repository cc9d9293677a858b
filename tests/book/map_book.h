// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <ostream>
#include <vector>

#include "book/book_side.h"
#include "book/snapshot.h"
#include "book/types.h"

namespace daypack::core::test {

// One level of an update.
struct Delta {
    Side side = Side::bid;
    Price price;
    Quantity quantity;
};

// A slow and obvious order book, one std::map a side, with which the real one is compared.
class MapBook {
  public:
    using Levels = std::map<Price, Quantity>;

    void apply(const Delta& delta) {
        auto& levels = sides_[index(delta.side)];
        if (delta.quantity.steps == 0) {
            levels.erase(delta.price);
        } else {
            levels[delta.price] = delta.quantity;
        }
    }
    void clear() {
        for (auto& levels : sides_) levels.clear();
    }

    [[nodiscard]] const Levels& side(Side side) const { return sides_[index(side)]; }
    // Zero where there is no level.
    [[nodiscard]] Quantity at(Side side, Price price) const {
        const auto& levels = sides_[index(side)];
        const auto found = levels.find(price);
        return found == levels.end() ? Quantity{} : found->second;
    }
    [[nodiscard]] bool crossed() const {
        const auto &bids = side(Side::bid), &asks = side(Side::ask);
        return !bids.empty() && !asks.empty() && bids.rbegin()->first >= asks.begin()->first;
    }

    // All levels, or those not beyond `to`, best first.
    [[nodiscard]] std::vector<Level> best_first(Side side, std::optional<Price> to = std::nullopt) const {
        std::vector<Level> all;
        for (const auto& [price, quantity] : sides_[index(side)]) {
            if (!to || (side == Side::bid ? price >= *to : price <= *to)) all.push_back({price, quantity});
        }
        if (side == Side::bid) std::reverse(all.begin(), all.end());
        return all;
    }

    // A snapshot as the venue sends it: both sides ascend, and each has at most `cut` levels, those nearest the touch.
    [[nodiscard]] Snapshot snapshot(Sequence id, VenueTime timestamp, std::size_t cut) const {
        Snapshot snapshot;
        snapshot.last_id = id;
        snapshot.timestamp = timestamp;
        for (const Side side : {Side::bid, Side::ask}) {
            auto levels = best_first(side);
            if (levels.size() > cut) levels.resize(cut);
            if (side == Side::bid) std::reverse(levels.begin(), levels.end());
            (side == Side::bid ? snapshot.bids : snapshot.asks) = std::move(levels);
        }
        return snapshot;
    }

  private:
    static std::size_t index(Side side) { return static_cast<std::size_t>(side); }
    Levels sides_[2];
};

// All levels of a side of the real book, best first; `known`: those that may be shown.
[[nodiscard]] inline std::vector<Level> best_first(const BookSide& half) {
    std::vector<Level> levels;
    for (auto level = half.next_worse(std::nullopt); level; level = half.next_worse(level->price))
        levels.push_back(*level);
    return levels;
}
[[nodiscard]] inline std::vector<Level> known(const BookSide& half) {
    std::vector<Level> levels = best_first(half);
    std::erase_if(levels, [&](const Level& level) { return !half.is_known(level.price); });
    return levels;
}

}  // namespace daypack::core::test

namespace daypack::core {

inline std::ostream& operator<<(std::ostream& out, const Level& level) {
    return out << level.price.ticks << 'x' << level.quantity.steps;
}

}  // namespace daypack::core
