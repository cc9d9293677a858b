// SPDX-License-Identifier: MIT
// What it costs to find a WebSocket message in what was received: the walker, beside Beast's reading of the same bytes
// from a stream in memory, and a copy of the bytes, which both do. ns/message is the figure.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <string>
#include <string_view>

#include "bench/rig/sender.h"
#include "net/ws/frame_parser.h"
#include "net/ws/web_socket_key.h"

namespace daypack::core {
namespace {

constexpr std::size_t kMessages = 4096;
constexpr std::size_t kReadBytes = 16'384;  // at once, as of a TLS record that is full

std::string messages(std::size_t bytes) {
    std::string all;
    for (std::size_t i = 0; i < kMessages; ++i) {
        all += bench::web_socket_frame(std::string(bytes - 1, static_cast<char>('a' + i % 26)) + "!");
    }
    return all;
}

void walk(benchmark::State& state) {
    const std::string bytes = messages(static_cast<std::size_t>(state.range(0)));
    FrameParser walker(1 << 20);
    for (auto _ : state) {
        std::size_t found = 0;
        for (std::string_view left = bytes; !left.empty();) {
            const FrameParser::Room room = walker.room();
            const std::size_t size = std::min({kReadBytes, left.size(), room.size});
            std::copy_n(left.data(), size, room.data);
            walker.add(size);
            left.remove_prefix(size);
            for (FrameParser::Item item = walker.next(); item.kind != FrameParser::Kind::none; item = walker.next()) {
                benchmark::DoNotOptimize(item.payload.data());
                ++found;
            }
        }
        if (found != kMessages) state.SkipWithError("a message was not found");
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kMessages));
}
BENCHMARK(walk)->Arg(200)->Arg(2'000);

// The same messages again and again; the upgrade is answered first. A SyncStream.
class EndlessStream {
  public:
    using executor_type = boost::asio::io_context::executor_type;

    EndlessStream(boost::asio::io_context& io, std::string_view bytes) : io_(&io), bytes_(bytes), left_(bytes) {}
    executor_type get_executor() { return io_->get_executor(); }

    template <class Buffers>
    std::size_t read_some(const Buffers& buffers, boost::system::error_code& error) {
        error = {};
        if (!answer_.empty()) {
            const std::size_t done = boost::asio::buffer_copy(buffers, boost::asio::buffer(answer_));
            answer_.erase(0, done);
            return done;
        }
        if (left_.empty()) left_ = bytes_;
        const std::size_t done =
            boost::asio::buffer_copy(buffers, boost::asio::buffer(left_.data(), std::min(kReadBytes, left_.size())));
        left_.remove_prefix(done);
        return done;
    }
    template <class Buffers>
    std::size_t write_some(const Buffers& buffers, boost::system::error_code& error) {
        error = {};
        const std::string said = boost::beast::buffers_to_string(buffers);
        constexpr std::string_view kKey = "Sec-WebSocket-Key: ";
        if (const std::size_t at = said.find(kKey); at != std::string::npos) {
            const std::size_t from = at + kKey.size();
            answer_ =
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Accept: " +
                web_socket_accept(said.substr(from, said.find('\r', from) - from)) + "\r\n\r\n";
        }
        return said.size();
    }
    template <class Buffers>
    std::size_t read_some(const Buffers& buffers) {
        boost::system::error_code error;
        return read_some(buffers, error);
    }
    template <class Buffers>
    std::size_t write_some(const Buffers& buffers) {
        boost::system::error_code error;
        return write_some(buffers, error);
    }

  private:
    boost::asio::io_context* io_;
    std::string_view bytes_, left_;
    std::string answer_;
};

void teardown(boost::beast::role_type, EndlessStream&, boost::system::error_code& error) {
    error = {};
}
void beast_close_socket(EndlessStream&) {}

void read_by_beast(benchmark::State& state) {
    const std::string bytes = messages(static_cast<std::size_t>(state.range(0)));
    boost::asio::io_context io;
    boost::beast::websocket::stream<EndlessStream, false> ws(EndlessStream(io, bytes));
    ws.handshake("localhost", "/");
    boost::beast::flat_buffer buffer;
    boost::system::error_code error;
    for (auto _ : state) {
        for (std::size_t i = 0; i < kMessages; ++i) {
            ws.read(buffer, error);
            if (error) state.SkipWithError("Beast does not read on");
            benchmark::DoNotOptimize(buffer.data().data());
            buffer.clear();
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kMessages));
}
BENCHMARK(read_by_beast)->Arg(200)->Arg(2'000);

void copy(benchmark::State& state) {
    const std::string bytes = messages(static_cast<std::size_t>(state.range(0)));
    std::string to(kReadBytes, '\0');
    for (auto _ : state) {
        for (std::size_t at = 0; at < bytes.size(); at += kReadBytes) {
            std::copy_n(bytes.data() + at, std::min(kReadBytes, bytes.size() - at), to.data());
            benchmark::DoNotOptimize(to.data());
            benchmark::ClobberMemory();
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kMessages));
}
BENCHMARK(copy)->Arg(200)->Arg(2'000);

}  // namespace
}  // namespace daypack::core
