// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <string_view>

namespace daypack::core {

// Why the venue does not answer for an account, whichever way it says so: by codes of its own, by plain text, with
// status 400 or 401, or with an error frame over WebSocket.
enum class AccountRefusal : std::uint8_t {
    none,
    bad_signature,  // INVALID_SIGNATURE, "Invalid signature", 4003
    expired,        // "Request has expired": this machine's clock and the venue's differ
    unauthorized,   // the venue does not know the key
    forbidden,      // it knows the key, and does not let it do this
    deactivated,    // ACCOUNT_DEACTIVATED
    maintenance,
    too_early,  // TOO_EARLY
    limited,    // too many requests
    not_found,  // 404: disproves nothing, as an order may be filled or cancelled by now
    other
};

[[nodiscard]] AccountRefusal account_refusal(int status, std::string_view body);
// Of the code in {"id":null,"error":{"code":4003,…}}.
[[nodiscard]] AccountRefusal account_refusal_of_frame(std::uint64_t code) noexcept;

[[nodiscard]] const char* account_refusal_name(AccountRefusal refusal) noexcept;
// What to do about it, as the end of a sentence.
[[nodiscard]] const char* what_to_do(AccountRefusal refusal) noexcept;
// Asked again, it would be refused again: the keys or the clock are wrong.
[[nodiscard]] bool is_authentication(AccountRefusal refusal) noexcept;

}  // namespace daypack::core
