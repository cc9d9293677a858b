// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/base/token_bucket.h"
#include "net/http/http_connection.h"
#include "net/http/rest_gate.h"

namespace daypack::core {

struct RestOptions {
    std::vector<Url> urls;            // in order of preference
    const TlsContext* tls = nullptr;  // needed where a URL is https; outlives the client
    int requests_per_minute = 1'200;
    int trades_per_minute = 20;  // of Rank::trades; the venue allows 30
    int connections = 4;         // at once
    int timeout_ms = 10'000;
    int connection_age_max_ms = 300'000;  // then the host is looked up again
    std::size_t body_bytes_max = std::size_t{64} << 20;
    // Says in words why the venue gave an answer of such a status; without it, the status alone is named.
    std::string (*refusal)(int status, std::string_view body) = nullptr;
};

struct RestStats {
    std::uint64_t requests = 0;  // sent, repetitions included
    std::uint64_t ok = 0;        // answers of 2xx
    std::uint64_t refused = 0;   // of 4xx but those that are
    std::uint64_t limited = 0;   // 429, and a firewall's 403
    std::uint64_t server = 0;    // of 5xx, and of anything else
    std::uint64_t failed = 0;    // no answer
    std::uint64_t encoded = 0;   // of these, and of refusals: came in a coding that was not asked for
    std::uint64_t renewed = 0;   // sent again over a fresh connection: the first was gone, or forgotten on the way
    std::uint64_t held = 0;      // answered with an error here, after they were held back for too long
};

// The exchange's REST side: GET requests, by rank, by turn and then in the order in which they were asked for, over a
// few kept-open connections, within a budget per minute over all of them.
//
// Thread: the one that runs `io`; a `done` may call `get`, but not destroy the client.
// A host that cannot be reached, or refuses this region (451, 403), gives way to the next one, which then serves until
// the preferred one is tried again. A 429 is handed on, and so is a firewall's 403, which gives way too where there is
// another host; what is held back then, or while the venue is away, net/http/rest_gate.h says. A request that is
// held back for `timeout_ms` ends with an error that says so; an urgent one hears once that the venue is away, and then
// waits until it is back.
class RestClient {
  public:
    using Done = std::function<void(RestAnswer answer)>;

    enum class Rank : std::uint8_t {
        urgent,  // what is not there without it
        normal,
        trades,  // /trades, within a budget of its own too
        // What can wait: only while half of what may go out at once is left.
        check,   // whether a book that is silent is right
        market,  // whether a market is as it was
        audit,   // whether a book that nobody doubts is right
    };

    // REQUIRES: urls is not empty, requests_per_minute and connections are positive.
    RestClient(boost::asio::io_context& io, RestOptions options);
    // Cuts what is under way; no `done` is called any more.
    ~RestClient();
    RestClient(const RestClient&) = delete;
    RestClient& operator=(const RestClient&) = delete;

    // How many requests leave without waiting for the budget, where it was not used for a while.
    [[nodiscard]] std::size_t burst() const noexcept;
    // For a caller who has more urgent requests than the burst, some of which matter more than others. Nothing leaves
    // before `gather_ms`, so that what is asked for meanwhile leaves by its turn. Then, until `over_ms`, only urgent
    // requests leave, and those with a later turn than `turn` leave so much of the budget to the others that `kept` of
    // them find their share, whenever they come.
    struct Favour {
        std::int64_t gather_ms = 0;
        std::int64_t over_ms = 0;
        std::uint64_t turn = 0;
        std::int64_t kept = 0;
    };
    void favour(const Favour& favour) noexcept;

    // `target`: "/api/v1/depth?symbol=SOL_USDC". `done` is called once, never from within this call. Of two requests of
    // one rank that wait, the one with the smaller `turn` goes first.
    void get(std::string target, Done done, Rank rank = Rank::normal, std::uint64_t turn = 0);

    // The same with fields that are made each time that it is sent, retries included: a signature counts for seconds,
    // and a request may wait in here for longer.
    using MakeHeaders = std::function<HttpHeaders()>;
    void get_signed(std::string target, MakeHeaders make_headers, Done done, Rank rank = Rank::normal);

    // Hands over an answer of nobody, later: for callers who find that a request is not to be sent.
    void refuse(Done done, std::string why);

    // Asked for and not answered yet.
    [[nodiscard]] std::size_t pending() const noexcept { return waiting() + under_way_; }
    [[nodiscard]] const RestStats& stats() const noexcept { return stats_; }

    static constexpr std::size_t kWaitingMax = 4'096;  // beyond it a request is answered with an error

  private:
    struct Request {
        std::string target;
        Rank rank = Rank::normal;
        std::uint64_t turn = 0;
        Done done;
        MakeHeaders make_headers = {};  // of a signed one
        MonoTime asked;                 // by the caller
        MonoTime sent;                  // the last time
        std::size_t url = 0;            // where that was
        std::size_t hosts_tried = 0;    // that were no good
        int renewed = 0;                // over connections that were no good
    };

    static constexpr std::uint64_t kAnyTurn = ~std::uint64_t{0};

    [[nodiscard]] std::size_t waiting() const noexcept;
    void enqueue(Request request);
    void pump();
    [[nodiscard]] std::optional<Request> take_next(MonoTime now);
    [[nodiscard]] std::optional<Request> take_favoured(std::int64_t tokens, MonoTime now);
    [[nodiscard]] std::optional<Request> take_ready(Rank rank, MonoTime now, std::uint64_t turn = kAnyTurn);
    void ask(Request request);
    void again(Request request);
    void send(HttpConnection& connection, Request request);
    void on_outcome(HttpConnection::Outcome outcome, RestAnswer answer, Request request);
    [[nodiscard]] RestGate::Verdict judge(const Request& request, const RestAnswer& answer);
    [[nodiscard]] static bool is_venues_own(const Request& request, const RestAnswer& answer);
    bool try_next_host(Request& request);
    [[nodiscard]] std::string trouble_of(const RestAnswer& answer) const;
    void give(const Request& request, RestAnswer answer);
    void count(const RestAnswer& answer);
    void wake_at(MonoTime when, MonoTime now);
    [[nodiscard]] HttpConnection* idle_connection() noexcept;

    boost::asio::io_context& io_;
    RestOptions options_;
    std::vector<std::unique_ptr<HttpConnection>> connections_;
    std::array<std::deque<Request>, 6> waiting_;  // by rank
    std::size_t under_way_ = 0;
    TokenBucket budget_;
    TokenBucket trades_budget_;
    std::size_t url_ = 0;    // where requests go now
    MonoTime prefer_first_;  // when the first host gets another try
    RestGate gate_;
    MonoTime look_again_;  // when something that waits may be ready; set by take_next
    MonoTime gathered_;    // until then nothing leaves
    MonoTime favour_over_;
    Favour favour_;        // until then; what is kept becomes less
    std::string trouble_;  // the latest answer that was none, in words
    boost::asio::steady_timer wake_;
    std::shared_ptr<RestClient*> alive_;  // what a handler asks that may outlive the client
    RestStats stats_;
};

}  // namespace daypack::core
