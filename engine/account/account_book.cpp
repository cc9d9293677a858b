// SPDX-License-Identifier: MIT
#include "engine/account/account_book.h"

#include <algorithm>

namespace daypack::core {
namespace {

constexpr unsigned kAgainMax = 3;                   // quick fetches in a row because events came between
constexpr std::int64_t kClockSlack_us = 1'000'000;  // of the venue's clock as it is known here

constexpr std::array kKinds{AccountKind::orders, AccountKind::positions, AccountKind::balances, AccountKind::fills};

}  // namespace

// ---- the line

void AccountBook::on_subscribed(MonoTime now, VenueTime venue_now) {
    if (!base_) {
        base_ = newest_ = fills_known_ = venue_now;
        if (inherited_) begin_at({std::max(inherited_->us, venue_now.us - kInheritMax_us)});
    }
    subscribed_ = venue_now;
    phase_ = Phase::unproven;
    barrier_sent_ = false;
    for (const AccountKind kind : kKinds) {
        Kind& one = of(kind);
        one.is_asked = one.is_due = false;
        one.held.reset();
        if (one.state.state == State::down) set_state(kind, kStart);
    }
    (void)now;
}

// The next history is asked for from there on.
void AccountBook::begin_at(VenueTime since) noexcept {
    if (since >= *base_) return;
    base_ = since;
    fills_known_.us = std::min(fills_known_.us, since.us + kHistoryMargin_us);
}

void AccountBook::inherit(VenueTime since, const ToldTimes& told, MonoTime now) {
    for (const auto& [identity, time] : told) {
        if (!base_ || time < *base_) ledger_.note_told(identity);
    }
    if (!base_) {
        inherited_ = since;
    } else if (since < *base_) {
        begin_at(since);
        ledger_.ignore_none();
        if (phase_ == Phase::subscribed) lose(AccountKind::fills, {State::syncing, Reason::gap}, true, now);
    }
}

void AccountBook::on_down(MonoTime now) {
    phase_ = Phase::down;
    barrier_sent_ = false;
    for (const AccountKind kind : kKinds) {
        if (of(kind).was_known && of(kind).state.state != State::down) {
            lose(kind, {State::stale, Reason::line_dead}, true, now);
        } else {
            lose(kind, of(kind).state, true, now);
        }
        of(kind).is_due = false;
    }
}

void AccountBook::on_refused(MonoTime now) {
    phase_ = Phase::down;
    barrier_sent_ = false;
    for (const AccountKind kind : kKinds) {
        lose(kind, {State::down, Reason::refused}, true, now);
        of(kind).is_due = false;
    }
}

bool AccountBook::wants_barrier() const noexcept {
    if (barrier_sent_ || phase_ == Phase::down) return false;
    return phase_ == Phase::unproven ||
           std::ranges::any_of(kinds_, [](const Kind& kind) { return kind.held.has_value(); });
}

void AccountBook::on_barrier_sent() noexcept {
    barrier_sent_ = true;
    for (Kind& kind : kinds_) {
        if (kind.held) kind.held->is_covered = true;
    }
}

void AccountBook::on_barrier(MonoTime now) {
    if (!std::exchange(barrier_sent_, false)) return;
    if (phase_ == Phase::unproven) {
        phase_ = Phase::subscribed;
        for (const AccountKind kind : kKinds) {
            lose(kind, {State::syncing, of(kind).was_known ? Reason::gap : Reason::start}, true, now);
        }
        return;
    }
    for (const AccountKind kind : kKinds) {
        if (!of(kind).held || !of(kind).held->is_covered) continue;
        const Held held = std::move(*of(kind).held);
        of(kind).held.reset();
        const FetchWindow window{held.ask.asked, now, !of(kind).was_known,
                                 of(kind).is_outage ? nullptr : &of(kind).suspects};
        settle(kind, held.ask, merge(held.answer, window), now);
    }
}

// ---- fetches

void AccountBook::set_state(AccountKind kind, AccountKindState state) {
    if (of(kind).state == state) return;
    of(kind).state = state;
    if (state != kStart) return news_.push_back(AccountStateNews{kind, state});
    for (AccountNews& news : from_the_start(kind)) news_.push_back(std::move(news));
}

std::vector<AccountNews> AccountBook::from_the_start(AccountKind kind) const {
    std::vector<AccountNews> all{AccountStateNews{kind, kStart}};
    if (kind == AccountKind::orders) {
        for (const auto& [id, row] : orders_.rows()) {
            OrderNews news;
            news.event.order = row.order;
            news.source = AccountSource::seed;
            all.emplace_back(std::move(news));
        }
    }
    if (kind == AccountKind::positions) {
        for (const auto& [symbol, held] : positions_.rows()) {
            if (PositionPolicy::is_none(held.row)) continue;
            all.emplace_back(PositionNews{{{}, held.row, {}, {}}, AccountSource::seed});
        }
    }
    if (kind == AccountKind::balances) {
        for (const auto& [asset, held] : balances_.rows()) {
            if (!BalancePolicy::is_none(held.row)) all.emplace_back(BalanceNews{held.row, {}, AccountSource::seed});
        }
    }
    return all;
}

void AccountBook::fetch_at(Kind& kind, MonoTime due) noexcept {
    kind.is_due = true;
    kind.due = due;
}

void AccountBook::lose(AccountKind kind, AccountKindState state, bool is_outage, MonoTime now) {
    Kind& one = of(kind);
    one.is_outage |= is_outage;
    one.suspects.clear();
    one.seeds = one.again = one.failed = 0;
    one.is_asked = false;
    one.held.reset();
    ++one.generation;
    fetch_at(one, now);
    set_state(kind, state);
}

// One that is unconfirmed is asked for again after kConfirm_ns, whatever the interval.
std::optional<std::int64_t> AccountBook::unheard_max(const Kind& kind) const noexcept {
    if (!kind.state.unconfirmed && interval_ns_ == 0) return std::nullopt;
    return 2 * (kind.state.unconfirmed ? kConfirm_ns : interval_ns_) + kUnheard_ns;
}

// The fetch that is due or under way goes on: it is what makes the kind LIVE again.
void AccountBook::doubt_unheard(MonoTime now) {
    for (const AccountKind kind : kKinds) {
        Kind& one = of(kind);
        if (one.state.state != State::live) continue;
        const auto bound = unheard_max(one);
        if (!bound || now - one.settled <= *bound) continue;
        one.seeds = 0;
        set_state(kind, {State::stale, Reason::silent});
    }
}

std::optional<AccountBook::Ask> AccountBook::next_ask(MonoTime now) {
    if (phase_ != Phase::subscribed) return std::nullopt;
    doubt_unheard(now);
    for (const AccountKind kind : kKinds) {
        Kind& one = of(kind);
        if (one.is_asked || !one.is_due || now - one.due < 0) continue;
        one.is_asked = true;
        one.is_due = false;
        const VenueTime from{std::max<std::int64_t>(0, fills_known_.us - kHistoryMargin_us)};
        return Ask{kind, from, newest_, moment(now), one.generation};
    }
    return std::nullopt;
}

void AccountBook::on_answer(const Ask& ask, Answer answer) {
    Kind& kind = of(ask.kind);
    if (ask.generation != kind.generation || !kind.is_asked) return;
    kind.failed = 0;
    kind.held.emplace(Held{ask, std::move(answer), false});
}

void AccountBook::on_failure(const Ask& ask, MonoTime now) {
    Kind& kind = of(ask.kind);
    if (ask.generation != kind.generation || !kind.is_asked) return;
    kind.is_asked = false;
    ++stats_.kinds[index_of(ask.kind)].failures;
    const unsigned doublings = std::min(kind.failed++, 8U);
    fetch_at(kind, now + std::min(kAgain_ns << doublings, kFailedMax_ns));
}

// What an answer makes of the state of its kind.
void AccountBook::settle(AccountKind kind, const Ask& ask, const FetchResult& result, MonoTime now) {
    Kind& one = of(kind);
    KindStats& stats = stats_.kinds[index_of(kind)];
    one.is_asked = false;
    if (result.is_old) {
        ++stats.old_answers;
        return fetch_at(one, now + kAgain_ns);
    }
    ++stats.answers;
    stats.missed += result.missed;
    if (one.is_outage) {
        stats.missed += result.differences;
    } else if (result.differences > 0) {
        stats.differences += result.differences;
        if (!reconnected_ || now - *reconnected_ >= kReconnect_ns) {
            reconnect_ = true;
            reconnected_ = now;
            ++stats_.reconnects;
        }
    }
    const bool differs = result.differences + result.missed > 0;
    const bool is_doubted = !result.doubted.empty() || result.is_short;
    one.suspects = result.doubted;
    if ((differs && one.seeds > 0) || is_doubted) {
        one.seeds = 0;
        if (one.state.state == State::live) set_state(kind, {State::syncing, Reason::audit});
    }
    if (is_doubted) {
        ++stats.doubts;
        return fetch_at(one, now + kAgain_ns);
    }
    one.was_known = true;
    one.is_outage = false;
    ++one.seeds;
    if (kind == AccountKind::fills && fills_known_ < ask.until) fills_known_ = ask.until;
    const bool unconfirmed = one.seeds < 2;
    one.was_sure |= !unconfirmed;
    one.settled = now;
    set_state(kind, {State::live, Reason::none, unconfirmed});
    if (result.touched > 0 && one.again < kAgainMax) {
        ++one.again;
        return fetch_at(one, now + kAgain_ns);
    }
    one.again = 0;
    if (unconfirmed) return fetch_at(one, now + kConfirm_ns);
    if (interval_ns_ > 0) fetch_at(one, now + interval_ns_);
}

FetchResult AccountBook::merge(const Answer& answer, const FetchWindow& window) {
    if (const auto* orders = std::get_if<std::vector<AccountOrder>>(&answer)) return merge_orders(*orders, window);
    if (const auto* fills = std::get_if<std::vector<AccountFill>>(&answer)) return merge_fills(*fills, window);
    if (const auto* positions = std::get_if<std::vector<AccountPosition>>(&answer)) {
        return positions_.merge(*positions, window, [&](const AccountPosition& position) {
            news_.push_back(PositionNews{{{}, position, {}, {}}, window.source()});
        });
    }
    return balances_.merge(std::get<std::vector<AccountBalance>>(answer), window, [&](const AccountBalance& balance) {
        news_.push_back(BalanceNews{balance, {}, window.source()});
    });
}

FetchResult AccountBook::merge_orders(const std::vector<AccountOrder>& rows, const FetchWindow& window) {
    return orders_.merge(rows, window, [&](const AccountOrder& order, bool is_gone) {
        if (!is_gone) {
            ledger_.on_order(order.id, order.executed, order.executed, rule_of(order.id), window.now);
            check_fills(order.id, window.now);
        }
        OrderNews news;
        news.event.order = order;
        news.source = window.source();
        news.is_gone = is_gone;
        news_.push_back(std::move(news));
    });
}

// A history has the newest first; they are handed on as they happened.
FetchResult AccountBook::merge_fills(const std::vector<AccountFill>& rows, const FetchWindow& window) {
    FetchResult result;
    std::vector<const AccountFill*> oldest_first;
    oldest_first.reserve(rows.size());
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) oldest_first.push_back(&*row);
    std::ranges::stable_sort(oldest_first, {}, [](const AccountFill* fill) { return fill->time.us; });
    for (const AccountFill* const row : oldest_first) {
        const AccountFill& fill = *row;
        const bool is_of_outage = fill.time.us < subscribed_.us + kClockSlack_us;
        if (fill.time.us < base_->us / 1'000 * 1'000) {
            ledger_.ignore(fill);
        } else if (ledger_.has(fill)) {
            continue;
        } else if (is_of_outage || ledger_.owes(fill.order_id) || window.believes(fill_identity(fill))) {
            (void)ledger_.take(fill);
            ++(is_of_outage ? result.missed : result.differences);
            news_.push_back(FillNews{fill, AccountSource::mended});
        } else {
            result.doubted.insert(fill_identity(fill));
        }
    }
    result.is_short = ledger_.owes_any(window.now);
    return result;
}

