// SPDX-License-Identifier: MIT
#pragma once
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "book/types.h"

namespace daypack::core {

// Reads a TCP socket, which its caller names with each call, and never waits.
//
// Thread: one at a time.
// Errors: `would_block`; `eof` where the other side ended the connection; what the socket says.
class SocketReader {
  public:
    using error_code = boost::system::error_code;

    // At most `size` bytes. `would_block` may be said without asking the socket, once after a read that took all there
    // was.
    [[nodiscard]] std::size_t read(int socket, char* to, std::size_t size, error_code& error) noexcept;
    // Time has passed: the next read asks the socket, whatever the last one said.
    void ask_again() noexcept { drained_ = false; }

    // From now on the kernel is asked when it received what is read; that costs a `recvmsg` in place of a `recv`.
    void keep_kernel_times(int socket) noexcept;
    // Of the last byte of the last read; 0: not asked for, or not known: the kernel begins a moment after it was asked.
    [[nodiscard]] WallTime kernel_receive() const noexcept { return kernel_receive_; }
    // From the socket so far.
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

  private:
    [[nodiscard]] std::ptrdiff_t read_with_time(int socket, char* to, std::size_t size) noexcept;

    bool drained_ = false;  // the last read took all there was, and nobody has heard of it yet
    bool kernel_times_ = false;
    WallTime kernel_receive_;
    std::uint64_t bytes_ = 0;
};

}  // namespace daypack::core
