// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "book/instrument.h"
#include "book/snapshot.h"
#include "engine/control_thread/depth_reader.h"
#include "engine/messages/messages.h"
#include "net/backpack/rest_api.h"

namespace daypack {

// Fetches the snapshots that the book thread asks for. For a join at once, and again, later and later, until an answer
// comes; for a check once, when there is room in the budget.
//
// Thread: cold. Invariants: each request is answered in the end: a join with a snapshot, a check with or without one;
// but a join that gives way to a newer one of its symbol is not, nor one whose market is followed again in finer units.
// A market whose book was refused for what will be so the next time is asked for at the reader's pace, whoever wants
// it.
class SnapshotFetcher {
  public:
    using Deliver = std::function<void(const SnapshotRequest&, std::unique_ptr<Snapshot>)>;
    using Say = std::function<void(std::string)>;
    using Doubt = std::function<void(SymbolIndex)>;

    // `doubt`: an answer did not fit what is known of the market.
    SnapshotFetcher(RestApi& rest, const InstrumentTable& instruments, DepthReader& reader, Deliver deliver, Say say,
                    Doubt doubt);

    void request(const SnapshotRequest& request);
    // Sends what is due.
    void do_work(MonoTime now);

  private:
    struct Waiting {
        SnapshotRequest request;
        MonoTime due;
        std::uint32_t failures;
    };
    // A join was refused: not before `until`, as long as its market is listed and counted as it was.
    struct Held {
        const Instrument* instrument = nullptr;
        MonoTime until;
    };

    [[nodiscard]] MonoTime held_until(SymbolIndex symbol) const noexcept;
    void fetch(const SnapshotRequest& request, std::uint32_t failures);
    void on_answer(const SnapshotRequest& request, std::uint32_t failures, const RestAnswer& answer);
    void on_refused(const SnapshotRequest& request, std::uint32_t failures, std::int64_t retry_ms);
    void retry(const SnapshotRequest& request, std::uint32_t failures, std::int64_t at_least_ms,
               const std::string& why);

    RestApi& rest_;
    const InstrumentTable& instruments_;
    DepthReader& reader_;
    Deliver deliver_;
    Say say_;
    Doubt doubt_;
    std::vector<Waiting> waiting_;
    std::vector<Held> held_;        // by symbol
    std::vector<char> unanswered_;  // by symbol: the last check failed, and that was said
    std::mt19937_64 random_{std::random_device{}()};
};

}  // namespace daypack
