// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace daypack::core {

// The quantities of one side near its best level: one word for each tick, and one bit for each that is not zero.
//
// A tick is found by its number, without a search, and the next level by the next bit. The window may lie anywhere on
// the number line and moves by its base. Words are addressed modulo its length, so that moving copies nothing.
//
// Here and in BookSide a `key` is a price as a number that is greater where the price is better.
//
// Thread: book. Nothing is allocated after construction.
// Invariants
// 1. base() is a multiple of 64, and the whole window lies on the number line.
// 2. A bit is set exactly where the quantity is not zero, and a bit of the summary where a word of bits is not.
class TickWindow {
  public:
    // 96 % of the levels of a recorded BTC book lie within 10,000 ticks of the best, so nearly all updates fall inside.
    // The 128 KiB stay in the second-level cache for busy symbols.
    static constexpr std::uint64_t kTicks = 16'384;

    TickWindow() : quantities_(kTicks) {}

    [[nodiscard]] std::int64_t base() const noexcept { return base_; }
    [[nodiscard]] bool below(std::int64_t key) const noexcept { return key < base_; }
    // REQUIRES: !below(key).
    [[nodiscard]] bool above(std::int64_t key) const noexcept { return offset(key) >= kTicks; }
    [[nodiscard]] bool empty() const noexcept {
        std::uint64_t any = 0;
        for (const std::uint64_t word : summary_) any |= word;
        return any == 0;
    }

    [[nodiscard]] bool covers(std::int64_t key) const noexcept { return offset(key) < kTicks; }

    void prefetch(std::int64_t key) const noexcept { __builtin_prefetch(&quantities_[index(key)], 1); }

    // REQUIRES for these four: covers(key).
    [[nodiscard]] std::int64_t at(std::int64_t key) const noexcept { return quantities_[index(key)]; }
    // REQUIRES: neither the quantity that is there nor the new one is zero.
    void replace(std::int64_t key, std::int64_t quantity) noexcept { quantities_[index(key)] = quantity; }
    // REQUIRES: quantity != 0.
    void set(std::int64_t key, std::int64_t quantity) noexcept {
        const std::size_t i = index(key);
        quantities_[i] = quantity;
        bits_[i / 64] |= bit(i);
        summary_[i / 4096] |= bit(i / 64);
    }
    void erase(std::int64_t key) noexcept {
        const std::size_t i = index(key);
        quantities_[i] = 0;
        if ((bits_[i / 64] &= ~bit(i)) == 0) summary_[i / 4096] &= ~bit(i / 64);
    }

    // Returns the best level that is worse than `key`, which may lie above the window.
    [[nodiscard]] std::optional<std::int64_t> next_below(std::int64_t key) const noexcept;
    [[nodiscard]] std::optional<std::int64_t> best() const noexcept { return empty() ? std::nullopt : before(kTicks); }
    [[nodiscard]] std::optional<std::int64_t> worst() const noexcept;

    void clear() noexcept;
    // REQUIRES: `base` is from base_for(), and no quantity lies outside of the window that begins there.
    void move_to(std::int64_t base) noexcept { base_ = base; }

    // The base of a window with room for `above` ticks or a few more over `key`, as far as the number line goes.
    [[nodiscard]] static std::int64_t base_for(std::int64_t key, std::uint64_t above) noexcept {
        const std::int64_t down = static_cast<std::int64_t>(kTicks - above) - 1;
        return std::min((key < INT64_MIN + down ? INT64_MIN : key - down) & ~std::int64_t{63}, kBaseMax);
    }

  private:
    static constexpr std::size_t kWords = kTicks / 64;
    static constexpr std::int64_t kBaseMax = INT64_MAX - static_cast<std::int64_t>(kTicks - 1);

    [[nodiscard]] static std::uint64_t bit(std::size_t i) noexcept { return std::uint64_t{1} << (i % 64); }
    [[nodiscard]] static std::size_t index(std::int64_t key) noexcept {
        return static_cast<std::uint64_t>(key) % kTicks;
    }
    [[nodiscard]] std::uint64_t offset(std::int64_t key) const noexcept {
        return static_cast<std::uint64_t>(key) - static_cast<std::uint64_t>(base_);
    }
    // The best level of those at offsets below `end`.
    [[nodiscard]] std::optional<std::int64_t> before(std::uint64_t end) const noexcept;
    [[nodiscard]] std::int64_t key_of(std::size_t word, std::uint64_t in_word) const noexcept {
        const std::size_t first = index(base_) / 64;
        const std::uint64_t words = (word - first) % kWords;
        return static_cast<std::int64_t>(static_cast<std::uint64_t>(base_) + words * 64 + in_word);
    }

    std::int64_t base_ = 0;
    std::vector<std::int64_t> quantities_;
    std::array<std::uint64_t, kWords / 64> summary_{};
    std::array<std::uint64_t, kWords> bits_{};
};

}  // namespace daypack::core
