// SPDX-License-Identifier: MIT
#include "book/result.h"

namespace daypack::core {

const char* errc_name(Errc errc) noexcept {
    switch (errc) {
        case Errc::ok: return "ok";
        case Errc::malformed: return "malformed";
        case Errc::not_a_number: return "not_a_number";
        case Errc::off_tick: return "off_tick";
        case Errc::overflow: return "overflow";
        case Errc::unknown_symbol: return "unknown_symbol";
        case Errc::unknown_kind: return "unknown_kind";
        case Errc::too_many: return "too_many";
    }
    return "unknown";
}

}  // namespace daypack::core
