// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <daypack/events.hpp>
#include <optional>
#include <string>

// What an engine tells of the accounts that it follows: their orders, fills, positions and balances, where keys are
// configured and private channels are asked for.
//
// All of these are plain values that own their text, so a program may keep copies. Words of the exchange (`kind`,
// `side`, `type`, `status`, …) are as it writes them, so that one that is new passes. Times are microseconds since the
// Unix epoch by the exchange's clock; 0: not told.

namespace daypack {

// An exact decimal as text: "12.5", "-0.00001". It has no exponent and no zeros at its end, so that equal numbers are
// equal texts, and up to 38 digits.
struct Amount {
    std::string text = "0";
    bool operator==(const Amount&) const = default;

    // The nearest double.
    [[nodiscard]] double value() const noexcept;
};

// What an account has, each of which is known or not by itself. The numbers are those of the private channels'
// streams: they stay as they are.
enum class AccountPart : std::uint8_t { orders = 0, positions = 1, balances = 2, fills = 3 };
[[nodiscard]] std::string_view name(AccountPart part) noexcept;  // "orders"; the text lives for ever

// Who told it.
enum class AccountSource : std::uint8_t {
    stream,  // the private stream, as it happened
    seed,    // REST, where nothing was known before
    mended   // REST, which showed what no stream had told: what happened while the line was down, or was lost
};

// An order as it stands now.
struct OrderUpdate {
    std::string account;  // its name in the configuration: `default`, or one of `accounts`
    AccountSource source = AccountSource::stream;
    std::string kind;  // orderAccepted, orderFill, orderCancelled, orderExpired, orderModified, …; empty from REST
    std::string id;
    std::string client_id;  // empty: none
    std::string symbol;     // "SOL-USDC-PERP"
    std::string side;       // Bid, Ask
    std::string type;       // Limit, Market
    std::string status;     // New, PartiallyFilled, Filled, Cancelled, Expired, TriggerPending, TriggerFailed
    std::string time_in_force;
    std::string expiry_reason;
    std::string origin;              // USER, LIQUIDATION_AUTOCLOSE, …; empty: not told
    std::optional<Amount> price;     // none: a market order
    std::optional<Amount> quantity;  // in the base asset
    std::optional<Amount> quote_quantity;
    std::optional<Amount> trigger_price;
    std::string trigger_quantity;  // of one that waits for its trigger: "20.03", or "80%" of a position
    Amount executed;               // in all so far, in the base asset
    Amount executed_quote;
    bool reduce_only = false;
    bool post_only = false;
    // Something newer was told before, so that it changed nothing: the order is already further than this.
    bool is_late = false;
    // The exchange lists it no more, and what became of it was not told: filled or cancelled.
    bool is_gone = false;
    std::int64_t venue_match_us = 0;
    std::int64_t venue_send_us = 0;
};

// A trade of the account. Each is told once for as long as the engine runs, whoever told it first.
struct AccountFill {
    std::string account;
    AccountSource source = AccountSource::stream;
    std::string trade_id;  // empty: none was sent, as for some fills of the exchange's own
    std::string order_id;
    std::string client_id;  // empty: none
    std::string symbol;
    std::string side;
    std::string system_type;  // empty: an order of the user
    Amount price;
    Amount quantity;  // in the base asset
    Amount fee;       // below 0: a rebate
    std::string fee_asset;
    bool is_maker = false;
    std::int64_t venue_match_us = 0;
};

// What is held in a market with positions.
struct AccountPosition {
    std::string account;
    AccountSource source = AccountSource::stream;
    std::string kind;  // positionOpened, positionAdjusted, positionClosed; empty: the state at a subscription, or REST
    std::string id;
    std::string symbol;
    Amount net_quantity;  // in the base asset; below 0: short; 0: there is none any more
    std::optional<Amount> entry_price;
    std::optional<Amount> break_even_price;
    std::optional<Amount> mark_price;
    std::optional<Amount> liquidation_price;
    std::optional<Amount> exposure_quantity;  // with what open orders would add
    std::optional<Amount> realized;
    std::optional<Amount> unrealized;
    bool is_late = false;  // as of an order
    std::int64_t venue_match_us = 0;
    std::int64_t venue_send_us = 0;
};

// What the account has of an asset, absolutely. The places are apart: their sum counts nothing twice.
struct AccountBalance {
    std::string account;
    AccountSource source = AccountSource::stream;
    std::string asset;
    Amount available;
    Amount locked;  // by orders
    Amount staked;
    Amount lent;  // as of the last answer of REST, as is `borrowed`: no stream tells these two
    Amount borrowed;
    bool is_late = false;  // as of an order
    std::int64_t venue_match_us = 0;
};

// Whether a part of an account may be relied on: only LIVE says yes. What is told of a part that is not live is what
// is known of it so far.
//
// LIVE: the private stream was subscribed and proven, and REST was read behind it and agrees. `unconfirmed`: it was
// read once, and a second answer, a second later, has not agreed yet.
//
// At SYNCING/start of a part drop all orders, positions or balances that you hold of it: what is told from there until
// it is LIVE is all there is. At any other state keep them: what is gone is told. Fills are each told once, and none is
// to be dropped.
struct AccountStatus {
    std::string account;
    AccountPart part = AccountPart::orders;
    State state = State::down;
    Reason reason = Reason::none;
    bool unconfirmed = false;
    std::int64_t mono_ns = 0;  // CLOCK_MONOTONIC of this machine, when it was found

    [[nodiscard]] bool live() const noexcept { return state == State::live; }
};

}  // namespace daypack
