// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "book/instrument.h"
#include "engine/shm/segment.h"

namespace daypack::core {

// Which symbols are joined before which others, where many wait for their first book and the budget of requests does
// not allow all at once: those that the configuration names, in its order; then those that had the most updates under
// the engine before this one, as its shared memory says; then all others.
//
// Thread: control. It outlives what asks it.
class SeedOrder {
  public:
    // `first`: native names. The table and the segment outlive this.
    SeedOrder(std::vector<std::string> first, const InstrumentTable& instruments, const Segment& segment)
        : first_(std::move(first)), instruments_(instruments), segment_(segment) {}

    // Whether it puts any symbol before another.
    [[nodiscard]] bool prefers() const noexcept { return !first_.empty() || segment_.knows_updates_before(); }
    // Who has the smaller number goes first. REQUIRES: the symbol is in the table.
    [[nodiscard]] std::uint64_t turn_of(SymbolIndex symbol) const {
        const auto named = std::find(first_.begin(), first_.end(), instruments_[symbol].native);
        if (named != first_.end()) return static_cast<std::uint64_t>(named - first_.begin());
        return kUnnamed - std::min(segment_.updates_before(symbol), kUnnamed - first_.size());
    }

  private:
    static constexpr std::uint64_t kUnnamed = std::uint64_t{1} << 62;

    std::vector<std::string> first_;
    const InstrumentTable& instruments_;
    const Segment& segment_;
};

}  // namespace daypack::core
