// SPDX-License-Identifier: MIT
#pragma once
// What one knows of an account who follows its ring by the reader's rule (engine/README.md): at SYNCING/start of a part
// all that is held of that part is dropped, and what is told from there until LIVE is all there is.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "net/backpack/symbol.h"
#include "tests/net/backpack/slow_json.h"

namespace daypack::core::test {

struct AccountFollower {
    using Pair = std::pair<std::string, std::string>;
    std::map<std::string, Pair> orders;            // by id: status, executed
    std::map<std::string, std::string> positions;  // by symbol: net quantity
    std::map<std::string, Pair> balances;          // by asset: available, locked
    std::map<std::string, std::string> states;     // by part; " unconfirmed" behind it

    [[nodiscard]] bool is_sure() const {
        for (const char* const part : {"orders", "positions", "balances", "fills"}) {
            const auto state = states.find(part);
            if (state == states.end() || state->second != "LIVE") return false;
        }
        return true;
    }
    // All is LIVE, and it has what `venue` has.
    [[nodiscard]] bool agrees_with(const AccountFollower& venue) const {
        return is_sure() && orders == venue.orders && positions == venue.positions && balances == venue.balances;
    }
    // A line of the ring.
    void hear(const std::string& line) {
        slow::Json json;
        ASSERT_TRUE(slow::JsonReader(line).read(json)) << line;
        const auto word = [&json](const char* key) {
            const slow::Json* const value = json.one(key);
            return value == nullptr ? std::string() : value->text;
        };
        const std::string event = word("event");
        if (event == "state") return hear_state(word("part"), word("state"), word("reason"), word("unconfirmed"));
        if (word("is_late") == "true") return;
        if (event == "order") {
            const std::string status = word("status");
            const bool is_over = word("is_gone") == "true" || status == "Filled" || status == "Cancelled" ||
                                 status == "Expired" || status == "TriggerFailed";
            is_over ? (void)orders.erase(word("id")) : (void)(orders[word("id")] = {status, word("executed")});
        }
        if (event == "position") {
            const std::string quantity = word("net_quantity");
            quantity == "0" ? (void)positions.erase(word("symbol")) : (void)(positions[word("symbol")] = quantity);
        }
        if (event == "balance") {
            const Pair balance{word("available"), word("locked")};
            balance == Pair{"0", "0"} ? (void)balances.erase(word("asset")) : (void)(balances[word("asset")] = balance);
        }
    }

  private:
    void hear_state(const std::string& part, const std::string& state, const std::string& reason,
                    const std::string& unconfirmed) {
        states[part] = state + (unconfirmed == "true" ? " unconfirmed" : "");
        if (state != "SYNCING" || reason != "start") return;
        if (part == "orders") orders.clear();
        if (part == "positions") positions.clear();
        if (part == "balances") balances.clear();
    }
};

inline void expect_same(const AccountFollower& reader, const AccountFollower& venue) {
    EXPECT_TRUE(reader.is_sure());
    EXPECT_EQ(reader.orders, venue.orders);
    EXPECT_EQ(reader.positions, venue.positions);
    EXPECT_EQ(reader.balances, venue.balances);
}

// What one has who was told these lines, as far as they are whole.
inline AccountFollower follower_of(const std::string& lines) {
    AccountFollower reader;
    for (std::size_t at = 0, end = 0; (end = lines.find('\n', at)) != std::string::npos; at = end + 1) {
        reader.hear(lines.substr(at, end - at));
    }
    return reader;
}

// What the simulated exchange says of an account (`/_sim/account`), as one who follows it is to have it.
inline AccountFollower venue_has(const slow::Json& truth) {
    AccountFollower venue;
    for (const slow::Json& row : truth.one("orders")->elements) {
        venue.orders[row.one("id")->text] = {row.one("status")->text, row.one("executedQuantity")->text};
    }
    for (const slow::Json& row : truth.one("positions")->elements) {
        venue.positions[normalised_symbol(row.one("symbol")->text)] = row.one("netQuantity")->text;
    }
    const slow::Json& balances = *truth.one("balances");
    for (std::size_t i = 0; i < balances.keys.size(); ++i) {
        const slow::Json& row = balances.elements[i];
        const AccountFollower::Pair balance{row.one("available")->text, row.one("locked")->text};
        if (balance != AccountFollower::Pair{"0", "0"}) venue.balances[balances.keys[i]] = balance;
    }
    return venue;
}

}  // namespace daypack::core::test
