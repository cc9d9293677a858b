// Any bytes as the body of a REST answer.
#include <cstdlib>
#include <string>

#include "net/rest_decoder.h"

using namespace daypack;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Instrument instrument{"SOL_USDC", "SOL-USDC", {1, -2}, {1, -2}, Reason::none, true};
    std::string text(reinterpret_cast<const char*>(data), size);
    text.reserve(size + 64);
    const std::string_view body = text;
    (void)parse_markets(body);
    (void)parse_status(body);
    (void)parse_time(body);
    (void)parse_error(body);
    std::vector<RestTrade> trades;
    (void)parse_trades(body, instrument, trades);
    Snapshot snapshot;
    if (parse_depth(body, instrument, snapshot) != Errc::ok) return 0;
    for (const auto* side : {&snapshot.bids, &snapshot.asks}) {
        for (std::size_t i = 0; i < side->size(); ++i) {
            if ((*side)[i].quantity.steps <= 0) std::abort();
            if (i > 0 && (*side)[i].price <= (*side)[i - 1].price) std::abort();
        }
    }
    return 0;
}
