// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "book/event.h"
#include "book/instrument.h"
#include "tests/book/slow_decimal.h"
#include "tests/net/backpack/slow_json.h"

namespace daypack::core::slow {

// One frame -> its events, written down from the venue's description without a thought for speed. Nothing: the frame
// means nothing to an engine that follows every stream that it can of `table`, depth in realtime, or is not right.
class SlowDecoder {
  public:
    explicit SlowDecoder(const InstrumentTable& table) : table_(table) {}

    std::optional<std::vector<Event>> decode(std::string_view frame, MonoTime receive, LineIndex line) {
        events_.clear();
        Json json;
        if (!JsonReader(frame).read(json) || json.kind != Json::Kind::object || json.escaped_key) return std::nullopt;
        if (!json.all("error").empty() || json.all("stream").size() > 1) return std::nullopt;
        const Json* const data = json.one("data");
        if (data == nullptr || data->kind != Json::Kind::object || data->escaped_key) return std::nullopt;
        data_ = data;
        for (const char* key : {"e", "s", "E", "T", "U", "u", "t", "m", "p", "q", "a",
                                "b", "A", "B", "f", "i", "n", "S", "o", "c", "v", "V"}) {
            if (data->all(key).size() > 1) return std::nullopt;
        }
        base_ = {};
        base_.receive = receive;
        base_.line = line;
        const std::string channel = find_channel(json);
        const bool right = !channel.empty() && (channel == "ticker" ? day_time() : times()) &&
                           (channel == "depth"         ? depth()
                            : channel == "trade"       ? trade()
                            : channel == "bookTicker"  ? ticker()
                            : channel == "liquidation" ? liquidation()
                            : channel == "markPrice"   ? figures(kOfMark)
                                                       : figures(kOfDay));
        if (!right) return std::nullopt;
        events_.back().last = true;
        return events_;
    }

  private:
    // The channel, with the symbol noted; empty: none of ours.
    std::string find_channel(const Json& json) {
        std::string channel;
        std::string native;
        if (const Json* const stream = json.one("stream"); stream != nullptr) {
            if (stream->kind != Json::Kind::string) return {};
            const std::string& name = stream->text;
            const std::size_t point = name.find('.');
            channel = name.substr(0, point);
            if ((point == std::string::npos) != (channel == "liquidation")) return {};
            if (channel == "liquidation" && !string("s")) return {};
            native = channel == "liquidation" ? *string("s") : name.substr(point + 1);
            for (const char* batch : {"200ms.", "600ms.", "1000ms."}) {
                if (channel == "depth" && native.starts_with(batch)) return {};
            }
            if (!same("e", channel) || !same("s", native)) return {};
        } else {
            if (!string("e") || !string("s")) return {};
            channel = *string("e");
            native = *string("s");
        }
        bool ours = false;
        for (const char* name : {"depth", "trade", "bookTicker", "markPrice", "ticker", "liquidation"}) {
            ours = ours || channel == name;
        }
        if (!ours) return {};
        for (std::size_t i = 0; i < table_.size(); ++i) {
            base_.symbol = static_cast<SymbolIndex>(i);
            base_.units = table_[base_.symbol].units;
            if (table_[base_.symbol].native == native) return channel;
        }
        return {};
    }

    bool same(std::string_view key, const std::string& text) const {
        return data_->all(key).empty() || string(key) == text;
    }

    std::optional<std::string> string(std::string_view key) const {
        const Json* const value = data_->one(key);
        if (value == nullptr || value->kind != Json::Kind::string) return std::nullopt;
        return value->text;
    }

    bool number(std::string_view key, std::uint64_t& number, std::string_view most = "18446744073709551615") const {
        const Json* const value = data_->one(key);
        if (value == nullptr || (value->kind != Json::Kind::string && value->kind != Json::Kind::number)) return false;
        const std::string& text = value->text;
        if (text.empty() || text.size() > 20 || text.find_first_not_of("0123456789") != std::string::npos) return false;
        const std::string digits = without_leading_zeros(text);
        if (digits.size() > most.size() || (digits.size() == most.size() && digits > most)) return false;
        number = digits.empty() ? 0 : std::stoull(digits);
        return true;
    }

