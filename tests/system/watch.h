// SPDX-License-Identifier: MIT
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>

#include "tests/support/unpadded.h"
#include "tests/system/fault_rows.h"
#include "tests/system/live_reader.h"

namespace daypack::core {

// Watches the market of the rows as a reader does: compares what is LIVE with the truth at its `u`, and collects the
// other states that readers saw, in order.
//
// Thread: the one that constructs it. REQUIRES: the reader outlives it, and lists the market by now.
class Watch {
  public:
    // The venue's own book at a `u`, as LiveReader::Read puts it; empty where that is not known any more.
    using Truth = std::function<std::string(std::uint64_t u)>;

    Watch(LiveReader& live, Truth truth) : live_(live), truth_(std::move(truth)) {
        cursor_ = daypack_cursor(&live_.reader());
        index_ = static_cast<std::uint32_t>(daypack_find(&live_.reader(), kSymbol.c_str()));
    }

    // Looks once. True: the book is LIVE, and was right.
    bool look() {
        take_states();
        const auto read = live_.read(kSymbol);
        if (!read || read->book.top.state != DAYPACK_STATE_LIVE) return false;
        // Readers see the flag; nobody can say what a venue means that crosses its own book.
        if ((read->book.top.flags & DAYPACK_FLAG_CROSSED) != 0) return false;
        const std::uint64_t u = read->book.top.u;
        if (compared_.contains(u)) return true;
        const std::string truth = truth_(u);
        // Of a numbering that is over: it was right when it was read, and cannot be asked for any more.
        if (truth.empty()) return false;
        EXPECT_TRUE(same_text(unpadded(read->text), unpadded(truth))) << "LIVE and wrong at u " << u;
        compared_.insert(u);
        return true;
    }
    void take_states() {
        daypack_record record;
        std::uint64_t lost = 0;
        while (daypack_read_record(&live_.reader(), &cursor_, &record, &lost) == DAYPACK_OK) {
            if (daypack_record_kind(&record) != DAYPACK_KIND_STATE) continue;
            if (daypack_record_symbol(&record) != index_) continue;
            const auto state = static_cast<std::uint8_t>(record.status >> 32);
            const auto reason = static_cast<std::uint8_t>(record.status >> 40);
            if (state == DAYPACK_STATE_LIVE) continue;
            const std::string seen = std::string(daypack_state_name(state)) + "/" + daypack_reason_name(reason);
            if (std::find(seen_.begin(), seen_.end(), seen) == seen_.end()) seen_.push_back(seen);
        }
    }
    [[nodiscard]] const Sights& seen() const { return seen_; }
    // What the row demands to be seen was seen.
    [[nodiscard]] bool saw_first_of(const Row& row) const {
        return row.sights.empty() || std::find(seen_.begin(), seen_.end(), row.sights.front()) != seen_.end();
    }
    [[nodiscard]] std::string seen_text() const {
        std::string text;
        for (const auto& sight : seen_) text += (text.empty() ? "" : ", ") + sight;
        return text.empty() ? "nothing but LIVE" : text;
    }

  private:
    LiveReader& live_;
    Truth truth_;
    std::uint64_t cursor_ = 0;
    std::uint32_t index_ = 0;
    Sights seen_;
    std::set<std::uint64_t> compared_;
};

// A reader may see it in the course of that row.
inline bool expects(const Row& row, const std::string& sight) {
    return std::find(row.sights.begin(), row.sights.end(), sight) != row.sights.end();
}

}  // namespace daypack::core
