// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "book/instrument.h"
#include "book/snapshot.h"
#include "net/backpack/rest_depth.h"

namespace daypack {

// Reads what REST answers about depth, whoever asked: keeps a level off the grid by having its market counted more
// finely, and tells in words, counted by kind, why a body is no book.
//
// Thread: cold. Invariants: a market's units only become finer here, and no finer than what all levels of the body at
// hand fit into, so that there is an end to it; what is refused costs the one market.
// One answer off the grid proves little, for it may be another market's: what it needs is believed where frames need it
// too, or the next answer does; until then it is no book. One frame off the grid proves little, for the snapshot that
// it leads to shows what rests in the book; where frames bring such levels again and no snapshot shows them, their word
// is taken.
class DepthReader {
  public:
    using Say = std::function<void(std::string)>;
    // From here on that market is counted in this grid: its book, and what is under way, start over.
    using Refine = std::function<void(SymbolIndex, const Grid&)>;

    // `lasting_ms`: between two requests of a market that is refused for good.
    DepthReader(InstrumentTable& instruments, std::int64_t lasting_ms, Say say, Refine refine);

    struct Answer {
        enum class What : std::uint8_t {
            snapshot,
            finer,    // it needs finer units, which refine() is to set
            refused,  // for what will be so the next time; told
            garbled,  // for what need not be; not told yet
        };
        What what = What::snapshot;
        Grid grid{};                // finer
        std::int64_t retry_ms = 0;  // refused: when to ask again
        std::string words{};        // garbled: why
    };
    [[nodiscard]] Answer read(SymbolIndex symbol, std::string_view body, Snapshot& snapshot, MonoTime now);
    // The answer was `finer`, and whoever asked has been answered.
    void refine(SymbolIndex symbol, const Grid& grid) { refine_(symbol, grid); }

  private:
    struct Known {
        std::array<std::uint64_t, kDepthFaults> refused{};  // by kind, since the start
        std::uint64_t unfit_frames = 0;                     // snapshots before which frames brought what no units hold
        std::optional<MonoTime> answer_needed;  // when an answer last needed finer units and nothing else did
        Grid answer_grid{};                     // ... and which
        std::optional<MonoTime> frames_needed;  // when frames last needed finer units and the snapshot did not
    };

    [[nodiscard]] Answer refuse(SymbolIndex symbol, const DepthRefusal& refusal);
    void refuse_frames(SymbolIndex symbol, const std::string& why);
    // `grid`, in which the body can be read, or a finer one, which frames need and the body can be read in as well.
    [[nodiscard]] DepthGrid grid_for_frames(SymbolIndex symbol, std::string_view body, DepthGrid grid,
                                            const UnitsNeeded& needed, MonoTime now);
    // An answer needs that grid; true: it is not the only one to say so.
    [[nodiscard]] bool is_believed(SymbolIndex symbol, const Grid& grid, const UnitsNeeded& needed, MonoTime now);

    InstrumentTable& instruments_;
    std::int64_t lasting_ms_;
    Say say_;
    Refine refine_;
    std::vector<Known> known_;
};

}  // namespace daypack
