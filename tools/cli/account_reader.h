// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "engine/include/daypack/shm.h"

namespace daypack::core {

// The private shared memory of an account, by the functions of the C header.
class AccountReader {
  public:
    AccountReader(const std::string& instance, const std::string& account);
    ~AccountReader() { daypack_close(&reader_); }
    AccountReader(const AccountReader&) = delete;
    AccountReader& operator=(const AccountReader&) = delete;

    // DAYPACK_OK, or why nothing is mapped.
    [[nodiscard]] int result() const noexcept { return result_; }
    // Throws std::runtime_error with a sentence where nothing is mapped.
    void require() const;
    [[nodiscard]] daypack_reader& raw() noexcept { return reader_; }

  private:
    std::string instance_, account_;
    daypack_reader reader_{};
    int result_;
};

// Orders, positions, balances or fills, as far as they may be relied on.
struct ShownPart {
    std::string name;
    daypack_top top{};

    // No channel asks for it, so nothing is known of it.
    [[nodiscard]] bool is_left_out() const noexcept {
        return top.state == DAYPACK_STATE_DOWN && top.reason == DAYPACK_REASON_none;
    }
    [[nodiscard]] bool is_unconfirmed() const noexcept {
        return top.state == DAYPACK_STATE_LIVE && (top.flags & DAYPACK_FLAG_UNCONFIRMED) != 0;
    }
};
[[nodiscard]] std::vector<ShownPart> parts_of(daypack_reader& reader);
// What a look at the accounts of an engine has found.
struct AccountHealth {
    std::vector<std::string> causes;  // a line each
    std::size_t live = 0;             // accounts of which all that is asked for is
    std::size_t unread = 0;           // whose files cannot be read, as those of another user
    std::size_t earlier = 0;          // files of other engines, whose accounts this one does not follow
};
// Of the engine that writes `books`, the segment of an instance.
[[nodiscard]] AccountHealth account_health(const std::string& instance, const daypack_reader& books);

// "account mm2: orders are DOWN/refused", for each part that a channel asks for and that is not LIVE.
[[nodiscard]] std::vector<std::string> account_causes(const std::string& account, const std::vector<ShownPart>& parts);

}  // namespace daypack::core
