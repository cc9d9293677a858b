// SPDX-License-Identifier: MIT
#pragma once
#include <iosfwd>

namespace daypack::core {

struct InstancesOptions {
    bool clean = false;  // removes those that no engine writes any more
    bool json = false;
};

// Lists the instances of this machine, alive or not. The exit code: 1 where one could not be removed.
[[nodiscard]] int show_instances(const InstancesOptions& options, std::ostream& out);

}  // namespace daypack::core
