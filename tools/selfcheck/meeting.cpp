// SPDX-License-Identifier: MIT
#include "tools/selfcheck/meeting.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

#include "engine/control_thread/symbol_choice.h"
#include "net/backpack/subscribe_frame.h"
#include "net/base/clock.h"
#include "net/transport/dns_lookup.h"
#include "tools/term/json_line.h"

namespace daypack::core::selfcheck {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::size_t kLinesMin = 2;  // copies are held against each other
constexpr std::size_t kLinesMax = 6;
constexpr std::size_t kDoubts = 10;  // books that are joined again on purpose
constexpr std::size_t kMarkets = 5;  // of which the row is asked for by itself
constexpr std::int64_t kPongMax_ns = 1'500 * kNsPerMs;
constexpr int kAuditsAMarket = 4;

// The plan, in parts of the whole time.
constexpr double kMarketsFrom = 0.05;
constexpr double kAuditsFrom = 0.10;
constexpr double kDoubtsFrom = 0.25;
constexpr double kNonsenseAt = 0.30;
constexpr double kFirstProbeAt = 0.35;
constexpr double kRenewAt = 0.60;
constexpr double kDoubtsTo = 0.85;

std::int64_t wall_less_mono() {
    return wall_now().ns - mono_now().ns;
}

}  // namespace

Meeting::Meeting(const Config& config, double seconds, const Scrubber& scrubber, RecordingFile& recording,
                 std::function<bool()> ends)
    : config_(config),
      seconds_(seconds),
      scrubber_(scrubber),
      recording_(recording),
      ends_(std::move(ends)),
      wall_less_mono_ns_(wall_less_mono()),
      tls_(TlsContext::client(config.exchange.ca_file)),
      table_(config.engine.max_symbols) {
    rest_ = std::make_unique<RestClient>(
        io_, rest_options(config.exchange.rest_urls, config.exchange.rest_requests_per_minute, tls_));
    api_ = std::make_unique<RestApi>(*rest_, [this](const std::string& target, MonoTime asked,
                                                    const RestAnswer& answer) { on_answer(target, asked, answer); });
}

Meeting::~Meeting() = default;

void Meeting::run() {
    begun_ = mono_now();
    learn_markets();
    find_addresses();
    start_lines();
    follow(at(1));
    say_goodbye();
    books_->finish();
    for (const auto& line : lines_) line->finish();
    probe_->finish();
    figures_.seconds = static_cast<double>(mono_now() - begun_) / 1e9;
}

MonoTime Meeting::at(double part) const noexcept {
    return begun_ + static_cast<std::int64_t>(seconds_ * part * 1e9);
}

std::optional<SymbolIndex> Meeting::index_of(std::string_view native) const noexcept {
    for (std::size_t i = 0; i < table_.size(); ++i) {
        if (table_[static_cast<SymbolIndex>(i)].native == native) return static_cast<SymbolIndex>(i);
    }
    return std::nullopt;
}

// The markets of the configuration, with their ticks. The lists are asked for as the engine does.
void Meeting::learn_markets() {
    std::vector<Market> markets;
    std::string why;
    bool done = false;
    api_->markets([&](RestReply<MarketList> usual) {
        why = usual.why;
        if (usual.value) markets = usual.value->markets;
        if (usual.value && !usual.value->skipped.empty()) why = usual.value->skipped.front();
        api_->markets_of_all_kinds([&](RestReply<MarketList> all) {
            for (const Market& market : all.value ? all.value->markets : std::vector<Market>()) {
                if (find_market(markets, market.native) == nullptr) markets.push_back(market);
            }
            done = true;
        });
    });
    api_->status([](const RestReply<VenueStatus>&) {});
    for (int i = 0; i < 3; ++i) api_->time([](const RestReply<VenueTime>&) {});
    api_->market(std::string(kNoMarket), [](const RestReply<std::optional<Market>>&) {});
    while ((!done || rest_->pending() > 0) && !ends_()) wait_a_little();
    if (markets.empty()) {
        throw std::runtime_error("the list of markets did not come" +
                                 (why.empty() ? std::string("; it is empty") : ": " + why));
    }
    for (const std::string& native : choose_symbols(config_.exchange, markets)) {
        const Market* market = find_market(markets, native);
        if (market == nullptr || market->halted == Reason::closed) {
            skipped_.push_back(native + (market == nullptr ? ": not listed" : ": Closed"));
            continue;
        }
        if (!table_.append(make_instrument(native, market))) break;
        recording_.note(
            mono_now().ns + wall_less_mono_ns_, "market",
            json_line({{"symbol", native}, {"tick", format_unit(market->tick)}, {"step", format_unit(market->step)}}));
    }
    if (table_.size() == 0) throw std::runtime_error("none of the configured symbols is listed and open");
}

