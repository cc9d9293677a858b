// SPDX-License-Identifier: MIT
#include "engine/control_thread/market_installer.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "book/decimal.h"
#include "engine/control_thread/symbol_choice.h"
#include "engine/messages/engine_limits.h"

namespace daypack::core {
namespace {

std::string state_name(Reason halted) {
    return halted == Reason::none ? "open" : daypack_reason_name(static_cast<unsigned>(halted));
}

}  // namespace

bool MarketInstaller::install(FollowedMarket& market) {
    if (!market.index && !take_place(market)) return false;
    const Market* const row = market.witness.market();
    const bool known = market.witness.existence() != MarketWitness::Existence::unknown;
    if (known && is_rfq(market.native, row)) {
        show_down(market, Reason::refused);
    } else if (row == nullptr) {
        show_down(market, Reason::no_market);
    } else {
        show_listed(market, *row);
    }
    return true;
}

bool MarketInstaller::take_place(FollowedMarket& market) {
    Instrument instrument = make_instrument(market.native, market.witness.market());
    const auto index = wiring_.segment->add_symbol(instrument.symbol, market.native);
    if (!index) {
        log_.line_once(fmt::format("symbol left_out={} why=\"{}\"", market.native,
                                   wiring_.segment->why_left_out(instrument.symbol, market.native)));
        return false;
    }
    if (*index >= wiring_.instruments->size() && !wiring_.instruments->append(std::move(instrument))) return false;
    market.index = *index;
    market.bad_frames = wiring_.segment->symbol_counters(*index).get(DAYPACK_SYMBOL_bad_frames);
    return true;
}

void MarketInstaller::adopt_directory(const std::vector<Market>& listed, const FollowedMarkets& markets) {
    while (wiring_.instruments->size() < wiring_.segment->symbols()) {
        const auto index = static_cast<SymbolIndex>(wiring_.instruments->size());
        const std::string native(wiring_.segment->native(index));
        if (!wiring_.instruments->append(make_instrument(native, find_market(listed, native)))) return;
        const bool wanted = std::any_of(markets.begin(), markets.end(), [&](const FollowedMarket& market) {
            return market.wanted && market.native == native;
        });
        if (!wanted) wiring_.send(ReleaseSymbol{index, &(*wiring_.instruments)[index], Reason::stopped});
    }
}

void MarketInstaller::drop(FollowedMarket& market) {
    market.wanted = false;
    market.shown = FollowedMarket::Shown::nothing;
    if (market.index) release(market, Reason::stopped);
}

// The venue has no book of it, and its stream is silent.
void MarketInstaller::show_down(FollowedMarket& market, Reason why) {
    if (market.shown == FollowedMarket::Shown::down && market.why == why) return;
    if (market.lived) log_market(market, daypack_reason_name(static_cast<unsigned>(why)));
    market.shown = FollowedMarket::Shown::down;
    market.why = why;
    release(market, why);
}

void MarketInstaller::show_listed(FollowedMarket& market, const Market& row) {
    const GridChange changed = update_grid(market, row);
    const bool closed = row.halted == Reason::closed;
    const bool followed = market.is_followed();
    const bool stays = closed ? market.shown == FollowedMarket::Shown::closed : followed;
    const Reason was = std::exchange(market.why, row.halted);
    if (market.shown != FollowedMarket::Shown::nothing && (!stays || changed.grid || was != row.halted)) {
        log_market(market, state_name(row.halted));
    }
    if (closed) {
        if (stays && !changed.units) return;
        market.shown = FollowedMarket::Shown::closed;
        return release(market, Reason::closed);
    }
    if (!followed || changed.units) return follow(market, followed ? Reason::tick : Reason::start);
    if (was != row.halted) wiring_.send(SetHalt{*market.index, row.halted});
}

// What we count in may be finer than the venue's own grid, and may be that very one before a witness tells it.
MarketInstaller::GridChange MarketInstaller::update_grid(const FollowedMarket& market, const Market& row) {
    const Instrument& before = (*wiring_.instruments)[*market.index];
    const Grid listed{row.tick, row.step};
    GridChange changed;
    changed.grid = listed != before.listed_grid();
    changed.units = changed.grid && listed != before.grid();
    if (changed.units) {
        wiring_.instruments->replace(*market.index, make_instrument(market.native, &row));
    } else if (changed.grid) {
        wiring_.instruments->restate(*market.index, make_instrument(market.native, &row));
    }
    return changed;
}

void MarketInstaller::refine_units(FollowedMarkets& markets, SymbolIndex symbol, const Grid& grid) {
    wiring_.instruments->replace(symbol, (*wiring_.instruments)[symbol].refined(grid));
    for (FollowedMarket& market : markets) {
        if (market.index == symbol && market.is_followed()) return follow(market, Reason::tick);
    }
}

MarketInstaller::Frames MarketInstaller::frames_of(const FollowedMarket& market) const noexcept {
    const Counters counters = wiring_.segment->symbol_counters(*market.index);
    return {counters.get(DAYPACK_SYMBOL_bad_frames), counters.get(DAYPACK_SYMBOL_updates)};
}

// Has the book thread follow it, with a new Sync also where it was followed, and the lines carry it.
void MarketInstaller::follow(FollowedMarket& market, Reason first) {
    market.shown = FollowedMarket::Shown::followed;
    auto sync = std::make_unique<Sync>(kMaxLevels, options_.depth, *wiring_.pool, options_.gap_wait_ns, first,
                                       options_.window_ns);
    wiring_.send(FollowSymbol{*market.index, &(*wiring_.instruments)[*market.index], std::move(sync), market.why});
    wiring_.subscriptions->set(*market.index, true);
}

// Has no line carry it, and the book thread show why.
void MarketInstaller::release(const FollowedMarket& market, Reason why) {
    wiring_.subscriptions->set(*market.index, false);
    wiring_.send(ReleaseSymbol{*market.index, &(*wiring_.instruments)[*market.index], why});
}

void MarketInstaller::log_market(const FollowedMarket& market, const std::string& state) {
    const Grid listed = (*wiring_.instruments)[*market.index].listed_grid();
    log_.line(fmt::format("market symbol={} state={} tick={} step={}", market.native, state, format_unit(listed.tick),
                          format_unit(listed.step)));
}

}  // namespace daypack::core
