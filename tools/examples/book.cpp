// SPDX-License-Identifier: MIT
// An order book alone, without engine or network: daypack::book, or `pkg-config --cflags --libs daypack-book`.
// It takes a snapshot and an update, and says what an order would pay.
#include <array>
#include <cstdio>
#include <daypack/book.hpp>

int main() {
    daypack::OrderBook book("0.1", "0.00001");  // tick and step of the market
    const std::array<daypack::DecimalLevel, 2> bids{{{"86780.0", "0.5"}, {"86779.9", "2"}}};
    const std::array<daypack::DecimalLevel, 3> asks{{{"86780.1", "0.25"}, {"86780.4", "1"}, {"86781.0", "3"}}};
    book.replace(bids, asks);
    book.apply(daypack::Side::bid, "86780.0", "0.75");
    book.apply(daypack::Side::ask, "86780.4", "0");  // 0 deletes the level

    for (const daypack::Level level : book.asks())
        std::printf("ask %.1f x %.5f\n", book.price(level), book.quantity(level));
    const auto size = book.units().parse_quantity("0.5");
    const auto paid = book.vwap(daypack::Side::ask, size.value_or(0));
    if (!paid) return 1;
    std::printf("spread %.1f, microprice %.4f, imbalance %.4f\n", book.price(book.spread().value_or(0)),
                book.microprice(), book.imbalance(5));
    std::printf("to buy 0.5 costs %.4f each\n", *paid);
    return 0;
}