// As many lines as the host has addresses, so that they race.
void Meeting::find_addresses() {
    const Url url = parse_url(config_.exchange.ws_urls.front(), UrlKind::websocket);
    const DnsLookup lookup(url.host, url.port);
    const MonoTime end = mono_now() + 3'000 * kNsPerMs;
    while (!lookup.finished() && mono_now() < end) wait_a_little();
    if (!lookup.finished()) return;
    std::set<boost::asio::ip::address> addresses;
    for (const auto& endpoint : lookup.endpoints()) addresses.insert(endpoint.address());
    figures_.addresses = addresses.size();
}

void Meeting::start_lines() {
    frames_ = std::make_unique<FrameCheck>(table_, config_.exchange.depth_stream, findings_);
    copies_ = std::make_unique<CopyCheck>(findings_, figures_);
    books_ = std::make_unique<Books>(table_, config_.exchange.gap_wait_ms * kNsPerMs,
                                     window_ns(config_.exchange.depth_stream), findings_, figures_);
    const std::size_t wanted = std::max<std::size_t>(config_.exchange.lines, figures_.addresses);
    const std::size_t count = std::clamp(wanted, kLinesMin, kLinesMax);
    figures_.lines.resize(count);
    const auto on_change = [this] {
        Sync::LineSet up = 0;
        for (const auto& line : lines_) up |= Sync::LineSet{line->line().up()} << line->line().index();
        books_->on_lines(up, mono_now());
    };
    shared_ = std::make_unique<LineShared>(
        LineShared{table_, config_.exchange.depth_stream, findings_, figures_, *frames_, *copies_, recording_,
                   wall_less_mono_ns_, [this](const std::string& words) { return scrubber_.scrubbed(words); },
                   [this](const Decoded& decoded, MonoTime now) { books_->take(decoded, now); }, on_change});
    std::vector<std::string> streams;
    for (std::size_t i = 0; i < table_.size(); ++i) {
        const std::string& native = table_[static_cast<SymbolIndex>(i)].native;
        streams.push_back(stream_name(Channel::depth, native, config_.exchange.depth_stream));
        streams.push_back(stream_name(Channel::trade, native));
    }
    frames_->expect(streams);
    LineOptions options;
    for (const auto& url : config_.exchange.ws_urls) options.urls.push_back(parse_url(url, UrlKind::websocket));
    options.stream_frames = subscribe_frames;
    options.tls = &tls_;
    options.ping_interval_ms = static_cast<int>(config_.exchange.ping_interval_ms);
    options.line_dead_ms = static_cast<int>(config_.exchange.line_dead_ms);
    options.frame_bytes_max = config_.exchange.max_frame_bytes;
    for (std::size_t i = 0; i < count; ++i) {
        options.index = static_cast<LineIndex>(i);
        const auto& local = config_.exchange.local_address;
        options.local_address = local.empty() ? std::string() : local[i % local.size()];
        lines_.push_back(std::make_unique<LineWatch>(io_, options, *shared_));
        lines_.back()->line().subscribe(streams);
        lines_.back()->line().start();
        // One after another, so that the venue's first connection is line 0: whoever reads both sides' logs is glad.
        const MonoTime end = mono_now() + 2'000 * kNsPerMs;
        while (!lines_.back()->line().up() && mono_now() < end && !ends_()) {
            (void)work(mono_now());
            wait_a_little();
        }
    }
    options.index = static_cast<LineIndex>(count);
    probe_ = std::make_unique<ProbeLine>(io_, options, findings_);
}

