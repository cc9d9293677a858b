// SPDX-License-Identifier: MIT
// The command line from outside: the program itself, its exit codes, and the one line it says to a wrong use.
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>

#include "tests/net/backpack/slow_json.h"
#include "tests/support/sanitized.h"

namespace daypack::core {
namespace {

struct Outcome {
    int exit_code = -1;
    std::string out;
    std::string err;
};

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

class Cli : public testing::Test {
  protected:
    Cli() { std::filesystem::create_directory(folder_); }
    ~Cli() override { std::filesystem::remove_all(folder_); }

    // Runs `daypack <arguments>` in the folder of the test.
    [[nodiscard]] Outcome daypack(const std::string& arguments) const {
        const std::string command = "cd '" + folder_.string() +
                                    "' && env -u BACKPACK_KEY -u BACKPACK_SECRET '" DAYPACK_PROGRAM "' " + arguments +
                                    " >out 2>err </dev/null";
        const int status = std::system(command.c_str());
        return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(folder_ / "out"), read_file(folder_ / "err")};
    }

    void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }

    [[nodiscard]] std::string folder() const { return folder_.string(); }

  private:
    const std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("daypack_cli_test." + std::to_string(getpid()));
};

// A program on a terminal of its own.
class OnTerminal {
  public:
    OnTerminal(const std::string& folder, const std::vector<const char*>& arguments) {
        pid_ = forkpty(&terminal_, nullptr, nullptr, nullptr);
        if (pid_ != 0) return;
        std::vector<char*> argv{const_cast<char*>(DAYPACK_PROGRAM)};
        for (const char* argument : arguments) argv.push_back(const_cast<char*>(argument));
        argv.push_back(nullptr);
        if (chdir(folder.c_str()) == 0) execv(argv[0], argv.data());
        dprintf(STDERR_FILENO, "the test cannot start %s in %s: %s\n", argv[0], folder.c_str(), strerror(errno));
        _exit(127);
    }
    ~OnTerminal() {
        if (pid_ > 0) {
            kill(pid_, SIGKILL);
            (void)waitpid(pid_, nullptr, 0);
        }
        close(terminal_);
    }
    OnTerminal(const OnTerminal&) = delete;
    OnTerminal& operator=(const OnTerminal&) = delete;

    void type(char key) const { EXPECT_EQ(::write(terminal_, &key, 1), 1); }
    // Reads until it showed that text, or for a minute, or until it closed the terminal.
    [[nodiscard]] bool shows(const std::string& text) {
        return read_until([&] { return shown_.find(text) != std::string::npos; });
    }
    // Its exit code; -1 where it did not end within a minute.
    [[nodiscard]] int exit_code() {
        int status = 0;
        (void)read_until([&] {
            if (waitpid(pid_, &status, WNOHANG) == pid_) pid_ = 0;
            return pid_ == 0;
        });
        if (pid_ > 0 && closed_ && waitpid(pid_, &status, 0) == pid_) pid_ = 0;
        return pid_ == 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

  private:
    template <class Done>
    bool read_until(Done done) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        while (!done()) {
            pollfd output{terminal_, POLLIN, 0};
            char bytes[4096];
            const bool some = !closed_ && poll(&output, 1, 20) > 0;
            const ssize_t count = some ? read(terminal_, bytes, sizeof bytes) : 0;
            if (count > 0) shown_.append(bytes, static_cast<std::size_t>(count));
            if (some && count <= 0) closed_ = true;
            if (closed_ || std::chrono::steady_clock::now() > end) return done();
        }
        return true;
    }

    pid_t pid_ = -1;
    int terminal_ = -1;
    bool closed_ = false;
    std::string shown_;
};

constexpr std::array kVerbs = {"run",       "sim",    "top",       "cat",   "tail", "stat",    "markets",   "health",
                               "instances", "doctor", "selfcheck", "bench", "sign", "account", "completion"};
constexpr std::array kLaterVerbs = {"record", "replay", "verify", "export"};

TEST_F(Cli, HelpNamesTheVerbsThatWorkAndNoOther) {
    const Outcome help = daypack("--help");
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_EQ(help.err, "");
    for (const std::string verb : kVerbs) EXPECT_NE(help.out.find("\n  " + verb + " "), std::string::npos) << verb;
    for (const std::string verb : kLaterVerbs) EXPECT_EQ(help.out.find("\n  " + verb + " "), std::string::npos) << verb;
}

TEST_F(Cli, WhatCannotBeWrittenIsAnError) {
    const std::string run = DAYPACK_PROGRAM " --version >/dev/full 2>&1";
    EXPECT_EQ(WEXITSTATUS(std::system(run.c_str())), 1);
}

