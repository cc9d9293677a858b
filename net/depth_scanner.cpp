#include "net/depth_scanner.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "book/digits.h"
#include "net/event_maker.h"

namespace daypack {
namespace {

constexpr std::uint64_t each_byte(unsigned char byte) noexcept {
    return 0x0101010101010101ull * byte;
}

std::uint64_t word_at(const char* at) noexcept {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    return word;
}

static_assert(std::endian::native == std::endian::little, "words are read as text");

// A place in a frame. It may run into the padding, never beyond it: what is taken at once is shorter, and whoever
// repeats asks before() first.
class Cursor {
  public:
    explicit Cursor(std::string_view frame) noexcept : at_(frame.data()), end_(frame.data() + frame.size()) {}

    [[nodiscard]] bool before_end() const noexcept { return at_ < end_; }
    [[nodiscard]] bool at_end() const noexcept { return at_ == end_; }
    [[nodiscard]] char peek() const noexcept { return *at_; }

    template <std::size_t kSize>
    [[nodiscard]] bool take(const char (&literal)[kSize]) noexcept {
        if (std::memcmp(at_, literal, kSize - 1) != 0) return false;
        at_ += kSize - 1;
        return true;
    }
    [[nodiscard]] bool take(std::string_view text) noexcept {
        if (static_cast<std::size_t>(end_ - at_) < text.size() || std::memcmp(at_, text.data(), text.size()) != 0) {
            return false;
        }
        at_ += text.size();
        return true;
    }

    // A number as JSON has it, whole, not negative: no zero before other digits. At most 19 digits.
    [[nodiscard]] bool take_number(std::uint64_t& number) noexcept {
        static constexpr std::array<std::uint64_t, 9> kPowers{1,       10,        100,        1'000,      10'000,
                                                              100'000, 1'000'000, 10'000'000, 100'000'000};
        if (*at_ == '0') return false;
        number = 0;
        for (std::size_t digits = 0; digits <= 16; digits += 8) {
            const std::uint64_t word = word_at(at_);
            const std::size_t size = Digits8::count(word);
            if (digits + size > 19 || digits + size == 0) return false;
            if (size > 0) number = number * kPowers[size] + Digits8(word, size).value();
            at_ += size;
            if (size < 8) return true;
        }
        return false;
    }

    // What stands before the next quote, which is taken too; empty where that is far.
    [[nodiscard]] std::string_view take_to_quote() noexcept {
        constexpr std::size_t kMost = 24;
        for (std::size_t size = 0; size < kMost; size += 8) {
            const std::size_t quote = find_quote(word_at(at_ + size));
            if (quote == 8) continue;
            const std::string_view text(at_, size + quote);
            at_ += text.size() + 1;
            return text;
        }
        return {};
    }

    // A decimal with so many digits behind its point, seven characters at most, and the quote behind it. False, with
    // nothing taken: it is none.
    [[nodiscard]] bool take_short_decimal(unsigned decimals, std::int64_t& units) noexcept {
        const std::uint64_t word = word_at(at_);
        const std::size_t size = find_quote(word);
        if (size == 8 || size < decimals + std::size_t{2}) return false;
        Digits8 digits(word, size);
        if (digits.at(decimals) != '.') return false;
        digits.close_up(decimals, '0');
        if (!digits.are_digits()) return false;
        units = static_cast<std::int64_t>(digits.value());
        at_ += size + 1;
        return true;
    }

  private:
    // 8: there is none.
    [[nodiscard]] static std::size_t find_quote(std::uint64_t word) noexcept {
        const std::uint64_t other = word ^ each_byte('"');
        const std::uint64_t quotes = (other - each_byte(1)) & ~other & each_byte(0x80);
        return static_cast<std::size_t>(std::countr_zero(quotes)) / 8;
    }

    const char* at_;
    const char* end_;
};

// How the venue writes the numbers of one unit: padded to it. 0: not in a way that has a short cut.
unsigned short_decimals(Unit unit) noexcept {
    return unit.mantissa == 1 && unit.exponent < 0 && unit.exponent >= -5 ? static_cast<unsigned>(-unit.exponent) : 0;
}

// Reads the levels of one market.
class LevelReader {
  public:
    LevelReader(const Instrument& instrument, std::span<Event> room) noexcept
        : instrument_(instrument),
          room_(room),
          price_decimals_(short_decimals(instrument.tick)),
          quantity_decimals_(short_decimals(instrument.step)) {}

