// SPDX-License-Identifier: MIT
#include "engine/control_thread/market_follower.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "book/decimal.h"
#include "engine/control_thread/symbol_choice.h"
#include "engine/messages/engine_limits.h"
#include "net/backpack/symbol.h"
#include "net/base/backoff.h"

namespace daypack {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kNsPerS = 1'000'000'000;
constexpr std::int64_t kListAgain_ns = 10 * kNsPerS;
constexpr std::int64_t kListHalted_ns = 3 * kNsPerS;  // where most of what is followed waits to be opened
constexpr std::int64_t kListSoon_ns = kNsPerS;
constexpr std::int64_t kHaltedAgain_ns = 10 * kNsPerS;  // a market that waits to be opened is asked about so often,
constexpr std::int64_t kHaltedEach_ns = kNsPerS / 2;    // and all of them together this far apart
constexpr std::int64_t kFirstApart_ns = kNsPerS / 10;   // the first questions about many markets
constexpr std::int64_t kLook_ns = kNsPerS / 10;         // at the counters of frames, which the book thread writes
constexpr std::int64_t kStreams_ns = kNsPerS;           // a market of which updates came so lately is there
constexpr std::uint32_t kFailuresOfAll = 3;             // of /market in a row: then one market asks for all

bool is_refusal(int status) noexcept {
    return status >= 400 && status < 500 && status != 403 && status != 429 && status != 451;
}

std::string_view state_name(Reason halted) noexcept {
    return halted == Reason::none ? "open" : daypack_reason_name(static_cast<unsigned>(halted));
}

}  // namespace

MarketFollower::MarketFollower(const Config& config, RestApi& rest, Wiring wiring, MonoTime now)
    : config_(config), rest_(rest), wiring_(std::move(wiring)), now_(now) {
    read_list();
}

void MarketFollower::do_work(MonoTime now) {
    now_ = now;
    if (list_due_.ns != 0 && list_due_ <= now) read_list();
    if (now - looked_ >= kLook_ns) look_at_frames(now);
    ask(now);
}

void MarketFollower::set_symbols(const Config& config) {
    config_.path = config.path;
    config_.exchange.symbols = config.exchange.symbols;
    config_.exchange.all_symbols = config.exchange.all_symbols;
    said_.clear();
    other_symbols_ = true;
    if (list_) {
        select(now_);
        hear_list(now_);
    }
    if (list_due_.ns != 0) read_list();
}

void MarketFollower::doubt(SymbolIndex symbol, MonoTime now) {
    for (Followed& market : markets_) {
        if (market.index == symbol && market.wanted) market.witness.doubt(now);
    }
    if (market_failures_ > 0) read_list_soon(now);
}

void MarketFollower::doubt_all(MonoTime now) {
    for (Followed& market : markets_) {
        if (market.wanted) market.witness.doubt(now);
    }
    read_list_soon(now);
}

// ---- the list

void MarketFollower::read_list() {
    list_due_ = {};
    rest_.markets([this, asked = now_](const RestReply<MarketList>& reply) { on_list(reply, asked); },
                  list_ ? RestApi::Rank::normal : RestApi::Rank::urgent);
}

void MarketFollower::read_list_soon(MonoTime now) {
    if (list_due_.ns != 0) list_due_ = std::min(list_due_, std::max(now, list_read_ + kListSoon_ns));
}

void MarketFollower::on_list(const RestReply<MarketList>& reply, MonoTime asked) {
    const MonoTime now = now_;
    if (!reply.value) return on_no_list(reply.why, now);
    for (const auto& skipped : reply.value->skipped) say_once(fmt::format("market skipped why=\"{}\"", skipped));
    if (reply.value->markets.empty()) return on_no_list("no market in the answer", now);
    list_failures_ = 0;
    list_read_ = now;
    list_ = List{reply.value->markets, asked, reply.age_s};
    select(now);
    hear_list(now);
    const auto followed = static_cast<std::size_t>(
        std::count_if(markets_.begin(), markets_.end(), [](const Followed& m) { return m.shown == Shown::followed; }));
    list_due_ = now + (followed > 0 && 2 * halted() > followed ? kListHalted_ns : kListAgain_ns);
}

