// SPDX-License-Identifier: MIT
// A segment in memory that no reader sees, before it takes an instance over and after it has handed it over.
#include <sys/mman.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

#include "engine/shm/segment.h"

namespace daypack::core {

void Segment::Room::make_ready(std::size_t bytes) const {
    if (const int error = file.reserve(0, bytes); error != 0) {
        throw std::runtime_error("no memory for " + std::to_string(bytes >> 10) + " KiB (" + std::strerror(error) +
                                 "): free some");
    }
#ifdef MADV_POPULATE_WRITE
    (void)madvise(mapping.base(), bytes, MADV_POPULATE_WRITE);  // where it cannot be, pages come as they are touched
#endif
}

Segment::Room Segment::make_private_room() const {
    Room room{ShmFile::create_anonymous(layout_.bytes), {}};
    room.mapping = Mapping(room.file.fd(), layout_.bytes);
    return room;
}

Segment::Room Segment::exchange(Room& room, bool to_private) {
    Mapping left(file_->fd(), layout_.bytes);
    mapping_.become(room.mapping);
    std::swap(*file_, room.file);
    private_ = to_private;
    return {std::move(room.file), std::move(left)};
}

}  // namespace daypack::core
