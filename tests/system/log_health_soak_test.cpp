// SPDX-License-Identifier: MIT
// An engine that runs for long under random faults, as an operator has it: its log stays short, and `daypack health`,
// asked a thousand times, says what the books' states are. Five minutes; DAYPACK_MINUTES=60 is an hour.
#include <nlohmann/json.hpp>
#include <set>

#include "tests/system/chaos_run.h"

namespace daypack::core {
namespace {

constexpr std::size_t kSymbols = 120;
constexpr int kSamples = 1'000;
constexpr double kHour_min = 60;
constexpr double kLinesInAnHour = 200;

double minutes() {
    const char* const text = std::getenv("DAYPACK_MINUTES");
    return text != nullptr ? std::strtod(text, nullptr) : 5;
}

sim::SimOptions venue() {
    sim::SimOptions options;
    options.tls = true;
    for (std::size_t i = 0; i < kSymbols; ++i) options.symbols.push_back("T" + std::to_string(i) + "_USDC");
    options.rate = 5;
    options.levels = 100;
    options.history_changes = 20'000;
    options.chaos_seed = 19;
    // A budget of 20 requests a second: where all lines are lost, 120 books take some seconds to be joined again.
    options.chaos_every_ms = 5'000;
    return options;
}

std::string text_of(unsigned state, unsigned reason) {
    std::string text = daypack_state_name(state);
    if (reason != DAYPACK_REASON_none) text += std::string("/") + daypack_reason_name(reason);
    return text;
}

// Each state that a book had since this was made, by its slot and by the ring, which misses none.
class StatesSeen {
  public:
    explicit StatesSeen(daypack_reader& reader)
        : reader_(reader), cursor_(daypack_cursor(&reader)), seen_(daypack_symbols(&reader)) {
        look();
    }
    // The last look.
    void end() {
        daypack_record record;
        std::uint64_t lost = 0;
        for (int result = DAYPACK_OK; result != DAYPACK_EMPTY;) {
            result = daypack_read_record(&reader_, &cursor_, &record, &lost);
            EXPECT_EQ(lost, 0U) << "the ring was too short for this question";
            if (result != DAYPACK_OK || daypack_record_kind(&record) != DAYPACK_KIND_STATE) continue;
            note(daypack_record_symbol(&record), static_cast<std::uint8_t>(record.status >> 32),
                 static_cast<std::uint8_t>(record.status >> 40));
        }
        look();
    }
    [[nodiscard]] const std::vector<std::set<std::string>>& seen() const noexcept { return seen_; }
    [[nodiscard]] bool changed() const {
        return std::any_of(seen_.begin(), seen_.end(), [](const auto& states) { return states.size() != 1; });
    }

  private:
    void note(std::size_t symbol, unsigned state, unsigned reason) {
        if (symbol < seen_.size()) seen_[symbol].insert(text_of(state, reason));
    }
    void look() {
        for (std::size_t i = 0; i < seen_.size(); ++i) {
            daypack_top top;
            if (daypack_read_top(&reader_, static_cast<int>(i), &top) == DAYPACK_OK) note(i, top.state, top.reason);
        }
    }

    daypack_reader& reader_;
    std::uint64_t cursor_;
    std::vector<std::set<std::string>> seen_;
};

// `daypack health`, asked as a script asks it.
struct Answer {
    int exit_code = -1;
    std::vector<std::string> causes;

