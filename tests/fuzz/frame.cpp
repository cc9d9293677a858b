// Any bytes as a frame: the decoder returns, and what it makes of them keeps its promises.
#include <cstdlib>
#include <string>

#include "net/decoder.h"

using namespace daypack;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static InstrumentTable table(4);
    if (table.size() == 0) {
        (void)table.append({"SOL_USDC", "SOL-USDC", {1, -2}, {1, -2}, Reason::none, true});
        (void)table.append({"BTC_USDC", "BTC-USDC", {1, -1}, {1, -5}, Reason::none, true});
    }
    static Decoder decoder(table, DepthStream::realtime, {1u << 20, 64});
    std::string frame(reinterpret_cast<const char*>(data), size);
    frame.append(Decoder::kPadding, '\0');
    const Decoded decoded = decoder.decode({frame.data(), size}, {1}, 0);
    for (std::size_t i = 0; i < decoded.events.size(); ++i) {
        const Event& event = decoded.events[i];
        if (event.symbol >= table.size()) std::abort();
        if (event.last != (i + 1 == decoded.events.size())) std::abort();
        const bool update = event.kind == EventKind::delta || event.kind == EventKind::advance;
        if (update && (event.first_id > event.last_id || event.last_id == 0)) std::abort();
        if (event.kind == EventKind::delta && (event.price.ticks <= 0 || event.quantity.steps < 0)) std::abort();
    }
    return 0;
}