    [[nodiscard]] std::size_t count() const noexcept { return count_; }

    // Those of one side. False: not of this shape, or no room.
    [[nodiscard]] bool take(Cursor& cursor, const Event& frame, Side side) noexcept {
        if (cursor.take("]")) return true;
        do {
            if (!cursor.before_end() || count_ == room_.size() || !cursor.take("[\"")) return false;
            Event& event = room_[count_++];
            event = frame;
            event.side = side;
            if (!take_price(cursor, event.price) || !cursor.take(",\"") || !take_quantity(cursor, event.quantity) ||
                !cursor.take("]")) {
                return false;
            }
        } while (cursor.take(","));
        return cursor.take("]");
    }

  private:
    [[nodiscard]] bool take_price(Cursor& cursor, Price& price) const noexcept {
        if (price_decimals_ != 0 && cursor.take_short_decimal(price_decimals_, price.ticks)) return price.ticks != 0;
        const auto read = instrument_.price(cursor.take_to_quote());
        if (!read) return false;
        price = *read;
        return true;
    }
    [[nodiscard]] bool take_quantity(Cursor& cursor, Quantity& quantity) const noexcept {
        if (quantity_decimals_ != 0 && cursor.take_short_decimal(quantity_decimals_, quantity.steps)) return true;
        const auto read = instrument_.quantity(cursor.take_to_quote());
        if (!read) return false;
        quantity = *read;
        return true;
    }

    const Instrument& instrument_;
    std::span<Event> room_;
    unsigned price_decimals_;
    unsigned quantity_decimals_;
    std::size_t count_ = 0;
};

}  // namespace

DepthScanner::DepthScanner(const InstrumentTable& table, DepthStream depth)
    : table_(table), prefix_(stream_prefix(Channel::depth, depth)) {}

std::size_t DepthScanner::scan(std::string_view frame, SymbolLookup& lookup, Event& event,
                               std::span<Event> room) const noexcept {
    // The market comes last, and says how numbers are to be read.
    constexpr std::string_view kEnd = "\"}";
    if (!frame.ends_with(kEnd)) return 0;
    const std::string_view body = frame.substr(0, frame.size() - kEnd.size());
    const void* const quote = memrchr(body.data(), '"', body.size());
    if (quote == nullptr) return 0;
    const std::string_view stream =
        body.substr(static_cast<std::size_t>(static_cast<const char*>(quote) + 1 - body.data()));
    if (!stream.starts_with(prefix_)) return 0;
    const std::string_view native = stream.substr(prefix_.size());
    const auto symbol = lookup.find(native);
    if (!symbol) return 0;
    const Instrument& instrument = table_[*symbol];

    Cursor cursor(frame);
    std::uint64_t send_us = 0;
    std::uint64_t match_us = 0;
    if (!cursor.take("{\"data\":{\"E\":") || !cursor.take_number(send_us) || !cursor.take(",\"T\":") ||
        !cursor.take_number(match_us) || !cursor.take(",\"U\":") || !cursor.take_number(event.first_id) ||
        !cursor.take(",\"a\":[") || send_us > INT64_MAX || match_us > INT64_MAX) {
        return 0;
    }
    event.symbol = *symbol;
    event.units = instrument.units;
    event.kind = EventKind::delta;
    event.match.us = static_cast<std::int64_t>(match_us);
    event.send_after_match_us = send_after_match(static_cast<std::int64_t>(send_us), event.match);
    LevelReader levels(instrument, room);
    if (!levels.take(cursor, event, Side::ask) || !cursor.take(",\"b\":[")) return 0;
    if (!levels.take(cursor, event, Side::bid)) return 0;
    if (!cursor.take(",\"e\":\"depth\",\"s\":\"") || !cursor.take(native) || !cursor.take("\",\"u\":") ||
        !cursor.take_number(event.last_id) || !cursor.take("},\"stream\":\"") || !cursor.take(stream) ||
        !cursor.take("\"}") || !cursor.at_end() || !are_update_ids(event.first_id, event.last_id)) {
        return 0;
    }
    std::size_t count = levels.count();
    if (count == 0) {
        event.kind = EventKind::advance;
        room[count++] = event;
    }
    for (Event& told : room.first(count)) told.last_id = event.last_id;
    room[count - 1].last = true;
    return count;
}

}  // namespace daypack
