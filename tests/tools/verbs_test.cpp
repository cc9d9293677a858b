// SPDX-License-Identifier: MIT
// Every verb from outside, against a simulated exchange and an engine: its help, its three exit codes, and that with
// --json each line is a JSON object. What they say in all detail is for the other tests of this folder. A verb that is
// new must have a row here.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <regex>
#include <set>
#include <sstream>

#include "tests/net/backpack/slow_json.h"
#include "tests/support/program.h"
#include "tests/system/live_reader.h"

namespace daypack::core {
namespace {

using Words = std::vector<std::string>;

// What of a verb ends how. A verb that goes on until it is told to end has `endless`: it is sent SIGINT once it has
// printed something.
struct Verb {
    std::string name;
    Words done, failed, wrong;  // exit codes 0, 1 and 2
    bool endless = false;
};

// In these, INSTANCE is that of the engine, REST, WS and PORT lead to the exchange, and NOWHERE is a URL without one.
const std::vector<Verb> kVerbs{
    {"run", {"my.yaml", "--check"}, {"my.yaml"}, {"nowhere.yaml"}},  // failed: the instance has an engine
    {"sim", {"--port", "0"}, {"--port", "PORT"}, {"--fault", "drip"}, true},
    {"top", {"--instance", "INSTANCE"}, {"--instance", "none"}, {"--symbol", "a b"}},
    {"cat", {"--instance", "INSTANCE"}, {"--instance", "none"}, {"--levels", "-1"}},
    {"tail", {"--instance", "INSTANCE"}, {"--instance", "none"}, {"--levels", "1"}, true},
    {"stat", {"--instance", "INSTANCE"}, {"--instance", "none"}, {"--josn"}},
    {"markets", {"my.yaml"}, {"lost.yaml"}, {"a", "b"}},
    {"health", {"--instance", "INSTANCE"}, {"--instance", "none"}, {"--max-age", "500"}},
    {"instances", {}, {}, {"x"}},  // nothing of it can fail
    {"doctor", {}, {"cores.yaml"}, {"nowhere.yaml"}},
    {"selfcheck", {"my.yaml", "--duration", "2"}, {"my.yaml", "--rest-url", "NOWHERE"}, {"my.yaml", "--duration", "0"}},
    {"bench", {"--rows", "replay_frames"}, {"--input", "nowhere.ndjson"}, {"--rows", "none"}},
    {"sign",
     {"--instruction", "balanceQuery", "--key-file", "keys/account1.key"},
     {},
     {"--instruction", "x"}},  // it has keys or not
    {"account",
     {"balances", "--rest-url", "REST", "--key-file", "keys/account1.key"},
     {"balances", "--rest-url", "NOWHERE", "--key-file", "keys/account1.key"},
     {"money"}},
    {"completion", {"bash"}, {}, {"fish"}},  // nothing of it can fail
};

class Verbs : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        std::filesystem::create_directory(folder());
        sim_ = std::make_unique<Program>(folder(), "exchange",
                                         Words{"sim", "--port", "0", "--symbols", "BTC_USDC,SOL_USDC", "--odd-lag", "0",
                                               "--accounts", "1", "--keys-out", folder() + "/keys"});
        ASSERT_TRUE(wait_until([] { return sim_->out().find("}\n") != std::string::npos || sim_->ended(); }));
        port_ = std::to_string(std::atoi(sim_->out().substr(sim_->out().find(':') + 1).c_str()));
        configure("my.yaml", port_, "");
        configure("lost.yaml", "1", "");
        configure("cores.yaml", port_, "  net_cpus: [511]\n");
        run_ = std::make_unique<Program>(folder(), "engine", Words{"run", "my.yaml", "--quiet"});
        ASSERT_TRUE(wait_until([] {
            return call("health", {"--instance", "INSTANCE"}).exit_code == 0;
        })) << run_->err();
    }
    static void TearDownTestSuite() {
        for (Program* const each : {run_.get(), sim_.get()}) {
            if (each == nullptr) continue;
            each->signal(SIGTERM);
            EXPECT_EQ(each->wait(), 0) << each->err();
        }
        run_.reset();
        sim_.reset();
        std::filesystem::remove_all(folder());
        std::filesystem::remove("/dev/shm/daypack." + instance());
    }

    struct Outcome {
        int exit_code;
        std::string out, err;
    };
    static Outcome call(const std::string& verb, Words arguments, bool endless = false) {
        for (std::string& argument : arguments) {
            if (argument == "INSTANCE") argument = instance();
            if (argument == "PORT") argument = port_;
            if (argument == "REST") argument = "http://127.0.0.1:" + port_;
            if (argument == "NOWHERE") argument = "http://127.0.0.1:1";
        }
        arguments.insert(arguments.begin(), verb);
        for (const char* const file : {"/called.out", "/called.err"}) std::filesystem::remove(folder() + file);
        Program program(folder(), "called", arguments);
        if (endless) {
            EXPECT_TRUE(wait_until([&] { return program.out().find('\n') != std::string::npos || program.ended(); }));
            program.signal(SIGINT);
        }
        const int code = program.wait();
        return {code, program.out(), program.err()};
    }
    static std::string folder() {
        return (std::filesystem::temp_directory_path() / ("daypack_verbs_test." + std::to_string(getpid()))).string();
    }

