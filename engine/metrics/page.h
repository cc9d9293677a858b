// SPDX-License-Identifier: MIT
#pragma once
#include <fmt/format.h>

#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace daypack::core {

// The text of a page for Prometheus under way. A family is begun by its name, and each of its samples follows.
class MetricsPage {
  public:
    explicit MetricsPage(std::size_t bytes) { text_.reserve(bytes); }

    void begin(std::string_view name, std::string_view type, std::string_view help) {
        name_ = name;
        fmt::format_to(std::back_inserter(text_), "# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
    }
    // `labels`: as in `symbol="BTC-USDC"`, or empty.
    template <class Value>
    void sample(std::string_view labels, Value value) {
        sample("", labels, value);
    }
    template <class Value>
    void sample(std::string_view suffix, std::string_view labels, Value value) {
        text_.append(name_).append(suffix);
        if (!labels.empty()) text_.append("{").append(labels).append("}");
        fmt::format_to(std::back_inserter(text_), " {}\n", value);
    }
    template <class Value>
    void only(std::string_view name, std::string_view type, std::string_view help, Value value) {
        begin(name, type, help);
        sample("", value);
    }
    [[nodiscard]] std::string take() { return std::move(text_); }

  private:
    std::string text_;
    std::string_view name_;
};

// A text of a stranger, which may hold any byte, as the value of a label.
[[nodiscard]] inline std::string metrics_label(std::string_view text) {
    std::string value;
    for (const char c : text) {
        if (c == '\\' || c == '"') value += '\\';
        value += c >= ' ' && c <= '~' ? c : '?';
    }
    return value;
}

}  // namespace daypack::core
