// SPDX-License-Identifier: MIT
#pragma once
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/account/account_news.h"

namespace daypack::core {

// What an account holds, by market or by asset: positions, or balances. An event is absolute, and the newest of a key
// counts; an answer of REST has no time, so it is believed for keys that no event told meanwhile or a moment before.
//
// `Policy` says what a row is: key(row), is_none(row) (nothing is held), is_same(row, row) of what both a stream and a
// fetch tell, refresh(from, row) for what a fetch alone tells (true: that has changed), none(row) which makes a row one
// that holds nothing.
//
// Thread: the one that owns it.
template <class Row, class Policy>
class HoldingTable {
  public:
    struct Held {
        Row row;
        VenueTime time;  // of the last event; 0: a fetch told it
        MonoTime heard;  // likewise
    };

    // False: it is late, and changed nothing. A `time` of 0 is never late.
    bool apply(const Row& row, VenueTime time, MonoTime now) {
        const auto found = held_.find(Policy::key(row));
        if (found == held_.end()) {
            held_[Policy::key(row)] = {row, time, now};
            return true;
        }
        Held& held = found->second;
        if (time.us != 0 && time < held.time) return false;
        Row fresh = row;
        Policy::keep(held.row, fresh);
        held.row = std::move(fresh);
        if (time.us != 0) held.time = time;
        held.heard = now;
        return true;
    }

    // Lays an answer over it. `take(row)` hears what was mended or refreshed.
    template <class Take>
    FetchResult merge(const std::vector<Row>& rows, const FetchWindow& window, Take&& take) {
        FetchResult result;
        std::unordered_map<std::string, const Row*> listed;
        for (const Row& row : rows) listed.emplace(Policy::key(row), &row);
        for (auto& [key, held] : held_) {
            if (listed.contains(key)) continue;
            Row none = held.row;
            Policy::none(none);
            lay(none, held, window, result, take);
        }
        for (const auto& [key, row] : listed) {
            const auto found = held_.find(key);
            if (found != held_.end()) {
                lay(*row, found->second, window, result, take);
            } else if (!Policy::is_none(*row) && !window.believes(key)) {
                result.doubted.insert(key);
            } else if (!Policy::is_none(*row)) {
                result.differences += window.is_first ? 0 : 1;
                held_[key] = {*row, {}, {}};
                take(*row);
            }
        }
        return result;
    }

    // By market or asset; also those of which nothing is held any more.
    [[nodiscard]] const std::map<std::string, Held>& rows() const noexcept { return held_; }
    [[nodiscard]] const Row& row(const std::string& key) const { return held_.at(key).row; }

  private:
    template <class Take>
    static void lay(const Row& row, Held& held, const FetchWindow& window, FetchResult& result, Take& take) {
        if (window.is_touched(held.heard)) {
            ++result.touched;
        } else if (Policy::is_same(row, held.row)) {
            if (Policy::refresh(row, held.row)) take(held.row);
        } else if (!window.believes(Policy::key(row)) || window.is_doubtful(held.heard)) {
            result.doubted.insert(Policy::key(row));
        } else {
            ++result.differences;
            held.row = row;
            take(held.row);
        }
    }

    std::map<std::string, Held> held_;
};

struct PositionPolicy {
    static const std::string& key(const AccountPosition& row) { return row.symbol; }
    static bool is_none(const AccountPosition& row) { return row.net_quantity.sign() == 0; }
    static bool is_same(const AccountPosition& one, const AccountPosition& other) {
        return one.net_quantity == other.net_quantity;
    }
    static void none(AccountPosition& row) { row.net_quantity = Amount(); }
    // Prices that the venue computes are those of the fetch: nobody tells when they move.
    static bool refresh(const AccountPosition& from, AccountPosition& row) {
        if (from.net_quantity.sign() != 0) row = from;
        return false;
    }
    static void keep(const AccountPosition& from, AccountPosition& row) {
        if (row.id == from.id) row.liquidation_price = from.liquidation_price;
    }
};

struct BalancePolicy {
    static const std::string& key(const AccountBalance& row) { return row.asset; }
    static bool is_none(const AccountBalance& row) {
        return row.available.sign() == 0 && row.locked.sign() == 0 && row.staked.sign() == 0 && row.lent.sign() == 0 &&
               row.borrowed.sign() == 0;
    }
    static bool is_same(const AccountBalance& one, const AccountBalance& other) {
        return one.available == other.available && one.locked == other.locked && one.staked == other.staked;
    }
    static void none(AccountBalance& row) {
        const std::string asset = row.asset;
        row = {};
        row.asset = asset;
    }
    // What is lent, owed, and backs margin, is in no event.
    static bool refresh(const AccountBalance& from, AccountBalance& row) {
        const bool changed = from.lent != row.lent || from.borrowed != row.borrowed;
        row = from;
        return changed;
    }
    static void keep(const AccountBalance& from, AccountBalance& row) {
        row.lent = from.lent;
        row.borrowed = from.borrowed;
        row.margin_quantity = from.margin_quantity;
        row.margin_value = from.margin_value;
    }
};

using PositionTable = HoldingTable<AccountPosition, PositionPolicy>;
using BalanceTable = HoldingTable<AccountBalance, BalancePolicy>;

}  // namespace daypack::core
