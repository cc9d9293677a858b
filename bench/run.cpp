#include "bench/run.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "bench/rows.h"

namespace daypack::bench {
namespace {

struct Measured {
    const char* name;
    std::vector<Row> (*rows)(const Input&);
};
constexpr Measured kMeasured[] = {{"decode_apply", decode_apply},
                                  {"decode_apply_floor", decode_apply_floor},
                                  {"book_recorded", book_recorded},
                                  {"replay_frames", replay_frames}};

struct Machine {
    std::string cpu = "unknown";
    std::string kernel;
    std::string compiler = "g++ " __VERSION__;
    unsigned cores = std::thread::hardware_concurrency();
};

Machine this_machine() {
    Machine machine;
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);) {
        if (!line.starts_with("model name")) continue;
        machine.cpu = line.substr(std::min(line.find(':') + 2, line.size()));
        break;
    }
    utsname name{};
    if (uname(&name) == 0) machine.kernel = std::string(name.sysname) + " " + name.release;
#if defined(__clang__)
    machine.compiler = "clang++ " __clang_version__;
#endif
    return machine;
}

std::string number(double value) {
    return value >= 1000 ? fmt::format("{:.0f}", value) : fmt::format("{:.2f}", value);
}
std::string or_null(const std::optional<double>& value) {
    return value ? number(*value) : "null";
}
std::string met_text(const Row& row, const char* yes, const char* no, const char* unknown) {
    const auto met = row.met();
    return !met ? unknown : *met ? yes : no;
}
// Of what this program made itself, and of paths: quotes and backslashes are all that can be in the way.
std::string json_text(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return '"' + out + '"';
}

void print_json(const Machine& machine, const Input& input, const std::vector<Row>& rows) {
    fmt::print(R"({{"machine":{{"cpu":{},"cores":{},"kernel":{},"compiler":{}}},"input":{},"rounds":{},"rows":[)",
               json_text(machine.cpu), machine.cores, json_text(machine.kernel), json_text(machine.compiler),
               json_text(input.words), kRounds);
    const char* comma = "";
    for (const Row& row : rows) {
        fmt::print(
            R"({}{{"name":{},"value":{},"unit":{},"floor":{},"reference":{},"ratio":{},"target":{},"bound":"{}","met":{}}})",
            comma, json_text(row.name), number(row.value), json_text(row.unit), or_null(row.floor),
            or_null(row.reference), or_null(row.ratio), number(row.target),
            row.bound == Row::Bound::least ? "least" : "most", met_text(row, "true", "false", "null"));
        comma = ",";
    }
    fmt::print("]}}\n");
}

void print_head(const Machine& machine, const Input& input) {
    fmt::print("machine  {}, {} cores, {}, {}, no pinning\n", machine.cpu, machine.cores, machine.kernel,
               machine.compiler);
    fmt::print("input    {}; {} depth frames\n", input.words, input.frames.size());
    fmt::print("method   medians of {} rounds, both ways turn by turn in each\n\n", kRounds);
    fmt::print("{:<26} {:>10} {:<18} {:>10} {:>7} {:>7}  {:<6} {}\n", "row", "value", "unit", "beside", "ratio",
               "target", "met", "what");
}

void print_row(const Row& row) {
    const auto beside = row.floor ? row.floor : row.reference;
    fmt::print("{:<26} {:>10} {:<18} {:>10} {:>7} {:>1}{:>6}  {:<6} {}\n", row.name, number(row.value), row.unit,
               beside ? number(*beside) : "", row.ratio ? number(*row.ratio) : "",
               row.bound == Row::Bound::least ? ">" : "<", fmt::format("{:g}", row.target),
               met_text(row, "yes", "no", "?"), row.what);
    std::fflush(stdout);
}

bool is_wanted(const BenchOptions& options, const std::string& name) {
    return options.rows.empty() || std::any_of(options.rows.begin(), options.rows.end(), [&](const std::string& row) {
               return row == name || row.starts_with(name + ".");
           });
}

}  // namespace

std::vector<std::string> row_names() {
    std::vector<std::string> names;
    for (const Measured& measured : kMeasured) names.emplace_back(measured.name);
    return names;
}

int run_bench(const BenchOptions& options) {
    const Machine machine = this_machine();
    Input input;
    read_input(options.input, input);
    if (!options.json) print_head(machine, input);
    std::vector<Row> all;
    for (const Measured& measured : kMeasured) {
        if (!is_wanted(options, measured.name)) continue;
        for (Row& row : measured.rows(input)) {
            if (!options.json) print_row(row);
            all.push_back(std::move(row));
        }
    }
    if (options.json) print_json(machine, input, all);
    return 0;
}

}  // namespace daypack::bench
