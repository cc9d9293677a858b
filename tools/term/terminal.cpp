// SPDX-License-Identifier: MIT
#include "tools/term/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

namespace daypack::core {
namespace {

volatile sig_atomic_t noted[NSIG];

void on_signal(int signal) {
    noted[signal] = 1;
}

const Screen* volatile drawn = nullptr;  // the one that is, if one is

// What is no missing memory of a file strikes again when this returns, and ends the program as it would have.
void on_bus_error(int, siginfo_t* info, void*) {
    if (info->si_code != BUS_ADRERR) return;
    give_back_screen();
    for (const std::string_view words : {std::string_view("daypack: "), kCutShort, std::string_view("\n")}) {
        [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, words.data(), words.size());
    }
    _exit(1);
}

void write_all(std::string_view text) noexcept {
    while (!text.empty()) {
        const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

[[nodiscard]] winsize window() noexcept {
    winsize size{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return {24, 80, 0, 0};
    return size;
}

}  // namespace

Screen::Screen() {
    raw_ = keys_ = isatty(STDIN_FILENO) != 0 && tcgetattr(STDIN_FILENO, &before_) == 0;
    if (raw_) {
        termios raw = before_;
        raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);  // signals stay: Ctrl-C ends it as anywhere
        raw.c_cc[VMIN] = 0;
        raw.c_cc[VTIME] = 0;
        tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    drawn = this;
    write_all("\x1b[?1049h\x1b[?25l");  // the other screen, no cursor
}

Screen::~Screen() {
    drawn = nullptr;
    give_back();
}

// Of calls that a signal handler may make alone.
void Screen::give_back() const noexcept {
    write_all("\x1b[?25h\x1b[?1049l");
    if (raw_) tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

void give_back_screen() noexcept {
    if (const Screen* const screen = drawn) screen->give_back();
}

void explain_bus_errors() noexcept {
    struct sigaction action {};
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO | SA_RESETHAND;
    sigaction(SIGBUS, &action, nullptr);
}

int Screen::rows() const noexcept {
    return window().ws_row;
}

int Screen::columns() const noexcept {
    return window().ws_col;
}

void Screen::show(const std::string& text) {
    std::string frame = "\x1b[H";
    int left = rows();
    for (std::size_t from = 0; from < text.size() && left > 0; --left) {
        const std::size_t end = std::min(text.find('\n', from), text.size());
        frame.append("\x1b[K").append(text, from, end - from);  // what stood there goes first
        if (left > 1) frame += "\r\n";
        from = end + 1;
    }
    write_all(frame + "\x1b[J");
}

bool Screen::pressed(char key, int timeout_ms) noexcept {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (poll(&input, keys_ ? 1 : 0, timeout_ms) <= 0) return false;
    char byte = 0;
    if (read(STDIN_FILENO, &byte, 1) == 1) return byte == key;
    keys_ = false;  // the terminal went away: no use polling it
    return false;
}

SignalWatch::SignalWatch(std::initializer_list<int> signals) {
    struct sigaction action {};
    action.sa_handler = on_signal;
    for (const int signal : signals) {
        watched_.push_back({signal, {}});
        noted[signal] = 0;
        sigaction(signal, &action, &watched_.back().before);
    }
}

SignalWatch::~SignalWatch() {
    for (const Watched& watched : watched_) sigaction(watched.signal, &watched.before, nullptr);
}

bool SignalWatch::came() const noexcept {
    return std::any_of(watched_.begin(), watched_.end(),
                       [](const Watched& watched) { return noted[watched.signal] != 0; });
}

bool StopSignal::wait_ms(int ms) const noexcept {
    if (!asked()) poll(nullptr, 0, ms);
    return asked();
}

}  // namespace daypack::core
