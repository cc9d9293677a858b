#include "net/rest_decoder.h"

#include <algorithm>

#include "book/digits.h"
#include "net/json.h"
#include "net/symbol.h"

namespace daypack {
namespace {

using json::ondemand::array;
using json::ondemand::document;
using json::ondemand::field;
using json::ondemand::object;
using json::ondemand::value;
using simdjson::SUCCESS;

constexpr std::size_t kMaxWords = 160;
constexpr std::int64_t kUsPerMs = 1000;

// A body with room for simdjson behind it, and the parser that walks it.
class Body {
  public:
    explicit Body(std::string_view body) : text_(body) {}
    // Once.
    [[nodiscard]] bool open(document& root) noexcept { return parser_.iterate(text_).get(root) == SUCCESS; }

  private:
    simdjson::padded_string text_;
    json::ondemand::parser parser_;
};

bool read(object& from, std::string_view key, std::string& text) {
    std::string_view found;
    if (from.find_field_unordered(key).get_string().get(found) != SUCCESS) return false;
    text = found;
    return true;
}

// A whole number, in quotes or not.
bool read_number(value& from, std::uint64_t& number) noexcept {
    return from.get_uint64().get(number) == SUCCESS || from.get_uint64_in_string().get(number) == SUCCESS;
}

bool read_time(value& from, std::int64_t scale, VenueTime& time) noexcept {
    std::uint64_t number = 0;
    if (!read_number(from, number) || number > static_cast<std::uint64_t>(INT64_MAX / scale)) return false;
    time.us = static_cast<std::int64_t>(number) * scale;
    return true;
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
bool read_unit(object& row, std::string_view filter, std::string_view key, Unit& unit, std::string& why) {
    std::string_view text;
    if (row.find_field_unordered("filters")
            .find_field_unordered(filter)
            .find_field_unordered(key)
            .get_string()
            .get(text) != SUCCESS) {
        why.append("no filters.").append(filter).append(".").append(key);
        return false;
    }
    const auto parsed = parse_unit(text);
    if (!parsed) {
        why.append(key).append(" \"").append(text.substr(0, 40)).append("\" is ").append(errc_name(parsed.errc()));
        return false;
    }
    unit = *parsed;
    return true;
}

// Empty: the row can be used.
std::string read_market(object& row, Market& market) {
    if (!read(row, "symbol", market.native)) return "no symbol";
    if (!is_native_symbol(market.native)) return "not a name that can be published";
    std::string why;
    if (!read_unit(row, "price", "tickSize", market.tick, why)) return why;
    if (!read_unit(row, "quantity", "stepSize", market.step, why)) return why;
    // What follows may be missing: a market of unknown state is shown and not tradable.
    std::string state;
    (void)read(row, "orderBookState", state);
    market.halted = reason_of(state);
    (void)read(row, "baseSymbol", market.base);
    (void)read(row, "quoteSymbol", market.quote);
    (void)read(row, "marketType", market.market_type);
    if (row.find_field_unordered("visible").get_bool().get(market.visible) != SUCCESS) market.visible = true;
    return {};
}

void add_market(simdjson::simdjson_result<object> found, MarketList& list) {
    object row;
    Market market;
    std::string why = std::move(found).get(row) == SUCCESS ? read_market(row, market) : "not an object";
    if (why.empty()) {
        list.markets.push_back(std::move(market));
        return;
    }
    std::string words = "market ";
    words.append(market.native.empty() ? "without a name" : parse_error(market.native)).append(" is left out: ");
    list.skipped.push_back(words.append(why));
}

Errc read_levels(value& from, const Instrument& instrument, std::vector<Level>& levels) {
    array rows;
    if (from.get_array().get(rows) != SUCCESS) return Errc::malformed;
    for (auto next : rows) {
        array row;
        if (next.get_array().get(row) != SUCCESS) return Errc::malformed;
        std::string_view texts[2];
        std::size_t count = 0;
        for (auto text : row) {
            if (count == 2 || text.get_string().get(texts[count++]) != SUCCESS) return Errc::malformed;
        }
        if (count != 2) return Errc::malformed;
        const auto price = instrument.price(texts[0]);
        if (!price) return price.errc();
        const auto quantity = instrument.quantity(texts[1]);
        if (!quantity) return quantity.errc();
        if (quantity->steps != 0) levels.push_back({*price, *quantity});
    }
    // The venue sends both sides ascending; that is checked rather than believed.
    const auto by_price = [](const Level& a, const Level& b) { return a.price < b.price; };
    if (!std::is_sorted(levels.begin(), levels.end(), by_price)) std::sort(levels.begin(), levels.end(), by_price);
    const auto same = [](const Level& a, const Level& b) { return a.price == b.price; };
    return std::adjacent_find(levels.begin(), levels.end(), same) == levels.end() ? Errc::ok : Errc::malformed;
}

Errc read_trade(object& row, const Instrument& instrument, RestTrade& trade) {
    std::string text;
    if (!read(row, "price", text)) return Errc::malformed;
    const auto price = instrument.price(text);
    if (!price) return price.errc();
    if (!read(row, "quantity", text)) return Errc::malformed;
    const auto quantity = instrument.quantity(text);
    if (!quantity) return quantity.errc();
    bool buyer_maker = false;
    value time;
    if (row.find_field_unordered("isBuyerMaker").get_bool().get(buyer_maker) != SUCCESS ||
        row.find_field_unordered("timestamp").get(time) != SUCCESS || !read_time(time, kUsPerMs, trade.time)) {
        return Errc::malformed;
    }
    value id;
    if (row.find_field_unordered("id").get(id) == SUCCESS && !read_number(id, trade.id)) trade.id = 0;
    trade.price = *price;
    trade.quantity = *quantity;
    trade.aggressor = buyer_maker ? Side::ask : Side::bid;
    return Errc::ok;
}

// Text without tags, in one line of printable ASCII.
std::string first_words(std::string_view text) {
    std::string words;
    bool tag = false;
    for (const char c : text) {
        if (c == '<') tag = true;
        const bool printable = !tag && c > ' ' && c <= '~';
        if (printable) {
            words += c;
        } else if (c == '\n' && !words.empty() && words != " ") {
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

}  // namespace

MarketList parse_markets(std::string_view body) {
    MarketList list;
    Body reader(body);
    document root;
    json::ondemand::json_type type{};
    if (!reader.open(root) || root.type().get(type) != SUCCESS) {
        list.skipped.push_back("the list of markets is not JSON: " + parse_error(body));
        return list;
    }
    if (type == json::ondemand::json_type::object) {
        add_market(root.get_object(), list);
        return list;
    }
    array rows;
    if (root.get_array().get(rows) != SUCCESS) {
        list.skipped.push_back("the list of markets is no list: " + parse_error(body));
        return list;
    }
    for (auto row : rows) {
        if (row.error() != SUCCESS) {
            list.skipped.push_back("the list of markets breaks off behind " + std::to_string(list.markets.size()));
            return list;
        }
        add_market(row.get_object(), list);
    }
    return list;
}

Errc parse_depth(std::string_view body, const Instrument& instrument, Snapshot& snapshot) {
    snapshot = {};
    Body reader(body);
    document root;
    object fields;
    if (!reader.open(root) || root.get_object().get(fields) != SUCCESS) return Errc::malformed;
    bool asks = false, bids = false, id = false;
    for (auto next : fields) {
        field item;
        std::string_view key;
        if (std::move(next).get(item) != SUCCESS || item.unescaped_key().get(key) != SUCCESS) return Errc::malformed;
        Errc errc = Errc::ok;
        if (key == "asks") {
            errc = std::exchange(asks, true) ? Errc::malformed : read_levels(item.value(), instrument, snapshot.asks);
        } else if (key == "bids") {
            errc = std::exchange(bids, true) ? Errc::malformed : read_levels(item.value(), instrument, snapshot.bids);
        } else if (key == "lastUpdateId") {
            id = read_number(item.value(), snapshot.last_id);
            if (!id) errc = Errc::malformed;
        } else if (key == "timestamp" && !read_time(item.value(), 1, snapshot.timestamp)) {
            errc = Errc::malformed;
        }
        if (errc != Errc::ok) return errc;
    }
    const bool ended = root.current_location().error() == simdjson::OUT_OF_BOUNDS;
    return asks && bids && id && ended ? Errc::ok : Errc::malformed;
}

Errc parse_trades(std::string_view body, const Instrument& instrument, std::vector<RestTrade>& trades) {
    trades.clear();
    Body reader(body);
    document root;
    array rows;
    if (!reader.open(root) || root.get_array().get(rows) != SUCCESS) return Errc::malformed;
    for (auto next : rows) {
        object row;
        RestTrade trade;
        if (next.get_object().get(row) != SUCCESS) return Errc::malformed;
        if (const Errc errc = read_trade(row, instrument, trade); errc != Errc::ok) return errc;
        trades.push_back(trade);
    }
    return Errc::ok;
}

Result<VenueStatus> parse_status(std::string_view body) {
    Body reader(body);
    document root;
    object fields;
    std::string status;
    if (!reader.open(root) || root.get_object().get(fields) != SUCCESS || !read(fields, "status", status)) {
        return Errc::malformed;
    }
    VenueStatus result;
    result.maintenance = status != "Ok";
    (void)read(fields, "message", result.message);
    return result;
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

std::string parse_error(std::string_view body) {
    Body reader(body);
    document root;
    object fields;
    std::string words;
    if (reader.open(root) && root.get_object().get(fields) == SUCCESS) {
        std::string code, message;
        (void)read(fields, "code", code);
        (void)read(fields, "message", message);
        if (!code.empty() || !message.empty()) words = first_words(code + (code.empty() ? "" : ": ") + message);
    }
    if (words.empty()) words = first_words(body);
    return words.empty() ? "an empty answer" : words;
}

}  // namespace daypack
