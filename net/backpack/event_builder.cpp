// SPDX-License-Identifier: MIT
#include "net/backpack/event_builder.h"

#include <algorithm>
#include <iterator>

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

// `E`, which is all that figures of a day have: it stands for both times.
bool read_send_time_alone(const FrameFields& text, Event& event) noexcept {
    event.send_after_match_us = 0;
    return read_time(text, FrameFields::send_time, event.match.us);
}

// `T`, which all others that we read have, and `E`, which may be missing.
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

// Where a frame has a figure, and what it is called there.
struct FigureField {
    Figure figure;
    FrameFields::Field field;
    bool required;
};
// `i`, `f` and `n` are not there of a prediction market.
constexpr FigureField kMarkFigures[] = {{Figure::mark_price, FrameFields::price, true},
                                        {Figure::index_price, FrameFields::index_price, false},
                                        {Figure::funding_rate, FrameFields::funding_rate, false},
                                        {Figure::next_funding_us, FrameFields::next_funding, false}};
constexpr FigureField kDayFigures[] = {{Figure::last_price, FrameFields::last_price, true},
                                       {Figure::open_price, FrameFields::open_price, false},
                                       {Figure::volume, FrameFields::volume, false},
                                       {Figure::quote_volume, FrameFields::quote_volume, false},
                                       {Figure::trade_count, FrameFields::next_funding, false}};
static_assert(std::size(kMarkFigures) <= kFiguresAFrame && std::size(kDayFigures) <= kFiguresAFrame);

// A decimal in quotes; of the two figures that are whole numbers also without. The venue sends the time in ms.
Result<Decimal> read_figure(const FrameFields& text, const FigureField& of) noexcept {
    if (of.figure != Figure::next_funding_us && of.figure != Figure::trade_count) {
        return parse_decimal(text.string(of.field));
    }
    std::uint64_t number = 0;
    const std::uint64_t scale = of.figure == Figure::next_funding_us ? 1'000 : 1;
    if (!read_id(text, of.field, number) || number > INT64_MAX / scale) return Errc::malformed;
    return Decimal{static_cast<std::int64_t>(number * scale), 0};
}

Result<std::size_t> make_figures(const FrameFields& text, std::span<const FigureField> fields, Event& event,
                                 std::span<Event> room) noexcept {
    event.kind = EventKind::figure;
    std::size_t count = 0;
    for (const FigureField& of : fields) {
        if (!of.required && (!text.has(of.field) || text.text(of.field) == "null")) continue;
        const auto value = read_figure(text, of);
        if (!value) return value.errc();
        event.first_id = static_cast<std::uint64_t>(of.figure);
        event.price.ticks = value->mantissa;
        event.units = static_cast<std::uint8_t>(value->exponent);
        room[count++] = event;
    }
    room[count - 1].last = true;
    return count;
}

Result<std::size_t> make_liquidation(const FrameFields& text, Event& event, std::span<Event> room) noexcept {
    const std::string_view side = text.string(FrameFields::side);
    if (side != "Bid" && side != "Ask") return Errc::malformed;
    const auto price = parse_decimal(text.string(FrameFields::price));
    if (!price) return price.errc();
    const auto quantity = parse_decimal(text.string(FrameFields::quantity));
    if (!quantity) return quantity.errc();
    if (price->mantissa < 0 || quantity->mantissa < 0) return Errc::malformed;
    event.kind = EventKind::liquidation;
    event.side = side == "Bid" ? Side::bid : Side::ask;
    event.price.ticks = price->mantissa;
    event.units = static_cast<std::uint8_t>(price->exponent);
    event.quantity.steps = quantity->mantissa;
    event.last_id = static_cast<std::uint8_t>(quantity->exponent);
    event.last = true;
    room[0] = event;
    return 1;
}

}  // namespace

Result<std::size_t> build_events(Channel channel, const FrameFields& text, const Instrument& instrument,
                                 const Event& frame, std::span<Event> room) noexcept {
    Event event = frame;
    if (channel == Channel::day ? !read_send_time_alone(text, event) : !read_times(text, event)) return Errc::malformed;
    switch (channel) {
        case Channel::depth: return make_depth(text, instrument, event, room);
        case Channel::trade: return make_trade(text, instrument, event, room);
        case Channel::ticker: return make_ticker(text, instrument, event, room);
        case Channel::mark_price: return make_figures(text, kMarkFigures, event, room);
        case Channel::day: return make_figures(text, kDayFigures, event, room);
        case Channel::liquidation: return make_liquidation(text, event, room);
        case Channel::none: break;
    }
    return Errc::unknown_kind;
}

}  // namespace daypack::core
