// SPDX-License-Identifier: MIT
#include "engine/shm/image_writer.h"

#include <algorithm>
#include <span>

#include "book/order_book.h"
#include "engine/shm/atomic_words.h"
#include "engine/shm/packed_words.h"
#include "engine/shm/seqlock.h"

namespace daypack::core {
namespace {

// One side of a snapshot as the image has it.
struct ImageSide {
    std::span<const Level> ascending;
    Side side;
    std::size_t kept;

    // REQUIRES: rank < kept.
    [[nodiscard]] const Level& best(std::size_t rank) const noexcept {
        return side == Side::bid ? ascending[ascending.size() - 1 - rank] : ascending[rank];
    }
    // As of a book that is seeded with the snapshot: where the venue cut it, or this image does, nothing is known of
    // what lies beyond.
    [[nodiscard]] std::int64_t known_to(std::int64_t tick) const noexcept {
        const auto& sizes = OrderBook::kTruncatedSizes;
        const bool cut =
            kept < ascending.size() || std::find(sizes.begin(), sizes.end(), ascending.size()) != sizes.end();
        return cut && kept != 0 ? best(kept - 1).price.ticks * tick : 0;
    }
    void store(daypack_level* to, const ImageWriter::Units& units) const noexcept {
        for (std::size_t rank = 0; rank < kept; ++rank) {
            store_relaxed(to[rank].price, best(rank).price.ticks * units.tick.mantissa);
            store_relaxed(to[rank].quantity, best(rank).quantity.steps * units.step.mantissa);
        }
    }
};

}  // namespace

bool ImageWriter::write(SymbolIndex symbol, const Snapshot& snapshot, const Units& units,
                        std::uint64_t position) const noexcept {
    const std::size_t room = segment_.layout().image_levels;
    const ImageSide bids{snapshot.bids, Side::bid, std::min(snapshot.bids.size(), room)};
    const ImageSide asks{snapshot.asks, Side::ask, std::min(snapshot.asks.size(), room)};
    daypack_image* const image = segment_.image(symbol, bids.kept, asks.kept);
    if (image == nullptr) return false;
    auto* const levels = reinterpret_cast<daypack_level*>(image + 1);
    const SeqlockWrite write(*image);
    store_relaxed(image->u, snapshot.last_id);
    store_relaxed(image->epoch, segment_.epoch());
    store_relaxed(image->position, position);
    store_relaxed(image->known_to_bid, bids.known_to(units.tick.mantissa));
    store_relaxed(image->known_to_ask, asks.known_to(units.tick.mantissa));
    store_relaxed(image->exponents, exponents_word(units.tick, units.step));
    store_relaxed(image->counts, counts_word(bids.kept, asks.kept));
    bids.store(levels, units);
    asks.store(levels + room, units);
    return true;
}

}  // namespace daypack::core
