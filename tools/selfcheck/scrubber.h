// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/config.h"

namespace daypack::core::selfcheck {

// Takes out of a text what it must not tell: keys, names of hosts, addresses, paths of this machine.
//
// Thread: any. Invariant: the names of the venue's own hosts and paths (/api/v1/…) may stay.
class Scrubber {
  public:
    Scrubber() = default;
    explicit Scrubber(const Config& config);

    // `secret` becomes `word` wherever it stands.
    void hide(std::string secret, std::string word) { add({std::move(secret), std::move(word), false}); }
    // `name` becomes `word` where it is a word of its own: a machine named "a" leaves the other words whole.
    void hide_name(std::string name, std::string word) { add({std::move(name), std::move(word), true}); }
    [[nodiscard]] std::string scrubbed(std::string text) const;

  private:
    struct Hidden {
        std::string text;
        std::string word;
        bool is_name;
    };
    void add(Hidden hidden);

    std::vector<Hidden> hidden_;  // the longest first
};

}  // namespace daypack::core::selfcheck