  private:
    static std::string instance() { return "verbs_test." + std::to_string(getpid()); }
    static void configure(const std::string& name, const std::string& port, const std::string& engine) {
        std::ofstream(folder() + "/" + name)
            << "exchanges:\n  mine:\n    class: Ccxt_Backpack_Feed\n    exchange: backpack\n"
            << "    symbols: [BTC-USDC, SOL-USDC]\n    rest_urls: [\"http://127.0.0.1:" << port
            << "\"]\n    ws_urls: [\"ws://127.0.0.1:" << port << "\"]\nengine:\n  instance: " << instance() << "\n"
            << engine;
    }

    static inline std::unique_ptr<Program> sim_, run_;
    static inline std::string port_;
};

// Every line is one.
void expect_objects(const std::string& text, const std::string& verb) {
    std::istringstream lines(text);
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        slow::Json json;
        ASSERT_TRUE(slow::JsonReader(line).read(json)) << verb << ": " << line;
        EXPECT_EQ(json.kind, slow::Json::Kind::object) << verb << ": " << line;
    }
    EXPECT_GT(count, 0U) << verb;
}

TEST_F(Verbs, EachHasARowHere) {
    const std::string help = call("--help", {}).out;
    std::set<std::string> listed, rows;
    const std::regex verb("\n  ([a-z]+) ");
    const std::string list = help.substr(help.find("Verbs:"));
    for (std::sregex_iterator at(list.begin(), list.end(), verb); at != std::sregex_iterator(); ++at) {
        listed.insert((*at)[1]);
    }
    for (const Verb& each : kVerbs) rows.insert(each.name);
    EXPECT_EQ(rows, listed);
}

TEST_F(Verbs, EachEndsWithZeroAndWithJsonPrintsObjects) {
    std::set<std::string> told;
    for (const Verb& each : kVerbs) {
        const Outcome help = call(each.name, {"--help"});
        EXPECT_EQ(help.exit_code, 0) << each.name;
        EXPECT_TRUE(help.err.empty()) << help.err;
        EXPECT_NE(help.out.find("Usage: daypack " + each.name), std::string::npos) << help.out;
        const Outcome done = call(each.name, each.done, each.endless);
        EXPECT_EQ(done.exit_code, 0) << each.name << ": " << done.out << done.err;
        EXPECT_FALSE(done.out.empty()) << each.name;
        if (help.out.find("\n  --json ") == std::string::npos) continue;
        told.insert(each.name);
        Words arguments = each.done;
        arguments.emplace_back("--json");
        const Outcome json = call(each.name, arguments, each.endless);
        EXPECT_EQ(json.exit_code, 0) << each.name << ": " << json.err;
        expect_objects(json.out, each.name);
    }
    EXPECT_EQ(told, (std::set<std::string>{"account", "bench", "cat", "doctor", "health", "instances", "markets", "run",
                                           "selfcheck", "sign", "stat", "tail"}));
}

TEST_F(Verbs, EachSaysInOneLineWhatFailedAndEndsWithOne) {
    for (const Verb& each : kVerbs) {
        if (each.failed.empty()) continue;
        const Outcome failed = call(each.name, each.failed);
        EXPECT_EQ(failed.exit_code, 1) << each.name << ": " << failed.out << failed.err;
        const bool is_list = each.name == "doctor";  // what cannot work is a row of its table
        EXPECT_TRUE(is_list || failed.err.find("daypack: ") != std::string::npos) << each.name << ": " << failed.err;
    }
}

TEST_F(Verbs, AWrongUseIsOneLineThatSaysWhatToDoAndEndsWithTwo) {
    for (const Verb& each : kVerbs) {
        const Outcome wrong = call(each.name, each.wrong);
        EXPECT_EQ(wrong.exit_code, 2) << each.name << ": " << wrong.err;
        EXPECT_TRUE(wrong.out.empty()) << each.name << ": " << wrong.out;
        EXPECT_TRUE(wrong.err.starts_with("daypack: ")) << each.name << ": " << wrong.err;
        EXPECT_EQ(std::count(wrong.err.begin(), wrong.err.end(), '\n'), 1) << each.name << ": " << wrong.err;
        EXPECT_EQ(call(each.name, {"--no-such-option"}).exit_code, 2) << each.name;
    }
}

#ifdef DAYPACK_MANUAL
// The manual is made of the parser that prints the help.
TEST_F(Verbs, ThePageOfEachNamesItsOptions) {
    const std::string pages = folder() + "/pages";
    std::filesystem::create_directory(pages);
    ASSERT_EQ(std::system(("'" DAYPACK_MANUAL "' '" + pages + "'").c_str()), 0);
    for (const Verb& each : kVerbs) {
        std::ifstream file(pages + "/daypack-" + each.name + ".1");
        std::string page{std::istreambuf_iterator<char>(file), {}};
        page.erase(std::remove(page.begin(), page.end(), '\\'), page.end());
        const std::string help = call(each.name, {"--help"}).out;
        const std::regex option("\n  (?:-[a-z],)?(--[a-z-]+)");
        std::size_t options = 0;
        for (std::sregex_iterator at(help.begin(), help.end(), option); at != std::sregex_iterator(); ++at, ++options) {
            EXPECT_NE(page.find((*at)[1].str()), std::string::npos) << each.name << " " << (*at)[1];
        }
        EXPECT_GT(options, 0U) << help;
    }
}
#endif

}  // namespace
}  // namespace daypack::core
