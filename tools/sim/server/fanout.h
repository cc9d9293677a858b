// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tools/sim/faults/fault.h"
#include "tools/sim/server/server.h"
#include "tools/sim/server/subscription.h"

namespace daypack::core::sim {

// Who gets which stream of one market, and which faults strike on the way.
//
// Thread: the exchange's.
// Invariant: a connection stands once at most in a stream's list.
class Fanout {
  public:
    using Struck = std::function<void(const Fault&, Connection*)>;

    // `struck` hears of every fault that strikes; the connection is the one it strikes, null: all of them.
    // It must not end a connection before deliver() has returned.
    Fanout(std::string symbol, Faults& faults, Struck struck)
        : symbol_(std::move(symbol)), faults_(faults), struck_(std::move(struck)) {}

    // False: it had it already.
    bool subscribe(Connection& connection, StreamKind kind);
    void unsubscribe(Connection& connection, StreamKind kind);
    void forget(Connection& connection);

    // Until unite(): these connections get the old numbering, whose ids are so much further on (modulo 2^64); the best
    // bid and offer only where the old book has the same.
    void split(std::set<const Connection*> old, std::uint64_t shift, bool same_book) {
        old_ = std::move(old);
        old_shift_ = shift;
        same_book_ = same_book;
    }
    void unite() noexcept { old_.clear(); }

    [[nodiscard]] bool wants(StreamKind kind) const noexcept { return !list(kind).empty(); }
    [[nodiscard]] bool wants_any() const noexcept;
    [[nodiscard]] std::size_t subscriptions() const noexcept;
    // The most that one of its connections has not sent yet.
    [[nodiscard]] std::size_t most_unsent_bytes() const noexcept;
    // How many connections got it.
    std::size_t deliver(StreamKind kind, std::string&& frame);

  private:
    using List = std::vector<Connection*>;
    [[nodiscard]] List& list(StreamKind kind) noexcept { return lists_[static_cast<std::size_t>(kind)]; }
    [[nodiscard]] const List& list(StreamKind kind) const noexcept { return lists_[static_cast<std::size_t>(kind)]; }
    // What becomes of one frame on its way.
    struct Fate {
        bool drop = false;
        bool duplicate = false;
        bool late = false;   // behind the next one
        bool touch = false;  // another quantity at the touch
        const Fault* frame = nullptr;
    };
    [[nodiscard]] Fate strike(StreamKind kind, Connection* connection);
    void send(Connection& connection, const Message& message, const Fate& fate);
    [[nodiscard]] bool is_muted(const Connection* connection) const;

    std::string symbol_;
    Faults& faults_;
    Struck struck_;
    std::array<List, kStreamKinds> lists_;
    std::vector<Fault> frame_faults_;      // what a Fate points at, while a frame is delivered
    std::map<Connection*, Message> late_;  // to be sent behind the next
    std::set<const Connection*> old_;
    std::uint64_t old_shift_ = 0;
    bool same_book_ = true;
    std::map<const Connection*, std::int64_t> muted_;  // until then, monotonic ns; 0: until subscribed again
};

}  // namespace daypack::core::sim
