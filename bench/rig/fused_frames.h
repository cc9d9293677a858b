// SPDX-License-Identifier: MIT
#pragma once
#include "bench/rig/engine_rig.h"
#include "bench/rig/input.h"
#include "bench/rig/measure.h"

namespace daypack::core::bench {

// Drives the recording's frames through the engine's parts on one thread, as the fused mode does: decoded, taken and
// published. Returns ns a frame. REQUIRES: the rig was rewound.
//
// Thread: the one that calls it.
inline double ns_through(const Input& input, EngineRig& rig) {
    Decoder decoder(input.table, DepthStream::realtime);
    return ns_each([&] {
        for (std::size_t i = 0; i < input.frames.size(); ++i) {
            rig.take(decoder, input.frames[i]);
            if (i % 256 == 0) rig.breathe();
        }
        return input.frames.size();
    });
}

}  // namespace daypack::core::bench
