// SPDX-License-Identifier: MIT
#include "tools/sim/server/figure_frames.h"

#include <string_view>

#include "tools/sim/market/text.h"
#include "tools/sim/server/public_data.h"

namespace daypack::core::sim {
namespace {

constexpr std::int64_t kSentAfter_us = 700;     // E behind T, as captured
constexpr std::int64_t kLiquidationEvery = 50;  // trades

void append_text(std::string& out, std::string_view key, std::int64_t value, int decimals) {
    out += ",\"";
    out += key;
    out += "\":\"";
    append_trimmed(out, value, decimals);
    out.push_back('"');
}

void append_number(std::string& out, std::string_view key, std::int64_t value) {
    out += out.back() == '{' ? "\"" : ",\"";
    out += key;
    out += "\":";
    append_integer(out, value);
}

}  // namespace

std::string mark_price_frame(const Feed& feed, std::int64_t match_us) {
    const int decimals = feed.notation().price_decimals;
    const bool has_funding = has_funding_rate(feed.market());
    std::string out = "{\"data\":{";
    append_number(out, "E", match_us + kSentAfter_us);
    append_number(out, "T", match_us);
    out += ",\"e\":\"markPrice\"";
    if (has_funding) {
        out += ",\"f\":\"";
        out += kFundingRate;
        out.push_back('"');
        append_text(out, "i", middle_price(feed), decimals);
        append_number(out, "n", next_funding_ms(match_us / 1000));
    }
    append_text(out, "p", middle_price(feed), decimals);
    const std::string& symbol = feed.market().symbol;
    return out + ",\"s\":\"" + symbol + "\"},\"stream\":\"markPrice." + symbol + "\"}";
}

std::string day_frame(const Feed& feed, std::int64_t send_us) {
    const Day day = day_of(feed);
    const int prices = feed.notation().price_decimals;
    const std::string& symbol = feed.market().symbol;
    std::string out = "{\"data\":{";
    append_number(out, "E", send_us);
    append_text(out, "V", day.quote_volume, Day::kQuoteDecimals);
    append_text(out, "c", day.last, prices);
    out += ",\"e\":\"ticker\"";
    append_text(out, "h", day.high, prices);
    append_text(out, "l", day.low, prices);
    append_number(out, "n", day.trades);
    append_text(out, "o", day.first, prices);
    out += ",\"s\":\"" + symbol + "\"";
    append_text(out, "v", day.volume, feed.notation().quantity_decimals);
    return out + "},\"stream\":\"ticker." + symbol + "\"}";
}

bool is_liquidation(const Market& market, const Trade& trade) {
    return market.type() != "SPOT" && trade.id % kLiquidationEvery == 0;
}

std::string liquidation_frame(const Notation& notation, const Event& trade) {
    std::string out = "{\"data\":{";
    append_number(out, "E", trade.send_us);
    out += trade.trade.buyer_is_maker ? ",\"S\":\"Ask\"" : ",\"S\":\"Bid\"";
    append_number(out, "T", trade.match_us);
    out += ",\"e\":\"liquidation\"";
    append_text(out, "p", trade.trade.price, notation.price_decimals);
    append_text(out, "q", trade.trade.quantity, notation.quantity_decimals);
    return out + ",\"s\":\"" + notation.symbol + "\"},\"stream\":\"liquidation\"}";
}

}  // namespace daypack::core::sim
