#include "net/decoder.h"

#include <algorithm>

#include "book/digits.h"

namespace daypack {
namespace {

constexpr std::size_t kMinEvents = 2;  // what a trade or a ticker takes, whatever the limit of levels

bool is_string(std::string_view text) noexcept {
    return text.size() >= 2 && text.front() == '"';
}

// What stands between the quotes; empty where it is no string.
std::string_view content(std::string_view text) noexcept {
    return is_string(text) ? text.substr(1, text.size() - 2) : std::string_view{};
}

// An id: digits, in quotes or not, as the venue does either.
bool read_id(std::string_view text, std::uint64_t& id) noexcept {
    return read_digits(is_string(text) ? content(text) : text, id);
}

bool read_time(std::string_view text, std::int64_t& us) noexcept {
    std::uint64_t number = 0;
    if (!read_id(text, number) || number > INT64_MAX) return false;
    us = static_cast<std::int64_t>(number);
    return true;
}

std::int32_t saturated(std::int64_t difference) noexcept {
    // INT32_MIN itself means that there is no time.
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(difference, INT32_MIN + 1, INT32_MAX));
}

// `T`, which all that we read have, and `E`, which may be missing.
bool read_times(const FrameText& text, Event& event) noexcept {
    if (!read_time(text.text(FrameText::match_time), event.match.us)) return false;
    event.send_after_match_us = Event::kNoSendTime;
    if (!text.has(FrameText::send_time)) return true;
    std::int64_t send_us = 0;
    if (!read_time(text.text(FrameText::send_time), send_us)) return false;
    event.send_after_match_us = saturated(send_us - event.match.us);
    return true;
}

// What `e` says.
std::string_view event_name(Channel channel) noexcept {
    switch (channel) {
        case Channel::depth: return "depth";
        case Channel::trade: return "trade";
        case Channel::ticker: return "bookTicker";
        case Channel::none: break;
    }
    return {};
}

Channel channel_of(std::string_view event) noexcept {
    for (const Channel channel : {Channel::depth, Channel::trade, Channel::ticker}) {
        if (event == event_name(channel)) return channel;
    }
    return Channel::none;
}

FrameKind kind_of(Channel channel) noexcept {
    switch (channel) {
        case Channel::depth: return FrameKind::depth;
        case Channel::trade: return FrameKind::trade;
        case Channel::ticker: return FrameKind::ticker;
        case Channel::none: break;
    }
    return FrameKind::other;
}

// `data` must not speak of something else than its stream.
bool agrees(const FrameText& text, const Stream& stream) noexcept {
    return (!text.has(FrameText::event) || content(text.text(FrameText::event)) == event_name(stream.channel)) &&
           (!text.has(FrameText::symbol) || content(text.text(FrameText::symbol)) == stream.native);
}

Decoded error_of(const FrameText& text) noexcept {
    Decoded decoded;
    decoded.kind = FrameKind::error;
    std::uint64_t code = 0;
    if (read_id(text.text(FrameText::error_code), code)) {
        decoded.error_code = static_cast<int>(std::min<std::uint64_t>(code, INT32_MAX));
    }
    decoded.error_message = content(text.text(FrameText::error_message));
    return decoded;
}

// The string behind the next `key` (quotes included) at or after `at`, in bytes that may not be JSON; `at` moves on.
// False when there is no further one.
bool next_string(std::string_view bytes, std::string_view key, std::size_t& at, std::string_view& text) noexcept {
    constexpr std::string_view kSpace = " \t\r\n";
    while ((at = bytes.find(key, at)) != std::string_view::npos) {
        at += key.size();
        std::size_t from = bytes.find_first_not_of(kSpace, at);
        if (from == std::string_view::npos || bytes[from] != ':') continue;
        from = bytes.find_first_not_of(kSpace, from + 1);
        if (from == std::string_view::npos || bytes[from] != '"') continue;
        const std::size_t to = bytes.find('"', from + 1);
        if (to == std::string_view::npos) return false;
        text = bytes.substr(from + 1, to - from - 1);
        return true;
    }
    return false;
}

}  // namespace

Decoder::Decoder(const InstrumentTable& table, DepthStream depth, Limits limits)
    : table_(table),
      depth_(depth),
      reader_(limits.frame_bytes, limits.levels),
      lookup_(table),
      events_(std::max(limits.levels, kMinEvents)) {}

Decoded Decoder::decode(std::string_view frame, MonoTime receive, LineIndex line) noexcept {
    Event event;
    event.receive = receive;
    event.line = line;
    if (const Errc errc = reader_.read(frame, text_); errc != Errc::ok) return bad(errc, find_target(frame), event);
    if (text_.is_error) return error_of(text_);

    Decoded decoded;
    const Stream of = stream();
    if (of.channel == Channel::none) {
        decoded.errc = Errc::unknown_kind;
        return decoded;
    }
    decoded.channel = of.channel;
    decoded.symbol = lookup_.find(of.native);
    if (!decoded.symbol) {
        decoded.errc = Errc::unknown_symbol;
        return decoded;
    }
    event.symbol = *decoded.symbol;
    count_ = 0;
    const bool whole = agrees(text_, of) && read_times(text_, event);
    const Errc errc = whole ? make_events(of.channel, table_[event.symbol], event) : Errc::malformed;
    if (errc != Errc::ok) return bad(errc, {of.channel, decoded.symbol}, event);
    decoded.kind = kind_of(of.channel);
    decoded.events = {events_.data(), count_};
    return decoded;
}

