// SPDX-License-Identifier: MIT
#include "book/order_book.h"

#include <algorithm>

namespace daypack::core {

void OrderBook::seed(const Snapshot& snapshot) noexcept {
    ++replacements_;
    for (const Side side : {Side::bid, Side::ask}) {
        const auto& levels = side == Side::bid ? snapshot.bids : snapshot.asks;
        const bool truncated =
            std::find(kTruncatedSizes.begin(), kTruncatedSizes.end(), levels.size()) != kTruncatedSizes.end();
        dropped_ += sides_[static_cast<std::size_t>(side)].seed(levels, truncated);
    }
}

}  // namespace daypack::core
