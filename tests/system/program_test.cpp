// SPDX-License-Identifier: MIT
// The program as users start it: real processes, real TLS, and the exchange beside them.
#include "tests/support/program.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "tests/engine/config_text.h"
#include "tests/support/sanitized.h"
#include "tests/system/live_engine.h"

namespace daypack::core {
namespace {

using test::kSeed;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
}

class ProgramTest : public testing::Test {
  protected:
    ProgramTest() {
        std::filesystem::create_directory(folder_);
        sim::SimOptions options;
        options.tls = true;
        options.symbols = {"BTC_USDC", "ETH_USDC", "SOL_USDC_PERP"};
        options.rate = 100;
        exchange_ = std::make_unique<sim::Exchange>(options);
        std::ofstream(folder_ + "/ca.pem") << exchange_->ca_pem();
    }
    ~ProgramTest() override {
        std::filesystem::remove_all(folder_);
        // One that was killed has left the file on which readers wait, for the next one.
        for (const char* const end : {"", ".wake"}) unlink(("/dev/shm/daypack." + instance_ + end).c_str());
    }

    // `daypack run` with this configuration against the exchange.
    std::unique_ptr<Program> run(const std::string& config, std::vector<std::string> more = {},
                                 const std::function<void()>& prepare = {}) {
        if (!config.empty()) write(config);
        std::vector<std::string> arguments{
            "run",      "my.yaml",           "--instance", instance_, "--rest-url", exchange_->rest_url(),
            "--ws-url", exchange_->ws_url(), "--ca-file",  "ca.pem"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return std::make_unique<Program>(folder_, "run", arguments, prepare);
    }
    void write(const std::string& config) const { std::ofstream(folder_ + "/my.yaml") << config; }
    // The output of `daypack cat` for a symbol: stdout, and stderr if it fails, as it does where no engine lives.
    std::string cat(const std::string& symbol, std::vector<std::string> more = {"--json", "--levels", "0"}) {
        std::vector<std::string> arguments{"cat", "--instance", instance_, "--symbol", symbol};
        arguments.insert(arguments.end(), more.begin(), more.end());
        Program cat(folder_, "cat", arguments);
        return cat.wait() == 0 ? cat.out() : cat.out() + cat.err();
    }
    // Waits until `daypack cat` prints that.
    bool says(const std::string& symbol, const std::string& what) {
        return wait_until([&] { return cat(symbol).find(what) != std::string::npos; });
    }

    const std::string instance_ = "program_test." + std::to_string(getpid());
    const std::string folder_ = std::filesystem::temp_directory_path() / ("daypack_" + instance_);
    std::unique_ptr<sim::Exchange> exchange_;
};

constexpr const char* kLive = R"("state":"LIVE")";

TEST_F(ProgramTest, TheSeedsBlockRunsAsItStandsAndEndsWithWhatItSaw) {
    auto run = this->run(kSeed);
    for (const std::string symbol : {"BTC-USDC", "ETH/USDC", "SOL/USDC:USDC"}) {
        ASSERT_TRUE(says(symbol, kLive)) << cat(symbol) << run->err();
        ASSERT_TRUE(says(symbol, "venue_send_us")) << "no update: " << cat(symbol);
    }
    run->signal(SIGINT);
    EXPECT_EQ(run->wait(), 0) << run->err();
    EXPECT_NE(run->out().find("saw: "), std::string::npos) << run->out();
    EXPECT_NE(run->out().find(" 0 gaps, 0 resyncs"), std::string::npos) << run->out();
    EXPECT_NE(run->out().find("p99.9"), std::string::npos) << run->out();
    EXPECT_EQ(run->err().find("not_built_yet"), std::string::npos) << run->err();
    EXPECT_NE(cat("BTC-USDC").find(R"("state":"DOWN","reason":"stopped")"), std::string::npos) << cat("BTC-USDC");
}

TEST_F(ProgramTest, CatShowsTheExchangesBook) {
    auto run = this->run(replaced(kSeed, "snapshot_interval: 30", "snapshot_interval: 0") + "engine: {depth: 8192}\n");
    ASSERT_TRUE(says("BTC-USDC", kLive)) << run->err();
    ASSERT_TRUE(wait_until([&] {
        const std::string book = cat("BTC-USDC");
        const auto field = [&](const std::string& name) {
            const auto at = book.find("\"" + name + "\":");
            return at == std::string::npos ? std::string() : book.substr(at + name.size() + 3);
        };
        if (book.find(kLive) == std::string::npos || field("u").empty()) return false;
        const std::string truth = exchange_->truth("BTC_USDC", std::stoull(field("u")));
        const std::string sides = book.substr(book.find("\"bids\":"));
        EXPECT_EQ(sides.substr(0, sides.rfind('}')),
                  truth.substr(truth.find("\"bids\":"), truth.rfind('}') - truth.find("\"bids\":")));
        return true;
    }));
}

TEST_F(ProgramTest, AProgramInCReadsItsLiveBook) {
    auto run = this->run(kSeed);
    ASSERT_TRUE(says("ETH-USDC", kLive)) << run->err();
    const std::string command = DAYPACK_C_READER " " + instance_ + " ETH_USDC >'" + folder_ + "/c.out'";
    EXPECT_TRUE(wait_until([&] {
        if (std::system(command.c_str()) != 0) return false;
        std::ifstream file(folder_ + "/c.out");
        const std::string said(std::istreambuf_iterator<char>(file), {});
        return said.starts_with("LIVE none u ") && said.find("\nbid ") != std::string::npos &&
               said.find("\nask ") != std::string::npos;
    }));
}

TEST_F(ProgramTest, ASymbolThatIsNotListedIsNamedWithItsLineAndTheNearest) {
    auto run = this->run(replaced(kSeed, "BTC-USDC", "BTC-USDT"));
    ASSERT_TRUE(says("ETH-USDC", kLive)) << run->err();
    EXPECT_NE(run->err().find(
                  "daypack: my.yaml:5: symbol \"BTC-USDT\" is not listed on backpack; did you mean \"BTC-USDC\"?"),
              std::string::npos)
        << run->err();
}

TEST_F(ProgramTest, KeysAreNowhereToBeSeen) {
    const std::string secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I=";
    const std::string key = "pbY98hPAQf5yCbi8pvjjulMU5JOk+8LZjo4bm4rgFWk=";
    auto run = this->run(replaced(replaced(kSeed, "${BACKPACK_KEY}", key), "${BACKPACK_SECRET}", secret));
    ASSERT_TRUE(says("BTC-USDC", kLive)) << run->err();
    const auto text_of = [](const std::string& path) {
        std::ifstream file(path, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(file), {});
    };
    const std::string arguments = text_of("/proc/" + std::to_string(run->pid()) + "/cmdline");
    EXPECT_NE(arguments.find("my.yaml"), std::string::npos);
    const std::string segment = text_of("/dev/shm/daypack." + instance_);
    EXPECT_NE(segment.find("BTC-USDC"), std::string::npos);
    run->signal(SIGINT);
    EXPECT_EQ(run->wait(), 0);
    for (const std::string& shown : {arguments, segment, run->out(), run->err()}) {
        EXPECT_EQ(shown.find(secret.substr(0, 12)), std::string::npos);
        EXPECT_EQ(shown.find("secret-secret"), std::string::npos);
    }
}

TEST_F(ProgramTest, WithNoSymbolListedItEndsWithOne) {
    auto run = this->run(replaced(kSeed, R"(["BTC-USDC", "ETH-USDC", "SOL-USDC-PERP"])", R"(["BTC-USDT"])"));
    EXPECT_EQ(run->wait(), 1) << run->err();
}

TEST_F(ProgramTest, AWrongConfigurationEndsWithTwo) {
    auto run = this->run(replaced(kSeed, "websocket: true", "websockets: true"));
    EXPECT_EQ(run->wait(), 2);
    EXPECT_NE(run->err().find("my.yaml:8:"), std::string::npos) << run->err();
    EXPECT_NE(run->err().find("websocket"), std::string::npos) << run->err();
}

TEST_F(ProgramTest, SighupFollowsAnotherListOfSymbolsAndSaysWhatElseChanged) {
    const std::string all = R"(["BTC-USDC", "ETH-USDC", "SOL-USDC-PERP"])";
    auto run = this->run(replaced(kSeed, all, R"(["BTC-USDC"])"));
    ASSERT_TRUE(says("BTC-USDC", kLive)) << run->err();
    write(replaced(kSeed, all, R"(["ETH-USDC"])") + "    lines: 3\nengine: {depth: 9}\n");
    run->signal(SIGHUP);
    ASSERT_TRUE(says("ETH-USDC", kLive)) << run->err();
    ASSERT_TRUE(says("BTC-USDC", R"("state":"DOWN","reason":"stopped")")) << run->err();
    EXPECT_NE(run->err().find(R"( reload config=my.yaml came="ETH_USDC" went="BTC_USDC" without_effect="lines depth")"),
              std::string::npos)
        << run->err();
    write("nonsense");
    run->signal(SIGHUP);
    ASSERT_TRUE(wait_until([&] { return run->err().find("daypack: my.yaml:1:") != std::string::npos; })) << run->err();
    EXPECT_TRUE(says("ETH-USDC", kLive)) << "it goes on with what it had";
    run->signal(SIGTERM);
    EXPECT_EQ(run->wait(), 0);
}

// Whether the process holds that signal back, or has a handler for it.
bool is_ready_for(int pid, int signal) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    std::uint64_t ready = 0;
    for (std::string word; status >> word;) {
        std::string mask;
        if ((word == "SigBlk:" || word == "SigCgt:") && status >> mask) ready |= std::stoull(mask, nullptr, 16);
    }
    return (ready >> (signal - 1) & 1) != 0;
}

// It comes as soon as it is held back, which is long before the engine that it is for is there.
TEST_F(ProgramTest, ASighupInTheFirstMillisecondsIsNotDeadly) {
    auto run = this->run(kSeed);
    ASSERT_TRUE(wait_until([&] { return is_ready_for(run->pid(), SIGHUP) || run->ended(); }, std::chrono::seconds(10)));
    run->signal(SIGHUP);
    EXPECT_TRUE(says("BTC-USDC", kLive)) << run->err();
    EXPECT_TRUE(wait_until([&] { return run->err().find(" reload config=") != std::string::npos; })) << run->err();
    run->signal(SIGTERM);
    EXPECT_EQ(run->wait(), 0) << run->err();
}

TEST_F(ProgramTest, WithoutATerminalItSaysOnceThatAllIsLiveAndQuietItSaysNothing) {
    auto run = this->run(kSeed, {"--log-format", "json"});
    ASSERT_TRUE(wait_until([&] {
        return run->err().find(R"("text":"status live=3/3 lines=2/2 )") != std::string::npos;
    })) << run->err();
    EXPECT_EQ(run->out(), "") << "books are in the end";
    EXPECT_TRUE(run->err().starts_with(R"({"time":"2)")) << run->err();
    std::istringstream log(run->err());
    for (std::string line; std::getline(log, line);) {
        EXPECT_NE(line.find(R"(","event":")"), std::string::npos) << line;
    }
    EXPECT_NE(run->err().find(R"("fields":{"names":"none"}})"), std::string::npos) << run->err();
    run->signal(SIGTERM);
    EXPECT_EQ(run->wait(), 0);
    EXPECT_NE(run->out().find("BTC-USDC"), std::string::npos) << run->out();

    auto quiet = this->run(kSeed, {"--quiet"});
    ASSERT_TRUE(says("BTC-USDC", kLive)) << quiet->err();
    quiet->signal(SIGTERM);
    EXPECT_EQ(quiet->wait(), 0);
    EXPECT_EQ(quiet->out(), "");
    EXPECT_EQ(quiet->err().find(" info "), std::string::npos) << quiet->err();

    auto wrong = this->run(kSeed, {"--log-level", "warn"});
    EXPECT_EQ(wrong->wait(), 2);
    EXPECT_NE(wrong->err().find("there are debug, info, warning, error"), std::string::npos) << wrong->err();
}

TEST_F(ProgramTest, SignalsOfTheUserDoNothing) {
    auto run = this->run(kSeed);
    ASSERT_TRUE(says("BTC-USDC", kLive)) << run->err();
    for (const int number : {SIGUSR1, SIGUSR2}) run->signal(number);
    run->signal(SIGTERM);
    EXPECT_EQ(run->wait(), 0) << run->err();
}

TEST_F(ProgramTest, ALostTerminalEndsIt) {
    const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    ASSERT_GE(terminal, 0);
    ASSERT_EQ(grantpt(terminal) + unlockpt(terminal), 0);
    const std::string name = ptsname(terminal);
    auto run = this->run(kSeed, {}, [&] {
        setsid();
        const int own = open(name.c_str(), O_RDWR);  // it belongs to this session now
        dup2(own, STDIN_FILENO);
    });
    ASSERT_TRUE(says("BTC-USDC", kLive)) << run->err();
    close(terminal);
    EXPECT_TRUE(wait_until([&] { return run->ended(); })) << run->err();
    EXPECT_EQ(run->wait(), 0) << run->err();
    EXPECT_NE(cat("BTC-USDC").find(R"("state":"DOWN","reason":"stopped")"), std::string::npos) << cat("BTC-USDC");
}

TEST_F(ProgramTest, PipesThatNobodyReadsHoldNeitherItsBooksNorItsEnd) {
    const std::string all = R"(["BTC-USDC", "ETH-USDC", "SOL-USDC-PERP"])";
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    const std::string filling(4096, '.');
    while (::write(ends[1], filling.data(), filling.size()) > 0) {
    }
    fcntl(ends[1], F_SETFL, 0);
    auto run = this->run(replaced(kSeed, all, R"(["BTC-USDC"])"), {}, [&] {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
    });
    EXPECT_TRUE(says("BTC-USDC", kLive));
    write(replaced(kSeed, all, R"(["ETH-USDC"])"));
    run->signal(SIGHUP);
    EXPECT_TRUE(says("ETH-USDC", kLive)) << "the control thread goes on";
    run->signal(SIGTERM);
    EXPECT_TRUE(wait_until([&] { return run->ended(); }));
    EXPECT_EQ(run->wait(), 0);
    close(ends[0]);
    close(ends[1]);
}

TEST_F(ProgramTest, AReaderOfItsOutputThatWentAwayEndsNothing) {
    auto run = this->run(kSeed, {}, [] {
        std::array<int, 2> ends{};
        if (pipe(ends.data()) != 0) return;
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
    });
    EXPECT_TRUE(says("BTC-USDC", kLive));
    run->signal(SIGTERM);
    EXPECT_EQ(run->wait(), 0) << "the last words went into that pipe too";
}

TEST_F(ProgramTest, WithTooFewFilesItEndsWithOneAndSaysHowMany) {
    auto run = this->run(kSeed, {}, [] {
        const rlimit few{12, 12};
        setrlimit(RLIMIT_NOFILE, &few);
    });
    EXPECT_EQ(run->wait(), 1);
    EXPECT_NE(run->err().find("daypack: ulimit -n is 12 files and sockets, of which "), std::string::npos)
        << run->err();
}

TEST_F(ProgramTest, MarketsEndsWithOneWhereTheListCannotBeRead) {
    const auto markets = [&](const sim::Exchange& exchange, const std::string& name) {
        std::ofstream(folder_ + "/ca.pem") << exchange.ca_pem();
        write(kSeed + "    ca_file: ca.pem\n    rest_urls: [\"" + exchange.rest_url() + "\"]\n");
        return std::make_unique<Program>(folder_, name, std::vector<std::string>{"markets", "my.yaml"});
    };
    auto readable = markets(*exchange_, "readable");
    EXPECT_EQ(readable->wait(), 0) << readable->err();
    EXPECT_NE(readable->out().find("SOL-USDC-PERP"), std::string::npos) << readable->out();
    sim::SimOptions options;
    options.tls = true;
    options.faults = {"rest:path=markets,how=html,times=100"};
    const sim::Exchange exchange(options);
    auto unreadable = markets(exchange, "unreadable");
    EXPECT_EQ(unreadable->wait(), 1) << unreadable->out();
    EXPECT_NE(unreadable->err().find("no list of markets"), std::string::npos) << unreadable->err();
}

TEST_F(ProgramTest, WithRestDownAtTheStartItTriesAgainAndSaysSo) {
    exchange_->go_away();
    auto run = this->run(kSeed);
    ASSERT_TRUE(wait_until([&] { return run->err().find("markets failed=") != std::string::npos; })) << run->err();
    exchange_->come_back();
    EXPECT_TRUE(says("BTC-USDC", kLive)) << run->err();
}

// Its owner alone can do that. What is left of the file are the first pages, which a reader may have open.
TEST_F(ProgramTest, WhoseFileIsCutShortEndsByItAndTheNextStartMakesAnother) {
    auto first = run(kSeed);
    ASSERT_TRUE(says("BTC-USDC", kLive));
    daypack_reader open{};
    ASSERT_EQ(daypack_open_as(&open, instance_.c_str(), geteuid()), DAYPACK_OK);
    ASSERT_EQ(truncate(open.path, 4096), 0);
    const int code = first->wait();
    EXPECT_NE(code, 0);
    if (!test::kSanitized) {  // which have a handler of their own
        EXPECT_EQ(code, 128 + SIGBUS) << first->err();
    }
    const daypack_status live{DAYPACK_STATE_LIVE, DAYPACK_REASON_none, 0, 1};
    daypack_status seen{};  // LIVE while the last beat is young, then that it stalls, then that it is dead
    EXPECT_TRUE(wait_until([&] {
        seen = daypack_judge(&open, daypack_pack_status(live));
        return seen.state == DAYPACK_STATE_DOWN;
    }));
    EXPECT_EQ(seen.reason, DAYPACK_REASON_writer_dead);
    EXPECT_NE(cat("BTC-USDC").find("start the engine anew, which replaces it"), std::string::npos) << cat("BTC-USDC");
    const auto next = run(kSeed);
    EXPECT_TRUE(says("BTC-USDC", kLive)) << next->err();
    EXPECT_EQ(daypack_follow(&open), 1) << "a reader that waited finds the new one";
    daypack_close(&open);
}

TEST_F(ProgramTest, KilledItIsSeenDeadAndANewOneTakesOver) {
    auto run = this->run(kSeed);
    ASSERT_TRUE(says("BTC-USDC", kLive)) << run->err();
    run->signal(SIGKILL);
    EXPECT_EQ(run->wait(), 128 + SIGKILL);
    EXPECT_TRUE(says("BTC-USDC", R"("state":"DOWN","reason":"writer_dead")"));
    for (const std::string verb : {"cat", "stat", "top", "health"}) {
        Program dead(folder_, "dead", {verb, "--instance", instance_});
        EXPECT_EQ(dead.wait(), 1) << verb;
        EXPECT_NE(dead.err().find("daypack: instance \"" + instance_ + "\" is DEAD since 2"), std::string::npos)
            << verb << ": " << dead.err();
    }
    auto next = this->run(kSeed);
    EXPECT_TRUE(says("BTC-USDC", kLive)) << next->err();
    auto third = this->run(kSeed);
    EXPECT_EQ(third->wait(), 1) << "an instance has one engine";
    EXPECT_TRUE(says("BTC-USDC", kLive)) << next->err();
}

}  // namespace
}  // namespace daypack::core
