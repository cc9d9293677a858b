// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/include/daypack/signer.hpp"
#include "net/backpack/account/account_decoder.h"
#include "net/backpack/account/account_refusal.h"
#include "net/backpack/account/server_time.h"
#include "net/backpack/rest_api.h"

namespace daypack::core {

// What came of a read of an account: the rows, or in words why there are none.
template <class T>
struct AccountReply {
    std::optional<T> value;
    std::string why;  // empty where there is a value
    AccountRefusal refusal = AccountRefusal::none;
    int status = 0;                // of HTTP; 0: no answer came
    std::optional<PageMark> page;  // of a history
};

struct AccountApiStats {
    std::uint64_t refused = 0;        // of these:
    std::uint64_t expired = 0;        // and resynchronised once each
    std::uint64_t paused = 0;         // times that private traffic was stopped
    std::uint64_t unknown_words = 0;  // of enumerations, which passed as text
    std::uint64_t broken_rows = 0;
};

// What a page of a history is asked for by.
struct HistoryQuery {
    std::string symbol;                   // native; empty: all
    std::string market_type;              // one, or empty
    std::optional<std::int64_t> from_ms;  // inclusive; of fills
    std::optional<std::int64_t> to_ms;    // exclusive; of fills
    std::uint32_t limit = 100;            // 1..1000
    std::uint64_t offset = 0;
};

// The venue's signed paths as typed calls, of one account. Each is signed as it leaves the queue of the budget, and
// again at each retry, by the venue's own clock, which is asked for again each minute.
//
// An expired request is asked once more, after the clock was read again. Three refusals in a row that would come again
// stop private traffic for a minute (AccountGate); what goes over another client, as public data does, is not touched.
//
// Thread: that of the client, which outlives this, as the signer does. A `done` is called once, never from within the
// call, and not at all once the client or this is gone.
class AccountApi {
  public:
    template <class T>
    using Done = std::function<void(AccountReply<T>)>;
    using Say = std::function<void(const std::string&)>;

    // `say`: what an operator should know, a sentence at a time: a clock that drifts, traffic that is stopped.
    AccountApi(RestClient& client, const Signer& signer, Say say);
    AccountApi(const AccountApi&) = delete;
    AccountApi& operator=(const AccountApi&) = delete;

    // Of three requests: what is available, lent, and backs margin. One that is refused refuses all.
    void balances(const Done<AccountRows<AccountBalance>>& done);
    void open_orders(const std::string& symbol, Done<AccountRows<AccountOrder>> done);
    // By the venue's id, or by the client's own. Only what rests is found: `not_found` disproves nothing.
    void order(const std::string& symbol, const std::string& id, Done<AccountRows<AccountOrder>> done);
    void order_of_client(const std::string& symbol, std::uint32_t client_id, Done<AccountRows<AccountOrder>> done);
    void positions(const std::string& symbol, Done<AccountRows<AccountPosition>> done);
    void order_history(const HistoryQuery& query, Done<AccountRows<AccountOrder>> done);
    void fills(const HistoryQuery& query, Done<AccountRows<AccountFill>> done);
    void funding_history(const HistoryQuery& query, Done<AccountRows<AccountFunding>> done);

    // Calls `ready` when the venue's clock was asked for within the last minute, whatever came of that.
    void prepare(std::function<void()> ready);
    // What is known of that clock is not to be trusted any more: a signature was refused.
    void doubt_time() noexcept { time_.doubt(); }
    // The frame that subscribes to private streams, signed for now.
    [[nodiscard]] std::string subscription(const std::vector<std::string>& streams);

    [[nodiscard]] const AccountApiStats& stats() const noexcept { return stats_; }
    [[nodiscard]] const ServerTime& server_time() const noexcept { return time_; }

  private:
    struct Request {
        Call call;
        std::string path;
        std::function<void(const RestAnswer& answer, AccountRefusal refusal)> done;
        bool is_again = false;  // it had expired
    };

    template <class Rows, class Parse>
    void read(Call call, const char* path, Parse parse, Done<Rows> done);
    void ask(Request request);
    void send(const std::shared_ptr<Request>& request);
    void on_answer(const std::shared_ptr<Request>& request, const RestAnswer& answer);
    void read_time();
    [[nodiscard]] std::int64_t next_ms();
    [[nodiscard]] HttpHeaders sign(const Call& call);
    void go_on();

    RestClient& client_;
    RestApi public_;
    const Signer& signer_;
    Say say_;
    ServerTime time_;
    std::int64_t last_ms_ = 0;  // of a signature: no two of them are alike
    AccountGate gate_;
    AccountRefusal refusal_ = AccountRefusal::none;  // the last that the gate counted
    AccountApiStats stats_;
    std::vector<std::shared_ptr<Request>> waiting_;  // for the clock
    std::vector<std::function<void()>> preparing_;   // likewise
    bool is_reading_time_ = false;
    bool has_warned_ = false;  // of a drift, until it is over
    std::shared_ptr<AccountApi*> alive_;
};

}  // namespace daypack::core
