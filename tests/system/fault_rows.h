// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <set>
#include <string>
#include <vector>

namespace daypack::core {

// The faults that fault_test does to the engine, one row each. The table in tests/README.md is written from them:
// fault_table_test compares the two.

inline const std::string kSymbol = "SOL_USDC";  // the market that is watched

// The states that a reader may see while the fault lasts, beside LIVE. The first must be seen, but where each line
// comes back by itself. Empty: only LIVE.
using Sights = std::vector<std::string>;

struct Row {
    const char* name;
    std::vector<std::string> faults;  // as `daypack sim --fault` takes them
    std::uint32_t lines = 2;
    Sights sights = {};
    bool at_start = false;   // the faults wait for the engine, instead of a book that is LIVE
    std::size_t books = 20;  // right ones until it is over: one line may be that far behind the other
    // Every line goes, and each is connected again as soon as it notices, which a busy machine spreads in time: one may
    // be back, and show the gap, before the other is found dead. So no sight is certain; that every line came back is.
    bool each_comes_back = false;
};
using Rows = std::vector<Row>;

inline std::ostream& operator<<(std::ostream& out, const Row& row) {
    return out << row.name;
}

// A fault of the stream affects the symbol that is watched.
inline std::string aimed(const std::string& fault) {
    const std::string kind = fault.substr(0, fault.find_first_of("@:"));
    const std::set<std::string> streams{"drop", "duplicate", "reorder", "frame", "mute", "restart", "market", "tick"};
    if (!streams.contains(kind)) return fault;
    return fault + (fault.find(':') == std::string::npos ? ":" : ",") + "symbol=" + kSymbol;
}

inline const Sights kNothing{};
inline const Sights kGap{"SYNCING/gap"};
// A connection whose ids go back has restarted its numbering.
inline const Sights kGapOrRestart{"SYNCING/gap", "SYNCING/restart"};
inline const Sights kBadFrame{"SYNCING/bad_frame", "SYNCING/gap"};
inline const Sights kOtherTick{"SYNCING/tick", "SYNCING/bad_frame", "SYNCING/gap"};
// Lines that subscribe again at once may all miss the update in between.
inline const Sights kSilentThenGap{"STALE/silent", "SYNCING/gap"};
inline const Sights kDead{"STALE/line_dead", "SYNCING/gap", "POLLING/ws_down"};
// Lines go and come back each at its own time. One that is back while the other is dead and not yet known to be sends
// updates that nothing explains, which after Numbering::kUnexplained_ns counts as a restart of the numbering.
inline const Sights kOneByOne{"STALE/silent", "SYNCING/gap", "SYNCING/restart", "STALE/line_dead", "POLLING/ws_down"};

inline Rows one_line_of_two() {
    return {
        Row{"one line of two drops an update", {"drop:line=2"}}, Row{"… drops fifty", {"drop:line=2,times=50"}},
        Row{"… brings updates twice", {"duplicate:line=1,times=20"}},
        // By so much that no stall of this machine makes the other line the one that is behind.
        Row{"… that is behind swaps two updates", {"lag:of=odd,by_ms=400", "reorder:line=1"}, 2, {}, false, 400},
        Row{"… that is ahead swaps two updates", {"lag:of=odd,by_ms=400", "reorder:line=2"}, 2, {"SYNCING/restart"}},
        Row{"… is closed", {"close:line=1"}}, Row{"… is reset", {"reset:line=2"}},
        Row{"… stalls, its pings answered late", {"stall:line=1,for_ms=900"}},
        Row{"… is open and dead", {"stall:line=1,how=deaf"}},
        Row{"… does not bring one symbol any more", {"mute:line=2"}},
        Row{"… brings nothing and answers pings", {"stall:line=2"}},
        Row{"… brings a frame cut short", {"frame:line=1,how=truncated"}},
        Row{"… brings malformed JSON", {"frame:line=2,how=malformed"}},
        Row{"… brings a frame beyond the limit", {"frame:line=2,how=huge"}},
        Row{"… breaks RFC 6455", {"violate:line=1,how=masked"}}};
}

inline Rows frames() {
    return {Row{"an update is dropped on the only line", {"drop"}, 1, kGap},
            Row{"an update is dropped on every line", {"drop"}, 2, kGap},
            Row{"every update comes twice", {"duplicate:times=100"}, 1},
            Row{"two updates are swapped", {"reorder"}, 1, kGapOrRestart},
            Row{"malformed JSON", {"frame:how=malformed"}, 1, kBadFrame},
            Row{"a frame is not UTF-8", {"frame:how=not_utf8"}, 1, kDead},
            Row{"a frame beyond max_frame_bytes", {"frame:how=huge"}, 1, kDead},
            Row{"a binary frame", {"frame:how=binary"}, 1},
            Row{"a fragmented message", {"frame:how=fragments"}, 1},
            Row{"the sequence restarts lower", {"restart"}, 1, {"SYNCING/restart"}},
            Row{"… on two lines", {"restart"}, 2, {"SYNCING/restart"}},
            Row{"the market's tick becomes finer", {"tick"}, 1, kOtherTick},
            Row{"… on two lines", {"tick"}, 2, kOtherTick}};
}

// What is wrong with the text of one frame, of the only line. These need no sockets: frame_fault_test does them in one
// thread.
inline Rows frame_texts() {
    return {Row{"a frame is cut short", {"frame:how=truncated"}, 1, {"SYNCING/gap", "SYNCING/bad_frame"}},
            Row{"a byte-order mark before the JSON", {"frame:how=bom"}, 1, kBadFrame},
            Row{"an unknown stream in place of an update", {"frame:how=unknown_stream"}, 1, kGap},
            Row{"an unknown field", {"frame:how=unknown_field"}, 1},
            Row{"exponent notation", {"frame:how=exponent"}, 1, kBadFrame},
            Row{"more decimals than the tick", {"frame:how=decimals"}, 1, kBadFrame},
            Row{"a negative price", {"frame:how=negative"}, 1, kBadFrame},
            Row{"a price of zero", {"frame:how=zero_price"}, 1, kBadFrame},
            Row{"a number that overflows", {"frame:how=overflow"}, 1, kBadFrame},
            Row{"an update that claims to reach beyond all ids", {"frame:how=far"}, 1, kBadFrame},
            Row{"a number where a string is due", {"frame:how=number"}, 1, kBadFrame},
            Row{"a string where a number is due", {"frame:how=text_id"}, 1},
            Row{"a price twice in one frame", {"frame:how=duplicate_price"}, 1},
            Row{"the sequence goes backwards", {"frame:how=backwards"}, 1, {"SYNCING/restart", "SYNCING/gap"}}};
}

inline Rows connections() {
    return {Row{"every line is closed", {"close"}, 2, kOneByOne, false, 20, true},
            Row{"every line is reset", {"reset"}, 2, kOneByOne, false, 20, true},
            Row{"every line is open and dead", {"stall:how=deaf"}, 2, kOneByOne, false, 20, true},
            Row{"the lines are dead one after the other",
                {"stall:line=1,how=deaf", "stall@900:line=2,how=deaf"},
                2,
                kOneByOne,
                false,
                20,
                true},
            Row{"the exchange is away for a second", {"away:for_ms=1000"}, 2, kDead},
            Row{"a frame breaks RFC 6455", {"violate:how=masked"}, 1, kDead},
            Row{"connections are refused", {"connect:how=refuse,times=3"}, 1, kNothing, true},
            Row{"a connection says nothing", {"connect@2:how=silent"}, 1, kNothing, true},
            Row{"TLS breaks off within the handshake", {"connect:how=torn"}, 1, kNothing, true},
            Row{"only TLS 1.1 is spoken", {"connect:how=old"}, 1, kNothing, true},
            Row{"no TLS is spoken", {"connect:how=plain"}, 1, kNothing, true},
            Row{"TLS begins late", {"connect:how=slow,for_ms=500,times=2"}, 1, kNothing, true},
            Row{"upgrade answered by 503", {"upgrade:how=503"}, 1, kNothing, true},
            Row{"upgrade answered by 429, wait 1 s", {"upgrade:how=429,retry_after=1"}, 1, kNothing, true},
            Row{"upgrade answered by 403 and HTML", {"upgrade:how=403"}, 1, kNothing, true},
            Row{"upgrade answered late", {"upgrade:how=slow,for_ms=600"}, 1, kNothing, true},
            Row{"upgrade never answered", {"upgrade:how=silent"}, 1, kNothing, true},
            Row{"upgrade with a wrong proof", {"upgrade:how=bad_accept"}, 1, kNothing, true}};
}

inline Rows rest() {
    return {Row{"snapshot older than the stream", {"stale:by=50,symbol=SOL_USDC,times=3"}, 1, kNothing, true},
            Row{"snapshot answered by 429, wait 1 s",
                {"rest:how=429,path=depth,symbol=SOL_USDC,retry_after=1"},
                1,
                kNothing,
                true},
            Row{"snapshot answered by 451", {"rest:how=451,path=depth,symbol=SOL_USDC"}, 1, kNothing, true},
            Row{"snapshot answered by 403 and HTML", {"rest:how=403,path=depth,symbol=SOL_USDC"}, 1, kNothing, true},
            Row{"snapshot answered by 503", {"rest:how=503,path=depth,symbol=SOL_USDC,times=2"}, 1, kNothing, true},
            Row{"snapshot answered by 400 and text", {"rest:how=400,path=depth,symbol=SOL_USDC"}, 1, kNothing, true},
            Row{"snapshot is HTML", {"rest:how=html,path=depth,symbol=SOL_USDC"}, 1, kNothing, true},
            Row{"snapshot is a redirect", {"rest:how=redirect,path=depth,symbol=SOL_USDC"}, 1, kNothing, true},
            Row{"snapshot is a second late",
                {"rest:how=delayed,path=depth,symbol=SOL_USDC,for_ms=1000"},
                1,
                kNothing,
                true},
            Row{"snapshot never comes", {"rest:how=silent,path=depth,symbol=SOL_USDC"}, 1, kNothing, true},
            Row{"snapshot is cut off", {"rest:how=cut,path=depth,symbol=SOL_USDC"}, 1, kNothing, true},
            Row{"snapshot has no end", {"rest:how=endless,path=depth,symbol=SOL_USDC"}, 1, kNothing, true},
            Row{"snapshot drips", {"rest:how=drip,path=depth,symbol=SOL_USDC"}, 1, kNothing, true},
            Row{"markets answered by 503", {"rest:how=503,path=markets,times=2"}, 1, kNothing, true}};
}

inline Rows contradictions() {
    return {Row{"every line loses the symbol", {"mute"}, 2, kSilentThenGap},
            Row{"every line brings nothing and answers pings", {"stall"}, 2, kOneByOne},
            Row{"the book crosses and stays so", {"frame:how=crossed"}, 1, {"INVALID/crossed"}}};
}

// Where nothing is lost, a reader sees only LIVE.
inline Rows misleading() {
    return {Row{"a line lags by 30 to 40 ms", {"lag:line=1,by_ms=30,jitter_ms=10"}},
            Row{"both lag, each otherwise", {"lag:of=odd,by_ms=20", "lag:of=even,by_ms=60"}},
            Row{"the streams' clock steps by 30 s", {"clock:of=stream,by_ms=-30000"}},
            Row{"… jumps by an hour for one update", {"clock:how=glitch,of=stream,by_ms=3600000"}},
            Row{"… stands", {"clock:how=frozen,of=T"}},
            Row{"REST's clock is 3 s ahead", {"clock:of=rest,by_ms=3000"}},
            Row{"interim answers before each snapshot", {"rest:how=103,path=depth"}, 1, kNothing, true}};
}

// The rows that are run with a single thread as well.
inline Rows fused_share() {
    return {Row{"one line of two drops an update", {"drop:line=2"}},
            Row{"… does not bring one symbol any more", {"mute:line=2"}},
            Row{"… is open and dead", {"stall:line=1,how=deaf"}},
            Row{"an update is dropped on every line", {"drop"}, 2, kGap},
            Row{"malformed JSON", {"frame:how=malformed"}, 1, kBadFrame},
            Row{"the sequence restarts lower", {"restart"}, 2, {"SYNCING/restart"}},
            Row{"every line is reset", {"reset"}, 2, kOneByOne, false, 20, true},
            Row{"connections are refused", {"connect:how=refuse,times=3"}, 1, kNothing, true},
            Row{"snapshot never comes", {"rest:how=silent,path=depth,symbol=SOL_USDC"}, 1, kNothing, true},
            Row{"every line loses the symbol", {"mute"}, 2, kSilentThenGap}};
}

}  // namespace daypack::core
