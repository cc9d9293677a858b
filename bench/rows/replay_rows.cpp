// SPDX-License-Identifier: MIT
#include <stdexcept>

#include "bench/rig/scratch_segment.h"
#include "bench/rows/rows.h"
#include "book/sync/sync.h"
#include "net/backpack/decoder.h"

namespace daypack::core::bench {
namespace {

constexpr std::size_t kMaxLevels = 32'768;

double frames_per_second(const Input& input, ScratchSegment& scratch, bool scan) {
    Decoder::Limits limits;
    limits.scan = scan;
    Decoder decoder(input.table, DepthStream::realtime, limits);
    PendingPool pool(1024);
    Sync sync(kMaxLevels, 64, pool);
    sync.on_lines(1, MonoTime{1});
    const MonoTime quiet = MonoTime{1} + Sync::kSettle_ns;
    if (!sync.on_snapshot(sync.take_request(quiet), input.seed, quiet)) {
        throw std::runtime_error("the snapshot does not join");
    }
    BookUpdate update = scratch.update(sync.book());
    std::size_t published = 0;
    const double ns = ns_each([&] {
        for (std::size_t i = 0; i < input.frames.size(); ++i) {
            const Decoded decoded = decoder.decode(input.frames[i], MonoTime{1}, 0);
            (void)sync.on_update(decoded.events, MonoTime{1}, [&](std::span<const Event> applied) {
                update.u = sync.last_id();
                update.match = sync.match();
                update.send = sync.send();
                scratch.publisher().publish_book(update, applied);
                sync.clear_dirty();
                ++published;
            });
        }
        return input.frames.size();
    });
    if (published != input.frames.size()) throw std::runtime_error("the recording has a gap");
    return 1e9 / ns;
}

Row row(const Input& input, ScratchSegment& scratch, bool scan, const char* name, double target, const char* what) {
    std::vector<double> rates;
    for (int round = 0; round < input.effort.rounds; ++round) rates.push_back(frames_per_second(input, scratch, scan));
    return {.name = name,
            .value = median(rates),
            .unit = "frames a second",
            .bound = Row::Bound::least,
            .target = target,
            .what = what,
            .spread = spread_of(rates)};
}

}  // namespace

std::vector<Row> replay_frames(const Input& input) {
    ScratchSegment scratch(input.instrument());
    return {
        row(input, scratch, false, "replay_frames.simdjson", 1.5e6,
            "decoded, followed, applied, published; simdjson alone"),
        row(input, scratch, true, "replay_frames.scan", 4e6, "the same with the scanner"),
    };
}

}  // namespace daypack::core::bench
