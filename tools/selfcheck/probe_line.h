// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/base/clock.h"
#include "net/ws/line.h"
#include "tools/selfcheck/assumptions.h"

namespace daypack::core::selfcheck {

// A market that no venue has.
inline constexpr std::string_view kNoMarket = "DAYPACK_NONE";

// A connection of its own for questions whose answers must not disturb the books: what the venue says to a market that
// is not there, and to a stream of a type that is not there.
//
// Thread: as LineWatch.
class ProbeLine final : private LineListener {
  public:
    ProbeLine(boost::asio::io_context& io, LineOptions options, Findings& findings)
        : findings_(findings), line_(io, std::move(options), *this) {
        line_.subscribe({"depth." + std::string(kNoMarket)});
        line_.start();
    }

    [[nodiscard]] Line& line() noexcept { return line_; }
    // Does so once it was up and quiet for long enough: an answer may take its time.
    void ask_for_nonsense(MonoTime now) {
        if (!up_ || asked_ || now - up_since_ < kQuiet_ns) return;
        if (!told_before_) findings_.held(Assumption::unknown_silent);
        asked_ = true;
        line_.subscribe({"daypack." + std::string(kNoMarket)});
    }
    void finish() {
        if (asked_)
            findings_.note(Assumption::bad_stream_told, told_ && up_, {},
                           told_ ? "the socket was closed" : "nothing came");
    }

  private:
    bool on_frame(std::string_view frame, const ReceiveTimes&) override {
        const bool is_error = frame.find("\"error\"") != std::string_view::npos;
        const std::string text(frame.substr(0, 200));
        if (!is_error) {
            findings_.broken(Assumption::subscribe_silent, {}, text);
        } else if (!asked_) {
            told_before_ = true;
            findings_.broken(Assumption::unknown_silent, {}, text);
        } else {
            told_ = true;
        }
        return true;
    }
    void on_up() override {
        up_ = true;
        up_since_ = mono_now();
    }
    void on_down(std::string_view) override { up_ = false; }

    static constexpr std::int64_t kQuiet_ns = 1'000'000'000;

    Findings& findings_;
    bool up_ = false;
    MonoTime up_since_;
    bool asked_ = false;
    bool told_ = false;
    bool told_before_ = false;
    Line line_;
};

}  // namespace daypack::core::selfcheck
