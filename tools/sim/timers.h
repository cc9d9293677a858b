// SPDX-License-Identifier: MIT
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <list>
#include <utility>

namespace daypack::core::sim {

// What is to be done later, any number of things.
//
// Thread: the one that runs `io`.
// Invariant: nothing is done after cancel_all(), and nothing twice.
class Timers {
  public:
    explicit Timers(boost::asio::io_context& io) : io_(io) {}

    template <class Then>
    void after_ms(std::uint64_t ms, Then then) {
        const auto timer = timers_.emplace(timers_.end(), io_);
        timer->expires_after(std::chrono::milliseconds(ms));
        timer->async_wait([this, timer, turn = turn_, then = std::move(then)](boost::system::error_code error) mutable {
            if (error || turn != turn_) return;
            timers_.erase(timer);
            then();
        });
    }
    void cancel_all() {
        ++turn_;
        timers_.clear();
    }

  private:
    boost::asio::io_context& io_;
    std::list<boost::asio::steady_timer> timers_;
    std::uint64_t turn_ = 0;  // what was begun in an earlier one is not done
};

}  // namespace daypack::core::sim
