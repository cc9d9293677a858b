#include "net/http_connection.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <utility>

#include "book/digits.h"
#include "net/clock.h"
#include "net/connector.h"
#include "net/retry_after.h"

namespace daypack {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::size_t kBodyPadding = 64;  // what simdjson may read behind a text
constexpr std::uint32_t kHeaderBytesMax = 65'536;
constexpr std::int64_t kPatienceMs = 3'000;  // without a byte of the answer

std::optional<int> retry_after_s(const http::fields& fields) {
    const auto text = fields[http::field::retry_after];
    return parse_retry_after({text.data(), text.size()}, wall_now());
}

// `Age` of RFC 9111, section 5.1: seconds; what is larger than fits is as old as can be said.
std::optional<int> age_s(const http::fields& fields) {
    const auto text = fields[http::field::age];
    std::uint64_t seconds = 0;
    if (!read_digits({text.data(), text.size()}, seconds)) return std::nullopt;
    return static_cast<int>(std::min<std::uint64_t>(seconds, INT32_MAX));
}

}  // namespace

// Lives as long as anything of it is under way.
class HttpConnection::Impl : public std::enable_shared_from_this<Impl> {
  public:
    Impl(boost::asio::io_context& io, const TlsContext* tls, std::size_t body_bytes_max)
        : connector_(io, tls), deadline_(io), body_bytes_max_(body_bytes_max) {}

    void get(const Url& url, const std::string& target, int timeout_ms, bool fresh, Done done) {
        done_ = std::move(done);
        timeout_ms_ = timeout_ms;
        request_ = {http::verb::get, url.path + target, 11};
        request_.set(http::field::host, url.host_header());
        request_.set(http::field::user_agent, "daypack");
        request_.set(http::field::accept, "*/*");
        if (fresh || url != url_) cut();
        url_ = url;
        reused_ = stream_ != nullptr;
        if (reused_) return send();
        connector_.connect(url, timeout_ms / 2, 0, [this](std::unique_ptr<Stream> stream, const std::string& why) {
            if (!stream) return finish(Outcome::unreachable, {0, {}, why, {}});  // not called after connector_ is gone
            stream_ = std::move(stream);
            buffer_.clear();
            send();
        });
    }

    void abandon() noexcept {
        done_ = nullptr;
        connector_.cancel();
        deadline_.cancel();
        if (stream_) stream_->close();  // it stays until what is under way on it has come back
    }

    [[nodiscard]] bool busy() const noexcept { return done_ != nullptr; }
    [[nodiscard]] bool warm() const noexcept { return stream_ != nullptr; }

  private:
    using Clock = std::chrono::steady_clock;

    void send() {
        end_ = Clock::now() + std::chrono::milliseconds(timeout_ms_);
        late_ = false;
        wait();
        parser_.emplace();
        parser_->header_limit(kHeaderBytesMax);
        parser_->body_limit(body_bytes_max_);
        http::async_write(*stream_, request_, [self = shared_from_this()](const error_code& error, std::size_t) {
            if (!self->busy()) return;
            if (error) return self->fail(error);
            self->receive();
        });
    }

    // For the next byte, or the end of the time for all of it.
    void wait() {
        waited_ms_ = std::min<std::int64_t>(kPatienceMs, timeout_ms_);
        const auto due = std::min(Clock::now() + std::chrono::milliseconds(waited_ms_), end_);
        if (due == end_) waited_ms_ = timeout_ms_;
        deadline_.expires_at(due);
        deadline_.async_wait([self = shared_from_this(), due](const error_code& error) {
            if (error || !self->busy() || self->deadline_.expiry() != due) return;
            self->late_ = true;
            self->stream_->close();  // which brings what is under way to its end
        });
    }

    void receive() {
        http::async_read_some(*stream_, buffer_, *parser_,
                              [self = shared_from_this()](const error_code& error, std::size_t) {
                                  if (!self->busy()) return;
                                  if (error) return self->fail(error);
                                  if (self->parser_->is_done()) return self->on_answer();
                                  self->wait();
                                  self->receive();
                              });
    }

    void on_answer() {
        const bool keep = parser_->keep_alive() && buffer_.size() == 0;
        auto message = parser_->release();
        RestAnswer answer{static_cast<int>(message.result_int()),
                          std::move(message.body()),
                          {},
                          retry_after_s(message),
                          age_s(message)};
        answer.body.reserve(answer.body.size() + kBodyPadding);
        if (!keep) cut();
        finish(Outcome::answered, std::move(answer));
    }

    void fail(const error_code& error) {
        const bool stale = reused_ && !late_ && !parser_->got_some();
        std::string why = url_.name() + ": " + in_words(error);
        cut();
        finish(stale ? Outcome::stale : Outcome::broken, {0, {}, std::move(why), {}});
    }

    [[nodiscard]] std::string in_words(const error_code& error) {
        if (late_) {
            return std::string(parser_->got_some() ? "the answer was not whole within " : "no answer within ") +
                   std::to_string(waited_ms_) + " ms";
        }
        if (error == http::error::body_limit) {
            return "the answer is larger than " + std::to_string(body_bytes_max_) + " bytes";
        }
        if (error == http::error::end_of_stream || error == http::error::partial_message) {
            return "the server ended the connection before its answer was whole";
        }
        if (error.category() == http::make_error_code(http::error::bad_version).category()) {
            return "the answer is not HTTP as it should be: " + error.message();
        }
        return stream_->in_words(error);
    }

    void cut() {
        if (stream_) stream_->close();
        stream_.reset();
    }

    void finish(Outcome outcome, RestAnswer answer) {
        deadline_.cancel();
        const Done done = std::exchange(done_, nullptr);
        if (done) done(outcome, std::move(answer));
    }

    Connector connector_;
    boost::asio::steady_timer deadline_;
    std::size_t body_bytes_max_;
    std::unique_ptr<Stream> stream_;  // null: not connected
    Url url_;                         // of the request, and of the stream
    http::request<http::empty_body> request_;
    std::optional<http::response_parser<http::string_body>> parser_;
    beast::flat_buffer buffer_;
    Done done_;  // null: no request is under way
    int timeout_ms_ = 0;
    Clock::time_point end_;       // of the time for the whole answer
    std::int64_t waited_ms_ = 0;  // for what the deadline is set to
    bool reused_ = false;         // the stream had been kept open
    bool late_ = false;           // its time is over
};

HttpConnection::HttpConnection(boost::asio::io_context& io, const TlsContext* tls, std::size_t body_bytes_max)
    : impl_(std::make_shared<Impl>(io, tls, body_bytes_max)) {}
HttpConnection::~HttpConnection() {
    impl_->abandon();
}

void HttpConnection::get(const Url& url, const std::string& target, int timeout_ms, bool fresh, Done done) {
    impl_->get(url, target, timeout_ms, fresh, std::move(done));
}
bool HttpConnection::busy() const noexcept {
    return impl_->busy();
}
bool HttpConnection::warm() const noexcept {
    return impl_->warm();
}

}  // namespace daypack
