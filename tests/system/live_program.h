// SPDX-License-Identifier: MIT
#pragma once
#include <dirent.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/program.h"
#include "tests/system/live_reader.h"
#include "tools/sim/exchange.h"

namespace daypack::core {

// `daypack run` as a process of its own against a simulated exchange, over TLS on loopback.
class LiveProgram : public LiveReader {
  public:
    // `symbols`: native names. `feed`, `engine`: more lines of the configuration file. `ws_url`: the address of its
    // lines, unless they connect to the exchange directly.
    LiveProgram(sim::Exchange& exchange, const std::vector<std::string>& symbols, const std::string& feed,
                const std::string& engine, const std::string& ws_url = {}) {
        std::filesystem::create_directory(folder_);
        std::ofstream(folder_ + "/ca.pem") << exchange.ca_pem();
        std::ostringstream text;
        text << "exchanges:\n  ccxt_backpack:\n    class: Ccxt_Backpack_Feed\n    exchange: backpack\n"
             << "    channels: [TRADES, L2_BOOK]\n    ca_file: ca.pem\n    rest_urls: [\"" << exchange.rest_url()
             << "\"]\n    ws_urls: [\"" << (ws_url.empty() ? exchange.ws_url() : ws_url) << "\"]\n    symbols: [";
        for (const auto& symbol : symbols) text << (symbol == symbols.front() ? "" : ", ") << symbol;
        text << "]\n" << feed << "engine:\n  instance: " << instance_ << "\n";
        before_engine_ = text.str();
        configure(engine);
        start();
        if (!wait_until([&] { return std::filesystem::exists("/dev/shm/daypack." + instance_) || run_->ended(); }) ||
            run_->ended()) {
            throw std::runtime_error("daypack run ended at once: " + log());
        }
        open(instance_);
    }
    ~LiveProgram() {
        run_.reset();
        std::filesystem::remove_all(folder_);
        // One that was killed has left the file on which readers wait, for the next one.
        for (const char* const end : {"", ".wake"}) std::filesystem::remove("/dev/shm/daypack." + instance_ + end);
    }

    // Writes the configuration file, with other lines of `engine`; the next start reads it.
    void configure(const std::string& engine) const { std::ofstream(folder_ + "/my.yaml") << before_engine_ << engine; }
    // Starts the program again after the last one has ended, with the same configuration.
    void start() { run_ = another("run"); }
    // Has another one take the place of the one that runs; `meanwhile` is called until that one has ended. Returns
    // whether it did so in good order.
    [[nodiscard]] bool take_over(const std::function<void()>& meanwhile) {
        auto next = another("run" + std::to_string(++takeovers_), {"--takeover"});
        const bool done = wait_until([&] { return meanwhile(), run_->ended() || next->ended(); });
        if (!done || next->ended() || run_->wait() != 0) return false;
        run_ = std::move(next);
        return true;
    }
    // Starts another one beside the one that runs.
    [[nodiscard]] std::unique_ptr<Program> another(const std::string& name = "another",
                                                   const std::vector<std::string>& options = {}) const {
        std::vector<std::string> arguments{"run", "my.yaml"};
        arguments.insert(arguments.end(), options.begin(), options.end());
        return std::make_unique<Program>(folder_, name, arguments);
    }
    // Puts other words into the configuration file, for those that start from now on.
    void rewrite(const std::string& from, const std::string& to) const {
        std::ifstream file(folder_ + "/my.yaml");
        std::string text{std::istreambuf_iterator<char>(file), {}};
        text.replace(text.find(from), from.size(), to);
        std::ofstream(folder_ + "/my.yaml") << text;
    }
    [[nodiscard]] const std::string& instance() const noexcept { return instance_; }
    [[nodiscard]] Program& run() noexcept { return *run_; }
    [[nodiscard]] std::string log() const { return run_->err(); }

    // The memory of its process: its own, the touched part of the segment, and what of both the kernel has swapped out.
    // Pages of the program's file are not counted, because the kernel drops and rereads them at will.
    [[nodiscard]] std::int64_t resident_kib() const {
        std::ifstream status("/proc/" + std::to_string(run_->pid()) + "/status");
        std::int64_t sum = 0;
        for (std::string word; status >> word;) {
            std::int64_t kib = 0;
            const bool counts = word == "RssAnon:" || word == "RssShmem:" || word == "VmSwap:";
            if (counts && status >> kib) sum += kib;
        }
        return sum;
    }
    [[nodiscard]] int descriptors() const {
        int count = 0;
        DIR* const folder = opendir(("/proc/" + std::to_string(run_->pid()) + "/fd").c_str());
        while (folder != nullptr && readdir(folder) != nullptr) ++count;
        if (folder != nullptr) closedir(folder);
        return count;
    }

  private:
    const std::string instance_ = "live_program." + std::to_string(getpid());
    const std::string folder_ = std::filesystem::temp_directory_path() / ("daypack_" + instance_);
    std::string before_engine_;
    std::unique_ptr<Program> run_;
    int takeovers_ = 0;
};

}  // namespace daypack::core
