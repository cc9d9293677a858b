// SPDX-License-Identifier: MIT
#include "net/backpack/subscribe_frame.h"

#include <algorithm>

namespace daypack::core {
namespace {

// A symbol needs no escape; a name out of a configuration may hold anything.
void append_quoted(std::string& text, std::string_view name) {
    constexpr char kHex[] = "0123456789abcdef";
    text += '"';
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20) {
            text += "\\u00";
            text += kHex[byte >> 4];
            text += kHex[byte & 15];
        } else {
            if (c == '"' || c == '\\') text += '\\';
            text += c;
        }
    }
    text += '"';
}

}  // namespace

std::vector<std::string> subscribe_frames(std::string_view method, std::span<const std::string> streams) {
    std::vector<std::string> frames;
    for (std::size_t first = 0; first < streams.size(); first += kStreamsAFrame) {
        std::string frame = "{\"method\":\"";
        frame.append(method).append("\",\"params\":[");
        const std::size_t last = std::min(first + kStreamsAFrame, streams.size());
        for (std::size_t i = first; i < last; ++i) {
            if (i > first) frame += ',';
            append_quoted(frame, streams[i]);
        }
        frames.push_back(frame + "]}");
    }
    return frames;
}

}  // namespace daypack::core
