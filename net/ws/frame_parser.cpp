// SPDX-License-Identifier: MIT
#include "net/ws/frame_parser.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "net/base/utf8.h"

namespace daypack::core {
namespace {

constexpr std::size_t kCapacity = 131'072;  // at first; a message that needs more makes it grow, once
constexpr std::size_t kHeaderBytesMax = 14;
constexpr std::size_t kControlBytesMax = 125;

enum Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// What may stand in a Close frame: the registry of RFC 6455 (1012 to 1014 came later), and what is free for use.
bool is_close_code(unsigned code) noexcept {
    if (code >= 3000) return true;
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

std::uint64_t big_endian(const char* bytes, std::size_t size) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
}

}  // namespace

struct FrameParser::Header {
    std::uint8_t first, second;
    std::size_t bytes;  // of itself
    std::uint64_t size;

    [[nodiscard]] bool last() const noexcept { return (first & 0x80) != 0; }
    [[nodiscard]] unsigned opcode() const noexcept { return first & 0x0f; }
    [[nodiscard]] bool is_control() const noexcept { return (first & 0x08) != 0; }
    [[nodiscard]] std::size_t size_bytes() const noexcept {
        const unsigned size7 = second & 0x7f;
        return size7 < 126 ? 0 : size7 == 126 ? 2 : 8;
    }
    [[nodiscard]] bool is_masked() const noexcept { return (second & 0x80) != 0; }
    [[nodiscard]] std::size_t mask_bytes() const noexcept { return is_masked() ? 4 : 0; }
};

FrameParser::FrameParser(std::size_t message_bytes_max)
    : message_bytes_max_(message_bytes_max),
      capacity_(kCapacity),
      buffer_(std::make_unique<char[]>(capacity_ + kPadding)) {}

FrameParser::Room FrameParser::room() {
    if (read_ == end_ && !in_message_) read_ = end_ = 0;
    if (capacity_ - end_ < kRoomMin) compact(buffer_.get());
    if (capacity_ - end_ < kRoomMin) {
        const std::size_t most = message_bytes_max_ + kHeaderBytesMax + kRoomMin;
        const std::size_t capacity = std::max(std::min(2 * capacity_, most), end_ + kRoomMin);
        std::unique_ptr<char[]> larger = std::make_unique<char[]>(capacity + kPadding);
        compact(larger.get());
        buffer_ = std::move(larger);
        capacity_ = capacity;
    }
    return {buffer_.get() + end_, capacity_ - end_};
}

// What is still needed, without gaps, to the front of `to`, which may be the buffer itself.
void FrameParser::compact(char* to) noexcept {
    const std::size_t message_size = in_message_ ? message_end_ - message_begin_ : 0;
    const std::size_t rest = end_ - read_;
    std::memmove(to, buffer_.get() + message_begin_, message_size);
    std::memmove(to + message_size, buffer_.get() + read_, rest);
    message_begin_ = 0;
    message_end_ = read_ = message_size;
    end_ = message_size + rest;
}

FrameParser::Item FrameParser::refuse(std::uint16_t code, std::string_view why) noexcept {
    return refusal_ = {Kind::refused, code, why};
}

// What can be wrong with a frame, but for its size.
const char* FrameParser::fault(const Header& header) const noexcept {
    if ((header.first & 0x70) != 0) return "reserved bits are set";
    if (header.is_masked()) return "a server's frame is masked";
    const unsigned opcode = header.opcode();
    if (header.is_control()) {
        if (opcode > pong) return "an opcode that is reserved";
        if (!header.last()) return "a control frame is fragmented";
        if ((header.second & 0x7f) > kControlBytesMax) return "a control frame is too long";
        return nullptr;
    }
    if (opcode > binary) return "an opcode that is reserved";
    if (opcode == continuation && !in_message_) return "a continuation of nothing";
    if (opcode != continuation && in_message_) return "a message begins within another";
    return nullptr;
}

FrameParser::Item FrameParser::next() noexcept {
    if (refusal_.kind == Kind::refused) return refusal_;
    while (end_ - read_ >= 2) {
        const char* const at = buffer_.get() + read_;
        Header header{static_cast<std::uint8_t>(at[0]), static_cast<std::uint8_t>(at[1]), 2, 0};
        header.bytes += header.size_bytes();
        if (end_ - read_ < header.bytes + header.mask_bytes()) return {};
        if (const char* const why = fault(header)) return refuse(kProtocolError, why);
        header.size = header.bytes == 2 ? header.second & 0x7fU : big_endian(at + 2, header.bytes - 2);
        if (header.bytes > 2 && header.size < (header.bytes == 4 ? 126 : 65'536)) {
            return refuse(kProtocolError, "a length is not written in its shortest form");
        }
        const std::size_t before = in_message_ && !header.is_control() ? message_end_ - message_begin_ : 0;
        if (header.size > message_bytes_max_ - before && !header.is_control()) return refuse(kTooBig, "too big");
        if (end_ - read_ - header.bytes < header.size) return {};
        if (header.is_control()) return control(header);

        const std::size_t payload = read_ + header.bytes;
        const auto size = static_cast<std::size_t>(header.size);
        read_ = payload + size;
        if (header.opcode() != continuation) {
            is_text_ = header.opcode() == text;
            message_begin_ = payload;
            message_end_ = payload + size;
        } else {
            std::memmove(buffer_.get() + message_end_, buffer_.get() + payload, size);
            message_end_ += size;
        }
        in_message_ = !header.last();
        if (in_message_) continue;
        const std::string_view message(buffer_.get() + message_begin_, message_end_ - message_begin_);
        if (is_text_ && !is_utf8(message)) return refuse(kBadText, "a text is not UTF-8");
        return {Kind::message, 0, message};
    }
    return {};
}

FrameParser::Item FrameParser::control(const Header& header) noexcept {
    const std::string_view payload(buffer_.get() + read_ + header.bytes, static_cast<std::size_t>(header.size));
    read_ += header.bytes + payload.size();
    if (header.opcode() == ping) return {Kind::ping, 0, payload};
    if (header.opcode() == pong) return {Kind::pong, 0, payload};
    if (payload.empty()) return {Kind::close, kNoCode, payload};
    if (payload.size() == 1) return refuse(kProtocolError, "a Close frame of one byte");
    const auto code = static_cast<std::uint16_t>(big_endian(payload.data(), 2));
    if (!is_close_code(code)) return refuse(kProtocolError, "a Close frame with a code that is reserved");
    if (!is_utf8(payload.substr(2))) return refuse(kProtocolError, "a Close frame whose reason is not UTF-8");
    return {Kind::close, code, payload.substr(2)};
}

}  // namespace daypack::core
