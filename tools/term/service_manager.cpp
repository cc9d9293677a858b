// SPDX-License-Identifier: MIT
#include "tools/term/service_manager.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string_view>

namespace daypack::core {
namespace {

std::optional<std::int64_t> number_of(const char* text) {
    if (text == nullptr) return std::nullopt;
    std::int64_t number = 0;
    const char* const end = text + std::strlen(text);
    const auto [rest, error] = std::from_chars(text, end, number);
    if (error != std::errc{} || rest != end) return std::nullopt;
    return number;
}

}  // namespace

ServiceManager::ServiceManager(const char* socket, const char* watchdog_us, const char* watchdog_pid) {
    sockaddr_un address{};
    const std::string_view path = socket == nullptr ? "" : socket;
    if (path.size() < 2 || path.size() > sizeof address.sun_path - 1 || (path[0] != '/' && path[0] != '@')) return;
    address_ = path;
    if (address_[0] == '@') address_[0] = '\0';
    fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const auto watched = number_of(watchdog_pid);
    if (watched && *watched != getpid()) return;  // it is another process of the service that is watched
    constexpr std::int64_t kMost_us = 3'600'000'000;
    const std::int64_t us = number_of(watchdog_us).value_or(0);
    if (us > 0) watchdog_ns_ = (us < kMost_us ? us : kMost_us) * 1000;
}

ServiceManager::~ServiceManager() {
    if (fd_ >= 0) close(fd_);
}

void ServiceManager::reloading(MonoTime now) const {
    send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.ns / 1000));
}

void ServiceManager::watch(std::int64_t beat_age_ns, MonoTime now) {
    if (watchdog_ns_ == 0 || now - told_ < watchdog_ns_ / 2 || beat_age_ns > watchdog_ns_ / 2) return;
    told_ = now;
    send("WATCHDOG=1");
}

void ServiceManager::send(const std::string& text) const {
    if (fd_ < 0) return;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, address_.data(), address_.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    (void)sendto(fd_, text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size);
}

}  // namespace daypack::core
