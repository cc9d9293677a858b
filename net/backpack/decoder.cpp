// SPDX-License-Identifier: MIT
#include "net/backpack/decoder.h"

#include <algorithm>

#include "book/decimal.h"
#include "book/digits.h"
#include "net/backpack/event_builder.h"

namespace daypack::core {
namespace {

constexpr std::size_t kMinEvents = 8;  // what a frame without levels takes at most, whatever the limit of levels
static_assert(kMinEvents >= kFiguresAFrame);

// What `e` says.
std::string_view event_name(Channel channel) noexcept {
    switch (channel) {
        case Channel::depth: return "depth";
        case Channel::trade: return "trade";
        case Channel::ticker: return "bookTicker";
        case Channel::mark_price: return "markPrice";
        case Channel::liquidation: return "liquidation";
        case Channel::day: return "ticker";
        case Channel::none: break;
    }
    return {};
}

Channel channel_of(std::string_view event) noexcept {
    for (const Channel channel :
         {Channel::depth, Channel::trade, Channel::ticker, Channel::mark_price, Channel::liquidation, Channel::day}) {
        if (event == event_name(channel)) return channel;
    }
    return Channel::none;
}

FrameKind kind_of(Channel channel) noexcept {
    switch (channel) {
        case Channel::depth: return FrameKind::depth;
        case Channel::trade: return FrameKind::trade;
        case Channel::ticker: return FrameKind::ticker;
        case Channel::mark_price:
        case Channel::day: return FrameKind::figures;
        case Channel::liquidation: return FrameKind::liquidation;
        case Channel::none: break;
    }
    return FrameKind::other;
}

// `data` must not speak of something else than its stream.
bool agrees(const FrameFields& text, const StreamName& stream) noexcept {
    return (!text.has(FrameFields::event) || text.string(FrameFields::event) == event_name(stream.channel)) &&
           (!text.has(FrameFields::symbol) || text.string(FrameFields::symbol) == stream.native);
}

Decoded error_of(const FrameFields& text) noexcept {
    Decoded decoded;
    decoded.kind = FrameKind::error;
    std::uint64_t code = 0;
    if (read_digits(text.text(FrameFields::error_code), code)) {
        decoded.error_code = static_cast<int>(std::min<std::uint64_t>(code, INT32_MAX));
    }
    decoded.error_message = text.string(FrameFields::error_message);
    return decoded;
}

// What it takes to hold these levels where the instrument's units do not; of another channel than depth there are none.
UnitsNeeded units_needed(std::span<const LevelText> levels, const Instrument& instrument) noexcept {
    UnitsNeeded needed;
    const auto look = [](std::string_view text, Unit unit, std::int8_t& exponent, bool& unfit) {
        const auto finer = finer_unit(text, unit);
        if (!finer) {
            unfit = unfit || finer.errc() != Errc::not_a_number;
        } else if (*finer != unit) {
            exponent = std::min(exponent, finer->exponent);
        }
    };
    for (const LevelText& level : levels) {
        look(level.price, instrument.tick, needed.price, needed.price_unfit);
        look(level.quantity, instrument.step, needed.quantity, needed.quantity_unfit);
    }
    return needed;
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
      limits_(limits),
      scanner_(table, depth),
      reader_(limits.frame_bytes, limits.levels),
      lookup_(table),
      events_(std::max(limits.levels, kMinEvents)) {}

Decoded Decoder::decode(std::string_view frame, MonoTime receive, LineIndex line) noexcept {
    if (limits_.scan && frame.size() <= limits_.frame_bytes) {
        const auto room = std::span(events_).first(std::max<std::size_t>(limits_.levels, 1));
        if (const std::size_t count = scanner_.scan(frame, receive, line, room); count > 0) {
            return {FrameKind::depth, Channel::depth, Errc::ok, room.front().symbol, room.first(count), 0, {}};
        }
    }
    return parse(frame, receive, line);
}

Decoded Decoder::parse(std::string_view frame, MonoTime receive, LineIndex line) noexcept {
    Event event;
    event.receive = receive;
    event.line = line;
    if (const Errc errc = reader_.read(frame, text_); errc != Errc::ok) return bad(errc, find_target(frame), event);
    if (text_.is_error) return error_of(text_);

    Decoded decoded;
    const StreamName of = stream();
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
    if (!agrees(text_, of)) return bad(Errc::malformed, {of.channel, decoded.symbol}, event);
    const Instrument& instrument = table_[event.symbol];
    event.units = instrument.units;
    const auto count = build_events(of.channel, text_, instrument, event, events_);
    if (!count) {
        const bool unfit = count.errc() == Errc::off_tick || count.errc() == Errc::overflow;
        if (unfit) table_.need(event.symbol, units_needed(text_.levels, instrument));
        return bad(count.errc(), {of.channel, decoded.symbol}, event);
    }
    decoded.kind = kind_of(of.channel);
    decoded.events = {events_.data(), *count};
    return decoded;
}

// The name of the stream decides: `data` alone does not tell one batching of depth from another.
StreamName Decoder::stream() const noexcept {
    if (text_.has(FrameFields::stream)) {
        StreamName name = split_stream(text_.string(FrameFields::stream), depth_);
        if (name.native.empty()) name.native = text_.string(FrameFields::symbol);
        return name;
    }
    return {channel_of(text_.string(FrameFields::event)), text_.string(FrameFields::symbol)};
}

// Whose frame it was, in bytes that could not be read: by the first stream of ours that is named in them, else by `s`
// and `e`, since `data` comes before `stream`.
Decoder::Target Decoder::find_target(std::string_view frame) noexcept {
    Target target;
    std::string_view text;
    bool named = false;
    for (std::size_t at = 0; next_string(frame, "\"stream\"", at, text);) {
        named = true;
        const StreamName of = split_stream(text, depth_);
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

}  // namespace daypack::core
