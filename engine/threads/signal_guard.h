// SPDX-License-Identifier: MIT
#pragma once
#include <signal.h>

#include <initializer_list>

namespace daypack::core {

// While one lives, the thread that made it and the threads that it starts take no signals, but for those that tell of a
// fault of their own. A thread of the engine is started under one, and keeps it so: the handlers of its host, which may
// lock, allocate or take their time, run on the host's own threads, and a pipe without a reader sends it no SIGPIPE.
//
// Thread: the one that makes it destroys it.
class SignalGuard {
  public:
    SignalGuard() noexcept {
        sigset_t all;
        sigfillset(&all);
        for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT}) sigdelset(&all, fault);
        pthread_sigmask(SIG_BLOCK, &all, &before_);
    }
    ~SignalGuard() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalGuard(const SignalGuard&) = delete;
    SignalGuard& operator=(const SignalGuard&) = delete;

  private:
    sigset_t before_;
};

}  // namespace daypack::core
