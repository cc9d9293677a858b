// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace daypack::core {

// Walks over what a WebSocket server sent (RFC 6455, no extensions), where it was received: one linear buffer, in which
// a usual message is not copied. A message in fragments is pushed together in it.
//
// Thread: one. Never throws but for want of memory.
// Use: write to `room()`, say how much with `add()`, and take `next()` until it says none; only then make room again.
// Invariants: kPadding bytes behind each message can be read, whatever they hold; the buffer never holds more than one
// message that is not whole; after a refusal there is nothing more.
class FrameParser {
  public:
    static constexpr std::size_t kPadding = 64;
    static constexpr std::size_t kRoomMin = 16'384;  // a whole TLS record

    enum class Kind : std::uint8_t {
        none,  // not yet: read on
        message,
        ping,     // to be answered with its payload
        pong,     // of a ping of ours
        close,    // `code`: 1005 where none was said; the payload is the reason
        refused,  // the server breaks the protocol, or its message is too big: `code` is for the Close frame
    };
    // The payload stays where it is until the next `room()`.
    struct Item {
        Kind kind = Kind::none;
        std::uint16_t code = 0;
        std::string_view payload;  // of a refusal: why, for a log
    };
    static constexpr std::uint16_t kProtocolError = 1002, kNoCode = 1005, kBadText = 1007, kTooBig = 1009;

    explicit FrameParser(std::size_t message_bytes_max);

    struct Room {
        char* data;
        std::size_t size;  // >= kRoomMin
    };
    // Where the next bytes go. REQUIRES: the last `next()` was none. May move what is there, and throw std::bad_alloc.
    [[nodiscard]] Room room();
    void add(std::size_t size) noexcept { end_ += size; }
    [[nodiscard]] Item next() noexcept;

  private:
    struct Header;

    [[nodiscard]] const char* fault(const Header& header) const noexcept;
    [[nodiscard]] Item control(const Header& header) noexcept;
    [[nodiscard]] Item refuse(std::uint16_t code, std::string_view why) noexcept;
    void compact(char* to) noexcept;

    std::size_t message_bytes_max_;
    std::size_t capacity_;  // kPadding bytes less than there are
    std::unique_ptr<char[]> buffer_;
    std::size_t read_ = 0;  // the next frame begins here
    std::size_t end_ = 0;   // of what was received
    // The message whose fragments are being put together.
    bool in_message_ = false;
    bool is_text_ = false;
    std::size_t message_begin_ = 0, message_end_ = 0;
    Item refusal_;
};

}  // namespace daypack::core
