// SPDX-License-Identifier: MIT
#pragma once
#include <daypack/shm.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

// Shared memory from C++, header only, under the MIT licence: it links nothing of daypack.

namespace daypack {

// A book as it was read from shared memory, best levels first.
struct ReaderBook {
    daypack_book head;  // best bid and offer, state, times, and how far the sides are known
    std::vector<daypack_level> bids;
    std::vector<daypack_level> asks;
};

struct ReaderNames {
    std::string symbol;  // BTC-USDC
    std::string native;  // BTC_USDC
};

// Reads a segment from C++ by the functions of the C header: opening throws, books are vectors, and a busy slot is
// tried for longer.
//
// Thread: the one that owns the object; any number of readers may read at once, and none blocks the writer. A loop that
// must not allocate uses raw(). Ownership: the object owns the mapping. Invariant: an index that was found stays that
// of its symbol, also when the engine ends and is started again.
class Reader {
  public:
    // `owner`: whose segment is taken besides one of root and of this user; DAYPACK_NO_OWNER: nobody's. Throws
    // std::runtime_error with what to do about it.
    explicit Reader(const std::string& instance, std::uint32_t owner = daypack_environment_owner())
        : instance_(instance) {
        const int result = daypack_open_as(&reader_, instance.c_str(), owner);
        if (result != DAYPACK_OK) throw std::runtime_error("instance \"" + instance + "\": " + refusal_text(result));
    }
    ~Reader() { daypack_close(&reader_); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    [[nodiscard]] const std::string& instance() const noexcept { return instance_; }
    [[nodiscard]] daypack_reader& raw() noexcept { return reader_; }
    [[nodiscard]] const daypack_header& header() const noexcept {
        if (reader_.base == nullptr) __builtin_unreachable();  // the constructor has opened it, or thrown
        return *daypack_head(&reader_);
    }

    [[nodiscard]] std::uint16_t symbols() const noexcept {
        return static_cast<std::uint16_t>(std::min<std::uint32_t>(daypack_symbols(&reader_), UINT16_MAX));
    }
    // REQUIRES: index < symbols().
    [[nodiscard]] ReaderNames names(std::uint16_t index) const {
        daypack_entry entry;
        daypack_read_entry(&reader_, index, &entry);
        return {entry.symbol, entry.native};
    }
    // Finds a symbol by its normalised or native name.
    [[nodiscard]] std::optional<std::uint16_t> find(const std::string& name) noexcept {
        const int index = daypack_find(&reader_, name.c_str());
        if (index < 0) return std::nullopt;
        return static_cast<std::uint16_t>(index);
    }

    // Returns the best bid and offer, or none where the writer was faster kTries times or the index is out of range.
    [[nodiscard]] std::optional<daypack_top> top(std::uint16_t index) noexcept {
        daypack_top top{};
        const int result = persist([&] { return daypack_read_top(&reader_, index, &top); });
        if (result != DAYPACK_OK) return std::nullopt;
        return top;
    }
    // Returns mark and index price, funding, open interest and ticker, or none as top() does.
    [[nodiscard]] std::optional<daypack_perp> perp(std::uint16_t index) noexcept {
        daypack_perp perp{};
        const int result = persist([&] { return daypack_read_perp(&reader_, index, &perp); });
        if (result != DAYPACK_OK) return std::nullopt;
        return perp;
    }
    // Returns the book with up to `levels` a side (0: all that are published), or none as top() does.
    [[nodiscard]] std::optional<ReaderBook> book(std::uint16_t index, std::size_t levels = 0) {
        ReaderBook book{};
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
    [[nodiscard]] std::string refusal_text(int result) const {
        if (result == DAYPACK_NO_SEGMENT) {
            return "no engine of that name has run here; start one with daypack run CONFIG.yaml, or name another "
                   "instance (`daypack instances` lists them)";
        }
        if (result != DAYPACK_FOREIGN) {
            char words[256];
            return daypack_explain(&reader_, result, words, sizeof words);
        }
        const passwd* const user = getpwuid(reader_.file_owner);
        const std::string id = std::to_string(reader_.file_owner);
        const std::string name = user != nullptr ? user->pw_name : id;
        const std::string whose =
            std::string(reader_.path) + " belongs to user " + name + " (uid " + id + "), who is neither you nor root";
        if (daypack_is_member(reader_.file_group) != 0) {
            return whose + "; if it is that one's engine that you mean, set --owner " + name +
                   " or DAYPACK_OWNER=" + name;
        }
        return whose + ", and its group (gid " + std::to_string(reader_.file_group) +
               ") is none of yours; have that user's engine set shm_group to a group of yours, and set --owner " +
               name + " or DAYPACK_OWNER=" + name;
    }

    // Yields between two tries: on a machine with few cores a busy writer may be waiting for this very core.
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
