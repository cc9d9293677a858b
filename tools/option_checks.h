#pragma once
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <string>

#include "engine/config_values.h"
#include "net/symbol.h"

namespace daypack {

// Checks of options, so that a wrong one is exit 2 before anything starts. Thread: main.

// A check of config_values.h, which returns "" or what is wrong and what was meant.
template <class Check>
CLI::Validator checked(Check fault_of) {
    return CLI::Validator(
        [fault_of](std::string& value) {
            const std::string fault = fault_of(value);
            return fault.empty() ? std::string() : shown(value) + " " + fault;
        },
        "");
}

inline CLI::Validator number_from(double min, double max) {
    return checked([min, max](const std::string& text) -> std::string {
        double value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error == std::errc{} && end == text.data() + text.size() && value >= min && value <= max) return {};
        return fmt::format("is no number from {:.0f} to {:.0f}", min, max);
    });
}

// A pace: "max" becomes 0, as the simulator has it.
inline CLI::Validator pace() {
    return CLI::Validator(
        [](std::string& value) {
            if (value == "max") value = "0";
            return number_from(0, 1e9)(value);
        },
        "");
}

// Any spelling becomes the venue's.
inline CLI::Validator to_native_symbol() {
    return CLI::Validator(
        [](std::string& value) {
            const auto native = native_symbol(value);
            if (!native) return shown(value) + " " + symbol_fault(value);
            value = *native;
            return std::string();
        },
        "");
}

}  // namespace daypack
