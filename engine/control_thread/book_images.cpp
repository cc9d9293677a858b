// SPDX-License-Identifier: MIT
#include "engine/control_thread/book_images.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "engine/shm/atomic_words.h"

namespace daypack::core {

BookImages::BookImages(Segment& segment, const InstrumentTable& instruments,
                       std::function<void(const std::string&)> log)
    : segment_(segment), instruments_(instruments), log_(std::move(log)), writer_(segment) {
    if (segment.layout().image_levels != 0) candidates_.resize(segment.layout().max_symbols);
}

std::uint64_t BookImages::audits(SymbolIndex symbol) const noexcept {
    return segment_.symbol_counters(symbol).get(DAYPACK_SYMBOL_audits);
}

std::uint64_t BookImages::mismatches(SymbolIndex symbol) const noexcept {
    const Counters counters = segment_.symbol_counters(symbol);
    return counters.get(DAYPACK_SYMBOL_audit_ghosts) + counters.get(DAYPACK_SYMBOL_audit_missing) +
           counters.get(DAYPACK_SYMBOL_audit_wrong);
}

void BookImages::on_send(const BookCommand& command) {
    const auto* const check = std::get_if<CheckSnapshot>(&command);
    if (check == nullptr || !check->audit || check->snapshot == nullptr || check->symbol >= candidates_.size()) return;
    auto& candidate = candidates_[check->symbol];
    if (!candidate) open_.push_back(check->symbol);
    const Instrument& instrument = instruments_[check->symbol];
    candidate.emplace();
    candidate->units = {instrument.tick, instrument.step};
    candidate->position = load_relaxed(segment_.header().published);
    candidate->epoch = segment_.epoch();
    candidate->is_private = segment_.is_private();
    candidate->audits = audits(check->symbol);
    candidate->mismatches = mismatches(check->symbol);
}

void BookImages::on_retired(RetiredBlocks& retired) {
    if (!retired.checked || *retired.checked >= candidates_.size()) return;
    auto& candidate = candidates_[*retired.checked];
    if (candidate) candidate->snapshot = std::move(retired.snapshot);
}

void BookImages::do_work() {
    for (const SymbolIndex symbol : open_) {
        Candidate& candidate = *candidates_[symbol];
        if (candidate.snapshot == nullptr || audits(symbol) == candidate.audits) continue;
        if (!candidate.counted) {  // the count of audits is stored before those of what they found
            candidate.counted = true;
            continue;
        }
        const bool same_ring = candidate.epoch == segment_.epoch() && candidate.is_private == segment_.is_private();
        const bool passed = same_ring && mismatches(symbol) == candidate.mismatches;
        if (passed && !writer_.write(symbol, *candidate.snapshot, candidate.units, candidate.position) &&
            !std::exchange(told_, true)) {
            log_(
                "/dev/shm has no room for the images of whole books: free some, make it larger, or lower image_levels");
        }
        candidates_[symbol].reset();
    }
    std::erase_if(open_, [&](SymbolIndex symbol) { return !candidates_[symbol]; });
}

}  // namespace daypack::core
