// SPDX-License-Identifier: MIT
// The rows of frame_texts(): one frame whose text is wrong, on the only line. The way from that text to a reader's eyes
// is the engine's own (decoder, book thread, shared memory); the frames, the snapshots and the truth are those of the
// simulated exchange. It all runs in one thread, with a clock of its own and without sockets, so that a row takes
// milliseconds.
#include <memory>

#include "engine/book_thread/book_agent.h"
#include "net/backpack/decoder.h"
#include "net/backpack/rest_depth.h"
#include "tests/engine/shm_fixture.h"
#include "tests/system/fault_rows.h"
#include "tests/system/watch.h"
#include "tools/sim/faults/fault_frames.h"
#include "tools/sim/market/listing.h"

namespace daypack::core {
namespace {

sim::Feed one_market() {
    sim::MarketOptions options;
    options.symbols = {kSymbol};
    options.rate = 200;
    options.levels = 300;
    return std::move(sim::make_feeds(options).front());
}

// One market of the simulated exchange, and all of the engine that lies behind its one line.
class OneLine {
  public:
    OneLine() {
        const sim::Market& market = feed_.market();
        const Unit tick{market.tick_units(), static_cast<std::int8_t>(-market.price_decimals())};
        const Unit step{market.step_units(), static_cast<std::int8_t>(-market.quantity_decimals())};
        (void)segment_.add_symbol("SOL-USDC", kSymbol);
        (void)table_.append({kSymbol, "SOL-USDC", tick, step, Reason::none});
        decoder_ = std::make_unique<Decoder>(table_, DepthStream::realtime);
        publisher_.set_running();
        feed_.begin(1'770'000'000'000'000);
        (void)to_book_.push(FollowSymbol{0, &table_[0], std::make_unique<Sync>(16'384, 2'048, pool_)});
        Event up;
        up.kind = EventKind::line_up;
        up.last = true;
        agent_.take({&up, 1}, now_);
        reader_.open(instance_.name);
        reader_.reader().beat_stale_ns = INT64_MAX;
    }

    // The exchange's next event comes, at its time. `how`: its text is spoilt so. True: it was an update with levels.
    bool step(const sim::Fault* how = nullptr) {
        now_ = began_ + feed_.peek()->due_ns;
        sim::Event event = feed_.take();
        const bool struck = event.channel == sim::Channel::depth && !event.changes.empty();
        std::string frame = struck && how != nullptr ? sim::mutated(event.frame, *how) : event.frame;
        const std::size_t size = frame.size();
        frame.append(Decoder::kPadding, '\0');
        const Decoded decoded = decoder_->decode({frame.data(), size}, now_, 0);
        if (!decoded.events.empty()) agent_.take(decoded.events, now_);
        work();
        return struck;
    }
    [[nodiscard]] LiveReader& reader() { return reader_; }
    [[nodiscard]] std::string truth(std::uint64_t u) const { return feed_.truth_body(u); }
    [[nodiscard]] std::uint64_t last_u() const { return feed_.truth().u(); }

  private:
    // The book thread does all that there is to do, REST answers at once, and nobody has to wait for a backlog.
    void work() {
        backlog_.read_ns.store(now_.ns, std::memory_order_release);  // release: as the network thread does
        for (bool more = true; more;) {
            more = agent_.do_work(now_) > 0;
            for (SnapshotRequest request; requests_.pop(request); more = true) answer(request);
        }
        for (RetiredBlocks spent; spent_.pop(spent);) spent = {};
        for (LogRecord record; log_.pop(record);) {
        }
    }
    void answer(const SnapshotRequest& request) {
        auto snapshot = std::make_unique<Snapshot>();
        const std::string body = feed_.depth_body(1'000, feed_.truth().u(), feed_.match_us());
        EXPECT_FALSE(parse_depth(body, table_[0], *snapshot));
        if (request.purpose == SnapshotRequest::Purpose::join) {
            (void)to_book_.push(JoinSnapshot{0, request.request, std::move(snapshot)});
        } else {
            (void)to_book_.push(CheckSnapshot{0, std::move(snapshot)});
        }
    }

    sim::Feed feed_ = one_market();
    const MonoTime began_{daypack_monotonic_ns() + 1'000'000'000};  // otherwise than ours: no beat is late
    MonoTime now_ = began_;
    test::Instance instance_;
    InstrumentTable table_{1};
    Segment segment_{{instance_.name, 2'048, 1, 65'536, 0600, {}}};
    Publisher publisher_{segment_};
    PendingPool pool_{65'536};
    Resubscribes resubscribes_{16};
    BookCommands to_book_{16};
    SnapshotRequests requests_{16};
    RetiredQueue spent_{16};
    LogQueue log_{64};
    EventQueue events_{1'023};
    Backlog backlog_;
    BookAgent agent_{{&table_,
                      &segment_,
                      &publisher_,
                      BookAgent::Input::calls,
                      {{&events_, &resubscribes_, &backlog_}},
                      &to_book_,
                      &requests_,
                      &spent_,
                      &log_,
                      &pool_},
                     {60'000'000'000, 0},
                     {}};
    std::unique_ptr<Decoder> decoder_;
    LiveReader reader_;
};

class FrameFaultTest : public testing::TestWithParam<Row> {};

TEST_P(FrameFaultTest, ABookShownLiveIsRightAndItComesBack) {
    constexpr int kMostSteps = 20'000;  // a minute and a half of the exchange's time
    const Row& row = GetParam();
    const sim::Fault fault = sim::Fault::parse(row.faults.front());
    OneLine line;
    int steps = 0;
    while (line.reader().counter(kSymbol, DAYPACK_SYMBOL_updates) <= 5) {
        ASSERT_LT(++steps, kMostSteps) << "not LIVE";
        line.step();
    }
    ASSERT_TRUE(line.reader().live(kSymbol));
    Watch watch(line.reader(), [&](std::uint64_t u) { return line.truth(u); });
    while (!line.step(&fault)) (void)watch.look();
    (void)watch.look();
    const std::uint64_t struck_at = line.last_u();
    // Right again: whole books, each at a `u` behind the frame that was struck.
    std::size_t right = 0;
    for (std::uint64_t beyond = struck_at; right < row.books || !watch.saw_first_of(row);) {
        ASSERT_LT(++steps, kMostSteps) << "saw " << watch.seen_text();
        line.step();
        if (!watch.look()) continue;
        const std::uint64_t u = line.reader().top(kSymbol)->u;
        if (u > beyond) ++right;
        beyond = std::max(beyond, u);
    }
    for (const auto& seen : watch.seen()) EXPECT_TRUE(expects(row, seen)) << seen;
    if (row.sights.empty()) {
        EXPECT_EQ(line.reader().counter(kSymbol, DAYPACK_SYMBOL_gaps), 0u);
    }
    std::printf("| %s | %s |\n", row.name, watch.seen_text().c_str());
}

INSTANTIATE_TEST_SUITE_P(Texts, FrameFaultTest, testing::ValuesIn(frame_texts()),
                         [](const auto& info) { return std::to_string(info.index); });

}  // namespace
}  // namespace daypack::core
