// SPDX-License-Identifier: MIT
#include "engine/shm/segment_layout.h"

#include <bit>

#include "engine/shm/atomic_words.h"

namespace daypack::core {
namespace {

constexpr std::size_t kPage = 4096;

[[nodiscard]] std::size_t round_up(std::size_t bytes, std::size_t to) noexcept {
    return (bytes + to - 1) / to * to;
}

}  // namespace

SegmentLayout::SegmentLayout(std::size_t depth_, std::size_t max_symbols_, std::size_t ring_events_) noexcept
    : depth(depth_), max_symbols(max_symbols_), ring_events(std::bit_ceil(ring_events_)) {
    directory = kPage;
    lines = round_up(directory + max_symbols * sizeof(daypack_entry), kPage);
    counters = round_up(lines + DAYPACK_MAX_LINES * sizeof(daypack_line_entry), kPage);
    histograms = round_up(counters + 8 * counter_words(), kPage);
    ring = round_up(histograms + 8 * histogram_words(), kPage);
    slots = round_up(ring + ring_events * sizeof(daypack_record), kPage);
    slot_bytes = round_up(sizeof(daypack_slot) + 2 * depth * sizeof(daypack_level), sizeof(daypack_slot));
    bytes = slots + max_symbols * slot_bytes;
}

std::size_t SegmentLayout::counter_words() const noexcept {
    return DAYPACK_ENGINE_COUNTER_COUNT + DAYPACK_MAX_LINES * DAYPACK_LINE_COUNTER_COUNT +
           max_symbols * DAYPACK_SYMBOL_COUNTER_COUNT;
}

std::size_t SegmentLayout::histogram_words() const noexcept {
    return std::size_t{DAYPACK_HISTOGRAM_COUNT} * DAYPACK_HISTOGRAM_BUCKETS;
}

void SegmentLayout::describe(daypack_header& header) const noexcept {
    store_relaxed(header.version, std::uint64_t{DAYPACK_LAYOUT_VERSION});
    store_relaxed(header.total_bytes, bytes);
    store_relaxed(header.directory_offset, directory);
    store_relaxed(header.slots_offset, slots);
    store_relaxed(header.slot_bytes, slot_bytes);
    store_relaxed(header.ring_offset, ring);
    store_relaxed(header.ring_events, ring_events);
    store_relaxed(header.counters_offset, counters);
    store_relaxed(header.histograms_offset, histograms);
    store_relaxed(header.lines_offset, lines);
    store_relaxed(header.depth, depth);
    store_relaxed(header.max_symbols, max_symbols);
}

bool SegmentLayout::describes(const daypack_header& header) const noexcept {
    daypack_header mine{};
    describe(mine);
    const auto same = [&](std::uint64_t daypack_header::*field) { return load_relaxed(header.*field) == mine.*field; };
    return same(&daypack_header::version) && same(&daypack_header::total_bytes) &&
           same(&daypack_header::directory_offset) && same(&daypack_header::slots_offset) &&
           same(&daypack_header::slot_bytes) && same(&daypack_header::ring_offset) &&
           same(&daypack_header::ring_events) && same(&daypack_header::counters_offset) &&
           same(&daypack_header::histograms_offset) && same(&daypack_header::lines_offset) &&
           same(&daypack_header::depth) && same(&daypack_header::max_symbols);
}

}  // namespace daypack::core
