#pragma once
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "book/instrument.h"
#include "book/snapshot.h"
#include "engine/messages.h"
#include "net/rest_client.h"

namespace daypack {

// Fetches the snapshots that the book thread asks for: at once the first time, later and later when one does not help.
//
// Thread: cold. Invariant: each request is answered with a snapshot in the end, or given up by cancel().
class SnapshotFetcher {
  public:
    using Deliver = std::function<void(SymbolIndex, std::uint32_t request, std::unique_ptr<Snapshot>)>;
    using Say = std::function<void(std::string)>;

    SnapshotFetcher(RestClient& rest, const InstrumentTable& instruments, Deliver deliver, Say say);

    void request(const SnapshotRequest& request, MonoTime now);
    // Sends what is due.
    void do_work(MonoTime now);

  private:
    struct Waiting {
        SnapshotRequest request;
        MonoTime due;
        std::uint32_t failures;
    };

    void fetch(const SnapshotRequest& request, std::uint32_t failures);
    void on_answer(const SnapshotRequest& request, std::uint32_t failures, const RestAnswer& answer);
    void retry(const SnapshotRequest& request, std::uint32_t failures, std::int64_t at_least_ms,
               const std::string& why);

    RestClient& rest_;
    const InstrumentTable& instruments_;
    Deliver deliver_;
    Say say_;
    std::vector<Waiting> waiting_;
    std::mt19937_64 random_{std::random_device{}()};
};

}  // namespace daypack
