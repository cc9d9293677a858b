// SPDX-License-Identifier: MIT
#pragma once
#include <fcntl.h>
#include <unistd.h>

#include <array>

namespace daypack::core {

// While one lives, descriptors 0 to 2 are taken: by what they are, or, where they are closed, by /dev/null. So nothing
// that is opened meanwhile gets one of them, and no line for stdout or stderr is written into it.
//
// Thread: any; what else opens descriptors in the process at the same time may get one before this does. Ownership: the
// object closes at its end what it opened.
class StdioPlaces {
  public:
    StdioPlaces() noexcept {
        for (int& place : places_) {
            place = open("/dev/null", O_RDWR | O_CLOEXEC);  // the lowest number that is free
            if (place <= STDERR_FILENO) continue;
            close(place);
            place = -1;
        }
    }
    ~StdioPlaces() {
        for (const int place : places_) {
            if (place >= 0) close(place);
        }
    }
    StdioPlaces(const StdioPlaces&) = delete;
    StdioPlaces& operator=(const StdioPlaces&) = delete;

  private:
    std::array<int, 3> places_{-1, -1, -1};
};

}  // namespace daypack::core
