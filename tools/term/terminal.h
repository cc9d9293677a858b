// SPDX-License-Identifier: MIT
#pragma once
#include <termios.h>

#include <string>

namespace daypack {

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
    bool raw_ = false;   // stdin was a terminal, and is to be given back
    bool keys_ = false;  // and still is one
    termios before_{};
};

// While one lives, SIGINT and SIGTERM ask for the end instead of killing.
//
// Thread: one; one at a time.
class StopSignal {
  public:
    StopSignal();
    ~StopSignal();
    StopSignal(const StopSignal&) = delete;
    StopSignal& operator=(const StopSignal&) = delete;

    [[nodiscard]] bool asked() const noexcept;
    // Sleeps, less where a signal comes; then asked().
    bool wait_ms(int ms) const noexcept;
};

}  // namespace daypack
