// SPDX-License-Identifier: MIT
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/include/daypack/shm.h"
#include "tests/system/live_engine.h"

namespace daypack::core {

// Checks that books which were once LIVE stay LIVE for every reader, each from a single snapshot. A test keeps it alive
// while these symbols lose nothing.
//
// Thread: one of its own reads the shared memory, as another process would: the books, and every change of state in the
// ring, so that none is too short to be seen. REQUIRES: the engine outlives it.
//
// A stall of the writer is no failure: a busy machine causes it.
class Calm {
  public:
    // Throws std::runtime_error where there is no such instance.
    Calm(const std::string& instance, const std::vector<std::string>& symbols) {
        if (daypack_open(&reader_, instance.c_str()) != DAYPACK_OK) throw std::runtime_error("no shared memory");
        cursor_ = daypack_cursor(&reader_);
        for (const auto& name : symbols) watched_.push_back({name});
        for (Watched& symbol : watched_) {
            look(symbol);
            symbol.before = counts(symbol);
            symbol.before.was_live = symbol.was_live;
        }
        thread_ = std::thread([this] {
            while (!over_) {
                look();
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
        });
    }
    Calm(const Calm&) = delete;
    Calm& operator=(const Calm&) = delete;
    ~Calm() {
        end();
        daypack_close(&reader_);
    }

    // Checks for the last time, and returns what was wrong.
    void end() {
        if (!thread_.joinable()) return;
        over_ = true;
        thread_.join();
        look();
        for (const Watched& symbol : watched_) {
            EXPECT_EQ(symbol.seen, "") << symbol.name << " was LIVE, lost nothing, and was seen otherwise";
            const Counts now = counts(symbol);
            EXPECT_EQ(now.resyncs, symbol.before.resyncs) << symbol.name;
            if (!symbol.was_live) continue;
            const std::uint64_t joins = symbol.before.was_live ? symbol.before.snapshots : 1 + symbol.before.resyncs;
            EXPECT_EQ(now.snapshots, joins) << symbol.name << ": more than one snapshot";
            EXPECT_EQ(now.refetches, symbol.before.refetches)
                << symbol.name << ": snapshots that did not fit, once LIVE";
        }
    }

  private:
    struct Counts {
        std::uint64_t snapshots = 0, refetches = 0, resyncs = 0;
        bool was_live = false;  // then its snapshot is among them; a resync may have ended in the next, without one
    };
    struct Watched {
        std::string name;
        bool was_live = false;
        std::string seen{};  // that was not LIVE, each once
        Counts before{};
    };

    [[nodiscard]] Counts counts(const Watched& symbol) {
        const int index = daypack_find(&reader_, symbol.name.c_str());
        if (index < 0) return {};
        const auto count = [&](unsigned which) {
            return daypack_symbol_counter(&reader_, static_cast<unsigned>(index), which);
        };
        return {count(DAYPACK_SYMBOL_snapshots), count(DAYPACK_SYMBOL_refetches), count(DAYPACK_SYMBOL_resyncs), false};
    }
    void note(Watched& symbol, unsigned state, unsigned reason, std::uint64_t u) {
        if (state == DAYPACK_STATE_LIVE && !symbol.was_live) {
            symbol.was_live = true;
            // How often a book asks until it joins is the machine's affair: one that stalls has the answer before the
            // updates that it must meet.
            symbol.before.refetches = counts(symbol).refetches;
        }
        if (state == DAYPACK_STATE_LIVE || !symbol.was_live || reason == DAYPACK_REASON_writer_stalled) return;
        const std::string text = std::string(daypack_state_name(state)) + "/" + daypack_reason_name(reason);
        if (symbol.seen.find(text) == std::string::npos) symbol.seen += text + " at u " + std::to_string(u) + "; ";
    }
    void look(Watched& symbol) {
        daypack_top top;
        const int index = daypack_find(&reader_, symbol.name.c_str());
        if (index < 0 || daypack_read_top(&reader_, index, &top) != DAYPACK_OK) return;
        note(symbol, top.state, top.reason, top.u);
    }
    // The ring is read first, because its records are older than what the books show.
    void look() {
        daypack_record record;
        std::uint64_t lost = 0;
        for (int result = DAYPACK_OK; result != DAYPACK_EMPTY;) {
            result = daypack_read_record(&reader_, &cursor_, &record, &lost);
            if (result != DAYPACK_OK || daypack_record_kind(&record) != DAYPACK_KIND_STATE) continue;
            for (Watched& symbol : watched_) {
                if (daypack_find(&reader_, symbol.name.c_str()) != static_cast<int>(daypack_record_symbol(&record)))
                    continue;
                note(symbol, static_cast<std::uint8_t>(record.status >> 32),
                     static_cast<std::uint8_t>(record.status >> 40), record.last_id);
            }
        }
        for (Watched& symbol : watched_) look(symbol);
    }

    daypack_reader reader_{};
    std::uint64_t cursor_ = 0;
    std::vector<Watched> watched_;
    std::atomic<bool> over_{false};
    std::thread thread_;
};

// Checks the same by the exchange's own log: of all requests for a book, one a symbol was for a join, and the others
// were checks of books that were there.
inline void expect_one_snapshot_each(const sim::Exchange& exchange, LiveEngine& live,
                                     const std::vector<std::string>& symbols) {
    std::uint64_t beyond = exchange.statistics().depth_requests;  // looked at first: doubts go on
    for (const auto& symbol : symbols) {
        const std::uint64_t due = 1 + live.counter(symbol, DAYPACK_SYMBOL_checks);
        beyond -= std::min(beyond, due);
    }
    EXPECT_EQ(beyond, 0U) << "snapshots beyond one a book and its audits\n" << live.log();
}

}  // namespace daypack::core
