// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "book/event.h"
#include "book/instrument.h"
#include "book/snapshot.h"

namespace daypack::core::sim {
class Source;
}

namespace daypack::core::bench {

// Frames one behind another, with what a decoder may read behind the last.
class Frames {
  public:
    void add(std::string_view frame);
    [[nodiscard]] std::size_t size() const noexcept { return at_.size() - 1; }
    [[nodiscard]] std::string_view operator[](std::size_t i) const noexcept {
        return {bytes_.data() + at_[i], at_[i + 1] - at_[i] - kGap};
    }

  private:
    static constexpr std::size_t kGap = 64;
    std::string bytes_;
    std::vector<std::size_t> at_{0};
};

// How much is measured. A run that somebody quotes has the default.
struct Effort {
    std::size_t frames = 100'000;  // of the input at most: a round of them takes tens of milliseconds
    int rounds = 7;
};

// The flow of one market: the book that it begins with, and its depth frames, as text and as what the text means.
struct Input {
    std::string words;  // what it is
    Effort effort;
    InstrumentTable table{1};
    Snapshot seed;
    Frames frames;
    Frames fives;                     // the same levels, five a frame
    std::vector<Event> events;        // of `frames`
    std::vector<std::uint32_t> ends;  // of each update, in events

    [[nodiscard]] const Instrument& instrument() const noexcept { return table[0]; }
    // `u` of a frame.
    [[nodiscard]] Sequence id(std::size_t frame) const noexcept { return events[ends[frame] - 1].last_id; }
    [[nodiscard]] std::span<const Event> update(std::size_t frame) const noexcept {
        const std::size_t from = frame == 0 ? 0 : ends[frame - 1];
        return {events.data() + from, ends[frame] - from};
    }
};

// `path`: a recorded flow; empty: made up by the simulated exchange. Throws std::runtime_error where it cannot be read.
void read_input(const std::string& path, Input& input, const Effort& effort = {});

// The market of a source, appended to the table, and the book that it begins with. REQUIRES: source.begin() was called.
[[nodiscard]] Snapshot take_seed(const sim::Source& source, InstrumentTable& table);

}  // namespace daypack::core::bench
