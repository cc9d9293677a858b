// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "book/types.h"
#include "net/backpack/account/amount.h"

namespace daypack::core {

// Bodies of signed REST answers -> values. The venue writes one kind of thing in several forms: numbers and ids with or
// without quotes, times as ms, µs or naive ISO text, `null` for what is not there. All of them are taken, and an
// unknown word of an enumeration passes as it is. Nothing here believes that a body is JSON, or complete.
//
// Thread: any; each call stands alone and may allocate.

// A list as it was read. `broken`: rows that could not be; the body as a whole is none where `is_list` is false.
template <class Row>
struct AccountRows {
    std::vector<Row> rows;
    std::uint64_t broken = 0;
    std::uint64_t unknown_words = 0;  // of enumerations, which passed as text
    bool is_list = false;
};

// An asset over all the places that funds may be in. They are apart: their sum counts nothing twice. What backs margin
// is made of the same funds, and is no part of the sum.
struct AccountBalance {
    std::string asset;
    Amount available;
    Amount locked;  // by orders
    Amount staked;
    Amount lent;                            // auto-lend moves idle funds there, out of `available`
    Amount borrowed;                        // owed
    std::optional<Amount> margin_quantity;  // what of all this backs margin, where the venue says
    std::optional<Amount> margin_value;     // in USD, as the venue weighs it

    // What is the account's; none where it has more digits than fit.
    [[nodiscard]] std::optional<Amount> total() const noexcept;
};

struct AccountOrder {
    std::string id;
    std::string client_id;  // empty: none
    std::string symbol;     // native
    std::string side;       // Bid, Ask
    std::string type;       // Limit, Market
    std::string status;     // New, PartiallyFilled, …
    std::string time_in_force;
    std::string expiry_reason;  // of a history
    std::optional<Amount> price;
    std::optional<Amount> quantity;
    std::optional<Amount> quote_quantity;
    std::optional<Amount> trigger_price;
    std::string trigger_quantity;  // of an order that waits for its trigger: "20.03", or "80%" of a position
    Amount executed;
    Amount executed_quote;
    bool reduce_only = false;
    bool post_only = false;
    VenueTime created;
};

struct AccountPosition {
    std::string id;
    std::string symbol;
    Amount net_quantity;  // negative: short
    std::optional<Amount> entry_price;
    std::optional<Amount> break_even_price;
    std::optional<Amount> mark_price;
    std::optional<Amount> liquidation_price;
    std::optional<Amount> exposure_quantity;  // with open orders
    std::optional<Amount> realized;
    std::optional<Amount> unrealized;
};

struct AccountFill {
    std::string trade_id;  // empty: none was sent, as for some system fills
    std::string order_id;
    std::string client_id;
    std::string symbol;
    std::string side;
    std::string system_type;  // empty: an order of the user
    Amount price;
    Amount quantity;
    Amount fee;  // negative: a rebate
    std::string fee_asset;
    bool is_maker = false;
    VenueTime time;
};

struct AccountFunding {
    std::string symbol;
    Amount quantity;
    Amount rate;
    VenueTime interval_end;
};

// /api/v1/capital, a map by asset. The other two add to what it gave: lent and owed, and what backs margin.
[[nodiscard]] AccountRows<AccountBalance> parse_capital(std::string_view body);
[[nodiscard]] bool add_lending(std::string_view body, AccountRows<AccountBalance>& balances);
[[nodiscard]] bool add_collateral(std::string_view body, AccountRows<AccountBalance>& balances);

// A list, or a single order's own body.
[[nodiscard]] AccountRows<AccountOrder> parse_orders(std::string_view body);
[[nodiscard]] AccountRows<AccountPosition> parse_positions(std::string_view body);
[[nodiscard]] AccountRows<AccountFill> parse_fills(std::string_view body);
[[nodiscard]] AccountRows<AccountFunding> parse_funding(std::string_view body);

// "2026-09-01T17:54:04.094", with or without a zone, which is UTC; or a whole number of ms or µs, by its size.
[[nodiscard]] std::optional<VenueTime> parse_account_time(std::string_view text) noexcept;

}  // namespace daypack::core
