// SPDX-License-Identifier: MIT
#pragma once
#include "tools/doctor/finding.h"
#include "tools/doctor/machine.h"

namespace daypack::core {

// The same of memory, limits and the network.
[[nodiscard]] Findings check_memory(const Machine& machine);

// What the checks of a configuration say of the same things in the same words.
inline constexpr const char* kMemlockFix =
    "`ulimit -l unlimited`, LimitMEMLOCK=infinity in a unit of systemd, or `* - memlock unlimited` in "
    "/etc/security/limits.conf";
inline constexpr const char* kRtFix =
    "`ulimit -r 99`, LimitRTPRIO=99 in a unit of systemd, `* - rtprio 99` in /etc/security/limits.conf, or `sudo "
    "setcap cap_sys_nice+ep` on the program";
inline constexpr const char* kShmFix = "`sudo mount -o remount,size=4G /dev/shm`, and the same in /etc/fstab";

// As linux/capability.h numbers them.
inline constexpr unsigned kCapIpcLock = 14;
inline constexpr unsigned kCapSysNice = 23;

}  // namespace daypack::core
