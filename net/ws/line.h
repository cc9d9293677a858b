// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "book/types.h"
#include "net/base/url.h"
#include "net/transport/tls_context.h"
#include "net/ws/poll_result.h"
#include "net/ws/receive_times.h"

namespace boost::asio {
class io_context;
}

namespace daypack::core {

// The frames that ask the venue to begin or to end `streams`; `method`: SUBSCRIBE or UNSUBSCRIBE.
// Called at each connection, so that a frame may hold what is good for a moment, as a signature is.
using StreamFrames =
    std::function<std::vector<std::string>(std::string_view method, std::span<const std::string> streams)>;

struct LineOptions {
    LineIndex index = 0;
    std::vector<Url> urls;            // in order of preference
    StreamFrames stream_frames;       // in the venue's words: net/backpack/subscribe_frame.h
    const TlsContext* tls = nullptr;  // needed where a URL is wss; outlives the line
    int ping_interval_ms = 5'000;     // 0: no pings of its own
    int line_dead_ms = 10'000;  // without a byte for so long the line is dead; also the limit for getting connected
    std::size_t frame_bytes_max = 4'194'304;
    std::string local_address;  // of this machine, that it comes from; empty: the system chooses
    bool kernel_times = false;  // see net/transport/socket_reader.h
};

struct LineStats {
    std::uint64_t failures = 0;  // connections lost, and attempts that failed
    std::uint64_t frames = 0;    // taken by the listener
    std::uint64_t bytes = 0;     // in them
    std::uint64_t pings = 0;     // sent
    std::uint64_t pongs = 0;     // received
    std::uint64_t asked = 0;     // pings of the server's own, each answered
    MonoTime last_receive;       // of a frame or pong; 0: never
};

// Hears what comes over a line, from within its `do_work` and `resume`, and while it connects from `io`. It may
// call the line, but not destroy it.
class LineListener {
  public:
    // A whole message; 64 bytes behind it may be read, whatever they hold (simdjson does). False: it cannot be taken
    // now. The line then keeps it and reads nothing more, so that TCP holds the sender back, until `resume()`.
    virtual bool on_frame(std::string_view frame, const ReceiveTimes& received) = 0;
    // Connected, and every SUBSCRIBE written (the venue acknowledges none).
    virtual void on_up() = 0;
    // Lost, or an attempt to connect failed: may come many times without an `on_up` between. `why`: for the log, with
    // the host. The line tries again by itself.
    virtual void on_down(std::string_view why) = 0;

  protected:
    ~LineListener() = default;
};

// One redundant connection to the exchange's WebSocket, for ever: connects, subscribes, keeps alive, notices its death,
// and comes back with a delay that grows (net/base/backoff.h), going through its URLs.
//
// Thread: the one that calls `do_work` in turn, and runs `io` while the line `needs_io()`.
// Invariants: while it is up, every wanted stream is subscribed; a frame is handed in until it is taken, in order; in
// the usual life of a line that is up it makes no system call but `recv`, and `send` for pings, pongs and what is
// subscribed, and allocates nothing.
class Line {
  public:
    // REQUIRES: options.urls is not empty, options.stream_frames is set.
    Line(boost::asio::io_context& io, LineOptions options, LineListener& listener);
    // Cuts the connection, if there is one; the listener is not called any more.
    ~Line();
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    void start();
    // Reads, sends, and looks at the time: at a bounded number of frames, so that a flood leaves others their turn.
    PollResult do_work(MonoTime now);
    // Something is under way for which `io` must run: connecting, up to the upgrade.
    [[nodiscard]] bool needs_io() const noexcept;
    // For a thread that has nothing to do but wait: makes `io` come back when there is something to read.
    void wake_on_bytes();
    // Says good-bye with a Close frame and takes at most kStopMax_ms for it, while `do_work` is called. No frame and no
    // `on_down` comes from here on. Not to be started again.
    void stop();
    [[nodiscard]] bool stopped() const noexcept;
    static constexpr int kStopMax_ms = 400;

    // From now on wanted, over every reconnect: "depth.SOL_USDC". Doubles are no harm.
    void subscribe(const std::vector<std::string>& streams);
    void unsubscribe(const std::vector<std::string>& streams);

    // This connection is up and of no use: makes another, over the next URL. Nothing where it is not up.
    // Not from within `on_frame`.
    void replace(std::string_view why);

    // All that the server has sent by now, wherever on the way it lies, is read before `catching_up()` is false again:
    // a ping that no other is like is sent, and its pong stands behind all that. Asked again meanwhile, only the last
    // ping counts. The end of the connection ends it, and so does, for the connection, no pong within `line_dead_ms`.
    // Nothing where no connection is open: what the next one brings is new.
    void catch_up(MonoTime now);
    [[nodiscard]] bool catching_up() const noexcept;

    // After `on_frame` returned false: hands the frame in again. Not from within `on_frame`.
    void resume();
    [[nodiscard]] bool held() const noexcept;  // a frame waits for it

    [[nodiscard]] LineIndex index() const noexcept;
    [[nodiscard]] bool up() const noexcept;
    [[nodiscard]] const LineStats& stats() const noexcept;

  private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace daypack::core
