// SPDX-License-Identifier: MIT
#pragma once
#include "tools/sim/faults/fault.h"
#include "tools/sim/server/rest.h"

namespace daypack::core::sim {

// The answer as `rest:how=…` or `upgrade:how=…` wants it. `other` is not done here: it needs the markets.
void spoil(Reply& reply, const Fault& fault);

}  // namespace daypack::core::sim
