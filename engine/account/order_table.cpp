// SPDX-License-Identifier: MIT
#include "engine/account/order_table.h"

#include "engine/account/fill_ledger.h"

namespace daypack::core {

bool OrderTable::is_older(const AccountOrder& row, const FetchWindow& window) const {
    const auto ended = ended_.find(row.id);
    if (ended != ended_.end()) return ended->second.heard.ns != 0 && !window.is_touched(ended->second.heard);
    const auto found = open_.find(row.id);
    if (found == open_.end() || window.is_touched(found->second.heard)) return false;
    return compare(row.executed, found->second.order.executed) < 0;
}

// What both a stream and a fetch tell, and in the same words.
bool OrderTable::is_same(const AccountOrder& one, const AccountOrder& other) {
    const bool both_say = one.quantity.has_value() && other.quantity.has_value();
    return one.executed == other.executed && one.status == other.status &&
           (!both_say || *one.quantity == *other.quantity);
}

void OrderTable::add_details(const AccountOrder& from, AccountOrder& order) {
    if (from.created.us != 0 && order.created.us == 0) order.created = from.created;
    if (order.client_id.empty()) order.client_id = from.client_id;
    if (order.trigger_quantity.empty()) order.trigger_quantity = from.trigger_quantity;
    if (!order.trigger_price) order.trigger_price = from.trigger_price;
}

void OrderTable::end(const std::string& id, const End& end) {
    open_.erase(id);
    const auto [at, is_new] = ended_.insert_or_assign(id, end);
    if (!is_new) return;
    ended_order_.push_back(id);
    if (ended_order_.size() > kEndedMax) {
        ended_.erase(ended_order_.front());
        ended_order_.pop_front();
    }
}

bool OrderTable::apply(const OrderEvent& event, MonoTime now) {
    const AccountOrder& order = event.order;
    const auto ended = ended_.find(order.id);
    if (ended != ended_.end()) {
        const bool was_told = ended->second.heard.ns != 0;
        if (was_told) return false;  // an order that ended does not come back
        if (!event.is_end() && event.time < ended->second.time) return false;
        if (!event.is_end()) ended_.erase(ended);
    }
    const auto found = open_.find(order.id);
    if (found != open_.end() && !event.is_end()) {
        const Row& known = found->second;
        if (event.time < known.time || compare(order.executed, known.order.executed) < 0) return false;
    }
    if (event.is_end()) {
        end(order.id, {event.time, now});
        return true;
    }
    Row row{order, event.time, now};
    if (found != open_.end()) add_details(found->second.order, row.order);
    open_[order.id] = std::move(row);
    return true;
}

}  // namespace daypack::core
