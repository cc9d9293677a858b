// SPDX-License-Identifier: MIT
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "book/types.h"

namespace daypack::core {

// Says which symbols of the instrument table the lines carry from now on.
//
// Thread: the control thread sets, network threads read. A new `revision` shows cheaply that something changed.
class Subscriptions {
  public:
    explicit Subscriptions(std::size_t symbols) : wanted_(std::make_unique<std::atomic<bool>[]>(symbols)) {}

    void set(SymbolIndex symbol, bool wanted) noexcept {
        wanted_[symbol].store(wanted, std::memory_order_relaxed);
        revision_.fetch_add(1, std::memory_order_release);  // release: pairs with the acquire in revision()
    }
    [[nodiscard]] bool wanted(SymbolIndex symbol) const noexcept {
        return wanted_[symbol].load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t revision() const noexcept {
        return revision_.load(std::memory_order_acquire);  // acquire: pairs with the release in set()
    }

  private:
    std::unique_ptr<std::atomic<bool>[]> wanted_;
    std::atomic<std::uint64_t> revision_{0};
};

}  // namespace daypack::core