void Meeting::on_answer(const std::string& target, MonoTime asked, const RestAnswer& answer) {
    const MonoTime now = mono_now();
    const std::string path = target.substr(0, target.find('?'));
    constexpr std::string_view kKey = "symbol=";
    const std::size_t at = target.find(kKey);
    const std::string symbol = at == std::string::npos ? std::string() : target.substr(at + kKey.size());
    recording_.note(
        now.ns + wall_less_mono_ns_, "rest",
        json_line({{"target", target},
                   {"asked_ns", std::to_string(asked.ns + wall_less_mono_ns_)},
                   {"status", answer.status},
                   {"age_s", answer.age_s ? nlohmann::ordered_json(*answer.age_s) : nlohmann::ordered_json()},
                   {"caching", answer.caching},
                   {"error", scrubber_.scrubbed(answer.error)},
                   {"body", answer.body}}));
    if (symbol == kNoMarket) return bodies_.missing_market(answer);
    RestFigures& figures = figures_.rest[path];
    ++figures.answers;
    figures.took_us.add((now - asked) / kNsPerUs);
    figures.bytes.add(static_cast<std::int64_t>(answer.body.size()));
    figures.age_s_max = std::max(figures.age_s_max, answer.age_s.value_or(-1));
    figures.caching = answer.caching;
    if (!bodies_.answer(target, symbol, answer)) return;
    if (path.ends_with("/markets")) bodies_.markets(answer);
    if (path.ends_with("/market")) bodies_.market(answer);
    if (path.ends_with("/status")) bodies_.status(answer);
    if (path.ends_with("/time")) {
        bodies_.time(answer);
        measure_clock(asked, answer, now);
    }
    if (!path.ends_with("/depth")) return;
    if (const auto index = index_of(symbol))
        books_->on_depth(*index, bodies_.depth(table_[*index], answer), asked, now);
}

// The venue read its clock between the two; it tells whole milliseconds.
void Meeting::measure_clock(MonoTime asked, const RestAnswer& answer, MonoTime now) {
    const auto time = parse_time(answer.body);
    if (!time) return;
    constexpr std::int64_t kHalfMs_us = 500;
    const std::int64_t bound_us = (now - asked) / 2 / kNsPerUs + kHalfMs_us;
    if (figures_.has_clock && bound_us >= figures_.clock_bound_us) return;
    const std::int64_t middle_us = (asked.ns + (now - asked) / 2 + wall_less_mono_ns_) / kNsPerUs;
    figures_.has_clock = true;
    figures_.clock_bound_us = bound_us;
    figures_.clock_offset_us = time->us + kHalfMs_us - middle_us;
}

PollResult Meeting::work(MonoTime now) {
    PollResult found = PollResult::idle;
    for (const auto& line : lines_) {
        if (line->work(now) != PollResult::idle) found = PollResult::drained;
    }
    if (probe_) (void)probe_->line().do_work(now);
    if (io_.stopped()) io_.restart();
    if (io_.poll() > 0) found = PollResult::drained;
    return found;
}

void Meeting::wait_a_little() {
    for (const auto& line : lines_) line->line().wake_on_bytes();
    if (probe_) probe_->line().wake_on_bytes();
    if (io_.stopped()) io_.restart();
    const MonoTime before = mono_now();
    io_.run_one_for(std::chrono::milliseconds(1));
    if (mono_now() - before < 10 * kNsPerUs) std::this_thread::sleep_for(std::chrono::microseconds(100));
}

void Meeting::follow(MonoTime end) {
    for (MonoTime now = mono_now(); now < end && !ends_(); now = mono_now()) {
        const bool busy = work(now) != PollResult::idle;
        books_->on_time(now);
        keep_plan(now);
        if (!busy) wait_a_little();
    }
}