void MarketFollower::on_no_list(const std::string& why, MonoTime now) {
    ++list_failures_;
    const std::int64_t delay_ms = next_delay_ms(list_failures_, 0.5);
    list_due_ = now + delay_ms * kNsPerMs;
    wiring_.say(fmt::format("markets failed={} retry_ms={} why=\"{}\"", list_failures_, delay_ms, why));
    if (!list_) select(now);  // what the configuration names can be asked for without a list
}

// Takes in what is wanted now, and drops what another configuration no longer names. No list takes a market out.
void MarketFollower::select(MonoTime now) {
    const auto natives = choose_symbols(config_.exchange, list_ ? list_->markets : std::vector<Market>{});
    for (const auto& native : natives) want(native, now);
    if (list_) {
        for (const ListedSymbol& symbol : config_.exchange.symbols) {
            if (!native_symbol(symbol.text)) say_once(not_listed(config_, symbol, list_->markets));
        }
    }
    if (!std::exchange(other_symbols_, false)) return;
    for (Followed& market : markets_) {
        const bool named = std::find(natives.begin(), natives.end(), market.native) != natives.end();
        if (market.wanted && !named) drop(market);
    }
}

void MarketFollower::hear_list(MonoTime now) {
    for (Followed& market : markets_) {
        if (!market.wanted) continue;
        const Market* const row = find_market(list_->markets, market.native);
        const bool changed = market.witness.on_list(row, list_->asked, list_->age_s, now);
        if (changed || market.shown == Shown::nothing) settle(market);
    }
    ask(now);
    look_whether_failed();
}

MarketFollower::Followed& MarketFollower::want(const std::string& native, MonoTime now) {
    const auto known =
        std::find_if(markets_.begin(), markets_.end(), [&](const Followed& m) { return m.native == native; });
    if (known != markets_.end()) {
        known->wanted = true;
        return *known;
    }
    const auto place = static_cast<std::uint32_t>(markets_.size());
    Followed& added = markets_.emplace_back();
    added.native = native;
    added.witness = MarketWitness(place);
    const std::int64_t apart_ns = place * kFirstApart_ns % MarketWitness::kAgain_ns;
    added.witness.ask_at(now + (list_ ? apart_ns : 0));
    return added;
}

void MarketFollower::drop(Followed& market) {
    market.wanted = false;
    market.shown = Shown::nothing;
    if (!market.index) return;
    wiring_.subscriptions->set(*market.index, false);
    wiring_.send(ReleaseSymbol{*market.index, &(*wiring_.instruments)[*market.index], Reason::stopped});
}

// ---- /market

// A frame that could not be read may be of another tick; updates that come speak for the market.
void MarketFollower::look_at_frames(MonoTime now) {
    looked_ = now;
    for (Followed& market : markets_) {
        if (market.shown != Shown::followed) continue;
        const auto bad = wiring_.segment->symbol_counters(*market.index).get(DAYPACK_SYMBOL_bad_frames);
        if (bad > market.bad_frames) doubt(*market.index, now);
        market.bad_frames = bad;
        const auto updates = wiring_.segment->symbol_counters(*market.index).get(DAYPACK_SYMBOL_updates);
        if (updates > market.updates) market.streamed = now;
        market.updates = updates;
    }
}

void MarketFollower::ask(MonoTime now) {
    for (std::size_t place = 0; place < markets_.size(); ++place) {
        Followed& market = markets_[place];
        if (!market.wanted || !market.witness.due(now)) continue;
        const bool unknown = market.witness.existence() == MarketWitness::Existence::unknown;
        if (market_failures_ >= kFailuresOfAll && !unknown) {
            if (now - market_due_ < 0) continue;
            const std::uint32_t doublings = std::min(market_failures_ - kFailuresOfAll, 6U);
            market_due_ = now + std::min(kNsPerS << doublings, MarketWitness::kAgain_ns);
        }
        const auto rank = market.witness.doubted() ? RestApi::Rank::normal : RestApi::Rank::market;
        market.witness.on_asked(now);
        rest_.market(
            market.native, [this, place](const RestReply<std::optional<Market>>& reply) { on_market(place, reply); },
            rank);
    }
}

