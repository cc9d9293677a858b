// SPDX-License-Identifier: MIT
#include <optional>
#include <stdexcept>

#include "bench/rig/keep.h"
#include "bench/rivals/references.h"
#include "bench/rows/rows.h"
#include "book/order_book.h"
#include "net/backpack/decoder.h"

namespace daypack::core::bench {
namespace {

constexpr std::size_t kDepth = 64;  // levels a side at hand in order: the default of `depth`
constexpr std::size_t kMaxLevels = 32'768;

// Every frame decoded, applied, and the best bid and offer read.
double ours(const Input& input, const Frames& frames, bool scan) {
    Decoder::Limits limits;
    limits.scan = scan;
    Decoder decoder(input.table, DepthStream::realtime, limits);
    OrderBook book(kMaxLevels, kDepth);
    book.seed(input.seed);
    return ns_each([&] {
        for (std::size_t i = 0; i < frames.size(); ++i) {
            const Decoded decoded = decoder.decode(frames[i], MonoTime{1}, 0);
            if (decoded.kind != FrameKind::depth) throw std::runtime_error("a depth frame cannot be read");
            for (const Event& event : decoded.events) {
                if (event.kind == EventKind::delta) book.apply(event.side, event.price, event.quantity);
            }
            keep(best_of(book));
            book.clear_dirty();
        }
        return frames.size();
    });
}

double reference(const Input& input, const Frames& frames) {
    DomReader reader;
    TreeBook book;
    book.seed(input.seed);
    return ns_each([&] {
        for (std::size_t i = 0; i < frames.size(); ++i) {
            const bool read = reader.read(frames[i], input.instrument(), [&](Side side, auto price, auto quantity) {
                book.apply(side, price, quantity);
            });
            if (!read) throw std::runtime_error("RapidJSON cannot read a depth frame");
            keep(book.best());
        }
        return frames.size();
    });
}

// Reads each byte, finds each quote, and stores one word a level: a level has four quotes.
double floor(const Frames& frames) {
    std::vector<std::uint64_t> words(4096);
    return ns_each([&] {
        for (std::size_t i = 0; i < frames.size(); ++i) {
            const std::string_view frame = frames[i];
            std::size_t quotes = 0;
            for (std::size_t at = 0; at < frame.size(); at += 8) {  // eight at a time; behind the frame stand zeros
                std::uint64_t word;
                __builtin_memcpy(&word, frame.data() + at, sizeof word);
                const std::uint64_t other = word ^ 0x2222222222222222ull;
                for (std::uint64_t found = (other - 0x0101010101010101ull) & ~other & 0x8080808080808080ull; found != 0;
                     found &= found - 1) {
                    if (++quotes % 4 == 0) words[(quotes / 4) % words.size()] = word + at;
                }
            }
            keep(words.data());
        }
        return frames.size();
    });
}

Row against_reference(const Input& input, const Frames& frames, bool scan, const char* name, double target,
                      const char* what) {
    const Pair pair = compare(
        input.effort.rounds, [&] { return ours(input, frames, scan); }, [&] { return reference(input, frames); });
    return {.name = name,
            .value = pair.ours,
            .unit = "ns a frame",
            .reference = pair.other,
            .ratio = pair.other_to_ours,
            .bound = Row::Bound::least,
            .target = target,
            .what = what,
            .spread = pair.ratios};
}

Row against_floor(const Input& input, const Frames& frames, const char* name, const char* what) {
    const Pair pair = compare(
        input.effort.rounds, [&] { return ours(input, frames, true); }, [&] { return floor(frames); });
    return {.name = name,
            .value = pair.ours,
            .unit = "ns a frame",
            .floor = pair.other,
            .ratio = 1 / pair.other_to_ours,
            .bound = Row::Bound::most,
            .target = 4,
            .what = what,
            .spread = pair.inverse()};
}

}  // namespace

std::vector<Row> decode_apply(const Input& input) {
    return {
        against_reference(input, input.fives, false, "decode_apply.simdjson_5", 4,
                          "five levels, simdjson alone, against RapidJSON in situ and std::map"),
        against_reference(input, input.frames, false, "decode_apply.simdjson_1", 4, "the same, frames as they came"),
        against_reference(input, input.fives, true, "decode_apply.scan_5", 8, "five levels, with the scanner"),
        against_reference(input, input.frames, true, "decode_apply.scan_1", 6, "the same, frames as they came"),
    };
}

std::vector<Row> decode_apply_floor(const Input& input) {
    return {
        against_floor(input, input.fives, "decode_apply_floor.5",
                      "five levels, against a loop that finds every quote and stores a word a level"),
        against_floor(input, input.frames, "decode_apply_floor.1", "the same, frames as they came"),
    };
}

}  // namespace daypack::core::bench
