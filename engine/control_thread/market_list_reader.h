// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "engine/control_thread/control_log.h"
#include "net/backpack/rest_api.h"

namespace daypack::core {

// Reads the venue's list of markets again and again.
//
// Thread: control. Invariant: one request at a time. A list that does not come, or is empty, leaves the last one as it
// was.
class MarketListReader {
  public:
    struct List {
        std::vector<Market> markets;
        MonoTime asked;
        std::optional<int> age_s;  // of the cache's copy; none where the answer does not tell
    };
    // A list came, or (null) there is none.
    using OnList = std::function<void(const List*)>;

    // Asks for the list at once. `rest` and `log` outlive this.
    MarketListReader(RestApi& rest, ControlLog& log, OnList on_list, MonoTime now);

    // Asks where that is due.
    void do_work(MonoTime now);
    // Asks now, where no request is under way.
    void read_now();
    // Asks soon, but not more often than once a second.
    void read_soon(MonoTime now);

    // The last that came; null: none did yet.
    [[nodiscard]] const List* list() const noexcept { return list_ ? &*list_ : nullptr; }
    // The rows of it, or none.
    [[nodiscard]] const std::vector<Market>& markets() const noexcept;

    // How long it is from a list to the next, from now on.
    void set_pace(std::int64_t pace_ns) noexcept { pace_ns_ = pace_ns; }

    static constexpr std::int64_t kAgain_ns = 10'000'000'000;

  private:
    void read();
    void on_reply(const RestReply<MarketList>& reply, MonoTime asked);
    void on_none(const std::string& why);

    RestApi& rest_;
    ControlLog& log_;
    OnList on_list_;
    MonoTime now_;  // of the round: an answer counts as of the round that took it
    std::optional<List> list_;
    MonoTime due_;  // 0 while a request is under way
    MonoTime read_;
    std::int64_t pace_ns_ = kAgain_ns;
    std::uint32_t failures_ = 0;  // in a row
};

}  // namespace daypack::core
