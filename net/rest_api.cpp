#include "net/rest_api.h"

namespace daypack {
namespace {

// Why an answer holds nothing; empty: it is to be read.
std::string why_not(const RestAnswer& answer) {
    if (answer.status == 0) return answer.error;
    return answer.status == 200 ? std::string() : refusal(answer.status, answer.body);
}

template <class T>
RestReply<T> reply_of(const Result<T>& read) {
    if (!read) return {std::nullopt, std::string(errc_name(read.errc()))};
    return {*read, {}};
}

}  // namespace

void RestApi::markets(Done<MarketList> done, Rank rank) {
    client_.get(
        "/api/v1/markets",
        [done = std::move(done)](const RestAnswer& answer) {
            if (std::string why = why_not(answer); !why.empty()) return done({std::nullopt, std::move(why)});
            done({parse_markets(answer.body), {}});
        },
        rank);
}

void RestApi::status(Done<VenueStatus> done) {
    client_.get("/api/v1/status", [done = std::move(done)](const RestAnswer& answer) {
        if (std::string why = why_not(answer); !why.empty()) return done({std::nullopt, std::move(why)});
        done(reply_of(parse_status(answer.body)));
    });
}

void RestApi::time(Done<VenueTime> done) {
    client_.get("/api/v1/time", [done = std::move(done)](const RestAnswer& answer) {
        if (std::string why = why_not(answer); !why.empty()) return done({std::nullopt, std::move(why)});
        done(reply_of(parse_time(answer.body)));
    });
}

void RestApi::depth(const std::string& native, RestClient::Done done, Rank rank) {
    client_.get("/api/v1/depth?symbol=" + native, std::move(done), rank);
}

void RestApi::trades(const std::string& native, RestClient::Done done) {
    client_.get("/api/v1/trades?symbol=" + native, std::move(done), Rank::trades);
}

}  // namespace daypack
