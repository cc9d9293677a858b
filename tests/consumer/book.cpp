// SPDX-License-Identifier: MIT
// The order book alone, which links nothing: a snapshot, an update, and what can be read of it.
#include <array>
#include <daypack/book.hpp>

int main() {
    daypack::OrderBook book("0.1", "0.001");
    const std::array<daypack::DecimalLevel, 1> bids{{{"10.0", "2"}}};
    const std::array<daypack::DecimalLevel, 2> asks{{{"10.1", "1"}, {"10.3", "4"}}};
    book.replace(bids, asks);
    book.apply(daypack::Side::ask, "10.1", "0");
    const auto ask = book.best_ask();
    return ask && book.units().price_text(ask->price) == "10.3" && book.spread() == 3 ? 0 : 1;
}
