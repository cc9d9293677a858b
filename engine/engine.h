// SPDX-License-Identifier: MIT
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "engine/callbacks.h"
#include "engine/config.h"

namespace daypack {

// A running feed handler: the lines to the exchange, the books, and their shared memory.
//
//     Engine engine(load_config("my.yaml"), {.on_book = [](const BookView& book) { ... }});
//     engine.start();
//     ...
//     engine.stop();
//
// Thread: one constructs, starts, stops and destroys it. The callbacks come on the book thread; with
// `threads: fused` that is the network thread.
class Engine {
  public:
    // Takes a line of the log, without its end. Called on a thread of the log's own: one that takes its time holds up
    // nothing but later lines, which are dropped and counted when too many wait, and stop(). Default: standard error,
    // where a pipe that nobody reads holds up nothing at all.
    using Log = std::function<void(const std::string&)>;

    // Checks the configuration as one of a file is, wherever it comes from, and takes the shared memory. Throws
    // ConfigError, which names the member that is wrong, or std::runtime_error with what to do: another engine has the
    // instance, no permission, no room.
    explicit Engine(Config config, Callbacks callbacks = {}, Log log = {});
    // Stops, if that was not done.
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // Starts the threads; returns at once. The books say SYNCING until they are there.
    void start();
    // Closes the lines, ends the threads, and leaves every book as DOWN/stopped. Takes less than a second.
    void stop();

    // Follows another list of symbols; all else of the configuration stays. Returns at once.
    void set_symbols(const Config& config);

    // The venue lists none of the symbols, or shared memory has no room for any: there is nothing to do. Thread: any.
    [[nodiscard]] bool failed() const noexcept;

    [[nodiscard]] const Config& config() const noexcept;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace daypack
