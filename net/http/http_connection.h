// SPDX-License-Identifier: MIT
#pragma once
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/base/url.h"
#include "net/transport/addresses.h"
#include "net/transport/tls_context.h"

namespace daypack::core {

// Fields of a request beyond those that every one has.
using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// Which page of a list an answer is, as its own fields say: X-CURRENT-PAGE (the first is 1), X-PAGE-COUNT, X-TOTAL.
struct PageMark {
    std::uint64_t current = 0;
    std::uint64_t count = 0;
    std::uint64_t total = 0;  // elements over all pages
};

struct RestAnswer {
    int status = 0;                     // 0: no answer came
    std::string body;                   // as it came, of any status
    std::string error;                  // why there is none, in words, with the host; else empty
    std::optional<int> retry_after_s;   // what the server asked for, as with a 429; kRetryAfterMax_s at most
    bool encoded = false;               // there is none, or no body, because it came in a coding that was not asked for
    std::optional<int> age_s = {};      // how long a cache in front of it has held it; none: it does not say
    std::optional<PageMark> page = {};  // none: it does not say
    std::string caching = {};  // what else it says of caches, for people: "Cache-Control: no-store; X-Cache: Miss"
};

// One connection to a REST server, kept open between requests.
//
// Thread: the one that runs `io`.
// Invariants: one request at a time; a body larger than `body_bytes_max` is never held; redirects are not followed.
// An answer belongs to its request: interim answers (1xx) before it are skipped, kInterimAnswersMax at most, and a
// connection is kept only where nothing is in doubt: its length was given once and plainly, by HTTP/1.1, nothing came
// behind it, and nothing came unasked since; and never longer than its age, so that it follows the host's addresses.
class HttpConnection {
  public:
    enum class Outcome {
        answered,
        unreachable,  // no connection: another host may do
        stale,        // what failed is this connection: another attempt over a fresh one may do. A kept one was gone,
                // or silent as one that was forgotten on the way; or an address that has never answered is silent,
                // or ended the connection, and the host has one that did not
        broken,  // no whole answer in time
    };
    using Done = std::function<void(Outcome outcome, RestAnswer answer)>;
    struct Limits {
        std::size_t body_bytes_max;
        int age_max_ms;  // of a connection that a request may still go over
    };

    // `tls` may be null where no address will ask for TLS; else it outlives the connection. `addresses`: what those
    // that share it know of them.
    HttpConnection(boost::asio::io_context& io, const TlsContext* tls, Limits limits,
                   std::shared_ptr<Addresses> addresses);
    // `done` is not called any more; the connection is cut.
    ~HttpConnection();
    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;

    // `target` is a path with its query. `timeout_ms` is for the answer; half of it for getting connected.
    // `fresh`: not over a connection that was kept open. `done` is called once, never from within this call.
    // REQUIRES: !busy().
    void get(const Url& url, const std::string& target, int timeout_ms, bool fresh, const HttpHeaders& headers,
             Done done);

    [[nodiscard]] bool busy() const noexcept;
    // A connection was kept open.
    [[nodiscard]] bool warm() const noexcept;

  private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace daypack::core
