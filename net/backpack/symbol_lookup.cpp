// SPDX-License-Identifier: MIT
#include "net/backpack/symbol_lookup.h"

#include <bit>
#include <cstring>

namespace daypack::core {

SymbolLookup::SymbolLookup(const InstrumentTable& table)
    : table_(table),
      mask_(static_cast<std::uint32_t>(std::bit_ceil(4 * table.capacity() + 1) - 1)),
      entries_(std::size_t{mask_} + 1) {
    catch_up();
}

// The first and last eight bytes and the length: names of markets that agree in all three and differ between are found
// by comparing, and there are none today.
std::uint32_t SymbolLookup::hash_of(std::string_view native) noexcept {
    std::uint64_t head = 0;
    std::uint64_t tail = 0;
    if (native.size() >= sizeof head) {
        std::memcpy(&head, native.data(), sizeof head);
        std::memcpy(&tail, native.data() + native.size() - sizeof tail, sizeof tail);
    } else {
        char bytes[sizeof head] = {};
        native.copy(bytes, sizeof bytes);
        std::memcpy(&head, bytes, sizeof bytes);
    }
    std::uint64_t hash = (head ^ native.size()) * 0x9e3779b97f4a7c15ull;
    hash = (std::rotl(hash, 32) ^ tail) * 0xd6e8feb86659fd93ull;
    return static_cast<std::uint32_t>(hash >> 32);
}

std::optional<SymbolIndex> SymbolLookup::probe(std::string_view native, std::uint32_t hash) const noexcept {
    for (std::uint32_t at = hash & mask_; entries_[at].used; at = (at + 1) & mask_) {
        const Entry& entry = entries_[at];
        if (entry.hash == hash && table_[entry.index].native == native) return entry.index;
    }
    return std::nullopt;
}

bool SymbolLookup::catch_up() noexcept {
    const std::size_t size = table_.size();
    if (seen_ == size) return false;
    for (; seen_ < size; ++seen_) {
        const auto index = static_cast<SymbolIndex>(seen_);
        const std::uint32_t hash = hash_of(table_[index].native);
        std::uint32_t at = hash & mask_;
        while (entries_[at].used) at = (at + 1) & mask_;
        entries_[at] = {hash, index, true};
    }
    return true;
}

}  // namespace daypack::core
