// SPDX-License-Identifier: MIT
#include "net/ws/send_buffer.h"

#include <array>

#include "net/transport/stream.h"

namespace daypack::core {
namespace {

constexpr std::uint8_t kClose = 8;

}  // namespace

SendBuffer::SendBuffer() : random_(std::random_device{}()) {
    bytes_.reserve(kControlBytesMax);
}

bool SendBuffer::add(Opcode opcode, std::string_view payload) {
    if (opcode != text && bytes_.size() + payload.size() + 6 > kControlBytesMax) return false;
    add_frame(opcode, payload);
    return true;
}

void SendBuffer::add_close(std::uint16_t code) {
    const std::array<char, 2> payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
    add_frame(kClose, {payload.data(), payload.size()});
}

void SendBuffer::add_frame(std::uint8_t opcode, std::string_view payload) {
    if (broken_) return;
    const std::size_t size = payload.size();
    const int size_bytes = size < 126 ? 0 : size < 65'536 ? 2 : 8;
    bytes_ += static_cast<char>(0x80 | opcode);
    bytes_ += static_cast<char>(0x80 | (size_bytes == 0 ? size : size_bytes == 2 ? 126 : 127));
    for (int i = size_bytes - 1; i >= 0; --i) bytes_ += static_cast<char>(size >> (8 * i) & 0xff);
    std::array<char, 4> mask;
    for (char& byte : mask) byte = static_cast<char>(random_() >> 8 & 0xff);
    bytes_.append(mask.data(), mask.size());
    for (std::size_t i = 0; i < size; ++i) bytes_ += static_cast<char>(payload[i] ^ mask[i % 4]);
}

bool SendBuffer::send(Stream& stream) {
    boost::system::error_code error;
    while (!empty() && !error) sent_ += stream.write_now(bytes_.data() + sent_, bytes_.size() - sent_, error);
    if (!error) stream.flush_now(error);
    broken_ = error && error != boost::asio::error::would_block;
    if (empty() || broken_) {
        bytes_.clear();
        sent_ = 0;
    }
    return !error;
}

}  // namespace daypack::core
