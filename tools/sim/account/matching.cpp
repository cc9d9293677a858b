// SPDX-License-Identifier: MIT
#include "tools/sim/account/matching.h"

#include <algorithm>
#include <stdexcept>

namespace daypack::core::sim {
namespace {

constexpr std::uint64_t kFirstOrder = 59'887'000'000;
constexpr std::uint64_t kFirstTrade = 381'000'000;
constexpr std::uint64_t kFirstPosition = 9'100'000;
constexpr Amount kBasisPoint = kOne / 10'000;

}  // namespace

std::optional<Lock> lock_of(const Instrument& instrument, const Order& order, Amount quantity) {
    if (instrument.is_perpetual || order.is_market || order.status == Status::TriggerPending) return std::nullopt;
    if (order.bid) return Lock{instrument.quote, times(order.price, quantity)};
    return Lock{instrument.base, quantity};
}

Matching::Matching(std::vector<Instrument> instruments, std::vector<Account> accounts, std::uint64_t seed,
                   Touches touches)
    : instruments_(std::move(instruments)),
      accounts_(std::move(accounts)),
      random_(seed),
      touches_(std::move(touches)),
      order_id_(kFirstOrder + seed % 100'000 * 1'000),
      trade_id_(kFirstTrade),
      position_id_(kFirstPosition) {}

void Matching::set_time(std::int64_t now_us) noexcept {
    time_us_ = std::max(time_us_ + 1, now_us);
}

// E is some 170 us behind T, but 1 us before it on frames of positions: see tell_position().
Times Matching::next_times(std::int64_t later_us) {
    time_us_ += later_us;
    return {time_us_ + 100 + random_.below(150), time_us_};
}

const Instrument& Matching::instrument(const std::string& symbol) const {
    for (const Instrument& one : instruments_) {
        if (one.symbol == symbol) return one;
    }
    throw std::logic_error("no account trades " + symbol);
}

Amount Matching::mark_of(const Position& position) const {
    const auto now = touches_(position.symbol);
    return now ? (now->bid + now->ask) / 2 : position.entry_price();
}

Amount Matching::exposure_of(const Account& account, const Position& position) const {
    Amount open = 0;
    for (const auto& [id, order] : account.now.orders) {
        const bool grows = order.bid == (position.quantity >= 0);
        if (order.symbol == position.symbol && grows && !order.reduce_only) open += order.remaining();
    }
    return position.quantity >= 0 ? position.quantity + open : position.quantity - open;
}

Amount Matching::fee_rate(const Instrument& instrument, bool is_maker) const noexcept {
    if (!is_maker) return 5 * kBasisPoint;
    return instrument.is_perpetual ? -kBasisPoint / 2 : 2 * kBasisPoint;
}

// --- money ----------------------------------------------------------------------------------------------------------

void Matching::pay(Account& account, const std::string& asset, Amount amount) {
    account.now.balances[asset].available += amount;
    house_[asset] -= amount;
}

// Negative: it is free again.
void Matching::lock(Account& account, const Order& order, Amount quantity) {
    const auto locks = lock_of(instrument(order.symbol), order, quantity);
    if (!locks) return;
    Balance& balance = account.now.balances[locks->asset];
    balance.available -= locks->amount;
    balance.locked += locks->amount;
}

void Matching::transfer(std::size_t account, const std::string& asset, Amount amount) {
    pay(accounts_[account], asset, amount);
    accounts_[account].transferred[asset] += amount;
    tell_balance(accounts_[account], asset);
}

void Matching::lend(std::size_t account, const std::string& asset, Amount amount) {
    Balance& balance = accounts_[account].now.balances[asset];
    if (amount > balance.available || -amount > balance.lent || amount == 0) return;
    balance.available -= amount;
    balance.lent += amount;
    tell_balance(accounts_[account], asset);
}

void Matching::fund(std::size_t account, Amount rate) {
    Account& one = accounts_[account];
    for (auto& [symbol, position] : one.now.positions) {
        const Amount amount = -times(times(position.quantity, mark_of(position)), rate);
        position.funding += amount;
        const std::string& quote = instrument(symbol).quote;
        pay(one, quote, amount);
        tell_balance(one, quote);
        one.fundings.push_back({symbol, amount, rate, time_us_});
    }
}

// --- what is told ---------------------------------------------------------------------------------------------------

void Matching::tell_order(const Order& order, std::string_view event, const Fill* fill) {
    const Times at = fill == nullptr ? next_times(2) : Times{fill->us + 100 + random_.below(150), fill->us};
    notices_.push_back(order_notice(order, event, fill, instrument(order.symbol).price_decimals, at));
}

void Matching::tell_position(const Account& account, const Position& position, std::string_view event) {
    Times at = next_times(1);
    if (random_.chance(0.5)) at.sent_us = at.engine_us - 1;
    const Spelling spelling = random_.chance(0.1) ? Spelling::documented : Spelling::captured;
    notices_.push_back(
        position_notice(position, event, mark_of(position), exposure_of(account, position), at, spelling));
}

void Matching::tell_balance(const Account& account, const std::string& asset) {
    notices_.push_back(balance_notice(asset, account.now.balances.at(asset), next_times(2 + random_.below(3))));
}

// --- orders ---------------------------------------------------------------------------------------------------------

std::optional<std::uint64_t> Matching::place(std::size_t account, const Wish& wish) {
    Account& one = accounts_[account];
    const Instrument& market = instrument(wish.symbol);
    const auto now = touches_(wish.symbol);
    if (!now) return std::nullopt;
    Order order;
    order.id = ++order_id_;
    order.client_id = wish.client_id;
    order.symbol = wish.symbol;
    order.bid = wish.bid;
    order.is_market = wish.is_market;
    order.time_in_force = wish.time_in_force;
    order.price = wish.price;
    order.quantity = wish.quantity;
    order.post_only = wish.post_only;
    order.reduce_only = wish.reduce_only;
    order.trigger_price = wish.trigger_price;
    order.status = wish.trigger_price != 0 ? Status::TriggerPending : Status::New;
    if (!market.is_perpetual) {
        const std::string& asset = order.bid ? market.quote : market.base;
        const Amount needs =
            order.bid ? times(order.is_market ? now->ask : order.price, order.quantity) : order.quantity;
        if (one.now.balances[asset].available < needs) return std::nullopt;
    }
    order.created_us = order.changed_us = time_us_ + 2;
    lock(one, order, order.quantity);
    one.now.orders.emplace(order.id, order);
    tell_order(order, order.trigger_price != 0 ? "triggerPlaced" : "orderAccepted");
    if (const auto locks = lock_of(market, order, order.quantity)) tell_balance(one, locks->asset);
    return order.id;
}

void Matching::fill(std::size_t account, std::uint64_t id, Amount price, Amount quantity, bool is_maker) {
    Account& one = accounts_[account];
    Order& order = one.now.orders.at(id);
    const Instrument& market = instrument(order.symbol);
    Fill fill{++trade_id_, id, order.client_id, order.symbol, order.bid, is_maker, price, quantity, 0, {}, 0};
    fill.us = next_times(2).engine_us;
    fill.fee_symbol = !market.is_perpetual && order.bid ? market.base : market.quote;
    const Amount fee_of = !market.is_perpetual && order.bid ? quantity : times(price, quantity);
    fill.fee = times(fee_of, fee_rate(market, is_maker));
    lock(one, order, -quantity);
    order.executed += quantity;
    order.executed_quote += times(price, quantity);
    order.status = order.remaining() == 0 ? Status::Filled : Status::PartiallyFilled;
    order.changed_us = fill.us;
    one.fills.push_back(fill);
    const Order after = order;
    if (after.status == Status::Filled) {
        one.ended.push_back(after);
        one.now.orders.erase(id);
    }
    tell_order(after, "orderFill", &fill);
    if (market.is_perpetual) {
        settle_perpetual(one, fill);
        keep_reduce_only(one, market.symbol);
    } else {
        settle_spot(one, after, fill);
    }
}

// The trade first, and the fee behind it: one cause, and up to three frames.
void Matching::settle_spot(Account& account, const Order& order, const Fill& fill) {
    const Instrument& market = instrument(order.symbol);
    const Amount quote = times(fill.price, fill.quantity);
    pay(account, market.base, fill.bid ? fill.quantity : -fill.quantity);
    pay(account, market.quote, fill.bid ? -quote : quote);
    tell_balance(account, market.quote);
    tell_balance(account, market.base);
    pay(account, fill.fee_symbol, -fill.fee);
    tell_balance(account, fill.fee_symbol);
}

void Matching::settle_perpetual(Account& account, const Fill& fill) {
    const std::string& quote = instrument(fill.symbol).quote;
    Amount left = fill.bid ? fill.quantity : -fill.quantity;
    const auto found = account.now.positions.find(fill.symbol);
    if (found != account.now.positions.end() && (found->second.quantity > 0) != (left > 0)) {
        const Amount closed = std::min(std::abs(left), std::abs(found->second.quantity));
        close_part(account, found->second, fill, closed);
        left += left > 0 ? -closed : closed;
    }
    if (left != 0) {
        Position& position = account.now.positions[fill.symbol];
        const bool is_new = position.id == 0;
        if (is_new) position = {++position_id_, fill.symbol, 0, 0, 0, 0};
        position.quantity += left;
        position.cost += times(left, fill.price);
        tell_position(account, position, is_new ? "positionOpened" : "positionAdjusted");
    }
    pay(account, quote, -fill.fee);
    tell_balance(account, quote);
}

void Matching::close_part(Account& account, Position& position, const Fill& fill, Amount closed) {
    const Amount signed_closed = position.quantity > 0 ? closed : -closed;
    const Amount cost = share(position.cost, closed, std::abs(position.quantity));
    const Amount gain = times(signed_closed, fill.price) - cost;
    position.quantity -= signed_closed;
    position.cost -= cost;
    position.realized += gain;
    pay(account, instrument(fill.symbol).quote, gain);
    const bool is_closed = position.quantity == 0;
    tell_position(account, position, is_closed ? "positionClosed" : "positionAdjusted");
    tell_balance(account, instrument(fill.symbol).quote);
    if (is_closed) account.now.positions.erase(fill.symbol);
}

// What would do more than close the position is made smaller, or ends.
void Matching::keep_reduce_only(Account& account, const std::string& symbol) {
    const auto held = account.now.positions.find(symbol);
    const Amount quantity = held == account.now.positions.end() ? 0 : held->second.quantity;
    std::vector<std::uint64_t> ending;
    for (auto& [id, order] : account.now.orders) {
        if (order.symbol != symbol || !order.reduce_only) continue;
        const Amount allowed = order.bid == (quantity < 0) ? std::abs(quantity) : 0;
        if (allowed == 0) {
            ending.push_back(id);
        } else if (order.remaining() > allowed) {
            order.quantity = order.executed + allowed;
            order.changed_us = time_us_ + 2;
            tell_order(order, "orderModified");
        }
    }
    for (const std::uint64_t id : ending) {
        account.now.orders.at(id).expiry_reason = "ReduceOnlyNotReduced";
        end(account, id, Status::Expired, "orderExpired");
    }
}

void Matching::end(Account& account, std::uint64_t id, Status status, std::string_view event) {
    Order order = account.now.orders.at(id);
    const auto locks = lock_of(instrument(order.symbol), order, order.remaining());
    lock(account, order, -order.remaining());
    account.now.orders.erase(id);
    order.status = status;
    order.changed_us = time_us_ + 2;
    account.ended.push_back(order);
    tell_order(order, event);
    if (locks) tell_balance(account, locks->asset);
}

void Matching::cancel(std::size_t account, std::uint64_t order) {
    end(accounts_[account], order, Status::Cancelled, "orderCancelled");
}

void Matching::expire(std::size_t account, std::uint64_t order, std::string_view reason) {
    accounts_[account].now.orders.at(order).expiry_reason = reason;
    end(accounts_[account], order, Status::Expired, "orderExpired");
}

void Matching::cancel_all(std::size_t account) {
    while (!accounts_[account].now.orders.empty()) cancel(account, accounts_[account].now.orders.begin()->first);
}

void Matching::pull_trigger(std::size_t account, std::uint64_t id, bool fails) {
    Account& one = accounts_[account];
    Order& order = one.now.orders.at(id);
    const auto now = touches_(order.symbol);
    if (fails || !now) return end(one, id, Status::TriggerFailed, "triggerFailed");
    order.status = Status::New;
    order.changed_us = time_us_ + 2;
    tell_order(order, "orderAccepted");
    fill(account, id, order.bid ? now->ask : now->bid, order.quantity, false);
}

}  // namespace daypack::core::sim
