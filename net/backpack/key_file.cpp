// SPDX-License-Identifier: MIT
#include "net/backpack/key_file.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "engine/include/daypack/signer.hpp"
#include "net/base/printable.h"

namespace daypack::core {
namespace {

constexpr std::size_t kBytesMax = 4'096;

std::string trouble() {
    return "cannot be read (" + std::string(std::strerror(errno)) + "); give the path of a file with your keys";
}

// What an open file is says more than its name: nobody can put another one in its place between look and read.
std::string fault_of(int file) {
    struct stat state {};
    if (file < 0 || fstat(file, &state) != 0) return trouble();
    if (!S_ISREG(state.st_mode)) return "is no plain file; give the path of a file with your keys";
    if (state.st_uid != geteuid() && state.st_uid != 0) {
        return "belongs to another user; copy it, and chown it to the one who runs daypack";
    }
    if ((state.st_mode & 077) == 0) return {};
    std::array<char, 8> mode{};
    (void)std::snprintf(mode.data(), mode.size(), "%04o", static_cast<unsigned>(state.st_mode & 0777));
    return "has mode " + std::string(mode.data()) + ", so others may read it; chmod 600 it";
}

// A pipe without a writer does not hold it up.
int open_file(const std::string& path) noexcept {
    return open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

std::string_view trimmed(std::string_view text) noexcept {
    constexpr std::string_view kSpace = " \t\r";
    while (!text.empty() && kSpace.find(text.front()) != std::string_view::npos) text.remove_prefix(1);
    while (!text.empty() && kSpace.find(text.back()) != std::string_view::npos) text.remove_suffix(1);
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
    return text;
}

[[noreturn]] void fail(const std::string& path, const std::string& why) {
    throw SigningError("the key file " + shown_path(path) + " " + why);
}

}  // namespace

void KeyFile::Free::operator()(char* text) const noexcept {
    sodium_free(text);
}

KeyFile::KeyFile(const std::string& path) : text_(static_cast<char*>(sodium_malloc(kBytesMax))) {
    if (!text_) fail(path, "finds no memory; free some");
    const int file = open_file(path);
    const std::string fault = fault_of(file);
    std::size_t size = 0;
    ssize_t got = 1;
    while (fault.empty() && got > 0 && size < kBytesMax) {
        got = read(file, text_.get() + size, kBytesMax - size);
        if (got > 0) size += static_cast<std::size_t>(got);
    }
    const std::string why = fault.empty() && got < 0 ? trouble() : fault;
    if (file >= 0) (void)close(file);
    if (!why.empty()) fail(path, why);
    if (size == kBytesMax) fail(path, "is longer than two lines; it holds `api_key: …` and `api_secret: …` alone");
    parse(path, {text_.get(), size});
}

// No error shows what stands in a line: it may be the secret.
void KeyFile::parse(const std::string& path, std::string_view text) {
    for (int number = 1; !text.empty(); ++number) {
        const std::size_t end = text.find('\n');
        const std::string_view line = trimmed(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        if (line.empty() || line.front() == '#') continue;
        const std::size_t colon = line.find(':');
        const std::string_view name = trimmed(line.substr(0, colon));
        std::string_view* const part = name == "api_key" ? &api_key_ : name == "api_secret" ? &api_secret_ : nullptr;
        if (colon == std::string_view::npos || part == nullptr || !part->empty()) {
            fail(path, "has a line " + std::to_string(number) +
                           " that it should not have; it holds `api_key: …` and `api_secret: …`, each once");
        }
        *part = trimmed(line.substr(colon + 1));
    }
    if (api_key_.empty() || api_secret_.empty()) {
        fail(path, std::string("has no ") + (api_key_.empty() ? "api_key" : "api_secret") +
                       "; it holds `api_key: …` and `api_secret: …`, a line each");
    }
}

std::string shown_path(const std::string& path) {
    constexpr std::size_t kSecretMin = 40;
    constexpr std::string_view kSmall = "abcdefghijklmnopqrstuvwxyz";
    constexpr std::string_view kCapitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    constexpr std::string_view kDigits = "0123456789";
    const std::string base64 = std::string(kSmall).append(kCapitals).append(kDigits).append("+/-_=");
    const std::string_view text = path;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find_first_not_of(base64, at), text.size());
        const std::string_view run = text.substr(at, end - at);
        const auto has = [run](std::string_view set) { return run.find_first_of(set) != std::string_view::npos; };
        const bool is_mixed = has(kSmall) && has(kCapitals) && has(kDigits);
        if (run.size() >= kSecretMin && (run.back() == '=' || is_mixed)) return "(not shown: it may be a secret)";
        at = end + 1;
    }
    return printable(path);
}

std::string key_file_fault(const std::string& path) {
    const int file = open_file(path);
    std::string fault = fault_of(file);
    if (file >= 0) (void)close(file);
    return fault;
}

}  // namespace daypack::core
