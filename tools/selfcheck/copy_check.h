// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>

#include "book/types.h"
#include "tools/selfcheck/assumptions.h"
#include "tools/selfcheck/figures.h"
#include "tools/selfcheck/frame_check.h"

namespace daypack::core::selfcheck {

// Holds the copies of an update that two lines bring against each other, and says which line was first.
//
// Thread: one. Invariant: of each market the last kKept updates are known.
class CopyCheck {
  public:
    CopyCheck(Findings& findings, Figures& figures) : findings_(findings), figures_(figures) {}

    // REQUIRES: the facts are of a depth message and sound.
    void take(const FrameFacts& facts, std::size_t line, MonoTime receive) {
        Market& market = markets_[facts.symbol];
        const auto [found, is_first] =
            market.by_id.try_emplace(facts.last_id, First{line, receive, facts.first_id, facts.content});
        if (is_first) {
            market.ids.push_back(facts.last_id);
            if (market.ids.size() <= kKept) return;
            market.by_id.erase(market.ids.front());
            market.ids.pop_front();
            return;
        }
        const First& first = found->second;
        if (first.line == line) return;
        ++figures_.copies;
        ++figures_.lines[first.line].firsts;
        figures_.lines[first.line].lead_us.add((receive - first.receive) / 1'000);
        if (first.first_id != facts.first_id) {  // the venue may put updates together as it likes
            ++figures_.copies_cut_otherwise;
            return;
        }
        findings_.note(
            Assumption::copies_equal, first.content == facts.content, facts.symbol,
            facts.symbol + " u " + std::to_string(facts.last_id) + ": " + difference(first.content, facts.content));
    }

  private:
    static constexpr std::size_t kKept = 4'096;
    // Where two texts begin to differ: a message may have thousands of levels. Empty: they do not.
    [[nodiscard]] static std::string difference(const std::string& one, const std::string& other) {
        if (one == other) return {};
        constexpr std::size_t kBefore = 24;
        constexpr std::size_t kShown = 120;
        std::size_t at = 0;
        while (at < std::min(one.size(), other.size()) && one[at] == other[at]) ++at;
        const std::size_t from = at < kBefore ? 0 : at - kBefore;
        return one.substr(from, kShown) + " / " + other.substr(from, kShown);
    }

    struct First {
        std::size_t line;
        MonoTime receive;
        std::uint64_t first_id;
        std::string content;
    };
    struct Market {
        std::unordered_map<std::uint64_t, First> by_id;
        std::deque<std::uint64_t> ids;  // in the order in which they came
    };

    Findings& findings_;
    Figures& figures_;
    std::map<std::string, Market> markets_;
};

}  // namespace daypack::core::selfcheck
