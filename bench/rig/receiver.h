// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "bench/rig/sender.h"

namespace daypack::core::bench {

// The engine's own line to a Sender, polled without a pause; it notes when each message was in hand.
//
// Thread: the one that polls.
class LineReceiver {
  public:
    // Connects; the sender's accept_wss() has to run meanwhile. Throws std::runtime_error.
    // `each` is handed every message.
    explicit LineReceiver(const Sender& sender, std::function<void(std::string_view)> each = {});
    ~LineReceiver();

    // Until so many messages have come since the last call. In ticks, when each was in hand. Throws where they do not
    // come.
    const std::vector<std::uint64_t>& receive(std::size_t count);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// The same over a plain connection, as bare as it goes: `recv` again and again.
class PlainReceiver {
  public:
    explicit PlainReceiver(const Sender& sender);
    ~PlainReceiver();
    PlainReceiver(const PlainReceiver&) = delete;
    PlainReceiver& operator=(const PlainReceiver&) = delete;

    // Messages of `bytes` each.
    const std::vector<std::uint64_t>& receive(std::size_t count, std::size_t bytes);
    // So many bytes, which nobody looks at.
    void drain(std::size_t bytes);

  private:
    int handle_ = -1;
    std::vector<char> buffer_ = std::vector<char>(1 << 16);
    std::vector<std::uint64_t> times_;
};

}  // namespace daypack::core::bench
