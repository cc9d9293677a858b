// SPDX-License-Identifier: MIT
#include "tools/sim/exchange.h"

#include <boost/asio/post.hpp>
#include <future>
#include <mutex>
#include <thread>

#include "tools/sim/exchange_loop.h"

namespace daypack::core::sim {

struct Exchange::Impl {
    explicit Impl(const SimOptions& given)
        : options(given), loop(given), port(loop.port()), thread([this] { loop.run(); }) {}

    // What `question` says on the exchange's thread; here, when that has ended.
    template <class Question>
    auto ask(Question question) -> decltype(question()) {
        const std::lock_guard lock(mutex);
        if (!thread.joinable()) return question();
        std::packaged_task<decltype(question())()> task(std::move(question));
        auto answer = task.get_future();
        boost::asio::post(loop.io(), [&task] { task(); });
        return answer.get();
    }

    SimOptions options;
    ExchangeLoop loop;
    std::uint16_t port;
    std::mutex mutex;  // one asker at a time, and none while the thread ends
    std::thread thread;
};

Exchange::Exchange(const SimOptions& options) : impl_(std::make_unique<Impl>(options)) {}

Exchange::~Exchange() {
    stop();
}

std::uint16_t Exchange::port() const noexcept {
    return impl_->port;
}
const std::string& Exchange::ca_pem() const noexcept {
    return impl_->loop.ca_pem();
}

std::string Exchange::rest_url() const {
    return (impl_->options.tls ? "https://localhost:" : "http://127.0.0.1:") + std::to_string(port());
}

std::string Exchange::ws_url() const {
    return (impl_->options.tls ? "wss://localhost:" : "ws://127.0.0.1:") + std::to_string(port());
}

void Exchange::stop() {
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->thread.joinable()) return;
    boost::asio::post(impl_->loop.io(), [this] { impl_->loop.shut_down(); });
    impl_->thread.join();
}

std::string Exchange::truth(const std::string& symbol, std::optional<std::uint64_t> u,
                            std::optional<std::size_t> ago) const {
    return impl_->ask([&] {
        const Feed* feed = impl_->loop.find(symbol);
        return feed == nullptr ? std::string{} : feed->truth_body(u, ago);
    });
}

std::uint64_t Exchange::last_u(const std::string& symbol) const {
    return impl_->ask([&] {
        const Feed* feed = impl_->loop.find(symbol);
        return feed == nullptr ? std::uint64_t{0} : feed->truth().u();
    });
}

bool Exchange::is_over(const std::string& symbol) const {
    return impl_->ask([&] {
        const Feed* feed = impl_->loop.find(symbol);
        return feed == nullptr || feed->is_over();
    });
}

KeyPair Exchange::account_key(std::size_t number) const {
    return key_pair_of(impl_->options.seed, number);
}

std::string Exchange::account_truth(std::size_t number) const {
    return impl_->ask([&] { return impl_->loop.account_truth(number); });
}

void Exchange::pause_accounts(bool on) {
    impl_->ask([&] { impl_->loop.pause_accounts(on); });
}

void Exchange::go_away() {
    impl_->ask([this] { impl_->loop.go_away(); });
}

void Exchange::come_back() {
    impl_->ask([this] { impl_->loop.come_back(); });
}

void Exchange::inject(const Fault& fault) {
    impl_->ask([&] { impl_->loop.inject(fault); });
}

void Exchange::end_chaos() {
    impl_->ask([&] { impl_->loop.end_chaos(); });
}

std::vector<std::string> Exchange::fault_log() const {
    return impl_->ask([this] { return impl_->loop.fault_log(); });
}

Statistics Exchange::statistics() const {
    return impl_->ask([this] { return impl_->loop.statistics(); });
}

}  // namespace daypack::core::sim
