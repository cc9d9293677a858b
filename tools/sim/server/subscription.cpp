// SPDX-License-Identifier: MIT
#include "tools/sim/server/subscription.h"

#include <simdjson.h>

#include <algorithm>
#include <array>

#include "tools/sim/market/wire.h"

namespace daypack::core::sim {
namespace {

constexpr std::array<std::string_view, 10> kSilentTypes{"ticker",      "kline",
                                                        "markPrice",   "openInterest",
                                                        "liquidation", "externalTicker",
                                                        "stockPrice",  "stockIndicativeQuote",
                                                        "account",     "rfq"};

bool is_window(std::string_view part) {
    return part.size() > 2 && part.ends_with("ms") &&
           std::all_of(part.begin(), part.end() - 2, [](char c) { return c >= '0' && c <= '9'; });
}

// "200ms.SOL_USDC" or "AAPL.US_USDC": a market's name may have dots of its own.
std::optional<StreamName> depth_stream(std::string_view rest) {
    const std::string_view first = rest.substr(0, rest.find('.'));
    if (first.size() == rest.size() || !is_window(first)) return StreamName{StreamKind::depth, std::string(rest)};
    const std::string symbol(rest.substr(first.size() + 1));
    if (first == "200ms") return StreamName{StreamKind::depth_200ms, symbol};
    if (first == "600ms") return StreamName{StreamKind::depth_600ms, symbol};
    if (first == "1000ms") return StreamName{StreamKind::depth_1000ms, symbol};
    return std::nullopt;
}

// "account.orderUpdate" or "account.orderUpdate.SOL_USDC"; balances are of no market.
std::optional<PrivateName> private_stream(std::string_view name) {
    for (const PrivateStream stream : {PrivateStream::order, PrivateStream::position, PrivateStream::balance}) {
        const std::string_view known = name_of(stream);
        if (name == known) return PrivateName{stream, {}};
        const bool has_more = name.size() > known.size() + 1 && name.starts_with(known) && name[known.size()] == '.';
        if (has_more && stream != PrivateStream::balance) {
            return PrivateName{stream, std::string(name.substr(known.size() + 1))};
        }
    }
    return std::nullopt;
}

// Nothing where it is no array of texts.
std::vector<std::string> signature_of(simdjson::dom::element document) {
    std::vector<std::string> parts;
    simdjson::dom::array given;
    if (document["signature"].get(given) != simdjson::SUCCESS) return parts;
    for (const auto part : given) {
        std::string_view text;
        if (part.get(text) != simdjson::SUCCESS) return {};
        parts.emplace_back(text);
    }
    return parts;
}

void add_stream(Request& request, std::string_view name, bool is_signed) {
    const std::string_view type = name.substr(0, name.find('.'));
    const std::string_view rest = type.size() == name.size() ? std::string_view{} : name.substr(type.size() + 1);
    if (type == "depth" && !rest.empty()) {
        const auto stream = depth_stream(rest);
        if (stream) {
            request.streams.push_back(*stream);
        } else {
            request.errors.push_back(error_frame(4008, "Invalid depth window"));
        }
    } else if (type == "trade" && !rest.empty()) {
        request.streams.push_back({StreamKind::trade, std::string(rest)});
    } else if (type == "bookTicker" && !rest.empty()) {
        request.streams.push_back({StreamKind::book_ticker, std::string(rest)});
    } else if (type == "markPrice" && !rest.empty()) {
        request.streams.push_back({StreamKind::mark_price, std::string(rest)});
    } else if (type == "ticker" && !rest.empty()) {
        request.streams.push_back({StreamKind::day, std::string(rest)});
    } else if (name == "liquidation") {
        request.streams.push_back({StreamKind::liquidation, {}});
    } else if (type == "account" && request.subscribe && !is_signed) {
        request.errors.push_back(error_frame(4003, "Invalid signature"));
    } else if (const auto own = private_stream(name)) {
        request.private_names.push_back(*own);
    } else if (std::find(kSilentTypes.begin(), kSilentTypes.end(), type) == kSilentTypes.end()) {
        request.errors.push_back(error_frame(4006, "Invalid stream"));
    }
}

}  // namespace

Request parse_request(std::string_view text) {
    Request request;
    simdjson::dom::parser parser;
    simdjson::dom::element document;
    simdjson::dom::array params;
    std::string_view method;
    if (parser.parse(text.data(), text.size()).get(document) != simdjson::SUCCESS ||
        document["method"].get(method) != simdjson::SUCCESS || (method != "SUBSCRIBE" && method != "UNSUBSCRIBE") ||
        document["params"].get(params) != simdjson::SUCCESS) {
        request.errors.push_back(error_frame(4002, "Parse error"));
        return request;
    }
    request.subscribe = method == "SUBSCRIBE";
    request.signature = signature_of(document);
    const bool is_signed = document["signature"].is_array();
    for (const auto param : params) {
        std::string_view name;
        if (param.get(name) != simdjson::SUCCESS) {
            request.errors.assign(1, error_frame(4002, "Parse error"));
            return request;
        }
        add_stream(request, name, is_signed);
    }
    return request;
}

}  // namespace daypack::core::sim
