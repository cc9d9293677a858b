// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace daypack::core::selfcheck {

inline constexpr std::int64_t kNsPerUs = 1'000;

// Values of one kind, for their percentiles. Beyond kMax every other one is left out, and so on.
class Sample {
  public:
    void add(std::int64_t value) {
        ++count_;
        if (count_ % every_ != 0) return;
        if (values_.size() == kMax) {
            std::size_t kept = 0;
            for (std::size_t i = 1; i < values_.size(); i += 2) values_[kept++] = values_[i];
            values_.resize(kept);
            every_ *= 2;
        }
        values_.push_back(value);
    }
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    // 0 where there is none.
    [[nodiscard]] std::int64_t at_per_mille(std::size_t per_mille) const {
        if (values_.empty()) return 0;
        std::vector<std::int64_t> sorted = values_;
        const std::size_t rank = (sorted.size() - 1) * per_mille / 1000;
        std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(rank), sorted.end());
        return sorted[rank];
    }

  private:
    static constexpr std::size_t kMax = 1u << 16;
    std::vector<std::int64_t> values_;
    std::uint64_t count_ = 0;
    std::uint64_t every_ = 1;
};

struct SymbolFigures {
    std::uint64_t updates = 0;  // depth messages, over all lines
    std::uint64_t scanned = 0;  // of these, by the fast scanner
    std::uint64_t many_levels = 0;
    std::uint64_t without_levels = 0;
    std::uint64_t others = 0;  // trades and what else came
    Sample delay_send_us;      // receive - E
    Sample delay_match_us;     // receive - T
    std::int64_t match_back_us_max = 0;
    std::uint64_t audits = 0;
    std::uint64_t audits_differ = 0;
    std::uint64_t audits_lost = 0;  // that came to no end
    std::uint64_t levels_compared = 0;
    std::size_t bids_max = 0;
    std::size_t asks_max = 0;
    Sample snapshot_ahead;  // its id, less the newest that a line had brought when it came
    Sample resync_us;       // from the doubt to LIVE
    std::string state;      // at the end
};

struct LineFigures {
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;
    std::uint64_t firsts = 0;  // of two copies the first
    Sample lead_us;            // by which it was
    Sample pong_us;
    std::uint64_t server_pings = 0;
    std::int64_t connect_us = 0;
    std::int64_t reconnect_us = 0;  // of the one that was replaced on purpose; 0: it was not
    std::int64_t close_us = 0;      // from our Close to the end; 0: none came in time
    std::uint64_t downs = 0;        // how often it went down unasked
    std::vector<std::string> ends;  // why, of the first few

    static constexpr std::size_t kEndsMax = 5;
};

struct RestFigures {
    std::uint64_t answers = 0;
    Sample took_us;
    Sample bytes;
    int age_s_max = -1;   // -1: no answer had an Age
    std::string caching;  // as the last one said
};

// All that was measured.
struct Figures {
    double seconds = 0;
    std::size_t addresses = 0;  // of the WebSocket's host
    std::map<std::string, SymbolFigures> symbols;
    std::vector<LineFigures> lines;
    std::map<std::string, RestFigures> rest;  // by path
    bool has_clock = false;
    std::int64_t clock_offset_us = 0;  // the venue's less ours
    std::int64_t clock_bound_us = 0;   // by so much it may be wrong
    std::uint64_t copies = 0;
    std::uint64_t copies_cut_otherwise = 0;  // the same u, another U
};

}  // namespace daypack::core::selfcheck
