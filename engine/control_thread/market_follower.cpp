// SPDX-License-Identifier: MIT
#include "engine/control_thread/market_follower.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "engine/control_thread/symbol_choice.h"
#include "net/backpack/symbol.h"
#include "net/base/time_units.h"

namespace daypack::core {
namespace {

constexpr std::int64_t kListHalted_ns = s_to_ns(3);     // where most of what is followed waits to be opened
constexpr std::int64_t kFirstApart_ns = ms_to_ns(100);  // the first questions about many markets
constexpr std::int64_t kCheck_ns = ms_to_ns(100);       // of the counters of frames, which the book thread writes

// The native names, and "*" for all.
std::vector<std::string> names_in(const ExchangeConfig& exchange) {
    std::vector<std::string> names;
    if (exchange.all_symbols) names.emplace_back("*");
    for (const ListedSymbol& symbol : exchange.symbols) {
        names.push_back(native_symbol(symbol.text).value_or(symbol.text));
    }
    return names;
}

std::vector<std::string> without(std::vector<std::string> names, const std::vector<std::string>& others) {
    std::erase_if(
        names, [&](const std::string& name) { return std::find(others.begin(), others.end(), name) != others.end(); });
    return names;
}

}  // namespace

MarketFollower::MarketFollower(const Config& config, RestApi& rest, MarketInstaller::Wiring wiring, ControlLog& log,
                               MonoTime now)
    : config_(config),
      log_(log),
      now_(now),
      inquiry_(rest, markets_, log, [this](FollowedMarket& market, bool changed) { on_heard(market, changed); }),
      installer_({.depth = config.engine.depth,
                  .gap_wait_ns = ms_to_ns(config.exchange.gap_wait_ms),
                  .window_ns = window_ns(config.exchange.depth_stream)},
                 std::move(wiring), log),
      list_(
          rest, log, [this](const MarketListReader::List* list) { on_list(list); }, now) {}

void MarketFollower::do_work(MonoTime now) {
    now_ = now;
    list_.do_work(now);
    if (now - checked_ >= kCheck_ns) check_frames(now);
    inquiry_.do_work(now);
}

void MarketFollower::set_symbols(const Config& config) {
    tell_change(config);
    config_.path = config.path;
    config_.exchange.symbols = config.exchange.symbols;
    config_.exchange.all_symbols = config.exchange.all_symbols;
    log_.forget();
    selection_changed_ = true;
    if (const auto* const list = list_.list()) {
        select();
        hear_list(*list);
    }
    list_.read_now();
}

// Which symbols come and go, and which other keys would have changed: those are read at the start alone.
void MarketFollower::tell_change(const Config& config) const {
    const auto before = names_in(config_.exchange);
    const auto after = names_in(config.exchange);
    std::string text = fmt::format("reload config={} came=\"{}\" went=\"{}\"", config.path,
                                   fmt::join(without(after, before), " "), fmt::join(without(before, after), " "));
    if (const auto keys = changed_keys(config_, config); !keys.empty()) {
        text += fmt::format(" without_effect=\"{}\" (these count from the next start on)", fmt::join(keys, " "));
    }
    log_.line(text);
}

void MarketFollower::doubt(SymbolIndex symbol, MonoTime now) {
    for (FollowedMarket& market : markets_) {
        if (market.index == symbol && market.wanted) market.witness.doubt(now);
    }
    if (inquiry_.failing()) list_.read_soon(now);
}

void MarketFollower::doubt_all(MonoTime now) {
    for (FollowedMarket& market : markets_) {
        if (market.wanted) market.witness.doubt(now);
    }
    list_.read_soon(now);
}

void MarketFollower::on_list(const MarketListReader::List* list) {
    if (list == nullptr) {
        if (list_.list() == nullptr) select();  // what the configuration names can be asked for without a list
        return;
    }
    select();
    hear_list(*list);
    const auto followed = static_cast<std::size_t>(
        std::count_if(markets_.begin(), markets_.end(), [](const FollowedMarket& m) { return m.is_followed(); }));
    const bool most_are_halted = followed > 0 && 2 * count_halted(markets_) > followed;
    list_.set_pace(most_are_halted ? kListHalted_ns : MarketListReader::kAgain_ns);
}

// ---- selection

// Takes in what is wanted now, and drops what another configuration no longer names. No list takes a market out.
void MarketFollower::select() {
    const auto selected = choose_symbols(config_.exchange, list_.markets());
    for (const auto& native : selected) want(native);
    if (list_.list() != nullptr) {
        for (const ListedSymbol& symbol : config_.exchange.symbols) {
            if (!native_symbol(symbol.text)) log_.complain_once(not_listed(config_, symbol, list_.markets()));
        }
    }
    if (std::exchange(selection_changed_, false)) drop_unselected(selected);
}

FollowedMarket& MarketFollower::want(const std::string& native) {
    const auto known =
        std::find_if(markets_.begin(), markets_.end(), [&](const FollowedMarket& m) { return m.native == native; });
    if (known != markets_.end()) {
        known->wanted = true;
        return *known;
    }
    const auto place = static_cast<std::uint32_t>(markets_.size());
    FollowedMarket& added = markets_.emplace_back();
    added.native = native;
    added.witness = MarketWitness(place);
    const std::int64_t apart_ns = place * kFirstApart_ns % MarketWitness::kAgain_ns;
    added.witness.ask_at(now_ + (list_.list() != nullptr ? apart_ns : 0));
    return added;
}

std::optional<SymbolIndex> MarketFollower::place(const std::string& native) {
    select();  // else its neighbours, too, would be taken for symbols that nobody wants
    FollowedMarket& market = want(native);
    installer_.adopt_directory(list_.markets(), markets_);
    if (!market.index && !installer_.take_place(market)) return std::nullopt;
    return market.index;
}

void MarketFollower::drop_unselected(const std::vector<std::string>& selected) {
    for (FollowedMarket& market : markets_) {
        const bool named = std::find(selected.begin(), selected.end(), market.native) != selected.end();
        if (market.wanted && !named) installer_.drop(market);
    }
}

// ---- what is believed, and what follows

void MarketFollower::hear_list(const MarketListReader::List& list) {
    for (FollowedMarket& market : markets_) {
        if (!market.wanted) continue;
        const Market* const row = find_market(list.markets, market.native);
        const bool changed = market.witness.on_list(row, list.asked, list.age_s, now_);
        if (changed || market.shown == FollowedMarket::Shown::nothing) settle(market);
    }
    inquiry_.do_work(now_);
    check_whether_failed();
}

void MarketFollower::on_heard(FollowedMarket& market, bool changed) {
    if (market.wanted && (changed || market.shown == FollowedMarket::Shown::nothing)) settle(market);
    check_whether_failed();
}

// Carries out what is believed of a market now. REQUIRES: it is wanted.
void MarketFollower::settle(FollowedMarket& market) {
    const bool unknown = market.witness.existence() == MarketWitness::Existence::unknown;
    if (unknown && list_.list() == nullptr) return;  // nothing was said of it yet
    installer_.adopt_directory(list_.markets(), markets_);
    if (!installer_.install(market)) return;
    const Market* const row = market.witness.market();
    const bool rfq = !unknown && is_rfq(market.native, row);
    if (rfq || (!unknown && row == nullptr && !market.lived)) complain(market);
    if (row != nullptr && !rfq) market.lived = began_ = true;
}

// Says with file and line where the configuration names a market that has no book. What "*" took in was listed.
void MarketFollower::complain(const FollowedMarket& market) {
    const bool rfq = is_rfq(market.native, market.witness.market());
    for (const ListedSymbol& symbol : config_.exchange.symbols) {
        if (native_symbol(symbol.text) != market.native) continue;
        log_.complain_once(rfq ? without_a_book(config_, symbol) : not_listed(config_, symbol, list_.markets()));
    }
}

// A frame that could not be read may be of another tick; updates that come speak for the market.
void MarketFollower::check_frames(MonoTime now) {
    checked_ = now;
    for (FollowedMarket& market : markets_) {
        if (!market.is_followed()) continue;
        const auto [bad_frames, updates] = installer_.frames_of(market);
        if (bad_frames > market.bad_frames) doubt(*market.index, now);
        market.bad_frames = bad_frames;
        if (updates > market.updates) market.streamed = now;
        market.updates = updates;
    }
}

// Only where nothing was ever there to follow, and all that was asked for is known not to be.
void MarketFollower::check_whether_failed() {
    if (began_ || list_.list() == nullptr) return;
    failed_ = std::none_of(markets_.begin(), markets_.end(), [](const FollowedMarket& m) {
        return m.wanted && m.witness.existence() == MarketWitness::Existence::unknown;
    });
}

}  // namespace daypack::core
