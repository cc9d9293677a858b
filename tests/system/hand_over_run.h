// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/unpadded.h"
#include "tests/system/live_program.h"

namespace daypack::core {

// Reads all books of an instance on a thread of its own, as a process would that keeps its reader open, through the
// inline functions of the C header alone: what each read says, how long a book was not LIVE, and whether the ring leads
// from one update to the next.
//
// Thread: the one that constructs it has the results after stop().
class HandOverWatch {
  public:
    // What a symbol's reads said.
    struct Sight {
        std::int64_t not_live_since_ns = 0;  // 0: it is LIVE
        std::int64_t longest_ns = 0;         // for which it was not LIVE, from the first such read to the next LIVE one
        std::uint64_t u = 0;                 // of the last LIVE read
        std::uint64_t ring_u = 0;            // where the ring stands; 0: not known
        std::string worst{};                 // the last state but LIVE
    };
    // A book that was LIVE.
    struct Taken {
        std::size_t symbol;
        LiveReader::Read read;
    };

    // `keep`: books for the comparison, at most. REQUIRES: the instance lists all symbols, and all are LIVE.
    HandOverWatch(const std::string& instance, std::vector<std::string> symbols, std::size_t keep)
        : symbols_(std::move(symbols)), sights_(symbols_.size()), keep_(keep) {
        live_.open(instance);
        inode_ = live_.reader().inode;
        thread_ = std::thread([this] { run(); });
    }
    ~HandOverWatch() { stop(); }
    HandOverWatch(const HandOverWatch&) = delete;
    HandOverWatch& operator=(const HandOverWatch&) = delete;

    void stop() {
        running_ = false;
        if (thread_.joinable()) thread_.join();
    }
    // Books are kept for the comparison from now on, so long as there is room.
    void keep_books(bool keep) { keeps_ = keep; }

    [[nodiscard]] const std::vector<Sight>& sights() const { return sights_; }
    [[nodiscard]] const std::vector<Taken>& taken() const { return taken_; }
    [[nodiscard]] double longest_ms() const {
        std::int64_t longest = 0;
        for (const Sight& sight : sights_) longest = std::max(longest, sight.longest_ns);
        return static_cast<double>(longest) / 1e6;
    }
    [[nodiscard]] std::string worst() const {
        for (const Sight& sight : sights_) {
            if (!sight.worst.empty()) return sight.worst;
        }
        return "LIVE throughout";
    }
    [[nodiscard]] std::uint64_t went_back() const { return went_back_; }  // LIVE at a u before the last LIVE one
    [[nodiscard]] std::uint64_t holes() const { return holes_; }          // updates that do not join in the ring
    [[nodiscard]] std::uint64_t snapshots() const { return snapshots_; }  // records that say: read the slot again
    [[nodiscard]] std::uint64_t lost() const { return lost_; }
    [[nodiscard]] std::uint64_t reads() const { return reads_; }
    [[nodiscard]] double longest_round_ms() const { return static_cast<double>(longest_round_ns_) / 1e6; }
    // It reads from the file that it opened.
    [[nodiscard]] bool kept_its_file() { return live_.reader().inode == inode_; }

    // Compares what was kept with the exchange's own books. Returns how many there were.
    std::size_t compare(const sim::Exchange& exchange) const {
        std::size_t compared = 0;
        for (const Taken& taken : taken_) {
            const auto& book = taken.read.book;
            if ((book.top.flags & DAYPACK_FLAG_CROSSED) != 0) continue;
            const std::string truth = exchange.truth(symbols_[taken.symbol], book.top.u);
            if (truth.empty()) continue;
            EXPECT_TRUE(is_part_of(taken.read.text, truth)) << symbols_[taken.symbol] << " at u " << book.top.u;
            ++compared;
        }
        return compared;
    }

