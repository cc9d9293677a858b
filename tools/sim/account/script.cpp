// SPDX-License-Identifier: MIT
#include "tools/sim/account/script.h"

#include <algorithm>
#include <set>

namespace daypack::core::sim {
namespace {

constexpr std::size_t kRestingMax = 25;  // of an account
constexpr Amount kFundsMin = 20'000 * kOne;
constexpr Amount kFunds = 1'000'000 * kOne;
constexpr Amount kBaseMax = 100'000'000 * kOne;
constexpr int kPreparing = 25;

}  // namespace

const Order* Script::some_order(std::size_t account, const OrderIf& fits) {
    const auto& orders = matching_.accounts()[account].now.orders;
    std::vector<const Order*> fitting;
    for (const auto& [id, order] : orders) {
        if (fits(order)) fitting.push_back(&order);
    }
    if (fitting.empty()) return nullptr;
    return fitting[static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(fitting.size())))];
}

const Instrument& Script::some_market() {
    const auto& all = matching_.instruments();
    return all[static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(all.size())))];
}

// For some 20 to 500 of the quote's unit, some ticks from the touch.
Wish Script::some_wish(const Instrument& market, const Touch& touch) {
    Wish wish;
    wish.symbol = market.symbol;
    wish.bid = random_.chance(0.5);
    const Amount away = market.tick * random_.below(20);
    wish.price = wish.bid ? std::max(market.tick, touch.bid - away) : touch.ask + away;
    const Amount steps = ratio((20 + random_.below(480)) * kOne, wish.price) / market.step;
    wish.quantity = market.step * std::max<Amount>(1, steps);
    if (random_.chance(0.5)) wish.client_id = static_cast<std::uint32_t>(random_.bits());
    return wish;
}

// Of what remains: all of it, or some of its steps.
Amount Script::some_part(const Order& order) {
    const Amount step = matching_.instrument(order.symbol).step;
    const Amount steps = order.remaining() / step;
    if (steps <= 1 || random_.chance(0.5)) return order.remaining();
    return step * (1 + random_.below(steps));
}

void Script::prepare(std::size_t account) {
    std::set<std::string> assets;
    for (const Instrument& market : matching_.instruments()) {
        assets.insert(market.quote);
        const auto touch = matching_.touch(market.symbol);
        if (market.is_perpetual || !touch || !assets.insert(market.base).second) continue;
        // Of what costs next to nothing not so much that an Amount could not count it.
        const Amount worth = touch->ask < kOne / 100 ? times(touch->ask, kBaseMax) : kFunds / 10;
        const Amount steps = ratio(std::min(worth, kFunds / 10), touch->ask) / market.step;
        matching_.transfer(account, market.base, steps * market.step);
    }
    for (const Instrument& market : matching_.instruments()) {
        if (assets.erase(market.quote) != 0) matching_.transfer(account, market.quote, kFunds);
    }
    for (int i = 0; i < kPreparing; ++i) act(account);
}

