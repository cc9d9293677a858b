// SPDX-License-Identifier: MIT
#include "engine/book_thread/tracked_book.h"

#include <optional>
#include <utility>

namespace daypack {
namespace {

std::optional<unsigned> resyncs_counter(Reason reason) {
    switch (reason) {
        case Reason::gap: return DAYPACK_SYMBOL_resyncs_gap;
        case Reason::restart: return DAYPACK_SYMBOL_resyncs_restart;
        case Reason::audit: return DAYPACK_SYMBOL_resyncs_audit;
        case Reason::depth: return DAYPACK_SYMBOL_resyncs_depth;
        case Reason::tick: return DAYPACK_SYMBOL_resyncs_tick;
        case Reason::bad_frame: return DAYPACK_SYMBOL_resyncs_bad_frame;
        case Reason::queue: return DAYPACK_SYMBOL_resyncs_queue;
        case Reason::overflow: return DAYPACK_SYMBOL_resyncs_overflow;
        case Reason::silent: return DAYPACK_SYMBOL_resyncs_silent;
        case Reason::crossed: return DAYPACK_SYMBOL_resyncs_crossed;
        default: return std::nullopt;
    }
}

}  // namespace

void TrackedBook::publish_counters(Counters counters, WallTime receive) noexcept {
    counters.set(DAYPACK_SYMBOL_updates, updates);
    counters.set(DAYPACK_SYMBOL_levels, levels);
    counters.set(DAYPACK_SYMBOL_trades, trades);
    counters.set(DAYPACK_SYMBOL_tickers, tickers);
    counters.set(DAYPACK_SYMBOL_bad_frames, bad_frames);
    if (receive.ns != 0) counters.set(DAYPACK_SYMBOL_last_receive_ns, static_cast<std::uint64_t>(receive.ns));
    const Sync::Counters& now = sync->counters();
    if (now == published) return;
    if (now.resyncs > published.resyncs) {
        const auto counter = resyncs_counter(sync->reason());
        if (counter) counters.add(*counter, now.resyncs - published.resyncs);
    }
    counters.set(DAYPACK_SYMBOL_duplicates, now.duplicates);
    counters.set(DAYPACK_SYMBOL_gaps, now.gaps);
    counters.set(DAYPACK_SYMBOL_restarts, now.restarts);
    counters.set(DAYPACK_SYMBOL_resyncs, now.resyncs);
    counters.set(DAYPACK_SYMBOL_snapshots, now.snapshots);
    counters.set(DAYPACK_SYMBOL_refetches, now.refetches);
    counters.set(DAYPACK_SYMBOL_crossed, now.crossed);
    counters.set(DAYPACK_SYMBOL_buffer_dropped, now.buffer_dropped);
    counters.set(DAYPACK_SYMBOL_waits, now.waits);
    counters.set(DAYPACK_SYMBOL_silences, now.silences);
    published = now;
    counters.set(DAYPACK_SYMBOL_levels_dropped, sync->book().dropped());
}

std::unique_ptr<Sync> TrackedBook::release_sync() noexcept {
    silences = refetches = 0;
    return std::move(sync);
}

}  // namespace daypack
