// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/sim/account/account.h"
#include "tools/sim/account/notices.h"
#include "tools/sim/market/random.h"

namespace daypack::core::sim {

// What an order asks for.
struct Wish {
    std::string symbol;
    bool bid = false;
    bool is_market = false;
    std::string time_in_force = "GTC";
    Amount price = 0;
    Amount quantity = 0;
    bool post_only = false;
    bool reduce_only = false;
    Amount trigger_price = 0;
    std::optional<std::uint32_t> client_id{};
};

// The books of all accounts: what they rest, trade, hold and owe. The other side of everything is the house, which has
// no limit.
//
// Thread: any one at a time.
// Invariants: of each asset, what accounts and house have together is zero: nothing is made or lost; what is locked is
// what the resting spot orders would pay; every change is told by notices, in its order, with T that only grow.
class Matching {
  public:
    using Touches = std::function<std::optional<Touch>(const std::string& symbol)>;

    Matching(std::vector<Instrument> instruments, std::vector<Account> accounts, std::uint64_t seed, Touches touches);

    // The times of what happens from now on begin here, and never run back.
    void set_time(std::int64_t now_us) noexcept;
    [[nodiscard]] std::int64_t time_us() const noexcept { return time_us_; }

    // From outside, or to there; likewise funds that earn interest, which auto-lend moves.
    void transfer(std::size_t account, const std::string& asset, Amount amount);
    // Out of what is available into what is lent; negative: back. Nothing where there is not so much.
    void lend(std::size_t account, const std::string& asset, Amount amount);
    // Its number; nullopt: the account cannot pay for it.
    [[nodiscard]] std::optional<std::uint64_t> place(std::size_t account, const Wish& wish);
    // REQUIRES for these: the order is there; 0 < quantity <= what remains of it.
    void fill(std::size_t account, std::uint64_t order, Amount price, Amount quantity, bool is_maker);
    void cancel(std::size_t account, std::uint64_t order);
    void expire(std::size_t account, std::uint64_t order, std::string_view reason);
    // What waits for its trigger becomes a market order, or fails.
    void pull_trigger(std::size_t account, std::uint64_t order, bool fails);
    // Every position pays or gets its funding.
    void fund(std::size_t account, Amount rate);
    void cancel_all(std::size_t account);

    [[nodiscard]] const std::vector<Account>& accounts() const noexcept { return accounts_; }
    [[nodiscard]] const std::vector<Instrument>& instruments() const noexcept { return instruments_; }
    [[nodiscard]] const Instrument& instrument(const std::string& symbol) const;
    [[nodiscard]] const std::map<std::string, Amount>& house() const noexcept { return house_; }
    [[nodiscard]] std::optional<Touch> touch(const std::string& symbol) const { return touches_(symbol); }
    // The middle of the touch; the position's own price where there is none.
    [[nodiscard]] Amount mark_of(const Position& position) const;
    // The position's quantity with all of its open orders on the side that makes it larger.
    [[nodiscard]] Amount exposure_of(const Account& account, const Position& position) const;

    // What was told since the last call, of this account.
    [[nodiscard]] std::vector<Notice> take_notices() { return std::exchange(notices_, {}); }
    void count_event(std::size_t account) { ++accounts_[account].events; }

  private:
    [[nodiscard]] Times next_times(std::int64_t later_us);
    void pay(Account& account, const std::string& asset, Amount amount);
    void lock(Account& account, const Order& order, Amount quantity);
    void tell_order(const Order& order, std::string_view event, const Fill* fill = nullptr);
    void tell_position(const Account& account, const Position& position, std::string_view event);
    void tell_balance(const Account& account, const std::string& asset);
    void settle_spot(Account& account, const Order& order, const Fill& fill);
    void settle_perpetual(Account& account, const Fill& fill);
    void close_part(Account& account, Position& position, const Fill& fill, Amount closed);
    void keep_reduce_only(Account& account, const std::string& symbol);
    void end(Account& account, std::uint64_t order, Status status, std::string_view event);
    [[nodiscard]] Amount fee_rate(const Instrument& instrument, bool is_maker) const noexcept;

    std::vector<Instrument> instruments_;
    std::vector<Account> accounts_;
    Random random_;
    Touches touches_;
    std::map<std::string, Amount> house_;
    std::vector<Notice> notices_;
    std::int64_t time_us_ = 0;
    std::uint64_t order_id_;
    std::uint64_t trade_id_;
    std::uint64_t position_id_;
};

// The asset that an order locks while it rests, and how much for so many of it; nullopt: a perpetual's locks none.
struct Lock {
    std::string asset;
    Amount amount;
};
[[nodiscard]] std::optional<Lock> lock_of(const Instrument& instrument, const Order& order, Amount quantity);

}  // namespace daypack::core::sim
