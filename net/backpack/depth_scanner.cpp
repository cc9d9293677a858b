// SPDX-License-Identifier: MIT
#include "net/backpack/depth_scanner.h"

#include <cstdint>
#include <cstring>

#include "net/backpack/event_builder.h"
#if defined(__x86_64__)
#include "net/backpack/simd_digits.h"
#endif

namespace daypack::core {

#if defined(__x86_64__)

namespace {

// Up to eight characters as the word that they are in memory.
struct Literal {
    template <std::size_t kSize>
    consteval Literal(const char (&text)[kSize])  // NOLINT(google-explicit-constructor): stands for the text
        : mask(~std::uint64_t{0} >> (64 - 8 * (kSize - 1))), size(kSize - 1) {
        static_assert(kSize - 1 > 0 && kSize - 1 <= 8);
        for (std::size_t i = 0; i < size; ++i) word |= std::uint64_t{static_cast<unsigned char>(text[i])} << 8 * i;
    }
    std::uint64_t word = 0;
    std::uint64_t mask;
    std::size_t size;
};

// A place in a frame. One step may end in the padding behind the frame, never beyond it: no step is longer than 24
// bytes, and each loop compares the place with the frame's end before it goes on.
class Cursor {
  public:
    explicit Cursor(const char* at) noexcept : at_(at) {}
    [[nodiscard]] const char* at() const noexcept { return at_; }

    [[nodiscard]] bool sees(Literal text) const noexcept {
        std::uint64_t word;
        std::memcpy(&word, at_, sizeof word);
        return ((word ^ text.word) & text.mask) == 0;
    }
    [[nodiscard]] bool take(Literal text) noexcept {
        if (!sees(text)) return false;
        at_ += text.size;
        return true;
    }

    // A number as JSON has it, whole, not negative: no zero before other digits. At most 16 digits: what stands behind
    // it is for the caller to see.
    [[nodiscard]] DAYPACK_SSE41 bool take_number(std::uint64_t& number) noexcept {
        const TextVector text(at_);
        const unsigned size = text.digits_first();
        if (size == 0 || *at_ == '0') return false;
        number = text.number_first(size);
        at_ += size;
        return true;
    }

    // A decimal of that shape, fifteen characters at most, and a quote behind it, which is not taken.
    [[nodiscard]] DAYPACK_SSE41 bool take_decimal(const NumberShape& shape, std::int64_t& units) noexcept {
        const TextVector text(at_);
        const unsigned size = text.find('"');
        if (size < shape.least || size >= 16 || at_[size - shape.mark_from_end] != shape.mark) return false;
        std::uint64_t number = 0;
        if (!text.decimal_first(size, shape.decimals, number)) return false;
        units = static_cast<std::int64_t>(number);
        at_ += size;
        return true;
    }

    // What stands before the next quote; empty where that is far.
    [[nodiscard]] std::string_view take_to_quote() noexcept {
        constexpr std::size_t kMost = 24;
        const void* const quote = std::memchr(at_, '"', kMost);
        if (quote == nullptr) return {};
        const std::string_view text(at_, static_cast<std::size_t>(static_cast<const char*>(quote) - at_));
        at_ += text.size();
        return text;
    }

  private:
    const char* at_;
};

// Reads the levels of one market.
class LevelReader {
  public:
    LevelReader(const DepthTrailer& market, std::span<Event> room, const char* end) noexcept
        : market_(market), first_(room.data()), next_(room.data()), room_end_(room.data() + room.size()), end_(end) {}

    // Behind the last event.
    [[nodiscard]] Event* end() const noexcept { return next_; }

    // Those of one side, of which the first is there. False: not of this shape, or no room. The first event of all has
    // what the others share.
    [[nodiscard]] DAYPACK_SSE41 bool take(Cursor& cursor, Side side) noexcept {
        if (!cursor.take("[\"")) return false;
        do {
            if (cursor.at() >= end_ || next_ == room_end_) return false;
            Event& event = *next_++;
            if (&event != first_) event = *first_;
            event.side = side;
            if (!take_price(cursor, event.price) || !cursor.take("\",\"") || !take_quantity(cursor, event.quantity)) {
                return false;
            }
        } while (cursor.take("\"],[\""));
        return cursor.take("\"]");
    }

