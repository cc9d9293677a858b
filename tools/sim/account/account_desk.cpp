// SPDX-License-Identifier: MIT
#include "tools/sim/account/account_desk.h"

#include <algorithm>
#include <cmath>

#include "tools/sim/account/account_rest.h"
#include "tools/sim/faults/fault_answers.h"
#include "tools/sim/market/clocks.h"
#include "tools/sim/market/wrong_options.h"
#include "tools/sim/server/query.h"

namespace daypack::core::sim {
namespace {

using boost::system::error_code;

constexpr int kDecimalsMax = 9;  // of price and quantity together, so that their products are exact
constexpr std::uint64_t kRestart_ms = 300;
constexpr double kBalanceFirst = 0.2;  // how often the streams of one cause come in another order
constexpr int kActsAtOnceMax = 1000;   // after the machine was away

}  // namespace

AccountDesk::AccountDesk(boost::asio::io_context& io, const SimOptions& options, const VenueState& venue,
                         FaultRunner& faults)
    : options_(options),
      venue_(venue),
      faults_(faults),
      matching_(instruments(), fresh_accounts(), options.seed,
                [this](const std::string& symbol) { return touch_of(symbol); }),
      script_(matching_, options.seed),
      lines_(faults.faults(),
             [this](const Fault& fault, const Connection* connection) { faults_.on_struck(fault, {}, connection); }),
      random_(options.seed),
      timer_(io),
      later_(io) {
    if (matching_.instruments().empty()) {
        throw WrongOptions("--accounts: no market here suits; list one such as SOL_USDC or SOL_USDC_PERP");
    }
    for (const Account& account : matching_.accounts()) {
        keys_.push_back(key_pair_of(options.seed, account.number));
        gate_.admit(keys_.back().api_key, account.number - 1);
        if (!options.keys_out.empty()) write_key_file(options.keys_out, account.name, keys_.back());
    }
    for (std::size_t i = 0; i < matching_.accounts().size(); ++i) {
        matching_.set_time(wall_us());
        script_.prepare(i);
        (void)matching_.take_notices();  // nobody is there yet
    }
}

std::vector<Account> AccountDesk::fresh_accounts() const {
    std::vector<Account> accounts(options_.accounts);
    for (std::size_t i = 0; i < accounts.size(); ++i) {
        accounts[i].number = i + 1;
        accounts[i].name = "account" + std::to_string(i + 1);
    }
    return accounts;
}

std::vector<Instrument> AccountDesk::instruments() const {
    std::vector<Instrument> all;
    for (const Feed& feed : venue_.feeds) {
        const Market& market = feed.market();
        const int decimals = market.price_decimals() + market.quantity_decimals();
        const bool is_traded = market.type() == "SPOT" || market.type() == "PERP";
        if (!market.is_open() || !is_traded || decimals > kDecimalsMax) continue;
        all.push_back({market.symbol, std::string(market.base()), std::string(market.quote()), market.type() == "PERP",
                       market.price_decimals(), amount_of(market.tick_units(), market.price_decimals()),
                       amount_of(market.step_units(), market.quantity_decimals())});
    }
    return all;
}

std::optional<Touch> AccountDesk::touch_of(const std::string& symbol) const {
    const Feed* feed = venue_.find(symbol);
    if (feed == nullptr || !feed->market().is_open()) return std::nullopt;
    const Book& book = feed->truth().now();
    if (book.bids.empty() || book.asks.empty()) return std::nullopt;
    const int decimals = feed->notation().price_decimals;
    return Touch{amount_of(book.bids.rbegin()->first, decimals), amount_of(book.asks.begin()->first, decimals)};
}

// --- what happens by and by -----------------------------------------------------------------------------------------

void AccountDesk::begin() {
    if (options_.account_rate <= 0) return;
    next_ = Clock::now();
    wait_for_next();
}

void AccountDesk::stop() {
    timer_.cancel();
    later_.cancel_all();
}

bool AccountDesk::is_over(std::size_t account) const {
    const std::uint64_t most = options_.account_events;
    return most != 0 && matching_.accounts()[account].events >= most;
}

void AccountDesk::wait_for_next() {
    const double mean_s = 1.0 / (options_.account_rate * static_cast<double>(options_.accounts));
    for (int i = 0; i < kActsAtOnceMax && next_ <= Clock::now(); ++i) {
        act_once();
        next_ += std::chrono::nanoseconds(static_cast<std::int64_t>(random_.exponential(mean_s) * 1e9));
    }
    timer_.expires_at(next_);
    timer_.async_wait([this](error_code error) {
        if (!error) wait_for_next();
    });
}

void AccountDesk::act_once() {
    if (is_paused_) return;
    const auto account = static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(options_.accounts)));
    if (is_over(account)) return;
    matching_.set_time(wall_us());
    matching_.count_event(account);
    script_.act(account);
    strike(account);
    tell(account);
    remember();
}

