// SPDX-License-Identifier: MIT
// The engine through its installed headers alone, as a program that embeds it has it, against the simulated exchange.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <daypack/engine.hpp>
#include <filesystem>
#include <functional>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/child.h"
#include "tests/system/live_engine.h"

namespace daypack {
namespace {

using namespace std::chrono_literals;

constexpr auto kBound = 60s;  // generous: sanitizers on two busy cores

core::sim::SimOptions markets() {
    core::sim::SimOptions options;
    options.tls = true;
    options.symbols = {"BTC_USDC", "ETH_USDC", "SOL_USDC", "SOL_USDC_PERP"};
    options.rate = 200;
    return options;
}

std::string own_instance() {
    return "api" + std::to_string(getpid());
}

class ApiEngine : public testing::Test {
  protected:
    ~ApiEngine() override { unlink(("/dev/shm/daypack." + own_instance()).c_str()); }

    Config config() {
        Config config;
        config.symbols = {"BTC-USDC"};
        config.instance = own_instance();
        config.rest_urls = {exchange.rest_url()};
        config.ws_urls = {exchange.ws_url()};
        config.ca_file = ca.write(exchange.ca_pem());
        config.max_symbols = 8;
        config.idle = Idle::backoff;
        return config;
    }

    core::sim::Exchange exchange{markets()};
    core::CaFile ca;
};

bool wait_until(const std::function<bool()>& condition) {
    return core::wait_until(condition);
}

Config without_a_name(Config config) {
    config.shared_memory = false;
    return config;
}

LogSink no_log() {
    return [](LogLevel, std::string_view) {};
}

// The shape that README.md promises.
struct Maker : Handler {
    void on_book(const BookUpdate& b) noexcept override {
        if (!b.live()) return cancel_all(b.id(), b.reason());
        for (const auto& c : b.changes()) learn(c.side, b.price(c), b.quantity(c));
        quote(b.id(), b.microprice(), b.imbalance(5));
    }
    void on_trade(const Trade& trade) noexcept override {
        trades += trade.symbol == "BTC-USDC" && trade.units.price(trade.price) > 0 && trade.quantity > 0 ? 1 : 0;
    }
    void on_mark(const MarkPrice&) noexcept override {}
    void on_line(const LineStatus& line) noexcept override { lines_up = line.lines_up; }
    void on_error(const Error&) noexcept override { ++errors; }

    void cancel_all(SymbolId, Reason reason) noexcept { last_reason = reason; }
    void learn(Side, double price, double quantity) noexcept { learnt += price > 0 && quantity >= 0 ? 1 : 0; }
    void quote(SymbolId, double price, double imbalance) noexcept {
        quotes += price > 0 && imbalance >= -1 && imbalance <= 1 ? 1 : 0;
    }

