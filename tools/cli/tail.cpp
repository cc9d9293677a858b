// SPDX-License-Identifier: MIT
#include "tools/cli/tail.h"

#include <optional>
#include <ostream>
#include <vector>

#include "engine/include/daypack/reader.hpp"
#include "net/base/clock.h"
#include "tools/term/event_text.h"
#include "tools/term/shm_text.h"
#include "tools/term/terminal.h"
#include "tools/term/writer_life.h"

namespace daypack::core {
namespace {

// Names of symbols as the events need them; asked for once each.
class NameCache {
  public:
    explicit NameCache(Reader& reader) : reader_(reader) {}
    [[nodiscard]] const std::string& operator[](std::uint32_t symbol) {
        static const std::string unknown = "?";
        if (symbol >= reader_.symbols()) return unknown;
        while (names_.size() <= symbol) names_.push_back(reader_.names(static_cast<SymbolIndex>(names_.size())).symbol);
        return names_[symbol];
    }

  private:
    Reader& reader_;
    std::vector<std::string> names_;
};

}  // namespace

int follow_events(const TailOptions& options, std::ostream& out) {
    constexpr int kPoll_ms = 1;
    constexpr int kLookEvery = 100;  // of the polls that find nothing
    Reader reader(options.instance, options.owner);
    std::optional<SymbolIndex> only;
    if (!options.symbol.empty()) only = require_symbol(reader, options.symbol);
    NameCache names(reader);
    const StopSignal stop;
    std::uint64_t cursor = daypack_cursor(&reader.raw());
    int idle = 0;
    while (!stop.asked() && out) {
        daypack_record record;
        std::uint64_t lost = 0;
        const int result = daypack_read_record(&reader.raw(), &cursor, &record, &lost);
        if (result == DAYPACK_EMPTY) {
            out.flush();
            if (++idle % kLookEvery == 0) require_whole(reader.raw());
            stop.wait_ms(kPoll_ms);
            continue;
        }
        idle = 0;
        if (result == DAYPACK_OK && daypack_record_kind(&record) == DAYPACK_KIND_NONE) lost = 1;
        if (lost > 0) {
            out << (options.json ? lost_json(lost) : lost_line(lost)) << '\n';
        } else if (const auto symbol = daypack_record_symbol(&record); !only || symbol == *only) {
            out << (options.json ? event_json(record, names[symbol], wall_now()) : event_line(record, names[symbol]))
                << '\n';
        }
    }
    out.flush();
    return 0;
}

}  // namespace daypack::core
