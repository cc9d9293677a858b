// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "net/backpack/rest_api.h"

namespace daypack {

// Asks the venue for its status and its clock, each minute, and says when either is another one than before.
//
// Thread: cold. No answer says nothing: what is known stands.
class VenueWatch {
  public:
    using Say = std::function<void(const std::string&)>;

    // `on_change`: maintenance of the venue began or ended.
    VenueWatch(RestApi& rest, Say say, std::function<void()> on_change)
        : rest_(rest), say_(std::move(say)), on_change_(std::move(on_change)) {}

    // Asks where that is due.
    void do_work(MonoTime now);

  private:
    void on_status(const VenueStatus& status);
    void on_time(VenueTime time, WallTime now);

    RestApi& rest_;
    Say say_;
    std::function<void()> on_change_;
    MonoTime due_;
    bool maintenance_ = false;
    std::optional<std::int64_t> ahead_ms_;  // by how much the venue's clock is ahead of ours, as last said
};

}  // namespace daypack