    std::atomic<std::uint64_t> learnt{0}, quotes{0}, trades{0}, errors{0};
    std::atomic<unsigned> lines_up{0};
    std::atomic<Reason> last_reason{Reason::none};
};

TEST_F(ApiEngine, AMakerIsQuotedAMarketThatComesAndGoes) {
    Maker maker;
    Engine engine(config(), maker, no_log());
    EXPECT_FALSE(engine.running());
    engine.start();
    ASSERT_TRUE(engine.wait_live(kBound));
    ASSERT_TRUE(wait_until([&] { return maker.quotes > 50 && maker.learnt > 50 && maker.trades > 0; }));
    EXPECT_EQ(maker.lines_up, 2u);
    const auto eth = engine.add_symbol("ETH-USDC");
    EXPECT_EQ(engine.symbol(eth), "ETH-USDC");
    EXPECT_EQ(engine.add_symbol("ETH_USDC"), eth) << "it is there already";
    EXPECT_EQ(engine.find("ETH/USDC"), eth);
    ASSERT_TRUE(engine.wait_live(kBound));
    const auto top = engine.top(eth);
    ASSERT_TRUE(top);
    EXPECT_GT(top->units.price(top->ask.price), top->units.price(top->bid.price));
    engine.remove_symbol(eth);
    ASSERT_TRUE(wait_until([&] { return engine.top(eth)->reason == Reason::stopped; }));
    EXPECT_TRUE(wait_until([&] { return maker.last_reason == Reason::stopped; })) << "and the maker was told";
    EXPECT_TRUE(engine.wait_live(kBound)) << "BTC goes on";
    EXPECT_EQ(engine.add_symbol("ETH-USDC"), eth) << "its place is its own for ever";
    ASSERT_TRUE(engine.wait_live(kBound));
    engine.stop();
    const auto quotes = maker.quotes.load();
    EXPECT_FALSE(engine.running());
    EXPECT_EQ(engine.top(eth)->state, State::down);
    EXPECT_EQ(maker.quotes, quotes);
    EXPECT_EQ(maker.errors, 0u);
    EXPECT_EQ(engine.error(), ErrorCode::none);
}

TEST_F(ApiEngine, WhatTheExchangeTellsBesideABookHasFunctionsOfItsOwn) {
    struct Listener : Handler {
        void on_mark(const MarkPrice& mark) noexcept override {
            const bool is_right = mark.symbol == "SOL-USDC-PERP" && mark.mark.value() > 0 && mark.index &&
                                  mark.funding_rate == Figure{125, -7} && mark.next_funding_us > mark.venue_match_us;
            marks += is_right ? 1 : 1'000;
        }
        void on_open_interest(const OpenInterest& open) noexcept override {
            interests += open.quantity == Figure{127'385'214, -5} && open.quantity.value() == 1273.85214 ? 1 : 1'000;
        }
        void on_ticker(const Ticker& ticker) noexcept override {
            tickers += ticker.last.value() > 0 && ticker.volume && ticker.venue_send_us > 0 ? 1 : 1'000;
        }
        void on_liquidation(const Liquidation& one) noexcept override {
            liquidations += one.price.value() > 0 && one.quantity.value() > 0 ? 1 : 1'000;
        }
        std::atomic<unsigned> marks{0}, interests{0}, tickers{0}, liquidations{0};
    } listener;
    Config wide = config();
    wide.symbols = {"SOL-USDC-PERP"};
    wide.priority = {"SOL/USDC:USDC"};
    wide.channels = {Channel::l2_book, Channel::ticker, Channel::funding, Channel::liquidations,
                     Channel::open_interest};
    Engine engine(wide, listener, no_log());
    engine.start();
    EXPECT_TRUE(wait_until([&] {
        return listener.marks > 0 && listener.interests > 0 && listener.tickers > 0 && listener.liquidations > 0;
    }));
    engine.stop();
    for (const auto* count : {&listener.marks, &listener.interests, &listener.tickers, &listener.liquidations}) {
        EXPECT_LT(*count, 1'000u) << "one of them was told wrongly";
    }
}

TEST_F(ApiEngine, SymbolsThatCannotBeAreRefusedInWords) {
    const auto said = [](const std::function<void()>& act) -> std::string {
        try {
            act();
        } catch (const std::exception& error) {
            return error.what();
        }
        return "nothing";
    };
    Engine engine(config(), no_log());
    const auto sol = engine.add_symbol("SOL-USDC");
    EXPECT_EQ(engine.symbol(sol), "SOL-USDC") << "also before the start";
    engine.start();
    ASSERT_TRUE(engine.wait_live(kBound)) << "both of them";
    EXPECT_TRUE(engine.top(sol)->live());
    EXPECT_NE(said([&] { engine.add_symbol("so l"); }).find("symbol \"so l\" "), std::string::npos);
    EXPECT_EQ(said([&] { engine.add_symbol("\x1b[31mX\n" + std::string(5'000, 'y')); }).find_first_of("\x1b\n"),
              std::string::npos);
    EXPECT_NE(said([&] { engine.add_symbol("../x"); }).find("symbol \"../x\" is no symbol: "), std::string::npos);
    EXPECT_EQ(said([&] { engine.remove_symbol(7); }), "no symbol has the id 7");
    engine.remove_symbol(sol);
    EXPECT_NE(said([&] { engine.remove_symbol(*engine.find("BTC-USDC")); }).find("last symbol"), std::string::npos);
    EXPECT_FALSE(engine.top(7));
    EXPECT_EQ(engine.symbol(7), "");
    engine.stop();
    EXPECT_NE(said([&] { engine.add_symbol("ETH-USDC"); }).find("stopped"), std::string::npos);
    EXPECT_FALSE(engine.wait_live(1s)) << "at once";
}

TEST_F(ApiEngine, AnInstanceThatIsTakenIsRefusedInTheWordsOfTheConfiguration) {
    const Engine engine(config(), no_log());
    try {
        const Engine second(config(), no_log());
        ADD_FAILURE() << "an instance has one engine";
    } catch (const std::runtime_error& error) {
        const std::string text = error.what();
        EXPECT_NE(text.find("stop it, or choose another config.instance"), std::string::npos) << text;
    }
}

TEST_F(ApiEngine, FollowsAllThatIsListed) {
    Config all = config();
    all.symbols = {"*"};
    Engine engine(all, no_log());
    engine.start();
    ASSERT_TRUE(engine.wait_live(kBound));
    for (const char* symbol : {"BTC-USDC", "ETH-USDC", "SOL-USDC"}) {
        const auto id = engine.find(symbol);
        ASSERT_TRUE(id) << symbol;
        EXPECT_TRUE(engine.top(*id)->live()) << symbol;
        EXPECT_EQ(engine.add_symbol(symbol), *id);
    }
    EXPECT_THROW(engine.add_symbol("NO-SUCH"), ConfigError);
    EXPECT_THROW(engine.remove_symbol(0), ConfigError);
}

TEST_F(ApiEngine, WithoutSharedMemoryNothingIsInDevShm) {
    const auto files = [] {
        std::set<std::string> names;
        for (const auto& file : std::filesystem::directory_iterator("/dev/shm")) {
            const std::string name = file.path().filename();
            if (name.find(own_instance()) != std::string::npos) names.insert(name);
        }
        return names;
    };
    Config private_config = config();
    private_config.shared_memory = false;
    Engine engine(private_config, no_log());
    Engine same_name(private_config, no_log());  // no name is taken
    engine.start();
    ASSERT_TRUE(engine.wait_live(kBound));
    EXPECT_TRUE(files().empty());
    daypack_reader reader;
    EXPECT_EQ(daypack_open(&reader, own_instance().c_str()), DAYPACK_NO_SEGMENT);
    Snapshot book;
    const auto id = engine.find("BTC-USDC");
    ASSERT_TRUE(id);
    ASSERT_TRUE(engine.snapshot(*id, book));
    EXPECT_TRUE(book.top.live());
    ASSERT_GT(book.bids.size(), 5u);
    EXPECT_EQ(book.bids.front(), book.top.bid);
    EXPECT_EQ(book.asks.front(), book.top.ask);
    EXPECT_TRUE(std::is_sorted(book.bids.rbegin(), book.bids.rend(),
                               [](const Level& a, const Level& b) { return a.price < b.price; }));
    engine.stop();
    EXPECT_TRUE(files().empty());
}

TEST_F(ApiEngine, WhatIsPolledIsTheExchangesBook) {
    Engine engine(config(), no_log());
    engine.start();
    ASSERT_TRUE(engine.wait_live(kBound));
    Snapshot book;
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(engine.snapshot(*engine.find("BTC-USDC"), book));
        if (!book.top.live()) continue;
        std::string text;
        for (const Level& level : book.bids) {
            text += (text.empty() ? "[[\"" : ",[\"") + book.top.units.price_text(level.price) + "\",\"" +
                    book.top.units.quantity_text(level.quantity) + "\"]";
        }
        const std::string truth = exchange.truth("BTC_USDC", book.top.u);
        ASSERT_NE(truth.find("\"bids\":" + text), std::string::npos) << text << "\n" << truth.substr(0, 4'000);
    }
}

// An override that throws, although it should be noexcept.
struct Thrower : Handler {
    void on_book(const BookUpdate& book) override {
        ++calls;
        if (book.live()) throw std::runtime_error("no\nmargin");
    }
    void on_error(const Error& error) noexcept override {
        code = error.code;
        text = error.text;
        ++errors;
    }
    std::atomic<int> calls{0}, errors{0};
    ErrorCode code = ErrorCode::none;
    std::string text;
};

TEST_F(ApiEngine, WhatACallbackThrowsEndsInOnErrorAndACleanStop) {
    Thrower thrower;
    Engine engine(config(), thrower, no_log());
    engine.start();
    ASSERT_TRUE(wait_until([&] { return thrower.errors == 1; }));
    const int calls = thrower.calls;
    ASSERT_TRUE(wait_until([&] { return !engine.running(); }));
    EXPECT_EQ(thrower.calls, calls) << "on_error is the last call";
    EXPECT_EQ(thrower.code, ErrorCode::callback);
    EXPECT_EQ(thrower.text, "an exception left on_book: no?margin");
    EXPECT_EQ(engine.error_text(), thrower.text);
    EXPECT_FALSE(engine.wait_live(kBound)) << "at once";
    const auto top = engine.top(*engine.find("BTC-USDC"));
    ASSERT_TRUE(top);
    EXPECT_EQ(top->reason, Reason::stopped) << "readers are told";
    EXPECT_EQ(thrower.errors, 1);
}

TEST_F(ApiEngine, WhatTheFunctionOfTheLogThrowsEndsItToo) {
    Thrower thrower;
    std::atomic<int> lines{0};
    Engine engine(config(), thrower, [&](LogLevel, std::string_view) {
        ++lines;
        throw 7;
    });
    engine.start();
    ASSERT_TRUE(wait_until([&] { return !engine.running(); }));
    EXPECT_EQ(thrower.errors, 1);
    EXPECT_EQ(lines, 1) << "it is not called again";
    EXPECT_EQ(engine.error(), ErrorCode::callback);
}

TEST_F(ApiEngine, AMarketThatIsNotListedEndsItInWords) {
    struct Listener : Handler {
        void on_error(const Error& error) noexcept override { code = error.code; }
        std::atomic<ErrorCode> code{ErrorCode::none};
    } listener;
    Config unknown = config();
    unknown.symbols = {"NO-SUCH"};
    Engine engine(unknown, listener, no_log());
    engine.start();
    EXPECT_FALSE(engine.wait_live(kBound));
    ASSERT_TRUE(wait_until([&] { return !engine.running(); }));
    EXPECT_EQ(listener.code, ErrorCode::no_symbols);
    EXPECT_NE(engine.error_text().find("nothing to follow"), std::string::npos);
}

// Stops itself at its first live book.
struct Stopper : Handler {
    void on_book(const BookUpdate& book) noexcept override {
        ++calls;
        if (!book.live() || stopped_at != 0) return;
        stopped_at = calls.load();
        asks ? engine.load()->request_stop() : engine.load()->stop();
    }
    std::atomic<Engine*> engine{nullptr};
    bool asks = false;
    std::atomic<int> calls{0}, stopped_at{0};
};

TEST_F(ApiEngine, StopInACallbackMakesItTheLast) {
    Stopper stopper;
    Engine engine(config(), stopper, no_log());
    stopper.engine = &engine;
    engine.start();
    ASSERT_TRUE(wait_until([&] { return !engine.running(); }));
    engine.stop();
    EXPECT_GT(stopper.stopped_at, 0);
    EXPECT_EQ(stopper.calls, stopper.stopped_at);
}

TEST_F(ApiEngine, AnyThreadMayAskForTheEnd) {
    {
        Stopper stopper;
        stopper.asks = true;
        Engine engine(config(), stopper, no_log());
        stopper.engine = &engine;
        engine.start();
        EXPECT_TRUE(wait_until([&] { return !engine.running(); })) << "a callback did";
        engine.stop();
    }
    Engine second(config(), no_log());
    second.start();
    std::thread([&] { second.request_stop(); }).join();
    EXPECT_TRUE(wait_until([&] { return !second.running(); }));
}

// The control thread, which gives symbols their places, waits for the callback's end then.
TEST_F(ApiEngine, ACallbackThatChoosesSymbolsBehindTheEndIsToldSo) {
    struct Chooser : Handler {
        void on_book(const BookUpdate&) noexcept override {
            if (std::exchange(asked, true)) return;
            engine.load()->request_stop();
            try {
                for (;;) (void)engine.load()->add_symbol("ETH-USDC");
            } catch (const std::exception& error) {
                words = error.what();
            }
        }
        std::atomic<Engine*> engine{nullptr};
        bool asked = false;
        std::string words;
    } chooser;
    Engine engine(config(), chooser, no_log());
    chooser.engine = &engine;
    engine.start();
    ASSERT_TRUE(wait_until([&] { return !engine.running(); }));
    engine.stop();
    EXPECT_NE(chooser.words.find("this engine was stopped"), std::string::npos) << chooser.words;
}

TEST_F(ApiEngine, AWaitForEverIsOne) {
    Engine engine(config(), no_log());
    engine.start();
    EXPECT_TRUE(engine.wait_live(std::chrono::nanoseconds::max()));
}

TEST_F(ApiEngine, ManyThreadsMayStopItAtOnceAndItRunsOnce) {
    Engine engine(config(), no_log());
    engine.start();
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back([&] { engine.stop(); });
    for (std::thread& thread : threads) thread.join();
    EXPECT_FALSE(engine.running());
    EXPECT_THROW(engine.start(), std::runtime_error);
    Engine never(without_a_name(config()), no_log());
    never.stop();
    EXPECT_THROW(never.start(), std::runtime_error) << "stopped before it was started";
}

TEST_F(ApiEngine, NoCallbackComesAfterStop) {
    struct Counter : Handler {
        void on_book(const BookUpdate&) noexcept override { ++calls; }
        void on_trade(const Trade&) noexcept override { ++calls; }
        void on_line(const LineStatus&) noexcept override { ++calls; }
        std::uint64_t calls = 0;  // of one thread: a sanitizer would see another one
    } counter;
    for (const Threads threads : {Threads::pipeline, Threads::fused}) {
        Config in_mode = config();
        in_mode.threads = threads;
        Engine engine(in_mode, counter, no_log());
        engine.start();
        ASSERT_TRUE(engine.wait_live(kBound));
        engine.stop();
        const std::uint64_t calls = counter.calls;
        EXPECT_GT(calls, 0u);
        Engine another(without_a_name(in_mode), no_log());  // time that passes while the first one is stopped
        another.start();
        ASSERT_TRUE(another.wait_live(kBound));
        EXPECT_EQ(counter.calls, calls);
    }
}

TEST_F(ApiEngine, LinesOfTheLogHaveLevels) {
    std::mutex mutex;
    std::vector<std::pair<LogLevel, std::string>> lines;
    Config one_line = config();
    one_line.lines = 1;
    {
        Engine engine(one_line, [&](LogLevel level, std::string_view line) {
            const std::scoped_lock lock(mutex);
            lines.emplace_back(level, line);
        });
        engine.start();
        ASSERT_TRUE(engine.wait_live(kBound));
        const auto resyncs = [&] {
            const std::scoped_lock lock(mutex);
            return std::count_if(lines.begin(), lines.end(), [](const auto& line) {
                return line.first == LogLevel::warning &&
                       line.second.find(" resync symbol=BTC_USDC ") != std::string::npos;
            });
        };
        // A snapshot that no update has followed yet is fetched again instead, which is no gap.
        const auto unconfirmed = static_cast<std::uint16_t>(Flag::unconfirmed);
        ASSERT_TRUE(wait_until([&] {
            const auto top = engine.top(*engine.find("BTC-USDC"));
            return top && top->live() && (top->flags & unconfirmed) == 0;
        }));
        exchange.inject(core::sim::Fault::parse("drop"));
        EXPECT_TRUE(wait_until([&] { return resyncs() > 0; }));
    }
    const auto level_of = [&](const std::string& words) {
        const auto line = std::find_if(lines.begin(), lines.end(),
                                       [&](const auto& one) { return one.second.find(words) != std::string::npos; });
        return line == lines.end() ? LogLevel::error : line->first;
    };
    EXPECT_EQ(level_of(" line_up line=0 "), LogLevel::info);
    EXPECT_EQ(level_of(" state symbol=BTC_USDC state=LIVE "), LogLevel::info);
    EXPECT_EQ(level_of(" state=SYNCING reason=gap "), LogLevel::warning);
}

}  // namespace
}  // namespace daypack
