// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <variant>

#include "book/state.h"
#include "net/backpack/account/account_event.h"

namespace daypack::core {

// What an account has, each of which is known or not by itself.
enum class AccountKind : std::uint8_t { orders, positions, balances, fills };
inline constexpr std::size_t kAccountKinds = 4;

// LIVE as of a book: what is shown is what the venue has told, and nothing is known to be missing. `unconfirmed`: it
// was fetched once since, and a second fetch has not agreed yet.
struct AccountKindState {
    State state = State::down;
    Reason reason = Reason::stopped;
    bool unconfirmed = false;
    bool operator==(const AccountKindState&) const = default;
};

// Who told it: the stream; a fetch where nothing was known before; a fetch that showed what the stream had not told.
enum class AccountSource : std::uint8_t { stream, seed, mended };

// `is_late`: something newer was told before, so it changed nothing. `is_gone`: the venue lists the order no more, and
// what became of it was not told.
struct OrderNews {
    OrderEvent event;  // from a fetch it has no kind and no time
    AccountSource source = AccountSource::stream;
    bool is_late = false;
    bool is_gone = false;
};
// Each fill once, whoever told it first.
struct FillNews {
    AccountFill fill;
    AccountSource source = AccountSource::stream;
};
struct PositionNews {
    PositionEvent event;  // likewise; quantity 0: there is none any more
    AccountSource source = AccountSource::stream;
    bool is_late = false;
};
struct BalanceNews {
    AccountBalance balance;  // what is lent and owed is as of the last fetch
    VenueTime time;          // 0: from a fetch
    AccountSource source = AccountSource::stream;
    bool is_late = false;
};
struct AccountStateNews {
    AccountKind kind = AccountKind::orders;
    AccountKindState state;
};
using AccountNews = std::variant<OrderNews, FillNews, PositionNews, BalanceNews, AccountStateNews>;

[[nodiscard]] const char* account_kind_name(AccountKind kind) noexcept;

// While a fetch is under way, and what came of laying its answer over what was known.
struct FetchWindow {
    MonoTime asked;  // what an event told since then is not compared with the answer
    MonoTime now;
    bool is_first = false;  // nothing was known before
    // A difference is believed where the answer before this one had it too: a pong may overtake an event, so one answer
    // may be ahead of the stream. Null, as behind an outage: each is believed at once.
    const std::set<std::string>* suspects = nullptr;

    // A row that an event told so recently is not given up against an answer, which may come from a copy of the venue's
    // books that is a little behind.
    static constexpr std::int64_t kDoubt_ns = 2'000'000'000;
    [[nodiscard]] bool is_doubtful(MonoTime heard) const noexcept { return heard.ns != 0 && now - heard < kDoubt_ns; }
    [[nodiscard]] bool is_touched(MonoTime heard) const noexcept { return heard.ns != 0 && heard - asked > 0; }
    [[nodiscard]] bool believes(const std::string& key) const { return suspects == nullptr || suspects->contains(key); }
    [[nodiscard]] AccountSource source() const noexcept {
        return is_first ? AccountSource::seed : AccountSource::mended;
    }
};
struct FetchResult {
    bool is_old = false;            // the answer is older than an event that had come before it was asked: of no use
    std::uint64_t differences = 0;  // mended
    std::set<std::string> doubted;  // rows that differ, and are not believed yet
    bool is_short = false;          // something is known to be missing that the answer lacks too
    std::uint64_t touched = 0;      // rows that an event told meanwhile
    std::uint64_t missed = 0;       // of a time without a subscription, which is no fault of the stream; mended too
};

}  // namespace daypack::core
