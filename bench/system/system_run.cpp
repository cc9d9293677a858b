// SPDX-License-Identifier: MIT
#include "bench/system/system_run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <thread>

#include "bench/rig/bench_instance.h"
#include "bench/system/bare_line.h"
#include "bench/system/other_load.h"
#include "book/types.h"
#include "engine/include/daypack/reader.hpp"
#include "net/backpack/symbol.h"
#include "tools/sim/options.h"

namespace daypack::core::bench {
namespace {

constexpr std::chrono::seconds kPatience{30};
constexpr std::chrono::milliseconds kSettle{300};  // after the last book came up
constexpr std::chrono::milliseconds kPoll{5};      // of the reader: it must not take the engine's core

constexpr const char* kAccount =
    "    channels: [TRADES, L2_BOOK, ORDER_INFO, FILLS, POSITIONS, BALANCES]\n"
    "    accounts: [{{name: bench, key_file: {}}}]\n";

std::vector<std::string> names_of(const SystemCell& cell) {
    std::vector<std::string> names;
    for (int i = 0; i < cell.symbols; ++i) names.push_back(fmt::format("BENCH{}_USDC", i));
    return names;
}

std::vector<std::string> venue_arguments(const SystemCell& cell, const std::string& ca_file, const std::string& keys) {
    std::vector<std::string> arguments{"sim",
                                       "--tls",
                                       "--ca-out",
                                       ca_file,
                                       "--no-jitter",
                                       "--odd-lag",
                                       "0",
                                       "--symbols",
                                       fmt::format("{}", fmt::join(names_of(cell), ",")),
                                       "--rate",
                                       fmt::format("{:g}", static_cast<double>(cell.rate) / cell.symbols)};
    if (cell.account_rate == 0) return arguments;
    for (const std::string& more : {std::string("--accounts"), std::string("1"), std::string("--keys-out"), keys,
                                    std::string("--account-rate"), std::to_string(cell.account_rate)}) {
        arguments.push_back(more);
    }
    return arguments;
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

std::string write_config(const SystemCell& cell, const Venue& venue, const std::string& mode,
                         const BenchInstance& instance, const ScratchFolder& folder) {
    const std::string path = folder.file("bench.yaml");
    std::ofstream file(path);
    file << fmt::format(
        "exchanges:\n  bench:\n    class: Ccxt_Backpack_Feed\n    exchange: backpack\n    symbols: [{}]\n    lines: "
        "{}\n"
        "    rest_urls: [\"{}\"]\n    ws_urls: [\"{}\"]\n    ca_file: {}\n{}engine:\n  instance: {}\n",
        fmt::join(names_of(cell), ", "), cell.lines, venue.url("https"), venue.url("wss"), venue.ca_file(),
        cell.follows_account ? fmt::format(kAccount, venue.key_file()) : "", instance.name());
    if (mode != "default") file << "  threads: " << mode << "\n";
    if (cell.cpu >= 0) file << "  net_cpus: [" << cell.cpu << "]\n";
    if (!cell.metrics_listen.empty()) file << "  metrics_listen: " << cell.metrics_listen << "\n";
    if (!file.flush()) throw std::runtime_error(path + ": cannot be written; is the disk full?");
    return path;
}

bool all_live(Reader& reader, int symbols) {
    if (reader.symbols() != symbols) return false;
    for (SymbolIndex i = 0; i < reader.symbols(); ++i) {
        const auto top = reader.top(i);
        if (!top || top->state != DAYPACK_STATE_LIVE) return false;
    }
    return true;
}

// Reads all updates that are published until `end`. The engine stamps each as it publishes it, so that it need not be
// caught in the act: on a machine of few cores a reader that spins would take the core that it measures.
std::uint64_t read_updates(Reader& reader, std::chrono::steady_clock::time_point end, Outcome& outcome) {
    std::uint64_t cursor = daypack_cursor(&reader.raw());
    std::vector<std::int64_t> taken_ns;  // of each update, from its frame
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
            outcome.visible.record(record.publish_ns - (record.venue_match_us + sim::kVenueLagUs) * 1'000);
            taken_ns.push_back(record.publish_ns - record.receive_ns);
            outcome.frame_to_shm.record(taken_ns.back());
        }
        if (!last_turn) std::this_thread::sleep_for(kPoll);
    }
    if (!taken_ns.empty()) {
        const auto p99 = taken_ns.begin() + static_cast<std::ptrdiff_t>(taken_ns.size() * 99 / 100);
        std::nth_element(taken_ns.begin(), p99, taken_ns.end());
        outcome.frame_to_shm_p99_ns = static_cast<double>(*p99);
    }
    return taken_ns.size();
}

}  // namespace

std::string SystemCell::name() const {
    return fmt::format("system_{}x{}x{}", rate, symbols, lines);
}

Venue::Venue(const SystemCell& cell, const ScratchFolder& folder)
    : ca_file_(folder.file("ca.pem")),
      key_file_(folder.file("keys") + "/account1.key"),
      program_(venue_arguments(cell, ca_file_, folder.file("keys")), folder.file("sim.out")) {
    constexpr std::string_view kKey = R"({"listening":)";
    wait_until("for its exchange", program_, [&] {
        const std::string printed = program_.printed();
        if (!printed.starts_with(kKey) || !printed.ends_with('\n')) return false;
        port_ = std::atoi(printed.c_str() + kKey.size());
        return true;
    });
}

std::string Venue::url(const std::string& scheme) const {
    return fmt::format("{}://localhost:{}", scheme, port_);
}

struct RunningEngine::Parts {
    Parts(const SystemCell& cell, const Venue& venue, const std::string& mode, const ScratchFolder& folder)
        : venue_pid(venue.pid()),
          engine({"run", write_config(cell, venue, mode, instance, folder)}, folder.file("run.out")) {}

