// SPDX-License-Identifier: MIT
#pragma once
#include "engine/config.h"
#include "tools/doctor/finding.h"
#include "tools/doctor/machine.h"

namespace daypack::core {

// This machine's clock and the network card of its default route.
[[nodiscard]] Findings check_clock_and_card(const Machine& machine);

// The way to the venue that the configuration names: for each host the name look-up, TCP and TLS; then the round trip
// over a kept connection, and what the venue's clock says. It asks for the time, a few times, and takes some seconds
// where something does not answer.
[[nodiscard]] Findings check_venue(const Config& config);

}  // namespace daypack::core
