// SPDX-License-Identifier: MIT
#pragma once
// A venue that is a few maps, with streams and answers that take their time, get lost, come twice, or come late: what
// the book of an account is held against.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/account/account_book.h"

namespace daypack::core::test {

inline constexpr std::int64_t kStart_us = 1'788'368'290'000'000;
inline constexpr std::int64_t kInterval_ms = 10'000;

inline Amount amount(std::int64_t number) {
    return Amount::parse(std::to_string(number)).value();
}

// How many worlds a test looks at; more by hand: DAYPACK_ACCOUNT_WORLDS=200.
inline unsigned seeds() {
    const char* const given = std::getenv("DAYPACK_ACCOUNT_WORLDS");
    return given != nullptr ? static_cast<unsigned>(std::atoi(given)) : 5;
}

// What goes wrong on the way.
struct Unkindness {
    bool copies = false;
    bool cuts = false;
    bool losses = false;    // of frames, without a word
    bool delays = false;    // a frame comes behind later ones
    bool failures = false;  // of requests
    bool broken = false;
    int rest_behind_ms = 0;  // answers show what was, at most so long ago
    int history_behind_ms = 0;
};

// The truth: what the account has, and every fill there ever was.
struct Truth {
    struct Order {
        std::int64_t quantity = 0;
        std::int64_t executed = 0;
        bool operator==(const Order&) const = default;
    };
    std::map<std::string, Order> orders;
    std::map<std::string, std::int64_t> positions;
    std::map<std::string, std::pair<std::int64_t, std::int64_t>> balances;
    bool operator==(const Truth&) const = default;
};

using Event = std::variant<OrderEvent, PositionEvent, BalanceEvent, BrokenFrame, std::uint64_t>;  // the last: a pong

class World {
  public:
    World(unsigned seed, Unkindness unkindness) : random_(seed), unkind_(unkindness), book_(kInterval_ms * 1'000'000) {
        for (int i = 0; i < 20; ++i) act();
        frames_.clear();
    }

