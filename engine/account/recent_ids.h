// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <deque>
#include <string>
#include <unordered_set>
#include <utility>

namespace daypack::core {

// The last `size_max` ids that were added: what was told once is known again.
//
// Thread: the one that owns it.
class RecentIds {
  public:
    explicit RecentIds(std::size_t size_max) : size_max_(size_max) {}

    // False: it is among them.
    bool add(std::string id) {
        const auto [at, is_new] = known_.insert(std::move(id));
        if (!is_new) return false;
        order_.push_back(&*at);  // an element of a set stays where it is
        if (order_.size() > size_max_) {
            known_.erase(known_.find(*order_.front()));
            order_.pop_front();
        }
        return true;
    }
    [[nodiscard]] bool contains(const std::string& id) const { return known_.contains(id); }
    [[nodiscard]] std::size_t size() const noexcept { return known_.size(); }

  private:
    std::size_t size_max_;
    std::unordered_set<std::string> known_;
    std::deque<const std::string*> order_;
};

}  // namespace daypack::core
