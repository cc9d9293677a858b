#pragma once
#include <vector>

#include "bench/input.h"
#include "bench/row.h"

namespace daypack::bench {

// Frame to best bid and offer on one core: against RapidJSON and std::map, and against the least that must be done.
[[nodiscard]] std::vector<Row> decode_apply(const Input& input);
[[nodiscard]] std::vector<Row> decode_apply_floor(const Input& input);
// The book alone, its top kept up, against std::map and a sorted vector.
[[nodiscard]] std::vector<Row> book_recorded(const Input& input);
// Frame to ring of a segment, as fast as it goes.
[[nodiscard]] std::vector<Row> replay_frames(const Input& input);

}  // namespace daypack::bench
