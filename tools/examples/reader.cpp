// SPDX-License-Identifier: MIT
// Reads the shared memory of a running engine from C++: daypack::reader, header only. Prints microprice and imbalance
// of the best levels each time the book changes.
//
//     reader_cpp INSTANCE SYMBOL SECONDS
#include <daypack/reader.hpp>
// The header above is first, as <daypack/shm.h> wants it.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>

namespace {

double sum_of(const std::vector<daypack_level>& levels) {
    double sum = 0;
    for (const daypack_level& level : levels) sum += static_cast<double>(level.quantity);
    return sum;
}

void print(const daypack::ReaderBook& book) {
    const daypack_top& top = book.head.top;
    if (top.state != DAYPACK_STATE_LIVE) {  // nothing else may be traded on
        std::printf("%s/%s\n", daypack_state_name(top.state), daypack_reason_name(top.reason));
        return;
    }
    if (book.bids.empty() || book.asks.empty()) return;
    const double bid = sum_of(book.bids);
    const double ask = sum_of(book.asks);
    const auto bid_quantity = static_cast<double>(top.bid_quantity);
    const auto ask_quantity = static_cast<double>(top.ask_quantity);
    // The exponent comes in at the end: mantissas are exact.
    const double micro =
        (static_cast<double>(top.bid_price) * ask_quantity + static_cast<double>(top.ask_price) * bid_quantity) /
        (bid_quantity + ask_quantity) * std::pow(10, top.price_exponent);
    std::printf("u=%llu microprice %.4f imbalance %+.3f\n", static_cast<unsigned long long>(top.u), micro,
                (bid - ask) / (bid + ask));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fputs("usage: reader_cpp INSTANCE SYMBOL SECONDS\n", stderr);
        return 2;
    }
    try {
        daypack::Reader reader(argv[1]);
        const auto symbol = reader.find(argv[2]);
        if (!symbol) {
            std::fprintf(stderr, "instance %s has no %s\n", argv[1], argv[2]);
            return 1;
        }
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(std::atoi(argv[3]));
        std::uint64_t seen = 0;
        while (std::chrono::steady_clock::now() < end) {
            const auto book = reader.book(*symbol, 5);
            if (book && book->head.top.u != seen) {
                seen = book->head.top.u;
                print(*book);
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return seen != 0 ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