void AccountDesk::strike(std::size_t account) {
    if (!faults_.faults().any()) return;
    for (const Fault& fault : faults_.faults().strike(FaultKind::account, {})) {
        const auto until =
            fault.for_ms == 0 ? Clock::time_point::max() : Clock::now() + std::chrono::milliseconds(fault.for_ms);
        if (fault.how == "lend") script_.lend(account);
        if (fault.how == "stale") stale_ = {fault.by_ms * 1000, until};
        if (fault.how == "history") history_lag_ = {fault.by_ms * 1000, until};
        if (fault.how == "restart") restart(fault.for_ms != 0 ? fault.for_ms : kRestart_ms);
        faults_.on_struck(fault, {}, nullptr);
    }
}

// While everything is closed the resting orders are cancelled, and nobody is told.
void AccountDesk::restart(std::uint64_t for_ms) {
    faults_.go_away_for(for_ms);
    later_.after_ms(for_ms / 2, [this] {
        matching_.set_time(wall_us());
        for (std::size_t i = 0; i < matching_.accounts().size(); ++i) {
            matching_.cancel_all(i);
            tell(i);
        }
    });
}

// Each stream in its order; one stream may be ahead of another.
void AccountDesk::tell(std::size_t account) {
    std::vector<Notice> notices = matching_.take_notices();
    if (random_.chance(kBalanceFirst)) {
        std::stable_partition(notices.begin(), notices.end(),
                              [](const Notice& notice) { return notice.stream == PrivateStream::balance; });
    }
    for (const Notice& notice : notices) frames_sent_ += lines_.deliver(account, notice);
}

// --- older books ----------------------------------------------------------------------------------------------------

void AccountDesk::remember() {
    const std::int64_t behind_us = stale_.now_us();
    if (behind_us == 0) return past_.clear();
    Past now{wall_us(), {}};
    for (const Account& account : matching_.accounts()) now.of_accounts.push_back(account.now);
    past_.push_back(std::move(now));
    while (past_.size() > 1 && past_[1].us <= past_.back().us - behind_us) past_.pop_front();
}

// The books as they stood that long ago, or when they began to be kept.
const Holdings& AccountDesk::holdings_for_rest(std::size_t account) const {
    const std::int64_t behind_us = stale_.now_us();
    if (behind_us == 0 || past_.empty()) return matching_.accounts()[account].now;
    const std::int64_t at_us = wall_us() - behind_us;
    const auto newer = std::find_if(past_.begin(), past_.end(), [at_us](const Past& one) { return one.us > at_us; });
    return (newer == past_.begin() ? *newer : *std::prev(newer)).of_accounts[account];
}

// --- who asks -------------------------------------------------------------------------------------------------------

namespace {

Reply refusal_reply(Refusal refusal) {
    constexpr const char* kRequest = "INVALID_CLIENT_REQUEST";
    switch (refusal) {
        case Refusal::no_key: return error_reply(401, "UNAUTHORIZED", "Unauthorized");
        case Refusal::unknown_key: return text_reply("Unauthorized", 401);
        case Refusal::bad_window: return error_reply(400, kRequest, "Invalid window");
        case Refusal::bad_timestamp: return error_reply(400, kRequest, "Invalid timestamp");
        case Refusal::expired: return error_reply(400, kRequest, "Request has expired");
        case Refusal::bad_signature: return error_reply(400, kRequest, "Invalid signature");
        case Refusal::replayed: return error_reply(400, "INVALID_SIGNATURE", "Invalid signature");
        case Refusal::none: break;
    }
    return {};
}

}  // namespace