void MarketFollower::on_market(std::size_t place, const RestReply<std::optional<Market>>& reply) {
    const MonoTime now = now_;
    Followed& market = markets_[place];
    const Reason before = market.why;
    bool changed = false;
    if (reply.value && !reply.value->has_value() && is_contradicted(market, now)) {
        say_no_answer(market, "/market denies it, but updates of it come");
        changed = market.witness.on_no_answer(false, now);
    } else if (reply.value) {
        market_failures_ = 0;
        market_answers_ = true;
        const Market* const row = reply.value->has_value() ? &**reply.value : nullptr;
        const bool waits = row != nullptr && row->halted != Reason::none && row->halted != Reason::closed;
        const std::int64_t all_ns = static_cast<std::int64_t>(halted()) * kHaltedEach_ns;
        const std::int64_t most_ns =
            waits ? std::clamp(all_ns, kHaltedAgain_ns, MarketWitness::kAgain_ns) : MarketWitness::kAgain_ns;
        changed = row != nullptr ? market.witness.on_market(*row, now, most_ns) : market.witness.on_denied(now);
    } else if (reply.status == 404 && market_answers_ && market.witness.list_denies()) {
        changed = market.witness.on_denied(now);  // two witnesses say the same
    } else {
        say_no_answer(market, reply.why);
        changed = market.witness.on_no_answer(is_refusal(reply.status), now);
    }
    if (market.wanted && (changed || market.shown == Shown::nothing)) settle(market);
    if (changed && before != Reason::none && market.shown == Shown::followed && market.why == Reason::none) {
        for (Followed& other : markets_) {  // where one opens after maintenance, all may
            if (other.shown == Shown::followed && other.why != Reason::none) other.witness.doubt(now);
        }
    }
    look_whether_failed();
}

// A denial speaks against what is seen: no list leaves the market out, and its updates go on coming.
bool MarketFollower::is_contradicted(const Followed& market, MonoTime now) noexcept {
    return market.streamed.ns != 0 && now - market.streamed < kStreams_ns && !market.witness.list_denies();
}

void MarketFollower::say_no_answer(const Followed& market, const std::string& why) {
    ++market_failures_;
    if ((market_failures_ & (market_failures_ - 1)) != 0) return;  // the 1st, 2nd, 4th, 8th …
    wiring_.say(fmt::format("market symbol={} failed={} why=\"{}\"", market.native, market_failures_, why));
}

// ---- what follows

// Shows what is believed of a market now. REQUIRES: it is wanted.
void MarketFollower::settle(Followed& market) {
    const Market* const now = market.witness.market();
    const bool unknown = market.witness.existence() == MarketWitness::Existence::unknown;
    if (unknown && !list_) return;  // nobody said anything of it
    adopt_directory();
    if (!market.index && !take_place(market)) return;
    if (!unknown && is_rfq(market.native, now)) {
        complain(market);
        return show_down(market, Reason::refused);
    }
    if (now == nullptr) {
        if (!unknown && !market.lived) complain(market);
        return show_down(market, Reason::no_market);
    }
    market.lived = began_ = true;
    show_market(market, *now);
}

bool MarketFollower::take_place(Followed& market) {
    Instrument instrument = make_instrument(market.native, market.witness.market());
    const auto index = wiring_.segment->add_symbol(instrument.symbol, market.native);
    if (!index) {
        say_once(fmt::format(
            "symbol left_out={} why=\"no room in shared memory, where symbols of engines before keep their places: "
            "raise max_symbols, which makes a new segment\"",
            market.native));
        return false;
    }
    if (*index >= wiring_.instruments->size() && !wiring_.instruments->append(std::move(instrument))) return false;
    market.index = *index;
    market.bad_frames = wiring_.segment->symbol_counters(*index).get(DAYPACK_SYMBOL_bad_frames);
    return true;
}

// The index of a symbol is that of its slot, and the segment may list symbols of an engine before this one.
void MarketFollower::adopt_directory() {
    while (wiring_.instruments->size() < wiring_.segment->symbols()) {
        const auto index = static_cast<SymbolIndex>(wiring_.instruments->size());
        const std::string native(wiring_.segment->native(index));
        const Market* const row = list_ ? find_market(list_->markets, native) : nullptr;
        if (!wiring_.instruments->append(make_instrument(native, row))) return;
        wiring_.send(ReleaseSymbol{index, &(*wiring_.instruments)[index], Reason::stopped});
    }
}

