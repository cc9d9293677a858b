// SPDX-License-Identifier: MIT
#include "net/transport/connector.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "net/base/above_stdio.h"
#include "net/base/clock.h"
#include "net/transport/dns_lookup.h"

namespace daypack::core {

using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds kLookupPoll{2};
constexpr std::chrono::milliseconds kShareMin{500};  // for one of several addresses

// Where the process's stdout or stderr is closed, a socket would get its number, and what is printed go to the venue.
// An error is left to the connect, which opens a socket that is not open.
void open_above_stdio(tcp::socket& socket, const tcp& protocol) {
    error_code error;
    socket.open(protocol, error);
    if (error || socket.native_handle() > STDERR_FILENO) return;
    const int above = above_stdio(socket.release(error));
    if (above >= 0) socket.assign(protocol, above, error);
}

}  // namespace

// One connect, which lives as long as anything of it is under way.
class Connector::Attempt : public std::enable_shared_from_this<Attempt> {
  public:
    Attempt(Connector& owner, Url url, int timeout_ms, std::size_t turn, Done done)
        : io_(owner.io_),
          tls_(owner.tls_),
          addresses_(owner.addresses_),
          local_(owner.local_),
          url_(std::move(url)),
          timeout_(timeout_ms),
          turn_(turn),
          done_(std::move(done)),
          deadline_(io_),
          step_(io_) {}

    void start() {
        if (url_.tls && tls_ == nullptr) {
            return fail_soon("a URL of wss or https needs a TLS context, and there is none");
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
        if (next_ < endpoints_.size()) addresses_->answered(endpoints_[next_], mono_now());
    }
    void mark_failed() {
        if (next_ < endpoints_.size()) addresses_->failed(endpoints_[next_], mono_now());
    }
    void mark_silent() {
        if (next_ < endpoints_.size()) addresses_->silent(endpoints_[next_], mono_now());
    }
    [[nodiscard]] std::optional<std::chrono::milliseconds> trial() const {
        if (next_ >= endpoints_.size()) return std::nullopt;
        return addresses_->trial(endpoints_[next_], endpoints_, mono_now());
    }
    [[nodiscard]] bool has_better() const {
        return next_ < endpoints_.size() && addresses_->has_better(endpoints_[next_], endpoints_, mono_now());
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
            return fail_soon("the name cannot be looked up: " + lookup_->error());
        }
        endpoints_ = lookup_->endpoints();
        if (std::string why = choose(); !why.empty()) return fail_soon(std::move(why));
        spread(endpoints_, turn_);
        addresses_->sort(endpoints_, mono_now());
        connect_next();
    }

    // Leaves the addresses that may be connected to. "" or why none is left.
    [[nodiscard]] std::string choose() {
        const std::string first = endpoints_.front().address().to_string();
        const auto keep = [this](auto may) {
            std::erase_if(endpoints_, [&](const tcp::endpoint& endpoint) { return !may(endpoint.address()); });
            return !endpoints_.empty();
        };
        // Unencrypted only to this machine, whatever its name service makes of "localhost".
        if (!url_.tls && !keep([](const auto& address) { return address.is_loopback(); })) {
            return "the name leads to " + first + ", which is not this machine: nothing is sent there unencrypted; " +
                   "repair /etc/hosts, or use a URL of https:// or wss://";
        }
        if (local_ && !keep([&](const auto& address) { return address.is_v4() == local_->is_v4(); })) {
            return std::string("the host has no ") + (local_->is_v4() ? "IPv4" : "IPv6") +
                   " address, and local_address " + local_->to_string() + " is one; name one of the host's family";
        }
        return {};
    }

    // "" or why the stream cannot come from the address that it must.
    [[nodiscard]] std::string bind() {
        if (!local_) return {};
        error_code error;
        stream_->socket().open(endpoints_[next_].protocol(), error);
        if (!error) stream_->socket().bind({*local_, 0}, error);
        if (!error) return {};
        return "nothing can come from local_address " + local_->to_string() + " (" + error.message() +
               "); `ip address` lists the addresses of this machine";
    }

    void fail_soon(std::string why) {
        boost::asio::post(io_, [self = shared_from_this(), why = std::move(why)] { self->fail(why); });
    }

    void connect_next() {
        stream_ = std::make_unique<Stream>(io_, url_.tls ? tls_ : nullptr);
        late_ = false;
        ++steps_;
        step_.cancel();
        if (std::string why = bind(); !why.empty()) return fail_soon(std::move(why));
        if (next_ + 1 < endpoints_.size()) limit_step();
        open_above_stdio(stream_->socket(), endpoints_[next_].protocol());
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
        if (error) return try_next(late_ ? overdue(step_limit_) : stream_->in_words(error), false);
        narrow_ = stream_->is_tls() && !all_suites_ && offer_fast_suites(stream_->tls_handle());
        stream_->async_connect_tls(url_.host, [self = shared_from_this()](const error_code& refused) {
            if (!self->over()) self->on_handshake(refused);
        });
    }

    void on_handshake(const error_code& error) {
        if (late_) return try_next("TLS handshake failed: " + overdue(step_limit_), true);
        if (error && narrow_ && may_lack_suites(stream_->tls_handle())) {
            all_suites_ = true;
            return connect_next();  // the same address
        }
        if (error) return try_next(stream_->why_tls_failed(error), true);
        const Done done = std::exchange(done_, nullptr);
        std::unique_ptr<Stream> stream = std::move(stream_);
        end();
        done(std::move(stream), "");
    }

    // Of the reasons of several addresses the latest is reported, but one of a handshake before one of TCP: another
    // address that nothing listens at must not hide a certificate that was refused.
    void try_next(const std::string& why, bool is_of_tls) {
        if (is_of_tls || !failed_in_tls_) why_ = why;
        failed_in_tls_ |= is_of_tls;
        late_ ? mark_silent() : mark_failed();
        if (++next_ < endpoints_.size()) return connect_next();
        fail(why_);
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
    std::optional<boost::asio::ip::address> local_;
    Url url_;
    std::chrono::milliseconds timeout_;
    std::size_t turn_;
    Done done_;  // null: it has been called, or nobody wants to hear of it
    boost::asio::steady_timer deadline_;
    boost::asio::steady_timer step_;
    std::optional<DnsLookup> lookup_;
    std::vector<tcp::endpoint> endpoints_;  // in the order in which they are tried
    std::unique_ptr<Stream> stream_;
    std::string why_;  // the addresses that were tried failed
    bool failed_in_tls_ = false;
    std::size_t next_ = 0;     // of the addresses; of a stream that was made, its own
    std::uint32_t steps_ = 0;  // taken: one for each connect
    std::chrono::milliseconds step_limit_{0};
    bool late_ = false;        // the step's time is over
    bool narrow_ = false;      // only the fast suites have been offered to it,
    bool all_suites_ = false;  // which was in vain
};

void Connector::come_from(const std::string& local_address) {
    local_.reset();
    if (!local_address.empty()) local_ = boost::asio::ip::make_address(local_address);
}

void Connector::connect(const Url& url, int timeout_ms, std::size_t turn, Done done) {
    cancel();
    attempt_ = std::make_shared<Attempt>(*this, url, timeout_ms, turn, std::move(done));
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
bool Connector::has_better() const {
    return attempt_ && attempt_->has_better();
}
void Connector::silent() {
    if (attempt_) attempt_->mark_silent();
}
std::optional<std::chrono::milliseconds> Connector::trial() const {
    return attempt_ ? attempt_->trial() : std::nullopt;
}

}  // namespace daypack::core
