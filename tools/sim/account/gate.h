// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/sim/server/credentials.h"

namespace daypack::core::sim {

// What a signed request is refused with; `kind` says why, for the tests and the log.
enum class Refusal : std::uint8_t {
    none,
    no_key,         // a header is missing
    unknown_key,    // no account has it
    bad_window,     // not 1 to 60000
    bad_timestamp,  // no number
    expired,        // older than its window, or from the future
    bad_signature,
    replayed,  // that very signature came before
};

// Lets in who can sign. It builds the text that must have been signed from the request as it came, on its own.
//
// Thread: the exchange's.
// Invariant: a signature of a REST request is let in once. That is stricter than what is known of the venue, and finds
// a client that sends an old signature again.
class Gate {
  public:
    static constexpr std::int64_t kWindowDefault_ms = 5'000;
    static constexpr std::int64_t kWindowMax_ms = 60'000;
    static constexpr std::int64_t kAhead_ms = 1'000;  // so far may a client's clock be before the venue's

    struct Verdict {
        Refusal refusal = Refusal::none;
        std::size_t account = 0;  // an index, where nothing is refused
    };

    void admit(std::string api_key, std::size_t account) { accounts_.emplace(std::move(api_key), account); }
    [[nodiscard]] std::optional<std::size_t> account_of(const std::string& api_key) const;

    // `target` with its query, and the instruction that its path stands for.
    [[nodiscard]] Verdict check(std::string_view instruction, std::string_view target, const Credentials& credentials,
                                std::int64_t now_ms);
    // Of a SUBSCRIBE: verifying key, signature, timestamp, window. The names of the streams are not signed.
    [[nodiscard]] Verdict check_subscription(const std::vector<std::string>& signature, std::int64_t now_ms) const;

  private:
    [[nodiscard]] Verdict check(const Credentials& credentials, std::string_view before, std::int64_t now_ms) const;

    std::map<std::string, std::size_t> accounts_;
    std::map<std::string, std::int64_t> seen_;  // signatures, and until when they could be sent again
    std::int64_t swept_ms_ = 0;
};

// "instruction=balanceQuery" or "instruction=orderQuery&orderId=28&symbol=SOL_USDC": the query's pairs in order of
// their keys. Nullopt where a key comes twice: how that is signed is written down nowhere.
[[nodiscard]] std::optional<std::string> signed_part(std::string_view instruction, std::string_view target);

// The instruction of a signed path; empty: that path is not signed.
[[nodiscard]] std::string_view instruction_of(std::string_view path);

}  // namespace daypack::core::sim
