// SPDX-License-Identifier: MIT
#include "bench/rig/cores.h"
#include "bench/rig/publish_rig.h"
#include "bench/rig/reader_process.h"
#include "bench/rows/rows.h"

namespace daypack::core::bench {
namespace {

Row row(const std::string& name, const Pair& pair, std::size_t stores, const std::string& what) {
    return {.name = name,
            .value = pair.ours,
            .unit = "ns an update",
            .floor = pair.other,
            .ratio = 1 / pair.other_to_ours,
            .bound = Row::Bound::most,
            .target = 1.5,
            .what = what + ", against a loop that does its " + std::to_string(stores) + " stores",
            .spread = pair.inverse()};
}

void add_rows(const Input& input, const std::string& name, std::size_t rank, const std::string& what,
              std::vector<Row>& rows) {
    PublishRig published(input, rank);
    const std::string full = "publish." + name;
    rows.push_back(row(full,
                       compare(
                           input.effort.rounds, [&] { return published.ours(); }, [&] { return published.like(); }),
                       published.stores(), what));
    if (!cores().two()) {
        rows.push_back(unmeasured_row(full + "_reader", "ns an update", Row::Bound::most, 1.5,
                                      "a reader that spins needs a core of its own"));
        return;
    }
    ReaderProcess reader(published.instances(), 1);
    const auto watched = [&](std::size_t which, auto&& measure) {
        reader.watch(which);
        const double ns = measure();
        (void)reader.stop();
        return ns;
    };
    rows.push_back(row(full + "_reader",
                       compare(
                           input.effort.rounds, [&] { return watched(0, [&] { return published.ours(); }); },
                           [&] { return watched(1, [&] { return published.like(); }); }),
                       published.stores(), "the same while a process on the other core reads without a pause"));
    rows.back().not_measured_because = shared_cores({reader.share()});
}

}  // namespace

std::vector<Row> publish(const Input& input) {
    std::vector<Row> rows;
    add_rows(input, "outside", 200, "one level changes, beyond the published depth", rows);
    add_rows(input, "inside", 5, "the fifth bid changes", rows);
    return rows;
}

}  // namespace daypack::core::bench
