// SPDX-License-Identifier: MIT
#include "engine/control_thread/market_witness.h"

#include <algorithm>
#include <utility>

#include "net/base/time_units.h"

namespace daypack::core {
namespace {

constexpr std::int64_t kSpread_ns = s_to_ns(5);
constexpr std::uint32_t kDoublingsMax = 7;

}  // namespace

bool MarketWitness::agrees(const Market& market) const noexcept {
    return existence_ == Existence::listed && market.tick == market_.tick && market.step == market_.step &&
           market.halted == market_.halted && market.market_type == market_.market_type;
}

bool MarketWitness::believe(const Market& market) {
    const bool changed = !agrees(market);
    existence_ = Existence::listed;
    market_ = market;
    return changed;
}

void MarketWitness::on_asked(MonoTime now) noexcept {
    asked_ = true;
    asked_at_ = now;
    asked_in_doubt_ = doubted_;
    doubted_ = false;
}

// /market has spoken.
void MarketWitness::on_word(bool changed, MonoTime now, std::int64_t most_ns) noexcept {
    in_vain_ = asked_in_doubt_ && !changed ? std::min(in_vain_ + 1, kDoublingsMax) : 0;
    pace_ns_ = changed ? kChanged_ns : std::min(2 * pace_ns_, kAgain_ns);
    ask_again(now, std::min(pace_ns_, most_ns));
}

// What came up while the question was under way may be answered by it or not: it is looked at as a new doubt.
void MarketWitness::ask_again(MonoTime now, std::int64_t again_ns) noexcept {
    asked_ = false;
    const std::int64_t spread_ns = ms_to_ns(place_ * 7'919) % kSpread_ns;
    due_ = now + (again_ns == kAgain_ns ? again_ns - spread_ns : again_ns);
    if (doubted_) doubt(doubted_at_);
}

bool MarketWitness::on_market(const Market& market, MonoTime now, std::int64_t most_ns) {
    spoke_ = asked_at_;
    failures_ = 0;
    denied_ = false;
    claim_.reset();
    const bool first = existence_ == Existence::unknown;
    const bool changed = believe(market);
    on_word(changed && !first, now, most_ns);
    return changed;
}

bool MarketWitness::on_denied(MonoTime now) noexcept {
    spoke_ = asked_at_;
    failures_ = 0;
    if (existence_ == Existence::listed && !denied_) {
        denied_ = true;
        ask_again(now, kConfirm_ns);
        return false;
    }
    claim_.reset();
    denied_ = false;
    const bool lived = existence_ == Existence::listed;
    const bool changed = existence_ != Existence::absent;
    existence_ = Existence::absent;
    on_word(lived, now, kAgain_ns);
    return changed;
}

bool MarketWitness::on_no_answer(bool refused, MonoTime now) {
    failures_ = std::min(failures_ + 1, std::uint32_t{16});
    denied_ = false;  // it has to deny twice in a row
    const std::optional<Claim> claim = std::exchange(claim_, std::nullopt);
    ask_again(now, std::min(kAgain_ns, s_to_ns(1) << (failures_ - 1)));
    if (!claim) return false;
    if (claim->market) return (!spoke_ || claim->from - *spoke_ > 0) && believe(*claim->market);
    if (existence_ != Existence::unknown || !refused) return false;
    existence_ = Existence::absent;
    return true;
}

bool MarketWitness::on_list(const Market* row, MonoTime asked, std::optional<int> age_s, MonoTime now) {
    const MonoTime from = asked + -s_to_ns(age_s.value_or(0));
    if (list_from_ && from - *list_from_ < 0) return false;  // of an edge that is behind another
    list_from_ = from;
    if (row != nullptr ? agrees(*row) : existence_ == Existence::absent) {
        claim_.reset();
        return false;
    }
    doubt(now);
    if (row != nullptr && !spoke_) return believe(*row);  // there is no better word
    Claim claim;
    if (row != nullptr) claim.market = *row;
    // `Age` counts whole seconds; without it the copy may be as old as the cache keeps one.
    claim.from = age_s ? from + -s_to_ns(1) : asked + -kListAge_ns;
    claim_ = std::move(claim);
    return false;
}

void MarketWitness::doubt(MonoTime now) noexcept {
    if (now - doubted_at_ >= kCalm_ns) in_vain_ = 0;
    doubted_at_ = now;
    doubted_ = true;
    if (asked_) return;
    const MonoTime soonest = asked_at_ + (asked_at_.ns == 0 ? 0 : kDoubt_ns << in_vain_);
    due_ = std::min(due_, std::max(now, soonest));
}

}  // namespace daypack::core
