// SPDX-License-Identifier: MIT
#include "engine/shm/heartbeat.h"

#include "engine/shm/atomic_words.h"

namespace daypack {

Heartbeat::Heartbeat(daypack_header& header) noexcept
    : header_(&header), beat_{static_cast<std::int64_t>(load_relaxed(header.beat_ns))} {}

bool Heartbeat::beat(MonoTime now) noexcept {
    const std::uint64_t phase = load_relaxed(header_->phase);
    const bool paused =
        now - beat_ > kPause_ns && (phase == DAYPACK_PHASE_RUNNING || phase == DAYPACK_PHASE_CATCHING_UP);
    // before the beat: a reader that takes the beat for fresh sees the phase
    if (paused) store_relaxed(header_->phase, std::uint64_t{DAYPACK_PHASE_CATCHING_UP});
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

}  // namespace daypack
