// SPDX-License-Identifier: MIT
#include "net/transport/connector.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "net/transport/dns_lookup.h"

namespace daypack {

using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds kLookupPoll{2};
constexpr std::chrono::milliseconds kShareMin{500};  // for one of several addresses

}  // namespace

// One connect, which lives as long as anything of it is under way.
class Connector::Attempt : public std::enable_shared_from_this<Attempt> {
  public:
    Attempt(boost::asio::io_context& io, const TlsContext* tls, std::shared_ptr<Addresses> addresses, Url url,
            int timeout_ms, std::size_t turn, Done done)
        : io_(io),
          tls_(tls),
          addresses_(std::move(addresses)),
          url_(std::move(url)),
          timeout_(timeout_ms),
          turn_(turn),
          done_(std::move(done)),
          deadline_(io),
          step_(io) {}

    void start() {
        if (url_.tls && tls_ == nullptr) {
            boost::asio::post(io_, [self = shared_from_this()] {
                self->fail("a URL of wss or https needs a TLS context, and there is none");
            });
            return;
        }
        deadline_.expires_after(timeout_);
        deadline_.async_wait([self = shared_from_this()](const error_code& error) {
            if (error || self->over()) return;
            self->mark_silent();
            self->fail(self->overdue(self->timeout_));
        });
        lookup_.emplace(url_.host, url_.port);
        wait_for_lookup();
    }

    void cancel() noexcept {
        done_ = nullptr;
        end();
    }

    void mark_answered() {
        if (next_ < endpoints_.size()) addresses_->answered(endpoints_[next_]);
    }
    void mark_failed() {
        if (next_ < endpoints_.size()) addresses_->failed(endpoints_[next_]);
    }
    void mark_silent() {
        if (next_ < endpoints_.size()) addresses_->silent(endpoints_[next_]);
    }
    [[nodiscard]] std::optional<std::chrono::milliseconds> trial() const {
        if (next_ >= endpoints_.size()) return std::nullopt;
        return addresses_->trial(endpoints_[next_], endpoints_);
    }

  private:
    [[nodiscard]] bool over() const noexcept { return done_ == nullptr; }

    [[nodiscard]] std::string overdue(std::chrono::milliseconds waited) const {
        return lookup_ && !lookup_->finished() ? "the name server does not answer"
                                               : "no answer within " + std::to_string(waited.count()) + " ms";
    }

    void wait_for_lookup() {
        if (!lookup_->finished()) {
            step_.expires_after(kLookupPoll);
            step_.async_wait([self = shared_from_this()](const error_code&) {
                if (!self->over()) self->wait_for_lookup();
            });
            return;
        }
        if (lookup_->endpoints().empty()) {
            boost::asio::post(io_, [self = shared_from_this()] {
                self->fail("the name cannot be looked up: " + self->lookup_->error());
            });
            return;
        }
        endpoints_ = lookup_->endpoints();
        spread(endpoints_, turn_);
        addresses_->sort(endpoints_);
        connect_next();
    }

    void connect_next() {
        stream_ = std::make_unique<Stream>(io_, url_.tls ? tls_ : nullptr);
        late_ = false;
        ++steps_;
        step_.cancel();
        if (next_ + 1 < endpoints_.size()) limit_step();
        stream_->socket().async_connect(endpoints_[next_], [self = shared_from_this()](error_code error) {
            if (!self->over()) self->on_connect(error);
        });
    }

    // This address has until then to be connected, TLS included; the last of all has what is left.
    void limit_step() {
        const auto count = static_cast<std::chrono::milliseconds::rep>(endpoints_.size());
        const auto share = std::max(timeout_ / count, kShareMin);
        step_limit_ = std::min(share, trial().value_or(share));
        step_.expires_after(step_limit_);
        step_.async_wait([self = shared_from_this(), step = steps_](const error_code& error) {
            if (error || self->over() || self->steps_ != step) return;
            self->late_ = true;
            self->stream_->close();  // which fails what is under way on it
        });
    }

    void on_connect(error_code error) {
        if (!error && late_) error = boost::asio::error::timed_out;
        if (!error) stream_->socket().set_option(tcp::no_delay(true), error);
        if (error) {
            last_error_ = late_ ? overdue(step_limit_) : stream_->in_words(error);
            return try_next();
        }
        narrow_ = stream_->is_tls() && !all_suites_ && offer_fast_suites(stream_->tls_handle());
        stream_->async_connect_tls(url_.host, [self = shared_from_this()](const error_code& refused) {
            if (!self->over()) self->on_handshake(refused);
        });
    }

    void on_handshake(const error_code& error) {
        if (late_) {
            last_error_ = "TLS handshake failed: " + overdue(step_limit_);
            return try_next();
        }
        if (error && narrow_ && may_lack_suites(stream_->tls_handle())) {
            all_suites_ = true;
            return connect_next();  // the same address
        }
        if (error) {
            mark_failed();
            return fail(why_refused(stream_->tls_handle(), url_.host, error));
        }
        const Done done = std::exchange(done_, nullptr);
        std::unique_ptr<Stream> stream = std::move(stream_);
        end();
        done(std::move(stream), "");
    }

    void try_next() {
        late_ ? mark_silent() : mark_failed();
        if (++next_ < endpoints_.size()) return connect_next();
        fail(last_error_);
    }

    void fail(const std::string& why) {
        if (over()) return;
        const Done done = std::exchange(done_, nullptr);
        end();
        done(nullptr, url_.name() + ": " + why);
    }

    void end() noexcept {
        deadline_.cancel();
        step_.cancel();
        if (stream_) stream_->close();
        if (url_.tls) forget_handshakes();
    }

    boost::asio::io_context& io_;
    const TlsContext* tls_;
    std::shared_ptr<Addresses> addresses_;
    Url url_;
    std::chrono::milliseconds timeout_;
    std::size_t turn_;
    Done done_;  // null: it has been called, or nobody wants to hear of it
    boost::asio::steady_timer deadline_;
    boost::asio::steady_timer step_;
    std::optional<DnsLookup> lookup_;
    std::vector<tcp::endpoint> endpoints_;  // in the order in which they are tried
    std::unique_ptr<Stream> stream_;
    std::string last_error_;
    std::size_t next_ = 0;     // of the addresses; of a stream that was made, its own
    std::uint32_t steps_ = 0;  // taken: one for each connect
    std::chrono::milliseconds step_limit_{0};
    bool late_ = false;        // the step's time is over
    bool narrow_ = false;      // only the fast suites have been offered to it,
    bool all_suites_ = false;  // which was in vain
};

void Connector::connect(const Url& url, int timeout_ms, std::size_t turn, Done done) {
    cancel();
    attempt_ = std::make_shared<Attempt>(io_, tls_, addresses_, url, timeout_ms, turn, std::move(done));
    attempt_->start();
}

void Connector::cancel() noexcept {
    if (attempt_) attempt_->cancel();
    attempt_.reset();
}

void Connector::answered() {
    if (attempt_) attempt_->mark_answered();
}
void Connector::failed() {
    if (attempt_) attempt_->mark_failed();
}
void Connector::silent() {
    if (attempt_) attempt_->mark_silent();
}
std::optional<std::chrono::milliseconds> Connector::trial() const {
    return attempt_ ? attempt_->trial() : std::nullopt;
}

}  // namespace daypack
