// SPDX-License-Identifier: MIT
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "engine/shm/segment.h"

namespace daypack::core {

// Watches that the segment's name leads to it, and moves the segment to a new file of that name where it does not: the
// name was removed (by hand, at the end of a session, by a cleaner of /dev/shm), or given to another file.
//
// A file whose last name is gone cannot be given one again. So the segment is copied into a new file, which then takes
// the place of the old one in this process's memory: whatever points into it goes on pointing there. The book thread
// makes the copy between two updates, so that every book in it is whole. Readers of the old file find it RETIRED, open
// the new one by themselves, and miss no record.
//
// Another engine that was started in between has a segment of its own by that name. Of the two, the one that was there
// first stays, and the other ends: both compare the same two starts.
//
// The segment of an account is kept by the thread that writes it, which makes the copy itself.
//
// Thread: check() belongs to the control thread, step_aside() to the book thread. Ownership: the segment must outlive
// this object.
class SegmentKeeper {
  public:
    enum class Result : std::uint8_t {
        in_order,
        moved,
        failed,  // it is to be tried again
        lost,    // another engine has the instance: this one is to end
    };
    struct Finding {
        Result result = Result::in_order;
        std::string words{};  // for the log, where not all is in order
    };

    // Who writes the segment: a thread that calls step_aside(), or the one that calls check().
    enum class Writer : std::uint8_t { another_thread, this_thread };

    explicit SegmentKeeper(Segment& segment, Writer writer = Writer::another_thread) noexcept
        : segment_(segment), writer_(writer) {}

    // Call it some times a second. Where the segment is to be moved, waits for the book thread: kPatience at most until
    // that begins.
    [[nodiscard]] Finding check();

    // Call it every millisecond or so, between two updates. Where the segment is to be moved, waits until it is.
    void step_aside() noexcept {
        if (stage_.load(std::memory_order_relaxed) == Stage::asked) [[unlikely]]
            hand_over();
    }

    static constexpr std::chrono::milliseconds kPatience{100};

  private:
    enum class Stage : std::uint8_t { still, asked, copying, copied };

    [[nodiscard]] Finding move();
    [[nodiscard]] bool is_copied_to(const Segment::Room& room);
    void hand_over() noexcept;

    Segment& segment_;
    Writer writer_;
    const Segment::Room* room_ = nullptr;  // where to copy it; written before `asked`
    std::atomic<Stage> stage_{Stage::still};
};

}  // namespace daypack::core