// ---- events

bool AccountBook::is_copy(std::string identity) {
    ++stats_.events;
    if (events_.add(std::move(identity))) return false;
    ++stats_.duplicates;
    return true;
}

// Until two answers have agreed once, an order may have been listed as it was before fills are followed.
FillLedger::Before AccountBook::rule_of(const std::string& order) const {
    if (!kinds_[index_of(AccountKind::orders)].was_sure) return FillLedger::Before::excused;
    return orders_.knows(order) ? FillLedger::Before::counts : FillLedger::Before::is_new;
}

// Where an order says that more was executed than the fills that came, some were lost, or are late.
void AccountBook::check_fills(const std::string& order, MonoTime now) {
    const Kind& fills = of(AccountKind::fills);
    if (!ledger_.owes(order) || fills.state.state != State::live) return;
    lose(AccountKind::fills, {State::syncing, Reason::gap}, false, now);
}

void AccountBook::on_event(const OrderEvent& event, MonoTime now) {
    if (is_copy("o" + event.identity())) return;
    newest_ = std::max(newest_, event.time);
    const AccountOrder& order = event.order;
    const Amount part = event.fill ? event.fill->quantity : Amount();
    const Amount before = Amount::sum(order.executed, part.negated()).value_or(Amount());
    ledger_.on_order(order.id, before, order.executed, rule_of(order.id), now);
    const bool is_late = !orders_.apply(event, moment(now));
    stats_.late += is_late ? 1 : 0;
    news_.push_back(OrderNews{event, AccountSource::stream, is_late, false});
    if (event.fill && ledger_.take(*event.fill)) news_.push_back(FillNews{*event.fill, AccountSource::stream});
    check_fills(order.id, now);
}

