// SPDX-License-Identifier: MIT
#include <stdexcept>

#include "bench/report/report.h"
#include "bench/rig/engine_rig.h"
#include "bench/rig/fused_frames.h"
#include "bench/rows/rows.h"

namespace daypack::core::bench {
namespace {

// ns a frame, decoded, taken and published on one thread.
double frames_through(const Input& input, EngineRig& rig) {
    rig.rewind();
    const double ns = ns_through(input, rig);
    if (rig.updates() != input.frames.size()) throw std::runtime_error("the recording has a gap");
    return ns;
}

}  // namespace

std::vector<Row> timing_cost(const Input& input) {
    EngineRig timed(input.table, {&input.seed}), untimed(input.table, {&input.seed}, {}, Timing::off);
    (void)frames_through(input, timed), (void)frames_through(input, untimed);
    std::vector<double> on, off, costs;
    for (int round = 0; round < input.effort.rounds; ++round) {
        on.push_back(frames_through(input, timed));
        off.push_back(frames_through(input, untimed));
        costs.push_back(on.back() - off.back());
    }
    return {{.name = "timing_cost",
             .value = median(costs),
             .unit = "ns a frame",
             .bound = Row::Bound::most,
             .target = 40,
             .what = "a frame decoded, taken and published with its stages timed, " + short_number(median(on)) +
                     " ns, less the same without, " + short_number(median(off)) + " ns",
             .spread = spread_of(costs)}};
}

}  // namespace daypack::core::bench
