// SPDX-License-Identifier: MIT
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/net_thread/net_agent.h"
#include "engine/shm/stage_timer.h"
#include "net/backpack/decoder.h"

namespace boost::asio {
class io_context;
}

namespace daypack::core {

// Decodes the frames of one line and writes their events to the sink of its network thread.
//
// Thread: the network thread that drives the line.
// Invariants: the events of the line leave in order, `line_up` before the first frame of a connection and `line_down`
// after its last; both wait for room rather than get lost.
class NetAgent::Feed final : public LineListener {
  public:
    Feed(boost::asio::io_context& io, LineOptions options, const Wiring& wiring, DepthStream depth, Timing timing);

    bool on_frame(std::string_view frame, const ReceiveTimes& received) override;
    void on_up() override;
    void on_down(std::string_view why) override;

    // The book thread found that the line delivers nothing of these streams: they are subscribed again. Where nothing
    // at all was delivered since the last time, and the line may be replaced now, the connection is replaced.
    void subscribe_again(const std::vector<std::string>& streams, bool may_replace, MonoTime now);

    // The book thread found that the line numbers the updates of a symbol as no other line does. Where few symbols are
    // concerned, that symbol alone is subscribed again. Where that did not help, or most of the `followed` symbols are
    // concerned, and the line may be replaced now, the connection is replaced.
    void mend(SymbolIndex symbol, const std::vector<std::string>& streams, std::size_t followed, bool may_replace,
              MonoTime now);

    // Goes on where the sink had no room, and publishes the counters every millisecond.
    void do_work(MonoTime now);
    void publish_counters() noexcept;

    [[nodiscard]] Line& line() noexcept { return line_; }
    // Something that was on its way when the line last began to catch up has not been written to the sink yet.
    [[nodiscard]] bool catching_up() const noexcept { return line_.catching_up() || lost_count_ > 0 || owes_state(); }
    [[nodiscard]] bool waiting() const noexcept { return waiting_since_.has_value(); }

  private:
    enum class LineState : std::uint8_t { down, up };

    // Figures do not count: a line that brings them and no update is of no use.
    [[nodiscard]] std::uint64_t delivered() const noexcept { return updates_ + trades_ + tickers_; }
    // The sink has not taken yet that the line went down, or came up.
    [[nodiscard]] bool owes_state() const noexcept { return down_owed_ || (reported_ == LineState::up) != up_; }
    bool report_state();
    bool report_lost();
    [[nodiscard]] std::span<const Event> with_kernel_time(std::span<const Event> events, WallTime kernel) noexcept;
    bool hand_over(std::span<const Event> events, MonoTime now);
    void drop(std::span<const Event> events);
    [[nodiscard]] bool replaced_lately(MonoTime now) const noexcept;
    void replace(const std::string& why, MonoTime now);
    [[nodiscard]] bool may_heal_by_subscribing(SymbolIndex symbol, std::size_t followed, MonoTime now);
    void log(LogKind kind, std::string_view words, std::uint64_t number = 0);

    const Wiring& wiring_;
    Decoder decoder_;
    Timing timing_;
    LineIndex index_;
    std::string host_;  // the preferred one
    LineHealth& health_;
    bool up_ = false;
    LineState reported_ = LineState::down;
    bool down_owed_ = false;      // the connection ended and another began before the sink had room for that
    std::vector<Event> stamped_;  // room for a frame's events behind the kernel's time; none where nobody asks for it
    std::optional<MonoTime> waiting_since_;
    std::vector<bool> lost_;  // symbols of which updates were dropped, until the sink has taken that
    std::size_t lost_count_ = 0;
    std::uint64_t updates_ = 0, trades_ = 0, tickers_ = 0, figures_ = 0, errors_ = 0, bad_frames_ = 0,
                  unknown_frames_ = 0;
    std::uint64_t mute_at_ = 0;                     // `delivered()` when it was last subscribed again
    std::optional<MonoTime> mute_since_;            // ... and when that was, over this connection
    std::optional<MonoTime> replaced_;              // because of what it delivered, or did not deliver
    std::vector<std::optional<MonoTime>> foreign_;  // by symbol: when this connection was first found foreign
    std::uint64_t replaces_ = 0, replaces_refused_ = 0;
    std::uint64_t queue_waits_ = 0, queue_dropped_ = 0, connects_ = 0;
    MonoTime counters_written_;
    Line line_;  // last: it may call back while it is destroyed
};

}  // namespace daypack::core
