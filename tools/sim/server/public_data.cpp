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

std::int64_t middle(const Feed& feed) {
    const Book& book = feed.truth().now();
    if (book.bids.empty() || book.asks.empty()) return 0;
    return (book.bids.rbegin()->first + book.asks.begin()->first) / 2;
}

}  // namespace

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
    std::int64_t first = middle(feed);
    std::int64_t last = first;
    std::int64_t high = first;
    std::int64_t low = first;
    std::int64_t volume = 0;
    double quote_volume = 0;
    if (!feed.trades().empty()) {
        last = high = low = feed.trades().front().trade.price;
        first = feed.trades().back().trade.price;
    }
    for (const auto& [trade, at_ms] : feed.trades()) {
        high = std::max(high, trade.price);
        low = std::min(low, trade.price);
        volume += trade.quantity;
        quote_volume += static_cast<double>(trade.price) * static_cast<double>(trade.quantity);
    }
    for (int i = 0; i < price_decimals + quantity_decimals - 2; ++i) quote_volume /= 10;
    const std::int64_t change_ppm = first == 0 ? 0 : (last - first) * 1'000'000 / first;
    out.push_back('{');
    append_member(out, "firstPrice", first, price_decimals);
    append_member(out, "high", high, price_decimals);
    append_member(out, "lastPrice", last, price_decimals);
    append_member(out, "low", low, price_decimals);
    append_member(out, "priceChange", last - first, price_decimals);
    append_member(out, "priceChangePercent", change_ppm, 6);
    append_member(out, "quoteVolume", static_cast<std::int64_t>(quote_volume), 2);
    out += ",\"symbol\":\"" + feed.market().symbol + "\"";
    append_member(out, "trades", static_cast<std::int64_t>(feed.trades().size()), 0);
    append_member(out, "volume", volume, quantity_decimals);
    out.push_back('}');
}

void append_mark_price(std::string& out, const Feed& feed, std::int64_t now_ms) {
    const int decimals = feed.notation().price_decimals;
    const bool has_funding = feed.market().type() != "PREDICTION";
    out.push_back('{');
    if (has_funding) {
        out += R"("fundingRate":"0.0000125")";
        append_member(out, "indexPrice", middle(feed), decimals);
    }
    append_member(out, "markPrice", middle(feed), decimals);
    if (has_funding) {
        out += ",\"nextFundingTimestamp\":";
        append_integer(out, (now_ms / kFundingInterval_ms + 1) * kFundingInterval_ms);
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
