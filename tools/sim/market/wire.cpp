// SPDX-License-Identifier: MIT
#include "tools/sim/market/wire.h"

#include <algorithm>
#include <iterator>

#include "tools/sim/market/text.h"

namespace daypack::core::sim {
namespace {

using Append = void (*)(std::string&, std::int64_t, int);

// As many decimals as the tick has, more where the price needs them: an old order off a grid that became coarser.
void append_price(std::string& out, const Notation& notation, std::int64_t price) {
    int decimals = notation.price_decimals;
    for (; decimals > notation.price_padding && price % 10 == 0; --decimals) price /= 10;
    append_padded(out, price, decimals);
}

void append_level(std::string& out, const Notation& notation, std::int64_t price, std::int64_t quantity,
                  Append append) {
    out += out.back() == '[' ? "[\"" : ",[\"";
    if (append == append_padded) {
        append_price(out, notation, price);
    } else {
        append(out, price, notation.price_decimals);
    }
    out += "\",\"";
    append(out, quantity, notation.quantity_decimals);
    out += "\"]";
}

void append_changes(std::string& out, const Notation& notation, const std::vector<Change>& changes, bool bids) {
    out.push_back('[');
    for (const Change& change : changes) {
        if (change.bid == bids) append_level(out, notation, change.price, change.quantity, append_padded);
    }
    out.push_back(']');
}

void append_stream(std::string& out, std::string_view type, std::string_view window, std::string_view symbol) {
    out += "},\"stream\":\"";
    out += type;
    out.push_back('.');
    if (!window.empty()) {
        out += window;
        out.push_back('.');
    }
    out += symbol;
    out += "\"}";
}

void append_times(std::string& out, const Event& event) {
    out += "\"E\":";
    append_integer(out, event.send_us);
    out += ",\"T\":";
    append_integer(out, event.match_us);
}

template <class Iterator>
void append_levels(std::string& out, const Notation& notation, Iterator from, Iterator to, Append append) {
    out.push_back('[');
    for (; from != to; ++from) append_level(out, notation, from->first, from->second, append);
    out.push_back(']');
}

}  // namespace

void append_depth_frame(std::string& out, const Notation& notation, const Event& event, std::string_view window) {
    out += "{\"data\":{";
    append_times(out, event);
    out += ",\"U\":";
    append_integer(out, event.first_u);
    out += ",\"a\":";
    append_changes(out, notation, event.changes, false);
    out += ",\"b\":";
    append_changes(out, notation, event.changes, true);
    out += ",\"e\":\"depth\",\"s\":\"";
    out += notation.symbol;
    out += "\",\"u\":";
    append_integer(out, event.u);
    append_stream(out, "depth", window, notation.symbol);
}

void append_trade_frame(std::string& out, const Notation& notation, const Event& event) {
    const Trade& trade = event.trade;
    out += "{\"data\":{";
    append_times(out, event);
    out += ",\"a\":\"";
    append_integer(out, trade.seller_order);
    out += "\",\"b\":\"";
    append_integer(out, trade.buyer_order);
    out += "\",\"e\":\"trade\",\"m\":";
    out += trade.buyer_is_maker ? "true" : "false";
    out += ",\"p\":\"";
    append_price(out, notation, trade.price);
    out += "\",\"q\":\"";
    append_padded(out, trade.quantity, notation.quantity_decimals);
    out += "\",\"s\":\"";
    out += notation.symbol;
    out += "\",\"t\":";
    append_integer(out, trade.id);
    append_stream(out, "trade", {}, notation.symbol);
}

void append_book_ticker_frame(std::string& out, const Notation& notation, const Event& event, const Top& top) {
    const auto append_value = [&](const char* key, bool present, std::int64_t value, bool is_price) {
        out += key;
        if (!present) {
            out += "null";
            return;
        }
        out.push_back('"');
        is_price ? append_price(out, notation, value) : append_padded(out, value, notation.quantity_decimals);
        out.push_back('"');
    };
    const bool has_ask = top.ask_quantity != 0;
    const bool has_bid = top.bid_quantity != 0;
    append_value("{\"data\":{\"A\":", has_ask, top.ask_quantity, false);
    append_value(",\"B\":", has_bid, top.bid_quantity, false);
    out.push_back(',');
    append_times(out, event);
    append_value(",\"a\":", has_ask, top.ask_price, true);
    append_value(",\"b\":", has_bid, top.bid_price, true);
    out += ",\"e\":\"bookTicker\",\"s\":\"";
    out += notation.symbol;
    out += "\",\"u\":";
    append_integer(out, event.u);
    append_stream(out, "bookTicker", {}, notation.symbol);
}

std::string error_frame(int code, std::string_view message) {
    std::string out = "{\"id\":null,\"error\":{\"code\":";
    append_integer(out, code);
    out += ",\"message\":\"";
    out += message;
    out += "\"}}";
    return out;
}

std::string depth_body(const Notation& notation, const Book& book, std::uint64_t u, std::int64_t timestamp_us,
                       std::size_t levels) {
    const auto asks_end = std::next(book.asks.begin(), static_cast<std::ptrdiff_t>(std::min(levels, book.asks.size())));
    const auto bids_from = std::prev(book.bids.end(), static_cast<std::ptrdiff_t>(std::min(levels, book.bids.size())));
    std::string out = "{\"asks\":";
    append_levels(out, notation, book.asks.begin(), asks_end, append_trimmed);
    out += ",\"bids\":";
    append_levels(out, notation, bids_from, book.bids.end(), append_trimmed);
    out += ",\"lastUpdateId\":\"";
    append_integer(out, u);
    out += "\",\"timestamp\":";
    append_integer(out, timestamp_us);
    out.push_back('}');
    return out;
}

std::string truth_body(const Notation& notation, const Book& book, std::uint64_t u) {
    std::string out = "{\"symbol\":\"" + notation.symbol + "\",\"u\":";
    append_integer(out, u);
    out += ",\"bids\":";
    append_levels(out, notation, book.bids.rbegin(), book.bids.rend(), append_padded);
    out += ",\"asks\":";
    append_levels(out, notation, book.asks.begin(), book.asks.end(), append_padded);
    out.push_back('}');
    return out;
}

void append_trade_row(std::string& out, const Notation& notation, const Trade& trade, std::int64_t timestamp_ms) {
    out += "{\"id\":";
    append_integer(out, trade.id);
    out += ",\"isBuyerMaker\":";
    out += trade.buyer_is_maker ? "true" : "false";
    out += ",\"price\":\"";
    append_trimmed(out, trade.price, notation.price_decimals);
    out += "\",\"quantity\":\"";
    append_trimmed(out, trade.quantity, notation.quantity_decimals);
    out += "\",\"quoteQuantity\":\"";
    append_trimmed(out, trade.price * trade.quantity, notation.price_decimals + notation.quantity_decimals);
    out += "\",\"timestamp\":";
    append_integer(out, timestamp_ms);
    out.push_back('}');
}

}  // namespace daypack::core::sim
