// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/ws/frame_parser.h"
#include "tests/net/raw_server.h"

namespace daypack::core::test {

inline constexpr std::string_view kBeastBadText = "The WebSocket frame payload was not valid utf8";

// What came out of a server's bytes, by the walker or by Beast.
struct Walked {
    enum class End : std::uint8_t { none, closed, too_big, protocol };

    std::vector<std::string> messages;
    std::vector<std::string> pings;
    std::vector<std::string> pongs;
    End end = End::none;
    int code = 0;  // that the server closed with; 0: none
    std::string why;

    friend bool operator==(const Walked& a, const Walked& b) {
        const bool same_end = a.end == b.end && a.code == b.code;
        return a.messages == b.messages && a.pings == b.pings && a.pongs == b.pongs &&
               (same_end || a.is_unknown_to(b) || b.is_unknown_to(a));
    }
    // Beast takes 1014 (Bad Gateway) for reserved: it was registered later.
    [[nodiscard]] bool is_unknown_to(const Walked& beast) const {
        return end == End::closed && code == 1014 && beast.end == End::protocol;
    }
};

// Bytes that come in pieces, each as large as the last byte of `cuts` in turn says. A SyncStream.
class MemoryStream {
  public:
    using executor_type = boost::asio::io_context::executor_type;

    MemoryStream(boost::asio::io_context& io, std::string_view bytes, std::string_view cuts)
        : io_(&io), bytes_(bytes), cuts_(cuts) {}
    executor_type get_executor() { return io_->get_executor(); }

    template <class Buffers>
    std::size_t read_some(const Buffers& buffers, boost::system::error_code& error) {
        error = {};
        const std::string_view from = answer_.empty() ? bytes_ : std::string_view(answer_);
        if (from.empty()) {
            error = boost::asio::error::eof;
            return 0;
        }
        const std::size_t size = answer_.empty() ? std::min(next_size(), from.size()) : from.size();
        const std::size_t done = boost::asio::buffer_copy(buffers, boost::asio::buffer(from.data(), size));
        if (answer_.empty()) {
            bytes_.remove_prefix(done);
        } else {
            answer_.erase(0, done);
        }
        return done;
    }
    // Answers the upgrade, and keeps nothing of what else is said.
    template <class Buffers>
    std::size_t write_some(const Buffers& buffers, boost::system::error_code& error) {
        error = {};
        const std::string said = boost::beast::buffers_to_string(buffers);
        if (!upgraded_) head_ += said;
        if (!upgraded_ && head_.ends_with("\r\n\r\n")) {
            upgraded_ = true;
            answer_ = upgrade_answer(head_);
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
    // How much comes at once.
    std::size_t next_size() {
        if (cuts_.empty()) return 65'536;
        return std::size_t{1} + static_cast<unsigned char>(cuts_[cut_++ % cuts_.size()]);
    }

  private:
    boost::asio::io_context* io_;
    std::string_view bytes_;
    std::string_view cuts_;
    std::size_t cut_ = 0;
    std::string head_;
    std::string answer_;
    bool upgraded_ = false;
};

inline void teardown(boost::beast::role_type, MemoryStream&, boost::system::error_code& error) {
    error = {};
}
inline void beast_close_socket(MemoryStream&) {}

inline Walked walk_by_beast(std::string_view bytes, std::string_view cuts, std::size_t message_bytes_max) {
    namespace websocket = boost::beast::websocket;
    boost::asio::io_context io;
    websocket::stream<MemoryStream, false> ws(MemoryStream(io, bytes, cuts));
    Walked walked;
    boost::system::error_code error;
    ws.read_message_max(message_bytes_max);
    ws.control_callback([&](websocket::frame_type kind, boost::beast::string_view payload) {
        if (kind == websocket::frame_type::ping) walked.pings.emplace_back(payload);
        if (kind == websocket::frame_type::pong) walked.pongs.emplace_back(payload);
    });
    ws.handshake("localhost", "/", error);
    if (error) throw std::runtime_error("Beast does not shake hands: " + error.message());
    for (;;) {
        boost::beast::flat_buffer buffer;
        ws.read(buffer, error);
        if (error) break;
        walked.messages.push_back(boost::beast::buffers_to_string(buffer.data()));
    }
    walked.why = error.message();
    if (error == websocket::error::closed) {
        walked.end = Walked::End::closed;
        walked.code = ws.reason().code;
    } else if (error == websocket::error::message_too_big) {
        walked.end = Walked::End::too_big;
    } else if (error != boost::asio::error::eof) {
        walked.end = Walked::End::protocol;
    }
    return walked;
}

inline Walked walk(std::string_view bytes, std::string_view cuts, std::size_t message_bytes_max) {
    boost::asio::io_context io;
    MemoryStream sizes(io, {}, cuts);
    FrameParser walker(message_bytes_max);
    Walked walked;
    for (;;) {
        const FrameParser::Item item = walker.next();
        switch (item.kind) {
            case FrameParser::Kind::none: {
                if (bytes.empty()) return walked;
                const FrameParser::Room room = walker.room();
                const std::size_t size = std::min({sizes.next_size(), bytes.size(), room.size});
                std::copy_n(bytes.data(), size, room.data);
                walker.add(size);
                bytes.remove_prefix(size);
                break;
            }
            case FrameParser::Kind::message: {
                volatile char last = item.payload.data()[item.payload.size() + FrameParser::kPadding - 1];
                (void)last;  // readable, which AddressSanitizer checks
                walked.messages.emplace_back(item.payload);
                break;
            }
            case FrameParser::Kind::ping: walked.pings.emplace_back(item.payload); break;
            case FrameParser::Kind::pong: walked.pongs.emplace_back(item.payload); break;
            case FrameParser::Kind::close:
                walked.end = Walked::End::closed;
                walked.code = item.code == FrameParser::kNoCode ? 0 : item.code;
                return walked;
            case FrameParser::Kind::refused:
                walked.end = item.code == FrameParser::kTooBig ? Walked::End::too_big : Walked::End::protocol;
                walked.why = item.payload;
                return walked;
        }
    }
}

}  // namespace daypack::core::test
