// SPDX-License-Identifier: MIT
#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/account/account_agent.h"
#include "engine/account/account_segment.h"
#include "engine/account/told_fills.h"
#include "engine/config.h"
#include "engine/include/daypack/signer.hpp"
#include "engine/metrics/account_metrics.h"

namespace daypack::core {

// Follows one account on a thread of its own, beside the hot threads: with its keys, its line, its client of REST, and
// whoever hears of it.
//
// Thread: one constructs, starts, asks to stop and joins; `tell` and `say` are called on the account's own thread.
// Invariants: whatever goes wrong in here is told, and ends this account alone; between join() and the end nothing is
// called.
class AccountThread {
  public:
    struct Wiring {
        std::function<void(const AccountReport&)> tell;     // of the parts that are asked for; must not throw
        std::function<void(const std::string& words)> say;  // a line of the log
    };

    // Throws std::runtime_error where the certificates to trust cannot be read.
    AccountThread(const Config& config, std::string name, Signer signer, Wiring wiring);
    ~AccountThread();
    AccountThread(const AccountThread&) = delete;
    AccountThread& operator=(const AccountThread&) = delete;

    void start();  // throws std::system_error
    // Returns at once; the line is closed within half a second.
    void ask_to_stop() noexcept { is_running_.store(false, std::memory_order_relaxed); }
    void join() noexcept;
    // Of the last turn. Thread: any.
    [[nodiscard]] AccountFigures figures() const;

  private:
    struct Io;

    void run() noexcept;
    void follow();
    void close();
    void hand_on();
    void keep_segment(MonoTime now);
    void keep_name(MonoTime now);
    void open_segment();
    [[nodiscard]] bool make_segment();
    void begin_ring();
    void inherit();
    [[nodiscard]] bool is_wanted(AccountKind kind) const { return wanted_[static_cast<std::size_t>(kind)]; }
    [[nodiscard]] bool is_in_ring(const AccountFill& fill) const;
    void keep_for_ring(const AccountFill& fill);
    void mark_fills();
    void keep_figures();
    void tell(const AccountNews& news);
    void say(const std::string& words) const;

    std::string name_;
    std::string instance_;      // empty: no shared memory
    std::vector<bool> wanted_;  // by AccountKind
    Signer signer_;
    Wiring wiring_;
    TlsContext tls_;
    std::unique_ptr<Io> io_;
    std::unique_ptr<AccountAgent> agent_;
    std::optional<AccountSegment> segment_;  // none as long as another engine has it
    MonoTime segment_due_;                   // then it is tried again
    std::string segment_trouble_;            // that was said
    MonoTime name_due_;                      // then it is looked whether its name leads to it
    // Fills that the engines before have told into the ring: these, and all before `since`.
    ToldFills told_before_;
    std::deque<AccountFill> unshown_;  // told while the ring was another engine's
    std::uint64_t unshown_lost_ = 0;   // of those, more than are kept
    bool has_said_gap_ = false;
    bool has_paused_ = false;
    mutable std::mutex counting_;  // of figures_
    AccountFigures figures_;
    std::thread thread_;
    std::atomic<bool> is_running_{false};
};

// One for each account of the configuration, where a private channel is asked for. An account whose keys cannot be had
// is named in the log, and the others go on.
[[nodiscard]] std::vector<std::unique_ptr<AccountThread>> account_threads(const Config& config,
                                                                          const AccountThread::Wiring& wiring);

}  // namespace daypack::core
