// SPDX-License-Identifier: MIT
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/config.h"
#include "engine/control_thread/book_images.h"
#include "engine/control_thread/command_sender.h"
#include "engine/control_thread/control_log.h"
#include "engine/control_thread/depth_reader.h"
#include "engine/control_thread/market_follower.h"
#include "engine/control_thread/open_interest_reader.h"
#include "engine/control_thread/poller.h"
#include "engine/control_thread/snapshot_fetcher.h"
#include "engine/control_thread/venue_watch.h"
#include "engine/messages/line_health.h"
#include "engine/messages/log.h"
#include "engine/messages/messages.h"
#include "engine/messages/subscriptions.h"
#include "engine/shm/hand_over.h"
#include "engine/shm/segment.h"
#include "engine/shm/segment_keeper.h"
#include "engine/shm/waker.h"
#include "engine/threads/doorbell.h"
#include "net/backpack/rest_api.h"

namespace daypack::core {

// The work of the control thread: composes all that asks REST, sends what it brings to the book thread, and writes the
// log.
//
// Thread: control, except set_symbols(), place(), failure() and failed(), which any may call.
// Invariant: a hot thread waits for nothing here, except a book for its snapshot.
class ControlAgent {
  public:
    struct Wiring {
        InstrumentTable* instruments;
        Subscriptions* subscriptions;
        Segment* segment;
        PendingPool* pool;  // handed to each new Sync; touched by the book thread alone
        SnapshotRequests* requests;
        BookCommands* commands;
        Doorbell* bell;  // rung after a command; null where the book thread never sleeps
        RetiredQueue* retired;
        std::vector<LogQueue*> logs;
        std::vector<const LineHealth*> lines;           // none where REST is all there is
        std::function<void(const std::string&)> write;  // a line of the log; never waits
        SegmentKeeper* keeper = nullptr;                // where the segment may be moved
        Waker* waker = nullptr;                         // where readers may wait
        HandOver* hand_over = nullptr;                  // where another engine may succeed this one, or this one it
        // This engine has the instance from now on; false: no more. Returns why it is to be called again later; empty:
        // it need not be.
        std::function<std::string(bool)> on_change = {};
    };

    ControlAgent(const Config& config, Wiring wiring);
    ~ControlAgent();

    // One round; waits 5 ms for the network.
    void do_work();

    // Hands on what the threads have said since the last round; for the end, when they say no more.
    void write_logs();

    // From now on the configuration names other symbols.
    void set_symbols(const Config& config);

    // Takes the place of a market in shared memory, which set_symbols() has named before: its index, or none where
    // there is no room. `then` is called on the control thread.
    void place(std::string native, std::function<void(std::optional<SymbolIndex>)> then);

    // The same at once. REQUIRES: the control thread does not run yet.
    [[nodiscard]] std::optional<SymbolIndex> place_now(const std::string& native) { return markets_->place(native); }

    // Where readers may wait, from now on. Thread: control.
    void use(Waker& waker) noexcept { wiring_.waker = &waker; }

    // Why the engine can do nothing more.
    enum class Failure : std::uint8_t {
        none,
        no_symbols,     // at the start the venue had none of the symbols, or there was room for none
        instance_lost,  // another engine has the instance
        handed_over,    // likewise, and asked for it
    };
    // Thread: any.
    [[nodiscard]] Failure failure() const noexcept { return failure_.load(std::memory_order_acquire); }
    [[nodiscard]] bool failed() const noexcept { return failure() != Failure::none; }

  private:
    struct Io;

    void make_rest(const Config& config);
    void keep_segment(MonoTime now);
    void hand_over(MonoTime now);
    void take_instance(MonoTime now);
    void wait_for_network();
    void fail(Failure failure) noexcept;
    void free_retired();
    void publish_counters();

    Wiring wiring_;
    ControlLog log_;
    CommandSender sender_;
    BookImages images_;
    std::unique_ptr<Io> io_;
    std::unique_ptr<TlsContext> tls_;
    std::unique_ptr<RestClient> rest_;
    std::unique_ptr<RestApi> api_;
    std::unique_ptr<DepthReader> depth_reader_;
    std::unique_ptr<SeedOrder> seed_order_;
    std::unique_ptr<SnapshotFetcher> snapshots_;
    std::unique_ptr<Poller> poller_;
    std::unique_ptr<OpenInterestReader> open_interest_;  // null: the configuration does not ask for it
    std::unique_ptr<VenueWatch> venue_;
    std::unique_ptr<MarketFollower> markets_;
    MonoTime segment_checked_;
    MonoTime clock_checked_;
    MonoTime change_again_;     // on_change is to be called again; 0: never
    int change_tries_ = 0;      // so often in vain
    std::int64_t join_ms_ = 0;  // for so long books are waited for, before another engine is succeeded
    std::atomic<Failure> failure_{Failure::none};
};

}  // namespace daypack::core
