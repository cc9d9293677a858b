// SPDX-License-Identifier: MIT
#include "tools/selfcheck/body_check.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <span>

#include "net/backpack/rest_decoder.h"
#include "net/backpack/rest_depth.h"
#include "net/base/printable.h"

namespace daypack::core::selfcheck {
namespace {

using Json = nlohmann::ordered_json;
using WordList = std::span<const std::string_view>;

constexpr std::array<std::string_view, 17> kMarketKeys{"baseSymbol",
                                                       "createdAt",
                                                       "filters",
                                                       "fundingInterval",
                                                       "fundingRateLowerBound",
                                                       "fundingRateUpperBound",
                                                       "imfFunction",
                                                       "marketType",
                                                       "mmfFunction",
                                                       "openInterestLimit",
                                                       "orderBookState",
                                                       "positionLimitWeight",
                                                       "quoteSymbol",
                                                       "rwaMarketType",
                                                       "symbol",
                                                       "visible",
                                                       "leverage"};
constexpr std::array<std::string_view, 5> kStates{"Open", "Closed", "CancelOnly", "LimitOnly", "PostOnly"};
constexpr std::array<std::string_view, 6> kTypes{"SPOT", "PERP", "IPERP", "DATED", "PREDICTION", "RFQ"};
constexpr std::array<std::string_view, 4> kRwaTypes{"STOCK", "INDEX", "COMMODITY", "FX"};

bool is_one_of(WordList words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

// Absent and null are known.
bool is_known_value(const Json& row, const char* key, WordList words) {
    if (!row.contains(key) || row[key].is_null()) return true;
    return row[key].is_string() && is_one_of(words, row[key].get_ref<const std::string&>());
}

std::string start_of_body(std::string_view body) {
    constexpr std::size_t kShown = 160;
    return printable(body.substr(0, kShown));
}

// A cache had it, or may keep it.
std::string cache_trace(const RestAnswer& answer) {
    if (answer.age_s) return "Age: " + std::to_string(*answer.age_s) + "; " + printable(answer.caching);
    for (const char* trace : {"Hit", "max-age=", "s-maxage="}) {
        const std::size_t at = answer.caching.find(trace);
        if (at == std::string::npos) continue;
        const std::string_view behind = std::string_view(answer.caching).substr(at + std::string_view(trace).size());
        if (std::string_view(trace) == "Hit" || !behind.starts_with("0")) return printable(answer.caching);
    }
    return {};
}

bool is_ascending(const Json& levels) {
    double last = 0;
    for (const Json& level : levels) {
        if (!level.is_array() || level.empty() || !level[0].is_string()) return true;  // that is another's matter
        double price = 0;
        const auto& text = level[0].get_ref<const std::string&>();
        std::from_chars(text.data(), text.data() + text.size(), price);
        if (price <= last) return false;
        last = price;
    }
    return true;
}

}  // namespace

bool BodyCheck::answer(std::string_view target, std::string_view symbol, const RestAnswer& answer) {
    const std::string what = std::string(target) + ": ";
    const bool limited = answer.status == 429;
    findings_.note(Assumption::rest_plain, !answer.encoded, symbol, what + answer.error);
    if (answer.encoded) return false;
    findings_.note(Assumption::rest_budget, !limited, symbol, what + "429");
    if (limited) return false;
    const bool fine = answer.status == 200;
    findings_.note(
        Assumption::rest_answers, fine, symbol,
        what + (answer.status == 0 ? answer.error : std::to_string(answer.status) + " " + start_of_body(answer.body)));
    return fine && is_unmarked(what, symbol, answer.body);
}

// What begins with a mark is read no further: this parser would pass over it, and the engine does not.
bool BodyCheck::is_unmarked(const std::string& what, std::string_view symbol, std::string_view body) {
    const bool marked = body.starts_with(kByteOrderMark);
    findings_.note(Assumption::bodies_unmarked, !marked, symbol, what + start_of_body(body));
    return !marked;
}

// Keys and words that nobody has seen yet.
void BodyCheck::rows(std::string_view body, bool is_list) {
    const Json parsed = Json::parse(body, nullptr, false);
    const Json list = is_list ? parsed : Json::array({parsed});
    if (!list.is_array()) return;
    for (const Json& row : list) {
        if (!row.is_object()) continue;
        std::string unknown;
        for (const auto& [key, value] : row.items()) {
            if (!is_one_of(kMarketKeys, key)) unknown = key + ": " + start_of_body(value.dump());
        }
        findings_.note(Assumption::known_market_fields, unknown.empty(), {}, unknown);
        const bool known = is_known_value(row, "orderBookState", kStates) &&
                           is_known_value(row, "marketType", kTypes) && is_known_value(row, "rwaMarketType", kRwaTypes);
        std::string words;
        for (const char* key : {"symbol", "orderBookState", "marketType", "rwaMarketType"}) {
            if (row.contains(key))
                words += std::string(words.empty() ? "" : ", ") + key + " " + start_of_body(row[key].dump());
        }
        findings_.note(Assumption::known_values, known, {}, words);
    }
}

void BodyCheck::markets(const RestAnswer& answer) {
    constexpr int kAgeMax_s = 1'200;
    const MarketList list = parse_markets(answer.body);
    const bool readable = !list.markets.empty() && list.skipped.empty();
    findings_.note(Assumption::readable_bodies, readable, {},
                   "/api/v1/markets: " + (list.skipped.empty() ? start_of_body(answer.body) : list.skipped.front()));
    findings_.note(Assumption::list_age, answer.age_s.value_or(0) <= kAgeMax_s, {},
                   "/api/v1/markets: Age " + std::to_string(answer.age_s.value_or(0)));
    if (readable) rows(answer.body, true);
}

void BodyCheck::market(const RestAnswer& answer) {
    const bool readable = parse_markets(answer.body).markets.size() == 1;
    findings_.note(Assumption::readable_bodies, readable, {}, "/api/v1/market: " + start_of_body(answer.body));
    const std::string trace = cache_trace(answer);
    findings_.note(Assumption::market_uncached, trace.empty(), {}, trace);
    if (readable) rows(answer.body, false);
}

void BodyCheck::missing_market(const RestAnswer& answer) {
    if (!is_unmarked("/api/v1/market of one that is not there: ", {}, answer.body)) return;
    const bool told = denies_market(answer.status, answer.body);
    findings_.note(Assumption::errors_as_json, told, {},
                   std::to_string(answer.status) + " " + start_of_body(answer.body));
}

void BodyCheck::status(const RestAnswer& answer) {
    const Json body = Json::parse(answer.body, nullptr, false);
    const bool readable = body.is_object() && body.contains("status") && body["status"].is_string();
    findings_.note(Assumption::readable_bodies, readable, {}, "/api/v1/status: " + start_of_body(answer.body));
    if (!readable) return;
    constexpr std::array<std::string_view, 2> kStatuses{"Ok", "Maintenance"};
    findings_.note(Assumption::known_values, is_known_value(body, "status", kStatuses), {},
                   "/api/v1/status: " + start_of_body(answer.body));
}

void BodyCheck::time(const RestAnswer& answer) {
    constexpr std::int64_t kMin_us = 1'000'000'000'000'000;  // the year 2001
    const auto time = parse_time(answer.body);
    const bool readable = time && time->us >= kMin_us && time->us < 100 * kMin_us;
    findings_.note(Assumption::clock_in_ms, readable, {}, "/api/v1/time: " + start_of_body(answer.body));
}

DepthFacts BodyCheck::depth(const Instrument& instrument, const RestAnswer& answer) {
    DepthFacts facts;
    const std::string& symbol = instrument.native;
    const std::string trace = cache_trace(answer);
    findings_.note(Assumption::depth_uncached, trace.empty(), symbol, trace);
    Snapshot snapshot;
    const DepthRefusal refusal = parse_depth(answer.body, instrument, snapshot);
    const std::string words = "/api/v1/depth of " + symbol + ": " + refusal.words;
    if (refusal.fault == DepthFault::off_grid) {
        findings_.broken(Assumption::on_grid, symbol, words);
    } else if (refusal.fault == DepthFault::same_price) {
        findings_.broken(Assumption::price_once, symbol, words);
    } else {
        findings_.note(Assumption::readable_bodies, !refusal, symbol, words);
    }
    const Json body = Json::parse(answer.body, nullptr, false);
    if (!body.is_object() || refusal) return facts;
    const bool is_text = body["lastUpdateId"].is_string();
    findings_.note(Assumption::text_id, is_text, symbol,
                   "lastUpdateId of " + symbol + ": " + body["lastUpdateId"].dump());
    constexpr std::int64_t kMin_us = 1'000'000'000'000'000;
    const bool in_us = body.contains("timestamp") && body["timestamp"].is_number_integer() &&
                       body["timestamp"].get<std::int64_t>() >= kMin_us;
    findings_.note(Assumption::snapshot_time_in_us, in_us, symbol,
                   "timestamp of " + symbol + ": " +
                       (body.contains("timestamp") ? body["timestamp"].dump() : std::string("none")));
    const bool ascend = is_ascending(body["bids"]) && is_ascending(body["asks"]);
    findings_.note(Assumption::sides_ascend, ascend, symbol, symbol);
    facts = {true, snapshot.last_id, snapshot.bids.size(), snapshot.asks.size()};
    cut(symbol, facts);
    return facts;
}

// A snapshot that is cut somewhere has as many levels on one side as on the other, each time.
void BodyCheck::cut(const std::string& symbol, const DepthFacts& facts) {
    constexpr std::array<std::size_t, 6> kLimits{5, 10, 20, 50, 100, 500};  // that a request may name
    const bool is_limit = std::find(kLimits.begin(), kLimits.end(), facts.bids) != kLimits.end();
    const int times = is_limit ? 3 : 8;  // a small book may have equal sides by chance
    constexpr std::array<std::size_t, 2> kKnown{1'000, 5'000};
    Cut& cut = cuts_[symbol];
    const bool is_cut = facts.bids == facts.asks && facts.bids > 0;
    const bool is_known = facts.bids == kKnown[0] || facts.bids == kKnown[1];
    if (is_cut && !is_known && cut.levels == facts.bids) {
        ++cut.times;
    } else {
        cut = {facts.bids, is_cut ? 1 : 0};
    }
    findings_.note(Assumption::snapshot_whole, cut.times < times || is_known, symbol,
                   symbol + ": " + std::to_string(facts.bids) + " levels on each side, time after time");
}

}  // namespace daypack::core::selfcheck
