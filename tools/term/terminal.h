// SPDX-License-Identifier: MIT
#pragma once
#include <signal.h>
#include <termios.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace daypack::core {

void give_back_screen() noexcept;

// The terminal on stdout, as a screen that is drawn over and over; the destructor gives it back as it was.
//
// Thread: one. REQUIRES: stdout is a terminal. Keys are read where stdin is one too.
class Screen {
  public:
    Screen();
    ~Screen();
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    // As they are now; the user may change them.
    [[nodiscard]] int rows() const noexcept;
    [[nodiscard]] int columns() const noexcept;
    // Draws the text from the top left corner, over what was there.
    void show(const std::string& text);
    // Waits up to timeout_ms; true when the key was pressed meanwhile.
    [[nodiscard]] bool pressed(char key, int timeout_ms) noexcept;

  private:
    friend void give_back_screen() noexcept;
    void give_back() const noexcept;

    bool raw_ = false;   // stdin was a terminal, and is to be given back
    bool keys_ = false;  // and still is one
    termios before_{};
};

// What ends a reader of shared memory that somebody cut short.
inline constexpr std::string_view kCutShort =
    "the shared memory was cut short while it was read, which no engine does: start the engine again";

// From now on a read of shared memory that is not there any more, since somebody cut the file short, ends the program
// with exit code 1 and an error in words. A screen that is drawn then is given back before.
void explain_bus_errors() noexcept;

// While one lives, the signals it names are noted instead of doing what they do otherwise.
//
// Thread: one. No two that live at once name the same signal.
class SignalWatch {
  public:
    explicit SignalWatch(std::initializer_list<int> signals);
    ~SignalWatch();
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;

    // Whether one of them came since this was made.
    [[nodiscard]] bool came() const noexcept;

  private:
    struct Watched {
        int signal;
        struct sigaction before;
    };
    std::vector<Watched> watched_;
};

// While one lives, SIGINT and SIGTERM ask for the end instead of killing.
class StopSignal {
  public:
    [[nodiscard]] bool asked() const noexcept { return watch_.came(); }
    // Sleeps, less where a signal comes; then asked().
    bool wait_ms(int ms) const noexcept;

  private:
    SignalWatch watch_{SIGINT, SIGTERM};
};

}  // namespace daypack::core
