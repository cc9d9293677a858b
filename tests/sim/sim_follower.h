// SPDX-License-Identifier: MIT
#pragma once
#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/sim/market/text.h"
#include "tools/sim/market/truth.h"
#include "tools/sim/market/wire.h"

namespace daypack::core::sim {

// A client's book for tests of the simulated exchange: a snapshot and the depth frames after it, taken from their text.
struct Follower {
    explicit Follower(Notation its_notation) : notation(std::move(its_notation)) {}

    void snapshot(std::string_view body) {
        const simdjson::padded_string padded(body);
        const auto document = parser.parse(padded);
        book = {};
        side(true, document["bids"].get_array());
        side(false, document["asks"].get_array());
        u = std::stoull(std::string(document["lastUpdateId"].get_string().value()));
    }
    // Whether it was a depth frame that moved the book.
    bool frame(std::string_view text) {
        const simdjson::padded_string padded(text);
        const auto data = parser.parse(padded)["data"];
        if (data["e"].get_string().value() != "depth") return false;
        const std::uint64_t first = data["U"];
        const std::uint64_t last = data["u"];
        last_seen_first_u = first;
        if (last <= u) return false;
        if (first > u + 1) ++gaps;
        side(true, data["b"].get_array());
        side(false, data["a"].get_array());
        u = last;
        return true;
    }
    [[nodiscard]] std::string text() const { return truth_body(notation, book, u); }

    Notation notation;
    Book book;
    std::uint64_t u = 0;
    std::uint64_t last_seen_first_u = 0;
    std::uint64_t gaps = 0;

  private:
    void side(bool bid, simdjson::dom::array levels) {
        for (const auto level : levels) {
            book.apply({bid, parse_fixed(level.at(0).get_string().value(), notation.price_decimals).value(),
                        parse_fixed(level.at(1).get_string().value(), notation.quantity_decimals).value()});
        }
    }
    simdjson::dom::parser parser;
};

}  // namespace daypack::core::sim
