// SPDX-License-Identifier: MIT
#include "net/backpack/rest_decoder.h"

#include "book/digits.h"
#include "net/backpack/rest_number.h"
#include "net/backpack/symbol.h"
#include "net/base/json.h"
#include "net/base/refused.h"

namespace daypack::core {
namespace {

using json::Document;
using json::Value;

constexpr std::size_t kMaxWords = 160;
constexpr std::int64_t kUsPerMs = 1000;

// Text without tags, in one line of printable ASCII.
std::string first_words(std::string_view text) {
    std::string words;
    bool tag = false;
    for (const char c : text) {
        if (c == '<') tag = true;
        const bool printable = !tag && c > ' ' && c <= '~';
        if (printable) {
            words += c;
        } else if (c == '\n' && !words.empty()) {
            break;
        } else if (!words.empty() && words.back() != ' ') {
            words += ' ';
        }
        if (c == '>') tag = false;
        if (words.size() > kMaxWords) return words.substr(0, kMaxWords) + "...";
    }
    while (!words.empty() && words.back() == ' ') words.pop_back();
    return words;
}

Reason reason_of(std::string_view order_book_state) noexcept {
    if (order_book_state == "Open") return Reason::none;
    if (order_book_state == "Closed") return Reason::closed;
    if (order_book_state == "CancelOnly") return Reason::cancel_only;
    if (order_book_state == "LimitOnly") return Reason::limit_only;
    if (order_book_state == "PostOnly") return Reason::post_only;
    return Reason::not_open;
}

// filters.<filter>.<key> as a unit; says why not.
bool read_unit(const Value& row, std::string_view filter, std::string_view key, Unit& unit, std::string& why) {
    const Value found = row["filters"][filter][key];
    if (!json::is_quoted(found.scalar())) {
        why.append("no filters.").append(filter).append(".").append(key);
        return false;
    }
    const auto parsed = parse_unit(found.string());
    if (!parsed) {
        why.append(key)
            .append(" \"")
            .append(found.string().substr(0, 40))
            .append("\" is ")
            .append(errc_name(parsed.errc()));
        return false;
    }
    unit = *parsed;
    return true;
}

// Empty: the row can be used.
std::string read_market(const Value& row, Market& market) {
    if (!row.is_object()) return "not an object";
    market.native = row["symbol"].string();
    if (market.native.empty()) return "no symbol";
    if (!is_native_symbol(market.native)) return "not a name that can be published";
    std::string why;
    if (!read_unit(row, "price", "tickSize", market.tick, why)) return why;
    if (!read_unit(row, "quantity", "stepSize", market.step, why)) return why;
    // What follows may be missing: a market of unknown state is shown and not tradable.
    market.halted = reason_of(row["orderBookState"].string());
    market.visible = row["visible"].scalar() != "false";
    market.market_type = row["marketType"].string();
    return {};
}

void add_market(const Value& row, MarketList& list) {
    Market market;
    const std::string why = read_market(row, market);
    if (why.empty()) {
        list.markets.push_back(std::move(market));
        return;
    }
    std::string words = "market ";
    words.append(market.native.empty() ? "without a name" : first_words(market.native)).append(" is left out: ");
    list.skipped.push_back(words.append(why));
}

Errc read_trade(const Value& row, const Instrument& instrument, RestTrade& trade) {
    const auto price = instrument.price(row["price"].string());
    if (!price) return price.errc();
    const auto quantity = instrument.quantity(row["quantity"].string());
    if (!quantity) return quantity.errc();
    const std::string_view buyer_maker = row["isBuyerMaker"].scalar();
    if ((buyer_maker != "true" && buyer_maker != "false") || !read_time(row["timestamp"], kUsPerMs, trade.time)) {
        return Errc::malformed;
    }
    if (!read_number(row["id"], trade.id)) trade.id = 0;
    trade.price = *price;
    trade.quantity = *quantity;
    trade.aggressor = buyer_maker == "true" ? Side::ask : Side::bid;
    return Errc::ok;
}

}  // namespace

MarketList parse_markets(std::string_view body) {
    MarketList list;
    const Document document(body);
    const auto add = [&list](const Value& row) {
        add_market(row, list);
        return true;
    };
    if (document.root().is_object()) {
        add(document.root());
    } else if (!document.root().each(add)) {
        list.skipped.push_back("no list of markets: " + parse_error(body));
    }
    return list;
}

std::optional<Market> parse_market(std::string_view body, std::string_view native, std::string& why) {
    MarketList list = parse_markets(body);
    for (Market& market : list.markets) {
        if (market.native == native) return std::move(market);
    }
    why = !list.skipped.empty()  ? list.skipped.front()
          : list.markets.empty() ? std::string("no market in the answer")
                                 : "the answer is about " + list.markets.front().native;
    return std::nullopt;
}

bool denies_market(int status, std::string_view body) {
    if (status != 400 && status != 404) return false;
    const Document document(body);
    const std::string_view code = document.root()["code"].string();
    if (code == "INVALID_MARKET" || code == "INVALID_SYMBOL") return true;
    if (code == "RESOURCE_NOT_FOUND") return status == 404;
    return code == "INVALID_CLIENT_REQUEST" &&
           document.root()["message"].string().find("market symbol") != std::string_view::npos;
}

Errc parse_trades(std::string_view body, const Instrument& instrument, std::vector<RestTrade>& trades) {
    trades.clear();
    const Document document(body);
    Errc errc = Errc::ok;
    const bool whole = document.root().each([&](const Value& row) {
        RestTrade trade;
        errc = read_trade(row, instrument, trade);
        trades.push_back(trade);
        return errc == Errc::ok;
    });
    return whole || errc != Errc::ok ? errc : Errc::malformed;
}

bool parse_open_interest(std::string_view body, std::vector<OpenInterest>& rows) {
    rows.clear();
    const Document document(body);
    return document.root().each([&](const Value& row) {
        const auto quantity = parse_decimal(row["openInterest"].string());
        OpenInterest read{std::string(row["symbol"].string()), {}, {}};
        if (!quantity || quantity->mantissa < 0 || read.native.empty()) return true;
        read.quantity = *quantity;
        if (read_time(row["timestamp"], kUsPerMs, read.time)) rows.push_back(std::move(read));
        return true;
    });
}

Result<VenueStatus> parse_status(std::string_view body) {
    const Document document(body);
    const std::string_view status = document.root()["status"].string();
    if (status.empty()) return Errc::malformed;
    return VenueStatus{status != "Ok", std::string(document.root()["message"].string())};
}

Result<VenueTime> parse_time(std::string_view body) noexcept {
    constexpr std::string_view kSpace = " \t\r\n";
    const std::size_t from = body.find_first_not_of(kSpace);
    if (from == std::string_view::npos) return Errc::malformed;
    std::uint64_t ms = 0;
    if (!read_digits(body.substr(from, body.find_last_not_of(kSpace) + 1 - from), ms) ||
        ms > static_cast<std::uint64_t>(INT64_MAX / kUsPerMs)) {
        return Errc::malformed;
    }
    return VenueTime{static_cast<std::int64_t>(ms) * kUsPerMs};
}

std::string refusal(int status, std::string_view body) {
    const std::string said = "HTTP " + std::to_string(status) + ": ";
    if (is_blocked(status, body)) return said + blocked_words();
    if (status == 451 || status == 403) return said + region_refused("rest_urls");
    if (status >= 300 && status < 400) return said + "redirects are not followed; set rest_urls to where it points";
    return said + parse_error(body);
}

std::string parse_error(std::string_view body) {
    const Document document(body);
    std::string words(document.root()["code"].string());
    if (const std::string_view message = document.root()["message"].string(); !message.empty()) {
        words.append(words.empty() ? "" : ": ").append(message);
    }
    words = first_words(words.empty() ? body : std::string_view(words));
    return words.empty() ? "an empty answer" : words;
}

}  // namespace daypack::core
