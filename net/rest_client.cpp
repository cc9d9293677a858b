#include "net/rest_client.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "net/clock.h"

namespace daypack {

namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kPreferFirstNs =
    300 * kSecondNs;                                   // how long another host serves before the first is tried again
constexpr std::int64_t kLookAgainNs = kSecondNs / 20;  // where there are tokens, and not for what waits
constexpr int kHoldS = 10;                             // after a 429 that names no time
constexpr int kHoldMaxS = 300;

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
        connections_.push_back(std::make_unique<HttpConnection>(io, options_.tls, options_.body_bytes_max, addresses));
    }
}

RestClient::~RestClient() = default;

std::size_t RestClient::waiting() const noexcept {
    std::size_t waiting = 0;
    for (const auto& of_rank : waiting_) waiting += of_rank.size();
    return waiting;
}

void RestClient::get(std::string target, Done done, Rank rank) {
    const bool full = waiting() >= kWaitingMax;
    if (full || !is_plain(target)) {
        const char* const why = full ? "too many requests are waiting already" : "no such thing can be asked for";
        boost::asio::post(io_, [alive = std::weak_ptr(alive_), done = std::move(done), why] {
            if (alive.lock()) done({0, {}, why, {}});
        });
        return;
    }
    Request request;
    request.target = std::move(target);
    request.rank = rank;
    request.done = std::move(done);
    waiting_[static_cast<std::size_t>(rank)].push_back(std::move(request));
    pump();
}

// Sends what may be sent now; wakes up again when more may.
void RestClient::pump() {
    while (waiting() > 0) {
        HttpConnection* const connection = idle_connection();
        if (connection == nullptr) return;  // the next to be done pumps
        const MonoTime now = mono_now();
        if (now - held_until_ < 0) return wake_at(held_until_, now);
        std::deque<Request>* const from = next(now);
        if (from == nullptr) return wake_at(std::max(budget_.next(now), now + kLookAgainNs), now);
        (void)budget_.try_take(now);  // next() saw that there is one
        if (url_ != 0 && now - prefer_first_ >= 0) url_ = 0;
        Request request = std::move(from->front());
        from->pop_front();
        send(*connection, std::move(request));
    }
}

// Whose turn it is; null: nobody's for now.
std::deque<RestClient::Request>* RestClient::next(MonoTime now) {
    const std::int64_t tokens = budget_.tokens(now);
    if (tokens == 0) return nullptr;
    const auto of = [this](Rank rank) { return &waiting_[static_cast<std::size_t>(rank)]; };
    if (!of(Rank::urgent)->empty()) return of(Rank::urgent);
    if (!of(Rank::normal)->empty()) return of(Rank::normal);
    if (!of(Rank::trades)->empty() && trades_budget_.try_take(now)) return of(Rank::trades);
    if (!of(Rank::idle)->empty() && 2 * tokens >= burst_of(options_.requests_per_minute)) return of(Rank::idle);
    return nullptr;
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
    const bool fresh = request.fresh;
    connection.get(options_.urls[url_], target, options_.timeout_ms, fresh,
                   [this, request = std::move(request)](HttpConnection::Outcome outcome, RestAnswer answer) {
                       on_outcome(outcome, std::move(answer), request);
                   });
}

void RestClient::on_outcome(HttpConnection::Outcome outcome, RestAnswer answer, Request request) {
    using Outcome = HttpConnection::Outcome;
    --under_way_;
    if (outcome == Outcome::stale && !request.fresh) {
        request.fresh = true;
        waiting_[static_cast<std::size_t>(request.rank)].push_front(std::move(request));
        return pump();
    }
    count(answer);
    if (answer.status == 429) {
        const int hold_s = std::clamp(answer.retry_after_s.value_or(kHoldS), 1, kHoldMaxS);
        held_until_ = mono_now() + hold_s * kSecondNs;
    }
    const bool elsewhere = outcome == Outcome::unreachable || answer.status == 451 || answer.status == 403;
    if (elsewhere && try_next_host(request)) {
        waiting_[static_cast<std::size_t>(request.rank)].push_front(std::move(request));
        return pump();
    }
    give(request, std::move(answer));
}

// From now on requests go to the next host; false when this one has been to all of them.
bool RestClient::try_next_host(Request& request) {
    if (request.url == url_) {  // else another request has moved on already
        url_ = (url_ + 1) % options_.urls.size();
        prefer_first_ = mono_now() + kPreferFirstNs;
    }
    return ++request.hosts_tried < options_.urls.size();
}

void RestClient::give(const Request& request, RestAnswer answer) {
    request.done(std::move(answer));
    pump();
}

void RestClient::count(const RestAnswer& answer) noexcept {
    if (answer.status == 0) {
        ++stats_.failed;
    } else if (answer.status == 429) {
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

}  // namespace daypack
