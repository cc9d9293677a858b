// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>

#include "engine/daypack_shm.h"

namespace daypack {

// Where the sections of a segment lie. Slots come last, so that memory is taken only for those in use.
struct SegmentLayout {
    // ring_events is rounded up to a power of two.
    SegmentLayout(std::size_t depth, std::size_t max_symbols, std::size_t ring_events) noexcept;

    // Tells readers, in the header of a new segment.
    void describe(daypack_header& header) const noexcept;
    // Whether a segment that is there already is laid out just so.
    [[nodiscard]] bool describes(const daypack_header& header) const noexcept;

    // How many words the section of counters, and that of histograms, has.
    [[nodiscard]] std::size_t counter_words() const noexcept;
    [[nodiscard]] std::size_t histogram_words() const noexcept;

    std::size_t depth, max_symbols, ring_events;
    std::size_t directory, lines, counters, histograms, ring, slots;  // offsets
    std::size_t slot_bytes;
    std::size_t bytes;
};

}  // namespace daypack
