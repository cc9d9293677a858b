// SPDX-License-Identifier: MIT
#pragma once
#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "bench/run.h"
#include "tools/cli/account.h"
#include "tools/cli/account_state.h"
#include "tools/cli/cat.h"
#include "tools/cli/health.h"
#include "tools/cli/instances.h"
#include "tools/cli/markets.h"
#include "tools/cli/run.h"
#include "tools/cli/sign.h"
#include "tools/cli/stat.h"
#include "tools/cli/tail.h"
#include "tools/cli/top.h"
#include "tools/doctor/doctor.h"
#include "tools/selfcheck/selfcheck.h"
#include "tools/sim/run.h"

namespace daypack::core {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUse = 2;

// The parser, and for each verb what runs once its options are filled in.
//
// Thread: main. The options live as long as this: the parser writes into them.
class CommandLine {
  public:
    // `version`: what --version prints.
    explicit CommandLine(const std::string& version);
    // Returns the exit code. Throws what a verb throws.
    [[nodiscard]] int run(int argc, char** argv);
    // For what is made of the same words as --help.
    [[nodiscard]] const CLI::App& app() const noexcept { return app_; }

  private:
    CLI::App& verb(const std::string& name, const std::string& about, std::function<int()> action) {
        CLI::App* sub = app_.add_subcommand(name, about)->group("Verbs");
        actions_.emplace_back(sub, std::move(action));
        return *sub;
    }
    void add_run();
    void add_sim();
    void add_markets();
    void add_readers();
    void add_health();
    void add_doctor();
    void add_selfcheck();
    void add_bench();
    void add_completion();
    void add_sign();
    void add_account();
    [[nodiscard]] int show_state();
    [[nodiscard]] int explain(const CLI::ParseError& error);
    [[nodiscard]] int refuse(const std::string& wrong, const std::string& verb) const;
    [[nodiscard]] std::vector<std::string> names() const;

    CLI::App app_{"A low-latency order-book engine for Backpack Exchange.", "daypack"};
    std::vector<std::pair<CLI::App*, std::function<int()>>> actions_;
    RunOptions run_;
    sim::SimOptions sim_;
    MarketsOptions markets_;
    CatOptions cat_;
    TopOptions top_;
    TailOptions tail_;
    StatOptions stat_;
    HealthOptions health_;
    InstancesOptions instances_;
    DoctorOptions doctor_;
    selfcheck::SelfcheckOptions selfcheck_;
    bench::BenchOptions bench_;
    std::string shell_;
    SignOptions sign_;
    AccountStateOptions account_state_;
    AccountOptions account_;
};

}  // namespace daypack::core
