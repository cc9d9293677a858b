// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "book/types.h"
#include "engine/include/daypack/shm.h"
#include "engine/shm/segment.h"

namespace daypack::core {

// Brings the books of a segment in private memory to readers: into the segment that another engine has just left, or
// into a new one that is to stand in its place.
//
// A reader of the ring goes on without a break where it can: the updates between the `u` that the other engine showed
// and the one of this engine's book follow as records, taken from the private ring, and so do trades and liquidations
// that the other one had not told. A STATE record before them says so, for followers of whole books. Where the updates
// do not join, there is a SNAPSHOT record, as after any other join.
//
// Thread: prepare() belongs to the control thread, the rest to the book thread, which writes nothing else meanwhile.
// Invariants:
// 1. A book is shown LIVE at no `u` below the one at which it was LIVE before, without being SYNCING in between.
// 2. Until the epoch is raised, which is the last store, each slot is as the other engine left it, or a right book of
//    the other one's epoch, or, for the µs of the last pass, SYNCING to readers.
class BookCarrier {
  public:
    // Where the books go. The header is that of the segment that readers see now.
    struct Target {
        std::byte* base = nullptr;   // has the layout of the private segment
        std::uint64_t epoch = 0;     // that readers see now; 0: they see none of its slots
        bool is_new = false;         // no reader has it mapped: it holds nothing yet
        std::uint64_t position = 0;  // of the ring
    };

    explicit BookCarrier(const Segment& segment) noexcept : segment_(segment) {}

    // This engine leaves the segment of its epoch, and may come back to it.
    void note_leave() noexcept { left_epoch_ = segment_.epoch(); }
    // Takes note of what the other engine, which writes no more, has shown. Null: nothing that can be read.
    // Throws std::bad_alloc.
    void prepare(const Target& target, const daypack_reader* old);
    // Whether every book has what the other engine had.
    [[nodiscard]] bool has_caught_up() const noexcept;
    // Carries all; a book that is behind goes as SYNCING/audit. Raises the epoch of the target by one.
    void carry() noexcept;
    // Those of them; they are to be joined again.
    [[nodiscard]] const std::vector<SymbolIndex>& behind() const noexcept { return behind_; }

  private:
    // What the other engine had shown of a symbol.
    struct Shown {
        std::uint64_t u = 0;  // 0: it was not LIVE
        std::uint64_t exponents = 0;
        std::int64_t publish_ns = 0;
        std::uint64_t told = 0;          // the update that the ring leads to; 0: to none that is whole
        bool is_told = false;            // `told` is known
        std::uint32_t told_epoch = 0;    // who told it
        std::uint64_t told_content = 0;  // content_of its last record; 0: that is none of an update
        bool is_replaced = false;        // this engine has joined behind the records that were looked at
        bool is_same = false;            // both have the book of the same numbering at `told`
        std::uint32_t first = kNone;     // of its records to carry, in picks_
        bool joins = false;
    };
    struct Pick {
        std::uint64_t position;
        std::uint32_t next;
    };
    static constexpr std::uint32_t kNone = UINT32_MAX;

    [[nodiscard]] bool is_behind(std::size_t symbol) const noexcept;
    [[nodiscard]] std::uint64_t status_of(std::size_t symbol, std::uint64_t epoch) const noexcept;
    [[nodiscard]] daypack_slot& slot_of(std::size_t symbol) const noexcept;
    void note_told(const daypack_reader& old);
    void note_end(const daypack_record& record) noexcept;
    [[nodiscard]] bool shows_the_same(std::size_t symbol) const noexcept;
    void compare(const daypack_record& record, Shown& shown) const noexcept;
    void know_own() noexcept;
    void pick_records() noexcept;
    void choose_joins(std::size_t symbol) noexcept;
    void carry_header() noexcept;
    void carry_slot(std::size_t symbol) noexcept;
    void carry_records(std::size_t symbol) noexcept;
    void carry_tables() noexcept;
    void put(const daypack_record& record, std::uint64_t status) noexcept;
    void put_succession(std::size_t symbol, std::uint64_t status) noexcept;
    void put_of_slot(daypack_kind kind, std::size_t symbol) noexcept;
    template <class T>
    [[nodiscard]] T& at(std::size_t offset) const noexcept {
        return *reinterpret_cast<T*>(target_.base + offset);
    }

    const Segment& segment_;
    Target target_;
    std::vector<Shown> shown_;         // by symbol
    std::vector<std::uint64_t> told_;  // what was told of trades and liquidations lately, sorted
    std::int64_t told_since_ns_ = 0;   // since then, all of them
    std::int64_t told_until_ns_ = 0;   // when the other engine wrote its last record
    std::vector<Pick> picks_;          // records of the private ring
    std::vector<SymbolIndex> behind_;
    std::uint64_t left_epoch_ = 0;  // 0: this engine has had no segment
};

}  // namespace daypack::core
