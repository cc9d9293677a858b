// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/include/daypack/shm.h"

namespace daypack::core {

// Where the sections of a segment lie, in bytes from its start. Slots and images come last, so that only those in use
// take memory.
//
// Thread: any; the layout does not change once it is made.
struct SegmentLayout {
    // Rounds ring_events up to a power of two. `image_levels`: a side of the image of a whole book; 0: no images.
    SegmentLayout(std::size_t depth, std::size_t max_symbols, std::size_t ring_events,
                  std::size_t image_levels = 0) noexcept;

    // Writes the layout into the header of a new segment, for readers.
    void describe(daypack_header& header) const noexcept;
    // Returns whether a segment with this header has the same layout.
    [[nodiscard]] bool describes(const daypack_header& header) const noexcept;

    // Return the number of words in the section of counters and in that of histograms.
    [[nodiscard]] std::size_t counter_words() const noexcept;
    [[nodiscard]] std::size_t histogram_words() const noexcept;

    std::size_t depth, max_symbols, ring_events;
    std::size_t directory, lines, counters, histograms, ring, slots;  // offsets
    std::size_t slot_bytes;
    std::size_t image_levels, images, image_bytes;  // behind the slots; 0 where there are none
    std::size_t bytes;

  private:
    // A word of the header that says something of the layout.
    struct Word {
        std::uint64_t daypack_header::*place;
        std::uint64_t value;
    };
    static constexpr std::size_t kWords = 26;
    [[nodiscard]] std::array<Word, kWords> words() const noexcept;
};

}  // namespace daypack::core