  private:
    // A slot has the best levels alone: the text of its sides begins as that of the truth does.
    static testing::AssertionResult is_part_of(const std::string& is, const std::string& truth) {
        const std::string book = unpadded(is), all = unpadded(truth);
        const std::size_t asks = book.find("],\"asks\":"), all_asks = all.find("\"asks\":");
        if (asks == std::string::npos || all_asks == std::string::npos) return testing::AssertionFailure() << is;
        const std::string bids = book.substr(0, asks);
        const std::string of_asks = book.substr(asks + 2, book.size() - asks - 4);
        if (all.compare(0, bids.size(), bids) == 0 && all.compare(all_asks, of_asks.size(), of_asks) == 0) {
            return testing::AssertionSuccess();
        }
        return testing::AssertionFailure()
               << "LIVE and wrong\nis    " << book.substr(0, 300) << "\ntruth " << all.substr(0, 300);
    }

    void run() {
        cursor_ = daypack_cursor(&live_.reader());
        std::int64_t before = daypack_monotonic_ns();
        while (running_) {
            for (std::size_t i = 0; i < symbols_.size(); ++i) look(i);
            follow_ring();
            const std::int64_t now = daypack_monotonic_ns();
            longest_round_ns_ = std::max(longest_round_ns_, now - before);
            before = now;
            std::this_thread::sleep_for(std::chrono::microseconds(20));  // the engines want the core more
        }
    }

    void look(std::size_t i) {
        daypack_top top;
        const int symbol = index_of(i);
        if (daypack_read_top(&live_.reader(), symbol, &top) != DAYPACK_OK) return;
        ++reads_;
        Sight& sight = sights_[i];
        const std::int64_t now = daypack_monotonic_ns();
        if (top.state != DAYPACK_STATE_LIVE) {
            if (sight.not_live_since_ns == 0) sight.not_live_since_ns = now;
            sight.worst = std::string(daypack_state_name(top.state)) + "/" + daypack_reason_name(top.reason);
            return;
        }
        if (sight.not_live_since_ns != 0) sight.longest_ns = std::max(sight.longest_ns, now - sight.not_live_since_ns);
        sight.not_live_since_ns = 0;
        went_back_ += std::uint64_t{top.u < sight.u};
        const bool is_news = top.u != sight.u;
        sight.u = top.u;
        if (!is_news || !keeps_ || taken_.size() >= keep_) return;
        auto read = live_.read(symbols_[i]);
        if (read && read->book.top.state == DAYPACK_STATE_LIVE) taken_.push_back({i, std::move(*read)});
    }

    void follow_ring() {
        daypack_record record;
        std::uint64_t lost = 0;
        for (int result = DAYPACK_OK; result != DAYPACK_EMPTY;) {
            result = daypack_read_record(&live_.reader(), &cursor_, &record, &lost);
            lost_ += lost;
            if (result == DAYPACK_LOST) {
                for (Sight& sight : sights_) sight.ring_u = 0;
            }
            if (result == DAYPACK_OK) take(record);
        }
    }

    void take(const daypack_record& record) {
        const unsigned kind = daypack_record_kind(&record);
        const auto found = places_.find(daypack_record_symbol(&record));
        if (found == places_.end()) return;
        std::uint64_t& ring_u = sights_[found->second].ring_u;
        if (kind == DAYPACK_KIND_SNAPSHOT) {
            ++snapshots_;
            ring_u = record.last_id;
        }
        if (kind != DAYPACK_KIND_DELTA && kind != DAYPACK_KIND_ADVANCE) return;
        holes_ += std::uint64_t{ring_u != 0 && (record.first_id > ring_u + 1 || record.last_id < ring_u)};
        ring_u = record.last_id;
    }

    int index_of(std::size_t i) {
        if (indices_.size() <= i) {
            indices_.push_back(daypack_find(&live_.reader(), symbols_[i].c_str()));
            places_[static_cast<std::uint32_t>(indices_.back())] = i;
        }
        return indices_[i];
    }

    LiveReader live_;
    std::vector<std::string> symbols_;
    std::vector<int> indices_;
    std::map<std::uint32_t, std::size_t> places_;
    std::vector<Sight> sights_;
    std::vector<Taken> taken_;
    std::size_t keep_;
    std::uint64_t cursor_ = 0, went_back_ = 0, holes_ = 0, snapshots_ = 0, lost_ = 0, reads_ = 0;
    std::int64_t longest_round_ns_ = 0;
    std::uint64_t inode_ = 0;
    std::atomic<bool> running_{true};
    std::atomic<bool> keeps_{true};
    std::thread thread_;
};

}  // namespace daypack::core
