// SPDX-License-Identifier: MIT
#include "net/backpack/account/account_refusal.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "net/base/json.h"
#include "net/base/lower_case.h"

namespace daypack::core {
namespace {

using Refusal = AccountRefusal;

constexpr std::size_t kLooked = 4'096;

struct Known {
    std::string_view code;
    Refusal refusal;
};
constexpr std::array kCodes{Known{"INVALID_SIGNATURE", Refusal::bad_signature},
                            Known{"UNAUTHORIZED", Refusal::unauthorized},
                            Known{"FORBIDDEN", Refusal::forbidden},
                            Known{"ACCOUNT_DEACTIVATED", Refusal::deactivated},
                            Known{"MAINTENANCE", Refusal::maintenance},
                            Known{"TOO_EARLY", Refusal::too_early},
                            Known{"TOO_MANY_REQUESTS", Refusal::limited},
                            Known{"RESOURCE_NOT_FOUND", Refusal::not_found}};

Refusal of_words(std::string_view words) {
    const std::string text = lower_case(words.substr(0, kLooked));
    const auto says = [&text](std::string_view part) { return text.find(part) != std::string::npos; };
    if (says("expired")) return Refusal::expired;
    if (says("signature")) return Refusal::bad_signature;
    if (says("unauthorized")) return Refusal::unauthorized;
    return Refusal::other;
}

Refusal of_status(int status) noexcept {
    switch (status) {
        case 401: return Refusal::unauthorized;
        case 403: return Refusal::forbidden;
        case 404: return Refusal::not_found;
        case 425: return Refusal::too_early;
        case 429: return Refusal::limited;
        case 503: return Refusal::maintenance;
        default: return Refusal::other;
    }
}

Refusal look(int status, std::string_view body) {
    const json::Document document(body);
    const std::string_view code = document.root()["code"].string();
    const std::string_view message = document.root()["message"].string();
    const Refusal said = of_words(code.empty() ? body : message);
    // A code that names what is wrong counts, but for an expiry, which comes under several.
    const auto known = std::ranges::find(kCodes, code, &Known::code);
    if (said == Refusal::expired || known == kCodes.end()) return said != Refusal::other ? said : of_status(status);
    return known->refusal;
}

}  // namespace

AccountRefusal account_refusal(int status, std::string_view body) {
    return status >= 200 && status < 300 ? Refusal::none : look(status, body);
}

AccountRefusal account_refusal_of_frame(std::uint64_t code) noexcept {
    return code == 4003 ? Refusal::bad_signature : Refusal::other;
}

const char* account_refusal_name(AccountRefusal refusal) noexcept {
    switch (refusal) {
        case Refusal::none: return "none";
        case Refusal::bad_signature: return "bad_signature";
        case Refusal::expired: return "expired";
        case Refusal::unauthorized: return "unauthorized";
        case Refusal::forbidden: return "forbidden";
        case Refusal::deactivated: return "deactivated";
        case Refusal::maintenance: return "maintenance";
        case Refusal::too_early: return "too_early";
        case Refusal::limited: return "limited";
        case Refusal::not_found: return "not_found";
        case Refusal::other: return "other";
    }
    return "other";
}

const char* what_to_do(AccountRefusal refusal) noexcept {
    switch (refusal) {
        case Refusal::none: return "nothing is to be done";
        case Refusal::bad_signature: return "see that key and secret are of one pair, and of this exchange";
        case Refusal::expired:
            return "set this machine's clock: its time and the exchange's differ by more than the window";
        case Refusal::unauthorized: return "see that the key is still listed among the account's API keys";
        case Refusal::forbidden: return "give the key the right to read the account, from this address";
        case Refusal::deactivated: return "ask the exchange why the account is deactivated";
        case Refusal::maintenance: return "wait: the exchange is being maintained";
        case Refusal::too_early: return "ask again in a second: the exchange is not ready for it yet";
        case Refusal::limited: return "lower rest_requests_per_minute: all that uses this account shares one budget";
        case Refusal::not_found: return "nothing is disproved by that: ask the history";
        case Refusal::other: return "see what the exchange says";
    }
    return "see what the exchange says";
}

bool is_authentication(AccountRefusal refusal) noexcept {
    return refusal >= Refusal::bad_signature && refusal <= Refusal::deactivated;
}

}  // namespace daypack::core
