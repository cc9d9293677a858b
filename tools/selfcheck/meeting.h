// SPDX-License-Identifier: MIT
#pragma once
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/config.h"
#include "net/backpack/rest_api.h"
#include "tools/selfcheck/body_check.h"
#include "tools/selfcheck/books.h"
#include "tools/selfcheck/line_watch.h"
#include "tools/selfcheck/probe_line.h"
#include "tools/selfcheck/scrubber.h"

namespace daypack::core::selfcheck {

// A meeting with the venue: connects, follows the markets of a configuration as the engine does, asks REST beside, and
// holds all that comes against what daypack takes for granted.
//
// Thread: one, which run() keeps until the time is over.
class Meeting {
  public:
    // `ends`: asked all the time, whether to end early. All references outlive this.
    Meeting(const Config& config, double seconds, const Scrubber& scrubber, RecordingFile& recording,
            std::function<bool()> ends);
    ~Meeting();
    Meeting(const Meeting&) = delete;
    Meeting& operator=(const Meeting&) = delete;

    // Throws std::runtime_error where the markets cannot be read, or none of the configured ones is there.
    void run();

    [[nodiscard]] const Findings& findings() const noexcept { return findings_; }
    [[nodiscard]] const Figures& figures() const noexcept { return figures_; }
    // Symbols of the configuration that could not be followed, and why.
    [[nodiscard]] const std::vector<std::string>& skipped() const noexcept { return skipped_; }

  private:
    void learn_markets();
    void find_addresses();
    void start_lines();
    void on_answer(const std::string& target, MonoTime asked, const RestAnswer& answer);
    void measure_clock(MonoTime asked, const RestAnswer& answer, MonoTime now);
    void follow(MonoTime end);
    PollResult work(MonoTime now);
    void wait_a_little();
    // What is due of the plan by now.
    void keep_plan(MonoTime now);
    void ask_snapshots(MonoTime now);
    void audit_next(MonoTime now);
    void look_at_probes(MonoTime now);
    void renew_one(MonoTime now);
    void say_goodbye();
    [[nodiscard]] std::optional<SymbolIndex> index_of(std::string_view native) const noexcept;
    [[nodiscard]] MonoTime at(double part) const noexcept;  // of the time that there is

    const Config& config_;
    double seconds_;
    const Scrubber& scrubber_;
    RecordingFile& recording_;
    std::function<bool()> ends_;
    std::int64_t wall_less_mono_ns_;
    boost::asio::io_context io_{1};
    Findings findings_;
    Figures figures_;
    BodyCheck bodies_{findings_};
    TlsContext tls_;
    std::unique_ptr<RestClient> rest_;
    std::unique_ptr<RestApi> api_;
    InstrumentTable table_;
    std::vector<std::string> skipped_;
    std::unique_ptr<FrameCheck> frames_;
    std::unique_ptr<CopyCheck> copies_;
    std::unique_ptr<Books> books_;
    std::unique_ptr<LineShared> shared_;
    std::vector<std::unique_ptr<LineWatch>> lines_;
    std::unique_ptr<ProbeLine> probe_;
    MonoTime begun_;
    MonoTime next_audit_;
    MonoTime next_clock_;
    MonoTime next_doubt_;
    std::size_t audit_turn_ = 0;
    std::size_t doubt_turn_ = 0;
    std::size_t market_turn_ = 0;
    int probes_ = 0;
    bool renewed_ = false;
};

}  // namespace daypack::core::selfcheck
