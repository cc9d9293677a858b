// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "engine/control_thread/control_log.h"
#include "engine/control_thread/followed_market.h"
#include "net/backpack/rest_api.h"

namespace daypack::core {

// Asks /market about each single market that is wanted, when its witness calls for it, and lets the witness hear the
// answer.
//
// Thread: control. Invariants: one question about a market at a time; where /market fails for all, one market asks for
// all, ever more rarely.
class MarketInquiry {
  public:
    // An answer was heard, or that there was none. `changed`: something else is believed now.
    using OnHeard = std::function<void(FollowedMarket&, bool changed)>;

    // All of them outlive this.
    MarketInquiry(RestApi& rest, FollowedMarkets& markets, ControlLog& log, OnHeard on_heard)
        : rest_(rest), markets_(markets), log_(log), on_heard_(std::move(on_heard)) {}

    // Asks what is due.
    void do_work(MonoTime now);
    // /market does not answer, so the list has to do.
    [[nodiscard]] bool failing() const noexcept { return failures_ > 0; }

  private:
    using Reply = RestReply<std::optional<Market>>;

    void on_reply(FollowedMarket& market, const Reply& reply);
    [[nodiscard]] bool hear(FollowedMarket& market, const Reply& reply);
    [[nodiscard]] bool hear_row(FollowedMarket& market, const Market& row);
    [[nodiscard]] static bool is_contradicted(const FollowedMarket& market, MonoTime now) noexcept;
    void log_no_answer(const FollowedMarket& market, const std::string& why);

    RestApi& rest_;
    FollowedMarkets& markets_;
    ControlLog& log_;
    OnHeard on_heard_;
    MonoTime now_;                // of the round: an answer counts as of the round that took it
    MonoTime due_;                // where /market fails for all, the next question waits until then
    std::uint32_t failures_ = 0;  // of all markets, in a row
    bool answers_ = false;        // it answered once
};

}  // namespace daypack::core
