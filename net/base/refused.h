// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <string_view>

namespace daypack::core {

// What an edge in front of the exchange means by an answer that is no success, and what to do about it.

// A firewall blocks this address for now: too often, or by a rule of its own ("Request blocked"). Asking elsewhere, or
// again at once, makes it worse. Not what an edge says to a region that it does not serve.
[[nodiscard]] bool is_blocked(int status, std::string_view body);

// For a log. `key`: of the configuration, rest_urls or ws_urls.
[[nodiscard]] std::string blocked_words();
[[nodiscard]] std::string region_refused(const std::string& key);

}  // namespace daypack::core
