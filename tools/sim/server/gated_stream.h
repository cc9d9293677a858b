// SPDX-License-Identifier: MIT
#pragma once
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "net/transport/stream.h"

namespace daypack::core::sim {

// A stream whose reads can be held: what the peer sends is then taken by nobody; and whose writes can be, so that
// nothing leaves. Below WebSocket, because Beast answers pings and a Close frame within a read that waits for a
// message.
//
// Thread: the one that runs its executor. Movable while nothing is under way.
class GatedStream : public Stream {
  public:
    explicit GatedStream(Stream stream) : Stream(std::move(stream)) {}

    // A read that has ended meanwhile is told when the stream is heard again.
    void be_deaf() noexcept { is_deaf_ = true; }
    void hear_again() {
        is_deaf_ = false;
        if (held_) std::exchange(held_, nullptr)(false);
    }
    // What is written from now on never leaves, and its write does not end until close().
    void be_mute() noexcept { is_mute_ = true; }
    // What is held ends with `operation_aborted`.
    void close() {
        Stream::close();
        if (held_) std::exchange(held_, nullptr)(true);
        if (held_write_) std::exchange(held_write_, nullptr)();
    }

    template <class Buffers, class Handler>
    void async_read_some(const Buffers& buffers, Handler&& handler) {
        Stream::async_read_some(
            buffers, [this, done = std::make_shared<std::decay_t<Handler>>(std::forward<Handler>(handler))](
                         const error_code& error, std::size_t size) mutable {
                // An error is told at once: the stream may be gone with it.
                if (error || !is_deaf_) return std::move(*done)(error, size);
                held_ = [this, done = std::move(done), size](bool aborted) {
                    const error_code told = aborted ? error_code(boost::asio::error::operation_aborted) : error_code();
                    boost::asio::post(get_executor(), [done, told, size] { std::move (*done)(told, told ? 0 : size); });
                };
            });
    }

    template <class Buffers, class Handler>
    void async_write_some(const Buffers& buffers, Handler&& handler) {
        if (!is_mute_) return Stream::async_write_some(buffers, std::forward<Handler>(handler));
        held_write_ = [this, done = std::make_shared<std::decay_t<Handler>>(std::forward<Handler>(handler))] {
            boost::asio::post(get_executor(), [done] {
                std::move (*done)(error_code(boost::asio::error::operation_aborted), std::size_t{0});
            });
        };
    }

  private:
    bool is_deaf_ = false;
    bool is_mute_ = false;
    std::function<void(bool aborted)> held_;
    std::function<void()> held_write_;  // one at most: Beast writes in turn
};

// What Beast asks of a stream that it does not know; see Stream's.
inline void teardown(boost::beast::role_type role, GatedStream& stream, boost::system::error_code& error) {
    teardown(role, static_cast<Stream&>(stream), error);
}
template <class Handler>
void async_teardown(boost::beast::role_type role, GatedStream& stream, Handler&& handler) {
    async_teardown(role, static_cast<Stream&>(stream), std::forward<Handler>(handler));
}
inline void beast_close_socket(GatedStream& stream) {
    beast_close_socket(static_cast<Stream&>(stream));
}

}  // namespace daypack::core::sim
