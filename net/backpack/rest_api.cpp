// SPDX-License-Identifier: MIT
#include "net/backpack/rest_api.h"

#include "net/base/clock.h"

namespace daypack::core {
namespace {

template <class T>
RestReply<T> reply_to(const RestAnswer& answer) {
    RestReply<T> reply;
    reply.status = answer.status;
    reply.age_s = answer.age_s;
    if (answer.status == 0) {
        reply.why = answer.error;
    } else if (answer.status != 200) {
        reply.why = refusal(answer.status, answer.body);
    }
    return reply;
}

template <class T>
void take(const Result<T>& read, RestReply<T>& reply) {
    if (read) {
        reply.value = *read;
    } else {
        reply.why = errc_name(read.errc());
    }
}

}  // namespace

RestOptions rest_options(const std::vector<std::string>& urls, std::uint32_t requests_per_minute,
                         const TlsContext& tls) {
    RestOptions options;
    for (const std::string& url : urls) options.urls.push_back(parse_url(url, UrlKind::rest));
    options.tls = &tls;
    options.requests_per_minute = static_cast<int>(requests_per_minute);
    options.refusal = refusal;
    return options;
}

void RestApi::get(std::string target, RestClient::Done done, Rank rank, std::uint64_t turn) {
    if (!observer_) return client_.get(std::move(target), std::move(done), rank, turn);
    const auto told = [this, target, asked = mono_now(), done = std::move(done)](RestAnswer answer) {
        observer_(target, asked, answer);
        done(std::move(answer));
    };
    client_.get(std::move(target), told, rank, turn);
}

void RestApi::markets(Done<MarketList> done, Rank rank) {
    list("", std::move(done), rank);
}

void RestApi::markets_of_all_kinds(Done<MarketList> done) {
    list("?marketType=SPOT&marketType=PERP&marketType=IPERP&marketType=DATED&marketType=PREDICTION", std::move(done),
         Rank::normal);
}

void RestApi::list(const std::string& query, Done<MarketList> done, Rank rank) {
    const auto on_answer = [done = std::move(done)](const RestAnswer& answer) {
        auto reply = reply_to<MarketList>(answer);
        if (reply.why.empty()) reply.value = parse_markets(answer.body);
        done(std::move(reply));
    };
    get("/api/v1/markets" + query, on_answer, rank);
}

void RestApi::market(const std::string& native, Done<std::optional<Market>> done, Rank rank) {
    const auto on_answer = [native, done = std::move(done)](const RestAnswer& answer) {
        auto reply = reply_to<std::optional<Market>>(answer);
        if (denies_market(answer.status, answer.body)) {
            reply.value.emplace();
            reply.why.clear();
        } else if (reply.why.empty()) {
            if (auto market = parse_market(answer.body, native, reply.why)) reply.value = std::move(market);
        }
        done(std::move(reply));
    };
    get("/api/v1/market?symbol=" + native, on_answer, rank);
}

void RestApi::status(Done<VenueStatus> done) {
    get("/api/v1/status", [done = std::move(done)](const RestAnswer& answer) {
        auto reply = reply_to<VenueStatus>(answer);
        if (reply.why.empty()) take(parse_status(answer.body), reply);
        done(std::move(reply));
    });
}

void RestApi::time(Done<VenueTime> done) {
    get("/api/v1/time", [done = std::move(done)](const RestAnswer& answer) {
        auto reply = reply_to<VenueTime>(answer);
        if (reply.why.empty()) take(parse_time(answer.body), reply);
        done(std::move(reply));
    });
}

void RestApi::open_interest(Done<std::vector<OpenInterest>> done) {
    get("/api/v1/openInterest", [done = std::move(done)](const RestAnswer& answer) {
        auto reply = reply_to<std::vector<OpenInterest>>(answer);
        std::vector<OpenInterest> rows;
        if (!reply.why.empty()) {
            // as it stands
        } else if (parse_open_interest(answer.body, rows)) {
            reply.value = std::move(rows);
        } else {
            reply.why = errc_name(Errc::malformed);
        }
        done(std::move(reply));
    });
}

void RestApi::depth(const std::string& native, RestClient::Done done, Rank rank, std::uint64_t turn) {
    get("/api/v1/depth?symbol=" + native, std::move(done), rank, turn);
}

void RestApi::trades(const std::string& native, RestClient::Done done) {
    get("/api/v1/trades?symbol=" + native, std::move(done), Rank::trades);
}

}  // namespace daypack::core
