// SPDX-License-Identifier: MIT
#include "book/tick_window.h"

namespace daypack::core {
namespace {

// The highest bit of a word: its number. REQUIRES: not zero.
[[nodiscard]] std::uint64_t highest(std::uint64_t word) noexcept {
    return 63 - static_cast<std::uint64_t>(std::countl_zero(word));
}

}  // namespace

std::optional<std::int64_t> TickWindow::next_below(std::int64_t key) const noexcept {
    if (key <= base_) return std::nullopt;
    return before(above(key) ? kTicks : offset(key));
}

// The words of bits come one behind another from the one of the base on, round the end: so two runs of them, searched
// from the back through the summary.
std::optional<std::int64_t> TickWindow::before(std::uint64_t end) const noexcept {
    const std::size_t first = index(base_) / 64;
    const std::size_t last = (first + end / 64) % kWords;  // of the word that `end` is in; behind all where it is whole
    if (end < kTicks) {
        const std::uint64_t rest = bits_[last] & (bit(end) - 1);
        if (rest != 0) return key_of(last, highest(rest));
    }
    std::size_t words = end / 64;  // whole ones before `end`
    std::size_t word = last;       // behind the next one
    while (words > 0) {
        if (word == 0) word = kWords;
        const std::size_t group = (word - 1) / 64;
        const std::size_t in_group = word - group * 64;  // of the group, before `word`
        const std::uint64_t mask = in_group == 64 ? ~std::uint64_t{0} : bit(in_group) - 1;
        const std::uint64_t found = summary_[group] & mask;
        if (found != 0) {
            const std::size_t at = group * 64 + highest(found);
            if (word - at > words) return std::nullopt;
            return key_of(at, highest(bits_[at]));
        }
        if (in_group >= words) return std::nullopt;
        words -= in_group;
        word = group * 64;
    }
    return std::nullopt;
}

std::optional<std::int64_t> TickWindow::worst() const noexcept {
    const std::size_t first = index(base_) / 64;
    for (std::size_t i = 0; i < kWords; ++i) {
        const std::size_t word = (first + i) % kWords;
        if (bits_[word] != 0) return key_of(word, static_cast<std::uint64_t>(std::countr_zero(bits_[word])));
    }
    return std::nullopt;
}

void TickWindow::clear() noexcept {
    for (std::size_t word = 0; word < kWords; ++word) {
        for (std::uint64_t left = bits_[word]; left != 0; left &= left - 1) {
            quantities_[word * 64 + static_cast<std::size_t>(std::countr_zero(left))] = 0;
        }
        bits_[word] = 0;
    }
    summary_.fill(0);
}

}  // namespace daypack::core
