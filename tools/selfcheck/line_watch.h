// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "net/backpack/decoder.h"
#include "net/ws/line.h"
#include "tools/selfcheck/assumptions.h"
#include "tools/selfcheck/copy_check.h"
#include "tools/selfcheck/figures.h"
#include "tools/selfcheck/frame_check.h"
#include "tools/selfcheck/recording_file.h"

namespace daypack::core::selfcheck {

// What all lines share. All of it outlives them.
struct LineShared {
    const InstrumentTable& table;
    DepthStream depth;
    Findings& findings;
    Figures& figures;
    FrameCheck& frames;
    CopyCheck& copies;
    RecordingFile& recording;
    std::int64_t wall_less_mono_ns;
    std::function<std::string(std::string)> without_names;     // of hosts, in words for the recording
    std::function<void(const Decoded&, MonoTime)> on_decoded;  // for the books
    std::function<void()> on_change;                           // a line came up, or went down
};

// One line to the venue, as the engine has it, and what is wrong with what it brings and how it ends.
//
// Thread: one, which calls `work` in turn and runs `io` while `line().needs_io()`.
class LineWatch final : private LineListener {
  public:
    LineWatch(boost::asio::io_context& io, LineOptions options, LineShared& shared);

    [[nodiscard]] Line& line() noexcept { return line_; }
    PollResult work(MonoTime now);

    // Asks for a pong that shows that the line is alive, and says how long it took when it is there.
    void probe(MonoTime now);
    // A probe is not answered yet, so long after it was sent.
    [[nodiscard]] bool is_deaf(MonoTime now, std::int64_t after_ns) const noexcept {
        return probed_.ns != 0 && now - probed_ >= after_ns;
    }
    [[nodiscard]] bool probing() const noexcept { return probed_.ns != 0; }
    // Says once that a ping was not answered.
    void blame_pings();
    // Replaces the connection, to see how long that takes.
    void renew(MonoTime now);
    void stop(MonoTime now);
    // After stop(): what came of the Close frame.
    void finish();

  private:
    struct Stream {
        std::uint64_t last_id = 0;
        std::int64_t match_us = 0;
    };

    bool on_frame(std::string_view frame, const ReceiveTimes& received) override;
    void on_up() override;
    void on_down(std::string_view why) override;

    [[nodiscard]] LineFigures& figures() noexcept { return shared_.figures.lines[line_.index()]; }
    void order(const FrameFacts& facts);
    void measure(const FrameFacts& facts, MonoTime receive);
    void record_event(std::string_view json);

    LineShared& shared_;
    Decoder decoder_;
    std::map<std::string, Stream> streams_;  // of this connection
    std::map<std::string, bool> forgiven_;   // of these markets an update was unreadable: the next may leave one out
    bool forgives_ = false;                  // of all markets that are not in forgiven_
    bool was_up_ = false;
    bool renewing_ = false;
    bool blamed_ = false;
    MonoTime started_;
    MonoTime probed_;  // 0: no probe is under way
    MonoTime renewed_;
    MonoTime closing_;
    bool closed_in_time_ = false;
    bool was_open_ = false;  // when it was stopped
    Line line_;
};

}  // namespace daypack::core::selfcheck
