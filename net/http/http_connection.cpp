// SPDX-License-Identifier: MIT
#include "net/http/http_connection.h"

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
#include "net/base/printable.h"
#include "net/transport/connector.h"
#include "net/transport/http_answer.h"

namespace daypack::core {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

using Milliseconds = std::chrono::milliseconds;

constexpr Milliseconds kPatience{3'000};  // without a byte of the answer
constexpr Milliseconds kRested{1'000};    // after this a kept connection may have been forgotten on the way (NAT)
constexpr Milliseconds kRestedMin{250};   // and shows it by silence for so long,
constexpr int kRestedTimes = 3;           // or for so many times what answers take

std::string_view text_of(beast::string_view text) {
    return {text.data(), text.size()};
}

// The coding of an answer's body, as its header names it; empty: none. Nothing but `identity` was asked for.
std::string coding_of(const http::fields& fields) {
    for (const auto& field : fields) {
        const bool content = field.name() == http::field::content_encoding;
        if (!content && field.name() != http::field::transfer_encoding) continue;
        const bool plain = field.value().empty() || beast::iequals(field.value(), content ? "identity" : "chunked");
        if (!plain) return printable(text_of(field.value()), 32);
    }
    return {};
}

// The answer says once, and plainly, where it ends.
bool is_framed_plainly(const http::response<http::string_body>& answer) {
    const auto lengths = answer.count(http::field::content_length);
    const auto transfer = answer.count(http::field::transfer_encoding);
    if (answer.version() != 11 || lengths + transfer > 1) return false;
    if (transfer == 1) return beast::iequals(answer[http::field::transfer_encoding], "chunked");
    return lengths == 0 || answer[http::field::content_length].find(',') == beast::string_view::npos;
}

// `Age` of RFC 9111, section 5.1: seconds; what is larger than fits is as old as can be said.
std::optional<int> age_s(const http::fields& fields) {
    const auto text = fields[http::field::age];
    std::uint64_t seconds = 0;
    if (!read_digits({text.data(), text.size()}, seconds)) return std::nullopt;
    return static_cast<int>(std::min<std::uint64_t>(seconds, INT32_MAX));
}

// What the answer says of caches, beside its age. Nothing that tells where the asker is.
std::string caching_of(const http::fields& fields) {
    std::string text;
    for (const auto* name : {"Cache-Control", "X-Cache", "Vary"}) {
        for (auto [at, end] = fields.equal_range(name); at != end; ++at) {
            text += text.empty() ? "" : "; ";
            text += std::string(name) + ": " + std::string(at->value());
        }
    }
    return text;
}

std::optional<PageMark> page_of(const http::fields& fields) {
    const auto read = [&fields](const char* name, std::uint64_t& number) {
        const auto text = fields[name];
        return read_digits({text.data(), text.size()}, number);
    };
    PageMark page;
    const bool whole =
        read("X-CURRENT-PAGE", page.current) && read("X-PAGE-COUNT", page.count) && read("X-TOTAL", page.total);
    return whole ? std::optional(page) : std::nullopt;
}

}  // namespace

// Lives as long as anything of it is under way.
class HttpConnection::Impl : public std::enable_shared_from_this<Impl> {
  public:
    Impl(boost::asio::io_context& io, const TlsContext* tls, Limits limits, std::shared_ptr<Addresses> addresses)
        : connector_(io, tls, std::move(addresses)),
          deadline_(io),
          body_bytes_max_(limits.body_bytes_max),
          age_max_(limits.age_max_ms) {}

    void get(const Url& url, const std::string& target, int timeout_ms, bool fresh, const HttpHeaders& headers,
             Done done) {
        done_ = std::move(done);
        timeout_ = Milliseconds(timeout_ms);
        request_ = {http::verb::get, url.path + target, 11};
        request_.set(http::field::host, url.host_header());
        request_.set(http::field::user_agent, "daypack");
        request_.set(http::field::accept, "*/*");
        request_.set(http::field::accept_encoding, "identity");
        for (const auto& [name, value] : headers) request_.set(name, value);
        if (fresh || url != url_ || Clock::now() - connected_ >= age_max_ || !is_quiet()) cut();
        url_ = url;
        reused_ = stream_ != nullptr;
        if (reused_) return send();
        connector_.connect(url, timeout_ms / 2, 0, [this](std::unique_ptr<Stream> stream, const std::string& why) {
            if (!stream) return finish(Outcome::unreachable, {0, {}, why, {}});  // not called after connector_ is gone
            stream_ = std::move(stream);
            connected_ = Clock::now();
            ++streams_;
            watched_ = false;
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
        sent_ = Clock::now();
        end_ = sent_ + timeout_;
        late_ = heard_ = false;
        interims_ = 0;
        wait(first_byte());
        expect();
        http::async_write(*stream_, request_, [self = shared_from_this()](const error_code& error, std::size_t) {
            if (!self->busy()) return;
            if (error) return self->fail(error);
            self->receive();
        });
    }

    void expect() {
        parser_.emplace();
        parser_->header_limit(kHttpHeaderBytesMax);
        parser_->body_limit(body_bytes_max_);
    }

    // How long the answer's first byte may take.
    [[nodiscard]] Milliseconds first_byte() const {
        if (!reused_) return std::min(connector_.trial().value_or(kPatience), kPatience);
        if (sent_ - idle_since_ < kRested) return kPatience;
        return std::clamp(kRestedTimes * usual_, kRestedMin, kPatience);
    }

    // For the next byte, or the end of the time for all of it.
    void wait(Milliseconds patience) {
        const auto due = std::min(Clock::now() + patience, end_);
        waited_ = due == end_ ? timeout_ : patience;
        deadline_.expires_at(due);
        deadline_.async_wait([self = shared_from_this(), due](const error_code& error) {
            if (error || !self->busy() || self->deadline_.expiry() != due) return;
            self->late_ = true;
            self->stream_->close();  // which brings what is under way to its end
        });
    }

    void receive() {
        http::async_read_some(*stream_, buffer_, *parser_,
                              [self = shared_from_this()](const error_code& error, std::size_t size) {
                                  if (!self->busy()) return;
                                  if (size > 0) self->hear();
                                  if (error) return self->fail(error);
                                  if (self->parser_->is_done()) return self->on_message();
                                  self->wait(kPatience);
                                  self->receive();
                              });
    }

    void hear() {
        if (std::exchange(heard_, true)) return;
        const auto took = std::chrono::duration_cast<Milliseconds>(Clock::now() - sent_);
        usual_ = answers_++ == 0 ? took : (3 * usual_ + took) / 4;
        connector_.answered();
    }

    void on_message() {
        const unsigned status = parser_->get().result_int();
        if (status / 100 != 1) return on_answer();
        if (status == 101) return refuse("it changes to another protocol, which was not asked for");
        if (++interims_ > kInterimAnswersMax) {
            return refuse("more than " + std::to_string(kInterimAnswersMax) + " interim answers (1xx) before it");
        }
        expect();
        wait(kPatience);
        receive();
    }

    void on_answer() {
        bool keep = parser_->keep_alive() && buffer_.size() == 0 && is_quiet();
        auto message = parser_->release();
        const int status = static_cast<int>(message.result_int());
        if (status == 408 && reused_) {  // said of the connection, and not of what was asked over it
            cut();
            return finish(Outcome::stale, {status, {}, {}, {}});
        }
        RestAnswer answer{
            status,           std::move(message.body()), {}, retry_after_s(message), false, age_s(message),
            page_of(message), caching_of(message)};
        if (const std::string coding = coding_of(message); !coding.empty()) {
            answer.encoded = true;
            answer.body = "answered in " + coding + ", which was not asked for";
            if (status / 100 == 2) answer = {0, {}, url_.name() + ": " + answer.body, {}, true};
            keep = false;
        }
        keep = keep && status != 408 && is_framed_plainly(message);
        if (!keep) cut();
        idle_since_ = Clock::now();
        finish(Outcome::answered, std::move(answer));
        if (keep && !busy() && stream_) watch();
    }

    void refuse(const std::string& why) {
        cut();
        finish(Outcome::broken, {0, {}, url_.name() + ": the answer is not HTTP as it should be: " + why, {}});
    }

    void fail(const error_code& error) {
        if (!heard_ && !reused_) late_ ? connector_.silent() : connector_.failed();
        const bool gone = reused_ || (!heard_ && connector_.has_better());
        const bool stale =
            late_ ? !heard_ && waited_ < std::min(kPatience, timeout_) : gone && error != http::error::body_limit;
        std::string why = url_.name() + ": " + in_words(error);
        cut();
        finish(stale ? Outcome::stale : Outcome::broken, {0, {}, std::move(why), {}});
    }

    [[nodiscard]] std::string in_words(const error_code& error) {
        if (late_) {
            return std::string(heard_ ? "the answer was not whole within " : "no answer within ") +
                   std::to_string(waited_.count()) + " ms";
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

    // Nothing came over the kept connection that nobody asked for, its end included.
    [[nodiscard]] bool is_quiet() {
        if (!stream_) return true;
        char byte = 0;
        error_code error;
        stream_->ask_again();
        (void)stream_->read_now(&byte, 1, error);
        return error == boost::asio::error::would_block;
    }

    // Cuts the kept connection as soon as it is no longer quiet.
    void watch() {
        if (std::exchange(watched_, true)) return;
        stream_->socket().async_wait(Stream::Tcp::wait_read,
                                     [self = shared_from_this(), stream = streams_](const error_code& error) {
                                         if (self->streams_ != stream || !self->stream_) return;
                                         self->watched_ = false;
                                         if (error || self->busy()) return;
                                         self->is_quiet() ? self->watch() : self->cut();
                                     });
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
    Milliseconds age_max_;
    std::unique_ptr<Stream> stream_;  // null: not connected
    std::uint64_t streams_ = 0;       // so far: a number for each
    bool watched_ = false;            // something waits for it to be readable
    Url url_;                         // of the request, and of the stream
    http::request<http::empty_body> request_;
    std::optional<http::response_parser<http::string_body>> parser_;
    beast::flat_buffer buffer_;
    Done done_;  // null: no request is under way
    Milliseconds timeout_{0};
    Clock::time_point connected_;
    Clock::time_point sent_;
    Clock::time_point end_;         // of the time for the whole answer
    Clock::time_point idle_since_;  // of a kept connection
    Milliseconds waited_{0};        // for what the deadline is set to
    Milliseconds usual_{0};         // until an answer's first byte
    std::uint64_t answers_ = 0;     // that it is the average of
    int interims_ = 0;              // of this answer
    bool reused_ = false;           // the stream had been kept open
    bool late_ = false;             // its time is over
    bool heard_ = false;            // a byte of the answer came
};

HttpConnection::HttpConnection(boost::asio::io_context& io, const TlsContext* tls, Limits limits,
                               std::shared_ptr<Addresses> addresses)
    : impl_(std::make_shared<Impl>(io, tls, limits, std::move(addresses))) {}
HttpConnection::~HttpConnection() {
    impl_->abandon();
}

void HttpConnection::get(const Url& url, const std::string& target, int timeout_ms, bool fresh,
                         const HttpHeaders& headers, Done done) {
    impl_->get(url, target, timeout_ms, fresh, headers, std::move(done));
}
bool HttpConnection::busy() const noexcept {
    return impl_->busy();
}
bool HttpConnection::warm() const noexcept {
    return impl_->warm();
}

}  // namespace daypack::core