// The venue has no book of it, and its stream is silent.
void MarketFollower::show_down(Followed& market, Reason why) {
    if (market.shown == Shown::down && market.why == why) return;
    if (market.lived) say_market(market, daypack_reason_name(static_cast<unsigned>(why)));
    market.shown = Shown::down;
    market.why = why;
    wiring_.subscriptions->set(*market.index, false);
    wiring_.send(ReleaseSymbol{*market.index, &(*wiring_.instruments)[*market.index], why});
}

void MarketFollower::show_market(Followed& market, const Market& now) {
    const Instrument& before = (*wiring_.instruments)[*market.index];
    // The venue's own grid; what we count in may be finer, and may be that very one before a witness tells it.
    const Grid listed{now.tick, now.step};
    const bool other_grid = listed != before.listed_grid();
    const bool other_units = other_grid && listed != before.grid();
    const bool followed = market.shown == Shown::followed;
    const bool closed = now.halted == Reason::closed;
    const Reason was = std::exchange(market.why, now.halted);
    const bool stays = closed ? market.shown == Shown::closed : followed;
    if (other_units) {
        wiring_.instruments->replace(*market.index, make_instrument(market.native, &now));
    } else if (other_grid) {
        wiring_.instruments->restate(*market.index, make_instrument(market.native, &now));
    }
    if (market.shown != Shown::nothing && (!stays || other_grid || was != now.halted)) {
        say_market(market, std::string(state_name(now.halted)));
    }
    if (closed) {
        if (stays && !other_units) return;
        market.shown = Shown::closed;
        wiring_.subscriptions->set(*market.index, false);
        return wiring_.send(ReleaseSymbol{*market.index, &(*wiring_.instruments)[*market.index], Reason::closed});
    }
    if (!followed || other_units) return follow(market, followed ? Reason::tick : Reason::start);
    if (was != now.halted) wiring_.send(SetHalt{*market.index, now.halted});
}

void MarketFollower::refine_units(SymbolIndex symbol, const Grid& grid) {
    wiring_.instruments->replace(symbol, (*wiring_.instruments)[symbol].refined(grid));
    for (Followed& market : markets_) {
        if (market.index == symbol && market.shown == Shown::followed) return follow(market, Reason::tick);
    }
}

void MarketFollower::say_market(const Followed& market, const std::string& state) {
    const Grid listed = (*wiring_.instruments)[*market.index].listed_grid();
    wiring_.say(fmt::format("market symbol={} state={} tick={} step={}", market.native, state, format_unit(listed.tick),
                            format_unit(listed.step)));
}

// Subscribes it and has the book thread follow it, again where it was followed.
void MarketFollower::follow(Followed& market, Reason first) {
    market.shown = Shown::followed;
    auto sync = std::make_unique<Sync>(kMaxLevels, config_.engine.depth, *wiring_.pool,
                                       config_.exchange.gap_wait_ms * kNsPerMs, first);
    wiring_.send(FollowSymbol{*market.index, &(*wiring_.instruments)[*market.index], std::move(sync), market.why});
    wiring_.subscriptions->set(*market.index, true);
}

// Where the configuration names it: with file and line. What "*" took in was listed.
void MarketFollower::complain(const Followed& market) {
    const bool rfq = is_rfq(market.native, market.witness.market());
    for (const ListedSymbol& symbol : config_.exchange.symbols) {
        if (native_symbol(symbol.text) != market.native) continue;
        say_once(rfq ? without_a_book(config_, symbol)
                     : not_listed(config_, symbol, list_ ? list_->markets : std::vector<Market>{}));
    }
}

void MarketFollower::say_once(const std::string& words) {
    if (std::find(said_.begin(), said_.end(), words) != said_.end()) return;
    said_.push_back(words);
    if (words.starts_with("daypack: ")) {
        wiring_.write(words);
    } else {
        wiring_.say(words);
    }
}

// Only where nothing was ever there to follow, and all that was asked for is known not to be.
void MarketFollower::look_whether_failed() {
    if (began_ || !list_) return;
    failed_ = std::none_of(markets_.begin(), markets_.end(), [](const Followed& m) {
        return m.wanted && m.witness.existence() == MarketWitness::Existence::unknown;
    });
}

std::size_t MarketFollower::halted() const noexcept {
    return static_cast<std::size_t>(std::count_if(markets_.begin(), markets_.end(), [](const Followed& m) {
        return m.shown == Shown::followed && m.why != Reason::none;
    }));
}

}  // namespace daypack