    // A hundredth of a second.
    void step(bool acts) {
        now_ms_ += 10;
        time_us_ = std::max(time_us_ + 1, kStart_us + now_ms_ * 1'000);
        if (acts && one_in(3)) act();
        past_.push_back({now_ms_, truth_});
        if (past_.size() > 1'000) past_.pop_front();
        connect();
        read();
        ask();
        answer();
        hear_news();
        if (book_.take_reconnect()) cut();
        check();
    }
    [[nodiscard]] bool is_settled() const { return is_up_ && frames_.empty() && asks_.empty() && book_.is_settled(); }

    [[nodiscard]] Truth shown() const {
        Truth shown;
        for (const auto& [id, row] : book_.orders().rows()) {
            shown.orders[id] = {std::stoll(row.order.quantity->text()), std::stoll(row.order.executed.text())};
        }
        for (const auto& [symbol, held] : book_.positions().rows()) {
            const std::int64_t quantity = std::stoll(held.row.net_quantity.text());
            if (quantity != 0) shown.positions[symbol] = quantity;
        }
        for (const auto& [asset, held] : book_.balances().rows()) {
            const auto balance = std::pair(std::stoll(held.row.available.text()), std::stoll(held.row.locked.text()));
            if (balance != std::pair<long long, long long>{}) shown.balances[asset] = balance;
        }
        return shown;
    }
    [[nodiscard]] std::map<std::string, int> fills_since_base() const {
        std::map<std::string, int> fills;
        for (const AccountFill& fill : fills_) {
            if (base_us_ > 0 && fill.time.us >= base_us_ / 1'000 * 1'000) fills[fill.trade_id] = 1;
        }
        return fills;
    }

    // The engine ends where it stands, and another one comes. `begin`: what that one knows of the one before.
    void restart(const std::function<void(AccountBook& book)>& begin) {
        book_ = AccountBook(kInterval_ms * 1'000'000);
        begin(book_);
        is_up_ = false;
        up_at_ms_ = now_ms_ + 50 + below(5'000);
        frames_.clear();
        asks_.clear();
    }
    // The venue refuses the account, and takes it back a while later.
    void refuse() {
        is_up_ = false;
        up_at_ms_ = now_ms_ + 50 + below(1'500);
        frames_.clear();
        book_.on_refused(now());
    }

    const Truth& truth() const { return truth_; }
    AccountBook& book() { return book_; }
    std::function<void(const AccountNews& news)> on_news = [](const AccountNews&) {};
    MonoTime now() const { return {now_ms_ * 1'000'000}; }
    std::map<std::string, int> told_fills;
    std::map<std::string, int> told_orders;  // by identity
    std::uint64_t wrong_while_live = 0;
    std::uint64_t live_steps = 0;
    std::uint64_t lost = 0;

  private:
    struct Frame {
        std::int64_t due_ms;
        Event event;
    };
    struct Request {
        AccountBook::Ask ask;
        std::int64_t made_ms;  // the answer, at the venue
        std::int64_t due_ms;   // here
        bool is_made = false;
        bool fails = false;
        AccountBook::Answer answer;
    };

    int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
    bool one_in(int n) { return below(n) == 0; }

    // --- the venue

    void send(Event event) {
        if (!is_up_) return;
        if (unkind_.losses && one_in(60)) {
            ++lost;
            return;
        }
        if (unkind_.broken && one_in(200)) event = BrokenFrame{};
        const std::int64_t due_ms = std::max(now_ms_ + 10 + below(40), frames_.empty() ? 0 : frames_.back().due_ms);
        frames_.push_back({due_ms, event});
        if (unkind_.copies && one_in(5)) frames_.push_back({due_ms, event});
        if (unkind_.delays && frames_.size() > 1 && one_in(20)) {
            std::swap(frames_.back().event, frames_[frames_.size() - 2].event);
        }
    }
    void tell_order(const std::string& id, const Truth::Order& order, const std::string& kind,
                    const std::string& status, const AccountFill* fill = nullptr) {
        OrderEvent event;
        event.kind = kind;
        event.order = row_of(id, order, status);
        event.time = {time_us_ += 2};
        event.sent = {time_us_ - 1 + below(100)};
        if (fill != nullptr) event.fill = *fill;
        if (event.fill) event.time = fill->time;
        send(event);
    }
    void tell_balance(const std::string& asset) {
        BalanceEvent event;
        event.asset = asset;
        event.available = amount(truth_.balances[asset].first);
        event.locked = amount(truth_.balances[asset].second);
        event.time = {time_us_ += 2};
        if (truth_.balances[asset] == std::pair<std::int64_t, std::int64_t>{}) truth_.balances.erase(asset);
        send(event);
    }
    static AccountOrder row_of(const std::string& id, const Truth::Order& order, const std::string& status) {
        AccountOrder row;
        row.id = id;
        row.symbol = "SOL_USDC";
        row.side = "Bid";
        row.status = status;
        row.quantity = amount(order.quantity);
        row.executed = amount(order.executed);
        return row;
    }
    static std::string status_of(const Truth::Order& order) {
        return order.executed == 0 ? "New" : order.executed == order.quantity ? "Filled" : "PartiallyFilled";
    }

    void act() {
        if (truth_.orders.size() < 3 || (truth_.orders.size() < 12 && one_in(3))) {
            const std::string id = std::to_string(++order_id_);
            const Truth::Order order{1 + below(9), 0};
            truth_.orders[id] = order;
            tell_order(id, order, "orderAccepted", "New");
            truth_.balances["USDC"].second += order.quantity;
            return tell_balance("USDC");
        }
        const auto at = std::next(truth_.orders.begin(), below(static_cast<int>(truth_.orders.size())));
        const std::string id = at->first;
        if (one_in(3)) {
            const Truth::Order order = at->second;
            truth_.orders.erase(at);
            tell_order(id, order, "orderCancelled", "Cancelled");
            truth_.balances["USDC"].second -= order.quantity - order.executed;
            return tell_balance("USDC");
        }
        AccountFill fill;
        fill.trade_id = std::to_string(++trade_id_);
        fill.order_id = id;
        fill.symbol = "SOL_USDC";
        const std::int64_t part = 1 + below(static_cast<int>(at->second.quantity - at->second.executed));
        fill.quantity = amount(part);
        fill.time = {time_us_ += 2};
        fills_.push_back(fill);
        at->second.executed += part;
        const Truth::Order order = at->second;
        if (order.executed == order.quantity) truth_.orders.erase(at);
        tell_order(id, order, "orderFill", status_of(order), &fill);
        truth_.balances["USDC"].second -= part;
        tell_balance("USDC");
        const std::string market = one_in(2) ? "SOL_USDC_PERP" : "BTC_USDC_PERP";
        std::int64_t& position = truth_.positions[market];
        position += one_in(2) ? part : -part;
        PositionEvent event;
        event.kind = "positionAdjusted";
        event.position.symbol = market;
        event.position.net_quantity = amount(position);
        event.time = {time_us_ += 1};
        if (position == 0) truth_.positions.erase(market);
        send(event);
        truth_.balances["SOL"].first += part;
        tell_balance("SOL");
    }

    // --- the way

    void connect() {
        if (is_up_) {
            if (unkind_.cuts && one_in(400)) cut();
            return;
        }
        if (now_ms_ < up_at_ms_) return;
        is_up_ = true;
        book_.on_subscribed(now(), {time_us_});
        if (base_us_ == 0) base_us_ = time_us_;
        for (const auto& [market, quantity] : truth_.positions) {
            PositionEvent event;
            event.position.symbol = market;
            event.position.net_quantity = amount(quantity);
            send(event);
        }
    }
    void cut() {
        is_up_ = false;
        up_at_ms_ = now_ms_ + 50 + below(1'500);
        frames_.clear();
        book_.on_down(now());
    }
    void read() {
        while (!frames_.empty() && frames_.front().due_ms <= now_ms_) {
            const Event event = frames_.front().event;
            frames_.pop_front();
            std::visit(
                [this]<class E>(const E& one) {
                    if constexpr (std::is_same_v<E, BrokenFrame>) {
                        book_.on_broken(now());
                    } else if constexpr (std::is_same_v<E, std::uint64_t>) {
                        book_.on_barrier(now());
                    } else {
                        book_.on_event(one, now());
                    }
                },
                event);
        }
        if (is_up_ && book_.wants_barrier()) {
            book_.on_barrier_sent();
            const std::int64_t due_ms = now_ms_ + 10 + below(40);
            frames_.push_back({std::max(due_ms, frames_.empty() ? 0 : frames_.back().due_ms), std::uint64_t{1}});
        }
    }
    void ask() {
        while (const auto ask = book_.next_ask(now())) {
            const std::int64_t made_ms = now_ms_ + 10 + below(60);
            asks_.push_back({*ask, made_ms, made_ms + 10 + below(60), false, unkind_.failures && one_in(8), {}});
        }
    }
    void answer() {
        for (Request& request : asks_) {
            if (request.is_made || request.made_ms > now_ms_) continue;
            request.is_made = true;
            request.answer = answer_of(request.ask);
        }
        std::vector<Request> due;
        std::erase_if(asks_, [&](const Request& request) {
            if (request.due_ms > now_ms_) return false;
            due.push_back(request);
            return true;
        });
        for (const Request& request : due) {
            if (request.fails) {
                book_.on_failure(request.ask, now());
            } else {
                book_.on_answer(request.ask, request.answer);
            }
        }
    }
    AccountBook::Answer answer_of(const AccountBook::Ask& ask) {
        const std::int64_t at_ms = now_ms_ - (unkind_.rest_behind_ms > 0 ? below(unkind_.rest_behind_ms) : 0);
        const auto later = std::find_if(past_.begin(), past_.end(), [&](const auto& one) { return one.first > at_ms; });
        const Truth& truth = (later == past_.begin() ? *later : *std::prev(later)).second;
        if (ask.kind == AccountKind::orders) {
            std::vector<AccountOrder> rows;
            for (const auto& [id, order] : truth.orders) rows.push_back(row_of(id, order, status_of(order)));
            return rows;
        }
        if (ask.kind == AccountKind::positions) {
            std::vector<AccountPosition> rows;
            for (const auto& [symbol, quantity] : truth.positions) {
                rows.push_back({});
                rows.back().symbol = symbol;
                rows.back().net_quantity = amount(quantity);
            }
            return rows;
        }
        if (ask.kind == AccountKind::balances) {
            std::vector<AccountBalance> rows;
            for (const auto& [asset, balance] : truth.balances) {
                rows.push_back({});
                rows.back().asset = asset;
                rows.back().available = amount(balance.first);
                rows.back().locked = amount(balance.second);
            }
            return rows;
        }
        std::vector<AccountFill> rows;
        const std::int64_t until_us = time_us_ - unkind_.history_behind_ms * 1'000;
        for (const AccountFill& fill : fills_) {
            if (fill.time.us / 1'000 < ask.from.us / 1'000 || fill.time.us > until_us) continue;
            rows.push_back(fill);
            rows.back().time.us -= rows.back().time.us % 1'000;
        }
        return rows;
    }

    void hear_news() {
        for (const AccountNews& news : book_.take_news()) {
            on_news(news);
            if (const auto* fill = std::get_if<FillNews>(&news)) ++told_fills[fill->fill.trade_id];
            const auto* order = std::get_if<OrderNews>(&news);
            if (order != nullptr && !order->event.kind.empty()) ++told_orders[order->event.identity()];
        }
    }

    // Nothing is on its way: what is live equals the truth.
    void check() {
        const bool is_quiet = is_up_ && std::all_of(frames_.begin(), frames_.end(), [](const Frame& frame) {
                                  return std::holds_alternative<std::uint64_t>(frame.event);
                              });
        const auto is_sure = [this](AccountKind kind) {
            const AccountKindState state = book_.state(kind);
            return state.state == State::live && (unkind_.rest_behind_ms == 0 || !state.unconfirmed);
        };
        if (!is_up_) {
            for (const AccountKind kind : {AccountKind::orders, AccountKind::fills}) {
                EXPECT_NE(book_.state(kind).state, State::live) << "without a line";
            }
        }
        if (!is_quiet) return;
        const Truth shown = this->shown();
        if (is_sure(AccountKind::orders)) {
            ++live_steps;
            wrong_while_live += shown.orders != truth_.orders;
        }
        if (is_sure(AccountKind::positions)) wrong_while_live += shown.positions != truth_.positions;
        if (is_sure(AccountKind::balances)) wrong_while_live += shown.balances != truth_.balances;
        if (is_sure(AccountKind::fills) && !book_.state(AccountKind::fills).unconfirmed) {
            wrong_while_live += told_fills != fills_since_base();
        }
    }

    std::mt19937 random_;
    Unkindness unkind_;
    AccountBook book_;
    std::int64_t now_ms_ = 0;
    std::int64_t time_us_ = kStart_us;
    Truth truth_;
    std::vector<AccountFill> fills_;
    std::deque<std::pair<std::int64_t, Truth>> past_;
    std::uint64_t order_id_ = 59'887'000'000;
    std::uint64_t trade_id_ = 381'000'000;
    bool is_up_ = false;
    std::int64_t up_at_ms_ = 50;
    std::int64_t base_us_ = 0;
    std::deque<Frame> frames_;
    std::vector<Request> asks_;
};

}  // namespace daypack::core::test
