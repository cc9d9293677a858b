// SPDX-License-Identifier: MIT
#include "engine/account/fill_ledger.h"

#include <algorithm>

namespace daypack::core {

// A difference with more digits than fit comes of no two quantities of one order.
int compare(const Amount& one, const Amount& other) noexcept {
    const auto difference = Amount::sum(one, other.negated());
    return difference ? difference->sign() : 0;
}

bool FillLedger::Progress::owes() const noexcept {
    return compare(executed, told) > 0;
}

FillLedger::Progress& FillLedger::progress_of(const std::string& order) {
    const auto [at, is_new] = orders_.try_emplace(order);
    if (!is_new) return at->second;
    oldest_.push_back(order);
    // What owes something stays; of many such the oldest goes all the same.
    for (std::size_t tries = 0; oldest_.size() > kOrdersMax; ++tries) {
        const std::string oldest = oldest_.front();
        oldest_.pop_front();
        if (oldest == order || (orders_.at(oldest).owes() && tries < kOrdersMax)) {
            oldest_.push_back(oldest);
        } else {
            orders_.erase(oldest);
        }
    }
    return orders_.at(order);
}

void FillLedger::on_order(const std::string& order, const Amount& before, const Amount& executed, Before rule,
                          MonoTime now) {
    Progress& progress = progress_of(order);
    const bool is_excused = rule == Before::excused || (rule == Before::counts && !progress.is_known);
    if (is_excused && compare(before, progress.told) > 0) progress.told = before;
    progress.is_known = true;
    const bool owed = progress.owes();
    if (compare(executed, progress.executed) > 0) progress.executed = executed;
    if (!owed) progress.since = now;
}

bool FillLedger::take(const AccountFill& fill) {
    const std::string identity = fill_identity(fill);
    if (ignored_.contains(identity) || !seen_.add(identity)) return false;
    Progress& progress = progress_of(fill.order_id);
    if (const auto told = Amount::sum(progress.told, fill.quantity)) progress.told = *told;
    return true;
}

bool FillLedger::owes(const std::string& order) const {
    const auto found = orders_.find(order);
    return found != orders_.end() && found->second.owes();
}

bool FillLedger::owes_any(MonoTime now) {
    bool any = false;
    for (auto& [order, progress] : orders_) {
        if (!progress.owes()) continue;
        if (now - progress.since >= kOwedMax_ns) {
            ++given_up_;
            progress.told = progress.executed;
        } else {
            any = true;
        }
    }
    return any;
}

}  // namespace daypack::core
