// SPDX-License-Identifier: MIT
#include "engine/shm/heartbeat.h"

#include <algorithm>

#include "engine/shm/atomic_words.h"

namespace daypack::core {

Heartbeat::Heartbeat(daypack_header& header) noexcept
    : header_(&header),
      beat_{static_cast<std::int64_t>(load_relaxed(header.beat_ns))},
      slept_ns_(load_relaxed(header.slept_ns)) {}

bool Heartbeat::beat(MonoTime now, std::int64_t slept_ns) noexcept {
    const std::uint64_t phase = load_relaxed(header_->phase);
    const std::int64_t slept_since_ns = std::max<std::int64_t>(slept_ns - slept_ns_, 0);
    const bool paused = now - beat_ + slept_since_ns > kPause_ns &&
                        (phase == DAYPACK_PHASE_RUNNING || phase == DAYPACK_PHASE_CATCHING_UP);
    // before the beat: a reader that takes the beat for fresh sees the phase
    if (paused) store_relaxed(header_->phase, std::uint64_t{DAYPACK_PHASE_CATCHING_UP});
    if (slept_since_ns != 0) {
        slept_ns_ = slept_ns;
        store_release(header_->slept_ns, static_cast<std::uint64_t>(slept_ns));
    }
    beat_ = now;
    store_release(header_->beat_ns, static_cast<std::uint64_t>(now.ns));
    return paused;
}

void Heartbeat::caught_up() noexcept {
    if (load_relaxed(header_->phase) == DAYPACK_PHASE_CATCHING_UP) store_release(header_->phase, DAYPACK_PHASE_RUNNING);
}

void Heartbeat::set_running() noexcept {
    store_release(header_->phase, DAYPACK_PHASE_RUNNING);
}

}  // namespace daypack::core
