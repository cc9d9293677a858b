// SPDX-License-Identifier: MIT
#include "tools/selfcheck/assumptions.h"

#include <algorithm>
#include <utility>

namespace daypack::core::selfcheck {
namespace {

struct Words {
    Assumption assumption;
    const char* name;
    const char* sentence;
    bool makes_books_wrong = false;
};
constexpr Words kWords[] = {
    {Assumption::frames_unmarked, "frames_unmarked", "no message begins with a byte-order mark", true},
    {Assumption::readable_frames, "readable_frames", "every message is one JSON object", true},
    {Assumption::known_streams, "known_streams", "every message is of a stream that was subscribed to", true},
    {Assumption::key_order, "key_order", "`data` stands before `stream`, and the keys in it are sorted"},
    {Assumption::known_fields, "known_fields", "depth and trade messages have no keys but the known ones"},
    {Assumption::integer_ids, "integer_ids", "U and u are JSON integers", true},
    {Assumption::times_in_us, "times_in_us", "E and T are JSON integers, in microseconds since 1970", true},
    {Assumption::plain_decimals, "plain_decimals", "levels are pairs of strings, each a plain decimal", true},
    {Assumption::on_grid, "on_grid", "prices are whole ticks and quantities whole steps", true},
    {Assumption::padding, "padding", "the stream pads prices to the tick and quantities to the step"},
    {Assumption::price_once, "price_once", "no price stands twice on one side of a message", true},
    {Assumption::frame_shape, "frame_shape", "depth messages have the shape that the fast scanner reads"},
    {Assumption::match_order, "match_order", "T runs back by less than a second within a stream"},
    {Assumption::send_after_match, "send_after_match", "E is not before T, but for a millisecond"},
    {Assumption::ids_follow, "ids_follow", "on one connection U is always the u before plus 1", true},
    {Assumption::each_once, "each_once", "no update comes twice over one connection"},
    {Assumption::copies_equal, "copies_equal", "two connections bring the same under the same ids", true},
    {Assumption::lines_connect, "lines_connect", "a WebSocket comes up at the first attempt"},
    {Assumption::lines_stay, "lines_stay", "the venue closes no WebSocket whose pings are answered"},
    {Assumption::close_frame, "close_frame", "a WebSocket that the venue ends is ended by a Close frame"},
    {Assumption::pings_answered, "pings_answered", "a ping is answered by a pong with its payload"},
    {Assumption::close_answered, "close_answered", "our Close frame is answered within 0.3 s"},
    {Assumption::subscribe_silent, "subscribe_silent", "a SUBSCRIBE that is right is not answered"},
    {Assumption::unknown_silent, "unknown_silent", "a SUBSCRIBE of a market that is not there is not answered"},
    {Assumption::bad_stream_told, "bad_stream_told",
     "a stream of an unknown type is refused with a code, and the socket stays open"},
    {Assumption::streams_served, "streams_served", "what REST shows of a book, its stream has brought a second later"},
    {Assumption::rest_answers, "rest_answers", "a request that is right is answered with 200"},
    {Assumption::rest_budget, "rest_budget", "the configured number of requests a minute is allowed"},
    {Assumption::rest_plain, "rest_plain", "answers are in no coding that was not asked for"},
    {Assumption::bodies_unmarked, "bodies_unmarked", "no answer begins with a byte-order mark", true},
    {Assumption::readable_bodies, "readable_bodies", "answers are the JSON that the documents promise", true},
    {Assumption::errors_as_json, "errors_as_json", "a market that is not there is denied in JSON, with a code"},
    {Assumption::clock_in_ms, "clock_in_ms", "/api/v1/time is text, in milliseconds"},
    {Assumption::known_market_fields, "known_market_fields", "markets have no keys but the known ones"},
    {Assumption::known_values, "known_values", "orderBookState, marketType, rwaMarketType and status are known words"},
    {Assumption::list_age, "list_age", "the list of markets is at most 20 minutes old"},
    {Assumption::market_uncached, "market_uncached", "/api/v1/market comes from no cache"},
    {Assumption::depth_uncached, "depth_uncached", "/api/v1/depth comes from no cache"},
    {Assumption::sides_ascend, "sides_ascend", "both sides of a depth snapshot ascend by price"},
    {Assumption::text_id, "text_id", "lastUpdateId is a string"},
    {Assumption::snapshot_time_in_us, "snapshot_time_in_us", "the time of a depth snapshot is in microseconds"},
    {Assumption::snapshot_whole, "snapshot_whole",
     "a depth snapshot without limit is cut at 1,000 or 5,000 levels alone", true},
    {Assumption::snapshot_fresh, "snapshot_fresh", "a depth snapshot is less than 1 s behind the stream", true},
    {Assumption::books_equal, "books_equal", "a book that follows the stream equals a later snapshot of it"},
};
static_assert(std::size(kWords) == kAssumptions);

const Words& words_of(Assumption assumption) noexcept {
    return kWords[static_cast<std::size_t>(assumption)];
}

constexpr bool is_in_order() {
    for (std::size_t i = 0; i < kAssumptions; ++i) {
        if (static_cast<std::size_t>(kWords[i].assumption) != i) return false;
    }
    return true;
}
static_assert(is_in_order());

}  // namespace

const char* name_of(Assumption assumption) noexcept {
    return words_of(assumption).name;
}

const char* sentence_of(Assumption assumption) noexcept {
    return words_of(assumption).sentence;
}

void Findings::broken(Assumption assumption, std::string_view symbol, std::string example) {
    Finding& finding = at(assumption);
    ++finding.broken;
    if (finding.examples.size() < Finding::kExamples) finding.examples.push_back(std::move(example));
    if (words_of(assumption).makes_books_wrong && !symbol.empty()) doubtful_.emplace(symbol);
}

std::size_t Findings::count_broken() const noexcept {
    return static_cast<std::size_t>(
        std::count_if(findings_.begin(), findings_.end(), [](const Finding& finding) { return finding.broken > 0; }));
}

}  // namespace daypack::core::selfcheck
