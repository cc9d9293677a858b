// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>

#include "book/instrument.h"
#include "book/snapshot.h"
#include "book/types.h"
#include "engine/shm/segment.h"

namespace daypack::core {

// Writes images of whole books beside the slots, for readers whose slots are not as deep as they need
// (engine/include/daypack/follow.h says what such a reader makes of it). Each has a seqlock of its own.
//
// Thread: control. Ownership: the images belong to the Segment, which must outlive this object.
class ImageWriter {
  public:
    // The units that the ticks and steps of a snapshot count.
    struct Units {
        Unit tick, step;
    };

    explicit ImageWriter(const Segment& segment) noexcept : segment_(segment) {}

    // Writes a snapshot for the image of a symbol. `position`: where the ring ended when the snapshot had come and no
    // audit had compared it yet. A side that is too long is cut, and known_to says so. Returns false where /dev/shm has
    // no room: the image stays as it was. REQUIRES: the segment has images.
    [[nodiscard]] bool write(SymbolIndex symbol, const Snapshot& snapshot, const Units& units,
                             std::uint64_t position) const noexcept;

  private:
    const Segment& segment_;
};

}  // namespace daypack::core
