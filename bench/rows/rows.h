// SPDX-License-Identifier: MIT
#pragma once
#include <vector>

#include "bench/report/row.h"
#include "bench/rig/input.h"

namespace daypack::core::bench {

// Each measures the rows of one name, on the calling thread, which is pinned where this machine allows it.

// Frame to best bid and offer on one core: against RapidJSON and std::map, and against the least that must be done.
[[nodiscard]] std::vector<Row> decode_apply(const Input& input);
[[nodiscard]] std::vector<Row> decode_apply_floor(const Input& input);
// The book alone, its top kept up, against std::map and a sorted vector.
[[nodiscard]] std::vector<Row> book_recorded(const Input& input);
// An update published, against a loop that does the same stores.
[[nodiscard]] std::vector<Row> publish(const Input& input);
// Frame in hand until another process on the other core reads it, at a steady pace and as fast as it goes.
[[nodiscard]] std::vector<Row> frame_to_reader_fused(const Input& input);
// Frame in hand until it is published from the other core.
[[nodiscard]] std::vector<Row> frame_to_publish_pipeline(const Input& input);
// A message over loopback, encrypted and not.
[[nodiscard]] std::vector<Row> wss_one_way(const Input& input);
// Messages as fast as they come.
[[nodiscard]] std::vector<Row> socket_frames(const Input& input);
// What a hot thread asks of the kernel while it spins.
[[nodiscard]] std::vector<Row> hot_thread_clean(const Input& input);
// Frame to ring of a segment, as fast as it goes.
[[nodiscard]] std::vector<Row> replay_frames(const Input& input);
// A hundred books at once.
[[nodiscard]] std::vector<Row> symbols_100(const Input& input);
// What it costs to know how long each stage of a frame took.
[[nodiscard]] std::vector<Row> timing_cost(const Input& input);
// What a callback through the installed headers takes more than one of the inside.
[[nodiscard]] std::vector<Row> callback_cost(const Input& input);

}  // namespace daypack::core::bench
