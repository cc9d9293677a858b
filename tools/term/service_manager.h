// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <cstdlib>
#include <string>

#include "book/types.h"

namespace daypack::core {

// Tells systemd, or whoever else set NOTIFY_SOCKET, how the program is: sd_notify(3), without its library. Where nobody
// asked, it does nothing.
//
// Thread: one. No call waits: a message that the socket has no room for is dropped, and the next one says as much.
class ServiceManager {
  public:
    // `socket`: NOTIFY_SOCKET, a path or "@abstract"; null or empty: nobody asked. `watchdog_us`: WATCHDOG_USEC, and
    // `watchdog_pid` WATCHDOG_PID; null: not set.
    ServiceManager(const char* socket, const char* watchdog_us, const char* watchdog_pid);
    ServiceManager()
        : ServiceManager(std::getenv("NOTIFY_SOCKET"), std::getenv("WATCHDOG_USEC"), std::getenv("WATCHDOG_PID")) {}
    ~ServiceManager();
    ServiceManager(const ServiceManager&) = delete;
    ServiceManager& operator=(const ServiceManager&) = delete;

    void ready() const { send("READY=1"); }
    void status(const std::string& text) const { send("STATUS=" + text); }
    // Until ready() again.
    void reloading(MonoTime now) const;
    void stopping() const { send("STOPPING=1"); }
    // Says that it lives, twice in the time that the watchdog allows, and only while the beat is younger than half of
    // that: where the book thread stands still, the manager starts the program anew.
    void watch(std::int64_t beat_age_ns, MonoTime now);

  private:
    void send(const std::string& text) const;

    int fd_ = -1;
    std::string address_;           // as the kernel has it: of an abstract one the first byte is 0
    std::int64_t watchdog_ns_ = 0;  // 0: nobody watches
    MonoTime told_;
};

}  // namespace daypack::core