// The name of the stream decides: `data` alone does not tell one batching of depth from another.
Stream Decoder::stream() const noexcept {
    if (text_.has(FrameText::stream)) return split_stream(content(text_.text(FrameText::stream)), depth_);
    return {channel_of(content(text_.text(FrameText::event))), content(text_.text(FrameText::symbol))};
}

// Whose frame it was, in bytes that could not be read: by the first stream of ours that is named in them, else by `s`
// and `e`, since `data` comes before `stream`.
Decoder::Target Decoder::find_target(std::string_view frame) noexcept {
    Target target;
    std::string_view text;
    bool named = false;
    for (std::size_t at = 0; next_string(frame, "\"stream\"", at, text);) {
        named = true;
        const Stream of = split_stream(text, depth_);
        if (of.channel == Channel::none) continue;
        target = {of.channel, lookup_.find(of.native)};
        if (target.symbol) return target;
    }
    if (named) return target;
    for (std::size_t at = 0; target.channel == Channel::none && next_string(frame, "\"e\"", at, text);) {
        target.channel = channel_of(text);
    }
    for (std::size_t at = 0; !target.symbol && next_string(frame, "\"s\"", at, text);) {
        target.symbol = lookup_.find(text);
    }
    return target;
}

Decoded Decoder::bad(Errc errc, const Target& target, const Event& frame) noexcept {
    Decoded decoded;
    decoded.kind = FrameKind::bad;
    decoded.channel = target.channel;
    decoded.errc = errc;
    decoded.symbol = target.symbol;
    if (target.channel != Channel::depth || !target.symbol) return decoded;
    Event& event = events_.front() = Event{};
    event.kind = EventKind::bad;
    event.receive = frame.receive;
    event.line = frame.line;
    event.symbol = *target.symbol;
    event.last = true;
    decoded.events = {events_.data(), 1};
    return decoded;
}

Errc Decoder::make_events(Channel channel, const Instrument& instrument, const Event& frame) noexcept {
    switch (channel) {
        case Channel::depth: return make_depth(instrument, frame);
        case Channel::trade: return make_trade(instrument, frame);
        case Channel::ticker: return make_ticker(instrument, frame);
        case Channel::none: break;
    }
    return Errc::unknown_kind;
}

Errc Decoder::make_depth(const Instrument& instrument, const Event& frame) noexcept {
    Event event = frame;
    if (!text_.is_array(FrameText::ask) || !text_.is_array(FrameText::bid) ||
        !read_id(text_.text(FrameText::first_id), event.first_id) ||
        !read_id(text_.text(FrameText::last_id), event.last_id) || event.first_id == 0 ||
        event.last_id < event.first_id) {
        return Errc::malformed;
    }
    if (text_.levels.empty()) {
        event.kind = EventKind::advance;
        event.last = true;
        events_[count_++] = event;
        return Errc::ok;
    }
    event.kind = EventKind::delta;
    for (const LevelText& level : text_.levels) {
        const auto price = instrument.price(level.price);
        if (!price) return price.errc();
        const auto quantity = instrument.quantity(level.quantity);
        if (!quantity) return quantity.errc();
        event.price = *price;
        event.quantity = *quantity;
        event.side = level.side;
        events_[count_++] = event;
    }
    events_[count_ - 1].last = true;
    return Errc::ok;
}

Errc Decoder::make_trade(const Instrument& instrument, const Event& frame) noexcept {
    const std::string_view maker = text_.text(FrameText::buyer_maker);
    if (maker != "true" && maker != "false") return Errc::malformed;
    const auto price = instrument.price(content(text_.text(FrameText::price)));
    if (!price) return price.errc();
    const auto quantity = instrument.quantity(content(text_.text(FrameText::quantity)));
    if (!quantity) return quantity.errc();
    Event& trade = events_[0] = frame;
    Event& orders = events_[1] = frame;
    if (!read_id(text_.text(FrameText::trade_id), trade.first_id) ||
        !read_id(text_.text(FrameText::bid), orders.first_id) || !read_id(text_.text(FrameText::ask), orders.last_id)) {
        return Errc::malformed;
    }
    trade.kind = EventKind::trade;
    trade.price = *price;
    trade.quantity = *quantity;
    orders.kind = EventKind::trade_orders;
    trade.side = orders.side = maker == "true" ? Side::ask : Side::bid;  // who was not the maker took
    orders.last = true;
    count_ = 2;
    return Errc::ok;
}

Errc Decoder::make_ticker(const Instrument& instrument, const Event& frame) noexcept {
    struct Best {
        Side side;
        FrameText::Field price, quantity;
    };
    Event event = frame;
    if (!read_id(text_.text(FrameText::last_id), event.last_id)) return Errc::malformed;
    event.kind = EventKind::ticker;
    event.first_id = event.last_id;
    for (const Best best : {Best{Side::bid, FrameText::bid, FrameText::bid_quantity},
                            Best{Side::ask, FrameText::ask, FrameText::ask_quantity}}) {
        event.side = best.side;
        event.price = {};
        event.quantity = {};
        event.last = best.side == Side::ask;
        const std::string_view price_text = text_.text(best.price);
        const std::string_view quantity_text = text_.text(best.quantity);
        if (price_text != "null" || quantity_text != "null") {
            const auto price = instrument.price(content(price_text));
            if (!price) return price.errc();
            const auto quantity = instrument.quantity(content(quantity_text));
            if (!quantity) return quantity.errc();
            if (quantity->steps != 0) {
                event.price = *price;
                event.quantity = *quantity;
            }
        }
        events_[count_++] = event;
    }
    return Errc::ok;
}

}  // namespace daypack
