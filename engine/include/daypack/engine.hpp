// SPDX-License-Identifier: MIT
#pragma once
#include <chrono>
#include <cstdint>
#include <daypack/account.hpp>
#include <daypack/book.hpp>
#include <daypack/config.hpp>
#include <daypack/events.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The engine in your program. Link the target daypack::engine; it links wolfSSL, which is under the GPL.

namespace daypack {

// Best bid and offer of a symbol as they were last published.
struct Top {
    Level bid;  // quantity 0: there is none
    Level ask;
    Units units;  // of both; may be finer than those of BookUpdate, so compare no integers of the two
    std::uint64_t u = 0;
    State state = State::down;
    Reason reason = Reason::none;
    std::uint16_t flags = 0;      // of Flag
    std::int64_t publish_ns = 0;  // this machine's wall clock, ns since the Unix epoch

    [[nodiscard]] bool live() const noexcept { return state == State::live; }
};

// A whole book as it was last published, `Config::depth` levels a side at most, best first.
struct Snapshot {
    Top top;
    std::vector<Level> bids;
    std::vector<Level> asks;
    std::int64_t venue_match_us = 0;             // the exchange's clock, as in BookUpdate
    std::int64_t venue_send_us = 0;              // likewise
    std::int64_t receive_ns = 0;                 // this machine's wall clock
    std::optional<std::int64_t> known_to_bid{};  // no level below is known; none: all are
    std::optional<std::int64_t> known_to_ask{};  // no level above is known; none: all are
};

enum class LogLevel : std::uint8_t { info, warning, error };

// Takes a line of the log, without its end, on a thread of the log's own. One that takes its time holds up no book:
// later lines are dropped and counted when too many wait.
using LogSink = std::function<void(LogLevel level, std::string_view line)>;

// A feed handler that runs in this process: the lines to the exchange, the books, and their shared memory.
//
//     Maker maker;                                  // a daypack::Handler
//     daypack::Engine engine(config, maker);
//     engine.start();
//     if (!engine.wait_live(10s)) ...
//     engine.stop();                                // no callback after this has returned
//
// Thread: one constructs, starts and destroys it; what may be called from others says so. A good guest: it handles no
// signal, and changes nothing of the whole process unless a member of Config asks for that.
class Engine {
  public:
    // Takes the shared memory; nothing runs yet. `handler` outlives the engine. Without a sink the log goes to standard
    // error. Throws ConfigError, which names the member that is wrong, or std::runtime_error with what to do: another
    // engine has the instance, no permission, no room.
    Engine(const Config& config, Handler& handler, LogSink log = {});
    // Without callbacks: see top() and snapshot().
    explicit Engine(const Config& config, LogSink log = {});
    // Stops, if that was not done. REQUIRES: not in a callback of its own.
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // Starts the threads, and returns at once. Throws std::runtime_error where the machine gives no thread more, and
    // where the engine was stopped: it runs once.
    void start();
    // Waits until every book that is asked for is live, or its market is not open (HALTED). False: the time is over
    // first, or the engine has ended; in a callback at once. Thread: any.
    bool wait_live(std::chrono::nanoseconds timeout);
    // Closes the lines, ends the threads, and leaves every book in shared memory as DOWN/stopped. Takes less than a
    // second, and what callbacks take: those of what has come by then are still made. None begins after it has
    // returned. In a callback it returns at once: this callback is then the last, and the rest happens when it has
    // returned. Thread: any, not beside start() or the destructor.
    void stop();
    // Asks for the same and waits for nothing. Thread: any, callbacks and the log's included.
    void request_stop() noexcept;
    // Started, and its threads have not ended. Thread: any.
    [[nodiscard]] bool running() const noexcept;
    // What ended the engine by itself, as on_error() was told; the text is empty where nothing did. Thread: any.
    [[nodiscard]] ErrorCode error() const noexcept;
    [[nodiscard]] std::string error_text() const;

    // Follows one more market, in any of the spellings that a configuration knows, and returns its id; of one that is
    // followed already, the id that it has. Its book comes when the exchange has sent it. Waits some milliseconds for
    // the control thread, so call it in a callback only where that does no harm. Throws ConfigError where it is no
    // name of a market, std::runtime_error where there is no room or the engine was stopped. Thread: any.
    SymbolId add_symbol(std::string_view symbol);
    // Follows it no more: its book becomes DOWN/stopped, and its id stays its own. Returns at once. Throws
    // std::invalid_argument where no symbol has the id, and ConfigError for the last one and where all are followed
    // ({"*"}). Thread: any.
    void remove_symbol(SymbolId id);
    // None while it is not known: what the configuration names has an id when the exchange's list of markets was read.
    // Any spelling. Thread: any.
    [[nodiscard]] std::optional<SymbolId> find(std::string_view symbol) const;
    // "BTC-USDC"; empty where no symbol has the id. Thread: any.
    [[nodiscard]] std::string_view symbol(SymbolId id) const noexcept;

    // What was published last, for programs that poll. None where no symbol has the id, or the writer was faster again
    // and again. A book that the engine has not vouched for within 50 ms is STALE/writer_stalled. Thread: any.
    [[nodiscard]] std::optional<Top> top(SymbolId id) const noexcept;
    // Likewise; false where top() says none, and `buffer` means nothing then. Its vectors keep their room, so a buffer
    // that is used again costs no allocation.
    [[nodiscard]] bool snapshot(SymbolId id, Snapshot& buffer) const;

    // As it was given to the constructor.
    [[nodiscard]] const Config& config() const noexcept;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace daypack
