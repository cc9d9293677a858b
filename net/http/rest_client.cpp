// SPDX-License-Identifier: MIT
#include "net/http/rest_client.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "net/base/clock.h"
#include "net/base/refused.h"
#include "net/base/retry_after.h"
#include "net/base/time_units.h"

namespace daypack::core {

namespace {

constexpr std::int64_t kPreferFirst_ns = s_to_ns(300);  // after which the preferred host is tried again
constexpr std::int64_t kLookAgain_ns = ms_to_ns(50);    // where tokens are left, but what waits may not have them yet
constexpr int kRenewedMax = 2;  // times a request is sent again: a kept connection was closed, an address was dead

std::int64_t burst_of(std::int64_t per_minute) {
    return std::max<std::int64_t>(per_minute / 4, 1);
}

bool is_plain(const std::string& target) {
    return target.starts_with('/') && std::ranges::all_of(target, [](char c) { return c > ' ' && c < 127; });
}

}  // namespace

RestClient::RestClient(boost::asio::io_context& io, RestOptions options)
    : io_(io),
      options_(std::move(options)),
      budget_(options_.requests_per_minute, burst_of(options_.requests_per_minute), mono_now()),
      trades_budget_(options_.trades_per_minute, burst_of(options_.trades_per_minute), mono_now()),
      wake_(io),
      alive_(std::make_shared<RestClient*>(this)) {
    const auto addresses = std::make_shared<Addresses>();
    for (int i = 0; i < options_.connections; ++i) {
        const HttpConnection::Limits limits{options_.body_bytes_max, options_.connection_age_max_ms};
        connections_.push_back(std::make_unique<HttpConnection>(io, options_.tls, limits, addresses));
    }
}

RestClient::~RestClient() = default;

std::size_t RestClient::waiting() const noexcept {
    std::size_t waiting = 0;
    for (const auto& of_rank : waiting_) waiting += of_rank.size();
    return waiting;
}

std::size_t RestClient::burst() const noexcept {
    return static_cast<std::size_t>(burst_of(options_.requests_per_minute));
}

void RestClient::favour(const Favour& favour) noexcept {
    const MonoTime now = mono_now();
    gathered_ = now + ms_to_ns(favour.gather_ms);
    favour_over_ = now + ms_to_ns(favour.over_ms);
    favour_ = favour;
}

void RestClient::get(std::string target, Done done, Rank rank, std::uint64_t turn) {
    Request request;
    request.target = std::move(target);
    request.rank = rank;
    request.turn = turn;
    request.done = std::move(done);
    ask(std::move(request));
}

void RestClient::get_signed(std::string target, MakeHeaders make_headers, Done done, Rank rank) {
    Request request;
    request.target = std::move(target);
    request.rank = rank;
    request.done = std::move(done);
    request.make_headers = std::move(make_headers);
    ask(std::move(request));
}

void RestClient::ask(Request request) {
    const bool full = waiting() >= kWaitingMax;
    if (full || !is_plain(request.target)) {
        return refuse(std::move(request.done), full
                                                   ? "too many requests are waiting: ask again later"
                                                   : "a target of a request begins with / and is ASCII without spaces");
    }
    request.asked = mono_now();
    enqueue(std::move(request));
    pump();
}

// Behind those of its rank and turn.
void RestClient::enqueue(Request request) {
    auto& queue = waiting_[static_cast<std::size_t>(request.rank)];
    const auto later = [](std::uint64_t turn, const Request& other) { return turn < other.turn; };
    queue.insert(std::upper_bound(queue.begin(), queue.end(), request.turn, later), std::move(request));
}

// `done` is called later, never from within get(): the caller may not be ready for it.
void RestClient::refuse(Done done, std::string why) {
    boost::asio::post(io_, [alive = std::weak_ptr(alive_), done = std::move(done), why = std::move(why)] {
        if (alive.lock()) done({0, {}, why, {}});
    });
}

// Sends what may be sent now; wakes up again when more may.
void RestClient::pump() {
    while (waiting() > 0) {
        HttpConnection* const connection = idle_connection();
        if (connection == nullptr) return;  // the next to be done pumps
        const MonoTime now = mono_now();
        if (now < gathered_) return wake_at(gathered_, now);
        std::optional<Request> request = take_next(now);
        if (!request) {
            if (waiting() > 0) wake_at(look_again_, now);
            return;
        }
        (void)budget_.try_take(now);  // take_next() saw that there is one
        if (url_ != 0 && now - prefer_first_ >= 0) url_ = 0;
        request->sent = now;
        gate_.sent(request->target, now);
        send(*connection, std::move(*request));
    }
}

// Whose turn it is; none: nobody's for now.
std::optional<RestClient::Request> RestClient::take_next(MonoTime now) {
    const std::int64_t tokens = budget_.tokens(now);
    look_again_ = std::max(budget_.next(now), now + kLookAgain_ns);
    if (tokens == 0) return std::nullopt;
    if (now < favour_over_) return take_favoured(tokens, now);
    for (const Rank rank : {Rank::urgent, Rank::normal, Rank::trades, Rank::check, Rank::market, Rank::audit}) {
        if (rank >= Rank::check && 2 * tokens < burst_of(options_.requests_per_minute)) continue;
        if (auto request = take_ready(rank, now)) return request;
    }
    return std::nullopt;
}

std::optional<RestClient::Request> RestClient::take_favoured(std::int64_t tokens, MonoTime now) {
    auto request = take_ready(Rank::urgent, now, tokens > favour_.kept ? kAnyTurn : favour_.turn);
    if (request && request->turn <= favour_.turn && favour_.kept > 0) --favour_.kept;
    return request;
}

// The first of a rank, with that turn or an earlier one, that the gate lets through. Those that it has held back for
// too long end with an error.
std::optional<RestClient::Request> RestClient::take_ready(Rank rank, MonoTime now, std::uint64_t turn) {
    auto& queue = waiting_[static_cast<std::size_t>(rank)];
    for (auto at = queue.begin(); at != queue.end() && at->turn <= turn;) {
        const MonoTime ready = gate_.ready(at->target, now);
        if (ready <= now) {
            if (rank == Rank::trades && !trades_budget_.try_take(now)) return std::nullopt;
            Request request = std::move(*at);
            queue.erase(at);
            return request;
        }
        look_again_ = std::min(look_again_, ready);
        if (rank != Rank::urgent && now - at->asked >= ms_to_ns(options_.timeout_ms)) {
            ++stats_.held;
            const char* const why = gate_.holds_all()           ? "refuses all"
                                    : gate_.is_away(at->target) ? "is away"
                                                                : "asked for a pause";
            refuse(std::move(at->done), "held back, because the exchange " + std::string(why) + ": " + trouble_);
            at = queue.erase(at);
        } else {
            ++at;
        }
    }
    return std::nullopt;
}

HttpConnection* RestClient::idle_connection() noexcept {
    HttpConnection* found = nullptr;
    for (const auto& connection : connections_) {
        if (connection->busy()) continue;
        if (found == nullptr || (connection->warm() && !found->warm())) found = connection.get();
    }
    return found;
}

void RestClient::send(HttpConnection& connection, Request request) {
    ++under_way_;
    ++stats_.requests;
    request.url = url_;
    const std::string target = request.target;
    const bool fresh = request.renewed > 0;
    const HttpHeaders headers = request.make_headers ? request.make_headers() : HttpHeaders{};
    connection.get(options_.urls[url_], target, options_.timeout_ms, fresh, headers,
                   [this, request = std::move(request)](HttpConnection::Outcome outcome, RestAnswer answer) {
                       on_outcome(outcome, std::move(answer), request);
                   });
}

// Before those of its rank and turn, which have not been sent yet.
void RestClient::again(Request request) {
    auto& queue = waiting_[static_cast<std::size_t>(request.rank)];
    const auto earlier = [](const Request& other, std::uint64_t turn) { return other.turn < turn; };
    queue.insert(std::lower_bound(queue.begin(), queue.end(), request.turn, earlier), std::move(request));
    pump();
}

void RestClient::on_outcome(HttpConnection::Outcome outcome, RestAnswer answer, Request request) {
    using Outcome = HttpConnection::Outcome;
    --under_way_;
    if (outcome == Outcome::stale && request.renewed < kRenewedMax) {
        ++request.renewed;
        ++stats_.renewed;
        return again(std::move(request));
    }
    count(answer);
    const bool elsewhere = outcome == Outcome::unreachable || answer.status == 451 ||
                           (answer.status == 403 && !is_venues_own(request, answer));
    if (elsewhere && try_next_host(request)) return again(std::move(request));
    const bool known_away = gate_.is_away(request.target);
    const auto verdict = judge(request, answer);
    if (known_away && verdict == RestGate::Verdict::away && request.rank == Rank::urgent) {
        request.renewed = 0;
        request.hosts_tried = 0;
        enqueue(std::move(request));
        return pump();
    }
    give(request, std::move(answer));
}

// What the venue itself says of an account, in its JSON, is no trouble of the way to it.
bool RestClient::is_venues_own(const Request& request, const RestAnswer& answer) {
    return request.make_headers && answer.status >= 400 && answer.status < 500 && answer.status != 429 &&
           answer.body.starts_with('{');
}

// Tells the gate what became of a request.
RestGate::Verdict RestClient::judge(const Request& request, const RestAnswer& answer) {
    const int status = answer.status;
    auto verdict = RestGate::Verdict::away;
    if (status == 429 || is_blocked(status, answer.body)) {
        verdict = RestGate::Verdict::refused;
    } else if ((status == 0 && answer.encoded) || (status >= 200 && status < 300) ||
               (status >= 400 && status < 500 && status != 403 && status != 451) || is_venues_own(request, answer)) {
        verdict = RestGate::Verdict::answered;
    }
    if (verdict != RestGate::Verdict::answered) trouble_ = trouble_of(answer);
    int wait_s = answer.retry_after_s.value_or(verdict == RestGate::Verdict::refused ? kTooManyRequests_s : 0);
    if (status >= 200 && status < 300) wait_s = 0;  // an answer is no refusal, whatever stands in it
    gate_.done(request.target, request.sent, verdict, wait_s, mono_now());
    return verdict;
}

std::string RestClient::trouble_of(const RestAnswer& answer) const {
    if (answer.status == 0) return answer.error;
    if (options_.refusal != nullptr) return options_.refusal(answer.status, answer.body);
    return "HTTP " + std::to_string(answer.status);
}

// From now on requests go to the next host; false when this one has been to all of them.
bool RestClient::try_next_host(Request& request) {
    if (request.url == url_) {  // else another request has moved on already
        url_ = (url_ + 1) % options_.urls.size();
        prefer_first_ = mono_now() + kPreferFirst_ns;
    }
    return ++request.hosts_tried < options_.urls.size();
}

void RestClient::give(const Request& request, RestAnswer answer) {
    request.done(std::move(answer));
    pump();
}

void RestClient::count(const RestAnswer& answer) {
    if (answer.encoded) ++stats_.encoded;
    if (answer.status == 0) {
        ++stats_.failed;
    } else if (answer.status == 429 || is_blocked(answer.status, answer.body)) {
        ++stats_.limited;
    } else if (answer.status >= 200 && answer.status < 300) {
        ++stats_.ok;
    } else if (answer.status >= 400 && answer.status < 500) {
        ++stats_.refused;
    } else {
        ++stats_.server;
    }
}

void RestClient::wake_at(MonoTime when, MonoTime now) {
    wake_.expires_after(std::chrono::nanoseconds(when - now));
    wake_.async_wait([alive = std::weak_ptr(alive_)](const boost::system::error_code& error) {
        const auto self = alive.lock();
        if (!error && self) (*self)->pump();
    });
}

}  // namespace daypack::core
