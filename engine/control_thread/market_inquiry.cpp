// SPDX-License-Identifier: MIT
#include "engine/control_thread/market_inquiry.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "net/base/time_units.h"

namespace daypack::core {
namespace {

constexpr std::int64_t kHaltedAgain_ns = s_to_ns(10);   // a market that waits to be opened is asked about so often,
constexpr std::int64_t kHaltedEach_ns = ms_to_ns(500);  // and all of them together this far apart
constexpr std::int64_t kStreams_ns = s_to_ns(1);        // a market of which updates came so lately is there
constexpr std::uint32_t kFailuresOfAll = 3;             // in a row: then one market asks for all
constexpr std::uint32_t kDoublingsMax = 6;

bool is_refusal(int status) noexcept {
    return status >= 400 && status < 500 && status != 403 && status != 429 && status != 451;
}

}  // namespace

void MarketInquiry::do_work(MonoTime now) {
    now_ = now;
    for (FollowedMarket& market : markets_) {
        if (!market.wanted || !market.witness.due(now)) continue;
        const bool unknown = market.witness.existence() == MarketWitness::Existence::unknown;
        if (failures_ >= kFailuresOfAll && !unknown) {
            if (now - due_ < 0) continue;
            const std::uint32_t doublings = std::min(failures_ - kFailuresOfAll, kDoublingsMax);
            due_ = now + std::min(s_to_ns(1) << doublings, MarketWitness::kAgain_ns);
        }
        const auto rank = market.witness.doubted() ? RestApi::Rank::normal : RestApi::Rank::market;
        market.witness.on_asked(now);
        // A deque that only grows never moves what is in it.
        rest_.market(
            market.native, [this, &market](const Reply& reply) { on_reply(market, reply); }, rank);
    }
}

void MarketInquiry::on_reply(FollowedMarket& market, const Reply& reply) {
    const Reason before = market.why;
    const bool changed = hear(market, reply);
    on_heard_(market, changed);
    const bool opened = changed && before != Reason::none && market.is_followed() && market.why == Reason::none;
    if (!opened) return;
    for (FollowedMarket& other : markets_) {  // where one opens after maintenance, all may
        if (other.is_halted()) other.witness.doubt(now_);
    }
}

// Returns whether something else is believed now.
bool MarketInquiry::hear(FollowedMarket& market, const Reply& reply) {
    if (reply.value && !reply.value->has_value() && is_contradicted(market, now_)) {
        log_no_answer(market, "/market denies it, but updates of it come");
        return market.witness.on_no_answer(false, now_);
    }
    if (reply.value) {
        failures_ = 0;
        answers_ = true;
        return reply.value->has_value() ? hear_row(market, **reply.value) : market.witness.on_denied(now_);
    }
    // Two witnesses say the same.
    if (reply.status == 404 && answers_ && market.witness.list_denies()) return market.witness.on_denied(now_);
    log_no_answer(market, reply.why);
    return market.witness.on_no_answer(is_refusal(reply.status), now_);
}

bool MarketInquiry::hear_row(FollowedMarket& market, const Market& row) {
    const bool waits = row.halted != Reason::none && row.halted != Reason::closed;
    if (!waits) return market.witness.on_market(row, now_);
    const std::int64_t all_ns = static_cast<std::int64_t>(count_halted(markets_)) * kHaltedEach_ns;
    return market.witness.on_market(row, now_, std::clamp(all_ns, kHaltedAgain_ns, MarketWitness::kAgain_ns));
}

// A denial speaks against what is seen: no list leaves the market out, and its updates go on coming.
bool MarketInquiry::is_contradicted(const FollowedMarket& market, MonoTime now) noexcept {
    return market.streamed.ns != 0 && now - market.streamed < kStreams_ns && !market.witness.list_denies();
}

void MarketInquiry::log_no_answer(const FollowedMarket& market, const std::string& why) {
    if (!std::has_single_bit(++failures_)) return;  // the 1st, 2nd, 4th, 8th and so on
    log_.line(fmt::format("market symbol={} failed={} why=\"{}\"", market.native, failures_, why));
}

}  // namespace daypack::core
