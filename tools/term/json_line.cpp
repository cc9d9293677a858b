// SPDX-License-Identifier: MIT
#include "tools/term/json_line.h"

#include <nlohmann/json.hpp>

namespace daypack::core {

std::string json_line(const nlohmann::ordered_json& json) {
    return json.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace daypack::core
