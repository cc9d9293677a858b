// SPDX-License-Identifier: MIT
#include "tools/sim/server/rest.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "tools/sim/market/text.h"
#include "tools/sim/server/public_data.h"
#include "tools/sim/server/query.h"

namespace daypack::core::sim {
namespace {

constexpr std::size_t kDepthLevelsMax = 5000;
constexpr std::size_t kTradesDefault = 100;
constexpr std::size_t kTradesMax = 1000;
constexpr const char* kPlain = "text/plain; charset=utf-8";

Reply plain(int status, std::string body) {
    Reply reply;
    reply.status = status;
    reply.content_type = kPlain;
    reply.body = std::move(body);
    return reply;
}
Reply json(std::string body) {
    Reply reply;
    reply.content_type = "application/json; charset=utf-8";
    reply.body = std::move(body);
    return reply;
}
Reply api_error(int status, const char* code, const char* message) {
    Reply reply = json(std::string(R"({"code":")") + code + R"(","message":")" + message + R"("})");
    reply.status = status;
    return reply;
}
Reply no_such_symbol() {
    return api_error(400, "INVALID_CLIENT_REQUEST", "Invalid market symbol");
}
Reply closed() {
    return api_error(404, "RESOURCE_NOT_FOUND", "Not Found");
}
Reply bad_parameter(const char* name, const char* type, const char* why) {
    return plain(400,
                 std::string("failed to parse parameter `") + name + "`: failed to parse \"" + type + "\": " + why);
}

std::vector<std::string> parameters(std::string_view target, std::string_view name) {
    std::vector<std::string> values;
    for (auto& [key, value] : query_of(target)) {
        if (key == name) values.push_back(std::move(value));
    }
    return values;
}

// What is traded by requests for quotes alone has no book, and stands in no list of markets.
bool is_in_lists(const Market& market) {
    return market.is_listed() && market.type() != "RFQ";
}

const Feed* find_any(const RestView& view, const std::optional<std::string>& symbol) {
    if (!symbol) return nullptr;
    const auto found = std::find_if(view.feeds.begin(), view.feeds.end(),
                                    [&](const Feed& feed) { return feed.market().symbol == *symbol; });
    return found == view.feeds.end() ? nullptr : &*found;
}
const Feed* find(const RestView& view, const std::optional<std::string>& symbol) {
    const Feed* feed = find_any(view, symbol);
    return feed != nullptr && is_in_lists(feed->market()) ? feed : nullptr;
}

// SPOT and PERP, unless the request names other types, each by a parameter of its own.
Reply markets(const RestView& view, std::string_view target) {
    constexpr std::array<std::string_view, 6> kTypes{"SPOT", "PERP", "IPERP", "DATED", "PREDICTION", "RFQ"};
    std::vector<std::string> types = parameters(target, "marketType");
    for (const std::string& type : types) {
        if (std::find(kTypes.begin(), kTypes.end(), type) == kTypes.end()) {
            return bad_parameter("marketType", "MarketType", "Expect a valid enumeration value.");
        }
    }
    if (types.empty()) types = {"SPOT", "PERP"};
    std::string body = "[";
    for (const Feed& feed : view.feeds) {
        const Market& market = feed.market();
        if (!is_in_lists(market) || market.symbol == view.omitted) continue;
        if (std::find(types.begin(), types.end(), market.type()) == types.end()) continue;
        if (body.size() > 1) body.push_back(',');
        append_market_json(body, feed.market());
    }
    return json(body + "]");
}

Reply market(const RestView& view, std::string_view target) {
    const Feed* feed = find(view, parameter_of(target, "symbol"));
    if (feed == nullptr) return no_such_symbol();
    std::string body;
    append_market_json(body, feed->market());
    return json(std::move(body));
}

Reply depth(const RestView& view, std::string_view target) {
    constexpr std::array<std::string_view, 7> kLimits{"5", "10", "20", "50", "100", "500", "1000"};
    std::size_t levels = kDepthLevelsMax;
    if (const auto limit = parameter_of(target, "limit")) {
        if (std::find(kLimits.begin(), kLimits.end(), *limit) == kLimits.end()) {
            return bad_parameter("limit", "DepthLimit", "Expect a valid enumeration value.");
        }
        levels = *integer_of<std::size_t>(*limit);
    }
    const Feed* feed = find(view, parameter_of(target, "symbol"));
    if (feed == nullptr) return no_such_symbol();
    if (feed->market().is_closed()) return closed();
    std::int64_t at_us = view.clock.rest_us(view.recorded ? feed->match_us() : view.wall_us);
    if (!view.stale) return json(feed->depth_body(levels, feed->truth().u(), at_us));
    at_us += view.stale->by_ms * 1000;
    if (view.stale->of == "past") return json(feed->past_depth_body(levels, at_us));
    return json(feed->depth_body(levels, feed->truth().u_back(view.stale->by), at_us));
}

Reply trades(const RestView& view, std::string_view target) {
    std::size_t limit = kTradesDefault;
    if (const auto text = parameter_of(target, "limit")) {
        const auto number = integer_of<std::size_t>(*text);
        if (!number) return bad_parameter("limit", "integer(uint64)", "invalid digit found in string");
        limit = std::min(*number, kTradesMax);
    }
    const Feed* feed = find(view, parameter_of(target, "symbol"));
    return feed == nullptr ? no_such_symbol() : json(feed->trades_body(limit));
}

// Every market that `concerns` wants a row of, or the one that is asked for.
template <class Concerns, class Append>
Reply rows(const RestView& view, std::string_view target, Concerns concerns, Append append) {
    const auto symbol = parameter_of(target, "symbol");
    if (symbol && find(view, symbol) == nullptr) return no_such_symbol();
    std::string body = "[";
    for (const Feed& feed : view.feeds) {
        const Market& market = feed.market();
        if (!is_in_lists(market) || market.is_closed() || !concerns(market)) continue;
        if (symbol && market.symbol != *symbol) continue;
        if (body.size() > 1) body.push_back(',');
        append(body, feed);
    }
    return json(body + "]");
}

Reply ticker(const RestView& view, std::string_view target) {
    const Feed* feed = find(view, parameter_of(target, "symbol"));
    if (feed == nullptr) return no_such_symbol();
    if (feed->market().is_closed()) return closed();
    std::string body;
    append_ticker(body, *feed);
    return json(std::move(body));
}

// What nobody needs to follow a book, but asks for before; nullopt: no such path.
std::optional<Reply> public_data(const RestView& view, std::string_view path, std::string_view target) {
    const auto all = [](const Market&) { return true; };
    const auto derivative = [](const Market& market) { return market.type() != "SPOT"; };
    const std::int64_t now_ms = view.wall_us / 1000;
    if (path == "/api/v1/assets") return json(assets_body(view.feeds));
    if (path == "/api/v1/ticker") return ticker(view, target);
    if (path == "/api/v1/tickers") return rows(view, target, all, append_ticker);
    if (path == "/api/v1/markPrices") {
        return rows(view, target, derivative,
                    [&](std::string& out, const Feed& feed) { append_mark_price(out, feed, now_ms); });
    }
    if (path == "/api/v1/openInterest") {
        return rows(view, target, derivative,
                    [&](std::string& out, const Feed& feed) { append_open_interest(out, feed, now_ms); });
    }
    if (path == "/api/v1/securities") {
        std::string body = "[";
        for (const Feed& feed : view.feeds) {
            if (feed.market().type() != "RFQ") continue;
            if (body.size() > 1) body.push_back(',');
            append_security(body, feed.market());
        }
        return json(body + "]");
    }
    return std::nullopt;
}

Reply status(const RestView& view) {
    return json(view.maintenance ? R"({"message":"Scheduled upgrade","status":"Maintenance"})"
                                 : R"({"message":null,"status":"Ok"})");
}

Reply truth(const RestView& view, std::string_view target) {
    const Feed* feed = find_any(view, parameter_of(target, "symbol"));
    if (feed == nullptr) return plain(404, "no such symbol; ask /_sim/truth?symbol=S[&u=N][&ago=RESTARTS]");
    const auto text = parameter_of(target, "u");
    const auto u = text ? integer_of<std::uint64_t>(*text) : std::nullopt;
    const auto restarts = parameter_of(target, "ago");
    const auto ago = restarts ? integer_of<std::size_t>(*restarts) : std::nullopt;
    if ((text && !u) || (restarts && !ago)) return plain(400, "u and ago must be numbers");
    std::string body = feed->truth_body(u, ago);
    if (!body.empty()) return json(std::move(body));
    return plain(404, "no update of " + feed->market().symbol +
                          " that is still kept ended at this u; now it stands at " + std::to_string(feed->truth().u()));
}

}  // namespace

std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned value = 0;
        if (text[i] == '%' && i + 2 < text.size() &&
            std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr == text.data() + i + 3) {
            out.push_back(static_cast<char>(value));
            i += 2;
        } else {
            out.push_back(text[i]);
        }
    }
    return out;
}

