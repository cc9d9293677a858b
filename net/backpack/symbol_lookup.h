// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "book/instrument.h"

namespace daypack::core {

// The venue's name of a market -> its index, once a frame.
//
// Thread: one; the table may grow meanwhile on another. No allocation after construction.
// Invariant: holds every instrument below `seen_`; at most a quarter full, so a probe ends soon.
class SymbolLookup {
  public:
    // REQUIRES: the table outlives this.
    explicit SymbolLookup(const InstrumentTable& table);

    // On a miss looks whether the table has grown.
    [[nodiscard]] std::optional<SymbolIndex> find(std::string_view native) noexcept {
        const std::uint32_t hash = hash_of(native);
        if (const auto index = probe(native, hash)) return index;
        return catch_up() ? probe(native, hash) : std::nullopt;
    }

  private:
    struct Entry {
        std::uint32_t hash = 0;
        SymbolIndex index = 0;
        bool used = false;
    };

    static std::uint32_t hash_of(std::string_view native) noexcept;
    [[nodiscard]] std::optional<SymbolIndex> probe(std::string_view native, std::uint32_t hash) const noexcept;
    bool catch_up() noexcept;

    const InstrumentTable& table_;
    std::size_t seen_ = 0;
    std::uint32_t mask_;
    std::vector<Entry> entries_;
};

}  // namespace daypack::core