std::optional<Reply> AccountDesk::on_request(std::string_view target, const Credentials& credentials) {
    const std::string_view path = target.substr(0, target.find('?'));
    if (path == "/_sim/account") return answer_truth(target);
    if (path == "/_sim/account/pause" || path == "/_sim/account/resume") {
        pause(path.ends_with("pause"));
        return text_reply(is_paused_ ? "paused" : "resumed", 200);
    }
    if (instruction_of(path).empty()) return std::nullopt;
    return answer_signed(path, target, credentials);
}

Reply AccountDesk::answer_signed(std::string_view path, std::string_view target, const Credentials& credentials) {
    const std::string symbol = symbol_of(target);
    const std::vector<Fault> spoiling = faults_.faults().strike(FaultKind::signed_request, {symbol, 0, path});
    const auto verdict =
        gate_.check(instruction_of(path), target, credentials, faults_.clock().rest_us(wall_us()) / 1000);
    Reply reply;
    if (verdict.refusal != Refusal::none) {
        ++refused_;
        reply = refusal_reply(verdict.refusal);
    } else {
        const std::int64_t lag_us = std::max(options_.history_lag_ms * 1000, history_lag_.now_us());
        const AccountView view{matching_, matching_.accounts()[verdict.account], holdings_for_rest(verdict.account),
                               wall_us() - lag_us, ++answers_};
        reply = account_answer(view, target);
    }
    for (const Fault& fault : spoiling) {
        spoil(reply, fault);
        faults_.on_struck(fault, symbol, nullptr);
    }
    return reply;
}

std::string AccountDesk::truth(std::size_t number) const {
    if (number == 0 || number > matching_.accounts().size()) return {};
    return account_truth_body(matching_.accounts()[number - 1], is_over(number - 1));
}

Reply AccountDesk::answer_truth(std::string_view target) const {
    const auto key = parameter_of(target, "key");
    const auto name = parameter_of(target, "account");
    for (const Account& account : matching_.accounts()) {
        if ((key && keys_[account.number - 1].api_key == *key) || (name && account.name == *name)) {
            return json_reply(truth(account.number));
        }
    }
    return text_reply("no such account; ask /_sim/account?key=API_KEY, percent-encoded, or ?account=account1", 404);
}

// Nothing is acknowledged. The positions there are come at once, and flat ones do not.
std::size_t AccountDesk::on_message(Connection& connection, const Request& request) {
    if (request.private_names.empty()) return 0;
    if (!request.subscribe) {
        for (const PrivateName& name : request.private_names)
            lines_.unsubscribe(connection, {name.stream, name.symbol});
        return 0;
    }
    auto verdict = gate_.check_subscription(request.signature, faults_.clock().rest_us(wall_us()) / 1000);
    for (const std::uint64_t line : {std::uint64_t{0}, connection.ordinal()}) {
        for (const Fault& fault : faults_.faults().strike(FaultKind::sign_in, {{}, line, {}})) {
            verdict.refusal = Refusal::bad_signature;
            faults_.on_struck(fault, {}, &connection);
        }
    }
    if (verdict.refusal != Refusal::none) {
        ++refused_;
        connection.send(std::make_shared<const std::string>(error_frame(4003, "Invalid signature")));
        return 1;
    }
    const std::uint64_t before = frames_sent_;
    for (const PrivateName& name : request.private_names) subscribe(connection, verdict.account, name);
    return frames_sent_ - before;
}

void AccountDesk::subscribe(Connection& connection, std::size_t account, const PrivateName& name) {
    const bool is_new = lines_.subscribe(connection, account, {name.stream, name.symbol});
    if (!is_new || name.stream != PrivateStream::position) return;
    const Account& one = matching_.accounts()[account];
    for (const auto& [symbol, position] : one.now.positions) {
        if (!name.symbol.empty() && name.symbol != symbol) continue;
        const Times at{wall_us(), matching_.time_us()};
        PrivateLines::send(connection,
                           position_notice(position, {}, matching_.mark_of(position),
                                           matching_.exposure_of(one, position), at, Spelling::captured),
                           !name.symbol.empty());
        ++frames_sent_;
    }
}

}  // namespace daypack::core::sim
