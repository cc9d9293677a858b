// SPDX-License-Identifier: MIT
#include "tools/cli/top.h"

#include <unistd.h>

#include <optional>
#include <ostream>

#include "engine/include/daypack/reader.hpp"
#include "tools/term/ladder.h"
#include "tools/term/shm_text.h"
#include "tools/term/terminal.h"

namespace daypack::core {

int show_top(const TopOptions& options, std::ostream& out) {
    constexpr int kFrame_ms = 100;
    Reader reader(options.instance, options.owner);
    std::optional<SymbolIndex> only;
    if (!options.symbol.empty()) only = require_symbol(reader, options.symbol);
    if (isatty(STDOUT_FILENO) == 0) {
        for (const auto symbol : require_symbols(reader, options.symbol)) out << top_line(reader, symbol) << '\n';
        return 0;
    }
    const StopSignal stop;
    Screen screen;
    do screen.show(draw_ladder(reader, screen.rows(), screen.columns(), only));
    while (!screen.pressed('q', kFrame_ms) && !stop.asked());
    return 0;
}

}  // namespace daypack::core