void AccountBook::on_event(const PositionEvent& event, MonoTime now) {
    // The state at a subscription may say what was said before, and be right to.
    const bool is_state = event.kind.empty();
    if (!is_state && is_copy("p" + event.identity())) return;
    newest_ = std::max(newest_, event.time);
    const auto known = positions_.rows().find(event.position.symbol);
    const bool is_same =
        known != positions_.rows().end() && known->second.row.net_quantity == event.position.net_quantity;
    const bool is_late = !positions_.apply(event.position, event.time, moment(now));
    if (is_state && (is_same || is_late)) return;
    stats_.late += is_late ? 1 : 0;
    news_.push_back(PositionNews{event, AccountSource::stream, is_late});
}

// Absolute, so a copy is known by what it says at its time.
void AccountBook::on_event(const BalanceEvent& event, MonoTime now) {
    AccountBalance balance;
    balance.asset = event.asset;
    balance.available = event.available;
    balance.locked = event.locked;
    balance.staked = event.staked;
    if (is_copy("b" + event.asset + "|" + std::to_string(event.time.us) + "|" + event.available.text() + "|" +
                event.locked.text() + "|" + event.staked.text())) {
        return;
    }
    newest_ = std::max(newest_, event.time);
    const bool is_late = !balances_.apply(balance, event.time, moment(now));
    stats_.late += is_late ? 1 : 0;
    news_.push_back(
        BalanceNews{is_late ? balance : balances_.row(event.asset), event.time, AccountSource::stream, is_late});
}

void AccountBook::on_broken(MonoTime now) {
    ++stats_.broken;
    for (const AccountKind kind : kKinds) {
        if (of(kind).state.state != State::down) lose(kind, {State::syncing, Reason::bad_frame}, false, now);
    }
}

bool AccountBook::is_settled() const noexcept {
    return std::ranges::all_of(kinds_, [](const Kind& kind) {
        return kind.state == AccountKindState{State::live, Reason::none, false};
    });
}

}  // namespace daypack::core
