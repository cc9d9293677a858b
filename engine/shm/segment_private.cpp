// SPDX-License-Identifier: MIT
// A segment in memory that no reader sees, before it takes an instance over and after it has handed it over.
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

#include "engine/shm/segment.h"

namespace daypack::core {

namespace {

// Present for the first `bytes` of it, or told.
void reserve(const ShmFile& file, std::size_t bytes) {
    if (const int error = file.reserve(0, bytes); error != 0) {
        throw std::runtime_error("no memory for " + std::to_string((bytes >> 10) + 1) + " KiB (" +
                                 std::strerror(error) + "): free some");
    }
}

}  // namespace

// Where the other one's segment is of another version, no symbol of it is known; they are readers' to find again then.
void Segment::make_private(const SegmentOptions& options) {
    private_ = true;
    file_ = ShmFile::create_anonymous(layout_.bytes);
    reserve(*file_, layout_.slots);
    mapping_ = Mapping(file_->fd(), layout_.bytes);
    layout_.describe(header());
    daypack_reader reader{};
    std::size_t listed = 0;
    if (daypack_open_as(&reader, options.instance.c_str(), geteuid()) == DAYPACK_OK) {
        listed = daypack_symbols(&reader);
        seed(reader);
    }
    daypack_close(&reader);
    if (listed > layout_.max_symbols) {  // readers would lose the last of them without a word
        throw std::runtime_error("max_symbols: the engine that has instance \"" + options.instance + "\" lists " +
                                 std::to_string(listed) + " symbols, and each keeps its place: choose at least that");
    }
    begin_epoch(1);
}

void Segment::Room::make_ready(std::size_t bytes) const {
    reserve(file, bytes);
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
