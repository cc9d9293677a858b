// SPDX-License-Identifier: MIT
// Any bytes as a frame: what the decoder makes of them keeps its promises, is the same without its scanner, and is what
// the slow decoder makes of them.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "net/backpack/decoder.h"
#include "tests/net/backpack/slow_decoder.h"

using namespace daypack::core;

namespace {

constexpr std::size_t kMaxLevels = 64;

bool same(const Event& a, const Event& b) {
    return a.kind == b.kind && a.first_id == b.first_id && a.last_id == b.last_id && a.match.us == b.match.us &&
           a.receive.ns == b.receive.ns && a.price.ticks == b.price.ticks && a.quantity.steps == b.quantity.steps &&
           a.send_after_match_us == b.send_after_match_us && a.symbol == b.symbol && a.line == b.line &&
           a.side == b.side && a.units == b.units && a.last == b.last;
}

// What may be refused although the slow decoder reads it: escapes, broken UTF-8, what is nested deep, too many levels.
bool may_refuse(std::string_view frame, Errc errc) {
    const auto strange = [](char c) { return c == '\\' || static_cast<unsigned char>(c) >= 0x80; };
    const auto opens = [](char c) { return c == '[' || c == '{'; };
    return errc == Errc::too_many || std::any_of(frame.begin(), frame.end(), strange) ||
           std::count_if(frame.begin(), frame.end(), opens) > 32;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static InstrumentTable table(4);
    if (table.size() == 0) {
        (void)table.append({"SOL_USDC", "SOL-USDC", {1, -2}, {1, -2}, Reason::none, true});
        (void)table.append({"BTC_USDC", "BTC-USDC", {1, -1}, {1, -5}, Reason::none, true});
        (void)table.append({"kBONK_USDC", "kBONK-USDC", {5, -1}, {1, 4}, Reason::none, true});
    }
    static Decoder decoder(table, DepthStream::realtime, {1u << 20, kMaxLevels});
    static slow::SlowDecoder slow(table);
    std::string frame(reinterpret_cast<const char*>(data), size);
    frame.append(Decoder::kPadding, '\0');
    const Decoded decoded = decoder.decode({frame.data(), size}, {1}, 3);
    for (std::size_t i = 0; i < decoded.events.size(); ++i) {
        const Event& event = decoded.events[i];
        if (event.symbol >= table.size()) std::abort();
        if (event.last != (i + 1 == decoded.events.size())) std::abort();
        const bool update = event.kind == EventKind::delta || event.kind == EventKind::advance;
        if (update && (event.first_id > event.last_id || event.last_id == 0)) std::abort();
        if (event.kind == EventKind::delta && (event.price.ticks <= 0 || event.quantity.steps < 0)) std::abort();
    }
    static Decoder parsing(table, DepthStream::realtime, {1u << 20, kMaxLevels, false});
    const Decoded parsed = parsing.decode({frame.data(), size}, {1}, 3);
    if (decoded.kind != parsed.kind || decoded.errc != parsed.errc || decoded.channel != parsed.channel ||
        decoded.symbol != parsed.symbol ||
        !std::equal(decoded.events.begin(), decoded.events.end(), parsed.events.begin(), parsed.events.end(), same)) {
        std::abort();
    }
    const auto meant = slow.decode({frame.data(), size}, {1}, 3);
    const bool is_none =
        decoded.kind == FrameKind::error || decoded.kind == FrameKind::other || decoded.kind == FrameKind::bad;
    if (!is_none) {
        if (!meant) std::abort();
        if (!std::equal(decoded.events.begin(), decoded.events.end(), meant->begin(), meant->end(), same)) std::abort();
    } else if (meant && !may_refuse({frame.data(), size}, decoded.errc)) {
        std::abort();
    }
    return 0;
}
