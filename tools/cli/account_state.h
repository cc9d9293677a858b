// SPDX-License-Identifier: MIT
#pragma once
#include <iosfwd>
#include <string>

namespace daypack::core {

struct AccountStateOptions {
    std::string instance = "default";
    std::string account;  // empty: the only one of the instance, or the first by name
    bool watch = false;
    bool json = false;
};

// Shows how far an engine's account may be relied on, part by part, from its private shared memory; with `watch` also
// all that happens on it, until a signal asks for the end. The exit code: 1 where no engine lives, or a part that a
// channel asks for is not LIVE, with a line a cause on stderr. Throws std::runtime_error with a sentence.
[[nodiscard]] int show_account_state(const AccountStateOptions& options, std::ostream& out);

}  // namespace daypack::core
