// SPDX-License-Identifier: MIT
#include "bench/rig/engine_rig.h"

#include <stdexcept>

#include "engine/messages/engine_limits.h"

namespace daypack::core::bench {
namespace {

constexpr std::size_t kDepth = 64;  // the default of the configuration

}  // namespace

EngineRig::EngineRig(const InstrumentTable& table, std::vector<const Snapshot*> seeds, Callbacks callbacks,
                     Timing timing)
    : table_(table),
      timing_(timing),
      seeds_(std::move(seeds)),
      segment_({instance_.name(), kDepth, seeds_.size(), 65'536, 0600, {}}),
      agent_({&table_,
              &segment_,
              &publisher_,
              BookAgent::Input::queues,
              {{&events_, &resubscribes_, &backlog_}},
              &to_book_,
              &requests_,
              &spent_,
              &log_,
              &pool_},
             {.stale_after_ns = 3'600'000'000'000, .audit_every_ns = 0}, std::move(callbacks), timing) {
    for (std::size_t i = 0; i < seeds_.size(); ++i) {
        const Instrument& instrument = table_[static_cast<SymbolIndex>(i)];
        if (!segment_.add_symbol(instrument.symbol, instrument.native)) {
            throw std::runtime_error("the segment of the bench has no room for its symbols");
        }
    }
    (void)segment_.add_line("bench");
    (void)publisher_.beat(mono_now());
    publisher_.set_running();
    Event up;
    up.kind = EventKind::line_up;
    up.last = true;
    agent_.take({&up, 1}, mono_now());
    rewind();
}

void EngineRig::rewind() {
    const auto run = [&] {
        while (agent_.do_work(mono_now()) > 0) {
        }
        RetiredBlocks spent;
        while (spent_.pop(spent)) spent = {};
        LogRecord record;
        while (log_.pop(record)) {
        }
    };
    SnapshotRequest request;
    run();
    while (requests_.pop(request)) {  // what a run before asked for
    }
    for (std::size_t i = 0; i < seeds_.size(); ++i) {
        const auto symbol = static_cast<SymbolIndex>(i);
        auto sync = std::make_unique<Sync>(kMaxLevels, kDepth, pool_);
        sync->set_last_update_at(mono_now());  // a market that is not quiet: it asks for its snapshot at once
        (void)to_book_.push(FollowSymbol{symbol, &table_[symbol], std::move(sync)});
        run();
        if (!requests_.pop(request)) throw std::runtime_error("a book of the bench asks for no snapshot");
        (void)to_book_.push(JoinSnapshot{symbol, request.request, std::make_unique<Snapshot>(*seeds_[i])});
        run();
    }
    updates_before_ = 0;
    updates_before_ = updates();
}

std::uint64_t EngineRig::updates() const noexcept {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < seeds_.size(); ++i) {
        all += segment_.symbol_counters(static_cast<SymbolIndex>(i)).get(DAYPACK_SYMBOL_updates);
    }
    return all - updates_before_;
}

}  // namespace daypack::core::bench
