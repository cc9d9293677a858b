// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/account/account_news.h"
#include "engine/account/recent_ids.h"

namespace daypack::core {

// Each fill once, and whether one is missing: an order says how much of it was executed, and the fills that were handed
// on must add up to that. Whether a fill is told by the stream or by a history makes no difference.
//
// Thread: the one that owns it.
// Invariant: no fill that `take` was true for is taken again, as long as it is among the last kFillsMax, and a history
// is not asked for older ones.
class FillLedger {
  public:
    static constexpr std::size_t kFillsMax = 65'536;
    static constexpr std::size_t kOrdersMax = 16'384;
    // So long a history may be behind; then what is missing is given up, and counted.
    static constexpr std::int64_t kOwedMax_ns = 60'000'000'000;

    // Of what an order has executed before: `counts`, where all of its fills since it was last told are to be seen;
    // `excused` else. An order that `is_new` did not exist when orders were last known, so all of its fills count.
    enum class Before : std::uint8_t { excused, counts, is_new };
    // An order of which `before` was executed before what is told now, and `executed` with it.
    void on_order(const std::string& order, const Amount& before, const Amount& executed, Before rule, MonoTime now);
    // False: it was there already. True: hand it on.
    [[nodiscard]] bool take(const AccountFill& fill);
    // Known from before the account was followed: not to be handed on.
    void ignore(const AccountFill& fill) { (void)ignored_.add(fill_identity(fill)); }
    // The account is followed from an earlier time on after all.
    void ignore_none() { ignored_ = RecentIds(kFillsMax); }
    // An engine before this one has handed it on.
    void note_told(const std::string& identity) { (void)seen_.add(identity); }

    [[nodiscard]] bool has(const AccountFill& fill) const {
        const std::string identity = fill_identity(fill);
        return seen_.contains(identity) || ignored_.contains(identity);
    }
    [[nodiscard]] bool owes(const std::string& order) const;
    // Whether any fill is missing. What is missing for too long is given up first.
    [[nodiscard]] bool owes_any(MonoTime now);
    [[nodiscard]] std::uint64_t given_up() const noexcept { return given_up_; }

  private:
    struct Progress {
        Amount executed;
        Amount told;  // by fills, and before
        MonoTime since;
        bool is_known = false;  // an order was told, not fills alone
        [[nodiscard]] bool owes() const noexcept;
    };
    Progress& progress_of(const std::string& order);

    RecentIds seen_{kFillsMax};
    RecentIds ignored_{kFillsMax};
    std::unordered_map<std::string, Progress> orders_;
    std::deque<std::string> oldest_;  // of orders_
    std::uint64_t given_up_ = 0;
};

// Below 0, 0 or above, as `one` is to `other`.
[[nodiscard]] int compare(const Amount& one, const Amount& other) noexcept;

}  // namespace daypack::core
