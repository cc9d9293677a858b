// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/sim/account/amount.h"

namespace daypack::core::sim {

// A market as accounts trade it.
struct Instrument {
    std::string symbol;
    std::string base;
    std::string quote;
    bool is_perpetual = false;
    int price_decimals = 0;
    Amount tick = 0;
    Amount step = 0;
};

// The best prices of a market at the moment.
struct Touch {
    Amount bid = 0;
    Amount ask = 0;
};

enum class Status : std::uint8_t { New, PartiallyFilled, Filled, Cancelled, Expired, TriggerPending, TriggerFailed };
[[nodiscard]] const char* name_of(Status status) noexcept;

struct Order {
    std::uint64_t id = 0;
    std::optional<std::uint32_t> client_id{};
    std::string symbol;
    bool bid = false;
    bool is_market = false;
    std::string time_in_force = "GTC";
    Amount price = 0;  // 0: a market order
    Amount quantity = 0;
    Amount executed = 0;
    Amount executed_quote = 0;
    Status status = Status::New;
    bool post_only = false;
    bool reduce_only = false;
    Amount trigger_price = 0;  // 0: no trigger
    std::string expiry_reason{};
    std::int64_t created_us = 0;
    std::int64_t changed_us = 0;

    [[nodiscard]] Amount remaining() const noexcept { return quantity - executed; }
};

struct Fill {
    std::uint64_t trade_id = 0;
    std::uint64_t order_id = 0;
    std::optional<std::uint32_t> client_id{};
    std::string symbol;
    bool bid = false;
    bool is_maker = false;
    Amount price = 0;
    Amount quantity = 0;
    Amount fee = 0;  // negative: a rebate
    std::string fee_symbol;
    std::int64_t us = 0;
};

// One side at a time: quantity and cost have the same sign, and what a part of it cost goes with that part.
struct Position {
    std::uint64_t id = 0;
    std::string symbol;
    Amount quantity = 0;
    Amount cost = 0;
    Amount realized = 0;
    Amount funding = 0;

    [[nodiscard]] Amount entry_price() const noexcept { return quantity == 0 ? 0 : ratio(cost, quantity); }
};

struct Balance {
    Amount available = 0;
    Amount locked = 0;
    Amount staked = 0;
    Amount lent = 0;

    [[nodiscard]] Amount total() const noexcept { return available + locked + staked + lent; }
};

struct Funding {
    std::string symbol;
    Amount quantity = 0;  // paid: negative
    Amount rate = 0;
    std::int64_t us = 0;
};

// What an account has at one moment.
struct Holdings {
    std::map<std::uint64_t, Order> orders;  // which rest, or wait for their trigger
    std::map<std::string, Position> positions;
    std::map<std::string, Balance> balances;
};

struct Account {
    std::size_t number = 0;  // from 1
    std::string name;
    Holdings now;
    std::vector<Order> ended;
    std::vector<Fill> fills;
    std::vector<Funding> fundings;
    std::map<std::string, Amount> transferred;  // what came from outside, less what went there
    std::uint64_t events = 0;
};

}  // namespace daypack::core::sim
