// SPDX-License-Identifier: MIT
#pragma once
#include <deque>
#include <utility>

#include "engine/messages/messages.h"
#include "engine/threads/doorbell.h"

namespace daypack::core {

// Sends commands to the book thread in order, and keeps those for which its queue has no room yet.
//
// Thread: control.
class CommandSender {
  public:
    // `bell`: rung after a command; null where the book thread never sleeps.
    CommandSender(BookCommands& queue, Doorbell* bell) : queue_(queue), bell_(bell) {}

    void send(BookCommand command) {
        unsent_.push_back(std::move(command));
        send_unsent();
    }
    // Call now and then.
    void send_unsent() {
        // A push that fails leaves the command as it was.
        for (; !unsent_.empty() && queue_.push(std::move(unsent_.front())); unsent_.pop_front()) {
            if (bell_ != nullptr) bell_->ring();
        }
    }

  private:
    BookCommands& queue_;
    Doorbell* bell_;
    std::deque<BookCommand> unsent_;
};

}  // namespace daypack::core
