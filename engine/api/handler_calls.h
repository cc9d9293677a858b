// SPDX-License-Identifier: MIT
#pragma once
#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include "engine/callbacks.h"
#include "engine/include/daypack/events.hpp"

namespace daypack {

// Calls a program's Handler with what the engine tells, and sees that nothing it throws goes further.
//
// Thread: the book thread, and for accounts theirs, except what its comment says otherwise. Invariant: once on_error()
// was called, or silence(), nothing is called any more.
class HandlerCalls {
  public:
    // `handler`: null where the program only polls; outlives this. `ask_for_the_end` is called when something was
    // thrown, or has failed; it waits for nothing.
    HandlerCalls(Handler* handler, std::function<void()> ask_for_the_end)
        : handler_(handler), ask_for_the_end_(std::move(ask_for_the_end)) {}

    // The callbacks to give to an engine. `failure`: what has ended it by itself, asked for now and then.
    [[nodiscard]] core::Callbacks callbacks(std::function<ErrorCode()> failure);

    // Nothing is to be called any more. Thread: any.
    void silence() noexcept { silent_.store(true, std::memory_order_relaxed); }
    // An exception left another function of the program's: on_error() is called soon. REQUIRES: in a catch block.
    // Thread: any.
    void note_escape(const char* of) noexcept;

    // What has ended the engine by itself, and in words. Thread: any.
    [[nodiscard]] ErrorCode error() const noexcept { return error_.load(std::memory_order_acquire); }
    [[nodiscard]] std::string error_text() const;

  private:
    template <class Call>
    void call(const char* of, Call&& call) noexcept;
    void call_of_account(const core::AccountReport& report) noexcept;
    void check(const std::function<ErrorCode()>& failure) noexcept;
    void record(ErrorCode code, const std::string& text) noexcept;
    void tell() noexcept;

    Handler* handler_;
    std::function<void()> ask_for_the_end_;
    std::atomic<bool> silent_{false};
    std::atomic<ErrorCode> error_{ErrorCode::none};
    mutable std::mutex mutex_;  // of text_
    std::string text_;
    bool told_ = false;  // of the book thread
};

}  // namespace daypack
