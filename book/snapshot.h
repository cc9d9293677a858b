// SPDX-License-Identifier: MIT
#pragma once
#include <vector>

#include "book/types.h"

namespace daypack::core {

// A REST depth snapshot: the book after the update `last_id`.
//
// Invariant: prices strictly ascend on both sides (so the best bid is bids.back(), the best ask asks.front(), as the
// venue sends them) and no quantity is zero.
struct Snapshot {
    Sequence last_id = 0;
    VenueTime timestamp;
    std::vector<Level> bids;
    std::vector<Level> asks;
};

}  // namespace daypack::core