  private:
    [[nodiscard]] DAYPACK_SSE41 bool take_price(Cursor& cursor, Price& price) const noexcept {
        if (market_.price.is_plain) [[likely]] {
            return cursor.take_decimal(market_.price, price.ticks) && price.ticks != 0;
        }
        const auto read = market_.instrument->price(cursor.take_to_quote());
        if (!read) return false;
        price = *read;
        return true;
    }
    [[nodiscard]] DAYPACK_SSE41 bool take_quantity(Cursor& cursor, Quantity& quantity) const noexcept {
        if (market_.quantity.is_plain) [[likely]] {
            return cursor.take_decimal(market_.quantity, quantity.steps);
        }
        const auto read = market_.instrument->quantity(cursor.take_to_quote());
        if (!read) return false;
        quantity = *read;
        return true;
    }

    const DepthTrailer& market_;
    const Event* first_;
    Event* next_;
    Event* room_end_;
    const char* end_;  // of the levels
};

// The number that ends before `end`, and where it begins; `end` where there is none. REQUIRES: 16 bytes may be read
// before `end`.
DAYPACK_SSE41 const char* number_before(const char* end, std::uint64_t& number) noexcept {
    const TextVector text(end - 16);
    const unsigned size = text.digits_last();
    if (size == 0 || *(end - size) == '0') return end;
    number = text.number_last(size);
    return end - size;
}

}  // namespace

bool DepthScanner::cpu_can() noexcept {
    return __builtin_cpu_supports("sse4.1") != 0;
}

DAYPACK_SSE41 std::size_t DepthScanner::scan_usual(std::string_view frame, MonoTime receive, LineIndex line,
                                                   std::span<Event> room) noexcept {
    if (frame.size() < DepthTrailers::kLeast) return 0;
    const DepthTrailer* const market = ends_.find(frame);
    if (market == nullptr) return 0;
    const std::size_t before_id_end = frame.size() - market->id_to_end.size();
    if (before_id_end < ExpectedText::kMost) return 0;
    const char* const id_end = frame.data() + before_id_end;
    std::uint64_t last_id = 0;
    const char* const id = number_before(id_end, last_id);
    if (id == id_end || id < frame.data() + ExpectedText::kMost || !market->levels_to_id.stands_before(id)) return 0;
    const char* const levels_end = id - market->levels_to_id.size();

    Cursor cursor(frame.data());
    std::uint64_t send_us = 0;
    std::uint64_t match_us = 0;
    std::uint64_t first_id = 0;
    if (!cursor.take("{\"data\":") || !cursor.take("{\"E\":") || !cursor.take_number(send_us) ||
        !cursor.take(",\"T\":") || !cursor.take_number(match_us) || !cursor.take(",\"U\":") ||
        !cursor.take_number(first_id) || !cursor.take(",\"a\":[") || !are_update_ids(first_id, last_id)) {
        return 0;
    }
    Event& shared = room.front();
    const VenueTime match{static_cast<std::int64_t>(match_us)};
    shared = {.first_id = first_id,
              .last_id = last_id,
              .match = match,
              .receive = receive,
              .price = {},
              .quantity = {},
              .send_after_match_us = send_after_match(static_cast<std::int64_t>(send_us), match),
              .symbol = market->symbol,
              .line = line,
              .units = market->instrument->units};
    LevelReader levels(*market, room, levels_end);
    if (!cursor.sees("]") && !levels.take(cursor, Side::ask)) return 0;
    if (!cursor.take("],\"b\":[")) return 0;
    if (cursor.at() != levels_end && !levels.take(cursor, Side::bid)) return 0;
    if (cursor.at() != levels_end) return 0;
    if (levels.end() == room.data()) {
        shared.kind = EventKind::advance;
        shared.last = true;
        return 1;
    }
    levels.end()[-1].last = true;
    return static_cast<std::size_t>(levels.end() - room.data());
}

#else

bool DepthScanner::cpu_can() noexcept {
    return false;
}

std::size_t DepthScanner::scan_usual(std::string_view, MonoTime, LineIndex, std::span<Event>) noexcept {
    return 0;
}

#endif

}  // namespace daypack::core
