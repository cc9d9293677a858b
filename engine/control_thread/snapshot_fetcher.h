// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "book/instrument.h"
#include "book/snapshot.h"
#include "engine/control_thread/depth_reader.h"
#include "engine/control_thread/seed_order.h"
#include "engine/messages/messages.h"
#include "net/backpack/rest_api.h"

namespace daypack::core {

// Fetches the snapshots that the book thread asks for, and sends them to it. One for a join is fetched at once, and
// again at growing intervals until an answer comes; one for a check is fetched once, when the budget has room. Where a
// start has more joins than the budget lets through at once, what is asked for in the first 100 ms is gathered, and
// leaves in the order of SeedOrder, and within the first second the symbols that it puts first find their share of the
// budget: else it would be spent on whichever symbols happened to move first. (A book asks once it has seen an update,
// and one of seven with twenty updates a second sees none in those 100 ms.)
//
// Thread: control. Invariants: each request is answered in the end, a join with a snapshot, a check with or without
// one; except a join that gives way to a newer one of its symbol, and one whose market is followed again in finer
// units. A market whose book was refused for a lasting reason is asked for at the reader's pace, whichever request
// wants it.
class SnapshotFetcher {
  public:
    using Send = std::function<void(BookCommand)>;
    using Log = std::function<void(const std::string&)>;
    using Doubt = std::function<void(SymbolIndex)>;

    // `doubt`: an answer did not fit what is known of the market. `order` outlives this; null: every symbol is alike.
    SnapshotFetcher(RestApi& rest, const InstrumentTable& instruments, DepthReader& reader, Send send, Log log,
                    Doubt doubt, const SeedOrder* order = nullptr);

    void request(const SnapshotRequest& request);
    // Asks REST again where that is due.
    void do_work(MonoTime now);

  private:
    struct Waiting {
        SnapshotRequest request;
        MonoTime due;
        std::uint32_t failures;
    };
    // A join was refused: it is not asked for before `until`, unless its market is counted in other units meanwhile.
    struct Held {
        const Instrument* instrument = nullptr;
        MonoTime until;
    };

    void favour_first();
    [[nodiscard]] MonoTime held_until(SymbolIndex symbol) const noexcept;
    void send(const SnapshotRequest& request, std::unique_ptr<Snapshot> snapshot);
    void fetch(const SnapshotRequest& request, std::uint32_t failures);
    void on_answer(const SnapshotRequest& request, std::uint32_t failures, const RestAnswer& answer);
    void on_refused(const SnapshotRequest& request, std::uint32_t failures, std::int64_t retry_ms);
    void retry(const SnapshotRequest& request, std::uint32_t failures, std::int64_t at_least_ms,
               const std::string& why);

    RestApi& rest_;
    const InstrumentTable& instruments_;
    DepthReader& reader_;
    Send send_;
    Log log_;
    Doubt doubt_;
    const SeedOrder* order_;
    bool began_ = false;  // a join was asked for
    std::vector<Waiting> waiting_;
    std::vector<Held> held_;        // by symbol
    std::vector<char> unanswered_;  // by symbol: the last check failed, and the log says so
    std::mt19937_64 random_{std::random_device{}()};
};

}  // namespace daypack::core