void Script::act(std::size_t account) {
    const std::int64_t drawn = random_.below(100);
    if (drawn < 30) return rest(account);
    if (drawn < 57) return fill_resting(account);
    if (drawn < 70) return cancel_some(account);
    if (drawn < 80) return take(account);
    if (drawn < 83) return reject(account);
    if (drawn < 87) return reduce(account);
    if (drawn < 90) return set_trigger(account);
    if (drawn < 92) return pull_some_trigger(account);
    if (drawn < 94) return matching_.fund(account, (random_.below(21) - 10) * kOne / 100'000);
    if (drawn < 97) return lend(account);
    move_funds(account);
}

void Script::rest(std::size_t account) {
    if (matching_.accounts()[account].now.orders.size() >= kRestingMax) return cancel_some(account);
    const Instrument& market = some_market();
    const auto touch = matching_.touch(market.symbol);
    if (!touch) return;
    Wish wish = some_wish(market, *touch);
    wish.post_only = random_.chance(0.4);
    if (!matching_.place(account, wish)) lend(account);
}

// At the market, at once; or a limit with IOC, whose rest expires.
void Script::take(std::size_t account) {
    const Instrument& market = some_market();
    const auto touch = matching_.touch(market.symbol);
    if (!touch) return;
    Wish wish = some_wish(market, *touch);
    const Amount price = wish.bid ? touch->ask : touch->bid;
    wish.is_market = random_.chance(0.6);
    wish.time_in_force = "IOC";
    wish.price = wish.is_market ? 0 : price;
    const auto order = matching_.place(account, wish);
    if (!order) return lend(account);
    const Amount part = wish.is_market ? wish.quantity : some_part(matching_.accounts()[account].now.orders.at(*order));
    matching_.fill(account, *order, price, part, false);
    if (matching_.accounts()[account].now.orders.contains(*order)) {
        matching_.expire(account, *order, "ImmediateOrCancel");
    }
}

// What was to rest alone would have traded.
void Script::reject(std::size_t account) {
    const Instrument& market = some_market();
    const auto touch = matching_.touch(market.symbol);
    if (!touch) return;
    Wish wish = some_wish(market, *touch);
    wish.post_only = true;
    wish.price = wish.bid ? touch->ask : touch->bid;
    if (const auto order = matching_.place(account, wish)) matching_.expire(account, *order, "PostOnlyTaker");
}

void Script::reduce(std::size_t account) {
    const auto& positions = matching_.accounts()[account].now.positions;
    if (positions.empty()) return rest(account);
    const auto at = std::next(positions.begin(), random_.below(static_cast<std::int64_t>(positions.size())));
    const Position& position = at->second;
    const Instrument& market = matching_.instrument(position.symbol);
    const auto touch = matching_.touch(position.symbol);
    if (!touch) return;
    Wish wish = some_wish(market, *touch);
    wish.bid = position.quantity < 0;
    wish.price = wish.bid ? touch->bid : touch->ask;
    wish.quantity = std::abs(position.quantity);
    wish.reduce_only = true;
    (void)matching_.place(account, wish);
}

void Script::set_trigger(std::size_t account) {
    const Instrument& market = some_market();
    const auto touch = matching_.touch(market.symbol);
    if (!touch || !market.is_perpetual) return rest(account);
    Wish wish = some_wish(market, *touch);
    wish.is_market = true;
    wish.trigger_price = wish.price;
    wish.price = 0;
    (void)matching_.place(account, wish);
}

void Script::fill_resting(std::size_t account) {
    const Order* order =
        some_order(account, [](const Order& one) { return one.status != Status::TriggerPending && !one.is_market; });
    if (order == nullptr) return rest(account);
    matching_.fill(account, order->id, order->price, some_part(*order), true);
}

void Script::cancel_some(std::size_t account) {
    const Order* order = some_order(account, [](const Order&) { return true; });
    if (order == nullptr) return rest(account);
    matching_.cancel(account, order->id);
}

void Script::pull_some_trigger(std::size_t account) {
    const Order* order = some_order(account, [](const Order& one) { return one.status == Status::TriggerPending; });
    if (order == nullptr) return rest(account);
    matching_.pull_trigger(account, order->id, random_.chance(0.3));
}

void Script::lend(std::size_t account) {
    const std::string& asset = some_market().quote;
    const auto& balances = matching_.accounts()[account].now.balances;
    const auto found = balances.find(asset);
    if (found == balances.end()) return;
    const bool back = found->second.lent > 0 && random_.chance(0.5);
    const Amount most = back ? found->second.lent : std::max<Amount>(0, found->second.available / 4);
    const Amount cents = most / (kOne / 100);
    if (cents == 0) return;
    const Amount amount = (1 + random_.below(cents)) * (kOne / 100);
    matching_.lend(account, asset, back ? -amount : amount);
}

void Script::move_funds(std::size_t account) {
    const std::string& asset = some_market().quote;
    const auto& balances = matching_.accounts()[account].now.balances;
    const auto found = balances.find(asset);
    const Amount available = found == balances.end() ? 0 : found->second.available;
    if (available < kFundsMin) return matching_.transfer(account, asset, kFunds / 2);
    const Amount amount = (1 + random_.below(1'000)) * kOne;
    matching_.transfer(account, asset, random_.chance(0.5) ? amount : -amount);
}

}  // namespace daypack::core::sim
