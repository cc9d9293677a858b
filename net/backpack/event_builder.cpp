// SPDX-License-Identifier: MIT
#include "net/backpack/event_builder.h"

#include <algorithm>

#include "book/digits.h"

namespace daypack::core {
namespace {

// An id: digits, in quotes or not, as the venue does either.
bool read_id(const FrameFields& text, FrameFields::Field field, std::uint64_t& id) noexcept {
    return read_digits(text.is_string(field) ? text.string(field) : text.text(field), id);
}

// The same of a trade, where the venue may tell none, as of a fill without an order on one side: 0 then.
bool read_id_or_none(const FrameFields& text, FrameFields::Field field, std::uint64_t& id) noexcept {
    const bool none = text.is_string(field) ? text.string(field).empty() : text.text(field) == "null";
    id = 0;
    return none || read_id(text, field, id);
}

bool read_time(const FrameFields& text, FrameFields::Field field, std::int64_t& us) noexcept {
    std::uint64_t number = 0;
    if (!read_id(text, field, number) || number > INT64_MAX) return false;
    us = static_cast<std::int64_t>(number);
    return true;
}

// `T`, which all that we read have, and `E`, which may be missing.
bool read_times(const FrameFields& text, Event& event) noexcept {
    if (!read_time(text, FrameFields::match_time, event.match.us)) return false;
    event.send_after_match_us = Event::kNoSendTime;
    if (!text.has(FrameFields::send_time)) return true;
    std::int64_t send_us = 0;
    if (!read_time(text, FrameFields::send_time, send_us)) return false;
    event.send_after_match_us = send_after_match(send_us, event.match);
    return true;
}

Errc read_level(std::string_view price_text, std::string_view quantity_text, const Instrument& instrument,
                Event& event) noexcept {
    const auto price = instrument.price(price_text);
    if (!price) return price.errc();
    const auto quantity = instrument.quantity(quantity_text);
    if (!quantity) return quantity.errc();
    event.price = *price;
    event.quantity = *quantity;
    return Errc::ok;
}

Result<std::size_t> make_depth(const FrameFields& text, const Instrument& instrument, Event& event,
                               std::span<Event> room) noexcept {
    if (!text.is_array(FrameFields::ask) || !text.is_array(FrameFields::bid) ||
        !read_id(text, FrameFields::first_id, event.first_id) || !read_id(text, FrameFields::last_id, event.last_id) ||
        !are_update_ids(event.first_id, event.last_id)) {
        return Errc::malformed;
    }
    if (text.levels.empty()) {
        event.kind = EventKind::advance;
        event.last = true;
        room[0] = event;
        return 1;
    }
    event.kind = EventKind::delta;
    std::size_t count = 0;
    for (const LevelText& level : text.levels) {
        if (const Errc errc = read_level(level.price, level.quantity, instrument, event); errc != Errc::ok) return errc;
        event.side = level.side;
        room[count++] = event;
    }
    room[count - 1].last = true;
    return count;
}

Result<std::size_t> make_trade(const FrameFields& text, const Instrument& instrument, Event& trade,
                               std::span<Event> room) noexcept {
    const std::string_view maker = text.text(FrameFields::buyer_maker);
    if (maker != "true" && maker != "false") return Errc::malformed;
    trade.side = maker == "true" ? Side::ask : Side::bid;  // who was not the maker took
    Event& orders = room[1] = trade;
    orders.kind = EventKind::trade_orders;
    orders.last = true;
    trade.kind = EventKind::trade;
    if (!read_id_or_none(text, FrameFields::trade_id, trade.first_id) ||
        !read_id_or_none(text, FrameFields::bid, orders.first_id) ||
        !read_id_or_none(text, FrameFields::ask, orders.last_id)) {
        return Errc::malformed;
    }
    const std::string_view price = text.string(FrameFields::price);
    const std::string_view quantity = text.string(FrameFields::quantity);
    if (const Errc errc = read_level(price, quantity, instrument, trade); errc != Errc::ok) return errc;
    room[0] = trade;
    return 2;
}

// One side of a ticker; null, or nothing left, is an empty one.
Errc read_best(const FrameFields& text, FrameFields::Field price, FrameFields::Field quantity,
               const Instrument& instrument, Event& event) noexcept {
    if (text.text(price) == "null" && text.text(quantity) == "null") return Errc::ok;
    const Errc errc = read_level(text.string(price), text.string(quantity), instrument, event);
    if (event.quantity.steps == 0) event.price = {};
    return errc;
}

Result<std::size_t> make_ticker(const FrameFields& text, const Instrument& instrument, Event& event,
                                std::span<Event> room) noexcept {
    if (!read_id(text, FrameFields::last_id, event.last_id)) return Errc::malformed;
    event.kind = EventKind::ticker;
    event.first_id = event.last_id;
    Event& bid = room[0] = event;
    Event& ask = room[1] = event;
    ask.side = Side::ask;
    ask.last = true;
    Errc errc = read_best(text, FrameFields::bid, FrameFields::bid_quantity, instrument, bid);
    if (errc == Errc::ok) errc = read_best(text, FrameFields::ask, FrameFields::ask_quantity, instrument, ask);
    if (errc != Errc::ok) return errc;
    return 2;
}

}  // namespace

Result<std::size_t> build_events(Channel channel, const FrameFields& text, const Instrument& instrument,
                                 const Event& frame, std::span<Event> room) noexcept {
    Event event = frame;
    if (!read_times(text, event)) return Errc::malformed;
    switch (channel) {
        case Channel::depth: return make_depth(text, instrument, event, room);
        case Channel::trade: return make_trade(text, instrument, event, room);
        case Channel::ticker: return make_ticker(text, instrument, event, room);
        case Channel::none: break;
    }
    return Errc::unknown_kind;
}

}  // namespace daypack::core
