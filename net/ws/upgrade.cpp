// SPDX-License-Identifier: MIT
#include "net/ws/upgrade.h"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/write.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "net/base/printable.h"
#include "net/base/refused.h"
#include "net/transport/http_answer.h"
#include "net/ws/web_socket_key.h"

namespace daypack::core {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

using Response = http::response<http::empty_body>;

// `body`: as much of it as came with the header.
std::string declined(const Response& response, std::string_view body) {
    const int status = static_cast<int>(response.result_int());
    const std::string said = "HTTP " + std::to_string(status) + " " + printable(response.reason(), 40);
    if (is_blocked(status, body)) return said + ": " + blocked_words();
    if (status == 403 || status == 451) return said + ": " + region_refused("ws_urls");
    if (status == 429) return said + ": too many connections or requests from this address";
    if (status >= 300 && status < 400) {
        return said + ": redirects are not followed; it points to " + printable(response[http::field::location]);
    }
    if (status >= 500) return said + ": the server is not well";
    return said + ": no WebSocket is served under this address";
}

// What is wrong with an answer that says 101; null: nothing.
const char* fault(const Response& response, const std::string& key) {
    if (!http::token_list(response[http::field::connection]).exists("upgrade")) return "its Connection is no Upgrade";
    if (!http::token_list(response[http::field::upgrade]).exists("websocket")) return "it upgrades to something else";
    const std::string accept = web_socket_accept(key);
    if (accept.empty() || response[http::field::sec_websocket_accept] != accept) {
        return "its Sec-WebSocket-Accept does not answer our key";
    }
    if (response.count(http::field::sec_websocket_extensions) > 0) return "it uses an extension that was not offered";
    if (response.count(http::field::sec_websocket_protocol) > 0) return "it uses a protocol that was not offered";
    return nullptr;
}

// Lives as long as anything of it is under way.
class Upgrade : public std::enable_shared_from_this<Upgrade> {
  public:
    Upgrade(Stream& stream, const Url& url, std::function<void(const Upgraded&)> done)
        : stream_(stream), key_(web_socket_key()), done_(std::move(done)) {
        request_ = {http::verb::get, url.path.empty() ? "/" : url.path, 11};
        request_.set(http::field::host, url.host_header());
        request_.set(http::field::upgrade, "websocket");
        request_.set(http::field::connection, "upgrade");
        request_.set(http::field::sec_websocket_key, key_);
        request_.set(http::field::sec_websocket_version, "13");
        request_.set(http::field::user_agent, "daypack");
        expect();
    }

    void start() {
        http::async_write(stream_, request_, [self = shared_from_this()](const error_code& error, std::size_t) {
            if (error) return self->fail(error);
            self->read();
        });
    }

  private:
    void expect() {
        parser_.emplace();
        parser_->header_limit(kHttpHeaderBytesMax);
    }

    void read() {
        http::async_read_header(stream_, buffer_, *parser_,
                                [self = shared_from_this()](const error_code& error, std::size_t) {
                                    if (error) return self->fail(error);
                                    self->on_answer();
                                });
    }

    void fail(const error_code& error) {
        const bool is_over = error == http::error::end_of_stream || error == http::error::partial_message;
        done_({"WebSocket upgrade failed: " + stream_.in_words(is_over ? error_code(boost::asio::error::eof) : error),
               0,
               {},
               {}});
    }

    void on_answer() {
        const Response& response = parser_->get();
        const int status = static_cast<int>(response.result_int());
        const auto behind = buffer_.cdata();
        const std::string_view rest(static_cast<const char*>(behind.data()), behind.size());
        if (status / 100 == 1 && status != 101 && ++interims_ <= kInterimAnswersMax) {
            expect();
            return read();
        }
        if (status != 101) {
            return done_({declined(response, rest), status, retry_after_s(response), {}, is_blocked(status, rest)});
        }
        if (const char* const why = fault(response, key_)) {
            return done_({std::string("WebSocket upgrade failed: the answer is not right: ") + why, 0, {}, {}});
        }
        done_({"", 0, {}, rest});
    }

    Stream& stream_;
    std::string key_;
    std::function<void(const Upgraded&)> done_;
    http::request<http::empty_body> request_;
    std::optional<http::response_parser<http::empty_body>> parser_;
    int interims_ = 0;
    beast::flat_buffer buffer_;
};

}  // namespace

void async_upgrade(Stream& stream, const Url& url, std::function<void(const Upgraded&)> done) {
    std::make_shared<Upgrade>(stream, url, std::move(done))->start();
}

}  // namespace daypack::core
