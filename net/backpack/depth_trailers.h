// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "book/instrument.h"
#include "net/backpack/symbol.h"

namespace daypack::core {

// Text that a frame must have before a given place. All that can be of it is compared, whatever its size.
class ExpectedText {
  public:
    static constexpr std::size_t kMost = 64;

    // REQUIRES: text.size() <= kMost.
    void set(std::string_view text) noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    // REQUIRES: kMost bytes may be read before `end`.
    [[nodiscard]] bool stands_before(const char* end) const noexcept {
        Pair other{};
        for (std::size_t i = 0; i < kPairs; ++i) {
            Pair pair;
            std::memcpy(&pair, end - kMost + sizeof pair * i, sizeof pair);
            other |= (pair ^ words_[i]) & mask_[i];
        }
        return (other[0] | other[1]) == 0;
    }

  private:
    using Pair = std::uint64_t __attribute__((vector_size(16)));  // compared at once
    static constexpr std::size_t kPairs = kMost / sizeof(Pair);

    std::array<Pair, kPairs> words_{};  // the text ends where these do
    std::array<Pair, kPairs> mask_{};   // of its bytes
    std::size_t size_ = 0;
};

// How the venue writes the numbers of one unit: padded to it.
struct NumberShape {
    // In steps of a power of ten, with so many digits behind the point.
    explicit NumberShape(Unit unit) noexcept
        : is_plain(unit.mantissa == 1 && unit.exponent <= 0 && unit.exponent >= -6),
          decimals(static_cast<std::uint8_t>(is_plain ? -unit.exponent : 0)),
          least(decimals == 0 ? 1 : decimals + 2),
          mark_from_end(decimals == 0 ? 0 : decimals + 1),
          mark(decimals == 0 ? '"' : '.') {}
    NumberShape() noexcept : NumberShape(Unit{}) {}
    // Written in any way.
    [[nodiscard]] static NumberShape other() noexcept {
        NumberShape shape;
        shape.is_plain = false;
        return shape;
    }

    bool is_plain;               // false: not written so that there is a short cut
    std::uint8_t decimals;       // digits behind the point
    std::uint8_t least;          // characters that it has at the least
    std::uint8_t mark_from_end;  // where, counted from behind its last character, `mark` stands:
    char mark;                   // its point, or, where it has none, the quote behind it
};

// How a depth frame of one market ends, and how its numbers are written.
struct DepthTrailer {
    ExpectedText levels_to_id;  // ],"e":"depth","s":"SOL_USDC","u":
    ExpectedText id_to_end;     // },"stream":"depth.SOL_USDC"}
    const Instrument* instrument = nullptr;
    SymbolIndex symbol = 0;
    NumberShape price;
    NumberShape quantity;
};

// The last bytes of a depth frame -> its market: the name stands there, and all before it is the same in every frame.
//
// Thread: its net thread; the table may grow, and instruments be replaced, meanwhile on another. No allocation after
// construction.
class DepthTrailers {
  public:
    // REQUIRES: the table outlives this.
    DepthTrailers(const InstrumentTable& table, DepthStream depth);

    // Null: no market's of the table, or one whose name is too long to be here. On a miss looks whether the table has
    // grown. REQUIRES: frame.size() >= kLeast.
    [[nodiscard]] const DepthTrailer* find(std::string_view frame) noexcept {
        const std::uint32_t hash = hash_of(frame);
        DepthTrailer* trailer = probe(frame, hash);
        if (trailer == nullptr) [[unlikely]] {
            trailer = take_in_new() ? probe(frame, hash) : nullptr;
            if (trailer == nullptr) return nullptr;
        }
        if (const Instrument& now = table_[trailer->symbol]; &now != trailer->instrument) [[unlikely]]
            follow(*trailer, now);
        return trailer;
    }
    static constexpr std::size_t kLeast = ExpectedText::kMost;

  private:
    struct Entry {
        std::uint32_t hash = 0;
        std::uint32_t at = kNone;  // in trailers_
    };
    static constexpr std::uint32_t kNone = UINT32_MAX;

    // Of the last bytes: most names whole, and what is before short ones.
    static constexpr std::size_t kHashed = 24;
    [[nodiscard]] static std::uint32_t hash_of(std::string_view frame) noexcept {
        const char* const end = frame.data() + frame.size();
        std::uint64_t first, second, third;
        std::memcpy(&first, end - 24, 8);
        std::memcpy(&second, end - 16, 8);
        std::memcpy(&third, end - 8, 8);
        const std::uint64_t hash =
            (first ^ std::rotl(second, 23)) * 0x9e3779b97f4a7c15ull + third * 0xd6e8feb86659fd93ull;
        return static_cast<std::uint32_t>((hash ^ hash >> 29) * 0xa0761d6478bd642full >> 32);
    }
    [[nodiscard]] DepthTrailer* probe(std::string_view frame, std::uint32_t hash) noexcept {
        for (std::uint32_t at = hash & mask_; entries_[at].at != kNone; at = (at + 1) & mask_) {
            if (entries_[at].hash != hash) continue;
            DepthTrailer& trailer = trailers_[entries_[at].at];
            if (trailer.id_to_end.stands_before(frame.data() + frame.size())) return &trailer;
        }
        return nullptr;
    }
    // Takes in the markets that the table has and this has not; false: none.
    [[nodiscard]] bool take_in_new() noexcept;
    void add(SymbolIndex symbol);
    static void follow(DepthTrailer& trailer, const Instrument& instrument) noexcept;

    const InstrumentTable& table_;
    std::string_view prefix_;  // of the stream's name
    std::size_t seen_ = 0;     // of the table
    std::uint32_t mask_;
    std::vector<Entry> entries_;  // at most a quarter full, so a probe ends soon
    std::vector<DepthTrailer> trailers_;
};

}  // namespace daypack::core
