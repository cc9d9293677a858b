// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "book/types.h"
#include "engine/daypack_shm.h"

namespace daypack {

// A book as another process reads it, best levels first.
struct ShmBook {
    daypack_book head;  // best bid and offer, state, times, how far the sides are known
    std::vector<daypack_level> bids;
    std::vector<daypack_level> asks;
};

struct ShmNames {
    std::string symbol;  // BTC-USDC
    std::string native;  // BTC_USDC
};

// The C header's reads for C++: opening throws, books come as vectors, and a busy slot is tried for longer.
//
// Thread: its owner; any number of readers at once. Never blocks the writer. For a loop that must not allocate use
// raw(). Invariant: an index, once found, stays that symbol's, also when the engine goes and comes back.
class ShmReader {
  public:
    // Throws std::runtime_error with what to do about it.
    explicit ShmReader(const std::string& instance) : instance_(instance) {
        const int result = daypack_open(&reader_, instance.c_str());
        if (result == DAYPACK_OK) return;
        throw std::runtime_error("instance \"" + instance + "\": " +
                                 (result == DAYPACK_NO_SEGMENT
                                      ? "no engine of that name has run here; start one with daypack run CONFIG.yaml, "
                                        "or choose another --instance"
                                      : daypack_result_name(result)));
    }
    ~ShmReader() { daypack_close(&reader_); }
    ShmReader(const ShmReader&) = delete;
    ShmReader& operator=(const ShmReader&) = delete;

    [[nodiscard]] const std::string& instance() const noexcept { return instance_; }
    [[nodiscard]] daypack_reader& raw() noexcept { return reader_; }
    [[nodiscard]] const daypack_header& header() const noexcept { return *daypack_head(&reader_); }

    [[nodiscard]] SymbolIndex symbols() const noexcept {
        return static_cast<SymbolIndex>(std::min<std::uint32_t>(daypack_symbols(&reader_), UINT16_MAX));
    }
    // REQUIRES: index < symbols().
    [[nodiscard]] ShmNames names(SymbolIndex index) const {
        daypack_entry entry;
        daypack_read_entry(&reader_, index, &entry);
        return {entry.symbol, entry.native};
    }
    // By normalised or native name.
    [[nodiscard]] std::optional<SymbolIndex> find(const std::string& name) noexcept {
        const int index = daypack_find(&reader_, name.c_str());
        if (index < 0) return std::nullopt;
        return static_cast<SymbolIndex>(index);
    }

    // Best bid and offer; none: the writer was faster kTries times over, or the index is out of range.
    [[nodiscard]] std::optional<daypack_top> top(SymbolIndex index) noexcept {
        daypack_top top{};
        const int result = persist([&] { return daypack_read_top(&reader_, index, &top); });
        if (result != DAYPACK_OK) return std::nullopt;
        return top;
    }
    // The book, up to `levels` a side (0: all that are published). None: as top().
    [[nodiscard]] std::optional<ShmBook> book(SymbolIndex index, std::size_t levels = 0) {
        ShmBook book{};
        const std::size_t most = levels == 0 || levels > reader_.depth ? reader_.depth : levels;
        book.bids.resize(most);
        book.asks.resize(most);
        const auto count = static_cast<std::uint32_t>(most);
        const int result = persist([&] {
            return daypack_read_book(&reader_, index, &book.head, book.bids.data(), count, book.asks.data(), count);
        });
        if (result != DAYPACK_OK) return std::nullopt;
        book.bids.resize(book.head.bids);
        book.asks.resize(book.head.asks);
        return book;
    }

    static constexpr int kTries = 1000;

  private:
    // A busy writer is let go on in between: on a machine with few cores it may be waiting for this very one.
    template <class Read>
    static int persist(Read read) noexcept {
        int result = read();
        for (int i = 0; i < kTries && result == DAYPACK_BUSY; ++i) {
            std::this_thread::yield();
            result = read();
        }
        return result;
    }

    std::string instance_;
    daypack_reader reader_{};
};

}  // namespace daypack
