// SPDX-License-Identifier: MIT
#include "tools/term/hang_up.h"

#include <unistd.h>

#include <initializer_list>

namespace daypack::core {
namespace {

volatile sig_atomic_t from_process = 0;
volatile sig_atomic_t from_kernel = 0;

void on_hang_up(int /*signal*/, siginfo_t* about, void* /*context*/) {
    if (about->si_code <= 0) {  // kill(), sigqueue() and their like; the kernel's own are positive
        from_process = 1;
    } else {
        from_kernel = 1;
    }
}

void mask(int how) noexcept {
    sigset_t hang_up;
    sigemptyset(&hang_up);
    sigaddset(&hang_up, SIGHUP);
    pthread_sigmask(how, &hang_up, nullptr);
}

}  // namespace

HangUp::HangUp() noexcept {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (terminal_ < 0 && isatty(fd) != 0) terminal_ = fd;
    }
    from_process = 0;
    from_kernel = 0;
    struct sigaction action {};
    action.sa_sigaction = on_hang_up;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGHUP, &action, &before_);
    mask(SIG_UNBLOCK);
}

HangUp::~HangUp() {
    hold_back();  // the program is about to end, and does so by itself
    sigaction(SIGHUP, &before_, nullptr);
}

void HangUp::hold_back() noexcept {
    mask(SIG_BLOCK);
}

bool HangUp::asks_to_reload() noexcept {
    if (from_process == 0 || asks_to_end()) return false;
    from_process = 0;
    return true;
}

// A shell that loses its terminal sends the signal on to what it started: that too is one of a lost terminal.
bool HangUp::asks_to_end() const noexcept {
    if (before_.sa_handler == SIG_IGN) return false;
    return from_kernel != 0 || (from_process != 0 && lost_terminal());
}

bool HangUp::lost_terminal() const noexcept {
    return terminal_ >= 0 && isatty(terminal_) == 0;
}

}  // namespace daypack::core
