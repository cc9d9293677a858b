// SPDX-License-Identifier: MIT
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <stdexcept>
#include <utility>
#include <vector>

#include "engine/shm/atomic_words.h"
#include "engine/shm/book_carrier.h"
#include "engine/shm/segment.h"

namespace daypack::core::test {

[[nodiscard]] inline WallTime wall_now() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return {now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec};
}

// Brings the books of `next`, which is private, to the readers of the file that the engine before has left, as HandOver
// does, but in one thread. Returns those that are behind; who writes the segment begins anew. REQUIRES: nobody has the
// file's lock; what is to be carried record by record was published with the time of the wall clock.
inline std::vector<SymbolIndex> take_over_here(Segment& next) {
    auto file = ShmFile::open_unlocked(next.path());
    if (!file || !file->lock()) throw std::runtime_error("no lock");
    daypack_reader old{};
    Mapping mapping(file->fd(), file->size());
    old.fd = file->fd();
    old.base = reinterpret_cast<const unsigned char*>(mapping.base());
    old.bytes = file->size();
    if (!daypack_take_geometry(&old)) throw std::runtime_error("no segment");
    auto& head = *reinterpret_cast<daypack_header*>(mapping.base());
    Segment::mend_ring_of(head, reinterpret_cast<daypack_record*>(mapping.base() + old.ring_offset), old.ring_events);
    Segment::Room room{std::move(*file), std::move(mapping)};
    room.make_ready(next.in_use());
    const BookCarrier::Target target{
        .base = room.mapping.base(), .epoch = load_relaxed(head.epoch), .position = load_relaxed(head.claimed)};
    BookCarrier carrier(next);
    carrier.prepare(target, &old);
    carrier.carry();
    const Segment::Room left = next.exchange(room, false);
    next.set_epoch(target.epoch + 1);
    return carrier.behind();
}

}  // namespace daypack::core::test
