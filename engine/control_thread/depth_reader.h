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

namespace daypack::core {

// Reads the answers of REST about depth: has a market counted more finely where a level lies off its grid, and says in
// words, counted by kind, why a body is no book.
//
// Thread: control. Invariants: a market's units only become finer here, and no finer than what all levels of the body
// at hand fit into, so that there is an end to it; a body that is refused costs its own market only.
// One answer off the grid proves little, for it may be another market's: it is believed where frames need the same, or
// the next answer does; until then it is no book. One frame off the grid proves little, for the snapshot that it leads
// to shows what rests in the book; where frames bring such levels again and no snapshot shows them, frames are
// believed.
class DepthReader {
  public:
    using Log = std::function<void(const std::string&)>;
    // From here on that market is counted in this grid: its book, and all requests for it, start over.
    using Refine = std::function<void(SymbolIndex, const Grid&)>;

    // `lasting_ms`: between two requests about a market that is refused for a lasting reason.
    DepthReader(InstrumentTable& instruments, std::int64_t lasting_ms, Log log, Refine refine);

    struct Answer {
        enum class What : std::uint8_t {
            snapshot,
            finer,    // it needs finer units, which refine() sets
            refused,  // for a lasting reason, which is in the log
            garbled,  // for a passing reason, which is in `words` and not in the log yet
        };
        What what = What::snapshot;
        Grid grid{};                // of `finer`
        std::int64_t retry_ms = 0;  // of `refused`: when to ask again
        std::string words{};        // of `garbled`: why
    };
    [[nodiscard]] Answer read(SymbolIndex symbol, std::string_view body, Snapshot& snapshot, MonoTime now);
    // Call after an answer was `finer`, and after the request for it was answered.
    void refine(SymbolIndex symbol, const Grid& grid) { refine_(symbol, grid); }

  private:
    struct Known {
        std::array<std::uint64_t, kDepthFaults> refused{};  // by kind, since the start
        std::uint64_t unfit_frames = 0;                     // snapshots before which frames brought what no units hold
        std::optional<MonoTime> answer_needed;  // when an answer last needed finer units and nothing else did
        Grid answer_grid{};                     // ... and which it needed
        std::optional<MonoTime> frames_needed;  // when frames last needed finer units and the snapshot did not
    };

    [[nodiscard]] Answer refuse(SymbolIndex symbol, const DepthRefusal& refusal);
    void refuse_frames(SymbolIndex symbol, const std::string& why);
    // `grid`, in which the body can be read, or a finer one, which frames need and the body can be read in as well.
    [[nodiscard]] DepthGrid grid_for_frames(SymbolIndex symbol, std::string_view body, DepthGrid grid,
                                            const UnitsNeeded& needed, MonoTime now);
    // An answer needs that grid. True: it is not the only one to need it.
    [[nodiscard]] bool is_believed(SymbolIndex symbol, const Grid& grid, const UnitsNeeded& needed, MonoTime now);

    InstrumentTable& instruments_;
    std::int64_t lasting_ms_;
    Log log_;
    Refine refine_;
    std::vector<Known> known_;
};

}  // namespace daypack::core
