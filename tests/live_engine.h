#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "book/decimal.h"
#include "engine/daypack_shm.h"
#include "engine/engine.h"
#include "tools/sim/exchange.h"

namespace daypack {

inline constexpr std::chrono::milliseconds kBound{60'000};  // generous: sanitizers on two busy cores

// Waits for a condition, looking often. False once the bound is over.
inline bool wait_until(const std::function<bool()>& condition, std::chrono::milliseconds bound = kBound) {
    const auto end = std::chrono::steady_clock::now() + bound;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return condition();
        std::this_thread::yield();
    }
    return true;
}

// The certificate to trust, in a file for as long as this lives.
class CaFile {
  public:
    std::string write(const std::string& pem) {
        path_ = testing::TempDir() + "daypack_ca_" + std::to_string(getpid()) + ".pem";
        std::ofstream(path_) << pem;
        return path_;
    }
    ~CaFile() { unlink(path_.c_str()); }

  private:
    std::string path_;
};

// An engine of this process against a simulated exchange, over TLS on loopback, with its shared memory read back as any
// other process would.
class LiveEngine {
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
        if (change) change(config);
        instance_ = config.engine.instance;
        engine_ = std::make_unique<Engine>(std::move(config), std::move(callbacks), [this](const std::string& line) {
            const std::scoped_lock lock(mutex_);
            log_ += line + "\n";
        });
        engine_->start();
        if (daypack_open(&reader_, instance_.c_str()) != DAYPACK_OK) throw std::runtime_error("no shared memory");
    }
    ~LiveEngine() {
        engine_.reset();
        daypack_close(&reader_);
        unlink(("/dev/shm/daypack." + instance_).c_str());
    }
    LiveEngine(const LiveEngine&) = delete;
    LiveEngine& operator=(const LiveEngine&) = delete;

    // REQUIRES: end() was not called.
    [[nodiscard]] Engine& engine() noexcept { return *engine_; }
    // Stops and destroys the engine; its shared memory can still be read.
    void end() { engine_.reset(); }
    [[nodiscard]] daypack_reader& reader() noexcept { return reader_; }
    [[nodiscard]] const std::string& instance() const noexcept { return instance_; }
    [[nodiscard]] std::string log() {
        const std::scoped_lock lock(mutex_);
        return log_;
    }

    // Best bid and offer with state; none while the symbol is not listed or the writer is faster.
    [[nodiscard]] std::optional<daypack_top> top(const std::string& symbol) {
        daypack_top top;
        const int index = daypack_find(&reader_, symbol.c_str());
        if (daypack_read_top(&reader_, index, &top) != DAYPACK_OK) return std::nullopt;
        return top;
    }
    [[nodiscard]] bool live(const std::string& symbol) {
        const auto now = top(symbol);
        return now && now->state == DAYPACK_STATE_LIVE;
    }
    [[nodiscard]] std::uint64_t counter(const std::string& symbol, unsigned which) {
        const int index = daypack_find(&reader_, symbol.c_str());
        return index < 0 ? 0 : daypack_symbol_counter(&reader_, static_cast<unsigned>(index), which);
    }

    // The whole published book, as the exchange would put its own: {"symbol":…,"u":…,"bids":[…],"asks":[…]}.
    struct Read {
        daypack_book book;
        std::string text;
    };
    [[nodiscard]] std::optional<Read> read(const std::string& symbol) {
        std::vector<daypack_level> bids(reader_.depth);
        std::vector<daypack_level> asks(reader_.depth);
        Read read;
        const auto most = static_cast<std::uint32_t>(reader_.depth);
        if (daypack_read_book(&reader_, daypack_find(&reader_, symbol.c_str()), &read.book, bids.data(), most,
                              asks.data(), most) != DAYPACK_OK) {
            return std::nullopt;
        }
        bids.resize(read.book.bids);
        asks.resize(read.book.asks);
        read.text = R"({"symbol":")" + symbol + R"(","u":)" + std::to_string(read.book.top.u) + R"(,"bids":)" +
                    side_text(bids, read.book.top) + R"(,"asks":)" + side_text(asks, read.book.top) + "}";
        return read;
    }

  private:
    static std::string side_text(const std::vector<daypack_level>& levels, const daypack_top& top) {
        const auto decimals = [](int exponent) { return exponent < 0 ? -exponent : 0; };
        std::string text = "[";
        for (const auto& level : levels) {
            if (text.size() > 1) text += ",";
            text += "[\"" + format_decimal(level.price, top.price_exponent, decimals(top.price_exponent)) + "\",\"" +
                    format_decimal(level.quantity, top.quantity_exponent, decimals(top.quantity_exponent)) + "\"]";
        }
        return text + "]";
    }

    CaFile ca_;
    std::mutex mutex_;
    std::string log_;
    std::string instance_;
    std::unique_ptr<Engine> engine_;
    daypack_reader reader_{};
};

// Compares a book with the truth at its own `u`. Books are long: what differs is shown from where it begins.
inline testing::AssertionResult same_text(const std::string& is, const std::string& shall) {
    if (is == shall) return testing::AssertionSuccess();
    std::size_t at = 0;
    while (at < is.size() && at < shall.size() && is[at] == shall[at]) ++at;
    const std::size_t from = at < 60 ? 0 : at - 60;
    return testing::AssertionFailure() << "differs at byte " << at << "\nis    …" << is.substr(from, 160) << "\nshall …"
                                       << shall.substr(from, 160);
}

}  // namespace daypack
