// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "book/types.h"
#include "engine/include/daypack/shm.h"

namespace daypack::core {

// What an engine leaves in its account's ring for the one that comes next, beside the fills themselves: those alone do
// not say what was told before them, which the ring has written over, nor since when an engine has looked.
struct FillMark {
    VenueTime since;            // fills are told from there on
    VenueTime known;            // up to here a history was read
    VenueTime told;             // the newest fill that was told before this mark; 0: none
    std::uint64_t account = 0;  // account_mark of its key: under the same name there may be another one's

    static constexpr std::size_t kWords = 4;
    [[nodiscard]] std::array<std::uint64_t, kWords> words() const noexcept;
    [[nodiscard]] static FillMark of(const daypack_record& record) noexcept;
};
// Tells accounts apart by what is no secret of them.
[[nodiscard]] std::uint64_t account_mark(const std::string& api_key) noexcept;

// Which fills the engines before have told into the ring of an account.
struct ToldFills {
    // No fill of that time or later was told, save those of `ids`. Whole milliseconds where something may have been
    // written over, for a history has no less.
    VenueTime since;
    std::unordered_map<std::string, VenueTime> ids;  // by fill_identity
    VenueTime newest;                                // of all that was told; 0: none
    std::uint64_t epoch = 0;                         // of the segment
};

// Reads what is left of the ring at `path`. None where there is no such segment that this user may believe and read,
// where an engine that lives has it, or where none has marked fills of this account, as versions before this did not.
[[nodiscard]] std::optional<ToldFills> read_told_fills(const std::string& path, std::uint64_t account);

}  // namespace daypack::core
