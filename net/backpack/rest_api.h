// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "book/types.h"
#include "net/backpack/rest_decoder.h"
#include "net/http/rest_client.h"

namespace daypack::core {

// What came of a call: the value, or in words why there is none.
template <class T>
struct RestReply {
    std::optional<T> value;
    std::string why;           // empty where there is a value
    int status = 0;            // of HTTP; 0: no answer came
    std::optional<int> age_s;  // of a cache's copy; none: it has none
};

// How a client asks this venue. `urls` were checked (UrlKind::rest); `tls` outlives the client.
[[nodiscard]] RestOptions rest_options(const std::vector<std::string>& urls, std::uint32_t requests_per_minute,
                                       const TlsContext& tls);

// The venue's public REST paths as typed calls: no other file spells one.
//
// Thread: that of the client, which outlives this. A `done` is called once, never from within the call, and not at all
// once the client is gone.
class RestApi {
  public:
    using Rank = RestClient::Rank;
    template <class T>
    using Done = std::function<void(RestReply<T>)>;

    explicit RestApi(RestClient& client) noexcept : client_(client) {}

    // See RestClient, both.
    [[nodiscard]] std::size_t burst() const noexcept { return client_.burst(); }
    void favour(const RestClient::Favour& favour) noexcept { client_.favour(favour); }

    // All that the venue lists without being asked for a kind; what cannot be read is in `skipped`.
    void markets(Done<MarketList> done, Rank rank = Rank::normal);
    // Of every kind that has an order book: the venue lists some only where they are asked for.
    void markets_of_all_kinds(Done<MarketList> done);
    // One market, which may be of any kind. A value without a market: the venue says that it has none of this name.
    void market(const std::string& native, Done<std::optional<Market>> done, Rank rank = Rank::normal);
    void status(Done<VenueStatus> done);
    void time(Done<VenueTime> done);

    // Of every market that has positions.
    void open_interest(Done<std::vector<OpenInterest>> done);

    // Prices and quantities are in units of the market, which the caller knows when the answer comes: parse_depth() and
    // parse_trades() read these bodies. The book is as deep as the venue gives it. `turn`: see RestClient::get().
    void depth(const std::string& native, RestClient::Done done, Rank rank = Rank::normal, std::uint64_t turn = 0);
    void trades(const std::string& native, RestClient::Done done);

  private:
    void list(const std::string& query, Done<MarketList> done, Rank rank);

    RestClient& client_;
};

}  // namespace daypack::core
