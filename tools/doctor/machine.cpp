// SPDX-License-Identifier: MIT
#include "tools/doctor/machine.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace daypack::core {
namespace {

std::vector<std::string> words_of(const std::string& line) {
    std::istringstream in(line);
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    return words;
}

template <class Number>
std::optional<Number> number_of(const std::string& text, int base = 10) {
    Number value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

std::string cpu_list_text(const std::vector<int>& cpus) {
    std::string text;
    for (std::size_t i = 0; i < cpus.size();) {
        std::size_t end = i + 1;
        while (end < cpus.size() && cpus[end] == cpus[end - 1] + 1) ++end;
        text += (text.empty() ? "" : ",") + std::to_string(cpus[i]);
        if (end - i > 1) text += (end - i > 2 ? "-" : ",") + std::to_string(cpus[end - 1]);
        i = end;
    }
    return text;
}

std::string chosen_word(const std::string& line) {
    const auto open = line.find('[');
    const auto close = line.find(']', open == std::string::npos ? 0 : open);
    return open == std::string::npos || close == std::string::npos ? line : line.substr(open + 1, close - open - 1);
}

std::optional<std::string> Machine::line(const std::string& path) const {
    std::ifstream file(root_ + path);
    std::string line;
    if (!file || !std::getline(file, line)) return std::nullopt;
    return line;
}

std::optional<std::int64_t> Machine::number(const std::string& path) const {
    const auto text = line(path);
    return text ? number_of<std::int64_t>(*text) : std::nullopt;
}

std::vector<std::string> Machine::lines(const std::string& path) const {
    std::ifstream file(root_ + path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

std::vector<std::string> Machine::names(const std::string& path) const {
    std::error_code error;
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(root_ + path, error)) {
        names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::vector<int> Machine::cpus(const std::string& path) const {
    return parse_cpu_list(line(path).value_or(""));
}

bool Machine::has_cpu_flag(const std::string& flag) const {
    for (const auto& line : lines("/proc/cpuinfo")) {
        if (!line.starts_with("flags") && !line.starts_with("Features")) continue;
        const auto words = words_of(line);
        return std::find(words.begin(), words.end(), flag) != words.end();  // all cores have the same
    }
    return false;
}

std::optional<std::string> Machine::of_status(const std::string& key) const {
    for (const auto& line : lines("/proc/self/status")) {
        const auto words = words_of(line);
        if (words.size() >= 2 && words[0] == key + ":") return words[1];
    }
    return std::nullopt;
}

bool Machine::has_capability(unsigned number) const {
    const auto set = number_of<std::uint64_t>(of_status("CapEff").value_or(""), 16);
    return set && (*set >> number & 1) != 0;
}

std::optional<std::uint64_t> Machine::limit(const std::string& name, Limit which) const {
    for (const auto& line : lines("/proc/self/limits")) {
        if (!line.starts_with(name)) continue;
        const auto words = words_of(line.substr(name.size()));
        if (words.size() < 2) return std::nullopt;
        const std::string& value = words[which == Limit::soft ? 0 : 1];
        return value == "unlimited" ? UINT64_MAX : number_of<std::uint64_t>(value);
    }
    return std::nullopt;
}

UsableCores Machine::usable_cores() const {
    return UsableCores(root_);
}

std::optional<std::string> Machine::mount_options(const std::string& path) const {
    std::optional<std::string> options;  // the last mount lies on top
    for (const auto& line : lines("/proc/mounts")) {
        const auto words = words_of(line);
        if (words.size() >= 4 && words[1] == path) options = words[3];
    }
    return options;
}

std::optional<std::uint64_t> Machine::free_bytes(const std::string& path) const {
    struct statvfs room {};
    if (statvfs((root_ + path).c_str(), &room) != 0) return std::nullopt;
    return std::uint64_t{room.f_bavail} * room.f_frsize;
}

}  // namespace daypack::core
