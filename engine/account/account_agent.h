// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/account/account_book.h"
#include "net/backpack/account/account_api.h"
#include "net/base/clock.h"
#include "net/http/rest_client.h"
#include "net/ws/line.h"

namespace boost::asio {
class io_context;
}

namespace daypack::core {

// Follows one account: a line of its own for the private streams, signed at each connection, and REST for what the
// streams do not send; account_book.h says what is made of the two. The public feed has other lines and another client,
// and notices nothing of it.
//
// The venue's refusal of a signature makes the account DOWN/refused. It is tried again with the venue's clock read
// afresh; after three refusals in a row, once a minute.
//
// Thread: the one that calls `do_work` in turn and runs `io`. The signer, `io` and the TLS context outlive it.
class AccountAgent final : private LineListener {
  public:
    struct Options {
        std::vector<Url> ws_urls;
        RestOptions rest;
        const TlsContext* tls = nullptr;
        std::string local_address;  // of this machine, that the line comes from; empty: the system chooses
        int ping_interval_ms = 5'000;
        int line_dead_ms = 10'000;
        std::size_t frame_bytes_max = 4'194'304;
        std::int64_t interval_ns = 30'000'000'000;  // between fetches of what is LIVE; 0: none
    };
    // What an operator should know, a sentence at a time. There is no secret in it.
    using Say = std::function<void(const std::string&)>;
    // A pong may overtake events that the venue sent before it, where they wait in a queue of their own. By so much
    // later than the pong they have been read, too: without it, an account that trades all the time would be compared
    // with answers that are some events ahead of the stream, and be in doubt for as long as it trades.
    static constexpr std::int64_t kOvertaken_ns = 50'000'000;

    AccountAgent(boost::asio::io_context& io, Options options, const Signer& signer, Say say);
    ~AccountAgent();
    AccountAgent(const AccountAgent&) = delete;
    AccountAgent& operator=(const AccountAgent&) = delete;

    void start();
    void do_work(MonoTime now);
    // As of the book.
    void inherit(VenueTime since, const AccountBook::ToldTimes& told) { book_.inherit(since, told, mono_now()); }
    // For a thread that has nothing to do but wait: makes `io` come back when the line has something to read.
    void wake_on_bytes();
    // After a pause of this program: what the venue has sent by now is read before `is_catching_up` is false again.
    void catch_up(MonoTime now);
    [[nodiscard]] bool is_catching_up() const noexcept { return line_ && line_->catching_up(); }
    // Closes the line; `do_work` is to be called until it `has_stopped`.
    void stop();
    [[nodiscard]] bool has_stopped() const noexcept { return is_stopping_ && (!line_ || line_->stopped()); }

    [[nodiscard]] const AccountBook& book() const noexcept { return book_; }
    [[nodiscard]] std::vector<AccountNews> take_news() { return book_.take_news(); }
    [[nodiscard]] std::uint64_t unknown_words() const noexcept { return unknown_words_; }
    [[nodiscard]] std::uint64_t connections() const noexcept { return connections_; }
    // Times that a history had more fills than are read at once, so that the oldest are told by nobody.
    [[nodiscard]] std::uint64_t histories_cut() const noexcept { return histories_cut_; }

  private:
    bool on_frame(std::string_view frame, const ReceiveTimes& received) override;
    void on_up() override;
    void on_down(std::string_view why) override;

    void connect();
    void end_refused(MonoTime now);
    void drive(MonoTime now);
    void end_barrier(MonoTime now);
    void fetch(const AccountBook::Ask& ask);
    void fetch_fills(const AccountBook::Ask& ask, std::vector<AccountFill> so_far);
    void say_cut(const AccountBook::Ask& ask, std::size_t rows);
    template <class Row>
    void take(const AccountBook::Ask& ask, AccountReply<AccountRows<Row>> reply);
    template <class Row>
    [[nodiscard]] bool is_whole(const AccountBook::Ask& ask, const AccountReply<AccountRows<Row>>& reply);
    void say_failure(AccountKind kind, const std::string& why);

    boost::asio::io_context& io_;
    Options options_;
    Say say_;
    RestClient rest_;
    AccountApi api_;
    AccountBook book_;
    AccountGate gate_;
    std::unique_ptr<Line> line_;
    std::optional<MonoTime> connect_at_;
    bool is_refused_ = false;  // the last subscription
    bool is_stopping_ = false;
    bool has_barrier_ = false;                     // a ping that counts is under way
    std::optional<MonoTime> pong_read_;            // and its pong was read then
    std::array<std::string, kAccountKinds> said_;  // why a fetch failed, so that it is said once
    std::uint64_t unknown_words_ = 0;
    std::uint64_t connections_ = 0;
    std::uint64_t histories_cut_ = 0;
};

}  // namespace daypack::core
