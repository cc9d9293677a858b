// SPDX-License-Identifier: MIT
#pragma once
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "book/decimal.h"
#include "engine/include/daypack/shm.h"

namespace daypack::core {

inline constexpr std::chrono::milliseconds kBound{60'000};  // generous: sanitizers on two busy cores

// Polls a condition until it is true. Returns false when the bound is over.
inline bool wait_until(const std::function<bool()>& condition, std::chrono::milliseconds bound = kBound) {
    const auto end = std::chrono::steady_clock::now() + bound;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return condition();
        std::this_thread::yield();
    }
    return true;
}

// Reads the shared memory of an engine as any other process would.
class LiveReader {
  public:
    LiveReader() = default;
    void open(const std::string& instance) {
        if (daypack_open(&reader_, instance.c_str()) != DAYPACK_OK) throw std::runtime_error("no shared memory");
    }
    ~LiveReader() { daypack_close(&reader_); }
    LiveReader(const LiveReader&) = delete;
    LiveReader& operator=(const LiveReader&) = delete;

    [[nodiscard]] daypack_reader& reader() noexcept { return reader_; }

    // The best bid and offer with the state; none while the symbol is not listed or the writer is faster.
    [[nodiscard]] std::optional<daypack_top> top(const std::string& symbol) {
        daypack_top top;
        const int index = daypack_find(&reader_, symbol.c_str());
        if (daypack_read_top(&reader_, index, &top) != DAYPACK_OK) return std::nullopt;
        return top;
    }
    [[nodiscard]] bool live(const std::string& symbol) {
        const auto now = top(symbol);
        return now && now->state == DAYPACK_STATE_LIVE;
    }
    [[nodiscard]] std::uint64_t counter(const std::string& symbol, unsigned which) {
        const int index = daypack_find(&reader_, symbol.c_str());
        return index < 0 ? 0 : daypack_symbol_counter(&reader_, static_cast<unsigned>(index), which);
    }

    // True when any symbol was in that state, for however short a time, since the cursor was taken.
    [[nodiscard]] bool showed(std::uint64_t cursor, unsigned state) {
        daypack_record record;
        std::uint64_t lost = 0;
        for (int result = DAYPACK_OK; result != DAYPACK_EMPTY;) {
            result = daypack_read_record(&reader_, &cursor, &record, &lost);
            EXPECT_EQ(lost, 0U) << "the ring was too short for this question";
            if (result != DAYPACK_OK || daypack_record_kind(&record) != DAYPACK_KIND_STATE) continue;
            if (static_cast<std::uint8_t>(record.status >> 32) == state) return true;
        }
        return false;
    }

    // The whole published book, in the exchange's form: {"symbol":…,"u":…,"bids":[…],"asks":[…]}.
    struct Read {
        daypack_book book;
        std::string text;
    };
    [[nodiscard]] std::optional<Read> read(const std::string& symbol) {
        std::vector<daypack_level> bids(reader_.depth);
        std::vector<daypack_level> asks(reader_.depth);
        Read read;
        const auto most = static_cast<std::uint32_t>(reader_.depth);
        if (daypack_read_book(&reader_, daypack_find(&reader_, symbol.c_str()), &read.book, bids.data(), most,
                              asks.data(), most) != DAYPACK_OK) {
            return std::nullopt;
        }
        bids.resize(read.book.bids);
        asks.resize(read.book.asks);
        read.text = R"({"symbol":")" + symbol + R"(","u":)" + std::to_string(read.book.top.u) + R"(,"bids":)" +
                    side_text(bids, read.book.top) + R"(,"asks":)" + side_text(asks, read.book.top) + "}";
        return read;
    }

    // Levels in the exchange's form.
    static std::string side_text(const std::vector<daypack_level>& levels, const daypack_top& top) {
        const auto decimals = [](int exponent) { return exponent < 0 ? -exponent : 0; };
        std::string text = "[";
        for (const auto& level : levels) {
            if (text.size() > 1) text += ",";
            text += "[\"" + format_decimal(level.price, top.price_exponent, decimals(top.price_exponent)) + "\",\"" +
                    format_decimal(level.quantity, top.quantity_exponent, decimals(top.quantity_exponent)) + "\"]";
        }
        return text + "]";
    }

  private:
    daypack_reader reader_{};
};

// Compares a book with the truth at its own `u`. Books are long: what differs is shown from where it begins.
inline testing::AssertionResult same_text(const std::string& is, const std::string& expected) {
    if (is == expected) return testing::AssertionSuccess();
    std::size_t at = 0;
    while (at < is.size() && at < expected.size() && is[at] == expected[at]) ++at;
    const std::size_t from = at < 60 ? 0 : at - 60;
    return testing::AssertionFailure() << "differs at byte " << at << "\nis    …" << is.substr(from, 160)
                                       << "\nexpected …" << expected.substr(from, 160);
}

}  // namespace daypack::core
