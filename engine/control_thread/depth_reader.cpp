// SPDX-License-Identifier: MIT
#include "engine/control_thread/depth_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

namespace daypack::core {
namespace {

// Frames that need finer units twice within so long are believed.
constexpr std::int64_t kFramesAgain_ns = 5'000'000'000;

// An answer that needs finer units is remembered for so long.
constexpr std::int64_t kAnswerAgain_ns = 120'000'000'000;

// The log has the 1st, 2nd, 4th, 8th and so on.
bool is_worth_a_line(std::uint64_t count) noexcept {
    return std::has_single_bit(count);
}

Unit finer(Unit unit, std::int8_t exponent) noexcept {
    if (exponent == UnitsNeeded::kNone || (unit.mantissa == 1 && unit.exponent <= exponent)) return unit;
    return {1, std::min(unit.exponent, exponent)};
}

}  // namespace

DepthReader::DepthReader(InstrumentTable& instruments, std::int64_t lasting_ms, Log log, Refine refine)
    : instruments_(instruments),
      lasting_ms_(lasting_ms),
      log_(std::move(log)),
      refine_(std::move(refine)),
      known_(instruments.capacity()) {}

DepthReader::Answer DepthReader::read(SymbolIndex symbol, std::string_view body, Snapshot& snapshot, MonoTime now) {
    const Instrument& instrument = instruments_[symbol];
    DepthRefusal refusal = parse_depth(body, instrument, snapshot);
    DepthGrid found{instrument.grid(), {}};
    if (refusal.fault == DepthFault::off_grid) {
        found = depth_grid(body, instrument);
        Snapshot finer;
        refusal = parse_depth(body, instrument.refined(found.grid), finer);
        if (refusal) refusal.words += fmt::format("; finer units are due for {}", found.why);
    }
    if (refusal) return refuse(symbol, refusal);
    const UnitsNeeded needed = instruments_.take_needed(symbol);
    if (found.grid == instrument.grid()) {
        known_[symbol].answer_needed.reset();
    } else if (!is_believed(symbol, found.grid, needed, now)) {
        return {.what = Answer::What::garbled,
                .words = found.why + "; it may be another market's, and is believed when the next answer says so too"};
    }
    found = grid_for_frames(symbol, body, std::move(found), needed, now);
    if (found.grid == instrument.grid()) return {};
    const Grid listed = instrument.listed_grid();
    log_(fmt::format("units symbol={} price={} quantity={} tick={} step={} why=\"{}\"", instrument.native,
                     format_unit(found.grid.tick), format_unit(found.grid.step), format_unit(listed.tick),
                     format_unit(listed.step), found.why));
    return {.what = Answer::What::finer, .grid = found.grid};
}

bool DepthReader::is_believed(SymbolIndex symbol, const Grid& grid, const UnitsNeeded& needed, MonoTime now) {
    Known& known = known_[symbol];
    const bool frames = needed.price != UnitsNeeded::kNone || needed.quantity != UnitsNeeded::kNone;
    const bool again = known.answer_needed && now - *known.answer_needed < kAnswerAgain_ns && known.answer_grid == grid;
    known.answer_needed = now;
    known.answer_grid = grid;
    return frames || again;
}

DepthGrid DepthReader::grid_for_frames(SymbolIndex symbol, std::string_view body, DepthGrid grid,
                                       const UnitsNeeded& needed, MonoTime now) {
    if (needed.price_unfit || needed.quantity_unfit) {
        refuse_frames(symbol, fmt::format("a {} with more than 18 decimals, or that does not fit 63 bits",
                                          needed.price_unfit ? "price" : "quantity"));
    }
    const Instrument& instrument = instruments_[symbol];
    const Grid wanted{finer(grid.grid.tick, needed.price), finer(grid.grid.step, needed.quantity)};
    if (wanted == grid.grid) return grid;
    auto& before = known_[symbol].frames_needed;
    const bool again = before && now - *before < kFramesAgain_ns;
    before = now;
    if (!again && grid.grid == instrument.grid()) return grid;
    Snapshot trial;
    if (const DepthRefusal refusal = parse_depth(body, instrument.refined(wanted), trial)) {
        refuse_frames(symbol, "levels in whose units the snapshot does not fit: " + refusal.words);
        return grid;
    }
    return {wanted, grid.why.empty() ? "frames bring levels between two units" : std::move(grid.why)};
}

DepthReader::Answer DepthReader::refuse(SymbolIndex symbol, const DepthRefusal& refusal) {
    const std::uint64_t count = ++known_[symbol].refused[static_cast<std::size_t>(refusal.fault)];
    if (!lasts(refusal.fault)) {
        return {.what = Answer::What::garbled,
                .words = fmt::format("{} ({} times): {}", depth_fault_name(refusal.fault), count, refusal.words)};
    }
    if (is_worth_a_line(count)) {
        log_(fmt::format("snapshot symbol={} refused={} count={} retry_ms={} why=\"{}\"", instruments_[symbol].native,
                         depth_fault_name(refusal.fault), count, lasting_ms_, refusal.words));
    }
    return {.what = Answer::What::refused, .retry_ms = lasting_ms_};
}

void DepthReader::refuse_frames(SymbolIndex symbol, const std::string& why) {
    const std::uint64_t count = ++known_[symbol].unfit_frames;
    if (!is_worth_a_line(count)) return;
    log_(fmt::format("frames symbol={} refused={} count={} why=\"{}\"", instruments_[symbol].native,
                     depth_fault_name(DepthFault::unfit), count, why));
}

}  // namespace daypack::core
