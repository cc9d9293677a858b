// SPDX-License-Identifier: MIT
#include "net/backpack/rest_depth.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "net/backpack/rest_decoder.h"
#include "net/backpack/rest_number.h"
#include "net/base/json.h"

namespace daypack::core {
namespace {

using json::Document;
using json::Value;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::size_t kMostQuoted = 40;

// As far as it can stand in a log.
std::string quoted(std::string_view text) {
    std::string words = "\"";
    for (const char c : text.substr(0, kMostQuoted)) words += c >= ' ' && c <= '~' ? c : '?';
    return words.append(text.size() > kMostQuoted ? "..." : "").append("\"");
}

// One level as it stands in the body.
struct RawLevel {
    std::string_view side;
    std::size_t index = 0;
    Value row;
    Value price;
    Value quantity;

    // asks[17] at byte 4210; of a level that has a text for a price: as below
    [[nodiscard]] std::string words() const {
        if (json::is_quoted(price.scalar())) return words(price);
        return name() + " at byte " + std::to_string(row.offset());
    }
    // asks[17] "103.7" at byte 4211
    [[nodiscard]] std::string words(const Value& text) const {
        return name().append(" ").append(quoted(text.string())) + " at byte " + std::to_string(text.offset());
    }

  private:
    [[nodiscard]] std::string name() const { return std::string(side) + "[" + std::to_string(index) + "]"; }
};

DepthRefusal refuse(DepthFault fault, std::string words) {
    return {fault, std::move(words)};
}

// The two texts of a level.
DepthRefusal read_pair(RawLevel& level) {
    std::size_t count = 0;
    bool texts = true;
    const bool list = level.row.each([&](const Value& element) {
        if (count == 0) level.price = element;
        if (count == 1) level.quantity = element;
        texts = texts && json::is_quoted(element.scalar());
        ++count;
        return true;
    });
    if (list && count == 2 && texts) return {};
    std::string why = ": not a list of price and quantity";
    if (list && count != 2) why = ": " + std::to_string(count) + " elements, where price and quantity are due";
    if (list && count == 2) why = ": price and quantity are due as strings";
    return refuse(DepthFault::level_shape, level.words() + why);
}

// Hands over each level of a side until one is refused.
template <class Take>
DepthRefusal each_level(const Value& root, std::string_view side, Take&& take) {
    DepthRefusal refusal;
    std::size_t index = 0;
    const bool list = root[side].each([&](const Value& row) {
        RawLevel level{side, index++, row, {}, {}};
        refusal = read_pair(level);
        if (!refusal) refusal = take(level);
        return !refusal;
    });
    if (list || refusal) return refusal;
    return refuse(DepthFault::no_book, "no list of " + std::string(side));
}

// Why a text is no whole number of units.
DepthRefusal refuse_number(const RawLevel& level, const Value& text, Errc errc, std::string_view what, Unit unit) {
    std::string words = level.words(text);
    if (errc == Errc::overflow) {
        return refuse(DepthFault::unfit, words + ": does not fit 63 bits in units of " + format_unit(unit));
    }
    if (errc != Errc::off_tick) return refuse(DepthFault::not_a_price, words + ": not a plain decimal above zero");
    if (!finer_unit(text.string(), unit)) return refuse(DepthFault::unfit, words + ": more than 18 decimals");
    words.append(": off the ").append(what).append(" ").append(format_unit(unit));
    return refuse(DepthFault::off_grid, std::move(words));
}

// The second level at that price.
DepthRefusal refuse_same(const Value& root, std::string_view side, const Instrument& instrument, Price price) {
    bool seen = false;
    return each_level(root, side, [&](const RawLevel& level) -> DepthRefusal {
        const auto quantity = instrument.quantity(level.quantity.string());
        if (*instrument.price(level.price.string()) != price || quantity->steps == 0) return {};
        if (!std::exchange(seen, true)) return {};
        return refuse(DepthFault::same_price, level.words(level.price) + ": the same price twice");
    });
}

DepthRefusal read_side(const Value& root, std::string_view side, const Instrument& instrument,
                       std::vector<Level>& levels) {
    DepthRefusal refusal = each_level(root, side, [&](const RawLevel& level) -> DepthRefusal {
        const auto price = instrument.price(level.price.string());
        if (!price) return refuse_number(level, level.price, price.errc(), "tick", instrument.tick);
        const auto quantity = instrument.quantity(level.quantity.string());
        if (!quantity) return refuse_number(level, level.quantity, quantity.errc(), "step", instrument.step);
        if (quantity->steps != 0) levels.push_back({*price, *quantity});
        return {};
    });
    if (refusal) return refusal;
    // The venue sends both sides ascending; that is checked rather than believed.
    const auto by_price = [](const Level& a, const Level& b) { return a.price < b.price; };
    if (!std::is_sorted(levels.begin(), levels.end(), by_price)) std::sort(levels.begin(), levels.end(), by_price);
    const auto same = std::adjacent_find(levels.begin(), levels.end(),
                                         [](const Level& a, const Level& b) { return a.price == b.price; });
    return same == levels.end() ? refusal : refuse_same(root, side, instrument, same->price);
}

// Of a body that is no JSON, or no object.
DepthRefusal refuse_body(std::string_view body, const Document& document) {
    if (body.starts_with(kByteOrderMark)) {
        return refuse(DepthFault::byte_order_mark, "a byte order mark (EF BB BF) at byte 0, before the JSON");
    }
    if (!document.root().scalar().empty() || document.root().is_array()) {
        return refuse(DepthFault::no_book, "no book, but " + parse_error(body));
    }
    std::string words = "not JSON";
    if (const auto at = document.broken_at()) words += " from about byte " + std::to_string(*at) + " on";
    return refuse(DepthFault::not_json, words + ": " + parse_error(body));
}

}  // namespace

const char* depth_fault_name(DepthFault fault) noexcept {
    switch (fault) {
        case DepthFault::none: return "none";
        case DepthFault::byte_order_mark: return "byte_order_mark";
        case DepthFault::not_json: return "not_json";
        case DepthFault::no_book: return "no_book";
        case DepthFault::level_shape: return "level_shape";
        case DepthFault::not_a_price: return "not_a_price";
        case DepthFault::off_grid: return "off_grid";
        case DepthFault::unfit: return "unfit";
        case DepthFault::same_price: return "same_price";
    }
    return "unknown";
}

DepthRefusal parse_depth(std::string_view body, const Instrument& instrument, Snapshot& snapshot) {
    snapshot = {};
    const Document document(body);
    const Value root = document.root();
    if (!root.is_object()) return refuse_body(body, document);
    if (!read_number(root["lastUpdateId"], snapshot.last_id)) {
        return refuse(DepthFault::no_book, "no lastUpdateId, but " + parse_error(body));
    }
    const Value timestamp = root["timestamp"];
    if (!timestamp.scalar().empty() && !read_time(timestamp, 1, snapshot.timestamp)) {
        return refuse(DepthFault::no_book, "timestamp at byte " + std::to_string(timestamp.offset()) + ": not a time");
    }
    if (DepthRefusal refusal = read_side(root, "asks", instrument, snapshot.asks)) return refusal;
    return read_side(root, "bids", instrument, snapshot.bids);
}

DepthGrid depth_grid(std::string_view body, const Instrument& instrument) {
    DepthGrid found{instrument.grid(), {}};
    const auto look = [&found](const RawLevel& level, const Value& text, Unit& unit) {
        const auto finer = finer_unit(text.string(), unit);
        if (!finer || *finer == unit) return;  // what cannot be counted at all, parse_depth() refuses
        found.why = level.words(text) + ": off " + format_unit(unit);
        unit = *finer;
    };
    const Document document(body);
    for (const std::string_view side : {"asks", "bids"}) {
        (void)each_level(document.root(), side, [&](const RawLevel& level) -> DepthRefusal {
            look(level, level.price, found.grid.tick);
            look(level, level.quantity, found.grid.step);
            return {};
        });
    }
    return found;
}

}  // namespace daypack::core