    pid_t venue_pid;
    BenchInstance instance;  // one that was taken over would list the markets of the cell before
    Program engine;
    std::unique_ptr<Reader> reader;
};

RunningEngine::RunningEngine(const SystemCell& cell, const Venue& venue, const std::string& mode,
                             const ScratchFolder& folder)
    : parts_(std::make_unique<Parts>(cell, venue, mode, folder)) {
    auto& [venue_pid, instance, engine, reader] = *parts_;
    wait_until("for its books", engine, [&, &instance = instance, &engine = engine, &reader = reader] {
        try {
            if (!reader) reader = std::make_unique<Reader>(instance.name());
        } catch (const std::exception&) {
            return false;  // the segment is not there yet
        }
        (void)daypack_follow(&reader->raw());
        const bool ours = daypack_load(&reader->header().writer_pid) == static_cast<std::uint64_t>(engine.pid());
        return ours && all_live(*reader, cell.symbols);
    });
    std::this_thread::sleep_for(kSettle);
}

RunningEngine::~RunningEngine() = default;

const std::string& RunningEngine::instance() const noexcept {
    return parts_->instance.name();
}

pid_t RunningEngine::pid() const noexcept {
    return parts_->engine.pid();
}

Outcome RunningEngine::measure(int measure_ms) {
    auto& [venue_pid, instance, engine, reader] = *parts_;
    Outcome outcome;
    OtherLoad others({venue_pid, engine.pid()});
    const std::int64_t cpu_before = cpu_ns_of(engine.pid());
    const std::uint64_t updates =
        read_updates(*reader, std::chrono::steady_clock::now() + std::chrono::milliseconds(measure_ms), outcome);
    const std::int64_t cpu = cpu_ns_of(engine.pid()) - cpu_before;
    outcome.others = others.cores();
    if (updates == 0) throw std::runtime_error("the bench's engine published no update: " + engine.printed());
    outcome.cpu_us = static_cast<double>(cpu) / 1e3 / static_cast<double>(updates);
    const std::uint64_t threads = daypack_load(&reader->header().threads);
    outcome.chosen = fmt::format("{}, {}", daypack_threads_name(threads), daypack_idle_name(threads));
    return outcome;
}

Outcome run_engine(const SystemCell& cell, const Venue& venue, const std::string& mode, const ScratchFolder& folder,
                   int measure_ms) {
    return RunningEngine(cell, venue, mode, folder).measure(measure_ms);
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

}  // namespace daypack::core::bench
