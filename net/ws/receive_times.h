// SPDX-License-Identifier: MIT
#pragma once
#include "book/types.h"

namespace daypack::core {

// When a frame came.
struct ReceiveTimes {
    MonoTime in_hand;  // its last byte had been read and decrypted
    WallTime kernel;   // the kernel had taken the last of the bytes that were read with it; 0: not asked for, not known
};

}  // namespace daypack::core
