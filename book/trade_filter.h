#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "book/types.h"

namespace daypack {

// Tells the first copy of a trade from the others: every line brings it, and REST may too. A trade that one line lost
// may come late over another, and still counts.
//
// Thread: book. Assumed: ids grow with time; an id that is not new with a later time is the venue numbering anew.
class TradeFilter {
  public:
    [[nodiscard]] bool is_first(std::uint64_t id, VenueTime match) noexcept {
        if (id <= newest_ && (seen_[id % kWindow] == id || newest_ - id >= kWindow)) {
            if (match.us <= newest_match_.us + kRounding_us) return false;
            seen_.fill(0);
            newest_ = 0;
        }
        seen_[id % kWindow] = id;
        if (id > newest_) newest_ = id;
        if (match > newest_match_) newest_match_ = match;
        return true;
    }
    // 0: no trade was told yet.
    [[nodiscard]] std::uint64_t newest() const noexcept { return newest_; }

  private:
    static constexpr std::size_t kWindow = 128;
    static constexpr std::int64_t kRounding_us = 1'000;  // REST tells whole milliseconds of the same trade
    std::array<std::uint64_t, kWindow> seen_{};
    std::uint64_t newest_ = 0;
    VenueTime newest_match_;
};

}  // namespace daypack
