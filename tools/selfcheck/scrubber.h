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
    void hide(std::string secret, std::string word);
    [[nodiscard]] std::string scrubbed(std::string text) const;

  private:
    std::vector<std::pair<std::string, std::string>> hidden_;  // the longest first
};

}  // namespace daypack::core::selfcheck
