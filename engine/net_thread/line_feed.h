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

namespace daypack {

// One line's frames on their way to the books: through the queue, or straight to them where this thread keeps them.
//
// Thread: net, the one that drives the line.
// Invariants: events of the line leave in order; `line_up` before the first frame of a connection, `line_down` after
// its last; both wait for room rather than get lost.
class NetAgent::Feed final : public LineListener {
  public:
    Feed(boost::asio::io_context& io, LineOptions options, const Wiring& wiring, DepthStream depth, Timing timing);

    bool on_frame(std::string_view frame, const ReceiveTimes& received) override;
    void on_up() override;
    void on_down(std::string_view why) override;

    // The book thread found that the line does not bring these: they are subscribed again. Where nothing at all has
    // come since that was last done, and the line may be replaced now, the connection is.
    void subscribe_again(const std::vector<std::string>& streams, bool may_replace, MonoTime now);

    // The book thread found that what the line tells of a symbol is told by no other. Where that is so of one of many,
    // that symbol alone is subscribed again; where that did not help, or most of its `followed` symbols are concerned,
    // and the line may be replaced now, the connection is.
    void mend(SymbolIndex symbol, const std::vector<std::string>& streams, std::size_t followed, bool may_replace,
              MonoTime now);

    // Goes on where the queue was full, and tells the counters now and then.
    void do_work(MonoTime now);
    void tell_counters() noexcept;

    [[nodiscard]] Line& line() noexcept { return line_; }
    // Something that was on its way when the line was last told to catch up has not been handed over yet.
    [[nodiscard]] bool catching_up() const noexcept { return line_.catching_up() || lost_count_ > 0 || owes_state(); }
    [[nodiscard]] bool waiting() const noexcept { return waiting_since_.has_value(); }

  private:
    enum class Told : std::uint8_t { down, up };

    [[nodiscard]] std::uint64_t delivered() const noexcept { return updates_ + trades_ + tickers_; }
    // The books have not been told that the line went down, or came up.
    [[nodiscard]] bool owes_state() const noexcept { return down_owed_ || (told_ == Told::up) != up_; }
    bool say_state();
    bool say_lost();
    [[nodiscard]] std::span<const Event> with_kernel_time(std::span<const Event> events, WallTime kernel) noexcept;
    bool hand_over(std::span<const Event> events, MonoTime now);
    void drop(std::span<const Event> events);
    [[nodiscard]] bool replaced_lately(MonoTime now) const noexcept;
    void replace(const std::string& why, MonoTime now);
    [[nodiscard]] bool mends_alone(SymbolIndex symbol, std::size_t followed, MonoTime now);
    void log(LogKind kind, std::string_view words, std::uint64_t number = 0);

    const Wiring& wiring_;
    Decoder decoder_;
    Timing timing_;
    LineIndex index_;
    std::string host_;  // the preferred one
    LineHealth& health_;
    bool up_ = false;
    Told told_ = Told::down;
    bool down_owed_ = false;      // the connection ended and another began before the queue had room to say so
    std::vector<Event> stamped_;  // room for a frame's events behind the kernel's time; none where nobody asks for it
    std::optional<MonoTime> waiting_since_;
    std::vector<bool> lost_;  // symbols that lost updates and have not been told
    std::size_t lost_count_ = 0;
    std::uint64_t updates_ = 0, trades_ = 0, tickers_ = 0, errors_ = 0, bad_frames_ = 0, unknown_frames_ = 0;
    std::uint64_t mute_at_ = 0;                     // `delivered()` when it was last subscribed again
    std::optional<MonoTime> mute_since_;            // ... and when that was, over this connection
    std::optional<MonoTime> replaced_;              // for what it told, or did not tell
    std::vector<std::optional<MonoTime>> foreign_;  // of each symbol: when this connection was first said to be wrong
    std::uint64_t replaces_ = 0, replaces_refused_ = 0;
    std::uint64_t queue_waits_ = 0, queue_dropped_ = 0, connects_ = 0;
    MonoTime told_counters_;
    Line line_;  // last: it may call back while it is destroyed
};

}  // namespace daypack
