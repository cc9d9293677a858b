// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/account/account_news.h"

namespace daypack::core {

// The orders that rest or wait, as events and fetches tell them together. An event is the newest word on its order; an
// answer of REST has no time, so it is believed for orders that no event told meanwhile. Two things prove that an
// answer is old: it lists an order whose end was told, or one of which less is executed than was told.
//
// Thread: the one that owns it.
class OrderTable {
  public:
    static constexpr std::size_t kEndedMax = 16'384;  // remembered, so that an old answer cannot bring one back

    // An order, or its end, was told at some time.
    [[nodiscard]] bool knows(const std::string& id) const { return open_.contains(id) || ended_.contains(id); }
    // False: it is late, and changed nothing.
    bool apply(const OrderEvent& event, MonoTime now);
    // Lays an answer over it. `take(order, is_gone)` hears what is to be mended, before it is.
    template <class Take>
    FetchResult merge(const std::vector<AccountOrder>& rows, const FetchWindow& window, Take&& take);

    struct Row {
        AccountOrder order;
        VenueTime time;  // of the last event; 0: a fetch told it
        MonoTime heard;  // likewise
    };
    // By id.
    [[nodiscard]] const std::map<std::string, Row>& rows() const noexcept { return open_; }

  private:
    struct End {
        VenueTime time;
        MonoTime heard;  // 0: no event told it, it was in an answer no more
    };
    using Listed = std::unordered_map<std::string, const AccountOrder*>;

    [[nodiscard]] bool is_older(const AccountOrder& row, const FetchWindow& window) const;
    [[nodiscard]] static bool is_same(const AccountOrder& one, const AccountOrder& other);
    void end(const std::string& id, const End& end);
    // Takes what a fetch alone tells, as the time of creation.
    static void add_details(const AccountOrder& from, AccountOrder& order);

    std::map<std::string, Row> open_;
    std::unordered_map<std::string, End> ended_;
    std::deque<std::string> ended_order_;
};

template <class Take>
FetchResult OrderTable::merge(const std::vector<AccountOrder>& rows, const FetchWindow& window, Take&& take) {
    FetchResult result;
    Listed listed;
    for (const AccountOrder& row : rows) {
        if (!is_open_status(row.status)) continue;
        listed.emplace(row.id, &row);
        result.is_old |= is_older(row, window);
    }
    if (result.is_old) return result;
    for (const auto& [id, row] : listed) {
        const auto ended = ended_.find(id);
        if (ended != ended_.end() && window.is_touched(ended->second.heard)) {
            ++result.touched;
            continue;
        }
        const auto found = open_.find(id);
        if (found == open_.end() && !window.believes(id)) {
            result.doubted.insert(id);
            continue;
        }
        if (found == open_.end()) {
            result.differences += window.is_first ? 0 : 1;
            take(*row, false);
            open_[id] = {*row, {}, {}};
            if (ended != ended_.end()) ended_.erase(ended);  // stays in ended_order_, which does no harm
            continue;
        }
        Row& known = found->second;
        if (window.is_touched(known.heard)) {
            ++result.touched;
        } else if (is_same(*row, known.order)) {
            add_details(*row, known.order);
        } else if (!window.believes(id) || (row->executed == known.order.executed && window.is_doubtful(known.heard))) {
            result.doubted.insert(id);
        } else {
            ++result.differences;
            known.order = *row;
            take(*row, false);
        }
    }
    std::vector<std::string> gone;
    for (const auto& [id, row] : open_) {
        if (listed.contains(id)) continue;
        if (window.is_touched(row.heard)) {
            ++result.touched;
        } else if (!window.believes(id) || window.is_doubtful(row.heard)) {
            result.doubted.insert(id);
        } else {
            gone.push_back(id);
        }
    }
    for (const std::string& id : gone) {
        ++result.differences;
        const Row row = open_.at(id);
        end(id, {row.time, {}});
        take(row.order, true);
    }
    return result;
}

}  // namespace daypack::core
