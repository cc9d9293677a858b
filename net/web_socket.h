#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "book/types.h"
#include "net/url.h"

namespace daypack {

class Stream;

// simdjson reads up to so many bytes behind the text that it is given; they are there, whatever they hold.
inline constexpr std::size_t kFramePadding = 64;

// Why a WebSocket came to its end.
struct WebSocketEnd {
    std::string why;                   // in words for a log
    int http_status = 0;               // of an upgrade that the server declined; else 0
    std::optional<int> retry_after_s;  // which it may have said with it
};

// Who is told what happens on a WebSocket. Called on its thread, and not from within a call of the WebSocket, but that
// `resume` hands in the frame at once. The listener may destroy the WebSocket in any of these.
class WebSocketListener {
  public:
    virtual void on_open() = 0;
    // A whole message, with kFramePadding bytes behind it. False: it cannot be taken now; it is handed in again after
    // `resume()`, and until then nothing is read, so that TCP holds the sender back.
    virtual bool on_frame(std::string_view frame, MonoTime receive) = 0;
    virtual void on_pong() = 0;
    // All that was given to `send` has been written.
    virtual void on_sent() = 0;
    // The last call, once: declined, closed, broken or ended by `close()`.
    virtual void on_end(const WebSocketEnd& end) = 0;

  protected:
    ~WebSocketListener() = default;
};

// A client's WebSocket over a connected stream. Its reading is the line's frame source: whole frames, in place.
//
// Thread: the one that runs the stream's executor.
// Invariants: at most one frame is in hand; compression is never offered; a frame larger than `frame_bytes_max` ends
// it.
class WebSocket {
  public:
    WebSocket(std::unique_ptr<Stream> stream, const Url& url, std::size_t frame_bytes_max, WebSocketListener& listener);
    // The listener is not called any more; the connection is cut.
    ~WebSocket();
    WebSocket(const WebSocket&) = delete;
    WebSocket& operator=(const WebSocket&) = delete;

    // Asks the server to upgrade; `on_open` or `on_end` follows. It sets no time limit: the owner does.
    void open();
    // Queues a text message. REQUIRES: open.
    void send(std::string text);
    void ping();
    void resume();
    // Sends a Close frame; `on_end` follows when the server has answered it.
    void close();

    // How long ago the kernel last received a byte from the server, whether it has been read yet or not.
    [[nodiscard]] std::int64_t silent_ms() const noexcept;
    // A frame was not taken and waits for `resume()`.
    [[nodiscard]] bool held() const noexcept;

  private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace daypack
