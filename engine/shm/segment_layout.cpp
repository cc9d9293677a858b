// SPDX-License-Identifier: MIT
#include "engine/shm/segment_layout.h"

#include <algorithm>
#include <bit>

#include "engine/include/daypack/follow.h"
#include "engine/shm/atomic_words.h"

namespace daypack::core {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kTwoLines = 128;  // cache lines: processors fetch them in pairs

[[nodiscard]] std::size_t round_up(std::size_t bytes, std::size_t to) noexcept {
    return (bytes + to - 1) / to * to;
}

}  // namespace

SegmentLayout::SegmentLayout(std::size_t depth_, std::size_t max_symbols_, std::size_t ring_events_,
                             std::size_t image_levels_) noexcept
    : depth(depth_), max_symbols(max_symbols_), ring_events(std::bit_ceil(ring_events_)), image_levels(image_levels_) {
    directory = kPage;
    lines = round_up(directory + max_symbols * sizeof(daypack_entry), kPage);
    counters = round_up(lines + DAYPACK_MAX_LINES * sizeof(daypack_line_entry), kPage);
    histograms = round_up(counters + 8 * counter_words(), kPage);
    ring = round_up(histograms + 8 * histogram_words(), kPage);
    slots = round_up(ring + ring_events * sizeof(daypack_record), kPage);
    slot_bytes = round_up(sizeof(daypack_slot) + 2 * depth * sizeof(daypack_level), kTwoLines);
    bytes = slots + max_symbols * slot_bytes;
    images = image_levels == 0 ? 0 : round_up(bytes, kPage);
    image_bytes =
        image_levels == 0 ? 0 : round_up(sizeof(daypack_image) + 2 * image_levels * sizeof(daypack_level), kPage);
    if (image_levels != 0) bytes = images + max_symbols * image_bytes;
}

std::size_t SegmentLayout::counter_words() const noexcept {
    return DAYPACK_ENGINE_COUNTER_COUNT + DAYPACK_MAX_LINES * DAYPACK_LINE_COUNTER_COUNT +
           max_symbols * DAYPACK_SYMBOL_COUNTER_COUNT;
}

std::size_t SegmentLayout::histogram_words() const noexcept {
    return std::size_t{DAYPACK_HISTOGRAM_COUNT} * DAYPACK_HISTOGRAM_BUCKETS;
}

std::array<SegmentLayout::Word, SegmentLayout::kWords> SegmentLayout::words() const noexcept {
    using Head = daypack_header;
    return {{
        {&Head::version, DAYPACK_LAYOUT_VERSION},
        {&Head::total_bytes, bytes},
        {&Head::directory_offset, directory},
        {&Head::slots_offset, slots},
        {&Head::slot_bytes, slot_bytes},
        {&Head::ring_offset, ring},
        {&Head::ring_events, ring_events},
        {&Head::counters_offset, counters},
        {&Head::histograms_offset, histograms},
        {&Head::lines_offset, lines},
        {&Head::depth, depth},
        {&Head::max_symbols, max_symbols},
        {&Head::header_bytes, sizeof(daypack_header)},
        {&Head::slot_head_bytes, sizeof(daypack_slot)},
        {&Head::record_bytes, sizeof(daypack_record)},
        {&Head::entry_bytes, sizeof(daypack_entry)},
        {&Head::line_entry_bytes, sizeof(daypack_line_entry)},
        {&Head::max_lines, DAYPACK_MAX_LINES},
        {&Head::engine_counters, DAYPACK_ENGINE_COUNTER_COUNT},
        {&Head::line_counters, DAYPACK_LINE_COUNTER_COUNT},
        {&Head::symbol_counters, DAYPACK_SYMBOL_COUNTER_COUNT},
        {&Head::histograms, DAYPACK_HISTOGRAM_COUNT},
        {&Head::histogram_buckets, DAYPACK_HISTOGRAM_BUCKETS},
        {&Head::images_offset, images},
        {&Head::image_bytes, image_bytes},
        {&Head::image_levels, image_levels},
    }};
}

void SegmentLayout::describe(daypack_header& header) const noexcept {
    for (const auto& [place, value] : words()) store_relaxed(header.*place, value);
}

bool SegmentLayout::describes(const daypack_header& header) const noexcept {
    const auto words = this->words();
    return std::all_of(words.begin(), words.end(),
                       [&](const Word& word) { return load_relaxed(header.*word.place) == word.value; });
}

}  // namespace daypack::core
