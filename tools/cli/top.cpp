// SPDX-License-Identifier: MIT
#include "tools/cli/top.h"

#include <unistd.h>

#include <optional>
#include <ostream>

#include "engine/include/daypack/reader.hpp"
#include "tools/term/ladder.h"
#include "tools/term/shm_text.h"
#include "tools/term/terminal.h"
#include "tools/term/writer_life.h"

namespace daypack::core {

int show_top(const TopOptions& options, std::ostream& out) {
    constexpr int kFrame_ms = 100;
    Reader reader(options.instance, options.owner);
    std::optional<SymbolIndex> only;
    if (!options.symbol.empty()) only = require_symbol(reader, options.symbol);
    if (isatty(STDOUT_FILENO) == 0) {
        auto symbols = require_symbols(reader, options.symbol);
        if (!only) symbols = followed_symbols(reader);
        for (const auto symbol : symbols) out << top_line(reader, symbol) << '\n';
        out.flush();
        return exit_code_of(reader);
    }
    if (const int code = exit_code_of(reader); code != 0) return code;
    {
        const StopSignal stop;
        Screen screen;
        do {
            daypack_follow(&reader.raw());
            screen.show(draw_ladder(reader, screen.rows(), screen.columns(), only));
        } while (!screen.pressed('q', kFrame_ms) && !stop.asked());
    }
    return exit_code_of(reader);
}

}  // namespace daypack::core
