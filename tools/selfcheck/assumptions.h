// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace daypack::core::selfcheck {

// Everything that daypack takes for granted about the venue's wire. The documents say most of it, captures of others
// the rest; none of it is known for sure until somebody meets the venue.
enum class Assumption : std::uint8_t {
    // Frames
    frames_unmarked,
    readable_frames,
    known_streams,
    key_order,
    known_fields,
    integer_ids,
    times_in_us,
    plain_decimals,
    on_grid,
    padding,
    price_once,
    frame_shape,
    match_order,
    send_after_match,
    ids_follow,
    each_once,
    copies_equal,
    // Connections
    lines_connect,
    lines_stay,
    close_frame,
    pings_answered,
    close_answered,
    subscribe_silent,
    unknown_silent,
    bad_stream_told,
    streams_served,
    // REST
    rest_answers,
    rest_budget,
    rest_plain,
    bodies_unmarked,
    readable_bodies,
    errors_as_json,
    clock_in_ms,
    known_market_fields,
    known_values,
    list_age,
    market_uncached,
    depth_uncached,
    sides_ascend,
    text_id,
    snapshot_time_in_us,
    snapshot_whole,
    snapshot_fresh,
    // Books
    books_equal,
};
inline constexpr std::size_t kAssumptions = static_cast<std::size_t>(Assumption::books_equal) + 1;

// As the report names it: "key_order".
[[nodiscard]] const char* name_of(Assumption assumption) noexcept;
// What is taken for granted, as a sentence.
[[nodiscard]] const char* sentence_of(Assumption assumption) noexcept;

// Begins what some editors and servers write as UTF-8. JSON has none, so the engine refuses what begins with it.
inline constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// What was found of one assumption.
struct Finding {
    std::uint64_t held = 0;
    std::uint64_t broken = 0;
    std::vector<std::string> examples;  // of breaks, the first few

    static constexpr std::size_t kExamples = 3;
};

// What was found of all of them.
//
// Thread: one.
// Invariant: a break is blamed on one assumption. Whoever finds several at one place names the cause, not what follows
// from it; what follows for a whole book is judged at the end, by may_be_wrong().
class Findings {
  public:
    void held(Assumption assumption) noexcept { ++at(assumption).held; }
    // `symbol`: the market that it concerns; empty: none.
    void broken(Assumption assumption, std::string_view symbol, std::string example);
    void note(Assumption assumption, bool holds, std::string_view symbol, const std::string& example) {
        holds ? held(assumption) : broken(assumption, symbol, example);
    }

    [[nodiscard]] const Finding& operator[](Assumption assumption) const noexcept {
        return findings_[static_cast<std::size_t>(assumption)];
    }
    // Something broke that alone may make a book of this market differ from the venue's.
    [[nodiscard]] bool may_be_wrong(std::string_view symbol) const { return doubtful_.contains(symbol); }
    [[nodiscard]] std::size_t count_broken() const noexcept;

  private:
    [[nodiscard]] Finding& at(Assumption assumption) noexcept {
        return findings_[static_cast<std::size_t>(assumption)];
    }

    std::array<Finding, kAssumptions> findings_;
    std::set<std::string, std::less<>> doubtful_;
};

}  // namespace daypack::core::selfcheck
