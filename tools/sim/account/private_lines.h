// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tools/sim/account/notices.h"
#include "tools/sim/faults/fault.h"
#include "tools/sim/server/server.h"

namespace daypack::core::sim {

// Who hears which account, and which faults strike on the way. Every connection that subscribed gets every frame: two
// of them get it twice, each with an E of its own.
//
// Thread: the exchange's.
// Invariant: a connection hears nothing of an account whose key it did not sign with.
class PrivateLines {
  public:
    using Struck = std::function<void(const Fault&, const Connection*)>;
    struct Subscription {
        PrivateStream stream = PrivateStream::order;
        std::string symbol;  // empty: every market
        auto operator<=>(const Subscription&) const = default;
    };

    PrivateLines(Faults& faults, Struck struck) : faults_(faults), struck_(std::move(struck)) {}

    // A subscription that was lost is back with it. False: it was there already, and not lost.
    bool subscribe(Connection& connection, std::size_t account, Subscription subscription);
    void unsubscribe(Connection& connection, const Subscription& subscription);
    void forget(Connection& connection);
    // How many frames left.
    std::size_t deliver(std::size_t account, const Notice& notice);
    // To one alone, as the state at a subscription is told.
    static void send(Connection& connection, const Notice& notice, bool names_symbol);
    [[nodiscard]] std::size_t subscriptions() const noexcept;

  private:
    struct Line {
        std::set<std::pair<std::size_t, Subscription>> subscriptions;  // with the account
        bool is_lost = false;
        std::int64_t lost_until_ns = 0;  // monotonic; 0: until it is subscribed again
        Message late;                    // to be sent behind the next
    };
    struct Fate {
        bool drop = false;
        bool duplicate = false;
        bool late = false;
    };
    [[nodiscard]] Fate strike(const Notice& notice, Connection* connection);
    void lose(Line& line, const Fault& fault);
    [[nodiscard]] bool is_lost(const Line& line) const;
    void send(Connection& connection, Line& line, const Message& message, const Fate& fate);

    Faults& faults_;
    Struck struck_;
    std::map<Connection*, Line> lines_;
};

}  // namespace daypack::core::sim
