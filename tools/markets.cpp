#include "tools/markets.h"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <cstdio>

#include "book/decimal.h"
#include "engine/config.h"
#include "engine/daypack_shm.h"
#include "net/rest_api.h"
#include "net/symbol.h"
#include "net/url.h"

namespace daypack {
namespace {

std::string unit_text(Unit unit) {
    return format_units(1, unit);
}

std::string state_text(const Market& market) {
    return market.halted == Reason::none ? "open" : daypack_reason_name(static_cast<unsigned>(market.halted));
}

void print_json(const Market& market) {
    fmt::print(R"({{"symbol":"{}","native":"{}","type":"{}","tick":"{}","step":"{}","state":"{}","visible":{}}})"
               "\n",
               normalised_symbol(market.native), market.native, market.market_type, unit_text(market.tick),
               unit_text(market.step), state_text(market), market.visible);
}

void print_row(const Market& market) {
    fmt::print("{:<26} {:<26} {:<12} {:>14} {:>12}  {}{}\n", normalised_symbol(market.native), market.native,
               market.market_type, unit_text(market.tick), unit_text(market.step), state_text(market),
               market.visible ? "" : ", hidden");
}

}  // namespace

int show_markets(const MarketsOptions& options) {
    const ExchangeConfig exchange =
        options.config_path.empty() ? ExchangeConfig{} : load_config(options.config_path).exchange;
    const TlsContext tls = TlsContext::client(exchange.ca_file);
    RestOptions rest_options;
    for (const auto& url : exchange.rest_urls) rest_options.urls.push_back(parse_url(url, UrlKind::rest));
    rest_options.tls = &tls;
    rest_options.requests_per_minute = static_cast<int>(exchange.rest_requests_per_minute);
    boost::asio::io_context io(1);
    RestClient rest(io, rest_options);
    RestReply<MarketList> reply;
    RestApi(rest).markets([&](RestReply<MarketList> got) {
        reply = std::move(got);
        io.stop();
    });
    io.run();
    if (!reply.value) {
        std::fputs(fmt::format("daypack: the list of markets did not come: {}\n", reply.why).c_str(), stderr);
        return 1;
    }
    const MarketList& list = *reply.value;
    for (const auto& skipped : list.skipped) std::fputs(fmt::format("daypack: {}\n", skipped).c_str(), stderr);
    if (!options.json)
        fmt::print("{:<26} {:<26} {:<12} {:>14} {:>12}  {}\n", "SYMBOL", "NATIVE", "TYPE", "TICK", "STEP", "STATE");
    for (const Market& market : list.markets) options.json ? print_json(market) : print_row(market);
    return 0;
}

}  // namespace daypack
