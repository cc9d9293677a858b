// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace daypack::core {

// The log, as the parts of the control thread write it.
//
// Thread: control.
class ControlLog {
  public:
    using Write = std::function<void(const std::string&)>;

    // `line`: puts the time before a text and writes it; `complaint`: writes a text as it is.
    ControlLog(Write line, Write complaint) : line_(std::move(line)), complaint_(std::move(complaint)) {}

    void line(const std::string& text) const { line_(text); }
    // A line that was written before is not written again.
    void line_once(const std::string& text) {
        if (is_new(text)) line_(text);
    }
    // Names a file and a line of the configuration, as an editor expects them: so no time stands before it.
    void complain_once(const std::string& text) {
        if (is_new(text)) complaint_(text);
    }
    // Another configuration: everything is worth a line again.
    void forget() { written_.clear(); }

  private:
    bool is_new(const std::string& text) {
        if (std::find(written_.begin(), written_.end(), text) != written_.end()) return false;
        written_.push_back(text);
        return true;
    }

    Write line_;
    Write complaint_;
    std::vector<std::string> written_;
};

}  // namespace daypack::core