TEST_F(Cli, BenchGivesItsRowsAsOneObject) {
    const Outcome bench = daypack("bench --json --rows replay_frames");
    EXPECT_EQ(bench.exit_code, 0);
    EXPECT_EQ(bench.err, "");
    slow::Json json;
    ASSERT_TRUE(slow::JsonReader(bench.out).read(json)) << bench.out;
    for (const char* key : {"machine", "input", "rows"}) EXPECT_NE(json.one(key), nullptr) << key;
    for (const char* row : {"replay_frames.simdjson", "replay_frames.scan"}) {
        EXPECT_NE(bench.out.find("{\"name\":\"" + std::string(row) + "\",\"value\":"), std::string::npos) << bench.out;
    }
    EXPECT_EQ(daypack("bench --rows none").exit_code, 2);
    const Outcome nowhere = daypack("bench --rows publish --html no/such/folder/page.html");
    EXPECT_EQ(nowhere.exit_code, 1);
    EXPECT_NE(nowhere.err.find("page.html: cannot be written"), std::string::npos) << nowhere.err;
    const Outcome missing = daypack("bench --input missing.ndjson");
    EXPECT_EQ(missing.exit_code, 1);
    EXPECT_NE(missing.err.find("missing.ndjson"), std::string::npos) << missing.err;
}

TEST_F(Cli, BenchStartsTheWholeSystemAsProcesses) {
    const Outcome bench = daypack("bench --system --json --rounds 1 --rows system_1000x1x2");
    EXPECT_EQ(bench.exit_code, 0) << bench.err;
    slow::Json json;
    ASSERT_TRUE(slow::JsonReader(bench.out).read(json)) << bench.out;
    const slow::Json* const machine = json.one("machine");
    ASSERT_NE(machine, nullptr) << bench.out;
    for (const char* fact : {"version", "commit", "host", "cpu"}) EXPECT_NE(machine->one(fact), nullptr) << fact;
    for (const char* row : {"p50", "p99", "cpu", "floor"}) {
        const std::string begin = "{\"name\":\"system_1000x1x2." + std::string(row) + "\",\"value\":";
        const auto at = bench.out.find(begin);
        ASSERT_NE(at, std::string::npos) << bench.out;
        EXPECT_GT(std::stod(bench.out.substr(at + begin.size())), 0) << row;
    }
    EXPECT_EQ(daypack("bench --rows system_idle").exit_code, 2) << "a row of --system alone";
    EXPECT_EQ(daypack("bench --system --rows publish").exit_code, 2);
    EXPECT_EQ(daypack("bench --system --input frames.ndjson --rows system_idle").exit_code, 2);
}

TEST_F(Cli, EveryVerbHasHelp) {
    for (const std::string verb : kVerbs) {
        const Outcome help = daypack(verb + " --help");
        EXPECT_EQ(help.exit_code, 0) << verb;
        EXPECT_NE(help.out.find("Usage: daypack " + verb), std::string::npos) << help.out;
    }
}

TEST_F(Cli, VersionIsOneLineOnStdout) {
    const Outcome version = daypack("--version");
    EXPECT_EQ(version.exit_code, 0);
    EXPECT_TRUE(version.out.starts_with("daypack ")) << version.out;
    // Commit and date, as a report of a fault needs them.
    EXPECT_TRUE(std::regex_match(version.out,
                                 std::regex("daypack [0-9.]+ \\([0-9a-f]{12}\\+?, 20[0-9]{2}(-[0-9]{2}){2}\\)\n")) ||
                version.out.find("outside a repository") != std::string::npos)
        << version.out;
    EXPECT_EQ(std::count(version.out.begin(), version.out.end(), '\n'), 1);
}

TEST_F(Cli, WrongUseIsExitTwoWithOneLineThatSaysWhatToDo) {
    for (const std::string use : {"",
                                  "rnu",
                                  "doctor a b",
                                  "--instance a run",
                                  "run",
                                  "run a.yaml b.yaml",
                                  "run a.yaml --duration soon",
                                  "run a.yaml --duration -1",
                                  "run a.yaml --duration",
                                  "run a.yaml --rest-url http://example.com",
                                  "run a.yaml --instance a/b",
                                  "cat --levels x",
                                  "cat --levels 65537",
                                  "cat --symbol 'a b'",
                                  "cat extra",
                                  "tail --instance ''",
                                  "stat --josn",
                                  "health --max-age 500",
                                  "health --max-age 0ms",
                                  "health --max-age 2d",
                                  "instances x",
                                  "run a.yaml --json",
                                  "run a.yaml --log-level loud",
                                  "run a.yaml --log-format xml",
                                  "sim --port x",
                                  "sim --bind exchange",
                                  "sim --tls --name a/b",
                                  "markets a b"}) {
        const Outcome refused = daypack(use);
        EXPECT_EQ(refused.exit_code, 2) << use;
        EXPECT_EQ(refused.out, "") << use;
        EXPECT_TRUE(refused.err.starts_with("daypack: ")) << refused.err;
        EXPECT_NE(refused.err.find("; see `daypack "), std::string::npos) << refused.err;
        EXPECT_EQ(std::count(refused.err.begin(), refused.err.end(), '\n'), 1) << refused.err;
    }
    EXPECT_EQ(daypack("rnu").err, "daypack: unknown verb \"rnu\", did you mean `run`?; see `daypack --help`\n");
    const auto meant = [this](const std::string& use, const char* word) {
        const std::string err = daypack(use).err;
        EXPECT_NE(err.find(std::string(", did you mean `") + word + "`?; see"), std::string::npos) << err;
    };
    meant("bench --rows decode_aply", "decode_apply");
    meant("bench --rows publish,system_idel", "system_idle");
    meant("stat --josn", "--json");
}

