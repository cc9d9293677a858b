// SPDX-License-Identifier: MIT
#pragma once
#include <stdexcept>

namespace daypack::core::sim {

// Options that nobody could carry out, as the words say. What keeps good ones from being carried out, such as a port
// that is taken or a folder that cannot be written, is a plain std::runtime_error.
class WrongOptions : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

}  // namespace daypack::core::sim
