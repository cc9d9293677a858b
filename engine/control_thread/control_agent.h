// SPDX-License-Identifier: MIT
#pragma once
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/config.h"
#include "engine/control_thread/depth_reader.h"
#include "engine/control_thread/market_follower.h"
#include "engine/control_thread/poller.h"
#include "engine/control_thread/snapshot_fetcher.h"
#include "engine/control_thread/venue_watch.h"
#include "engine/messages/line_health.h"
#include "engine/messages/log.h"
#include "engine/messages/messages.h"
#include "engine/messages/subscriptions.h"
#include "engine/shm/segment.h"
#include "engine/threads/doorbell.h"
#include "net/backpack/rest_api.h"

namespace daypack {

// The cold thread's work: REST for all who need it, and the log.
//
// Thread: cold, but for set_symbols(), which any may call.
// Invariant: nothing that a hot thread needs waits for anything here but a snapshot.
class ControlAgent {
  public:
    struct Wiring {
        InstrumentTable* instruments;
        Subscriptions* subscriptions;
        Segment* segment;
        PendingPool* pool;  // handed to each new Sync; touched by the book thread alone
        SnapshotRequests* requests;
        BookCommands* to_book;
        Doorbell* bell;  // rung after a message; null where the book thread never sleeps
        RetiredQueue* spent;
        std::vector<LogQueue*> logs;
        std::vector<const LineHealth*> lines;           // none: REST is all there is
        std::function<void(const std::string&)> write;  // a line of the log
    };

    ControlAgent(const Config& config, Wiring wiring);
    ~ControlAgent();

    // One round; waits 5 ms for the network.
    void do_work();

    // The configuration's list of symbols is another one from now on.
    void set_symbols(const Config& config);

    // There is nothing to do: at the start the venue had none of the symbols, or there was room for none. Thread: any.
    [[nodiscard]] bool failed() const noexcept { return failed_.load(std::memory_order_acquire); }

  private:
    struct Io;

    void deliver(const SnapshotRequest& request, std::unique_ptr<Snapshot> snapshot);
    void poll(MonoTime now);
    [[nodiscard]] Reason why_to_poll() const;
    void send(BookCommand message);
    void drain();
    void say(const std::string& text);
    void tell_counters();

    Config config_;
    Wiring wiring_;
    std::unique_ptr<Io> io_;
    std::unique_ptr<TlsContext> tls_;
    std::unique_ptr<RestClient> rest_;
    std::unique_ptr<RestApi> api_;
    std::unique_ptr<DepthReader> depth_reader_;
    std::unique_ptr<SnapshotFetcher> snapshots_;
    std::unique_ptr<Poller> poller_;
    std::unique_ptr<VenueWatch> venue_;
    std::unique_ptr<MarketFollower> markets_;
    Reason polling_ = Reason::none;    // why; none: it is not done
    std::vector<BookCommand> unsent_;  // the queue to the book thread was full
    std::atomic<bool> failed_{false};
};

}  // namespace daypack
