// SPDX-License-Identifier: MIT
#include "engine/net_thread/net_agent.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>

#include "engine/net_thread/line_feed.h"
#include "engine/threads/wall_clock.h"

namespace daypack::core {

namespace {

constexpr std::size_t kHandlersARound = 256;  // of Asio, before the lines that are up have their turn

}  // namespace

struct NetAgent::Io {
    boost::asio::io_context context{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
};

NetAgent::NetAgent(Options options, Wiring wiring)
    : options_(std::move(options)),
      wiring_(std::move(wiring)),
      io_(std::make_unique<Io>()),
      subscribed_(wiring_.instruments->capacity()) {
    for (const LineOptions& line : options_.lines) {
        feeds_.push_back(std::make_unique<Feed>(io_->context, line, wiring_, options_.depth, options_.timing));
        const auto& channels = options_.channels;
        if (std::find(channels.begin(), channels.end(), Channel::liquidation) == channels.end()) continue;
        feeds_.back()->line().subscribe({stream_name(Channel::liquidation, {}, options_.depth)});
    }
}

NetAgent::~NetAgent() = default;

void NetAgent::do_work(MonoTime now) {
    follow_subscriptions();
    resubscribe(now);
    follow_pause(now);
    const bool backoff = options_.idle == IdleMode::backoff;
    bool worked = run_io();
    bool waiting = false;
    for (auto& feed : feeds_) {
        const PollResult found = feed->line().do_work(now);
        feed->do_work(mono_now());
        worked |= found != PollResult::idle;
        waiting |= feed->waiting();
    }
    answer_pause();
    if (worked || !backoff) return;
    for (auto& feed : feeds_) feed->line().wake_on_bytes();
    // What comes from the sockets wakes the thread; all else (subscriptions, counters) has time, but for room in the
    // queue.
    io_->context.run_one_for(std::chrono::milliseconds(waiting ? 1 : options_.wait_ms));
}

// Costs a system call, so it is only done where a line connects. Where the thread waits by Asio, that runs it as well.
bool NetAgent::run_io() {
    const auto needs_io = [](const auto& feed) { return feed->line().needs_io(); };
    if (std::none_of(feeds_.begin(), feeds_.end(), needs_io)) return false;
    std::size_t handled = 0;
    while (handled < kHandlersARound && io_->context.poll_one() != 0) ++handled;
    return handled > 0;
}

// Subscribes what the control thread has come to want, and unsubscribes what it no longer wants. A line repeats its
// subscriptions by itself whenever it connects.
void NetAgent::follow_subscriptions() {
    const std::uint64_t revision = wiring_.subscriptions->revision();
    if (revision == revision_) return;
    const bool first = revision_ == 0;
    revision_ = revision;
    std::vector<std::string> add;
    std::vector<std::string> drop;
    for (SymbolIndex i = 0; i < wiring_.instruments->size(); ++i) {
        const bool wanted = wiring_.subscriptions->wanted(i);
        if (wanted == subscribed_[i]) continue;
        subscribed_[i] = wanted;
        auto& streams = wanted ? add : drop;
        for (std::string& stream : streams_of(i)) streams.push_back(std::move(stream));
    }
    for (auto& feed : feeds_) {
        if (!add.empty()) feed->line().subscribe(add);
        if (!drop.empty()) feed->line().unsubscribe(drop);
        if (first) feed->line().start();
    }
}

// After a pause of the books, each line that is up first has to deliver all that is on its way.
void NetAgent::follow_pause(MonoTime now) {
    const std::int64_t pause =
        backlog_.pause_end_ns.load(std::memory_order_acquire);  // pairs with BookAgent::keep_time()
    if (pause == pause_) return;
    pause_ = pause;
    for (auto& feed : feeds_) feed->line().catch_up(now);
}

void NetAgent::answer_pause() noexcept {
    if (answered_ == pause_) return;
    if (std::any_of(feeds_.begin(), feeds_.end(), [](const auto& feed) { return feed->catching_up(); })) return;
    answered_ = pause_;
    backlog_.read_ns.store(pause_, std::memory_order_release);  // pairs with BookAgent::end_pause()
}

// Acts on what the book thread found: streams that a line does not deliver, or numbers as no other line does.
void NetAgent::resubscribe(MonoTime now) {
    Resubscribe lost;
    while (wiring_.resubscribes->pop(lost)) {
        if (!subscribed_[lost.symbol]) continue;
        const std::vector<std::string> streams = streams_of(lost.symbol);
        for (auto& feed : feeds_) {
            if ((lost.lines >> feed->line().index() & 1) == 0) continue;
            const bool may_replace = (lost.replaceable >> feed->line().index() & 1) != 0;
            if (lost.kind == Resubscribe::Kind::foreign) {
                const auto followed =
                    static_cast<std::size_t>(std::count(subscribed_.begin(), subscribed_.end(), true));
                feed->mend(lost.symbol, streams, followed, may_replace, now);
            } else {
                feed->subscribe_again(streams, may_replace, now);
            }
        }
    }
}

std::vector<std::string> NetAgent::streams_of(SymbolIndex symbol) const {
    std::vector<std::string> streams;
    const std::string& native = (*wiring_.instruments)[symbol].native;
    for (const Channel channel : options_.channels) {
        if (channel == Channel::liquidation) continue;  // one stream of all markets: see the constructor
        if (channel == Channel::mark_price && is_spot(native)) continue;
        streams.push_back(stream_name(channel, native, options_.depth));
    }
    return streams;
}

void NetAgent::stop(const std::function<void()>& meanwhile) {
    for (auto& feed : feeds_) feed->line().stop();
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
    const auto stopped = [](const auto& feed) { return feed->line().stopped(); };
    while (!std::all_of(feeds_.begin(), feeds_.end(), stopped) && std::chrono::steady_clock::now() < end) {
        for (auto& feed : feeds_) {
            feed->line().do_work(mono_now());
            feed->line().wake_on_bytes();
        }
        io_->context.run_one_for(std::chrono::milliseconds(1));
        meanwhile();
    }
    for (auto& feed : feeds_) feed->publish_counters();
}

}  // namespace daypack::core
