// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <string>
#include <string_view>

#include "engine/account/account_news.h"
#include "engine/account/told_fills.h"
#include "engine/shm/heartbeat.h"
#include "engine/shm/instances.h"
#include "engine/shm/ring_writer.h"
#include "engine/shm/segment.h"
#include "engine/shm/segment_keeper.h"

namespace daypack::core {

// The private shared memory of one account, /dev/shm/daypack-account.<instance>.<account>, mode 0600: a segment as that
// of the books, with the same lock, beat, epoch and phases, so that the same functions read it. Its directory lists the
// four parts of an account, each with a state; its ring holds every piece of news as a line of JSON. Nothing of an
// account is in the segment of the books.
//
// Each engine begins every part in the ring with SYNCING/start: there a reader drops the orders, positions or balances
// that it holds of that part, and what is told until it is LIVE is all there is. Fills are events, and go on.
//
// Thread: the account's. Ownership: it holds the writer's lock, so no other engine writes it meanwhile.
class AccountSegment {
  public:
    static constexpr std::size_t kRingRecords = 32'768;  // 4 MiB, of some six records a line
    // No hot thread writes it: an answer of REST may take it some ms to read.
    static constexpr std::int64_t kBeatStale_ns = 200'000'000;
    // A mark is never further from the next: so that of a ring which was written over there is one near its begin.
    static constexpr std::size_t kMarkRecords = kRingRecords / 8;

    // Throws std::runtime_error where another engine that lives has it, or there is no room.
    AccountSegment(const std::string& instance, const std::string& account);

    // Call it every few ms. True after a pause: until caught_up() readers see what is LIVE as STALE.
    bool beat(MonoTime now) noexcept;
    void caught_up() noexcept { heartbeat_.caught_up(); }
    // Looks whether the path still leads to this segment, and makes the file anew where it does not: readers go on
    // there by themselves, and miss nothing. Call it some times a second.
    [[nodiscard]] SegmentKeeper::Finding keep_name() { return keeper_.check(); }
    // No channel asks for this part, so nothing will be told of it: DOWN, for no reason.
    void leave_out(AccountKind kind) noexcept {
        segment_.set_status(static_cast<SymbolIndex>(kind), DAYPACK_STATE_DOWN, DAYPACK_REASON_none, 0);
    }
    void show(const AccountReport& report);
    // Leaves word for the engine that comes next. Call it often: it writes where something has changed, or the ring has
    // gone on.
    void mark_fills(VenueTime since, VenueTime known, std::uint64_t account) noexcept;
    // Fills until then were told before this object was there.
    void note_told(VenueTime newest) noexcept { told_ = std::max(told_, newest); }
    [[nodiscard]] static std::string path_of(const std::string& instance, const std::string& account);
    [[nodiscard]] std::uint64_t epoch() const noexcept { return segment_.epoch(); }
    // Ends cleanly: all is DOWN/stopped.
    void stop() noexcept { segment_.stop(); }

  private:
    Segment segment_;
    Heartbeat heartbeat_;
    RingWriter ring_;
    SegmentKeeper keeper_{segment_, SegmentKeeper::Writer::this_thread};
    FillMark mark_;               // the last one
    VenueTime told_;              // the newest fill that was told
    std::size_t since_mark_ = 0;  // records
};

}  // namespace daypack::core