    bool number_or_none(std::string_view key, std::uint64_t& number_of) const {
        const Json* const value = data_->one(key);
        const bool none = value != nullptr && (value->kind == Json::Kind::null ||
                                               (value->kind == Json::Kind::string && value->text.empty()));
        number_of = 0;
        return none || number(key, number_of);
    }

    bool times() {
        std::uint64_t match = 0;
        std::uint64_t send = 0;
        if (!number("T", match, "9223372036854775807")) return false;
        base_.match.us = static_cast<std::int64_t>(match);
        base_.send_after_match_us = Event::kNoSendTime;
        if (data_->all("E").empty()) return true;
        if (!number("E", send, "9223372036854775807")) return false;
        const std::int64_t difference = static_cast<std::int64_t>(send) - static_cast<std::int64_t>(match);
        base_.send_after_match_us = difference > INT32_MAX    ? INT32_MAX
                                    : difference <= INT32_MIN ? INT32_MIN + 1
                                                              : static_cast<std::int32_t>(difference);
        return true;
    }

    bool day_time() {
        std::uint64_t send = 0;
        if (!number("E", send, "9223372036854775807")) return false;
        base_.match.us = static_cast<std::int64_t>(send);
        base_.send_after_match_us = 0;
        return true;
    }

    // A decimal in a string, of either sign where that is asked for.
    static bool decimal(const Json* value, bool may_be_negative, std::int64_t& mantissa, std::uint8_t& exponent) {
        if (value == nullptr || value->kind != Json::Kind::string) return false;
        std::string text = value->text;
        const bool negative = may_be_negative && text.starts_with('-');
        if (negative) text.erase(0, 1);
        const std::size_t point = text.find('.');
        std::string part = point == std::string::npos ? "0" : text.substr(point + 1);
        while (!part.empty() && part.back() == '0' && part.size() > 1) part.pop_back();
        const int places = part == "0" ? 0 : static_cast<int>(part.size());
        if (places > 18) return false;
        const Units found = units(text, {1, static_cast<std::int8_t>(-places)});
        if (found.errc != Errc::ok || found.may_overflow) return false;
        mantissa = found.count.empty() ? 0 : std::stoll(found.count);
        if (negative) mantissa = -mantissa;
        exponent = static_cast<std::uint8_t>(-places);
        return true;
    }

    struct Named {
        const char* key;
        Figure figure;
        bool required;
        std::uint64_t scale;  // of a whole number; 0: a decimal
    };
    static constexpr Named kOfMark[] = {{"p", Figure::mark_price, true, 0},
                                        {"i", Figure::index_price, false, 0},
                                        {"f", Figure::funding_rate, false, 0},
                                        {"n", Figure::next_funding_us, false, 1000}};
    static constexpr Named kOfDay[] = {{"c", Figure::last_price, true, 0},
                                       {"o", Figure::open_price, false, 0},
                                       {"v", Figure::volume, false, 0},
                                       {"V", Figure::quote_volume, false, 0},
                                       {"n", Figure::trade_count, false, 1}};

    bool figures(std::span<const Named> names) {
        for (const Named& name : names) {
            const Json* const value = data_->one(name.key);
            if (!name.required && (value == nullptr || value->kind == Json::Kind::null)) continue;
            Event event = base_;
            event.kind = EventKind::figure;
            event.first_id = static_cast<std::uint64_t>(name.figure);
            if (name.scale == 0) {
                if (!decimal(value, true, event.price.ticks, event.units)) return false;
            } else {
                std::uint64_t whole = 0;
                if (!number(name.key, whole) || whole > static_cast<std::uint64_t>(INT64_MAX) / name.scale)
                    return false;
                event.price.ticks = static_cast<std::int64_t>(whole * name.scale);
                event.units = 0;
            }
            events_.push_back(event);
        }
        return true;
    }

