#include "engine/symbol_choice.h"

#include <fmt/format.h>

#include <algorithm>

#include "net/symbol.h"

namespace daypack {

Wanted choose_symbols(const Config& config, const std::vector<Market>& markets) {
    Wanted wanted;
    std::vector<std::string> listed;
    for (const Market& market : markets) listed.push_back(market.native);
    if (config.exchange.all_symbols) {
        for (const Market& market : markets) {
            if (market.visible && market.halted == Reason::none) wanted.natives.push_back(market.native);
        }
    }
    for (const ListedSymbol& symbol : config.exchange.symbols) {
        const auto native = native_symbol(symbol.text);
        if (native && std::find(listed.begin(), listed.end(), *native) != listed.end()) {
            wanted.natives.push_back(*native);
            continue;
        }
        if (native) wanted.not_listed.push_back(*native);
        const auto nearest = nearest_symbol(symbol.text, listed);
        wanted.complaints.push_back(fmt::format(
            "daypack: {}:{}: symbol \"{}\" is not listed on backpack{}", config.path, symbol.line, symbol.text,
            nearest ? fmt::format("; did you mean \"{}\"?", normalised_symbol(*nearest))
                    : std::string("; `daypack markets` shows what is")));
    }
    return wanted;
}

Instrument make_instrument(const std::string& native, const std::vector<Market>& markets) {
    Instrument instrument;
    instrument.native = native;
    instrument.symbol = normalised_symbol(native);
    const auto market =
        std::find_if(markets.begin(), markets.end(), [&](const Market& m) { return m.native == native; });
    if (market == markets.end()) {
        instrument.listed = false;
        return instrument;
    }
    instrument.tick = market->tick;
    instrument.step = market->step;
    instrument.halted = market->halted;
    return instrument;
}

}  // namespace daypack
