// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "book/types.h"
#include "engine/include/daypack/reader.hpp"

namespace daypack::core {

// Whether an engine writes this segment, and since when not.
struct WriterLife {
    std::string word;          // RUNNING and the other phases, STALLED, DEAD
    bool lives = false;        // false: it ended, or was killed
    std::int64_t beat_ns = 0;  // wall clock, of the last beat; 0: there was none
    std::uint64_t up_ns = 0;   // from its start until now, or until its last beat
};
[[nodiscard]] WriterLife writer_life(const daypack_reader& reader);

// "RUNNING  up 7 s", "DEAD since 2026-11-28T01:02:03Z  up 7 s".
[[nodiscard]] std::string life_text(const WriterLife& life);
// "instance "default" is DEAD since …: start it again by `daypack run`"; empty while it lives.
[[nodiscard]] std::string death_notice(const std::string& instance, const WriterLife& life);
// The symbols that somebody asks for: one of an earlier list keeps its place, and says DOWN/stopped. Where no engine
// lives, all that there are.
[[nodiscard]] std::vector<SymbolIndex> followed_symbols(Reader& reader);
// Where the segment was replaced (another depth or max_symbols), opens the one in its place, for which it waits half
// a second at most. Returns whether it did: what was read before is to be read again.
[[nodiscard]] bool open_successor(Reader& reader);
// Throws std::runtime_error where somebody cut the file of this segment short. Whoever waits for its ring to go on asks
// now and then: on a page that is left it stands still for ever, and no read ends in a SIGBUS.
void require_whole(const daypack_reader& reader);
// Says so on stderr. Returns the exit code of a verb that has shown what there is.
[[nodiscard]] int exit_code_of(Reader& reader);

// "2026-11-28T01:02:03Z"
[[nodiscard]] std::string utc_seconds(std::int64_t ns);

}  // namespace daypack::core
