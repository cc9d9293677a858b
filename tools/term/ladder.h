// SPDX-License-Identifier: MIT
#pragma once
#include <optional>
#include <string>

#include "book/types.h"
#include "engine/include/daypack/reader.hpp"

namespace daypack::core {

// The books of an instance as a picture for a terminal: ladders side by side as far as the columns go (or that of one
// symbol), their last trades, latency and the health of the lines. At most `rows` lines, each ending in '\n', none
// wider than `columns`; colours by escape sequences,
// unless the environment has NO_COLOR.
[[nodiscard]] std::string draw_ladder(Reader& reader, int rows, int columns,
                                      std::optional<SymbolIndex> only = std::nullopt);

// One symbol in one plain line: where no ladder can be drawn.
[[nodiscard]] std::string top_line(Reader& reader, SymbolIndex symbol);

}  // namespace daypack::core
