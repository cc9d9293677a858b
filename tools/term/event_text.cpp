// SPDX-License-Identifier: MIT
#include "tools/term/event_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "tools/term/json_line.h"
#include "tools/term/shm_text.h"

namespace daypack::core {
namespace {

using Json = nlohmann::ordered_json;

[[nodiscard]] std::string kind_text(const daypack_record& record) {
    std::string text = daypack_kind_name(daypack_record_kind(&record));
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

[[nodiscard]] const char* side_text(const daypack_record& record) {
    return daypack_record_side(&record) == DAYPACK_SIDE_BID ? "bid" : "ask";
}

[[nodiscard]] const char* aggressor_text(const daypack_record& record) {
    return daypack_record_side(&record) == DAYPACK_SIDE_BID ? "buy" : "sell";
}

[[nodiscard]] std::string level_text(const daypack_record& record) {
    return quantity_text(record.quantity, record) + " @ " + price_text(record.price, record);
}

// One side of a change of the best bid and offer.
[[nodiscard]] std::string best_text(const daypack_record& record, std::int64_t price, std::int64_t quantity) {
    return quantity == 0 ? "-" : quantity_text(quantity, record) + " @ " + price_text(price, record);
}

[[nodiscard]] Json best_json(const daypack_record& record, std::int64_t price, std::int64_t quantity) {
    if (quantity == 0) return nullptr;
    return Json::array({price_text(price, record), quantity_text(quantity, record)});
}

// A number of a kind whose numbers have an exponent each: that of byte `number` of the word.
[[nodiscard]] std::string own_number(const daypack_record& record, std::int64_t mantissa, unsigned number) {
    return number_text(mantissa, daypack_exponent(record.exponents, number));
}

// What only this kind has.
[[nodiscard]] std::string own_text(const daypack_record& record) {
    switch (daypack_record_kind(&record)) {
        case DAYPACK_KIND_DELTA:
            return fmt::format("{} {}{} u={}", side_text(record), level_text(record),
                               daypack_record_last(&record) != 0 ? "" : " ...", record.last_id);
        case DAYPACK_KIND_ADVANCE: return fmt::format("u={}", record.last_id);
        case DAYPACK_KIND_TRADE:
            return fmt::format("{} {} id={}", aggressor_text(record), level_text(record), record.first_id);
        case DAYPACK_KIND_TOP:
            return fmt::format("{} | {}", best_text(record, record.price, record.quantity),
                               best_text(record, record.price2, record.quantity2));
        case DAYPACK_KIND_STATE: {
            const daypack_status status = daypack_record_status(&record);
            return state_text(status.state, status.reason) + flags_text(status.flags);
        }
        case DAYPACK_KIND_SNAPSHOT: return fmt::format("u={}", record.last_id);
        case DAYPACK_KIND_MARK_PRICE:
            return fmt::format("{} index={}", own_number(record, record.price, 0),
                               own_number(record, record.price2, 2));
        case DAYPACK_KIND_FUNDING:
            return fmt::format("{} next={}", own_number(record, record.price, 0),
                               time_of_day(record.id_a < INT64_MAX / 1000 ? std::int64_t(record.id_a) * 1000 : 0));
        case DAYPACK_KIND_LIQUIDATION: return fmt::format("{} {}", side_text(record), level_text(record));
        case DAYPACK_KIND_TICKER:
            return fmt::format("{} open={} volume={} trades={}", own_number(record, record.price, 0),
                               own_number(record, record.price2, 2), own_number(record, record.quantity, 1),
                               record.id_a);
        case DAYPACK_KIND_OPEN_INTEREST: return own_number(record, record.quantity, 1);
        default: return "";
    }
}

[[nodiscard]] Json own_json(const daypack_record& record) {
    switch (daypack_record_kind(&record)) {
        case DAYPACK_KIND_DELTA:
            return {{"side", side_text(record)},
                    {"price", price_text(record.price, record)},
                    {"quantity", quantity_text(record.quantity, record)},
                    {"U", record.first_id},
                    {"u", record.last_id},
                    {"last", daypack_record_last(&record) != 0}};
        case DAYPACK_KIND_ADVANCE: return {{"U", record.first_id}, {"u", record.last_id}, {"last", true}};
        case DAYPACK_KIND_TRADE:
            return {{"side", aggressor_text(record)},
                    {"price", price_text(record.price, record)},
                    {"quantity", quantity_text(record.quantity, record)},
                    {"id", record.first_id},
                    {"buyer_order_id", std::to_string(record.id_a)},
                    {"seller_order_id", std::to_string(record.id_b)}};
        case DAYPACK_KIND_TOP:
            return {{"u", record.last_id},
                    {"bid", best_json(record, record.price, record.quantity)},
                    {"ask", best_json(record, record.price2, record.quantity2)}};
        case DAYPACK_KIND_STATE: {
            const daypack_status status = daypack_record_status(&record);
            return {{"u", record.last_id},
                    {"state", daypack_state_name(status.state)},
                    {"reason", daypack_reason_name(status.reason)},
                    {"flags", flag_names(status.flags)}};
        }
        case DAYPACK_KIND_SNAPSHOT: return Json::object({{"u", record.last_id}});
        case DAYPACK_KIND_MARK_PRICE:
            return {{"mark_price", own_number(record, record.price, 0)},
                    {"index_price", own_number(record, record.price2, 2)}};
        case DAYPACK_KIND_FUNDING:
            return {{"funding_rate", own_number(record, record.price, 0)}, {"next_funding_us", record.id_a}};
        case DAYPACK_KIND_LIQUIDATION:
            return {{"side", side_text(record)},
                    {"price", price_text(record.price, record)},
                    {"quantity", quantity_text(record.quantity, record)}};
        case DAYPACK_KIND_TICKER:
            return {{"last_price", own_number(record, record.price, 0)},
                    {"open_price", own_number(record, record.price2, 2)},
                    {"volume", own_number(record, record.quantity, 1)},
                    {"quote_volume", own_number(record, record.quantity2, 3)},
                    {"trades", record.id_a}};
        case DAYPACK_KIND_OPEN_INTEREST:
            return Json::object({{"open_interest", own_number(record, record.quantity, 1)}});
        default: return Json::object();
    }
}

}  // namespace

std::string event_line(const daypack_record& record, const std::string& symbol) {
    return fmt::format("{} {:<18} {:<8} {}", time_of_day(record.publish_ns), escaped(symbol), kind_text(record),
                       own_text(record));
}

std::string event_json(const daypack_record& record, const std::string& symbol, WallTime seen) {
    Json json{{"kind", kind_text(record)}, {"symbol", symbol}};
    json.update(own_json(record));
    json["line"] = daypack_record_line(&record);
    json["venue_match_us"] = record.venue_match_us;
    if (record.venue_send_us != 0) json["venue_send_us"] = record.venue_send_us;
    if (record.kernel_receive_ns != 0) json["kernel_receive_ns"] = std::to_string(record.kernel_receive_ns);
    json["receive_ns"] = std::to_string(record.receive_ns);
    json["publish_ns"] = std::to_string(record.publish_ns);
    json["seen_ns"] = std::to_string(seen.ns);
    return json_line(json);
}

std::string lost_line(std::uint64_t lost) {
    return fmt::format("{} events lost: the ring was written over before they were read", lost);
}

std::string lost_json(std::uint64_t lost) {
    return json_line({{"kind", "lost"}, {"lost", lost}});
}

}  // namespace daypack::core