std::string symbol_of(std::string_view target) {
    return parameter_of(target, "symbol").value_or("");
}

std::string with_symbol(std::string_view target, std::string_view symbol) {
    constexpr std::string_view kKey = "symbol=";
    const std::size_t at = target.find(kKey);
    if (at == std::string_view::npos) return std::string(target);
    std::string other(target.substr(0, at + kKey.size()));
    other += symbol;
    const std::size_t end = target.find('&', at);
    if (end != std::string_view::npos) other += target.substr(end);
    return other;
}

Reply answer(const RestView& view, std::string_view target) {
    const std::string_view path = target.substr(0, target.find('?'));
    if (path == "/api/v1/markets") return markets(view, target);
    if (path == "/api/v1/market") return market(view, target);
    if (path == "/api/v1/depth") return depth(view, target);
    if (path == "/api/v1/trades") return trades(view, target);
    if (path == "/api/v1/status") return status(view);
    if (path == "/api/v1/time") return plain(200, std::to_string(view.clock.rest_us(view.wall_us) / 1000));
    if (path == "/api/v1/ping") return plain(200, "pong");
    if (path == "/_sim/truth") return truth(view, target);
    return public_data(view, path, target).value_or(plain(404, "404 not found"));
}

}  // namespace daypack::core::sim