TEST_F(Cli, TooFewFilesAreToldWithHowManyItTakes) {
    if (core::test::kSanitized) GTEST_SKIP() << "a sanitizer needs files of its own to look at an object";
    for (const std::string verb : {"sim --port 0", "markets", "selfcheck nowhere.yaml"}) {
        const std::string few = "(ulimit -n 5; exec '" DAYPACK_PROGRAM "' " + verb + ")";
        const int status = std::system(("cd '" + folder() + "' && " + few + " >out 2>err </dev/null").c_str());
        EXPECT_EQ(WEXITSTATUS(status), 1) << verb;
        const std::string err = read_file(folder() + "/err");
        EXPECT_TRUE(err.starts_with("daypack: ulimit -n is 5 files and sockets, of which ")) << err;
        EXPECT_NE(err.find("; daypack " + verb.substr(0, verb.find(' ')) + " needs 32: raise it"), std::string::npos)
            << err;
    }
}

TEST_F(Cli, AWrongConfigurationIsExitTwoWithFileAndLine) {
    write("config.yaml",
          "exchanges:\n  mine:\n    class: Ccxt_Backpack_Feed\n    exchange: backpack\n    symbols: [BTC-USDC]\n    "
          "lins: 2\n");
    for (const std::string verb : {"run", "markets", "doctor"}) {
        const Outcome refused = daypack(verb + " config.yaml");
        EXPECT_EQ(refused.exit_code, 2);
        EXPECT_EQ(refused.err, "daypack: config.yaml:6: unknown key \"lins\" under `mine`; did you mean `lines`?\n");
    }
    const Outcome missing = daypack("run nowhere.yaml");
    EXPECT_EQ(missing.exit_code, 2);
    EXPECT_EQ(
        missing.err,
        "daypack: nowhere.yaml: cannot be read (No such file or directory); give the path of a configuration file\n");
}

TEST_F(Cli, MarketsPassesByNoProxyWithoutAWord) {
    setenv("https_proxy", "http://proxy.test:3128", 1);
    const Outcome refused = daypack("markets");
    unsetenv("https_proxy");
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_EQ(refused.err,
              "daypack: https_proxy is set, but daypack connects to api.backpack.exchange itself and through no proxy; "
              "start it with `env -u https_proxy`, or name the host in NO_PROXY\n");
}

TEST_F(Cli, AReaderWithoutAnEngineIsExitOneWithOneLine) {
    for (const std::string verb : {"cat", "tail", "stat", "top"}) {
        const Outcome alone = daypack(verb + " --instance no-such-engine");
        EXPECT_EQ(alone.exit_code, 1) << verb;
        EXPECT_TRUE(alone.err.starts_with("daypack: ")) << alone.err;
        EXPECT_NE(alone.err.find("no-such-engine"), std::string::npos) << alone.err;
        EXPECT_EQ(std::count(alone.err.begin(), alone.err.end(), '\n'), 1) << alone.err;
    }
}

TEST_F(Cli, QEndsTheLadderOfRunAsItEndsTop) {
    const std::string instance = "test." + std::to_string(getpid()) + ".q";
    write("config.yaml",
          "exchanges:\n  mine:\n    class: Ccxt_Backpack_Feed\n    exchange: backpack\n    symbols: [BTC-USDC]\n"
          "    rest_urls: [\"http://127.0.0.1:1\"]\n    ws_urls: [\"ws://127.0.0.1:1\"]\n"
          "engine:\n  instance: " +
              instance + "\n");
    OnTerminal run(folder(), {"run", "config.yaml"});
    EXPECT_TRUE(run.shows("\x1b[?1049h"));
    run.type('x');
    run.type('q');
    EXPECT_EQ(run.exit_code(), 0) << "ended by the user, who need not have seen anything";
    (void)shm_unlink(("/daypack." + instance).c_str());
}

}  // namespace
}  // namespace daypack::core
