// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <vector>

#include "engine/config.h"

namespace daypack::core {

// "" or, where the environment names a proxy for one of these URLs, that there is none for daypack and what to do.
//
// Whoever set HTTPS_PROXY expects it to be used, and not that its traffic goes by it in silence. A host is exempt as
// for curl: this machine's own, and those that NO_PROXY lists, with the names below them; `*` is every host.
[[nodiscard]] std::string proxy_fault(const std::vector<std::string>& urls, const EnvLookup& env);

}  // namespace daypack::core
