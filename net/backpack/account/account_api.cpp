// SPDX-License-Identifier: MIT
#include "net/backpack/account/account_api.h"

#include <utility>

#include "net/base/clock.h"

namespace daypack::core {
namespace {

using Orders = AccountRows<AccountOrder>;

std::string refusal_words(const RestAnswer& answer, AccountRefusal refusal) {
    if (answer.status == 0) return answer.error;
    return "HTTP " + std::to_string(answer.status) + ": " + parse_error(answer.body) + "; " + what_to_do(refusal);
}

std::optional<std::string> unless_empty(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

Call history(const char* instruction, const HistoryQuery& query) {
    Call call(instruction);
    call.set("symbol", unless_empty(query.symbol)).set("marketType", unless_empty(query.market_type));
    call.set("from", query.from_ms).set("to", query.to_ms).set("limit", query.limit).set("offset", query.offset);
    return call;
}

}  // namespace

AccountApi::AccountApi(RestClient& client, const Signer& signer, Say say)
    : client_(client),
      public_(client),
      signer_(signer),
      say_(std::move(say)),
      alive_(std::make_shared<AccountApi*>(this)) {}

template <class Rows, class Parse>
void AccountApi::read(Call call, const char* path, Parse parse, Done<Rows> done) {
    const auto on_answer = [this, parse, done = std::move(done)](const RestAnswer& answer, AccountRefusal refusal) {
        AccountReply<Rows> reply;
        reply.status = answer.status;
        reply.refusal = refusal;
        reply.page = answer.page;
        if (answer.status == 0 || refusal != AccountRefusal::none) {
            reply.why = refusal_words(answer, refusal);
            return done(std::move(reply));
        }
        Rows rows = parse(answer.body);
        stats_.unknown_words += rows.unknown_words;
        stats_.broken_rows += rows.broken;
        if (rows.is_list) {
            reply.value = std::move(rows);
        } else {
            reply.why = "the answer is no list of the kind that was asked for: " + parse_error(answer.body);
        }
        done(std::move(reply));
    };
    ask({std::move(call), path, on_answer});
}

void AccountApi::balances(const Done<AccountRows<AccountBalance>>& done) {
    using Rows = AccountRows<AccountBalance>;
    using Reply = AccountReply<Rows>;
    // Each of the further answers adds to what the one before it gave.
    const auto add = [](const Rows& rows, bool (*parse)(std::string_view, Rows&)) {
        return [rows, parse](std::string_view body) {
            Rows sum = rows;
            sum.unknown_words = sum.broken = 0;  // what is counted is of this body
            sum.is_list = parse(body, sum);
            return sum;
        };
    };
    read<Rows>(Call("balanceQuery"), "/api/v1/capital", parse_capital, [this, add, done](Reply capital) {
        if (!capital.value) return done(std::move(capital));
        read<Rows>(Call("borrowLendPositionQuery"), "/api/v1/borrowLend/positions", add(*capital.value, add_lending),
                   [this, add, done](Reply lent) {
                       if (!lent.value) return done(std::move(lent));
                       read<Rows>(Call("collateralQuery"), "/api/v1/capital/collateral",
                                  add(*lent.value, add_collateral), done);
                   });
    });
}

void AccountApi::open_orders(const std::string& symbol, Done<Orders> done) {
    Call call("orderQueryAll");
    call.set("symbol", unless_empty(symbol));
    read<Orders>(std::move(call), "/api/v1/orders", parse_orders, std::move(done));
}

void AccountApi::order(const std::string& symbol, const std::string& id, Done<Orders> done) {
    Call call("orderQuery");
    call.set("symbol", symbol).set("orderId", id);
    read<Orders>(std::move(call), "/api/v1/order", parse_orders, std::move(done));
}

void AccountApi::order_of_client(const std::string& symbol, std::uint32_t client_id, Done<Orders> done) {
    Call call("orderQuery");
    call.set("symbol", symbol).set("clientId", client_id);
    read<Orders>(std::move(call), "/api/v1/order", parse_orders, std::move(done));
}

void AccountApi::positions(const std::string& symbol, Done<AccountRows<AccountPosition>> done) {
    Call call("positionQuery");
    call.set("symbol", unless_empty(symbol));
    using Rows = AccountRows<AccountPosition>;
    // Asked for one symbol, the venue says 404 where nothing is held: that is an answer.
    const auto on_reply = [is_one = !symbol.empty(), done = std::move(done)](AccountReply<Rows> reply) {
        if (is_one && reply.refusal == AccountRefusal::not_found) {
            reply.value.emplace().is_list = true;
            reply.why.clear();
        }
        done(std::move(reply));
    };
    read<Rows>(std::move(call), "/api/v1/position", parse_positions, on_reply);
}

void AccountApi::order_history(const HistoryQuery& query, Done<Orders> done) {
    read<Orders>(history("orderHistoryQueryAll", query), "/wapi/v1/history/orders", parse_orders, std::move(done));
}

void AccountApi::fills(const HistoryQuery& query, Done<AccountRows<AccountFill>> done) {
    read<AccountRows<AccountFill>>(history("fillHistoryQueryAll", query), "/wapi/v1/history/fills", parse_fills,
                                   std::move(done));
}

void AccountApi::funding_history(const HistoryQuery& query, Done<AccountRows<AccountFunding>> done) {
    read<AccountRows<AccountFunding>>(history("fundingHistoryQueryAll", query), "/wapi/v1/history/funding",
                                      parse_funding, std::move(done));
}

// ---- the way there

void AccountApi::ask(Request request) {
    if (!gate_.is_open(mono_now())) {
        const auto refused = [alive = std::weak_ptr(alive_), done = std::move(request.done)](const RestAnswer& answer) {
            if (alive.lock()) done(answer, AccountRefusal::none);
        };
        return client_.refuse(refused, "not asked: the exchange has refused this account three times in a row (" +
                                           std::string(account_refusal_name(refusal_)) +
                                           "); asked again a minute after the last");
    }
    waiting_.push_back(std::make_shared<Request>(std::move(request)));
    time_.is_due(mono_now()) ? read_time() : go_on();
}

void AccountApi::prepare(std::function<void()> ready) {
    preparing_.push_back(std::move(ready));
    time_.is_due(mono_now()) ? read_time() : go_on();
}

void AccountApi::go_on() {
    for (const auto& request : std::exchange(waiting_, {})) send(request);
    for (const auto& ready : std::exchange(preparing_, {})) ready();
}

// What waits goes on with whatever is known of the venue's clock.
void AccountApi::read_time() {
    if (std::exchange(is_reading_time_, true)) return;
    const MonoTime sent = mono_now();
    public_.time([this, alive = std::weak_ptr(alive_), sent](const RestReply<VenueTime>& reply) {
        if (!alive.lock()) return;
        is_reading_time_ = false;
        reply.value ? time_.hear(*reply.value, sent, mono_now(), wall_now()) : time_.miss(mono_now());
        if (!reply.value) say_("warning: account: the exchange's clock could not be read: " + reply.why);
        if (time_.drifts() && !has_warned_) {
            say_("warning: account: the exchange's clock is " + std::to_string(*time_.drift_ms()) +
                 " ms ahead of this machine's; signatures follow it, but set this one");
        }
        has_warned_ = time_.drifts();
        go_on();
    });
}

// Two requests of one millisecond would have one signature, which a venue may take for one that was sent again.
std::int64_t AccountApi::next_ms() {
    const std::int64_t now_ms = time_.now_ms(mono_now(), wall_now());
    const bool is_same = now_ms <= last_ms_ && last_ms_ - now_ms < 100;
    return last_ms_ = is_same ? last_ms_ + 1 : now_ms;
}

HttpHeaders AccountApi::sign(const Call& call) {
    return signer_.sign(call, next_ms()).headers();
}

std::string AccountApi::subscription(const std::vector<std::string>& streams) {
    return signer_.subscribe(streams, next_ms());
}

// What is sent and what is signed are of one object: the query has no time in it, so it can be made now.
void AccountApi::send(const std::shared_ptr<Request>& request) {
    const std::string query = signer_.sign(request->call, 1).query();
    const std::string target = request->path + (query.empty() ? "" : "?" + query);
    const auto alive = std::weak_ptr(alive_);
    client_.get_signed(
        target, [this, alive, request] { return alive.lock() ? sign(request->call) : HttpHeaders{}; },
        [this, alive, request](const RestAnswer& answer) {
            if (alive.lock()) on_answer(request, answer);
        });
}

void AccountApi::on_answer(const std::shared_ptr<Request>& request, const RestAnswer& answer) {
    const AccountRefusal refusal =
        answer.status == 0 ? AccountRefusal::none : account_refusal(answer.status, answer.body);
    if (refusal != AccountRefusal::none) ++stats_.refused;
    if (refusal == AccountRefusal::expired && !std::exchange(request->is_again, true)) {
        ++stats_.expired;
        say_("warning: account: a request had expired when the exchange read it; its clock is read again");
        time_.doubt();
        waiting_.push_back(request);
        return read_time();
    }
    if (is_authentication(refusal)) {
        refusal_ = refusal;
        if (gate_.failed(mono_now())) {
            ++stats_.paused;
            say_("warning: account: refused three times in a row (" + std::string(account_refusal_name(refusal)) +
                 "), so private traffic stops for 60 s: " + what_to_do(refusal));
        }
    } else if (answer.status != 0) {
        gate_.answered();
    }
    request->done(answer, refusal);
}

}  // namespace daypack::core
