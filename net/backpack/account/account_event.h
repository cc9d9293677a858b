// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "book/types.h"
#include "net/backpack/account/account_decoder.h"

namespace daypack::core {

// Frames of the private streams -> events. As with answers of REST, numbers, ids and times are taken in every form that
// the venue has sent, an unknown word of an enumeration passes as text, and nothing here believes that a frame is JSON.
//
// The streams have no sequence number, so an event is known again by what it says (`identity`). The time at which a
// server sent it (`E`) is no part of that: each server has its own, and it may lie before the time of the engine.
//
// Thread: any; each call stands alone and may allocate.

// An order as it stands behind an event. Where the event is a fill, `fill` is the trade.
struct OrderEvent {
    std::string kind;    // orderAccepted, orderFill, orderCancelled, orderExpired, orderModified, triggerPlaced, …
    std::string origin;  // USER, LIQUIDATION_AUTOCLOSE, …
    AccountOrder order;  // in the words of REST: type "Limit" where the stream has "LIMIT"
    std::optional<AccountFill> fill;
    VenueTime time;  // of the matching engine
    VenueTime sent;

    // By order, kind, time, trade, executed quantity and status.
    [[nodiscard]] std::string identity() const;
    // Nothing more will come of the order.
    [[nodiscard]] bool is_end() const noexcept;
};

struct PositionEvent {
    std::string kind;  // positionOpened, positionAdjusted, positionClosed; empty: the state at the subscription
    AccountPosition position;
    VenueTime time;  // none (0) may be told with the state at the subscription
    VenueTime sent;

    // By position, time, kind and quantity.
    [[nodiscard]] std::string identity() const;
};

// Absolute: what the account has of an asset from then on. Lent funds are in none of it.
struct BalanceEvent {
    std::string asset;
    Amount available;
    Amount locked;
    Amount staked;
    VenueTime time;
    VenueTime sent;
};

// {"id":null,"error":{"code":4003,"message":"Invalid signature"}}
struct StreamError {
    std::uint64_t code = 0;
    std::string message;
};

// No event of an account: of another stream, which may share the connection.
struct OtherFrame {};
// No JSON, or an event that lacks what it must have.
struct BrokenFrame {};

using AccountFrame = std::variant<OtherFrame, BrokenFrame, StreamError, OrderEvent, PositionEvent, BalanceEvent>;

// `unknown_words` counts words that an enumeration does not have.
[[nodiscard]] AccountFrame parse_account_frame(std::string_view frame, std::uint64_t& unknown_words);

// By symbol, trade and order; of a fill without a number of its own, by all that it says. The same whether a stream or
// a history told it.
[[nodiscard]] std::string fill_identity(const AccountFill& fill);

// An order of this status rests, or waits for its trigger. An unknown status is taken for one: only what is known to be
// an end is one.
[[nodiscard]] bool is_open_status(std::string_view status) noexcept;

}  // namespace daypack::core
