// SPDX-License-Identifier: MIT
#include "engine/account/ring_texts.h"

#include <algorithm>

#include "engine/shm/ring_writer.h"

namespace daypack::core {

std::optional<std::string> RingTexts::next(std::uint64_t& lost) {
    for (;;) {
        daypack_record record;
        std::uint64_t lapped = 0;
        const int result = daypack_read_record(&reader_, &cursor_, &record, &lapped);
        lost += lapped;
        if (result == DAYPACK_EMPTY) return std::nullopt;
        if (result != DAYPACK_OK || daypack_record_kind(&record) != kTextRecord) {
            is_whole_ = false;
            continue;
        }
        if ((record.head & kTextBegins) != 0) {
            is_whole_ = true;
            text_.clear();
        }
        if (!is_whole_) continue;
        const std::size_t size = std::min<std::size_t>(daypack_record_symbol(&record), kTextBytes);
        text_.append(reinterpret_cast<const char*>(&record) + sizeof record.head, size);
        is_whole_ = text_.size() <= kTextMax;
        if (is_whole_ && (record.head & kTextEnds) != 0) return text_;
    }
}

}  // namespace daypack::core
