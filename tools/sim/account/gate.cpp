// SPDX-License-Identifier: MIT
#include "tools/sim/account/gate.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "tools/sim/account/keys.h"
#include "tools/sim/server/query.h"

namespace daypack::core::sim {
namespace {

constexpr std::int64_t kSweep_ms = 10'000;

struct Signed {
    std::string_view path;
    std::string_view instruction;
};
constexpr std::array kSigned{
    Signed{"/api/v1/account", "accountQuery"},
    Signed{"/api/v1/capital", "balanceQuery"},
    Signed{"/api/v1/capital/collateral", "collateralQuery"},
    Signed{"/api/v1/borrowLend/positions", "borrowLendPositionQuery"},
    Signed{"/api/v1/position", "positionQuery"},
    Signed{"/api/v1/order", "orderQuery"},
    Signed{"/api/v1/orders", "orderQueryAll"},
    Signed{"/wapi/v1/history/orders", "orderHistoryQueryAll"},
    Signed{"/wapi/v1/history/fills", "fillHistoryQueryAll"},
    Signed{"/wapi/v1/history/funding", "fundingHistoryQueryAll"},
};

std::optional<std::int64_t> milliseconds(const std::string& digits) {
    std::int64_t value = 0;
    const char* end = digits.data() + digits.size();
    const auto parsed = std::from_chars(digits.data(), end, value);
    if (parsed.ec != std::errc{} || parsed.ptr != end || value < 0) return std::nullopt;
    return value;
}

}  // namespace

std::string_view instruction_of(std::string_view path) {
    for (const Signed& known : kSigned) {
        if (known.path == path) return known.instruction;
    }
    return {};
}

std::optional<std::string> signed_part(std::string_view instruction, std::string_view target) {
    auto pairs = query_of(target);
    std::sort(pairs.begin(), pairs.end());
    const auto twice = std::adjacent_find(pairs.begin(), pairs.end(),
                                          [](const auto& one, const auto& two) { return one.first == two.first; });
    if (twice != pairs.end()) return std::nullopt;
    std::string text = "instruction=";
    text += instruction;
    for (const auto& [key, value] : pairs) text += "&" + key + "=" + value;
    return text;
}

std::optional<std::size_t> Gate::account_of(const std::string& api_key) const {
    const auto found = accounts_.find(api_key);
    if (found == accounts_.end()) return std::nullopt;
    return found->second;
}

Gate::Verdict Gate::check(const Credentials& credentials, std::string_view before, std::int64_t now_ms) const {
    if (!credentials.api_key || !credentials.signature || !credentials.timestamp) return {Refusal::no_key};
    const auto account = account_of(*credentials.api_key);
    if (!account) return {Refusal::unknown_key};
    const std::string window_text = credentials.window.value_or(std::to_string(kWindowDefault_ms));
    const auto window_ms = milliseconds(window_text);
    if (!window_ms || *window_ms < 1 || *window_ms > kWindowMax_ms) return {Refusal::bad_window};
    const auto signed_ms = milliseconds(*credentials.timestamp);
    if (!signed_ms) return {Refusal::bad_timestamp};
    // Before the signature: who signs with a clock that is off must hear that.
    if (*signed_ms > now_ms + kAhead_ms || now_ms - *signed_ms > *window_ms) return {Refusal::expired};
    const std::string text = std::string(before) + "&timestamp=" + *credentials.timestamp + "&window=" + window_text;
    if (!is_signed_by(*credentials.api_key, *credentials.signature, text)) return {Refusal::bad_signature};
    return {Refusal::none, *account};
}

Gate::Verdict Gate::check(std::string_view instruction, std::string_view target, const Credentials& credentials,
                          std::int64_t now_ms) {
    const auto before = signed_part(instruction, target);
    const Verdict verdict = check(credentials, before.value_or(""), now_ms);
    if (verdict.refusal != Refusal::none) return verdict;
    if (now_ms - swept_ms_ > kSweep_ms || now_ms < swept_ms_) {
        std::erase_if(seen_, [now_ms](const auto& one) { return one.second < now_ms; });
        swept_ms_ = now_ms;
    }
    const bool is_new = seen_.emplace(*credentials.signature, now_ms + kAhead_ms + kWindowMax_ms).second;
    return is_new ? verdict : Verdict{Refusal::replayed};
}

Gate::Verdict Gate::check_subscription(const std::vector<std::string>& signature, std::int64_t now_ms) const {
    if (signature.size() != 4) return {Refusal::no_key};
    return check({signature[0], signature[1], signature[2], signature[3]}, "instruction=subscribe", now_ms);
}

}  // namespace daypack::core::sim
