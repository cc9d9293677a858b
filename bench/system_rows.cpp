#include "bench/system_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

#include "bench/bare_line.h"
#include "bench/other_load.h"
#include "bench/program.h"
#include "engine/shm_reader.h"
#include "net/symbol.h"
#include "tools/sim/options.h"

namespace daypack::bench {
namespace {

constexpr std::chrono::seconds kPatience{30};
constexpr std::chrono::milliseconds kSettle{300};  // after the last book came up
constexpr std::chrono::milliseconds kPoll{5};      // of the reader: it must not take the engine's core
constexpr double kOthersMax = 0.1;                 // of one core that programs of others may use
constexpr double kDefaultMax = 1.2;                // of the better mode
constexpr double kFloorMax = 1.25;                 // of the bare line: most of both is the wake-up
constexpr std::array<const char*, 3> kModes{"default", "pipeline", "fused"};

// What one engine did in one round.
struct Outcome {
    Percentiles visible;       // from when an update was due until another process could see it
    Percentiles frame_to_shm;  // ... from when its frame was in the engine's hand
    double cpu_us = 0;         // an update
    double others = 0;         // cores that programs of others used meanwhile
    std::string chosen;        // by the engine: "fused, backoff"
};

std::vector<std::string> names_of(const SystemCell& cell) {
    std::vector<std::string> names;
    for (int i = 0; i < cell.symbols; ++i) names.push_back(fmt::format("BENCH{}_USDC", i));
    return names;
}

// Calls `done` until it says so.
template <class Done>
void wait_until(const char* what, Program& who, Done&& done) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!done()) {
        who.expect_running();
        if (std::chrono::steady_clock::now() > end) {
            throw std::runtime_error(fmt::format("the bench waited in vain {}: {}", what, who.printed()));
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

// The exchange of a cell.
class Venue {
  public:
    Venue(const SystemCell& cell, const ScratchFolder& folder)
        : ca_file_(folder.file("ca.pem")),
          program_({"sim", "--tls", "--ca-out", ca_file_, "--no-jitter", "--odd-lag", "0", "--symbols",
                    fmt::format("{}", fmt::join(names_of(cell), ",")), "--rate",
                    fmt::format("{:g}", static_cast<double>(cell.rate) / cell.symbols)},
                   folder.file("sim.out")) {
        constexpr std::string_view kKey = R"({"listening":)";
        wait_until("for its exchange", program_, [&] {
            const std::string printed = program_.printed();
            if (!printed.starts_with(kKey) || !printed.ends_with('\n')) return false;
            port_ = std::atoi(printed.c_str() + kKey.size());
            return true;
        });
    }
    [[nodiscard]] std::string url(const char* scheme) const { return fmt::format("{}://localhost:{}", scheme, port_); }
    [[nodiscard]] const std::string& ca_file() const noexcept { return ca_file_; }
    [[nodiscard]] pid_t pid() const noexcept { return program_.pid(); }

  private:
    std::string ca_file_;
    Program program_;
    int port_ = 0;
};

// A segment of its own for each engine: one that was taken over would list the markets of the cell before. It is gone
// with this object.
class Instance {
  public:
    Instance() {
        static int count = 0;
        name_ = fmt::format("bench{}n{}", getpid(), ++count);
    }
    ~Instance() { (void)shm_unlink(("/daypack." + name_).c_str()); }
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

  private:
    std::string name_;
};

std::string write_config(const SystemCell& cell, const Venue& venue, const std::string& mode, const Instance& instance,
                         const ScratchFolder& folder) {
    const std::string path = folder.file("bench.yaml");
    std::ofstream file(path);
    file << fmt::format(
        "exchanges:\n  bench:\n    class: Ccxt_Backpack_Feed\n    exchange: backpack\n    symbols: [{}]\n    lines: "
        "{}\n"
        "    rest_urls: [\"{}\"]\n    ws_urls: [\"{}\"]\n    ca_file: {}\nengine:\n  instance: {}\n",
        fmt::join(names_of(cell), ", "), cell.lines, venue.url("https"), venue.url("wss"), venue.ca_file(),
        instance.name());
    if (mode != "default") file << "  threads: " << mode << "\n";
    if (!file.flush()) throw std::runtime_error(path + ": cannot be written; is the disk full?");
    return path;
}

bool all_live(ShmReader& reader, int symbols) {
    if (reader.symbols() != symbols) return false;
    for (SymbolIndex i = 0; i < reader.symbols(); ++i) {
        const auto top = reader.top(i);
        if (!top || top->state != DAYPACK_STATE_LIVE) return false;
    }
    return true;
}

// Reads all updates that are published until `end`. The engine stamps each as it publishes it, so that it need not be
// caught in the act: on a machine of few cores a reader that spins would take the core that it measures.
std::uint64_t read_updates(ShmReader& reader, std::chrono::steady_clock::time_point end, Outcome& outcome) {
    std::uint64_t cursor = daypack_cursor(&reader.raw());
    std::uint64_t updates = 0;
    for (bool last_turn = false; !last_turn;) {
        last_turn = std::chrono::steady_clock::now() >= end;
        daypack_record record;
        std::uint64_t lost = 0;
        for (int result = DAYPACK_OK; result != DAYPACK_EMPTY;) {
            result = daypack_read_record(&reader.raw(), &cursor, &record, &lost);
            if (result == DAYPACK_LOST)
                throw std::runtime_error("the bench's reader was lapped: the machine stood still");
            const unsigned kind = daypack_record_kind(&record);
            const bool ends =
                kind == DAYPACK_KIND_ADVANCE || (kind == DAYPACK_KIND_DELTA && daypack_record_last(&record) != 0);
            if (result != DAYPACK_OK || !ends) continue;
            ++updates;
            outcome.visible.record(record.publish_ns - (record.venue_match_us + sim::kVenueLagUs) * 1'000);
            outcome.frame_to_shm.record(record.publish_ns - record.receive_ns);
        }
        if (!last_turn) std::this_thread::sleep_for(kPoll);
    }
    return updates;
}

Outcome run_engine(const SystemCell& cell, const Venue& venue, const std::string& mode, const ScratchFolder& folder,
                   int measure_ms) {
    Outcome outcome;
    const Instance instance;
    Program engine({"run", write_config(cell, venue, mode, instance, folder)}, folder.file("run.out"));
    std::unique_ptr<ShmReader> reader;
    wait_until("for its books", engine, [&] {
        try {
            if (!reader) reader = std::make_unique<ShmReader>(instance.name());
        } catch (const std::exception&) {
            return false;  // the segment is not there yet
        }
        (void)daypack_follow(&reader->raw());
        const bool ours = daypack_load(&reader->header().writer_pid) == static_cast<std::uint64_t>(engine.pid());
        return ours && all_live(*reader, cell.symbols);
    });
    std::this_thread::sleep_for(kSettle);
    OtherLoad others({venue.pid(), engine.pid()});
    const std::int64_t cpu_before = cpu_ns_of(engine.pid());
    const std::uint64_t updates =
        read_updates(*reader, std::chrono::steady_clock::now() + std::chrono::milliseconds(measure_ms), outcome);
    const std::int64_t cpu = cpu_ns_of(engine.pid()) - cpu_before;
    outcome.others = others.cores();
    if (updates == 0) throw std::runtime_error("the bench's engine told no update: " + engine.printed());
    outcome.cpu_us = static_cast<double>(cpu) / 1e3 / static_cast<double>(updates);
    const std::uint64_t threads = daypack_load(&reader->header().threads);
    outcome.chosen = fmt::format("{}, {}", daypack_threads_name(threads), daypack_idle_name(threads));
    return outcome;
}

Outcome run_floor(const SystemCell& cell, const Venue& venue, int measure_ms) {
    Outcome outcome;
    std::vector<std::string> streams;
    for (const auto& name : names_of(cell)) {
        streams.push_back(stream_name(Channel::depth, name, DepthStream::realtime));
        streams.push_back(stream_name(Channel::trade, name, DepthStream::realtime));
    }
    BareLine line(venue.url("wss"), venue.ca_file(), streams);
    std::this_thread::sleep_for(kSettle);
    OtherLoad others({venue.pid(), line.pid()});
    const std::int64_t cpu_before = cpu_ns_of(line.pid());
    const auto samples = line.measure(measure_ms);
    const std::int64_t cpu = cpu_ns_of(line.pid()) - cpu_before;
    outcome.others = others.cores();
    for (const std::int64_t ns : samples) outcome.visible.record(ns);
    outcome.cpu_us = static_cast<double>(cpu) / 1e3 / static_cast<double>(std::max<std::size_t>(samples.size(), 1));
    return outcome;
}

// A cell's rounds, all modes and the floor in turn.
struct Measured {
    std::vector<std::array<Outcome, kModes.size()>> rounds;
    std::vector<Outcome> floors;
};

Measured measure_cell(const SystemCell& cell, const SystemEffort& effort) {
    Measured measured;
    const ScratchFolder folder;
    const Venue venue(cell, folder);
    for (int round = 0; round < effort.rounds; ++round) {
        measured.floors.push_back(run_floor(cell, venue, effort.measure_ms));
        auto& modes = measured.rounds.emplace_back();
        for (std::size_t i = 0; i < kModes.size(); ++i) {  // each is first in its turn
            const std::size_t mode = (i + static_cast<std::size_t>(round)) % kModes.size();
            modes[mode] = run_engine(cell, venue, kModes[mode], folder, effort.measure_ms);
        }
    }
    return measured;
}

// What a figure of the modes is in the median of the rounds, and how the default's stands to the better of the others.
template <class Figure>
void tell(Row& row, const Measured& measured, Figure&& figure) {
    std::vector<double> values, best, ratios, floors;
    for (const auto& modes : measured.rounds) {
        values.push_back(figure(modes[0]));
        best.push_back(std::min(figure(modes[1]), figure(modes[2])));
        ratios.push_back(values.back() / best.back());
    }
    for (const auto& floor : measured.floors) floors.push_back(figure(floor));
    row.value = median(values);
    row.reference = median(best);
    row.ratio = median(ratios);
    row.floor = median(floors);
    row.spread = spread_of(ratios);
}

void tell_against_floor(Row& row, const Measured& measured) {
    std::vector<double> values, floors, ratios;
    for (std::size_t i = 0; i < measured.rounds.size(); ++i) {
        values.push_back(measured.rounds[i][0].visible.at(0.5) / 1e3);
        floors.push_back(measured.floors[i].visible.at(0.5) / 1e3);
        ratios.push_back(values.back() / floors.back());
    }
    row.value = median(values);
    row.floor = median(floors);
    row.ratio = median(ratios);
    row.target = kFloorMax;
    row.spread = spread_of(ratios);
}

std::string untold_since(double others) {
    if (others <= kOthersMax) return "";
    return fmt::format("other programs used {:.2f} cores meanwhile; measure when the machine is calm", others);
}

double most_of_others(const Measured& measured) {
    double most = 0;
    for (const auto& floor : measured.floors) most = std::max(most, floor.others);
    for (const auto& modes : measured.rounds) {
        for (const auto& outcome : modes) most = std::max(most, outcome.others);
    }
    return most;
}

std::vector<Row> rows_of(const SystemCell& cell, const Measured& measured) {
    const auto of_mode = [&](std::size_t mode, auto&& part) {
        Percentiles all;
        for (const auto& modes : measured.rounds) all.add(part(modes[mode]));
        return all;
    };
    const auto visible = [](const Outcome& outcome) -> const Percentiles& { return outcome.visible; };
    const auto in_hand = [](const Outcome& outcome) -> const Percentiles& { return outcome.frame_to_shm; };
    const std::string untold = untold_since(most_of_others(measured));
    const std::string& chosen = measured.rounds.front()[0].chosen;
    const auto row = [&](const std::string& suffix, const std::string& unit, std::string what) {
        Row made;
        made.name = cell.name() + suffix;
        made.unit = unit;
        made.bound = Row::Bound::most;
        made.target = kDefaultMax;
        made.what = std::move(what);
        made.untold = untold;
        return made;
    };
    std::vector<Row> rows;
    rows.push_back(row(".p50", "us due to visible",
                       fmt::format("{} updates/s in all, {} symbols, {} lines; the default ({}) against the better "
                                   "mode; floor: a bare line",
                                   cell.rate, cell.symbols, cell.lines, chosen)));
    tell(rows.back(), measured, [&](const Outcome& outcome) { return outcome.visible.at(0.5) / 1e3; });
    for (std::size_t mode = 0; mode < kModes.size(); ++mode) {
        rows.back().curves.push_back({fmt::format("{}: due to visible", kModes[mode]), of_mode(mode, visible)});
    }
    Percentiles floor;
    for (const auto& outcome : measured.floors) floor.add(outcome.visible);
    rows.back().curves.push_back({"floor: due to visible", std::move(floor)});
    for (std::size_t mode = 0; mode < kModes.size(); ++mode) {
        rows.back().curves.push_back({fmt::format("{}: frame to shm", kModes[mode]), of_mode(mode, in_hand)});
    }
    rows.push_back(row(".p99", "us due to visible", "the same at p99"));
    tell(rows.back(), measured, [&](const Outcome& outcome) { return outcome.visible.at(0.99) / 1e3; });
    rows.push_back(row(".cpu", "us CPU an update", "of the engine, all its threads"));
    tell(rows.back(), measured, [](const Outcome& outcome) { return outcome.cpu_us; });
    rows.push_back(row(".floor", "us due to visible", "the default at p50 against a bare line: no decoding, no book"));
    tell_against_floor(rows.back(), measured);
    return rows;
}

std::vector<SystemCell> cells() {
    std::vector<SystemCell> all;
    for (const int rate : {100, 1'000, 10'000}) {
        for (const int symbols : {1, 10, 100}) {
            for (const int lines : {1, 2}) all.push_back({rate, symbols, lines});
        }
    }
    return all;
}

constexpr const char* kLines = "system_lines";
constexpr const char* kIdle = "system_idle";
constexpr double kLinesMax = 1.3;  // four lines against one
constexpr double kIdleMax = 4;     // percent of a core
constexpr SystemCell kQuiet{150, 3, 2};

// What four lines cost against one, round by round in turn.
std::vector<Row> lines_rows(const SystemEffort& effort) {
    SystemCell cell{1'000, 10, 1};
    const ScratchFolder folder;
    const Venue venue(cell, folder);
    std::array<std::vector<Outcome>, 2> outcomes;
    double others = 0;
    for (int round = 0; round < effort.rounds; ++round) {
        for (const std::size_t which : {0, 1}) {
            cell.lines = which == 0 ? 1 : 4;
            outcomes[which].push_back(run_engine(cell, venue, "default", folder, effort.measure_ms));
            others = std::max(others, outcomes[which].back().others);
        }
    }
    const auto row = [&](const char* suffix, const char* unit, const char* what, auto&& figure) {
        std::vector<double> one, four, ratios;
        for (std::size_t i = 0; i < outcomes[0].size(); ++i) {
            one.push_back(figure(outcomes[0][i]));
            four.push_back(figure(outcomes[1][i]));
            ratios.push_back(four.back() / one.back());
        }
        Row made;
        made.name = std::string(kLines) + suffix;
        made.value = median(four);
        made.unit = unit;
        made.reference = median(one);
        made.ratio = median(ratios);
        made.bound = Row::Bound::most;
        made.what = what;
        made.untold = untold_since(others);
        made.spread = spread_of(ratios);
        return made;
    };
    std::vector<Row> rows;
    rows.push_back(row(".p50", "us frame to shm", "four lines of 10 symbols, 1000 updates/s in all, against one",
                       [](const Outcome& outcome) { return outcome.frame_to_shm.at(0.5) / 1e3; }));
    rows.push_back(row(".p99", "us frame to shm", "the same at p99",
                       [](const Outcome& outcome) { return outcome.frame_to_shm.at(0.99) / 1e3; }));
    for (Row& judged : rows) judged.target = kLinesMax;
    rows.push_back(row(".cpu", "us CPU an update", "each line decrypts all of it: more lines are more work",
                       [](const Outcome& outcome) { return outcome.cpu_us; }));
    return rows;
}

// What an engine costs where little happens.
Row idle_row(const SystemEffort& effort) {
    const ScratchFolder folder;
    const Venue venue(kQuiet, folder);
    std::vector<double> percents;
    double others = 0;
    for (int round = 0; round < effort.rounds; ++round) {
        const Outcome outcome = run_engine(kQuiet, venue, "default", folder, effort.measure_ms);
        percents.push_back(outcome.cpu_us * kQuiet.rate / 1e4);
        others = std::max(others, outcome.others);
    }
    Row row;
    row.name = std::string(kIdle) + ".cpu";
    row.value = median(percents);
    row.unit = "% of a core";
    row.bound = Row::Bound::most;
    row.target = kIdleMax;
    row.what = "3 symbols, 50 updates/s each, 2 lines, the default";
    row.untold = untold_since(others);
    row.spread = spread_of(percents);
    return row;
}

}  // namespace

std::string SystemCell::name() const {
    return fmt::format("system_{}x{}x{}", rate, symbols, lines);
}

std::vector<std::string> system_row_names() {
    std::vector<std::string> names;
    for (const SystemCell& cell : cells()) names.push_back(cell.name());
    names.emplace_back(kLines);
    names.emplace_back(kIdle);
    return names;
}

std::vector<Row> system_rows(const std::vector<std::string>& rows, const SystemEffort& effort,
                             const std::function<void(const Row&)>& on_row) {
    std::vector<Row> all;
    const auto wanted = [&](const std::string& name) {
        return rows.empty() || std::find(rows.begin(), rows.end(), name) != rows.end();
    };
    const auto add = [&](std::vector<Row> some) {
        for (Row& row : some) {
            on_row(row);
            all.push_back(std::move(row));
        }
    };
    for (const SystemCell& cell : cells()) {
        if (wanted(cell.name())) add(rows_of(cell, measure_cell(cell, effort)));
    }
    if (wanted(kLines)) add(lines_rows(effort));
    if (wanted(kIdle)) add({idle_row(effort)});
    return all;
}

}  // namespace daypack::bench
