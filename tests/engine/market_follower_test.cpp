// SPDX-License-Identifier: MIT
// What is asked of the venue about its markets, and what becomes of a book when one is halted: in one thread, at a time
// that is drawn, so that the minute from one question to the next takes no time at all.
#include "engine/control_thread/market_follower.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/book_thread/book_agent.h"
#include "tests/engine/shm_fixture.h"
#include "tests/net/raw_server.h"

namespace daypack::core {
namespace {

constexpr std::int64_t kS = 1'000'000'000;
constexpr std::int64_t kStep_ns = kS / 5;
const std::string kSol = "SOL_USDC";
const std::string kEth = "ETH_USDC";

std::string row(const std::string& native, const std::string& state) {
    return R"({"symbol":")" + native + R"(","baseSymbol":")" + native.substr(0, 3) +
           R"(","quoteSymbol":"USDC","marketType":"SPOT","visible":true,"orderBookState":")" + state +
           R"(","filters":{"price":{"tickSize":"0.01"},"quantity":{"stepSize":"0.01"}}})";
}

// Two markets whose updates come all the time, their books in shared memory, and a venue whose list is a cache's copy
// that is never renewed, while /market says what is so. The one bid of a book has its `u` for a quantity.
class MarketFollowerTest : public testing::Test {
  protected:
    explicit MarketFollowerTest(std::vector<ListedSymbol> symbols = {{kSol, 1}, {kEth, 2}}) {
        config_.exchange.all_symbols = symbols.empty();
        config_.exchange.symbols = std::move(symbols);
        RestOptions options;
        options.urls = {parse_url(server_.url("http"), UrlKind::rest)};
        client_ = std::make_unique<RestClient>(io_, options);
        api_ = std::make_unique<RestApi>(*client_);
        publisher_.set_running();
        tell(EventKind::line_up, 0, {now_.ns - Sync::kSettle_ns});
        follower_ = std::make_unique<MarketFollower>(
            config_, *api_,
            MarketInstaller::Wiring{&instruments_, &subscriptions_, &segment_, &pool_,
                                    [this](BookCommand command) {
                                        if (std::holds_alternative<SetHalt>(command)) ++changes_;
                                        if (const auto* release = std::get_if<ReleaseSymbol>(&command))
                                            released_.push_back(release->symbol);
                                        (void)to_book_.push(std::move(command));
                                    }},
            log_to_nowhere_, now_);
        reader_ = std::make_unique<Reader>(instance_.name);
        reader_->raw().beat_stale_ns = INT64_MAX;
    }

    // A fifth of a second, in which every market's book changes.
    void step() {
        now_ = now_ + kStep_ns;
        ++u_;
        follower_->do_work(now_);
        ASSERT_TRUE(test::run_until(io_, [this] { return client_->pending() == 0; }));
        for (SymbolIndex symbol = 0; symbol < instruments_.size(); ++symbol) {
            if (subscriptions_.wanted(symbol)) tell(EventKind::delta, symbol, now_);
        }
        work();
        answer_joins();
        work();
    }
    void work() {
        backlog_.read_ns.store(now_.ns, std::memory_order_release);  // release: as the network thread does
        while (agent_.do_work(now_) > 0) {
        }
    }
    void tell(EventKind kind, SymbolIndex symbol, MonoTime now) {
        Event event;
        event.kind = kind;
        event.last = true;
        if (kind == EventKind::delta) {
            event = test::delta(u_, Side::bid, 100, static_cast<std::int64_t>(u_));
            event.symbol = symbol;
            event.units = instruments_[symbol].units;
            event.receive = now;
        }
        agent_.take({&event, 1}, now);
    }
    void answer_joins() {
        SnapshotRequest request;
        while (requests_.pop(request)) {
            auto snapshot = std::make_unique<Snapshot>();
            snapshot->last_id = u_;
            snapshot->bids = {{{100}, {static_cast<std::int64_t>(u_)}}};
            snapshot->asks = {{{101}, {1}}};
            if (request.purpose == SnapshotRequest::Purpose::check) {
                (void)to_book_.push(CheckSnapshot{request.symbol, std::move(snapshot)});
                continue;
            }
            ++joins_;
            (void)to_book_.push(JoinSnapshot{request.symbol, request.request, std::move(snapshot)});
        }
    }

