// SPDX-License-Identifier: MIT
#include "engine/control_thread/venue_watch.h"

#include <fmt/format.h>

#include <cstdlib>

#include "net/base/clock.h"
#include "net/base/time_units.h"

namespace daypack::core {
namespace {

constexpr std::int64_t kAgain_ns = s_to_ns(60);
// Half a round trip is in doubt anyway; a clock that moved by less is no news.
constexpr std::int64_t kNews_ms = 1'000;

}  // namespace

void VenueWatch::do_work(MonoTime now) {
    if (now - due_ < 0) return;
    due_ = now + kAgain_ns;
    rest_.status([this](const RestReply<VenueStatus>& reply) {
        if (reply.value) on_status(*reply.value);
    });
    rest_.time([this](const RestReply<VenueTime>& reply) {
        if (reply.value) on_time(*reply.value, wall_now());
    });
}

void VenueWatch::on_status(const VenueStatus& status) {
    if (status.maintenance == maintenance_) return;
    maintenance_ = status.maintenance;
    log_(fmt::format("status maintenance={} message=\"{}\"", maintenance_ ? 1 : 0, status.message));
    on_change_();
}

void VenueWatch::on_time(VenueTime time, WallTime now) {
    const std::int64_t ahead_ms = time.us / 1'000 - ns_to_ms(now.ns);
    if (ahead_ms_ && std::abs(ahead_ms - *ahead_ms_) < kNews_ms) return;
    ahead_ms_ = ahead_ms;
    log_(fmt::format("clock venue_minus_ours_ms={} (uncertain by half a round trip)", ahead_ms));
}

}  // namespace daypack::core
