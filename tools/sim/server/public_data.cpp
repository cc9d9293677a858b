// SPDX-License-Identifier: MIT
#include "tools/sim/server/public_data.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "tools/sim/market/text.h"

namespace daypack::core::sim {
namespace {

constexpr std::int64_t kFundingInterval_ms = 3'600'000;

void append_member(std::string& out, std::string_view key, std::int64_t value, int decimals) {
    out += out.back() == '{' ? "\"" : ",\"";
    out += key;
    out += "\":\"";
    if (value < 0) out.push_back('-');
    append_trimmed(out, value < 0 ? -value : value, decimals);
    out.push_back('"');
}

}  // namespace

std::int64_t middle_price(const Feed& feed) {
    const Book& book = feed.truth().now();
    if (book.bids.empty() || book.asks.empty()) return 0;
    return (book.bids.rbegin()->first + book.asks.begin()->first) / 2;
}

std::int64_t next_funding_ms(std::int64_t now_ms) {
    return (now_ms / kFundingInterval_ms + 1) * kFundingInterval_ms;
}

bool has_funding_rate(const Market& market) {
    return market.type() != "PREDICTION";
}

Day day_of(const Feed& feed) {
    Day day;
    day.first = day.last = day.high = day.low = middle_price(feed);
    if (!feed.trades().empty()) {
        day.last = day.high = day.low = feed.trades().front().trade.price;
        day.first = feed.trades().back().trade.price;
    }
    double quote_volume = 0;
    for (const auto& [trade, at_ms] : feed.trades()) {
        day.high = std::max(day.high, trade.price);
        day.low = std::min(day.low, trade.price);
        day.volume += trade.quantity;
        quote_volume += static_cast<double>(trade.price) * static_cast<double>(trade.quantity);
    }
    const int decimals = feed.notation().price_decimals + feed.notation().quantity_decimals;
    for (int i = 0; i < decimals - Day::kQuoteDecimals; ++i) quote_volume /= 10;
    day.quote_volume = static_cast<std::int64_t>(quote_volume);
    day.trades = static_cast<std::int64_t>(feed.trades().size());
    return day;
}

std::string assets_body(const std::vector<Feed>& feeds) {
    std::set<std::string_view> names;
    for (const Feed& feed : feeds) {
        names.insert(feed.market().base());
        names.insert(feed.market().quote());
    }
    std::string out = "[";
    for (const std::string_view name : names) {
        const std::string text(name);
        if (out.size() > 1) out.push_back(',');
        out += R"({"coingeckoId":null,"displayName":")" + text + R"(","symbol":")" + text +
               R"(","tokens":[{"blockchain":"Solana","contractAddress":null,"depositEnabled":true,"displayName":")" +
               text +
               R"(","maximumWithdrawal":null,"minimumDeposit":"0.01","minimumWithdrawal":"0.02",)"
               R"("withdrawEnabled":true,"withdrawalFee":"0.01"}]})";
    }
    return out + "]";
}

void append_ticker(std::string& out, const Feed& feed) {
    const int price_decimals = feed.notation().price_decimals;
    const int quantity_decimals = feed.notation().quantity_decimals;
    const Day day = day_of(feed);
    const std::int64_t change_ppm = day.first == 0 ? 0 : (day.last - day.first) * 1'000'000 / day.first;
    out.push_back('{');
    append_member(out, "firstPrice", day.first, price_decimals);
    append_member(out, "high", day.high, price_decimals);
    append_member(out, "lastPrice", day.last, price_decimals);
    append_member(out, "low", day.low, price_decimals);
    append_member(out, "priceChange", day.last - day.first, price_decimals);
    append_member(out, "priceChangePercent", change_ppm, 6);
    append_member(out, "quoteVolume", day.quote_volume, Day::kQuoteDecimals);
    out += ",\"symbol\":\"" + feed.market().symbol + "\"";
    append_member(out, "trades", day.trades, 0);
    append_member(out, "volume", day.volume, quantity_decimals);
    out.push_back('}');
}

void append_mark_price(std::string& out, const Feed& feed, std::int64_t now_ms) {
    const int decimals = feed.notation().price_decimals;
    const bool has_funding = has_funding_rate(feed.market());
    out.push_back('{');
    if (has_funding) {
        out += "\"fundingRate\":\"";
        out += kFundingRate;
        out.push_back('"');
        append_member(out, "indexPrice", middle_price(feed), decimals);
    }
    append_member(out, "markPrice", middle_price(feed), decimals);
    if (has_funding) {
        out += ",\"nextFundingTimestamp\":";
        append_integer(out, next_funding_ms(now_ms));
    }
    out += ",\"symbol\":\"" + feed.market().symbol + "\"}";
}

void append_open_interest(std::string& out, const Feed& feed, std::int64_t now_ms) {
    out += R"({"openInterest":"1273.85214","symbol":")" + feed.market().symbol + R"(","timestamp":)";
    append_integer(out, now_ms);
    out.push_back('}');
}

void append_security(std::string& out, const Market& market) {
    out += R"({"baseSymbol":")";
    out += market.base();
    out += R"(","marketType":"RFQ","quoteSymbol":")";
    out += market.quote();
    out += R"(","symbol":")" + market.symbol + R"("})";
}

}  // namespace daypack::core::sim
