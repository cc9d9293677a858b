// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "book/types.h"
#include "engine/include/daypack/reader.hpp"

namespace daypack::core {

// What the verbs that read shared memory say in words. Pure functions; what a hostile segment holds may look odd, no
// more.

// Text of a segment as it can go to a terminal: what is no printable ASCII as a backslash, x and two digits, a
// backslash as two of them.
[[nodiscard]] std::string escaped(std::string_view text);

// mantissa × 10^exponent, padded to the exponent: "86786.0", "12300".
[[nodiscard]] std::string number_text(std::int64_t mantissa, int exponent);
[[nodiscard]] std::string price_text(std::int64_t mantissa, const daypack_top& top);
[[nodiscard]] std::string quantity_text(std::int64_t mantissa, const daypack_top& top);
[[nodiscard]] std::string price_text(std::int64_t mantissa, const daypack_record& record);
[[nodiscard]] std::string quantity_text(std::int64_t mantissa, const daypack_record& record);

// "LIVE", "SYNCING/gap".
[[nodiscard]] std::string state_text(unsigned state, unsigned reason);
// unconfirmed, behind, crossed, partial.
[[nodiscard]] std::vector<std::string_view> flag_names(unsigned flags);
// " crossed partial"; nothing without flags.
[[nodiscard]] std::string flags_text(unsigned flags);
// Whether somebody asks for the symbol: one of an earlier list keeps its place, and says DOWN/stopped.
[[nodiscard]] bool is_followed(const daypack_top& top) noexcept;
// "RUNNING" and the other phases; "DEAD" and "STALLED" where the writer's beat says so.
[[nodiscard]] std::string writer_text(const daypack_reader& reader);
// "850 ns", "12.3 us", "4.56 ms", "1.20 s".
[[nodiscard]] std::string duration_text(std::uint64_t ns);
// The stages of an update on its way, in the order in which it passes them, each a histogram of shared memory.
struct Stage {
    daypack_histogram histogram;
    std::string_view name;  // "frame to shm"
    std::string_view key;   // "frame_to_shm_ns"
};
inline constexpr Stage kStages[] = {
    {DAYPACK_HISTOGRAM_FRAME_TO_SHM, "frame to shm", "frame_to_shm_ns"},
    {DAYPACK_HISTOGRAM_KERNEL, "kernel", "kernel_ns"},
    {DAYPACK_HISTOGRAM_DECODE, "decode", "decode_ns"},
    {DAYPACK_HISTOGRAM_QUEUE, "queue", "queue_ns"},
    {DAYPACK_HISTOGRAM_APPLY, "apply", "apply_ns"},
    {DAYPACK_HISTOGRAM_PUBLISH, "publish", "publish_ns"},
};
static_assert(std::size(kStages) == DAYPACK_HISTOGRAM_COUNT);

// How long ago a wall-clock time of shared memory was; 0 where that is still to come.
[[nodiscard]] std::uint64_t age_ns(std::uint64_t then_ns) noexcept;
// Wall clock as 12:34:56.789 UTC; "-" for 0.
[[nodiscard]] std::string time_of_day(std::int64_t ns);

// The symbol that the user means, in any of the four spellings. Throws std::runtime_error that names the nearest one.
[[nodiscard]] SymbolIndex require_symbol(Reader& reader, const std::string& text);
// That one, or with an empty text all of them. Throws where there is none at all.
[[nodiscard]] std::vector<SymbolIndex> require_symbols(Reader& reader, const std::string& text);

}  // namespace daypack::core
