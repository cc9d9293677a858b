// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <optional>

#include "book/types.h"
#include "net/backpack/rest_decoder.h"

namespace daypack::core {

// Holds what is believed of one market, and on which evidence: whether it is listed, its state, tick and step.
//
// There are two sources. /market is asked about this market alone and is fresh. The list of all markets comes from a
// cache: it may be many minutes old, and leave a market out. So a list never undoes what /market said later; a list
// that says otherwise is a reason to ask /market at once, and counts by itself only where /market does not answer. That
// a market is gone is believed from /market alone, which has to say so twice.
//
// Thread: one. Time is handed in: a test runs an hour in a microsecond.
class MarketWitness {
  public:
    enum class Existence : std::uint8_t { unknown, listed, absent };

    static constexpr std::int64_t kAgain_ns = 55'000'000'000;     // between two routine questions
    static constexpr std::int64_t kChanged_ns = 1'000'000'000;    // after a change, and then twice as long each time
    static constexpr std::int64_t kConfirm_ns = 1'000'000'000;    // until /market has to deny a listed market again
    static constexpr std::int64_t kDoubt_ns = 500'000'000;        // the first pause between two questions in doubt
    static constexpr std::int64_t kCalm_ns = 30'000'000'000;      // without a doubt: then the pauses start over
    static constexpr std::int64_t kListAge_ns = 300'000'000'000;  // of a list that does not tell its age: `s-maxage`

    // `place`: spreads the routine questions of many markets over time.
    explicit MarketWitness(std::uint32_t place = 0) noexcept : place_(place) {}

    [[nodiscard]] Existence existence() const noexcept { return existence_; }
    // Null where it is not known to be listed.
    [[nodiscard]] const Market* market() const noexcept { return existence_ == Existence::listed ? &market_ : nullptr; }

    // due(): /market has a question to answer now. doubted(): something speaks against what is believed.
    [[nodiscard]] bool due(MonoTime now) const noexcept { return !asked_ && now - due_ >= 0; }
    [[nodiscard]] bool doubted() const noexcept { return doubted_ || existence_ == Existence::unknown; }

    void on_asked(MonoTime now) noexcept;
    // These hear what /market said, or that it said nothing of use. They return whether something else is believed now.
    // `most_ns`: the longest until it is asked again.
    [[nodiscard]] bool on_market(const Market& market, MonoTime now, std::int64_t most_ns = kAgain_ns);
    [[nodiscard]] bool on_denied(MonoTime now) noexcept;
    // `refused`: the answer was a refusal, so the list has to do where nothing else was ever heard.
    [[nodiscard]] bool on_no_answer(bool refused, MonoTime now);

    // Hears the row of a list that was asked for at `asked`, or null where it leaves the market out. Returns whether
    // something else is believed now.
    [[nodiscard]] bool on_list(const Market* row, MonoTime asked, std::optional<int> age_s, MonoTime now);

    // Whether the last list left it out, and /market has not said since that it is there.
    [[nodiscard]] bool list_denies() const noexcept { return claim_ && !claim_->market; }

    // Something does not fit what is believed, as a price off the tick. It is asked about soon, and less often each
    // time that nothing changed.
    void doubt(MonoTime now) noexcept;
    void ask_at(MonoTime when) noexcept { due_ = when; }

  private:
    // What a list said before /market was heard about it.
    struct Claim {
        std::optional<Market> market;
        MonoTime from;
    };

    [[nodiscard]] bool agrees(const Market& market) const noexcept;
    [[nodiscard]] bool believe(const Market& market);
    void on_word(bool changed, MonoTime now, std::int64_t most_ns) noexcept;
    void ask_again(MonoTime now, std::int64_t again_ns) noexcept;

    std::uint32_t place_;
    Existence existence_ = Existence::unknown;
    Market market_;
    std::optional<Claim> claim_;
    std::optional<MonoTime> spoke_;      // when /market was asked what it last answered
    std::optional<MonoTime> list_from_;  // what the newest list is of
    MonoTime due_;
    std::int64_t pace_ns_ = kAgain_ns;  // between questions that nothing is the reason for
    MonoTime asked_at_;
    MonoTime doubted_at_;
    std::uint32_t failures_ = 0;  // of /market, in a row
    std::uint32_t in_vain_ = 0;   // questions in doubt that changed nothing, in a row
    bool asked_ = false;          // and not answered yet
    bool doubted_ = false;        // since it was last asked
    bool asked_in_doubt_ = false;
    bool denied_ = false;  // /market denied it once
};

}  // namespace daypack::core
