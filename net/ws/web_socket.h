// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "book/types.h"
#include "net/base/url.h"
#include "net/ws/poll_result.h"
#include "net/ws/receive_times.h"

namespace daypack::core {

class Stream;

// Why a WebSocket came to its end.
struct WebSocketEnd {
    std::string why;                   // in words for a log
    int http_status = 0;               // of an upgrade that the server declined; else 0
    std::optional<int> retry_after_s;  // which it may have said with it
    bool blocked = false;              // it was no region's refusal but a firewall's, which wants fewer requests
};

// Hears what happens on a WebSocket: from within its `do_work` and `resume`, and before it is open from the
// stream's executor. The listener may destroy the WebSocket in any of these.
class WebSocketListener {
  public:
    virtual void on_open() = 0;
    // A whole message, with FrameParser::kPadding bytes behind it. False: it cannot be taken now; it is handed in again
    // by `resume()`, and until then nothing is read, so that TCP holds the sender back.
    virtual bool on_frame(std::string_view frame, const ReceiveTimes& received) = 0;
    // `payload`: of the ping that it answers, if the server keeps to the protocol.
    virtual void on_pong(std::string_view payload) = 0;
    // The server's own ping, which is answered without the listener.
    virtual void on_ping() {}
    // All that was given to `send` has been written.
    virtual void on_sent() = 0;
    // The last call, once: declined, closed, broken or ended by `close()`.
    virtual void on_end(const WebSocketEnd& end) = 0;

  protected:
    ~WebSocketListener() = default;
};

// A client's WebSocket over a connected stream: whole frames, where they were received.
//
// Thread: the one that runs the stream's executor, and calls `do_work` in turn.
// Invariants: once open it makes no system call but `recv` (`recvmsg` where kernel times are kept) and, with something
// to send, `send`, and allocates nothing but for a message larger than any before; at most one frame is in hand;
// compression is never offered; a frame larger than `frame_bytes_max` ends it.
class WebSocket {
  public:
    WebSocket(std::unique_ptr<Stream> stream, const Url& url, std::size_t frame_bytes_max, WebSocketListener& listener);
    // The listener is not called any more; the connection is cut.
    ~WebSocket();
    WebSocket(const WebSocket&) = delete;
    WebSocket& operator=(const WebSocket&) = delete;

    // Asks the server to upgrade; `on_open` or `on_end` follows. It sets no time limit: the owner does.
    void open();
    // Sends what is due and hands on what is there, up to a bound, so that a flood on one leaves the others their turn.
    PollResult do_work(MonoTime now);
    // Makes the executor come back from waiting when there is something to read.
    void wake_on_bytes();

    // These queue; `do_work` sends. `send`: a text message. REQUIRES: open.
    void send(std::string_view text);
    // `payload`: up to 125 bytes, which the server's pong repeats. False: too much waits to be sent.
    bool ping(std::string_view payload = {});
    // A Close frame; `on_end` follows when the server has answered it.
    void close();
    void resume();

    // When a byte last came, whole frame or not, by the time that was handed to `do_work`.
    [[nodiscard]] MonoTime last_byte() const noexcept;
    // A frame was not taken and waits for `resume()`.
    [[nodiscard]] bool held() const noexcept;

  private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace daypack::core
