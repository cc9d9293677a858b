// SPDX-License-Identifier: MIT
#include "tools/sim/venue_clock.h"

#include <algorithm>

#include "tools/sim/market/clocks.h"
#include "tools/sim/market/frame_edit.h"
#include "tools/sim/market/random.h"

namespace daypack::core::sim {
namespace {

// Of the recorded flow of 455,398 updates: T is lower than the one before 329 times, by a millisecond as a rule, by 13
// at most.
constexpr std::int64_t kUsual_us = 1'000;
constexpr double kStepBack = 329.0 / 455'398;
constexpr double kStepBackMean_us = 2'500;
constexpr std::int64_t kStepBackMax_us = 13'000;

}  // namespace

void VenueClock::strike(const Fault& fault) {
    if (fault.how == "jitter") {
        jitter_ = true;
        return;
    }
    const auto turn = [&](Hand& hand, bool meant) {
        if (!meant) return;
        if (fault.how == "glitch") {
            hand.glitch_us = fault.by_ms * 1000;
            return;
        }
        hand = {};
        hand.off_us = fault.by_ms * 1000;
        hand.frozen = fault.how == "frozen";
        if (fault.for_ms != 0) hand.until_ns = mono_ns() + static_cast<std::int64_t>(fault.for_ms) * 1'000'000;
    };
    const bool stream = fault.of.empty() || fault.of == "stream" || fault.of == "both";
    turn(match_, stream || fault.of == "T");
    turn(send_, stream || fault.of == "E");
    turn(rest_, fault.of == "rest" || fault.of == "both");
}

std::int64_t VenueClock::Hand::shown(std::int64_t true_us) noexcept {
    if (until_ns != 0 && mono_ns() >= until_ns) {
        const std::int64_t slip_us = glitch_us;
        *this = {};
        glitch_us = slip_us;
    }
    std::int64_t shown_us = true_us + off_us;
    if (frozen) {
        if (frozen_us == 0) frozen_us = shown_us;
        shown_us = frozen_us;
    }
    return shown_us + glitch_us;
}

void VenueClock::stamp(std::string& frame, bool exact) {
    const bool jitters = jitter_ && exact;
    if (!jitters && match_.is_true() && send_.is_true()) return;
    change_number<std::int64_t>(
        frame, "\"T\":", [&](std::int64_t us) { return match_.shown(jitters ? us - jitter_us(us) : us); });
    change_number<std::int64_t>(frame, "\"E\":", [&](std::int64_t us) { return send_.shown(us); });
}

std::int64_t VenueClock::rest_us(std::int64_t true_us) noexcept {
    const std::int64_t shown_us = rest_.shown(true_us);
    rest_.glitch_us = 0;
    return shown_us;
}

std::int64_t VenueClock::jitter_us(std::int64_t match_us) const noexcept {
    Random random(seed_ ^ static_cast<std::uint64_t>(match_us));
    const std::int64_t usual_us = random.below(kUsual_us);
    if (!random.chance(kStepBack)) return usual_us;
    const auto far_us = static_cast<std::int64_t>(random.exponential(kStepBackMean_us));
    return std::min(kUsual_us + far_us, kStepBackMax_us);
}

}  // namespace daypack::core::sim