void Meeting::keep_plan(MonoTime now) {
    ask_snapshots(now);
    if (now >= at(kAuditsFrom)) audit_next(now);
    if (now >= next_clock_) {
        next_clock_ = now + static_cast<std::int64_t>(seconds_ * 1e8);
        api_->time([](const RestReply<VenueTime>&) {});
    }
    if (now >= at(kMarketsFrom) && market_turn_ < std::min(kMarkets, table_.size())) {
        api_->market(table_[static_cast<SymbolIndex>(market_turn_++)].native,
                     [](const RestReply<std::optional<Market>>&) {});
    }
    if (now >= at(kDoubtsFrom) && now < at(kDoubtsTo) && now >= next_doubt_ && doubt_turn_ < kDoubts) {
        books_->doubt(static_cast<SymbolIndex>(doubt_turn_++ % table_.size()), now);
        next_doubt_ = now + static_cast<std::int64_t>(seconds_ * (kDoubtsTo - kDoubtsFrom) / kDoubts * 1e9);
    }
    if (now >= at(kNonsenseAt)) probe_->ask_for_nonsense(now);
    look_at_probes(now);
    if (now >= at(kRenewAt) && !std::exchange(renewed_, true)) renew_one(now);
}

void Meeting::ask_snapshots(MonoTime now) {
    for (auto ask = books_->take_request(now); ask; ask = books_->take_request(now)) {
        const auto done = [this, ask = *ask](const RestAnswer& answer) {
            books_->on_snapshot(ask, answer, mono_now());
        };
        api_->depth(table_[ask->symbol].native, done, RestApi::Rank::urgent);
    }
}

void Meeting::audit_next(MonoTime now) {
    if (now < next_audit_ || books_->auditing()) return;
    const auto symbol = static_cast<SymbolIndex>(audit_turn_++ % table_.size());
    const double audits = static_cast<double>(table_.size()) * kAuditsAMarket;
    next_audit_ = now + static_cast<std::int64_t>(seconds_ * (1 - kAuditsFrom) / audits * 1e9 / 2);
    if (!books_->begin_audit(symbol, now)) return;
    const auto done = [this, symbol](const RestAnswer& answer) {
        books_->on_audit_snapshot(symbol, answer, mono_now());
    };
    api_->depth(table_[symbol].native, done);
}

void Meeting::look_at_probes(MonoTime now) {
    if (probes_ == 0 && now >= at(kFirstProbeAt)) {
        ++probes_;
        for (const auto& line : lines_) line->probe(now);
    }
    for (const auto& line : lines_) {
        if (line->is_deaf(now, std::max(kPongMax_ns, static_cast<std::int64_t>(seconds_ * 1e8)))) line->blame_pings();
    }
}

// One that is in good order, while another goes on: the books go on too.
void Meeting::renew_one(MonoTime now) {
    std::size_t up = 0;
    for (const auto& line : lines_) up += line->line().up() ? 1 : 0;
    const auto good = std::find_if(lines_.begin(), lines_.end(),
                                   [](const auto& line) { return line->line().up() && !line->probing(); });
    if (up >= kLinesMin && good != lines_.end()) (*good)->renew(now);
}

// A last probe of each line, and then the Close frames.
void Meeting::say_goodbye() {
    const auto until = [this](std::int64_t ns, auto&& condition) {
        const MonoTime end = mono_now() + ns;
        while (!condition() && mono_now() < end) {
            if (work(mono_now()) == PollResult::idle) wait_a_little();
        }
    };
    for (const auto& line : lines_) line->probe(mono_now());
    until(2'000 * kNsPerMs, [this] {
        return std::none_of(lines_.begin(), lines_.end(), [](const auto& line) { return line->probing(); });
    });
    for (const auto& line : lines_) {
        if (line->probing()) line->blame_pings();
        line->stop(mono_now());
    }
    until(500 * kNsPerMs, [this] {
        return std::all_of(lines_.begin(), lines_.end(), [](const auto& line) { return line->line().stopped(); });
    });
}

}  // namespace daypack::core::selfcheck
