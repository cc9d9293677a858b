// SPDX-License-Identifier: MIT
#pragma once
#include "book/figures.h"
#include "engine/include/daypack/shm.h"

namespace daypack::core {

// Writes what the venue tells of a market beside its book into its slot, under the slot's seqlock: all figures of the
// group, whose earlier ones are gone where they are not told again. `receive_ns`: wall clock.
//
// Thread: the book thread, which writes the slot's book as well.
void write_figures(daypack_slot& slot, const Figures& figures, std::int64_t receive_ns) noexcept;

// Makes daypack_record.exponents of a record whose numbers have one each.
[[nodiscard]] std::uint64_t exponents_word(Decimal price, Decimal quantity, Decimal price2, Decimal quantity2) noexcept;

}  // namespace daypack::core
