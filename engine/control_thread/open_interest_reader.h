// SPDX-License-Identifier: MIT
#pragma once
#include <functional>
#include <vector>

#include "book/instrument.h"
#include "engine/messages/messages.h"
#include "engine/messages/subscriptions.h"
#include "net/backpack/rest_api.h"

namespace daypack::core {

// Asks REST for the open interest of all markets every half minute, and hands on that of the followed ones.
//
// Thread: control. The venue's stream tells it once a minute; REST answers for all markets at once, at the start too.
// Invariant: one request is under way at most.
class OpenInterestReader {
  public:
    // `send`: to the book thread. All of them outlive this.
    OpenInterestReader(RestApi& rest, const InstrumentTable& instruments, const Subscriptions& subscriptions,
                       std::function<void(BookCommand)> send)
        : rest_(rest), instruments_(instruments), subscriptions_(subscriptions), send_(std::move(send)) {}

    // Asks where that is due.
    void do_work(MonoTime now);

  private:
    void on_rows(const std::vector<OpenInterest>& rows);

    RestApi& rest_;
    const InstrumentTable& instruments_;
    const Subscriptions& subscriptions_;
    std::function<void(BookCommand)> send_;
    MonoTime due_;
    bool asked_ = false;
    std::uint64_t revision_ = 0;  // of the subscriptions for which it was last asked
};

}  // namespace daypack::core
