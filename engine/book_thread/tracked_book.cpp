// SPDX-License-Identifier: MIT
#include "engine/book_thread/tracked_book.h"

#include <optional>
#include <utility>

namespace daypack::core {
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
    // A copy from another line moves this counter alone, and half of all updates are copies.
    counters.add(DAYPACK_SYMBOL_duplicates, now.duplicates - published.duplicates);
    published.duplicates = now.duplicates;
    if (now == published) return;
    if (now.resyncs > published.resyncs) {
        const auto counter = resyncs_counter(sync->reason());
        if (counter) counters.add(*counter, now.resyncs - published.resyncs);
    }
    counters.add(DAYPACK_SYMBOL_gaps, now.gaps - published.gaps);
    counters.add(DAYPACK_SYMBOL_restarts, now.restarts - published.restarts);
    counters.add(DAYPACK_SYMBOL_resyncs, now.resyncs - published.resyncs);
    counters.add(DAYPACK_SYMBOL_snapshots, now.snapshots - published.snapshots);
    counters.add(DAYPACK_SYMBOL_refetches, now.refetches - published.refetches);
    counters.add(DAYPACK_SYMBOL_crossed, now.crossed - published.crossed);
    counters.add(DAYPACK_SYMBOL_buffer_dropped, now.buffer_dropped - published.buffer_dropped);
    counters.add(DAYPACK_SYMBOL_waits, now.waits - published.waits);
    counters.add(DAYPACK_SYMBOL_silences, now.silences - published.silences);
    published = now;
    const std::uint64_t dropped = sync->book().dropped();
    counters.add(DAYPACK_SYMBOL_levels_dropped, dropped - dropped_published);
    dropped_published = dropped;
}

std::unique_ptr<Sync> TrackedBook::release_sync(Counters counters) noexcept {
    if (sync) publish_counters(counters, {});
    published = {};
    dropped_published = 0;
    silences = refetches = 0;
    replaced = true;
    return std::move(sync);
}

}  // namespace daypack::core
