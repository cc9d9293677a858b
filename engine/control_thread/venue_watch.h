// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "net/backpack/rest_api.h"

namespace daypack::core {

// Asks the venue for its status and its clock each minute, and writes to the log when either has changed.
//
// Thread: control. Invariant: where no answer comes, what is known stands.
class VenueWatch {
  public:
    using Log = std::function<void(const std::string&)>;

    // `on_change`: maintenance of the venue began or ended.
    VenueWatch(RestApi& rest, Log log, std::function<void()> on_change)
        : rest_(rest), log_(std::move(log)), on_change_(std::move(on_change)) {}

    // Asks where that is due.
    void do_work(MonoTime now);

  private:
    void on_status(const VenueStatus& status);
    void on_time(VenueTime time, WallTime now);

    RestApi& rest_;
    Log log_;
    std::function<void()> on_change_;
    MonoTime due_;
    bool maintenance_ = false;
    std::optional<std::int64_t> ahead_ms_;  // the venue's clock before ours, as last logged
};

}  // namespace daypack::core
