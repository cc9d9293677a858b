// SPDX-License-Identifier: MIT
#include "engine/shm/build_id.h"

// The one file of the engine that knows them, so that another commit compiles no other file anew. Both are the build's
// to tell (CMakeLists.txt): whoever compiles the engine in another way may leave them out.
#ifndef DAYPACK_COMMIT
#define DAYPACK_COMMIT ""
#endif
#ifndef DAYPACK_VERSION
#define DAYPACK_VERSION ""
#endif

namespace daypack::core {

std::string_view build_version() noexcept {
    return DAYPACK_VERSION;
}

std::string_view build_commit() noexcept {
    return DAYPACK_COMMIT;
}

}  // namespace daypack::core
