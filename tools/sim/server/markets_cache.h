// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "tools/sim/server/rest.h"

namespace daypack::core::sim {

// The cache before /api/v1/markets: two edges that keep a copy of each list for a time, asked in turn. The second has
// had its first copies for half that time when the first begins, so that their ages, and then their contents, differ.
//
// Thread: the exchange's.
// Invariant: no copy is served that is older than the time.
class MarketsCache {
  public:
    static constexpr std::uint64_t kUsual_ms = 300'000;

    // Copies of before are forgotten.
    void turn_on(std::uint64_t max_age_ms) {
        max_age_ms_ = static_cast<std::int64_t>(max_age_ms);
        edges_ = {};
    }
    [[nodiscard]] bool is_on() const noexcept { return max_age_ms_ != 0; }

    // The edge's copy of the answer to `target`, or `fresh()` where it has none that is young enough.
    template <class Fresh>
    [[nodiscard]] Reply serve(const std::string& target, std::int64_t now_ns, Fresh fresh) {
        const std::size_t edge = asked_++ % edges_.size();
        const auto [copy, is_new] = edges_[edge].try_emplace(target);
        const bool hit = !is_new && now_ns - copy->second.since_ns <= max_age_ms_ * 1'000'000;
        if (!hit) {
            const std::int64_t had_ms = is_new && edge == 1 ? max_age_ms_ / 2 : 0;
            copy->second = {fresh(), now_ns - had_ms * 1'000'000};
        }
        return with_head(copy->second.reply, (now_ns - copy->second.since_ns) / 1'000'000'000, hit);
    }

  private:
    struct Copy {
        Reply reply;
        std::int64_t since_ns = 0;
    };
    [[nodiscard]] Reply with_head(Reply reply, std::int64_t age_s, bool hit) const;

    std::int64_t max_age_ms_ = 0;
    std::size_t asked_ = 0;
    std::array<std::map<std::string, Copy>, 2> edges_;  // by target
};

}  // namespace daypack::core::sim
