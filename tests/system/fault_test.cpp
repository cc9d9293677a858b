// SPDX-License-Identifier: MIT
// Everything that can go wrong between the venue and us, over real sockets and TLS: what a reader sees meanwhile, and
// that each book is right again. A book that is shown LIVE is compared with the exchange's own at its `u`, all the
// time, and a symbol that loses nothing is calm. Each test prints its line of the table in README.md; the times in it
// come from such a run.
#include <algorithm>
#include <cstdio>
#include <set>

#include "tests/support/unpadded.h"
#include "tests/system/calm.h"
#include "tests/system/live_engine.h"

namespace daypack {
namespace {

const std::string kSymbol = "SOL_USDC";
const std::string kOther = "ETH_USDC";

// What a reader may see while it lasts, beside LIVE; the first must be seen. Empty: nothing but LIVE.
using Sights = std::vector<std::string>;

struct Row {
    const char* name;
    std::vector<std::string> faults;
    std::uint32_t lines = 2;
    Sights sights = {};
    std::function<void(Config&)> change = {};
    bool at_start = false;   // the faults wait for the engine, instead of a book that is LIVE
    std::size_t books = 20;  // right ones until it is over: one line may be that far behind the other
};

std::ostream& operator<<(std::ostream& out, const Row& row) {
    return out << row.name;
}

sim::SimOptions over_tls() {
    sim::SimOptions options;
    options.tls = true;
    options.symbols = {kSymbol, kOther};
    options.rate = 200;
    options.levels = 300;
    options.ping_interval_ms = 1'000;
    return options;
}

// Watches a symbol: compares what is LIVE with the truth, and collects the other states that readers saw, in order.
class Watch {
  public:
    Watch(LiveEngine& live, sim::Exchange& exchange) : live_(live), exchange_(exchange) {
        cursor_ = daypack_cursor(&live_.reader());
        index_ = static_cast<std::uint32_t>(daypack_find(&live_.reader(), kSymbol.c_str()));
    }

    // Looks once. True: the book is LIVE, and was right.
    bool look() {
        take_states();
        const auto read = live_.read(kSymbol);
        if (!read || read->book.top.state != DAYPACK_STATE_LIVE) return false;
        // Readers are told; what a venue means that crosses its own book, nobody can say.
        if ((read->book.top.flags & DAYPACK_FLAG_CROSSED) != 0) return false;
        const std::uint64_t u = read->book.top.u;
        if (compared_.contains(u)) return true;
        std::string truth = exchange_.truth(kSymbol, u);
        // Of a numbering that is over: it was right when it was read, and cannot be asked for any more.
        if (truth.empty()) return false;
        EXPECT_TRUE(same_text(unpadded(read->text), unpadded(truth))) << "LIVE and wrong at u " << u;
        compared_.insert(u);
        return true;
    }
    void take_states() {
        daypack_record record;
        std::uint64_t lost = 0;
        while (daypack_read_record(&live_.reader(), &cursor_, &record, &lost) == DAYPACK_OK) {
            if (daypack_record_kind(&record) != DAYPACK_KIND_STATE) continue;
            if (daypack_record_symbol(&record) != index_) continue;
            const auto state = static_cast<std::uint8_t>(record.status >> 32);
            const auto reason = static_cast<std::uint8_t>(record.status >> 40);
            if (state == DAYPACK_STATE_LIVE) continue;
            const std::string seen = std::string(daypack_state_name(state)) + "/" + daypack_reason_name(reason);
            if (std::find(seen_.begin(), seen_.end(), seen) == seen_.end()) seen_.push_back(seen);
        }
    }
    [[nodiscard]] const Sights& seen() const { return seen_; }
    [[nodiscard]] std::size_t compared() const { return compared_.size(); }

