// SPDX-License-Identifier: MIT
#pragma once
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <memory>
#include <mutex>

#include "engine/engine.h"
#include "tests/system/live_reader.h"
#include "tools/sim/exchange.h"

namespace daypack::core {

// A file with the certificate to trust, which lasts as long as this object.
class CaFile {
  public:
    std::string write(const std::string& pem) {
        static std::atomic<unsigned> files{0};  // a process may have several engines
        path_ = testing::TempDir() + "daypack_ca_" + std::to_string(getpid()) + "_" + std::to_string(++files) + ".pem";
        std::ofstream(path_) << pem;
        return path_;
    }
    ~CaFile() { unlink(path_.c_str()); }

  private:
    std::string path_;
};

// How the engines of the following tests divide their work between threads.
inline ThreadModel live_threads = ThreadModel::pipeline;

// Each test of the suite runs once for each division.
class InBothModes : public testing::TestWithParam<ThreadModel> {
  protected:
    InBothModes() { live_threads = GetParam(); }
};
inline std::string mode_name(const testing::TestParamInfo<ThreadModel>& mode) {
    return mode.param == ThreadModel::fused ? "Fused" : "Pipeline";
}

// An engine of this process against a simulated exchange, over TLS on loopback.
class LiveEngine : public LiveReader {
  public:
    // `symbols`: native names, as the exchange lists them.
    LiveEngine(sim::Exchange& exchange, std::vector<std::string> symbols, std::uint32_t depth = 16'384,
               const std::function<void(Config&)>& change = {}, Callbacks callbacks = {}) {
        Config config;
        config.path = "test.yaml";
        for (auto& symbol : symbols) config.exchange.symbols.push_back({std::move(symbol), 7});
        config.exchange.rest_urls = {exchange.rest_url()};
        config.exchange.ws_urls = {exchange.ws_url()};
        config.exchange.ca_file = ca_.write(exchange.ca_pem());
        config.exchange.lines = 1;
        config.engine.instance = "test" + std::to_string(getpid());
        config.engine.depth = depth;
        config.engine.max_symbols = 16;
        config.engine.threads = live_threads;
        if (change) change(config);
        instance_ = config.engine.instance;
        engine_ = std::make_unique<Engine>(std::move(config), std::move(callbacks), [this](const std::string& line) {
            const std::scoped_lock lock(mutex_);
            log_ += line + "\n";
        });
        engine_->start();
        open(instance_);
    }
    ~LiveEngine() {
        engine_.reset();
        unlink(("/dev/shm/daypack." + instance_).c_str());
    }
    LiveEngine(const LiveEngine&) = delete;
    LiveEngine& operator=(const LiveEngine&) = delete;

    // REQUIRES: end() was not called.
    [[nodiscard]] Engine& engine() noexcept { return *engine_; }
    // Stops and destroys the engine; its shared memory can still be read.
    void end() { engine_.reset(); }
    [[nodiscard]] const std::string& instance() const noexcept { return instance_; }
    [[nodiscard]] std::string log() {
        const std::scoped_lock lock(mutex_);
        return log_;
    }

  private:
    CaFile ca_;
    std::mutex mutex_;
    std::string log_;
    std::string instance_;
    std::unique_ptr<Engine> engine_;
};

}  // namespace daypack::core
