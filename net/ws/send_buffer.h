// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace daypack::core {

class Stream;

// A WebSocket client's frames on their way out, each with its mask.
//
// Thread: one. Invariants: frames leave in order and whole; it has room for what a line sends in its usual life, so
// that only a large SUBSCRIBE allocates; a server that pings and does not read gets no more than kControlBytesMax of
// answers to wait for it.
// The masks come from a generator that is seeded once: they keep a proxy from taking a web page's bytes for a request,
// and here no stranger chooses the bytes.
class SendBuffer {
  public:
    enum Opcode : std::uint8_t { text = 1, ping = 9, pong = 10 };

    SendBuffer();
    // False: no room for a ping or pong now.
    bool add(Opcode opcode, std::string_view payload);
    void add_close(std::uint16_t code);

    [[nodiscard]] bool empty() const noexcept { return sent_ == bytes_.size(); }
    // As much as can be sent now. True: all of it is with the kernel.
    bool send(Stream& stream);

  private:
    static constexpr std::size_t kControlBytesMax = 16'384;

    void add_frame(std::uint8_t opcode, std::string_view payload);

    std::string bytes_;
    std::size_t sent_ = 0;  // of them
    bool broken_ = false;   // nothing more can be sent
    std::minstd_rand random_;
};

}  // namespace daypack::core