    [[nodiscard]] int index(const std::string& native) { return daypack_find(&reader_->raw(), native.c_str()); }
    // "LIVE", "HALTED/closed"; of a book that is not at the newest `u`, or not right there, with it.
    [[nodiscard]] std::string shown(const std::string& native) {
        daypack_top top;
        if (daypack_read_top(&reader_->raw(), index(native), &top) != DAYPACK_OK) return "nothing";
        std::string text = daypack_state_name(top.state);
        if (top.reason != DAYPACK_REASON_none) text += std::string("/") + daypack_reason_name(top.reason);
        if (top.u != u_ || top.bid_quantity != static_cast<std::int64_t>(u_)) {
            text += fmt::format(" at {} of {} with {}", top.u, u_, top.bid_quantity);
        }
        return text;
    }
    // How many seconds until it is shown so, a minute at most; where it is not, the test fails.
    double seconds_until(const std::string& native, const std::string& state, const std::string& before) {
        const MonoTime began = now_;
        while (shown(native) != state && now_ - began <= 60 * kS && !HasFatalFailure()) {
            EXPECT_EQ(shown(native), before) << native;
            step();
        }
        EXPECT_EQ(shown(native), state) << native;
        return static_cast<double>(now_ - began) / 1e9;
    }
    MonoTime now_{daypack_monotonic_ns() + 600 * kS};  // runs otherwise than ours: no beat is ever late
    std::map<std::string, std::string> states_{{kSol, "Open"}, {kEth, "Open"}};  // as /market tells them
    int lists_ = 0;                                                              // asked for
    int joins_ = 0;  // that a book asked for a snapshot to begin with
    std::vector<SymbolIndex> released_;
    int changes_ = 0;     // of a market's state, as told to the books
    Sequence u_ = 1'000;  // of the newest update of each market
    boost::asio::io_context io_;
    test::RawServer server_{
        io_, nullptr, [this](test::Peer& peer) {
            while (const auto head = peer.take_head()) {
                std::string body = "[" + row(kSol, "Open") + "," + row(kEth, "Open") + "]";
                if (head->find("/markets") != std::string::npos) ++lists_;
                for (const auto& [native, state] : states_) {
                    if (head->find("/market?symbol=" + native) != std::string::npos) body = row(native, state);
                }
                peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
            }
        }};
    Config config_;
    test::Instance instance_;
    InstrumentTable instruments_{4};
    Subscriptions subscriptions_{4};
    Segment segment_{instance_.options()};
    Publisher publisher_{segment_};
    PendingPool pool_{1'000};
    Resubscribes resubscribes_{16};
    BookCommands to_book_{16};
    SnapshotRequests requests_{16};
    RetiredQueue retired_{16};
    LogQueue log_{64};
    Backlog backlog_;
    BookAgent agent_{{&instruments_,
                      &segment_,
                      &publisher_,
                      BookAgent::Input::calls,
                      {{nullptr, &resubscribes_, &backlog_}},
                      &to_book_,
                      &requests_,
                      &retired_,
                      &log_,
                      &pool_},
                     {60 * kS, 0},
                     {}};
    std::unique_ptr<RestClient> client_;
    std::unique_ptr<RestApi> api_;
    ControlLog log_to_nowhere_{[](const std::string&) {}, [](const std::string&) {}};
    std::unique_ptr<MarketFollower> follower_;
    std::unique_ptr<Reader> reader_;
};

// With "*".
class MarketFollowerOfAll : public MarketFollowerTest {
  protected:
    MarketFollowerOfAll() : MarketFollowerTest({}) {}
};

TEST_F(MarketFollowerTest, AMarketThatOnlyTakesCancelsIsHaltedWithinAMinuteAndItsBookGoesOn) {
    for (int i = 0; i < 20; ++i) step();
    EXPECT_EQ(shown(kSol), "LIVE");
    states_[kSol] = "CancelOnly";
    const double seconds = seconds_until(kSol, "HALTED/cancel_only", "LIVE");
    EXPECT_GT(seconds, 30) << "the routine question alone brought it";
    EXPECT_GE(lists_, 4) << "and each list in between said otherwise";
    for (int i = 0; i < 600; ++i) {  // two minutes: no list undoes it, and every update is in its book
        step();
        ASSERT_EQ(shown(kSol), "HALTED/cancel_only");
        ASSERT_EQ(shown(kEth), "LIVE");
    }
    EXPECT_EQ(changes_, 1) << "not even for a moment";
    EXPECT_EQ(joins_, 2) << "each book was kept";
}

TEST_F(MarketFollowerOfAll, MaintenanceOfTheWholeVenueHaltsEachBookWithinAMinuteAndEndsNothing) {
    for (int i = 0; i < 20; ++i) step();
    for (const auto& native : {kSol, kEth}) EXPECT_EQ(shown(native), "LIVE");
    for (auto& [native, state] : states_) state = "PostOnly";
    for (int i = 0; i < 300; ++i) step();
    for (const auto& native : {kSol, kEth}) EXPECT_EQ(shown(native), "HALTED/post_only");
    for (auto& [native, state] : states_) state = "Open";
    for (const auto& native : {kSol, kEth}) {
        EXPECT_LE(seconds_until(native, "LIVE", "HALTED/post_only"), 12) << "what waits to be opened is asked often";
    }
    EXPECT_EQ(changes_, 4);
    EXPECT_EQ(joins_, 2) << "each book was kept";
    EXPECT_FALSE(follower_->failed());
}

// The log of a second run began with DOWN/stopped of every symbol.
TEST_F(MarketFollowerTest, OfTheSymbolsOfAnEngineBeforeOnlyThoseThatNobodyWantsAreShownAsStopped) {
    ASSERT_EQ(segment_.add_symbol("OLD-USDC", "OLD_USDC"), SymbolIndex{0});
    ASSERT_EQ(segment_.add_symbol("SOL-USDC", kSol), SymbolIndex{1});
    for (int i = 0; i < 20; ++i) step();
    EXPECT_EQ(released_, std::vector<SymbolIndex>{0});
    for (const auto& native : {kSol, kEth}) EXPECT_EQ(shown(native), "LIVE");
    daypack_top top;
    ASSERT_EQ(daypack_read_top(&reader_->raw(), 0, &top), DAYPACK_OK);
    EXPECT_EQ(top.state, DAYPACK_STATE_DOWN);
    EXPECT_EQ(top.reason, DAYPACK_REASON_stopped);
}

}  // namespace
}  // namespace daypack::core