    bool liquidation() {
        Event event = base_;
        event.kind = EventKind::liquidation;
        const std::optional<std::string> side = string("S");
        if (side != "Bid" && side != "Ask") return false;
        event.side = side == "Bid" ? Side::bid : Side::ask;
        std::uint8_t exponent = 0;
        if (!decimal(data_->one("p"), false, event.price.ticks, event.units)) return false;
        if (!decimal(data_->one("q"), false, event.quantity.steps, exponent)) return false;
        event.last_id = exponent;
        events_.push_back(event);
        return true;
    }

    [[nodiscard]] const Instrument& instrument() const { return table_[base_.symbol]; }

    static bool count(const std::string& text, Unit unit, std::int64_t& result) {
        const Units found = units(text, unit);
        if (found.errc != Errc::ok || found.may_overflow) return false;
        result = found.count.empty() ? 0 : std::stoll(found.count);
        return true;
    }
    bool level(const Json& price, const Json& quantity, Event& event) const {
        return price.kind == Json::Kind::string && quantity.kind == Json::Kind::string &&
               count(price.text, instrument().tick, event.price.ticks) && event.price.ticks != 0 &&
               count(quantity.text, instrument().step, event.quantity.steps);
    }

    bool depth() {
        Event event = base_;
        if (!number("U", event.first_id) || !number("u", event.last_id)) return false;
        if (event.first_id == 0 || event.last_id < event.first_id) return false;
        if (event.last_id - event.first_id > 999'999) return false;
        event.kind = EventKind::delta;
        std::size_t sides = 0;
        for (std::size_t i = 0; i < data_->keys.size(); ++i) {  // as they come
            const std::string& key = data_->keys[i];
            const Json& value = data_->elements[i];
            if (key != "a" && key != "b") continue;
            ++sides;
            if (value.kind != Json::Kind::array) return false;
            event.side = key == "a" ? Side::ask : Side::bid;
            for (const Json& pair : value.elements) {
                if (pair.kind != Json::Kind::array || pair.elements.size() != 2) return false;
                if (!level(pair.elements[0], pair.elements[1], event)) return false;
                events_.push_back(event);
            }
        }
        if (events_.empty()) {
            event.kind = EventKind::advance;
            event.side = Side::bid;
            events_.push_back(event);
        }
        return sides == 2;
    }

    bool trade() {
        Event event = base_;
        Event orders = base_;
        const Json* const maker = data_->one("m");
        const Json* const price = data_->one("p");
        const Json* const quantity = data_->one("q");
        if (maker == nullptr || maker->kind != Json::Kind::boolean || price == nullptr || quantity == nullptr)
            return false;
        if (!level(*price, *quantity, event) || !number_or_none("t", event.first_id)) return false;
        if (!number_or_none("b", orders.first_id) || !number_or_none("a", orders.last_id)) return false;
        event.kind = EventKind::trade;
        orders.kind = EventKind::trade_orders;
        event.side = orders.side = maker->text == "true" ? Side::ask : Side::bid;
        events_ = {event, orders};
        return true;
    }

    bool ticker() {
        for (const Side side : {Side::bid, Side::ask}) {
            Event event = base_;
            event.kind = EventKind::ticker;
            event.side = side;
            if (!number("u", event.last_id)) return false;
            event.first_id = event.last_id;
            const Json* const price = data_->one(side == Side::bid ? "b" : "a");
            const Json* const quantity = data_->one(side == Side::bid ? "B" : "A");
            if (price == nullptr || quantity == nullptr) return false;
            if (price->kind != Json::Kind::null || quantity->kind != Json::Kind::null) {
                if (!level(*price, *quantity, event)) return false;
                if (event.quantity.steps == 0) event.price = {};
            }
            events_.push_back(event);
        }
        return true;
    }

    const InstrumentTable& table_;
    const Json* data_ = nullptr;
    Event base_;
    std::vector<Event> events_;
};

}  // namespace daypack::core::slow
