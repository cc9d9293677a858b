#include "tools/sim/rest.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "tools/sim/text.h"

namespace daypack::sim {
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

std::optional<std::string> parameter(std::string_view target, std::string_view name) {
    const std::size_t question = target.find('?');
    std::string_view rest = question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('&'), rest.size());
        const std::string_view pair = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const std::size_t equals = std::min(pair.find('='), pair.size());
        if (pair.substr(0, equals) == name) return percent_decoded(pair.substr(std::min(equals + 1, pair.size())));
    }
    return std::nullopt;
}

template <class Integer>
std::optional<Integer> integer(const std::string& text) {
    Integer value{};
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value);
    if (parsed.ec != std::errc{} || parsed.ptr != end || text.empty()) return std::nullopt;
    return value;
}

const Feed* find(const RestView& view, const std::optional<std::string>& symbol) {
    if (!symbol) return nullptr;
    const auto found = std::find_if(view.feeds.begin(), view.feeds.end(),
                                    [&](const Feed& feed) { return feed.market().symbol == *symbol; });
    return found == view.feeds.end() ? nullptr : &*found;
}

Reply markets(const RestView& view, std::string_view target) {
    const auto type = parameter(target, "marketType");
    std::string body = "[";
    for (const Feed& feed : view.feeds) {
        if (type && *type != feed.market().type()) continue;
        if (body.size() > 1) body.push_back(',');
        append_market_json(body, feed.market());
    }
    return json(body + "]");
}

Reply market(const RestView& view, std::string_view target) {
    const Feed* feed = find(view, parameter(target, "symbol"));
    if (feed == nullptr) return no_such_symbol();
    std::string body;
    append_market_json(body, feed->market());
    return json(std::move(body));
}

Reply depth(const RestView& view, std::string_view target) {
    constexpr std::array<std::string_view, 7> kLimits{"5", "10", "20", "50", "100", "500", "1000"};
    std::size_t levels = kDepthLevelsMax;
    if (const auto limit = parameter(target, "limit")) {
        if (std::find(kLimits.begin(), kLimits.end(), *limit) == kLimits.end()) {
            return bad_parameter("limit", "DepthLimit", "Expect a valid enumeration value.");
        }
        levels = *integer<std::size_t>(*limit);
    }
    const Feed* feed = find(view, parameter(target, "symbol"));
    if (feed == nullptr) return no_such_symbol();
    if (feed->market().is_closed()) return closed();
    const std::uint64_t u = view.stale_by == 0 ? feed->truth().u() : feed->truth().u_back(view.stale_by);
    return json(feed->depth_body(levels, u, view.recorded ? feed->match_us() : view.wall_us));
}

Reply trades(const RestView& view, std::string_view target) {
    std::size_t limit = kTradesDefault;
    if (const auto text = parameter(target, "limit")) {
        const auto number = integer<std::size_t>(*text);
        if (!number) return bad_parameter("limit", "integer(uint64)", "invalid digit found in string");
        limit = std::min(*number, kTradesMax);
    }
    const Feed* feed = find(view, parameter(target, "symbol"));
    return feed == nullptr ? no_such_symbol() : json(feed->trades_body(limit));
}

Reply truth(const RestView& view, std::string_view target) {
    const Feed* feed = find(view, parameter(target, "symbol"));
    if (feed == nullptr) return plain(404, "no such symbol; ask /_sim/truth?symbol=S[&u=N]");
    const auto text = parameter(target, "u");
    const auto u = text ? integer<std::uint64_t>(*text) : std::nullopt;
    if (text && !u) return plain(400, "u must be a number");
    std::string body = feed->truth_body(u);
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
    return parameter(target, "symbol").value_or("");
}

Reply answer(const RestView& view, std::string_view target) {
    const std::string_view path = target.substr(0, target.find('?'));
    if (path == "/api/v1/markets") return markets(view, target);
    if (path == "/api/v1/market") return market(view, target);
    if (path == "/api/v1/depth") return depth(view, target);
    if (path == "/api/v1/trades") return trades(view, target);
    if (path == "/api/v1/status") return json(R"({"message":null,"status":"Ok"})");
    if (path == "/api/v1/time") return plain(200, std::to_string(view.wall_us / 1000));
    if (path == "/api/v1/ping") return plain(200, "pong");
    if (path == "/_sim/truth") return truth(view, target);
    return plain(404, "404 not found");
}

}  // namespace daypack::sim
