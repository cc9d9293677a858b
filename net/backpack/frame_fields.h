// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "book/types.h"

namespace daypack::core {

// One level as the venue wrote it, without quotes: the text of a decimal, or of nothing like it.
struct LevelText {
    std::string_view price;
    std::string_view quantity;
    Side side = Side::bid;
};

// What one frame says, in the frame's own bytes: found and kept apart, but no number read yet. Reading JSON ends here
// and making events begins, so that another reader can stand in for the one that is there.
//
// Invariant: a field is there at most once; text(f) is its JSON value, quotes included, without white space around.
class FrameFields {
  public:
    enum Field : std::uint8_t {
        stream,        // beside `data`
        event,         // e
        symbol,        // s
        send_time,     // E
        match_time,    // T
        first_id,      // U
        last_id,       // u
        trade_id,      // t
        buyer_maker,   // m
        price,         // p
        quantity,      // q
        ask,           // a: levels, the best ask, or the seller's order
        bid,           // b: levels, the best bid, or the buyer's order
        ask_quantity,  // A
        bid_quantity,  // B
        funding_rate,  // f
        index_price,   // i
        next_funding,  // n of a mark price, and the count of trades of a day
        side,          // S
        open_price,    // o
        last_price,    // c
        volume,        // v
        quote_volume,  // V
        error_code,    // of `error`
        error_message,
        kFields
    };

    void clear() noexcept {
        here_ = 0;
        arrays_ = 0;
        is_error = false;
        levels = {};
    }

    [[nodiscard]] bool has(Field field) const noexcept { return (here_ >> field & 1) != 0; }
    [[nodiscard]] std::string_view text(Field field) const noexcept {
        return has(field) ? texts_[field] : std::string_view{};
    }
    // What stands between the quotes, escapes as they are; empty where there is no string.
    [[nodiscard]] bool is_string(Field field) const noexcept { return text(field).starts_with('"'); }
    [[nodiscard]] std::string_view string(Field field) const noexcept {
        return is_string(field) ? texts_[field].substr(1, texts_[field].size() - 2) : std::string_view{};
    }
    // An array of levels, as `a` and `b` of depth are; its text is empty.
    [[nodiscard]] bool is_array(Field field) const noexcept { return (arrays_ >> field & 1) != 0; }

    // False when the field is there already: a frame that says a thing twice says nothing.
    [[nodiscard]] bool set(Field field, std::string_view text) noexcept {
        if (has(field)) return false;
        here_ |= 1u << field;
        texts_[field] = text;
        return true;
    }
    [[nodiscard]] bool set_array(Field field) noexcept {
        arrays_ |= 1u << field;
        return set(field, {});
    }

    bool is_error = false;              // it has a key `error`
    std::span<const LevelText> levels;  // of both sides, as they came

  private:
    std::uint32_t here_ = 0;
    std::uint32_t arrays_ = 0;
    std::array<std::string_view, kFields> texts_;
};

}  // namespace daypack::core
