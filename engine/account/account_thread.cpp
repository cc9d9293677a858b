// SPDX-License-Identifier: MIT
#include "engine/account/account_thread.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <utility>

#include "engine/config/config_accounts.h"
#include "engine/threads/signal_guard.h"
#include "engine/threads/thread_setup.h"
#include "net/backpack/rest_api.h"
#include "net/base/clock.h"
#include "net/base/printable.h"
#include "net/base/time_units.h"

namespace daypack::core {
namespace {

// What is not woken for by a socket, as the time of a fetch, waits for so long.
constexpr std::chrono::milliseconds kTurn{5};
constexpr std::chrono::milliseconds kClosing{500};
// The venue allows 2,000 a minute; a fetch of all that an account has takes some ten, twice a minute as a rule.
constexpr std::uint32_t kRequestsPerMinute = 600;

constexpr std::int64_t kNameEvery_ns = 250'000'000;

// Of what is told while another engine has the ring, which is the moments of a takeover as a rule.
constexpr std::size_t kUnshownMax = 16'384;

constexpr std::array kParts{AccountKind::orders, AccountKind::positions, AccountKind::balances, AccountKind::fills};

FeedChannel channel_of(AccountKind kind) noexcept {
    switch (kind) {
        case AccountKind::orders: return FeedChannel::order_info;
        case AccountKind::positions: return FeedChannel::positions;
        case AccountKind::balances: return FeedChannel::balances;
        case AccountKind::fills: return FeedChannel::fills;
    }
    return FeedChannel::order_info;
}

AccountAgent::Options agent_options(const ExchangeConfig& exchange, const std::string& name, const TlsContext& tls) {
    AccountAgent::Options options;
    for (const std::string& url : exchange.ws_urls) options.ws_urls.push_back(parse_url(url, UrlKind::websocket));
    options.rest =
        rest_options(exchange.rest_urls, std::min(exchange.rest_requests_per_minute, kRequestsPerMinute), tls);
    options.tls = &tls;
    // The i-th account's line comes from where the books' i-th line does.
    const std::vector<std::string> names = account_names(exchange);
    const auto index = static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
    const auto& from = exchange.local_address;
    if (!from.empty()) options.local_address = from[index % from.size()];
    options.ping_interval_ms = static_cast<int>(exchange.ping_interval_ms);
    options.line_dead_ms = static_cast<int>(exchange.line_dead_ms);
    options.frame_bytes_max = exchange.max_frame_bytes;
    options.interval_ns = s_to_ns(exchange.snapshot_interval_s);
    return options;
}

Signer signer_of(const ExchangeConfig& exchange, const std::string& name) {
    for (const AccountConfig& account : exchange.accounts) {
        if (account.name == name) return Signer::from_file(account.key_file);
    }
    return {exchange.api_key, exchange.api_secret};
}

}  // namespace

struct AccountThread::Io {
    boost::asio::io_context context{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
};

AccountThread::AccountThread(const Config& config, std::string name, Signer signer, Wiring wiring)
    : name_(std::move(name)),
      instance_(config.engine.shared_memory ? config.engine.instance : ""),
      signer_(std::move(signer)),
      wiring_(std::move(wiring)),
      tls_(TlsContext::client(config.exchange.ca_file)),
      io_(std::make_unique<Io>()),
      agent_(std::make_unique<AccountAgent>(io_->context, agent_options(config.exchange, name_, tls_), signer_,
                                            [this](const std::string& words) { say(words); })) {
    const auto& channels = config.exchange.channels;
    for (const AccountKind kind : kParts) {
        wanted_.push_back(std::find(channels.begin(), channels.end(), channel_of(kind)) != channels.end());
        if (wanted_.back()) figures_.parts.push_back({.name = account_kind_name(kind)});
    }
    figures_.account = name_;
    keep_figures();
}

AccountThread::~AccountThread() {
    ask_to_stop();
    join();
}

void AccountThread::start() {
    is_running_ = true;
    const SignalGuard guard;
    thread_ = std::thread([this] { run(); });
}

void AccountThread::join() noexcept {
    if (thread_.joinable()) thread_.join();
}

void AccountThread::run() noexcept {
    (void)apply_thread_setup({.name = "daypack-acct"});
    try {
        follow();
        close();
    } catch (const std::exception& error) {
        try {
            say("warning: account: is followed no more, after an error of this program: " + printable(error.what()));
        } catch (...) {  // no memory, as it seems: there is nothing left to say it with
        }
    }
    for (const AccountKind kind : kParts) tell(AccountStateNews{kind, {State::down, Reason::stopped, false}});
    if (segment_) segment_->stop();
}

void AccountThread::follow() {
    open_segment();
    for (const AccountKind kind : kParts) {
        const AccountNews state = AccountStateNews{kind, agent_->book().state(kind)};
        if (is_wanted(kind)) wiring_.tell({name_, state, mono_now()});
    }
    agent_->start();
    while (is_running_.load(std::memory_order_relaxed)) {
        const MonoTime now = mono_now();
        keep_segment(now);
        agent_->do_work(now);
        hand_on();
        keep_figures();
        agent_->wake_on_bytes();
        (void)io_->context.run_one_for(kTurn);
    }
}

void AccountThread::close() {
    agent_->stop();
    const auto end = std::chrono::steady_clock::now() + kClosing;
    while (!agent_->has_stopped() && std::chrono::steady_clock::now() < end) {
        agent_->do_work(mono_now());
        (void)io_->context.run_one_for(std::chrono::milliseconds(1));
    }
}

// Another engine of the instance may still have it, as the one that is to hand over.
bool AccountThread::make_segment() {
    const bool tells_fills = is_wanted(AccountKind::fills);
    try {
        auto told = read_told_fills(AccountSegment::path_of(instance_, name_), account_mark(signer_.api_key()));
        segment_.emplace(instance_, name_);
        // A third one may have had it between the two.
        if (told && tells_fills && told->epoch + 1 == segment_->epoch()) told_before_ = *std::move(told);
        return true;
    } catch (const std::exception& error) {
        if (segment_trouble_ == error.what()) return false;
        segment_trouble_ = error.what();
        say("account name=" + name_ + " shared_memory=none (it is tried again each second) why=\"" +
            printable(segment_trouble_, 256) + "\"");
        return false;
    }
}

void AccountThread::open_segment() {
    segment_due_ = mono_now() + s_to_ns(1);
    if (instance_.empty() || !make_segment()) return;
    for (const AccountKind kind : kParts) {
        if (!is_wanted(kind)) segment_->leave_out(kind);
    }
    begin_ring();
}

// Readers have what the engine before told, and what happened since then this one has told to its own program alone:
// so they are told all anew. LIVE comes last, behind the fills that are missing in the ring.
void AccountThread::begin_ring() {
    const AccountBook& book = agent_->book();
    const MonoTime now = mono_now();
    for (const AccountKind kind : kParts) {
        if (!is_wanted(kind)) continue;
        for (const AccountNews& news : book.from_the_start(kind)) segment_->show({name_, news, now});
    }
    inherit();
    for (const AccountKind kind : kParts) {
        const AccountKindState state = book.state(kind);
        if (!is_wanted(kind) || state == AccountBook::kStart) continue;  // which would bid them drop it again
        const AccountNews news = AccountStateNews{kind, state};
        segment_->show({name_, news, now});
    }
}

// What the engine before has not told into the ring is told there by this one: what it asks the exchange for now, and
// what it has told to its own program already.
void AccountThread::inherit() {
    if (told_before_.epoch != 0) {
        segment_->note_told(told_before_.newest);
        agent_->inherit(told_before_.since, told_before_.ids);
        say("account name=" + name_ + " fills_since_us=" + std::to_string(told_before_.since.us) +
            " told_before=" + std::to_string(told_before_.ids.size()) +
            " (fills from then on that the engine before has not told are told)");
    }
    for (const AccountFill& fill : std::exchange(unshown_, {})) {
        const AccountNews news = FillNews{fill, AccountSource::mended};
        if (!is_in_ring(fill)) segment_->show({name_, news, mono_now()});
    }
    if (std::exchange(unshown_lost_, 0) > 0) {
        say("warning: account: some fills of the time before this engine had the shared memory are not told there; "
            "`daypack account fills` asks the exchange");
    }
}

bool AccountThread::is_in_ring(const AccountFill& fill) const {
    return fill.time < told_before_.since || told_before_.ids.contains(fill_identity(fill));
}

void AccountThread::keep_for_ring(const AccountFill& fill) {
    if (instance_.empty()) return;
    unshown_.push_back(fill);
    if (unshown_.size() <= kUnshownMax) return;
    unshown_.pop_front();
    ++unshown_lost_;
}

// Behind what was handed on: a mark says what was told.
void AccountThread::mark_fills() {
    const auto since = agent_->book().fills_since();
    if (!segment_ || !since || !is_wanted(AccountKind::fills)) return;
    if (told_before_.epoch != 0 && told_before_.since < *since && !std::exchange(has_said_gap_, true)) {
        say("warning: account: no engine has followed it for more than a day: fills before " +
            std::to_string(since->us / 1'000'000) +
            " (Unix time) that were not told are not; `daypack account fills` asks "
            "the exchange");
    }
    segment_->mark_fills(*since, agent_->book().fills_known(), account_mark(signer_.api_key()));
}

// What lay on the way through a pause is not known yet, so nothing is shown as LIVE until it was read.
void AccountThread::keep_segment(MonoTime now) {
    if (!segment_) {
        if (instance_.empty() || now - segment_due_ < 0) return;
        hand_on();  // what the book has already is not told behind it once more
        open_segment();
        if (!segment_) return;
    }
    keep_name(now);
    if (!segment_) return;
    if (segment_->beat(now)) {
        has_paused_ = true;
        agent_->catch_up(now);
    }
    if (!has_paused_ || agent_->is_catching_up()) return;
    has_paused_ = false;
    segment_->caught_up();
}

// It may have been removed, by hand or by a cleaner of /dev/shm.
void AccountThread::keep_name(MonoTime now) {
    if (now - name_due_ < 0) return;
    name_due_ = now + kNameEvery_ns;
    const SegmentKeeper::Finding finding = segment_->keep_name();
    const bool is_said = finding.words == std::exchange(segment_trouble_, finding.words);
    switch (finding.result) {
        case SegmentKeeper::Result::in_order: return;
        case SegmentKeeper::Result::moved:
            return say("account name=" + name_ +
                       " shared_memory=made_again (its file was removed or replaced; all that was told is in it)");
        case SegmentKeeper::Result::failed:
            if (!is_said) say("warning: account: " + printable(finding.words, 256));
            return;
        case SegmentKeeper::Result::lost:
            say("account name=" + name_ + " shared_memory=none (another engine has it; it is tried again each second)");
            segment_->stop();
            segment_.reset();
            segment_due_ = now + s_to_ns(1);
    }
}

AccountFigures AccountThread::figures() const {
    const std::scoped_lock lock(counting_);
    return figures_;
}

// A scrape waits for this much at most, and this thread for a copy of it.
void AccountThread::keep_figures() {
    const AccountBook& book = agent_->book();
    const std::scoped_lock lock(counting_);
    figures_.events = book.stats().events;
    figures_.connections = agent_->connections();
    figures_.fills_given_up = book.fills_given_up();
    figures_.histories_cut = agent_->histories_cut();
    std::size_t part = 0;
    for (const AccountKind kind : kParts) {
        if (!is_wanted(kind)) continue;
        AccountFigures::Part& figures = figures_.parts[part++];
        const AccountKindState state = book.state(kind);
        const AccountBook::KindStats& stats = book.stats().kinds[static_cast<std::size_t>(kind)];
        figures.state = static_cast<unsigned>(state.state);
        figures.reason = static_cast<unsigned>(state.reason);
        figures.fetches = stats.answers;
        figures.differences = stats.differences;
        figures.missed = stats.missed;
        figures.failures = stats.failures;
    }
}

void AccountThread::hand_on() {
    for (const AccountNews& news : agent_->take_news()) tell(news);
    mark_fills();
}

void AccountThread::tell(const AccountNews& news) {
    if (!is_wanted(account_kind_of(news))) return;
    const AccountReport report{name_, news, mono_now()};
    const auto* const fill = std::get_if<FillNews>(&news);
    if (segment_ && (fill == nullptr || !is_in_ring(fill->fill))) segment_->show(report);
    if (!segment_ && fill != nullptr) keep_for_ring(fill->fill);
    wiring_.tell(report);
}

// The agent does not know what its account is called.
void AccountThread::say(const std::string& words) const {
    constexpr std::string_view kNameless = "warning: account: ";
    if (words.starts_with(kNameless)) {
        return wiring_.say("warning: account " + name_ + ": " + words.substr(kNameless.size()));
    }
    wiring_.say(words);
}

std::vector<std::unique_ptr<AccountThread>> account_threads(const Config& config, const AccountThread::Wiring& wiring) {
    const ExchangeConfig& exchange = config.exchange;
    std::vector<std::unique_ptr<AccountThread>> threads;
    if (!has_private_channel(exchange)) return threads;
    for (const std::string& name : account_names(exchange)) {
        if (exchange.rest_only || !exchange.websocket) {
            wiring.say("warning: account " + name +
                       ": is not followed, for what it is told comes over a WebSocket; set " +
                       (exchange.rest_only ? "rest_only: false" : "websocket: true"));
            continue;
        }
        try {
            threads.push_back(std::make_unique<AccountThread>(config, name, signer_of(exchange, name), wiring));
        } catch (const std::exception& error) {
            wiring.say("warning: account " + name + ": is not followed: " + printable(error.what(), 256));
        }
    }
    return threads;
}

}  // namespace daypack::core
