// SPDX-License-Identifier: MIT
#include "engine/shm/segment_keeper.h"

#include <stdexcept>
#include <thread>
#include <utility>

#include "engine/shm/start_guard.h"

namespace daypack::core {

SegmentKeeper::Finding SegmentKeeper::check() {
    if (segment_.is_named()) return {};
    try {
        return move();
    } catch (const std::runtime_error& error) {
        return {Result::failed, "segment " + segment_.path() + " is not there for new readers: " + error.what()};
    }
}

SegmentKeeper::Finding SegmentKeeper::move() {
    const StartGuard guard(segment_.instance(), kPatience);
    if (const auto rival = living_writer_at(segment_.path()); rival && segment_.yields_to(*rival)) {
        return {Result::lost, "instance \"" + segment_.instance() + "\" is held by another engine (pid " +
                                  std::to_string(rival->pid) + "), which was there first: this one ends"};
    }
    Segment::Room room = segment_.make_room();
    if (!is_copied_to(room)) throw std::runtime_error("the book thread is busy; it is asked again");
    std::string fault;
    try {
        segment_.move_to(room);
    } catch (const std::runtime_error& error) {
        fault = error.what();
    }
    stage_.store(Stage::still, std::memory_order_release);
    stage_.notify_one();
    if (!fault.empty()) throw std::runtime_error(fault);
    return {Result::moved, "segment " + segment_.path() + " was removed or replaced: made again, with all its books"};
}

// True: it is copied, and nobody writes it meanwhile. False: that thread did not come by.
bool SegmentKeeper::is_copied_to(const Segment::Room& room) {
    if (writer_ == Writer::this_thread) {
        segment_.copy_to(room);
        return true;
    }
    const auto end = std::chrono::steady_clock::now() + kPatience;
    room_ = &room;
    stage_.store(Stage::asked, std::memory_order_release);
    while (stage_.load(std::memory_order_acquire) != Stage::copied) {
        Stage asked = Stage::asked;
        if (std::chrono::steady_clock::now() > end && stage_.compare_exchange_strong(asked, Stage::still)) return false;
        std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
    return true;
}

void SegmentKeeper::hand_over() noexcept {
    Stage asked = Stage::asked;
    if (!stage_.compare_exchange_strong(asked, Stage::copying)) return;
    segment_.copy_to(*room_);
    stage_.store(Stage::copied, std::memory_order_release);
    while (stage_.load(std::memory_order_acquire) == Stage::copied) {
        stage_.wait(Stage::copied, std::memory_order_acquire);
    }
}

}  // namespace daypack::core
