// SPDX-License-Identifier: MIT
// Any bytes as the body of a REST answer: what is taken is what a slow reader of JSON and decimals finds in it.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>

#include "net/backpack/rest_decoder.h"
#include "net/backpack/rest_depth.h"
#include "net/backpack/symbol.h"
#include "tests/book/slow_decimal.h"
#include "tests/net/backpack/slow_json.h"

using namespace daypack::core;

namespace {

using slow::Json;

const Json* first(const Json& json, std::string_view key) {
    const auto found = json.all(key);
    return found.empty() ? nullptr : found.front();
}

std::optional<std::int64_t> count(const Json* json, Unit unit) {
    if (json == nullptr || json->kind != Json::Kind::string) return std::nullopt;
    const slow::Units found = slow::units(json->text, unit);
    if (found.errc != Errc::ok || found.may_overflow) return std::nullopt;
    return found.count.empty() ? 0 : std::stoll(found.count);
}

// A whole number up to `most`, in quotes or not.
std::optional<std::uint64_t> number(const Json* json, const std::string& most = "18446744073709551615") {
    if (json == nullptr || (json->kind != Json::Kind::string && json->kind != Json::Kind::number)) return std::nullopt;
    const std::string& text = json->text;
    if (text.empty() || text.size() > 20 || text.find_first_not_of("0123456789") != std::string::npos) {
        return std::nullopt;
    }
    const std::string digits = slow::without_leading_zeros(text);
    if (digits.size() > most.size() || (digits.size() == most.size() && digits > most)) return std::nullopt;
    return digits.empty() ? 0 : std::stoull(digits);
}

using Side = std::map<std::int64_t, std::int64_t>;

// The levels of one side, those without quantity left out, of which there may be many at one price.
bool side_of(const Json* json, const Instrument& instrument, Side& side) {
    if (json == nullptr || json->kind != Json::Kind::array) return false;
    for (const Json& pair : json->elements) {
        if (pair.kind != Json::Kind::array || pair.elements.size() != 2) return false;
        const auto price = count(&pair.elements[0], instrument.tick);
        const auto quantity = count(&pair.elements[1], instrument.step);
        if (!price || *price == 0 || !quantity) return false;
        if (*quantity != 0 && !side.emplace(*price, *quantity).second) return false;
    }
    return true;
}

bool same(const std::vector<Level>& levels, const Side& side) {
    return std::equal(levels.begin(), levels.end(), side.begin(), side.end(), [](const Level& level, const auto& row) {
        return level.price.ticks == row.first && level.quantity.steps == row.second;
    });
}

void check_depth(const Json* json, const Instrument& instrument, const Snapshot* taken) {
    Side bids, asks;
    bool right = json != nullptr && json->kind == Json::Kind::object;
    const auto id = right ? number(first(*json, "lastUpdateId")) : std::nullopt;
    std::optional<std::uint64_t> time = 0;
    if (const Json* const told = right ? first(*json, "timestamp") : nullptr;
        told != nullptr && told->kind != Json::Kind::array && told->kind != Json::Kind::object) {
        time = number(told, "9223372036854775807");
    }
    right = right && id && time && side_of(first(*json, "asks"), instrument, asks) &&
            side_of(first(*json, "bids"), instrument, bids);
    if (right != (taken != nullptr)) std::abort();
    if (!right) return;
    if (taken->last_id != *id || taken->timestamp.us != static_cast<std::int64_t>(*time)) std::abort();
    if (!same(taken->bids, bids) || !same(taken->asks, asks)) std::abort();
}

void check_trades(const Json* json, const Instrument& instrument, const std::vector<RestTrade>* taken) {
    std::vector<RestTrade> trades;
    bool right = json != nullptr && json->kind == Json::Kind::array;
    for (std::size_t i = 0; right && i < json->elements.size(); ++i) {
        const Json& row = json->elements[i];
        const auto price = count(first(row, "price"), instrument.tick);
        const auto quantity = count(first(row, "quantity"), instrument.step);
        const auto time = number(first(row, "timestamp"), "9223372036854775");  // ms
        const Json* const maker = first(row, "isBuyerMaker");
        right = price && *price != 0 && quantity && time && maker != nullptr && maker->kind == Json::Kind::boolean;
        if (!right) break;
        trades.push_back({number(first(row, "id")).value_or(0),
                          Price{*price},
                          Quantity{*quantity},
                          maker->text == "true" ? daypack::core::Side::ask : daypack::core::Side::bid,
                          {static_cast<std::int64_t>(*time) * 1000}});
    }
    if (right != (taken != nullptr)) std::abort();
    const auto equal = [](const RestTrade& a, const RestTrade& b) {
        return a.id == b.id && a.price == b.price && a.quantity == b.quantity && a.aggressor == b.aggressor &&
               a.time.us == b.time.us;
    };
    if (right && !std::equal(taken->begin(), taken->end(), trades.begin(), trades.end(), equal)) std::abort();
}

bool is_printable(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Instrument instrument{"SOL_USDC", "SOL-USDC", {1, -2}, {1, -2}, Reason::none};
    std::string text(reinterpret_cast<const char*>(data), size);
    text.reserve(size + 64);
    const std::string_view body = text;
    const MarketList list = parse_markets(body);
    for (const Market& market : list.markets) {
        if (!is_native_symbol(market.native) || market.tick.mantissa <= 0 || market.step.mantissa <= 0) std::abort();
    }
    for (const std::string& why : list.skipped) {
        if (why.find('\n') != std::string::npos) std::abort();
    }
    (void)parse_status(body);
    if (const auto time = parse_time(body); time && time->us < 0) std::abort();
    if (const std::string words = parse_error(body); words.empty() || !is_printable(words)) std::abort();
    std::vector<RestTrade> trades;
    const bool has_trades = parse_trades(body, instrument, trades) == Errc::ok;
    Snapshot snapshot;
    const DepthRefusal refusal = parse_depth(body, instrument, snapshot);
    const bool has_depth = !refusal;
    if (has_depth != refusal.words.empty() || !is_printable(refusal.words)) std::abort();
    // A level off the grid has a finer one that is at most what it takes.
    const DepthGrid finer = depth_grid(body, instrument);
    if (finer.grid.tick.exponent > -2 || finer.grid.step.exponent > -2 || !is_printable(finer.why)) std::abort();
    if (Snapshot other; refusal.fault == DepthFault::off_grid &&
                        parse_depth(body, instrument.refined(finer.grid), other).fault == DepthFault::off_grid) {
        std::abort();
    }
    for (const auto* side : {&snapshot.bids, &snapshot.asks}) {
        for (std::size_t i = 0; has_depth && i < side->size(); ++i) {
            if ((*side)[i].quantity.steps <= 0) std::abort();
            if (i > 0 && (*side)[i].price <= (*side)[i - 1].price) std::abort();
        }
    }
    // Escapes and broken UTF-8, and what is nested deep, the slow reader sees otherwise.
    const auto strange = [](char c) { return c == '\\' || static_cast<unsigned char>(c) >= 0x80; };
    const auto opens = [](char c) { return c == '[' || c == '{'; };
    if (std::any_of(body.begin(), body.end(), strange) || std::count_if(body.begin(), body.end(), opens) > 32) return 0;
    Json json;
    const Json* const read = slow::JsonReader(body).read(json) ? &json : nullptr;
    check_depth(read, instrument, has_depth ? &snapshot : nullptr);
    check_trades(read, instrument, has_trades ? &trades : nullptr);
    return 0;
}