  private:
    LiveEngine& live_;
    sim::Exchange& exchange_;
    std::uint64_t cursor_ = 0;
    std::uint32_t index_ = 0;
    Sights seen_;
    std::set<std::uint64_t> compared_;
};

std::string joined(const Sights& sights) {
    std::string text;
    for (const auto& sight : sights) text += (text.empty() ? "" : ", ") + sight;
    return text.empty() ? "nothing but LIVE" : text;
}

bool expects(const Row& row, const std::string& sight) {
    return std::find(row.sights.begin(), row.sights.end(), sight) != row.sights.end();
}

// A fault of the stream strikes the symbol that is watched.
std::string aimed(const std::string& fault) {
    const std::string kind = fault.substr(0, fault.find_first_of("@:"));
    const std::set<std::string> streams{"drop", "duplicate", "reorder", "frame", "mute", "restart", "market", "tick"};
    if (!streams.contains(kind)) return fault;
    return fault + (fault.find(':') == std::string::npos ? ":" : ",") + "symbol=" + kSymbol;
}

// Those that lose nothing: both, where readers see nothing but LIVE, or the one that the faults are not aimed at. Where
// REST's answers for one are spoilt, it needs more than one.
std::vector<std::string> calm_symbols(const Row& row) {
    const auto is_aimed = [](const std::string& fault) {
        return aimed(fault).find("symbol=" + kSymbol) != std::string::npos;
    };
    const bool one = std::all_of(row.faults.begin(), row.faults.end(), is_aimed);
    if (row.sights.empty() && !(row.at_start && one)) return {kSymbol, kOther};
    return one && !expects(row, "STALE/line_dead") ? std::vector{kOther} : std::vector<std::string>{};
}

// Each fault once the one before has struck: two that strike at the same update do so in no order.
void strike(const Row& row, sim::Exchange& exchange, Watch& watch) {
    for (std::size_t i = 0; i < row.faults.size(); ++i) {
        ASSERT_TRUE(wait_until([&] {
            (void)watch.look();
            return exchange.fault_log().size() >= i;
        }));
        exchange.inject(sim::Fault::parse(aimed(row.faults[i])));
    }
}

void expect_good(const Row& row) {
    sim::SimOptions options = over_tls();
    if (row.at_start) options.faults = row.faults;
    sim::Exchange exchange(options);
    LiveEngine live(exchange, {kSymbol, kOther}, 16'384, [&](Config& config) {
        config.exchange.lines = row.lines;
        config.exchange.ping_interval_ms = 200;
        config.exchange.line_dead_ms = 1'500;
        // Where every update comes on some line it may come as late as this machine likes, which is no loss.
        if (!expects(row, "SYNCING/gap")) config.exchange.gap_wait_ms = 5'000;
        if (row.change) row.change(config);
    });
    if (!row.at_start) {
        // Both lines, and a book that updates have confirmed.
        ASSERT_TRUE(wait_until([&] {
            for (unsigned line = 0; line < row.lines; ++line) {
                if (daypack_line_counter(&live.reader(), line, DAYPACK_LINE_updates) < 5) return false;
            }
            return live.live(kSymbol) && live.counter(kSymbol, DAYPACK_SYMBOL_updates) > 5;
        })) << live.log();
    }
    ASSERT_TRUE(wait_until([&] { return daypack_find(&live.reader(), kSymbol.c_str()) >= 0; })) << live.log();
    Watch watch(live, exchange);
    Calm calm(live.instance(), calm_symbols(row));
    if (!row.at_start) strike(row, exchange, watch);
    // It struck, and whoever shall see it saw it.
    const auto began = std::chrono::steady_clock::now();
    ASSERT_TRUE(wait_until([&] {
        (void)watch.look();
        if (exchange.fault_log().size() < row.faults.size()) return false;
        return row.sights.empty() ||
               std::find(watch.seen().begin(), watch.seen().end(), row.sights.front()) != watch.seen().end();
    })) << "saw "
        << joined(watch.seen()) << "\n"
        << live.log();
    // Right again: whole books, each at a `u` that the exchange reached after the last strike.
    std::size_t after = 0;
    std::chrono::steady_clock::time_point right;
    std::uint64_t beyond = exchange.last_u(kSymbol);
    ASSERT_TRUE(wait_until([&] {
        if (!watch.look()) return false;
        const auto top = live.top(kSymbol);
        if (!top || top->state != DAYPACK_STATE_LIVE || top->u <= beyond) return false;
        if (after == 0) right = std::chrono::steady_clock::now();
        beyond = top->u;
        return ++after >= row.books;
    })) << "saw "
        << joined(watch.seen()) << "\n"
        << live.log();
    watch.take_states();
    for (const auto& seen : watch.seen()) {
        EXPECT_TRUE(expects(row, seen) || (row.at_start && (seen == "SYNCING/start" || seen == "POLLING/ws_down")))
            << seen << "\n"
            << live.log();
    }
    if (row.sights.empty() && !row.at_start) {
        EXPECT_EQ(live.counter(kSymbol, DAYPACK_SYMBOL_gaps), 0u);
        if (row.lines == 1) expect_one_snapshot_each(exchange, live, {kSymbol, kOther});
    }
    std::printf("| %s | %s | %.0f ms |\n", row.name, joined(watch.seen()).c_str(),
                std::chrono::duration<double, std::milli>(right - began).count());
}

class FaultTest : public testing::TestWithParam<Row> {};
TEST_P(FaultTest, ABookShownLiveIsRightAndItComesBack) {
    expect_good(GetParam());
}

// The same where one thread does it all: what the lines tell goes another way there, and the books have no time of
// their own.
class FusedFaultTest : public testing::TestWithParam<Row> {
  protected:
    FusedFaultTest() { live_threads = ThreadModel::fused; }
    ~FusedFaultTest() override { live_threads = ThreadModel::pipeline; }
};
TEST_P(FusedFaultTest, ABookShownLiveIsRightAndItComesBack) {
    expect_good(GetParam());
}

const Sights kNothing{};
const Sights kGap{"SYNCING/gap"};
const Sights kGapOrRestart{"SYNCING/gap", "SYNCING/restart"};  // a connection that goes back numbers anew
const Sights kBadFrame{"SYNCING/bad_frame", "SYNCING/gap"};
const Sights kOtherTick{"SYNCING/tick", "SYNCING/bad_frame", "SYNCING/gap"};
const Sights kDead{"STALE/line_dead", "SYNCING/gap", "POLLING/ws_down"};

INSTANTIATE_TEST_SUITE_P(
    OneLineOfTwo, FaultTest,
    testing::Values(
        Row{"one line of two drops an update", {"drop:line=2"}}, Row{"… drops fifty", {"drop:line=2,times=50"}},
        Row{"… brings updates twice", {"duplicate:line=1,times=20"}},
        // By so much that no stall of this machine makes the other line the one that is behind.
        Row{"… that is behind swaps two updates", {"lag:of=odd,by_ms=400", "reorder:line=1"}, 2, {}, {}, false, 200},
        Row{"… that is ahead swaps two updates", {"lag:of=odd,by_ms=400", "reorder:line=2"}, 2, {"SYNCING/restart"}},
        Row{"… is closed", {"close:line=1"}}, Row{"… is reset", {"reset:line=2"}},
        Row{"… stalls, its pings answered late", {"stall:line=1,for_ms=900"}},
        Row{"… is open and dead", {"stall:line=1,how=deaf"}},
        Row{"… does not bring one symbol any more", {"mute:line=2"}},
        Row{"… brings nothing and answers pings", {"stall:line=2"}},
        Row{"… brings a frame cut short", {"frame:line=1,how=truncated"}},
        Row{"… brings malformed JSON", {"frame:line=2,how=malformed"}},
        Row{"… brings a frame beyond the limit", {"frame:line=2,how=huge"}},
        Row{"… breaks RFC 6455", {"violate:line=1,how=masked"}}),
    [](const auto& info) { return std::to_string(info.index); });

INSTANTIATE_TEST_SUITE_P(
    Frames, FaultTest,
    testing::Values(Row{"an update is dropped on the only line", {"drop"}, 1, kGap},
                    Row{"an update is dropped on every line", {"drop"}, 2, kGap},
                    Row{"every update comes twice", {"duplicate:times=100"}, 1},
                    Row{"two updates are swapped", {"reorder"}, 1, kGapOrRestart},
                    Row{"a frame is cut short", {"frame:how=truncated"}, 1, {"SYNCING/gap", "SYNCING/bad_frame"}},
                    Row{"malformed JSON", {"frame:how=malformed"}, 1, kBadFrame},
                    Row{"a frame is not UTF-8", {"frame:how=not_utf8"}, 1, kDead},
                    Row{"a frame beyond max_frame_bytes", {"frame:how=huge"}, 1, kDead},
                    Row{"a binary frame", {"frame:how=binary"}, 1},
                    Row{"a fragmented message", {"frame:how=fragments"}, 1},
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
                    Row{"the sequence goes backwards", {"frame:how=backwards"}, 1, {"SYNCING/restart", "SYNCING/gap"}},
                    Row{"the sequence restarts lower", {"restart"}, 1, {"SYNCING/restart"}},
                    Row{"… on two lines", {"restart"}, 2, {"SYNCING/restart"}},
                    Row{"the market's tick becomes finer", {"tick"}, 1, kOtherTick},
                    Row{"… on two lines", {"tick"}, 2, kOtherTick}),
    [](const auto& info) { return std::to_string(info.index); });

INSTANTIATE_TEST_SUITE_P(
    Connections, FaultTest,
    testing::Values(Row{"every line is closed", {"close"}, 2, kDead}, Row{"every line is reset", {"reset"}, 2, kDead},
                    Row{"every line is open and dead",
                        {"stall:how=deaf"},
                        2,
                        {"STALE/line_dead", "SYNCING/gap", "STALE/silent", "POLLING/ws_down"}},
                    Row{"the exchange is away for a second", {"away:for_ms=1000"}, 2, kDead},
                    Row{"masked frame", {"violate:how=masked"}, 1, kDead},
                    Row{"reserved bits", {"violate:how=reserved_bits"}, 1, kDead},
                    Row{"reserved opcode", {"violate:how=opcode"}, 1, kDead},
                    Row{"fragmented control frame", {"violate:how=fragmented_control"}, 1, kDead},
                    Row{"control frame too large", {"violate:how=large_control"}, 1, kDead},
                    Row{"continuation of nothing", {"violate:how=lone_continuation"}, 1, kDead},
                    Row{"message inside a message", {"violate:how=interleaved"}, 1, kDead},
                    Row{"text that is not UTF-8", {"violate:how=utf8"}, 1, kDead},
                    Row{"a length beyond 2^63", {"violate:how=length"}, 1, kDead},
                    Row{"a close code of one byte", {"violate:how=close_code"}, 1, kDead},
                    Row{"connections are refused", {"connect:how=refuse,times=3"}, 1, kNothing, {}, true},
                    Row{"a connection says nothing", {"connect@2:how=silent"}, 1, kNothing, {}, true},
                    Row{"TLS breaks off within the handshake", {"connect:how=torn"}, 1, kNothing, {}, true},
                    Row{"only TLS 1.1 is spoken", {"connect:how=old"}, 1, kNothing, {}, true},
                    Row{"no TLS is spoken", {"connect:how=plain"}, 1, kNothing, {}, true},
                    Row{"TLS begins late", {"connect:how=slow,for_ms=500,times=2"}, 1, kNothing, {}, true},
                    Row{"upgrade answered by 503", {"upgrade:how=503"}, 1, kNothing, {}, true},
                    Row{"upgrade answered by 429, wait 1 s", {"upgrade:how=429,retry_after=1"}, 1, kNothing, {}, true},
                    Row{"upgrade answered by 403 and HTML", {"upgrade:how=403"}, 1, kNothing, {}, true},
                    Row{"upgrade answered late", {"upgrade:how=slow,for_ms=600"}, 1, kNothing, {}, true},
                    Row{"upgrade never answered", {"upgrade:how=silent"}, 1, kNothing, {}, true},
                    Row{"upgrade with a wrong proof", {"upgrade:how=bad_accept"}, 1, kNothing, {}, true}),
    [](const auto& info) { return std::to_string(info.index); });

INSTANTIATE_TEST_SUITE_P(
    Rest, FaultTest,
    testing::Values(
        Row{"snapshot older than the stream", {"stale:by=50,symbol=SOL_USDC,times=3"}, 1, kNothing, {}, true},
        Row{"snapshot answered by 429, wait 1 s",
            {"rest:how=429,path=depth,symbol=SOL_USDC,retry_after=1"},
            1,
            kNothing,
            {},
            true},
        Row{"snapshot answered by 451", {"rest:how=451,path=depth,symbol=SOL_USDC"}, 1, kNothing, {}, true},
        Row{"snapshot answered by 403 and HTML", {"rest:how=403,path=depth,symbol=SOL_USDC"}, 1, kNothing, {}, true},
        Row{"snapshot answered by 503", {"rest:how=503,path=depth,symbol=SOL_USDC,times=2"}, 1, kNothing, {}, true},
        Row{"snapshot answered by 400 and text", {"rest:how=400,path=depth,symbol=SOL_USDC"}, 1, kNothing, {}, true},
        Row{"snapshot is HTML", {"rest:how=html,path=depth,symbol=SOL_USDC"}, 1, kNothing, {}, true},
        Row{"snapshot is a redirect", {"rest:how=redirect,path=depth,symbol=SOL_USDC"}, 1, kNothing, {}, true},
        Row{"snapshot is a second late",
            {"rest:how=delayed,path=depth,symbol=SOL_USDC,for_ms=1000"},
            1,
            kNothing,
            {},
            true},
        Row{"snapshot never comes", {"rest:how=silent,path=depth,symbol=SOL_USDC"}, 1, kNothing, {}, true},
        Row{"snapshot is cut off", {"rest:how=cut,path=depth,symbol=SOL_USDC"}, 1, kNothing, {}, true},
        Row{"snapshot has no end", {"rest:how=endless,path=depth,symbol=SOL_USDC"}, 1, kNothing, {}, true},
        Row{"snapshot drips", {"rest:how=drip,path=depth,symbol=SOL_USDC"}, 1, kNothing, {}, true},
        Row{"markets answered by 503", {"rest:how=503,path=markets,times=2"}, 1, kNothing, {}, true}),
    [](const auto& info) { return std::to_string(info.index); });

INSTANTIATE_TEST_SUITE_P(
    Contradictions, FaultTest,
    testing::Values(Row{"every line loses the symbol", {"mute"}, 2, {"STALE/silent"}},
                    Row{"every line brings nothing and answers pings",
                        {"stall"},
                        2,
                        {"STALE/silent", "STALE/line_dead", "SYNCING/gap", "POLLING/ws_down"}},
                    Row{"the book crosses and stays so", {"frame:how=crossed"}, 1, {"INVALID/crossed"}}),
    [](const auto& info) { return std::to_string(info.index); });

// Where nothing is lost nothing happens.
INSTANTIATE_TEST_SUITE_P(
    Misleading, FaultTest,
    testing::Values(Row{"a line lags by 30 to 40 ms", {"lag:line=1,by_ms=30,jitter_ms=10"}},
                    Row{"both lag, each otherwise", {"lag:of=odd,by_ms=20", "lag:of=even,by_ms=60"}},
                    Row{"the streams' clock steps by 30 s", {"clock:of=stream,by_ms=-30000"}},
                    Row{"… jumps by an hour for one update", {"clock:how=glitch,of=stream,by_ms=3600000"}},
                    Row{"… stands", {"clock:how=frozen,of=T"}},
                    Row{"REST's clock is 3 s ahead", {"clock:of=rest,by_ms=3000"}},
                    Row{"interim answers before each snapshot", {"rest:how=103,path=depth"}, 1, kNothing, {}, true}),
    [](const auto& info) { return std::to_string(info.index); });

INSTANTIATE_TEST_SUITE_P(
    Share, FusedFaultTest,
    testing::Values(Row{"one line of two drops an update", {"drop:line=2"}},
                    Row{"… does not bring one symbol any more", {"mute:line=2"}},
                    Row{"… is open and dead", {"stall:line=1,how=deaf"}},
                    Row{"an update is dropped on every line", {"drop"}, 2, kGap},
                    Row{"malformed JSON", {"frame:how=malformed"}, 1, kBadFrame},
                    Row{"the sequence restarts lower", {"restart"}, 2, {"SYNCING/restart"}},
                    Row{"every line is reset", {"reset"}, 2, kDead},
                    Row{"connections are refused", {"connect:how=refuse,times=3"}, 1, kNothing, {}, true},
                    Row{"snapshot never comes", {"rest:how=silent,path=depth,symbol=SOL_USDC"}, 1, kNothing, {}, true},
                    Row{"every line loses the symbol", {"mute"}, 2, {"STALE/silent"}}),
    [](const auto& info) { return std::to_string(info.index); });

}  // namespace
}  // namespace daypack