    // Beats come each millisecond, and it is late where this machine is busy: nobody else can tell whether it was.
    [[nodiscard]] bool blames_machine() const {
        return std::any_of(causes.begin(), causes.end(), [](const std::string& cause) {
            return cause.find("STALLED") != std::string::npos || cause.find("writer_stalled") != std::string::npos ||
                   cause.find("ask again") != std::string::npos;
        });
    }
};
Answer ask_health(const std::string& folder, const std::string& instance) {
    Program health(folder, "health", {"health", "--instance", instance, "--json"});
    Answer answer{health.wait(), {}};
    const auto told = nlohmann::json::parse(health.out(), nullptr, false);
    if (!told.is_object()) {
        ADD_FAILURE() << "no JSON: " << health.out() << health.err();
        return answer;
    }
    EXPECT_EQ(told["healthy"].get<bool>(), answer.exit_code == 0) << health.out();
    EXPECT_EQ(told["causes"].empty(), answer.exit_code == 0) << health.out();
    answer.causes = told["causes"].get<std::vector<std::string>>();
    return answer;
}

// Each book that is named had the state that is told of it, and each that is not was LIVE.
void expect_true(const Answer& answer, const StatesSeen& states, daypack_reader& reader) {
    std::map<std::string, std::string> told;
    for (const std::string& cause : answer.causes) {
        const std::size_t is = cause.find(" is ");
        ASSERT_NE(is, std::string::npos) << cause;
        told[cause.substr(0, is)] = cause.substr(is + 4);
    }
    for (std::size_t i = 0; i < states.seen().size(); ++i) {
        const auto& seen = states.seen()[i];
        daypack_entry entry;
        daypack_read_entry(&reader, static_cast<std::uint32_t>(i), &entry);
        const std::string name = entry.symbol;
        const auto found = told.find(name);
        const std::string state = found == told.end() ? "LIVE" : found->second;
        EXPECT_TRUE(seen.contains(state))
            << name << " is told to be " << state << ", and was " << testing::PrintToString(seen);
        if (found != told.end()) told.erase(found);
    }
    EXPECT_TRUE(told.empty()) << "no such book: " << testing::PrintToString(told);
}

struct Counts {
    int healthy = 0, unhealthy = 0, sure = 0, again = 0;
    std::uint64_t right_books = 0;
};

void sample(sim::Exchange& exchange, LiveProgram& live, const std::string& folder, const std::string& symbol,
            Counts& counts) {
    constexpr int kPatience = 200;
    for (int turn = 0; turn < kPatience; ++turn) {
        StatesSeen states(live.reader());
        const Answer answer = ask_health(folder, live.instance());
        states.end();
        if (answer.blames_machine()) {
            ++counts.again;
            continue;
        }
        expect_true(answer, states, live.reader());
        ++(answer.causes.empty() ? counts.healthy : counts.unhealthy);
        if (!states.changed()) ++counts.sure;
        // What is LIVE is right, too.
        const auto read = live.read(symbol);
        if (!read || read->book.top.state != DAYPACK_STATE_LIVE || (read->book.top.flags & DAYPACK_FLAG_CROSSED) != 0)
            return;
        const Verdict verdict = judge(exchange, symbol, *read);
        EXPECT_NE(verdict, Verdict::wrong) << symbol << " at u " << read->book.top.u;
        if (verdict == Verdict::right) ++counts.right_books;
        return;
    }
    ADD_FAILURE() << "the writer is told to be stalled " << kPatience << " times in turn";
}

double lines_of(const std::string& log) {
    return static_cast<double>(std::count(log.begin(), log.end(), '\n'));
}

TEST(LogAndHealth, AreShortAndRightForAsLongAsItRuns) {
    const sim::SimOptions options = venue();
    sim::Exchange exchange(options);
    LiveProgram live(exchange, options.symbols, "    lines: 2\n", "  depth: 2048\n");
    const auto folder =
        std::filesystem::temp_directory_path() / ("daypack_log_health_test." + std::to_string(getpid()));
    std::filesystem::create_directory(folder);
    EXPECT_TRUE(wait_until([&] { return daypack_symbols(&live.reader()) == kSymbols; }));
    Counts counts;
    double half = 0;
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < kSamples && !HasFailure(); ++i) {
        const std::chrono::duration<double, std::ratio<60>> due(minutes() * i / kSamples);
        std::this_thread::sleep_until(began + std::chrono::duration_cast<std::chrono::nanoseconds>(due));
        sample(exchange, live, folder, options.symbols[static_cast<std::size_t>(i) % kSymbols], counts);
        if (i == kSamples / 2) half = lines_of(live.log());
    }
    const double took_min =
        std::chrono::duration<double, std::ratio<60>>(std::chrono::steady_clock::now() - began).count();
    const double lines = lines_of(live.log());
    // What an hour would have: the second half, in which nothing is new, again and again.
    const double rest_min = std::max(0.0, kHour_min - took_min);
    const double in_an_hour = lines + (lines - half) / (took_min / 2) * rest_min;
    std::printf(
        "%.1f min, %zu symbols, %zu faults: %.0f lines of log (%.0f in the first half), %.0f in an hour; "
        "%d answers healthy, %d not, no state changed meanwhile in %d of them; asked again %d times; %llu books "
        "equal\n",
        took_min, kSymbols, exchange.fault_log().size(), lines, half, in_an_hour, counts.healthy, counts.unhealthy,
        counts.sure, counts.again, static_cast<unsigned long long>(counts.right_books));
    EXPECT_LT(in_an_hour, kLinesInAnHour) << live.log();
    EXPECT_GT(counts.healthy, 0);
    EXPECT_GT(counts.unhealthy, 0);
    EXPECT_GT(counts.sure, kSamples / 10);
    EXPECT_GT(counts.right_books, 0U);
    exchange.end_chaos();
    EXPECT_TRUE(wait_until([&] { return ask_health(folder, live.instance()).exit_code == 0; }));
    live.run().signal(SIGINT);
    EXPECT_EQ(live.run().wait(), 0);
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace daypack::core
