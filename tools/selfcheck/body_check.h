// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "book/instrument.h"
#include "net/http/http_connection.h"
#include "tools/selfcheck/assumptions.h"

namespace daypack::core::selfcheck {

// What stands here where a depth snapshot could be read.
struct DepthFacts {
    bool has_id = false;
    std::uint64_t last_id = 0;
    std::size_t bids = 0;
    std::size_t asks = 0;
};

// Holds each answer of REST against what daypack takes for granted of it.
//
// Thread: one.
class BodyCheck {
  public:
    explicit BodyCheck(Findings& findings) : findings_(findings) {}

    // Any answer but the one for a market that is not there. True: it is one to read.
    bool answer(std::string_view target, std::string_view symbol, const RestAnswer& answer);
    void markets(const RestAnswer& answer);
    void market(const RestAnswer& answer);
    void missing_market(const RestAnswer& answer);
    void status(const RestAnswer& answer);
    void time(const RestAnswer& answer);
    [[nodiscard]] DepthFacts depth(const Instrument& instrument, const RestAnswer& answer);

  private:
    bool is_unmarked(const std::string& what, std::string_view symbol, std::string_view body);
    void rows(std::string_view body, bool is_list);
    void cut(const std::string& symbol, const DepthFacts& facts);

    Findings& findings_;
    struct Cut {
        std::size_t levels = 0;
        int times = 0;
    };
    std::map<std::string, Cut> cuts_;
};

}  // namespace daypack::core::selfcheck
