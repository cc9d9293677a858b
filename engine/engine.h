// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "book/instrument.h"
#include "engine/callbacks.h"
#include "engine/config.h"

namespace daypack::core {

class Segment;

// A running feed handler: the lines to the exchange, the books, and their shared memory.
//
//     Engine engine(load_config("my.yaml"), {.on_book = [](const BookView& book) { ... }});
//     engine.start();
//     ...
//     engine.stop();
//
// Thread: one constructs, starts, stops and destroys it; stop() may be called in a callback as well. The callbacks come
// on the book thread; with `threads: fused` that is the network thread.
// A good guest: its threads take no signals but those of a fault of their own, so no handler of the host runs on them.
// It changes nothing of the whole process, unless a key asks for that (`mlock`); core dumps with keys in them are for
// the host to forbid (PR_SET_DUMPABLE).
// A host may fork. The engine stays with the process that started it: in the child stop(), set_symbols() and the
// destructor do nothing, and start() throws.
class Engine {
  public:
    // Takes a line of the log, without its end. Called on a thread of the log's own: one that takes its time holds up
    // nothing but later lines, which are dropped and counted when too many wait, and stop(). Default: standard error,
    // where a pipe that nobody reads holds up nothing at all.
    using Log = std::function<void(const std::string&)>;

    // Checks the configuration as one of a file is, wherever it comes from, and takes the shared memory. Throws
    // ConfigError, which names the member that is wrong, or std::runtime_error with what to do: another engine has the
    // instance, no permission, no room. `gives_up`: asked meanwhile, on this thread; where it says so, SegmentGivenUp
    // is thrown (engine/shm/segment.h), and a segment that is there says STOPPED.
    explicit Engine(Config config, Callbacks callbacks = {}, Log log = {}, const std::function<bool()>& gives_up = {});
    // Stops, if that was not done. REQUIRES: not in a callback of its own.
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // Starts the threads; returns at once. The books say SYNCING until they are there. Throws std::runtime_error where
    // the machine gives no thread more, and where it was stopped: an engine runs once, so make another one.
    void start();
    // Closes the lines, ends the threads, and leaves every book as DOWN/stopped. Takes less than a second. In a
    // callback it returns at once: the same happens when the callback has returned, and the threads are gone after the
    // next stop() outside of one, or with the engine.
    void stop();

    // Asks for the end, as stop() in a callback does. Thread: any.
    void request_stop() noexcept;
    // It was started, and its threads have not ended; and: they have. Thread: any.
    [[nodiscard]] bool is_running() const noexcept;
    [[nodiscard]] bool has_ended() const noexcept;
    // Whether it joins beside the engine that has the instance, so that no reader sees its books yet: see
    // Config::takeover. Thread: any.
    [[nodiscard]] bool is_joining() const noexcept;
    // Whether the calling thread is in a callback of this engine.
    [[nodiscard]] bool is_calling() const noexcept;

    // Follows another list of symbols; all else of the configuration stays, and what of it has changed is named in the
    // log. Returns at once; throws ConfigError where the list could not stand in a file.
    void set_symbols(const Config& config);

    // Follows one more market, and returns the index that it has from now on; of one that is followed, the one that it
    // has. Waits for the control thread, some ms. Throws ConfigError where it is no name of a market or all are
    // followed, std::runtime_error where there is no room or the engine has ended. Thread: any.
    SymbolIndex add_symbol(const std::string& symbol);
    // Follows it no more. Returns at once. Throws std::invalid_argument where no symbol has that index, ConfigError
    // where the list could not stand in a file. Thread: any.
    void remove_symbol(SymbolIndex index);
    // The native names that are to be followed now; none where that is every one that is listed. Thread: any.
    [[nodiscard]] std::optional<std::vector<std::string>> followed() const;

    enum class Failure : std::uint8_t { none, no_symbols, instance_lost, handed_over };
    // Why there is nothing to do: the venue lists none of the symbols, or shared memory has no room for any; or another
    // engine has the instance, which was there first, or asked for it and was given it. Thread: any.
    [[nodiscard]] Failure failure() const noexcept;
    [[nodiscard]] bool failed() const noexcept { return failure() != Failure::none; }
    // What it publishes to, and what that is counted in, for reading. Thread: any.
    [[nodiscard]] const Segment& segment() const noexcept;
    [[nodiscard]] const InstrumentTable& instruments() const noexcept;

    [[nodiscard]] const Config& config() const noexcept;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace daypack::core
