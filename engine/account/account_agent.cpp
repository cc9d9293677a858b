// SPDX-License-Identifier: MIT
#include "engine/account/account_agent.h"

#include <boost/asio/io_context.hpp>
#include <utility>

#include "net/backpack/subscribe_frame.h"
#include "net/base/clock.h"
#include "net/base/printable.h"
#include "net/base/time_units.h"

namespace daypack::core {
namespace {

const std::vector<std::string> kStreams{"account.orderUpdate", "account.positionUpdate", "account.balanceUpdate"};
constexpr std::uint32_t kPageRows = 1'000;
constexpr std::size_t kFillsAtOnceMax = 50'000;  // of one fetch; fewer than FillLedger remembers
static_assert(kFillsAtOnceMax < FillLedger::kFillsMax);

}  // namespace

AccountAgent::AccountAgent(boost::asio::io_context& io, Options options, const Signer& signer, Say say)
    : io_(io),
      options_(std::move(options)),
      say_(std::move(say)),
      rest_(io, options_.rest),
      api_(rest_, signer, say_),
      book_(options_.interval_ns) {}

AccountAgent::~AccountAgent() = default;

void AccountAgent::start() {
    connect_at_ = mono_now();
}

void AccountAgent::stop() {
    is_stopping_ = true;
    connect_at_.reset();
    if (line_) line_->stop();
}

// The signature is made when the connection stands, by the venue's clock.
void AccountAgent::connect() {
    connect_at_.reset();
    api_.prepare([this] {
        if (is_stopping_ || line_) return;
        LineOptions options;
        options.urls = options_.ws_urls;
        options.tls = options_.tls;
        options.local_address = options_.local_address;
        options.ping_interval_ms = options_.ping_interval_ms;
        options.line_dead_ms = options_.line_dead_ms;
        options.frame_bytes_max = options_.frame_bytes_max;
        options.stream_frames = [this](std::string_view method, std::span<const std::string> streams) {
            if (method != "SUBSCRIBE") return subscribe_frames(method, streams);
            return std::vector<std::string>{api_.subscription({streams.begin(), streams.end()})};
        };
        LineListener& listener = *this;
        line_ = std::make_unique<Line>(io_, std::move(options), listener);
        line_->subscribe(kStreams);
        line_->start();
    });
}

void AccountAgent::do_work(MonoTime now) {
    if (connect_at_ && now - *connect_at_ >= 0) connect();
    if (line_) (void)line_->do_work(now);
    if (is_stopping_) return;
    if (is_refused_) return end_refused(now);
    drive(now);
}

void AccountAgent::wake_on_bytes() {
    if (line_ && line_->up()) line_->wake_on_bytes();
}

void AccountAgent::catch_up(MonoTime now) {
    if (line_) line_->catch_up(now);
}

// ---- what comes over the line

void AccountAgent::on_up() {
    ++connections_;
    const MonoTime now = mono_now();
    book_.on_subscribed(now, {api_.server_time().now_ms(now, wall_now()) * 1'000});
}

void AccountAgent::on_down(std::string_view why) {
    has_barrier_ = false;
    book_.on_down(mono_now());
    say_("warning: account: the line of the private streams is down: " + printable(why, 256));
}

bool AccountAgent::on_frame(std::string_view frame, const ReceiveTimes&) {
    const AccountFrame parsed = parse_account_frame(frame, unknown_words_);
    const MonoTime now = mono_now();
    if (const auto* order = std::get_if<OrderEvent>(&parsed)) book_.on_event(*order, now);
    if (const auto* position = std::get_if<PositionEvent>(&parsed)) book_.on_event(*position, now);
    if (const auto* balance = std::get_if<BalanceEvent>(&parsed)) book_.on_event(*balance, now);
    if (std::holds_alternative<BrokenFrame>(parsed)) book_.on_broken(now);
    if (const auto* error = std::get_if<StreamError>(&parsed)) {
        const AccountRefusal refusal = account_refusal_of_frame(error->code);
        is_refused_ |= is_authentication(refusal);
        say_("warning: account: the exchange refuses the private streams (" + std::to_string(error->code) + ", " +
             printable(error->message) + "): " + what_to_do(refusal));
    }
    return true;
}

// Makes the next line later: the line itself would come back at once.
void AccountAgent::end_refused(MonoTime now) {
    is_refused_ = has_barrier_ = false;
    line_.reset();
    book_.on_refused(now);
    api_.doubt_time();
    if (gate_.failed(now)) say_("warning: account: refused three times in a row, so it is tried again in 60 s");
    connect_at_ = now + (gate_.is_open(now) ? s_to_ns(1) : AccountGate::kPause_ns);
}

// ---- what the book wants

void AccountAgent::drive(MonoTime now) {
    if (!line_ || !line_->up()) return;
    if (has_barrier_ && !line_->catching_up()) end_barrier(now);
    if (!has_barrier_ && book_.wants_barrier()) {
        has_barrier_ = true;
        pong_read_.reset();
        book_.on_barrier_sent();
        line_->catch_up(now);
    }
    while (const auto ask = book_.next_ask(now)) fetch(*ask);
    if (book_.take_reconnect()) line_->replace("REST shows what the private streams have not told");
}

void AccountAgent::end_barrier(MonoTime now) {
    if (!pong_read_) pong_read_ = now;
    if (now - *pong_read_ < kOvertaken_ns) return;
    has_barrier_ = false;
    gate_.answered();
    book_.on_barrier(now);
}

void AccountAgent::fetch(const AccountBook::Ask& ask) {
    const auto taken = [this, ask](auto reply) { take(ask, std::move(reply)); };
    switch (ask.kind) {
        case AccountKind::orders: return api_.open_orders("", taken);
        case AccountKind::positions: return api_.positions("", taken);
        case AccountKind::balances: return api_.balances(taken);
        case AccountKind::fills: return fetch_fills(ask, {});
    }
}

// Newest first, page by page. What is added meanwhile moves the pages on, so a row may come twice, and none is left
// out.
void AccountAgent::fetch_fills(const AccountBook::Ask& ask, std::vector<AccountFill> so_far) {
    HistoryQuery query;
    query.from_ms = ask.from.us / 1'000;
    query.limit = kPageRows;
    query.offset = so_far.size();
    api_.fills(query, [this, ask, so_far = std::move(so_far)](AccountReply<AccountRows<AccountFill>> reply) mutable {
        if (!is_whole(ask, reply)) return;
        const std::size_t rows = reply.value->rows.size();
        for (AccountFill& fill : reply.value->rows) so_far.push_back(std::move(fill));
        const bool has_more = rows == kPageRows;
        if (has_more && so_far.size() < kFillsAtOnceMax) return fetch_fills(ask, std::move(so_far));
        if (has_more) say_cut(ask, so_far.size());
        book_.on_answer(ask, std::move(so_far));
    });
}

void AccountAgent::say_cut(const AccountBook::Ask& ask, std::size_t rows) {
    ++histories_cut_;
    say_("warning: account: there were more fills since " + std::to_string(ask.from.us / 1'000'000) +
         " (Unix time) than the newest " + std::to_string(rows) +
         " that are read at once: those before them are not told; `daypack account fills` asks the exchange");
}

template <class Row>
void AccountAgent::take(const AccountBook::Ask& ask, AccountReply<AccountRows<Row>> reply) {
    if (is_whole(ask, reply)) book_.on_answer(ask, std::move(reply.value->rows));
}

// A list of which a row could not be read says nothing of what is not in it.
template <class Row>
bool AccountAgent::is_whole(const AccountBook::Ask& ask, const AccountReply<AccountRows<Row>>& reply) {
    std::string why = reply.why;
    if (reply.value && reply.value->broken > 0) why = "rows could not be read";
    say_failure(ask.kind, why);
    if (why.empty() && reply.value) return true;
    book_.on_failure(ask, mono_now());
    return false;
}

void AccountAgent::say_failure(AccountKind kind, const std::string& why) {
    std::string& said = said_[static_cast<std::size_t>(kind)];
    if (said == why) return;
    said = why;
    if (!why.empty()) {
        say_("warning: account: the " + std::string(account_kind_name(kind)) + " did not come: " + printable(why, 256));
    }
}

}  // namespace daypack::core
