// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "tools/sim/account/matching.h"

namespace daypack::core::sim {

// What the accounts do, drawn: orders that rest, fill at once or in parts, end; triggers; funding; funds that come, go
// and are lent.
//
// Thread: any one at a time. The same seed and prices give the same acts.
class Script {
  public:
    Script(Matching& matching, std::uint64_t seed) : matching_(matching), random_(seed) {}

    // Funds to begin with, and a few acts.
    void prepare(std::size_t account);
    // One more act; it may turn out to be none, where no market has a price.
    void act(std::size_t account);
    // Idle funds are lent, or what is lent comes back.
    void lend(std::size_t account);

  private:
    using OrderIf = std::function<bool(const Order&)>;
    [[nodiscard]] const Order* some_order(std::size_t account, const OrderIf& fits);
    [[nodiscard]] const Instrument& some_market();
    [[nodiscard]] Wish some_wish(const Instrument& market, const Touch& touch);
    [[nodiscard]] Amount some_part(const Order& order);
    void rest(std::size_t account);
    void take(std::size_t account);
    void reject(std::size_t account);
    void reduce(std::size_t account);
    void set_trigger(std::size_t account);
    void fill_resting(std::size_t account);
    void cancel_some(std::size_t account);
    void pull_some_trigger(std::size_t account);
    void move_funds(std::size_t account);

    Matching& matching_;
    Random random_;
};

}  // namespace daypack::core::sim
