// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <optional>

#include "book/types.h"
#include "net/base/time_units.h"

namespace daypack::core {

// The venue's clock, as its answers to /api/v1/time let it be known: a signature is good for some seconds of it.
//
// Thread: the one that owns it. Time is handed in.
class ServerTime {
  public:
    static constexpr std::int64_t kAgain_ns = s_to_ns(60);
    static constexpr std::int64_t kDriftMax_ms = 500;

    // It is to be asked for: never heard, or a minute ago.
    [[nodiscard]] bool is_due(MonoTime now) const noexcept { return !heard_ || now - asked_ >= kAgain_ns; }
    // Makes it due.
    void doubt() noexcept { heard_ = false; }

    // An answer: the venue wrote it in the middle between these two, as well as can be told.
    void hear(VenueTime venue, MonoTime sent, MonoTime received, WallTime wall) noexcept {
        const MonoTime middle = sent + (received - sent) / 2;
        offset_ns_ = venue.us * 1'000 - middle.ns;
        drift_ms_ = (venue.us * 1'000 + (received - middle) - wall.ns) / ms_to_ns(1);
        asked_ = received;
        heard_ = known_ = true;
    }
    // There was no answer: as before, for a minute.
    void miss(MonoTime now) noexcept {
        asked_ = now;
        heard_ = true;
    }

    // What the venue's clock shows; this machine's, where it was never heard.
    [[nodiscard]] std::int64_t now_ms(MonoTime now, WallTime wall) const noexcept {
        return (known_ ? now.ns + offset_ns_ : wall.ns) / ms_to_ns(1);
    }
    // How far the venue's clock is ahead of this machine's.
    [[nodiscard]] std::optional<std::int64_t> drift_ms() const noexcept {
        return known_ ? std::optional(drift_ms_) : std::nullopt;
    }
    [[nodiscard]] bool drifts() const noexcept {
        return known_ && (drift_ms_ > kDriftMax_ms || drift_ms_ < -kDriftMax_ms);
    }

  private:
    bool heard_ = false;
    bool known_ = false;
    MonoTime asked_;
    std::int64_t offset_ns_ = 0;  // from the monotonic clock to the venue's
    std::int64_t drift_ms_ = 0;
};

// Private traffic stops for a minute after three refusals in a row that would come again: a wrong key that goes on
// asking may cost the public feed its address.
//
// Thread: the one that owns it. Time is handed in.
class AccountGate {
  public:
    static constexpr int kFailuresMax = 3;
    static constexpr std::int64_t kPause_ns = s_to_ns(60);

    [[nodiscard]] bool is_open(MonoTime now) const noexcept {
        return failures_ < kFailuresMax || now - failed_ >= kPause_ns;
    }
    void answered() noexcept { failures_ = 0; }
    // True where this one closes it.
    bool failed(MonoTime now) noexcept {
        if (failures_ >= kFailuresMax && now - failed_ >= kPause_ns) failures_ = 0;
        failed_ = now;
        return ++failures_ == kFailuresMax;
    }

  private:
    int failures_ = 0;
    MonoTime failed_;
};

}  // namespace daypack::core
