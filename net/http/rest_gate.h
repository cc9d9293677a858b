// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "book/types.h"
#include "net/base/time_units.h"

namespace daypack::core {

// When a request may be sent, by what the venue said to those before it. Three rules, of which the latest time counts:
//
// - What was refused is not sent again before the time that the venue asked for: that target, and no other.
// - A refusal of everything (429, a firewall's 403) holds all back: for as long as it asks for, kProbeMax_ns at most.
//   From then on one request goes out in each such time, until one is answered.
// - Where a path (/api/v1/depth) fails for two targets or more, and none is answered between, it is away. Those that
//   failed then go out one at a time, later and later, until one is answered: however many wait, the venue that comes
//   back is found by one. What has not failed goes at once, so that no market waits for the sake of another's trouble.
//
// Thread: the one that owns it. Time is handed in, so a test can run an hour in a microsecond.
class RestGate {
  public:
    enum class Verdict : std::uint8_t {
        answered,  // the venue is there for this path
        away,      // no answer, or one that says that it is not well
        refused,   // 429, or a firewall: of all
    };

    // When `target` may be sent; `now` where that is at once.
    [[nodiscard]] MonoTime ready(const std::string& target, MonoTime now) const;
    // It is sent. REQUIRES: ready(target, now) <= now.
    void sent(const std::string& target, MonoTime now);
    // And this became of it. `wait_s`: not to be sent again before; 0 where nothing was said.
    void done(const std::string& target, MonoTime sent, Verdict verdict, int wait_s, MonoTime now);

    [[nodiscard]] bool holds_all() const noexcept { return held_; }
    // Its path is away, and it was among those that found that out.
    [[nodiscard]] bool is_away(const std::string& target) const;

    static constexpr std::int64_t kProbeMin_ns = ms_to_ns(100);
    static constexpr std::int64_t kProbeAwayMax_ns = s_to_ns(2);
    static constexpr std::int64_t kProbeMax_ns = s_to_ns(10);  // of all that is held back

  private:
    struct Path {
        std::unordered_set<std::string> failed;  // targets, since one was answered
        std::int64_t delay_ns = kProbeMin_ns;    // to the probe after the next
        MonoTime probe;                          // when the next may go

        [[nodiscard]] bool away() const noexcept { return failed.size() > 1; }
    };

    [[nodiscard]] static std::string path_of(const std::string& target) { return target.substr(0, target.find('?')); }

    std::unordered_map<std::string, MonoTime> told_;  // what was refused, until when
    std::unordered_map<std::string, Path> paths_;     // that fail
    bool held_ = false;                               // all
    MonoTime held_since_;
    std::int64_t held_step_ns_ = 0;  // from one probe to the next
    MonoTime held_probe_;            // when the next may go
};

}  // namespace daypack::core
