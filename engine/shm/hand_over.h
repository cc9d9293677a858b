// SPDX-License-Identifier: MIT
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "book/types.h"
#include "engine/shm/book_carrier.h"
#include "engine/shm/segment.h"
#include "engine/shm/takeover_request.h"

namespace daypack::core {

// The change from one engine to the next without an outage. Both engines have one of these.
//
// The new one begins in private memory (Segment). When its books are there it asks (TakeoverRequest), and from then on
// tries to get the lock of the instance. The old one, when it is asked, goes on in private memory too and gives the
// lock back, without a word to its readers, who see the books as they stand, with a beat that is a moment old. Whoever
// then gets the lock brings its books to them (BookCarrier): the new one; or, where that does not take the lock for
// kGrace or has died, the old one again, which has missed nothing meanwhile. The old one ends once another one's epoch
// is there. So there is no instant at which a crash of one of the two leaves readers without an engine, but of the new
// one after it has taken over.
//
// Where the layout differs, the books go to a new file, which then takes the place of the old one.
//
// Thread: check(), waits_for_lock() and end() as their comments say; the rest belongs to the book thread.
// Ownership: the segment must outlive this object.
class HandOver {
  public:
    enum class Result : std::uint8_t {
        in_order,
        told,         // likewise, and there are words for the log
        taken_over,   // this engine has the instance now
        handed_over,  // another one has it: this one is to end
        lost,         // it cannot be taken over: this one is to end
    };
    struct Finding {
        Result result = Result::in_order;
        std::string words{};
        std::string warning{};  // a line of its own
    };

    explicit HandOver(Segment& segment) noexcept : segment_(segment), carrier_(segment) {}

    // Call it each round. `join_ms`: for so long books are waited for. Waits some ms where a lock is to be had, and for
    // kStay where it was handed over. Thread: control.
    [[nodiscard]] Finding check(MonoTime now, std::int64_t join_ms);
    // Whether this engine has asked, and looks for the lock: the thread should come back soon. Thread: control.
    [[nodiscard]] bool waits_for_lock() const noexcept { return request_.has_value(); }
    // No waiting any more: the engine is to end. Thread: any.
    void end() noexcept { ending_ = true; }

    [[nodiscard]] bool is_asked() const noexcept {
        const Stage stage = stage_.load(std::memory_order_relaxed);
        return stage == Stage::leave || stage == Stage::arrive;
    }
    // Call it between two updates where is_asked(). Returns true where the segment is another one now: whoever writes
    // it begins anew, and the books that are behind() are to be joined again.
    [[nodiscard]] bool step() noexcept;
    [[nodiscard]] std::span<const SymbolIndex> behind() const noexcept { return carrier_.behind(); }

    // So long the old engine leaves the lock to the new one: within it no beat is late.
    static constexpr std::chrono::milliseconds kGrace{5};
    // So long the new one waits for what the old one has shown already: less than gap_wait_ms, its default.
    static constexpr std::chrono::milliseconds kCatchUp{40};
    // So long the old one stands by after the other one has taken over.
    static constexpr std::chrono::milliseconds kStay{250};

  private:
    enum class Stage : std::uint8_t { still, leave, arrive, working, done };
    using Clock = std::chrono::steady_clock;

    // How far the private books are.
    struct Readiness {
        std::size_t live = 0;                // of this engine
        std::size_t waiting = 0;             // there is no word of the venue yet why they are not
        std::size_t shown = 0;               // LIVE of the engine that runs
        std::vector<std::string> dropped{};  // native names of what that one follows and this one does not
    };
    [[nodiscard]] Readiness readiness_here() const noexcept;
    [[nodiscard]] Readiness readiness() const noexcept;
    [[nodiscard]] Finding succeed(MonoTime now, std::int64_t join_ms);
    [[nodiscard]] Finding try_lock();
    [[nodiscard]] Finding make_way(MonoTime now);
    [[nodiscard]] Finding see_off(Segment::Room& left, pid_t asker);
    [[nodiscard]] Finding arrive(ShmFile& file, Result result);
    // `beating`: the header of the segment that readers see, where this engine has its lock.
    [[nodiscard]] bool is_done(Stage what, daypack_header* beating);
    void copy_books_to(const Segment::Room& room) const noexcept;
    // The engine reads all that comes, and its books have what the engine before had.
    [[nodiscard]] bool is_up_to_date() const noexcept;
    [[nodiscard]] std::string directory_fault(const daypack_reader& old) const;
    void finish() noexcept;

    Segment& segment_;
    BookCarrier carrier_;
    const Segment::Room* room_ = nullptr;  // where a leaving engine goes; written before `leave`
    std::atomic<Stage> stage_{Stage::still};
    std::atomic<bool> ending_{false};
    Clock::time_point caught_up_by_;  // written before `arrive`
    std::optional<TakeoverRequest> request_;
    std::optional<ShmFile> wanted_;
    MonoTime began_, looked_, asked_, told_, deaf_until_;
};

}  // namespace daypack::core
