// SPDX-License-Identifier: MIT
#include "net/backpack/subscribe_frame.h"

#include "net/backpack/symbol.h"

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
    std::string frame;
    std::size_t held = 0;  // streams of `frame`
    const auto add = [&](const std::string& stream) {
        if (held++ == 0) frame.assign("{\"method\":\"").append(method).append("\",\"params\":[");
        if (held > 1) frame += ',';
        append_quoted(frame, stream);
    };
    const auto flush = [&] {
        if (held != 0) frames.push_back(frame + "]}");
        held = 0;
    };
    for (const std::string& stream : streams) {
        if (!is_of_all_markets(stream)) continue;
        add(stream);
        flush();
    }
    for (const std::string& stream : streams) {
        if (is_of_all_markets(stream)) continue;
        add(stream);
        if (held == kStreamsAFrame) flush();
    }
    flush();
    return frames;
}

}  // namespace daypack::core
