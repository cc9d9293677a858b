// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "book/instrument.h"
#include "engine/messages/messages.h"
#include "engine/shm/image_writer.h"
#include "engine/shm/segment.h"

namespace daypack::core {

// Turns the snapshots of audits that passed into images of whole books, in shared memory. The book thread sends each
// snapshot back once its shadow book has it, and counts the audit when it is done; so nothing more is asked of it.
//
// Thread: control.
// Invariant: an image is of a snapshot that an audit found equal to the book. Where the book was replaced in between,
// the audit was given up, and where it is replaced later, a record of the ring behind the image's position says so.
class BookImages {
  public:
    // `log`: told once where there is no room.
    BookImages(Segment& segment, const InstrumentTable& instruments, std::function<void(const std::string&)> log);

    // Before a command is sent: notes what the symbol has counted, and where the ring ends.
    void on_send(const BookCommand& command);
    // What came back. Takes the snapshot of a check.
    void on_retired(RetiredBlocks& retired);
    // Writes those whose audits have ended. Call it some times a second.
    void do_work();

  private:
    struct Candidate {
        std::unique_ptr<Snapshot> snapshot;  // null until it came back
        ImageWriter::Units units{};
        std::uint64_t position = 0;
        std::uint64_t epoch = 0;  // of the ring that has the position; a private one has its own positions
        bool is_private = false;
        std::uint64_t audits = 0, mismatches = 0;  // when it was sent
        bool counted = false;                      // its audit has ended: what it found is counted by the next look
    };
    [[nodiscard]] std::uint64_t audits(SymbolIndex symbol) const noexcept;
    [[nodiscard]] std::uint64_t mismatches(SymbolIndex symbol) const noexcept;

    Segment& segment_;
    const InstrumentTable& instruments_;
    std::function<void(const std::string&)> log_;
    ImageWriter writer_;
    std::vector<std::optional<Candidate>> candidates_;  // by symbol
    std::vector<SymbolIndex> open_;                     // those that have one
    bool told_ = false;
};

}  // namespace daypack::core
